"""Skirts: cloth that hangs round both legs, and must not be split between them. Nothing learned."""

import torch
from torch import Tensor

from animate.puppet.bones import Bones
from animate.puppet.cutout import blur

THIGHS, SHINS = (6, 8), (7, 9)  # bones, right and left
UNLIKE = 0.13  # colours further apart than this are not one cloth
SHORTEST, LOWEST = 0.35, 1.8  # shares of the legs: what ends above is a jacket, what ends below a cuff
CROTCH = 0.5  # share of the thighs above which bodies part: what is broad above it alone is a belly
REACH, STEPS = 1.3, 65  # of the torso to either side, and samples of that, in which a row is looked at
APART = 0.08  # share of the way between the legs that is a gap
TORN, MOST = (0.2, 0.6), 0.7  # of the legs, below where cloth ends; if most there is the same, it is torn
SLANT = 0.045  # share of the thighs by which a hem may open before it ends
FALL, LEAST = 1.4, 0.15  # how much broader the body is above a hem than below it; and that, of the torso, at least
OBLIQUE = 0.2  # of the legs, over which a hem may be spread
SHORT = 0.35  # of the torso: thighs that are shorter point at the viewer
BROAD = 0.6  # of the torso, by which a gown is broader than its legs stand apart


def find_skirt(colours: Tensor, alpha: Tensor, arms: Tensor, bones: Bones, places: Tensor) -> Tensor | None:
    """Where the picture is above a hem that both legs share.

    colours 3 h w, alpha 1 h w, arms h w bool: near them, bones of one frame, places h w 2 (x, y). Down both legs, and
    half-way between them, a skirt has one colour, and below its hem another; or it is whole and broad, and below its
    hem there are two legs; or it is so to the ground. Trousers show a gap between the legs, or no hem at all.
    Returns h w in 0..1, or None when there is no skirt.
    """
    if not bones.seen[0, list(THIGHS)].all():
        return None
    torso = float(bones.torso[0])
    hips, axis = bones.start[0, list(THIGHS)].mean(0), (bones.end - bones.start)[0, list(THIGHS)].mean(0)
    shares = torch.arange(0.1, 2.2, 0.03)
    lines = [_down(bones, thigh, shin, shares) for thigh, shin in zip(THIGHS, SHINS, strict=True)]
    lines.append((lines[0] + lines[1]) / 2)
    hem = _hem_of_colour(colours, alpha, lines, shares, blurred=0.02 * torso)
    if hem is None:
        hem = _hem_of_shape(alpha * ~arms, alpha, lines, shares, axis=axis, torso=torso)
    if hem is None:
        return None
    down = ((places - hips) @ axis) / (axis @ axis).clamp(min=1e-2)
    end = lines[2][int((shares - hem).abs().argmin())]
    end = ((end - hips) @ axis) / (axis @ axis).clamp(min=1e-2)
    return ((end + 0.04 - down) * axis.norm()).clamp(0, 1)


def _down(bones: Bones, thigh: int, shin: int, shares: Tensor) -> Tensor:
    """n 2 (x, y): down a leg, at shares of its thigh, and from 1 on of its shin, or of a thigh that goes on."""
    hip, knee = bones.start[0, thigh], bones.end[0, thigh]
    lower = bones.end[0, shin] - knee if bones.seen[0, shin] else knee - hip
    shares = shares[:, None]
    return hip + shares.clamp(max=1) * (knee - hip) + (shares - 1).clamp(min=0) * lower


def _hem_of_colour(
    colours: Tensor, alpha: Tensor, lines: list[Tensor], shares: Tensor, *, blurred: float
) -> float | None:
    """The share of the legs at which one colour ends on both of them, and does not soon go on below. lines: n 2 (x, y)
    down each leg and between them, at shares n."""
    inside = [_sample(alpha, line)[:, 0] > 0.6 for line in lines]
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
    if abs(right - left) > 0.2 or not SHORTEST <= hem <= LOWEST or between < hem - 0.15:
        return None
    if (inside[0] & ~same[0]).sum() < 3 or (inside[1] & ~same[1]).sum() < 3:  # the cloth must end on a leg
        return None
    below = (shares > hem + TORN[0]) & (shares < hem + TORN[1])
    right, left = (float((same[leg] & inside[leg])[below].float().mean()) for leg in (0, 1))
    return None if min(right, left) > MOST else hem


def _hem_of_shape(
    cloth: Tensor, alpha: Tensor, lines: list[Tensor], shares: Tensor, *, axis: Tensor, torso: float
) -> float | None:
    """The first share at which cloth of any pattern ends: above it the body is whole between the legs, and much broader
    than below it; of a gown, the last. cloth, alpha: 1 h w, without arms and with them; lines, shares: as of
    `_hem_of_colour`; axis: 2 (x, y), along which rows follow each other; torso: pixels."""
    right, left, middle = lines
    if float(axis.norm()) < SHORT * torso:
        return None
    across = torch.stack([-axis[1], axis[0]]) / axis.norm().clamp(min=1e-2)
    row = torch.linspace(-REACH, REACH, 2 * STEPS + 1)[:, None] * torso * across
    broad = (_sample(cloth, (middle[:, None] + row).flatten(0, 1)) > 0.5).view(len(shares), -1).float().mean(1)
    broad = broad * 2 * REACH
    way = right[:, None] + torch.linspace(0, 1, 21)[:, None] * (left - right)[:, None]
    gap = (_sample(alpha, way.flatten(0, 1)) < 0.5).view(len(shares), -1).float().mean(1) > APART
    opens = float(shares[gap & (shares > 0.15)].min()) if (gap & (shares > 0.15)).any() else 9.0
    above, below = broad[:-4], broad[4:]
    at = shares[2:-2]
    fits = (at >= CROTCH) & (at <= min(opens + SLANT, LOWEST)) & (below > LEAST)  # below may be the picture's edge
    fall = above / below.clamp(min=LEAST) * fits
    falls = fall >= FALL
    if falls.any():  # far below the first, shins fall into ankles
        return float(at[(fall * (at <= at[falls][0] + OBLIQUE)).argmax()])
    apart = (right - left).norm(dim=1) / torso
    if opens > LOWEST and ((broad - apart)[(shares > 0.9) & (shares < 1.6)] > BROAD).all():
        return float(shares[-1])
    return None


def _sample(image: Tensor, points: Tensor) -> Tensor:
    """image c h w at points n 2 (x, y), 0 outside -> n c."""
    height, width = image.shape[-2:]
    x, y = points.round().long().unbind(1)
    within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    values = image[:, y.clamp(0, height - 1), x.clamp(0, width - 1)]
    return (values * within).T
