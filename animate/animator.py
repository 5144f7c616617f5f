"""Picture and dance to clip. Loads once, renders many."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import torch
from torch import Tensor

from animate import beforehand, catalogue, motion, pictures, walking
from animate.budget import Room, room_for
from animate.canvas import Canvas
from animate.characters import find_or_guess
from animate.checkpoints import Networks, load_networks
from animate.conditions import PIECE, Conditions, require_sizes, skeleton_conditions, to_frames
from animate.cutting import Cutter
from animate.denoise import Passed, Past, denoise, require_noise
from animate.devices import Device, Precision, find_device, find_dtype, give_back, named, unused
from animate.errors import BadSettings, NoPersonFound
from animate.events import Event, Posed, Progress
from animate.glance import Glimpse
from animate.guide import moved_frames, puppet_conditions
from animate.latents import PatchCodec, VAECodec
from animate.memory import HOST, Lodging
from animate.model import Model, Said
from animate.provenance import Identity, Seal
from animate.puppet import Puppet
from animate.savepoint import Savepoint
from animate.schedule import steps
from animate.settings import MAX_SECONDS, Job, RenderSettings
from animate.watching import Watcher
from animate.windows import cuts
from animate.writing import in_words, place_for, write


class Animator:
    """A loaded model. Make one with `Animator.load`; its calls may be repeated, one at a time."""

    def __init__(self, model: Model, networks: Networks, device: torch.device, dtype: torch.dtype):
        self.model, self.networks, self.device, self.dtype = model, networks, device, dtype
        self.watcher = Watcher(str(device) if device.type == "cuda" else "cpu", make_room=lambda: give_back(device))
        self.cutter = Cutter(1)
        self.lodging = Lodging(networks, device) if isinstance(networks.codec, VAECodec) else None
        if self.lodging is None:
            networks.denoiser.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        else:
            self.lodging.settle(RenderSettings(width=model.size[0], height=model.size[1], window=model.window))

    @classmethod
    def load(
        cls, name: str | Path = "mini", *, device: Device = None, dtype: Precision = None, **said: Unpack[Said]
    ) -> "Animator":
        """name: of the catalogue, or a folder in the released layout. The device and precision choose themselves. said:
        what is otherwise about a model of one's own, such as its drawing or rate. In float32 CUDA rounds nothing that
        this process convolves from then on to TF32.

        Raises WeightsMissing, WeightsMismatch or WeightsDamaged; BadSettings for a device or precision not here.
        """
        with in_words():
            model, files = catalogue.find(name, **said)
            device = find_device(device)
            dtype = find_dtype(dtype, device)
            networks = load_networks(files, device=device if model.guide == "puppet" else HOST, dtype=dtype)
        return cls(model, networks, device, dtype)

    @property
    def words(self) -> str:
        """What is used, for people."""
        more = self.lodging.plan.words if self.lodging and self.lodging.plan.visiting else unused(self.device)
        words = f"{self.model.title} model on {named(self.device)}.", more, self.model.note
        return " ".join(filter(None, words))

    def denoise(
        self, reference: np.ndarray, skeletons: np.ndarray, settings: RenderSettings, noise: Tensor | None = None
    ) -> Iterator[Tensor]:
        """reference: h w 3 uint8; skeletons: f h w 3 uint8; noise: f c h/8 w/8 fp32, or None for the seed's.

        Yields the latents f c h/8 w/8 after each step, fp32, on the device if it has room for all; the last are the
        clip's. (The embedded model's are those of a smaller picture.) Raises BadSettings for sizes that do not agree
        or a window longer than the network's span, NoPersonFound where the embedded model sees no body to move.
        """
        require_sizes(reference, skeletons, settings)
        self._make_room(settings, len(skeletons))
        conditions = self._through(lambda: self._conditions(reference, skeletons))
        base, codec = conditions.base, self.networks.codec
        walk = self._walk(conditions, len(skeletons), settings, noise)
        for latents in (found for found in walk if isinstance(found, Tensor)):
            yield latents if base is None or not isinstance(codec, PatchCodec) else codec.add_residual(base, latents)

    def decode(self, latents: Tensor, *, size: tuple[int, int] | None = None) -> np.ndarray:
        """f c h w to frames f h w 3 uint8, a few at once. size: height and width, for latents that do not tell them."""
        decode = self.networks.codec.decode
        parts = [self._through(lambda part=part: to_frames(decode(part, size=size))) for part in latents.split(PIECE)]
        return np.concatenate(parts)

    def _require_span(self, settings: RenderSettings, frames: float) -> None:
        """Raises BadSettings for a window, of a clip of so many frames, that is past the network's span."""
        span = self.networks.denoiser.config.max_frames
        if min(settings.window, frames) > span:
            raise BadSettings(f"The window is {settings.window} frames; this model's span is {span}; choose less.")

    def _make_room(self, settings: RenderSettings, frames: int) -> None:
        """On the device, for a clip of so many frames. Raises BadSettings for a window past the network's span."""
        self._require_span(settings, frames)
        if self.lodging:
            self.lodging.settle(settings.evenly(frames, trained=self.model.window), frames=frames)

    @property
    def _latents_at(self) -> torch.device:
        """Where what grows with a clip is kept."""
        return self.lodging.latents_at if self.lodging else self.device

    def _through(self, work: Callable[[], Any]) -> Any:
        """What work returns; with less memory where it needs too much."""
        return self.lodging.through(work) if self.lodging else work()

    def _conditions(self, reference: np.ndarray, skeletons: Iterable[np.ndarray]) -> Conditions:
        if self.model.guide == "skeleton":
            return skeleton_conditions(
                self.networks, reference, skeletons, pose_at=self._latents_at, square=self.model.square
            )
        if (character := self.watcher.look_at(reference).character) is None:
            raise NoPersonFound("Nobody was found in the picture. Use one that shows a person, from the front.")
        puppet, poses = Puppet.cut(reference, character), motion.joints_of(skeletons)
        return puppet_conditions(self.networks, reference, puppet, poses, behind=puppet.from_behind(poses))

    def _walk(
        self,
        conditions: Conditions,
        frames: int,
        settings: RenderSettings,
        noise: Tensor | None = None,
        *,
        savepoint: Savepoint | None = None,
        show: Callable[[Tensor], None] = lambda image: None,
    ) -> Iterator[Progress | Tensor]:
        """The way from noise to what is diffused, under given conditions, as walking.told tells it.

        show: is handed the clean latents that each step points at.
        """
        settings = settings.evenly(frames, trained=self.model.window)
        shape = (self.networks.codec.channels, *self.networks.codec.grid(settings.height, settings.width))
        noise = require_noise(noise, frames, shape, seed=settings.seed, noisy=self.model.noisy)
        past, parts = Past(), cuts(frames, settings.window, settings.overlap)

        def walk(latents: Tensor) -> Iterator[Tensor | Passed]:
            conditions.pose = conditions.pose.to(latents.device)  # from a device whose memory ran out, too
            return denoise(
                self.networks.denoiser,
                latents,
                pose=conditions.pose,
                references=conditions.references,
                steps=ahead,
                cuts=parts,
                guidance=settings.guidance,
                predicts=self.model.predicts,
                show=show,
                device=self.device,
                past=past,
                at_once=not (self.lodging and self.lodging.plan.visiting),
                **settings.shortcuts,
            )

        ahead = [*steps(settings.steps, settings.schedule or self.model.schedule, solver=settings.solver)]
        begin, kept = partial(self.lodging.resumed, walk) if self.lodging else walk, savepoint or Savepoint(None)
        many, at = len(parts), self._latents_at
        yield from walking.told(begin, noise, settings=settings, windows=many, past=past, savepoint=kept, at=at)

    def room(self, settings: RenderSettings, *, frames: int) -> Room:
        """What a clip would take of memory, and how much there is."""
        return room_for(self.lodging, settings.evenly(frames, trained=self.model.window), frames=frames)

    def settings_for(self, image: Path | str, *, size: tuple[int, int] | None = None, **chosen: Any) -> RenderSettings:
        """The model's own settings in the picture's shape. size: width and height; chosen: fields, None for default."""
        return self.model.settings_for(image, size=size, **chosen)

    def render(self, job: Job, out: Path | None = None) -> Generator[Event, None, None]:
        """Makes the clip, telling each event; the last is Finished. Iterating no further stops the work.

        out: where the clip goes; by default a temporary folder. Raises an AnimateError in words.
        """
        settings = job.settings
        with in_words(), place_for(out) as target:
            beforehand.check_places(job, target)
            if self.model.corrects:
                self._require_span(settings, (job.seconds or MAX_SECONDS) * self.model.rate)
            canvas = Canvas.lay(pictures.read(job.image), (settings.width, settings.height))
            character = yield from find_or_guess(self.watcher, job, canvas)
            savepoint = Savepoint.of(job, self.model, self.device.type, self.dtype, self.networks.origin)
            self.watcher.recall(job, savepoint)
            dance = yield from self.watcher.watch(job, most=self.model.rate)
            self.watcher.save(job, savepoint)
            drawn = self.model.guide == "skeleton"
            poses = yield from motion.fit(dance, character, size=canvas.size, job=job, whole=drawn)
            yield Posed(poses, canvas.size, self.model.drawing)
            if drawn:
                frames = yield from self._imagine(canvas.picture, poses, settings, savepoint)
            else:
                puppet = yield from self.cutter.cut(job, canvas, character)
                frames = yield from self._move(canvas.picture, puppet, poses, float(dance.fps), settings, savepoint)
            seal = Seal(Identity.of(), self.model.title)
            with closing(write(target, frames, len(poses), dance=dance, seal=seal)) as written:
                for event in written:
                    if self.lodging:
                        yield from self.lodging.told()
                    yield event

    def _move(
        self,
        picture: np.ndarray,
        puppet: Puppet,
        poses: np.ndarray,
        fps: float,
        settings: RenderSettings,
        savepoint: Savepoint,
    ) -> Generator[Event, None, Iterator[np.ndarray]]:
        """Moves the cut-out character and, where the network is good enough, diffuses what it lacks."""
        behind, correction = puppet.from_behind(poses, fps=fps), None
        if self.model.corrects:
            self._make_room(settings, len(poses))
            conditions = puppet_conditions(self.networks, picture, puppet, poses, behind=behind)
            for found in self._walk(conditions, len(poses), settings, savepoint=savepoint):
                if isinstance(found, Progress):
                    yield found
                else:
                    correction = found
        return moved_frames(puppet, poses, self.networks.codec, correction, behind=behind)

    def _imagine(
        self, picture: np.ndarray, poses: np.ndarray, settings: RenderSettings, savepoint: Savepoint
    ) -> Generator[Event, None, Iterator[np.ndarray]]:
        """Draws the skeletons as the checkpoint was trained to see them and walks from noise to latents."""
        assert self.lodging
        self._make_room(settings, len(poses))
        size, style = (settings.width, settings.height), self.model.drawing
        conditions = self._through(lambda: self._conditions(picture, motion.drawn(poses, size=size, style=style)))
        latents, glimpse, last = torch.empty(0), Glimpse(self.networks), False
        for found in self._walk(conditions, len(poses), settings, savepoint=savepoint, show=glimpse.keep):
            yield from self.lodging.told()
            if isinstance(found, Progress):
                yield found
                last = found.done == found.total
                continue
            latents = found
            if (preview := glimpse.take(last=last)) is not None:
                yield preview
        return (frame for part in latents.split(PIECE) for frame in self.decode(part))
