"""Parts: the layers the puppet is made of, what is hidden of them filled in. Nothing learned.

Notation: l layers (LAYERS), h w rows and columns of the picture.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.bones import HEAD, TORSO, Bones, below_hips, cell_centres, limb_coordinates
from animate.cutout import blur, close, fill_smoothly, grow
from animate.likeness import alike_in_rows
from animate.matte import find_matte
from animate.nearest import fill_sideways
from animate.owners import ARM_LAYERS, BONES_OF, LEG_LAYERS, LIMB_LAYERS
from animate.skirt import find_skirt

LAYERS = ("head", "torso", "right arm", "left arm", "right leg", "left leg", "pelvis", "skirt")
PELVIS, SKIRT = 6, 7
IN_FRONT = {0: (2, 3), 1: (0, 2, 3), 4: (1, 2, 3), 5: (1, 2, 3)}  # layer: what may hide a piece of it


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
    covering = hard[list(ARM_LAYERS)].amax(0, keepdim=True)  # and arms cast shadows
    layers = []
    for layer in range(len(BONES_OF)):
        seen = own[layer]
        shown, yielding, allowed = seen, torch.zeros_like(seen), torch.zeros_like(seen)
        # where two limbs meet their colours are mixed: they are taken from further inside
        paint, outwards = seen, bones.start[0, BONES_OF[layer][0]] - bones.end[0, TORSO]
        others = torch.cat([hard[:layer], hard[layer + 1 :]]).amax(0, keepdim=True)
        if layer == HEAD:  # head and body go on in each other
            paint = seen * (1 - grow(hard[list(LIMB_LAYERS)].amax(0, keepdim=True), rim)[0])
        elif layer not in own_colours:
            paint = seen * (1 - grow(others, rim)[0]) * (1 - grow(covering, 2 * rim)[0])
        if layer in IN_FRONT:
            in_front = own[list(IN_FRONT[layer])].sum(0).clamp(0, 1)
            arms = own[list(ARM_LAYERS)].sum(0)
            hidden = close(seen[None], 0.2 * torso)[0] * in_front
            if layer == TORSO:
                hidden = torch.maximum(hidden, ((1 - trunk) * 25).clamp(0, 1) * arms)
                if HEAD in roots:  # at the neck body and head go on in each other
                    paint = torch.maximum(paint, _disc(places, *roots[HEAD]) * alpha[0] * (1 - arms))
                for mirrored in (False, True):
                    hidden = hidden * _within_side(hard[TORSO], alpha[0], mirrored, margin=rim)
                whole = (seen + hidden).clamp(0, 1)  # without the shards that stick out beside it
                hidden = (whole.minimum(close(whole[None], -0.07 * torso)[0].maximum(seen)) - seen).clamp(0, 1)
                under = grow((seen > 0.5).float()[None], 2 * rim)[0] * own[HEAD]  # lest light falls between them
                hidden = torch.maximum(hidden, under)
            elif layer in LEG_LAYERS:
                hidden = torch.maximum(hidden, ((1 - distance[BONES_OF[layer][0]]) * 25).clamp(0, 1) * arms)
                hidden = hidden * _within_side(hard[layer], alpha[0], bool(outwards[0] < 0), margin=rim, ends=True)
            shown = shown + hidden
        source = paint * (paint > 0.5) * (1 - grow(others, 3 * rim)[0])  # and no trace of them spreads
        if layer in roots:
            centre, radius = roots[layer]
            disc = _disc(places, centre, radius)
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
                if float(outwards.norm()) > 0.05 * torso:  # its corner would swing out below the crotch
                    allowed = allowed * ((places - bones.end[0, TORSO]) @ (outwards / outwards.norm()) + 0.5).clamp(
                        0, 1
                    )
            else:
                core = grow((seen > 0.5).float()[None], rim)
                yielding = (1 - blur(core, 0.03 * torso)[0] * 2).clamp(0, 1)
            shown = torch.maximum(shown, allowed)
            if layer == HEAD:
                paint = torch.maximum(paint, allowed)
        if layer == TORSO:  # clothes are more alike along a row than down the body, and sleeves like what they hide
            sleeves = (shown - seen).clamp(min=0) * arms * (1 - grow(seen[None], rim)[0])
            cloth = alike_in_rows(colours, source[None], sleeves[None], reach=0.08 * torso)[0] * sleeves
            paint, source = paint.maximum(cloth), source.maximum((cloth > 0.9).float())
            fill = fill_sideways(colours, source[None], sigma=0.03 * torso)
        else:
            fill = fill_smoothly(colours[None], source[None, None])[0]
        if layer in LIMB_LAYERS and layer in roots:  # what is worn where it hangs, but no bow and no hair
            unlike = (colours - fill).abs().amax(0, keepdim=True)
            if layer in LEG_LAYERS:
                strange = grow((unlike - 0.15).div(0.06).clamp(0, 1), rim).maximum(grow(covering, 2 * rim))
            else:
                strange = (unlike - 0.255).div(0.15).clamp(0, 1)
            paint = torch.maximum(paint, allowed * (1 - strange[0]))
        if layer in ARM_LAYERS:
            own_colours[layer] = torch.where(allowed > seen, colours, own_colours.get(layer, colours))
        sure = (paint / alpha[0].clamp(min=1e-3)).clamp(0, 1)
        colour = own_colours.get(layer, colours) * sure + fill * (1 - sure)
        shown = shown.clamp(0, 1)
        layers.append(torch.cat([colour * shown, shown[None], (shown * yielding)[None]]))
        layers[-1] = layers[-1] * _joined(layers[-1][3], (distance[list(BONES_OF[layer])].amin(0) < 0.5) & (seen > 0.5))
    pelvis = _pelvis(colours, alpha, owner, bones, along[TORSO], across[TORSO], rim=rim)
    return torch.stack([*layers, pelvis, _skirt(colours, alpha, owner, bones, places, above_hem=above_hem)])


def _within_side(seen: Tensor, alpha: Tensor, mirrored: bool, *, margin: int, ends: bool = False) -> Tensor:
    """h w, 1 but for what sticks out at the right side, or mirrored at the left: where a part (seen, h w) ends at the
    background, above and below an arm that hides its side, that goes on straight behind it.

    alpha: h w; margin: pixels; ends: whether it goes straight on, up and down, where it is seen on one side of the arm.
    """
    height, width = seen.shape
    body, open_air = (t.numpy()[:, ::-1] if mirrored else t.numpy() for t in (seen > 0.5, alpha < 0.5))
    last = width - 1 - body[:, ::-1].argmax(1)
    beside = (last + 2 * margin + 1).clip(max=width - 1)
    known = body.any(1) & open_air[np.arange(height), beside]
    known = cv2.erode(known.astype(np.uint8)[:, None], np.ones((2 * margin + 1, 1), np.uint8))[:, 0] > 0
    rows = np.flatnonzero(known)
    if len(rows) < 2:
        return torch.ones_like(seen)
    limit = np.interp(np.arange(height), rows, last[rows], *((None, None) if ends else (width, width))) + margin
    within = (np.arange(width)[None] <= limit[:, None]).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(within[:, ::-1] if mirrored else within))


def _disc(places: Tensor, centre: Tensor, radius: float) -> Tensor:
    """h w, 1 within the radius; places: h w 2."""
    return (radius + 0.5 - (places - centre).norm(dim=-1)).clamp(0, 1)


def _joined(shown: Tensor, core: Tensor) -> Tensor:
    """h w, 1 where a layer (h w) hangs together with its core (h w bool); what does not would fly about alone."""
    _, found = cv2.connectedComponents((shown > 0.02).to(torch.uint8).cpu().numpy(), connectivity=4)
    labels = torch.from_numpy(found).long().to(shown.device)
    joined = torch.zeros(int(labels.max()) + 1, device=shown.device)
    joined[labels[core & (labels > 0)]] = 1
    return joined[labels] if joined.any() else torch.ones_like(shown)


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
    shown = shown * close(shown[None], -0.05 * torso)[0]  # no spikes beside a gap between the legs
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
        share = ((share - 0.5) * 2 + 0.5).clamp(0, 1)  # no mist where cloth meets cloth
        refined[layer] = torch.where(meeting[0] > 0.5, share[0], owner[layer])
        unmixed = torch.where(meeting > 0.5, unmixed, colours)
        inside = grow(arm, -radius) * (1 - grow(rest, 2 * radius))
        if float(inside.sum()) > 0.2 * float(arm.sum()):  # the shadow in the fold is not the sleeve's
            lit = fill_smoothly(colours[None], inside[None])[0]
            darker = ((lit - unmixed).mean(0, keepdim=True) / 0.1 - 0.2).clamp(0, 1) * grow(rest, 2 * radius + 1)
            unmixed = unmixed + (lit - unmixed) * darker
        own_colours[layer] = unmixed
    arms = refined[list(ARM_LAYERS)].sum(0, keepdim=True)
    refined[list(ARM_LAYERS)] /= arms.clamp(min=1)
    others = [layer for layer in range(len(owner)) if layer not in ARM_LAYERS]
    left = refined[others].sum(0, keepdim=True)
    nobody = (left < 1e-3).float()  # only an arm was here: what it loses goes to the torso
    refined[others] = refined[others] / left.clamp(min=1e-3) * (1 - arms).clamp(0, 1) * (1 - nobody)
    refined[TORSO] += nobody[0] * (1 - arms[0]).clamp(0, 1)
    return refined, own_colours
