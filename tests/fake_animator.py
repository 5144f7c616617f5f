"""A stand-in for the animator: the same calls and events, in a second, with nothing learned.

Run as a module it opens the page with it: python -m tests.fake_animator PORT FOLDER [ASSETS] [hub] [tight] [watched]
[public]. With hub Moore's model is a toy, which a hub on loopback gives; with tight there is little memory; with
watched what is fetched from elsewhere is noted in FOLDER/asked; with public the limits are those of a page for all.
In a picture called slow nobody is seen, and that only after LOOK seconds; in one called pair two are.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from animate import Event, Finished, Job, Note, Posed, Preview, Progress, RenderSettings, pictures
from animate.errors import NoCharacterFound
from animate.video import ClipWriter, read

WORDS = "Stand-in on paper, in pencil"
LOOK = 1.5


@dataclass
class FakeAnimator:
    """pause: seconds each step takes; fails: what `render` raises half-way."""

    pause: float = 0.02
    people: int = 1  # how many it sees
    feet: bool = True
    fails: Exception | None = None
    words: str = WORDS
    memory: float | None = None  # bytes it says there are
    knows: bool = False  # whether it says that it has watched every dance before
    lodging = None
    model = SimpleNamespace(size=(64, 96), steps=3, rate=30, window=24)

    def __post_init__(self) -> None:
        self.rendering = 0  # how many at once; never more than one
        self.most_at_once = 0
        self.jobs: list[Job] = []

    @property
    def watcher(self) -> SimpleNamespace:
        """Sees the same people everywhere but in what is called otherwise, and rehearses nothing."""
        points = np.ones((self.people, 134, 3), np.float32)
        points[:, :18, 1] = np.arange(18)
        points[:, [10, 13], 2] = float(self.feet)

        def see(picture: Path | None) -> SimpleNamespace:
            name = picture.stem if picture else ""
            if name == "slow":
                time.sleep(LOOK)
            return _seen({"slow": points[:0], "pair": np.concatenate([points, points])}.get(name, points))

        return SimpleNamespace(
            getting="",
            finder=SimpleNamespace(people=lambda frame: points),
            see=see,
            guess=lambda picture: points[0] if self.people else np.zeros((134, 3), np.float32),
            watch=_watched_by_nobody,
            remembers=lambda job: self.knows,
            forget=lambda: None,
        )

    @property
    def cutter(self) -> SimpleNamespace:
        """Remembers nobody."""
        return SimpleNamespace(remembers=lambda job: False, forget=lambda: None)

    def settings_for(self, image: Path, *, size: tuple[int, int] | None = None, **chosen) -> RenderSettings:
        width, height = (max(64, side) for side in size or self.model.size)  # of so small a model's draft too
        wanted = {name: value for name, value in chosen.items() if value is not None}
        return RenderSettings(**{"width": width, "height": height, "steps": self.model.steps, **wanted})

    def room(self, settings: RenderSettings, *, frames: int) -> SimpleNamespace:
        """A gigabyte at the usual size, and 40 MB a frame."""
        width, height = self.model.size
        need = round(settings.width * settings.height / (width * height) * 1e9) + frames * 40_000_000
        return SimpleNamespace(need=need, free=self.memory, fits=self.memory is None or need <= self.memory)

    def render(self, job: Job, out: Path | None = None) -> Iterator[Event]:
        assert out is not None
        self.jobs.append(job)
        self.rendering += 1
        self.most_at_once = max(self.most_at_once, self.rendering)
        try:
            yield from self._events(job, out)
        finally:
            self.rendering -= 1

    def _events(self, job: Job, out: Path) -> Iterator[Event]:
        clip = read(job.motion, start=job.start, seconds=job.seconds, fps=Fraction(10))
        frames = []
        for frame in clip.frames:
            frames.append(frame)
            yield Progress("watch", len(frames), round((job.seconds or 1) * 10))
            time.sleep(self.pause)
        yield Note("This clip is a stand-in <b>drawn</b> in pencil.")
        if self.words != WORDS:
            yield Note(self.words)
        yield Posed(np.ones((len(frames), 134, 3), np.float32) * 20, (job.settings.width, job.settings.height), "mini")
        picture = pictures.read(job.image)
        for step in range(job.settings.steps):
            yield Progress("denoise", step + 1, job.settings.steps)
            yield Preview(picture)
            time.sleep(self.pause)
            if self.fails is not None:
                raise self.fails
        with ClipWriter(out, fps=clip.fps, audio=clip.audio, start=clip.start) as writer:
            for frame in frames:
                writer.add(np.ascontiguousarray(frame[:, ::-1]))
                yield Progress("write", writer.count, len(frames))
                time.sleep(self.pause)
        yield Finished(out, writer.count / float(clip.fps))


def _seen(people: np.ndarray) -> SimpleNamespace:
    boxes = {number: (0.5 * number, 0.0, 0.5 + 0.5 * number, 1.0) for number in range(len(people))}
    still = SimpleNamespace(boxes=boxes if len(people) > 1 else {})
    return SimpleNamespace(character=people[0] if len(people) else None, characters=people, unsure=False, still=still)


def _watched_by_nobody(job: Job) -> Iterator[Event]:
    raise NoCharacterFound("Nobody was found in the picture.")
    yield  # as of what watches


def watch(asked: Path) -> None:
    """Note in a file what gradio's fetchers ask for, and let nothing out."""
    import safehttpx

    async def note(url: str, *given: object, **named: object) -> None:
        with asked.open("a") as file:
            file.write(f"{url}\n")
        raise ConnectionError(url)

    safehttpx.get = safehttpx.async_validate_url = note


if __name__ == "__main__":
    from animate import catalogue, examples
    from studio import logs
    from studio.limits import LIMITS
    from studio.page import build
    from studio.serve import launch

    port, folder, *more = sys.argv[1:]
    examples.ASSETS = Path(more[0]) if more else examples.ASSETS
    with ExitStack() as stack:
        if "hub" in more:
            from tests.hub import serve, toy_model

            catalogue.MODELS["moore"] = toy_model()
            os.environ |= {"HF_ENDPOINT": stack.enter_context(serve()).endpoint, "HF_HUB_CACHE": f"{folder}/hub"}

        if "watched" in more:
            watch(Path(folder) / "asked")
        if "tight" in more:
            FakeAnimator.model = SimpleNamespace(size=(128, 192), steps=3, rate=30, window=24)

        catalogue.MODELS["mini"] = replace(catalogue.MODELS["mini"], corrects=True)  # it obeys what is set

        def load(model: str) -> FakeAnimator:
            memory = 2.6e9 if "tight" in more else None
            return FakeAnimator(pause=0.06, memory=memory, words=WORDS if model == "mini" else f"Stand-in for {model}")

        limits = replace(LIMITS["space"], free_gb=0) if "public" in more else None
        studio = build(load, folder=Path(folder), limits=limits)
        logs.begin(studio.folder, as_json=True)
        print("Open", launch(studio, host="127.0.0.1", port=int(port)), flush=True)
        while True:
            time.sleep(3600)
