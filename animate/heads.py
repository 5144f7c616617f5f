"""Heads that look about: over a flat head its features slide to where the face looks. Nothing learned.

Notation: f frames, h w rows and columns; points are complex, x + iy, in pixels.
"""

import torch
from torch import Tensor

from animate.bones import EARS, EYES, NECK, NOSE
from animate.stance import FACE_JOINTS, Stance, spread

# Eyes lie less far before the axis on which a head turns than the nose, ears on it: so of the way that the nose goes
# over the head, it goes that share off the middle of eyes and ears,
OFF_OTHERS = 0.6
# and the middle of all five goes that share of it (a half, if ears were on the axis; they are behind it).
OF_ALL = 0.7
FARTHEST = 0.45  # of the zone's breadth, for its picture must not fold
ZONE = (0.85, 1.0)  # of the head's radius, across and up: where features slide
ASIDE = OF_ALL * FARTHEST * ZONE[0]  # of its radius: how far a head is drawn off the middle of its face at most


def look(now: Stance, rest: Stance) -> tuple[Tensor, Tensor]:
    """Where heads are, and which way they look, against the picture's. rest: one frame.

    Returns the place of the face if it looked as in the picture, f, and how far its features slide, f: in pixels of
    the picture, real across the head, imaginary along it, downwards. A face that is not seen does not slide.
    """
    face, neck = now.joints[:, FACE_JOINTS].mean(1), now.joints[:, NECK]
    before = _off_others(rest, rest.joints[:, FACE_JOINTS].mean(1))
    farthest = FARTHEST * ZONE[0] * rest.head
    skull, slide = face, torch.zeros_like(face)
    for _ in range(2):  # the way down is along the head, which is known better once its place is
        slide = (_off_others(now, skull) - before) / OFF_OTHERS * (now.faces & rest.faces)
        slide = slide / (1 + (slide.abs() / farthest).square()).sqrt()
        skull = face - OF_ALL * slide * now.scale * _across(skull - neck)
    return skull, slide


def slid(offset: Tensor, slide: Tensor, axis: Tensor, *, radius: Tensor) -> Tensor:
    """Offsets about the face, f h w, to where its features were before they slid; around them the head stays.

    slide: f, of `look`; axis: the way up of the head in the picture; radius: the head's.
    """
    across = _across(axis)
    local = offset * across.conj()
    zone = [share * radius.clamp(min=1e-2) for share in ZONE]
    most = (1 - (local.real / zone[0]).square() - (local.imag / zone[1]).square()).clamp(min=0)
    return (local - spread(slide) * most) * across


def _off_others(stance: Stance, skull: Tensor) -> Tensor:
    """How far the nose is off the middle of eyes and ears, f, along the head and across it."""
    off = stance.joints[:, NOSE] - stance.joints[:, [*EYES, *EARS]].mean(1)
    return off / stance.scale * _across(skull - stance.joints[:, NECK]).conj()


def _across(axis: Tensor) -> Tensor:
    """The direction across a head whose way up is `axis`."""
    return axis * 1j / axis.abs().clamp(min=1e-2)
