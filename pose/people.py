"""Who may be chosen, of those who are seen in a clip and of those in a picture; and one of them found again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pose.likeness import body_box, boxes_of
from pose.skeleton import PoseSequence
from pose.telling import Everybody, Telling

MOST_PEOPLE = 9  # that can be chosen from
TRAIL = 0.25  # seconds between two places of somebody's trail
SAME_PLACE = 0.25  # of the body's size: who is nearer to a place of the trail may be whom it is of
Trail = Sequence[tuple[float, float, float]]  # seconds of the file; x, y of a body's middle, as shares of the picture


def tell_apart(people: Sequence[np.ndarray], *, size: tuple[int, int], fps: float) -> Everybody:
    """Everybody of a clip of such frames (width, height), frame by frame n 134 3, as found: those seen longest and
    largest first; score 0 where they are not seen."""
    telling = Telling(size=size, fps=fps)
    for found in people:
        telling.add(found)
    return telling.everybody()


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
    boxes = np.stack([boxes_of(person.points) for person in everybody])
    shown = np.isfinite(boxes[..., 0])
    moment = int((shown * np.arange(len(everybody), 0, -1)[:, None]).sum(0).argmax()) if shown.size else 0
    found = {}
    for number, person in enumerate(boxes):
        near = min(np.flatnonzero(shown[number]), key=lambda frame: abs(frame - moment), default=None)
        if near is None or (abs(near - moment) > 0.2 * fps and number):
            continue  # nowhere, or elsewhere in the clip
        box = person[near]
        size = np.array(everybody[number].size)
        margin = 0.12 * (box[2:] - box[:2])
        low, high = np.clip((box[:2] - margin) / size, 0, 1), np.clip((box[2:] + margin) / size, 0, 1)
        found[number] = (*low.tolist(), *high.tolist())
    return Still(moment / fps, found)


@dataclass(frozen=True)
class Watched:
    """What a part of a video shows, at its own rate. everybody: the people as found, the most present first; empty:
    f bool, frames in which nobody is found; start: of the part, in seconds of the video; known: the joints are exact,
    and need no cleaning."""

    everybody: Everybody
    fps: Fraction
    empty: np.ndarray
    start: float = 0.0
    known: bool = False

    @property
    def still(self) -> Still:
        """Whom one may choose from, at a moment that shows them."""
        return find_still(self.everybody, fps=float(self.fps))

    @classmethod
    def part_of(
        cls, sequence: PoseSequence, fps: Fraction, *, start: float, seconds: float, known_from: float = 0.0
    ) -> "Watched":
        """The chosen part of a dance whose joints are known, from so many seconds of it on."""
        begin = min(round((start - known_from) * fps), len(sequence) - 1)
        points = sequence.points[begin : begin + max(1, round(seconds * fps))]
        cuts = tuple(cut - begin for cut in sequence.cuts if 0 < cut - begin < len(points))
        alone = Everybody.of(PoseSequence(points, sequence.size, cuts))
        return cls(alone, fps, np.zeros(len(points), bool), start, known=True)

    def packed(self) -> dict[str, np.ndarray]:
        """The same as arrays."""
        own = {"fps": self.fps.as_integer_ratio(), "empty": self.empty, "start": self.start, "known": self.known}
        return {**self.everybody.packed(), **{name: np.array(value) for name, value in own.items()}}

    @classmethod
    def unpacked(cls, arrays: Mapping[str, np.ndarray]) -> "Watched | None":
        """What was packed; None of what an older program has packed."""
        if not {"whose", "cuts", "leaps", "fps", "empty", "start", "known"} <= arrays.keys():
            return None
        fps = Fraction(*map(int, arrays["fps"]))
        return cls(Everybody.unpacked(arrays), fps, arrays["empty"], float(arrays["start"]), bool(arrays["known"]))

    def trail(self, number: int) -> Trail:
        """Where somebody is every few frames that show them."""
        size, fps, trail, due = self.everybody.size, float(self.fps), [], 0.0
        for frame, points in self.everybody.shown[number].items():
            if frame >= due and (box := body_box(points)) is not None:
                due = frame + TRAIL * fps
                x, y = (box[:2] + box[2:]) / 2 / size
                trail.append((round(self.start + frame / fps, 3), round(float(x), 4), round(float(y), 4)))
        return trail

    def find_again(self, trail: Trail) -> int | None:
        """The number in this part of whom a trail is; None where nobody of it is where the trail was. Numbers are of a
        part: in another, others may be seen longer."""
        best, most = None, 0.0
        for number, shown in enumerate(self.everybody.shown):
            near = 0.0
            for at, *place in trail:
                points = shown.get(round((at - self.start) * float(self.fps)))
                if points is None or (box := body_box(points)) is None:
                    continue
                way = np.linalg.norm((box[:2] + box[2:]) / 2 - np.multiply(place, self.everybody.size))
                near += max(0.0, 1 - float(way) / max(SAME_PLACE * float(np.linalg.norm(box[2:] - box[:2])), 1e-6))
            best, most = (number, near) if near > most else (best, most)
        return best


@dataclass(frozen=True)
class Seen:
    """Who may dance of a picture. characters: n 134 3 in its pixels, the most present first; size: its width and
    height; unsure: whether the only one may be recognised wrongly, as toys and drawings often are."""

    characters: np.ndarray
    size: tuple[int, int]
    unsure: bool = False

    @property
    def character(self) -> np.ndarray | None:
        """The most present, 134 3; None where nobody is recognised."""
        return next(iter(self.characters), None)

    @property
    def still(self) -> Still:
        """Whom one may choose from; the picture is the moment."""
        return find_still([PoseSequence(points[None], self.size) for points in self.characters], fps=1.0)
