"""The soft shadow on the ground under a character's feet: it goes where the feet go. Nothing learned.

Notation: f frames, h w rows and columns of the picture; lengths are in its pixels.
"""

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from animate.puppet.backdrop import stretch_over
from animate.puppet.bones import ANKLES, NECK

# All of the body's height, from the neck to the ankles:
BESIDE, ABOUT = 0.35, 0.13  # beside the feet, above and below their soles: where a shadow is looked for
ROOM = 0.06  # below the soles: pictures that end before cannot tell
SOFT = (0.04, 0.08, 0.14, 0.22)  # how softly it may end to the sides,
THICK = (0.012, 0.02, 0.032, 0.05)  # how tall,
BELOW = (-0.06, -0.04, -0.02, 0.0, 0.02)  # and how far below the soles it may be;
FLAT = (0.0, 0.5, 1.0)  # how much of the way between the feet it may be full, as a share
JUMP = (0.03, 0.2)  # how high feet leave their shadow, and have none
GROUND = (-0.03, 0.05)  # how far it goes up and down with them
LEAST, MOST = 0.06, 0.6  # of the light that a shadow takes: less is grain, more is dirt or a rug
MODEST = 0.3  # by how much one that takes all light has to explain more than one that takes none: feet hide its middle
SURE = 0.65  # share of all that differs from plain ground which the shadow explains
SMALLEST = 24  # body's height


@dataclass(frozen=True)
class Shadow:
    """dark: share of the light that it takes in its middle; flat: share of the way between the feet where it is full;
    soft, thick: how it ends across and along the picture's columns; below: its middle, seen from the lower ankle;
    ground: that ankle's row in the picture; tall: the body's height."""

    dark: float
    flat: float
    soft: float
    thick: float
    below: float
    ground: float
    tall: float

    def fall(self, frames: Tensor, joints: Tensor) -> None:
        """Darkens frames, f 3 h w, under the feet of joints, f 18 complex; less the higher they jump."""
        feet = joints[:, ANKLES]
        lift, follows = risen(joints, ankle=self.ground, tall=self.tall)
        strength = self.dark * (1 - ((lift - JUMP[0]) / (JUMP[1] - JUMP[0])).clamp(0, 1))
        middle = self.ground + self.below + follows
        reach = 3 * self.thick
        first, last = int(middle.amin() - reach), int(middle.amax() + reach) + 1
        rows, columns = torch.arange(max(0, first), max(0, min(last, frames.shape[-2]))), torch.arange(frames.shape[-1])
        along = torch.exp(-((rows - middle[:, None]) / self.thick).square())
        apart = (feet[:, 0].real - feet[:, 1].real).abs()[:, None] / 2
        off = (columns - feet.real.mean(1)[:, None]).abs() - self.flat * apart
        across = torch.exp(-(off.clamp(min=0) / self.soft).square())
        if len(rows):
            frames[:, :, rows] *= 1 - (strength[:, None, None] * along[:, :, None] * across[:, None])[:, None]


def risen(joints: Tensor, *, ankle: float, tall: float) -> tuple[Tensor, Tensor]:
    """Of bodies with joints f 18 complex, beside the picture's, whose lower ankle is in that row: f, how high feet
    are, of the body's height; and f, by how many rows the ground that they stand on is further down."""
    lift = (ankle - joints[:, ANKLES].imag.amax(1)) / tall
    return lift, -lift.clamp(-GROUND[1], -GROUND[0]) * tall


def find_shadow(picture: Tensor, hole: Tensor, body: Tensor, rest: Tensor) -> Shadow | None:
    """picture: 3 h w; hole: 1 h w, 1 where the ground is hidden; body: 1 h w, the character, whose feet are seen; rest:
    18 2, its joints. None where none is, where what is drawn on the ground explains more of it, or where the picture
    ends too near the feet to tell."""
    height = body.shape[-2]
    feet, rows = rest[ANKLES], torch.nonzero((body[0] > 0.5).any(1))[:, 0]
    tall, ground = float(feet[:, 1].mean() - rest[NECK, 1]), float(feet[:, 1].amax())
    sole = float(rows[-1]) if len(rows) else 0.0
    if tall < SMALLEST or sole < ground or sole + ROOM * tall >= height:
        return None
    apart = float((feet[0, 0] - feet[1, 0]).abs()) / 2
    band = slice(max(0, int(sole - 3 * ABOUT * tall)), min(height, int(sole + 3 * ABOUT * tall)))
    down = torch.arange(band.start, band.stop)[:, None] - sole
    aside = (torch.arange(body.shape[-1]) - feet[:, 0].mean()).abs()
    near = torch.hypot(aside / (BESIDE * tall + apart), down / (ABOUT * tall)) < 1
    seen, light = hole[0, band] < 0.5, picture[:, band].mean(0)
    asked = near & seen
    plain = stretch_over(light.expand(3, -1, -1), (seen & ~near)[None].float())[0]
    lack = (1 - light / plain.clamp(min=0.02))[asked].clamp(-MOST, MOST)
    down, aside = down.expand_as(near)[asked], aside.expand_as(near)[asked]
    best, found = (1 - SURE) * float(lack.square().sum()), None
    along = {(t, b): torch.exp(-((down - b * tall) / (t * tall)).square()) for t, b in product(THICK, BELOW)}
    for flat, soft in product(FLAT, SOFT):
        across = torch.exp(-((aside - flat * apart).clamp(min=0) / (soft * tall)).square())
        for (thick, below), profile in along.items():
            shape = across * profile
            dark = float(shape @ lack / shape.square().sum().clamp(min=1e-6))
            unexplained = float((lack - dark * shape).square().sum()) * (1 + MODEST * dark)
            if unexplained < best and LEAST < dark < MOST:
                best = unexplained
                found = Shadow(dark, flat, soft * tall, thick * tall, sole + below * tall - ground, ground, tall)
    return found


def without_shadow(picture: Tensor, shadow: Shadow | None, rest: Tensor) -> Tensor:
    """The picture, 3 h w, of a character with joints 18 2, as bright as if it cast none."""
    if shadow is None:
        return picture
    light = torch.ones_like(picture)[None]
    shadow.fall(light, torch.view_as_complex(rest[None].contiguous()))
    return (picture / light[0]).clamp(0, 1)
