"""Borders: what lies between an upper arm and the body beside it, and with which of them it goes. Nothing learned.

Notation: l layers that own pixels, b bones, h w rows and columns of the picture.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.puppet.bones import TORSO
from animate.puppet.likeness import ALIKE, apart, samples_of
from animate.puppet.lines import joined
from animate.puppet.masks import close, grow
from animate.puppet.owners import ARM_LAYERS, BONES_OF

# Of the torso's length:
BESIDE = 0.1  # how near to each other arm and body are at their border
MIXED = 0.04  # how near to an arm's rim its colours may be those of both
TIP = 0.04  # half as broad as a tip is at most,
SMALL = 0.1  # and what its square is larger than
LITTLE = 0.2  # share of a border that may be strange to its arm: more is a sleeve
ARMPIT = 0.15  # share of the upper arm from which on tips are not of the shoulder
FEW = 8  # pixels, of which nothing can be told


def settle_borders(
    owner: Tensor, colours: Tensor, alpha: Tensor, *, along: Tensor, distance: Tensor, torso: float
) -> Tensor:
    """l h w: owner, l h w, anew. What has none of an arm's colours where that lies along the body, as a string and a
    seam of the coat, is the body's; a tip of the body that sticks out below the arm is the arm's.

    colours 3 h w, alpha 1 h w: of the body; along, distance: b h w, of limb_coordinates; torso: its length.
    """
    owner = owner.clone()
    for layer in ARM_LAYERS:
        upper, lower, *_ = [*BONES_OF[layer]]
        high = (along[upper] < 0.95) & (distance[upper] < distance[lower])
        high &= along[upper] > ARMPIT
        arm, body = (owner[each] * alpha[0] > 0.5 for each in (layer, TORSO))
        _give(owner, _strange(colours, arm, body, high, torso), layer, TORSO)
        arm, body = (owner[each] * alpha[0] > 0.5 for each in (layer, TORSO))
        _give(owner, _tips(alpha, arm, body, high, torso), TORSO, layer)
    return owner


def _give(owner: Tensor, piece: Tensor, giving: int, taking: int) -> None:
    """A piece, h w bool, of one layer of owner becomes another's."""
    owner[taking] += owner[giving] * piece
    owner[giving] *= ~piece


def _strange(colours: Tensor, arm: Tensor, body: Tensor, high: Tensor, torso: float) -> Tensor:
    """h w bool: what of an arm is next to the body and unlike all that is further inside the upper arm, high. These
    three h w bool."""
    inside = arm & high & (grow(arm.float()[None], -max(1, round(MIXED * torso)))[0] > 0)
    border = arm & high & (grow(body.float()[None], round(BESIDE * torso))[0] > 0)
    if int(inside.sum()) < FEW or not body.any():
        return torch.zeros_like(arm)
    strange = border & (apart(colours, samples_of(colours, inside), border) > ALIKE)
    strange &= torch.from_numpy(joined((strange | body).numpy(), body.numpy()))
    return strange & (strange.sum() < LITTLE * border.sum())


def _tips(alpha: Tensor, arm: Tensor, body: Tensor, high: Tensor, torso: float) -> Tensor:
    """h w bool: what of the body is narrow and small, and next to both the upper arm, high, and the background. All as
    of _strange."""
    whole = (alpha > 0.5) & ~arm
    narrow = (body & high & (close(whole.float(), -TIP * torso)[0] < 0.5)).numpy().astype(np.uint8)
    count, found, stats, _ = cv2.connectedComponentsWithStats(narrow, connectivity=4)
    labels = np.asarray(found, np.int64)
    tips = stats[:, cv2.CC_STAT_AREA] < (SMALL * torso) ** 2
    for others in (arm, alpha[0] < 0.5):
        beside = (grow(others.float()[None], 2)[0] > 0).numpy()
        tips &= np.bincount(labels[beside], minlength=count) > 0
    tips[0] = False
    return torch.from_numpy(tips[labels])
