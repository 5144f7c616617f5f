"""What training minimises: the error of the image at pure noise, and at a level of noise on the way.

The network answers with the image (what the puppet lacks), not with a velocity: most of it is nothing at all, and
answering nothing is easier than subtracting noise. An untrained network so leaves the puppet as it is in any step.

On the way half of the frames hold the truth under the noise, as in any diffusion; the other half hold the network's
own first guess, as they do when a clip is made. So every further step learns to mend what the steps before it left.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from animate.layers import LayerReference
from training.batches import Batch

OWN = 0.5  # how many frames hold the network's own guess
Network = Callable[[Tensor, Tensor, Tensor, Sequence[LayerReference], int], Tensor]


def loss_of(
    network: Network,
    batch: Batch,
    pose: Tensor,
    references: Sequence[LayerReference],
    *,
    levels: Tensor,
    generator: torch.Generator,
    clips: bool,
) -> Tensor:
    """levels: of signal, a time step, 0 at the last; pose: f c h w features; generator: on the CPU.

    clips: the frames of a character are a run in time, which shares its noise and time step.
    """
    residual, device = batch.residual, batch.residual.device
    frames = len(residual)
    characters = len(batch.reference)
    groups = characters if clips else frames

    def spread(values: Tensor) -> Tensor:
        return values.to(device).repeat_interleave(frames // groups, 0)

    seed = int(torch.randint(2**62, (), generator=generator))
    here = torch.Generator(device).manual_seed(seed)
    noise = spread(torch.randn(groups, *residual.shape[1:], generator=here, device=device))
    last = len(levels) - 1
    runs = characters if clips else 1

    start = torch.full((frames,), last, device=device)
    guess = network(noise, start, pose, references, runs).float()
    first = (guess - residual).square()

    timestep = spread(torch.randint(0, last, (groups,), generator=generator))
    own = spread(torch.rand(groups, generator=generator) < OWN)[:, None, None, None]
    signal = levels.to(device)[timestep][:, None, None, None]
    level = (1 - signal.square()).sqrt()
    noisy = signal * torch.where(own, guess.detach(), residual) + level * noise
    second = (network(noisy, timestep, pose, references, runs).float() - residual).square()
    return ((first + second) / 2 * batch.weight).mean() / batch.weight.mean()
