"""Parts: which limb each pixel of the character belongs to, and the layers the puppet is made of.

Notation: l layers (LAYERS), h w rows and columns of the picture.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.bones import FACE, HEAD, TORSO, Bones, below_hips, cell_centres, hull_distance, limb_coordinates, mark_ends
from animate.cutout import blur, close, fill_smoothly, find_matte, grow
from animate.skirt import find_skirt

LAYERS = ("head", "torso", "right arm", "left arm", "right leg", "left leg", "pelvis", "skirt")
PELVIS, SKIRT = 6, 7
BONES_OF = ((0,), (1,), (2, 3, 10), (4, 5, 11), (6, 7, 12), (8, 9, 13))  # layer: bones, as in BONES
ARM_LAYERS, LEG_LAYERS = (2, 3), (4, 5)
LIMB_LAYERS = (*ARM_LAYERS, *LEG_LAYERS)
IN_FRONT = {0: (2, 3), 1: (0, 2, 3), 4: (1, 2, 3), 5: (1, 2, 3)}  # layer: what may hide a piece of it
WORKING_SIDE = 200  # pixels of the longer side at which pixels are given to limbs
EDGE = 110.0  # what a step across a colour edge costs: so many pixels for a difference of 1
FAR = 1e6


def own_pixels(picture: Tensor, mask: Tensor, joints: Tensor, bones: Bones) -> Tensor:
    """picture 3 h w, mask 1 h w, joints 1 134 3, bones of one frame -> l h w: whose each pixel is, sums to 1.

    Each limb grows from its bone through the mask; edges of colour are hard to cross, and so is what lies far away.
    """
    height, width = mask.shape[-2:]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    grid = (max(4, round(height * scale)), max(4, round(width * scale)))
    colours, inside = (F.interpolate(t[None], grid, mode="area")[0] for t in (picture, mask))
    places = cell_centres(grid, (width, height), device=mask.device)
    along, across, distance = (t[0] for t in limb_coordinates(bones, places))
    for bone in (HEAD,):  # the skull ends above the eyes; the bone goes further
        distance[bone] = torch.where(along[bone] > 1, distance[bone] * 2, distance[bone])
    bare = distance
    ends = distance.cpu().numpy().copy()
    mark_ends(ends, joints[0], bones, size=(width, height))
    distance = torch.from_numpy(ends).to(mask.device)
    near = torch.stack([distance[list(group)].amin(0) for group in BONES_OF])
    near[TORSO] = near[TORSO].minimum(below_hips(bones, along, across))
    seeds = _seeds(along, bare, joints[0], (width, height))
    seeds[TORSO] &= near[list(LIMB_LAYERS)].amin(0) > 0.9
    seeds[TORSO] |= (below_hips(bones, along, across) < 0.7) & (near[list(ARM_LAYERS)].amin(0) > 1.3)
    seeds = seeds & (inside > 0.3)
    reluctance = 1 + 2 * (near - 1).clamp(0, 6)
    reluctance[TORSO] = 1 + 2 * (near[TORSO] - 1).clamp(0, 6)
    reluctance[HEAD] = 1 + 2.5 * (near[HEAD] - 1).clamp(0, 6)
    walked = _walk(seeds, colours, inside[0] > 0.3, reluctance)
    unreached = walked.amin(0, keepdim=True) >= FAR
    walked = torch.where(unreached, near * 50, walked)
    walked = _drop_strips(walked)
    walked = F.interpolate(walked.clamp(max=FAR)[None], (height, width), mode="bilinear", align_corners=False)[0]
    owner = F.one_hot(walked.argmin(0), len(BONES_OF)).permute(2, 0, 1).float()
    soft = blur(owner, max(0.5, 0.4 / scale))
    return soft / soft.sum(0, keepdim=True).clamp(min=1e-6)


def _seeds(along: Tensor, distance: Tensor, joints: Tensor, size: tuple[int, int]) -> Tensor:
    """l h w bool: what surely belongs to each limb. along, distance: b h w."""
    neck = (distance[HEAD] < 0.5) & (along[HEAD] < 0.05) & (along[HEAD] > -0.15)
    face = (distance[HEAD] < 0.6) & (along[HEAD] > 0.15) & (along[HEAD] < 0.7)
    torso = (distance[TORSO] < 0.55) & (along[TORSO] > 0.12) & (along[TORSO] < 0.8)
    limbs = []
    for upper, lower, end in (group for group in BONES_OF if len(group) == 3):
        core = (distance[upper] < 0.3) & (along[upper] > 0.25) | (distance[lower] < 0.4)
        limbs.append(core | (distance[end] < 0.25) & (along[end] > 0) & (along[end] < 0.85))
    outside = hull_distance(joints[list(FACE)], grid=(face.shape[0], face.shape[1]), size=size)
    if outside is not None:
        face = face | torch.from_numpy(outside <= 0).to(face.device)
    arms = limbs[0] | limbs[1]
    return torch.stack([face | neck & ~arms, torso & ~arms & ~face, *(limb & ~face for limb in limbs)])


def _walk(seeds: Tensor, colours: Tensor, inside: Tensor, reluctance: Tensor) -> Tensor:
    """Shortest ways from seeds (l h w) within `inside` (h w), where a step costs its length, its change of colour
    (c h w) and the limb's reluctance (l h w). Returns l h w, FAR where there is no way."""
    walked = torch.where(seeds, 0.0, FAR)
    walked, step = walked.cpu().numpy(), reluctance.cpu().numpy()
    blocked = np.where(inside.cpu().numpy(), 0.0, FAR).astype(np.float32)
    image = colours.permute(1, 2, 0).cpu().numpy()
    for _ in range(3):
        for turns in range(4):  # each time the picture is walked from another side
            _sweep(
                *(
                    np.rot90(a, turns, axes)
                    for a, axes in zip((walked, step, blocked, image), ((1, 2), (1, 2), (0, 1), (0, 1)), strict=True)
                )
            )
    return torch.from_numpy(walked).clamp(max=FAR).to(seeds.device)


