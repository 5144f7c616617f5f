"""What latents look like, cheaply, while a clip is denoised: by a tiny decoder, or by each latent's own colour.

Shapes: f frames, h w the latents', H W the picture's.
"""

import time
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from diffusers.models.autoencoders.vae import DecoderTiny
from einops import einsum
from torch import Tensor

from animate.checkpoints import Networks
from animate.conditions import to_frames
from animate.devices import out_of_memory
from animate.events import Preview

# Red, green and blue of each of Stable Diffusion 1's four latents, found by regression on its VAE's pictures.
# Source: https://discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204/2
COLOURS = ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473))
ENLARGED = 4  # times, each way, when latents are shown by their colours
MOST = 16  # frames of a clip that are looked at
SIDE = 288  # pixels, at most, of what is shown
PAUSE = 1.5  # seconds, at least, between two looks
SHARE = 20  # times as long as a look takes, so that looking takes a twentieth of the time


class Glimpse:
    """The clip in small while it is denoised, told now and then. Latents of another kind than Stable Diffusion 1's are
    not shown."""

    def __init__(self, networks: Networks):
        self._decoder, self._known = networks.quick, networks.codec.channels == len(COLOURS)
        self._image: Tensor | None = None
        self._due = 0.0

    def keep(self, image: Tensor) -> None:
        """image: f c h w, the clean latents as they are foreseen now."""
        self._image = image

    def take(self, *, last: bool = False) -> Preview | None:
        """What was kept, as pictures; None between two looks, but for the last one, and where memory has no room for a
        look, which is no reason for the clip to go on with less."""
        begun = time.monotonic()
        if self._image is None or not self._known or (begun < self._due and not last):
            return None
        try:
            clip = to_frames(small(glance(self._image[list(spread(len(self._image)))], self._decoder)))
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            clip = None
        now = time.monotonic()
        self._due = now + max(PAUSE, SHARE * (now - begun))
        return None if clip is None else Preview(clip[len(clip) // 2], 0.5, clip)


def glance(latents: Tensor, decoder: DecoderTiny | None) -> Tensor:
    """Scaled latents f 4 h w of Stable Diffusion's VAE to pictures in -1..1, fp32, kept by the host.

    decoder: TAESD's, one frame at a time, to f 3 8h 8w; None shows colours, f 3 4h 4w.
    """
    with torch.no_grad():
        if decoder is None:
            pictures = einsum(latents.float().cpu(), torch.tensor(COLOURS), "f c h w, c p -> f p h w")
            return F.interpolate(pictures, scale_factor=ENLARGED, mode="bicubic")
        weight = next(decoder.parameters())
        return torch.cat([decoder(frame.to(weight.device, weight.dtype)).float().cpu() for frame in latents.split(1)])


def small(pictures: Tensor) -> Tensor:
    """f 3 H W, kept by the host, to no more than SIDE pixels. (Apple's GPUs shrink so only to sizes that divide.)"""
    shrink = SIDE / max(pictures.shape[-2:])
    if shrink >= 1:
        return pictures
    return F.interpolate(pictures, [round(side * shrink) for side in pictures.shape[-2:]], mode="area")


def spread(frames: int) -> Sequence[int]:
    """Which frames stand for a clip: the first, the last, and evenly between."""
    if frames <= MOST:
        return range(frames)
    return [round(at * (frames - 1) / (MOST - 1)) for at in range(MOST)]
