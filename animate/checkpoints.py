"""Files to networks: strict, built on meta, filled by assignment; nothing is renamed and nothing is left over.

The names are those of the released checkpoints, the embedded model's included; places.py knows where each file lies.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from diffusers.models.autoencoders.vae import DecoderTiny
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from animate import copies
from animate.devices import keep_precision
from animate.errors import WeightsDamaged, WeightsMismatch, WeightsMissing
from animate.latents import Codec, PatchCodec, VAECodec
from animate.layers import FramePositions
from animate.places import OWN, SHARED, TRAINED, Files, in_folder, told_apart
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
from animate.stored import FOLDER_HELP, State, described, read_json, read_state, shapes_of, state_of
from animate.unet import DenoisingUNet


@dataclass(frozen=True)
class Networks:
    """Everything a checkpoint holds, on one device and in one precision.

    projection: makes several tokens of the image encoder's answer, where the checkpoint has one; quick: decodes
    previews, where its file is there. origin: what tells the files from others; of a decoder of previews nothing comes.
    """

    denoiser: DenoisingUNet
    reference: UNet2DConditionModel
    guider: PoseGuider
    clip: CLIPVisionModelWithProjection
    codec: Codec
    projection: nn.Module | None = None
    quick: DecoderTiny | None = None
    origin: tuple[str, ...] = ()

    @property
    def modules(self) -> list[nn.Module]:
        """All but the codec."""
        every = (self.denoiser, self.reference, self.guider, self.clip, self.projection, self.quick)
        return [module for module in every if module is not None]


def load_networks(source: Path | Files, *, device: torch.device, dtype: torch.dtype) -> Networks:
    """Reads a checkpoint, given as its folder or as its files. From then on fp32 is fp32, if that is asked for.

    Raises WeightsMissing, WeightsDamaged or WeightsMismatch; each names the file.
    """
    keep_precision(dtype)
    copies.tidy()
    files, folder = (in_folder(source), source) if isinstance(source, Path) else (source, None)
    config = read_json(files.get("config"), SD15)
    denoiser_file, motion_file, reference_file, guider_file = (required(files, part, folder) for part in TRAINED)
    spatial, motion = state_of(denoiser_file, dtype), state_of(motion_file, dtype)
    guider_state = state_of(guider_file, dtype)
    told_by = files.get("config", denoiser_file)

    with described(told_by):
        unet_config = unet_config_of(config, shapes_of({**spatial, **motion}))
        denoiser = on_meta(DenoisingUNet, unet_config)
    temporal = {name for name in denoiser.state_dict() if "motion_modules" in name} - spatial.keys() | motion.keys()
    state = add_positions(denoiser, {**spatial, **motion})
    fill(denoiser, state, denoiser_file, elsewhere=dict.fromkeys(temporal, motion_file))
    with described(files.get("reference_config", told_by)):
        reference = on_meta(reference_net, read_json(files.get("reference_config"), config))
    fill(reference, state_of(reference_file, dtype), reference_file)
    with described(guider_file):
        guider = on_meta(guider_like, shapes_of(guider_state), unet_config.channels[0])
    fill(guider, guider_state, guider_file)
    clip, codec = load_clip(required(files, "clip", folder), dtype), load_codec(files, folder, dtype)
    projection, quick = load_projection(files, dtype), load_quick(files, dtype)
    origin = tuple(told_apart(files[part]) for part in sorted(files) if part != "taesd")
    networks = Networks(denoiser, reference, guider, clip, codec, projection, quick, origin)
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


def traits(files: Files) -> Traits:
    """Read from the tensors' shapes alone. What is missing or damaged has no traits; loading names it."""

    def seen(part: str) -> Shapes:
        with contextlib.suppress(WeightsDamaged, WeightsMissing, KeyError):
            return shapes_of(read_state(files[part]))
        return {}

    with contextlib.suppress(LookupError):  # shapes that no member of the family has
        return Traits.of(seen("motion_module"), seen("pose_guider"))
    return Traits(0, (), 0)


def reference_net(config: dict) -> UNet2DConditionModel:
    """SD1.5's UNet without its output layers, which nobody reads and no checkpoint holds."""
    unet = UNet2DConditionModel.from_config(config)
    assert isinstance(unet, UNet2DConditionModel)
    unet.conv_norm_out = None
    unet.conv_out = nn.Identity()  # type: ignore[assignment]
    return unet


def load_clip(file: Path, dtype: torch.dtype) -> CLIPVisionModelWithProjection:
    """CLIP's image encoder with its projection; without the index buffer that old files carry along."""
    told_by = file.with_name("config.json")
    told = read_json(told_by, VIT_L_14)
    with described(told_by):
        clip = on_meta(CLIPVisionModelWithProjection, CLIPVisionConfig(**told))
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
    with described(files["projection"]):
        projection = on_meta(projection_like, shapes_of(state))
    fill(projection, state, files["projection"])
    return projection


def load_quick(files: Files, dtype: torch.dtype) -> DecoderTiny | None:
    """The decoder of previews, in diffusers' layout or its author's. One that cannot be read is done without."""
    if "taesd" not in files:
        return None
    told_by = files["taesd"].with_name("config.json")
    with contextlib.suppress(WeightsDamaged, WeightsMismatch):
        told = read_json(told_by, TAESD)
        with described(told_by):
            tiny = on_meta(AutoencoderTiny.from_config, told)
        assert isinstance(tiny, AutoencoderTiny)
        fill(tiny.decoder, tiny_state(state_of(files["taesd"], dtype)), files["taesd"])
        return tiny.decoder
    return None


def load_codec(files: Files, folder: Path | None, dtype: torch.dtype) -> Codec:
    """The VAE, or the linear patches of the embedded model."""
    if "patches" in files:
        state = read_state(files["patches"])
        with described(files["patches"]):
            codec = PatchCodec(len(state["basis"]))
        fill(codec, state, files["patches"])
        return codec
    file = required(files, "vae", folder)
    told_by = file.with_name("config.json")
    told = read_json(told_by, SD_VAE)
    with described(told_by):
        vae = on_meta(AutoencoderKL.from_config, told)
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


def fill(network: nn.Module, state: State, file: Path, *, elsewhere: Files = MappingProxyType({})) -> None:
    """Assigns every tensor, strictly. Raises WeightsMismatch with the names that do not fit, by shape or kind.

    elsewhere: of parameters that come from another file than most, that file; the one at fault is named.
    """
    own = network.state_dict()
    wrong = [(name, f"missing {name}") for name in own if name not in state]
    wrong += [(name, f"unexpected {name}") for name in state if name not in own]
    wrong += [
        (name, f"{name} is {tuple(state[name].shape)} instead of {tuple(value.shape)}")
        for name, value in own.items()
        if name in state and state[name].shape != value.shape
    ]
    wrong += [
        (name, f"{name} is {state[name].dtype} instead of {value.dtype}")
        for name, value in own.items()
        if name in state and value.is_floating_point() and not state[name].is_floating_point()
    ]
    if wrong:
        faulty = elsewhere.get(wrong[0][0], file)
        raise WeightsMismatch(faulty, [words for name, words in wrong if elsewhere.get(name, file) == faulty])
    network.load_state_dict(state, strict=True, assign=True)
