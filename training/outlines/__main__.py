"""Renders outlines of the puppet world, file by file.

python -m training.outlines --out runs/outlines --files 40
"""

import argparse
from pathlib import Path

import torch

from training.outlines import save_rendered
from training.puppets import World
from training.puppets.recipe import SPLITS

CHARACTERS = 150  # a file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--files", type=int, default=40, help=f"of {CHARACTERS} characters each")
    parser.add_argument("--first", type=int, default=1000, help="number of the first file, and its seed")
    parser.add_argument("--split", choices=SPLITS, default="train")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    for number in range(asked.first, asked.first + asked.files):
        if not (path := asked.out / f"{number}.npz").exists():
            save_rendered(path, World(seed=number, split=asked.split), characters=CHARACTERS)


if __name__ == "__main__":
    main()
