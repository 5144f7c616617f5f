"""Rehearsals: the character dances as its cut-out self before anything is rendered; one at a time, kept a while."""

import json
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from animate import AnimateError, Job, Progress, RenderSettings, pictures, quarantine, video
from animate.cutting import Cutter
from animate.settings import MAX_RATE
from studio.jobs import Workshop
from studio.pace import Pace, work_of
from studio.placing import Boxes, first_body, is_strange, to_choose_from
from studio.shelf import data_uri, jpeg
from studio.wanting import Superseded, Wanting
from studio.wishes import Wish, job_of
from studio.yielding import give_way

if TYPE_CHECKING:
    from animate.rehearsal import Rehearsal
    from animate.watching import Watcher

_KEPT = 40  # rehearsals
_PUPPETS = 2  # cut-out characters, of 20 MB each, for who tries another part of the dance or moves joints
STILL = (480, 360)  # pixels
_FRAME = (720, 720)
_FRAMES = 8  # of a rehearsal, of at most 200 kB each
_FACTS = "facts.json"
_PIXELS = 256 * 384 / 1e6  # of a rehearsal

Measured = Callable[..., None]


class Stopwatch:
    """Tells what the stages of a rehearsal take, of those that begin before its eyes: what is remembered does not."""

    def __init__(self, measured: Measured):
        self._measured, self._stage, self._since = measured, "", 0.0

    def see(self, event: Progress) -> None:
        now = time.monotonic()
        if event.done == 0:
            self._stage, self._since = event.stage, now
        elif event.stage == self._stage and (event.done == event.total or event.stage == "watch"):
            self._measured(event.stage, now - self._since, frames=event.done, pixels=_PIXELS)


@dataclass(frozen=True)
class Kept:
    """id: a secret; wish: what it was made of; still: the people, as a data URI, or "" where there is no choice;
    frames: the newest pictures of its dance, by the moment."""

    id: str
    wish: Wish
    rehearsal: "Rehearsal"
    still: str
    frames: dict[float, bytes] = field(default_factory=dict)


