"""How somebody moves: the joints of a dance, fitted to a character, kept in a file, drawn."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from animate import video
from animate.errors import NotDownloaded, OutOfMemory, UnreadablePose, WeightsError
from animate.events import Event, Note
from animate.settings import MAX_RATE, Job
from pose.doubts import Doubt
from pose.draw import STYLES, draw
from pose.edits import Edit, apply_edits
from pose.files import SUFFIXES, PoseFileError, load_pose, save_pose
from pose.outline import find_outline, outline_on_plain
from pose.read import read_skeletons
from pose.reference import WORDS, is_sideways, sits, with_legs, without_legs
from pose.retarget import NO_FEET, retarget
from pose.salience import salience
from pose.segmenter import person_segmenter
from pose.silhouette import guess_body
from pose.skeleton import BODY, POINTS, VISIBLE, PoseSequence
from pose.waiting import wait
from pose.weights import PoseModelError, PoseModelsNotGot

DOUBTED = 0.8  # so much of the certainty of an answer that is rough is believed
MOST = 0.7  # of a body's joints
OPEN = 0.49  # an answer that says no, and hardly so
FLUENT = Fraction(23, 30)  # of the most frames of a clip: where thinning would leave fewer, joints are put in between
SMALL = 0.7  # of its size: a character would rather stay in its place than be drawn smaller


@dataclass(frozen=True)
class Dance:
    """One person's joints along a clip at its rate, and the file with the music, if there is any.

    start: where in that file they begin, in seconds; doubts: the stretches not to be trusted.
    """

    sequence: PoseSequence
    fps: Fraction
    audio: Path | None
    start: float = 0.0
    doubts: tuple[Doubt, ...] = ()


def rate_of(fps: Fraction, *, most: int = MAX_RATE) -> Fraction:
    """The rate of a clip whose dance has fps frames a second: the same, a whole part of it, or the most it may have."""
    rate = min(video.thinned(fps, most=most), Fraction(most))
    return rate if rate >= min(fps, FLUENT * most) else Fraction(most)


def watched_rate(fps: Fraction) -> Fraction:
    """The rate at which people are looked for in a video of fps frames a second: of frames that a clip would leave out
    none is looked at; where a clip puts its own in between, all are."""
    own = video.thinned(fps)
    thinned = video.thinned(own, most=MAX_RATE)
    return thinned if thinned >= FLUENT * MAX_RATE else own


def fit(
    dance: Dance, character: np.ndarray, *, size: tuple[int, int], job: Job, whole: bool = False
) -> Generator[Event, None, np.ndarray]:
    """The dance on the character's body, f 134 3 on a canvas of size (width, height), waiting where nobody is seen.
    whole: legs that stay as they are in the picture are among the joints, for a model that follows drawn skeletons; the
    puppet has them without."""
    steady = size[0] <= size[1] if job.steady is None else job.steady
    sequence, way = dance.sequence, job.fit
    if way == "proportions" and is_sideways(character):
        yield Note(WORDS["side"])
        way = "size"
    seated = way != "off" and sits(character)
    if seated:
        yield Note(WORDS["seated"])
        sequence = replace(sequence, points=without_legs(sequence.points))
    fps = float(dance.fps)
    fitted = retarget(sequence, character, size=size, fps=fps, fit=way, steady=steady)
    if job.steady is None and not steady and fitted.scale < SMALL:
        yield Note("The dance leads further than the picture is wide, so the character stays in its place.")
        fitted = retarget(sequence, character, size=size, fps=fps, fit=way, steady=True)
    yield from (Note(words) for words in fitted.words if not (seated and words == NO_FEET))
    points = wait(fitted.sequence.points, character, fps=fps, scale=fitted.scale)
    return with_legs(points, character, scale=fitted.scale) if whole and fitted.legs_stay else points


def mend(sequence: PoseSequence, job: Job, *, fps: float) -> Generator[Event, None, PoseSequence]:
    """The part of the dance that a job wants, with the job's edits. Tells how many lie before the part or after it."""
    width, height = sequence.size
    inside = [edit for edit in job.edits if -0.5 <= edit[1] * fps <= len(sequence)]
    if count := len(job.edits) - len(inside):
        yield Note(f"Joints put right by hand that lie outside this part of the dance: {count}; they wait for it.")
    edits = [
        Edit(joint, max(at, 0.0), None if x is None or y is None else (x * width, y * height))
        for joint, at, x, y in inside
    ]
    return apply_edits(sequence, edits, fps=fps)


