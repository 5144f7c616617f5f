"""Flanks: the sides of a body, by which is known what cloth goes round it. Nothing learned.

Notation: h w rows and columns of the picture.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from animate.puppet.bones import NECK
from animate.puppet.cutout import blur
from animate.puppet.likeness import ALIKE, same_cloth
from animate.puppet.masks import from_sides, grow, share_across

RIM = 0.03  # of the torso's length: what is nearer to its outline may be mixed, or drawn
FLANK = 0.18  # share of a body's half width, from its side inwards, by which its cloth is known
LOW = 0.1  # of the torso's length below shoulders and neck: higher up cloth is that of there, and not collar or skin
BREADTH = 0.6  # of its usual one: narrower rows are of a neck
FOLD, STRIPE = 0.04, 0.006  # of the torso's length, up and down: rows taken together, and those of narrow stripes
PATCH = 0.25  # of it: as far above and below a flank is compared where right and left differ
CLOTH = 0.83  # share of the flanks that has to look like their cloth; drawings in lines have none
FEW = 8  # pixels, of which nothing can be told


@dataclass(frozen=True)
class Flanks:
    """whole: h w bool, the body; inside: h w bool, it without its rim; sides: h w bool, its flanks; cloth: 3 h w, what
    they have in each row, gone on with from one to the other; away: 3 h w, how far from it the body's own colours are;
    alike: h w bool, where they are cloth; top: the row from which on that is told, above it cloth is as there."""

    whole: Tensor
    inside: Tensor
    sides: Tensor
    cloth: Tensor
    away: Tensor
    alike: Tensor
    top: float

    @classmethod
    def of(cls, colours: Tensor, whole: Tensor, hidden: Tensor, rest: Tensor, torso: float) -> "Flanks":
        """colours: 3 h w; whole, hidden: h w bool, the body, not empty, and what of its cloth is not known; rest: 18 2;
        torso: its length in pixels."""
        inset, breadth = from_sides(whole)
        half = (breadth / 2).clamp(min=1)
        top = max(float(rest[[2, 5], 1].max()), float(rest[NECK, 1])) + LOW * torso
        low = torch.arange(whole.shape[0])[:, None] >= top
        sure = whole & ~hidden & low & (breadth > BREADTH * breadth[whole.any(1)].float().median())
        sure &= (inset >= RIM * torso) & (inset < (FLANK * half).clamp(min=RIM * torso + 2))
        across = share_across(whole)
        cloth = _between(colours, sure, across < 0.5, across.clamp(0, 1), torso)
        if cloth is None:
            cloth = colours[:, whole].median(1).values[:, None, None].expand_as(colours)
        inside = grow(whole.float()[None], -max(1, round(RIM * torso)))[0] > 0
        sides = whole & (inset / half < FLANK)
        return cls(whole, inside, sides, cloth, colours - cloth, same_cloth(colours, cloth), top)

    def fine(self, share: Tensor, sigma: float) -> Tensor:
        """3 h w: away, less what is larger than sigma pixels; 0 outside a share, 1 h w."""
        away = self.away * share
        return (away - blur(away, sigma) / blur(share, sigma).clamp(min=1e-2)) * share


def _between(colours: Tensor, sure: Tensor, left: Tensor, share: Tensor, torso: float) -> Tensor | None:
    """3 h w: the cloth from one flank to the other, by how far over it is, h w; none where they have no colour of their
    own. sure, left: h w bool, the flanks and the left half."""
    if not (sure & left).any() or not (sure & ~left).any():
        return None
    sides = [_Side.of(colours, sure & each, torso) for each in (left, ~left)]
    seen = torch.where(left, _across(sides[0].rows), _across(sides[1].rows))
    if float(same_cloth(colours, seen)[sure].float().mean()) < CLOTH:
        return None
    first, last = _agreed(*sides)
    return torch.lerp(_across(first), _across(last), share[None])


def _across(rows: Tensor) -> Tensor:
    """h 3 -> 3 h 1."""
    return rows.T[:, :, None]


@dataclass(frozen=True)
class _Side:
    """What one flank has in each row, h 3: rows, some taken together; narrow, each by itself; usual, far about it."""

    rows: Tensor
    narrow: Tensor
    usual: Tensor

    @classmethod
    def of(cls, colours: Tensor, chosen: Tensor, torso: float) -> "_Side":
        """colours: 3 h w; chosen: h w bool, not empty."""
        rows, narrow = (_row_medians(colours, chosen, max(1, round(each * torso))) for each in (FOLD, STRIPE))
        known = chosen.any(1)
        reach = max(1, round(PATCH * torso))
        usual = rows.clone()
        for row in torch.nonzero(known)[:, 0].tolist():
            about = slice(max(0, row - reach), row + reach + 1)
            usual[row] = rows[about][known[about]].median(0).values
        places = torch.nonzero(known)[:, 0]
        nearest = places[(torch.arange(len(known))[:, None] - places).abs().argmin(1)]
        settled = ((torch.arange(len(known)) - places[0]) / (LOW * torso)).clamp(0, 1)[:, None]
        return cls(*(torch.lerp(usual[nearest], each[nearest], settled) for each in (rows, narrow, usual)))


def _agreed(left: _Side, right: _Side) -> tuple[Tensor, Tensor]:
    """h 3 of each side: stripes where both have them, else cloth; where one side is unlike the other and unlike itself
    above and below, as where a bow reaches it, what is usual there."""
    unlike = (left.rows - right.rows).abs().amax(1) > ALIKE
    off = [(side.rows - side.usual).abs().amax(1) for side in (left, right)]
    stripe = same_cloth(left.narrow.T, right.narrow.T)
    found = []
    for side, own, other in ((left, off[0], off[1]), (right, off[1], off[0])):
        odd = unlike & (own > other.clamp(min=ALIKE))
        found.append(torch.where(stripe[:, None], side.narrow, torch.where(odd[:, None], side.usual, side.rows)))
    return found[0], found[1]


def _row_medians(colours: Tensor, chosen: Tensor, reach: int) -> Tensor:
    """h 3: the median of the chosen pixels of each row and so many about it; 0 for rows without any."""
    medians = torch.zeros(chosen.shape[0], 3)
    for row in torch.nonzero(chosen.any(1))[:, 0].tolist():
        about = slice(max(0, row - reach), row + reach + 1)
        medians[row] = colours[:, about][:, chosen[about]].median(1).values
    return medians
