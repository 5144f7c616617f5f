"""Steps of ours beside steps of Moore-AnimateAnyone's own pipeline, with the same weights, in one process.

    python -m benchmarks.speed [--moore FOLDER] [--size 512x768] [--frames 24] [--width 320] [--dtypes bfloat16 float16]

FOLDER is a checkout of github.com/MooreThreads/Moore-AnimateAnyone; without it ours is measured alone. On a processor
choose something small, such as --size 192x256 --frames 8 --width 64. --json FILE keeps the numbers.
"""

import argparse
import json
import os
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from animate.__main__ import size_of
from animate.checkpoints import Networks
from animate.denoise import after_steps, denoise
from animate.devices import describe, find_device
from animate.schedule import steps
from animate.settings import DRAFT
from animate.unet import UNetConfig
from animate.windows import cuts
from benchmarks import roofline, subject
from benchmarks.moore import Moore, Run
from benchmarks.subject import Scene
from benchmarks.telling import clock_of, say, unsound, waiting

STEPS, GUIDANCE = 25, 3.5
FAST_STEPS = 12  # of a draft, in place of 25 whole ones


def ours(networks: Networks, scene: Scene, *, take: int, count: int = STEPS, **fast: Any) -> Run:
    """The first `take` steps of `count`."""
    device = networks.denoiser.conv_in.weight.device
    wait, clock, run = waiting(device), clock_of(device), Run(torch.empty(0))
    conditions = scene.conditions(networks)
    walk = denoise(
        networks.denoiser,
        scene.noise.to(device),
        pose=conditions.pose,
        references=conditions.references,
        steps=[*steps(count, solver=fast.pop("solver", "ddim"))],
        cuts=cuts(len(scene.noise), len(scene.noise), 0),
        guidance=GUIDANCE,
        **fast,
    )
    for _ in range(take):
        wait()
        began = clock()
        run.latents = next(after_steps(walk))
        wait()
        run.seconds.append(clock() - began)
    return run


def theirs(moore: Moore, scene: Scene, *, take: int, count: int = STEPS) -> Run:
    device = moore.pipeline.device
    return moore.run(
        scene.picture,
        scene.skeletons,
        scene.noise,
        steps=count,
        guidance=GUIDANCE,
        take=take,
        wait=waiting(device),
        clock=clock_of(device),
    )


def apart(latents: Tensor, truth: Tensor) -> dict[str, float]:
    """The largest difference beside the largest value, and decibels over the range."""
    difference, truth = (latents.cpu() - truth.cpu()).double(), truth.cpu().double()
    noise = difference.square().mean().clamp(min=1e-300)
    return {
        "relative": (difference.abs().max() / truth.abs().max()).item(),
        "decibels": (10 * torch.log10((truth.max() - truth.min()) ** 2 / noise)).item(),
    }


def measured(run: Callable[..., Run], truth: Tensor, device: torch.device, *, repeat: int) -> dict[str, float]:
    """Seconds of a warm step and of the first, bytes beyond what was there before, and how far from the truth it is.

    The truth is a whole walk of two steps, so that what is compared is all the network's.
    """
    before = 0
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
    row = {}
    walk = run(take=2, count=2)
    if repeat:
        row = {"first step, s": walk.seconds[0], "step, s": statistics.median(run(take=repeat + 1).seconds[1:])}
    if device.type == "cuda":
        row["beyond weights, GB"] = (torch.cuda.max_memory_allocated() - before) / 1e9
    return row | apart(walk.latents, truth)


def compare(given: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    scene = Scene.of(given.size, given.frames)
    master = subject.make(device, width=given.width)
    truth = ours(master, scene, take=2, count=2).latents
    report: dict[str, Any] = {}
    for name in dict.fromkeys(("float32", *given.dtypes)):
        networks = subject.cast(master, getattr(torch, name))
        weights = subject.weigh(networks) / 1e9
        row: dict[str, Any] = {"weights, GB": weights}
        repeat = given.repeat if name in given.dtypes else 0
        if given.moore:
            moore = Moore(given.moore, networks)
            row["theirs"] = measured(partial(theirs, moore, scene), truth, device, repeat=repeat)
            say(name, "theirs", row["theirs"])
            del moore
        if device.type in ("cuda", "cpu"):  # as the program does
            subject.lay(networks.denoiser, torch.channels_last)
        if repeat:
            row["ours"] = measured(partial(ours, networks, scene), truth, device, repeat=repeat)
            say(name, "ours", row["ours"])
        if repeat:
            fast = sum(ours(networks, scene, take=FAST_STEPS, count=FAST_STEPS, **DRAFT).seconds)
            row["fast job, s"] = fast
            say(name, f"fast: {FAST_STEPS} steps with {DRAFT} take {fast:.2f} s")
            for who in ("theirs", "ours"):
                if who in row:
                    say(
                        name,
                        f"that is {STEPS * row[who]['step, s'] / fast:.1f} times as fast as {who} in {STEPS} steps",
                    )
        if given.moore and repeat:
            row["times as fast"] = row["theirs"]["step, s"] / row["ours"]["step, s"]
            say(name, f"ours is {row['times as fast']:.2f} times as fast")
        if given.moore and repeat and device.type == "cuda":
            mine, its = (row[who]["beyond weights, GB"] for who in ("ours", "theirs"))
            row["share of memory"] = (weights + mine) / (weights + its)
            say(name, f"ours takes {row['share of memory']:.2f} of the memory, weights ({weights:.2f} GB) and all")
        report[name] = row
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moore", type=Path)
    parser.add_argument("--size", type=size_of, default=(512, 768))
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--width", type=int, default=subject.RELEASED)
    parser.add_argument("--dtypes", nargs="+", default=["bfloat16", "float16"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--device")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.moore and not (given.moore / "src").is_dir():
        say(f"There is no checkout of Moore-AnimateAnyone at {given.moore}; ours is measured alone.")
        given.moore = None
    device = find_device(given.device)
    width, height = given.size
    say(f"{describe(device, torch.float32)}, torch {torch.__version__}, load {os.getloadavg()[0]:.1f}")
    say(f"{width}x{height}, {given.frames} frames, {given.width} channels, guided, per step of {STEPS}")
    channels = (given.width, 2 * given.width, 4 * given.width, 4 * given.width)
    work = roofline.step(UNetConfig(channels=channels), given.frames, (height // 8, width // 8)).total()
    say(f"{work / 1e12:.2f} TFLOP a step; at the rate of a large product of matrices that takes")
    for name in given.dtypes:
        say(name, f"{work / roofline.rate(device, getattr(torch, name)):.3f} s")
    report = compare(given, device)
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n")
    if wrong := [*unsound(report)]:
        raise SystemExit(f"What was computed is not finite, so nothing was measured: {'; '.join(wrong)}.")


if __name__ == "__main__":
    main()
