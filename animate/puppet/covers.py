"""Covers: cloth of the body that lies before a forearm or a hand, or has the hand in its pocket, is none of the arm's.
Nothing learned.

Notation: b bones, h w rows and columns of the grid at which pixels are given to limbs.
"""

import torch
from torch import Tensor

from animate.puppet.bones import HANDS, SEEN
from animate.puppet.likeness import connected, samples_of
from animate.puppet.masks import grow

NOSE_POINTS = range(51, 60)
COVERED = 0.25  # share of such a hand that cloth covers at least, lest it is there and was not recognised
HIDDEN = 0.15  # mean score of its points up to which a hand is hidden
BARE = 0.25  # share of a forearm up to which nothing covers it: the colours there are its own
BESIDE = 0.4  # of the torso's length: how near to an arm the cloth is that may cover it
WORN, OWN = 0.05, 0.25  # shares of the colours of the cloth and of an arm that count as theirs
SHADE = (0.5, 1.2)  # times as light as usual, by which a colour in light and shade is the same
CLEAR, NEARER = 0.07, 0.6  # how far a colour is from an arm's own at least; and at most as far from the cloth's
CUFF, HAND = 0.3, 0.38  # shares of a forearm's length: how long a cuff is at most, and a hand
STEP = 0.2  # by which neighbours differ less where a cloth goes on
WIDE = 1.5  # breadths of a forearm and a hand, within which they may be covered


def skin_of(colours: Tensor, joints: Tensor, size: tuple[int, int]) -> Tensor:
    """n 3: colours at the seen fingers and the nose. colours 3 h w; joints 134 3, pixels of a picture of that width and
    height."""
    height, width = colours.shape[-2:]
    points = joints[[*HANDS[0], *HANDS[1], *NOSE_POINTS]]
    points = points[points[:, 2] > SEEN, :2]
    x, y = ((points + 0.5) * points.new_tensor([width / size[0], height / size[1]]) - 0.5).round().long().unbind(-1)
    within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return colours[:, y[within], x[within]].T


def covered(
    colours: Tensor,
    along: Tensor,
    distance: Tensor,
    joints: Tensor,
    arm: int,
    cloth: Tensor,
    skin: Tensor,
    *,
    bones: tuple[int, ...],
    reach: int,
) -> tuple[Tensor, Tensor]:
    """Where an arm, 0 right or 1 left, cannot begin, as colours are of the cloth beside it and none of its own; and
    what of that is surely that cloth, as it goes on there, or has a hidden hand in it. Both h w bool.

    colours 3 h w; along, distance: b h w; joints 134 3; cloth: h w bool, what surely belongs to the body and the legs;
    skin: n 3, as of skin_of; bones: those of the arm, as of owners.BONES_OF; reach: pixels beside it.
    """
    upper, lower, hand = bones
    bare = (distance[lower] < 0.4) & (along[lower] > 0) & (along[lower] < BARE)
    of_hand = (distance[hand] < WIDE) & (along[hand] > 0)
    about = (((distance[lower] < WIDE) & (along[lower] > BARE)) | of_hand) & (distance[upper] > 0.5)
    near = grow(about.float()[None], reach)[0] > 0
    like = _like(colours, near, own=[samples_of(colours, bare), skin], worn=samples_of(colours, cloth & near))
    labels = connected(colours, like | (cloth & near), step=STEP)
    goes_on = torch.isin(labels, labels[cloth & near])
    like &= about
    core = (distance[hand] < 0.5) & (along[hand] > 0)
    if float(joints[list(HANDS[arm]), 2].mean()) <= HIDDEN and float(like[core].float().mean()) > COVERED:
        goes_on |= of_hand
    else:  # what is short along the arm is a cuff
        place = torch.where(distance[hand] < distance[lower], 1 + HAND * along[hand], along[lower])
        covers = place[like & (distance[[lower, hand]].amin(0) < 0.5)]
        like &= bool(covers.numel()) and float(covers.quantile(0.9) - covers.quantile(0.1)) > CUFF
    return like, like & goes_on


def of_hands(colours: Tensor, about: Tensor, *, hands: Tensor, cloth: Tensor) -> Tensor:
    """h w bool: which of the pixels about have a colour of the hands and none of the cloth. colours 3 h w; the others
    h w bool."""
    return _like(colours, about, own=[samples_of(colours, cloth)], worn=samples_of(colours, hands))


def _like(colours: Tensor, asked: Tensor, *, own: list[Tensor], worn: Tensor) -> Tensor:
    """h w bool: which of the asked pixels, h w bool, are like what is worn, n 3, and unlike an arm's own, n 3 each."""
    like, own = torch.zeros_like(asked), [samples for samples in own if len(samples)]
    if own and len(worn):
        worn = worn[_apart(worn, own, OWN) > CLEAR]
    if not own or not len(worn) or not asked.any():
        return like
    away = _apart(colours[:, asked].T, own, OWN)
    like[asked] = (away > CLEAR) & (_apart(colours[:, asked].T, [worn], WORN) < NEARER * away)
    like = grow(grow(like.float()[None], 1), -1)[0] > 0  # without specks
    like[asked] &= away > CLEAR
    return like


def _apart(colours: Tensor, samples: list[Tensor], share: float) -> Tensor:
    """m: how far colours, m 3, are from the nearest share of some samples, n 3 each, but for light and shade."""

    def apart(these: Tensor) -> Tensor:
        lit = (colours @ these.T / these.square().sum(1).clamp(min=1e-4)).clamp(*SHADE)
        return (colours[:, None] - lit[..., None] * these).abs().amax(-1).quantile(share, dim=1)

    return torch.stack([apart(these) for these in samples]).amin(0)
