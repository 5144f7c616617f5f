"""The denoising UNet: SD1.5's, with a reference in each spatial attention and attention along time after it.

Notation as in layers.py: f frames, c channels, h height, w width. Source: arXiv:2311.17117, section 3.2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from diffusers.models.embeddings import TimestepEmbedding, Timesteps
from diffusers.models.resnet import Downsample2D, Upsample2D
from torch import Tensor, nn

from animate.layers import GroupNorm, LayerReference, MotionModule, ResnetBlock, SpatialBlock, SpatialTransformer


@dataclass(frozen=True)
class UNetConfig:
    """The sizes that differ between checkpoints; the defaults are those of the released ones.

    channels: a level; layers: resnets a level on the way down; spatial: which levels attend within a frame;
    heads: a level; motion: whether there are temporal layers.
    """

    channels: tuple[int, ...] = (320, 640, 1280, 1280)
    layers: int = 2
    latents: int = 4
    spatial: tuple[bool, ...] = (True, True, True, False)
    heads: tuple[int, ...] = (8, 8, 8, 8)
    groups: int = 32
    clip_size: int = 768
    max_frames: int = 32
    motion: bool = True

    def resnet(self, ins: int, size: int) -> ResnetBlock:
        return ResnetBlock(ins, size, self.channels[0] * 4, self.groups)

    def attentions(self, size: int, level: int, count: int) -> nn.ModuleList:
        heads = self.heads[level]
        return nn.ModuleList(SpatialTransformer(size, heads, self.clip_size, self.groups) for _ in range(count))

    def motions(self, size: int, level: int, count: int) -> nn.ModuleList:
        heads = self.heads[level]
        count = count if self.motion else 0
        return nn.ModuleList(MotionModule(size, heads, self.max_frames, self.groups) for _ in range(count))


class Block(nn.Module):
    """Resnet, attention in space, attention in time, layer by layer; then maybe a change of scale."""

    def __init__(self, config: UNetConfig, level: int, ins: Sequence[int], *, down: bool = False, up: bool = False):
        super().__init__()
        size = config.channels[level]
        self.resnets = nn.ModuleList(config.resnet(i, size) for i in ins)
        self.attentions = config.attentions(size, level, len(ins) if config.spatial[level] else 0)
        self.motion_modules = config.motions(size, level, len(ins))
        self.downsamplers = nn.ModuleList([Downsample2D(size, use_conv=True, name="op")] if down else [])
        self.upsamplers = nn.ModuleList([Upsample2D(size, use_conv=True)] if up else [])

    def layer(self, i: int, x: Tensor, temb: Tensor, references: Iterator[LayerReference], clips: int) -> Tensor:
        x = self.resnets[i](x, temb)
        if len(self.attentions):
            x = self.attentions[i](x, next(references))
        if len(self.motion_modules):
            x = self.motion_modules[i](x, clips)
        return x


class Blocks(nn.ModuleList):
    """A list of blocks; the type of its members is all it adds."""

    if TYPE_CHECKING:

        def __iter__(self) -> Iterator[Block]: ...

        def __getitem__(self, idx: int) -> Block: ...  # type: ignore[override]


class MidBlock(nn.Module):
    """The deepest place: resnet, attention in space and time, resnet."""

    def __init__(self, config: UNetConfig):
        super().__init__()
        size, level = config.channels[-1], len(config.channels) - 1
        self.resnets = nn.ModuleList(config.resnet(size, size) for _ in range(2))
        self.attentions = config.attentions(size, level, 1)
        self.motion_modules = config.motions(size, level, 1)

    def forward(self, x: Tensor, temb: Tensor, references: Iterator[LayerReference], clips: int) -> Tensor:
        x = self.resnets[0](x, temb)
        x = self.attentions[0](x, next(references))
        for motion in self.motion_modules:
            x = motion(x, clips)
        return self.resnets[1](x, temb)


class DenoisingUNet(nn.Module):
    """Predicts the velocity of a run of frames, guided by pose features and by the reference picture."""

    def __init__(self, config: UNetConfig | None = None):
        super().__init__()
        self.config = config = config or UNetConfig()
        first = config.channels[0]
        deepest = len(config.channels) - 1

        self.conv_in = nn.Conv2d(config.latents, first, 3, padding=1)
        self.time_proj = Timesteps(first, flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time_embedding = TimestepEmbedding(first, first * 4)

        self.down_blocks = Blocks()
        size, skips = first, [first]
        for level, out in enumerate(config.channels):
            ins = [size] + [out] * (config.layers - 1)
            self.down_blocks.append(Block(config, level, ins, down=level < deepest))
            size = out
            skips += [out] * (config.layers if level == deepest else config.layers + 1)

        self.mid_block = MidBlock(config)

        self.up_blocks = Blocks()
        for level in reversed(range(len(config.channels))):
            out = config.channels[level]
            ins = [before + skips.pop() for before in [size] + [out] * config.layers]
            self.up_blocks.append(Block(config, level, ins, up=level > 0))
            size = out

        self.conv_norm_out = GroupNorm(config.groups, first, eps=1e-5)
        self.conv_out = nn.Conv2d(first, config.latents, 3, padding=1)

    def forward(
        self,
        x: Tensor,
        timestep: Tensor,
        pose: Tensor,
        references: Sequence[LayerReference],
        clips: int = 1,
        *,
        deep: list[Tensor] | None = None,
    ) -> Tensor:
        """x: f c h w latents; timestep: 1 (or f); pose: f c h w; one reference a spatial layer, in running order.

        clips: into how many runs of equal length the frames fall; attention along time stays within each.
        deep: keeps what the last layer is handed, for later steps. Where it holds that already, only the last layer
        runs, which is close to the whole when the steps are close: arXiv:2312.00858.
        """
        unread = iter(references)
        temb = self.time_embedding(self.time_proj(timestep).to(x.dtype))
        x = self.conv_in(x) + pose
        if deep:
            return self.finish(deep[0].to(x.device), x, temb, iter(references[-1:]), clips)

        skips = [x]
        for block in self.down_blocks:
            for i in range(len(block.resnets)):
                x = block.layer(i, x, temb, unread, clips)
                skips.append(x)
            for downsample in block.downsamplers:
                x = downsample(x)
                skips.append(x)

        x = self.mid_block(x, temb, unread, clips)

        for block in self.up_blocks:
            for i in range(min(len(block.resnets), len(skips) - 1)):  # the first skip is for the last layer
                x = block.layer(i, torch.cat([x, skips.pop()], dim=1), temb, unread, clips)
            for upsample in block.upsamplers:
                x = upsample(x, output_size=skips[-1].shape[2:])

        if deep is not None:
            deep.append(x)
        return self.finish(x, skips.pop(), temb, unread, clips)

    def finish(self, x: Tensor, skip: Tensor, temb: Tensor, references: Iterator[LayerReference], clips: int) -> Tensor:
        """The last layer, and the way out."""
        x = self.up_blocks[-1].layer(-1, torch.cat([x, skip], dim=1), temb, references, clips)
        return self.conv_out(self.conv_norm_out(x, silu=True))

    def spatial_blocks(self) -> list[SpatialBlock]:
        """The layers that read the reference, in the order the forward pass meets them."""
        blocks = [*self.down_blocks, self.mid_block, *self.up_blocks]
        return [attention.transformer_blocks[0] for block in blocks for attention in block.attentions]

    def project(self, tokens: Sequence[Tensor], clip: Tensor) -> tuple[LayerReference, ...]:
        """The reference picture as these layers read it; computed once a job, passed to every forward."""
        return tuple(block.project(t, clip) for block, t in zip(self.spatial_blocks(), tokens, strict=True))
