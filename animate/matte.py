"""The matte: a soft rim for what was cut out, and its own colours in it. Nothing learned."""

import cv2
import torch
from torch import Tensor

from animate.cutout import blur, fill_smoothly, grow


def find_matte(picture: Tensor, mask: Tensor, *, radius: int, doubt: float = 0.01) -> tuple[Tensor, Tensor]:
    """A soft rim and the body's own colours in it, free of the old background.

    picture: 3 h w, mask: 1 h w; radius: pixels to either side of the rim that are looked at;
    doubt: the squared contrast below which the mask is believed rather than the colours.
    Returns (alpha 1 h w, colours 3 h w).
    """
    hard = (mask > 0.5).float()
    inside, outside = grow(hard, -radius), 1 - grow(hard, radius)
    body = fill_smoothly(picture[None], inside[None])[0]
    behind = fill_smoothly(picture[None], outside[None])[0]
    contrast = body - behind
    strength = (contrast**2).sum(0, keepdim=True)
    alpha = ((picture - behind) * contrast).sum(0, keepdim=True) / strength.clamp(min=1e-4)
    trust = strength / (strength + doubt)
    soft = blur(hard, max(0.6, radius / 6))
    alpha = trust * alpha.clamp(0, 1) + (1 - trust) * soft
    # what lies deeper on one side may be seen through only little
    deep = blur(hard, max(0.6, radius / 2))
    alpha = alpha.clamp(0, 1).minimum((deep * 2.2).clamp(0, 1)).maximum((deep * 2.2 - 1.2).clamp(0, 1))
    alpha = torch.where(
        inside > 0.5, torch.ones_like(alpha), torch.where(outside > 0.5, torch.zeros_like(alpha), alpha)
    )
    alpha = torch.from_numpy(cv2.medianBlur(alpha[0].numpy(), 3 if radius < 5 else 5))[None]  # no specks
    unmixed = ((picture - (1 - alpha) * behind) / alpha.clamp(min=0.05)).clamp(0, 1)
    sure = ((alpha - 0.6) / 0.35).clamp(0, 1)
    return alpha, body * (1 - sure) + unmixed * sure
