"""The released checkpoints' shapes with other numbers in them: full size, to try memory and precision for real."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from animate.checkpoints import Networks, reference_net
from animate.latents import VAECodec
from animate.pose_guider import PoseGuider
from animate.published import SD15, SD_VAE, VIT_L_14
from animate.unet import DenoisingUNet


def networks(dtype: torch.dtype, *, device: str) -> Networks:
    with torch.device(device), default(dtype):
        vae = AutoencoderKL.from_config(SD_VAE)
        assert isinstance(vae, AutoencoderKL)
        made = Networks(
            DenoisingUNet(),
            reference_net(SD15),
            PoseGuider(),
            CLIPVisionModelWithProjection(CLIPVisionConfig(**VIT_L_14)),
            VAECodec(vae),
        )
    for network in parts(made).values():
        nn.Module.to(network, dtype=dtype)
        network.eval().requires_grad_(False)
    return made


@contextmanager
def default(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def parts(made: Networks) -> dict[str, nn.Module]:
    assert isinstance(made.codec, VAECodec)
    return {
        "denoiser": made.denoiser,
        "reference_unet": made.reference,
        "pose_guider": made.guider,
        "image_encoder": made.clip,
        "sd-vae-ft-mse": made.codec.vae,
    }


def write(folder: Path, dtype: torch.dtype, *, seed: int = 0) -> int:
    """A checkpoint as it is released (.pth and all), network by network; returns the bytes of its numbers."""
    total = 0
    shapes = parts(networks(dtype, device="meta"))
    generator = torch.Generator().manual_seed(seed)
    for name, network in shapes.items():
        state = {}
        for key, value in network.state_dict().items():
            fan = value[0].numel() if value.ndim > 1 else 0
            if fan:  # a repeated row of noise is as good as any, and made a hundred times faster
                row = torch.randn(min(value.numel(), 2**16), generator=generator) * fan**-0.5
                state[key] = (
                    row.repeat(-(-value.numel() // len(row)))[: value.numel()].view(value.shape).to(dtype, copy=True)
                )
            else:
                state[key] = torch.full(value.shape, 1.0 if key.endswith("weight") else 0.0, dtype=dtype)
        total += sum(value.numel() * value.element_size() for value in state.values())
        save(folder, name, state)
        del state
    return total


def save(folder: Path, name: str, state: dict[str, torch.Tensor]) -> None:
    if name == "denoiser":
        motion = {key: value for key, value in state.items() if "motion_modules" in key and "pos_encoder" not in key}
        torch.save(motion, folder / "motion_module.pth")
        torch.save({key: v for key, v in state.items() if "motion_modules" not in key}, folder / "denoising_unet.pth")
    elif name in ("reference_unet", "pose_guider"):
        torch.save(state, folder / f"{name}.pth")
    elif name == "image_encoder":
        (folder / name).mkdir()
        torch.save(state, folder / name / "pytorch_model.bin")
    else:
        (folder / name).mkdir()
        save_file(state, folder / name / "diffusion_pytorch_model.safetensors")
