"""The layers of the denoising UNet: attention within a frame, and along time.

Shapes, here and in unet.py: f frames, c channels, h height, w width, b whatever is batched, t tokens,
r reference tokens, n heads, d size of a head. A clip is a batch of frames, kept with its channels last in memory,
so that feature maps are read as tokens, and tokens as feature maps, without a copy.

Attribute names are those of the released checkpoints, so weights load with no renaming.
Source: Animate Anyone, arXiv:2311.17117, figure 2 and section 3; temporal layers: AnimateDiff, arXiv:2307.04725.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers.models.activations import GEGLU
from diffusers.models.attention import FeedForward as Widening
from einops import rearrange
from torch import Tensor, nn

from animate import kernels, processor
from animate.processor import Conv2d, Linear


@dataclass(frozen=True)
class LayerReference:
    """What one spatial layer takes from the reference picture: the same for every frame, window and step.

    key, value: 1 n r d, joined to the layer's own. clip: of an image encoder's one token c, the cross-attention's
    output, which is then a constant. Of several tokens (1 n t d) it holds the values, and clip_key their keys.
    """

    key: Tensor
    value: Tensor
    clip: Tensor
    clip_key: Tensor | None = None


class GroupNorm(nn.GroupNorm):
    """Normalizes groups of channels of each frame, and leaves the channels where they lie in memory."""

    def forward(self, x: Tensor, *, silu: bool = False) -> Tensor:
        """silu: what follows the norm in a resnet, in the same pass."""
        if kernels.fit(x):
            return kernels.group_norm(x, self.weight, self.bias, groups=self.num_groups, eps=self.eps, silu=silu)
        if processor.fit(x):
            return processor.norm(x, self, silu=silu)
        x = super().forward(x)
        return F.silu(x) if silu else x


class ResnetBlock(nn.Module):
    """Two convolutions; between them the timestep comes in."""

    def __init__(self, ins: int, size: int, time: int, groups: int):
        super().__init__()
        self.norm1 = GroupNorm(groups, ins, eps=1e-5)
        self.conv1 = Conv2d(ins, size, 3, padding=1)
        self.time_emb_proj = Linear(time, size)
        self.norm2 = GroupNorm(groups, size, eps=1e-5)
        self.conv2 = Conv2d(size, size, 3, padding=1)
        self.conv_shortcut = Conv2d(ins, size, 1) if ins != size else None

    def forward(self, x: Tensor, temb: Tensor) -> Tensor:
        """x: f c h w; temb: 1 (or f) c."""
        y = self.conv1(self.norm1(x, silu=True)) + self.time_emb_proj(F.silu(temb))[:, :, None, None]
        y = self.conv2(self.norm2(y, silu=True))
        return (x if self.conv_shortcut is None else self.conv_shortcut(x)) + y


class Attention(nn.Module):
    """Multi-head attention over b t c tokens; the reference's keys and values join the tokens' own."""

    def __init__(self, size: int, heads: int, context_size: int | None = None):
        super().__init__()
        self.heads = heads
        self.to_q = Linear(size, size, bias=False)
        self.to_k = Linear(context_size or size, size, bias=False)
        self.to_v = Linear(context_size or size, size, bias=False)
        self.to_out = nn.ModuleList([Linear(size, size)])

    def split(self, x: Tensor) -> Tensor:
        return rearrange(x, "b t (n d) -> b n t d", n=self.heads)

    def forward(self, x: Tensor, reference: LayerReference | None = None) -> Tensor:
        query, key, value = self.split(self.to_q(x)), self.split(self.to_k(x)), self.split(self.to_v(x))
        if reference is not None and reference.key.shape[2]:
            key = torch.cat([key, reference.key.expand(len(key), -1, -1, -1)], dim=2)
            value = torch.cat([value, reference.value.expand(len(value), -1, -1, -1)], dim=2)
        return self.to_out[0](rearrange(processor.attention(query, key, value), "b n t d -> b t (n d)"))

    def attend(self, x: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """To other tokens, given as their keys and values, 1 (or b) n t d."""
        query = self.split(self.to_q(x))
        shape = (len(x), -1, -1, -1)
        x = processor.attention(query, key.expand(shape), value.expand(shape))
        return self.to_out[0](rearrange(x, "b n t d -> b t (n d)"))


class FeedForward(Widening):
    """Each token by itself, widened and narrowed; so many tokens at once where memory is scarce (memory.py says it)."""

    tokens_at_once: int | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.tokens_at_once is None:
            return self.think(x)
        return torch.cat([self.think(part) for part in x.split(max(1, self.tokens_at_once // x.shape[1]))])

    def think(self, x: Tensor) -> Tensor:
        widen, _dropout, narrow = self.net
        assert isinstance(widen, GEGLU)
        assert isinstance(narrow, nn.Linear)
        proj = widen.proj
        x = kernels.geglu(proj(x)) if kernels.fit(x) else processor.gated(x, proj.weight, proj.bias)
        return processor.product(x, narrow.weight, narrow.bias)


class SpatialBlock(nn.Module):
    """Each frame attends to itself and to the reference, then to what the image encoder made of it, and thinks."""

    def __init__(self, size: int, heads: int, clip_size: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(size)
        self.attn1 = Attention(size, heads)
        self.norm2 = nn.LayerNorm(size)  # of a single token read by no one: the query does not matter
        self.attn2 = Attention(size, heads, clip_size)
        self.norm3 = nn.LayerNorm(size)
        self.ff = FeedForward(size)

    def project(self, tokens: Tensor, clip: Tensor) -> LayerReference:
        """tokens: 1 r c, from the ReferenceNet; clip: the image encoder's one embedding, c or b 1 c, attention to which
        is a constant, or several tokens b t c."""
        key, value = (self.attn1.split(project(tokens)) for project in (self.attn1.to_k, self.attn1.to_v))
        if clip.ndim == 3 and clip.shape[1] > 1:
            clip_key, clip_value = (self.attn2.split(project(clip)) for project in (self.attn2.to_k, self.attn2.to_v))
            return LayerReference(key, value, clip_value, clip_key)
        return LayerReference(key, value, self.attn2.to_out[0](self.attn2.to_v(clip)))

    def forward(self, x: Tensor, reference: LayerReference) -> Tensor:
        x = x + self.attn1(self.norm1(x), reference)
        clip, clip_key = reference.clip, reference.clip_key
        x = x + (clip if clip_key is None else self.attn2.attend(self.norm2(x), clip_key, clip))
        return x + self.ff(self.norm3(x))


class SpatialTransformer(nn.Module):
    """Attention among the places of one frame, and to the reference picture."""

    def __init__(self, size: int, heads: int, clip_size: int, groups: int):
        super().__init__()
        self.norm = GroupNorm(groups, size, eps=1e-6)
        self.proj_in = Conv2d(size, size, 1)
        self.transformer_blocks = nn.ModuleList([SpatialBlock(size, heads, clip_size)])
        self.proj_out = Conv2d(size, size, 1)

    def forward(self, x: Tensor, reference: LayerReference) -> Tensor:
        tokens = rearrange(self.proj_in(self.norm(x)), "f c h w -> f (h w) c").contiguous()
        tokens = self.transformer_blocks[0](tokens, reference)
        return x + self.proj_out(rearrange(tokens, "f (h w) c -> f c h w", h=x.shape[2]))


class FramePositions(nn.Module):
    """Adds to each frame's tokens where it stands in the window: sines and cosines, 1 frames c."""

    def __init__(self, size: int, frames: int):
        super().__init__()
        self.register_buffer("pe", self.table(size, frames))
        self.pe: Tensor

    @staticmethod
    def table(size: int, frames: int) -> Tensor:
        angle = torch.arange(frames)[:, None] * torch.exp(torch.arange(0, size, 2) * (-math.log(10000) / size))
        return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)[None]

    def forward(self, x: Tensor) -> Tensor:
        """x: f t c."""
        return x + self.pe[0, : len(x), None].to(x.dtype)


