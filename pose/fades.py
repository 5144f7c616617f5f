"""Who is seen on both sides of a slow change of the picture: a crossfade, a wipe, a slide."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np

from pose.likeness import presence
from pose.skeleton import PoseSequence

LONGEST = 1.5  # seconds that nobody is seen meanwhile
BOTH = 0.4  # seconds that both sides are seen at once
AROUND = 0.5  # seconds before and after it in which nobody else is there
GHOST = 0.2  # seconds: who is seen more briefly meanwhile is nobody
UNLIKE = 0.25  # contrasts by which the pictures before and after it differ


def faded(everybody: Sequence[PoseSequence], apart: Callable[[int, int], float], *, fps: float) -> list[PoseSequence]:
    """People, the most present first, of whom who is lost in a slow change goes on, with a cut, as who is found in it.

    apart: two frames -> how unlike their pictures are, in contrasts. Where the picture stays, or others are there,
    people come and go by themselves.
    """
    people, shown = list(everybody), [np.asarray(each.visible.any(1)) for each in everybody]
    while pair := _pair(shown, apart, fps=fps):
        old, new = pair
        points = np.where(shown[new][:, None, None], people[new].points, people[old].points)
        cuts = tuple(sorted({*people[old].cuts, _span(shown[new])[0]}))
        people[old], shown[old] = replace(people[old], points=points, cuts=cuts), shown[old] | shown[new]
        del people[new], shown[new]
    return sorted(people, key=lambda each: -sum(map(presence, each.points)))


def _pair(shown: Sequence[np.ndarray], apart: Callable[[int, int], float], *, fps: float) -> tuple[int, int] | None:
    """The places of one who is lost and of who goes on as them, if there are such; shown: of each, f bool."""
    spans, margin = [_span(each) for each in shown], round(AROUND * fps)
    for old, new in permutations(range(len(shown)), 2):
        (first, last), (begins, ends) = spans[old], spans[new]
        if not (first < begins and last < ends and -BOTH * fps <= begins - last <= LONGEST * fps):
            continue
        low, high = max(first, min(last, begins) - margin), min(ends, max(last, begins) + margin)
        others = sum(int(each[low:high].sum()) for place, each in enumerate(shown) if place not in (old, new))
        if others < GHOST * fps and apart(low, high) > UNLIKE:
            return old, new
    return None


def _span(shown: np.ndarray) -> tuple[int, int]:
    """The first and the last frame that shows somebody; in none nobody is lost or found."""
    seen = np.flatnonzero(shown)
    return (int(seen[0]), int(seen[-1])) if len(seen) else (0, -1)
