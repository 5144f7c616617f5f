"""Where a dancer stands: the ground of a clip, told from soles alone."""

from collections.abc import Callable

import numpy as np

from pose.skeleton import NOSE, VISIBLE, lowest

AROUND = 12  # frames before and after that say where the ground is
STANCE = 0.06  # of the dancer's height: soles within it stand on one ground


def depth(dancer: np.ndarray, placed: np.ndarray, *, most: float) -> np.ndarray:
    """How much too low the placed body's ground is in each frame, f pixels: steps towards the camera and back.

    Such steps move the ground for longer than a jump lasts; what is left of them spans at most so many pixels.
    """
    soles = lowest(np.concatenate([placed, dancer[..., 2:]], -1))
    seen = np.isfinite(soles)
    soles = np.interp(np.arange(len(soles)), np.flatnonzero(seen), soles[seen])
    level = _rolling(soles, lambda near: np.quantile(near, 0.8, axis=1))
    level = _rolling(level, lambda near: near.mean(1))
    low, high = np.quantile(level, [0.02, 0.98])
    return (level - (low + high) / 2) * (1 - min(1.0, most / max(high - low, 1e-6)))


def _rolling(values: np.ndarray, summary: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """values f, each replaced by the summary, n 25 -> n, of those around it."""
    padded = np.pad(values, AROUND, mode="edge")
    return summary(np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1))


def stance(dancer: np.ndarray, placed: np.ndarray) -> float:
    """The height, y, on which the placed body stands: where the dancer's soles are most of the time.

    One constant for the clip, so that jumps keep their height.
    """
    soles = lowest(dancer)
    frames = np.flatnonzero(np.isfinite(soles))
    frames = frames[np.argsort(soles[frames], kind="stable")]
    heads = dancer[:, NOSE]
    tall = (soles - heads[:, 1])[np.isfinite(soles) & (heads[:, 2] > VISIBLE)]
    spread = STANCE * (np.median(np.abs(tall)) if len(tall) else 0.0)  # upside down as well
    highest = np.searchsorted(soles[frames], soles[frames] - spread)
    last = len(frames) - 1 - int(np.argmax((np.arange(len(frames)) - highest)[::-1]))
    standing = frames[highest[last] : last + 1]
    rebuilt = np.concatenate([placed, dancer[..., 2:]], -1)
    return float(np.median(lowest(rebuilt)[standing]))
