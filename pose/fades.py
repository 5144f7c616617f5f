"""Who is seen on both sides of a slow change of the picture: a crossfade, a wipe, a slide, or a camera that moves."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pose.likeness import presence
from pose.skeleton import PoseSequence

LONGEST = 1.5  # seconds that nobody is seen meanwhile
BOTH = 0.4  # seconds that both sides are seen at once
AROUND = 0.5  # seconds before and after it in which nobody else is there
GHOST = 0.2  # seconds: who is seen more briefly meanwhile is nobody
UNLIKE = 0.25  # contrasts by which the pictures before and after it differ
# Of how unlike they are to the nearer of those two, pictures amid it are so far at most from any that is made of both.
# It is 0.13 of crossfades and up to 0.29 of wipes; where a camera moves, it is 0.46 and more.
MADE = 0.37


def faded(everybody: Sequence[PoseSequence], picture: Callable[[int], np.ndarray], *, fps: float) -> list[PoseSequence]:
    """People, the most present first, of whom who is lost in a slow change goes on as who is found in it: with a cut,
    but where the camera only moves.

    picture: a frame -> what it shows, h w in contrasts. Where the picture stays, or others are there, people come and
    go by themselves.
    """
    people, shown = list(everybody), [np.asarray(each.visible.any(1)) for each in everybody]
    while pair := _pair(shown, picture, fps=fps):
        old, new, made = pair
        points = np.where(shown[new][:, None, None], people[new].points, people[old].points)
        cuts = tuple(sorted({*people[old].cuts, _span(shown[new])[0]})) if made else people[old].cuts
        people[old], shown[old] = replace(people[old], points=points, cuts=cuts), shown[old] | shown[new]
        del people[new], shown[new]
    return sorted(people, key=lambda each: -sum(map(presence, each.points)))


def _pair(
    shown: Sequence[np.ndarray], picture: Callable[[int], np.ndarray], *, fps: float
) -> tuple[int, int, bool] | None:
    """The places of one who is lost and of who goes on as them, if there are such, and whether the pictures amid the
    change are made of those around it; shown: of each, f bool."""
    spans, margin = [_span(each) for each in shown], round(AROUND * fps)
    for old, new in permutations(range(len(shown)), 2):
        (first, last), (begins, ends) = spans[old], spans[new]
        if not (first < begins and last < ends and -BOTH * fps <= begins - last <= LONGEST * fps):
            continue
        low, high = max(first, min(last, begins) - margin), min(ends, max(last, begins) + margin)
        others = sum(int(each[low:high].sum()) for place, each in enumerate(shown) if place not in (old, new))
        if others < GHOST * fps and _unlike(picture(low), picture(high)) > UNLIKE:
            return old, new, _are_made([picture(frame) for frame in range(low, high + 1)])
    return None


def _unlike(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


def _are_made(pictures: Sequence[np.ndarray]) -> bool:
    """Whether pictures, h w in contrasts, are made of the first and the last of them, rather than seen on the way."""
    first, *amid, last = pictures
    unlike = sum(min(_unlike(each, first), _unlike(each, last)) for each in amid)
    return sum(_unlike_made(each, first, last) for each in amid) <= MADE * unlike


def _unlike_made(picture: np.ndarray, first: np.ndarray, last: np.ndarray) -> float:
    """How unlike a picture is to the nearest that a blend or a wipe makes of two, or in which one pushes the other
    out."""
    blended = np.clip(picture, np.minimum(first, last), np.maximum(first, last))
    pushed = []
    for own, one, other in ((picture, first, last), (picture.T, first.T, last.T)):
        for beside in (np.hstack([one, other]), np.hstack([other, one])):
            windows = sliding_window_view(beside, own.shape[1], axis=1)  # h, places, w
            pushed.append(np.abs(windows - own[:, None]).mean((0, 2)).min())
    return min(_unlike(picture, blended), *pushed)


def _span(shown: np.ndarray) -> tuple[int, int]:
    """The first and the last frame that shows somebody; in none nobody is lost or found."""
    seen = np.flatnonzero(shown)
    return (int(seen[0]), int(seen[-1])) if len(seen) else (0, -1)
