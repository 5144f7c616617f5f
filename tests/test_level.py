"""Rolled cameras: who stands upright is drawn upright, who leans, sits or is cut off stays as filmed."""

import numpy as np
import pytest

from pose.level import levelled, roll_of
from pose.retarget import retarget
from pose.skeleton import LEFT_ANKLE, LEFT_HIP, NECK, RIGHT_ANKLE, RIGHT_HIP, PoseSequence
from tests.figure import HEIGHT, WIDTH, make_pose


def dance(*, rolled: float = 0.0, lean: float = 0.0, frames: int = 40) -> np.ndarray:
    """The figure sways, its camera rolled by so many degrees; lean: degrees by which it leans in a third of it."""
    still = make_pose().astype(np.float64)
    feet = still[[RIGHT_ANKLE, LEFT_ANKLE], :2].mean(0)
    clip = np.stack([still] * frames)
    for n, frame in enumerate(clip):
        sway = 5 * np.sin(n / 3) + (lean if n % 3 == 0 else 0) + rolled
        cos, sin = np.cos(np.radians(sway)), np.sin(np.radians(sway))
        frame[:, :2] = (frame[:, :2] - feet) @ np.array([[cos, sin], [-sin, cos]]) + feet
    return clip


def lean_of(points: np.ndarray) -> float:
    """Degrees by which the body leans to the right in the median frame."""
    up = points[:, NECK, :2] - points[:, [RIGHT_ANKLE, LEFT_ANKLE], :2].mean(1)
    return float(np.degrees(np.median(np.arctan2(up[:, 0], -up[:, 1]))))


@pytest.mark.parametrize("rolled", [-25, -14, 14, 25])
def test_a_rolled_camera_is_levelled(rolled):
    clip = dance(rolled=rolled)
    assert np.degrees(roll_of(clip)) == pytest.approx(rolled, abs=1.5)
    assert abs(lean_of(levelled(clip))) < 0.1
    assert np.array_equal(levelled(clip)[..., 2], clip[..., 2])
    bones = [np.linalg.norm(each[:, NECK, :2] - each[:, RIGHT_HIP, :2], axis=1) for each in (clip, levelled(clip))]
    assert np.allclose(*bones)


@pytest.mark.parametrize("clip", [dance(), dance(rolled=6), dance(lean=20), dance(rolled=50)])
def test_dancers_may_lean(clip):
    assert roll_of(clip) == 0
    assert levelled(clip) is clip


def test_who_sits_is_not_set_upright():
    clip = dance(rolled=14)
    clip[:, [RIGHT_HIP, LEFT_HIP], 0] += 30
    assert roll_of(clip) == 0


@pytest.mark.parametrize("joint", [RIGHT_ANKLE, NECK, LEFT_HIP])
def test_what_is_not_seen_tells_nothing(joint):
    clip = dance(rolled=14)
    clip[:, joint, 2] = 0
    assert roll_of(clip) == 0
    assert roll_of(dance(rolled=14)[:5]) == 0


def test_a_character_stands_upright_where_the_camera_was_rolled():
    sequence, size = PoseSequence(dance(rolled=18), (WIDTH, HEIGHT)), (WIDTH, HEIGHT)
    fitted = retarget(sequence, make_pose(), size=size, steady=True).sequence.points
    assert abs(lean_of(fitted)) < 2
    kept = retarget(sequence, make_pose(), size=size, fit="off", steady=True).sequence.points
    assert lean_of(kept) == pytest.approx(18, abs=1.5)
