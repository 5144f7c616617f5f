"""The loop from noise to latents. A generator: progress, previews and stopping belong to whoever iterates."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from animate.layers import LayerReference
from animate.reference import ReferenceFeatures
from animate.schedule import Step
from animate.windows import Cut

Denoiser = Callable[[Tensor, Tensor, Tensor, Sequence[LayerReference]], Tensor]


def initial_noise(frames: int, shape: tuple[int, int, int], *, seed: int, shared: bool = False) -> Tensor:
    """f c h w, fp32 on the CPU, drawn frame by frame, so that a seed means the same on every device and length.

    shared: every frame starts from the same noise, which keeps what does not move still.
    """
    generator = torch.Generator().manual_seed(seed)
    if shared:
        return torch.randn(shape, generator=generator).expand(frames, -1, -1, -1).clone()
    return torch.stack([torch.randn(shape, generator=generator) for _ in range(frames)])


def denoise(
    network: Denoiser,
    latents: Tensor,
    *,
    pose: Tensor,
    references: ReferenceFeatures,
    steps: Sequence[Step],
    cuts: Sequence[Cut],
    guidance: float,
) -> Iterator[Tensor]:
    """latents: f c h w noise, fp32; pose: f c h w features in the network's precision.

    Yields the latents after each step, fp32; the last are the clip's. Iterating no further stops the work.
    """
    for step in steps:
        timestep = torch.tensor([step.timestep], device=latents.device)
        velocity = torch.zeros_like(latents)
        for cut in cuts:
            velocity[cut.frames] += cut.share.to(latents) * predict(
                network, latents[cut.frames], timestep, pose[cut.frames], references, guidance
            )
        latents = step(latents, velocity)
        yield latents


@torch.no_grad()
def predict(
    network: Denoiser, latents: Tensor, timestep: Tensor, pose: Tensor, references: ReferenceFeatures, guidance: float
) -> Tensor:
    """The velocity of one window, fp32: away from the unguided prediction, by `guidance`."""
    x = latents.to(pose.dtype)
    toward = network(x, timestep, pose, references.guided).float()
    if guidance == 1:
        return toward
    away = network(x, timestep, pose, references.unguided).float()
    return away + guidance * (toward - away)
