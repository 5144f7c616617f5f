"""The people of one frame: looked for in the whole of it, in tiles, or where they were."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from pose.crowds import alone, crowded, in_place, neighbours, second
from pose.detector import suppress
from pose.likeness import body_box, certainty, matches, overlap_of, same, seen, shift
from pose.portraits import LARGE, as_portrait, with_room
from pose.skeleton import ARMS, POINTS, VISIBLE
from pose.tiles import parts, tiles

NOBODY = np.zeros((0, POINTS, 3), np.float32)
CHARACTER_JOINTS = 6
KEPT = 25  # frames through which a person is followed by their own joints, unconfirmed by the detector
FAINT = 0.6  # the least mean score of the joints that a body shows: with less it may be nobody
SURE = 0.6  # the least score in a tile; people there score about 0.9
THERE = 0.3  # the least overlap of where somebody is with where they were expected
AROUND = 0.15  # of a body's width and height: what of the frame about it is looked at once more
ROOM = 0.25  # of the picture's height: where less is left beside somebody nobody else is looked for
INWARDS = 0.15  # of somebody's width by which who is beside may overlap
RIM = 0.01  # of the short side: whose box comes so near the end of a picture's part is cut by it
ONCE = 0.45  # overlap from which on two boxes are of one body
# Scores of boxes: less than the first has hardly anybody, than the second a toy or a drawing, than the third perhaps
# one, whose arms are then believed from the last on. Photos of people have 0.8 and more.
HARDLY, TOY, LIKELY, ARM = 0.5, 0.6, 0.8, 0.6


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
        return self.score < TOY or (self.score < LIKELY and bool((arms[arms > VISIBLE] < ARM).any()))

    @property
    def faint(self) -> bool:
        """Whether the joints that this body shows are so hardly seen that it may be nobody."""
        return certainty(self.points) < FAINT


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
        """Whom the detector finds in a frame h w 3, the surest first.

        Who stands close to somebody surer may be a part of them: a person, looked at again in the frame as it is, is
        still the same person. Where the surer one is not, the frame as it is tells them.
        """
        boxes = self.detector.find(frame)
        if not crowded(boxes).any():
            return self.estimated(frame, boxes)
        points = self.joints([frame], [boxes])[0]
        if ghosts := [place for place in second(boxes) if not self._stays(frame, points[place])]:
            boxes = np.delete(boxes, ghosts, axis=0)
            points = self.joints([frame], [boxes])[0]
        surer = crowded(boxes)
        surer[second(boxes)] = False
        for place in np.flatnonzero(surer):
            if not self._stays(frame, points[place]):
                points[place] = self.estimator.estimate(frame, boxes[place : place + 1])[0]
        return _once(points, boxes)

    def joints(self, frames: Sequence[np.ndarray], boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Points n 134 3 of the people in each frame's boxes, n 4 or more; of those who stand close to others each is
        looked at alone."""
        if not any(crowded(those).any() for those in boxes):
            return self.estimator.estimate_all(frames, boxes)
        apart = [
            (alone(frame, box, those), box[None]) for frame, those in zip(frames, boxes, strict=True) for box in those
        ]
        answers = iter(self.estimator.estimate_all([frame for frame, _ in apart], [box for _, box in apart]))
        return [np.array([next(answers)[0] for _ in those]).reshape(-1, POINTS, 3) for those in boxes]

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
        return _once(self.estimator.estimate(frame, boxes), boxes) if len(boxes) else []

    def searched(self, frame: np.ndarray) -> list[Person]:
        """Small people, found in overlapping squares, for a detector that does not see them in the whole frame.

        In so many squares chance makes bodies of trees and walls. Looked at again around its own joints, a person is
        still the same person; a ghost is not.
        """
        boxes = []
        for left, top, side in tiles(frame.shape[1], frame.shape[0]):
            boxes.extend(self._sure(frame, left, top, left + side, top + side))
        people = self.estimated(frame, np.array(boxes).reshape(-1, 5))
        return [person for person in people if self._stays(frame, person.points)]

    def _stays(self, frame: np.ndarray, points: np.ndarray) -> bool:
        """Whether a body, 134 3, is the same one when it is looked at again around its own joints."""
        own = body_box(points)
        if own is None:
            return False
        margin = AROUND * (own[2:] - own[:2])
        again = self.estimator.estimate(frame, np.concatenate([own[:2] - margin, own[2:] + margin])[None])[0]
        return seen(again) >= CHARACTER_JOINTS and same(points, again)

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
        here = in_place(_boxes(before), _boxes(found))
        old = [place for place in range(len(before)) if place not in here]
        new = [each.points for place, each in enumerate(found) if place not in here.values()]
        pairs = matches([before[place].points for place in old], new)
        lost = [before[place] for at, place in enumerate(old) if at not in pairs]
        people: list[Person] = []
        for person in lost:
            if person.unconfirmed >= KEPT:
                continue
            points = self._parted(frame, person.box, [*found, *(each for each in lost if each is not person)])
            if seen(points) < CHARACTER_JOINTS or overlap_of(person.points, points) < THERE:
                continue
            if any(same(points, other.points) for other in (*found, *people)):
                continue
            people.append(Person(points, person.box + np.tile(shift(person.points, points), 2), person.unconfirmed + 1))
        return people

    def parted(self, frame: np.ndarray, found: Sequence[Person], missed: Sequence[Person]) -> list[Person]:
        """All of them; of the found, those that stand close to one who was missed are looked at without them."""
        close = [bool(neighbours(each.box, _boxes(missed))) for each in found]
        return [
            replace(each, points=self._parted(frame, each.box, missed)) if beside else each
            for each, beside in zip(found, close, strict=True)
        ] + [*missed]

    def _parted(self, frame: np.ndarray, box: np.ndarray, others: Sequence[Person]) -> np.ndarray:
        """The points 134 3 of who is in a box x0 y0 x1 y1, looked at without others who stand close; as the frame shows
        them where that is no body."""
        if (shown := alone(frame, box, _boxes(others))) is not frame:
            points = self.estimator.estimate(shown, box[None])[0]
            if self._stays(frame, points):
                return points
        return self.estimator.estimate(frame, box[None])[0]


def _boxes(people: Sequence[Person]) -> np.ndarray:
    return np.array([each.box for each in people]).reshape(-1, 4)


def _once(points: np.ndarray, boxes: np.ndarray) -> list[Person]:
    """The people of points n 134 3 and the boxes n 4, or n 5 with scores, that they were looked for in; each once."""
    people: list[Person] = []
    for body, box in zip(points, boxes, strict=True):
        if body_box(body) is not None and not any(same(body, other.points) for other in people):
            people.append(Person(body, box[:4], score=float(box[4]) if len(box) > 4 else 1.0))
    return people
