"""Room: a body that dances stays in its picture. Notation as in retarget.py; placed: f 134 2, seen: f 134 bool."""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pose.skeleton import (
    ANKLES,
    BODY,
    FACE,
    HANDS,
    HEAD,
    LEFT_ELBOW,
    LEFT_WRIST,
    RIGHT_ELBOW,
    RIGHT_WRIST,
    VISIBLE,
)

MARGIN = 0.02  # of the picture, kept free around the body
FEW = 0.02  # share of a dance's frames in which the body may leave the picture
STEP = 6  # frames before a head would leave the picture that a body begins to step aside
SMALLEST = 0.8  # of the character's size: below it hands may leave the picture instead


class Ground(NamedTuple):
    """Where a character stands in its picture: the y of its soles and of its ankles, in pixels."""

    soles: float
    ankles: float


def bring_inside(
    placed: np.ndarray,
    seen: np.ndarray,
    *,
    home: np.ndarray,
    ground: Ground | None,
    size: tuple[int, int],
    below: float = np.inf,
) -> tuple[np.ndarray, float]:
    """placed f 134 2, brought into the picture: smaller, towards its ground, if it must, then shifted; and how small.

    Trunk, legs and head must fit; arms may leave the picture rather than make the body tiny. below: by how many pixels
    it may be shifted down at most, for legs that are not among what is seen.
    """
    core = seen.copy()
    for arm in ([RIGHT_ELBOW, RIGHT_WRIST, LEFT_ELBOW, LEFT_WRIST], *HANDS):
        core[:, arm] = False
    if not core[:, BODY].any():
        return placed, 1.0
    first = MARGIN * np.array(size)
    last = size - first
    shrink = 1.0
    if ground is not None:
        fixed = np.array([home[0], ground.soles])
        needed, wanted = (_share(_bounds(placed, part), first, last, ground.soles) for part in (core, seen))
        shrink = min(1.0, needed, max(wanted, SMALLEST))
        placed = (placed - fixed) * shrink + fixed
    low, high = _bounds(placed, core)
    wide_low, wide_high = _bounds(placed, seen)
    fits = wide_high - wide_low <= last - first
    low, high = np.where(fits, wide_low, low), np.where(fits, wide_high, high)
    shift = np.maximum(first - low, 0) - np.maximum(high - last, 0)
    shift = np.where((low < first) & (high > last), (first + last - low - high) / 2, shift)
    if ground is not None:
        # A lunge may pass the lower edge; lifting all frames for it would take the feet off the ground.
        ankles = placed[:, list(ANKLES), 1][seen[:, list(ANKLES)]]
        shift[1] = min(0.0, size[1] - np.quantile(ankles, 0.97) - (ground.soles - ground.ankles) * shrink)
    shift[1] = min(shift[1], below)
    return placed + shift, shrink


def step_aside(placed: np.ndarray, seen: np.ndarray, *, character: np.ndarray, width: int) -> np.ndarray:
    """f, in pixels: how far a body that the lower edge cuts steps aside so that its head stays in the picture, or as
    much of it as the character shows, 134 3."""
    left, right = _head(placed[..., 0], seen)
    if not np.isfinite(left).any():
        return np.zeros(len(placed))
    broad = np.median((right - left)[np.isfinite(left)])
    (own_left,), (own_right,) = _head(character[None, :, 0], character[None, :, 2] > VISIBLE)
    first, last = min(broad, own_left), max(width - broad, own_right)
    return _slowly(np.maximum(first - left, 0)) - _slowly(np.maximum(right - last, 0))


def _head(x: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest x of what is seen of eyes, ears and nose, f each; endless where nothing is."""
    shown, x = seen[:, HEAD], x[:, HEAD]
    return np.where(shown, x, np.inf).min(1), np.where(shown, x, -np.inf).max(1)


def _slowly(push: np.ndarray) -> np.ndarray:
    """f values that come and go gently, and are nowhere less than the given ones."""
    return _around(_around(push).max(1)).mean(1)


def _around(values: np.ndarray) -> np.ndarray:
    """f values -> f n: each with those up to STEP frames before and after it."""
    return sliding_window_view(np.pad(values, STEP, mode="edge"), 2 * STEP + 1)


def _share(bounds: tuple[np.ndarray, np.ndarray], first: np.ndarray, last: np.ndarray, ground: float) -> float:
    """How much smaller, towards the ground, what lies within the bounds must be to have room between first and last."""
    (left, top), (right, _) = bounds
    return float(min((last[0] - first[0]) / max(right - left, 1), max(ground - first[1], 1) / max(ground - top, 1)))


def _bounds(placed: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The corners of where the seen body joints, feet and hands are, but for a few frames of the dance."""
    seen = seen.copy()
    seen[:, FACE] = False
    shown, those = placed[seen.any(1)], seen[seen.any(1)][..., None]
    low, high = np.where(those, shown, np.inf).min(1), np.where(those, shown, -np.inf).max(1)
    return np.quantile(low, FEW, axis=0), np.quantile(high, 1 - FEW, axis=0)
