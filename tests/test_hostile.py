"""Files of enemies and of broken cameras are refused in words or handled, in little time and memory, alone."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from animate import AnimateError, UnreadableImage, UnreadablePose, UnreadableVideo, pictures, quarantine, video
from animate.errors import shown_name
from tests.hostile import Case, corpus
from tests.media import dancer, encode

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits of a process are set by POSIX calls")


def judged(cases: list[Case], *before: str) -> list[dict]:
    asked = "".join(json.dumps({"kind": kind, "path": str(path)}) + "\n" for kind, path in cases)
    command = [*before, sys.executable, "-m", "tests.hostile"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, cwd=ROOT, timeout=300, check=False)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(verdicts) == len(cases), done.stderr
    return verdicts


@dataclass
class Seen:
    """The whole corpus once, with what was asked of the net meanwhile."""

    cases: list[Case]
    verdicts: list[dict]
    asked: int

    def failing(self, wrong) -> list[tuple[str, dict]]:
        return [
            (str(path), verdict) for (_, path), verdict in zip(self.cases, self.verdicts, strict=True) if wrong(verdict)
        ]


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Seen:
    folder = tmp_path_factory.mktemp("hostile")
    trap = folder / "trap"
    os.mkfifo(trap)  # whoever opens it waits for ever
    with socket.create_server(("127.0.0.1", 0), backlog=100) as canary:
        canary.settimeout(0.1)
        address = f"http://127.0.0.1:{canary.getsockname()[1]}"
        cases = corpus(folder / "corpus", canary=address, trap=trap)
        verdicts, asked = judged(cases), 0
        with contextlib.suppress(TimeoutError):
            while canary.accept():
                asked += 1
    return Seen(cases, verdicts, asked)


def test_there_are_many(seen):
    assert len(seen.cases) >= 250
    assert len({str(path) for _, path in seen.cases}) == len(seen.cases)
    assert sum("refused" in verdict for verdict in seen.verdicts) > 200
    assert sum("refused" not in verdict for verdict in seen.verdicts) > 50


def test_none_crashes_and_none_is_ended(seen):
    assert seen.failing(lambda verdict: "crashed" in verdict or verdict["signal"]) == []


def test_none_needs_much(seen):
    assert seen.failing(lambda verdict: verdict["mb"] > quarantine.MEGABYTES) == []
    assert seen.failing(lambda verdict: verdict["cpu"] > quarantine.SECONDS) == []


def test_each_refusal_is_words_for_people(seen):
    def odd(verdict: dict) -> bool:
        words = verdict.get("refused", "A fine file.")
        technical = ("Traceback", "Errno", "0x", "av.", "/tmp", "Exception")
        return not (words[-1] == "." and words.isprintable() and len(words) < 300) or any(
            each in words.partition(" ")[2] for each in technical
        )

    assert seen.failing(odd) == []


def test_nobody_is_asked(seen):
    assert seen.asked == 0


def test_files_that_name_others_are_refused(seen):
    lists = [
        verdict for (_, path), verdict in zip(seen.cases, seen.verdicts, strict=True) if path.parent.name == "lists"
    ]
    assert len(lists) > 70
    assert all("refused" in verdict for verdict in lists)


def test_bombs_are_refused_and_large_files_are_not(seen):
    found = {path.name: verdict for (_, path), verdict in zip(seen.cases, seen.verdicts, strict=True)}
    for name in ("wide.png", "far.png", "far-deep.png", "16384.jpg", "8k.mp4", "8k.avi", "hours.mp4", "years.mkv"):
        assert "refused" in found[name], name
    for name in ("whole.png", "16000.jpg"):
        assert "refused" not in found[name], name
    assert found["1000.mp4"]["read"].startswith("13 frames")  # of 0.2 s, thinned to 62.5 a second


def test_without_any_net_the_verdicts_are_the_same(seen):
    alone = ("unshare", "-rn") if os.getuid() else ("unshare", "-n")
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("the net cannot be taken away here")
    chosen = [index for index, (_, path) in enumerate(seen.cases) if path.parent.name in ("lists", "polyglots")]
    again = judged([seen.cases[index] for index in chosen], *alone)
    for index, verdict in zip(chosen, again, strict=True):
        assert verdict.get("refused") == seen.verdicts[index].get("refused")


def confined(code: str) -> subprocess.CompletedProcess:
    whole = f"from animate.quarantine import confine\nconfine()\n{code}"
    return subprocess.run([sys.executable, "-c", whole], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_process_has_its_limits(tmp_path):
    assert "MemoryError" in confined("bytearray(800_000_000)").stderr
    assert confined("while True: pass").returncode < 0
    told = confined(f"file = open({str(tmp_path / 'file')!r}, 'w')\nfile.write('x' * 10)\nfile.close()")
    assert told.returncode != 0
    assert (tmp_path / "file").read_text() == ""


@pytest.fixture
def picture(tmp_path) -> Path:
    from PIL import Image

    Image.fromarray(dancer(1)[0]).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def test_good_files_pass_once(tmp_path, picture, monkeypatch):
    dance = encode(tmp_path / "dance.mp4", dancer(10))
    assert quarantine.dance(dance) == video.probe(dance)
    quarantine.picture(picture)
    monkeypatch.setattr(quarantine, "_sent_for", None)  # nobody is sent a second time
    quarantine.dance(dance)
    os.link(picture, tmp_path / "same.png")
    quarantine.picture(tmp_path / "same.png")


def test_what_is_refused_is_refused_in_words(tmp_path):
    (tmp_path / "text.mp4").write_text("no")
    with pytest.raises(UnreadableVideo, match=r"text.mp4 cannot be read as a video"):
        quarantine.dance(tmp_path / "text.mp4")
    with pytest.raises(UnreadableImage, match=r"cannot be read as a picture"):
        quarantine.picture(tmp_path / "text.mp4")
    for name in ("missing.png", "z" * 300, "nul\0"):
        with pytest.raises(UnreadableImage, match="is no longer here"):
            quarantine.picture(tmp_path / name)
        with pytest.raises(AnimateError, match="There is no file"):
            pictures.read(tmp_path / name)


def test_keypoint_files_are_looked_at_as_well(tmp_path):
    bomb, dance = tmp_path / "bomb.json", ROOT / "assets" / "dances"
    quarantine.pose(next(dance.glob("*.npz")))
    (tmp_path / "text.json").write_text("no")
    with pytest.raises(UnreadablePose, match=r"text.json cannot be read as a keypoint file"):
        quarantine.pose(tmp_path / "text.json")
    bomb.write_text(f"[[]{',[]' * 15_000_000}]")  # a gigabyte of lists
    with pytest.raises(UnreadablePose, match="far more time or memory"):
        quarantine.pose(bomb)


def test_a_look_that_takes_too_long_ends_in_words(picture, monkeypatch):
    monkeypatch.setattr(quarantine, "PATIENCE", 0)
    with pytest.raises(UnreadableImage, match="far more time or memory"):
        quarantine.picture(picture)


def test_a_fault_of_the_look_itself_is_logged_and_not_laid_upon_the_file(picture, monkeypatch, caplog):
    def broken(path):
        raise AssertionError("odd")

    monkeypatch.setenv("ANIMATE_CHAIN", "")
    monkeypatch.setattr(quarantine, "confine", lambda *limits: None)
    monkeypatch.setitem(quarantine._LOOKS, "picture", broken)
    monkeypatch.setattr(quarantine.Forks, "possible", True)
    monkeypatch.setattr(
        quarantine, "_forks", lambda: SimpleNamespace(ask=lambda question, seconds: quarantine._answer(question))
    )
    with pytest.raises(UnreadableImage, match=r"\.png could not be looked at, by a fault of this program"):
        quarantine.picture(picture)
    assert "AssertionError: odd" in caplog.text


def test_the_process_knows_nothing_of_this_one(picture, monkeypatch):
    given = []

    def begin(command, **options):
        given.append(options["env"])
        raise OSError

    def run(command, **options):
        given.append(options["env"])
        return subprocess.CompletedProcess(command, 0, stdout="{}")

    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setattr(subprocess, "Popen", begin)
    monkeypatch.setattr(subprocess, "run", run)
    quarantine._forks.cache_clear()
    quarantine.picture(picture)
    quarantine._forks.cache_clear()
    assert len(given) == (2 if quarantine.Forks.possible else 1)
    assert "secret" not in json.dumps(given)


def test_without_forks_the_verdicts_are_the_same(tmp_path, picture, monkeypatch):
    (tmp_path / "text.png").write_text("no")
    told = []
    for possible in (True, False):
        monkeypatch.setattr(quarantine.Forks, "possible", possible)
        told += [[quarantine._sent_for("picture", path) for path in (picture, tmp_path / "text.png")]]
    assert told[0] == told[1]
    assert told[0][0] == {}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a.png", "a.png"),
        ("a\u202egpj.exe", "a·gpj.exe"),
        ("\x1b[31m.png", "·[31m.png"),
        ("z" * 200 + ".png", "z" * 60 + "…" + "z" * 11 + ".png"),
    ],
)
def test_names_are_shown_tame(name, shown):
    assert shown_name(Path("/folder") / name) == shown


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    return {
        "mp4": encode(folder / "a.mp4", dancer(4)).read_bytes(),
        "webm": encode(folder / "a.webm", dancer(4), codec="libvpx").read_bytes(),
    }


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["mp4", "webm"]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
    kept=st.floats(0, 1),
)
def test_whatever_is_changed_is_read_or_refused(whole, tmp_path_factory, kind, changes, kept):
    data = bytearray(whole[kind])
    for place, value in changes:
        data[int(place * len(data))] = value
    path = tmp_path_factory.getbasetemp() / f"changed.{kind}"
    path.write_bytes(data[: int(kept * len(data))])
    try:
        info = video.probe(path)
    except AnimateError:
        return
    assert info.seconds > 0
    assert info.width >= video.MIN_SIDE
