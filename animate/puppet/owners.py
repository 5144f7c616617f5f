"""Owners: which limb each pixel of the character belongs to. Nothing learned.

Notation: l layers that own pixels (those of BONES_OF), b bones, h w rows and columns of the picture.
"""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.bones import (
    FACE,
    HEAD,
    TORSO,
    Bones,
    below_hips,
    cell_centres,
    hangs,
    hull_distance,
    limb_coordinates,
    mark_ends,
)
from animate.puppet.covers import BESIDE, covered, skin_of
from animate.puppet.cutout import blur
from animate.puppet.ink import DARKER, Ink, follow_lines, without_grain
from animate.puppet.ways import FAR, settle, walk

BONES_OF = ((0,), (1,), (2, 3, 10), (4, 5, 11), (6, 7, 12), (8, 9, 13))  # layer: bones, as in BONES
ARM_LAYERS, LEG_LAYERS = (2, 3), (4, 5)
LIMB_LAYERS = (*ARM_LAYERS, *LEG_LAYERS)
WORKING_SIDE = 200  # pixels of the longer side at which pixels are given to limbs
ABOVE_HIPS = 80.0  # what a step costs a leg the more, for each torso's length above the hips
UPPER_ARMS = tuple(BONES_OF[layer][0] for layer in ARM_LAYERS)
SLEEVE = 0.35  # share of an upper arm from which its sleeve is seen
COVERED = 50.0  # what a step costs an arm the more where cloth of the body covers it
HEM = 0.5  # share of a thigh down to which bellies and jackets hang before it
FRONT = (2, 3, 0, 1, 4, 5)  # layers, front to back
INKED = 4.0  # how much more a line parts than an edge of colour as dark
OFF = 2.5  # pixels of the working grid by which a border may be beside its line
MARGIN = 1.1  # that a sleeve may be wider on its hidden side
ALIKE, UNLIKE = 0.08, 0.25  # colours nearer are of one sleeve, colours further apart are not


def own_pixels(picture: Tensor, mask: Tensor, joints: Tensor, bones: Bones, ink: Ink) -> Tensor:
    """picture 3 h w, mask 1 h w, joints 1 134 3, bones of one frame, ink of the picture -> l h w: whose each pixel is,
    sums to 1.

    Each limb grows from its bone through the mask; lines and edges of colour are hard to cross, and so is what lies
    far away.
    """
    height, width = mask.shape[-2:]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    grid = (max(4, round(height * scale)), max(4, round(width * scale)))
    colours, inside = (F.interpolate(t[None], grid, mode="area")[0] for t in (picture, mask))
    colours = without_grain(colours)
    places = cell_centres(grid, (width, height))
    bones = _as_wide_as_seen(bones, inside[0] > 0.5, scale)
    along, across, distance = (t[0] for t in limb_coordinates(bones, places))
    distance[HEAD] *= 1 + (along[HEAD] > 1)  # the skull ends above the eyes; the bone goes further
    bare = distance
    ends = distance.numpy().copy()
    mark_ends(ends, joints[0], bones, size=(width, height))
    distance = torch.from_numpy(ends)
    near = torch.stack([distance[list(group)].amin(0) for group in BONES_OF])
    near[TORSO] = near[TORSO].minimum(below_hips(bones, along, across))
    unlike = _unlike_bone(colours, bones, along, places, scale)
    arms = [bone for layer in ARM_LAYERS for bone in BONES_OF[layer]]
    of_sleeve = ((unlike < ALIKE) & (bare < 1.5))[arms].any(0)
    bare, nearness = bare + 99.0 * (unlike > UNLIKE), bare
    # a head broader than its neck does not reach for the shoulders
    bare[HEAD] *= torch.where(along[HEAD] < 0.1, (bones.radius[0, HEAD] / (0.3 * bones.torso[0])).clamp(min=1), 1.0)
    lines = F.adaptive_max_pool2d(ink.lines[None], grid)[0]
    seeds = _seeds(along, bare, joints[0], (width, height))
    cloth, skin = seeds[[TORSO, *LEG_LAYERS]].any(0), skin_of(colours, joints[0], (width, height))
    covers, reach = torch.zeros_like(seeds), round(BESIDE * scale * float(bones.torso[0]))
    for arm, layer in enumerate(ARM_LAYERS):
        before, covers[layer] = covered(
            colours, along, nearness, joints[0], arm, cloth, skin, bones=BONES_OF[layer], reach=reach
        )
        seeds[layer] &= ~before
        of_sleeve &= ~before
    if ink.outlined:
        seeds &= ~_above_hems(along, across, bare, lines[0])
    seeds |= _caps(colours, along, nearness, seeds[TORSO])
    seeds[TORSO] &= (near[list(LIMB_LAYERS)].amin(0) > 0.9) & ~of_sleeve
    seeds[TORSO] |= (below_hips(bones, along, across) < 0.7) & (near[list(ARM_LAYERS)].amin(0) > 1.3)
    seeds = seeds & (inside > 0.3)
    reluctance = 1 + 2 * (near - 1).clamp(0, 6)
    reluctance += COVERED * covers
    reluctance[HEAD] = 1 + 2.5 * (near[HEAD] - 1).clamp(0, 6)
    for layer in LEG_LAYERS:  # above the hips only raised legs are
        reluctance[layer] += ABOVE_HIPS * ((0.9 - along[TORSO]).clamp(0, 0.3)) * hangs(bones, BONES_OF[layer][0])
    hair = _hair(colours, inside[0] > 0.5, bare[HEAD] < 1.2, along[HEAD], seeds)
    reluctance[HEAD] = torch.where(hair, 1 + 0.2 * (near[HEAD] - 1).clamp(0, 6), reluctance[HEAD])
    reluctance[TORSO:] *= 1 + 3 * hair  # it hangs before them
    seeds[TORSO:] &= ~hair
    walked = walk(seeds, torch.cat([colours, INKED * lines]), inside[0] > 0.3, reluctance)
    unreached = walked.amin(0, keepdim=True) >= FAR
    walked = torch.where(unreached, near * 50, walked)
    walked = settle(walked, seeds, inside[0] > 0.3)
    return _at_full_size(walked, mask[0] > 0.5, ink, scale)


