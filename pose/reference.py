"""What a character's picture allows: a body seen from the side or sitting cannot dance all of a dance."""

from typing import Literal

import numpy as np

from pose.skeleton import (
    FOOT_OF,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEGS,
    NECK,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    VISIBLE,
    middle,
)

SIDEWAYS = 0.3  # of the torso: shoulders narrower than this are seen from the side
NARROW = 0.22  # the same for hips
LYING = 0.5  # of the torso: a thigh that goes down by less, above a shin that goes down, lies level
HANGING = 0.55  # of the torso: the shin that goes down below it

Trouble = Literal["side", "seated"]

WORDS: dict[Trouble, str] = {
    "side": "The character is seen from the side, so it keeps the dancer's proportions. "
    "A picture from the front dances better.",
    "seated": "The character sits in its picture: its legs stay as they are and only the rest dances. "
    "A picture of somebody standing dances better.",
}


def troubles(character: np.ndarray) -> tuple[Trouble, ...]:
    """Why a character, 134 3, cannot dance as others do; nothing where all is well."""
    found: list[Trouble] = []
    if is_sideways(character):
        found.append("side")
    if sits(character):
        found.append("seated")
    return tuple(found)


def _torso(points: np.ndarray) -> float | None:
    hips, seen = middle(points, RIGHT_HIP, LEFT_HIP)
    if not seen or points[NECK, 2] <= VISIBLE:
        return None
    return float(np.linalg.norm(points[NECK, :2] - hips))


def is_sideways(points: np.ndarray) -> bool:
    """Whether a body, 134 3, shows its side: shoulders and hips one behind the other."""
    torso = _torso(points)
    if torso is None or (points[[RIGHT_SHOULDER, LEFT_SHOULDER], 2] <= VISIBLE).any():
        return False
    shoulders = np.linalg.norm(points[RIGHT_SHOULDER, :2] - points[LEFT_SHOULDER, :2])
    hips = np.linalg.norm(points[RIGHT_HIP, :2] - points[LEFT_HIP, :2])
    return bool(shoulders < SIDEWAYS * torso and hips < NARROW * torso)


def sits(points: np.ndarray) -> bool:
    """Whether a body, 134 3, sits upright: both thighs lie level or point at the camera, above shins that hang.

    A half-body picture whose legs a model invented is no seat: such legs are short from hip to foot.
    """
    torso = _torso(points)
    if torso is None:
        return False
    for hip, knee, ankle in LEGS:
        if (points[[hip, knee, ankle], 2] <= VISIBLE).any():
            return False
        thigh, shin = points[knee, 1] - points[hip, 1], points[ankle, 1] - points[knee, 1]
        if thigh > LYING * torso or shin < HANGING * torso:
            return False
    return True


def without_legs(points: np.ndarray) -> np.ndarray:
    """A dance, f 134 3, that shows no legs: the character's then stay as they are in its picture."""
    points = points.copy()
    hidden = [joint for _, knee, ankle in LEGS for joint in (knee, ankle, *FOOT_OF[ankle])]
    points[:, hidden, 2] = 0
    return points
