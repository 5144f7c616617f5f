"""Where a joint lies whose disc a hand or a face covers: limbs are ellipses, and what shows of one tells its end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LONGEST = 5  # discs that may be hidden of a limb's length
WIDTH = 1.2  # of a limb, in discs: of these the rims do not count, as they are less bright
TRIED = np.stack(np.meshgrid(np.arange(-4, 5), np.arange(-4, 5)), -1).reshape(-1, 2).astype(np.float32)
ROUNDS, FINER = 3, 3


@dataclass(frozen=True)
class Limb:
    """A limb that leads to the joint. start: 2, its other joint; far: 2, where it is seen last; pixels: n 2, what is
    seen of it."""

    start: np.ndarray
    far: np.ndarray
    pixels: np.ndarray

    @property
    def reach(self) -> float:
        """How long it is seen to be."""
        return float(np.linalg.norm(self.far - self.start))


def covered_place(limbs: Sequence[Limb], *, black: np.ndarray, radius: float) -> np.ndarray:
    """The place of a joint, 2 (x, y), from its limbs, at least one. black: h w bool, where nothing is drawn; radius: of
    a disc, in pixels."""
    ends = [_end(limb, radius=radius) for limb in limbs]
    return ends[0] if len(ends) == 1 else _meeting(np.median(ends, 0), limbs, black=black, radius=radius)


def _end(limb: Limb, *, radius: float) -> np.ndarray:
    """Where a single limb ends: s pixels from the start of an ellipse, its width squared goes as 2 h s - s², h being
    half its length."""
    along = (limb.far - limb.start) / limb.reach
    steps, counts = np.unique(np.rint((limb.pixels - limb.start) @ along), return_counts=True)
    whole = (steps > 0) & (steps < limb.reach - 1)
    length = limb.reach + radius
    if whole.sum() >= 4:
        terms = np.stack([steps[whole], -(steps[whole] ** 2)], 1)
        first, second = np.linalg.lstsq(terms, counts[whole].astype(np.float64) ** 2, rcond=None)[0]
        if second > 0:
            length = float(np.clip(first / second, limb.reach, limb.reach + LONGEST * radius))
    return limb.start + along * length


def _meeting(near: np.ndarray, limbs: Sequence[Limb], *, black: np.ndarray, radius: float) -> np.ndarray:
    """Where several limbs meet, some discs from a place `near`, 2: where their ellipses, drawn to there, miss least of
    what is seen. Of their widths, as above, the dots of a face leave too little."""
    near, step = near.astype(np.float32), np.float32(radius)
    for _ in range(ROUNDS):
        places = near + step * TRIED
        clear = _around(places, black, margin=radius)
        missed = np.sum([_missed(places, limb, clear, radius=radius) for limb in limbs], 0)
        likely = np.exp(missed.min() - missed)
        near, step = (places * likely[:, None]).sum(0) / likely.sum(), step / FINER
    return near


def _missed(places: np.ndarray, limb: Limb, clear: np.ndarray, *, radius: float) -> np.ndarray:
    """How many of a limb's pixels an ellipse from its start to each of places m 2 leaves out, and how many of the black
    ones, clear n 2, it covers: m."""
    start = limb.start.astype(np.float32)
    half = np.maximum(np.linalg.norm(places - start, axis=1, keepdims=True) / 2, 1)
    along = (places - start) / (2 * half)
    middle = (places + start) / 2

    def depth(pixels: np.ndarray, *, wider: float) -> np.ndarray:
        away = pixels - middle[:, None]
        on = away[..., 0] * along[:, :1] + away[..., 1] * along[:, 1:]
        off = away[..., 0] * along[:, 1:] - away[..., 1] * along[:, :1]
        return (on / (half + wider)) ** 2 + (off / (WIDTH * radius + wider)) ** 2

    outside = depth(limb.pixels.astype(np.float32), wider=0.5) > 1
    return outside.sum(1) + (depth(clear, wider=-0.5) < 1).sum(1)


def _around(places: np.ndarray, mask: np.ndarray, *, margin: float) -> np.ndarray:
    """Where a mask, h w, holds at places m 2 or between them: n 2 (x, y)."""
    low = np.maximum(places.min(0) - margin, 0).astype(int)
    high = np.maximum(places.max(0) + margin + 1, 0).astype(int)
    rows, columns = np.nonzero(mask[low[1] : high[1], low[0] : high[0]])
    return (np.stack([columns, rows], 1) + low).astype(np.float32)
