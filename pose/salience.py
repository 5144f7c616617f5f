"""Tells which pixels of a picture stand out, whatever it shows: a person, a drawing, a toy."""

from contextlib import suppress
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from pose.detector import open_session
from pose.skeleton import BODY, VISIBLE
from pose.weights import PoseModelError, find_salience

SIDE = 320  # pixels of what the network looks at
AROUND = 0.25  # of a body's longer side: how much of what is about it is looked at from nearer
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)

_loading, _loaded = Lock(), list["Salience"]()


def salience() -> "Salience | None":
    """The model, loaded once; None while it is not here, or where it cannot be loaded."""
    with _loading:
        if not _loaded and (found := find_salience()):
            with suppress(PoseModelError, MemoryError):
                _loaded.append(Salience(found))
    return _loaded[0] if _loaded else None


class Salience:
    """U2-Net's small model. Safe to share between threads."""

    def __init__(self, model: Path):
        self.session = open_session(model, device="cpu")

    def see(self, picture: np.ndarray, points: np.ndarray | None = None) -> np.ndarray:
        """picture: h w 3 uint8 RGB -> h w float32, 0..1, how much each pixel is of what stands out.

        points: 134 3, a body's, about which is looked from nearer.
        """
        seen = self._looks(picture)
        if points is not None and (box := _around(points, picture.shape[:2])):
            seen[box] = self._looks(picture[box])
        return seen

    def _looks(self, picture: np.ndarray) -> np.ndarray:
        """h w float32: the mean of two looks, one in the mirror."""
        small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        scaled = (small / max(float(small.max()), 1.0) - MEAN) / DEVIATION
        looks = [self._look(scaled), self._look(scaled[:, ::-1])[:, ::-1]]
        return cv2.resize(np.mean(looks, 0), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    def _look(self, picture: np.ndarray) -> np.ndarray:
        """320 320 3 -> 320 320, from 0 where least stands out to 1 where most does."""
        (asked,), (answer, *_) = self.session.get_inputs(), self.session.get_outputs()
        blob = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
        seen = np.asarray(self.session.run([answer.name], {asked.name: blob})[0])[0, 0]
        return (seen - seen.min()) / max(float(np.ptp(seen)), 1e-6)


def _around(points: np.ndarray, size: tuple[int, ...]) -> tuple[slice, slice] | None:
    """The rows and columns of a square about a body, 134 3, within a picture of height and width; None where it is as
    large as the picture, or nobody is seen."""
    body = points[BODY][points[BODY, 2] > VISIBLE, :2]
    if not len(body):
        return None
    low, high = body.min(0), body.max(0)
    middle, reach = (low + high) / 2, (0.5 + AROUND) * max(float((high - low).max()), SIDE / 4)
    left, top = np.maximum(np.floor(middle - reach), 0).astype(int)
    right, bottom = np.minimum(np.ceil(middle + reach), size[::-1]).astype(int)
    if right - left < 2 or bottom - top < 2 or (bottom - top, right - left) == tuple(size):
        return None
    return slice(top, bottom), slice(left, right)
