"""The people of one frame: looked for in the whole of it, in tiles, or where they were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pose.detector import suppress
from pose.likeness import body_box, matches, overlap_of, same, seen, shift
from pose.portraits import LARGE, as_portrait, with_room
from pose.skeleton import ARMS, POINTS, VISIBLE

NOBODY = np.zeros((0, POINTS, 3), np.float32)
CHARACTER_JOINTS = 6
KEPT = 25  # frames through which a person is followed by their own joints, unconfirmed by the detector
TILE = 0.6  # of the short side
SURE = 0.6  # the least score in a tile; people there score about 0.9
ROOM = 0.25  # of the picture's height: where less is left beside somebody nobody else is looked for
# Times as long as its short side: in the whole of a picture longer than the first people are small; one longer than the
# second is a stripe, whose many parts are not worth the time.
LONG, LONGEST = 2.2, 12.0
INWARDS = 0.15  # of somebody's width by which who is beside may overlap
RIM = 0.01  # of the short side: whose box comes so near the end of a picture's part is cut by it
ONCE = 0.45  # overlap from which on two boxes are of one body
# Scores of boxes: less has hardly anybody, less than the other perhaps a toy or a drawing, whose arms are then believed
# from the third on. Photos of people have 0.8 and more.
HARDLY, LIKELY, ARM = 0.5, 0.8, 0.6


@dataclass(frozen=True)
class Person:
    """Points 134 3, the box x0 y0 x1 y1 they were looked for in, for how many frames no detection confirms them, and
    the detector's score of the box where it is known."""

    points: np.ndarray
    box: np.ndarray
    unconfirmed: int = 0
    score: float = 1.0

    @property
    def unsure(self) -> bool:
        """Whether the models may be wrong about this body, as they often are about toys and drawings."""
        arms = self.points[np.ravel(ARMS), 2]
        return self.score < HARDLY or (self.score < LIKELY and bool((arms[arms > VISIBLE] < ARM).any()))


class Detector(Protocol):
    """What finds the people of a frame: PersonDetector, or another. Safe to share between threads."""

    @property
    def provider(self) -> str:
        """What it computes with, in onnxruntime's word or its own."""
        ...

    def find(self, frame: np.ndarray) -> np.ndarray:
        """frame h w 3 uint8 RGB -> people, n 5: x0 y0 x1 y1 score, the surest first."""
        ...


