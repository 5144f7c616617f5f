"""The parts of a silhouette, a mask h w bool: where it is thick, where it narrows, and what stands out of it."""

import heapq
from itertools import pairwise

import cv2
import numpy as np

TALL = 120  # pixels of a figure in which its parts are told apart
NARROW, SPREAD = 0.12, 1.35  # by which share a neck is less wide than a head, and how much wider shoulders are than it
TIPS = 7  # at most: ends of limbs, head, ears, tails
STANDS_OUT = 0.11  # of the height: how far a tip leads away from what is known already


def trunk_axis(thick: np.ndarray) -> float:
    """x of the trunk: the middle of what is thick in the middle third."""
    third = thick.shape[0] // 3
    weights = (thick[third : 2 * third] ** 3).sum(0)
    return float((weights * np.arange(len(weights))).sum() / max(weights.sum(), 1e-9))


def find_crotch(mask: np.ndarray, axis: float) -> float:
    """y where the legs part: the highest row from which on they stay apart down to the feet; a share where none do."""
    height = mask.shape[0]
    apart = np.zeros(height, bool)
    for row in range(height // 3, height):
        line = mask[row]
        edges = np.flatnonzero(np.diff(np.r_[0, line.astype(int), 0]))
        runs = [(first, last) for first, last in zip(edges[::2], edges[1::2], strict=True) if last - first >= 2]
        near = [run for run in runs if run[1] > axis - 0.25 * height and run[0] < axis + 0.25 * height]
        gaps = [(b[0] + a[1]) / 2 for a, b in pairwise(near)]
        apart[row] = any(abs(gap - axis) < 0.08 * height for gap in gaps)
    rows = np.flatnonzero(apart)
    if len(rows) < 0.06 * height:
        return 0.58 * height
    lower = rows[rows > 0.4 * height]
    if not len(lower):
        return 0.58 * height
    best = lower[-1]  # walk up while the legs stay apart, over small bridges
    for row in lower[::-1]:
        if best - row > 0.05 * height:
            break
        best = row
    if not (0.42 * height < best < 0.93 * height and lower[-1] - best > 0.05 * height):
        return 0.58 * height
    # Legs that part only near the feet are held together, unless a wide trunk stands on them.
    above, below = mask[max(0, best - round(0.04 * height))].sum(), mask[min(height - 1, best + 2)].sum()
    return float(best) if best < 0.72 * height or above > 1.4 * below else 0.58 * height


def find_neck(thick: np.ndarray, axis: float, crotch: float) -> float:
    """y of the narrowest place between head and trunk; where nothing is narrow, a share of what is above the legs."""
    height = thick.shape[0]
    columns = np.arange(thick.shape[1])
    near = np.abs(columns - axis) < 0.12 * height
    profile = cv2.blur((thick * near).max(1)[:, None].astype(np.float64), (1, 3))[:, 0]
    best, depth = None, NARROW
    for row in range(round(0.12 * crotch), round(0.72 * crotch)):
        above, below = profile[:row].max(), profile[row + 1 : round(crotch)].max()
        narrow = 1 - profile[row] / max(min(above, below), 1e-6)
        if narrow > depth:
            best, depth = row, narrow
    return float(_above_shoulders(thick > 0, axis, crotch) if best is None else best)


def _above_shoulders(mask: np.ndarray, axis: float, crotch: float) -> float:
    """y to which a head sunk between the shoulders, less wide below, goes down before they spread; a share of what is
    above the legs where there is none."""
    first, last = round(0.3 * crotch), round(0.72 * crotch)
    wide = np.array([_width_at(line, round(axis)) for line in mask[:last]])
    if last <= first or not wide[first:].any():
        return 0.36 * crotch
    narrowest = first + int(np.where(wide[first:] > 0, wide[first:], np.inf).argmin())
    if wide[narrowest] > (1 - NARROW) * wide[: narrowest + 1].max():
        return 0.36 * crotch
    spread = np.flatnonzero(wide[narrowest:] > SPREAD * wide[narrowest])
    return float(narrowest + spread[0] - 1) if len(spread) else 0.36 * crotch


def _width_at(line: np.ndarray, column: int) -> int:
    """Pixels of a row, w bool, that hang together with a column of it."""
    if not line[column]:
        return 0
    holes = np.flatnonzero(~line)
    right = holes[holes > column].min(initial=len(line))
    return int(right - holes[holes < column].max(initial=-1) - 1)


def find_tips(mask: np.ndarray, thick: np.ndarray) -> np.ndarray:
    """n 2: ends of what stands out, by how far one walks to them inside the mask from all that is reached before."""
    middle = np.unravel_index(int(thick.argmax()), thick.shape)
    known = np.zeros_like(mask)
    known[middle] = True
    found = []
    for _ in range(TIPS):
        steps = _steps(mask, known)
        far = np.unravel_index(int(steps.argmax()), steps.shape)
        if steps[far] < STANDS_OUT * mask.shape[0] + thick.max() * (len(found) == 0):
            break
        found.append((far[1], far[0]))
        for x, y in (
            way_inside(mask, thick, np.array(middle[::-1], float), np.array(far[::-1], float)).round().astype(int)
        ):
            reach = max(1, round(float(thick[y, x])))
            cv2.circle(region := known.astype(np.uint8), (int(x), int(y)), reach, 1, -1)
            known = (region > 0) & mask
    return np.array(found, float).reshape(-1, 2)


def _steps(mask: np.ndarray, known: np.ndarray) -> np.ndarray:
    """How many steps inside the mask each pixel is from the known ones, h w; 0 where none leads."""
    steps = np.zeros(mask.shape)
    reached = (known & mask).astype(np.uint8)
    cross, square = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), np.ones((3, 3), np.uint8)
    for step in range(1, 4 * TALL):
        wider = np.asarray(cv2.dilate(reached, square if step % 2 else cross)) * mask
        fresh = (wider > 0) & (reached == 0)
        if not fresh.any():
            break
        steps[fresh] = step
        reached = wider
    return steps


def way_inside(mask: np.ndarray, thick: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """n 2: the way inside the mask that keeps to the middle, from start to end (x, y)."""
    height, width = mask.shape
    first, last = ((int(place[1].clip(0, height - 1)), int(place[0].clip(0, width - 1))) for place in (start, end))
    costs, came = {first: 0.0}, {}
    queue = [(0.0, first)]
    while queue:
        cost, here = heapq.heappop(queue)
        if here == last:
            break
        if cost > costs[here]:
            continue
        for row, column in ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)):
            there = here[0] + row, here[1] + column
            if not (0 <= there[0] < height and 0 <= there[1] < width):
                continue
            price = 1 + 6 / (1 + thick[there]) if mask[there] else 30.0
            total = cost + price * (1.4 if row and column else 1.0)
            if total < costs.get(there, np.inf):
                costs[there], came[there] = total, here
                heapq.heappush(queue, (total, there))
    way = [last]
    while way[-1] != first and way[-1] in came:
        way.append(came[way[-1]])
    return np.array(way[::-1], float)[:, ::-1]


def place_along(way: np.ndarray, share: float) -> np.ndarray:
    """The place at a share of a way's length."""
    lengths = np.r_[0, np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))]
    return np.array([np.interp(share * lengths[-1], lengths, way[:, axis]) for axis in (0, 1)])
