"""The least that a step can take: its arithmetic, counted from the sizes, over the rate at which the device multiplies.

    python -m benchmarks.roofline [--size 512x768] [--frames 24] [--width 320] [--dtype bfloat16]

1 multiply-add is 2 FLOP. The count is checked against torch's own in the tests.
"""

import argparse
from collections import Counter

import torch

from animate.__main__ import size_of
from animate.devices import describe, find_device
from animate.unet import UNetConfig
from benchmarks.telling import clock_of, say, waiting

Grid = tuple[int, int]


def halved(grid: Grid) -> Grid:
    return -(-grid[0] // 2), -(-grid[1] // 2)


class Count:
    """FLOP of one forward by part. keys: reference tokens a place, 1 with the reference and 0 without."""

    def __init__(self, config: UNetConfig, frames: int, grid: Grid, *, guided: bool):
        self.config, self.frames, self.guided = config, frames, guided
        self.parts: Counter[str] = Counter()
        channels, layers = config.channels, config.layers
        self.matrix("convolutions", 1, channels[0], 4 * channels[0])
        self.matrix("convolutions", 1, 4 * channels[0], 4 * channels[0])
        self.conv(config.latents, channels[0], grid)
        skips, size, grids = [channels[0]], channels[0], [grid]
        for level, out in enumerate(channels):
            for i in range(layers):
                self.layer(out if i else size, out, level, grids[-1], spatial=config.spatial[level])
                skips.append(out)
            size = out
            if level < len(channels) - 1:
                grids.append(halved(grids[-1]))
                self.conv(out, out, grids[-1])
                skips.append(out)
        deepest = len(channels) - 1
        self.layer(size, size, deepest, grids[-1], spatial=True)
        self.resnet(size, size, grids[-1])
        for level in reversed(range(len(channels))):
            out = channels[level]
            for _ in range(layers + 1):
                self.layer(size + skips.pop(), out, level, grids[level], spatial=config.spatial[level])
                size = out
            if level:
                self.conv(out, out, grids[level - 1])
        self.conv(channels[0], config.latents, grid)

    @property
    def total(self) -> int:
        return self.parts.total()

    def matrix(self, part: str, rows: int, ins: int, outs: int) -> None:
        self.parts[part] += 2 * rows * ins * outs

    def conv(self, ins: int, outs: int, grid: Grid, kernel: int = 3) -> None:
        self.matrix("convolutions", self.frames * grid[0] * grid[1], ins * kernel**2, outs)

    def resnet(self, ins: int, outs: int, grid: Grid) -> None:
        self.conv(ins, outs, grid)
        self.conv(outs, outs, grid)
        self.matrix("convolutions", 1, 4 * self.config.channels[0], outs)
        if ins != outs:
            self.conv(ins, outs, grid, kernel=1)

    def layer(self, ins: int, size: int, level: int, grid: Grid, *, spatial: bool) -> None:
        self.resnet(ins, size, grid)
        places = grid[0] * grid[1]
        tokens = self.frames * places
        if spatial:
            for widths in (1, 1, 1, 1, 1, 8, 4, 1):  # in, q, k, v, out, widen, narrow, out
                self.matrix("linears in a frame", tokens, size, widths * size)
            keys = 2 * places if self.guided else places
            self.parts["attention in a frame"] += 4 * tokens * keys * size
        if self.config.motion:
            for widths in (1, *(1, 1, 1, 1) * 2, 8, 4, 1):
                self.matrix("motion modules", tokens, size, widths * size)
            self.parts["motion modules"] += 2 * 4 * tokens * self.frames * size


def step(config: UNetConfig, frames: int, grid: Grid) -> Counter[str]:
    """FLOP of a guided step: both branches."""
    return sum((Count(config, frames, grid, guided=guided).parts for guided in (True, False)), Counter())


def rate(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of a large product of matrices, the best of some."""
    size = 8192 if device.type == "cuda" else 1024
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    wait, clock, best = waiting(device), clock_of(device), float("inf")
    for _ in range(6):
        wait()
        began = clock()
        torch.matmul(a, b)
        wait()
        best = min(best, clock() - began)
    return 2 * size**3 / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=size_of, default=(512, 768))
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--device")
    given = parser.parse_args()
    device, dtype = find_device(given.device), getattr(torch, given.dtype)
    width = given.width
    config = UNetConfig(channels=(width, 2 * width, 4 * width, 4 * width))
    parts = step(config, given.frames, (given.size[1] // 8, given.size[0] // 8))
    for name, work in parts.most_common():
        say(f"{name:22}", f"{work / 1e12:8.3f} TFLOP")
    reached = rate(device, dtype)
    say(f"{'a guided step':22}", f"{parts.total() / 1e12:8.3f} TFLOP")
    say(describe(device, dtype), f"multiplies matrices at {reached / 1e12:.2f} TFLOP/s")
    say("so a step takes at least", f"{parts.total() / reached:.4f} s")


if __name__ == "__main__":
    main()
