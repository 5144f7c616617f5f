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
    """A frame as it stands now: h w 3 uint8."""

    frame: np.ndarray


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
