"""What was got first is kept to: one commit, the same files, nothing newer unasked."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from animate import catalogue, getting, pins
from animate.__main__ import main
from animate.errors import WeightsDamaged
from animate.getting import get, needs
from animate.hub import Hub, NotGot
from tests.hub import BASE, COMMIT, WEIGHTS, Served, etag, serve, toy_model
from tests.test_getting import cache  # noqa: F401

NEWER = "fedcba9876" * 4
UNET, POSES = f"{WEIGHTS}/denoising_unet.pth", f"{WEIGHTS}/pose_guider.pth"


@pytest.fixture
def served(cache, monkeypatch) -> Iterator[Served]:  # noqa: F811
    monkeypatch.setitem(catalogue.MODELS, "moore", toy_model())
    with serve() as served:
        yield served


def everything(served: Served) -> None:
    hub = Hub(served.endpoint)
    for _event in get(needs(toy_model(), hub), hub):
        pass


def commits() -> set[str]:
    """Of the files that the model is loaded from."""
    files = catalogue.find("moore")[1]
    return {next(part for part in path.parts if part in (COMMIT, NEWER)) for path in files.values()}


def lose(cache: Path, name: str) -> None:  # noqa: F811
    for path in cache.glob(f"models--*/snapshots/*/{Path(name).name}"):
        path.resolve().unlink()
        path.unlink()


def changed(whole: bytes) -> bytes:
    return whole[:-1] + bytes([whole[-1] ^ 1])


def test_the_commit_and_every_hash_are_written_down_beside_the_files(cache, served):  # noqa: F811
    everything(served)
    for repository in (WEIGHTS, BASE):
        pin = pins.pinned(repository)
        assert pin is not None
        assert pin.commit == COMMIT
        own = {name.removeprefix(f"{repository}/"): whole for name, whole in served.files.items() if repository in name}
        assert {path: kept.size for path, kept in pin.files.items()} == {path: len(own[path]) for path in own}
        assert {path: kept.hash for path, kept in pin.files.items()} == {path: etag(own[path], path) for path in own}


def test_a_newer_commit_in_between_is_not_mixed_in(cache, served):  # noqa: F811
    hub = Hub(served.endpoint)
    events = get(needs(toy_model(), hub), hub)
    next(events)
    events.close()
    lose(cache, UNET)
    served.publish(NEWER, {name: changed(whole) for name, whole in served.files.items() if name.endswith(".pth")})
    everything(served)
    assert commits() == {COMMIT}
    assert catalogue.find("moore")[1]["denoising_unet"].read_bytes() == served.before[COMMIT][UNET]


def test_between_asking_and_getting_the_publisher_may_publish(cache, served):  # noqa: F811
    hub = Hub(served.endpoint)
    wanted = needs(toy_model(), hub)
    served.publish(NEWER, {UNET: changed(served.files[UNET])})
    assert [*get(wanted, hub)]
    assert commits() == {COMMIT}


def test_what_is_missing_later_comes_from_the_commit_of_the_first_time(cache, served):  # noqa: F811
    everything(served)
    served.publish(NEWER, {POSES: changed(served.files[POSES])})
    lose(cache, POSES)
    everything(served)
    assert commits() == {COMMIT}
    assert catalogue.find("moore")[1]["pose_guider"].read_bytes() == served.before[COMMIT][POSES]


def test_what_other_programs_fetch_anew_is_not_mixed_in(cache, served):  # noqa: F811
    from huggingface_hub import hf_hub_download

    everything(served)
    served.publish(NEWER, {POSES: changed(served.files[POSES])})
    newer = hf_hub_download(WEIGHTS, "pose_guider.pth", cache_dir=cache, endpoint=served.endpoint, token=False)
    assert NEWER in newer
    assert commits() == {COMMIT}


def test_files_of_two_commits_that_others_left_are_no_model_but_a_beginning(cache, served):  # noqa: F811
    from huggingface_hub import hf_hub_download

    fetch = {"cache_dir": cache, "endpoint": served.endpoint, "token": False}
    for part in ("denoising_unet", "motion_module", "reference_unet"):
        hf_hub_download(WEIGHTS, f"{part}.pth", **fetch)
    served.publish(NEWER, {POSES: changed(served.files[POSES])})
    hf_hub_download(WEIGHTS, "pose_guider.pth", **fetch)
    assert not catalogue.on_this_machine(toy_model())
    coming = {remote.file.name for remote in needs(toy_model(), Hub(served.endpoint)).coming}
    assert POSES in coming
    assert UNET not in coming
    everything(served)
    files = catalogue.find("moore")[1]
    assert {COMMIT in files[part].parts for part in ("denoising_unet", "pose_guider")} == {True}


def test_another_file_under_the_same_commit_is_refused(cache, served):  # noqa: F811
    everything(served)
    lose(cache, POSES)
    served.files[POSES] = changed(served.files[POSES])
    with pytest.raises(NotGot, match="than was got before"):
        everything(served)
    assert not catalogue.on_this_machine(toy_model())


def test_a_file_cut_here_is_missed_and_comes_again(cache, served):  # noqa: F811
    everything(served)
    blob = catalogue.find("moore")[1]["denoising_unet"].resolve()
    blob.write_bytes(blob.read_bytes()[:1000])
    assert not catalogue.on_this_machine(toy_model())
    everything(served)
    assert blob.read_bytes() == served.files[UNET]


def test_a_file_altered_here_is_seen_when_the_model_is_asked_for_again(cache, served, monkeypatch, capsys):  # noqa: F811
    everything(served)
    blob = catalogue.find("moore")[1]["denoising_unet"].resolve()
    blob.write_bytes(changed(blob.read_bytes()))
    monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
    assert main(["get", "moore"]) == 0
    assert f"{UNET} was altered" in capsys.readouterr().err
    assert blob.read_bytes() == served.files[UNET]
    assert main(["get", "moore"]) == 0
    assert "altered" not in capsys.readouterr().err


def test_a_mirror_that_tells_no_hashes_is_held_against_what_came_first(cache, served, monkeypatch):  # noqa: F811
    monkeypatch.setattr("tests.hub.etag", lambda whole, name: f"v{len(whole)}-{name.replace('/', '-')}")
    everything(served)
    pin = pins.pinned(WEIGHTS)
    assert pin is not None
    assert pin.files["pose_guider.pth"].hash == etag(served.files[POSES], POSES)
    lose(cache, POSES)
    served.files[POSES] = changed(served.files[POSES])
    with pytest.raises(NotGot, match="hash"):
        everything(served)


def test_who_deletes_the_repository_trusts_anew(cache, served):  # noqa: F811
    everything(served)
    served.publish(NEWER, {POSES: changed(served.files[POSES])})
    shutil.rmtree(pins.repository_folder(WEIGHTS))
    everything(served)
    assert NEWER in catalogue.find("moore")[1]["pose_guider"].parts
    pin = pins.pinned(WEIGHTS)
    assert pin is not None
    assert pin.commit == NEWER


def test_a_record_that_cannot_be_read_is_said(cache, served):  # noqa: F811
    everything(served)
    (pins.repository_folder(WEIGHTS) / pins.NAME).write_text("{")
    with pytest.raises(WeightsDamaged, match=pins.NAME):
        catalogue.find("moore")


def test_two_that_pin_at_once_agree(cache, served):  # noqa: F811
    hub = Hub(served.endpoint)
    first = needs(toy_model(), hub)
    served.publish(NEWER, {POSES: changed(served.files[POSES])})
    second = needs(toy_model(), hub)
    getting.hold(first)
    with pytest.raises(NotGot, match="Try again"):
        getting.hold(second)
