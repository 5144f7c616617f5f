"""A dance before it is rendered: the cut-out character itself, moved by the fitted skeleton, small and at once."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from animate import motion, pictures, video
from animate.canvas import Canvas, size_for
from animate.characters import find_character
from animate.cutting import Cutter
from animate.events import Event, Note, Progress
from animate.provenance import Identity, Seal
from animate.settings import Job
from animate.watching import Still, Trail, Watcher, followed

AREA = (256, 384)  # of a rehearsal, in pixels
MOST_FRAMES = 160  # of a rehearsal; longer dances are shown at half the rate, or less
BODY = 18

Value = TypeVar("Value")


@dataclass(frozen=True)
class Rehearsal:
    """video: the puppet's clip with the music. joints: f 18 3, fitted, as shares of the clip's picture, and scores;
    found: f 18 3, the dancer's own, as shares of theirs; fps: of both; cuts: first frames of shots but of the first.
    start, seconds: where in the dance it begins and how long it lasts. doubts: stretches not to be trusted, start, end,
    kind, serious. still: the people one may choose from; trails: of each, to find them again in another part; person:
    who of them dances. provider: what looked for people, or ""."""

    video: Path
    joints: np.ndarray
    found: np.ndarray
    fps: float
    cuts: tuple[int, ...]
    start: float
    seconds: float
    doubts: tuple[tuple[float, float, str, bool], ...]
    still: Still
    trails: dict[int, Trail]
    person: int
    notes: tuple[str, ...]
    provider: str


def rehearse(
    watcher: Watcher, job: Job, folder: Path, *, cutter: Cutter | None = None
) -> Generator[Event, None, Rehearsal]:
    """Writes puppet.mp4 and pose.json into the folder. cutter: one for all rehearsals of the same pictures.
    Raises an AnimateError in words."""
    from animate.guide import moved_frames  # brings torch

    notes: list[str] = []
    picture = pictures.read(job.image)
    size = size_for(picture.shape[1::-1], AREA)
    job = replace(job, settings=replace(job.settings, width=size[0], height=size[1]), save_pose=folder / "pose.json")
    canvas = Canvas.lay(picture, size)
    character = find_character(watcher, job, canvas)
    dance = yield from _told(watcher.watch(job), notes)
    everybody = yield from watcher.people(job)
    still = everybody.still
    poses = yield from _told(motion.fit(dance, character, size=size, job=job), notes)
    step = -(-len(poses) // MOST_FRAMES)
    shown, rate = poses[::step], dance.fps / step
    puppet = yield from _told((cutter or Cutter(1)).cut(job, canvas, character), notes)
    yield Progress("write", 0, len(shown))
    behind = puppet.from_behind(poses, fps=float(dance.fps))  # of all frames, as in the clip itself
    seal, target = Seal(Identity.of(), "Puppet"), folder / "puppet.mp4"
    with video.ClipWriter(target, fps=rate, audio=dance.audio, start=dance.start, seal=seal) as writer:
        for frame in moved_frames(puppet, shown, None, None, behind=behind[::step]):
            writer.add(frame)
            yield Progress("write", writer.count, len(shown))
    return Rehearsal(
        video=target,
        joints=shown[:, :BODY] / (*size, 1),
        found=dance.sequence.points[::step, :BODY] / (*dance.sequence.size, 1),
        fps=float(rate),
        cuts=tuple(-(-cut // step) for cut in dance.sequence.cuts),
        start=dance.start,
        seconds=len(poses) / float(dance.fps),
        doubts=tuple((doubt.start, doubt.end, doubt.kind, doubt.serious) for doubt in dance.doubts),
        still=still,
        trails={number: everybody.trail(number) for number in still.boxes},
        person=followed(job, everybody) or 0,
        notes=tuple(dict.fromkeys(notes)),
        provider="" if everybody.known else watcher.provider,
    )


def _told(events: Generator[Event, None, Value], notes: list[str]) -> Generator[Event, None, Value]:
    """The events but for the notes, which are collected."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            return end.value
        if isinstance(event, Note):
            notes.append(event.words)
        else:
            yield event
