"""Heads and chests that turn: over a flat body what is on it slides to where the face looks. Nothing learned.

Notation: f frames, h w rows and columns; points are complex, x + iy, in pixels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from animate.puppet.bones import CHIN, EARS, EYES, FACE_JOINTS, NECK, NOSE, SEEN, cell_centres
from animate.puppet.hanging import turn_to
from animate.puppet.stance import Stance, spread

# Eyes lie less far before the axis on which a head turns than the nose, ears on it: so of the way that the nose goes
# over the head, it goes that share off the middle of eyes and ears,
OFF_OTHERS = 0.6
# and the middle of all five goes that share of it (a half, if ears were on the axis; they are behind it).
OF_ALL = 0.7
# Of the head's radius: so far the nose is off the middle of eyes and ears in a picture half from the side, of which no
# features slide: what is on the far cheek is not known, and on the near one they would be drawn out of shape.
TURNED = 0.5
FARTHEST = 0.45  # of the half breadth in which something slides, for its picture must not fold
ZONE = (0.85, 1.0)  # of the head's radius, across and up: where features slide
LEVEL, INSIDE, LEAST = 0.35, 0.95, 0.25  # a head ends where it does beside the face; all but its rim may slide, of
# its radius at least so much
SIDE = 0.15  # of its radius: a face that slides so far across the head tells to which side the body is turned
ASIDE = OF_ALL * FARTHEST * ZONE[0]  # of its radius: how far a head is drawn off the middle of its face at most


@dataclass(frozen=True)
class Look:
    """Which way bodies look, against the picture's. face: where it would be if it looked as in the picture, f complex,
    in pixels; slide: how far its features are off there, f complex, in pixels of the picture, real across the head,
    imaginary down along it; aside: the same of what is on the body, across it, in shares of its half width, f; beside:
    as of room_beside."""

    face: Tensor
    slide: Tensor
    aside: Tensor
    beside: tuple[float, float]

    def __getitem__(self, frames: slice) -> "Look":
        return Look(self.face[frames], self.slide[frames], self.aside[frames], self.beside)


def chin_of(joints: Tensor, rest: Tensor) -> float:
    """How high the chin is on the way from the neck to the face."""
    axis = rest[FACE_JOINTS].mean(0) - rest[NECK]
    share = float((joints[CHIN, :2] - rest[NECK]) @ axis / (axis @ axis).clamp(min=1e-2))
    return min(0.7, max(0.25, share)) if joints[CHIN, 2] > SEEN else 0.45


def lowest_of_face(joints: Tensor, rest: Tensor) -> Tensor:
    """The row down to which a face goes, in pixels: of its chin, or of the neck where that is not seen."""
    return joints[CHIN, 1] if joints[CHIN, 2] > SEEN else rest[NECK, 1]


def room_beside(head: Tensor, rest: Stance) -> tuple[float, float]:
    """How far to the left and to the right of a face its features may slide, in pixels: within its head, which in
    pictures half from the side ends near the face. head: h w, the share of each pixel that is head."""
    face, radius = rest.joints[0, FACE_JOINTS].mean(), float(rest.head[0])
    height, width = head.shape
    places = torch.view_as_complex(cell_centres((height, width), (width, height)))
    local = (places - face) * _across(face - rest.joints[0, NECK]).conj()
    beside = local.imag.abs() < LEVEL * radius
    room = []
    for side in (-1, 1):
        away = (local.real[beside] * side).round().long()
        shares = torch.zeros(round(ZONE[0] * radius) + 2)
        near = (away >= 0) & (away < len(shares))
        count = torch.bincount(away[near], minlength=len(shares)).clamp(min=1)
        shares = torch.bincount(away[near], weights=head[beside][near].double(), minlength=len(shares)) / count
        outside = torch.nonzero(shares < 0.5)[:, 0]
        within = INSIDE * float(outside[0]) if len(outside) else torch.inf
        room.append(max(LEAST * radius, min(ZONE[0] * radius, within)))
    return room[0], room[1]


def look(now: Stance, rest: Stance, *, beside: tuple[float, float], behind: Tensor) -> Look:
    """rest: one frame, the picture's; beside: as of room_beside; behind: f, as of turning.from_behind. A face that is
    not seen does not slide but where the body is known to turn; nor does a chest whose face looks ahead, for a narrow
    one alone does not tell to which side it is turned."""
    face, neck = now.joints[:, FACE_JOINTS].mean(1), now.joints[:, NECK]
    before = _off_others(rest, rest.joints[:, FACE_JOINTS].mean(1))
    free = (1 - (before.real / (TURNED * rest.head)).square()).clamp(min=0)
    farthest = (FARTHEST * min(beside) * free).clamp(min=1e-2)
    place, slide = face, torch.zeros_like(face)
    way = torch.where(behind.abs() < 1, -behind.sign(), 0.0)
    led = way * farthest * (1 - (2 * behind.abs() - 1).square()).clamp(min=0).sqrt() * rest.faces
    for _ in range(2):  # the way down is along the head, which is known better once its place is
        slide = (_off_others(now, place) - before) / OFF_OTHERS * rest.faces * free
        slide = torch.where(now.faces, slide, led.to(slide))
        slide = slide / (1 + (slide.abs() / farthest).square()).sqrt()
        place = face - OF_ALL * slide * now.scale * _across(place - neck)
    # raised arms make shoulders narrow, and hips are found less surely: a body is turned if both are narrow
    breadth = (now.half_widths / rest.half_widths).amax(1) / now.scale
    to_side = torch.where(way != 0, way, (slide.real / (SIDE * rest.head)).clamp(-1, 1))
    return Look(place, slide, FARTHEST * to_side * (1 - breadth.clamp(max=1).square()).sqrt(), beside)


def cut_above(head: Tensor, *, least: float) -> Tensor | None:
    """2 complex: between which places of the picture's upper edge it cuts a head, h w; None where it does not, over
    `least` pixels or more."""
    columns = torch.nonzero(head[0] > 0.5)[:, 0].float()
    return torch.complex(columns[[0, -1]], torch.zeros(2)) if len(columns) > least else None


def lift_of(now: Stance, rest: Stance, look: Look, crown: Tensor) -> Tensor:
    """f, in pixels: how far up heads of which the picture's edge cuts the top, as of cut_above, must be that they do
    not end in the air."""
    axis = rest.joints[0, FACE_JOINTS].mean() - rest.joints[0, NECK]
    turned = turn_to(axis, look.face - now.joints[:, NECK])
    offset = (crown - rest.joints[0, FACE_JOINTS].mean()) * (now.scale / turned)[:, None]
    return (look.face[:, None] + offset).imag.amax(1).clamp(min=0)


def slid(offset: Tensor, look: Look, axis: Tensor, *, radius: Tensor) -> Tensor:
    """Offsets about the face, f h w, to where its features were before they slid; around them the head stays.

    axis: the way up of the head in the picture; radius: the head's.
    """
    across = _across(axis)
    local = offset * across.conj()
    left, right = (max(room, 1e-2) for room in look.beside)
    wide = torch.where(local.real < 0, local.real / left, local.real / right)
    most = (1 - wide.square() - (local.imag / (ZONE[1] * radius.clamp(min=1e-2))).square()).clamp(min=0)
    return (local - spread(look.slide) * most) * across


def _off_others(stance: Stance, face: Tensor) -> Tensor:
    """How far the nose is off the middle of eyes and ears, f, across the head and along it."""
    off = stance.joints[:, NOSE] - stance.joints[:, [*EYES, *EARS]].mean(1)
    return off / stance.scale * _across(face - stance.joints[:, NECK]).conj()


def _across(axis: Tensor) -> Tensor:
    """The direction across a head whose way up is `axis`."""
    return axis * 1j / axis.abs().clamp(min=1e-2)
