"""Parts: the layers the puppet is made of, what is hidden of them filled in. Nothing learned.

Notation: l layers (LAYERS), h w rows and columns of the picture.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.bones import HEAD, TORSO, Bones, below_hips, cell_centres, limb_coordinates
from animate.cutout import blur, close, fill_smoothly, grow
from animate.likeness import alike_in_rows
from animate.lines import joined
from animate.matte import part_arms
from animate.nearest import fill_sideways
from animate.owners import ARM_LAYERS, BONES_OF, LEG_LAYERS, LIMB_LAYERS
from animate.skirt import find_skirt

LAYERS = ("head", "torso", "right arm", "left arm", "right leg", "left leg", "pelvis", "skirt")
PELVIS, SKIRT = 6, 7
IN_FRONT = {0: (2, 3), 1: (0, 2, 3), 4: (1, 2, 3), 5: (1, 2, 3)}  # layer: what may hide a piece of it


@dataclass(frozen=True)
class _Body:
    """A character, of which layers are cut. colours 3 h w; alpha 1 h w; owner l h w: whose each pixel is; own l h w:
    that, times alpha; hard l h w: 1 where that is clear; arm_colours: 3 h w an arm, without what lies beside it; skirt
    h w: above its hem, or None; bones: of one frame, and roots, as of cut_layers; places h w 2; along, across, distance
    b h w: of limb_coordinates; torso: its length, and rim: pixels."""

    colours: Tensor
    alpha: Tensor
    owner: Tensor
    own: Tensor
    hard: Tensor
    arm_colours: Mapping[int, Tensor]
    skirt: Tensor | None
    bones: Bones
    roots: Mapping[int, tuple[Tensor, float]]
    places: Tensor
    along: Tensor
    across: Tensor
    distance: Tensor
    torso: float
    rim: int

    @property
    def arms(self) -> Tensor:
        """h w: what is seen of both."""
        return self.own[list(ARM_LAYERS)].sum(0)

    def about(self, layers: Iterable[int], reach: int) -> Tensor:
        """1 h w: 1 where one of these layers is at most `reach` pixels away."""
        return grow(self.hard[list(layers)].amax(0, keepdim=True), reach)

    def outwards(self, layer: int) -> Tensor:
        """2 (x, y): from the middle of the hips to where a layer begins."""
        return self.bones.start[0, BONES_OF[layer][0]] - self.bones.end[0, TORSO]


def cut_layers(
    colours: Tensor, alpha: Tensor, owner: Tensor, bones: Bones, *, roots: Mapping[int, tuple[Tensor, float]]
) -> Tensor:
    """The character's layers, what is hidden behind others filled in.

    colours 3 h w: the body's own, at its rim too; alpha 1 h w; owner l h w; roots: for layers that hang on the torso,
    where they hang (x, y) and the radius about it that moves with them. Returns l 5 h w: colours premultiplied by
    alpha, alpha, and how much of it gives way where there is already body below, premultiplied as well.
    """
    height, width = alpha.shape[-2:]
    places = cell_centres((height, width), (width, height))
    rim = max(1, round(max(height, width) / 250))
    roughly = (owner * alpha > 0.5).float()
    owner, arm_colours = part_arms(colours, owner, alpha, radius=2 * rim)
    own = owner * alpha
    hard = torch.maximum((own > 0.5).float(), roughly)
    skirt = find_skirt(colours, alpha, bones, places)
    along, across, distance = (t[0] for t in limb_coordinates(bones, places))
    torso = float(bones.torso[0])
    body = _Body(
        colours, alpha, owner, own, hard, arm_colours, skirt, bones, roots, places, along, across, distance, torso, rim
    )
    return torch.stack([*(_layer(body, layer) for layer in range(len(BONES_OF))), _pelvis(body), _skirt(body)])


def _layer(body: _Body, layer: int) -> Tensor:
    """5 h w: one of those that own pixels."""
    seen, with_it = body.own[layer], _about_root(body, layer)
    shown, paint = seen + _hidden(body, layer), _paint(body, layer)
    others = (other for other in range(len(BONES_OF)) if other != layer)
    source = paint * (paint > 0.5) * (1 - body.about(others, 3 * body.rim)[0])  # and no trace of them spreads
    yielding = torch.zeros_like(seen)
    if layer in LEG_LAYERS and layer in body.roots and body.skirt is not None:  # under it there is a leg like its rest
        slim = ((0.75 - body.distance[list(BONES_OF[layer])].amin(0)) * 8).clamp(0, 1)
        shown, paint = torch.maximum(shown * (1 - body.skirt), slim * body.skirt), paint * (1 - body.skirt)
        source = source * (1 - body.skirt)
    elif layer in body.roots and layer not in LEG_LAYERS:
        core = grow((seen > 0.5).float()[None], body.rim)
        yielding = (1 - blur(core, 0.03 * body.torso)[0] * 2).clamp(0, 1)
    shown = torch.maximum(shown, with_it)
    if layer == HEAD:
        paint = torch.maximum(paint, with_it)
    if layer == TORSO:  # clothes are more alike along a row than down the body, and sleeves like what they hide
        sleeves = (shown - seen).clamp(min=0) * body.arms * (1 - grow(seen[None], body.rim)[0])
        cloth = alike_in_rows(body.colours, source[None], sleeves[None], reach=0.08 * body.torso)[0] * sleeves
        paint, source = paint.maximum(cloth), source.maximum((cloth > 0.9).float())
        fill = fill_sideways(body.colours, source[None], sigma=0.03 * body.torso)
    else:
        fill = fill_smoothly(body.colours[None], source[None, None])[0]
    if layer in LIMB_LAYERS:
        paint = torch.maximum(paint, with_it * (1 - _strange(body, layer, fill)))
    colours = body.arm_colours.get(layer, body.colours)
    if layer in ARM_LAYERS:
        colours = torch.where(with_it > seen, body.colours, colours)
    sure = (paint / body.alpha[0].clamp(min=1e-3)).clamp(0, 1)
    shown = shown.clamp(0, 1)
    cut = torch.cat([(colours * sure + fill * (1 - sure)) * shown, shown[None], (shown * yielding)[None]])
    return cut * _joined(cut[3], (body.distance[list(BONES_OF[layer])].amin(0) < 0.5) & (seen > 0.5))


def _paint(body: _Body, layer: int) -> Tensor:
    """h w: where a layer has its own colours. Where two limbs meet they are mixed: they are taken from further inside,
    and arms cast shadows."""
    seen = body.own[layer]
    if layer == HEAD:  # head and body go on in each other
        return seen * (1 - body.about(LIMB_LAYERS, body.rim)[0])
    if layer not in body.arm_colours:
        others = (other for other in range(len(BONES_OF)) if other != layer)
        seen = seen * (1 - body.about(others, body.rim)[0]) * (1 - body.about(ARM_LAYERS, 2 * body.rim)[0])
    if layer == TORSO and HEAD in body.roots:  # so do they at the neck
        seen = torch.maximum(seen, _disc(body.places, *body.roots[HEAD]) * body.alpha[0] * (1 - body.arms))
    return seen


def _hidden(body: _Body, layer: int) -> Tensor:
    """h w: what there is of a layer behind others."""
    seen = body.own[layer]
    if layer not in IN_FRONT:
        return torch.zeros_like(seen)
    hidden = close(seen[None], 0.2 * body.torso)[0] * body.own[list(IN_FRONT[layer])].sum(0).clamp(0, 1)
    if layer == TORSO:
        trunk = body.distance[TORSO].minimum(below_hips(body.bones, body.along, body.across))
        hidden = torch.maximum(hidden, ((1 - trunk) * 25).clamp(0, 1) * body.arms)
        for mirrored in (False, True):
            hidden = hidden * _within_side(body.hard[TORSO], body.alpha[0], mirrored, margin=body.rim)
        whole = (seen + hidden).clamp(0, 1)  # without the shards that stick out beside it
        hidden = (whole.minimum(close(whole[None], -0.07 * body.torso)[0].maximum(seen)) - seen).clamp(0, 1)
        under = grow((seen > 0.5).float()[None], 2 * body.rim)[0] * body.own[HEAD]  # lest light falls between them
        hidden = torch.maximum(hidden, under)
    elif layer in LEG_LAYERS:
        thigh = ((1 - body.distance[BONES_OF[layer][0]]) * 25).clamp(0, 1)
        hidden = torch.maximum(hidden, thigh * body.arms)
        mirrored = bool(body.outwards(layer)[0] < 0)
        hidden = hidden * _within_side(body.hard[layer], body.alpha[0], mirrored, margin=body.rim, ends=True)
    return hidden


def _about_root(body: _Body, layer: int) -> Tensor:
    """h w: what of the torso moves with a layer that hangs on it."""
    if layer not in body.roots or (layer in LEG_LAYERS and body.skirt is not None):
        return torch.zeros_like(body.own[layer])
    centre, radius = body.roots[layer]
    apart = {HEAD: LIMB_LAYERS, **dict.fromkeys(ARM_LAYERS, (HEAD, *LEG_LAYERS))}.get(layer, (HEAD, *ARM_LAYERS))
    with_it = _disc(body.places, centre, radius) * body.alpha[0] * (1 - body.owner[list(apart)].sum(0))
    if layer not in LEG_LAYERS:
        return with_it
    other = body.owner[LEG_LAYERS[LEG_LAYERS.index(layer) - 1]]
    low = ((body.places - centre) @ (body.bones.end - body.bones.start)[0, TORSO] / body.torso**2 * 12).clamp(0, 1)
    with_it = with_it * (1 - other * low)
    outwards = body.outwards(layer)
    if float(outwards.norm()) > 0.05 * body.torso:  # its corner would swing out below the crotch
        beyond = (body.places - body.bones.end[0, TORSO]) @ (outwards / outwards.norm())
        with_it = with_it * (beyond + 0.5).clamp(0, 1)
    return with_it


def _strange(body: _Body, layer: int, fill: Tensor) -> Tensor:
    """h w: what of the torso about a limb's root is no cloth of the limb, as a bow and hair. fill: 3 h w, its own."""
    unlike = (body.colours - fill).abs().amax(0, keepdim=True)
    if layer in ARM_LAYERS:
        return (unlike - 0.255).div(0.15).clamp(0, 1)[0]
    strange = grow((unlike - 0.15).div(0.06).clamp(0, 1), body.rim)
    return strange.maximum(body.about(ARM_LAYERS, 2 * body.rim))[0]


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
    whole = joined((shown > 0.02).numpy(), core.numpy())
    return torch.from_numpy(whole).float() if whole.any() else torch.ones_like(shown)


