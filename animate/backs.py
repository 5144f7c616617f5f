"""Backs: a character's head and clothes as seen from behind. Nothing learned.

Only the front is known: what lies on it alone, as face, tie or badge, is painted over with what surrounds it.
Notation: h w rows and columns of the picture; layers are those of parts.LAYERS.
"""

import cv2
import torch
from torch import Tensor

from animate.backdrop import stretch_over
from animate.bones import ARMS, HEAD, NECK, TORSO, cell_centres
from animate.cutout import blur
from animate.hair import Face, back_of_head
from animate.likeness import alike_in_rows, alike_to, own_colours
from animate.lines import joined
from animate.masks import close, from_sides, grow
from animate.owners import ARM_LAYERS

COLLAR = 0.12  # of a head, below the chin: there clothes are before the neck
SHOULDER = 0.25  # of the torso's length about a shoulder: there its arm hid its cloth, and from behind it does not
FLANK = 0.18  # share of a body's half width, from its side inwards, by which its cloth is known
BAND = 0.85  # share of a body's width that no badge has: belts go round it
PATCH = 0.05  # of the torso's length: what is narrower is a fold, and no badge
SPREAD = 2.0  # times its size: a patch of its own colours is not larger with all that is like it
LARGE = 0.25  # of the torso's length: a patch as large as its square is cloth of its own


def turn_round(layers: Tensor, pose: Tensor, rest: Tensor, *, background: Tensor) -> Tensor:
    """layers: l 5 h w, of cut_layers; pose: 134 3; rest: 18 2; background: 3 h w, filled -> 2 5 h w: head and torso
    from behind."""
    torso = float((rest[NECK] - rest[[8, 11]].mean(0)).norm())
    head, body = (layers[layer].clone() for layer in (HEAD, TORSO))
    face = Face.of(head[3] > 0.5, pose, rest)
    collar = face.neck(COLLAR)
    hidden = collar | (layers[list(ARM_LAYERS), 3].amax(0) > 0.5) & _about_shoulders(collar, rest, SHOULDER * torso)
    head[:3] = head[3:4] * back_of_head(head, face, background=background)
    head *= 1 - blur((collar & (body[3] > 0.5)).float()[None], 1.0)
    body[:3] = body[3:4] * _back_of_torso(body, hidden, torso)
    return torch.stack([head, body])


def _about_shoulders(like: Tensor, rest: Tensor, radius: float) -> Tensor:
    """h w bool, as large as `like`: what is nearer to a shoulder than so many pixels."""
    places = cell_centres((like.shape[0], like.shape[1]), (like.shape[1], like.shape[0]))
    return torch.stack([(places - rest[arm[0]]).norm(dim=-1) < radius for arm in ARMS]).any(0)


def _back_of_torso(layer: Tensor, hidden: Tensor, torso: float) -> Tensor:
    """3 h w: cloth goes on from the sides over what is unlike it and what is hidden, h w bool. torso: its length."""
    colours, whole = own_colours(layer), layer[3] > 0.5
    if not whole.any():
        return colours
    inset, breadth = from_sides(whole)
    flank = whole & (inset / (breadth / 2).clamp(min=1) < FLANK)
    alike = alike_in_rows(colours, flank[None].float(), whole[None].float(), reach=0.05 * torso, usual=0.2)[0]
    strange = whole & (alike < 0.5)
    strange &= ~flank & (strange.sum(1, keepdim=True) < BAND * whole.sum(1, keepdim=True))
    closed = close(close(strange.float()[None], 0.04 * torso), -PATCH / 2 * torso)[0]
    patches = (closed > 0.5) & whole
    strange = _whole_patches(colours, patches, strange, whole & ~flank, least=(LARGE * torso) ** 2)
    painted = grow((strange | whole & hidden).float()[None], max(1, round(0.02 * torso)))
    known = grow(whole.float()[None] * (1 - painted), -2)
    if not painted.any() or not known.any():
        return colours
    filled = stretch_over(colours, known)
    return torch.lerp(colours, filled, blur(painted, max(0.6, 0.01 * torso)).clamp(0, 1))


def _whole_patches(colours: Tensor, patches: Tensor, strange: Tensor, about: Tensor, *, least: float) -> Tensor:
    """h w bool: patches, large ones with all that is about them and of the colour of what is strange in them, as
    cloth between strange things is not. patches, strange, about: h w bool; least: pixels of a large one."""
    count, found = cv2.connectedComponents(patches.numpy().astype("uint8"), connectivity=4)
    labels = torch.from_numpy(found).long()
    for label in range(1, count):
        piece = labels == label
        if int(piece.sum()) > least:
            like = alike_to(colours, piece & strange, about) | piece
            grown = torch.from_numpy(joined(like.numpy(), piece.numpy()))
            if int(grown.sum()) < SPREAD * int(piece.sum()):  # else the cloth about it has its colours too
                patches = patches | grown
    return patches
