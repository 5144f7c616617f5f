"""A dance of several shots, as one camera would have seen it: everybody as large, and standing on one ground.

Notation: f frames; points are f 134 3 (x, y in pixels, y down, score).
"""

import numpy as np

from pose.proportions import bone_lengths, bone_ratios
from pose.skeleton import BODY, LEFT_HIP, NECK, RIGHT_HIP, VISIBLE, PoseSequence, lowest, middle

GOES_ON = 0.12  # of the body's size: how far joints lie, at most, from where they were before a cut that is a zoom
FEWEST = 6  # joints that tell so
AS_LARGE = 0.06  # by how much bones of two parts differ in which a body is as large: as measured in one real video
AS_BEFORE = 0.08  # of the body's size: a camera so near to an earlier one is that one


def as_one(dance: PoseSequence) -> np.ndarray:
    """The points of a dance, each shot scaled and shifted, never turned.

    Where a posture goes on over a cut, as where an edit zooms in on a beat, places go on too. Else bones become as long
    as in the longest part, and hips and soles are where they mostly are there.
    """
    points = dance.points.astype(np.float64)
    takes = _takes(points, dance.shots)
    seen = [int((points[take, NECK, 2] > VISIBLE).sum()) for take in takes]
    main = points[takes[int(np.argmax(seen))]]
    lengths = bone_lengths(main, quantile=0.9)
    for take in takes:
        ratios = bone_ratios(bone_lengths(points[take], quantile=0.9), lengths, alike=True)
        if ratios is not None:
            points[take, :, :2] *= 1.0 if abs(ratios["scale"] - 1) < AS_LARGE else ratios["scale"]
            points[take, :, :2] += _way_home(points[take], main)
    return points


def _takes(points: np.ndarray, shots: tuple[slice, ...]) -> list[slice]:
    """The parts that go on over their cuts; points f 134 3 are changed to do so also in places."""
    takes, cameras = [shots[0]], [(1.0, np.zeros(2))]
    for shot in shots[1:]:
        zoom = _zoom(points[shot.start - 1], points[shot.start])
        if zoom is None:
            takes.append(shot)
            cameras = [(1.0, np.zeros(2))]
            continue
        cameras.append(next((each for each in cameras if _alike(each, zoom, points[shot.start])), zoom))
        scale, shift = cameras[-1]
        points[shot, :, :2] = scale * points[shot, :, :2] + shift
        takes[-1] = slice(takes[-1].start, shot.stop)
    return takes


def _zoom(before: np.ndarray, after: np.ndarray) -> tuple[float, np.ndarray] | None:
    """The scale and the shift that bring a body, 134 3, to where it was before; None where its posture is another."""
    both = (before[BODY, 2] > VISIBLE) & (after[BODY, 2] > VISIBLE)
    if both.sum() < FEWEST:
        return None
    old, new = before[BODY][both, :2], after[BODY][both, :2]
    old_middle, new_middle = old.mean(0), new.mean(0)
    old, new = old - old_middle, new - new_middle
    scale = float((old * new).sum() / max((new**2).sum(), 1e-6))
    if scale <= 0 or ((old - scale * new) ** 2).sum() > GOES_ON**2 * (old**2).sum():
        return None
    return scale, old_middle - scale * new_middle


def _alike(known: tuple[float, np.ndarray], zoom: tuple[float, np.ndarray], body: np.ndarray) -> bool:
    """Whether two cameras show a body, 134 3, as large and in one place."""
    spots = body[BODY][body[BODY, 2] > VISIBLE, :2]
    first, second = (scale * spots + shift for scale, shift in (known, zoom))
    return bool(np.abs(first - second).max() < AS_BEFORE * np.ptp(second, axis=0).max())


def _way_home(points: np.ndarray, main: np.ndarray) -> np.ndarray:
    """How far, x y, a body is from where it mostly is in the main part: its hips, or its neck; and its soles."""
    roots = [middle(each, RIGHT_HIP, LEFT_HIP) for each in (points, main)]
    if not all(seen.mean() > 0.5 for _, seen in roots):
        roots = [(each[:, NECK, :2], each[:, NECK, 2] > VISIBLE) for each in (points, main)]
    if not all(seen.any() for _, seen in roots):
        return np.zeros(2)
    own, home = (np.median(places[seen], axis=0) for places, seen in roots)
    way = home - own
    soles = [lowest(each) for each in (points, main)]
    if all(np.isfinite(each).mean() > 0.5 for each in soles):
        low, ground = (np.quantile(each[np.isfinite(each)], 0.8) for each in soles)
        way[1] = ground - low
    return way
