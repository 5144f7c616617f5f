"""Turning: when a dancer is turned away, and what that means for a puppet that is flat. Nothing learned.

From behind right and left change places: every limb is drawn where a limb is. While a dancer turns, the back comes in
at one side of the body and spreads over it, as on a cylinder. Notation: f frames.
"""

import math

import torch
from torch import Tensor

from animate.puppet.bones import ARMS, EARS, EYES, FACE_JOINTS, HANDS, LEGS, NECK, SEEN
from animate.puppet.hanging import whole_body

CLEAR = 0.4  # of its breadth in the picture: a body that shows as much of its back is turned away
LONG, FEWEST = 0.166, 2  # seconds, and frames, of a stretch that have to show it so, lest a doubtful moment flickers
USUAL_RATE = 25.0  # frames a second, where nobody says
NARROW = 0.6  # of its breadth in the picture: a narrower body shows some of both its sides
BESIDE = 0.5  # seconds before or after it shows its back in which its face tells which way it turns,
SOFT = 0.15  # of half its breadth, over which a front passes into a back
OFF = 0.04  # of the torso's length, by which that face has to be off its place on the average
ORDER = (6, 5, 4, 7, 1, 0, 3, 2)  # layers, back to front
BEHIND = (3, 2, 6, 5, 4, 7, 1, 0)  # the same where the body is seen from behind,
ASIDE = ((2, 6, 5, 4, 7, 1, 0, 3), (3, 6, 5, 4, 7, 1, 0, 2))  # and from the side: one arm behind it, one before it
SIDEWAYS = 0.2  # how far from a half the share of its back is that a body shows from the side
FACE, HAIR = 0.45, 0.8  # shares of a body's back up to which its face is seen whole, and from which on no face is
FEET = (range(21, 24), range(18, 21))  # points of the right foot and of the left
PAIRS = [EYES, EARS, *(pair for sides in (ARMS, LEGS, FEET, HANDS) for pair in zip(*sides, strict=True))]
OTHER = dict([*PAIRS, *((left, right) for right, left in PAIRS)])
MIRROR = [OTHER.get(joint, joint) for joint in range(134)]  # joints[:, MIRROR]: right and left exchanged


def turns(joints: Tensor, rest: Tensor) -> Tensor:
    """joints f 134 3, rest 18 2 -> f 2: how shoulders and hips lie, 1 as in the picture, 0 in profile, -1 turned away;
    hips that are not seen lie as the shoulders do."""
    seen, own = joints[:, :, 2] > SEEN, _across(rest)
    turned = _across(whole_body(joints, rest)) / torch.where(own.abs() > 0.01, own, torch.full_like(own, torch.inf))
    shoulders = torch.where(seen[:, [2, 5]].all(1), turned[:, 0], torch.ones_like(turned[:, 0]))
    return torch.stack([shoulders, torch.where(seen[:, [8, 11]].all(1), turned[:, 1], shoulders)], 1)


def seen_from_behind(rest: Tensor) -> bool:
    """rest: 18 2, the picture's -> whether it shows its body's back, the left of shoulders and hips at the left."""
    return bool((_across(rest) < 0).all())


def facing(joints: Tensor, rest: Tensor) -> Tensor:
    """joints f 134 3, and back: right and left exchanged in the frames in which the body is turned away."""
    return torch.where((turns(joints, rest) < 0).all(1)[:, None, None], joints[:, MIRROR], joints)


def clearly_behind(joints: Tensor, rest: Tensor) -> Tensor:
    """f bool: which frames show the back, each taken by itself."""
    return (turns(joints, rest) < -CLEAR).all(1)


def from_behind(joints: Tensor, rest: Tensor, *, fps: float = USUAL_RATE) -> Tensor:
    """f: how much of a body's breadth shows its back in a clip, f 134 3, fps frames of it a second; 1 where the body
    stays turned away, and that clearly for a while. In between, while it turns, positive where its front goes to the
    left of the picture, negative where it goes to the right; where that is not seen there is nothing in between."""
    turned = turns(joints, rest).amax(1)
    least = min(max(FEWEST, math.ceil(LONG * fps)), len(turned))
    behind = _lasting(turned < 0, turned < -CLEAR, least)
    outside = ~behind.cummax(0).values | ~behind.flip(0).cummax(0).values.flip(0)
    behind = ~(_lasting(~behind, turned > CLEAR, least) | outside)  # between two backs, too
    half = torch.where(behind, 0.5, 0.0)
    share = (0.5 - 0.5 * turned / NARROW).clamp(0, 1).maximum(half).minimum(0.5 + half)
    return _sided(share, behind, _face_aside(joints, rest), reach=max(1, round(BESIDE * fps)))


