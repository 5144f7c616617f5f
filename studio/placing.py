"""Who of a picture may dance; and where joints may be of a body that is not recognised, to begin with by hand."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from animate import examples, pictures

if TYPE_CHECKING:
    from animate.watching import Watcher

Boxes = dict[int, tuple[float, float, float, float]]  # people by number: x0 y0 x1 y1 as shares of a picture


def is_strange(watcher: "Watcher", picture: Path) -> bool:
    """Whether no person is seen in the picture, or one of whom the models are not sure."""
    if examples.known_pose(picture) is not None:
        return False
    seen = watcher.see(picture)
    return seen.character is None or seen.unsure


def to_choose_from(watcher: "Watcher", picture: Path) -> Boxes:
    """Those in a picture who may dance; empty where there is no choice."""
    boxes = {} if examples.known_pose(picture) else watcher.see(picture).still.boxes
    return boxes if len(boxes) > 1 else {}


def first_body(watcher: "Watcher | None", picture: Path, *, character: int = 0) -> list[list[float]]:
    """What is recognised of who is chosen; else the likeliest."""
    pixels = pictures.read(picture)
    known = examples.known_pose(picture)
    bodies = known.points[:1] if known is not None else watcher.see(picture).characters if watcher else ()
    return _shares(bodies[min(character, len(bodies) - 1)], pixels) if len(bodies) else _guessed(watcher, pixels)


def _guessed(watcher: "Watcher | None", pixels: np.ndarray) -> list[list[float]]:
    from animate.motion import likely_body  # here, since it brings the pose models' library

    return _shares(watcher.guess(pixels) if watcher else likely_body(pixels, None), pixels)


def _shares(points: np.ndarray, pixels: np.ndarray) -> list[list[float]]:
    shares = points[:18] / (pixels.shape[1], pixels.shape[0], 1)
    return [[*shares[joint, :2].clip(0, 1).round(4).tolist(), float(shares[joint, 2] > 0.3)] for joint in range(18)]
