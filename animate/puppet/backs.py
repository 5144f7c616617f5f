"""Backs: a character's head and clothes as seen from behind. Nothing learned.

Only the front is known: what lies on it alone, as face, tie or badge, is painted over with what surrounds it.
Notation: h w rows and columns of the picture; layers are those of parts.LAYERS.
"""

import cv2
import torch
from torch import Tensor

from animate.puppet.backdrop import stretch_over
from animate.puppet.bones import ARMS, HEAD, NECK, TORSO, cell_centres
from animate.puppet.cutout import blur, fill_smoothly
from animate.puppet.faces import Face
from animate.puppet.flanks import FEW, Flanks
from animate.puppet.hair import back_of_head
from animate.puppet.likeness import alike_in_rows, alike_to, own_colours
from animate.puppet.lines import joined
from animate.puppet.masks import close, grow
from animate.puppet.nearest import nearest
from animate.puppet.owners import ARM_LAYERS

COLLAR = 0.12  # of a head, below the chin: there clothes are before the neck
SHOULDER = 0.25  # of the torso's length about a shoulder: there its arm hid its cloth, and from behind it does not
BAND = 0.85  # share of a body's width that no badge has: belts go round it
PATCH = 0.05  # of the torso's length: what is narrower is a fold, and no badge
SPREAD = 2.0  # times its size: a patch of its own colours is not larger with all that is like it
TIPS = 0.1  # of the torso's length: as far what is narrower goes on from a patch
SPECK = 0.2  # of it: at collar and shoulders what is unlike the cloth and smaller than its square hid it
JOINS = 0.08  # of it: what is nearer to each other is of one thing, as buttons in a row
MIDDLE = 0.22  # of it, to either side of the line from the neck to the hips: there coats close and ties hang
STANDS_OUT, SEEN = 3.0, 0.07  # times the usual contrast at the sides; the least contrast that is seen
DIM = 0.25  # added to brightness, of which contrast is a share: on dark cloth less of it is seen
GRAIN = 0.06  # a larger difference from the cloth about is no fold
LARGE = 0.25  # of the torso's length: a patch as large as its square is cloth of its own


def turn_round(layers: Tensor, pose: Tensor, rest: Tensor, *, background: Tensor) -> Tensor:
    """layers: l 5 h w, of cut_layers; pose: 134 3; rest: 18 2; background: 3 h w, filled -> 2 5 h w: head and torso
    from behind."""
    torso = float((rest[NECK] - rest[[8, 11]].mean(0)).norm())
    head, body = (layers[layer].clone() for layer in (HEAD, TORSO))
    face = Face.of(head[3] > 0.5, pose, rest)
    collar = face.neck(face.whole, COLLAR)
    hidden = collar | (layers[list(ARM_LAYERS), 3].amax(0) > 0.5) & _about_shoulders(collar, rest, SHOULDER * torso)
    head[:3] = head[3:4] * back_of_head(head, face, background=background)
    below = (face.neck(head[3] > 0.02, COLLAR) & (body[3] > 0.98)).float()[None]  # where there is nothing but body
    head *= (1 - below) * (1 - face.jaw)
    body[:3] = body[3:4] * _back_of_torso(body, hidden, rest, torso)
    worn = face.worn(own_colours(layers[HEAD])).float()[None]
    if worn.any() and (body[3] > 0.5).any():
        cloth = fill_smoothly(own_colours(body)[None], (body[3:4] > 0.5).float()[None])[0]
        head[:3] = torch.lerp(head[:3], cloth * head[3:4], blur(worn, 1.0).maximum(worn))
    return torch.stack([head, body])


def _about_shoulders(like: Tensor, rest: Tensor, radius: float) -> Tensor:
    """h w bool, as large as `like`: what is nearer to a shoulder than so many pixels."""
    places = cell_centres((like.shape[0], like.shape[1]), (like.shape[1], like.shape[0]))
    return torch.stack([(places - rest[arm[0]]).norm(dim=-1) < radius for arm in ARMS]).any(0)


