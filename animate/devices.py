"""Which device and precision to work in, chosen for the person and said in words; and whether its memory ran out."""

import os

import torch

from animate.errors import BadSettings

# What torch, cuBLAS, cuDNN and onnxruntime say when memory runs out, in small letters. The last two are cuDNN's when no
# way to convolve fits into what is left: https://github.com/pytorch/pytorch/issues/108645
NO_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "alloc_failed",
    "allocation_failed",
    "unable to find an engine",
    "unable to find a valid cudnn algorithm",
)


def find_device(name: str | torch.device | None) -> torch.device:
    """The device of that name, as torch calls it ("cuda:1"); None takes the fastest there is: CUDA, then Apple's MPS,
    then the processor. Raises BadSettings for one that is not here."""
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0  # which a driver that is too old counts too
    there = {"cuda": gpus, "mps": int(torch.backends.mps.is_available()), "cpu": 1}
    known = [kind for kind, count in there.items() if count]
    try:
        device = torch.device(known[0] if name is None else name)
    except RuntimeError:
        device = None
    if device is None or (device.index or 0) >= there.get(device.type, 0):
        raise BadSettings(
            f"There is no device «{name}» here. Choose of these: {', '.join(known)}; or none, and one is chosen."
        )
    return device


def choose_dtype(device: torch.device) -> torch.dtype:
    """fp16 on a GPU, as fast there as bf16 and 10 dB closer or more; bf16 on processors that multiply it, else fp32.

    Measured on an H200: benchmarks/results/gpu.txt.
    """
    if device.type in ("cuda", "mps"):
        return torch.float16
    fast = torch.backends.cpu.get_cpu_capability().startswith("AVX512") and (
        torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    )
    return torch.bfloat16 if fast else torch.float32


def keep_precision(dtype: torch.dtype) -> None:
    """Has CUDA convolve fp32 as such, where torch lets it round to TF32, of ten bits. Half precision is as ever."""
    if dtype == torch.float32:
        torch.backends.cudnn.allow_tf32 = False


def describe(device: torch.device, dtype: torch.dtype) -> str:
    """For instance «NVIDIA H200, bfloat16» or «2 processor cores, float32»."""
    cores = os.cpu_count() or 1
    name = {
        "cuda": lambda: torch.cuda.get_device_name(device),
        "mps": lambda: "Apple GPU",
        "cpu": lambda: f"{cores} processor cores" if cores > 1 else "1 processor core",
    }[device.type]()
    return f"{name}, {str(dtype).removeprefix('torch.')}"


def out_of_memory(error: Exception) -> bool:
    """Whether an error tells that the device's memory, or the host's, was too small."""
    said = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(each in said for each in NO_MEMORY)
