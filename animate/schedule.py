"""The DDIM walk from noise to image, for a network that predicts velocity.

Betas rescaled to zero terminal signal and trailing timesteps: arXiv:2305.08891; velocity: arXiv:2202.00512.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Schedule = Literal["linear", "scaled_linear"]
TRAINED_STEPS = 1000
FIRST_BETA, LAST_BETA = 0.00085, 0.012


def signal_levels(schedule: Schedule) -> Tensor:
    """1000 levels of signal, the square root of alpha-bar: nearly 1 at the first timestep, 0 at the last."""
    if schedule == "linear":
        betas = torch.linspace(FIRST_BETA, LAST_BETA, TRAINED_STEPS)
    else:
        betas = torch.linspace(FIRST_BETA**0.5, LAST_BETA**0.5, TRAINED_STEPS) ** 2
    signal = torch.cumprod(1 - betas, 0).sqrt()
    return (signal - signal[-1]) * signal[0] / (signal[0] - signal[-1])


@dataclass(frozen=True)
class Step:
    """One step of the walk: how much image and noise is in the latents at it, and after it."""

    timestep: int
    signal: float
    noise: float
    next_signal: float
    next_noise: float

    def __call__(self, latents: Tensor, velocity: Tensor) -> Tensor:
        image = self.signal * latents - self.noise * velocity
        noise = self.noise * latents + self.signal * velocity
        return self.next_signal * image + self.next_noise * noise


def steps(count: int, schedule: Schedule = "linear") -> Iterator[Step]:
    """Evenly spaced steps that start at pure noise and end at the clean image."""
    signal = signal_levels(schedule)
    timesteps = [round(TRAINED_STEPS - i * TRAINED_STEPS / count) - 1 for i in range(count)]
    levels = [signal[timestep].item() for timestep in timesteps] + [1.0]
    for timestep, here, after in zip(timesteps, levels, levels[1:], strict=False):
        yield Step(timestep, here, (1 - here**2) ** 0.5, after, (1 - after**2) ** 0.5)
