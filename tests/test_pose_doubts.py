"""What of a dance cannot be trusted, joints put right by hand, and characters that cannot dance as others do."""

from dataclasses import replace

import numpy as np
import pytest

from animate import examples
from benchmarks.dancers import BODIES
from pose.doubts import Doubt, find_doubts, told_moments
from pose.edits import Edit, apply_edits
from pose.reference import is_sideways, sits, without_legs
from pose.skeleton import FEET, LEFT_HIP, RIGHT_KNEE, drop_invented
from pose.track import clean
from studio.words import LANGUAGES, Words
from tests.body import ADULT, CHILD, LOWER, SIZE, away, body, dance, sequence
from training.puppets.body import Angles, keypoints, pose_joints
from training.puppets.gallery import DRAWN_FACE
from training.puppets.recipe import Build

FPS = 25


def doubts(points: np.ndarray) -> list[tuple[str, float, float, bool]]:
    found = sequence(points)
    told = find_doubts(found, clean(found, fps=FPS), fps=FPS)
    return [(doubt.kind, doubt.start, doubt.end, doubt.serious) for doubt in told]


def test_a_dance_that_is_seen_well_has_no_doubts():
    assert doubts(dance(frames=100)) == []
    assert doubts(dance(frames=100, hide=LOWER)) == []  # legs that are never shown are no stretch of it


def test_where_nobody_is_seen_is_serious():
    points = dance(frames=100)
    points[50:75] = 0
    assert doubts(points) == [("nobody", 2.0, 3.0, True)]


def test_an_arm_that_is_gone_is_named_and_gaps_that_are_filled_are_not():
    points = dance(frames=100)
    points[20:26, 7] = 0
    points[50:80, 7] = 0
    assert doubts(points) == [("left_arm", 2.0, 3.2, False)]


def test_two_limbs_that_are_gone_are_serious():
    points = dance(frames=100)
    points[50:80, [7, 10]] = 0
    assert doubts(points) == [("left_arm", 2.0, 3.2, True), ("right_leg", 2.0, 3.2, True)]


@pytest.mark.parametrize("hide", [(), (LEFT_HIP,)])
def test_joints_that_leap_are_told(hide):
    points = dance(frames=100, hide=hide)
    points[40:60:2, 4, :2] += 100
    kinds = doubts(points)
    assert [kind for kind, *_ in kinds] == ["leaps"]
    assert kinds[0][1:3] == (pytest.approx(1.6, abs=0.2), pytest.approx(2.4, abs=0.2))


def test_a_joint_that_is_dropped_for_longer_than_a_gap_is_told():
    points = dance(frames=300)
    points[100:125, RIGHT_KNEE, 0] += 400
    assert doubts(points) == [("leaps", 4.0, 5.0, False)]


def test_runs_of_frames_in_seconds():
    frames = np.zeros(100, bool)
    frames[[*range(13), 40, *range(77, 91)]] = True
    assert told_moments(frames, fps=25) == "0.0–0.5, 1.6, 3.1–3.6"
    frames[60] = True
    assert told_moments(frames, fps=25).endswith("3.1–3.6 …")


def test_a_moved_joint_is_there_at_its_moment_and_fades_within_half_a_second():
    before = sequence(dance(frames=60))
    place = tuple(before.points[30, 4, :2] + (40, -20))
    after = apply_edits(before, [Edit(4, 30 / FPS, place)], fps=FPS).points
    moved = away(after, before.points)
    assert moved[30, 4] == pytest.approx(np.hypot(40, 20), rel=1e-3)
    assert 10 < moved[24, 4] < 40
    assert moved[17:44, 4].max() <= moved[30, 4] + 1e-3
    assert moved[:18].max() == moved[43:].max() == 0
    np.testing.assert_allclose(moved[30, 113:134], moved[30, 4], rtol=1e-3)  # the hand goes with its wrist
    others = [joint for joint in range(134) if joint != 4 and joint < 113]
    assert moved[:, others].max() == 0


@pytest.mark.parametrize("score", [0, 0.1])  # the models have a place for what they do not see, too
def test_a_joint_found_by_hand_fills_its_gap(score):
    points = dance(frames=60)
    points[24:36, 7, 2] = score
    after = apply_edits(sequence(points), [Edit(7, 30 / FPS, (300, 200))], fps=FPS)
    assert after.visible[24:36, 7].all()
    np.testing.assert_allclose(after.points[24:36, 7, :2], [[300, 200]] * 12)
    np.testing.assert_array_equal(after.points[36:], points[36:].astype(np.float32))


def test_a_hidden_joint_is_hidden_for_a_moment_with_what_hangs_on_it():
    after = apply_edits(sequence(dance(frames=60)), [Edit(10, 30 / FPS, None)], fps=FPS)
    assert not after.visible[25:36][:, [10, 21, 22, 23]].any()
    assert after.visible[:23].all()
    assert after.visible[38:].all()


@pytest.mark.parametrize("frame", [29, 30])
def test_a_joint_put_right_beside_a_cut_leaves_the_other_shot_alone(frame):
    points = dance(frames=60)
    points[30:, :, 0] += 400
    for gap in (False, True):
        points[26:34, 7, 2] = 1 - gap
        before, own = replace(sequence(points), cuts=(30,)), slice(0, 30) if frame < 30 else slice(30, 60)
        other = slice(30, 60) if frame < 30 else slice(0, 30)
        for joint, to in ((4, (160, 50)), (4, None), (7, (160, 50))):
            after = apply_edits(before, [Edit(joint, frame / FPS, to)], fps=FPS)
            np.testing.assert_array_equal(after.points[other], before.points[other])
            assert (after.points[own] != before.points[own]).any(-1)[:, joint].sum() > 3