def _drop_strips(walked: Tensor) -> Tensor:
    """A thin strip along a neighbour, nearly as near to that neighbour, is the neighbour's. walked: l h w, and back."""
    order = walked.argsort(0)
    nearest, second = walked.gather(0, order[:2])
    dropped = walked.clone()
    for layer in LIMB_LAYERS:
        own = (order[0] == layer).float()[None]
        strip = (own > 0) & (grow(grow(own, -2), 3) == 0) & (second < 1.6 * nearest + 5)[None]
        dropped[layer] = torch.where(strip[0], FAR, dropped[layer])
    return dropped


def _sweep(walked: np.ndarray, step: np.ndarray, blocked: np.ndarray, image: np.ndarray) -> None:
    """Carries shortest ways from each row to the next, in place. walked, step: l h w; blocked: h w; image: h w 3."""
    columns = walked.shape[2]
    for row in range(1, walked.shape[1]):
        best = walked[:, row]
        for shift in (0, -1, 1):
            to = slice(max(0, shift), columns + min(0, shift))
            start = slice(max(0, -shift), columns + min(0, -shift))
            change = np.abs(image[row, to] - image[row - 1, start]).max(-1)
            cost = (1.4142 if shift else 1.0) * step[:, row, to] * (1 + EDGE * np.maximum(change - 0.02, 0))
            best[:, to] = np.minimum(best[:, to], walked[:, row - 1, start] + cost + blocked[row, to])


