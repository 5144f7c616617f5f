"""Turning: when a dancer is turned away, and what that means for a puppet that is flat. Nothing learned.

From behind right and left change places: every limb is drawn where a limb is. Notation: f frames.
"""

import math

import torch
from torch import Tensor

from animate.puppet.bones import ARMS, EARS, EYES, HANDS, LEGS, NECK, SEEN
from animate.puppet.hanging import whole_body

CLEAR = 0.4  # of its breadth in the picture: a body that shows as much of its back is turned away
LONG, FEWEST = 0.166, 2  # seconds, and frames, of a stretch that have to show it so, lest a doubtful moment flickers
USUAL_RATE = 25.0  # frames a second, where nobody says
FEET = (range(21, 24), range(18, 21))  # points of the right foot and of the left
PAIRS = [EYES, EARS, *(pair for sides in (ARMS, LEGS, FEET, HANDS) for pair in zip(*sides, strict=True))]
OTHER = dict([*PAIRS, *((left, right) for right, left in PAIRS)])
MIRROR = [OTHER.get(joint, joint) for joint in range(134)]  # joints[:, MIRROR]: right and left exchanged


def turns(joints: Tensor, rest: Tensor) -> Tensor:
    """joints f 134 3, rest 18 2 -> f 2: how shoulders and hips lie, 1 as in the picture, 0 in profile, -1 turned away;
    hips that are not seen lie as the shoulders do."""

    def across(places: Tensor) -> Tensor:
        spine = places[..., [8, 11], :].mean(-2) - places[..., NECK, :]
        pairs = torch.stack([places[..., 5, :] - places[..., 2, :], places[..., 11, :] - places[..., 8, :]], -2)
        sideways = pairs[..., 0] * spine[..., None, 1] - pairs[..., 1] * spine[..., None, 0]
        return sideways / spine.square().sum(-1, keepdim=True).clamp(min=1)

    seen, own = joints[:, :, 2] > SEEN, across(rest)
    turned = across(whole_body(joints, rest)) / torch.where(own.abs() > 0.01, own, torch.full_like(own, torch.inf))
    shoulders = torch.where(seen[:, [2, 5]].all(1), turned[:, 0], torch.ones_like(turned[:, 0]))
    return torch.stack([shoulders, torch.where(seen[:, [8, 11]].all(1), turned[:, 1], shoulders)], 1)


def facing(joints: Tensor, rest: Tensor) -> Tensor:
    """joints f 134 3, and back: right and left exchanged in the frames in which the body is turned away."""
    return torch.where((turns(joints, rest) < 0).all(1)[:, None, None], joints[:, MIRROR], joints)


def clearly_behind(joints: Tensor, rest: Tensor) -> Tensor:
    """f bool: which frames show the back, each taken by itself."""
    return (turns(joints, rest) < -CLEAR).all(1)


def from_behind(joints: Tensor, rest: Tensor, *, fps: float = USUAL_RATE) -> Tensor:
    """f bool: in which frames of a clip, f 134 3, fps of them a second, the back is seen: where the body stays turned
    away, and that clearly for a while."""
    turned = turns(joints, rest).amax(1)
    behind = turned < 0
    stretch = torch.cumsum(torch.cat([behind[:1], behind[1:] != behind[:-1]]), 0)
    clear = torch.bincount(stretch, weights=(turned < -CLEAR).double())
    return behind & (clear[stretch] >= min(max(FEWEST, math.ceil(LONG * fps)), len(turned)))
