"""Limbs in motion: where in the picture each pixel of a moved limb comes from. Nothing learned.

A limb bends about its joints like a sleeve: along the bones it stays rigid, around a joint the picture fans out, so
that nothing tears on the outside and nothing doubles on the inside.

Notation: f frames, h w rows and columns of the part of the picture looked at; points are complex, x + iy, in pixels.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from animate.puppet.bones import ARMS, FACE_JOINTS, HEAD, LEGS, NECK, TORSO
from animate.puppet.ends import ENDS
from animate.puppet.hanging import turn_to
from animate.puppet.heads import Look, slid
from animate.puppet.owners import ARM_LAYERS, LEG_LAYERS
from animate.puppet.parts import PELVIS, SKIRT
from animate.puppet.stance import Stance, spread

TURN = 2 * math.pi
RIGID = math.radians(40)  # to either side of a bone nothing bends
FOLD = math.radians(30)  # beyond half a turn, in which a joint that opens further comes to fold through instead
FLEX = math.radians(60)  # that a wrist or an ankle bends at most to either side
WIDEST = math.radians(65)  # of a skirt, to either side


def source_of(layer: int, at: Tensor, now: Stance, rest: Stance, look: Look, *, chin: float) -> Tensor:
    """Where in the picture a layer's pixels come from. at: h w complex; rest: one frame; look: of now against rest;
    chin: of Puppet. -> f h w."""
    if layer in (TORSO, PELVIS):
        return _torso_source(at, now, rest, look)
    if layer == HEAD:
        return _head_source(at, now, rest, look, chin=chin)
    if layer == SKIRT:
        return _skirt_source(at, now, rest)
    if layer in ARM_LAYERS:
        side = ARM_LAYERS.index(layer)
        from_elbow, with_forearm = _middle_source(at, ARMS[side], now, rest)
        return about_last(at, side, from_elbow, with_forearm, now, rest)
    side = LEG_LAYERS.index(layer)
    from_hip_and_knee, with_shin = _leg_source(at, LEGS[side], now, rest)
    return about_last(at, len(ARMS) + side, from_hip_and_knee, with_shin, now, rest)


def _torso_source(at: Tensor, now: Stance, rest: Stance, look: Look) -> Tensor:
    """Along the spine and across it; a body that turns gets narrower, and what is on its chest slides. A spine without
    length lies as in the picture."""
    spine, rest_spine = now.hips - now.neck, rest.hips - rest.neck
    length, rest_length = spine.abs().clamp(min=1e-2), rest_spine.abs().clamp(min=1e-2)
    way = torch.where(spine.abs() > 1e-2, spine / length, rest_spine / rest_length)
    placed = (at - spread(now.neck)) * spread(way.conj())
    along, scale = placed.real, spread(now.scale)
    inside = along.clamp(min=0).minimum(spread(length))
    along = inside * spread(rest_length / length) + (along - inside) / scale
    depth = inside / spread(length)
    narrow = (rest.half_widths / now.half_widths * now.scale[:, None]).clamp(0.7, 1.6)
    across = placed.imag / scale * (spread(narrow[:, 0]) * (1 - depth) + spread(narrow[:, 1]) * depth)
    half_width = rest.half_widths[:, :1, None] * (1 - depth) + rest.half_widths[:, 1:, None] * depth
    most = half_width * (1 - (across / half_width).square()).clamp(min=0)
    across = across + spread(look.aside) * most  # counted to the left of the way down, where the picture's right is
    return rest.neck + torch.complex(along, across) * rest_spine / rest_length


def _head_source(at: Tensor, now: Stance, rest: Stance, look: Look, *, chin: float) -> Tensor:
    """From the chin up turned as the line from the neck to the head turns, the face sliding to where it looks; the
    neck bends in between."""
    neck, rest_neck = now.joints[:, NECK], rest.joints[0, NECK]
    rest_face = rest.joints[0, FACE_JOINTS].mean()
    axis = rest_face - rest_neck
    turned = turn_to(axis, look.face - neck)
    offset = (at - spread(look.face)) * spread(turned / now.scale)
    with_head = rest_face + slid(offset, look, axis, radius=rest.head)
    with_torso = _torso_source(at, now, rest, look)
    height = ((with_head - rest_neck) * axis.conj()).real / axis.abs().square().clamp(min=1e-2)
    share = ((height - 0.1) / (chin - 0.1)).clamp(0, 1)
    return with_torso + (with_head - with_torso) * share


def _middle_source(at: Tensor, joints: tuple[int, int, int], now: Stance, rest: Stance) -> tuple[Tensor, Tensor]:
    """About an elbow or a knee; and which pixels go with the lower bone, 0..1."""
    upper, middle, lower = joints
    moved = [(now.joints[:, j] - now.joints[:, middle]) / now.scale for j in (upper, lower)]
    at_rest = [rest.joints[0, j] - rest.joints[0, middle] for j in (upper, lower)]
    offset, share = bend((at - spread(now.joints[:, middle])) / spread(now.scale), moved, at_rest)
    return rest.joints[0, middle] + offset, share


def _leg_source(at: Tensor, joints: tuple[int, int, int], now: Stance, rest: Stance) -> tuple[Tensor, Tensor]:
    """Along the thigh the bend at the hip passes into the bend at the knee; and which pixels go with the shin, 0..1."""
    from_knee, with_shin = _middle_source(at, joints, now, rest)
    from_hip = _hip_source(at, joints, now, rest)
    hip, knee, _ = joints
    thigh = now.joints[:, knee] - now.joints[:, hip]
    offset = at - spread(now.joints[:, hip])
    along = (offset * spread(thigh.conj() / thigh.abs().square().clamp(min=1e-2))).real
    share = ((along - 0.35) / 0.3).clamp(0, 1).maximum((with_shin * 2).clamp(0, 1))
    return from_hip + (from_knee - from_hip) * share, with_shin


def about_last(at: Tensor, end: int, source: Tensor, share: Tensor, now: Stance, rest: Stance) -> Tensor:
    """From the middle of the forearm or shin on about the wrist or ankle, as far as the hand or foot is seen in both.

    end: of ENDS; source: where pixels come from if it does not bend; share: which go with the forearm or shin, 0..1.
    """
    (_, middle, last), _ = ENDS[end]
    way, rest_way = now.ends[:, end], rest.ends[0, end]
    length = rest_way.abs().clamp(min=1e-2)
    sideways = (way.abs() / (now.scale * length) * 3 - 1).clamp(0, 1)  # pointing at the viewer it tells little
    believed = now.sure[:, end] * rest.sure[0, end] * sideways
    flex = (way * rest_way.conj()).angle().clamp(-FLEX, FLEX) * believed
    bends = flex.abs() > 0.02  # frame by frame, lest it shows which are drawn together
    if not bool(bends.any()):
        return source
    lower, rest_lower = now.joints[:, last] - now.joints[:, middle], rest.joints[0, last] - rest.joints[0, middle]
    bent = rest_way * torch.complex(flex.cos(), flex.sin())
    moved = [-lower / now.scale, bent * lower / lower.abs().clamp(min=1e-2)]
    at_rest = [-rest_lower, rest_way * rest_lower / rest_lower.abs().clamp(min=1e-2)]
    offset, _ = bend((at - spread(now.joints[:, last])) / spread(now.scale), moved, at_rest)
    bent_there = rest.joints[0, last] + offset
    beyond = (at - spread(now.joints[:, middle])) * spread(lower.conj() / lower.abs().square().clamp(min=1e-2))
    bent_there = source + (bent_there - source) * (((beyond.real - 0.5) / 0.3).clamp(0, 1) * share)
    return torch.where(spread(bends), bent_there, source)


def _hip_source(at: Tensor, joints: tuple[int, int, int], now: Stance, rest: Stance) -> Tensor:
    """About a hip the body bends between the spine and the thigh."""
    hip, knee, _ = joints
    moved = [(now.neck - now.hips) / now.scale, (now.joints[:, knee] - now.joints[:, hip]) / now.scale]
    at_rest = [(rest.neck - rest.hips)[0], rest.joints[0, knee] - rest.joints[0, hip]]
    offset, _ = bend((at - spread(now.joints[:, hip])) / spread(now.scale), moved, at_rest)
    return rest.joints[0, hip] + offset


def _skirt_source(at: Tensor, now: Stance, rest: Stance) -> Tensor:
    """Cloth between the legs follows both, each the more the nearer it is; spread thighs stretch it straight between
    them, and its hem with it."""
    at = _stretched(at, now, rest)
    inwards = []
    for (hip, knee, _), (other, _, _) in zip(LEGS, LEGS[::-1], strict=True):
        thigh = now.joints[:, knee] - now.joints[:, hip]
        normal = thigh * 1j / thigh.abs().clamp(min=1e-2)
        side = ((now.joints[:, other] - now.joints[:, hip]) * normal.conj()).real
        normal = torch.where(side < 0, -normal, normal)
        inwards.append(((at - spread(now.joints[:, hip])) * spread(normal.conj())).real.clamp(min=0))
    share = inwards[0] / (inwards[0] + inwards[1]).clamp(min=1e-2)
    right, left = (_hip_source(at, joints, now, rest) for joints in LEGS)
    return right + (left - right) * (share * share * (3 - 2 * share))


def _stretched(at: Tensor, now: Stance, rest: Stance) -> Tensor:
    """Where the pixels between the thighs would be if the cloth fanned out round the hips: a chord becomes an arc."""

    def half_opening(stance: Stance) -> tuple[Tensor, Tensor]:
        hips, knees = (stance.joints[:, [leg[which] for leg in LEGS]] for which in (0, 1))
        right, left = (knees - hips).T
        opening = (left * right.conj()).angle()
        way_round = ((hips[:, 1] - hips[:, 0]) * (stance.hips - stance.neck).conj()).imag.sign()
        middle = right * torch.polar(torch.ones_like(opening), opening / 2)
        return (way_round * opening / 2).clamp(0, WIDEST), middle / middle.abs().clamp(min=1e-2)

    (half, middle), (rest_half, _) = half_opening(now), half_opening(rest)  # 0 where legs cross
    offset = at - spread(now.hips)
    share = (offset * spread(middle.conj())).angle().abs() / spread(half.clamp(min=1e-3))
    share = share.clamp(max=1)
    longer = (share * spread(half)).cos() / spread(half.cos())
    return spread(now.hips) + offset * longer * spread(rest_half.cos()) / (share * spread(rest_half)).cos()


def bend(offset: Tensor, moved: Sequence[Tensor], rest: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """From offsets about a moved joint to offsets about the joint at rest.

    offset: f h w complex, already at the picture's scale. moved, rest: (towards the parent, towards the child), as
    long as the bones are, f and single, at that scale too. Around the joint the angle is stretched where the joint
    opens and squeezed where it closes; a joint that bends to the other side folds through, lest it opens to a disc.
    Returns f h w complex, and f h w: 0 with the parent, 1 with the child.
    """
    open_moved = spread((moved[1] * moved[0].conj()).angle().remainder(TURN))
    open_rest = (rest[1] * rest[0].conj()).angle().remainder(TURN)
    around = (offset * spread(moved[0].conj())).angle().remainder(TURN)
    first = around < open_moved  # on the side from the parent round to the child
    span = torch.where(first, open_moved, TURN - open_moved)
    travelled = torch.where(first, around, TURN - around)
    stiff = (0.48 * span).clamp(max=RIGID)
    share = ((travelled - stiff) / (span - 2 * stiff).clamp(min=1e-3)).clamp(0, 1)
    share = torch.where(span < 2 * RIGID, (share > 0.5).float(), share)  # a sharp fold
    turn = (open_rest - open_moved) * share
    turned = offset * spread(turn_to(rest[0], moved[0])) * torch.complex(turn.cos(), turn.sin())
    through = (((open_moved - open_rest).abs() - TURN / 2) / FOLD).clamp(0, 1)
    if bool(through.any()):
        lower, near = travelled > span / 2, offset.abs() * through <= rest[0].abs() * (1 - through)
        folded, own = stiff_halves(offset, moved, rest, lower)
        turned = torch.where(near, turned, folded)
        share = torch.where(near, share, lower.float() * own)  # at a hand nothing bends that is not its own
    for toward, bone, weight in zip(rest, moved, (1 - share, share), strict=True):
        turned = as_long(turned, toward, bone, weight)
    return turned, share


def as_long(turned: Tensor, toward: Tensor, bone: Tensor, weight: Tensor) -> Tensor:
    """Offsets that lie as at rest, and along a bone are as long as there. turned: f h w complex; toward: the bone at
    rest; bone: as it is, f; weight: how much pixels go with it, f h w. -> f h w."""
    length = bone.abs()
    unit = toward / toward.abs().clamp(min=1e-3)
    on_bone = (turned * unit.conj()).real.clamp(min=0).minimum(spread(length))
    longer = (toward.abs() / length.clamp(min=1e-2)).clamp(min=0.5) - 1
    return turned + on_bone * spread(longer) * weight * unit


def stiff_halves(
    offset: Tensor, moved: Sequence[Tensor], rest: Sequence[Tensor], lower: Tensor
) -> tuple[Tensor, Tensor]:
    """As of `bend`, f h w complex: both halves rigid. What at rest lies on the other half would come twice: in its
    place is what the bone has on its other side. lower: f h w, whether a pixel goes with the child. And f h w bool:
    where nothing is in another's place."""
    opening, halves, own = (rest[1] * rest[0].conj()).angle().remainder(TURN), [], []
    for toward, bone, left in zip(rest, moved, (opening, TURN - opening), strict=True):
        way = (offset * spread(bone.conj())).angle()
        room = torch.where(way > 0, left, TURN - left) / 2  # of this half at rest, to that side of its bone
        across = -way.sign() * way.abs().minimum(TURN / 2 - room) - way
        turn = torch.where(way.abs() > room, across, torch.zeros_like(way))
        halves.append(offset * spread(turn_to(toward, bone)) * torch.complex(turn.cos(), turn.sin()))
        own.append(way.abs() <= room)
    return torch.where(lower, halves[1], halves[0]), torch.where(lower, own[1], own[0])
