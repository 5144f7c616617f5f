"""How time and memory grow with the length of a clip: a step of windows over 24 to 600 frames, each in a process.

    python -m benchmarks.scaling [--frames 24 48 ...] [--size 64x96] [--width 32] [--json FILE]

Random weights of the released networks' layout, narrow ones by default, windows of 24 frames that share 4. Prints
seconds a step, the most memory, and how well a straight line through the seconds fits (R²).
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from animate.__main__ import size_of
from animate.denoise import after_steps, denoise
from animate.reference import ReferenceFeatures
from animate.schedule import steps
from animate.unet import DenoisingUNet, UNetConfig
from animate.windows import cuts
from benchmarks.subject import stand_in
from benchmarks.telling import clock_of
from benchmarks.watched import slope

WINDOW, OVERLAP = 24, 4
FRAMES = (24, 64, 104, 204, 304, 404, 504, 604)  # whole windows: 24 and 20 more each


def measure(frames: int, size: tuple[int, int], width: int) -> dict[str, float]:
    """Seconds of one guided step over a clip, and the most megabytes of this process."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    channels = (width, 2 * width, 4 * width, 4 * width)
    network = DenoisingUNet(UNetConfig(channels=channels, groups=min(32, width))).eval().requires_grad_(False)
    grid = (size[1] // 8, size[0] // 8)
    latents, pose = torch.randn(frames, 4, *grid), torch.randn(frames, width, *grid)
    references = ReferenceFeatures(
        stand_in(network, grid, latents, guided=True), stand_in(network, grid, latents, guided=False)
    )
    clock = clock_of(latents.device)
    walk = denoise(
        network,
        latents,
        pose=pose,
        references=references,
        steps=[*steps(25)],
        cuts=cuts(frames, WINDOW, OVERLAP),
        guidance=3.5,
    )
    began = clock()
    next(after_steps(walk))
    return {"seconds": clock() - began, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def line_through(frames: list[int], seconds: list[float]) -> tuple[float, float, float]:
    """Seconds a frame, seconds to begin with, and R²."""
    a_frame = slope(frames, seconds)
    start = float(np.mean(seconds)) - a_frame * float(np.mean(frames))
    left = np.array(seconds) - (a_frame * np.array(frames) + start)
    return a_frame, start, float(1 - (left**2).sum() / ((np.array(seconds) - np.mean(seconds)) ** 2).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, nargs="+", default=FRAMES)
    parser.add_argument("--size", type=size_of, default=(64, 96))
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--alone", action="store_true", help="one length, in this process, as a line of JSON")
    chosen = parser.parse_args()
    if chosen.alone:
        print(json.dumps(measure(chosen.frames[0], chosen.size, chosen.width)))
        return
    rows = {}
    print("| frames | seconds a step | most memory, MB |\n| --- | --- | --- |")
    for frames in chosen.frames:
        told = ["--size", "x".join(map(str, chosen.size)), "--width", str(chosen.width), "--alone"]
        command = [sys.executable, "-m", "benchmarks.scaling", "--frames", str(frames), *told]
        rows[frames] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"| {frames} | {rows[frames]['seconds']:.2f} | {rows[frames]['megabytes']:.0f} |", flush=True)
    a_frame, start, fit = line_through(list(rows), [row["seconds"] for row in rows.values()])
    print(f"\n{a_frame * 1000:.1f} ms a frame and {start:.2f} s, R² {fit:.5f}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"rows": rows, "R2": fit}, indent=2) + "\n")


if __name__ == "__main__":
    main()
