"""Getting models from a hub that cuts, lies, refuses or is out of reach: in the end all is whole or absent."""

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from animate import WeightsError, arriving, catalogue, checkpoints, getting, hub, pins
from animate.__main__ import main
from animate.catalogue import HubFile
from animate.getting import Getting, get, needs
from animate.hub import Hub, NotGot
from animate.model import Model
from tests import toy
from tests.hub import COMMIT, WEIGHTS, Served, etag, get_all, serve, state, toy_model

ROOT = Path(__file__).parents[1]
UNET = f"{WEIGHTS}/denoising_unet.pth"


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.chdir(tmp_path)
    for name in ("HF_HOME", "HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "COMFYUI_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(arriving, "PATIENCE", (0.0,) * 5)
    return tmp_path / "hub"


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as served:
        yield served


def everything(served: Served) -> list[Getting]:
    wanted = needs(toy_model(), Hub(served.endpoint))
    return [*get(wanted, Hub(served.endpoint))]


def refusal(served: Served) -> str:
    with pytest.raises(NotGot) as caught:
        everything(served)
    assert isinstance(caught.value, WeightsError)
    return str(caught.value)


def test_needs_are_told_before_anything_is_got(cache, served):
    wanted = needs(toy_model(), Hub(served.endpoint))
    assert wanted.size == served.size
    assert wanted.free > 0
    assert wanted.rate > 0
    assert "Apache-2.0" in wanted.words
    assert "to get, and up to" in wanted.words
    assert wanted.copies == served.size // 2
    assert "free" in wanted.words
    assert "a second" in wanted.words
    assert set(state(cache, served).values()) == {"absent"}


def test_all_of_it_comes_is_counted_and_loads(cache, served, monkeypatch):
    events = everything(served)
    assert set(state(cache, served).values()) == {"whole"}
    assert events[-1].done == events[-1].total == served.size
    assert [event.done for event in events] == sorted(event.done for event in events)
    assert events[-1].rate > 0
    assert "a second" in events[-1].words
    model = toy_model()
    monkeypatch.setitem(catalogue.MODELS, "moore", model)
    found, files = catalogue.find("moore")
    assert found == model
    checkpoints.load_networks(files, device=torch.device("cpu"), dtype=torch.float32)
    again = needs(model, Hub("http://127.0.0.1:1"))
    assert again.coming == ()
    assert "already" in again.words


def test_other_programs_find_what_was_got(cache, served):
    from huggingface_hub import hf_hub_download

    everything(served)
    path = hf_hub_download(WEIGHTS, "pose_guider.pth", cache_dir=cache, local_files_only=True)
    assert Path(path).read_bytes() == served.files[f"{WEIGHTS}/pose_guider.pth"]


def test_what_other_programs_got_is_not_got_again(cache, served):
    from huggingface_hub import hf_hub_download

    hf_hub_download(WEIGHTS, "denoising_unet.pth", cache_dir=cache, endpoint=served.endpoint, token=False)
    before = served.sent[UNET]
    everything(served)
    assert served.sent[UNET] == before
    assert set(state(cache, served).values()) == {"whole"}


@pytest.mark.parametrize("why", ["they are not wanted", "there can be none"])
def test_where_the_cache_holds_no_links_a_file_lies_there_once(cache, served, monkeypatch, why):
    from huggingface_hub import hf_hub_download

    def refuse(*_given: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    if why == "there can be none":
        monkeypatch.setattr(Path, "symlink_to", refuse)
    else:
        monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}
    held = [path for path in cache.glob("models--*/**/*") if path.is_file() and path.name != pins.NAME]
    assert sum(path.stat().st_size for path in held if path.parent.name != "refs") == served.size
    pin = pins.pinned(WEIGHTS)
    assert pin is not None
    assert {f"{WEIGHTS}/{path}": kept.hash for path, kept in pin.files.items()} == {
        name: etag(whole, name) for name, whole in served.files.items() if name.startswith(WEIGHTS)
    }
    assert hf_hub_download(WEIGHTS, "pose_guider.pth", cache_dir=cache, local_files_only=True)
    (blob,) = cache.glob("models--*/snapshots/*/denoising_unet.pth")
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    assert needs(toy_model(), Hub(served.endpoint), thorough=True).damaged == (UNET,)
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}


