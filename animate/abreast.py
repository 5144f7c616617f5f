"""Both branches of classifier-free guidance in one forward, where little is to be computed.

That takes fewer calls and larger products. Each layer's reference then has the other branch's as `away`, for the second
half of the frames.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from animate import processor

if TYPE_CHECKING:
    from animate.reference import ReferenceFeatures
    from animate.unet import DenoisingUNet

FEW = 5_000  # places of all frames up to which it is worth the memory


def pays(x: Tensor) -> bool:
    """x: f c h w latents. Measured: benchmarks/cores.py."""
    return processor.fit(x) and x[:, 0].numel() <= FEW


def predict(
    network: "DenoisingUNet",
    x: Tensor,
    timestep: Tensor,
    pose: Tensor,
    references: "ReferenceFeatures",
    deep: Sequence[list[Tensor] | None],
) -> Tensor:
    """The guided answer to f frames, then the unguided; otherwise as in denoise.py."""
    both = [replace(g, away=u) for g, u in zip(references.guided, references.unguided, strict=True)]
    guided, unguided = deep
    kept = None if guided is None or unguided is None else [torch.cat(p) for p in zip(guided, unguided, strict=False)]
    answer = network(torch.cat([x, x]), timestep, torch.cat([pose, pose]), both, 2, deep=kept)
    if guided is not None and unguided is not None and kept:
        guided[:], unguided[:] = ([features] for features in kept[0].chunk(2))
    return answer


def by_branch(work: Callable[..., Tensor], reference: Any, *tokens: Tensor) -> Tensor:
    """`work` on tokens of all frames, or on each half with its own reference."""
    if reference is None or reference.away is None:
        return work(reference, *tokens)
    halves = zip((reference, reference.away), zip(*(t.chunk(2) for t in tokens), strict=True), strict=True)
    return torch.cat([work(one, *half) for one, half in halves])
