"""Where a dancer stands: the ground of a clip, told from soles that stand on it."""

from collections.abc import Callable

import numpy as np

from pose.skeleton import ANKLES, FACE, NOSE, VISIBLE, lowest

AROUND = 0.48  # seconds before and after that say where the ground is
STANCE = 0.06  # of the dancer's height: soles within it stand on one ground


def depth(dancer: np.ndarray, placed: np.ndarray, *, fps: float, most: float) -> np.ndarray:
    """How much too low the placed body's ground is in each frame, f pixels: steps towards the camera and back.

    Such steps move the ground for longer than a jump lasts; what is left of them spans at most so many pixels. While
    somebody is on their hands or their back, the ground is what it was before and will be after.
    """
    standing = stands(dancer)
    if not standing.any():
        return np.zeros(len(placed))
    soles = lowest(np.concatenate([placed, dancer[..., 2:]], -1))
    soles = np.interp(np.arange(len(soles)), np.flatnonzero(standing), soles[standing])
    around = max(2, round(AROUND * fps))
    level = _rolling(soles, around, lambda near: np.quantile(near, 0.8, axis=1))
    level = _rolling(level, around, lambda near: near.mean(1))
    low, high = np.quantile(level, [0.02, 0.98])
    return (level - (low + high) / 2) * (1 - min(1.0, most / max(high - low, 1e-6)))


def stands(points: np.ndarray) -> np.ndarray:
    """In which frames of points f 134 3 a sole is the lowest of what is seen of the body: f bool."""
    soles = lowest(points)
    return np.isfinite(soles) & (soles == _lowest_of_all(points))


def _lowest_of_all(points: np.ndarray) -> np.ndarray:
    """The y of the lowest visible point of body, feet and hands of points f 134 3; -inf where none shows."""
    seen = np.delete(points, np.r_[FACE], 1)
    return np.where(seen[..., 2] > VISIBLE, seen[..., 1], -np.inf).max(1)


def _rolling(values: np.ndarray, around: int, summary: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """values f, each replaced by the summary, n m -> n, of itself and so many before and after it."""
    padded = np.pad(values, around, mode="edge")
    return summary(np.lib.stride_tricks.sliding_window_view(padded, 2 * around + 1))


def to_ground(dancer: np.ndarray, placed: np.ndarray, character: np.ndarray) -> float:
    """How far down the placed body goes to stand as the character, 134 3, does: by its ankles, where the dancer's soles
    are most of the time that they are what is lowest. Toes are no measure: how far below the ankle they are is how
    steeply a camera looks down at them. Of somebody who never stands whatever is lowest comes to the character's soles.

    One constant for the clip, so that jumps keep their height.
    """
    soles, heads = lowest(dancer), dancer[:, NOSE]
    tall = (soles - heads[:, 1])[np.isfinite(soles) & (heads[:, 2] > VISIBLE)]
    spread = STANCE * (np.median(np.abs(tall)) if len(tall) else 0.0)  # upside down as well
    standing = stands(dancer)
    touching = lowest if standing.any() else _lowest_of_all
    heights = touching(dancer)
    frames = np.flatnonzero(standing if standing.any() else np.isfinite(heights))
    frames = frames[np.argsort(heights[frames], kind="stable")]
    highest = np.searchsorted(heights[frames], heights[frames] - spread)
    last = len(frames) - 1 - int(np.argmax((np.arange(len(frames)) - highest)[::-1]))
    rebuilt = np.concatenate([placed, dancer[..., 2:]], -1)[frames[highest[last] : last + 1]]
    ankles = lowest(rebuilt, of=ANKLES)
    if standing.any() and np.isfinite(ankles).any():
        return float(lowest(character, of=ANKLES) - np.median(ankles[np.isfinite(ankles)]))
    return float(lowest(character) - np.median(touching(rebuilt)))
