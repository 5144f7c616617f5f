"""How far a device and precision are from the reference implementation's stored answers, for a toy checkpoint.

    python -m benchmarks.agree [--device cuda] [--dtypes float32 bfloat16]

On a device that has them, also how far the fused kernels are from the same in fp64.
"""

import argparse
import math

import numpy as np
import torch
import torch.nn.functional as F

from animate import RenderSettings, kernels
from animate.checkpoints import load_networks
from animate.conditions import skeleton_conditions, to_frames
from animate.denoise import after_steps, denoise
from animate.devices import choose_dtype, describe, find_device
from animate.schedule import steps
from animate.windows import cuts
from benchmarks.subject import lay
from tests import toy

CASES = ("guided", "unguided", "full_window")
NORMS = ((2, 320, 64, 96, 32), (3, 960, 33, 17, 32), (1, 2560, 8, 12, 32), (2, 32, 5, 3, 32))  # f c h w groups


def kernel_errors(device: torch.device, dtype: torch.dtype) -> float:
    """The largest difference from fp64, relative to the largest value, over some shapes."""
    errors = []
    for *shape, groups in NORMS:
        x = (torch.randn(shape, device=device) * 2 + 3).to(dtype).contiguous(memory_format=torch.channels_last)
        weight, bias = (torch.randn(shape[1], device=device).to(dtype) for _ in range(2))
        for silu in (False, True):
            mine = kernels.group_norm(x, weight, bias, groups=groups, eps=1e-5, silu=silu)
            exact = F.group_norm(x.double(), groups, weight.double(), bias.double(), 1e-5)
            exact = F.silu(exact) if silu else exact
            errors.append(((mine - exact).abs().max() / exact.abs().max()).item())
    for size in (320, 1280, 112):
        x = torch.randn(3, 77, 2 * size, device=device).to(dtype)
        left, right = x.double().chunk(2, dim=-1)
        exact = left * F.gelu(right)
        errors.append(((kernels.geglu(x) - exact).abs().max() / exact.abs().max()).item())
    return max(errors)


def compare(device: torch.device, dtype: torch.dtype) -> None:
    networks = load_networks(toy.folder(), device=device, dtype=dtype)
    if device.type == "cuda":
        lay(networks.denoiser, torch.channels_last)
    print(describe(device, dtype), flush=True)
    for name in CASES:
        case = toy.case(name)
        height, width = case["reference"].shape[:2]
        settings = RenderSettings(
            width=width, height=height, steps=int(case["steps"]), guidance=float(case["guidance"])
        )
        conditions = skeleton_conditions(networks, case["reference"], case["skeletons"])
        walk = denoise(
            networks.denoiser,
            torch.from_numpy(case["noise"]).to(device),
            pose=conditions.pose,
            references=conditions.references,
            steps=[*steps(settings.steps)],
            cuts=cuts(len(case["noise"]), settings.window, settings.overlap),
            guidance=settings.guidance,
        )
        latents = [*after_steps(walk)][-1]
        frames = to_frames(networks.codec.decode(latents)).astype(float)
        error = np.abs(latents.cpu().numpy() - case["latents"]).max()
        mean = np.square(frames - case["frames"]).mean()
        decibels = 10 * math.log10(255**2 / mean) if mean else math.inf
        print(f"{name:12} latents differ by at most {error:.2e}, frames agree to {decibels:.1f} dB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device")
    parser.add_argument("--dtypes", nargs="+", choices=("float32", "bfloat16", "float16"))
    given = parser.parse_args()
    device = find_device(given.device)
    for name in given.dtypes or [str(choose_dtype(device)).removeprefix("torch.")]:
        dtype = getattr(torch, name)
        with torch.no_grad():
            if kernels.fit(torch.empty(1, device=device)):
                print(f"kernels in {name} differ from fp64 by at most {kernel_errors(device, dtype):.1e}", flush=True)
            compare(device, dtype)


if __name__ == "__main__":
    main()
