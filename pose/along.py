"""The people of frame after frame: detected in a frame of several, and in between looked for where they must be."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from pose.estimator import region
from pose.likeness import body_box, matches, overlap
from pose.looking import THERE, Eyes, Person
from pose.skeleton import BODY

SPAN = 0.16  # seconds from one detection to the next: in so short a time people go where both lead them
MOST = 8  # frames from one detection to the next
CONFIDENCE = 0.8  # of what it was at the detections: with less, a person is looked for anew
RIM = 0.01  # of what the estimator looks at: joints nearer to its edge than this leave it

Found = list[Person]


@dataclass
class _Stretch:
    """A frame in which people are detected, and those up to the next detection."""

    frames: list[np.ndarray]
    first: Future[Found]
    rest: list[Future[list[Found]]] = field(default_factory=list)

    def people(self) -> Iterator[tuple[np.ndarray, Found]]:
        between = [found for part in self.rest for found in part.result()]
        yield from zip(self.frames, [self.first.result(), *between], strict=True)


def stride(fps: float | None) -> int:
    """How many frames lie from one detection to the next; 1 where the rate is not known."""
    return int(np.clip(round(SPAN * fps), 1, MOST)) if fps else 1


def look_along(
    frames: Iterable[np.ndarray], eyes: Eyes, *, fps: float | None, threads: int
) -> Iterator[tuple[np.ndarray, Found]]:
    """Each frame with its people, in order, looked at by several threads, a few frames ahead."""
    every = stride(fps)
    ahead = -(-2 * threads // every)
    begun: deque[_Stretch] = deque()
    going: deque[_Stretch] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pose")

    def go_on() -> None:
        """What lies between the oldest two detections."""
        stretch = begun.popleft()
        before, rest = stretch.first.result(), stretch.frames[1:]
        after = begun[0].first.result() if begun else None
        # Where crops go together into one computation, so do the frames; else each is for whoever is free.
        parts = [range(len(rest))] if eyes.estimator.batched else [range(at, at + 1) for at in range(len(rest))]
        for part in parts if rest else ():
            shares = [(at + 1) / every for at in part]
            chosen = [rest[at] for at in part]
            stretch.rest.append(pool.submit(look_between, chosen, eyes, before=before, after=after, shares=shares))
        going.append(stretch)

    try:
        for stretch in _parted(frames, every):
            begun.append(_Stretch(stretch, pool.submit(eyes.detected, stretch[0])))
            if len(begun) > ahead:
                go_on()
            if len(going) > 1:
                yield from going.popleft().people()
        while begun:
            go_on()
            yield from going.popleft().people()
        while going:
            yield from going.popleft().people()
    finally:  # also when whoever iterates has gone
        pool.shutdown(wait=True, cancel_futures=True)


def _parted(frames: Iterable[np.ndarray], every: int) -> Iterator[list[np.ndarray]]:
    part: list[np.ndarray] = []
    for frame in frames:
        part.append(frame)
        if len(part) == every:
            yield part
            part = []
    if part:
        yield part


def look_between(
    frames: Sequence[np.ndarray], eyes: Eyes, *, before: Found, after: Found | None, shares: Sequence[float]
) -> list[Found]:
    """The people of frames between two detections, each at its share of the way from the one to the other.

    They are looked for in boxes between those of both, grown to hold the joints of both. The detector looks anew where
    only one of the two shows somebody, unless they are faint, where somebody is less surely seen than at both, and
    where somebody leaves their box. after: None where there is no other detection.
    """
    pairs = matches([each.points for each in before], [each.points for each in after or ()])
    lone = [each for place, each in enumerate(before) if place not in pairs]
    lone += [each for place, each in enumerate(after or ()) if place not in pairs.values()]
    if after is None or not all(each.faint for each in lone):
        return [eyes.detected(frame) for frame in frames]
    if not pairs:
        return [[] for _ in frames]
    ways = [(before[old], after[new]) for old, new in sorted(pairs.items())]
    expected = [[_between(*way, share) for way in ways] for share in shares]
    boxes = [np.stack([each.box for each in people]) for people in expected]
    answers = eyes.joints(frames, boxes)
    return [
        [Person(points, hoped.box) for points, hoped in zip(answer, people, strict=True)]
        if all(_holds(points, hoped) for points, hoped in zip(answer, people, strict=True))
        else eyes.detected(frame)
        for frame, answer, people in zip(frames, answers, expected, strict=True)
    ]


def _between(old: Person, new: Person, share: float) -> Person:
    """Where a person should be; the scores are the least that is expected of them."""
    points = old.points * (1 - share) + new.points * share
    points[:, 2] = np.minimum(old.points[:, 2], new.points[:, 2])
    box = old.box[:4] * (1 - share) + new.box[:4] * share
    own = body_box(points)
    if own is not None:
        box = np.concatenate([np.minimum(box[:2], own[:2]), np.maximum(box[2:], own[2:])])
    return Person(points, box.astype(np.float32))


def _holds(points: np.ndarray, hoped: Person) -> bool:
    """Whether somebody is as surely seen as hoped, where they should be, and inside what was looked at."""
    own, due = body_box(points), body_box(hoped.points)
    if own is None or points[BODY, 2].mean() < CONFIDENCE * hoped.points[BODY, 2].mean():
        return False
    centre, size = region(hoped.box)
    low, high = centre - (0.5 - RIM) * size, centre + (0.5 - RIM) * size
    inside = (own[:2] > low).all() and (own[2:] < high).all()
    return bool(inside and (due is None or overlap(own, due) >= THERE))
