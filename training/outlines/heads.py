"""Heads of outlines, with hair, ears and hats."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from training.outlines.frame import way


class Sheet(Protocol):
    """What a head is drawn on."""

    rng: np.random.Generator

    def some(self, low: float, high: float) -> float: ...
    def shape(self, *points: np.ndarray) -> None: ...
    def oval(self, middle: np.ndarray, across: float, along: float, angle: float = 0.0) -> None: ...
    def tube(self, points: np.ndarray, first: float, last: float) -> None: ...


@dataclass(frozen=True)
class Head:
    """Hair, ears and hats about a head; broad, tall: half its sizes."""

    on: Sheet
    middle: np.ndarray
    broad: float
    tall: float
    tilt: float

    def at(self, x: float, y: float) -> np.ndarray:
        """A place, in halves of the head from its middle: right and down."""
        return self.middle + way(self.tilt + np.pi / 2) * self.broad * x + way(self.tilt) * self.tall * y

    def adorn(self) -> None:
        """One of them, or none."""
        kinds = [self._long, self._tails, self._bun, self._round_ears, self._long_ears, self._brim, self._cone]
        kinds += [self._cloud, self._spikes, self._feelers]
        if (kind := int(self.on.rng.integers(14))) < len(kinds):
            kinds[kind]()

    def _ball(self, x: float, y: float, across: float, along: float) -> None:
        self.on.oval(self.at(x, y), self.broad * across, self.tall * along, self.tilt)

    def _outline(self, *places: tuple[float, float]) -> None:
        self.on.shape(*(self.at(x, y) for x, y in places))

    def _long(self) -> None:
        end, wide = self.on.some(1.0, 3.2), self.on.some(0.9, 1.5)
        self._outline((-wide, -0.2), (wide, -0.2), (wide, end), (-wide, end))
        self._ball(0, -0.1, wide, 1.1)

    def _tails(self) -> None:
        some = self.on.some
        drop, out, thick, thin = some(0.2, 2.6), some(0.2, 1.1), some(0.1, 0.35), some(0.05, 0.35)
        for side in (-1, 1):
            x, y = side * 0.85, -some(0, 0.7)
            bend_x, bend_y = x + side * out, y - some(-0.4, 0.5)
            places = [(x, y), (bend_x, bend_y), (bend_x + side * some(-0.4, 0.5), bend_y + drop)]
            self.on.tube(np.array([self.at(*place) for place in places]), self.broad * thick, self.broad * thin)

    def _bun(self) -> None:
        self._ball(0, -self.on.some(1.0, 1.3), self.on.some(0.15, 0.6), self.on.some(0.15, 0.5))

    def _round_ears(self) -> None:
        big, high = self.on.some(0.25, 0.6), self.on.some(0.6, 0.95)
        for side in (-1, 1):
            self.on.oval(self.at(side * 0.75, -high), self.broad * big, self.broad * big)

    def _long_ears(self) -> None:
        high, out, apart = self.on.some(0.5, 1.8), self.on.some(-0.1, 0.5), self.on.some(0.4, 0.65)
        for side in (-1, 1):
            x, tip = side * apart, side * (apart + out)
            self._outline((x - 0.3, -0.65), (x + 0.3, -0.65), (tip + 0.08, -0.65 - high), (tip - 0.08, -0.65 - high))

    def _brim(self) -> None:
        base, high = self.on.some(0.4, 0.8), self.on.some(0.4, 1.3)
        self._outline((-0.8, -base), (-0.7, -base - high), (0.7, -base - high), (0.8, -base))
        self._outline((-1.5, 0.08 - base), (-1.5, -0.08 - base), (1.5, -0.08 - base), (1.5, 0.08 - base))

    def _cone(self) -> None:
        self._outline((-1, -0.5), (1, -0.5), (self.on.rng.normal(0, 0.4), -0.5 - self.on.some(0.8, 2.0)))

    def _cloud(self) -> None:
        self._ball(0, -self.on.some(0, 0.3), self.on.some(1.15, 1.7), self.on.some(1.1, 1.4))

    def _spikes(self) -> None:
        for angle in np.linspace(-1.3, 1.3, int(self.on.rng.integers(4, 9))):
            x, y, far = np.sin(angle), -np.cos(angle), self.on.some(1.1, 1.7)
            self._outline(
                (0.7 * x + 0.3 * y, 0.7 * y - 0.3 * x), (0.7 * x - 0.3 * y, 0.7 * y + 0.3 * x), (far * x, far * y)
            )

    def _feelers(self) -> None:
        for side in (-1, 1):
            tip = self.at(side * self.on.some(0, 0.7), -self.on.some(1.3, 2.0))
            self.on.tube(np.stack([self.at(0, -0.8), tip]), self.broad * 0.06, self.broad * 0.06)
            self.on.oval(tip, self.broad * 0.15, self.broad * 0.15)
