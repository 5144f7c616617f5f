"""Who moves: the dancers of a video and the characters of a picture, found by the pose models."""

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from animate import examples, pictures, video
from animate.beforehand import length, motion_of, sound_of
from animate.canvas import grown, shrunk
from animate.errors import NoPersonFound, UnreadableVideo, shown_name
from animate.events import Event, Note, Progress
from animate.motion import Dance, is_keypoints, keep, likely_body, mend, pose_errors, rate_of, span_of, watched_rate
from animate.remembered import Remembered, identity
from animate.savepoint import Savepoint
from animate.settings import MAX_RATE, Job
from pose.doubts import find_doubts, told_moments
from pose.files import load_pose
from pose.finder import PoseFinder
from pose.people import Seen, Watched
from pose.people import Still as Still  # these two for whoever shows whom one may choose from
from pose.people import Trail as Trail
from pose.read import are_skeletons, read_skeletons
from pose.retarget import shows_trunk
from pose.shots import Glances, told_cuts
from pose.skeleton import PoseSequence
from pose.telling import Everybody, Telling
from pose.tiles import LONG, is_long
from pose.track import clean, resample
from pose.waiting import is_away

LOOK = 1280  # pixels of the longer side in which a character is looked for, and more of a long picture
SHORT_SIDE = 720  # of a video in which people are looked for
MIN_FRAMES = 5  # fewer are no dance
REMEMBERED, SEEN = 8, 32  # dances that were watched, and pictures that were looked at, and may be asked for again


class Watcher:
    """Finds characters and dancers. Its models load when they are first needed. What was found in a file is remembered
    until others come, or `forget` finds the file gone. make_room: on the device, before people are looked for."""

    def __init__(self, device: str, *, make_room: Callable[[], None] = lambda: None):
        self.device, self._make_room = device, make_room
        self._finder: PoseFinder | None = None
        self.getting = ""  # what its models wait for while they come, in words
        self._loading = Lock()
        self._watched, self._seen = Remembered[Watched](REMEMBERED), Remembered[Seen](SEEN)

    @property
    def finder(self) -> PoseFinder:
        self._make_room()
        with self._loading, pose_errors():
            try:
                self._finder = self._finder or PoseFinder.load(device=self.device, progress=self._hear)
            finally:
                self.getting = ""
        return self._finder

    @finder.setter
    def finder(self, finder: PoseFinder) -> None:
        """One with a detector or an estimator of one's own; what the former has found is forgotten."""
        self._finder = finder
        self._watched.forget(all_of_it=True)
        self._seen.forget(all_of_it=True)

    def _hear(self, words: str) -> None:
        self.getting = words

    @property
    def provider(self) -> str:
        """What looks for people, in onnxruntime's word; "" before anybody was looked for."""
        return self._finder.provider if self._finder else ""

    def see(self, picture: Path) -> Seen:
        """Who may dance of a file's picture; looked at once, however many ask, also at once. Raises UnreadableImage."""
        return self._seen.find(identity(picture), picture, lambda: self.look_at(pictures.read(picture)))

    def look_at(self, picture: np.ndarray) -> Seen:
        """Who may dance of a picture h w 3."""
        short, long = sorted(picture.shape[:2])
        longest = round(LOOK * long / (LONG * short)) if is_long(long, short) else LOOK
        seen = self.finder.see(small := shrunk(picture, longest))
        return Seen(grown(seen.characters, small, picture), (picture.shape[1], picture.shape[0]), seen.unsure)

    def forget(self) -> None:
        """What was found in files that are deleted since."""
        self._watched.forget()
        self._seen.forget()

    def guess(self, picture: np.ndarray, *, outline: np.ndarray | None = None) -> np.ndarray:
        """The likeliest body, 134 3, of a picture h w 3 that shows nobody, to be put right by hand. outline: as in
        `likely_body`."""
        small = shrunk(picture, LOOK)
        return grown(likely_body(small, self.finder.guess(small), outline=outline), small, picture)

    def watch(self, job: Job, *, most: int = MAX_RATE) -> Generator[Event, None, Dance]:
        """The dancer's joints, cleaned and as edited by hand, at the clip's rate, of at most so many frames a second.
        Raises NoPersonFound, BadSettings, UnreadableVideo, UnreadablePose, and OSError where they cannot be kept."""
        seen, name = (yield from self.people(job)), shown_name(job.pose or job.motion)
        if not seen.everybody:
            raise _nobody(job, seen)
        if (number := followed(job, seen)) is None:
            number = 0
            yield Note(
                "Whom you chose is not found again in this part of the dance; whoever is seen longest is followed."
            )
        if number >= len(seen.everybody):
            raise no_such(number, job.pose or job.motion)
        found, fps = seen.everybody[number], seen.fps
        cleaned = found if seen.known else clean(found, fps=float(fps), strength=job.smoothing)
        lost = seen.everybody.doubtful(number, fps=float(fps))
        doubts = () if seen.known else find_doubts(found, cleaned, fps=float(fps), lost=lost)
        if len(found) < MIN_FRAMES:
            lasts = len(found) / float(fps)
            raise UnreadableVideo(f"{name} is too short there for a dance: {lasts:.1f} s. Use a second or more.")
        waits = is_away(cleaned.points)
        if waits.all():  # as in a keypoint file of no scores
            raise _nobody(job, seen)
        if job.fit != "off" and not shows_trunk(cleaned.points):
            raise _face_alone(job, seen)
        if found.cuts:
            moments = told_cuts(found, fps=float(fps))
            yield Note(f"The video is cut, at {moments} s; a dance filmed in one go looks smoother.")
        if not seen.known and waits.mean() > 0.02:
            moments = told_moments(waits, fps=float(fps))
            yield Note(
                f"The dancer is not seen for {waits.mean():.0%} of the clip, at {moments} s; the character waits there."
            )
        cleaned = yield from mend(cleaned, job, fps=float(fps))
        if (rate := rate_of(fps, most=most)) != fps:
            cleaned = resample(cleaned, fps=float(fps), rate=float(rate))
        if job.save_pose:
            keep(cleaned, job.save_pose, fps=rate, start=seen.start)
        return Dance(cleaned, rate, sound_of(job), seen.start, doubts)

    def people(self, job: Job) -> Generator[Event, None, Watched]:
        """Everybody in the job's part of its dance; remembered for who asks about the same again."""
        motion, key = motion_of(job), _key(job)
        if watched := self._watched.get(key):
            yield Progress("watch", len(watched.empty), len(watched.empty))
            return watched
        first = Progress("watch", 0, 1)
        return (yield from self._watched.walk(key, motion, lambda: self._watch(motion, job), first=first))

    def remembers(self, job: Job) -> bool:
        """Whether the job's part of its dance need not be watched again."""
        return self._watched.get(_key(job)) is not None

    def recall(self, job: Job, savepoint: Savepoint) -> None:
        """Remember the people that a savepoint of this job has."""
        if (kept := savepoint.load("watched")) and (seen := Watched.unpacked(kept)):
            self._watched.keep(_key(job), motion_of(job), seen)

    def save(self, job: Job, savepoint: Savepoint) -> None:
        if (seen := self._watched.get(_key(job))) and seen.everybody:
            savepoint.keep("watched", seen.packed())

    def _watch(self, motion: Path, job: Job) -> Generator[Event, None, Watched]:
        if is_keypoints(motion):
            with pose_errors():
                sequence, fps, begins = load_pose(motion)
            start = max(job.start, begins)
            seconds = length(job, begins + len(sequence) / float(fps), start=start)
            return Watched.part_of(sequence, fps, start=start, seconds=seconds, known_from=begins)
        info, (begins, ends) = video.probe(motion), span_of(motion, kept=job.pose is not None)
        start = max(job.start, begins)
        seconds = length(job, ends, start=start)
        part = {"start": start - begins, "seconds": seconds, "fps": watched_rate(info.fps), "short_side": SHORT_SIDE}
        clip = video.read(motion, **part)
        first = next(clip.frames, None)
        if first is None:
            raise UnreadableVideo(
                f"{shown_name(motion)} has no pictures from {job.start:g} s on. Choose an earlier start."
            )
        if known := examples.known_pose(motion):
            sequence, fps = PoseSequence(known.points, known.size), Fraction(known.fps).limit_denominator(1001)
            return Watched.part_of(sequence, fps, start=start, seconds=seconds)
        frames = chain([first], clip.frames)
        if are_skeletons(chain([first], _once_more(motion, **part))):
            yield Note("This is a skeleton video: its joints are read from the drawing.")
            drawn = read_skeletons(frames)
            return Watched(Everybody.of(drawn), clip.fps, np.asarray(~drawn.visible.any(1)), start)
        if (finder := self.finder).fell_back:
            yield Note(
                "The GPU was asked for, but people are looked for on the processor, which is slower. "
                "Install onnxruntime-gpu for this GPU's CUDA."
            )
        if finder.note:
            yield Note(finder.note)
        total, empty, glances = max(1, round(seconds * clip.fps)), [], Glances()
        telling = Telling(size=(first.shape[1], first.shape[0]), fps=float(clip.fps))
        yield Progress("watch", 0, total)
        for people in finder.watch(glances.passing(frames), fps=float(clip.fps)):
            telling.add(people)
            empty.append(not len(people))
            yield Progress("watch", min(len(empty), total), total)
        everybody = telling.everybody().recut(lambda people: glances.cut(people, fps=float(clip.fps)))
        return Watched(everybody, clip.fps, np.array(empty), start)


