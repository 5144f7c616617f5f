"""Who is who along a clip: people told apart through crossings and absences, frame by frame."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from pose.likeness import body_box, boxes_of, matches, presence, shift
from pose.skeleton import POINTS, PoseSequence

LEAP = 1.2  # seconds within which somebody may be found again further away
REACH = 0.75  # of the body's size: how much further
RECUT = 40  # people of whom it is told where the video is cut; so many are whole at once then
STRIDE = 0.4  # seconds over which a person's way is told, to expect them where it leads


@dataclass
class _Track:
    """One person's points by frame, and where they were last."""

    points: dict[int, np.ndarray] = field(default_factory=dict)
    presence: float = 0.0

    def add(self, frame: int, points: np.ndarray) -> None:
        self.points[frame] = points
        self.presence += presence(points)

    @property
    def last(self) -> int:
        return next(reversed(self.points))

    def expected(self, frame: int, *, fps: float) -> np.ndarray:
        """The points last seen, where the person's way leads them by this frame: straight on for a moment, then no
        further."""
        last = self.last
        points = self.points[last]
        if frame - last < 2:
            return points
        before = next((each for each in reversed(self.points) if last - each >= STRIDE * fps / 2), None)
        if before is None or last - before > STRIDE * fps:
            return points
        pace = shift(self.points[before], points) / (last - before)
        ahead = points.copy()
        ahead[:, :2] += pace * min(frame - last, LEAP * fps)
        return ahead


@dataclass(frozen=True)
class Everybody(Sequence[PoseSequence]):
    """The people of a clip of so many frames, the most present first; each is made whole when asked for, since of
    those who pass by most frames show nothing. shown: each one's points 134 3 by frame; cuts: by number, as in a
    PoseSequence."""

    shown: Sequence[Mapping[int, np.ndarray]]
    frames: int
    size: tuple[int, int]
    cuts: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.shown)

    @overload
    def __getitem__(self, number: int) -> PoseSequence: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[PoseSequence, ...]: ...
    def __getitem__(self, number: int | slice) -> PoseSequence | tuple[PoseSequence, ...]:
        if isinstance(number, slice):
            return tuple(self[each] for each in range(len(self))[number])
        points = np.zeros((self.frames, POINTS, 3), np.float32)
        for frame, body in self.shown[number].items():
            points[frame] = body
        return PoseSequence(points, self.size, self.cuts.get(number, ()))

    def recut(self, cut: Callable[[Sequence[PoseSequence]], Sequence[PoseSequence]]) -> "Everybody":
        """The same with the most present as `cut` gives them: with cuts, and several as one. Who is past those has the
        cuts that all of these have."""
        first, rest = cut(self[:RECUT]), self.shown[RECUT:]
        shown = [{int(at): each.points[at] for at in np.flatnonzero(each.points[..., 2].any(1))} for each in first]
        common = tuple(sorted(set.intersection(*(set(each.cuts) for each in first)))) if first else ()
        cuts = [*(each.cuts for each in first), *(common for _ in rest)]
        return Everybody((*shown, *rest), self.frames, self.size, dict(enumerate(cuts)))

    def packed(self) -> dict[str, np.ndarray]:
        """The same as arrays: of n bodies in all their points n 134 3, and whose they are and when, n."""
        all_of_them = [(who, when, body) for who, shown in enumerate(self.shown) for when, body in shown.items()]
        whose, when, points = zip(*all_of_them, strict=True) if all_of_them else ((), (), np.zeros((0, POINTS, 3)))
        arrays = {"points": np.array(points, np.float32), "whose": np.array(whose), "when": np.array(when)}
        cuts = [(who, cut) for who, places in self.cuts.items() for cut in places]
        arrays["cuts"] = np.array(cuts, int).reshape(-1, 2)
        return {**arrays, "frames": np.array(self.frames), "size": np.array(self.size)}

    @classmethod
    def unpacked(cls, arrays: Mapping[str, np.ndarray]) -> "Everybody":
        """What was packed. Raises KeyError for other arrays."""
        shown: list[dict[int, np.ndarray]] = [{} for _ in range(int(arrays["whose"].max(initial=-1)) + 1)]
        for who, when, body in zip(arrays["whose"], arrays["when"], arrays["points"], strict=True):
            shown[who][int(when)] = body
        cuts = {who: tuple(arrays["cuts"][arrays["cuts"][:, 0] == who, 1].tolist()) for who in range(len(shown))}
        width, height = arrays["size"].tolist()
        return cls(shown, int(arrays["frames"]), (width, height), cuts)

    @classmethod
    def of(cls, one: PoseSequence) -> "Everybody":
        """One person alone."""
        return cls((dict(enumerate(one.points)),), len(one), one.size, {0: one.cuts})


