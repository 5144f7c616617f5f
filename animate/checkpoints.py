"""Files to networks: strict, built on meta, filled by assignment; nothing is renamed and nothing is left over.

The layout is that of the released checkpoints (Moore-AnimateAnyone's folder), the embedded model's included:

    stable-diffusion-v1-5/unet/config.json          sd-vae-ft-mse/            image_encoder/
    denoising_unet  motion_module  reference_unet  pose_guider      each .safetensors or .pth
"""

import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from animate.errors import WeightsDamaged, WeightsMismatch, WeightsMissing
from animate.latents import Codec, PatchCodec, VAECodec
from animate.layers import FramePositions
from animate.pose_guider import PoseGuider
from animate.unet import DenoisingUNet, UNetConfig

State = dict[str, Tensor]
CONFIG = "stable-diffusion-v1-5/unet/config.json"
REFERENCE_CONFIG = "reference_unet.json"  # only where the ReferenceNet's inputs differ from the denoiser's
VAE, CLIP, PATCHES = "sd-vae-ft-mse", "image_encoder", "patch_codec"
FOLDER_HELP = "Put the released files into this folder, or give the folder that holds them."


@dataclass(frozen=True)
class Networks:
    """Everything a checkpoint holds, on one device and in one precision."""

    denoiser: DenoisingUNet
    reference: UNet2DConditionModel
    guider: PoseGuider
    clip: CLIPVisionModelWithProjection
    codec: Codec


def load_networks(folder: Path, *, device: torch.device, dtype: torch.dtype) -> Networks:
    """Reads a folder in the released layout.

    Raises WeightsMissing, WeightsDamaged or WeightsMismatch; each names the file.
    """
    config = read_json(folder / CONFIG)
    motion = read_state(find_weights(folder, "motion_module"))
    denoiser_file = find_weights(folder, "denoising_unet")
    denoiser_state = {**read_state(denoiser_file), **motion}
    unet_config = unet_config_of(config, denoiser_state)
    guider_file = find_weights(folder, "pose_guider")
    guider_state = read_state(guider_file)

    denoiser = on_meta(DenoisingUNet, unet_config)
    fill(denoiser, add_positions(denoiser, denoiser_state), denoiser_file)
    reference_file = find_weights(folder, "reference_unet")
    reference = on_meta(reference_net, read_json(folder / REFERENCE_CONFIG, config))
    fill(reference, read_state(reference_file), reference_file)
    guider = on_meta(guider_like, guider_state, unet_config.channels[0])
    fill(guider, guider_state, guider_file)
    networks = Networks(denoiser, reference, guider, load_clip(folder / CLIP), load_codec(folder))
    for network in (networks.denoiser, networks.reference, networks.guider, networks.clip):
        nn.Module.to(network, device, dtype)  # diffusers' own `to` warns of what does not concern these
        network.eval().requires_grad_(False)
    place_codec(networks.codec, device, dtype)
    return networks


def place_codec(codec: Codec, device: torch.device, dtype: torch.dtype) -> None:
    """Linear patches stay in fp32: they cost nothing and hold the detail."""
    if isinstance(codec, VAECodec):
        nn.Module.to(codec.vae, device, dtype)
        codec.vae.eval().requires_grad_(False)
    elif isinstance(codec, PatchCodec):
        codec.to(device)


def find_weights(folder: Path, name: str) -> Path:
    """The file of a network, safetensors before pth."""
    for suffix in (".safetensors", ".pth"):
        if (path := folder / (name + suffix)).is_file():
            return path
    raise WeightsMissing(f"{name}.safetensors or {name}.pth in {folder}", FOLDER_HELP)


def read_state(path: Path) -> State:
    """Tensors by name, memory-mapped; never runs code from the file."""
    if not path.is_file():
        raise WeightsMissing(str(path), FOLDER_HELP)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise WeightsDamaged(path, damage(path, error)) from error


def damage(path: Path, error: Exception) -> str:
    """What a file that cannot be read most likely is, in words."""
    head = path.open("rb").read(200)
    if head.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer, not the weights themselves"
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "it is a web page, probably a failed download"
    return f"it was cut short or altered ({str(error).splitlines()[0][:80]})"


def read_json(path: Path, default: dict | None = None) -> dict:
    if not path.is_file():
        if default is not None:
            return default
        raise WeightsMissing(str(path), FOLDER_HELP)
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise WeightsDamaged(path, "it is not JSON") from error