def _once_more(path: Path, **part: Any) -> Iterator[np.ndarray]:
    """A dance's frames, for who asks for them; read again and not kept, since black ones at its start may be many."""
    yield from video.read(path, **part).frames


def followed(job: Job, seen: Watched) -> int | None:
    """The number of whom a job follows, in its part of the dance; None where whom it was told to is not there."""
    return seen.find_again(job.trail) if job.trail else job.person or 0


def _key(job: Job) -> tuple[object, ...]:
    """What tells the watching of a job from another's."""
    return (identity(motion_of(job)), job.pose is not None, job.start, job.seconds)


def no_such(number: int | None, path: Path) -> NoPersonFound:
    """What is raised where nobody has the number that was chosen."""
    return NoPersonFound(f"There is no person {number} in {shown_name(path)}. Choose a lower number, or nobody.")


def _nobody(job: Job, seen: Watched) -> NoPersonFound:
    name, start, end = _part(job, seen)
    return NoPersonFound(
        f"Nobody was found in {name}, from {start:.1f} to {end:.1f} s. "
        "Use another part of it, or a video in which a person is seen whole, not too small, from the front."
    )


def _face_alone(job: Job, seen: Watched) -> NoPersonFound:
    name, start, end = _part(job, seen)
    return NoPersonFound(
        f"Hardly more than a face is seen in {name}, from {start:.1f} to {end:.1f} s. "
        "Use another part of it, or a video in which a person is seen whole, not too small, from the front."
    )


def _part(job: Job, seen: Watched) -> tuple[str, float, float]:
    """The name of the file that was watched, and from when to when."""
    return shown_name(job.pose or job.motion), seen.start, seen.start + len(seen.empty) / float(seen.fps)