class TemporalAttention(Attention):
    """Attention among the frames at one place; f t c tokens stay where they are."""

    def __init__(self, size: int, heads: int, max_frames: int):
        super().__init__(size, heads)
        self.pos_encoder = FramePositions(size, max_frames)

    def split(self, x: Tensor) -> Tensor:
        return rearrange(x, "f t (n d) -> t n f d", n=self.heads)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pos_encoder(x)
        query, key, value = self.split(self.to_q(x)), self.split(self.to_k(x)), self.split(self.to_v(x))
        attended = processor.attention(query, key, value)
        return self.to_out[0](rearrange(attended, "t n f d -> f t (n d)"))


class TemporalBlock(nn.Module):
    """Two attentions along time, then a feed-forward."""

    def __init__(self, size: int, heads: int, max_frames: int):
        super().__init__()
        self.attention_blocks = nn.ModuleList(TemporalAttention(size, heads, max_frames) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(2))
        self.ff = FeedForward(size)
        self.ff_norm = nn.LayerNorm(size)

    def forward(self, x: Tensor) -> Tensor:
        for attention, norm in zip(self.attention_blocks, self.norms, strict=True):
            x = x + attention(norm(x))
        return x + self.ff(self.ff_norm(x))


class TemporalTransformer(nn.Module):
    """Each place attends along time. Its norm is per frame, as the checkpoints were trained (diffusers' spans all)."""

    def __init__(self, size: int, heads: int, max_frames: int, groups: int):
        super().__init__()
        self.norm = GroupNorm(groups, size, eps=1e-6)
        self.proj_in = Linear(size, size)
        self.transformer_blocks = nn.ModuleList([TemporalBlock(size, heads, max_frames)])
        self.proj_out = Linear(size, size)

    def forward(self, x: Tensor, clips: int = 1) -> Tensor:
        tokens = self.proj_in(rearrange(self.norm(x), "(b f) c h w -> f (b h w) c", b=clips).contiguous())
        tokens = self.proj_out(self.transformer_blocks[0](tokens))
        return x + rearrange(tokens, "f (b h w) c -> (b f) c h w", b=clips, h=x.shape[2])


class MotionModule(nn.Module):
    """The name under which AnimateDiff's checkpoints keep a temporal transformer."""

    def __init__(self, size: int, heads: int, max_frames: int, groups: int):
        super().__init__()
        self.temporal_transformer = TemporalTransformer(size, heads, max_frames, groups)

    def forward(self, x: Tensor, clips: int = 1) -> Tensor:
        return self.temporal_transformer(x, clips)
