"""How much of a run is done, how long it will take, and how long one would take, from how those before went."""

import json
import math
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from animate import AnimateError, Job, Progress, examples, video
from animate.events import STAGES

if TYPE_CHECKING:
    from animate.animator import Animator

# A first guess at the stages' parts of a run, after the embedded model on two processor cores.
_PARTS = {"watch": 0.5, "cut": 0.3, "denoise": 0.1, "write": 0.1}
_ONCE = {"watch": 10, "cut": 0.25, "write": 0.8}  # units that a stage takes beside those that grow with the clip
_WATCHING = 0.022  # of what a unit of cutting takes: what a watched frame does, until a dance was watched
_NEWEST = 0.5  # the weight of the last run among the runs before
_CALM = 3.0  # seconds in which the time left follows what is seen
_SURPRISE = 1.5  # the time left grows only where it was wrong by so much


class Pace:
    """One run after the other: `begin`, `step` at each event, `finish`. A finished run corrects the next estimate.

    path: where the measures of this machine, by model, are kept between programs; None forgets them.

    Until a clip was made with the program's own model, what a rehearsal took says more than the trial, which may have
    been cold: it is of the same picture and dance. How fast a dance is watched the newest rehearsal says best.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path, self._rates = path, dict[str, dict[str, float]]()
        self._rough, self._rehearsed = False, dict[str, float]()  # rough: of the program's own model only a trial
        try:
            kept = json.loads(path.read_text()) if path else {}
            self._rough = kept.get("rough") is True
            for model, rates in kept.get("models", {}).items():
                self._rates[model] = {stage: float(rate) for stage, rate in rates.items() if stage in STAGES}
        except (OSError, ValueError, TypeError, AttributeError):  # none yet, or of another version
            pass
        self.begin()

    def knows(self, model: str = "") -> bool:
        """Whether this machine has been measured with a model."""
        return "write" in self._rates.get(model, {})

    def beside(self) -> "Pace":
        """For what goes on beside the run: another that knows the same of this machine."""
        other = Pace()
        other._rates, other._rough, other._rehearsed = self._rates, self._rough, self._rehearsed
        return other

    def begin(self, work: Mapping[str, float] | None = None, *, model: str = "") -> None:
        """A run begins. work: its units a stage, from `work_of`, where they are known."""
        self._work, self._model = work or {}, model
        rates = self._rates_for(model)
        known = bool(self._work) and all(stage in rates for stage, units in self._work.items() if units > 0)
        planned = {stage: rates.get(stage, 0.0) * units for stage, units in self._work.items()} if known else _PARTS
        whole = sum(planned.values()) or 1.0
        self._plan = {stage: planned.get(stage, 0.0) / whole for stage in STAGES}  # parts of the whole
        self._whole = whole if known else None  # seconds
        self._spent: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self._begun = self._last = time.monotonic()
        self._fraction, self._left = 0.0, None if self._whole is None else self._whole

    def step(self, stage: str, done: int, total: int) -> tuple[float, float | None]:
        """The fraction that is done, which never falls, and the seconds left, None while too little is known."""
        now = time.monotonic()
        passed = now - self._last
        self._spent[stage] += passed
        self._last = now
        inside = done / max(total, 1)
        before = sum(self._plan[each] for each in STAGES[: STAGES.index(stage)])
        self._fraction = max(self._fraction, min(1.0, before + self._plan[stage] * inside))
        self._left = self._calmed(self._seen_left(stage, inside, now - self._begun), passed)
        return self._fraction, self._left

    def _seen_left(self, stage: str, inside: float, elapsed: float) -> float | None:
        """Seconds left as it looks now: the plan, stretched as the run has been so far, and this stage as it goes."""
        if self._whole is None and (self._fraction < 0.05 or elapsed < 1):
            return None
        whole = self._whole if self._whole is not None else elapsed / self._fraction
        planned = self._fraction * whole
        stretch = (elapsed + _CALM) / (planned + _CALM)
        after = sum(self._plan[each] for each in STAGES[STAGES.index(stage) + 1 :]) * whole * stretch
        rest = self._plan[stage] * whole * stretch * (1 - inside)
        if inside > 0:
            rest += inside * (self._spent[stage] * (1 - inside) / inside - rest)
        return after + rest

    def _calmed(self, seen: float | None, passed: float) -> float | None:
        """The time left shrinks as time passes, sooner or later than the clock; it grows only when far too short."""
        if seen is None or self._left is None or seen > _SURPRISE * self._left + _CALM:
            return seen
        left = max(0.0, self._left - passed)
        return min(self._left, left + (seen - left) * (1 - math.exp(-passed / _CALM)))

    def measure(self, animator: "Animator", job: Job, *, given_up: Callable[[], bool]) -> None:
        """Render a small clip for nothing but its pace. given_up: whether somebody who comes first is waiting."""
        with tempfile.TemporaryDirectory() as place:
            self.begin(work_of(job, animator))
            with closing(animator.render(job, Path(place) / "clip.mp4")) as events:
                for event in events:
                    if isinstance(event, Progress):
                        self.step(event.stage, event.done, event.total)
                    if given_up():
                        return
            self.finish(rough=True)

    def rehearsed(self, stage: str, seconds: float, *, frames: int, pixels: float) -> None:
        """What a stage of a rehearsal took. frames: watched or written; pixels: of each, in millions."""
        self._rehearsed[stage] = seconds / units(stage, frames=frames, pixels=pixels)

    def finish(self, *, rough: bool = False) -> None:
        """Take this run's stages as the measure for the next, and keep it. rough: until there is a better one."""
        if sum(self._spent.values()) <= 0:
            return
        rates = self._rates.setdefault(self._model, {})
        anew = not self._model and self._rough != rough  # but for stages that this run had nothing to do in
        if anew:
            self._rough = rough
        for stage, units in self._work.items():
            if units > 0:
                rate = self._spent[stage] / units
                before = rate if anew else rates.get(stage, rate)
                rates[stage] = rate + (before - rate) * (1 - _NEWEST)
        if self._path:
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps({"models": self._rates, "rough": self._rough}))
            part.replace(self._path)

    def expect(self, work: Mapping[str, float], *, model: str = "") -> float | None:
        """The seconds that so much work takes here; None where no run has shown it."""
        rates = self._rates_for(model)
        if not work or any(units > 0 and stage not in rates for stage, units in work.items()):
            return None
        return sum(rates[stage] * units for stage, units in work.items() if units > 0)

    def _rates_for(self, model: str) -> dict[str, float]:
        """Seconds a unit; dances are watched alike for all models."""
        rates = dict(self._rates.get(model, {}))
        if not model and self._rough:
            rates |= self._rehearsed
        if "watch" in self._rehearsed:
            rates["watch"] = self._rehearsed["watch"]
        watching = [each["watch"] for each in self._rates.values() if "watch" in each]
        if "watch" not in rates and watching:
            rates["watch"] = watching[-1]
        elif "cut" in rates:
            rates.setdefault("watch", rates["cut"] * _WATCHING)
        return rates


