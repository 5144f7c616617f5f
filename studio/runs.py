"""One clip in the making, and how far it is."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PIL import Image

from animate import Job, Posed
from studio.words import Line

if TYPE_CHECKING:
    from animate.animator import Animator

Phase = Literal["waiting", "running", "done", "stopped", "failed"]
Order = Callable[["Animator"], tuple[Job, list[str | Line]]]  # what is to be rendered, and notes


@dataclass(frozen=True)
class State:
    """How far a run is. stage, done, total: as in animate.Progress; left: seconds, None while unknown, as it was at the
    moment `at` of the monotonic clock; fraction: of the whole; preview: a moving picture as a data URI; failure: what
    went wrong; seconds: the clip's length; took: the work's."""

    phase: Phase = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    fraction: float = 0.0
    left: float | None = None
    at: float = field(default_factory=time.monotonic)
    preview: str = ""
    notes: tuple[str | Line, ...] = ()
    failure: str | Line = ""
    video: Path | None = None
    seconds: float = 0.0
    took: float = 0.0

    @property
    def left_now(self) -> float | None:
        """Seconds left, which pass between two events too."""
        return None if self.left is None else max(1.0, self.left - (time.monotonic() - self.at))

    @property
    def over(self) -> bool:
        return self.phase in ("done", "stopped", "failed")


class Run:
    """One clip that was ordered. `state` is replaced, never changed, so any thread may read it at any time."""

    def __init__(self, order: Order, run_id: str, *, model: str = "", owner: str = ""):
        self.id, self.model, self.owner, self.state = run_id, model, owner, State()
        self.order: Order | None = order
        self.expected: float | None = None  # seconds
        self.shown: list[Image.Image] = []  # the previews so far, small
        self.whole = False  # whether they are of all of the clip
        self.posed: Posed | None = None
        self.stopping = threading.Event()
        self.deaths = 0  # of workers that had it
        self.kept = False  # though over here, to be gone on with at the next start
        self.begun = time.monotonic()

    @property
    def goes_on(self) -> bool:
        """Whether it is to become a clip: it is not over, and nobody has stopped it."""
        return not (self.state.over or self.stopping.is_set())

    def change(self, **values: Any) -> None:
        self.state = replace(self.state, **values)

    def interrupt(self) -> None:
        """The program ends; a run that is not over goes on at its next start."""
        self.kept = self.kept or self.goes_on
        self.stopping.set()

    def settle(self) -> None:
        """Of a run that is over only what became of it is kept, for hours."""
        self.order, self.shown, self.whole, self.posed = None, [], False, None
        self.change(preview="")
