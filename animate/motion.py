"""Who moves, and how: joints of a dance and of a character. The only file that knows both the clip and the poses."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from animate import examples, video
from animate.canvas import Canvas
from animate.errors import BadSettings, NoPersonFound, UnreadableVideo, WeightsError
from animate.events import Event, Note, Progress
from animate.settings import MAX_SECONDS, Job
from pose.draw import STYLES, draw
from pose.finder import PoseFinder
from pose.read import is_skeleton, read_skeletons
from pose.retarget import retarget
from pose.skeleton import PoseSequence
from pose.track import clean, follow, resample
from pose.weights import PoseModelError

LOOK = 1280  # pixels of the longer side in which a character is looked for
SHORT_SIDE = 720  # of a video in which people are looked for
MAX_RATE = 30  # frames a second of a clip
MIN_FRAMES = 5  # fewer are no dance


@dataclass(frozen=True)
class Dance:
    """One person's joints along a clip at its rate, and the file with the music, if there is any."""

    sequence: PoseSequence
    fps: Fraction
    audio: Path | None


class Watcher:
    """Finds characters and dancers. Its models load when they are first needed."""

    def __init__(self, device: str):
        self.device = device
        self._finder: PoseFinder | None = None

    @property
    def finder(self) -> PoseFinder:
        if self._finder is None:
            with pose_errors():
                self._finder = PoseFinder.load(device=self.device)
        return self._finder

    def find_character(self, image: Path, canvas: Canvas) -> np.ndarray:
        """The joints of the person of a picture file, 134 3 on the canvas. Raises NoPersonFound."""
        if known := examples.known_pose(image):
            return canvas.place(known.points[0])
        points = self.look_at(video.read_picture(image))
        if points is None:
            raise NoPersonFound(
                "Nobody was found in the picture. "
                "Use one that shows a person, or a figure built like one, with head and arms, from the front."
            )
        return canvas.place(points)

    def look_at(self, picture: np.ndarray) -> np.ndarray | None:
        """The joints of the person in a picture h w 3, 134 3 in its pixels; None when there is nobody."""
        shrink = min(1.0, LOOK / max(picture.shape[:2]))
        if shrink == 1.0:
            return self.finder.character(picture)
        small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        points = self.finder.character(small)
        if points is None:
            return None
        points = points.copy()
        points[:, :2] *= np.array(picture.shape[1::-1]) / small.shape[1::-1]
        return points

    def watch(self, job: Job) -> Generator[Event, None, Dance]:
        """The dancer's joints, cleaned, at the clip's rate. Raises NoPersonFound, UnreadableVideo, BadSettings."""
        motion = examples.dances().get(str(job.motion), Path(job.motion))
        info = video.probe(motion)
        seconds = min(job.seconds or info.seconds, max(info.seconds - job.start, 0.0))
        if seconds > MAX_SECONDS:
            raise BadSettings(
                f"That is {seconds:.0f} s of dance; a clip lasts at most {MAX_SECONDS} s. "
                "Choose a part of it by its start and its seconds."
            )
        clip = video.read(motion, start=job.start, seconds=seconds, short_side=SHORT_SIDE)
        first = next(clip.frames, None)
        if first is None:
            raise UnreadableVideo(f"{motion.name} has no pictures from {job.start:g} s on. Choose an earlier start.")
        fps, frames = clip.fps, chain([first], clip.frames)
        if known := examples.known_pose(motion):
            fps = Fraction(known.fps).limit_denominator(1001)
            found = part_of(known, start=job.start, seconds=seconds)
        elif is_skeleton(first):
            yield Note("This is a skeleton video: its joints are read from the drawing.")
            found = clean(read_skeletons(frames), fps=float(fps))
        else:
            total = max(1, round(seconds * fps))
            found = clean((yield from self._follow(frames, first, total, job, motion.name)), fps=float(fps))
        if len(found.points) < MIN_FRAMES:
            raise UnreadableVideo(
                f"{motion.name} has only {len(found.points)} frames there, too few for a dance. Use a second or more."
            )
        rate = fps / -(-fps // MAX_RATE)
        if rate != fps:
            found = resample(found, fps=float(fps), rate=float(rate))
        return Dance(found, rate, clip.audio)

    def _follow(
        self, frames: Iterable[np.ndarray], first: np.ndarray, total: int, job: Job, name: str
    ) -> Generator[Event, None, PoseSequence]:
        """One person through all frames."""
        people: list[np.ndarray] = []
        yield Progress("watch", 0, total)
        for found in self.finder.watch(frames):
            people.append(found)
            yield Progress("watch", min(len(people), total), total)
        sequence = follow(people, size=(first.shape[1], first.shape[0]), person=job.person)
        if sequence is None:
            if job.person and any(map(len, people)):
                raise NoPersonFound(f"There is no person {job.person} in {name}. Choose a lower number, or nobody.")
            raise NoPersonFound(
                f"Nobody was found in {name}. "
                "Use a video in which a person is seen whole, not too small, from the front."
            )
        missing = sum(not len(found) for found in people) / len(people)
        if missing > 0.2:
            yield Note(f"Nobody is seen in {missing:.0%} of the video; the character waits there.")
        return sequence


def part_of(known: examples.KnownPose, *, start: float, seconds: float) -> PoseSequence:
    """The chosen part of an example dance."""
    begin = min(round(start * known.fps), len(known.points) - 1)
    points = known.points[begin : begin + max(1, round(seconds * known.fps))]
    return PoseSequence(points, known.size)


def fit(dance: Dance, character: np.ndarray, *, size: tuple[int, int], job: Job) -> Generator[Event, None, np.ndarray]:
    """The dance on the character's body, f 134 3 on a canvas of size (width, height)."""
    steady = size[0] <= size[1] if job.steady is None else job.steady
    fitted = retarget(dance.sequence, character, size=size, fit=job.fit, steady=steady)
    yield from (Note(words) for words in fitted.words)
    return fitted.sequence.points


def joints_of(skeletons: Iterable[np.ndarray]) -> np.ndarray:
    """Drawn skeletons, h w 3 uint8, back to joints f 134 3."""
    return read_skeletons(skeletons).points


def drawn(poses: np.ndarray, *, size: tuple[int, int], style: str) -> Iterator[np.ndarray]:
    """Skeleton frames h w 3 uint8, as a checkpoint was trained to see them."""
    return (draw(points, size=size, style=STYLES[style]) for points in poses)


@contextmanager
def pose_errors() -> Iterator[None]:
    """A pose model that is missing or damaged is a WeightsError like any other."""
    try:
        yield
    except PoseModelError as error:
        raise WeightsError(str(error)) from error
