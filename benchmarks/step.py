"""One guided step of the released network with random weights: seconds, arithmetic, memory.

    python -m benchmarks.step [--size 512x768] [--frames 24] [--device cuda] [--dtype bfloat16] [--repeat 5] [--json]

Random weights cost what trained ones do. Arithmetic is counted by torch's own counter, 1 multiply-add = 2 FLOP.
"""

import argparse
import json
import statistics
import sys
import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from animate.__main__ import size_of
from animate.denoise import predict
from animate.devices import choose_device, choose_dtype, describe
from animate.reference import ReferenceFeatures
from animate.unet import DenoisingUNet, UNetConfig


def network_of(device: torch.device, dtype: torch.dtype) -> DenoisingUNet:
    """The released network's sizes, filled on the device."""
    with device:
        torch.set_default_dtype(dtype)
        network = DenoisingUNet(UNetConfig()).eval().requires_grad_(False)
        torch.set_default_dtype(torch.float32)
    return network


def references_of(network: DenoisingUNet, grid: tuple[int, int], like: torch.Tensor) -> ReferenceFeatures:
    """Random tokens of the sizes a picture's are: each level has a quarter of the places of the one before."""
    tokens = []
    blocks = network.spatial_blocks()
    for block in blocks:
        width = block.norm1.normalized_shape[0]
        deepest = block is blocks[sum(network.config.spatial) * network.config.layers]
        level = 3 if deepest else network.config.channels.index(width)
        places = -(-grid[0] // 2**level) * -(-grid[1] // 2**level)
        tokens.append(like.new_empty(1, places, width).normal_())
    clip = like.new_empty(network.config.clip_size).normal_()
    return ReferenceFeatures(
        guided=network.project(tokens, clip),
        unguided=network.project([t[:, :0] for t in tokens], torch.zeros_like(clip)),
    )


def measure(given: argparse.Namespace) -> dict[str, float | str]:
    device = torch.device(given.device) if given.device else choose_device()
    dtype = getattr(torch, given.dtype) if given.dtype else choose_dtype(device)
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    torch.manual_seed(0)
    network = network_of(device, dtype)
    width, height = given.size
    grid = (height // 8, width // 8)
    latents = torch.randn(given.frames, 4, *grid, device=device)
    pose = torch.randn(given.frames, network.config.channels[0], *grid, device=device, dtype=dtype)
    references = references_of(network, grid, pose)
    timestep = torch.tensor([999], device=device)

    def step() -> float:
        wait()
        begin = time.perf_counter()
        predict(network, latents, timestep, pose, references, 3.5)
        wait()
        return time.perf_counter() - begin

    cold = step()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    seconds = statistics.median(step() for _ in range(given.repeat))
    with FlopCounterMode(display=False) as counter:
        step()
    work = counter.get_total_flops() / 1e12
    table: dict[str, float | str] = {
        "device": describe(device, dtype),
        "torch": torch.__version__,
        "clip": f"{width}x{height}, {given.frames} frames",
        "cold step, s": round(cold, 3),
        "step, s": round(seconds, 4),
        "arithmetic, TFLOP": round(work, 2),
        "rate, TFLOP/s": round(work / seconds, 1),
    }
    if device.type == "cuda":
        table["peak memory, GB"] = round(torch.cuda.max_memory_allocated() / 1e9, 2)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=size_of, default=(512, 768))
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--device")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    table = measure(given)
    if given.json:
        json.dump(table, sys.stdout)
        print()
    else:
        for name, value in table.items():
            print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
