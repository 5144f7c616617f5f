"""One person's joints through a clip: mended, smoothed without lag, and put at another rate."""

from itertools import pairwise

import numpy as np

from pose.entering import hide_pressed
from pose.hands import doubt_hands
from pose.skeleton import (
    ARMS,
    FOOT_OF,
    HANDS,
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_EYE,
    LEGS,
    LIMBS,
    MIRROR,
    RIGHT_ANKLE,
    RIGHT_EAR,
    RIGHT_EYE,
    VISIBLE,
    PoseSequence,
)

GAP = 0.4  # seconds of an unseen joint that are filled
SMOOTH = 0.26  # seconds that are fitted together
REST = 0.6  # seconds in which a joint that rests hardly moves
RESTING = (0.015, 0.035)  # of the torso: up to the first a joint trembles there, from the second on it moves
LEAP = 1.0  # of the torso: a joint that moves further within a gap was mistaken; how much further says nothing of sides
SWAP = 0.15  # of the torso: joints must come this much nearer, each, for left and right to be exchanged

# Joints that a model mistakes for their other side together: the joints that decide, and all points that follow.
SIDES = (
    (tuple(joint for arm in ARMS for joint in arm), (*HANDS,)),
    (tuple(joint for leg in LEGS for joint in leg), (FOOT_OF[RIGHT_ANKLE], FOOT_OF[LEFT_ANKLE])),
    ((RIGHT_EYE, LEFT_EYE, RIGHT_EAR, LEFT_EAR), ()),
)


def clean(sequence: PoseSequence, *, fps: float, strength: float = 1.0) -> PoseSequence:
    """The same person without the models' mistakes: bodies pressed into a rim hidden, sides exchanged back, leaps
    dropped, short gaps filled, smoothed; hands that leap about are not believed.

    fps: the sequence's own rate. strength: of the smoothing; 0 leaves the motion as it was seen. Nothing lags: past
    and future count alike.
    """
    points = sequence.points.astype(np.float64)
    points = drop_outliers(unswap(hide_pressed(points, fps=fps), fps=fps))
    points = smooth(fill_gaps(points, fps=fps), fps=fps, seconds=SMOOTH * strength)
    points = settle(points, fps=fps, strength=strength)
    points = doubt_hands(points, fps=fps) if strength > 0 else points
    return PoseSequence(points.astype(np.float32), sequence.size)


def unswap(points: np.ndarray, *, fps: float) -> np.ndarray:
    """points f 134 3 with left and right exchanged where that makes the body move clearly less from frame to frame.

    The cheapest course through the clip is chosen for arms, legs and head apart. A body that turns round passes through
    a profile, where exchanging gains nothing, and is left alone; so is whatever lies further apart than a gap.
    """
    points = points.copy()
    torso = _torso(points)
    if torso is None:
        return points
    for joints, followers in SIDES:
        swapped = _swapped(points[:, list(joints)], points[:, MIRROR[list(joints)]], torso=torso, reach=GAP * fps + 1)
        rows = [joints, *(np.r_[part] for part in followers)]
        where = np.concatenate([np.asarray(row) for row in rows])
        points[np.ix_(swapped, where)] = points[np.ix_(swapped, MIRROR[where])]
    return points


def _torso(points: np.ndarray) -> float | None:
    """The median length of neck to hip over the clip; None when it is never seen, or has none."""
    lengths = [_bone(points, 1, hip) for hip in (8, 11)]
    seen = np.concatenate([length[np.isfinite(length)] for length in lengths])
    return float(np.median(seen)) or None if len(seen) else None


def _bone(points: np.ndarray, first: int, second: int) -> np.ndarray:
    """The length of a bone in each frame, f; NaN where an end is unseen."""
    seen = (points[:, [first, second], 2] > VISIBLE).all(1)
    return np.where(seen, np.linalg.norm(points[:, first, :2] - points[:, second, :2], axis=1), np.nan)


