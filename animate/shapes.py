"""What tensors' names and shapes tell: which member of the family a checkpoint is, and the sizes its networks have.

Nothing here reads a file. Published configurations say the rest (published.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from diffusers.models.embeddings import ImageProjection, IPAdapterFullImageProjection, IPAdapterPlusImageProjection
from torch import Tensor, nn

from animate.pose_guider import PoseGuider
from animate.unet import UNetConfig

Shapes = Mapping[str, torch.Size]
HEAD = 64  # of a resampler's attention, in all published ones


@dataclass(frozen=True)
class Traits:
    """What tells the family apart. positions: frames the temporal tables span, or 0; guider: the guider's widths;
    kernel: of its convolutions, 0 where it is none we know."""

    positions: int
    guider: tuple[int, ...]
    kernel: int

    @classmethod
    def of(cls, motion: Shapes, guider: Shapes) -> "Traits":
        tables = [shape[1] for name, shape in motion.items() if name.endswith("pos_encoder.pe")]
        kernel = 4 if is_paper_guider(guider) else 3 if "conv_in.weight" in guider else 0
        return cls(tables[0] if tables else 0, guider_channels(guider) if kernel else (), kernel)


def is_paper_guider(shapes: Shapes) -> bool:
    """Whether a pose guider is the paper's: 4x4 convolutions from the first on."""
    first = shapes.get("blocks.0.weight", ())
    return "conv_in.weight" not in shapes and len(first) == 4 and first[-1] == 4


def guider_channels(shapes: Shapes) -> tuple[int, ...]:
    """The widths a guider grows through: of its first layer, and of every second one after; of the paper's, of all."""
    convolutions = sorted(name for name in shapes if name.startswith("blocks.") and name.endswith(".weight"))
    if is_paper_guider(shapes):
        return tuple(shapes[name][0] for name in convolutions)
    return (shapes["conv_in.weight"][0], *(shapes[name][0] for name in convolutions[1::2]))


def guider_like(shapes: Shapes, out: int) -> PoseGuider:
    """A guider of the sizes its weights have; one that reads pictures halves them, one that reads maps does not."""
    if is_paper_guider(shapes):
        return PoseGuider(out, inputs=shapes["blocks.0.weight"][1], channels=guider_channels(shapes), kernel=4)
    # so that a file without it is refused by name
    shapes = {"conv_in.weight": torch.Size((16, 3, 3, 3)), **shapes}
    inputs = shapes["conv_in.weight"][1]
    return PoseGuider(out, inputs=inputs, channels=guider_channels(shapes), stride=2 if inputs == 3 else 1)


def projection_like(shapes: Shapes) -> nn.Module:
    """What makes tokens of an image encoder's answer: one of diffusers' classes, of the sizes its weights have.

    A resampler or a layer for each token reads the hidden states before the encoder's last layer, any other the one
    embedding. Source: IP-Adapter, arXiv:2308.06721.
    """
    if "latents" in shapes and "layers.0.attn.to_q.weight" in shapes:
        _, tokens, size = shapes["latents"]
        inner, wide = shapes["layers.0.attn.to_q.weight"][0], shapes["layers.0.ff.1.net.0.proj.weight"][0]
        return IPAdapterPlusImageProjection(
            embed_dims=shapes["proj_in.weight"][1],
            output_dims=shapes["proj_out.weight"][0],
            hidden_dims=size,
            depth=sum(name.endswith("attn.to_q.weight") for name in shapes),
            dim_head=min(HEAD, inner),
            heads=max(1, inner // HEAD),
            num_queries=tokens,
            ffn_ratio=wide / size,
        )
    if "ff.net.0.proj.weight" in shapes:
        return IPAdapterFullImageProjection(shapes["ff.net.0.proj.weight"][1], shapes["norm.weight"][0])
    wide, read = shapes.get("image_embeds.weight", (768, 768))
    size = shapes.get("norm.weight", (768,))[0]
    return ImageProjection(read, size, max(1, wide // size))


def unet_config_of(config: dict, shapes: Shapes) -> UNetConfig:
    """diffusers' configuration of SD1.5's UNet, and the span of the temporal layers from their own tables."""
    channels = tuple(config["block_out_channels"])
    heads = config["attention_head_dim"]  # diffusers' name for the number of heads
    tables = [shape for name, shape in shapes.items() if name.endswith("pos_encoder.pe")]
    return UNetConfig(
        channels=channels,
        layers=config["layers_per_block"],
        latents=config["in_channels"],
        spatial=tuple("CrossAttn" in name for name in config["down_block_types"]),
        heads=tuple(heads) if isinstance(heads, list) else (heads,) * len(channels),
        groups=config["norm_num_groups"],
        clip_size=config["cross_attention_dim"],
        max_frames=tables[0][1] if tables else 32,
    )


def modern_attention(name: str) -> str:
    """diffusers renamed the attention layers of the VAE once; the published file still has the old names."""
    for old, new in (("query", "to_q"), ("key", "to_k"), ("value", "to_v"), ("proj_attn", "to_out.0")):
        name = name.replace(f"attentions.0.{old}.", f"attentions.0.{new}.")
    return name


def tiny_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A tiny decoder's weights under diffusers' names; in its author's file the layers are counted from one."""
    if own := {name.removeprefix("decoder."): value for name, value in state.items() if name.startswith("decoder.")}:
        return own
    numbered = ((*name.split(".", 1), value) for name, value in state.items() if name.split(".")[0].isdigit())
    return {f"layers.{int(at) - 1}.{rest}": value for at, rest, value in numbered}
