"""One clip in the making, and how far it is."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from animate import Job
from studio.words import Line

Phase = Literal["waiting", "running", "done", "stopped", "failed"]
Order = Callable[[Any], tuple[Job, list[str | Line]]]  # from the animator to what it shall render, and notes about that


@dataclass(frozen=True)
class State:
    """How far a run is. stage, done, total: as in animate.Progress; left: seconds, None while unknown; fraction: of the
    whole; preview: a picture as a data URI; failure: what went wrong; seconds: the clip's length; took: the work's."""

    phase: Phase = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    fraction: float = 0.0
    left: float | None = None
    preview: str = ""
    notes: tuple[str | Line, ...] = ()
    failure: str | Line = ""
    video: Path | None = None
    seconds: float = 0.0
    took: float = 0.0

    @property
    def over(self) -> bool:
        return self.phase in ("done", "stopped", "failed")


class Run:
    """One clip that was ordered. `state` is replaced, never changed, so any thread may read it at any time."""

    def __init__(self, order: Order, run_id: str):
        self.id, self.order, self.state = run_id, order, State()
        self.shown: list[Image.Image] = []  # the previews so far, small
        self.stopping = threading.Event()
        self.begun = time.monotonic()

    def change(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
