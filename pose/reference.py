"""What a character's picture allows: a body seen from the side or sitting cannot dance all of a dance."""

import numpy as np

from pose.skeleton import (
    FACE,
    FOOT_OF,
    LEFT_EYE,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEGS,
    NECK,
    NOSE,
    RIGHT_EYE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    SURELY,
    VISIBLE,
    middle,
)

SIDEWAYS = 0.3  # of the torso: shoulders narrower than this are seen from the side
NARROW = 0.22  # the same for hips
LIFTED = 0.65  # of the shin below it: a thigh that goes down by less lies level or points at the camera; standing 0.9
LEVEL = 0.62  # of the torso: such a thigh goes down by no more than this
HANGING = 0.35  # of the torso: the shin that goes down below it
STRETCHED = 0.45  # of the torso: legs of which the ankles are less below the hips lie along the ground

WORDS = {
    "side": "The character is seen from the side, so it keeps the dancer's proportions. "
    "A picture from the front dances better.",
    "seated": "The character sits in its picture: its legs stay as they are and only the rest dances. "
    "A picture of somebody standing dances better.",
}


def _torso(points: np.ndarray) -> float | None:
    hips, seen = middle(points, RIGHT_HIP, LEFT_HIP)
    if not seen or points[NECK, 2] <= VISIBLE:
        return None
    return float(np.linalg.norm(points[NECK, :2] - hips)) or None


def is_sideways(points: np.ndarray) -> bool:
    """Whether a body, 134 3, shows its side: shoulders and hips one behind the other."""
    torso = _torso(points)
    if torso is None or (points[[RIGHT_SHOULDER, LEFT_SHOULDER], 2] <= VISIBLE).any():
        return False
    shoulders = np.linalg.norm(points[RIGHT_SHOULDER, :2] - points[LEFT_SHOULDER, :2])
    hips = np.linalg.norm(points[RIGHT_HIP, :2] - points[LEFT_HIP, :2])
    return bool(shoulders < SIDEWAYS * torso and hips < NARROW * torso)


def sits(points: np.ndarray) -> bool:
    """Whether a body, 134 3, sits upright: both thighs lie level or point at the camera, above a shin that hangs, be it
    out of the picture; or both legs are stretched out along the ground, as a doll's.

    Short legs that stand are no seat: thigh and shin go down alike.
    """
    torso = _torso(points)
    joints = np.array(LEGS)
    hips_and_knees, ankles = joints[:, :2], joints[:, 2]
    if torso is None or (points[hips_and_knees, 2] <= VISIBLE).any():
        return False
    heights = points[joints, 1] / torso
    thighs, shins = np.diff(heights, axis=1).T
    if (points[ankles, 2] > VISIBLE).all() and (thighs + shins < STRETCHED).all():
        return True
    return bool((thighs < np.minimum(LEVEL, LIFTED * shins.max())).all() and shins.max() > HANGING)


def shows_face_alone(points: np.ndarray, *, size: tuple[int, int]) -> bool:
    """Whether of a body, 134 3, a picture of that width and height shows the face, surely, and no joint of arms or
    legs, nor a shoulder."""
    face = min(points[[NOSE, RIGHT_EYE, LEFT_EYE], 2].min(), points[FACE, 2].mean())
    below = points[NECK + 1 : RIGHT_EYE]
    inside = ((below[:, :2] >= 0) & (below[:, :2] < size)).all(1) & (below[:, 2] > VISIBLE)
    return bool(face > SURELY and not inside.any())


def without_legs(points: np.ndarray) -> np.ndarray:
    """A dance, f 134 3, that shows no legs: the character's then stay as they are in its picture."""
    points = points.copy()
    hidden = [joint for _, knee, ankle in LEGS for joint in (knee, ankle, *FOOT_OF[ankle])]
    points[:, hidden, 2] = 0
    return points


def with_legs(points: np.ndarray, character: np.ndarray, *, scale: float = 1.0) -> np.ndarray:
    """A dance, f 134 3, with the legs of a character, 134 3, where it shows none: as they are in its picture, hung on
    the hips, and below a knee that is seen along its thigh. scale: of the danced body to the picture's."""
    points = points.copy()
    for hip, knee, ankle in LEGS:
        hangs = [(hip, NECK, None), (knee, hip, None), (ankle, knee, hip)]
        points[:, list(FOOT_OF[ankle]), 2] *= points[:, [ankle], 2] > VISIBLE
        for joint, parent, above in [*hangs, *((foot, ankle, knee) for foot in FOOT_OF[ankle])]:
            gone = (points[:, joint, 2] <= VISIBLE) & (points[:, parent, 2] > VISIBLE)
            if character[joint, 2] > VISIBLE:
                points[gone, joint] = _hung(points[gone], character, joint, parent, above, scale=scale)
    return points


def _hung(
    points: np.ndarray, character: np.ndarray, joint: int, parent: int, above: int | None, *, scale: float
) -> np.ndarray:
    """Where an unseen joint of points, f 134 3, hangs from its parent as in a character, f 3: turned as the parent's
    own bone, from the joint above, is turned."""
    places, own = points[..., 0] + 1j * points[..., 1], character[:, 0] + 1j * character[:, 1]
    bone = np.full(len(points), own[joint] - own[parent]) * scale
    if above is not None:
        turn = (places[:, parent] - places[:, above]) * np.conj(own[parent] - own[above])
        bone = np.where(points[:, above, 2] > VISIBLE, bone * turn / np.maximum(np.abs(turn), 1e-6), bone)
    place = places[:, parent] + bone
    return np.stack([place.real, place.imag, np.full(len(points), character[joint, 2])], -1)
