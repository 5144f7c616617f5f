"""Tells which pixels of a picture are a person's whose joints are known."""

from contextlib import suppress
from itertools import product
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from pose.detector import open_session
from pose.skeleton import (
    BODY,
    HEAD,
    LEFT_HIP,
    LEFT_SHOULDER,
    NECK,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    VISIBLE,
)
from pose.weights import PoseModelError, find_segmenter

SIDE = 256  # pixels of what the network looks at
SQUARES = (2.2, 2.75)  # sides of what is looked at, in ways from the middle of the hips to the farthest joint
OVER_THE_FACE = 1.25  # of the way from the hips to the face: the top of a head
BELOW_THE_NECK = 1.3  # breadths of the shoulders: hips that are not seen

_loading, _loaded = Lock(), list["PersonSegmenter"]()


def person_segmenter() -> "PersonSegmenter | None":
    """That of the embedded models, loaded once; None while they are not here, or where it cannot be loaded."""
    with _loading:
        if not _loaded and (found := find_segmenter()):
            with suppress(PoseModelError, MemoryError):
                _loaded.append(PersonSegmenter(found))
    return _loaded[0] if _loaded else None


class PersonSegmenter:
    """The body model of the embedded pair, answering with its mask. Safe to share between threads."""

    def __init__(self, model: Path):
        self.session = open_session(model, device="cpu")

    def see(self, picture: np.ndarray, points: np.ndarray) -> np.ndarray:
        """picture: h w 3 uint8 RGB; points: 134 3, the person's -> h w float32, how likely each pixel is theirs: the
        mean of four looks, nearer and from further away, each also in the mirror, as far as they reach."""
        centre, reach = _surroundings(points)
        looks = np.stack([self._look(picture, centre, reach * side, turn) for side, turn in product(SQUARES, (1, -1))])
        within = looks >= 0
        return (looks * within).sum(0) / np.maximum(within.sum(0, dtype=np.float32), 1)

    def _look(self, picture: np.ndarray, centre: np.ndarray, side: float, turn: int) -> np.ndarray:
        """h w float32, negative where it does not reach. turn: -1 for in the mirror."""
        height, width = picture.shape[:2]
        scale = min(1.0, SIDE / side)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        matrix = np.array([[SIDE / (side * scale), 0, SIDE / 2], [0, SIDE / (side * scale), SIDE / 2]])
        matrix[:, 2] -= matrix[0, 0] * scale * centre
        square = cv2.warpAffine(small, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
        blob = np.ascontiguousarray(square[None, :, ::turn].transpose(0, 3, 1, 2), np.float32) / 255
        seen = np.asarray(self.session.run(["mask"], {"images": blob})[0])[0, 0, :, ::turn]
        seen, way_back = np.ascontiguousarray(seen), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.resize(cv2.warpAffine(seen, matrix, size, flags=way_back, borderValue=-1), (width, height))


def _surroundings(points: np.ndarray) -> tuple[np.ndarray, float]:
    """The middle of a body's hips, 2, and how far from it the body reaches; points: 134 3."""
    seen, places = points[BODY, 2] > VISIBLE, points[BODY, :2]
    hips = [hip for hip in (RIGHT_HIP, LEFT_HIP) if seen[hip]]
    breadth = float(np.hypot(*(places[RIGHT_SHOULDER] - places[LEFT_SHOULDER])))
    centre = places[hips].mean(0) if hips else places[NECK] + (0, BELOW_THE_NECK * breadth)
    away = np.hypot(*(places - centre).T)
    face = [joint for joint in HEAD if seen[joint]]
    top = OVER_THE_FACE * float(np.hypot(*(places[face].mean(0) - centre))) if face else 0.0
    return centre, max(float(away[seen].max(initial=1.0)), top)