def order_of(behind: float) -> tuple[int, ...]:
    """Layers, back to front, of a body that shows so much of its back, as of from_behind."""
    share = abs(behind)
    if abs(share - 0.5) > SIDEWAYS:
        return BEHIND if share > 0.5 else ORDER
    return ASIDE[(behind > 0) == (share >= 0.5)]


def of_head(behind: Tensor) -> Tensor:
    """The same of the head as of the body, f: a face slides only so far, then hair covers it quickly."""
    return ((behind.abs() - FACE) / (HAIR - FACE)).clamp(0, 1) * behind.sign()


def spread_over(across: Tensor, behind: Tensor) -> Tensor:
    """across: f 1 h w, from 1 at the left end of each row to -1 at its right; behind: f, of from_behind -> f 1 h w: how
    much the back shows, 0..1."""
    share, way = behind.abs(), behind.sign()
    edge = (1 + SOFT) * (2 * share - 1)
    return ((edge[:, None, None, None] - across * way[:, None, None, None]) / SOFT / 2 + 0.5).clamp(0, 1)


def _across(places: Tensor) -> Tensor:
    """places: ... 18 2 -> ... 2: how far from the right shoulder to the left one and from hip to hip, in torsos, to the
    left of the way down the spine; negative from behind."""
    spine = places[..., [8, 11], :].mean(-2) - places[..., NECK, :]
    pairs = torch.stack([places[..., 5, :] - places[..., 2, :], places[..., 11, :] - places[..., 8, :]], -2)
    sideways = pairs[..., 0] * spine[..., None, 1] - pairs[..., 1] * spine[..., None, 0]
    return sideways / spine.square().sum(-1, keepdim=True).clamp(min=1)


def _lasting(shown: Tensor, clearly: Tensor, least: int) -> Tensor:
    """f bool: what is shown, f bool, less the stretches of it that show it clearly, f bool, in fewer frames."""
    stretch = _stretches(shown)
    return shown & (torch.bincount(stretch, weights=clearly.double())[stretch] >= least)


def _stretches(shown: Tensor) -> Tensor:
    """f: the number of the stretch that a frame is in, of those in which f bool stays the same."""
    return torch.cumsum(torch.cat([shown[:1], shown[1:] != shown[:-1]]), 0)


def _face_aside(joints: Tensor, rest: Tensor) -> Tensor:
    """joints f 134 3, rest 18 2 -> f: how far a face is off its place, to the left of the way down the spine, in
    torsos; 0 where it is not seen."""
    whole, seen = torch.view_as_complex(whole_body(joints, rest)), joints[:, FACE_JOINTS, 2] > SEEN
    still = torch.view_as_complex(rest.contiguous())[None]

    def off(places: Tensor) -> Tensor:
        spine = places[:, [8, 11]].mean(1) - places[:, NECK]
        spine = spine / spine.abs().square().clamp(min=1)
        return ((places[:, FACE_JOINTS] - places[:, NECK, None]) * spine.conj()[:, None]).imag

    count = seen.sum(1)
    return torch.where(count > 0, ((off(whole) - off(still)) * seen).sum(1) / count.clamp(min=1), 0.0)


def _sided(share: Tensor, behind: Tensor, aside: Tensor, *, reach: int) -> Tensor:
    """f: the shares of the frames about each moment at which a body begins or ends to show its back, with the sign of
    the way it turns; else 0 or 1. aside: of _face_aside; reach: frames."""
    shown, frames = behind.to(share), torch.arange(len(share))
    between = (share > 0) & (share < 1)
    run = _stretches(between)
    moments = (torch.nonzero(behind[1:] != behind[:-1])[:, 0] + 1).tolist()
    nearest = (frames[:, None] + 0.5 - torch.tensor([*moments, math.inf])).abs().argmin(1)
    for number, moment in enumerate(moments):
        here = nearest == number
        telling = here & ~behind & ((frames - moment).abs() <= reach) & (aside != 0)
        way = float(aside[telling].mean()) if telling.any() else 0.0
        if abs(way) >= OFF:
            here &= between & ((run == run[moment - 1]) | (run == run[moment]))
            shown[here] = share[here] * math.copysign(1, way)
    return shown
