"""Everybody in a frame, everybody along a video, and the one person of a picture: detector and estimator together."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from pose.detector import PROVIDERS, PersonDetector
from pose.estimator import PoseEstimator
from pose.skeleton import BODY, POINTS, VISIBLE, body_box, drop_invented, overlap, seen
from pose.weights import PoseModels, find_pose_models

WORKERS = 4
NOBODY = np.zeros((0, POINTS, 3), np.float32)
CHARACTER_JOINTS = 6
KEPT = 25  # frames through which a person is followed by their own joints, unconfirmed by the detector
SEARCH = 8  # a frame in so many is searched in tiles while nobody is found
TILE = 0.6  # of the short side
SAME = 0.1  # two answers whose joints lie closer than this part of the body's size are one person


@dataclass
class _Watched:
    """A person as last seen in a video, and for how many frames no detection has confirmed them."""

    points: np.ndarray
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
        return found if len(found) or self.small else self._searched(frame)

    def character(self, picture: np.ndarray) -> np.ndarray | None:
        """The person of a picture, h w 3 uint8 RGB: 134 3; the most present of several, without invented legs.

        None where no box is found, or fewer than six body joints are seen. Small people are not searched for: they make
        poor characters, and in drawings the search finds bodies that are none.
        """
        people = [person for person in self._detected(picture) if seen(person) >= CHARACTER_JOINTS]
        if not people:
            return None
        person = drop_invented(max(people, key=presence), size=(picture.shape[1], picture.shape[0]))
        return person if seen(person) >= CHARACTER_JOINTS else None

    def watch(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Everybody in each frame of a video, in order. Frames are taken a few ahead, never all.

        Who was seen a frame ago and is not detected now is looked for where they were.
        """
        watched: list[_Watched] = []
        for index, (frame, found) in enumerate(self._ahead(frames)):
            watched = self._followed(frame, found, watched)
            if not watched and not self.small and index % SEARCH == 0:
                watched = [_Watched(points) for points in self._searched(frame)]
            yield np.stack([person.points for person in watched]) if watched else NOBODY

    def _ahead(self, frames: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Frames with who was detected in them, in order, looked at by several threads, two frames a thread ahead."""
        waiting: deque[tuple[np.ndarray, Future[np.ndarray]]] = deque()
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

    def _detected(self, frame: np.ndarray) -> np.ndarray:
        boxes = self.detector.find(frame)
        return distinct(self.estimator.estimate(frame, boxes)) if len(boxes) else NOBODY

    def _searched(self, frame: np.ndarray) -> np.ndarray:
        """Small people, found in overlapping squares, for a detector that does not see them in the whole frame."""
        boxes = []
        for left, top, side in tiles(frame.shape[1], frame.shape[0]):
            inside = self.detector.find(frame[top : top + side, left : left + side])
            boxes.extend(inside[:, :4] + (left, top, left, top))
        return distinct(self.estimator.estimate(frame, np.array(boxes))) if boxes else NOBODY

    def _followed(self, frame: np.ndarray, found: np.ndarray, before: list[_Watched]) -> list[_Watched]:
        """The people found now, and those of before whom the detector has missed but who are still there."""
        now = [_Watched(points) for points in found]
        for person in before:
            box = body_box(person.points)
            if box is None or person.unconfirmed >= KEPT:
                continue
            if any(overlap(box, other) >= 0.2 for other in map(body_box, found) if other is not None):
                continue
            margin = 0.15 * (box[2:] - box[:2])
            grown = np.concatenate([box[:2] - margin, box[2:] + margin])
            again = self.estimator.estimate(frame, grown[None])[0]
            moved = body_box(again)
            if seen(again) >= CHARACTER_JOINTS and moved is not None and overlap(box, moved) >= 0.3:
                now.append(_Watched(again, person.unconfirmed + 1))
        return now


def presence(points: np.ndarray) -> float:
    """How much of a picture a person, 134 3, takes up: mean score times the square root of the body's area."""
    box = body_box(points)
    return 0.0 if box is None else float(points[BODY, 2].mean() * np.sqrt((box[2:] - box[:2]).prod()))


def distinct(people: np.ndarray) -> np.ndarray:
    """people n 134 3 without those of whom fewer than four joints are seen, and without second answers for a body."""
    kept: list[np.ndarray] = []
    for person in people:
        box = body_box(person)
        if box is None:
            continue
        size = np.linalg.norm(box[2:] - box[:2])
        if not any(_distance(person, other) < SAME * size for other in kept):
            kept.append(person)
    return np.stack(kept) if kept else NOBODY


def _distance(first: np.ndarray, second: np.ndarray) -> float:
    """How far apart the joints are that both show, in pixels; infinite when they share none."""
    both = (first[BODY, 2] > VISIBLE) & (second[BODY, 2] > VISIBLE)
    apart = np.linalg.norm(first[BODY, :2] - second[BODY, :2], axis=1)[both]
    return float(np.median(apart)) if len(apart) else np.inf


def tiles(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """Squares of 0.6 of the short side that cover a picture with overlap: left, top, side."""
    side = max(1, round(TILE * min(width, height)))
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, side


def _starts(length: int, side: int) -> list[int]:
    count = max(2, int(np.ceil((length - side) / (0.6 * side))) + 1) if length > side else 1
    return [round(start) for start in np.linspace(0, length - side, count)]