def cut_layers(
    colours: Tensor, alpha: Tensor, owner: Tensor, bones: Bones, *, roots: dict[int, tuple[Tensor, float]]
) -> Tensor:
    """The character's layers, what is hidden behind others filled in.

    colours 3 h w: the body's own, at its rim too; alpha 1 h w; owner l h w; roots: for layers that hang on the torso,
    where they hang (x, y) and the radius about it that moves with them. Returns l 5 h w: colours premultiplied by
    alpha, alpha, and how much of it gives way where there is already body below, premultiplied as well.
    """
    height, width = alpha.shape[-2:]
    torso = float(bones.torso[0])
    places = cell_centres((height, width), (width, height), device=alpha.device)
    rim = max(1, round(max(height, width) / 250))
    roughly = (owner * alpha > 0.5).float()
    owner, own_colours = _part_arms(colours, owner, alpha, radius=2 * rim)
    skirt = find_skirt(colours, alpha, bones, places)
    above_hem = torch.zeros_like(alpha[0]) if skirt is None else skirt
    own = owner * alpha
    along, across, distance = (t[0] for t in limb_coordinates(bones, places))
    trunk = distance[TORSO].minimum(below_hips(bones, along, across))
    hard = torch.maximum((own > 0.5).float(), roughly)
    layers = []
    for layer in range(len(BONES_OF)):
        seen = own[layer]
        shown, yielding = seen, torch.zeros_like(seen)
        # where two limbs meet their colours are mixed: they are taken from further inside
        paint = seen
        others = torch.cat([hard[:layer], hard[layer + 1 :]]).amax(0, keepdim=True)
        if layer not in own_colours:
            paint = seen * (1 - grow(others, rim)[0])
        if layer in IN_FRONT:
            in_front = own[list(IN_FRONT[layer])].sum(0).clamp(0, 1)
            arms = own[list(ARM_LAYERS)].sum(0)
            hidden = close(seen[None], 0.2 * torso)[0] * in_front
            if layer == TORSO:
                hidden = torch.maximum(hidden, ((1 - trunk) * 25).clamp(0, 1) * arms)
            elif layer in LEG_LAYERS:
                hidden = torch.maximum(hidden, ((1 - distance[BONES_OF[layer][0]]) * 25).clamp(0, 1) * arms)
            shown = shown + hidden
        source = paint * (paint > 0.5) * (1 - grow(others, 3 * rim)[0])  # and no trace of them spreads
        if layer in roots:
            centre, radius = roots[layer]
            disc = (radius + 0.5 - (places - centre).norm(dim=-1)).clamp(0, 1)
            apart = {HEAD: LIMB_LAYERS, **dict.fromkeys(ARM_LAYERS, (HEAD, *LEG_LAYERS))}.get(
                layer, (HEAD, *ARM_LAYERS)
            )
            allowed = disc * alpha[0] * (1 - owner[list(apart)].sum(0))
            if layer in LEG_LAYERS and skirt is not None:  # under the skirt there is a leg like the rest of it
                slim = ((0.75 - distance[list(BONES_OF[layer])].amin(0)) * 8).clamp(0, 1)
                shown, paint = torch.maximum(shown * (1 - skirt), slim * skirt), paint * (1 - skirt)
                source = source * (1 - skirt)
                allowed = torch.zeros_like(shown)
            elif layer in LEG_LAYERS:
                other = owner[LEG_LAYERS[LEG_LAYERS.index(layer) - 1]]
                low = ((places - centre) @ (bones.end - bones.start)[0, TORSO] / torso**2 * 12).clamp(0, 1)
                allowed = allowed * (1 - other * low)
                paint = torch.maximum(paint, allowed)
            else:
                core = grow((seen > 0.5).float()[None], rim)
                yielding = (1 - blur(core, 0.03 * torso)[0] * 2).clamp(0, 1)
            shown = torch.maximum(shown, allowed)
        # clothes are more alike along a row than down the body
        fill = fill_smoothly(colours[None], source[None, None], sideways=layer == TORSO)[0]
        sure = (paint / alpha[0].clamp(min=1e-3)).clamp(0, 1)
        colour = own_colours.get(layer, colours) * sure + fill * (1 - sure)
        shown = shown.clamp(0, 1)
        layers.append(torch.cat([colour * shown, shown[None], (shown * yielding)[None]]))
    pelvis = _pelvis(colours, alpha, owner, bones, along[TORSO], across[TORSO], rim=rim)
    return torch.stack([*layers, pelvis, _skirt(colours, alpha, owner, bones, places, above_hem=above_hem)])


