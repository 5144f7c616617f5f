"""Parts: the layers the puppet is made of, what is hidden of them filled in. Nothing learned.

Notation: l layers (LAYERS), h w rows and columns of the picture.
"""

import torch
from torch import Tensor

from animate.puppet.body import Body
from animate.puppet.bones import HEAD, TORSO, below_hips
from animate.puppet.covers import WIDE, of_hands
from animate.puppet.cutout import blur, fill_smoothly
from animate.puppet.hands import FOREARMS, HAND_BONES
from animate.puppet.hidden import hidden_of
from animate.puppet.likeness import alike_in_rows, samples_of, usual_among
from animate.puppet.lines import joined
from animate.puppet.masks import close, grow
from animate.puppet.nearest import fill_sideways
from animate.puppet.owners import ARM_LAYERS, BONES_OF, LEG_LAYERS, LIMB_LAYERS, SLEEVE

LAYERS = ("head", "torso", "right arm", "left arm", "right leg", "left leg", "pelvis", "skirt")
PELVIS, SKIRT = 6, 7
PEN = 0.25  # share of an arm that has the colour of its outlines, if it is drawn with a thick pen


def cut_layers(body: Body) -> Tensor:
    """The body's layers, what is hidden behind others filled in.

    Returns l 5 h w: colours premultiplied by alpha, alpha, and how much of it gives way where there is already body
    below, premultiplied as well.
    """
    return torch.stack([*(_layer(body, layer) for layer in range(len(BONES_OF))), _pelvis(body), _skirt(body)])


def _layer(body: Body, layer: int) -> Tensor:
    """5 h w: one of those that own pixels."""
    seen, with_it = body.own[layer], _about_root(body, layer)
    shown, paint = seen + hidden_of(body, layer), _paint(body, layer)
    if layer == TORSO and body.broad:
        outline = _lent_outline(body, shown)
        shown, paint = shown.maximum(outline), paint.maximum(outline)
    others = (other for other in range(len(BONES_OF)) if other != layer)
    near = body.about(others, body.rim).maximum(grow(body.lines, 1))[0]  # no trace of them spreads, nor of ink
    source = paint * (paint > 0.5) * (1 - near)
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
        bare = _hands_before(body)
        paint, source = paint * (1 - bare), source * (1 - grow(bare[None], body.rim)[0])
        sleeves = (shown - seen).clamp(min=0) * body.arms * (1 - grow(seen[None], body.rim)[0]) * (1 - bare)
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


def _lent_outline(body: Body, shown: Tensor) -> Tensor:
    """h w: the lines of arms that are the torso's outline too, where it comes free. shown: h w, what there is of it
    without them."""
    within = (shown > 0.5) & (body.lines[0] == 0)  # beyond a line of its own it needs none
    beside = grow(within.float()[None], body.broad)[0]
    return body.lines[0] * (body.arms > 0.5) * beside * (1 - shown.clamp(0, 1)) * body.alpha[0]


def _paint(body: Body, layer: int) -> Tensor:
    """h w: where a layer has its own colours. Where two limbs meet they are mixed: they are taken from further inside,
    and arms cast shadows."""
    seen = body.own[layer]
    if layer == HEAD:  # head and body go on in each other
        return seen * (1 - body.about(LIMB_LAYERS, body.rim)[0])
    if layer not in body.arm_colours:
        others = (other for other in range(len(BONES_OF)) if other != layer)
        seen = seen * (1 - body.about(others, body.rim)[0])
    if layer == TORSO and HEAD in body.roots:  # so do they at the neck
        seen = torch.maximum(seen, _disc(body.places, *body.roots[HEAD]) * body.alpha[0] * (1 - body.arms))
    return seen


def _hands_before(body: Body) -> Tensor:
    """h w: hands held before the trunk and bare forearms there, as far as they look unlike its cloth, whosever they
    are: nothing of them is copied onto the trunk, and what is left of a hand that the other hides does not stay."""
    near, along = body.distance[list(HAND_BONES)], body.along[list(HAND_BONES)]
    hands = (near < 0.5) & (along > 0) & (body.own[list(ARM_LAYERS)] > 0.9)
    trunk = body.distance[TORSO].minimum(below_hips(body.bones, body.along, body.across)) < 1
    if not ((hands & trunk).sum((1, 2)) > 0.5 * hands.sum((1, 2))).any():
        return torch.zeros_like(body.alpha[0])
    core, about = hands.any(0), (near < WIDE).any(0) | (body.distance[list(FOREARMS)] < 1).any(0)
    bare = of_hands(body.colours, about & (body.alpha[0] > 0.5), hands=core, cloth=(body.own[TORSO] > 0.9) & ~about)
    thick = close(bare.float()[None], -body.rim)[0] > 0.5  # no seams of clothes
    of_arms = torch.from_numpy(joined(thick.numpy(), (core & thick).numpy()))  # and no buttons
    return close(of_arms.float()[None], 2 * body.rim)[0]


