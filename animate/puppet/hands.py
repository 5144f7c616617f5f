"""Hands: one that the picture hides, in a pocket or behind the other, is made from the other; what shows between
fingers is not of the hand. Nothing learned."""

import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.bones import ARMS, HANDS, Bones, cell_centres, limb_coordinates
from animate.puppet.covers import HIDDEN
from animate.puppet.owners import ARM_LAYERS, BONES_OF

SHOWN = 0.6  # mean score of its points from which a hand is shown
SMALLER = 0.6  # as much of the other as a hand has to be, lest it counts as hidden, unless it looks like its sleeve
REACH = 2.0  # breadths of a hand, beyond which nothing is of it
BETWEEN = (0.3, 0.1)  # by which a colour differs from a hand's, and not from what lies behind, that shows through it
FOREARMS, HAND_BONES = zip(*(BONES_OF[layer][1:] for layer in ARM_LAYERS), strict=True)


def lend_hands(layers: Tensor, pose: Tensor, bones: Bones) -> tuple[Tensor, Tensor]:
    """layers: l 5 h w, of cut_layers; pose: 134 3; bones of one frame -> layers and pose, a hidden hand being the
    mirror image of the shown one."""
    scores = [float(pose[list(points), 2].mean()) for points in HANDS]
    sides = [(a, b) for a, b in ((0, 1), (1, 0)) if scores[a] <= HIDDEN and scores[b] >= SHOWN]
    if not sides or not bones.seen[0, list(HAND_BONES)].all():
        return layers, pose
    places = cell_centres((layers.shape[-2], layers.shape[-1]), (layers.shape[-1], layers.shape[-2]))
    along, _, distance = (t[0] for t in limb_coordinates(bones, places))
    zones = [((distance[bone] < 1) & (along[bone] > 0.1)).float() for bone in HAND_BONES]
    forearms = [((distance[bone] < 0.7) & (along[bone] > 0.3) & (along[bone] < 0.9)).float() for bone in FOREARMS]
    sizes = [float((layers[layer, 3] * zone).sum()) for layer, zone in zip(ARM_LAYERS, zones, strict=True)]
    for hidden, shown in sides:
        mine = layers[ARM_LAYERS[hidden]]
        others = layers[ARM_LAYERS[shown]] * (distance[HAND_BONES[shown]] < REACH)  # an arm may bend to beside its hand
        here, sleeve = _colour(mine, zones[hidden]), _colour(mine, forearms[hidden])
        of_sleeve = (here - sleeve).norm() < 0.5 * (here - _colour(others, zones[shown])).norm()
        if sizes[hidden] > SMALLER * sizes[shown] and not of_sleeve:
            continue
        layers = layers.clone()
        layers[ARM_LAYERS[hidden]] = _lent(mine, others, pose, places, hidden, shown, soft=0.03 * float(bones.torso[0]))
        wrists, ways = _forearms(pose, hidden, shown)
        points = torch.view_as_complex(pose[list(HANDS[shown]), :2].contiguous())
        mirrored = wrists[0] + ((points - wrists[1]) / ways[1]).conj() * ways[0]
        hand = torch.cat([torch.view_as_real(mirrored), pose[list(HANDS[shown]), 2:]], 1)
        pose = pose.index_copy(0, torch.tensor(HANDS[hidden]), hand)
    return layers, pose


def between_fingers(layers: Tensor, along: Tensor, distance: Tensor) -> Tensor:
    """layers: l 5 h w, of cut_layers; along, distance: b h w, of limb_coordinates -> layers, without what hands would
    carry along: what is none of their colour and has that of what lies behind, as a skirt between folded fingers."""
    colours, kept = layers[:, :3] / layers[:, 3:4].clamp(min=1e-3), torch.ones_like(layers[:, :1])
    behind = torch.tensor([layer not in ARM_LAYERS for layer in range(len(layers))])
    unlike_hand, like_behind = BETWEEN
    for layer, bone in zip(ARM_LAYERS, HAND_BONES, strict=True):
        zone = ((distance[bone] < 1.3) & (along[bone] > 0)).float()
        hand = _colour(layers[layer], zone)
        if not hand.isfinite().all():
            continue
        unlike = (colours[layer] - hand[:, None, None]).abs().amax(0)
        apart = (colours[behind] - colours[layer]).abs().amax(1)
        alike = ((2 - apart / like_behind).clamp(0, 1) * (layers[behind, 3] > 0.9)).amax(0)
        shows = ((unlike - unlike_hand) * 10).clamp(0, 1) * alike * zone
        kept[layer] = 1 - F.max_pool2d(shows[None], 3, 1, 1)  # and their mixed rim
    return layers * kept


def _colour(layer: Tensor, zone: Tensor) -> Tensor:
    """3: the median colour of a layer, 5 h w, in a zone, h w; without end where nothing of it is there."""
    colours = layer[:3, (layer[3] * zone) > 0.9]
    return colours.median(1).values if colours.shape[1] else torch.full((3,), torch.inf)


def _lent(
    mine: Tensor, others: Tensor, pose: Tensor, places: Tensor, hidden: int, shown: int, *, soft: float
) -> Tensor:
    """5 h w: the arm up to its wrist, then the other's hand. mine, others: 5 h w, the arm and the other hand; soft:
    pixels in which they pass into each other."""
    wrists, ways = _forearms(pose, hidden, shown)
    offset = (torch.view_as_complex(places.contiguous()) - wrists[0]) / ways[0]  # real: along the forearm
    source = torch.view_as_real(wrists[1] + offset.conj() * ways[1])
    height, width = mine.shape[-2:]
    grid = (source + 0.5) * 2 / source.new_tensor([width, height]) - 1
    hand = F.grid_sample(others[None], grid[None], mode="bilinear", align_corners=False)[0]
    share = (offset.real / soft).clamp(0, 1)
    return mine + (hand - mine) * share


def _forearms(pose: Tensor, *sides: int) -> tuple[list[Tensor], list[Tensor]]:
    """Of some arms the wrists, complex, and the ways to them from the elbows, of length 1. pose: 134 3."""
    ends = [torch.view_as_complex(pose[list(ARMS[side][1:]), :2].contiguous()) for side in sides]
    return [wrist for _, wrist in ends], [(end - start) / (end - start).abs().clamp(min=1e-2) for start, end in ends]
