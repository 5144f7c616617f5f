"""Faces: where a head has its face, and where hair may cover it from behind. Nothing learned.

Notation: h w rows and columns of the picture.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from animate.puppet.bones import CHIN, EARS, EYES, FACE_JOINTS, NECK, NOSE, SEEN, cell_centres
from animate.puppet.heads import OF_ALL, OFF_OTHERS
from animate.puppet.likeness import ALIKE, apart, usual_samples
from animate.puppet.masks import close, from_sides, grow

CROWN = 0.15  # share of a head's height that its crown is
JAW = 0.57  # of the way from ear to ear: a head that reaches so far aside at the chin has hair there
TALL = 1.45  # of its breadth: heads less tall are of dolls and robots, whose hair or hood goes all round
NAPE, SHORT = 0.03, 0.15  # how far above the chin hair ends, as a share of a head's height: hanging hair, and short
WIDE = 0.62  # of the way from ear to ear, to either side: what hanging hair covers
EAR, ABOVE_EAR = 0.1, 0.15  # of that way: how far an ear shows beside short hair, and reaches above its joint
NECK_WIDE = 0.45  # of the way from ear to ear, to either side: where a neck may be
SKULL_WIDE, NAPE_WIDE = 0.7, 0.4  # of that way: a head with short hair at the ears, and where its hair ends
BESIDE = 0.35  # of the way from ear to ear, to either side of the face: from there on hair is beside it,
HIGH = 0.15  # and up to so far above the ears: what is higher may be a brim
THIN = 0.4  # of the breadth of a head: a thinner neck is none that the head goes on into
FEW = 8  # pixels, of which nothing can be told


@dataclass(frozen=True)
class Face:
    """Where a head's face is. height: h w, pixels above the middle of the face; aside: h w, to the side of it and of
    the head's axis, which is there where a face looks ahead; features: h w bool, eyes, nose and mouth; bottom, top: of
    the head, from the chin to the crown, in pixels of height; ears: their height; broad: its breadth; whole: h w bool,
    the head; inset: h w, how far inside its outline a pixel is in its row; bare: h w bool, a thin neck by itself."""

    height: Tensor
    aside: Tensor
    features: Tensor
    inset: Tensor
    ears: float
    bottom: float
    top: float
    broad: float
    whole: Tensor
    bare: Tensor

    @classmethod
    def of(cls, whole: Tensor, pose: Tensor, rest: Tensor) -> "Face":
        """whole: h w bool, the head; pose 134 3; rest 18 2."""
        middle = rest[FACE_JOINTS].mean(0)
        up = middle - rest[NECK]
        chin = pose[CHIN, :2] if pose[CHIN, 2] > SEEN else rest[NECK] + 0.45 * up
        long = float(up.norm())
        up = up / up.norm().clamp(min=1e-2)
        rows, columns = whole.shape
        x, y = (cell_centres((rows, columns), (columns, rows)) - middle).unbind(-1)
        height, beside = x * up[0] + y * up[1], x * up[1] - y * up[0]
        bottom = min(-2.0, float((chin - middle) @ up))
        end = None if pose[CHIN, 2] > SEEN else _thin_neck(whole, height, long)
        bottom = bottom if end is None else min(-2.0, end)
        bare = whole & (height <= bottom) & (end is not None)
        broad = max(float((rest[EARS[0]] - rest[EARS[1]]).norm()), -bottom)
        features = whole & (torch.hypot(beside / (0.5 * broad), height / (-0.95 * bottom)) < 1)
        off = rest[NOSE] - rest[[*EYES, *EARS]].mean(0)
        axis = -OF_ALL / OFF_OTHERS * float(off[0] * up[1] - off[1] * up[0])
        aside = (beside - beside.clamp(min(axis, 0), max(axis, 0))).abs()
        inner = whole & (aside < 0.3 * broad) & (height > bottom)
        counts = torch.bincount((height[inner] - bottom).long())
        filled = torch.nonzero(counts > 0.35 * broad)  # an antenna is no head
        top = bottom + float(filled.amax() if len(filled) else 0)
        ears = float(((rest[list(EARS)] - middle) @ up).mean())
        return cls(height, aside, features, from_sides(whole)[0], ears, bottom, top, broad, whole, bare)

    @property
    def tall(self) -> float:
        return self.top - self.bottom

    @property
    def rim(self) -> int:
        """Pixels at its outline that may be mixed or drawn."""
        return max(1, round(0.03 * self.tall))

    @cached_property
    def inside(self) -> Tensor:
        """h w bool: the head without its outline."""
        return grow(self.whole.float()[None], -self.rim)[0] > 0

    @property
    def crown(self) -> Tensor:
        """h w bool: where hair is surely seen, or what the head has instead."""
        high = (self.height > self.top - CROWN * self.tall) & (self.height < self.top)
        return self.inside & (self.aside < 0.3 * self.broad) & high

    @cached_property
    def hangs(self) -> bool:
        """Whether hair or a hood hangs beside the chin: else the head is no broader there than from ear to ear."""
        beside = self.whole & (self.height < 0.4 * self.bottom) & (self.height > 0.7 * self.bottom)
        broad = bool(beside.any()) and float(self.aside[beside].quantile(0.97)) > JAW * self.broad
        return broad or self.tall < TALL * self.broad

    @property
    def about(self) -> Tensor:
        """h w bool: as much of the head as hair may cover; short hair leaves the ears free."""
        if self.hangs:
            wide = self.aside < WIDE * self.broad
        else:
            wide = (self.inset > EAR * self.broad) | (self.height > self.ears + ABOVE_EAR * self.broad)
        return self.whole & wide & (self.height > self.bottom) & (self.height < self.top)

    @property
    def sides(self) -> Tensor:
        """h w bool: hair that hangs beside the face."""
        beside = self.inside & (self.aside > WIDE * self.broad) & (self.height > self.bottom) & (self.height < self.top)
        return beside if self.hangs else torch.zeros_like(beside)

    @property
    def beside(self) -> Tensor:
        """h w bool: what is beside the face, where hair comes out from beneath a hat."""
        low = (self.height > self.bottom) & (self.height < self.ears + HIGH * self.broad)
        return self.inside & ~self.features & low & (self.aside > BESIDE * self.broad)

    @property
    def nape(self) -> Tensor:
        """h w: the height at which hair ends, lowest in the middle."""
        lowest = NAPE if self.hangs else SHORT
        return self.bottom + self.tall * (lowest + 0.25 * (self.aside / (WIDE * self.broad)) ** 4)

    def neck(self, shown: Tensor, share: float) -> Tensor:
        """h w bool: of what is shown, h w bool, the neck from so far below the chin on, as a share of the head."""
        low = shown & (self.height < self.bottom - share * self.tall) & ~self.bare
        return low & (self.aside < NECK_WIDE * self.broad)

    def worn(self, colours: Tensor) -> Tensor:
        """h w bool: what is below the chin and neither skin nor hair, as a collar and a tie. colours: 3 h w, of the
        head."""
        lower, below = self.features & (self.height < 0), self.whole & (self.height < self.bottom) & ~self.bare
        own = (lower, self.crown) if self.hangs else (lower,)
        if min(int(each.sum()) for each in own) < FEW:
            return torch.zeros_like(self.whole)
        unlike = apart(colours, torch.cat([usual_samples(colours, each) for each in own]), below) > 1.5 * ALIKE
        return below & (close((unlike & below).float()[None], self.rim)[0] > 0.5)

    @property
    def jaw(self) -> Tensor:
        """h w: what of a head with short hair the neck hides from behind, as it is broader below the ears."""
        if self.hangs:
            return torch.zeros_like(self.aside)
        down = ((self.ears - self.height) / max(1.0, self.ears - self.bottom - SHORT * self.tall)).clamp(0, 1)
        wide = SKULL_WIDE + (NAPE_WIDE - SKULL_WIDE) * down
        beyond = ((self.aside / self.broad - wide) / 0.04).clamp(0, 1)
        return beyond * (down > 0) * (self.height > self.bottom - 0.1 * self.tall)


def _thin_neck(whole: Tensor, height: Tensor, long: float) -> float | None:
    """The height at which a head, h w bool, ends above a neck that is much thinner, as those of robots are; None where
    it goes on into the neck. height: h w, pixels above the middle of the face; long: from there to the neck's joint."""
    low = whole & (height <= 0) & (height > -long)
    if not low.any():
        return None
    broad = torch.bincount((-height[low]).long())
    thin = broad < THIN * float(broad[: max(1, len(broad) // 4)].float().median())
    return -float(thin.int().argmax()) if thin.any() else None
