"""Which device and precision to work in, chosen for the person and said in words; and whether its memory ran out."""

import os
import re

import torch

from animate import cards
from animate.errors import BadSettings
from animate.settings import PRECISIONS

Device = str | torch.device | None  # for None one is chosen
Precision = str | torch.dtype | None

# What torch, the host, Metal, OpenCV, onnxruntime, cuBLAS and cuDNN say when memory runs out, in small letters. The
# last two are cuDNN's when no way to convolve fits into what is left: https://github.com/pytorch/pytorch/issues/108645
NO_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "failed to allocate memory",
    "smaller than requested bytes",
    "bad_alloc",
    "insufficient memory",
    "invalid buffer size",
    "alloc_failed",
    "allocation_failed",
    "status_not_initialized",
    "unable to find an engine",
    "unable to find a valid cudnn algorithm",
)

# GeForce GTX 16 and others with the same chips (TU116, TU117), in whose fp16 torch's convolutions give no numbers.
# Source: should_use_fp16 in ComfyUI's comfy/model_management.py
NO_HALF = ("GTX 16", "MX450", "MX550", "T400", "T500", "T550", "T600", "T1000", "T1200", "T2000", "CMP 30HX")


def find_device(name: str | torch.device | None) -> torch.device:
    """The device of that name, as torch calls it ("cuda:1"); None takes the fastest there is: CUDA, then Apple's MPS,
    then the processor; cards older than what torch was built for are passed over. Raises BadSettings for one that is
    not here, or that old."""
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0  # which a driver that is too old counts too
    there = {"cuda": gpus, "mps": int(torch.backends.mps.is_available()), "cpu": 1}
    known = [kind for kind, count in there.items() if count]
    if name is None:
        card = next((card for card in range(gpus) if built_for(card)), None)
        name = f"cuda:{card}" if card else next(kind for kind in known if kind != "cuda" or card == 0)
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or (device.index or 0) >= there.get(device.type, 0):
        raise BadSettings(
            f"There is no device «{name}» here. Choose of these: {', '.join(known)}; or none, and one is chosen."
        )
    if device.type == "cuda" and not built_for(device.index or 0):
        card = torch.cuda.get_device_name(device)
        raise BadSettings(f"{card} is older than what this torch was built for. Choose another device.")
    return device


def built_for(card: int) -> bool:
    """Whether the installed torch has kernels for a card: one older than all of those it was built for can do nothing.
    AMD's architectures have no such order."""
    built = [int(found[1]) for each in torch.cuda.get_arch_list() if (found := re.match(r"(?:sm|compute)_(\d+)", each))]
    major, minor = torch.cuda.get_device_capability(card) if built else (0, 0)
    return not built or 10 * major + minor >= min(built)


def find_dtype(dtype: Precision, device: torch.device) -> torch.dtype:
    """By its name or as it is; None is chosen. Raises BadSettings for a name of none that models are computed in."""
    if not isinstance(dtype, str):
        return dtype or choose_dtype(device)
    if dtype not in PRECISIONS:
        raise BadSettings(f"There is no precision «{dtype}»; choose one of {', '.join(PRECISIONS)}.")
    return getattr(torch, dtype)


def choose_dtype(device: torch.device) -> torch.dtype:
    """fp16 on a GPU, as fast there as bf16 and 10 dB closer or more, but fp32 where fp16 is broken; bf16 on processors
    that multiply it, else fp32.

    Measured on an H200: benchmarks/results/gpu.txt.
    """
    if device.type == "cuda":
        broken = torch.cuda.get_device_capability(device) == (7, 5) and any(
            each in torch.cuda.get_device_name(device) for each in NO_HALF
        )
        return torch.float32 if broken else torch.float16
    if device.type == "mps":
        return torch.float16
    fast = torch.backends.cpu.get_cpu_capability().startswith("AVX512") and (
        torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    )
    return torch.bfloat16 if fast else torch.float32


def keep_precision(dtype: torch.dtype) -> None:
    """Has CUDA convolve fp32 as such, where torch lets it round to TF32, of ten bits. Half precision is as ever."""
    if dtype == torch.float32:
        torch.backends.cudnn.allow_tf32 = False


def give_back(device: torch.device) -> None:
    """What torch keeps of the device's memory for later goes back to it, for others such as onnxruntime."""
    if device.type in ("cuda", "mps"):
        getattr(torch, device.type).empty_cache()


def describe(device: torch.device, dtype: torch.dtype) -> str:
    """For instance «NVIDIA H200, bfloat16» or «2 processor cores, float32»."""
    return f"{named(device)}, {str(dtype).removeprefix('torch.')}"


def named(device: torch.device) -> str:
    """For people: «NVIDIA H200» or «2 processor cores»."""
    cores = os.cpu_count() or 1
    return {
        "cuda": lambda: torch.cuda.get_device_name(device),
        "mps": lambda: "Apple GPU",
        "cpu": lambda: f"{cores} processor cores" if cores > 1 else "1 processor core",
    }[device.type]()


def unused(device: torch.device) -> str:
    """Why an NVIDIA card that is here does not do the work of the processor, for people; else nothing."""
    if device.type != "cpu":
        return ""
    if torch.cuda.is_available() and not any(map(built_for, range(torch.cuda.device_count()))):
        return "The NVIDIA card here is not used: it is older than what this torch was built for."
    if not cards.usable() and cards.found():
        return (
            "The NVIDIA card here is not used: this torch was built for processors alone. "
            "The README says which one to install."
        )
    return ""


def out_of_memory(error: Exception) -> bool:
    """Whether an error tells that the device's memory, or the host's, was too small."""
    said = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(each in said for each in NO_MEMORY)
