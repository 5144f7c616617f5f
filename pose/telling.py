"""Who is who along a clip: people told apart through crossings and absences, frame by frame."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np

from pose.flashes import flashing_bodies
from pose.likeness import apart, body_box, boxes_of, matches, presence, shift
from pose.skeleton import BODY, POINTS, PoseSequence

LEAP = 1.2  # seconds within which somebody may be found again further away
REACH = 0.75  # of the body's size: how much further, at most
PACE = (0.05, 1.5)  # of the body's size: how much further after a moment out of sight, and with each second of it
# What is found with less than this part of a person's usual score, further than this part of their size from where they
# lead, is not them: with somebody else this close, and alone.
WEAK, BESIDE, CLOSE = 0.8, 0.05, 0.3
WEAK_ALONE, BESIDE_ALONE = 0.6, 0.1
ALIKE = 1.6  # times as large as somebody: who is larger is not them
OTHERS = 2.0  # seconds around a leap in which somebody else makes it doubtful
RECUT = 40  # people of whom it is told where the video is cut; so many are whole at once then
STRIDE = 0.4  # seconds over which a person's way is told, to expect them where it leads


@dataclass
class _Track:
    """One person's points by frame. sure: the frames that tell where they go on; score: that is usual; leaps: from
    which frame to which they were out of sight, and then beside their way."""

    points: dict[int, np.ndarray] = field(default_factory=dict)
    sure: list[int] = field(default_factory=list)
    leaps: list[tuple[int, int]] = field(default_factory=list)
    presence: float = 0.0
    score: float = 0.0

    def add(self, frame: int, points: np.ndarray, *, fps: float) -> None:
        if self.points and frame - self.last > 1 and apart(self.expected(frame, fps=fps), points) > BESIDE:
            self.leaps.append((self.last, frame))
        score = float(points[BODY, 2].mean())
        self.score = 0.9 * self.score + 0.1 * score if self.points else score
        if score >= WEAK_ALONE * self.score:
            self.sure.append(frame)
        self.points[frame] = points
        self.presence += presence(points)

    @property
    def last(self) -> int:
        return next(reversed(self.points))

    def without_flashes(self, *, fps: float) -> "_Track":
        """The same without the bodies that flash up and are nobody's, now that all of the way is known."""
        flashing = flashing_bodies(self.points, fps=fps)
        points = {frame: body for frame, body in self.points.items() if frame not in flashing}
        leaps = [leap for leap in self.leaps if leap[1] in points]
        return replace(self, points=points, leaps=leaps)

    def expected(self, frame: int, *, fps: float) -> np.ndarray:
        """The points surely seen last, where the person's way leads them by this frame: straight on for a moment, then
        no further."""
        last = self.sure[-1]
        points = self.points[last]
        before = next((each for each in reversed(self.sure) if last - each >= STRIDE * fps / 2), None)
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
    PoseSequence; leaps: by number, from which frame to which they were out of sight, and then beside their way."""

    shown: Sequence[Mapping[int, np.ndarray]]
    frames: int
    size: tuple[int, int]
    cuts: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    leaps: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)

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
        everybody, leaps = (*shown, *rest), dict[int, list[tuple[int, int]]]()
        for number, theirs in self.leaps.items():
            at, points = next(iter(self.shown[number].items()))
            who = next((w for w, each in enumerate(everybody) if at in each and (each[at] == points).all()), None)
            if who is not None:
                leaps.setdefault(who, []).extend(theirs)
        return Everybody(everybody, self.frames, self.size, dict(enumerate(cuts)), leaps)

    def doubtful(self, number: int, *, fps: float) -> list[tuple[int, int]]:
        """Those of somebody's leaps after which they may be another: about them another as large is seen."""
        reach, leaps = round(OTHERS * fps), []
        for last, again in self.leaps.get(number, ()):
            around, own = range(last - reach, again + reach), self.shown[number][again]
            others = [
                shown[at] for who, shown in enumerate(self.shown) if who != number for at in around if at in shown
            ]
            boxes = boxes_of([own, *others])
            sizes = np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1)
            if (np.maximum(sizes[1:], sizes[0]) < ALIKE * np.minimum(sizes[1:], sizes[0])).any():
                leaps.append((last, again))
        return leaps

    def packed(self) -> dict[str, np.ndarray]:
        """The same as arrays: of n bodies in all their points n 134 3, and whose they are and when, n."""
        all_of_them = [(who, when, body) for who, shown in enumerate(self.shown) for when, body in shown.items()]
        whose, when, points = zip(*all_of_them, strict=True) if all_of_them else ((), (), np.zeros((0, POINTS, 3)))
        arrays = {"points": np.array(points, np.float32), "whose": np.array(whose), "when": np.array(when)}
        cuts = [(who, cut) for who, places in self.cuts.items() for cut in places]
        leaps = [(who, *leap) for who, leaps in self.leaps.items() for leap in leaps]
        arrays |= {"cuts": np.array(cuts, int).reshape(-1, 2), "leaps": np.array(leaps, int).reshape(-1, 3)}
        return {**arrays, "frames": np.array(self.frames), "size": np.array(self.size)}

    @classmethod
    def unpacked(cls, arrays: Mapping[str, np.ndarray]) -> "Everybody":
        """What was packed. Raises KeyError for other arrays."""
        shown: list[dict[int, np.ndarray]] = [{} for _ in range(int(arrays["whose"].max(initial=-1)) + 1)]
        for who, when, body in zip(arrays["whose"], arrays["when"], arrays["points"], strict=True):
            shown[who][int(when)] = body
        cuts, leaps = (_by_number(arrays[name]) for name in ("cuts", "leaps"))
        width, height = arrays["size"].tolist()
        cuts = {who: tuple(cut for (cut,) in places) for who, places in cuts.items()}
        return cls(shown, int(arrays["frames"]), (width, height), cuts, leaps)

    @classmethod
    def of(cls, one: PoseSequence) -> "Everybody":
        """One person alone."""
        return cls((dict(enumerate(one.points)),), len(one), one.size, {0: one.cuts})


