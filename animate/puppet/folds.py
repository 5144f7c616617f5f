"""Folded arms: a forearm that lies along its upper arm is seen whole, and its hand. Nothing learned.

Notation: f frames, h w rows and columns of the part of the picture looked at; points are complex, x + iy, in pixels.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from animate.puppet.bones import ARMS
from animate.puppet.heads import Look
from animate.puppet.limbs import RIGID, about_last, as_long, source_of, stiff_halves
from animate.puppet.owners import ARM_LAYERS
from animate.puppet.stance import Stance, spread
from animate.puppet.turning import BEHIND

FOLDED, MORE = math.radians(45), math.radians(15)  # between an arm's bones, from where on it is, and wholly
TAPER, SOFT = 0.25, 0.06  # of a forearm's length, at which it has its whole breadth, and over which it comes in


def passes(order: Sequence[int], now: Stance, rest: Stance) -> Iterator[tuple[int, Tensor | None]]:
    """What is drawn, back to front, of layers in some order: each as it bends, and over it, or beneath it where the
    body is seen from behind, the forearms of folded arms: with how much they are so, f in 0..1."""
    for layer in order:
        over = shut(ARM_LAYERS.index(layer), now, rest) if layer in ARM_LAYERS else None
        both = [(layer, None), (layer, over)] if over is not None and bool(over.any()) else [(layer, None)]
        yield from reversed(both) if order == BEHIND else both


def shut(side: int, now: Stance, rest: Stance) -> Tensor:
    """How much an arm, of ARMS, is folded, and more than in its picture, f in 0..1."""
    upper, middle, lower = ARMS[side]
    opening, own = (
        ((stance.joints[:, lower] - middles) * (stance.joints[:, upper] - middles).conj()).angle().abs()
        for stance in (now, rest)
        for middles in (stance.joints[:, middle],)
    )
    return ((own.clamp(max=FOLDED) - opening) / MORE).clamp(0, 1)


def map_of(
    layer: int, at: Tensor, now: Stance, rest: Stance, look: Look, *, chin: float, over: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """As of limbs.source_of, f h w; and how much of it is drawn, f 1 h w, if not all. over: as of `passes`."""
    if over is None:
        return source_of(layer, at, now, rest, look, chin=chin), None
    source, share = forearm_source(layer, at, now, rest)
    return source, (share * spread(over))[:, None]


def forearm_source(layer: int, at: Tensor, now: Stance, rest: Stance) -> tuple[Tensor, Tensor]:
    """Where in the picture the pixels of an arm's layer come from if all are its forearm's and its hand's, and how much
    they are, 0..1. at: h w complex; rest: one frame. -> f h w, f h w."""
    side = ARM_LAYERS.index(layer)
    upper, middle, lower = ARMS[side]
    moved = [(now.joints[:, j] - now.joints[:, middle]) / now.scale for j in (upper, lower)]
    at_rest = [rest.joints[0, j] - rest.joints[0, middle] for j in (upper, lower)]
    offset = (at - spread(now.joints[:, middle])) / spread(now.scale)
    share = torch.ones_like(offset.real)
    turned, own = stiff_halves(offset, moved, at_rest, share > 0)
    source = rest.joints[0, middle] + as_long(turned, at_rest[1], moved[1], share)
    source = about_last(at, side, source, own.float(), now, rest)
    upper_way, way = (bone / bone.abs().clamp(min=1e-2) for bone in at_rest)
    nearer = ((source - rest.joints[0, middle]) * (way - upper_way).conj()).real > 0  # than it is to the upper arm
    length = spread(moved[1].abs().clamp(min=1))
    placed = offset * spread(moved[1].conj()) / length.square()
    start = (placed.imag.abs() / math.tan(RIGID)).clamp(max=TAPER)
    return source, ((placed.real - start) / SOFT).clamp(0, 1) * nearer
