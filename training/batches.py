"""Pairs to batches, made anew each time on the device that trains: mirrored, coloured otherwise, then to latents.

Shapes: b characters, r targets of each, f = b * r frames, H W pixels, h w latents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from animate.checkpoints import Networks
from animate.conditions import CLIP_MEAN, CLIP_SIZE, CLIP_STD
from animate.guide import puppet_guide
from animate.latents import PatchCodec
from animate.layers import LayerReference
from animate.puppet.bones import limb_maps
from animate.puppet.turning import MIRROR
from animate.reference import reference_tokens
from training.pairs import Shard

EMPHASIS = 3.0  # of what may change, over the still background
PICTURES = ("reference", "target", "moved", "background")
# points of the face, from 0: runs that a mirror turns round (jaw, brows, nostrils, lips), and one eye beside the other
FACE_RUNS = ((0, 17), (17, 27), (31, 36), (48, 55), (55, 60), (60, 65), (65, 68))
EYELIDS = ((36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46))
FACE_PAIRS = [*((a + i, b - 1 - i) for a, b in FACE_RUNS for i in range((b - a) // 2)), *EYELIDS]
IN_FACE = {24 + a: 24 + b for pair in FACE_PAIRS for a, b in (pair, pair[::-1])}
MIRRORED = [IN_FACE.get(joint, other) for joint, other in enumerate(MIRROR)]  # joints in a mirror


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


def draw(pool: Sequence[Shard], generator: torch.Generator, *, characters: int, targets: int) -> Shard:
    """Characters at random, each with a run of its targets. pool: one shard a character, without the b axis."""
    chosen = torch.randint(len(pool), (characters,), generator=generator).tolist()
    drawn: list[Shard] = []
    for one in (pool[i] for i in chosen):
        last = len(one["target"]) - targets
        start = int(torch.randint(last + 1, (), generator=generator)) if last > 0 else 0
        per_target = ("target", "moved", "cover", "body")
        taken = {name: one[name][start : start + targets] for name in per_target}
        poses = torch.cat([one["poses"][:1], one["poses"][1 + start : 1 + start + targets]])
        drawn.append(one | taken | {"poses": poses})
    return {name: torch.stack([one[name] for one in drawn]) for name in drawn[0]}


def vary(data: Shard, generator: torch.Generator) -> Shard:
    """Half of the characters mirrored, all in other colours and light: the same for a character's every picture."""
    count, device = len(data["reference"]), data["reference"].device
    mirror = torch.rand(count, generator=generator) < 0.5
    colours, offset = (values.to(device) for values in recolouring(count, generator))
    varied = dict(data)
    for name in PICTURES:
        flat = data[name].reshape(count, -1, *data[name].shape[-3:])
        values = torch.einsum("bij,brjhw->brihw", colours, pixels_of(flat)) + offset[:, None, :, None, None]
        varied[name] = ((values.clamp(-1, 1) + 1) * 127.5).view(data[name].shape)
    flipped = mirror.to(device)
    for name, value in varied.items():
        if name == "poses":
            turned = value[:, :, MIRRORED].clone()
            turned[..., 0] = data["reference"].shape[-1] - 1 - turned[..., 0]
        else:
            turned = value.flip(-1)
        varied[name] = torch.where(flipped.view(-1, *[1] * (value.ndim - 1)), turned, value)
    return varied


def recolouring(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """b 3 3 matrices and b 3 offsets for colours in -1..1: another saturation, hue, light; some in grey."""
    rand = partial(torch.rand, generator=generator)
    grey = torch.full((3, 3), 1 / 3)
    saturation = (0.4 + 0.9 * rand(count)) * (rand(count) > 0.05)
    # a turn about the grey axis is a turn of the hue
    angle = 2 * torch.pi * (rand(count) - 0.5) * (rand(count) < 0.4) + 0.2 * (rand(count) - 0.5)
    third, root = 1 / 3, 3**-0.5
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) * root
    turn = cosine * torch.eye(3) + sine * cross + (1 - cosine) * third
    colours = saturation[:, None, None] * (turn - grey) + grey
    gain = (0.25 * (rand(count, 3) - 0.5)).exp() * (0.75 + 0.35 * rand(count, 1))
    return gain[:, :, None] * colours, 0.3 * (rand(count, 1) - 0.5) + 0.1 * (rand(count, 3) - 0.5)


@torch.no_grad()
def make_batch(data: Shard, codec: PatchCodec) -> Batch:
    """data: b characters with r targets each, on the device of the codec; pictures of 0..255."""
    characters, targets = data["target"].shape[:2]
    height, width = data["reference"].shape[-2:]
    grid = codec.grid(height, width)
    moved, target = (pixels_of(data[name]).flatten(0, 1) for name in ("moved", "target"))
    cover, body = (data[name].float().flatten(0, 1) / 255 for name in ("cover", "body"))
    known, mask = (data[name].float() / 255 for name in ("known", "mask"))
    background, known = (maps.repeat_interleave(targets, 0) for maps in (pixels_of(data["background"]), known))
    limbs = limb_maps(data["poses"].flatten(0, 1), grid=grid, size=(width, height))
    limbs = limbs.unflatten(0, (characters, targets + 1)).to(codec.basis)
    # the maps are stored at a quarter of the size, at which the network reads them
    maps = (F.pixel_unshuffle(cover, 2), F.pixel_unshuffle(known, 2), limbs[:, 1:].flatten(0, 1))
    guide = puppet_guide(codec, moved, background, *maps)
    residual = codec.encode_residual(codec.project(target) - codec.project(moved))
    change = torch.maximum(torch.maximum(cover, body), 1 - known)
    picture = pixels_of(data["reference"])
    reference = torch.cat([codec.encode(picture), F.pixel_unshuffle(mask, 2), limbs[:, 0]], dim=1)
    mean, deviation = (torch.tensor(values, device=picture.device)[:, None, None] for values in (CLIP_MEAN, CLIP_STD))
    small = F.interpolate((picture + 1) / 2, (CLIP_SIZE, CLIP_SIZE), mode="bicubic", antialias=True).clamp(0, 1)
    weight = 1 + (EMPHASIS - 1) * F.max_pool2d(change, 2)
    return Batch(guide, residual, weight, reference, (small - mean) / deviation)


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