class Telling:
    """Tells the people of a clip apart while its frames come. size: (width, height) of the frames.

    What a frame takes does not grow with the number of all who were ever seen: who was lost longer ago than a moment
    is looked for only where somebody turns up whom nobody seen of late explains.
    """

    def __init__(self, *, size: tuple[int, int], fps: float):
        self.size, self.fps, self.frame = size, fps, 0
        self._near: list[_Track] = []  # seen within a moment
        self._gone: list[tuple[_Track, np.ndarray]] = []  # and where they would have got to

    def add(self, found: Iterable[np.ndarray]) -> None:
        """The people of the next frame, 134 3 each."""
        bodies = [points for points in found if body_box(points) is not None]
        self._retire()
        expected = [track.expected(self.frame, fps=self.fps) for track in self._near]
        pairs = matches(expected, bodies)
        known = {place: self._near[track] for track, place in pairs.items()}
        lost = [place for place in range(len(self._near)) if place not in pairs]
        for place, points in enumerate(bodies):
            if place not in known and (near := _leapt(points, lost, expected)) is not None:
                known[place] = self._near[near]
                lost.remove(near)
        known |= self._back([place for place in range(len(bodies)) if place not in known], bodies)
        for place, points in enumerate(bodies):
            if place not in known:
                self._near.append(known.setdefault(place, _Track()))
            known[place].add(self.frame, points)
        self.frame += 1

    def _retire(self) -> None:
        gone = [track for track in self._near if self.frame - track.last > LEAP * self.fps]
        self._gone.extend((track, track.expected(self.frame, fps=self.fps)) for track in gone)
        self._near = [track for track in self._near if self.frame - track.last <= LEAP * self.fps]

    def _back(self, places: Sequence[int], bodies: Sequence[np.ndarray]) -> dict[int, _Track]:
        """Who of the bodies at some places was lost long ago where they are now, by place."""
        pairs = matches([rest for _, rest in self._gone], [bodies[place] for place in places]) if places else {}
        known = {places[new]: self._gone[old][0] for old, new in pairs.items()}
        self._near.extend(known.values())
        self._gone = [each for place, each in enumerate(self._gone) if place not in pairs]
        return known

    def everybody(self) -> Everybody:
        """Those seen longest and largest first."""
        # In a clip of any length a body of one or two frames is a mistake of the models.
        least = min(3, (self.frame + 1) // 2)
        tracks = [track for track in (*self._near, *(track for track, _ in self._gone)) if len(track.points) >= least]
        tracks.sort(key=lambda track: (-track.presence, next(iter(track.points))))
        return Everybody(tuple(track.points for track in tracks), self.frame, self.size)


def _leapt(points: np.ndarray, lost: Sequence[int], expected: Sequence[np.ndarray]) -> int | None:
    """Which track, lost a moment ago, goes on with points that no track overlaps: near, and of much the same size."""
    if not lost:
        return None
    boxes, box = boxes_of([expected[place] for place in lost]), boxes_of([points])
    sizes, size = np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1), np.linalg.norm(box[:, 2:] - box[:, :2], axis=1)
    ways = np.linalg.norm(boxes[:, 2:] + boxes[:, :2] - box[:, 2:] - box[:, :2], axis=1) / 2
    larger, smaller = np.maximum(sizes, size), np.minimum(sizes, size)
    may = (ways < REACH * larger) & (larger < 1.6 * smaller)
    return lost[int(np.where(may, ways, np.inf).argmin())] if may.any() else None
