"""How far a device and precision are from the reference implementation's stored answers, for a toy checkpoint.

python -m benchmarks.agree [--device cuda] [--dtype float32]
"""

import argparse
import math

import numpy as np
import torch

from animate import RenderSettings
from animate.checkpoints import load_networks
from animate.conditions import skeleton_conditions, to_frames
from animate.denoise import denoise
from animate.devices import choose_device, choose_dtype, describe
from animate.schedule import steps
from animate.windows import cuts
from tests import toy

CASES = ("guided", "unguided", "full_window")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"))
    given = parser.parse_args()
    device = torch.device(given.device) if given.device else choose_device()
    dtype = getattr(torch, given.dtype) if given.dtype else choose_dtype(device)
    networks = load_networks(toy.folder(), device=device, dtype=dtype)
    print(describe(device, dtype))
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
        latents = [*walk][-1]
        frames = to_frames(networks.codec.decode(latents)).astype(float)
        error = np.abs(latents.cpu().numpy() - case["latents"]).max()
        mean = np.square(frames - case["frames"]).mean()
        decibels = 10 * math.log10(255**2 / mean) if mean else math.inf
        print(f"{name:12} latents differ by at most {error:.2e}, frames agree to {decibels:.1f} dB")


if __name__ == "__main__":
    main()