def _swapped(own: np.ndarray, other: np.ndarray, *, torso: float, reach: float) -> np.ndarray:
    """In which frames, f bool, some joints f j 3 had better be those of the other side."""
    usable = np.flatnonzero(((own[..., 2] > VISIBLE) & (other[..., 2] > VISIBLE)).sum(1) >= 4)
    swapped = np.zeros(len(own), bool)
    if len(usable) < 2:
        return swapped
    fee = own.shape[1] * (SWAP * torso) ** 2
    prior = np.array([0, 1e-9 * fee])  # of two equal courses, the one with fewer exchanges
    choices = np.stack([own, other])
    costs, came = prior, []
    for before, now in pairwise(usable):
        motion = np.zeros((2, 2))
        if now - before <= reach:
            for old in range(2):
                for new in range(2):
                    start, end = choices[old, before], choices[new, now]
                    both = (start[:, 2] > VISIBLE) & (end[:, 2] > VISIBLE)
                    moved = ((end[both, :2] - start[both, :2]) ** 2).sum(-1)
                    motion[old, new] = np.minimum(moved, (LEAP * torso) ** 2).sum() + fee * (old != new)
        total = costs[:, None] + motion
        came.append(total.argmin(0))
        costs = total.min(0) + prior
    state = int(costs.argmin())
    for place, before in zip(usable[::-1], [*came[::-1], None], strict=True):
        swapped[place] = state == 1
        state = int(before[state]) if before is not None else 0
    return swapped


def drop_outliers(points: np.ndarray) -> np.ndarray:
    """points f 134 3; a limb's end is hidden in frames in which the limb is longer than it can be."""
    points = points.copy()
    for start, end in LIMBS:
        lengths = _bone(points, start, end)
        seen = lengths[np.isfinite(lengths)]
        if len(seen) < 8:
            continue
        median = np.median(seen)
        spread = 1.4826 * np.median(np.abs(seen - median)) + 0.03 * median
        with np.errstate(invalid="ignore"):
            points[lengths > np.quantile(seen, 0.9) + 4 * spread, end, 2] = 0
    return points


def fill_gaps(points: np.ndarray, *, fps: float, seconds: float = GAP) -> np.ndarray:
    """points f 134 3, drawn straight through gaps of up to so many seconds; longer ones stay unseen."""
    points = points.copy()
    longest = max(1, round(seconds * fps))
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
    frames = len(points)
    padded = np.pad(points, ((half, half), (0, 0), (0, 0)))
    weights = np.where(padded[..., 2] > VISIBLE, padded[..., 2], 0)
    powers = np.zeros((5, *points.shape[:2]))  # sums of weight times 1, t, t², t³, t⁴
    sums = np.zeros((3, *points.shape[:2], 2))  # sums of weight times the place times 1, t, t²
    count = np.zeros(points.shape[:2], int)
    for step in range(-half, half + 1):
        kernel = (1 - abs(step / (half + 1)) ** 3) ** 3
        near = slice(half + step, half + step + frames)
        weight, place = weights[near] * kernel, padded[near, :, :2]
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
    torso = _torso(points)
    if torso is None or strength <= 0:
        return points
    half = max(2, round(REST * fps / 2))
    frames = len(points)
    padded = np.pad(points, ((half, half), (0, 0), (0, 0)))
    weights = np.where(padded[..., 2] > VISIBLE, padded[..., 2], 0)
    total, squares = np.zeros((2, *points.shape[:2]))
    away = np.zeros((*points.shape[:2], 2))
    for step in range(-half, half + 1):
        near = slice(half + step, half + step + frames)
        weight = weights[near] * (1 - abs(step / (half + 1)) ** 3) ** 3
        apart = padded[near, :, :2] - points[..., :2]
        total += weight
        away += weight[..., None] * apart
        squares += weight * (apart**2).sum(-1)
    total = np.maximum(total, 1e-9)
    away /= total[..., None]
    spread = np.sqrt(np.maximum(squares / total - (away**2).sum(-1), 0)) / torso
    low, high = (strength * each for each in RESTING)
    share = np.clip((high - spread) / (high - low), 0, 1) * (points[..., 2] > VISIBLE)
    return np.concatenate([points[..., :2] + share[..., None] * away, points[..., 2:]], -1)


def resample(sequence: PoseSequence, *, fps: float, rate: float) -> PoseSequence:
    """A sequence at fps frames a second, at another constant rate: as long, drawn straight between its frames."""
    points, frames = sequence.points, len(sequence)
    if not frames:
        return sequence
    times = np.minimum(np.arange(max(1, round(frames * rate / fps))) * (fps / rate), frames - 1)
    before = np.floor(times).astype(int)
    after = np.minimum(before + 1, frames - 1)
    share = (times - before)[:, None, None]
    nearest = points[np.rint(times).astype(int)]
    both = (points[before, :, 2:] > VISIBLE) & (points[after, :, 2:] > VISIBLE)
    between = points[before] * (1 - share) + points[after] * share
    return PoseSequence(np.where(both, between, nearest), sequence.size)
