"""Along a video the detector looks now and then; in between people are looked for where they must be."""

from pathlib import Path

import numpy as np
import pytest

from animate import examples, video
from pose.along import look_between, stride
from pose.estimator import PoseEstimator
from pose.finder import PoseFinder
from pose.looking import Eyes, Person
from tests.test_pose_finder import Script, finder, finder_of, frames, person  # noqa: F401

DATA = Path(__file__).parent / "data" / "pose"


def walk(count: int) -> list[list[np.ndarray]]:
    return [[person(20 + index)] for index in range(count)]


def watched(script: Script, *, fps: float | None = 25) -> list[np.ndarray]:
    return list(finder_of(script).watch(frames(len(script.detected)), fps=fps))


@pytest.mark.parametrize(("fps", "every"), [(None, 1), (5, 1), (10, 2), (25, 4), (30, 5), (60, 8), (240, 8)])
def test_detections_lie_about_a_sixth_of_a_second_apart(fps, every):
    assert stride(fps) == every


@pytest.mark.parametrize("count", [1, 4, 5, 30])
def test_a_frame_in_four_is_enough_for_who_just_moves(count):
    script = Script(walk(count))
    along = watched(script)
    assert script.looked <= -(-count // 4) + 3  # after the last detection nothing says where they go
    for people, true in zip(along, script.detected, strict=True):
        np.testing.assert_array_equal(people, np.stack(true))


def test_who_comes_or_goes_between_two_detections_is_seen_when_they_do():
    there = [*([[]] * 6), *walk(30)[6:17], *([[]] * 13)]
    along = watched(Script(there))
    assert [len(people) for people in along] == [len(people) for people in there]
    second = [[*people, *([person(90)] if index >= 9 else [])] for index, people in enumerate(walk(20))]
    along = watched(Script(second))
    assert [len(people) for people in along] == [1] * 9 + [2] * 11


@pytest.mark.parametrize("late", [1, 5, 8])
def test_who_is_found_late_is_looked_for_in_the_frames_before(late):
    there = [[person(40 + index / 2)] for index in range(24)]
    script = Script([[] if index < late else people for index, people in enumerate(there)], there)
    for people, true in zip(watched(script), there, strict=True):
        np.testing.assert_array_equal(people, np.stack(true))


def test_who_comes_in_is_not_looked_for_in_frames_before_they_did():
    there = [[] if index < 5 else [person(40)] for index in range(24)]
    script = Script(there)
    assert [len(people) for people in watched(script)] == [len(people) for people in there]


@pytest.mark.parametrize(("score", "first"), [(0.7, 0), (0.5, 4)])
def test_who_is_hardly_seen_at_all_is_not_looked_for_in_frames_before(score, first):
    body = person(40)
    body[:, 2] = score
    script = Script([[] if index < 3 else [body] for index in range(24)], [[body]] * 24)
    assert [len(people) for people in watched(script)] == [0] * first + [1] * (24 - first)


@pytest.mark.parametrize(("score", "rests"), [(0.5, True), (0.7, False)])
def test_a_faint_body_of_one_detection_alone_does_not_make_the_detector_look_anew(score, rests):
    flash, there = person(90), walk(24)
    flash[:, 2] = score
    script = Script([[*people, flash] if index == 8 else people for index, people in enumerate(there)])
    for people, true in zip(watched(script), script.detected, strict=True):
        np.testing.assert_array_equal(people, np.stack(true))
    assert (script.looked <= 9) == rests


def test_where_nobody_is_the_detector_rests_too():
    script = Script([[]] * 24)
    assert [len(people) for people in watched(script)] == [0] * 24
    assert script.looked <= 9
    assert script.estimated == 0


@pytest.mark.parametrize("what", ["doubtful", "gone", "elsewhere", "leaving"])
def test_who_is_not_as_expected_is_looked_for_anew(what):
    old, new = person(40), person(44)
    box = np.array([30, 10, 60, 90], np.float32)
    odd = person(42)
    if what == "doubtful":
        odd[:18, 2] *= 0.7
    elif what == "gone":
        odd[:, 2] = 0
    elif what == "elsewhere":
        odd[:, 0] += 17
    else:
        odd[:3, 1] -= 60
    seen, true = [[person(41)], [odd], [person(43)]], person(42)
    script = Script([[], [true], []], seen)
    ends = {"before": [Person(old, box)], "after": [Person(new, box)]}
    eyes = Eyes(script, script)  # type: ignore[arg-type]
    shares = (0.25, 0.5, 0.75)
    found = look_between(frames(3), eyes, **ends, shares=shares)
    assert script.looked == 1  # at the odd frame alone
    assert [len(people) for people in found] == [1, 1 if what == "doubtful" else len(eyes.detected(frames(2)[1])), 1]
    assert script.estimated >= 3


def test_boxes_grow_until_they_hold_the_joints_of_both_ends():
    asked = []

    class Watched(Script):
        def estimate(self, frame, boxes):
            asked.append(boxes)
            return super().estimate(frame, boxes)

    script = Watched([[person(30)], [person(40)], [person(50)]])
    narrow = [np.array([at - 5, 20, at + 5, 60], np.float32) for at in (36, 44)]
    look_between(
        [frames(3)[1]],
        Eyes(script, script),  # type: ignore[arg-type]
        before=[Person(person(36), narrow[0])],
        after=[Person(person(44), narrow[1])],
        shares=[0.5],
    )
    np.testing.assert_allclose(asked[0][0], (30, 20, 50, 70))


def test_several_people_go_into_one_computation_where_the_file_allows_it():
    estimator = PoseEstimator(DATA / "dwpose_stand_in.onnx", rgb=False)
    assert estimator.batched
    runs, run = [], estimator.session.run

    class Session:
        def run(self, names, fed):
            runs.append(len(fed["input"]))
            return run(names, fed)

        get_inputs = estimator.session.get_inputs

    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (120, 160, 3), np.uint8) for _ in range(9)]
    boxes = [np.array([[10, 10, 60, 100], [50, 5, 150, 110]], np.float32)[: index % 3] for index in range(9)]
    alone = [estimator.estimate(picture, those) for picture, those in zip(pictures, boxes, strict=True)]
    estimator.session = Session()  # type: ignore[assignment]
    together = estimator.estimate_all(pictures, boxes)
    assert runs == [9]
    for first, second in zip(alone, together, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-3)


def test_real_weights_say_the_same_within_their_noise(finder: PoseFinder):  # noqa: F811
    film = video.read(examples.dances()["disco"], seconds=0.7, short_side=360)
    pictures = list(film.frames)
    each = np.stack([people[0] for people in finder.watch(pictures)])
    some = np.stack([people[0] for people in finder.watch(pictures, fps=25)])
    torso = np.linalg.norm(each[:, 1, :2] - each[:, [8, 11], :2].mean(1), axis=1).mean()
    apart = np.linalg.norm(each[:, :18, :2] - some[:, :18, :2], axis=-1) / torso
    assert np.median(apart) < 0.015
    assert np.quantile(apart, 0.9) < 0.05
