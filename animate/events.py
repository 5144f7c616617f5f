"""What happens while a clip is rendered, told one event at a time."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Progress:
    """`done` of `total` pieces of `stage` are finished. stage: one of STAGES."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Posed:
    """The dance is laid on the character's body. points: f 134 3 (x, y, score), pixels of the clip; size: its width and
    height; style: in which the model's skeletons are drawn."""

    points: np.ndarray
    size: tuple[int, int]
    style: str


@dataclass(frozen=True)
class Preview:
    """The clip as it stands now. frame: one of it, h w 3 uint8; at: where in the clip it stands, from 0 to 1.

    clip: some frames of all of it, in order, perhaps smaller than the clip's will be, f h w 3 uint8; None where only
    the one can be seen yet.
    """

    frame: np.ndarray
    at: float = 0.0
    clip: np.ndarray | None = None


@dataclass(frozen=True)
class Note:
    """Something the person should know about this clip, in plain words."""

    words: str


@dataclass(frozen=True)
class Finished:
    """The clip is written. video: the file; seconds: how long it plays."""

    video: Path
    seconds: float


Event = Progress | Posed | Preview | Note | Finished

STAGES = ("watch", "cut", "denoise", "write")  # the dancer is watched, the character cut out, frames denoised, written
