"""Reach: which joints a layer of the puppet hangs on, and how far it goes beyond them. Nothing learned.

Notation: h w rows and columns of the picture; layers are those of parts.LAYERS.
"""

from itertools import pairwise

import torch
from torch import Tensor

from animate.puppet.bones import ARMS, FACE_JOINTS, HEAD, LEGS, NECK, TORSO
from animate.puppet.heads import ASIDE
from animate.puppet.limbs import RIGID
from animate.puppet.owners import ARM_LAYERS, LEG_LAYERS
from animate.puppet.parts import PELVIS, SKIRT
from animate.puppet.stance import Stance

BEYOND = 0.6  # of the head's radius: so much of what goes on beyond the picture's side may come into it


def joints_of(layer: int) -> list[int]:
    """The joints between which a layer lies."""
    if layer == HEAD:
        return [NECK, *FACE_JOINTS]
    if layer in (TORSO, PELVIS):
        return [NECK, 2, 5, 8, 11]
    if layer == SKIRT:
        return [LEGS[0][1], LEGS[0][0], LEGS[1][0], LEGS[1][1]]
    return list(ARMS[layer - 2] if layer in ARM_LAYERS else LEGS[layer - 4])


def reach_of(alpha: Tensor, layer: int, rest: Tensor, *, head: float, ends: Tensor) -> float:
    """How far the layer (alpha h w; rest 18 2) goes beyond the box of its joints' nearest one, in pixels. head: the
    head's radius; ends: 2 2, the layer's, as of edges.cut_beside."""
    y, x = torch.nonzero(alpha > 0.02, as_tuple=True)
    if not len(y):
        return 0.0
    points = rest[joints_of(layer)]
    if layer == HEAD:  # it turns about the middle of the face
        points = points[1:].mean(0, keepdim=True)
    segments = list(pairwise(points)) if layer >= 2 else [(p, p) for p in points]
    places = torch.stack([x, y], -1).float()
    distances = []
    for first, last in segments:
        bone = last - first
        share = ((places - first) @ bone / (bone @ bone).clamp(min=1e-2)).clamp(0, 1)
        distances.append((places - first - share[:, None] * bone).norm(dim=-1))
    nearest = torch.stack(distances).amin(0)
    if layer in (*ARM_LAYERS, *LEG_LAYERS):  # what lies within a bend fans out when the limb is stretched
        upper, middle, lower = torch.view_as_complex(points.contiguous())
        offset = torch.view_as_complex(places) - middle
        opening = ((upper - middle) * (lower - middle).conj()).angle().abs()
        angles = torch.stack([(offset * (end - middle).conj()).angle().abs() for end in (upper, lower)])
        fans = (angles.amax(0) < opening) & ((angles.amin(0) > RIGID) | (opening < 2 * RIGID))
        nearest = torch.where(fans, offset.abs(), nearest)
    beyond = BEYOND * head if ends[:, 0].isfinite().any() else 0.0
    return float(nearest.max()) + beyond + (ASIDE * head if layer == HEAD else 0.0)


def boxes_of(
    layer: int, stance: Stance, *, reach: float, size: tuple[int, int]
) -> tuple[list[int], list[int], int, int]:
    """Where a layer can be in frames of a height and width: left and top of boxes of one size, and their columns and
    rows. reach: as of reach_of; 0 for a layer that is empty."""
    if not reach:
        return [], [], 0, 0
    height, width = size
    reach = reach * float(stance.scale.max()) + 2
    points = torch.view_as_real(stance.joints[:, joints_of(layer)])
    limit = points.new_tensor([width, height])
    low = (points.amin(1) - reach).floor().clamp(min=0).minimum(limit)
    high = (points.amax(1) + reach).ceil().add(1).clamp(min=0).minimum(limit)
    extent = (high - low).clamp(min=0).amax(0)
    (left, top), (columns, rows) = low.minimum(limit - extent).long().T.tolist(), extent.long().tolist()
    return left, top, columns, rows
