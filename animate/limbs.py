"""Limbs in motion: where in the picture each pixel of a moved limb comes from. Nothing learned.

A limb bends about its joints like a sleeve: along the bones it stays rigid, around a joint the picture fans out, so
that nothing tears on the outside and nothing doubles on the inside.

Notation: f frames, h w rows and columns of the part of the picture looked at; points are (x, y) in pixels.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from animate.bones import ARMS, EARS, EYES, LEGS, NECK, NOSE, SEEN

TURN = 2 * math.pi
RIGID = math.radians(40)  # to either side of a bone nothing bends

# joint: the joint it hangs from, and the joints whose bone it goes on along when it is not seen
HANGS = {
    **{2: (NECK, None), 5: (NECK, None), 8: (NECK, None), 11: (NECK, None), NOSE: (NECK, None)},
    **{joint: (NOSE, None) for joint in (*EYES, *EARS)},
    **{middle: (root, None) for root, middle, _ in (*ARMS, *LEGS)},
    **{last: (middle, (root, middle)) for root, middle, last in (*ARMS, *LEGS)},
}


def rotate(vector: Tensor, angle: Tensor) -> Tensor:
    """vector ... 2, angle ... -> ... 2."""
    cosine, sine = angle.cos(), angle.sin()
    x, y = vector.unbind(-1)
    return torch.stack([cosine * x - sine * y, sine * x + cosine * y], -1)


def angle_of(vector: Tensor) -> Tensor:
    return torch.atan2(vector[..., 1], vector[..., 0])


def whole_body(joints: Tensor, like: Tensor | None = None) -> Tensor:
    """joints f 134 3 -> f 18 2: every body joint at a place. Unseen ones hang from seen ones as in `like` (18 2), and
    without that as in an upright body."""
    places, seen = joints[:, :18, :2].clone(), joints[:, :18, 2] > SEEN
    rest = like if like is not None else _upright(places, seen)
    others = seen[:, :, None].float()
    shift = ((places - rest) * others).sum(1) / others.sum(1).clamp(min=1)
    places[:, NECK] = torch.where(seen[:, NECK, None], places[:, NECK], rest[NECK] + shift)
    for joint, (parent, bone) in HANGS.items():
        offset = (rest[joint] - rest[parent]).expand(len(places), 2)
        if bone is not None:
            now, then = (p[..., bone[1], :] - p[..., bone[0], :] for p in (places, rest))
            offset = rotate(offset, angle_of(now) - angle_of(then))
        places[:, joint] = torch.where(seen[:, joint, None], places[:, joint], places[:, parent] + offset)
    return places


def _upright(places: Tensor, seen: Tensor) -> Tensor:
    """18 2: an upright body of the size of the first frame's."""
    across = (places[0, 2] - places[0, 5]).norm()
    spine = (places[0, NECK] - places[0, [8, 11]].mean(0)).norm()
    shoulders, hips = bool(seen[0, [2, 5]].all()), bool(seen[0, [8, 11]].all())
    torso = float(torch.maximum(spine if hips else spine * 0, 1.35 * across if shoulders else across * 0))
    torso = torso if torso > 4 else 50.0
    side = 1.0 if not shoulders or places[0, 5, 0] >= places[0, 2, 0] else -1.0
    shape = {
        NECK: (0, 0),
        NOSE: (0, -0.4),
        14: (-0.06, -0.46),
        15: (0.06, -0.46),
        16: (-0.13, -0.42),
        17: (0.13, -0.42),
    }
    for sign, arm, leg in ((-1, ARMS[0], LEGS[0]), (1, ARMS[1], LEGS[1])):
        shape |= {arm[0]: (sign * 0.37, 0), arm[1]: (sign * 0.42, 0.55), arm[2]: (sign * 0.45, 1.0)}
        shape |= {leg[0]: (sign * 0.22, 1), leg[1]: (sign * 0.22, 1.85), leg[2]: (sign * 0.22, 2.65)}
    offsets = places.new_tensor([shape[joint] for joint in range(18)]) * torso
    offsets[:, 0] *= side
    middle = places[0, NECK] if seen[0, NECK] else places[0][seen[0]].mean(0) if seen[0].any() else places[0, NECK]
    return middle + offsets


def bend(
    offset: Tensor, moved: Sequence[Tensor], rest: Sequence[Tensor], lengths: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """From offsets about a moved joint to offsets about the joint at rest.

    offset: f h w 2, already at the picture's scale. moved, rest: (towards the parent, towards the child) as vectors,
    f 2 and 2, at that scale too. lengths: (parent, child): how long the bone is at rest over how long it is moved, f.
    Around the joint the angle is stretched where the joint opens and squeezed where it closes.
    Returns f h w 2, and f h w: 0 with the parent, 1 with the child.
    """
    angle_parent, angle_child = angle_of(moved[0]), angle_of(moved[1])
    rest_parent, rest_child = angle_of(rest[0]), angle_of(rest[1])
    open_moved = (angle_child - angle_parent).remainder(TURN)[:, None, None]
    open_rest = (rest_child - rest_parent).remainder(TURN)
    around = (angle_of(offset) - angle_parent[:, None, None]).remainder(TURN)
    first = around < open_moved  # on the side from the parent round to the child
    span = torch.where(first, open_moved, TURN - open_moved)
    travelled = torch.where(first, around, TURN - around)
    stiff = (0.35 * span).clamp(max=RIGID)
    share = ((travelled - stiff) / (span - 2 * stiff).clamp(min=1e-3)).clamp(
        0, 1
    )  # 0 with the parent, 1 with the child
    turned = rotate(offset, (rest_parent - angle_parent)[:, None, None] + (open_rest - open_moved) * share)
    for toward, moved_bone, ratio, weight in zip(rest, moved, lengths, (1 - share, share), strict=True):
        unit = toward / toward.norm(dim=-1, keepdim=True).clamp(min=1e-3)
        along = (turned * unit).sum(-1)
        on_bone = along.clamp(min=0).minimum(moved_bone.norm(dim=-1)[:, None, None])
        turned = turned + (on_bone * (ratio[:, None, None] - 1) * weight)[..., None] * unit
    return turned, share
