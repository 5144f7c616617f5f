"""A body of any proportions in any posture, as points: what poses are tested on."""

from collections.abc import Collection, Mapping

import numpy as np

from pose.skeleton import FACE, FEET, FOOT_OF, LEFT_HAND, LEGS, NOSE, RIGHT_HAND, PoseSequence

ADULT = {
    "torso": 100,
    "shoulder": 35,
    "hip": 20,
    "neck": 40,
    "upper arm": 55,
    "forearm": 50,
    "thigh": 80,
    "shin": 75,
    "head": 24,
}
CHILD = {
    "torso": 60,
    "shoulder": 21,
    "hip": 12,
    "neck": 32,
    "upper arm": 28,
    "forearm": 25,
    "thigh": 36,
    "shin": 34,
    "head": 23,
}
LOWER = [joint for leg in LEGS for joint in leg] + list(range(FEET.start, FEET.stop))
SIZE = (600, 600)


def body(
    lengths: Mapping[str, float] = ADULT,
    angles: Mapping[str, float] | None = None,
    *,
    at: tuple[float, float] = (300, 300),
    hide: Collection[int] = (),
) -> np.ndarray:
    """134 3: bones of those lengths hang at those angles (radians, 0 is down) from the middle of the hips."""
    angles = angles or {}
    points = np.ones((134, 3))

    def along(bone: str, side: str = "") -> np.ndarray:
        angle = angles.get(f"{side}{bone}", 0.0)
        return np.array([np.sin(angle), np.cos(angle)]) * lengths[bone]

    hips = np.array(at, float)
    neck = hips - along("torso")
    points[1, :2], points[NOSE, :2] = neck, neck - along("neck")
    sides = (("right ", -1, (2, 3, 4, 8, 9, 10), RIGHT_HAND), ("left ", 1, (5, 6, 7, 11, 12, 13), LEFT_HAND))
    for side, sign, (shoulder, elbow, wrist, hip, knee, ankle), hand in sides:
        points[shoulder, :2] = neck + np.array([sign * lengths["shoulder"], 0])
        points[elbow, :2] = points[shoulder, :2] + along("upper arm", side)
        points[wrist, :2] = points[elbow, :2] + along("forearm", side)
        points[hip, :2] = hips + np.array([sign * lengths["hip"], 0])
        points[knee, :2] = points[hip, :2] + along("thigh", side)
        points[ankle, :2] = points[knee, :2] + along("shin", side)
        feet = np.array([(12, 6), (10, 7), (-6, 6)]) * lengths["shin"] / 75
        points[list(FOOT_OF[ankle]), :2] = points[ankle, :2] + feet
        fingers = np.stack([np.arange(21) % 5 - 2.0, np.arange(21) // 5 * 3.0], 1)
        points[hand, :2] = points[wrist, :2] + fingers * np.sqrt(lengths["forearm"] / 50 * lengths["head"] / 24)
    head = lengths["head"] / 24
    points[14:18, :2] = points[NOSE, :2] + np.array([(-6, -6), (6, -6), (-12, -2), (12, -2)]) * head
    around = np.arange(68)
    points[FACE, :2] = points[NOSE, :2] + np.stack([np.cos(around), np.sin(around)], 1) * 10 * head
    points[list(hide)] = 0
    return points


def posture(frame: int) -> dict[str, float]:
    """The angles of a dance of 30 frames a round, in which every bone is now and then seen at full length."""
    wave = 2 * np.pi * frame / 30
    return {
        "torso": 0.0 if frame % 10 == 0 else 0.1 * np.sin(wave),
        "neck": 0.1,
        "right upper arm": 0.4 + 0.8 * np.sin(wave),
        "right forearm": 0.9 * np.sin(wave),
        "left upper arm": -0.4 + 0.8 * np.cos(wave),
        "left forearm": -0.7 * np.cos(wave),
        "right thigh": 0.25 * np.sin(wave),
        "right shin": 0.1 * np.sin(wave),
        "left thigh": -0.25 * np.sin(wave),
    }


def dance(
    lengths: Mapping[str, float] = ADULT, *, frames: int = 60, walk: float = 0.0, hide: Collection[int] = ()
) -> np.ndarray:
    """f 134 3: the body dancing, and walking so many pixels a frame to the right."""
    return np.stack([body(lengths, posture(t), at=(300 + walk * t, 300), hide=hide) for t in range(frames)])


def sequence(points: np.ndarray, size: tuple[int, int] = SIZE) -> PoseSequence:
    return PoseSequence(points.astype(np.float32), size)


def away(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The distance of each point from its counterpart, in pixels."""
    return np.linalg.norm(first[..., :2] - second[..., :2], axis=-1)
