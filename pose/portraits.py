"""Portraits: somebody of whom a picture shows little more than the face. A detector of bodies misses them unless there
is room about it, and where their shoulders are the face has to tell."""

import cv2
import numpy as np

from pose.skeleton import (
    FACE,
    LEFT_EAR,
    LEFT_EYE,
    LEFT_SHOULDER,
    NECK,
    NOSE,
    POINTS,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_SHOULDER,
    VISIBLE,
)

ABOVE, BELOW, BESIDE = 0.25, 1.0, 0.8  # of a picture's height and width: the room that it is given
HEAD = (NOSE, RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR)
LARGE = 0.25  # of the picture's width: a face is as broad at least, from ear to ear
LANDMARKS = 0.5  # the mean certainty of those of a face at least
NECK_DOWN, SHOULDER_ASIDE = 1.3, 1.2  # of the face's breadth: the neck below the nose, each shoulder beside the neck
NEAR, FAR = 0.6, 2.2  # the same, where a shoulder that is seen can be
MADE = 0.5  # the score of a joint that the face tells


def with_room(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A picture h w 3 that goes on as its edge does, and where it begins there, x y."""
    height, width = picture.shape[:2]
    above, below, beside = round(ABOVE * height), round(BELOW * height), round(BESIDE * width)
    wide = cv2.copyMakeBorder(picture, above, below, beside, beside, cv2.BORDER_REPLICATE)
    return np.asarray(wide), np.array([beside, above])


def as_portrait(points: np.ndarray, *, width: int) -> np.ndarray | None:
    """Head and shoulders of a body, 134 3, of a picture of that width, shoulders perhaps beyond its edge; None where
    its face is not seen whole and large."""
    across = points[LEFT_EAR, :2] - points[RIGHT_EAR, :2]
    broad = float(np.hypot(*across))
    seen = min(points[list(HEAD), 2]) > VISIBLE and points[FACE, 2].mean() > LANDMARKS
    if not seen or broad <= LARGE * width:
        return None
    across = across / broad
    down = np.array([-across[1], across[0]])
    portrait = np.zeros((POINTS, 3), np.float32)
    kept = [*HEAD, NECK, *range(FACE.start, FACE.stop)]
    portrait[kept] = points[kept]
    if points[NECK, 2] <= VISIBLE:
        portrait[NECK] = *(points[NOSE, :2] + NECK_DOWN * broad * down), MADE
    for joint, side in ((RIGHT_SHOULDER, -1), (LEFT_SHOULDER, 1)):
        aside = float((points[joint, :2] - portrait[NECK, :2]) @ across) * side / broad
        told = points[joint, 2] > VISIBLE and NEAR < aside < FAR
        made = portrait[NECK, :2] + side * SHOULDER_ASIDE * broad * across
        portrait[joint] = points[joint] if told else (*made, MADE)
    return portrait
