"""The guide of the embedded model: the character itself, cut out and moved, at the size the network works at.

The network diffuses what the puppet lacks, in linear patch latents, so detail of the picture passes it by untouched.
Shapes: f frames, H W the picture's size, 8h 8w that of its small copy, h w the latents', k channels of a guide.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.checkpoints import Networks
from animate.conditions import PIECE, Conditions, read_reference, to_frames, to_tensor
from animate.latents import PatchCodec
from animate.puppet import Puppet
from animate.puppet.bones import limb_maps

_WORKERS = 4  # threads at most: each takes memory of its own, and torch's threads share the cores with them
_MOVED = 4  # frames that a thread moves at once: with eight it is no faster, and takes 100 MB more of a small clip


@dataclass(frozen=True)
class SmallPuppet:
    """The puppet at the size the embedded network works at, and the maps made of it.

    size: width and height of the small copy; scale: from the picture's pixels to its own, x and y.
    """

    puppet: Puppet
    size: tuple[int, int]
    scale: np.ndarray

    @classmethod
    def of(cls, picture: np.ndarray, puppet: Puppet, codec: PatchCodec) -> "SmallPuppet":
        height, width = picture.shape[:2]
        h, w = (side * codec.PATCH for side in codec.grid(height, width))
        small = F.interpolate(to_tensor(picture[None]), (h, w), mode="area")
        mask = F.interpolate(puppet.mask[None].float(), (h, w), mode="area")[0]
        scale = np.array([w / width, h / height, 1], np.float32)
        frame = (small[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        pose = to_small(puppet.pose.numpy(), scale)
        cut = Puppet.cut(frame, pose, mask=mask[0].numpy(), within=puppet.within, stubs=puppet.stubs)
        return cls(cut, (w, h), scale)

    def limbs(self, poses: np.ndarray, codec: PatchCodec) -> Tensor:
        """poses: f 134 3 in the picture's pixels; f 42 h w."""
        width, height = self.size
        grid = (height // codec.PATCH, width // codec.PATCH)
        return limb_maps(to_small(poses, self.scale), grid=grid, size=self.size)


def to_small(poses: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Pixel centres of one size to those of another; scores stay."""
    half = np.array([0.5, 0.5, 0], np.float32)
    return ((poses + half) * scale - half).astype(np.float32)


def quarter(maps: Tensor) -> Tensor:
    """f 1 8h 8w to f 4 h w: coverage at a quarter of the size, four values a latent."""
    return F.pixel_unshuffle(F.avg_pool2d(maps, 4), 2)


def puppet_guide(
    codec: PatchCodec, moved: Tensor, background: Tensor, cover: Tensor, known: Tensor, limbs: Tensor
) -> Tensor:
    """What the embedded model's pose guider reads, f k h w.

    moved: f 3 8h 8w; background: 1 or f 3 8h 8w, both in -1..1; cover, known: f or 1 4 h w, of `quarter`;
    limbs: f 42 h w.
    """
    maps = (codec.encode_small(moved), codec.encode_small(background), cover, known, limbs)
    return torch.cat([part.to(codec.basis).expand(len(moved), -1, -1, -1) for part in maps], dim=1)


@torch.no_grad()
def puppet_conditions(
    networks: Networks, picture: np.ndarray, puppet: Puppet, poses: np.ndarray, *, behind: Tensor
) -> Conditions:
    """picture: h w 3 uint8; puppet: cut from it; poses: f 134 3, fitted to the character, in its pixels; behind: as
    for Puppet.move."""
    codec = networks.codec
    assert isinstance(codec, PatchCodec), "only the embedded model is guided by the puppet"
    small = SmallPuppet.of(picture, puppet, codec)
    background, known = small.puppet.background[None] * 2 - 1, quarter(small.puppet.known[None].float())
    small_poses = to_small(poses, small.scale)
    scale = small.puppet.scale_of(small_poses)
    bases: list[Tensor] = []
    features: list[Tensor] = []
    for first in range(0, len(poses), PIECE):
        part = slice(first, first + PIECE)
        moved = small.puppet.move(small_poses[part], scale=scale, behind=behind[part])
        frames = moved.frames * 2 - 1
        guide = puppet_guide(codec, frames, background, quarter(moved.cover), known, small.limbs(poses[part], codec))
        features.append(networks.guider.features(guide))
        bases.append(codec.project(frames))
    extra = torch.cat([quarter(small.puppet.mask[None].float()), small.limbs(puppet.pose[None].numpy(), codec)], dim=1)
    return Conditions(torch.cat(features), read_reference(networks, picture, extra), torch.cat(bases))


def workers() -> int:
    """Threads that move frames side by side: as many as cores that this process may use, four at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(_WORKERS, cores)


def moved_frames(
    puppet: Puppet, poses: np.ndarray, codec: Any, correction: Tensor | None, *, behind: Tensor
) -> Iterator[np.ndarray]:
    """Frames h w 3 uint8 of the puppet in f 134 3 poses, with what was diffused added; a few at a time, in parallel.
    behind: as for Puppet.move."""
    size, scale = tuple(puppet.background.shape[-2:]), puppet.scale_of(poses)

    def piece(chosen: slice) -> np.ndarray:
        frames = puppet.move(poses[chosen], scale=scale, behind=behind[chosen]).frames * 2 - 1
        if correction is not None:
            frames = frames + codec.decode_residual(correction[chosen], size=size).to(frames)
        return to_frames(frames)

    _ = puppet.stance, puppet.beside  # what it makes once and keeps: threads at once would each make it
    if behind.any():
        _ = puppet.backs, puppet.across
    most = workers()
    with ThreadPoolExecutor(most) as pool:
        waiting: deque[Future[np.ndarray]] = deque()
        for first in range(0, len(poses), _MOVED):
            waiting.append(pool.submit(piece, slice(first, first + _MOVED)))
            if len(waiting) > most:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
