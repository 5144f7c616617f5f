"""Parts: which limb each pixel of the character belongs to, and the layers the puppet is made of.

Notation: l layers (LAYERS), h w rows and columns of the picture.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.bones import FACE, HEAD, TORSO, Bones, cell_centres, hull_distance, limb_coordinates, mark_ends
from animate.cutout import blur, fill_smoothly, grow

LAYERS = ("head", "torso", "right arm", "left arm", "right leg", "left leg")
BONES_OF = ((0,), (1,), (2, 3, 10), (4, 5, 11), (6, 7, 12), (8, 9, 13))  # layer: bones, as in BONES
ARM_LAYERS, LEG_LAYERS = (2, 3), (4, 5)
IN_FRONT = {0: (2, 3), 1: (0, 2, 3), 4: (1, 2, 3), 5: (1, 2, 3)}  # layer: what may hide a piece of it
WORKING_SIDE = 200  # pixels of the longer side at which pixels are given to limbs
EDGE = 60.0  # what a step across a colour edge costs: so many pixels for a difference of 1
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
    along, _, distance = (t[0] for t in limb_coordinates(bones, places))
    for bone in (HEAD,):  # the skull ends above the eyes; the bone goes further
        distance[bone] = torch.where(along[bone] > 1, distance[bone] * 2, distance[bone])
    ends = distance.cpu().numpy()
    mark_ends(ends, joints[0], bones, size=(width, height))
    distance = torch.from_numpy(ends).to(mask.device)
    near = torch.stack([distance[list(group)].amin(0) for group in BONES_OF])
    seeds = _seeds(along, distance, joints[0], (width, height)) & (inside > 0.3)
    reluctance = 1 + 2.5 * (near - 1).clamp(0, 6)
    reluctance[1] = 1 + 1.0 * (near[1] - 1).clamp(0, 6)
    walked = _walk(seeds, colours, inside[0] > 0.3, reluctance)
    unreached = walked.amin(0, keepdim=True) >= FAR
    walked = torch.where(unreached, near * 50, walked)
    walked = F.interpolate(walked.clamp(max=FAR)[None], (height, width), mode="bilinear", align_corners=False)[0]
    owner = F.one_hot(walked.argmin(0), len(LAYERS)).permute(2, 0, 1).float()
    soft = blur(owner, max(0.5, 0.4 / scale))
    return soft / soft.sum(0, keepdim=True).clamp(min=1e-6)


def _seeds(along: Tensor, distance: Tensor, joints: Tensor, size: tuple[int, int]) -> Tensor:
    """l h w bool: what surely belongs to each limb. along, distance: b h w."""
    neck = (distance[HEAD] < 0.5) & (along[HEAD] < -0.05) & (along[HEAD] > -0.35)
    face = (distance[HEAD] < 0.6) & (along[HEAD] > 0.15) & (along[HEAD] < 0.7)
    torso = (distance[TORSO] < 0.55) & (along[TORSO] > 0.12) & (along[TORSO] < 0.8)
    limbs = []
    for upper, lower, end in (group for group in BONES_OF if len(group) == 3):
        core = (distance[upper] < 0.3) & (along[upper] > 0.25) | (distance[lower] < 0.4)
        limbs.append(core | (distance[end] < 0.4) & (along[end] > 0))
    outside = hull_distance(joints[list(FACE)], grid=(face.shape[0], face.shape[1]), size=size)
    if outside is not None:
        face = face | torch.from_numpy(outside <= 0).to(face.device)
    arms = limbs[0] | limbs[1]
    return torch.stack([face, (torso & ~arms | neck) & ~face, *(limb & ~face for limb in limbs)])


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
    picture: Tensor,
    colours: Tensor,
    alpha: Tensor,
    owner: Tensor,
    bones: Bones,
    *,
    roots: dict[int, tuple[Tensor, float]],
) -> Tensor:
    """The character's layers, what is hidden behind others filled in.

    picture 3 h w; colours 3 h w: the body's own at its rim; alpha 1 h w; owner l h w; roots: for arms and legs, where
    they hang (x, y) and the radius about it that moves with them. Returns l 4 h w, colours premultiplied by alpha.
    """
    height, width = alpha.shape[-2:]
    torso = float(bones.torso[0])
    places = cell_centres((height, width), (width, height), device=alpha.device)
    own = owner * alpha
    layers = []
    for layer in range(len(LAYERS)):
        seen = own[layer]
        shown, paint = seen, seen  # how much of the layer there is, and where its colours come from
        if layer in IN_FRONT:
            others = own[list(IN_FRONT[layer])].sum(0).clamp(0, 1)
            reach = round(torso * 0.2)
            closed = grow(grow((seen > 0.5).float()[None], reach), -reach)[0]
            shown = torch.maximum(shown, blur(closed[None], 1.0)[0] * others)
        if layer in roots:
            centre, radius = roots[layer]
            disc = ((places - centre).norm(dim=-1) / radius).sub(1).mul(-4).clamp(0, 1)
            allowed = disc * alpha[0] * (1 - owner[HEAD])
            apart = LEG_LAYERS if layer in ARM_LAYERS else ARM_LAYERS
            allowed = allowed * (1 - owner[list(apart)].sum(0))
            shown, paint = torch.maximum(shown, allowed), torch.maximum(paint, allowed)
        if layer == TORSO and bool(bones.seen[0, HEAD]):
            stub = _neck(bones, places)
            shown = torch.maximum(shown, stub * own[HEAD])
        source = torch.where(paint > 0.5, paint, torch.zeros_like(paint))
        fill = fill_smoothly(colours[None], source[None, None])[0]
        sure = (paint / alpha[0].clamp(min=1e-3)).clamp(0, 1)
        colour = colours * sure + fill * (1 - sure)
        layers.append(torch.cat([colour * shown, shown[None]]))
    return torch.stack(layers)


def _neck(bones: Bones, places: Tensor) -> Tensor:
    """h w: the column between the shoulders and the middle of the head, hidden behind the chin."""
    axis = bones.end[0, HEAD] - bones.start[0, HEAD]
    unit = axis / axis.norm().clamp(min=1e-3)
    offset = places - bones.start[0, HEAD]
    along = (offset * unit).sum(-1) / axis.norm().clamp(min=1e-3)
    across = (offset[..., 0] * unit[1] - offset[..., 1] * unit[0]).abs() / bones.radius[0, HEAD]
    return (((along > -0.35) & (along < 0.25)).float() * ((0.55 - across) * 12).clamp(0, 1)).contiguous()