def test_edits_go_on_from_each_other_and_beyond_the_end_hold_the_last_frame():
    before = sequence(dance(frames=20))
    twice = [Edit(4, 0.4, (10, 10)), Edit(4, 0.4, (30, 30))]
    np.testing.assert_allclose(apply_edits(before, twice, fps=FPS).points[10, 4, :2], (30, 30))
    assert apply_edits(before, [Edit(4, 99.0, (5, 5))], fps=FPS).points[-1, 4, 0] == 5
    for wrong in ((134, 0.0, None), (4, -1.0, None), (4, 0.0, (float("nan"), 1))):
        with pytest.raises(ValueError, match="joint"):
            Edit(*wrong)


def test_a_dancer_lost_among_others_is_told_as_perhaps_another():
    points = sequence(dance(frames=60))
    found = find_doubts(points, points, fps=FPS, lost=[(30, 36)])
    assert found == (Doubt(round(30 / FPS, 2), round(36 / FPS, 2), "other", serious=False),)
    for language in LANGUAGES:
        assert Words(language)(f"doubt_{found[0].kind}")


def seated(lengths=ADULT) -> np.ndarray:
    """A body on a chair, from the front: thighs point at the camera, shins hang."""
    return body({**lengths, "thigh": 0.25 * lengths["thigh"]})


@pytest.mark.parametrize("lengths", [ADULT, CHILD])
def test_who_sits_is_told_from_who_stands_and_from_invented_legs(lengths):
    assert sits(seated(lengths))
    from_the_side = {"right thigh": 1.4, "left thigh": 1.4}
    assert sits(body(lengths, from_the_side))
    assert not sits(body(lengths))
    assert not sits(body({**ADULT, "thigh": 30, "shin": 40}))  # invented for a half-body picture
    assert (drop_invented(seated(), size=SIZE)[[9, 10], 2] == 0).all()  # which is why it is asked before


def test_the_side_is_told_from_the_front():
    assert is_sideways(body({**ADULT, "shoulder": 8, "hip": 5}))
    assert not is_sideways(body())
    assert not is_sideways(body(hide=[8, 11]))


def test_hidden_legs_are_hidden_in_every_frame():
    points = without_legs(dance(frames=3))
    assert not points[:, [9, 10, 12, 13, *range(FEET.start, FEET.stop)], 2].any()
    assert points[:, [8, 11], 2].all()


def solid(build: Build, *, turned: float, thighs: float = 0.0, shins: float = 0.0) -> np.ndarray:
    """134 3: a body in three dimensions, turned by degrees, its thighs and shins lifted by degrees from hanging."""
    none, lifted = np.zeros(1), np.radians(thighs)
    angles = Angles(
        turn=none + np.radians(turned),
        lean=none,
        sway=none,
        lift=none,
        head=np.zeros((1, 3)),
        arms=np.array([[[0.3, 0, 0, 0]] * 2]),
        hands=np.zeros((1, 2, 2)),
        legs=np.array([[[0.1, lifted, lifted - np.radians(shins)]] * 2]),
    )
    joints = pose_joints(build, angles).mapped(400, np.array([[300.0, 500, 0]]))
    return keypoints(build, DRAWN_FACE, joints, scale=400)[0]


@pytest.mark.parametrize("body", ["girl", "child", "paper doll", "robot", "bear"])
@pytest.mark.parametrize(
    ("turned", "thighs", "told"),
    [
        (0, 0, (False, False)),
        (45, 0, (False, False)),
        (85, 0, (True, False)),
        (0, 83, (False, True)),
        (45, 70, (False, True)),
        (85, 83, (True, True)),
        (0, 68, (False, True)),
    ],
)
def test_bodies_of_any_kind_are_told_from_the_side_and_seated(body, turned, thighs, told):
    points = solid(BODIES[body], turned=turned, thighs=thighs)
    assert (is_sideways(points), sits(points)) == told


@pytest.mark.parametrize("body", BODIES)
def test_legs_stretched_out_along_the_ground_are_a_seat(body):
    assert sits(solid(BODIES[body], turned=85, thighs=85, shins=88))


def test_a_doll_that_stretches_its_legs_towards_the_viewer_sits():
    doll = solid(BODIES["bear"], turned=0, thighs=75, shins=80)
    assert sits(doll)
    assert not is_sideways(doll)


def test_legs_crossed_on_a_chair_are_a_seat_and_a_lifted_knee_is_none():
    crossed, lifted = seated(), body()
    crossed[10, :2] = crossed[9, :2] + (60, 10)
    lifted[9, :2] = lifted[8, :2] + (5, 20)
    lifted[10, :2] = lifted[9, :2] + (0, ADULT["shin"])
    assert sits(crossed)
    assert not sits(lifted)


def test_who_sits_in_a_picture_that_ends_at_the_shins_sits():
    cropped, elsewhere, standing = seated(), seated(), body()
    for points in (cropped, elsewhere, standing):
        points[[10, 13], 2] = 0.2  # where a pose model guesses them
    elsewhere[[10, 13]] = 0  # where nobody guesses them
    assert sits(cropped)
    assert not sits(elsewhere)
    assert not sits(standing)


@pytest.mark.parametrize("name", examples.characters())
def test_no_example_is_told_to_sit_or_to_show_its_side(name):
    known = examples.known_pose(examples.characters()[name])
    assert known is not None
    assert not is_sideways(known.points[0])
    assert not sits(known.points[0])