def work_of(job: Job, animator: "Animator") -> dict[str, float]:
    """Units of work a stage: frames watched (none of a dance that is known, or that the animator has watched before),
    and megapixels, once (none of a character that it has cut out before) or a frame, or a step of a window's frame."""
    try:
        info = _probe(job)
    except AnimateError:
        return {}
    from animate.motion import watched_rate  # here, since it brings the pose models' library

    seconds, frames = _length(job, info, animator)
    pixels = job.settings.width * job.settings.height / 1e6
    windowed = job.settings.evenly(round(frames), trained=animator.model.window)
    known = examples.known_pose(Path(job.motion)) or animator.watcher.remembers(job)
    return {
        "watch": 0.0 if known else units("watch", frames=seconds * float(watched_rate(info.fps))),
        "cut": 0.0 if animator.cutter.remembers(job) else units("cut", pixels=pixels),
        "denoise": windowed.denoised(round(frames)) * pixels * job.settings.steps,
        "write": units("write", frames=frames, pixels=pixels),
    }


def units(stage: str, *, frames: float = 0, pixels: float = 0) -> float:
    """Of the work of a stage."""
    return {"watch": frames, "cut": pixels, "write": frames * pixels}[stage] + _ONCE[stage]


def frames_of(job: Job, animator: "Animator") -> int:
    """Of the clip. Raises UnreadableVideo."""
    return round(_length(job, _probe(job), animator)[1])


def _probe(job: Job) -> video.VideoInfo:
    return video.probe(examples.dances().get(str(job.motion), Path(job.motion)))


def _length(job: Job, info: video.VideoInfo, animator: "Animator") -> tuple[float, float]:
    """Seconds of the clip, and its frames at the rate that the animator's model gives it."""
    from animate.motion import rate_of, watched_rate  # here, since it brings the pose models' library

    seconds = max(0.0, min(job.seconds or info.seconds, info.seconds - job.start))
    return seconds, seconds * float(rate_of(watched_rate(info.fps), most=animator.model.rate))
