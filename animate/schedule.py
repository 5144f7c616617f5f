"""The walk from noise to image, for a network that predicts velocity: DDIM, or the same with a look back.

Betas rescaled to zero terminal signal and trailing timesteps: arXiv:2305.08891; velocity: arXiv:2202.00512; the look
back, DPM-Solver++ (2M): arXiv:2211.01095.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from animate.settings import Schedule, Solver

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
    """One step of the walk: how much image and noise is in the latents at it, and after it.

    back: how far the image is carried on along its change since the step before; 0 is DDIM.
    """

    timestep: int
    signal: float
    noise: float
    next_signal: float
    next_noise: float
    back: float = 0

    def image(self, latents: Tensor, velocity: Tensor) -> Tensor:
        """The clean latents that this velocity points at."""
        return self.signal * latents - self.noise * velocity

    def velocity(self, latents: Tensor, image: Tensor) -> Tensor:
        """The velocity that points at an image."""
        return (self.signal * latents - image) / self.noise

    def __call__(self, latents: Tensor, velocity: Tensor, earlier: Tensor | None = None) -> Tensor:
        """earlier: the image that the step before pointed at, for solvers that look back."""
        image = self.image(latents, velocity)
        noise = self.noise * latents + self.signal * velocity
        latents = self.next_signal * image + self.next_noise * noise
        if earlier is None or not self.back:
            return latents
        gain = self.next_signal - self.next_noise * self.signal / self.noise
        return latents + gain * self.back * (image - earlier)


def steps(count: int, schedule: Schedule = "linear", *, solver: Solver = "ddim") -> Iterator[Step]:
    """Evenly spaced steps that start at pure noise and end at the clean image."""
    signal = signal_levels(schedule)
    timesteps = [round(TRAINED_STEPS - i * TRAINED_STEPS / count) - 1 for i in range(count)]
    levels = [signal[timestep].item() for timestep in timesteps] + [1.0]
    clarity = [math.log(s / (1 - s * s) ** 0.5) if 0 < s < 1 else math.copysign(math.inf, s - 0.5) for s in levels]
    for at, timestep in enumerate(timesteps):
        here, after = levels[at], levels[at + 1]
        back = 0.0
        if solver == "dpm" and 1 < at < count - 1:  # pure noise and the clean image are infinitely far: plain steps
            back = (clarity[at + 1] - clarity[at]) / (clarity[at] - clarity[at - 1]) / 2
        yield Step(timestep, here, (1 - here**2) ** 0.5, after, (1 - after**2) ** 0.5, back)
