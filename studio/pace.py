"""How much of a run is done and how long it will take, from how the last one went."""

import time

from animate.events import STAGES

# A first guess, after the embedded model on two processor cores; each run that finishes replaces it.
_SHARES = {"watch": 0.5, "cut": 0.3, "denoise": 0.1, "write": 0.1}


class Pace:
    """One run after the other: `begin`, `step` at each event, `finish`. A finished run corrects the next estimate."""

    def __init__(self) -> None:
        self._shares = dict(_SHARES)
        self.begin()

    def begin(self) -> None:
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
        """Take this run's stages as the measure for the next."""
        whole = sum(self._spent.values())
        if whole > 0:
            self._shares = {stage: max(0.01, spent / whole) for stage, spent in self._spent.items()}
