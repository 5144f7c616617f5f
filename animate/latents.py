"""Pictures to latents and back, a few frames at a time: the VAE of the released checkpoints, and linear patches.

Shapes: f frames, c latent channels, H W the picture's size, h w the latents'. Pictures are f 3 H W in -1..1.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from einops import einsum
from torch import Tensor, nn
from torch.func import functional_call

from animate.errors import BeyondPrecision


class Codec(Protocol):
    """What the rest of the program knows of latents."""

    channels: int

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """The latents' h and w for a picture of this size in pixels."""
        ...

    def encode(self, pictures: Tensor) -> Tensor:
        """f 3 H W to f c h w, fp32."""
        ...

    def decode(self, latents: Tensor, *, size: tuple[int, int] | None = None) -> Tensor:
        """f c h w to f 3 H W, fp32; size: H and W, where the codec can choose them. Raises BeyondPrecision where what
        comes out is no number."""
        ...


class VAECodec:
    """Stable Diffusion's VAE: the mean of the posterior, scaled, at an eighth of the size."""

    def __init__(self, vae: AutoencoderKL, *, piece: int = 4):
        self.vae, self.piece = vae, piece
        self.channels: int = vae.config["latent_channels"]
        self.scale: float = vae.config["scaling_factor"]

    def grid(self, height: int, width: int) -> tuple[int, int]:
        return height // 8, width // 8

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        parts = pictures.to(self.vae.device, self.vae.dtype).split(self.piece)
        return torch.cat([self._posterior(part).mean.float() * self.scale for part in parts])

    def _posterior(self, pictures: Tensor) -> DiagonalGaussianDistribution:
        return self.vae.encode(pictures, return_dict=False)[0]  # type: ignore[return-value]

    @torch.no_grad()
    def decode(self, latents: Tensor, *, size: tuple[int, int] | None = None) -> Tensor:
        parts = (latents / self.scale).to(self.vae.device).split(self.piece)
        pictures = [self._pictures(part) for part in parts]
        beyond = are_beyond(pictures)  # of all at once, when all is launched: a device is waited for
        return torch.cat([self._exactly(z) if far else p for p, far, z in zip(pictures, beyond, parts, strict=True)])

    def _pictures(self, latents: Tensor) -> Tensor:
        return self.vae.decode(latents.to(self.vae.dtype), return_dict=False)[0].float()  # type: ignore[arg-type]

    def _exactly(self, latents: Tensor) -> Tensor:
        """The same in fp32, frame by frame, of what goes beyond half precision."""
        found = latents.float()
        for step in filter(None, (self.vae.post_quant_conv, self.vae.decoder)):
            exact = {name: value.float() for name, value in step.state_dict().items()}
            found = torch.cat([functional_call(step, exact, (frame,)) for frame in found.split(1)])
        if any(are_beyond([found])):
            raise BeyondPrecision
        return found


def are_beyond(pictures: Sequence[Tensor]) -> list[bool]:
    """Whether each of these, fp32, holds what is no number."""
    return torch.stack([each.sum() for each in pictures]).isfinite().logical_not().tolist()


class PatchCodec(nn.Module):
    """Linear latents: each 8 x 8 patch of a small copy of the picture, on its principal components.

    The copy has about `area` pixels whatever the picture's size, so the network's work does not grow with the
    clip's. Linear, so the difference of two latents is the latent of the pictures' difference: what the embedded
    model diffuses, while detail passes it by untouched.
    """

    PATCH = 8

    def __init__(self, channels: int = 48, *, area: int = 128 * 192):
        super().__init__()
        self.channels, self.area = channels, area
        self.register_buffer("basis", torch.zeros(channels, 3 * self.PATCH**2))
        self.register_buffer("scale", torch.ones(channels))  # so that pictures have about unit variance
        self.register_buffer("residual_scale", torch.ones(channels))  # and differences of pictures, when diffused
        self.basis: Tensor
        self.scale: Tensor
        self.residual_scale: Tensor

    def grid(self, height: int, width: int) -> tuple[int, int]:
        shrink = (self.area / (height * width)) ** 0.5
        return tuple(max(4, round(side * shrink / self.PATCH / 2) * 2) for side in (height, width))  # type: ignore[return-value]

    @torch.no_grad()
    def fit(self, pictures: Tensor, residuals: Tensor) -> None:
        """Finds the components on pictures f 3 H W, and the scales on them and on differences f 3 H W."""
        patches = F.pixel_unshuffle(pictures, self.PATCH).permute(0, 2, 3, 1).flatten(0, 2).double()
        _, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
        self.basis.copy_(vectors[:, -self.channels :].T.flip(0))
        self.scale.copy_(self._gain(self.project(pictures)))
        self.residual_scale.copy_(self._gain(self.project(residuals)))

    @staticmethod
    def _gain(latents: Tensor) -> Tensor:
        """Half-way whitening: strong components stay stronger, as they matter more to the eye."""
        gain = latents.std((0, 2, 3)).clamp(min=1e-4) ** -0.5
        return gain / (latents * gain[:, None, None]).square().mean().sqrt()

    def project(self, pictures: Tensor) -> Tensor:
        """f 3 8h 8w to f c h w, not scaled."""
        return einsum(F.pixel_unshuffle(pictures.to(self.basis), self.PATCH), self.basis, "f p h w, c p -> f c h w") / 4

    def small(self, pictures: Tensor) -> Tensor:
        """The copy that is cut into patches: f 3 8h 8w."""
        h, w = self.grid(*pictures.shape[-2:])
        size = (h * self.PATCH, w * self.PATCH)
        return pictures if tuple(pictures.shape[-2:]) == size else F.interpolate(pictures, size, mode="area")

    @torch.no_grad()
    def encode(self, pictures: Tensor) -> Tensor:
        return self.encode_small(self.small(pictures))

    def encode_small(self, pictures: Tensor) -> Tensor:
        """f 3 8h 8w to f c h w: copies that are small already, whose own grid may differ from their picture's."""
        return self.project(pictures) * self.scale[:, None, None]

    def encode_residual(self, difference: Tensor) -> Tensor:
        """The difference of two `project`ed pictures to what is diffused."""
        return difference * self.residual_scale[:, None, None]

    def add_residual(self, base: Tensor, residual: Tensor) -> Tensor:
        """A `project`ed picture and what was diffused, to the latents of their sum."""
        return (base + residual / self.residual_scale[:, None, None]) * self.scale[:, None, None]

    def difference(self, latents: Tensor, base: Tensor) -> Tensor:
        """The inverse of `add_residual`: what was diffused."""
        return self.encode_residual(latents / self.scale[:, None, None] - base)

    @torch.no_grad()
    def decode(self, latents: Tensor, *, size: tuple[int, int] | None = None) -> Tensor:
        return self._expand(latents / self.scale[:, None, None], size)

    @torch.no_grad()
    def decode_residual(self, residual: Tensor, *, size: tuple[int, int]) -> Tensor:
        """f c h w as diffused, to the correction f 3 H W that is added to the moved character."""
        return self._expand(residual / self.residual_scale[:, None, None], size)

    def _expand(self, latents: Tensor, size: tuple[int, int] | None) -> Tensor:
        patches = einsum(latents.to(self.basis) * 4, self.basis, "f c h w, c p -> f p h w")
        pictures = F.pixel_shuffle(patches, self.PATCH)
        if size is None or tuple(pictures.shape[-2:]) == size:
            return pictures
        return F.interpolate(pictures, size, mode="bicubic", align_corners=False)
