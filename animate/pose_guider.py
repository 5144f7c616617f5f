"""The pose guider: drawn skeletons to features the denoising UNet adds to its first convolution."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PoseGuider(nn.Module):
    """A few convolutions. The released ones read skeleton pictures and halve them three times (stride 2); the
    embedded model's reads maps that already have the latents' size (stride 1). Source: arXiv:2311.17117, 3.2."""

    def __init__(
        self, out: int = 320, *, inputs: int = 3, channels: tuple[int, ...] = (16, 32, 96, 256), stride: int = 2
    ):
        super().__init__()
        self.conv_in = nn.Conv2d(inputs, channels[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        for size, larger in pairwise(channels):
            self.blocks.append(nn.Conv2d(size, size, 3, padding=1))
            self.blocks.append(nn.Conv2d(size, larger, 3, padding=1, stride=stride))
        self.conv_out = nn.Conv2d(channels[-1], out, 3, padding=1)

    def forward(self, guide: Tensor) -> Tensor:
        """f 3 H W in 0..1 to f c H/8 W/8 (stride 2), or f k h w to f c h w (stride 1)."""
        x = F.silu(self.conv_in(guide))
        for conv in self.blocks:
            x = F.silu(conv(x))
        return self.conv_out(x)

    @torch.no_grad()
    def features(self, guide: Tensor, *, piece: int = 8) -> Tensor:
        """The same for a whole clip, `piece` frames at a time, so that memory does not grow with its length."""
        parameter = self.conv_in.weight
        pieces = (part.to(parameter.device, parameter.dtype) for part in guide.split(piece))
        return torch.cat([self(part) for part in pieces])