def _about_root(body: Body, layer: int) -> Tensor:
    """h w: what of the torso moves with a layer that hangs on it."""
    if layer not in body.roots or (layer in LEG_LAYERS and body.skirt is not None):
        return torch.zeros_like(body.own[layer])
    centre, radius = body.roots[layer]
    apart = {HEAD: LIMB_LAYERS, **dict.fromkeys(ARM_LAYERS, (HEAD, *LEG_LAYERS))}.get(layer, (HEAD, *ARM_LAYERS))
    about = _disc(body.places, centre, radius)
    if layer in ARM_LAYERS:
        about = about.maximum(_down_to_sleeve(body, layer))
    with_it = about * body.alpha[0] * (1 - body.owner[list(apart)].sum(0))
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


def _down_to_sleeve(body: Body, layer: int) -> Tensor:
    """h w: the upper arm from its shoulder to where its own begins, as of a bare one to a sleeve that hangs there."""
    upper = BONES_OF[layer][0]
    along, distance = body.along[upper], body.distance[upper]
    own = along[(body.own[layer] > 0.5) & (distance < 0.5) & (along > 0)]
    first = min(float(own.min()), SLEEVE) if own.numel() else 0.0
    return ((1 - distance) * 8).clamp(0, 1) * ((along > 0) & (along <= first))


def _strange(body: Body, layer: int, fill: Tensor) -> Tensor:
    """h w: what of the torso about a limb's root is no cloth of the limb, as a bow and hair. fill: 3 h w, its own."""
    unlike = (body.colours - fill).abs().amax(0, keepdim=True)
    if layer in ARM_LAYERS:  # an outline drawn with the pen that drew the arm is none
        strange = (unlike - 0.255).div(0.15).clamp(0, 1)[0]
        pen = usual_among(body.colours, samples_of(body.colours, body.own[layer] > 0.9), strange > 0, share=PEN)
        return strange * ~pen
    strange = grow((unlike - 0.15).div(0.06).clamp(0, 1), body.rim)
    return strange.maximum(body.about(ARM_LAYERS, 2 * body.rim))[0]


def _disc(places: Tensor, centre: Tensor, radius: float) -> Tensor:
    """h w, 1 within the radius; places: h w 2."""
    return (radius + 0.5 - (places - centre).norm(dim=-1)).clamp(0, 1)


def _joined(shown: Tensor, core: Tensor) -> Tensor:
    """h w, 1 where a layer (h w) hangs together with its core (h w bool); what does not would fly about alone."""
    whole = joined((shown > 0.02).numpy(), core.numpy())
    return torch.from_numpy(whole).float() if whole.any() else torch.ones_like(shown)


def _skirt(body: Body) -> Tensor:
    """5 h w: the cloth about both legs, and somewhat of the body above it, which bends with it."""
    above_hem = torch.zeros_like(body.alpha[0]) if body.skirt is None else body.skirt
    arms, legs = (body.owner[list(layers)].sum(0) for layers in (ARM_LAYERS, LEG_LAYERS))
    hips = (1 - (body.places - body.bones.end[0, TORSO]).norm(dim=-1) / (0.35 * body.torso)).mul(8).clamp(0, 1)
    shown = above_hem * body.alpha[0] * (legs + body.owner[TORSO] * hips * (above_hem.amax() > 0)).clamp(0, 1)
    closed = close(shown[None], 0.2 * body.torso)[0]
    shown = torch.maximum(shown, closed * arms * body.alpha[0] * above_hem)
    source = (shown > 0.5) & (arms < 0.1) & (body.alpha[0] > 0.9)
    return _cloth(body, shown, source, arms)


def _pelvis(body: Body) -> Tensor:
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


def _cloth(body: Body, shown: Tensor, source: Tensor, arms: Tensor) -> Tensor:
    """5 h w: what is shown, h w, filled from its sources, h w bool, where arms, h w, hide it."""
    fill = fill_smoothly(body.colours[None], source.float()[None, None])[0]
    return torch.cat([(body.colours * (1 - arms) + fill * arms) * shown, shown[None], torch.zeros_like(shown)[None]])
