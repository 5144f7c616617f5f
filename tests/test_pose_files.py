"""Keypoint files: what is saved comes back, and what is none is refused in words."""

import io
import json
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pose.files import PoseFileError, load_pose, save_pose
from tests.body import SIZE, body, dance, sequence

ASSETS = Path(__file__).parents[1] / "assets"


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_a_dance_comes_back(tmp_path, ending):
    points = dance(frames=12)
    points[3, 4] = 0
    save_pose(tmp_path / f"dance.{ending}", sequence(points), fps=Fraction(30000, 1001))
    found, fps, _ = load_pose(tmp_path / f"dance.{ending}")
    assert fps == Fraction(30000, 1001)
    assert found.size == SIZE
    np.testing.assert_allclose(found.points, points, atol=0.006)
    assert [path.name for path in tmp_path.iterdir()] == [f"dance.{ending}"]


def test_a_single_body_comes_back(tmp_path):
    save_pose(tmp_path / "body.json", sequence(body()[None]))
    assert np.shape(json.loads((tmp_path / "body.json").read_text())["points"]) == (134, 3)
    assert load_pose(tmp_path / "body.json")[0].points.shape == (1, 134, 3)


def test_the_projects_own_joints_are_keypoint_files():
    for path in (*(ASSETS / "dances").glob("*.npz"), *(ASSETS / "characters").glob("*.json")):
        assert load_pose(path)[0].visible.any(), path.name


def facts(**changes) -> str:
    whole = {"version": 1, "size": [60, 90], "fps": 25, "points": np.ones((2, 134, 3)).tolist()}
    return json.dumps({name: value for name, value in {**whole, **changes}.items() if value is not None})


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ("milk, bread", "cannot be read"),
        ("[1, 2]", "no keypoint file"),
        ("{}", "no keypoint file"),
        (facts(version=2), "version 2"),
        (facts(version="1"), "no keypoint file"),
        (facts(size=[60]), "no keypoint file"),
        (facts(size=[0, 90]), "no keypoint file"),
        (facts(points=[[1, 2, 3]]), "no keypoint file"),
        (facts(points=[]), "no keypoint file"),
        (facts(points=None), "no keypoint file"),
        (facts(fps=-3), "no keypoint file"),
        (facts(fps="fast"), "no keypoint file"),
        (facts(fps=1e400), "no keypoint file"),
        (facts(points=np.full((2, 134, 3), 1e30).tolist()), "no keypoint file"),  # it could not be drawn
        (facts(size=[10**12, 90]), "no keypoint file"),
        *((facts(start=wrong), "no keypoint file") for wrong in (-1, 36000, "soon", [1], float("nan"))),
    ],
)
def test_what_is_no_keypoint_file_is_refused(tmp_path, contents, words):
    (tmp_path / "file.json").write_text(contents)
    with pytest.raises(PoseFileError, match=words) as caught:
        load_pose(tmp_path / "file.json")
    assert "file.json" in str(caught.value)


def test_a_file_that_unpacks_into_gigabytes_is_refused_unread(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("points.npy", bytes(250_000_000))
    with pytest.raises(PoseFileError, match="too large"):
        load_pose(tmp_path / "bomb.npz")


@pytest.mark.parametrize("name", ["version", "size", "fps", "cuts", "points"])
def test_numbers_that_take_no_bytes_are_refused_before_they_become_a_list(tmp_path, name):
    """Of which 248 bytes can name a billion."""
    header = io.BytesIO()
    facts = {"descr": "|V0", "fortran_order": False, "shape": (1_000_000,)}
    np.lib.format.write_array_header_1_0(header, facts)  # type: ignore[arg-type]
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
        archive.writestr(f"{name}.npy", header.getvalue())
    with pytest.raises(PoseFileError, match="cannot be read"):
        load_pose(tmp_path / "bomb.npz")


def test_what_else_is_in_a_file_is_left_there_and_facts_are_few(tmp_path):
    save_pose(tmp_path / "dance.npz", sequence(dance(frames=3)), fps=Fraction(25))
    with np.load(tmp_path / "dance.npz") as stored:
        whole = {name: stored[name] for name in stored.files}
    np.savez(tmp_path / "more.npz", **whole, more=np.array([None], object))
    assert len(load_pose(tmp_path / "more.npz")[0]) == 3
    np.savez(tmp_path / "many.npz", **whole, cuts=np.zeros(1_000_000, int))
    with pytest.raises(PoseFileError, match="cannot be read"):
        load_pose(tmp_path / "many.npz")


def test_objects_are_not_unpacked(tmp_path):
    np.savez(tmp_path / "trap.npz", points=np.array([{"a": 1}], object), version=1, size=(60, 90), fps=25)
    with pytest.raises(PoseFileError, match="cannot be read"):
        load_pose(tmp_path / "trap.npz")


def test_other_endings_are_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(PoseFileError, match="json or"):
        save_pose(tmp_path / "dance.txt", sequence(dance(frames=2)), fps=Fraction(25))
    with pytest.raises(PoseFileError, match="nowhere"):
        load_pose(tmp_path / "nowhere.json")
    assert not list(tmp_path.iterdir())


def test_memory_that_runs_out_is_no_fault_of_the_file(tmp_path, monkeypatch):
    (tmp_path / "dance.json").write_text("[]")

    def full(*asked, **how):
        raise MemoryError

    monkeypatch.setattr(json, "loads", full)
    with pytest.raises(MemoryError):
        load_pose(tmp_path / "dance.json")


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_where_a_part_began_is_kept_with_it(tmp_path, ending):
    path = tmp_path / f"dance.{ending}"
    save_pose(path, sequence(dance(frames=12)), fps=Fraction(25), start=2.5)
    assert load_pose(path)[2] == 2.5
    save_pose(path, sequence(dance(frames=12)), fps=Fraction(25))
    assert load_pose(path)[2] == 0
