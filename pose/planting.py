"""Feet that stand do not slide: where the dancer's foot rests, the fitted one is held."""

import math

import numpy as np

from pose.runs import runs
from pose.skeleton import FOOT_OF, LEGS, NOSE, VISIBLE, lowest

FRAMES = 5  # in which a foot that rests hardly moves
LASTS, FEWEST = 0.166, 3  # seconds, and frames, of a short rest
STILL = 0.015  # of the dancer's height: how much that is
RESTING = 0.03  # the same for a whole rest: beyond it a foot slides on purpose
SOFT = 0.08  # seconds over which a foot is let go


def plant(dancer: np.ndarray, placed: np.ndarray, *, fps: float) -> np.ndarray:
    """placed f 134 2, the fitted dance, fps of them a second; its feet held while those of the dancer, f 134 3, rest;
    knees give way half."""
    height = _height(dancer)
    if not height:
        return placed
    placed = placed.copy()
    for _, knee, ankle in LEGS:
        held = np.zeros((len(placed), 2))
        for first, last in _rests(dancer[:, ankle], fps=fps, height=height):
            away = np.median(placed[first:last, ankle], axis=0) - placed[first:last, ankle]
            to_end = np.minimum(np.arange(1, last - first + 1), np.arange(last - first, 0, -1))
            held[first:last] = away * np.minimum(1, to_end / (round(SOFT * fps) + 1))[:, None]
        placed[:, [ankle, *FOOT_OF[ankle]]] += held[:, None]
        placed[:, knee] += held / 2
    return placed


def _height(dancer: np.ndarray) -> float:
    """From the nose to the sole: the median over frames that show both; 0 where none does."""
    soles, heads = lowest(dancer), dancer[:, NOSE]
    both = np.isfinite(soles) & (heads[:, 2] > VISIBLE)
    return float(np.median(soles[both] - heads[both, 1])) if both.any() else 0.0


def _rests(ankle: np.ndarray, *, fps: float, height: float) -> list[tuple[int, int]]:
    """Runs of frames, first and after the last, in which an ankle f 3 rests: long ones and, where frames are few, short
    ones beside them. To look for short ones alone would run the long ones on into what comes after."""
    found: list[tuple[int, int]] = []
    for frames in (FRAMES, max(FEWEST, math.ceil(LASTS * fps))):
        calm = _calm_runs(ankle, min(frames, FRAMES), height=height)
        found += [run for run in calm if not any(run[0] < last and first < run[1] for first, last in found)]
    return found


def _calm_runs(ankle: np.ndarray, frames: int, *, height: float) -> list[tuple[int, int]]:
    """Runs of at least so many frames in which an ankle f 3 hardly moves."""
    if len(ankle) < frames:
        return []
    windows = np.lib.stride_tricks.sliding_window_view(ankle, frames, axis=0)  # n 3 frames
    calm = (np.ptp(windows[:, :2], axis=-1).max(-1) < STILL * height) & (windows[:, 2] > VISIBLE).all(-1)
    resting = np.zeros(len(ankle), bool)
    for start in np.flatnonzero(calm):
        resting[start : start + frames] = True
    return [
        (first, last) for first, last in runs(resting) if np.ptp(ankle[first:last, :2], axis=0).max() < RESTING * height
    ]
