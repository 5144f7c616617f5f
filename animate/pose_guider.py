"""The pose guider: drawn skeletons to features the denoising UNet adds to its first convolution."""

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PAPER: dict[str, Any] = {"channels": (16, 32, 64, 128), "kernel": 4}  # how the paper describes its own


class PoseGuider(nn.Module):
    """A few convolutions. Source: arXiv:2311.17117, 3.2.

    The released ones read skeleton pictures and halve them three times (stride 2); the embedded model's reads maps
    that already have the latents' size (stride 1). Their kernels are of 3x3.

    The paper's own (kernel 4: `PoseGuider(**PAPER)`) is four 4x4 convolutions of stride 2, Gaussian at first, and a
    projection that is zero at first, «to align the pose image with the same resolution as the noise latent». Four
    halvings give a sixteenth of the picture's side, the latents have an eighth: the paper does not say what makes up
    for it. (ControlNet describes its encoder in the same words, and its code halves three times, as do the released
    guiders; others give the last convolution no stride.) Here the picture is doubled first: kernels, strides and
    channels are the paper's, the resolution is the latents', and no stroke of a skeleton is lost.
    """

    def __init__(
        self,
        out: int = 320,
        *,
        inputs: int = 3,
        channels: tuple[int, ...] = (16, 32, 96, 256),
        stride: int = 2,
        kernel: int = 3,
    ):
        super().__init__()
        self.conv_in = None if kernel == 4 else nn.Conv2d(inputs, channels[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        if kernel == 4:
            for size, larger in pairwise((inputs, *channels)):
                self.blocks.append(nn.Conv2d(size, larger, 4, stride=2, padding=1))
            self.conv_out = nn.Conv2d(channels[-1], out, 1)
            self._begin()
            return
        for size, larger in pairwise(channels):
            self.blocks.append(nn.Conv2d(size, size, 3, padding=1))
            self.blocks.append(nn.Conv2d(size, larger, 3, padding=1, stride=stride))
        self.conv_out = nn.Conv2d(channels[-1], out, 3, padding=1)

    def _begin(self) -> None:
        """Gaussian weights, scaled so that what goes through keeps its strength, and a projection of zeros."""
        for conv in self.blocks:
            assert isinstance(conv, nn.Conv2d)
            assert conv.bias is not None
            nn.init.kaiming_normal_(conv.weight)
            nn.init.zeros_(conv.bias)
        for parameter in self.conv_out.parameters():
            nn.init.zeros_(parameter)

    def forward(self, guide: Tensor) -> Tensor:
        """f 3 H W in 0..1 to f c H/8 W/8 (stride 2, and the paper's), or f k h w to f c h w (stride 1)."""
        if self.conv_in is None:
            x = F.interpolate(guide, scale_factor=2.0, mode="bilinear")
        else:
            x = F.silu(self.conv_in(guide))
        for conv in self.blocks:
            x = F.silu(conv(x))
        return self.conv_out(x)

    @torch.no_grad()
    def features(self, guide: Tensor) -> Tensor:
        """The same in its own precision and where it is; of as many frames as memory has room for at once."""
        parameter = self.conv_out.weight
        return self(guide.to(parameter.device, parameter.dtype))
