"""Nearness: how far each pixel is from the limbs of a skeleton, in their breadths. Nothing learned.

Notation: b bones, h w rows and columns.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from animate.puppet.bones import (
    FACE,
    HEAD,
    TORSO,
    Bones,
    below_hips,
    cell_centres,
    find_bones,
    hull_distance,
    limb_coordinates,
    mark_ends,
)

FEET = [12, 13]  # bones


@dataclass(frozen=True)
class Nearness:
    """each: of each bone, b h w; below: of what goes on below the hips, h w, as of below_hips; marked: bones that are
    measured from the points of hands and feet, as of mark_ends; bones: of one frame."""

    each: np.ndarray
    below: np.ndarray
    marked: list[int]
    bones: Bones

    @classmethod
    def of(cls, joints: Tensor, grid: tuple[int, int]) -> "Nearness":
        """joints: 1 134 3, pixels of the grid; grid: h and w."""
        height, width = grid
        bones = find_bones(joints)
        along, across, distance = limb_coordinates(bones, cell_centres(grid, (width, height)))
        each = distance[0].numpy()
        marked = mark_ends(each, joints[0], bones, size=(width, height))
        # the skull is an ellipse about the line between the ears
        skull = bones.radius[0, HEAD]
        upwards = (along[0, HEAD] - 0.46) * (bones.end[0, HEAD] - bones.start[0, HEAD]).norm() / (1.35 * skull)
        each[HEAD] = torch.hypot(across[0, HEAD] / skull, upwards).numpy() if bones.seen[0, HEAD] else 99
        face = hull_distance(joints[0, list(FACE)], grid=grid, size=(width, height))
        if face is not None:
            each[HEAD] = np.minimum(each[HEAD], 0.4 + face / float(skull))
        each[TORSO] *= 1.15
        return cls(each, below_hips(bones, along[0], across[0]).numpy(), marked, bones)

    @cached_property
    def near(self) -> np.ndarray:
        """h w: to the nearest bone."""
        return self.each.min(0)

    def to(self, *bones: int) -> np.ndarray:
        """h w: to the nearest of some bones."""
        return self.each[list(bones)].min(0)

    def is_of(self, *bones: int) -> np.ndarray:
        """h w bool: where one of these is the nearest of all."""
        return np.isin(self.each.argmin(0), bones)
