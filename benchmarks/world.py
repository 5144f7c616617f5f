"""How fast the puppet world is rendered: frames a second, of pictures at 256x384, all processes together.

    python -m benchmarks.world [--processes 2] [--seconds 20] [--size 256x384] [--device cpu]

Clips of 8 frames with unrelated poses, as training takes them, each process with one thread and characters of its own.
"""

import argparse
import multiprocessing
import os
import time

from animate.__main__ import size_of

FRAMES = 8


def rendered(seed: int, seconds: float, size: tuple[int, int], device: str) -> tuple[int, float]:
    """Frames that one process renders in a time, once it has rendered one clip; and the seconds it took."""
    import torch  # a process of its own

    from training.puppets import World

    torch.set_num_threads(1)
    world = World(seed=seed, split="train", device=device)
    world.clip(frames=FRAMES, size=size, spread=True)
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        count += len(world.clip(frames=FRAMES, size=size, spread=True).frames)
        if device.startswith("cuda"):
            torch.cuda.synchronize()
    return count, time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--size", type=size_of, default=(256, 384))
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f}")
    wanted = [(seed, arguments.seconds, arguments.size, arguments.device) for seed in range(arguments.processes)]
    with multiprocessing.get_context("spawn").Pool(arguments.processes) as pool:
        each = pool.starmap(rendered, wanted)
    rates = [count / seconds for count, seconds in each]
    print(f"{arguments.processes} processes, {arguments.device}: {sum(rates):.1f} frames a second")


if __name__ == "__main__":
    main()
