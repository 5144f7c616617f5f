"""Shards to batches: latents and maps are made once, in half precision; a batch only gathers them.

Shapes: b characters, r targets of each, f = b * r frames.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.checkpoints import Networks
from animate.conditions import CLIP_MEAN, CLIP_SIZE, CLIP_STD
from animate.guide import puppet_guide, quarter
from animate.latents import PatchCodec
from animate.layers import LayerReference
from animate.puppet import limb_maps
from animate.reference import reference_tokens
from training.pairs import Shard

EMPHASIS = 3.0  # of what may change, over the still background


@dataclass(frozen=True)
class Prepared:
    """guide b r k h w; residual b r c h w; weight b r 1 h w; reference b k h w; picture b 3 H W uint8."""

    guide: Tensor
    residual: Tensor
    weight: Tensor
    reference: Tensor
    picture: Tensor


@dataclass(frozen=True)
class Batch:
    """guide f k h w; residual f c h w; weight f 1 h w; reference b k h w; pixels b 3 224 224, as CLIP sees them."""

    guide: Tensor
    residual: Tensor
    weight: Tensor
    reference: Tensor
    pixels: Tensor


def pixels_of(stored: Tensor) -> Tensor:
    """uint8 to -1..1."""
    return stored.float() / 127.5 - 1


def whole_poses(body: Tensor) -> np.ndarray:
    """f 18 3 to f 134 3; what is not stored is unseen."""
    poses = np.zeros((len(body), 134, 3), np.float32)
    poses[:, :18] = body.numpy()
    return poses


def prepare(data: Shard, codec: PatchCodec) -> Prepared:
    """Everything of every shard, in half precision."""
    groups = [prepare_one(data, i, codec) for i in range(len(data["reference"]))]
    stacked = [torch.stack(column) for column in zip(*groups, strict=True)]
    return Prepared(*stacked, picture=data["reference"])


@torch.no_grad()
def prepare_one(data: Shard, i: int, codec: PatchCodec) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One character's guide r k h w, residual r c h w, weight r 1 h w and reference k h w."""
    height, width = data["reference"].shape[-2:]
    grid = codec.grid(height, width)
    moved, target = pixels_of(data["moved"][i]), pixels_of(data["target"][i])
    cover, known, mask, body = (
        F.interpolate(stored.float().reshape(-1, 1, *stored.shape[-2:]) / 255, scale_factor=4)
        for stored in (data["cover"][i], data["known"][i], data["mask"][i], data["body"][i])
    )
    limbs = limb_maps(whole_poses(data["poses"][i]), grid=grid, size=(width, height))
    guide = puppet_guide(codec, moved, pixels_of(data["background"][i])[None], cover, known, limbs[1:])
    residual = codec.encode_residual(codec.project(target) - codec.project(moved))
    change = torch.maximum(torch.maximum(cover, body), 1 - known)
    weight = 1 + (EMPHASIS - 1) * F.max_pool2d(change, 8)
    picture = codec.encode(pixels_of(data["reference"][i])[None])
    reference = torch.cat([picture, quarter(mask), limbs[:1]], dim=1)[0]
    return guide.half(), residual.half(), weight.half(), reference.half()


def load_batch(prepared: Prepared, generator: torch.Generator, *, characters: int, targets: int) -> Batch:
    """Characters drawn at random, each with `targets` of its frames in order."""
    count, frames = prepared.residual.shape[:2]
    chosen = torch.randint(count, (characters,), generator=generator)
    which = torch.stack([torch.randperm(frames, generator=generator)[:targets].sort()[0] for _ in range(characters)])
    return gather(prepared, chosen, which)


def gather(prepared: Prepared, chosen: Tensor, which: Tensor) -> Batch:
    """chosen: b characters; which: b r of their targets."""
    take = lambda stored: stored[chosen[:, None], which].flatten(0, 1).float()  # noqa: E731
    pictures = F.interpolate(prepared.picture[chosen].float() / 255, (CLIP_SIZE, CLIP_SIZE), mode="bilinear")
    mean, deviation = (torch.tensor(values)[:, None, None] for values in (CLIP_MEAN, CLIP_STD))
    return Batch(
        take(prepared.guide),
        take(prepared.residual),
        take(prepared.weight),
        prepared.reference[chosen].float(),
        (pictures - mean) / deviation,
    )


def references_of(networks: Networks, batch: Batch) -> list[LayerReference]:
    """One reference a layer, repeated for each of a character's frames, with gradients."""
    repeats = len(batch.residual) // len(batch.reference)
    clip = networks.clip(batch.pixels).image_embeds
    tokens = reference_tokens(networks.reference, batch.reference, clip)
    frames = clip.repeat_interleave(repeats, 0)[:, None]
    blocks = networks.denoiser.spatial_blocks()
    return [
        block.project(layer.repeat_interleave(repeats, 0), frames) for block, layer in zip(blocks, tokens, strict=True)
    ]


def predict_velocity(networks: Networks, batch: Batch, noisy: Tensor, timestep: Tensor) -> Tensor:
    """noisy: f c h w; timestep: f. The prediction, fp32."""
    pose = networks.guider(batch.guide)
    return networks.denoiser(noisy, timestep, pose, references_of(networks, batch)).float()
