"""How much of a run is done, how long it will take, and how long one would take, from how those before went."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from animate import AnimateError, Job, examples, video
from animate.events import STAGES

# A first guess, after the embedded model on two processor cores; each run that finishes replaces it.
_SHARES = {"watch": 0.5, "cut": 0.3, "denoise": 0.1, "write": 0.1}
_MOST_RATE = 30  # frames a second of a clip
_ONCE = {"cut": 0.25, "write": 0.8}  # units that a stage takes beside those that grow with the clip
_WATCHING = 0.03  # of what a unit of cutting takes: what a watched frame does, until a dance was watched
_NEWEST = 0.5  # the weight of the last run among the runs before


class Pace:
    """One run after the other: `begin`, `step` at each event, `finish`. A finished run corrects the next estimate.

    path: where the measure of this machine is kept between programs; None forgets it.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._shares, self._rates = dict(_SHARES), dict[str, float]()
        try:
            kept = json.loads(path.read_text()) if path else {}
            self._shares |= {stage: float(kept["shares"][stage]) for stage in STAGES} if kept else {}
            self._rates |= {stage: float(rate) for stage, rate in kept.get("rates", {}).items() if stage in STAGES}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):  # none yet, or of another version
            pass
        self.begin()

    @property
    def knows(self) -> bool:
        """Whether this machine has been measured."""
        return "write" in self._rates

    def begin(self, work: Mapping[str, float] | None = None) -> None:
        """A run begins. work: its units a stage, from `work_of`, where they are known."""
        self._work = work or {}
        self._spent: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self._begun = self._last = time.monotonic()
        self._fraction = 0.0

    def step(self, stage: str, done: int, total: int) -> tuple[float, float | None]:
        """The fraction that is done, which never falls, and the seconds left, None while too little is known."""
        now = time.monotonic()
        self._spent[stage] += now - self._last
        self._last = now
        before = sum(self._shares[each] for each in STAGES[: STAGES.index(stage)])
        fraction = (before + self._shares[stage] * done / max(total, 1)) / sum(self._shares.values())
        self._fraction = max(self._fraction, min(1.0, fraction))
        elapsed = now - self._begun
        if self._fraction < 0.05 or elapsed < 1:
            return self._fraction, None
        return self._fraction, elapsed * (1 - self._fraction) / self._fraction

    def finish(self) -> None:
        """Take this run's stages as the measure for the next, and keep it."""
        whole = sum(self._spent.values())
        if whole <= 0:
            return
        self._shares = {stage: max(0.01, spent / whole) for stage, spent in self._spent.items()}
        for stage, units in self._work.items():
            if units > 0:
                rate = self._spent[stage] / units
                self._rates[stage] = rate + (self._rates.get(stage, rate) - rate) * (1 - _NEWEST)
        if self._path:
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps({"shares": self._shares, "rates": self._rates}))
            part.replace(self._path)

    def expect(self, work: Mapping[str, float]) -> float | None:
        """The seconds that so much work takes here; None where no run has shown it."""
        rates = dict(self._rates)
        if "cut" in rates:
            rates.setdefault("watch", rates["cut"] * _WATCHING)
        if not work or any(units > 0 and stage not in rates for stage, units in work.items()):
            return None
        return sum(rates[stage] * units for stage, units in work.items() if units > 0)


def work_of(job: Job) -> dict[str, float]:
    """Units of work a stage: frames watched (none of a known dance), and megapixels, once or a frame or a step."""
    try:
        info = video.probe(examples.dances().get(str(job.motion), Path(job.motion)))
    except AnimateError:
        return {}
    seconds = max(0.0, min(job.seconds or info.seconds, info.seconds - job.start))
    pixels = job.settings.width * job.settings.height / 1e6
    frames = seconds * min(float(info.fps), _MOST_RATE)
    watched = 0.0 if examples.known_pose(Path(job.motion)) else seconds * float(info.fps)
    return {
        "watch": watched,
        "cut": pixels + _ONCE["cut"],
        "denoise": frames * pixels * job.settings.steps,
        "write": frames * pixels + _ONCE["write"],
    }
