"""Clips in the making: a queue with one worker that owns the device. A run goes on when its visitor closes the page."""

import logging
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from animate import AnimateError, Job
from animate.errors import DeviceLost
from studio.animators import Animators
from studio.failures import Refused, apology, told
from studio.footprint import give_back
from studio.limits import Limits
from studio.pace import Pace, work_of
from studio.queueing import Quota, fair_place, require_room
from studio.runs import Order, Run
from studio.taking import render
from studio.words import Line
from studio.yielding import give_way

if TYPE_CHECKING:
    from animate.animator import Animator

log = logging.getLogger(__name__)

ATTEMPTS = 3  # before a clip that brings the program or its worker down is given up


class Workshop:
    """Takes orders, renders them one after the other, and keeps what became of them.

    load_animator: a model's name, "" for the program's own, to what renders; called in the worker's thread.
    folder: the studio's own; clips are written into folders of it, called by their run.
    trial: a small job that measures a machine on which nothing was made yet.
    advanced: told of each run that begins or comes to another stage, in the worker's thread.
    ended: told of each run that is over, in the worker's thread, but for those that the end of the program cuts off.
    """

    def __init__(
        self,
        load_animator: Callable[[str], "Animator"],
        *,
        folder: Path,
        limits: Limits,
        ended: Callable[[Run], None] = lambda run: None,
        advanced: Callable[[Run], None] = lambda run: None,
        trial: Callable[["Animator"], Job | None] = lambda animator: None,
    ):
        self._folder, self._clips, self._limits = folder, folder / "clips", limits
        self._ended, self._advanced = ended, advanced
        self._runs: dict[str, Run] = {}
        self._waiting: deque[Run] = deque()
        self._quota = Quota(limits.clips_an_hour)
        self._changed = threading.Condition()
        self.pace, self._trial = Pace(folder / "pace.json"), trial
        self.animators = Animators(load_animator)
        self.trouble: str | Line | None = None  # why the model could not be loaded
        self.device_lost = False  # until the program is started again
        self._thread: threading.Thread | None = None
        self._current: Run | None = None
        self._closing = False
        self.ended_by_phase, self.took = Counter[str](), 0.0  # since the program began; took: seconds of the done

    @property
    def model_words(self) -> str | None:
        """Which model works on which device in which precision; None until it is loaded."""
        return self.animators.words.get("")

    @property
    def alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def has(self, model: str) -> bool:
        return bool(self.animators.get(model))

    def wait_for_animator(self, *, seconds: float) -> "Animator | None":
        """What renders, as soon as it is loaded; None where that takes too long or fails."""
        with self._changed:
            self._changed.wait_for(lambda: self.animators.any() or self.trouble or self._closing, timeout=seconds)
        return self.animators.any()

    def open(self) -> None:
        """Start the worker, which first loads the model."""
        self._thread = threading.Thread(target=self._stay, name="workshop", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the run in progress, drop the others, and wait for the worker."""
        with self._changed:
            self._closing = True
            for run in self._runs.values():
                run.interrupt()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def order(
        self,
        order: Order,
        *,
        visitor: str | None = None,
        run_id: str | None = None,
        model: str = "",
        owner: str = "",
        resumed: bool = False,
    ) -> Run:
        """Put a clip in the queue. visitor: whose orders are counted together; None is not counted; owner: whose take
        turns with the others'; resumed: it was taken before, and is not refused again. Raises Refused."""
        if not resumed:
            self._folder.mkdir(parents=True, exist_ok=True)
            require_room(self._folder, self._limits)
        expected = None
        with suppress(Exception):  # of which the run itself will tell
            expected = self.expect(self.animators.job(order, model=model), model=model)
        with self._changed:
            if not resumed and len(self._waiting) >= self._limits.queue:
                raise Refused("queue_full")
            if visitor is not None:
                self._quota.count(visitor)
            run = Run(order, run_id or secrets.token_urlsafe(12), model=model, owner=owner)
            run.expected = expected
            self._runs[run.id] = run
            going = [each.owner for each in self._runs.values() if each.state.phase == "running"]
            self._waiting.insert(fair_place([each.owner for each in self._waiting], going, owner), run)
            self._changed.notify_all()
        return run

    def find(self, run_id: str | None) -> Run | None:
        return self._runs.get(str(run_id))  # whatever a browser sends

    def stop(self, run_id: str | None) -> None:
        """End a run: at once when it waits, at its next event when it is being rendered."""
        if (run := self.find(run_id)) is None:
            return
        run.stopping.set()
        with self._changed:
            if run in self._waiting:
                self._waiting.remove(run)
                run.change(phase="stopped")
                run.settle()
                self._ended(run)

    def wait_of(self, run: Run) -> float | None:
        """Seconds until a waiting run is done; None where nobody knows."""
        with self._changed:
            before = [*self._waiting][: self._waiting.index(run) + 1] if run in self._waiting else []
            waits = [each.state.left_now for each in self._runs.values() if each.state.phase == "running"]
            waits += [each.expected for each in before]
            return None if None in waits else sum(filter(None, waits))

    def ahead_of(self, run: Run) -> int:
        """How many clips come before this one, the one being rendered included."""
        with self._changed:
            waiting = self._waiting.index(run) if run in self._waiting else 0
            return waiting + any(each.state.phase == "running" for each in self._runs.values())

    def _stay(self) -> None:
        """Work; a worker that dies is followed by another, which goes on with the clip of the first."""
        try:
            give_way()
            self._work()
        except BaseException:
            log.exception("The worker died; another takes over")
            time.sleep(0.5)  # so that one which cannot work does not fill the log
            self._put_back(self._current)
            if not self._closing:
                self.open()

    def _put_back(self, run: Run | None) -> None:
        """To the front of the queue, unless it is over, or has brought down too many workers."""
        if run is None or run.kept:
            return
        run.deaths += 1
        if not run.state.over and run.deaths < ATTEMPTS:
            run.change(phase="waiting", stage="", preview="")
            with self._changed:
                self._waiting.appendleft(run)
            return
        if not run.state.over:
            run.change(phase="failed", failure=Line("given_up"), preview="")
        with suppress(Exception):
            self._ended(run)

    def _work(self) -> None:
        try:
            self.animators.ready()
            if not self.pace.knows() and (job := self._trial(self.animators.ready())) is not None:
                self.pace.measure(self.animators.ready(), job, given_up=lambda: bool(self._waiting or self._closing))
        except AnimateError as error:  # tried again, and said again, with the first order
            self.trouble = told(error)
        except Exception:
            self.trouble = apology()
        while True:
            with self._changed:
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                run = self._current = self._waiting.popleft()
                run.change(phase="running")
            try:
                self._advanced(run)
                self._perform(run)
                if not (self._closing or run.kept):
                    self._ended(run)
            except Exception:  # such as a disk too full to note what became of it: the queue goes on
                run.change(phase="failed", video=None, failure=run.state.failure or apology(), preview="")
            self._current = None
            run.settle()
            if not self._waiting:  # or the next clip would ask for it again
                give_back()
            self.ended_by_phase[run.state.phase] += 1
            self.took += run.state.took

    def expect(self, job: Job | None, *, model: str = "") -> float | None:
        """The seconds a job takes on this machine; None while nobody knows."""
        animator = self.animators.get(model)
        return None if job is None or animator is None else self.pace.expect(work_of(job, animator), model=model)

    def _perform(self, run: Run) -> None:
        """Render one clip; whatever happens becomes its state."""
        run.begun = time.monotonic()
        try:
            animator = self.animators.ready(run.model)
            render(run, animator, self._clips / run.id / "clip.mp4", pace=self.pace, advanced=self._advanced)
            self.device_lost = False
        except DeviceLost:  # for good, as far as this program goes; at its next start the clip goes on
            self.animators.drop()
            self.device_lost = run.kept = True
            run.change(phase="failed", failure=Line("device_lost"), preview="")
        except AnimateError as error:
            run.change(phase="failed", failure=told(error), preview="")
        except Exception:
            run.change(phase="failed", failure=apology(), preview="")

    def forget(self) -> None:
        """Runs that nobody will ask for any more."""
        forgotten = time.monotonic() - self._limits.keep_hours * 3600
        with self._changed:
            kept = [run for run in self._runs.values() if not run.state.over or run.begun >= forgotten]
            self._runs = {run.id: run for run in kept}