def _skirt(colours: Tensor, alpha: Tensor, owner: Tensor, bones: Bones, places: Tensor, *, above_hem: Tensor) -> Tensor:
    """5 h w: the cloth about both legs, and somewhat of the body above it, which bends with it."""
    arms = owner[list(ARM_LAYERS)].sum(0)
    legs = owner[list(LEG_LAYERS)].sum(0)
    hips = (1 - (places - bones.end[0, TORSO]).norm(dim=-1) / (0.35 * float(bones.torso[0]))).mul(8).clamp(0, 1)
    shown = above_hem * alpha[0] * (legs + owner[TORSO] * hips * (above_hem.amax() > 0)).clamp(0, 1)
    closed = close(shown[None], 0.2 * float(bones.torso[0]))[0]
    shown = torch.maximum(shown, closed * arms * alpha[0] * above_hem)
    source = (shown > 0.5) & (arms < 0.1) & (alpha[0] > 0.9)
    fill = fill_smoothly(colours[None], source.float()[None, None])[0]
    return torch.cat([(colours * (1 - arms) + fill * arms) * shown, shown[None], torch.zeros_like(shown)[None]])


def _pelvis(
    colours: Tensor, alpha: Tensor, owner: Tensor, bones: Bones, along: Tensor, across: Tensor, *, rim: int
) -> Tensor:
    """5 h w: what moves with the torso between the legs and behind them, so that striding legs stay joined."""
    if not bones.seen[0, [6, 8]].any():
        return torch.zeros(5, *alpha.shape[-2:], device=alpha.device)
    torso = float(bones.torso[0])
    depth = (along - 1) * float((bones.end - bones.start)[0, TORSO].norm()) / (0.25 * torso)  # 0 hips, 1 crotch
    half_width = float((bones.start[0, 6] - bones.start[0, 8]).norm()) * 0.55 * (1 - depth.clamp(min=0)) + 0.03 * torso
    shown = ((half_width - across.abs()) / 2).clamp(0, 1) * ((depth > -0.6) & (depth < 1)).float()
    arms = owner[list(ARM_LAYERS)].sum(0)
    fill = fill_smoothly(colours[None], (alpha * (1 - arms) > 0.9).float()[None])[0]
    shown = shown * grow(alpha, -rim)[0]
    return torch.cat([(colours * (1 - arms) + fill * arms) * shown, shown[None], torch.zeros_like(shown)[None]])


def _part_arms(colours: Tensor, owner: Tensor, alpha: Tensor, *, radius: int) -> tuple[Tensor, dict[int, Tensor]]:
    """Where an arm lies before the body its rim follows the colours, as the body's rim before the background does.

    Returns the owners l h w anew, and the arms' own colours, 3 h w each.
    """
    own_colours = {}
    refined = owner.clone()
    for layer in ARM_LAYERS:
        arm = (owner[layer] * alpha > 0.5).float()
        rest = ((owner.sum(0) - owner[layer]) * alpha[0] > 0.5).float()[None]
        if not arm.any() or not rest.any():
            continue
        share, unmixed = find_matte(colours, arm, radius=radius, doubt=0.08)
        meeting = grow(rest, radius + 1) * alpha
        refined[layer] = torch.where(meeting[0] > 0.5, share[0], owner[layer])
        own_colours[layer] = torch.where(meeting > 0.5, unmixed, colours)
    arms = refined[list(ARM_LAYERS)].sum(0, keepdim=True)
    refined[list(ARM_LAYERS)] /= arms.clamp(min=1)
    others = [layer for layer in range(len(owner)) if layer not in ARM_LAYERS]
    left = refined[others].sum(0, keepdim=True)
    nobody = (left < 1e-3).float()  # only an arm was here: what it loses goes to the torso
    refined[others] = refined[others] / left.clamp(min=1e-3) * (1 - arms).clamp(0, 1) * (1 - nobody)
    refined[TORSO] += nobody[0] * (1 - arms[0]).clamp(0, 1)
    return refined, own_colours
