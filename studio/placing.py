"""Where the joints of a character may be whose body is not recognised: something to begin with by hand."""

from pathlib import Path
from typing import Any

import numpy as np

from animate import examples, pictures


def is_strange(watcher: Any, picture: Path) -> bool:
    """Whether no person is seen in the picture."""
    return examples.known_pose(picture) is None and watcher.see(picture).character is None


def first_body(watcher: Any, picture: Path) -> list[list[float]]:
    """What is recognised; else the likeliest."""
    pixels = pictures.read(picture)
    known = examples.known_pose(picture)
    points = known.points[0] if known is not None else watcher.see(picture).character if watcher else None
    return _guessed(watcher, pixels) if points is None else _shares(points, pixels)


def _guessed(watcher: Any, pixels: np.ndarray) -> list[list[float]]:
    from animate.motion import likely_body  # here, since it brings the pose models' library

    return _shares(watcher.guess(pixels) if watcher else likely_body(pixels, None), pixels)


def _shares(points: np.ndarray, pixels: np.ndarray) -> list[list[float]]:
    shares = points[:18] / (pixels.shape[1], pixels.shape[0], 1)
    return [[*shares[joint, :2].clip(0, 1).round(4).tolist(), float(shares[joint, 2] > 0.3)] for joint in range(18)]
