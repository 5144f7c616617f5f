"""The hidden: what there is of each layer behind others. Nothing learned.

Notation: h w rows and columns of the picture; layers are those that own pixels.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.puppet.body import Body
from animate.puppet.bones import HEAD, TORSO, below_hips
from animate.puppet.likeness import alike_in_rows
from animate.puppet.masks import close, grow
from animate.puppet.owners import ARM_LAYERS, BONES_OF, LEG_LAYERS

STRETCHES = 12  # of a limb's bone, of which each is seen or hidden
BESIDE = 0.18  # of the torso's length: how far from an arm the cloth is that it is compared with
SLIM = 0.8  # share of a bare upper arm that lies within its breadth; sleeves and coats go beyond
IN_FRONT = {0: (2, 3), 1: (0, 2, 3), 4: (1, 2, 3), 5: (1, 2, 3)}  # layer: what may hide a piece of it


def hidden_of(body: Body, layer: int) -> Tensor:
    """h w: what there is of a layer behind others."""
    seen = body.own[layer]
    if layer in ARM_LAYERS:
        return _behind(body, layer)
    if layer not in IN_FRONT:
        return torch.zeros_like(seen)
    hidden = close(seen[None], 0.2 * body.torso)[0] * body.own[list(IN_FRONT[layer])].sum(0).clamp(0, 1)
    if layer == TORSO:
        air = body.alpha[0] * (1 - _bare_arms(body))
        trunk = body.distance[TORSO].minimum(below_hips(body.bones, body.along, body.across))
        hidden = torch.maximum(hidden, ((1 - trunk) * 25).clamp(0, 1) * body.arms)
        for mirrored in (False, True):
            hidden = torch.maximum(hidden, _below_shoulder(body, air, mirrored))
        for mirrored in (False, True):
            hidden = hidden * within_side(body.hard[TORSO], air, mirrored, margin=body.rim)
        whole = (seen + hidden).clamp(0, 1)  # without the shards that stick out beside it
        hidden = (whole.minimum(close(whole[None], -0.07 * body.torso)[0].maximum(seen)) - seen).clamp(0, 1)
        under = grow((seen > 0.5).float()[None], 2 * body.rim)[0] * body.own[HEAD]  # lest light falls between them
        hidden = torch.maximum(hidden, under)
    elif layer in LEG_LAYERS:
        thigh = ((1 - body.distance[BONES_OF[layer][0]]) * 25).clamp(0, 1)
        hidden = torch.maximum(hidden, thigh * body.arms)
        mirrored = bool(body.outwards(layer)[0] < 0)
        hidden = hidden * within_side(body.hard[layer], body.alpha[0], mirrored, margin=body.rim, ends=True)
        other = LEG_LAYERS[LEG_LAYERS.index(layer) - 1]
        hidden = torch.maximum(hidden, _behind(body, layer) * body.own[other])
    return hidden


def _behind(body: Body, layer: int) -> Tensor:
    """h w: what the rest of the body hides of a limb that is seen on both sides of it, as of an arm held behind the
    back and of crossed legs, as broad as a limb is."""
    bones = list(BONES_OF[layer] if layer in ARM_LAYERS else BONES_OF[layer][:2])
    near, which = body.distance[bones].min(0)
    along = ((body.along[bones].clamp(0, 0.999) * STRETCHES).long()).gather(0, which[None])[0] + which * STRETCHES
    core = near < 0.4
    counts = torch.bincount(along[core], minlength=len(bones) * STRETCHES)
    there = torch.bincount(along[core & (body.own[layer] > 0.5)], minlength=len(counts)) > 0.3 * counts
    first, last = (int(there.int().argmax()), len(there) - int(there.flip(0).int().argmax())) if there.any() else (0, 0)
    if there[first:last].all():
        return torch.zeros_like(near)
    between = (along >= first) & (along < last)
    return ((1 - near) * 8).clamp(0, 1) * between * (1 - body.own[layer]) * body.alpha[0]


def within_side(seen: Tensor, alpha: Tensor, mirrored: bool, *, margin: int, ends: bool = False) -> Tensor:
    """h w, 1 but for what sticks out at the right side, or mirrored at the left: where a part (seen, h w) ends at the
    background, above and below an arm that hides its side, that goes on straight behind it.

    alpha: h w; margin: pixels; ends: whether it goes straight on, up and down, where it is seen on one side of the arm.
    """
    height, width = seen.shape
    rows, last = _free_side(seen, alpha, mirrored, margin=margin)
    if len(rows) < 2:
        return torch.ones_like(seen)
    limit = np.interp(np.arange(height), rows, last[rows], *((None, None) if ends else (width, width))) + margin
    return _up_to(limit, width, mirrored)


def _bare_arms(body: Body) -> Tensor:
    """h w, 0..1: upper arms that are no wider than arms are, and unlike the cloth beside them: there the torso's side
    is seen."""
    bare = torch.zeros_like(body.own[TORSO])
    cloth = (body.own[TORSO] > 0.9) & (body.about(ARM_LAYERS, body.rim)[0] < 0.5)
    for layer in ARM_LAYERS:
        upper, *below = BONES_OF[layer]
        above_elbow = body.distance[upper] < body.distance[below[0]]
        arm = (body.own[layer] > 0.5) & above_elbow
        beside = cloth & (grow(arm.float()[None], round(BESIDE * body.torso))[0] > 0)
        if not beside.any() or not arm.any() or float((body.distance[upper][arm] < 1.3).float().mean()) < SLIM:
            continue
        alike = alike_in_rows(body.colours, beside[None].float(), arm[None].float(), reach=0.08 * body.torso)[0]
        if float(alike[arm].mean()) < 0.5:
            bare += body.own[layer] * above_elbow
    return bare


def _below_shoulder(body: Body, alpha: Tensor, mirrored: bool) -> Tensor:
    """h w: what the arm at the right side, or mirrored at the left, hides of the torso, if that goes straight from the
    shoulder down to where its side comes out from behind the arm. alpha: h w, 0 where the torso may end."""
    seen = body.hard[TORSO]
    height, width = seen.shape
    shoulders = {layer: body.bones.start[0, BONES_OF[layer][0]].tolist() for layer in ARM_LAYERS}
    arm = (min if mirrored else max)(shoulders, key=shoulders.__getitem__)
    x, y = shoulders[arm]
    rows, last = _free_side(seen, alpha, mirrored, margin=body.rim)
    if not len(rows) or not y < rows[0]:
        return torch.zeros_like(seen)
    end = int(rows[0])
    limit = np.interp(np.arange(height), [y, end], [width - 1 - x if mirrored else x, last[end]], left=-1, right=-1)
    return _up_to(limit, width, mirrored) * body.own[arm]


def _free_side(seen: Tensor, alpha: Tensor, mirrored: bool, *, margin: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows in which a part (seen, h w) surely ends at the background (alpha, h w) on its right side, or mirrored on
    the left; and where it ends there in each row, as counted from the other side."""
    height, width = seen.shape
    body, open_air = (t.numpy()[:, ::-1] if mirrored else t.numpy() for t in (seen > 0.5, alpha < 0.5))
    last = width - 1 - body[:, ::-1].argmax(1)
    beside = (last + 2 * margin + 1).clip(max=width - 1)
    known = body.any(1) & open_air[np.arange(height), beside]
    known = cv2.erode(known.astype(np.uint8)[:, None], np.ones((2 * margin + 1, 1), np.uint8))[:, 0] > 0
    return np.flatnonzero(known), last


def _up_to(limit: np.ndarray, width: int, mirrored: bool) -> Tensor:
    """h w, 1 from the left, or mirrored from the right, to a limit in each row."""
    within = (np.arange(width)[None] <= limit[:, None]).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(within[:, ::-1] if mirrored else within))
