"""Everybody in a frame, everybody along a video, and the one person of a picture: detector and estimator together."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from pose.detector import PROVIDERS, PersonDetector
from pose.estimator import PoseEstimator
from pose.likeness import body_box, matches, overlap_of, presence, same, seen, shift
from pose.reference import sits
from pose.skeleton import POINTS, drop_invented
from pose.weights import PoseModels, find_pose_models

WORKERS = 4
NOBODY = np.zeros((0, POINTS, 3), np.float32)
CHARACTER_JOINTS = 6
KEPT = 25  # frames through which a person is followed by their own joints, unconfirmed by the detector
SEARCH = 8  # a frame in so many is searched in tiles while nobody is found
TILE = 0.6  # of the short side
SURE = 0.6  # the least score in a tile; people there score about 0.9


@dataclass(frozen=True)
class _Person:
    """Points 134 3, the box x0 y0 x1 y1 they were looked for in, and for how many frames no detection confirms them."""

    points: np.ndarray
    box: np.ndarray
    unconfirmed: int = 0


class PoseFinder:
    """Detector and estimator, loaded once. All answers are points n 134 3: x, y in the frame's pixels, and score."""

    def __init__(self, detector: PersonDetector, estimator: PoseEstimator, *, small: bool, threads: int, asked: str):
        self.detector, self.estimator = detector, estimator
        self.small, self.threads, self.asked = small, threads, asked

    @classmethod
    def load(cls, models: PoseModels | None = None, *, device: str = "cpu", threads: int | None = None) -> "PoseFinder":
        """Load the models, those of find_pose_models by default, on "cpu" or "cuda".

        threads: frames looked at side by side; by default one a core, at most four. Raises PoseModelError.
        """
        models = models or find_pose_models()
        detector = PersonDetector(models.detector, device=device)
        estimator = PoseEstimator(models.estimator, rgb=models.rgb, device=device)
        threads = threads or min(WORKERS, os.cpu_count() or 1)
        return cls(detector, estimator, small=models.small, threads=threads, asked=device)

    @property
    def provider(self) -> str:
        """What onnxruntime really uses, in its own word: the slower one where the two models differ."""
        used = {self.detector.provider, self.estimator.provider}
        return PROVIDERS["cpu"] if PROVIDERS["cpu"] in used else used.pop()

    @property
    def fell_back(self) -> bool:
        """Whether CUDA was asked for and is not used."""
        return self.asked.startswith("cuda") and self.provider != PROVIDERS["cuda"]

    def people(self, frame: np.ndarray) -> np.ndarray:
        """Everybody in one frame, h w 3 uint8 RGB: n 134 3, the surest detection first."""
        found = self._detected(frame)
        return _points(found if found or self.small else self._searched(frame))

    def character(self, picture: np.ndarray) -> np.ndarray | None:
        """The person of a picture, h w 3 uint8 RGB: 134 3; the most present of several, without invented legs.

        None where no box is found, or fewer than six body joints are seen. Small people are not searched for: they make
        poor characters, and in drawings the search finds bodies that are none.
        """
        people = [person.points for person in self._detected(picture) if seen(person.points) >= CHARACTER_JOINTS]
        if not people:
            return None
        person = max(people, key=presence)
        if not sits(person):
            person = drop_invented(person, size=(picture.shape[1], picture.shape[0]))
        return person if seen(person) >= CHARACTER_JOINTS else None

    def guess(self, picture: np.ndarray) -> np.ndarray:
        """The likeliest body, 134 3, of a picture h w 3 in which no person need be: something to start from by hand.
        Its scores say little."""
        boxes = self.detector.find(picture)[:1, :4]
        whole = np.array([[0, 0, picture.shape[1], picture.shape[0]]], np.float32)
        return self.estimator.estimate(picture, boxes if len(boxes) else whole)[0]

    def watch(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Everybody in each frame of a video, in order: n 134 3 a frame. Frames are taken a few ahead, never all.

        Who was seen a frame ago and is not detected now is looked for where they were.
        """
        people: list[_Person] = []
        for index, (frame, found) in enumerate(self._ahead(frames)):
            people = found + self._missed(frame, found, people)
            if not people and not self.small and index % SEARCH == 0:
                people = self._searched(frame)
            yield _points(people)

    def _ahead(self, frames: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, list[_Person]]]:
        """Frames with who was detected in them, in order, looked at by several threads, two frames a thread ahead."""
        waiting: deque[tuple[np.ndarray, Future[list[_Person]]]] = deque()
        pool = ThreadPoolExecutor(self.threads, thread_name_prefix="pose")
        try:
            for frame in frames:
                waiting.append((frame, pool.submit(self._detected, frame)))
                if len(waiting) > 2 * self.threads:
                    frame, future = waiting.popleft()
                    yield frame, future.result()
            while waiting:
                frame, future = waiting.popleft()
                yield frame, future.result()
        finally:  # also when whoever iterates has gone
            pool.shutdown(wait=True, cancel_futures=True)

    def _detected(self, frame: np.ndarray) -> list[_Person]:
        return self._estimated(frame, self.detector.find(frame)[:, :4])

    def _estimated(self, frame: np.ndarray, boxes: np.ndarray) -> list[_Person]:
        """The people in boxes n 4, without those of whom fewer than four joints are seen, each once."""
        if not len(boxes):
            return []
        people: list[_Person] = []
        for points, box in zip(self.estimator.estimate(frame, boxes), boxes, strict=True):
            if body_box(points) is not None and not any(same(points, other.points) for other in people):
                people.append(_Person(points, box))
        return people

    def _searched(self, frame: np.ndarray) -> list[_Person]:
        """Small people, found in overlapping squares, for a detector that does not see them in the whole frame.

        In so many squares chance makes bodies of trees and walls. Looked at again around its own joints, a person is
        still the same person; a ghost is not.
        """
        boxes = []
        for left, top, side in tiles(frame.shape[1], frame.shape[0]):
            inside = self.detector.find(frame[top : top + side, left : left + side])
            boxes.extend(inside[inside[:, 4] >= SURE, :4] + (left, top, left, top))
        people = []
        for person in self._estimated(frame, np.array(boxes).reshape(-1, 4)):
            own = body_box(person.points)
            assert own is not None
            margin = 0.15 * (own[2:] - own[:2])
            again = self.estimator.estimate(frame, np.concatenate([own[:2] - margin, own[2:] + margin])[None])[0]
            if seen(again) >= CHARACTER_JOINTS and same(person.points, again):
                people.append(person)
        return people

    def _missed(self, frame: np.ndarray, found: Sequence[_Person], before: Sequence[_Person]) -> list[_Person]:
        """Those of before whom the detector has not found, but who are still where they were."""
        pairs = matches([person.points for person in before], [person.points for person in found])
        people: list[_Person] = []
        for place, person in enumerate(before):
            if place in pairs or person.unconfirmed >= KEPT:
                continue
            points = self.estimator.estimate(frame, person.box[None])[0]
            if seen(points) < CHARACTER_JOINTS or overlap_of(person.points, points) < 0.3:
                continue
            if any(same(points, other.points) for other in (*found, *people)):
                continue
            people.append(
                _Person(points, person.box + np.tile(shift(person.points, points), 2), person.unconfirmed + 1)
            )
        return people


def _points(people: Sequence[_Person]) -> np.ndarray:
    return np.stack([person.points for person in people]) if people else NOBODY


def tiles(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """Squares of 0.6 of the short side that cover a picture with overlap: left, top, side."""
    side = max(1, round(TILE * min(width, height)))
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, side


def _starts(length: int, side: int) -> list[int]:
    count = max(2, int(np.ceil((length - side) / (0.6 * side))) + 1) if length > side else 1
    return [round(start) for start in np.linspace(0, length - side, count)]