def test_what_other_programs_share_between_repositories_keeps_its_hash(cache, served):
    """There a blob is itself a link, to a name that is another kind of hash."""
    everything(served)
    blob = catalogue.on_this_machine(toy_model())["denoising_unet"].resolve()
    store = cache / "blobs" / "ab" / ("ab" * 32)
    store.parent.mkdir(parents=True)
    blob.rename(store)
    blob.symlink_to(os.path.relpath(store, blob.parent))
    for path in cache.glob(f"models--*/**/{pins.NAME}"):
        path.unlink()
    next(cache.glob("models--*/snapshots/*/pose_guider.pth")).unlink()
    everything(served)
    assert needs(toy_model(), Hub(served.endpoint), thorough=True).damaged == ()
    pin = pins.pinned(WEIGHTS)
    assert pin is not None
    assert pin.files["denoising_unet.pth"].hash == blob.name


@pytest.fixture
def known(served) -> Model:
    """The toy with its VAE in a repository of its own, of which the catalogue knows commit, size and hash."""
    files = []
    for file in toy_model().files:
        if file.part.startswith("vae"):
            whole = served.files.pop(file.name)
            file = replace(file, repository="some/vae", revision=COMMIT, size=len(whole))
            file = replace(file, sha256=hashlib.sha256(whole).hexdigest() if file.part == "vae" else None)
            served.files[file.name] = whole
        files.append(file)
    return replace(toy_model(), files=tuple(files))


@pytest.mark.parametrize("links", ["", "1"])
@pytest.mark.parametrize("change", [lambda whole: whole[:-1] + b"?", lambda whole: whole[:999]], ids=["altered", "cut"])
def test_a_damaged_file_that_the_catalogue_knows_is_missed_and_comes_again(
    cache, served, known, monkeypatch, links, change
):
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", links)
    hub = Hub(served.endpoint)
    assert [*get(needs(known, hub), hub)]
    path = catalogue.on_this_machine(known)["vae"]
    path.write_bytes(change(path.read_bytes()))
    wanted = needs(known, hub, thorough=True)
    (coming,) = wanted.coming
    assert coming.file.part == "vae"
    assert wanted.damaged in ((), (coming.file.name,))
    assert [*get(wanted, hub)]
    assert set(state(cache, served).values()) == {"whole"}
    assert "already" in needs(known, hub, thorough=True).words


def test_another_commits_file_that_other_programs_use_is_left_to_them(cache, served, known):
    hub = Hub(served.endpoint)
    assert [*get(needs(known, hub), hub)]
    path = catalogue.on_this_machine(known)["vae"]
    whole = path.read_bytes()
    path.unlink()
    newer = cache / "models--some--vae" / "snapshots" / ("f" * 40) / path.parent.name / path.name
    newer.parent.mkdir(parents=True)
    newer.write_bytes(whole[:-1] + b"?")
    assert needs(known, hub, thorough=True).damaged == ()
    newer.write_bytes(whole[:999])
    (coming,) = needs(known, hub, thorough=True).coming
    assert coming.file.part == "vae"
    assert newer.is_file()


def test_a_blob_that_was_altered_is_not_linked_again(cache, served):
    everything(served)
    path = catalogue.on_this_machine(toy_model())["denoising_unet"]
    path.resolve().write_bytes(bytes(path.stat().st_size))
    path.unlink()
    everything(served)
    assert path.read_bytes() == served.files[UNET]


def test_cut_twenty_times_it_goes_on_where_it_was(cache, served, monkeypatch):
    """Each start is cut at a random byte; whatever any program sees meanwhile is whole or absent."""
    monkeypatch.setattr(arriving, "PATIENCE", ())
    monkeypatch.setattr(getting, "measured_rate", lambda *_: 1.0)
    dice = random.Random(6)
    served.cut = lambda: dice.randrange(served.size // 40)
    for _ in range(20):
        assert "kept" in refusal(served)
        assert set(state(cache, served).values()) <= {"whole", "absent"}
    kept = {path.name.partition(".")[0]: path.stat().st_size for path in cache.rglob("*.incomplete")}
    assert kept[etag(served.files[UNET], UNET)] > 0
    served.cut = lambda: None
    served.begun.clear()
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}
    for name, begun in served.begun.items():
        assert begun == kept.get(etag(served.files[name], name), 0), "it went on where it was"


def test_twenty_cuts_in_one_go_are_ridden_out(cache, served):
    dice, cuts = random.Random(7), Counter()

    def cut() -> int | None:
        cuts["all"] += 1
        return dice.randrange(1, served.size // 40) if cuts["all"] <= 24 else None

    served.cut = cut
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}
    assert cuts["all"] > 20


def test_a_server_that_cannot_resume_sends_it_anew(cache, served):
    cuts = iter([10_000, 20_000])
    served.cut, served.ranges = (lambda: next(cuts, None)), False
    events = everything(served)
    assert set(state(cache, served).values()) == {"whole"}
    assert events[-1].done == served.size


