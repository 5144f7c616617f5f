"""The reference picture, read once: SD1.5's own UNet, tapped for the tokens its spatial attention layers see."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention import BasicTransformerBlock
from torch import Tensor, nn

from animate.layers import LayerReference
from animate.unet import DenoisingUNet


@dataclass(frozen=True)
class ReferenceFeatures:
    """What every spatial layer of the denoiser takes from the picture, with guidance and without it."""

    guided: Sequence[LayerReference]
    unguided: Sequence[LayerReference]


def reference_tokens(unet: UNet2DConditionModel, latents: Tensor, clip: Tensor) -> list[Tensor]:
    """latents: b c h w, of the pictures; clip: an embedding c of all, b c of each, or tokens b t c.

    One (b, h * w, c) tensor a layer, in running order.
    """
    tokens: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        tokens.append(output)

    norms = [module.norm1 for module in unet.modules() if isinstance(module, BasicTransformerBlock)]
    handles = [norm.register_forward_hook(keep) for norm in norms if isinstance(norm, nn.Module)]
    try:
        context = clip[None, None] if clip.ndim == 1 else clip[:, None] if clip.ndim == 2 else clip
        unet(latents, 0, context.expand(len(latents), -1, -1))
    finally:
        for handle in handles:
            handle.remove()
    return tokens


@torch.no_grad()
def reference_features(
    denoiser: DenoisingUNet, unet: UNet2DConditionModel, latents: Tensor, clip: Tensor
) -> ReferenceFeatures:
    """latents: 1 c h w; clip: c or 1 t c. Unguided means no reference tokens at all and a zero embedding."""
    tokens = reference_tokens(unet, latents, clip)
    return ReferenceFeatures(
        guided=denoiser.project(tokens, clip),
        unguided=denoiser.project([t[:, :0] for t in tokens], torch.zeros_like(clip)),
    )
