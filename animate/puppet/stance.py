"""How bodies stand: every joint at a place, and what else of a pose moves the puppet. Nothing learned.

Notation: f frames; points are complex, x + iy, in pixels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from animate.puppet.bones import ANKLES, EYES, HEAD, NECK, NOSE, SEEN, TORSO, find_bones
from animate.puppet.ends import ends
from animate.puppet.hanging import whole_body

# whose lengths tell how large a body is
PAIRS = ((NECK, 8), (NECK, 11), (2, 5), (8, 9), (9, 10), (11, 12), (12, 13), (2, 3), (3, 4), (5, 6), (6, 7))


@dataclass(frozen=True)
class Stance:
    """How bodies stand. joints: f 18 complex, every one at a place; neck, hips: the spine's ends, f complex;
    half_widths: of the torso at shoulders and hips, f 2; scale: how much larger than in the picture, f; ends:
    which way hands and feet point, f 4 complex, as of ends.ends; sure: how surely they are seen, f 4; head: its radius,
    f; faces: whether nose and eyes are seen, f bool."""

    joints: Tensor
    neck: Tensor
    hips: Tensor
    half_widths: Tensor
    scale: Tensor
    ends: Tensor
    sure: Tensor
    head: Tensor
    faces: Tensor

    def __getitem__(self, frames: slice) -> "Stance":
        return Stance(*(value[frames] for value in vars(self).values()))


def stand(joints: Tensor, *, rest: Tensor, scale: float = 1.0) -> Stance:
    """joints: f 134 3; rest: 18 2, the picture's; scale: of all frames. Joints not seen hang as in the picture, and
    whoever is not seen at all stands as there."""
    whole = joints.clone()
    places = whole_body(joints, as_large(rest, scale))
    whole[:, :18, :2] = places
    pointing, sure = ends(joints)
    whole[:, :18, 2] = 1
    bones = find_bones(whole)
    places = torch.view_as_complex(whole[:, :18, :2].contiguous())
    return Stance(
        joints=places,
        neck=torch.view_as_complex(bones.start[:, TORSO].contiguous()),
        hips=torch.view_as_complex(bones.end[:, TORSO].contiguous()),
        half_widths=bones.half_widths,
        scale=bones.torso.new_full((len(places),), scale),
        ends=pointing,
        sure=sure,
        head=bones.radius[:, HEAD],
        faces=(joints[:, [NOSE, *EYES], 2] > SEEN).all(1),
    )


def body_scale(joints: Tensor, rest: Tensor, seen: Tensor) -> float:
    """How much larger the bodies of joints, f 134 3, are than that of 18 2: one number for all frames, lest it pulse.
    seen: 18 bool, the joints that are where they were seen; what hangs on them as usual tells nothing.

    Bones only ever look too short, so each counts as long as it gets, in frames that show it. Poses come fitted to the
    character: what is within 4 % of its size has its size.
    """
    first, last = (list(ends) for ends in zip(*PAIRS, strict=True))
    lengths, own = ((places[..., first, :2] - places[..., last, :2]).norm(dim=-1) for places in (joints, rest[None]))
    shown = (joints[:, first, 2] > SEEN) & (joints[:, last, 2] > SEEN) & seen[first] & seen[last]
    ratios = [
        (length[those] / own).quantile(0.9)
        for length, those, own in zip(lengths.T, shown.T, own[0].clamp(min=1), strict=True)
        if those.any()
    ]
    scale = min(3.0, max(0.3, float(torch.stack(ratios).median()))) if ratios else 1.0
    return min(1.0, scale * 1.04) if scale < 1 else max(1.0, scale / 1.04)


def as_large(rest: Tensor, scale: float) -> Tensor:
    """rest: 18 2, and back, so many times as large on the same ground."""
    ground = torch.stack([rest[ANKLES, 0].mean(), rest[ANKLES, 1].amax()])
    return ground + (rest - ground) * scale


def spread(value: Tensor) -> Tensor:
    """f -> f 1 1, to meet f h w."""
    return value[:, None, None]
