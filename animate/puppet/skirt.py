"""Skirts: cloth that hangs round both legs, and must not be split between them. Nothing learned."""

import torch
from torch import Tensor

from animate.puppet.bones import Bones
from animate.puppet.cutout import blur

THIGHS = (6, 8)  # bones, right and left
UNLIKE = 0.13  # colours further apart than this are not one cloth
CROTCH = 0.5  # share of the thighs above which trousers part
FLARE = 1.3  # how much further than its leg a skirt reaches to the side


def find_skirt(colours: Tensor, alpha: Tensor, bones: Bones, places: Tensor) -> Tensor | None:
    """Where the picture is above a hem that both legs share.

    colours 3 h w, alpha 1 h w, bones of one frame, places h w 2 (x, y). Down both thighs, and half-way between them,
    a skirt has one colour, and below its hem another, or it is whole and wide, and below its hem there are two legs;
    trousers show a gap between the legs, or no hem at all.
    Returns h w in 0..1, or None when there is no skirt.
    """
    if not bones.seen[0, list(THIGHS)].all():
        return None
    hips = bones.start[0, list(THIGHS)]
    thighs = bones.end[0, list(THIGHS)] - hips
    shares = torch.arange(0.1, 1.6, 0.03)
    lines = [hip + shares[:, None] * thigh for hip, thigh in zip(hips, thighs, strict=True)]
    lines.append((lines[0] + lines[1]) / 2)
    inside = [_sample(alpha, line)[:, 0] > 0.6 for line in lines]
    hem = _hem_of_colour(colours, lines, inside, shares, blurred=0.02 * float(bones.torso[0]))
    if hem is None:
        hem = _hem_of_shape(alpha, lines, inside, shares, step=0.04 * float(bones.torso[0]))
    if hem is None:
        return None
    axis = thighs.mean(0)
    down = ((places - hips.mean(0)) @ axis) / (axis @ axis).clamp(min=1e-2)
    return ((hem + 0.04 - down) * axis.norm()).clamp(0, 1)


def _hem_of_colour(
    colours: Tensor, lines: list[Tensor], inside: list[Tensor], shares: Tensor, *, blurred: float
) -> float | None:
    """The share of the thighs at which one colour ends on both of them. lines: n 2 (x, y) down each thigh and between
    them, at shares n; inside: n, whether that is the body."""
    smooth = blur(colours, blurred)
    samples = [_sample(smooth, line) for line in lines]
    top = (shares > 0.15) & (shares < 0.4)
    cloth = torch.cat([sample[top] for sample in samples]).median(0).values
    same = [(s - cloth).abs().amax(1) < UNLIKE for s in samples]
    hems = []
    for alike, within in zip(same, inside, strict=True):
        other = ~(alike & within) & (shares > 0.2)
        ends = other[:-2] & other[1:-1] & other[2:]
        hems.append(float(shares[:-2][ends][0]) if ends.any() else None)
    right, left, between = hems
    if right is None or left is None or between is None or not inside[0][shares < right + 0.1].all():
        return None
    hem = (right + left) / 2
    if abs(right - left) > 0.2 or hem < 0.35 or between < hem - 0.15:
        return None
    if (inside[0] & ~same[0]).sum() < 3 or (inside[1] & ~same[1]).sum() < 3:  # the cloth must end on a leg
        return None
    return hem


def _hem_of_shape(
    alpha: Tensor, lines: list[Tensor], inside: list[Tensor], shares: Tensor, *, step: float
) -> float | None:
    """The share at which cloth of any pattern ends: above it the body is whole between the legs and wide to their
    sides, below it there is a gap, and legs that are narrower."""
    gap = ~inside[2] & (shares > CROTCH)
    gap = gap[:-2] & gap[1:-1] & gap[2:]
    if not gap.any():
        return None
    hem = float(shares[:-2][gap][0])
    above, below = (int((shares - share).abs().argmin()) for share in (hem - 0.08, hem + 0.12))
    if hem > 1.3 or not inside[2][(shares > 0.15) & (shares < hem)].all():
        return None
    for leg, other in ((lines[0], lines[1]), (lines[1], lines[0])):
        outwards = leg - other
        outwards = outwards / outwards.norm(dim=1, keepdim=True).clamp(min=1e-2) * step
        widths = []
        for place in (above, below):
            ray = leg[place] + outwards[place] * torch.arange(1, 24)[:, None]
            within = _sample(alpha, ray)[:, 0] > 0.5
            widths.append(int(within.cumprod(0).sum()))
        if widths[0] < widths[1] + 2 or widths[0] < FLARE * widths[1]:
            return None
    return hem


def _sample(image: Tensor, points: Tensor) -> Tensor:
    """image c h w at points n 2 (x, y), 0 outside -> n c."""
    height, width = image.shape[-2:]
    x, y = points.round().long().unbind(1)
    within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    values = image[:, y.clamp(0, height - 1), x.clamp(0, width - 1)]
    return (values * within).T
