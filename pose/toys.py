"""Toys and drawings that are half recognised: what a model says of them, put right by their outline."""

import numpy as np

from pose.outline import find_outline
from pose.silhouette import joints_in, shows_hands
from pose.skeleton import (
    ARMS,
    FACE,
    HANDS,
    LEFT_EAR,
    LEFT_EYE,
    LEFT_HIP,
    LEFT_SHOULDER,
    MIRROR,
    NECK,
    NOSE,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    torso_length,
)

HEAD = (NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR)
SAME = 0.35  # of the trunk: a model and an outline whose heads and necks lie so near mean the same figure
LONG = 1.4  # of the trunk: longer arms are no arms


def put_right(picture: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """A body that a model is not sure of in a picture h w 3, 134 3, with head and arms of its outline; as it is where
    that is another figure's, or does not show both hands.

    Models take the muzzle of a toy for its face, look for thin arms inside its thick ones, and see some from behind.
    """
    outline, trunk = find_outline(picture), torso_length(seen[None])
    if outline is None or trunk is None or not shows_hands(outline):
        return seen
    joints, ends = joints_in(outline) * picture.shape[1::-1], [NOSE, NECK]
    lengths = np.linalg.norm(np.diff(joints[np.array(ARMS)], axis=1), axis=2).sum(1)
    if (np.linalg.norm(seen[ends, :2] - joints[ends], axis=1) > SAME * trunk).any() or (lengths > LONG * trunk).any():
        return seen
    mirrored = seen[RIGHT_HIP, 0] > seen[LEFT_HIP, 0]
    points, upper = seen[MIRROR] if mirrored else seen.copy(), [*HEAD, *np.ravel(ARMS)]
    points[upper, :2], points[upper, 2] = joints[upper], 1
    points[NECK, :2] = joints[[RIGHT_SHOULDER, LEFT_SHOULDER]].mean(0)
    points[np.r_[(FACE, *HANDS)], 2] = 0
    return points
