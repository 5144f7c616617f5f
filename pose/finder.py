"""Everybody in a frame, everybody along a video, and the one person of a picture: detector and estimator together."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from pose.along import look_along, stride
from pose.detector import PROVIDERS, PersonDetector
from pose.estimator import PoseEstimator
from pose.likeness import overlap_of, presence, seen
from pose.looking import CHARACTER_JOINTS, NOBODY, Detector, Estimator, Eyes, Person
from pose.people import Seen
from pose.reference import sits
from pose.skeleton import drop_invented, with_neck
from pose.toys import put_right
from pose.weights import PoseModels, find_pose_models

WORKERS = 4
SEARCH = 8  # a frame in so many is searched in tiles while nobody is found
BACK = 2  # times as far as from one detection to the next: who is found is looked for in so many frames before
ALSO = 0.3  # of the presence of the most present: with less somebody is in a picture by chance
APART = 0.3  # overlap with others from which on a body found in a part of a picture is a part of theirs


class PoseFinder:
    """Detector and estimator, loaded once. All answers are points n 134 3: x, y in the frame's pixels, and score.

    small, note: as of PoseModels. threads: frames looked at side by side; by default one a core, at most four. asked:
    the device that was asked for.
    """

    def __init__(
        self,
        detector: Detector,
        estimator: Estimator,
        *,
        small: bool = True,
        threads: int | None = None,
        asked: str = "cpu",
        note: str = "",
    ):
        self.detector, self.estimator = detector, estimator
        self.eyes = Eyes(detector, estimator)
        self.small, self.threads, self.asked = small, threads or min(WORKERS, os.cpu_count() or 1), asked
        self.note = note

    @classmethod
    def load(
        cls,
        models: PoseModels | None = None,
        *,
        device: str = "cpu",
        threads: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> "PoseFinder":
        """Load the models, those of find_pose_models by default, on "cpu", "cuda" or "cuda:1".

        progress: hears, in words, what has to be got or made first. Raises PoseModelError, and MemoryError where there
        is no room for them.
        """
        models = models or find_pose_models(progress=progress)
        detector = PersonDetector(models.detector, breadth=models.breadth, device=device)
        estimator = PoseEstimator(models.estimator, rgb=models.rgb, device=device)
        return cls(detector, estimator, small=models.small, threads=threads, asked=device, note=models.note)

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
        found = self.eyes.detected(frame)
        return _points(found if found or self.small else self.eyes.searched(frame))

    def character(self, picture: np.ndarray) -> np.ndarray | None:
        """The person of a picture, h w 3 uint8 RGB: 134 3; the most present of several, without invented legs.

        None where no box is found, or fewer than six body joints are seen. Small people are not searched for: they make
        poor characters, and in drawings the search finds bodies that are none.
        """
        return self.see(picture).character

    def see(self, picture: np.ndarray) -> Seen:
        """The `character` of a picture, and who else in it could be, the others by presence.

        The others are looked for beside them too, where large ones are missed in the whole picture. Nobody where the
        most present cannot be: what is small beside a mistake of the models is one too.
        """
        size = (picture.shape[1], picture.shape[0])
        people = [each for each in self.eyes.pictured(picture) if seen(each.points) >= CHARACTER_JOINTS]
        first = max(people, key=lambda each: presence(each.points), default=None)
        shown = first and _shown(put_right(picture, first.points) if first.unsure else first.points, picture)
        if first is None or shown is None:
            return Seen(self.eyes.close_up(picture), size)
        others = [each.points for each in people if each is not first]
        for each in self.eyes.beside(picture, first):
            if all(overlap_of(each.points, other) < APART for other in (first.points, *others)):
                others.append(each.points)
        others = sorted(others, key=presence, reverse=True)
        least = ALSO * presence(first.points)
        bodies = (_shown(each, picture) for each in others if presence(each) >= least)
        characters = np.stack([shown, *(points for points in bodies if points is not None)])
        return Seen(characters, size, unsure=first.unsure and len(characters) == 1)

    def guess(self, picture: np.ndarray) -> np.ndarray:
        """The likeliest body, 134 3, of a picture h w 3 in which no person need be: something to start from by hand.
        Its scores say little."""
        boxes = self.detector.find(picture)[:1, :4]
        whole = np.array([[0, 0, picture.shape[1], picture.shape[0]]], np.float32)
        return self.estimator.estimate(picture, boxes if len(boxes) else whole)[0]

    def watch(self, frames: Iterable[np.ndarray], *, fps: float | None = None) -> Iterator[np.ndarray]:
        """Everybody in each frame of a video, in order: n 134 3 a frame. Frames are taken a few ahead, never all.

        fps: with it the detector looks at a frame of several only (see pose.along). Who was seen a frame ago and is
        not found now is looked for where they were; with fps, who is surely seen now and was not is looked for where
        they are in the frames just before.
        """
        people: list[Person] = []
        untold: deque[tuple[np.ndarray, list[Person]]] = deque()
        back = BACK * stride(fps) if fps else 0
        for index, (frame, found) in enumerate(look_along(frames, self.eyes, fps=fps, threads=self.threads)):
            people = self.eyes.parted(frame, found, self.eyes.missed(frame, found, people))
            if not people and not self.small and index % SEARCH == 0:
                people = self.eyes.searched(frame)
            self._look_back(untold, people)
            untold.append((frame, people))
            if len(untold) > back:
                yield _points(untold.popleft()[1])
        for _, there in untold:
            yield _points(there)

    def _look_back(self, untold: Iterable[tuple[np.ndarray, list[Person]]], people: Sequence[Person]) -> None:
        """Adds, to the people of the frames just before, those of now who were there unseen; nobody who is faint, whom
        there is no use to look for."""
        people = [each for each in people if not each.faint]
        for frame, there in reversed([*untold]):
            people = [each for each in self.eyes.missed(frame, there, people) if not each.faint]
            if not people:
                return
            there[:] = self.eyes.parted(frame, there, people)


def _shown(points: np.ndarray, picture: np.ndarray) -> np.ndarray | None:
    """A body of a picture, 134 3, without invented legs and with a neck; None where too little is left."""
    points = points if sits(points) else drop_invented(points, size=(picture.shape[1], picture.shape[0]))
    return with_neck(points) if seen(points) >= CHARACTER_JOINTS else None


def _points(people: Sequence[Person]) -> np.ndarray:
    return np.stack([person.points for person in people]) if people else NOBODY