class Estimator(Protocol):
    """What finds the joints of people in boxes: PoseEstimator, or another. Safe to share between threads."""

    @property
    def provider(self) -> str:
        """As a detector's."""
        ...

    @property
    def batched(self) -> bool:
        """Whether several people go into one computation."""
        return False

    def estimate(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """frame h w 3 uint8 RGB, boxes n 4 or more (x0 y0 x1 y1) -> points n 134 3 (x, y in the frame, score), in the
        order of pose.skeleton."""
        ...

    def estimate_all(self, frames: Sequence[np.ndarray], boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The same of several frames."""
        return [self.estimate(frame, those) for frame, those in zip(frames, boxes, strict=True)]


@dataclass(frozen=True)
class Eyes:
    """A detector and an estimator that go together. Safe to share between threads."""

    detector: Detector
    estimator: Estimator

    def detected(self, frame: np.ndarray) -> list[Person]:
        """Whom the detector finds in a frame h w 3, the surest first."""
        return self.estimated(frame, self.detector.find(frame))

    def pictured(self, picture: np.ndarray) -> list[Person]:
        """The same of a picture h w 3; of a long one its parts are looked at too, in which people are larger."""
        boxes = [self.detector.find(picture)]
        height, width = picture.shape[:2]
        for left, top, right, bottom in parts(width, height):
            found = self._sure(picture, left, top, right, bottom)
            low, high = np.array([left, top]), np.array([right, bottom])
            rim = RIM * min(width, height)
            cut = (found[:, :2] < low + rim) & (low > 0) | (found[:, 2:4] > high - rim) & (high < (width, height))
            boxes.append(found[~cut.any(1)])
        every = np.concatenate(boxes)
        return self.estimated(picture, every[suppress(every[:, :4], every[:, 4], threshold=ONCE)])

    def close_up(self, picture: np.ndarray) -> np.ndarray:
        """Whom a picture h w 3 shows from so near that there is little more of them than a face: n 134 3, one at most,
        as of as_portrait."""
        wide, start = with_room(picture)
        for each in self.detected(wide):
            points = each.points.copy()
            points[:, :2] -= start
            portrait = as_portrait(points, least=LARGE * picture.shape[1]) if each.score > HARDLY else None
            if portrait is not None:
                return portrait[None]
        return NOBODY

    def estimated(self, frame: np.ndarray, boxes: np.ndarray) -> list[Person]:
        """The people in boxes n 4, or n 5 with scores, but those of whom fewer than four joints are seen, each once."""
        if not len(boxes):
            return []
        people: list[Person] = []
        for points, box in zip(self.estimator.estimate(frame, boxes), boxes, strict=True):
            if body_box(points) is not None and not any(same(points, other.points) for other in people):
                people.append(Person(points, box[:4], score=float(box[4]) if len(box) > 4 else 1.0))
        return people

    def searched(self, frame: np.ndarray) -> list[Person]:
        """Small people, found in overlapping squares, for a detector that does not see them in the whole frame.

        In so many squares chance makes bodies of trees and walls. Looked at again around its own joints, a person is
        still the same person; a ghost is not.
        """
        boxes = []
        for left, top, side in tiles(frame.shape[1], frame.shape[0]):
            boxes.extend(self._sure(frame, left, top, left + side, top + side))
        people = []
        for person in self.estimated(frame, np.array(boxes).reshape(-1, 5)):
            own = body_box(person.points)
            assert own is not None
            margin = 0.15 * (own[2:] - own[:2])
            again = self.estimator.estimate(frame, np.concatenate([own[:2] - margin, own[2:] + margin])[None])[0]
            if seen(again) >= CHARACTER_JOINTS and same(person.points, again):
                people.append(person)
        return people

    def beside(self, frame: np.ndarray, person: Person) -> list[Person]:
        """Who is left and right of somebody large, who draws the detector's attention in the whole frame."""
        height, width = frame.shape[:2]
        left, right = (int(np.clip(person.box[side], 0, width)) for side in (0, 2))
        inwards, boxes = round(INWARDS * (right - left)), []
        for start, end in ((0, left + inwards), (right - inwards, width)):
            if end - start < ROOM * height:
                continue
            boxes.extend(self._sure(frame, start, 0, end, height))
        return self.estimated(frame, np.array(boxes).reshape(-1, 5))

    def _sure(self, frame: np.ndarray, left: int, top: int, right: int, bottom: int) -> np.ndarray:
        """Boxes n 5 of people in a part of a frame, looked at by itself, with scores; in the frame's pixels."""
        found = self.detector.find(frame[top:bottom, left:right])
        return found[found[:, 4] >= SURE] + np.array([left, top, left, top, 0], np.float32)

    def missed(self, frame: np.ndarray, found: Sequence[Person], before: Sequence[Person]) -> list[Person]:
        """Those of before who are not among the found, but still where they were."""
        pairs = matches([person.points for person in before], [person.points for person in found])
        people: list[Person] = []
        for place, person in enumerate(before):
            if place in pairs or person.unconfirmed >= KEPT:
                continue
            points = self.estimator.estimate(frame, person.box[None])[0]
            if seen(points) < CHARACTER_JOINTS or overlap_of(person.points, points) < 0.3:
                continue
            if any(same(points, other.points) for other in (*found, *people)):
                continue
            people.append(Person(points, person.box + np.tile(shift(person.points, points), 2), person.unconfirmed + 1))
        return people


def tiles(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """Squares of 0.6 of the short side that cover a picture with overlap: left, top, side."""
    side = max(1, round(TILE * min(width, height)))
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, side


def is_long(width: int, height: int) -> bool:
    """Whether a picture is looked at in parts too."""
    return LONG < max(width, height) / min(width, height) <= LONGEST


def parts(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Squares along a long picture, and parts twice as long, in one of which all of a body as high as the picture is
    that a square cuts: left, top, right, bottom. None of a picture that is not long."""
    if not is_long(width, height):
        return
    short, long = sorted((width, height))
    for length in (short, 2 * short):
        step = length // 2
        for start in np.linspace(0, long - length, -(-(long - length) // step) + 1).round().astype(int).tolist():
            yield (start, 0, start + length, height) if width > height else (0, start, width, start + length)


def _starts(length: int, side: int) -> list[int]:
    count = max(2, int(np.ceil((length - side) / (0.6 * side))) + 1) if length > side else 1
    return [round(start) for start in np.linspace(0, length - side, count)]
