"""The embedded model's sizes, and its networks with fresh weights; how they are saved and loaded.

Training makes models of this kind alone: train.py builds and saves them with the sizes that stand here, and all of
training works with their codec of linear patches, on the residual that the puppet leaves.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from animate import checkpoints, places
from animate.checkpoints import Networks
from animate.latents import PatchCodec
from animate.pose_guider import PoseGuider
from animate.unet import DenoisingUNet, UNetConfig

PATCHES = f"{places.PATCHES}.safetensors"
DENOISER, MOTION = "denoising_unet.safetensors", "motion_module.safetensors"
LIMB_MAPS = 42
COVER_MAPS = 4


@dataclass(frozen=True)
class MiniConfig:
    """Sizes of the embedded model; head size 32 or more, since smaller heads are slow on processors."""

    channels: tuple[int, ...] = (96, 160, 160)
    heads: tuple[int, ...] = (3, 5, 5)
    spatial: tuple[bool, ...] = (True, True, True)
    groups: int = 16
    latents: int = 48
    embedding: int = 128
    max_frames: int = 32

    def unet(self, *, motion: bool = True) -> UNetConfig:
        return UNetConfig(
            channels=self.channels,
            layers=1,
            latents=self.latents,
            spatial=self.spatial,
            heads=self.heads,
            groups=self.groups,
            clip_size=self.embedding,
            max_frames=self.max_frames,
            motion=motion,
        )

    def diffusers(self, latents: int) -> dict:
        """The configuration of the ReferenceNet, in diffusers' words."""
        kinds = [f"{'CrossAttn' if spatial else ''}{{}}Block2D" for spatial in self.spatial]
        return {
            "_class_name": "UNet2DConditionModel",
            "sample_size": 16,
            "in_channels": latents,
            "out_channels": self.latents,
            "layers_per_block": 1,
            "block_out_channels": list(self.channels),
            "cross_attention_dim": self.embedding,
            "attention_head_dim": list(self.heads),
            "norm_num_groups": self.groups,
            "down_block_types": [kind.format("Down") for kind in kinds],
            "up_block_types": [kind.format("Up") for kind in reversed(kinds)],
        }

    def clip(self) -> CLIPVisionConfig:
        return CLIPVisionConfig(
            hidden_size=self.embedding,
            intermediate_size=2 * self.embedding,
            projection_dim=self.embedding,
            num_hidden_layers=2,
            num_attention_heads=4,
            patch_size=32,
            image_size=224,
        )

    def networks(self, codec: PatchCodec, *, motion: bool = True) -> Networks:
        """Fresh weights; an untrained model answers with no residual at all, that is, with the puppet."""
        guide = 2 * self.latents + 2 * COVER_MAPS + LIMB_MAPS
        networks = Networks(
            DenoisingUNet(self.unet(motion=motion)),
            checkpoints.reference_net(self.diffusers(self.latents + COVER_MAPS + LIMB_MAPS)),
            PoseGuider(self.channels[0], inputs=guide, channels=(96, 96), stride=1),
            CLIPVisionModelWithProjection(self.clip()),
            codec,
        )
        silence(networks.denoiser)
        return networks


def silence(denoiser: DenoisingUNet) -> None:
    """Zeroes the last layer, and the last of each temporal block, so that training starts from doing nothing."""
    for name, module in denoiser.named_modules():
        if name == "conv_out" or name.endswith("temporal_transformer.proj_out"):
            assert isinstance(module, nn.Conv2d | nn.Linear)
            assert module.bias is not None
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)


def save(networks: Networks, folder: Path, config: MiniConfig) -> None:
    """Writes the released layout, in fp16 safetensors; the linear patches in fp32.

    Each file is whole, whenever the program ends: all are written beside the folder's own before any takes its place.
    """

    def write(name: str, content: dict) -> None:
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_text(json.dumps(content, indent=1) + "\n")

    def half(state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: value.detach().half().contiguous().clone() for name, value in state.items()}

    assert isinstance(networks.codec, PatchCodec)
    new = folder / ".new"
    shutil.rmtree(new, ignore_errors=True)  # of a run that was killed
    write(places.CONFIG, config.diffusers(config.latents))
    write(places.REFERENCE_CONFIG, networks.reference.config | {"_class_name": "UNet2DConditionModel"})
    write(f"{places.CLIP}/config.json", config.clip().to_diff_dict() | {"projection_dim": config.embedding})
    state = {k: v for k, v in networks.denoiser.state_dict().items() if not k.endswith("pos_encoder.pe")}
    motion = {k for k in state if "motion_modules" in k}
    save_file(half({k: v for k, v in state.items() if k not in motion}), new / DENOISER)
    save_file(half({k: state[k] for k in motion}), new / MOTION)
    save_file(half(networks.reference.state_dict()), new / "reference_unet.safetensors")
    save_file(half(networks.guider.state_dict()), new / "pose_guider.safetensors")
    save_file(half(networks.clip.state_dict()), new / places.CLIP / "model.safetensors")
    save_file({k: v.contiguous() for k, v in networks.codec.state_dict().items()}, new / PATCHES)
    # the patches last: where they are, everything is
    for file in sorted((each for each in new.rglob("*") if each.is_file()), key=lambda each: each.name == PATCHES):
        file.chmod(0o644)  # the library keeps what it writes to its owner
        place = folder / file.relative_to(new)
        place.parent.mkdir(parents=True, exist_ok=True)
        file.replace(place)
    shutil.rmtree(new)


def load(folder: Path, *, motion: bool = True) -> Networks:
    """The saved networks, in fp32, to be trained further."""
    networks = checkpoints.load_networks(folder, device=torch.device("cpu"), dtype=torch.float32)
    if not motion:
        still = DenoisingUNet(UNetConfig(**{**vars(networks.denoiser.config), "motion": False}))
        state = networks.denoiser.state_dict()
        still.load_state_dict({name: state[name] for name in still.state_dict()})
        networks = Networks(still, networks.reference, networks.guider, networks.clip, networks.codec)
    for network in (networks.denoiser, networks.reference, networks.guider, networks.clip):
        network.requires_grad_(True)
        for parameter in network.parameters():
            parameter.data = parameter.data.clone()  # off the mapped file, which is written again
    return networks