def _back_of_torso(layer: Tensor, hidden: Tensor, rest: Tensor, torso: float) -> Tensor:
    """3 h w: cloth goes on from the sides over what is in front alone and over what is hidden, h w bool. rest: 18 2;
    torso: its length."""
    colours, whole = own_colours(layer), layer[3] > 0.5
    if int(whole.sum()) < FEW:
        return colours
    flanks = Flanks.of(colours, whole, hidden, rest, torso)
    front = _patches(colours, flanks, torso) | _structure(flanks, rest, torso)
    front |= hidden
    front |= flanks.inside & (close(front.float()[None], JOINS * torso)[0] > 0.5)
    high = torch.arange(front.shape[0])[:, None] < flanks.top + SPECK * torso
    front |= _specks(flanks.inside & high & ~front & ~flanks.alike, (SPECK * torso) ** 2)
    painted = grow((whole & front).float()[None], max(1, round(0.02 * torso)))
    known = grow(whole.float()[None] * (1 - painted), -2)
    if not painted.any() or not known.any():
        return colours
    known = known * flanks.alike
    away = stretch_over(flanks.away * flanks.alike, known)  # of folds, and light from aside
    filled = (flanks.cloth + (away + _grain(flanks, known, 0.06 * torso))).clamp(0, 1)
    return torch.lerp(colours, filled, blur(painted, max(0.6, 0.01 * torso)).clamp(0, 1))


def _grain(flanks: Flanks, share: Tensor, sigma: float) -> Tensor:
    """3 h w: weave and small folds, as they are on the other side of the nearest pixel that is known, as far from it.
    share: 1 h w, 1 where cloth is known; sigma: pixels, of what is larger than a fold."""
    fine, known = flanks.fine(share, sigma), share[0] > 0
    strength = fine.abs().amax(0)
    fine *= strength < min(GRAIN, STANDS_OUT * float(strength[known].median()))  # what is drawn stands out
    height, width = known.shape
    places = torch.from_numpy(nearest(known.numpy())[1])
    y = (2 * (places // width) - torch.arange(height)[:, None]).clamp(0, height - 1)
    x = (2 * (places % width) - torch.arange(width)).clamp(0, width - 1)
    return fine[:, y, x] * ~known


def _specks(left: Tensor, most: float) -> Tensor:
    """h w bool: of what is left, h w bool, pieces of fewer pixels than most."""
    _, found = cv2.connectedComponents(left.numpy().astype("uint8"), connectivity=4)
    labels = torch.from_numpy(found).long()
    return left & (torch.bincount(labels.flatten()) < most)[labels]


def _patches(colours: Tensor, flanks: Flanks, torso: float) -> Tensor:
    """h w bool: what is of another colour than the sides, and is no belt."""
    whole, flank = flanks.whole, flanks.sides
    alike = alike_in_rows(colours, flank[None].float(), whole[None].float(), reach=0.05 * torso, usual=0.2)[0]
    strange = whole & (alike < 0.5) & ~flanks.alike
    strange &= ~flank & (strange.sum(1, keepdim=True) < BAND * whole.sum(1, keepdim=True))
    closed = close(close(strange.float()[None], 0.04 * torso), -PATCH / 2 * torso)[0]
    patches = (closed > 0.5) & whole
    tips = grow(patches.float()[None], round(TIPS * torso))[0] > 0  # narrow, as the ends of a bow
    patches = torch.from_numpy(joined((strange | patches).numpy(), patches.numpy())) & tips
    return _whole_patches(colours, patches, strange, whole & ~flank, least=(LARGE * torso) ** 2)


def _structure(flanks: Flanks, rest: Tensor, torso: float) -> Tensor:
    """h w bool: about the middle, from the neck to the hips, what stands out more than anything does at the sides, as
    lapels, buttons and ties do, and in each row what lies between."""
    whole = flanks.whole
    down = rest[[8, 11]].mean(0) - rest[NECK]
    down = down / down.norm().clamp(min=1)
    from_neck = cell_centres((whole.shape[0], whole.shape[1]), (whole.shape[1], whole.shape[0])) - rest[NECK]
    along, aside = from_neck @ down / torso, (from_neck @ torch.stack([-down[1], down[0]])).abs() / torso
    within = whole & (along > -0.1) & (along < 0.85)
    middle = within & (aside < MIDDLE)
    at_sides = within & flanks.inside & ~middle
    if int(at_sides.sum()) < FEW:
        return torch.zeros_like(whole)
    contrast = flanks.fine(whole.float()[None], 0.08 * torso).abs().amax(0) / (DIM + flanks.cloth.mean(0))
    found = flanks.inside & middle & (contrast > max(STANDS_OUT * float(contrast[at_sides].median()), SEEN))
    broad = (close(close(found.float()[None], 0.03 * torso), -0.012 * torso)[0] > 0.5) & middle
    found = torch.from_numpy(joined((broad | found).numpy(), broad.numpy()))
    after, before = found.int().cummax(1).values, found.flip(1).int().cummax(1).values.flip(1)
    return middle & (after & before).bool()


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