def keep(sequence: PoseSequence, path: Path, *, fps: Fraction, start: float = 0.0) -> None:
    """Write a dance's joints as a keypoint file, or, with the ending of a video, as skeletons; either tells at how many
    seconds of the dance's video they start. Raises UnreadablePose."""
    if path.suffix.lower() == ".mp4":
        size = (sequence.size[0] // 2 * 2, sequence.size[1] // 2 * 2)
        video.write(path, drawn(sequence.points, size=size, style="moore"), fps=fps, begins=start)
        return
    with pose_errors():
        save_pose(path, sequence, fps=fps, start=start)


def draw_file(poses: Path, skeletons: Path) -> None:
    """A keypoint file as a skeleton video. Raises UnreadablePose."""
    with pose_errors():
        sequence, fps, _ = load_pose(poses)
    keep(sequence, skeletons, fps=fps)


def read_body(path: Path, *, size: tuple[int, int]) -> list[tuple[float, float, float]]:
    """A character's joints of a keypoint file, in pixels of its picture of that width and height.

    Raises UnreadablePose.
    """
    with pose_errors():
        sequence, *_ = load_pose(path)
    points = sequence.points[0] * (size[0] / sequence.size[0], size[1] / sequence.size[1], 1)
    return [(float(x), float(y), float(score)) for x, y, score in points]


def whole_body(joints: Sequence[tuple[float, float, float]]) -> np.ndarray:
    """The first joints of a body, which are given, as 134 3; the others are unseen."""
    points = np.zeros((POINTS, 3), np.float32)
    points[: len(joints)] = joints
    return points


def outline_of_figure(picture: np.ndarray) -> np.ndarray | None:
    """What stands out in a picture h w 3, by which joints can be guessed: h w bool in a small copy of it, or None."""
    return find_outline(picture)


def likely_body(picture: np.ndarray, seen: np.ndarray | None, *, outline: np.ndarray | None = None) -> np.ndarray:
    """Joints to begin with by hand, 134 3, of a picture h w 3 in which nobody is recognised; seen: what a pose model
    says of it all the same; outline: of its figure, where that was looked for before."""
    return guess_body(picture, seen, outline=outline)


def seen_body(picture: np.ndarray, character: np.ndarray) -> list[np.ndarray]:
    """h w float32, 0..1, each: what stands out about the character's body; where a pose model sees it; and what lies
    on paper or before a plain wall, which comes first where the pose model sees no person. Each if it can be had: the
    models may not be here. picture: h w 3 uint8; character: 134 3.

    Only of what stands out is anything certain. What is seen otherwise alone is left open there.
    """
    whole, person, outline = salience(), person_segmenter(), outline_on_plain(picture)
    seen = [] if person is None else [person.see(picture, character)]
    plain = outline is not None and not (seen and _is_of(seen[0], character))
    if outline is not None:
        seen.append(cv2.resize(outline.astype(np.float32), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR))
    seen = [0.5 + DOUBTED * (each - 0.5) for each in seen]
    if plain:
        seen.reverse()
    if whole is not None:
        found = whole.see(picture, character)
        otherwise = np.minimum(np.max([np.zeros_like(found), *seen], 0), np.float32(OPEN))
        seen.insert(int(plain), np.maximum(found, otherwise))
    return seen


def _is_of(mask: np.ndarray, character: np.ndarray) -> bool:
    """Whether most joints of a body, 134 3, that are seen lie in a mask h w, 0..1."""
    body = character[BODY]
    x, y = body[body[:, 2] > VISIBLE, :2].round().astype(int).T
    inside = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
    return bool((mask[y[inside], x[inside]] > 0.5).mean() > MOST) if inside.any() else False


def is_keypoints(path: Path) -> bool:
    """Whether a file is one of joints, by its name."""
    return path.suffix.lower() in SUFFIXES


def span_of(path: Path, *, kept: bool) -> tuple[float, float]:
    """Where a dance begins and ends, in seconds: a video at 0, a keypoint file where it says, and so does a video of
    skeletons that were kept to dance to the sound of another. Raises UnreadableVideo, UnreadablePose."""
    if not is_keypoints(path):
        info = video.probe(path)
        begins = info.begins if kept else 0.0
        return begins, begins + info.seconds
    with pose_errors():
        sequence, fps, begins = load_pose(path)
    return begins, begins + len(sequence) / float(fps)


def joints_of(skeletons: Iterable[np.ndarray]) -> np.ndarray:
    """Drawn skeletons, h w 3 uint8, back to joints f 134 3."""
    return read_skeletons(skeletons).points


def drawn(poses: np.ndarray, *, size: tuple[int, int], style: str) -> Iterator[np.ndarray]:
    """Skeleton frames h w 3 uint8, as a checkpoint was trained to see them."""
    return (draw(points, size=size, style=STYLES[style]) for points in poses)


@contextmanager
def pose_errors() -> Iterator[None]:
    """A pose model that is missing or damaged is a WeightsError like any other, one that has no room OutOfMemory, a
    keypoint file an InputError."""
    try:
        yield
    except PoseModelsNotGot as error:
        raise NotDownloaded(str(error)) from error
    except PoseModelError as error:
        raise WeightsError(str(error)) from error
    except MemoryError as error:
        raise OutOfMemory from error
    except PoseFileError as error:
        raise UnreadablePose(str(error)) from error