class Rehearsals:
    """Makes rehearsals in a thread of its own. folder: where they lie, each in a folder called by its id; pace: of this
    machine, which is told how many seconds a stage of a rehearsal took."""

    def __init__(self, workshop: Workshop, folder: Path, *, pace: Pace | None = None):
        self._workshop, self.folder, self._pace = workshop, folder, pace or Pace()
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="rehearsals", initializer=give_way)
        self._kept: dict[str, Kept] = {}
        self._cutter = Cutter(_PUPPETS)
        self.drawing = ThreadPoolExecutor(1, thread_name_prefix="drawing", initializer=give_way)
        self.framing = ThreadPoolExecutor(1, thread_name_prefix="frames", initializer=give_way)
        self.wanting, self._lock = Wanting(), threading.Lock()
        self._drawn = threading.Lock()  # while a film of skeletons is
        shutil.rmtree(folder, ignore_errors=True)  # of a program that has ended: nobody has their ids

    def close(self) -> None:
        """Give up what is being rehearsed, and wait until it is. The thread stays for pages that still ask."""
        self.wanting.close()
        self.thread.submit(int).result()

    def find(self, rehearsal_id: str) -> Kept | None:
        return self._kept.get(rehearsal_id)

    def make(self, wish: Wish, visitor: str, number: int, *, most_seconds: float) -> Kept | None:
        """None where no model is here. Raises Superseded, or an AnimateError in words."""
        if not self.wanting.is_newest(visitor, number):
            raise Superseded
        watcher = self._watcher()
        if watcher is None or wish.picture is None or wish.dance is None:
            return None
        from animate.canvas import size_for  # here, since they bring the pose models' library
        from animate.rehearsal import AREA, rehearse

        width, height = size_for(pictures.size_of(wish.picture), AREA)
        part = replace(wish, seconds=min(wish.seconds, most_seconds))
        job = job_of(part, RenderSettings(width=width, height=height))
        place = self.folder / secrets.token_urlsafe(12)
        place.mkdir(parents=True)
        try:
            rehearsal, watch, pace = None, Stopwatch(self._pace.rehearsed), self._begun(watcher, job)
            with closing(rehearse(watcher, job, place, cutter=self._cutter)) as events:
                while rehearsal is None:
                    try:
                        event = next(events)
                    except StopIteration as end:
                        rehearsal = end.value
                        break
                    if not self.wanting.is_newest(visitor, number):
                        raise Superseded
                    if isinstance(event, Progress):
                        watch.see(event)
                        self.wanting.advance(visitor, number, *pace.step(event.stage, event.done, event.total))
            kept = Kept(place.name, wish, rehearsal, self._still(wish, rehearsal))
            facts = {name: getattr(rehearsal, name).round(4).tolist() for name in ("joints", "found")}
            facts |= {"fps": rehearsal.fps, "cuts": rehearsal.cuts}
            (place / _FACTS).write_text(json.dumps(facts, separators=(",", ":")))
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        self._keep(kept)
        return kept

    def _begun(self, watcher: "Watcher", job: Job) -> Pace:
        """How a rehearsal goes, which is nothing but a clip without its denoising."""
        model = SimpleNamespace(rate=MAX_RATE, window=job.settings.window)
        drawn: Any = SimpleNamespace(watcher=watcher, cutter=self._cutter, model=model)
        pace = self._pace.beside()
        pace.begin({**work_of(job, drawn), "denoise": 0.0})
        return pace

    def needs_hands(self, picture: Path) -> bool:
        """Whether nobody is surely seen in a picture, so that its joints are to be looked at. False where nobody can
        tell."""
        watcher = self._watcher()
        if watcher is None:
            return False
        quarantine.picture(picture)
        return is_strange(watcher, picture)

    def characters(self, picture: Path) -> Boxes:
        """Who may dance of a picture, by number; empty where there is no choice. Raises UnreadableImage."""
        watcher = self._watcher()
        if watcher is None:
            return {}
        quarantine.picture(picture)
        return to_choose_from(watcher, picture)

    def body(self, picture: Path, *, character: int = 0) -> list[list[float]]:
        """18 joints to begin with by hand, (x, y, 1) as shares of the picture. Raises UnreadableImage."""
        quarantine.picture(picture)
        return first_body(self._watcher(), picture, character=character)

    def _watcher(self) -> "Watcher | None":
        animator = self._workshop.wait_for_animator(seconds=120)
        return animator.watcher if animator else None

    def frame(self, kept: Kept, at: float, is_wanted: Callable[[], bool] = lambda: True) -> bytes:
        """The dance's picture at a moment of the rehearsal, as a JPEG. For one thread at a time, `framing`. Raises
        Superseded where it is not wanted by then."""
        assert kept.wish.dance is not None
        if at not in kept.frames:
            if not is_wanted():
                raise Superseded
            clip = video.read(
                kept.wish.dance, start=kept.rehearsal.start + max(at, 0.0), seconds=0.5, short_side=_FRAME[1]
            )
            if (picture := next(clip.frames, None)) is None:
                raise ValueError(at)
            kept.frames[at] = jpeg(picture, box=_FRAME)
            if len(kept.frames) > _FRAMES:
                del kept.frames[next(iter(kept.frames))]
        return kept.frames[at]

    def file(self, kept: Kept, name: str) -> Path | None:
        """A file of a rehearsal; skeletons are drawn when they are asked for, one film after the other."""
        path = self.folder / kept.id / name
        if name == "skeletons.mp4" and not path.exists():
            from animate.motion import draw_file

            with self._drawn:
                if not path.exists():
                    draw_file(self.folder / kept.id / "pose.json", path)
        return path if name in ("puppet.mp4", "pose.json", _FACTS, "skeletons.mp4") and path.is_file() else None

    def forget(self) -> None:
        """Those of files that are deleted since."""
        self._cutter.forget()
        with self._lock:
            wishes = [(kept.id, kept.wish) for kept in self._kept.values()]
            files = {each: (wish.picture, wish.dance, wish.pose) for each, wish in wishes}
            gone = [each for each, paths in files.items() if not all(path is None or path.is_file() for path in paths)]
            for each in gone:
                del self._kept[each]
        for each in gone:
            shutil.rmtree(self.folder / each, ignore_errors=True)

    def _still(self, wish: Wish, rehearsal: "Rehearsal") -> str:
        assert wish.dance is not None
        if len(rehearsal.still.boxes) < 2:
            return ""
        try:
            moment = rehearsal.start + rehearsal.still.at
            return data_uri(next(video.read(wish.dance, start=moment, seconds=0.5).frames), box=STILL)
        except (AnimateError, StopIteration):
            return ""

    def _keep(self, kept: Kept) -> None:
        with self._lock:
            self._kept[kept.id] = kept
            gone = [self._kept.pop(each) for each in [*self._kept][: max(0, len(self._kept) - _KEPT)]]
        for each in gone:
            shutil.rmtree(self.folder / each.id, ignore_errors=True)
