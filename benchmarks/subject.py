"""What is measured: the released networks' sizes, or narrower ones, with random weights, which cost what trained do."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from animate.checkpoints import Networks, reference_net
from animate.conditions import Conditions, skeleton_conditions
from animate.denoise import initial_noise
from animate.devices import keep_precision
from animate.latents import VAECodec
from animate.layers import LayerReference
from animate.pose_guider import PoseGuider
from animate.published import SD15, SD_VAE, VIT_L_14
from animate.unet import DenoisingUNet, UNetConfig

RELEASED = 320  # channels of the first level
SMALL_CLIP = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}


def make(device: torch.device, *, width: int = RELEASED, seed: int = 0) -> Networks:
    """Networks in fp32; width: channels of the first level, 320 in the released ones."""
    keep_precision(torch.float32)
    channels = (width, 2 * width, 4 * width, 4 * width)
    narrow = width < RELEASED
    clip = {**VIT_L_14, **(SMALL_CLIP if narrow else {})}
    vae = {**SD_VAE, **({"block_out_channels": [32, 32, 64, 64], "layers_per_block": 1} if narrow else {})}
    torch.manual_seed(seed)  # before they are built: what is not drawn anew below is drawn there
    with device:
        codec = AutoencoderKL.from_config(vae)
        assert isinstance(codec, AutoencoderKL)
        networks = Networks(
            DenoisingUNet(UNetConfig(channels=channels)),
            reference_net({**SD15, "block_out_channels": list(channels)}),
            PoseGuider(width),
            CLIPVisionModelWithProjection(CLIPVisionConfig(**clip)),
            VAECodec(codec),
        )
    for network in parts(networks):
        network.eval().requires_grad_(False)
        for parameter in network.parameters():
            if parameter.ndim > 1:
                nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)
    return networks


def parts(networks: Networks) -> list[nn.Module]:
    assert isinstance(networks.codec, VAECodec)
    return [networks.denoiser, networks.reference, networks.guider, networks.clip, networks.codec.vae]


def cast(networks: Networks, dtype: torch.dtype) -> Networks:
    """A copy in another precision, laid out as checkpoints are."""
    other = copy.deepcopy(networks)
    for network in parts(other):
        nn.Module.to(network, dtype=dtype)
        lay(network, torch.contiguous_format)
    return other


def weigh(networks: Networks) -> int:
    """Bytes of the weights."""
    return sum(t.numel() * t.element_size() for network in parts(networks) for t in network.state_dict().values())


@dataclass(frozen=True)
class Scene:
    """One clip to denoise: picture h w 3 and skeletons f h w 3, uint8, of noise; noise f 4 h/8 w/8."""

    picture: np.ndarray
    skeletons: np.ndarray
    noise: Tensor

    @classmethod
    def of(cls, size: tuple[int, int], frames: int) -> "Scene":
        """size: width and height in pixels."""
        width, height = size
        draw = np.random.default_rng(0)
        return cls(
            draw.integers(0, 256, (height, width, 3), np.uint8),
            draw.integers(0, 256, (frames, height, width, 3), np.uint8),
            initial_noise(frames, (4, height // 8, width // 8), seed=0),
        )

    def conditions(self, networks: Networks, *, pose_at: torch.device | None = None) -> Conditions:
        return skeleton_conditions(networks, self.picture, self.skeletons, pose_at=pose_at)


def stand_in(
    network: DenoisingUNet, grid: tuple[int, int], like: Tensor, *, guided: bool
) -> tuple[LayerReference, ...]:
    """References of the sizes a picture's are, without a ReferenceNet: noise, or no tokens at all."""
    config = network.config
    attending = [level for level, spatial in enumerate(config.spatial) if spatial]
    down = [level for level in attending for _ in range(config.layers)]
    up = [level for level in reversed(attending) for _ in range(config.layers + 1)]
    tokens = []
    for level, block in zip([*down, len(config.channels) - 1, *up], network.spatial_blocks(), strict=True):
        places = -(-grid[0] // 2**level) * -(-grid[1] // 2**level) if guided else 0
        tokens.append(torch.randn(1, places, block.norm1.normalized_shape[0]).to(like))
    return network.project(tokens, torch.randn(config.clip_size).to(like) * guided)


def lay(network: nn.Module, layout: torch.memory_format) -> None:
    """How the network's convolutions lie in memory."""
    network.to(memory_format=layout)  # type: ignore[call-overload]
