"""What training minimises: the error of the network's first answer, and of its second, which mends the first.

Diffusion without noise: what the puppet lacks is refined, guess by guess. A walk begins with latents that hold nothing,
at the time of pure noise; the network answers with the image (the residual itself), not with a velocity: most of it is
nothing at all, and an untrained network so leaves the puppet as it is in any step. On the way the latents hold what the
walk itself has come to, as weak as noise would leave it at that time. So the second pass begins from the network's own
guess, never from the truth, which no walk is shown.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from animate.layers import LayerReference
from training.batches import Batch

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

    clips: the frames of a character are a run in time, which shares its time step.
    """
    residual, device = batch.residual, batch.residual.device
    frames, characters = len(residual), len(batch.reference)
    last, runs = len(levels) - 1, characters if clips else 1

    start = torch.full((frames,), last, device=device)
    guess = network(torch.zeros_like(residual), start, pose, references, runs).float()

    groups = characters if clips else frames
    drawn = torch.randint(0, last, (groups,), generator=generator).to(device)
    timestep = drawn.repeat_interleave(frames // groups)
    signal = levels.to(device)[timestep][:, None, None, None]
    better = network(signal * guess.detach(), timestep, pose, references, runs).float()

    errors = (guess - residual).square() + (better - residual).square()
    return (errors / 2 * batch.weight).mean() / batch.weight.mean()