def unet_config_of(config: dict, state: State) -> UNetConfig:
    """diffusers' configuration of SD1.5's UNet, and the span of the temporal layers from their own tables."""
    channels = tuple(config["block_out_channels"])
    heads = config["attention_head_dim"]  # diffusers' name for the number of heads
    tables = [value for name, value in state.items() if name.endswith("pos_encoder.pe")]
    return UNetConfig(
        channels=channels,
        layers=config["layers_per_block"],
        latents=config["in_channels"],
        spatial=tuple("CrossAttn" in name for name in config["down_block_types"]),
        heads=tuple(heads) if isinstance(heads, list) else (heads,) * len(channels),
        groups=config["norm_num_groups"],
        clip_size=config["cross_attention_dim"],
        max_frames=tables[0].shape[1] if tables else 32,
    )


def reference_net(config: dict) -> UNet2DConditionModel:
    """SD1.5's UNet without its output layers, which nobody reads and no checkpoint holds."""
    unet = UNet2DConditionModel.from_config(config)
    assert isinstance(unet, UNet2DConditionModel)
    unet.conv_norm_out = None
    unet.conv_out = nn.Identity()
    return unet


def guider_like(state: State, out: int) -> PoseGuider:
    """A guider of the sizes its weights have; one that reads pictures halves them, one that reads maps does not."""
    first = state["conv_in.weight"] if "conv_in.weight" in state else torch.empty(16, 3, 3, 3)
    inputs = first.shape[1]
    growing = sorted(name for name in state if name.startswith("blocks.") and name.endswith(".weight"))[1::2]
    channels = (first.shape[0], *(state[name].shape[0] for name in growing))
    return PoseGuider(out, inputs=inputs, channels=channels, stride=2 if inputs == 3 else 1)


def load_clip(folder: Path) -> CLIPVisionModelWithProjection:
    """CLIP's image encoder with its projection; without the index buffer that old files carry along."""
    file = folder / "model.safetensors"
    file = file if file.is_file() else folder / "pytorch_model.bin"
    config = CLIPVisionConfig(**read_json(folder / "config.json"))
    clip = on_meta(CLIPVisionModelWithProjection, config)
    state = {name: value for name, value in read_state(file).items() if not name.endswith("position_ids")}
    fill(clip, state, file)
    embeddings = clip.vision_model.embeddings
    embeddings.position_ids = torch.arange(embeddings.num_positions)[None]
    return clip


def load_codec(folder: Path) -> Codec:
    """The VAE, or the linear patches of the embedded model."""
    if (file := folder / f"{PATCHES}.safetensors").is_file():
        state = read_state(file)
        codec = PatchCodec(len(state["basis"]))
        fill(codec, state, file)
        return codec
    file = folder / VAE / "diffusion_pytorch_model.safetensors"
    file = file if file.is_file() else file.with_suffix(".bin")
    vae = on_meta(AutoencoderKL.from_config, read_json(folder / VAE / "config.json"))
    fill(vae, {modern_attention(name): value for name, value in read_state(file).items()}, file)
    return VAECodec(vae)


def modern_attention(name: str) -> str:
    """diffusers renamed the attention layers of the VAE once; the published file still has the old names."""
    for old, new in (("query", "to_q"), ("key", "to_k"), ("value", "to_v"), ("proj_attn", "to_out.0")):
        name = name.replace(f"attentions.0.{old}.", f"attentions.0.{new}.")
    return name


def on_meta(build, *args):
    """Builds a network without allocating its weights."""
    with torch.device("meta"):
        return build(*args)


def add_positions(network: nn.Module, state: State) -> State:
    """Fills in the tables of frame positions, which are arithmetic and which some checkpoints leave out."""
    tables = {
        f"{name}.pe": FramePositions.table(module.pe.shape[2], module.pe.shape[1])
        for name, module in network.named_modules()
        if isinstance(module, FramePositions)
    }
    return {**tables, **state}


def fill(network: nn.Module, state: State, file: Path) -> None:
    """Assigns every tensor, strictly. Raises WeightsMismatch with the names that do not fit."""
    own = network.state_dict()
    wrong = [f"missing {name}" for name in own if name not in state]
    wrong += [f"unexpected {name}" for name in state if name not in own]
    wrong += [
        f"{name} is {tuple(state[name].shape)} instead of {tuple(value.shape)}"
        for name, value in own.items()
        if name in state and state[name].shape != value.shape
    ]
    if wrong:
        raise WeightsMismatch(file, wrong)
    network.load_state_dict(state, strict=True, assign=True)
