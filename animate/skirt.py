"""Skirts: cloth that hangs round both legs, and must not be split between them. Nothing learned."""

import torch
from torch import Tensor

from animate.bones import Bones
from animate.cutout import blur

THIGHS = (6, 8)  # bones, right and left
UNLIKE = 0.13  # colours further apart than this are not one cloth


def find_skirt(colours: Tensor, alpha: Tensor, bones: Bones, places: Tensor) -> Tensor | None:
    """Where the picture is above a hem that both legs share.

    colours 3 h w, alpha 1 h w, bones of one frame, places h w 2 (x, y). Down both thighs, and half-way between them,
    a skirt has one colour, and below its hem another; trousers show a gap between the legs, or no hem at all.
    Returns h w in 0..1, or None when there is no skirt.
    """
    if not bones.seen[0, list(THIGHS)].all():
        return None
    hips = bones.start[0, list(THIGHS)]
    thighs = bones.end[0, list(THIGHS)] - hips
    shares = torch.arange(0.1, 1.6, 0.03, device=alpha.device)
    lines = [hip + shares[:, None] * thigh for hip, thigh in zip(hips, thighs, strict=True)]
    lines.append((lines[0] + lines[1]) / 2)
    smooth = blur(colours, 0.02 * float(bones.torso[0]))
    samples = [_sample(smooth, line) for line in lines]
    inside = [_sample(alpha, line)[:, 0] > 0.6 for line in lines]
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
    axis = thighs.mean(0)
    down = ((places - hips.mean(0)) @ axis) / (axis @ axis).clamp(min=1e-2)
    return ((hem + 0.04 - down) * axis.norm()).clamp(0, 1)


def _sample(image: Tensor, points: Tensor) -> Tensor:
    """image c h w at points n 2 (x, y), 0 outside -> n c."""
    height, width = image.shape[-2:]
    x, y = points.round().long().unbind(1)
    within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    values = image[:, y.clamp(0, height - 1), x.clamp(0, width - 1)]
    return (values * within).T
