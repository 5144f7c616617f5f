"""Where the joints of a character may be whose body is not recognised: something to begin with by hand."""

from pathlib import Path
from typing import Any

import numpy as np

from animate import examples, video


def first_guess(watcher: Any, picture: Path) -> list[list[float]] | None:
    """None where a person is seen in the picture."""
    if examples.known_pose(picture) is not None:
        return None
    pixels = video.read_picture(picture)
    return None if watcher.look_at(pixels) is not None else _guessed(watcher, pixels)


def first_body(watcher: Any, picture: Path) -> list[list[float]]:
    """What is recognised; else the likeliest."""
    pixels = video.read_picture(picture)
    known = examples.known_pose(picture)
    points = known.points[0] if known is not None else watcher.look_at(pixels) if watcher else None
    return _guessed(watcher, pixels) if points is None else _shares(points, pixels)


def _guessed(watcher: Any, pixels: np.ndarray) -> list[list[float]]:
    from animate.motion import likely_body  # here, since it brings the pose models' library

    return _shares(watcher.guess(pixels) if watcher else likely_body(pixels, None), pixels)


def _shares(points: np.ndarray, pixels: np.ndarray) -> list[list[float]]:
    shares = points[:18] / (pixels.shape[1], pixels.shape[0], 1)
    return [[*shares[joint, :2].clip(0, 1).round(4).tolist(), float(shares[joint, 2] > 0.3)] for joint in range(18)]