def test_a_killed_process_leaves_no_half_file(cache, served, tmp_path):
    served.cut = lambda: time.sleep(0.3) or None
    for _ in range(3):
        process = start(served, cache)
        time.sleep(1.2)
        process.kill()
        process.wait()
        assert set(state(cache, served).values()) <= {"whole", "absent"}
    served.cut = lambda: None
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}


def start(served: Served, cache: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.hub", served.endpoint, str(toy.folder())]
    environment = {**os.environ, "HF_HUB_CACHE": str(cache)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def test_two_processes_at_once_get_it_once(cache, served):
    processes = [start(served, cache) for _ in range(2)]
    for process in processes:
        assert process.communicate(timeout=120)[1] == ""
        assert process.returncode == 0
    assert set(state(cache, served).values()) == {"whole"}
    tastes = 2 * len(served.files[UNET])  # each measures the rate on the biggest file
    assert sum(served.sent.values()) <= served.size + tastes


def test_a_wrong_hash_is_not_kept(cache, served):
    whole = served.files[UNET]
    served.lie[UNET] = whole[:-1] + bytes([whole[-1] ^ 1])
    assert "hash" in refusal(served)
    assert state(cache, served)[UNET] == "absent"
    assert not list(cache.glob(f"models--*/**/{etag(whole, UNET)}*"))
    served.lie.clear()
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}


def test_a_file_that_is_not_the_one_the_catalogue_knows_is_not_got(cache, served):
    model = toy_model()
    known = replace(model.files[0], sha256="0" * 64, size=len(served.files[UNET]))
    with pytest.raises(NotGot, match="another"):
        needs(replace(model, files=(known,)), Hub(served.endpoint))


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (b"<!DOCTYPE html><html>Please log in</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "Another file"),
        (b"short", "Another file"),
    ],
)
def test_what_comes_instead_is_named(cache, served, lie, words):
    served.lie[UNET] = lie
    told = refusal(served)
    assert words in told
    assert "denoising_unet" in told
    assert state(cache, served)[UNET] == "absent"


def test_a_pointer_that_a_mirror_offers_as_the_file_is_named(cache, served):
    served.files[UNET] = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    assert "pointer" in refusal(served)
    assert state(cache, served)[UNET] == "absent"


def test_a_file_that_is_gone(cache, served):
    del served.files[UNET]
    assert f"no {UNET}" in refusal(served)


def test_asked_too_often_waits_as_it_is_told(cache, served):
    asked = Counter()

    def busy(method: str, name: str, _headers: object) -> tuple[int, dict[str, str]] | None:
        asked[name, method] += 1
        return (429, {"Retry-After": "0"}) if asked[name, method] <= 2 else None

    served.refuse = busy
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}
    served.refuse = lambda *_: (429, {"Retry-After": "3600"})
    assert "60 min" in refusal_of_new(served, cache)
    served.refuse = lambda *_: (429, {})
    assert "too often" in refusal_of_new(served, cache)


def refusal_of_new(served: Served, cache: Path) -> str:
    """Asked with an empty cache."""
    os.environ["HF_HUB_CACHE"] = str(cache.with_name(f"{cache.name}-{random.random()}"))
    try:
        return refusal(served)
    finally:
        os.environ["HF_HUB_CACHE"] = str(cache)


def test_a_hub_in_trouble_is_asked_again_and_then_given_up(cache, served):
    served.refuse = lambda *_: (503, {})
    assert "503" in refusal(served)


def test_gated_files_need_a_token(cache, served):
    def gate(_method: str, _name: str, headers) -> tuple[int, dict[str, str]] | None:
        return None if headers.get("Authorization") == "Bearer right" else (403, {"X-Error-Code": "GatedRepo"})

    served.refuse = gate
    told = refusal(served)
    assert "agree" in told
    assert "HF_TOKEN" in told
    known = Hub(served.endpoint, token="right")
    assert [*get(needs(toy_model(), known), known)]
    assert set(state(cache, served).values()) == {"whole"}


def test_no_room_is_told_before(cache, served, monkeypatch):
    wanted = replace(needs(toy_model(), Hub(served.endpoint)), free=1000)
    assert not wanted.fits
    with pytest.raises(NotGot, match="only 1 kB are free"):
        next(get(wanted, Hub(served.endpoint)))
    assert not cache.exists()


def test_a_disk_that_fills_up_meanwhile(cache, served):
    """Files may grow to a megabyte only, as on a full disk."""
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6));"
        "import sys; from pathlib import Path; from tests import toy; folder = sys.argv[2];"
        "toy.folder = lambda: Path(folder); from tests.hub import get_all; get_all(sys.argv[1])"
    )
    command = [sys.executable, "-c", code, served.endpoint, str(toy.folder())]
    environment = {**os.environ, "HF_HUB_CACHE": str(cache)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "NotGot: The disk is full" in done.stderr
    assert set(state(cache, served).values()) <= {"whole", "absent"}
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}


