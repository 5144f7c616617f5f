"""Joints that are not seen hang from seen ones. Nothing learned.

Notation: f frames; points are (x, y) in pixels, or complex, x + iy.
"""

import torch
from torch import Tensor

from animate.puppet.bones import ARMS, EARS, EYES, LEGS, NECK, NOSE, SEEN

# joint: the joint it hangs from, and the joints whose bone it goes on along when it is not seen
HANGS = {
    **{2: (NECK, None), 5: (NECK, None), 8: (NECK, None), 11: (NECK, None), NOSE: (NECK, None)},
    **{joint: (NOSE, None) for joint in (*EYES, *EARS)},
    **{middle: (root, (NECK, hip)) for (root, middle, _), (hip, _, _) in zip(ARMS, LEGS, strict=True)},
    **{middle: (root, None) for root, middle, _ in LEGS},
    **{last: (middle, (root, middle)) for root, middle, last in (*ARMS, *LEGS)},
}


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
            now, then = (torch.view_as_complex(p[..., bone[1], :] - p[..., bone[0], :]) for p in (places, rest))
            offset = torch.view_as_real(torch.view_as_complex(offset.contiguous()) * turn_to(now, then))
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


def turn_to(to: Tensor, start: Tensor) -> Tensor:
    """The rotation, a complex number of length 1, that turns the direction `start` into the direction `to`; none, where
    one of them has no length."""
    turn = to * start.conj()
    return torch.where(turn.abs() > 1e-6, turn / turn.abs().clamp(min=1e-6), torch.ones_like(turn))
