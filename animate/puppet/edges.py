"""The picture's edge: what it cuts off of a body. Nothing learned.

Notation: l layers (parts.LAYERS), h w rows and columns of the picture.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.bones import ARMS, HEAD, TORSO
from animate.puppet.cutout import find_mask
from animate.puppet.owners import ARM_LAYERS

Within = tuple[float, float, float, float]  # left, top, right and bottom of a picture, as shares of its canvas
WHOLE: Within = (0.0, 0.0, 1.0, 1.0)
NOWHERE = -1e6  # pixels: where no picture is
ROUND = 0.85  # of their breadth just above: feet that stand on the picture's edge are narrower upon it


def inner(within: Within, size: tuple[int, ...], *, rim: int = 0) -> tuple[slice, slice]:
    """Rows and columns of a canvas, of size (h, w), that the picture fills; but for `rim` of them at each side at which
    the canvas goes on."""
    found = []
    for axis, side in zip((1, 0), size, strict=True):
        start = min(round(within[axis] * side), side - 1)
        end = max(round(within[axis + 2] * side), start + 1)
        off = min(rim, (end - start - 1) // 2)
        found.append(slice(start + off * (start > 0), end - off * (end < side)))
    return found[0], found[1]


def mask_within(canvas: np.ndarray, joints: Tensor, within: Within, *, seen: Sequence[np.ndarray] = ()) -> Tensor:
    """1 h w, as of find_mask: of the picture alone, for a limb that its edge cuts off goes on in what is beyond it.
    canvas: h w 3 uint8; joints: 1 134 3, pixels; seen: h w each."""
    inside = inner(within, canvas.shape[:2])
    placed = joints - joints.new_tensor([inside[1].start, inside[0].start, 0])
    mask = torch.zeros(1, *canvas.shape[:2])
    mask[0][inside] = find_mask(canvas[inside], placed, seen=[each[inside] for each in seen])[0]
    return mask


def cut_arms(
    layers: Tensor,
    rest: Tensor,
    *,
    limit: float,
    stubs: Sequence[int] = (),
    within: Within = WHOLE,
    rim: int = 0,
) -> list[bool]:
    """Whether the picture's edge cuts off the right arm and the left one, over more than `limit` pixels of it. A hand
    may lie at the edge beyond its wrist, as it does where a figure fills its picture.
    layers: l 5 h w, of the canvas; rest: 18 2, its joints, pixels; stubs: sides whose forearm does not tell what is
    beyond its wrist; within: where the picture lies on the canvas; rim: pixels, in which it gets soft there."""
    rows, columns = inner(within, layers.shape[-2:], rim=rim)
    edge = torch.zeros(layers.shape[-2:], dtype=torch.bool)
    edge[rows, columns] = True
    edge[rows.start + 1 : rows.stop - 1, columns.start + 1 : columns.stop - 1] = False
    cut = []
    for side, (layer, arm) in enumerate(zip(ARM_LAYERS, ARMS, strict=True)):
        points = (edge & (layers[layer, 3] > 0.5)).nonzero().flip(-1).float()
        elbow, wrist = rest[list(arm[-2:])]
        forearm = wrist - elbow
        before = (points - elbow) @ forearm <= forearm.square().sum()
        cut.append((len(points) if side in stubs else int(before.sum())) > limit)
    return cut


def go_on_below(layers: Tensor, *, rows: int, rim: int, whole: list[int], chin: float) -> Tensor:
    """l 5 h w -> l 5 (h + rows) w: mirrored at the picture's lower edge, without its border, as far as it can be; but
    layers that end within the picture stay as they are, lest a second hand or second feet come up from below: those
    that are named whole, those that do not reach that edge, and a body whose feet stand on it. chin: the row, from
    which on up no face comes again."""
    last = layers.shape[-2] - rim - 1
    rows = min(rows, last - rim)
    seen, mirrored = torch.arange(last + 1), last - 1 - torch.arange(rows + rim)
    longer = layers[..., torch.cat([seen, mirrored]), :]
    neck = mirrored.clamp(min=min(max(0, round(chin)), last))
    longer[HEAD] = layers[HEAD][..., torch.cat([seen, neck]), :]
    inside = (layers[:, 3, last] <= 0.5).all(1)
    inside[whole] = True
    inside[TORSO] |= _stands(layers[TORSO, 3, last:] > 0.5, least=rim)
    longer[inside] = F.pad(layers[inside], (0, 0, 0, rows))
    return longer


def _stands(shown: Tensor, *, least: int) -> bool:
    """Whether a body whose legs were not found stands on the picture's lower edge: it comes there in two pieces that
    get narrower. shown: r w bool, the last rows; least: columns of a piece, and between both."""
    edges = F.pad(shown[0].int(), (1, 1)).diff()
    starts, ends = ((edges == way).nonzero()[:, 0] for way in (1, -1))
    legs = len(starts) == 2 and bool((ends - starts).min() >= least) and int(starts[1] - ends[0]) >= least
    return legs and int(shown[-1].sum()) < ROUND * int(shown[0].sum())


def cut_beside(layers: Tensor, rest: Tensor, *, whole: list[int], within: Within = WHOLE, rim: int = 0) -> Tensor:
    """l 2 2: where a layer goes on mirrored, x of its left and of its right end, in pixels, and how far: those that the
    picture's sides cut, within its border, but those named whole; endless elsewhere. layers: l 5 h w, of the canvas;
    rest: 18 2, its joints; within: where the picture lies on it, beside which nothing goes on."""
    width = layers.shape[-1]
    ends = layers.new_full((len(layers), 2, 2), torch.inf)
    ends[:, 0, 0] = -torch.inf
    columns = inner(within, layers.shape[-2:])[1]
    for side, (column, meets) in enumerate(((rim, columns.start == 0), (width - 1 - rim, columns.stop == width))):
        if meets and 0 <= column < width:
            cut = (layers[:, 3, :, column] > 0.5).sum(1) > 2 * rim
            cut[whole] = False
            ends[cut, side, 0] = column
            for layer, arm in zip(ARM_LAYERS, ARMS, strict=True):
                if cut[layer]:
                    inwards = layers[layer, 3, :, column:] if side == 0 else layers[layer, 3, :, : column + 1].flip(-1)
                    joints = (rest[list(arm)] - rest.new_tensor([column, 0])) * rest.new_tensor([1 - 2 * side, 1])
                    ends[layer, side, 1] = _hidden_breadth(inwards, joints)
    return ends


def _hidden_breadth(alpha: Tensor, arm: Tensor) -> float:
    """How far an arm goes on beyond an edge that cuts it lengthwise, in pixels: as broad on that side of its bones as
    on the other; endless where no bone is beside the edge. alpha: h w, from the edge inwards; arm: 3 2 joints."""
    rows = (alpha[:, 0] > 0.5).nonzero()[:, 0]
    broad = (alpha[rows] <= 0.5).int().argmax(1)
    found = [
        (broad - 2 * torch.lerp(a[0], b[0], share))[(share >= 0) & (share <= 1)]
        for a, b in pairwise(arm)
        for share in [(rows - a[1]) / (b[1] - a[1])]
    ]
    hidden = torch.cat(found)
    return max(0.0, float(hidden.median())) if len(hidden) else torch.inf


def folded(source: Tensor, ends: Tensor) -> Tensor:
    """Places in a picture, complex, in pixels: what lies beyond the ends of a layer, 2 2, of cut_beside, mirrored, and
    nowhere farther than it goes."""
    columns, far = ends.unbind(1)
    if not columns.isfinite().any():
        return source
    (left, right), (least, most) = columns, columns + far * far.new_tensor([-1, 1])
    x = torch.where(source.real < left, 2 * left - source.real, source.real)
    x = torch.where(x > right, 2 * right - x, x)
    x = torch.where((source.real < least) | (source.real > most), NOWHERE, x)
    return torch.complex(x, source.imag)