def test_stopping_keeps_what_has_come(cache, served, monkeypatch):
    monkeypatch.setattr(getting, "TICK", 0.01)
    served.cut = lambda: time.sleep(0.05) or None
    hub = Hub(served.endpoint)
    events = get(needs(toy_model(), hub), hub)
    next(events)
    events.close()
    assert set(state(cache, served).values()) <= {"whole", "absent"}
    everything(served)
    assert set(state(cache, served).values()) == {"whole"}


def test_what_is_done_without_may_be_missing_or_break(cache, served, monkeypatch):
    optional = HubFile("taesd", "some/previews", "diffusion_pytorch_model.safetensors", optional=True)
    model = replace(toy_model(), files=(*toy_model().files, optional))
    monkeypatch.setitem(catalogue.MODELS, "moore", model)
    hub = Hub(served.endpoint)
    assert optional.name not in {remote.file.name for remote in needs(model, hub).coming}
    served.files[optional.name] = bytes(range(200))
    wanted = needs(model, hub)
    assert optional.name in {remote.file.name for remote in wanted.coming}
    served.lie[optional.name] = b"x" * 200
    assert [*get(wanted, hub)]
    assert {name for name, seen in state(cache, served).items() if seen != "whole"} == {optional.name}
    assert "taesd" not in catalogue.find("moore")[1]
    served.lie.clear()
    (late,) = needs(model, hub).coming
    assert late.file.name == optional.name, "the model is here, and what it was done without comes when asked again"
    assert needs(model, Hub("http://127.0.0.1:1")).coming == (), "nor is it missed where nobody answers"
    assert needs(model, Hub(served.endpoint, offline=True)).coming == ()
    assert [*get(needs(model, hub), hub)]
    assert "taesd" in catalogue.find("moore")[1]


def test_offline_and_out_of_reach(cache, served):
    with pytest.raises(NotGot, match="HF_HUB_OFFLINE"):
        needs(toy_model(), Hub(served.endpoint, offline=True))
    with pytest.raises(NotGot, match="cannot be reached"):
        needs(toy_model(), Hub("http://127.0.0.1:1"))
    everything(served)
    assert needs(toy_model(), Hub(served.endpoint, offline=True)).coming == ()


def test_what_is_no_hub_is_named(cache):
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Portal(SimpleHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()

        def log_message(self, *_anything: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    Thread(target=server.serve_forever, daemon=True).start()
    with pytest.raises(NotGot, match="login page"):
        needs(toy_model(), Hub(f"http://127.0.0.1:{server.server_port}"))
    server.shutdown()
    server.server_close()


def test_the_environment_is_that_of_all_programs(cache, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example/")
    monkeypatch.setenv("HF_TOKEN", "mine")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert Hub.of_environment() == Hub("http://mirror.example", "mine", True)
    monkeypatch.setenv("HF_ENDPOINT", "mirror.example")
    assert Hub.of_environment().endpoint == "https://mirror.example"
    monkeypatch.delenv("HF_ENDPOINT")
    assert Hub.of_environment().endpoint == "https://huggingface.co"


def test_on_the_command_line(cache, served, monkeypatch, capsys):
    monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
    monkeypatch.setitem(catalogue.MODELS, "moore", toy_model())
    assert main(["get", "moore"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert "to get" in told[0]
    assert "ready: --model moore" in told[-1]
    assert set(state(cache, served).values()) == {"whole"}
    assert main(["get", "moore"]) == 0
    assert "already" in capsys.readouterr().err


def test_the_end_of_what_is_typed_is_a_no(cache, served, monkeypatch, capsys):
    def ended(_asked: str) -> str:
        raise EOFError

    monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
    monkeypatch.setitem(catalogue.MODELS, "moore", toy_model())
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("builtins.input", ended)
    assert main(["get", "moore"]) == 0
    assert "ready" not in capsys.readouterr().err
    assert set(state(cache, served).values()) == {"absent"}


def test_a_mirror_that_offers_other_files_is_refused_on_the_command_line(cache, served, monkeypatch, capsys):
    released = catalogue.MODELS["moore"].files
    served.files.update({file.name: b"something else" for file in released})
    monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
    assert main(["get", "moore"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "another" in lines[0]
    assert not list(cache.rglob("*.safetensors"))


def test_the_snapshot_is_of_the_commit_the_hub_told(cache, served):
    everything(served)
    assert {path.name for path in cache.glob("models--*/snapshots/*")} == {COMMIT}
    assert json.loads(next(cache.glob("**/unet/config.json")).read_text())
    assert hub.hub_cache() == cache
    get_all(served.endpoint)