def _by_number(rows: np.ndarray) -> dict[int, list[Any]]:
    """Rows of a number and what is of that one, by number."""
    found: dict[int, list[Any]] = {}
    for who, *what in rows.tolist():
        found.setdefault(who, []).append(tuple(what))
    return found


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
        self._retire()
        expected = [track.expected(self.frame, fps=self.fps) for track in self._near]
        bodies = [points for points in found if body_box(points) is not None]
        bodies = [points for points in bodies if not self._is_amid(points, expected)]
        pairs = matches(expected, bodies)
        known = {place: self._near[track] for track, place in pairs.items()}
        lost = [place for place in range(len(self._near)) if place not in pairs]
        for place, points in enumerate(bodies):
            if place not in known and (near := self._leapt(points, lost, expected)) is not None:
                known[place] = self._near[near]
                lost.remove(near)
        known |= self._back([place for place in range(len(bodies)) if place not in known], bodies)
        for place, points in enumerate(bodies):
            if place not in known:
                self._near.append(known.setdefault(place, _Track()))
            known[place].add(self.frame, points, fps=self.fps)
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

    def _is_amid(self, points: np.ndarray, expected: Sequence[np.ndarray]) -> bool:
        """Whether a body, 134 3, is an answer half-way between two people who are close, and nobody's: less surely seen
        than who is near, and beside their ways. Of two, one may not have been seen yet."""
        boxes, box = boxes_of(expected), boxes_of([points])
        margin = CLOSE * np.linalg.norm(box[:, 2:] - box[:, :2], axis=1)
        between = np.maximum(boxes[:, :2] - box[:, 2:], box[:, :2] - boxes[:, 2:]).max(1)
        near = np.flatnonzero(between < margin)
        weak, beside = (WEAK, BESIDE) if len(near) > 1 else (WEAK_ALONE, BESIDE_ALONE)
        score = points[BODY, 2].mean()
        return bool(len(near)) and all(
            score < weak * self._near[place].score and apart(expected[place], points) > beside
            for place in near.tolist()
        )

    def _leapt(self, points: np.ndarray, lost: Sequence[int], expected: Sequence[np.ndarray]) -> int | None:
        """Which track, lost a moment ago, goes on with points that no track overlaps: near for the time it was lost,
        and of much the same size. Where no frame is missing the video may be cut."""
        if not lost:
            return None
        boxes, box = boxes_of([expected[place] for place in lost]), boxes_of([points])
        sizes, size = (np.linalg.norm(each[:, 2:] - each[:, :2], axis=1) for each in (boxes, box))
        ways = np.linalg.norm(boxes[:, 2:] + boxes[:, :2] - box[:, 2:] - box[:, :2], axis=1) / 2
        larger, smaller = np.maximum(sizes, size), np.minimum(sizes, size)
        gone = np.array([self.frame - self._near[place].last for place in lost])
        reach = np.where(gone < 2, REACH, np.minimum(REACH, PACE[0] + PACE[1] * gone / self.fps))
        may = (ways < reach * larger) & (larger < ALIKE * smaller)
        nearest = int(np.argmin(np.where(may, ways, np.inf)))
        return lost[nearest] if may[nearest] else None

    def everybody(self) -> Everybody:
        """Those seen longest and largest first."""
        # In a clip of any length a body of one or two frames is a mistake of the models.
        least = min(3, (self.frame + 1) // 2)
        tracks = [track.without_flashes(fps=self.fps) for track in (*self._near, *(track for track, _ in self._gone))]
        tracks = [track for track in tracks if len(track.points) >= least]
        tracks.sort(key=lambda track: (-track.presence, next(iter(track.points))))
        leaps = {number: track.leaps for number, track in enumerate(tracks)}
        return Everybody(tuple(track.points for track in tracks), self.frame, self.size, leaps=leaps)
