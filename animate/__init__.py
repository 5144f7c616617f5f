"""A picture of a character and a dance video in, the dancing character out.

Importing this loads no torch; that happens when `Animator` is first asked for.
"""

import os
from typing import TYPE_CHECKING

from animate.errors import (
    AnimateError,
    BadSettings,
    InputError,
    NoPersonFound,
    OutOfMemory,
    UnreadableImage,
    UnreadablePose,
    UnreadableVideo,
    WeightsDamaged,
    WeightsError,
    WeightsMismatch,
    WeightsMissing,
)
from animate.events import Event, Finished, Note, Posed, Preview, Progress
from animate.settings import Job, RenderSettings

if TYPE_CHECKING:
    from animate.animator import Animator

__all__ = [
    "AnimateError",
    "Animator",
    "BadSettings",
    "Event",
    "Finished",
    "InputError",
    "Job",
    "NoPersonFound",
    "Note",
    "OutOfMemory",
    "Posed",
    "Preview",
    "Progress",
    "RenderSettings",
    "UnreadableImage",
    "UnreadablePose",
    "UnreadableVideo",
    "WeightsDamaged",
    "WeightsError",
    "WeightsMismatch",
    "WeightsMissing",
]


def __getattr__(name: str) -> object:
    if name == "Animator":
        # Torch's threads wait asleep, unless somebody decided otherwise: awake they keep the cores, on shared machines
        # often two, from each other and from all else. Torch reads it when it is imported.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        from animate.animator import Animator

        return Animator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
