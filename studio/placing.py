"""Where the joints of a character may be whose body is not recognised: something to begin with by hand."""

from pathlib import Path
from typing import Any

import numpy as np

from animate import examples, video

# A standing figure, arms a little away, as shares of its box: OpenPose's 18 joints.
_FIGURE = [
    *[(0.5, 0.12), (0.5, 0.22)],
    *[(0.36, 0.24), (0.27, 0.36), (0.2, 0.47)],
    *[(0.64, 0.24), (0.73, 0.36), (0.8, 0.47)],
    *[(0.43, 0.52), (0.42, 0.73), (0.41, 0.93)],
    *[(0.57, 0.52), (0.58, 0.73), (0.59, 0.93)],
    *[(0.46, 0.09), (0.54, 0.09), (0.41, 0.11), (0.59, 0.11)],
]
_BELIEVED = 0.4  # the score of a guessed joint that is better than nothing
_ENOUGH = 12  # such joints


def first_guess(watcher: Any, picture: Path) -> list[list[float]] | None:
    """None where a person is seen in the picture."""
    if examples.known_pose(picture) is not None:
        return None
    pixels = video.read_picture(picture)
    return None if watcher.look_at(pixels) is not None else _guessed(watcher, pixels)


def first_body(watcher: Any, picture: Path) -> list[list[float]]:
    """What is recognised; else the likeliest; else a figure that stands where the picture is not like its rim."""
    pixels = video.read_picture(picture)
    known = examples.known_pose(picture)
    points = known.points[0] if known is not None else watcher.look_at(pixels) if watcher else None
    return _guessed(watcher, pixels) if points is None else _shares(points, pixels)


def _guessed(watcher: Any, pixels: np.ndarray) -> list[list[float]]:
    box = figure_box(pixels)
    points = watcher.guess(pixels)[:18] if watcher else np.zeros((18, 3))
    inside = (points[:, :2] >= box[:2]).all(1) & (points[:, :2] <= box[2:]).all(1)
    if ((points[:, 2] > _BELIEVED) & inside).sum() >= _ENOUGH and _upright(points):
        return _shares(np.concatenate([points[:, :2], np.ones((18, 1))], 1), pixels)
    places = np.array(_FIGURE) * (box[2:] - box[:2]) + box[:2]
    return _shares(np.concatenate([places, np.ones((18, 1))], 1), pixels)


def _upright(points: np.ndarray) -> bool:
    """Head above hips above ankles."""
    return bool(points[0, 1] < points[[8, 11], 1].min() and points[[8, 11], 1].max() < points[[10, 13], 1].min())


def figure_box(pixels: np.ndarray) -> np.ndarray:
    """x0 y0 x1 y1 of what differs from the picture's rim, but for specks."""
    height, width = pixels.shape[:2]
    small = pixels[:: max(1, height // 200), :: max(1, width // 200)].astype(np.float32)
    rim = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    differs = np.abs(small - np.median(rim, axis=0)).max(-1) > max(40.0, 2 * float(np.abs(rim - rim.mean(0)).mean()))
    box = []
    for axis in (0, 1):
        share = differs.mean(axis)
        there = np.flatnonzero(share > 0.02)
        length = len(share)
        box.append((there[0] / length, (there[-1] + 1) / length) if len(there) else (0.1, 0.9))
    (x0, x1), (y0, y1) = box
    if x1 - x0 < 0.15 or y1 - y0 < 0.15:
        x0, x1, y0, y1 = 0.2, 0.8, 0.05, 0.95
    return np.array([x0 * width, y0 * height, x1 * width, y1 * height])


def _shares(points: np.ndarray, pixels: np.ndarray) -> list[list[float]]:
    shares = points[:18] / (pixels.shape[1], pixels.shape[0], 1)
    return [[*shares[joint, :2].clip(0, 1).round(4).tolist(), float(shares[joint, 2] > 0.3)] for joint in range(18)]
