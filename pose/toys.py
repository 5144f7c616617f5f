"""Toys and drawings that are half recognised: what a model says of them, put right by their outline."""

import cv2
import numpy as np

from pose.outline import find_outline, salient_figure
from pose.segmenter import person_segmenter
from pose.silhouette import has_limbs, joints_in, shows_hands
from pose.skeleton import (
    ARMS,
    BODY,
    FACE,
    FEET,
    HANDS,
    HEAD,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEGS,
    MIRROR,
    NECK,
    NOSE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    VISIBLE,
    torso_length,
)

SAME = 0.35  # of the trunk: a model and an outline whose heads and necks lie so near mean the same figure
PART = 0.6  # of a figure's height, from head to feet: a smaller body is not the figure's
LONG = 1.4  # of the trunk: longer arms are no arms
EDGE = 0.02  # of the picture's height: a figure that comes so near its lower edge goes on below


def put_right(picture: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """A body that a model is not sure of in a picture h w 3, 134 3, with the joints of its outline, or head and arms
    alone where colours tell that or it is cut off below; as it is where the outline is another figure's, or does not
    show both hands. A body found in a part alone of a figure that has limbs is none: the outline tells all.

    Models take the muzzle of a toy for its face, look for thin arms inside its thick ones, and see some from behind.
    """
    figure, trunk = _figure(picture, seen), torso_length(seen[None])
    outline = find_outline(picture) if figure is None else figure
    if outline is None or trunk is None:
        return seen
    hands, joints, ends = shows_hands(outline), joints_in(outline) * picture.shape[1::-1], [NOSE, NECK]
    small = np.ptp(seen[BODY, 1][seen[BODY, 2] > VISIBLE]) < PART * np.ptp(joints[:, 1])
    if small and (hands or has_limbs(outline)):
        points = np.zeros_like(seen)
        points[BODY] = np.concatenate([joints, np.ones((len(joints), 1))], 1)
        return points
    if not hands:
        return seen
    lengths = np.linalg.norm(np.diff(joints[np.array(ARMS)], axis=1), axis=2).sum(1)
    if (np.linalg.norm(seen[ends, :2] - joints[ends], axis=1) > SAME * trunk).any() or (lengths > LONG * trunk).any():
        return seen
    mirrored = seen[RIGHT_HIP, 0] > seen[LEFT_HIP, 0]
    points, taken = seen[MIRROR] if mirrored else seen.copy(), [*HEAD, *np.ravel(ARMS)]
    if figure is not None and not figure[-max(1, round(EDGE * len(figure))) :].any():
        taken += np.ravel(LEGS).tolist()
        points[FEET, 2] = 0
    points[taken, :2], points[taken, 2] = joints[taken], 1
    points[NECK, :2] = joints[[RIGHT_SHOULDER, LEFT_SHOULDER]].mean(0)
    points[np.r_[(FACE, *HANDS)], 2] = 0
    return points


def _figure(picture: np.ndarray, seen: np.ndarray) -> np.ndarray | None:
    """h w bool, of any size: the figure that stands out, or the one that the segmenter sees about the neck of a body,
    134 3; None where neither sees one."""
    if (found := salient_figure(picture)) is not None:
        return found
    if (segmenter := person_segmenter()) is None:
        return None
    _, labels = cv2.connectedComponents((segmenter.see(picture, seen) > 0.5).astype(np.uint8))
    x, y = np.clip(seen[NECK, :2].round().astype(int), 0, np.array(picture.shape[1::-1]) - 1)
    return labels == labels[y, x] if labels[y, x] else None
