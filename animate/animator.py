"""Picture and dance to clip. Loads once, renders many; the only file that knows both the networks and the poses."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from animate import catalogue
from animate.checkpoints import Networks, load_networks
from animate.conditions import Conditions, skeleton_conditions, to_frames
from animate.denoise import denoise, initial_noise
from animate.devices import choose_device, choose_dtype, describe
from animate.errors import BadSettings
from animate.latents import PatchCodec
from animate.schedule import steps
from animate.settings import RenderSettings
from animate.windows import cuts


class Animator:
    """A loaded model. Make one with `Animator.load`; its calls may be repeated, one at a time."""

    def __init__(self, model: catalogue.Model, networks: Networks, device: torch.device, dtype: torch.dtype):
        self.model, self.networks, self.device, self.dtype = model, networks, device, dtype

    @classmethod
    def load(
        cls, name: str | Path = "mini", *, device: str | torch.device | None = None, dtype: torch.dtype | None = None
    ) -> "Animator":
        """name: of the catalogue, or a folder in the released layout. The device and precision choose themselves.

        Raises WeightsMissing, WeightsMismatch or WeightsDamaged.
        """
        model, folder = catalogue.find(name)
        device = torch.device(device) if device is not None else choose_device()
        dtype = dtype or choose_dtype(device)
        return cls(model, load_networks(folder, device=device, dtype=dtype), device, dtype)

    @property
    def words(self) -> str:
        """What is used, for people."""
        return f"{self.model.title} on {describe(self.device, self.dtype)}"

    def denoise(
        self, reference: np.ndarray, skeletons: np.ndarray, settings: RenderSettings, noise: Tensor | None = None
    ) -> Iterator[Tensor]:
        """reference: h w 3 uint8; skeletons: f h w 3 uint8; noise: f c h/8 w/8 fp32, or None for the seed's.

        Yields the latents f c h/8 w/8 after each step, fp32 on the device; the last are the clip's.
        Raises BadSettings for sizes that do not agree or a window longer than the network's span.
        """
        size = (settings.height, settings.width)
        for what, shape in (("picture", reference.shape[:2]), ("skeletons", skeletons.shape[1:3])):
            if tuple(shape) != size:
                raise BadSettings(
                    f"The {what} is {shape[1]}x{shape[0]}, the clip {size[1]}x{size[0]}; make them equal."
                )
        yield from self.walk(self.conditions(reference, skeletons), len(skeletons), settings, noise)

    def conditions(self, reference: np.ndarray, skeletons: Iterable[np.ndarray]) -> Conditions:
        return skeleton_conditions(self.networks, reference, skeletons)

    def walk(
        self, conditions: Conditions, frames: int, settings: RenderSettings, noise: Tensor | None = None
    ) -> Iterator[Tensor]:
        """The steps from noise to latents under given conditions, as `denoise` yields them."""
        span = self.networks.denoiser.config.max_frames
        if min(settings.window, frames) > span:
            raise BadSettings(
                f"The window is {settings.window} frames; this model's span is {span}. Choose at most that."
            )
        codec = self.networks.codec
        if noise is None:
            shape = (codec.channels, *codec.grid(settings.height, settings.width))
            noise = initial_noise(frames, shape, seed=settings.seed, shared=self.model.shared_noise)
        walk = denoise(
            self.networks.denoiser,
            noise.to(self.device, torch.float32),
            pose=conditions.pose,
            references=conditions.references,
            steps=[*steps(settings.steps, settings.schedule or self.model.schedule)],
            cuts=cuts(frames, settings.window, settings.overlap),
            guidance=settings.guidance,
        )
        for latents in walk:
            if conditions.base is not None and isinstance(codec, PatchCodec):
                latents = codec.add_residual(conditions.base, latents)
            yield latents

    def decode(self, latents: Tensor, *, size: tuple[int, int] | None = None) -> np.ndarray:
        """f c h w to frames f h w 3 uint8. size: height and width, for latents that do not tell them."""
        return to_frames(self.networks.codec.decode(latents, size=size))
