"""Hats: from behind, what hangs beneath one is hair, and not the hat. Nothing learned.

Notation: h w rows and columns of the picture.
"""

import torch
from torch import Tensor

from animate.puppet.faces import FEW
from animate.puppet.likeness import ALIKE, apart, usual_colour, usual_samples
from animate.puppet.masks import grow

LEAST = 0.15  # share of what is there that hair covers at least: less is an ear-ring or a shadow
OF_ONE, ONE_SIDE = 0.6, 0.15  # shares of it that have one colour, and that are to either side with it
HATLESS = 0.5  # of as much as there is hair, there is less of the hat's colours: else they are the head's own
BROAD = 0.45  # of the way from ear to ear, to either side: where a hat is looked for row by row


def hair_beneath(colours: Tensor, beside: Tensor, middle: float, hat: Tensor, skin: Tensor) -> Tensor | None:
    """h w bool: of what is beside a face, h w bool, the hair, if it is there on both sides and unlike what is on top of
    the head, of which there is hardly any; else None.

    colours: 3 h w; middle: the face's column; hat, skin: n 3, colours of the top and of the face.
    """
    to_hat, to_skin = (apart(colours, samples, beside) for samples in (hat, skin))
    unlike = beside & (to_hat > ALIKE) & (to_skin > ALIKE)
    unlike = grow(grow(unlike.float()[None], -1), 1)[0] > 0  # no outlines
    if int(unlike.sum()) < max(FEW, LEAST * float(beside.sum())):
        return None
    to_hair = (colours - usual_colour(colours, unlike)[:, None, None]).abs().amax(0)
    hair = unlike & (to_hair < ALIKE)
    right = torch.nonzero(hair)[:, 1] > middle
    sides = min(int(right.sum()), int((~right).sum()))
    of_hat = beside & (to_hat < to_hair) & (to_hat < to_skin)
    if sides < ONE_SIDE * int(unlike.sum()) or int(hair.sum()) < OF_ONE * int(unlike.sum()):
        return None
    return hair if int(of_hat.sum()) < HATLESS * int(hair.sum()) else None


def lower_edge(colours: Tensor, height: Tensor, middle: Tensor, hair: Tensor, skin: Tensor) -> float:
    """The height down to which a hat is worn: above it most of each row is neither skin nor hair.

    colours: 3 h w; height: h w; middle: h w bool, of the head above the ears, to either side of its axis; hair: h w
    bool; skin: n 3.
    """
    others = torch.cat([skin, usual_samples(colours, hair)])
    levels = height[middle].round().long()
    worn = (apart(colours, others, middle) > ALIKE / 2)[middle]
    lowest = int(levels.min())
    share = torch.bincount(levels - lowest, weights=worn.double()) / torch.bincount(levels - lowest).clamp(min=1)
    bare = torch.nonzero(share < 0.5)[:, 0]
    return float(bare.max() + lowest + 1) if len(bare) else float(lowest)
