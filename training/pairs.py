"""Training pairs: a reference, targets, and the reference's puppet moved to the targets' poses.

    python -m training.pairs --out runs/pairs --shards 4 --characters 100

A shard is a dict of uint8 tensors, b characters with r targets each, at the small size the network works at.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet import Puppet
from training.puppets import World
from training.puppets.recipe import Split

SIZE = (128, 192)  # width, height
Shard = dict[str, Tensor]


def pairs_of_one(world: World, *, targets: int, spread: bool, rng: np.random.Generator) -> Shard:
    """One character: picture and puppet of its first frame, the other frames as targets.

    Keypoints get the noise that a pose model makes, and the mask is the one the puppet finds by itself.
    """
    sample = world.clip(frames=targets + 1, size=SIZE, spread=spread)
    poses = np.asarray(sample.poses, np.float32).copy()
    shoulder = np.linalg.norm(poses[0, 2, :2] - poses[0, 5, :2]) + 1
    poses[:, :18, :2] += rng.normal(0, 0.03 * shoulder * rng.uniform(0, 1), (len(poses), 18, 2)).astype(np.float32)
    picture = sample.frames[0].permute(1, 2, 0).contiguous().numpy()
    puppet = Puppet.cut(picture, poses[0])
    moved = puppet.move(poses[1:])
    return {
        "reference": sample.frames[0],
        "target": sample.frames[1:],
        "moved": to_bytes(moved.frames),
        "background": to_bytes(puppet.background),
        "cover": to_bytes(F.avg_pool2d(moved.cover, 4)),
        "known": to_bytes(F.avg_pool2d(puppet.known.float(), 4)),
        "mask": to_bytes(F.avg_pool2d(puppet.mask.float(), 4)),
        "body": to_bytes(F.avg_pool2d(sample.masks[1:].float() / 255, 4)),
        "poses": torch.from_numpy(poses[:, :18].copy()),
    }


def to_bytes(values: Tensor) -> Tensor:
    return (values.clamp(0, 1) * 255).round().to(torch.uint8).cpu()


def make_shard(*, seed: int, split: Split, characters: int, targets: int, spread: bool) -> Shard:
    """b characters, stacked."""
    world = World(seed=seed, split=split)
    rng = np.random.default_rng(seed)
    groups = [pairs_of_one(world, targets=targets, spread=spread, rng=rng) for _ in range(characters)]
    return {name: torch.stack([group[name] for group in groups]) for name in groups[0]}


def load_shards(folder: Path, pattern: str = "*.pt", limit: int | None = None) -> Shard:
    """All shards of a folder as one."""
    files = sorted(folder.glob(pattern))[:limit]
    if not files:
        raise FileNotFoundError(f"No training pairs in {folder}; make some with python -m training.pairs.")
    shards = [torch.load(file, weights_only=True) for file in files]
    return {name: torch.cat([shard[name] for shard in shards]) for name in shards[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--first", type=int, default=0, help="seed of the first shard")
    parser.add_argument("--characters", type=int, default=100)
    parser.add_argument("--targets", type=int, default=7)
    parser.add_argument("--clips", action="store_true", help="continuous dances in place of unrelated poses")
    parser.add_argument("--held-out", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for seed in range(arguments.first, arguments.first + arguments.shards):
        shard = make_shard(
            seed=seed,
            split="held-out" if arguments.held_out else "train",
            characters=arguments.characters,
            targets=arguments.targets,
            spread=not arguments.clips,
        )
        file = arguments.out / f"{seed:05d}.pt"
        torch.save(shard, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)
        print(file, len(shard["reference"]), "characters", flush=True)


if __name__ == "__main__":
    main()
