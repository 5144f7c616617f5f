"""What stays when a character goes: the background behind it, filled, and the shadows that go along. Nothing learned.

Notation: f frames, h w rows and columns.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from animate.puppet.backdrop import clinging, fill_background
from animate.puppet.bones import Bones, mark_ends
from animate.puppet.casts import Cast, find_casts, light_of, without_casts
from animate.puppet.masks import close, grow
from animate.puppet.shadow import Shadow, find_shadow, without_shadow

SHRED = 0.04  # of the picture's longer side, by which what was left of the character reaches out of its hole


@dataclass(frozen=True)
class Scenery:
    """background: 3 h w, without the character and its shadows; known: 1 h w, 1 where it is really seen; shadow: on the
    ground, casts: on ground and wall, where some were found."""

    background: Tensor
    known: Tensor
    shadow: Shadow | None = None
    casts: tuple[Cast, ...] = ()

    @classmethod
    def of(cls, image: Tensor, alpha: Tensor, joints: Tensor, bones: Bones, *, whole: bool, rim: int) -> "Scenery":
        """image: 3 h w; alpha: 1 h w, the character; joints: 1 134 3, bodies' all at a place; whole: whether it shows
        where it stands; rim: pixels about it that are not believed."""
        rest, torso = joints[0, :18, :2], float(bones.torso[0])
        hole = torch.maximum(grow((alpha > 0.02).float(), rim + 2), _about_ends(joints, bones, alpha.shape[-2:]))
        hole = hole.maximum(close(hole, 0.1 * torso))  # slivers hold shadows more than scenery
        hole = hole.maximum(clinging(image, hole, reach=SHRED * max(alpha.shape)))
        shadow = find_shadow(image, hole, alpha, rest) if whole else None
        clear = without_shadow(image, shadow, rest)
        casts = find_casts(clear, hole, alpha, rest)
        filled = fill_background(without_casts(clear, casts, hole, alpha, rest), hole)
        return cls(filled, 1 - hole, shadow, casts)

    def under(self, joints: Tensor) -> Tensor:
        """f 3 h w: the background with the shadow on the ground of who stands so, joints f 18 complex."""
        frames = self.background.expand(len(joints), -1, -1, -1).clone()
        if self.shadow is not None:
            self.shadow.fall(frames, joints)
        return frames

    def shade(self, frames: Tensor, ground: Tensor, cover: Tensor, joints: Tensor) -> None:
        """Lays on frames, f 3 h w, the shadow that a body casts, which covers them, f 1 h w, on ground, f 3 h w."""
        if self.casts:
            frames += light_of(self.casts, cover, joints).sub_(1).mul_(ground).mul_(1 - cover)


def _about_ends(joints: Tensor, bones: Bones, size: tuple[int, ...]) -> Tensor:
    """1 h w: the neighbourhood of hands and feet, where a mask is easily wrong and a background is not believed. size:
    h, w."""
    distance = np.full((14, *size), 99.0, np.float32)
    mark_ends(distance, joints[0], bones, size=(size[1], size[0]))
    return torch.from_numpy(distance.min(0) < 1.25).float()[None]
