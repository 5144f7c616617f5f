"""One person's joints through a clip: mended, smoothed without lag, and put at another rate."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pose.entering import hide_pressed
from pose.flashes import hide_flashes
from pose.hands import doubt_hands
from pose.sides import unswap
from pose.skeleton import LIMBS, VISIBLE, PoseSequence, bone_length, torso_length

GAP = 0.4  # seconds of an unseen joint that are filled
SMOOTH = 0.26  # seconds that are fitted together
REST = 0.6  # seconds in which a joint that rests hardly moves
RESTING = (0.015, 0.035)  # of the torso: up to the first a joint trembles there, from the second on it moves


def clean(sequence: PoseSequence, *, fps: float, strength: float = 1.0) -> PoseSequence:
    """The same person without the models' mistakes: bodies pressed into a rim hidden, sides exchanged back, leaps
    dropped, short gaps filled, limbs that flash up hidden, smoothed; hands that leap about are not believed.

    fps: the sequence's own rate. strength: of the smoothing; 0 leaves the motion as it was seen. Nothing lags: past
    and future count alike, but nothing of another shot.
    """
    shots = [_cleaned(sequence.points[shot].astype(np.float64), fps=fps, strength=strength) for shot in sequence.shots]
    return replace(sequence, points=np.concatenate(shots).astype(np.float32))


def _cleaned(points: np.ndarray, *, fps: float, strength: float) -> np.ndarray:
    """`clean` of one shot, f 134 3."""
    points = drop_outliers(unswap(hide_pressed(points, fps=fps), fps=fps))
    points = hide_flashes(fill_gaps(points, fps=fps), fps=fps)
    points = smooth(points, fps=fps, seconds=SMOOTH * strength)
    points = settle(points, fps=fps, strength=strength)
    return doubt_hands(points, fps=fps) if strength > 0 else points


def drop_outliers(points: np.ndarray) -> np.ndarray:
    """points f 134 3; a limb's end is hidden in frames in which the limb is longer than it can be."""
    points = points.copy()
    for start, end in LIMBS:
        lengths = bone_length(points, start, end)
        seen = lengths[np.isfinite(lengths)]
        if len(seen) < 8:
            continue
        median = np.median(seen)
        spread = 1.4826 * np.median(np.abs(seen - median)) + 0.03 * median
        with np.errstate(invalid="ignore"):
            points[lengths > np.quantile(seen, 0.9) + 4 * spread, end, 2] = 0
    return points


def fill_gaps(points: np.ndarray, *, fps: float) -> np.ndarray:
    """points f 134 3, drawn straight through short gaps; longer ones stay unseen."""
    points = points.copy()
    longest = max(1, round(GAP * fps))
    for joint in range(points.shape[1]):
        seen = np.flatnonzero(points[:, joint, 2] > VISIBLE)
        for before, after in pairwise(seen):
            if 1 < after - before <= longest + 1:
                share = (np.arange(before + 1, after) - before)[:, None] / (after - before)
                ends = points[before, joint], points[after, joint]
                points[before + 1 : after, joint, :2] = ends[0][:2] * (1 - share) + ends[1][:2] * share
                points[before + 1 : after, joint, 2] = min(ends[0][2], ends[1][2])
    return points


def smooth(points: np.ndarray, *, fps: float, seconds: float = SMOOTH) -> np.ndarray:
    """points f 134 3, each the middle of a parabola through its neighbours in time, weighted by score and nearness.

    Equal to Savitzky and Golay's filter where all scores are equal. Below about 12 frames a second nothing is smoothed:
    there, what differs from frame to frame is motion.
    """
    half = round(seconds * fps / 2)
    if half < 2:
        return points
    powers = np.zeros((5, *points.shape[:2]))  # sums of weight times 1, t, t², t³, t⁴
    sums = np.zeros((3, *points.shape[:2], 2))  # sums of weight times the place times 1, t, t²
    count = np.zeros(points.shape[:2], int)
    for step, weight, place in _neighbours(points, half):
        count += weight > 0
        for power in range(5):
            powers[power] += weight * step**power
        for power in range(3):
            sums[power] += (weight * step**power)[..., None] * place
    matrix = np.moveaxis(powers[np.add.outer(np.arange(3), np.arange(3))], (0, 1), (-2, -1)) + 1e-9 * np.eye(3)
    middle = np.linalg.solve(matrix, np.moveaxis(sums, 0, -2))[..., 0, :]
    fitted = (count >= 4) & (points[..., 2] > VISIBLE)
    return np.concatenate([np.where(fitted[..., None], middle, points[..., :2]), points[..., 2:]], -1)


def settle(points: np.ndarray, *, fps: float, strength: float = 1.0) -> np.ndarray:
    """points f 134 3, of which those that rest come to rest: each is drawn to the middle of its neighbours in time, the
    more the less they spread, and not at all where they move.

    What spreads no further than the models' own uncertainty, a part of the torso, is rest at any rate of frames.
    """
    torso = torso_length(points)
    if torso is None or strength <= 0:
        return points
    half = max(2, round(REST * fps / 2))
    total, squares = np.zeros((2, *points.shape[:2]))
    away = np.zeros((*points.shape[:2], 2))
    for _, weight, place in _neighbours(points, half):
        apart = place - points[..., :2]
        total += weight
        away += weight[..., None] * apart
        squares += weight * (apart**2).sum(-1)
    total = np.maximum(total, 1e-9)
    away /= total[..., None]
    spread = np.sqrt(np.maximum(squares / total - (away**2).sum(-1), 0)) / torso
    low, high = (strength * each for each in RESTING)
    share = np.clip((high - spread) / (high - low), 0, 1) * (points[..., 2] > VISIBLE)
    return np.concatenate([points[..., :2] + share[..., None] * away, points[..., 2:]], -1)


def _neighbours(points: np.ndarray, half: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Of points f 134 3 those so many frames away, from half before to half after: how many, their weights by score and
    nearness, f 134, which are 0 beyond the ends, and their places, f 134 2."""
    frames = len(points)
    padded = np.pad(points, ((half, half), (0, 0), (0, 0)))
    weights = np.where(padded[..., 2] > VISIBLE, padded[..., 2], 0)
    for step in range(-half, half + 1):
        near = slice(half + step, half + step + frames)
        yield step, weights[near] * (1 - abs(step / (half + 1)) ** 3) ** 3, padded[near, :, :2]


def resample(sequence: PoseSequence, *, fps: float, rate: float) -> PoseSequence:
    """A sequence at fps frames a second, at another constant rate: as long, drawn straight between its frames, but not
    across its cuts."""
    points, frames = sequence.points, len(sequence)
    if not frames:
        return sequence
    times = np.minimum(np.arange(max(1, round(frames * rate / fps))) * (fps / rate), frames - 1)
    before = np.floor(times).astype(int)
    after = np.minimum(before + 1, frames - 1)
    share = (times - before)[:, None, None]
    nearest = points[np.rint(times).astype(int)]
    shot = np.searchsorted(sequence.cuts, np.arange(frames), side="right")
    both = (points[before, :, 2:] > VISIBLE) & (points[after, :, 2:] > VISIBLE)
    both &= (shot[before] == shot[after])[:, None, None]
    between = points[before] * (1 - share) + points[after] * share
    cuts = np.flatnonzero(np.diff(shot[np.rint(times).astype(int)])) + 1
    return replace(sequence, points=np.where(both, between, nearest), cuts=tuple(cuts))