def _skirt(body: _Body) -> Tensor:
    """5 h w: the cloth about both legs, and somewhat of the body above it, which bends with it."""
    above_hem = torch.zeros_like(body.alpha[0]) if body.skirt is None else body.skirt
    arms, legs = (body.owner[list(layers)].sum(0) for layers in (ARM_LAYERS, LEG_LAYERS))
    hips = (1 - (body.places - body.bones.end[0, TORSO]).norm(dim=-1) / (0.35 * body.torso)).mul(8).clamp(0, 1)
    shown = above_hem * body.alpha[0] * (legs + body.owner[TORSO] * hips * (above_hem.amax() > 0)).clamp(0, 1)
    closed = close(shown[None], 0.2 * body.torso)[0]
    shown = torch.maximum(shown, closed * arms * body.alpha[0] * above_hem)
    source = (shown > 0.5) & (arms < 0.1) & (body.alpha[0] > 0.9)
    return _cloth(body, shown, source, arms)


def _pelvis(body: _Body) -> Tensor:
    """5 h w: what moves with the torso between the legs and behind them, so that striding legs stay joined."""
    bones, torso = body.bones, body.torso
    if not bones.seen[0, [6, 8]].any():
        return torch.zeros(5, *body.alpha.shape[-2:])
    depth = (body.along[TORSO] - 1) * float((bones.end - bones.start)[0, TORSO].norm()) / (0.25 * torso)  # 1: crotch
    half_width = float((bones.start[0, 6] - bones.start[0, 8]).norm()) * 0.55 * (1 - depth.clamp(min=0)) + 0.03 * torso
    within = ((half_width - body.across[TORSO].abs()) / 2).clamp(0, 1)
    shown = within * ((depth > -0.6) & (depth < 1)).float() * grow(body.alpha, -body.rim)[0]
    shown = shown * close(shown[None], -0.05 * torso)[0]  # no spikes beside a gap between the legs
    arms = body.owner[list(ARM_LAYERS)].sum(0)
    return _cloth(body, shown, body.alpha[0] * (1 - arms) > 0.9, arms)


def _cloth(body: _Body, shown: Tensor, source: Tensor, arms: Tensor) -> Tensor:
    """5 h w: what is shown, h w, filled from its sources, h w bool, where arms, h w, hide it."""
    fill = fill_smoothly(body.colours[None], source.float()[None, None])[0]
    return torch.cat([(body.colours * (1 - arms) + fill * arms) * shown, shown[None], torch.zeros_like(shown)[None]])
