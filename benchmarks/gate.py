"""What the shortcuts cost: the embedded model's pictures with and without them, beside the truth.

    python -m benchmarks.gate [--characters 20] [--size 256x384] [--json FILE] [--plot FILE.svg]

Held-out characters of the puppet world in unrelated poses. The yardstick is 25 exact steps; a shortcut passes when it
loses at most 0.3 dB of PSNR and 0.005 of SSIM to the truth against them. Beside it, how near its pictures are to those
of the exact walk. Only this model is measured: what the shortcuts cost the released checkpoints is not known from it.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from animate import Animator
from animate.__main__ import size_of
from animate.settings import DRAFT
from benchmarks.quality import POSES, SEED, Scene
from training.evaluate import psnr, ssim
from training.puppets import World

DECIBELS, ALIKE = 0.3, 0.005  # that a shortcut may lose


@dataclass(frozen=True)
class Walk:
    """One way from noise to picture."""

    name: str
    steps: int
    guidance: float = 1.0
    shortcuts: dict[str, Any] = field(default_factory=dict)


EXACT, GUIDED = Walk("Standard: 25 exact steps", 25), Walk("25 exact steps, guided", 25, guidance=2.0)
OFTENER = DRAFT | {"reuse": 2}
WALKS = (
    EXACT,
    Walk("Best: 38 exact steps", 38),
    Walk("12 exact steps", 12),
    Walk("12 steps of DPM-Solver++", 12, shortcuts={"solver": "dpm"}),
    Walk("25 steps, deep layers every 2nd", 25, shortcuts={"reuse": 2}),
    Walk("25 steps, deep layers every 3rd", 25, shortcuts={"reuse": 3}),
    Walk("12 of DPM-Solver++, deep layers every 2nd", 12, shortcuts=OFTENER),
    Walk("Draft: the same, every 3rd", 12, shortcuts=DRAFT),
    Walk("4 exact steps", 4),
    GUIDED,
    Walk("25 steps, guided for half", 25, guidance=2.0, shortcuts={"guided": 0.5}),
    Walk("12 of DPM-Solver++, every 2nd, guided for half", 12, guidance=2.0, shortcuts=OFTENER),
    Walk("Draft, guided for half", 12, guidance=2.0, shortcuts=DRAFT),
)


def measure(animator: Animator, count: int, size: tuple[int, int], ways: Sequence[Walk] = WALKS) -> dict[str, dict]:
    """By walk: PSNR and SSIM to the truth, seconds of a processor a character, the worst character's loss, and the
    PSNR to what the exact walk makes."""
    world = World(seed=SEED, split="held-out")
    found: dict[str, list[tuple[float, ...]]] = {way.name: [] for way in ways}
    for _ in range(count):
        scene = Scene.of(animator, world.clip(frames=POSES + 1, size=size, spread=True), clip=False)
        exact: dict[float, Tensor] = {}
        for way in ways:
            began = time.process_time()
            latents = scene.walked(way.steps, guidance=way.guidance, **way.shortcuts)
            took = time.process_time() - began
            made = scene.mended(latents)
            near = psnr(made, exact.setdefault(way.guidance, made)).mean().item()
            alike = [likeness(made, scene.truth).mean().item() for likeness in (psnr, ssim)]
            found[way.name].append((*alike, took, near))
    table = {}
    for way in ways:
        values = np.array(found[way.name])
        lost = np.array(found[(EXACT if way.guidance == 1 else GUIDED).name]) - values
        table[way.name] = {
            **dict(zip(("PSNR", "SSIM", "seconds", "near exact"), values.mean(0).tolist(), strict=True)),
            "PSNR lost": lost[:, 0].mean(),
            "SSIM lost": lost[:, 1].mean(),
            "times as fast": lost[:, 2].mean() / values[:, 2].mean() + 1,
            "worst": lost[:, 0].max(),
        }
    return table


def passes(row: dict) -> bool:
    return row["PSNR lost"] <= DECIBELS and row["SSIM lost"] <= ALIKE


def plot(table: dict[str, dict]) -> str:
    """An SVG: seconds a character against the PSNR to the truth."""
    across = [row["seconds"] for row in table.values()]
    up = [row["PSNR"] for row in table.values()]
    width, height, left, rim, legend = 860, 440, 70, 50, 420
    widest, low, high = max(across) * 1.1, min(up) - 0.05, max(up) + 0.05
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12"><rect width="100%" height="100%" fill="white"/>',
        f'<path d="M{left} {rim / 2}V{height - rim}H{legend + rim}" fill="none" stroke="#444"/>',
        f'<text x="{left}" y="{height - 12}">seconds of one processor core for a character in {POSES} poses: '
        f"0 to {widest:.1f}</text>",
        f'<text x="8" y="16">PSNR to the truth, dB: {low:.2f} to {high:.2f}</text>',
    ]
    for at, (name, x, y) in enumerate(zip(table, across, up, strict=True), 1):
        place = left + x / widest * (legend - left), height - rim - (y - low) / (high - low) * (height - 2 * rim)
        colour = "#2a7" if passes(table[name]) else "#c44"
        lines.append(f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="5" fill="{colour}"/>')
        lines.append(f'<text x="{place[0] + 8:.1f}" y="{place[1] + 4:.1f}">{at}</text>')
        lines.append(f'<text x="{legend + rim + 20}" y="{rim + 22 * at}">{at}  {name}</text>')
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--characters", type=int, default=20)
    parser.add_argument("--size", type=size_of, default=(256, 384))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)  # whose own seconds are counted
    table = measure(Animator.load("mini", device="cpu"), chosen.characters, chosen.size)
    columns = ("seconds", "times as fast", "PSNR", "PSNR lost", "worst", "SSIM", "SSIM lost", "near exact")
    print(f"| | {' | '.join(columns)} | passes |\n" + "| --- " * (len(columns) + 2) + "|")
    for name, row in table.items():
        told = " | ".join(f"{row[column]:.4f}" if "SSIM" in column else f"{row[column]:.2f}" for column in columns)
        print(f"| {name} | {told} | {'yes' if passes(row) else 'no'} |")
    if chosen.json:
        chosen.json.write_text(json.dumps(table, indent=2) + "\n")
    if chosen.plot:
        chosen.plot.write_text(plot(table))


if __name__ == "__main__":
    main()
