"""The loop from noise to latents: steps, context windows, classifier-free guidance.

A generator: progress, previews and stopping belong to whoever iterates.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from animate import abreast
from animate.errors import BadSettings, BeyondPrecision
from animate.layers import LayerReference
from animate.model import Prediction
from animate.reference import ReferenceFeatures
from animate.schedule import TRAINED_STEPS, Step
from animate.windows import Cut


class Denoiser(Protocol):
    """What predicts velocity, or the image itself: the network, or what stands in for it."""

    def __call__(
        self,
        x: Tensor,
        timestep: Tensor,
        pose: Tensor,
        references: Sequence[LayerReference],
        /,
        *,
        deep: list[Tensor] | None,
    ) -> Tensor: ...


@dataclass(frozen=True)
class Passed:
    """Of the step in hand so many windows are denoised, and there are more."""

    windows: int


Walk = Callable[[Tensor], Iterator[Tensor | Passed]]  # from latents, along the steps that are not done


@dataclass
class Past:
    """What a walk takes along from step to step beside its latents, so that others can go on with it.

    done: steps behind it. image: the clean latents, f c h w, that the last one pointed at, where the next looks back at
    them. deep: the features that serve several steps, by window and branch of guidance, each alone in its list; a step
    that fails leaves them usable.
    """

    done: int = 0
    image: Tensor | None = None
    deep: dict[tuple[int, bool], list[Tensor]] = field(default_factory=dict)

    def kept(self, window: int) -> list[list[Tensor]]:
        """What the guided branch of a window keeps from step to step, and the other."""
        return [self.deep.setdefault((window, branch), []) for branch in (True, False)]

    def bring(self, device: torch.device) -> None:
        self.image = None if self.image is None else self.image.to(device)
        for each in filter(None, self.deep.values()):
            each[0] = each[0].to(device)


def initial_noise(frames: int, shape: tuple[int, int, int], *, seed: int, noisy: bool = True) -> Tensor:
    """f c h w, fp32 on the CPU, drawn frame by frame, so that a seed means the same on every device and length.

    noisy: otherwise all of it is 0, for a network that refines its own guesses from nothing on.
    """
    if not noisy:
        return torch.zeros(frames, *shape)
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randn(shape, generator=generator) for _ in range(frames)])


def require_noise(
    given: Tensor | None, frames: int, shape: tuple[int, int, int], *, seed: int, noisy: bool = True
) -> Tensor:
    """What is given, f c h w, as fp32, or else the seed's. Raises BadSettings where it is not of so many frames and of
    that shape."""
    if given is None:
        return initial_noise(frames, shape, seed=seed, noisy=noisy)
    if tuple(given.shape) != (frames, *shape):
        raise BadSettings(f"The noise is {tuple(given.shape)}, the latents are {(frames, *shape)}; make them equal.")
    return given.float()


def on_host(latents: Tensor) -> np.ndarray:
    """f c h w as numpy's. Raises BeyondPrecision where one of them is no number."""
    brought = latents.cpu().numpy()
    if not np.isfinite(brought.sum()):
        raise BeyondPrecision
    return brought


def denoise(
    network: Denoiser,
    latents: Tensor,
    *,
    pose: Tensor,
    references: ReferenceFeatures,
    steps: Sequence[Step],
    cuts: Sequence[Cut],
    guidance: float,
    guided: float = 1,
    reuse: int = 1,
    predicts: Prediction = "velocity",
    show: Callable[[Tensor], None] = lambda image: None,
    device: torch.device | None = None,
    past: Past | None = None,
    at_once: bool = True,
) -> Iterator[Tensor | Passed]:
    """latents: f c h w noise, fp32; pose: f c h w features in the network's precision.

    guidance: the scale, 1 for none. guided: the part of the walk, from its start, that is guided; the rest follows
    the picture alone. reuse: steps for which one window's deep features serve (DeepCache). Both save work and are not
    exact, except at their defaults. predicts: what the network answers. show: is handed the clean latents that a step
    points at, before each yield. device: the network's, where that is another than the latents' and the pose's, of
    which a window at a time is brought to it. past: of the steps that are done already, which are not done again; each
    one more is added to it. at_once: whether both branches of guidance may be computed at the same time, where that
    pays; not of a network whose layers come and go.
    Yields the latents after each step, fp32; the last are the clip's. Between the windows of a step it tells how many
    are passed. Iterating no further stops the work.
    """
    past, device = past or Past(), device or latents.device
    past.bring(latents.device)
    # brought to the device once: a copy from the host within the loop would make it wait for all that was launched
    timesteps = torch.tensor([step.timestep for step in steps], device=device)
    shares = [cut.share.to(latents) for cut in cuts]
    while past.done < len(steps):
        at, step = past.done, steps[past.done]
        if past.done % reuse == 0:
            past.deep.clear()
        strength = guidance if 1 - (step.timestep + 1) / TRAINED_STEPS < guided else 1
        answer = torch.zeros_like(latents)
        for window, (cut, share) in enumerate(zip(cuts, shares, strict=True)):
            if window:
                yield Passed(window)
            deep = past.kept(window) if reuse > 1 else (None, None)
            x, features = latents[cut.frames].to(device), pose[cut.frames].to(device)  # once for both branches
            found = predict(network, x, timesteps[at : at + 1], features, references, strength, deep, at_once=at_once)
            answer[cut.frames] += share * found.to(latents.device)
            for each in filter(None, deep):
                each[0] = each[0].to(latents.device)  # which may be the host, where there is room
        velocity = answer if predicts == "velocity" else step.velocity(latents, answer)
        image = step.image(latents, velocity)
        latents = step(latents, velocity, past.image)
        show(image)
        past.done = at + 1  # here, where nothing of the step can fail any more
        past.image = image if past.done < len(steps) and steps[past.done].back else None
        yield latents


def after_steps(walk: Iterator[Tensor | Passed]) -> Iterator[Tensor]:
    """The latents alone."""
    return (found for found in walk if isinstance(found, Tensor))


@torch.no_grad()
def predict(
    network: Denoiser,
    latents: Tensor,
    timestep: Tensor,
    pose: Tensor,
    references: ReferenceFeatures,
    guidance: float,
    deep: Sequence[list[Tensor] | None] = (None, None),
    *,
    at_once: bool = True,
) -> Tensor:
    """The network's answer for one window, fp32: away from the unguided prediction, by `guidance`.

    deep: what each branch keeps from step to step, the guided one first. at_once: as of denoise.
    """
    x = latents.to(pose.dtype)
    guided = partial(network, x, timestep, pose, references.guided, deep=deep[0])
    if guidance == 1:
        return guided().float()
    unguided = partial(network, x, timestep, pose, references.unguided, deep=deep[1])
    toward, away = abreast.at_once(guided, unguided) if at_once and abreast.pays(x) else (guided(), unguided())
    toward, away = toward.float(), away.float()
    return away + guidance * (toward - away)
