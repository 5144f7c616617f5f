"""What smoothing should change, and what it should not: joints that rest, and the moments in which limbs turn back."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from pose.sides import unswap
from pose.skeleton import LEGS, VISIBLE, PoseSequence, middle
from pose.track import drop_outliers, fill_gaps

BODY = slice(0, 18)
ENDS = (4, 7, *(ankle for _, _, ankle in LEGS))  # wrists and ankles, which mark the beat
CALM = 0.1  # of the torso a second: a joint whose mean path is slower rests
WINDOW = 0.5  # seconds of that mean
LASTING = 0.3  # seconds: shorter rests are turns
SWING = 0.25  # of the torso: how far a limb comes and goes at a turn
PLATEAU = 0.03  # of the torso: places as near to the outermost one are as good; noise is as large
LEAP = 0.08  # seconds: what comes and goes by more than a hand in less is a mistake of the models
REACH = 0.2  # seconds between a turn as found and as cleaned


def torso_of(points: ndarray) -> float:
    """The median length from neck to hips, in pixels, of points f 134 3."""
    hips, seen = middle(points, 8, 11)
    seen = np.asarray(seen) & (points[:, 1, 2] > VISIBLE)
    return float(np.median(np.linalg.norm(points[seen, 1, :2] - hips[seen], axis=1)))


def acceleration(points: ndarray) -> ndarray:
    """f-2 18: of each body joint, pixels a frame²."""
    return np.linalg.norm(np.diff(points[:, BODY, :2].astype(np.float64), 2, axis=0), axis=-1)


def resting(points: ndarray, *, fps: float) -> ndarray:
    """f 18 bool: body joints that rest: their mean path over half a second hardly moves, for a while."""
    width = max(3, round(WINDOW * fps) | 1)
    lasting = max(3, round(LASTING * fps) | 1)
    rests = np.zeros(points[:, BODY, 2].shape, bool)
    if len(points) < width + lasting:
        return rests
    padded = np.pad(points[:, BODY, :2].astype(np.float64), ((width // 2,) * 2, (0, 0), (0, 0)), mode="edge")
    mean = np.lib.stride_tricks.sliding_window_view(padded, width, axis=0).mean(-1)
    speed = np.linalg.norm(np.gradient(mean, axis=0), axis=-1) * fps / torso_of(points)
    slow = (speed < CALM) & (points[:, BODY, 2] > VISIBLE)
    whole = np.asarray(np.lib.stride_tricks.sliding_window_view(slow, lasting, axis=0).all(-1))
    rests[lasting // 2 : lasting // 2 + len(whole)] = whole
    return rests


@dataclass(frozen=True)
class Turn:
    """A limb's end turns back: joint; axis; way, 1 or -1; and the frames in which it is at its outermost place.

    One that is held wavers, and comes to that place several times: the beat is at each of them.
    """

    joint: int
    axis: int
    way: int
    moments: tuple[int, ...]


def turns(points: ndarray, *, torso: float, swing: float = SWING) -> list[Turn]:
    """The turns of wrists and ankles in points f 134 3, across and down, that come from and go far enough."""
    found = []
    for joint in ENDS:
        seen = points[:, joint, 2] > VISIBLE
        for axis in (0, 1):
            path = points[:, joint, axis].astype(np.float64)
            course = _zigzag(path, seen, least=swing * torso)
            ends = [0, *(frame for frame, _ in course), len(path) - 1]
            for (frame, way), before, after in zip(course, ends[:-2], ends[2:], strict=True):
                near = seen[before : after + 1] & (np.abs(path[before : after + 1] - path[frame]) <= PLATEAU * torso)
                found.append(Turn(joint, axis, way, tuple((before + np.flatnonzero(near)).tolist())))
    return found


def _zigzag(path: ndarray, seen: ndarray, *, least: float) -> list[tuple[int, int]]:
    """The frames in which a path f turns back by so much after having come so far, and which way it had gone."""
    found: list[tuple[int, int]] = []
    low = high = way = 0
    for frame in range(len(path)):
        if not seen[frame] or not (seen[low] and seen[high]):
            low = high = frame
            way = 0
            continue
        low = frame if path[frame] < path[low] else low
        high = frame if path[frame] > path[high] else high
        if way >= 0 and path[high] - path[frame] > least:
            found += [(high, 1)] if way else []
            way, low = -1, frame
        elif way <= 0 and path[frame] - path[low] > least:
            found += [(low, -1)] if way else []
            way, high = 1, frame
    return found


def late(true: ndarray, cleaned: ndarray, *, fps: float) -> list[float]:
    """By how many frames each turn of true, f 134 3, is off in cleaned; infinite for one that is lost."""
    torso = torso_of(true)
    own = turns(cleaned, torso=torso, swing=0.6 * SWING)
    off = []
    for turn in turns(true, torso=torso):
        alike = [each for each in own if (each.joint, each.axis, each.way) == (turn.joint, turn.axis, turn.way)]
        ways = (abs(one - other) for each in alike for one in turn.moments for other in each.moments)
        nearest = min(ways, default=np.inf)
        off.append(float(nearest if nearest <= max(2, REACH * fps) else np.inf))
    return off


def moved(points: ndarray, *, fps: float) -> ndarray:
    """points f 134 3 as found, without what the models mistook, which is no turn: sides exchanged, joints in impossible
    places, and leaps quicker than a limb, taken out by a short median."""
    points = fill_gaps(drop_outliers(unswap(points.astype(np.float64), fps=fps)), fps=fps)
    half = max(1, round(LEAP * fps / 2))
    padded = np.pad(points[..., :2], ((half, half), (0, 0), (0, 0)), mode="edge")
    calm = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0), axis=-1)
    return np.concatenate([calm, points[..., 2:]], -1)


def cleaning_table(found: PoseSequence, cleaned: PoseSequence, *, fps: float) -> dict[str, float]:
    """What cleaning did to the joints of one person as found; acceleration as parts of the torso."""
    torso = torso_of(found.points)
    rests = resting(found.points, fps=fps)
    inner = rests[:-2] & rests[1:-1] & rests[2:]
    moves = (
        ~rests[1:-1]
        & (np.minimum(np.minimum(found.points[:-2], found.points[1:-1]), found.points[2:]) > VISIBLE)[:, BODY, 2]
    )
    table: dict[str, float] = {"joints at rest, joint frames": int(inner.sum())}
    for name, which in (("at rest", inner), ("moving", moves)):
        if which.any():
            before, after = (100 * acceleration(each.points)[which].mean() / torso for each in (found, cleaned))
            table[f"acceleration {name} as found, % of torso a frame²"] = round(float(before), 2)
            table[f"acceleration {name} cleaned, % of torso a frame²"] = round(float(after), 2)
    off = np.array(late(moved(found.points, fps=fps), cleaned.points, fps=fps))
    table["turns of wrists and ankles"] = len(off)
    if len(off):
        table["turns at most a frame off, %"] = round(100 * float((off <= 1).mean()))
        table["turns lost, %"] = round(100 * float(np.isinf(off).mean()))
    return table
