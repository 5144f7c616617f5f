"""Portraits: of somebody a picture shows little more than the face, or of something little more than a head. Joints of
head and shoulders, told by the face that is seen, or by an outline that has no limbs."""

import cv2
import numpy as np

from pose.skeleton import (
    ARMS,
    FACE,
    HEAD,
    LEFT_EAR,
    LEFT_EYE,
    LEFT_SHOULDER,
    LEGS,
    NECK,
    NOSE,
    POINTS,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_SHOULDER,
    VISIBLE,
)

ABOVE, BELOW, BESIDE = 0.25, 1.0, 0.8  # of a picture's height and width: the room that it is given
FACE_POINTS = range(FACE.start, FACE.stop)
LARGE = 0.25  # of the picture's width: a face that there is no body to is as broad at least, from ear to ear
LANDMARKS = 0.5  # the mean certainty of those of a face at least
NECK_DOWN = 1.3  # of a face's breadth: the neck below the nose
NEAR, FAR = 0.6, 2.2  # the same, beside the neck: where a shoulder that is seen can be
MADE = 0.5  # the score of a joint that the face tells
# Of a face's breadth, beside the neck and below it: where a shoulder is, and the joints that nobody sees.
BELOW_NECK = ((1.2, 0.0), (1.4, 1.7), (1.5, 3.2)), ((0.7, 3.2), (0.7, 5.8), (0.7, 8.2))
# Of a head's radius, beside its middle and below it: nose, neck, eyes and ears; and the breadth of a face.
ROUND = {NOSE: (0, 0.25), NECK: (0, 1.15), RIGHT_EYE: (-0.35, -0.1), LEFT_EYE: (0.35, -0.1)}
ROUND |= {RIGHT_EAR: (-0.8, 0), LEFT_EAR: (0.8, 0)}
BROAD = 0.9
HIGH = 0.8  # a head at the top of an outline is preferred to a body at its bottom that is so much broader


def with_room(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A picture h w 3 that goes on as its edge does, and where it begins there, x y."""
    height, width = picture.shape[:2]
    above, below, beside = round(ABOVE * height), round(BELOW * height), round(BESIDE * width)
    wide = cv2.copyMakeBorder(picture, above, below, beside, beside, cv2.BORDER_REPLICATE)
    return np.asarray(wide), np.array([beside, above])


def as_portrait(points: np.ndarray, *, least: float = 0.0) -> np.ndarray | None:
    """Head and shoulders of a body, 134 3, shoulders perhaps beyond the picture's edge; None where its face is not seen
    whole, and broader than so many pixels. The joints below them lie where they may be, unseen."""
    across = points[LEFT_EAR, :2] - points[RIGHT_EAR, :2]
    broad = float(np.hypot(*across))
    seen = min(points[list(HEAD), 2]) > VISIBLE and points[FACE, 2].mean() > LANDMARKS
    if not seen or broad <= least:
        return None
    across = across / broad
    down = np.array([-across[1], across[0]])
    neck = points[NECK, :2] if points[NECK, 2] > VISIBLE else points[NOSE, :2] + NECK_DOWN * broad * down
    portrait = _below(neck, broad * across, broad * down)
    portrait[[*HEAD, *FACE_POINTS]] = points[[*HEAD, *FACE_POINTS]]
    portrait[NECK, 2] = max(MADE, points[NECK, 2])
    for joint, side in ((RIGHT_SHOULDER, -1), (LEFT_SHOULDER, 1)):
        aside = float((points[joint, :2] - neck) @ across) * side / broad
        if points[joint, 2] > VISIBLE and NEAR < aside < FAR:
            portrait[joint] = points[joint]
    return portrait


def bust_in(outline: np.ndarray) -> np.ndarray:
    """outline h w bool, of what has no limbs -> its head and shoulders, 134 3, in pixels of the outline: the head is
    the largest disc that fits in it, rather one near its top."""
    room = cv2.distanceTransform(np.pad(outline.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    rows = np.flatnonzero(outline.any(1))
    low = (np.arange(len(outline)) - rows[0]) / (np.ptp(rows) + 1)
    y, x = np.unravel_index((room * (1 - HIGH * low)[:, None]).argmax(), room.shape)
    middle, radius = np.array([x, y], float), float(room[y, x])
    places = {joint: middle + radius * np.array(way) for joint, way in ROUND.items()}
    bust = _below(places[NECK], np.array([BROAD * radius, 0]), np.array([0, BROAD * radius]))
    for joint, place in places.items():
        bust[joint] = *place, 1
    return bust


def _below(neck: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """134 3: a neck, shoulders, and unseen what is below them, of a body whose face is as broad as across and down."""
    body = np.zeros((POINTS, 3), np.float32)
    body[NECK] = *neck, MADE
    for side, limbs in ((-1, (ARMS[0], LEGS[0])), (1, (ARMS[1], LEGS[1]))):
        for limb, ways in zip(limbs, BELOW_NECK, strict=True):
            for joint, (beside, below) in zip(limb, ways, strict=True):
                body[joint, :2] = neck + side * beside * across + below * down
    body[[RIGHT_SHOULDER, LEFT_SHOULDER], 2] = MADE
    return body
