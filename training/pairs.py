"""Training pairs: a reference, targets, and the reference's puppet moved to the targets' poses.

    python -m training.pairs --out runs/pairs --shards 4 --characters 100
    python -m training.pairs --out runs/pairs --workers 15 --shards 9999   (beside the trainer, which takes what is new)

A shard is a dict of uint8 tensors, b characters with r targets each, at the small size the network works at. Those
that are in the folder already are kept, so a run that was ended goes on.
"""

import argparse
import multiprocessing
import sys
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet import Puppet
from training.puppets import World
from training.puppets.recipe import Split
from training.puppets.world import RATE

SIZE = (128, 192)  # width, height
RATES = (12.5, 25.0, 30.0)  # frames a second of clips to train on; a rendered one has 30 at most
Shard = dict[str, Tensor]


def pairs_of_one(world: World, *, targets: int, spread: bool, rng: np.random.Generator, rate: float = RATE) -> Shard:
    """One character: picture and puppet of its first frame, the other frames as targets, `rate` a second of a clip.

    Keypoints get the noise that a pose model makes, and the mask is the one the puppet finds by itself.
    """
    sample = world.clip(frames=targets + 1, size=SIZE, spread=spread, rate=rate)
    poses = np.asarray(sample.poses, np.float32).copy()
    shoulder = np.linalg.norm(poses[0, 2, :2] - poses[0, 5, :2]) + 1
    poses[:, :18, :2] += rng.normal(0, 0.03 * shoulder * rng.uniform(0, 1), (len(poses), 18, 2)).astype(np.float32)
    picture = sample.frames[0].permute(1, 2, 0).contiguous().numpy()
    puppet = Puppet.cut(picture, poses[0])
    dance = poses[1:]
    behind = puppet.from_behind(dance, fps=rate, clip=not spread)
    moved = puppet.move(dance, scale=puppet.scale_of(dance), behind=behind)  # as of a clip that is rendered
    return {
        "reference": sample.frames[0],
        "target": sample.frames[1:],
        "moved": to_bytes(moved.frames),
        "background": to_bytes(puppet.background),
        "cover": to_bytes(F.avg_pool2d(moved.cover, 4)),
        "known": to_bytes(F.avg_pool2d(puppet.known.float(), 4)),
        "mask": to_bytes(F.avg_pool2d(puppet.mask.float(), 4)),
        "body": to_bytes(F.avg_pool2d(sample.masks[1:].float() / 255, 4)),
        "poses": torch.from_numpy(poses),
    }


def to_bytes(values: Tensor) -> Tensor:
    return (values.clamp(0, 1) * 255).round().to(torch.uint8).cpu()


def make_shard(*, seed: int, split: Split, characters: int, targets: int, spread: bool) -> Shard:
    """b characters, stacked. Clips to train on have one of RATES each; those held out all have the world's own."""
    world = World(seed=seed, split=split)
    rng = np.random.default_rng(seed)
    rates = np.random.default_rng([seed, 1]).choice(RATES, characters) if split == "train" else [RATE] * characters
    groups = [pairs_of_one(world, targets=targets, spread=spread, rng=rng, rate=float(rate)) for rate in rates]
    return {name: torch.stack([group[name] for group in groups]) for name in groups[0]}


class Pool:
    """The characters of a folder's shards on the device that trains, a dict of tensors each. It grows as they come."""

    def __init__(self, folder: Path, *, device: torch.device | str = "cpu", limit: int | None = None):
        self.folder, self.device, self.limit = folder, device, limit
        self.characters: list[Shard] = []
        self._taken: set[str] = set()

    def refresh(self) -> int:
        """Takes what is new, up to `limit` characters in all; how many there are now."""
        for file in sorted(self.folder.glob("*.pt")):
            if file.name in self._taken or (self.limit and len(self.characters) >= self.limit):
                continue
            shard = torch.load(file, map_location=self.device, weights_only=True)
            self._taken.add(file.name)
            count = len(shard["reference"])
            self.characters += [{name: value[i] for name, value in shard.items()} for i in range(count)]
        return len(self.characters)


def make_shards(arguments: argparse.Namespace, worker: int) -> None:
    """Every `workers`-th of the shards, one file each; but for those that are there."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    for seed in range(arguments.first + worker, arguments.first + arguments.shards, arguments.workers):
        file = arguments.out / f"{seed:05d}.pt"
        if file.is_file():
            continue
        shard = make_shard(
            seed=seed,
            split="held-out" if arguments.held_out else "train",
            characters=arguments.characters,
            targets=arguments.targets,
            spread=not arguments.clips,
        )
        torch.save(shard, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)
        print(file, len(shard["reference"]), "characters", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--first", type=int, default=0, help="seed of the first shard")
    parser.add_argument("--characters", type=int, default=100)
    parser.add_argument("--targets", type=int, default=7)
    parser.add_argument("--clips", action="store_true", help="continuous dances in place of unrelated poses")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--workers", type=int, default=1, help="processes, each on one thread")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    processes = [
        multiprocessing.Process(target=make_shards, args=(arguments, worker)) for worker in range(arguments.workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if failed := sum(process.exitcode != 0 for process in processes):
        sys.exit(f"{failed} of {len(processes)} processes failed; what they say stands above.")


if __name__ == "__main__":
    main()
