"""Who is who along a clip: people told apart through crossings and absences, and one of them followed; and who may be
chosen, there and in a picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from pose.likeness import body_box, matches, presence, shift
from pose.skeleton import POINTS, PoseSequence

MOST_PEOPLE = 9  # that can be chosen from
LEAP = 1.2  # seconds within which somebody may be found again further away
REACH = 0.75  # of the body's size: how much further
STRIDE = 0.4  # seconds over which a person's way is told, to expect them where it leads


@dataclass
class _Track:
    """One person's points by frame, and where they were last."""

    points: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return next(reversed(self.points))

    def expected(self, frame: int, *, fps: float) -> np.ndarray:
        """The points last seen, where the person's way leads them by this frame: straight on for a moment, then no
        further."""
        last = self.last
        before = next((each for each in reversed(self.points) if last - each >= STRIDE * fps / 2), None)
        points = self.points[last]
        if before is None or last - before > STRIDE * fps or frame - last < 2:
            return points
        pace = shift(self.points[before], points) / (last - before)
        ahead = points.copy()
        ahead[:, :2] += pace * min(frame - last, LEAP * fps)
        return ahead

    def presence(self) -> float:
        return sum(map(presence, self.points.values()))


def follow(
    people: Sequence[np.ndarray], *, size: tuple[int, int], fps: float, person: int | None = None
) -> PoseSequence | None:
    """One of the people of a clip, frame by frame n 134 3 -> their points, as found; score 0 where they are not seen.

    person: counted from 0, by how long and how large they are seen; None is the first. None is returned where there
    is no such person. size: (width, height) of the frames.
    """
    everybody = tell_apart(people, size=size, fps=fps)
    return everybody[person or 0] if (person or 0) < len(everybody) else None


def tell_apart(people: Sequence[np.ndarray], *, size: tuple[int, int], fps: float) -> list[PoseSequence]:
    """Everybody of a clip, as `follow` gives one: those seen longest and largest first."""
    tracks: list[_Track] = []
    for frame, found in enumerate(people):
        bodies = [points for points in found if body_box(points) is not None]
        expected = [track.expected(frame, fps=fps) for track in tracks]
        pairs = matches(expected, bodies)
        taken = set(pairs.values())
        for place, points in enumerate(bodies):
            if place not in taken and (near := _leapt(points, tracks, expected, frame, set(pairs), fps)) is not None:
                pairs[near] = place
        known = {place: tracks[track] for track, place in pairs.items()}
        for place, points in enumerate(bodies):
            if place not in known:
                tracks.append(known.setdefault(place, _Track()))
            known[place].points[frame] = points
    # In a clip of any length a body of one or two frames is a mistake of the models.
    least = min(3, (len(people) + 1) // 2)
    everybody = []
    for track in sorted(tracks, key=_Track.presence, reverse=True):
        if len(track.points) >= least:
            points = np.zeros((len(people), POINTS, 3), np.float32)
            for frame, body in track.points.items():
                points[frame] = body
            everybody.append(PoseSequence(points, size))
    return everybody


def _leapt(
    points: np.ndarray,
    tracks: Sequence[_Track],
    expected: Sequence[np.ndarray],
    frame: int,
    found: set[int],
    fps: float,
) -> int | None:
    """Which track, lost a moment ago, goes on with points that no track overlaps: near, and of much the same size."""
    box = body_box(points)
    assert box is not None
    best, best_way = None, np.inf
    for place, track in enumerate(tracks):
        last = body_box(expected[place])
        if place in found or frame - track.last > LEAP * fps or last is None:
            continue
        sizes = np.linalg.norm(last[2:] - last[:2]), np.linalg.norm(box[2:] - box[:2])
        way = np.linalg.norm(last[2:] + last[:2] - box[2:] - box[:2]) / 2
        if way < min(best_way, REACH * max(sizes)) and max(sizes) < 1.6 * min(sizes):
            best, best_way = place, way
    return best


@dataclass(frozen=True)
class Still:
    """The moment that shows the most people: seconds into the part, and their boxes by number, x0 y0 x1 y1 as shares of
    the picture."""

    at: float
    boxes: dict[int, tuple[float, float, float, float]]


def find_still(people: Sequence[PoseSequence], *, fps: float) -> Still:
    """Whom one may choose from, at a moment that shows them."""
    everybody = people[:MOST_PEOPLE]
    if not everybody:
        return Still(0.0, {})
    boxes = [[body_box(points) for points in person.points] for person in everybody]
    shown = np.array([[box is not None for box in person] for person in boxes], bool)
    moment = int((shown * np.arange(len(everybody), 0, -1)[:, None]).sum(0).argmax()) if shown.size else 0
    found = {}
    for number, person in enumerate(boxes):
        near = min(np.flatnonzero(shown[number]), key=lambda frame: abs(frame - moment), default=None)
        if near is None or (abs(near - moment) > 0.2 * fps and number):
            continue  # nowhere, or elsewhere in the clip
        box = person[near]
        assert box is not None
        size = np.array(everybody[number].size)
        margin = 0.12 * (box[2:] - box[:2])
        low, high = np.clip((box[:2] - margin) / size, 0, 1), np.clip((box[2:] + margin) / size, 0, 1)
        found[number] = (*low.tolist(), *high.tolist())
    return Still(moment / fps, found)


@dataclass(frozen=True)
class Watched:
    """What a part of a video shows, at its own rate. everybody: the people as found, the most present first; empty:
    f bool, frames in which nobody is found; known: the joints are exact, and need no cleaning."""

    everybody: tuple[PoseSequence, ...]
    fps: Fraction
    empty: np.ndarray
    known: bool = False

    @property
    def still(self) -> Still:
        """Whom one may choose from, at a moment that shows them."""
        return find_still(self.everybody, fps=float(self.fps))


@dataclass(frozen=True)
class Seen:
    """Who may dance of a picture. characters: n 134 3 in its pixels, the most present first; size: its width and
    height."""

    characters: np.ndarray
    size: tuple[int, int]

    @property
    def character(self) -> np.ndarray | None:
        """The most present, 134 3; None where nobody is recognised."""
        return next(iter(self.characters), None)

    @property
    def still(self) -> Still:
        """Whom one may choose from; the picture is the moment."""
        return find_still([PoseSequence(points[None], self.size) for points in self.characters], fps=1.0)
