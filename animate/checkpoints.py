"""Files to networks: strict, built on meta, filled by assignment; nothing is renamed and nothing is left over.

The names are those of the released checkpoints, the embedded model's included; places.py knows where each file lies.
"""

import contextlib
import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from diffusers.models.autoencoders.vae import DecoderTiny
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from animate import copies
from animate.errors import WeightsDamaged, WeightsMismatch, WeightsMissing
from animate.latents import Codec, PatchCodec, VAECodec
from animate.layers import FramePositions
from animate.places import OWN, SHARED, TRAINED, Files, disguise, in_folder
from animate.pose_guider import PoseGuider
from animate.published import SD15, SD_VAE, TAESD, VIT_L_14
from animate.shapes import (
    Shapes,
    Traits,
    guider_like,
    modern_attention,
    projection_like,
    tiny_state,
    unet_config_of,
)
from animate.unet import DenoisingUNet

State = dict[str, Tensor]
FOLDER_HELP = "Put the released files into this folder, or give the folder that holds them."


@dataclass(frozen=True)
class Networks:
    """Everything a checkpoint holds, on one device and in one precision.

    projection: makes several tokens of the image encoder's answer, where the checkpoint has one; quick: decodes
    previews, where its file is there.
    """

    denoiser: DenoisingUNet
    reference: UNet2DConditionModel
    guider: PoseGuider
    clip: CLIPVisionModelWithProjection
    codec: Codec
    projection: nn.Module | None = None
    quick: DecoderTiny | None = None

    @property
    def modules(self) -> list[nn.Module]:
        """All but the codec."""
        every = (self.denoiser, self.reference, self.guider, self.clip, self.projection, self.quick)
        return [module for module in every if module is not None]


def load_networks(source: Path | Files, *, device: torch.device, dtype: torch.dtype) -> Networks:
    """Reads a checkpoint, given as its folder or as its files.

    Raises WeightsMissing, WeightsDamaged or WeightsMismatch; each names the file.
    """
    files, folder = (in_folder(source), source) if isinstance(source, Path) else (source, None)
    config = read_json(files.get("config"), SD15)
    denoiser_file, motion_file, reference_file, guider_file = (required(files, part, folder) for part in TRAINED)
    denoiser_state = {**state_of(denoiser_file, dtype), **state_of(motion_file, dtype)}
    unet_config = unet_config_of(config, shapes_of(denoiser_state))
    guider_state = state_of(guider_file, dtype)

    denoiser = on_meta(DenoisingUNet, unet_config)
    fill(denoiser, add_positions(denoiser, denoiser_state), denoiser_file)
    reference = on_meta(reference_net, read_json(files.get("reference_config"), config))
    fill(reference, state_of(reference_file, dtype), reference_file)
    guider = on_meta(guider_like, shapes_of(guider_state), unet_config.channels[0])
    fill(guider, guider_state, guider_file)
    clip, codec = load_clip(required(files, "clip", folder), dtype), load_codec(files, folder, dtype)
    networks = Networks(
        denoiser, reference, guider, clip, codec, load_projection(files, dtype), load_quick(files, dtype)
    )
    for network in networks.modules:
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


def required(files: Files, part: str, folder: Path | None) -> Path:
    """The file of a part. Raises WeightsMissing, naming what it could be called."""
    if part in files:
        return files[part]
    names = " or ".join({**OWN, **SHARED}[part])
    raise WeightsMissing(f"{names} in {folder}" if folder else names, FOLDER_HELP)


def state_of(path: Path, dtype: torch.dtype) -> State:
    """Tensors by name, memory-mapped, from a copy in this precision if the file is big; made on the first start."""
    if path.is_file() and path.stat().st_size >= copies.BIG and (copy := copies.place(path, dtype)).is_file():
        with contextlib.suppress(WeightsDamaged):
            return read_state(copy)
    state = read_state(path)
    if copies.worth_it(path, state, dtype) and copies.write(copy := copies.place(path, dtype), state, dtype):
        return read_state(copy)
    return state


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
    return disguise(path) or f"it was cut short or altered ({str(error).splitlines()[0][:80]})"


def read_json(path: Path | None, default: dict) -> dict:
    """A network's configuration; the published one where there is no file."""
    if path is None or not path.is_file():
        return default
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise WeightsDamaged(path, "it is not JSON") from error


def traits(files: Files) -> Traits:
    """Read from the tensors' shapes alone. What is missing or damaged has no traits; loading names it."""

    def seen(part: str) -> Shapes:
        with contextlib.suppress(WeightsDamaged, WeightsMissing, KeyError):
            return shapes_of(read_state(files[part]))
        return {}

    return Traits.of(seen("motion_module"), seen("pose_guider"))


def shapes_of(state: State) -> Shapes:
    return {name: value.shape for name, value in state.items()}


def reference_net(config: dict) -> UNet2DConditionModel:
    """SD1.5's UNet without its output layers, which nobody reads and no checkpoint holds."""
    unet = UNet2DConditionModel.from_config(config)
    assert isinstance(unet, UNet2DConditionModel)
    unet.conv_norm_out = None
    unet.conv_out = nn.Identity()  # type: ignore[assignment]
    return unet


def load_clip(file: Path, dtype: torch.dtype) -> CLIPVisionModelWithProjection:
    """CLIP's image encoder with its projection; without the index buffer that old files carry along."""
    config = CLIPVisionConfig(**read_json(file.with_name("config.json"), VIT_L_14))
    clip = on_meta(CLIPVisionModelWithProjection, config)
    state = {name: value for name, value in state_of(file, dtype).items() if not name.endswith("position_ids")}
    fill(clip, state, file)
    embeddings = clip.vision_model.embeddings
    embeddings.register_buffer("position_ids", torch.arange(embeddings.num_positions)[None], persistent=False)
    return clip


def load_projection(files: Files, dtype: torch.dtype) -> nn.Module | None:
    """What makes several tokens of the image encoder's answer; most checkpoints have none."""
    if "projection" not in files:
        return None
    state = state_of(files["projection"], dtype)
    projection = on_meta(projection_like, shapes_of(state))
    fill(projection, state, files["projection"])
    return projection


def load_quick(files: Files, dtype: torch.dtype) -> DecoderTiny | None:
    """The decoder of previews, in diffusers' layout or its author's. One that cannot be read is done without."""
    if "taesd" not in files:
        return None
    tiny = on_meta(AutoencoderTiny.from_config, read_json(files["taesd"].with_name("config.json"), TAESD))
    assert isinstance(tiny, AutoencoderTiny)
    with contextlib.suppress(WeightsDamaged, WeightsMismatch):
        fill(tiny.decoder, tiny_state(state_of(files["taesd"], dtype)), files["taesd"])
        return tiny.decoder
    return None


def load_codec(files: Files, folder: Path | None, dtype: torch.dtype) -> Codec:
    """The VAE, or the linear patches of the embedded model."""
    if "patches" in files:
        state = read_state(files["patches"])
        codec = PatchCodec(len(state["basis"]))
        fill(codec, state, files["patches"])
        return codec
    file = required(files, "vae", folder)
    vae = on_meta(AutoencoderKL.from_config, read_json(file.with_name("config.json"), SD_VAE))
    assert isinstance(vae, AutoencoderKL)
    fill(vae, {modern_attention(name): value for name, value in state_of(file, dtype).items()}, file)
    return VAECodec(vae)


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