def _at_full_size(walked: Tensor, inside: Tensor, ink: Ink, scale: float) -> Tensor:
    """l h w: whose each pixel is, borders soft. walked: l h w of the working grid, at `scale` of the picture; inside:
    h w bool, of the picture."""
    size = inside.shape[-2:]
    walked = F.interpolate(walked.clamp(max=FAR)[None], size, mode="bilinear", align_corners=False)[0]
    owner = F.one_hot(walked.argmin(0), len(BONES_OF)).permute(2, 0, 1).float()
    smooth = blur(owner, 0.8 / scale).argmax(0)  # without the steps of the working grid
    owner = F.one_hot(smooth, len(BONES_OF)).permute(2, 0, 1).float()
    if ink.outlined:
        owner = follow_lines(owner, ink, inside, reach=round(OFF / scale), front=FRONT)
    soft = blur(owner, max(0.5, 0.4 / scale))
    return soft / soft.sum(0, keepdim=True).clamp(min=1e-6)


def _as_wide_as_seen(bones: Bones, inside: Tensor, scale: float) -> Bones:
    """The bones of one frame, arms as wide as on their free sides, where they end at the background. inside: h w bool,
    at `scale` of the picture."""
    radius = bones.radius.clone()
    for bone in (bone for layer in ARM_LAYERS for bone in BONES_OF[layer][:2] if bones.seen[0, bone]):
        start, way, usual = bones.start[0, bone], (bones.end - bones.start)[0, bone], float(radius[0, bone])
        normal = torch.stack([-way[1], way[0]]) / way.norm().clamp(min=1e-2)
        places = start + torch.linspace(0.15, 0.9, 9)[:, None] * way
        steps = torch.arange(0, 2 * usual, 0.5 / scale)
        widths = []
        for side in (normal, -normal):
            x, y = (((places[:, None] + steps[:, None] * side + 0.5) * scale - 0.5).round().long()).unbind(-1)
            within = (x >= 0) & (x < inside.shape[1]) & (y >= 0) & (y < inside.shape[0])
            body = ~within | inside[y.clamp(0, inside.shape[0] - 1), x.clamp(0, inside.shape[1] - 1)]
            wide = body.cumprod(1).sum(1) * (0.5 / scale)
            widths += wide[body[:, 0] & (wide < 1.7 * usual)].tolist()
        if len(widths) >= 4:
            radius[0, bone] = min(1.3, max(0.5, MARGIN * sorted(widths)[len(widths) // 2] / usual)) * usual
    return replace(bones, radius=radius)


def _seeds(along: Tensor, distance: Tensor, joints: Tensor, size: tuple[int, int]) -> Tensor:
    """l h w bool: what surely belongs to each limb. along, distance: b h w."""
    neck = (distance[HEAD] < 0.5) & (along[HEAD] < 0.05) & (along[HEAD] > -0.15)
    face = (distance[HEAD] < 0.6) & (along[HEAD] > 0.15) & (along[HEAD] < 0.7)
    torso = (distance[TORSO] < 0.55) & (along[TORSO] > 0.12) & (along[TORSO] < 0.8)
    torso = torso | (distance[TORSO] < 0.3) & (along[TORSO] > 0.02) & (along[TORSO] < 0.8)
    limbs = []
    for upper, lower, end in (group for group in BONES_OF if len(group) == 3):
        core = (distance[upper] < 0.3) & (along[upper] > (SLEEVE if upper in UPPER_ARMS else 0.25)) | (
            distance[lower] < 0.4
        )
        limbs.append(core | (distance[end] < 0.25) & (along[end] > 0) & (along[end] < 0.85))
    outside = hull_distance(joints[list(FACE)], grid=(face.shape[0], face.shape[1]), size=size)
    if outside is not None:
        face = face | torch.from_numpy(outside <= 0)
    arms = limbs[0] | limbs[1]
    return torch.stack([face | neck & ~arms, torso & ~arms & ~face, *(limb & ~face for limb in limbs)])


def _above_hems(along: Tensor, across: Tensor, distance: Tensor, lines: Tensor) -> Tensor:
    """l h w bool: the tops of legs that a drawn line ends, as of bellies and jackets, which hang before them.

    along, across, distance: b h w; lines: h w, how dark they are.
    """
    above = torch.zeros(len(BONES_OF), *lines.shape, dtype=torch.bool)
    for layer in LEG_LAYERS:
        thigh, *below = BONES_OF[layer]
        top = (distance[thigh] < 0.4) & (along[thigh] > 0.05) & (along[thigh] < HEM)
        hem = top & (lines > DARKER)
        if hem.any() and _spread(across[thigh][hem]) > 0.7 * _spread(across[thigh][top]):
            above[layer] = (along[thigh] < along[thigh][hem].max()) & (distance[below[0]] > 1)
    return above


def _spread(values: Tensor) -> Tensor:
    return values.max() - values.min()


def _caps(colours: Tensor, along: Tensor, distance: Tensor, torso: Tensor) -> Tensor:
    """l h w bool: the shoulders whose colour is none of the torso's, as bare ones, puffed sleeves and joints of robots
    are: they go with the arms. colours c h w; along, distance: b h w; torso h w bool, what surely belongs to it."""
    caps = torch.zeros(len(BONES_OF), *torso.shape, dtype=torch.bool)
    worn = colours[:, torso]
    for layer in ARM_LAYERS:
        upper = BONES_OF[layer][0]
        cap = (distance[upper] < 0.5) & (along[upper] > -0.2) & (along[upper] < SLEEVE)
        if not worn.numel() or not cap.any():
            continue
        apart = (colours[:, cap].T[:, None] - worn.T[None, :: max(1, len(worn.T) // 64)]).abs().amax(-1)
        caps[layer, cap] = (apart > UNLIKE).float().mean(1) > 0.9
    return caps


def _hair(colours: Tensor, inside: Tensor, on_head: Tensor, along: Tensor, seeds: Tensor) -> Tensor:
    """h w bool: what has the colour of the hair, wherever it hangs; nothing where clothes or skin have it too.

    colours 3 h w; inside, on_head h w bool; along h w, of the head; seeds l h w bool.
    """
    crown = inside & on_head & (along > 0.8) & (along < 1.1)
    if crown.sum() < 4:
        return torch.zeros_like(inside)
    hair = colours[:, crown].median(1).values
    for seed in seeds:
        face_or_cloth = colours[:, seed & ~crown]
        if face_or_cloth.numel() and (face_or_cloth.median(1).values - hair).abs().amax() < UNLIKE:
            return torch.zeros_like(inside)
    return (colours - hair[:, None, None]).abs().amax(0) < 2 * ALIKE


def _unlike_bone(colours: Tensor, bones: Bones, along: Tensor, places: Tensor, scale: float) -> Tensor:
    """b h w: how far the colour is from that on the limb's bone next to it: what is far may lie behind it."""
    height, width = colours.shape[-2:]
    image, unlike = colours.permute(1, 2, 0), torch.zeros_like(along)
    for bone in (bone for group in BONES_OF if len(group) == 3 for bone in group):
        start, end = bones.start[0, bone], bones.end[0, bone]
        first = SLEEVE if bone in UPPER_ARMS else 0.0  # at the shoulder it lies on whatever the body wears
        nearest = (start + along[bone].clamp(first, 1)[..., None] * (end - start) + 0.5) * scale - 0.5
        x, y = nearest.round().long().unbind(-1)
        on_bone = image[y.clamp(0, height - 1), x.clamp(0, width - 1)]
        unlike[bone] = (image - on_bone).abs().amax(-1)
    return unlike
