"""The people of the examples: who they are, what they wear, how their hair falls."""

import numpy as np

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Mask, Sheet, ink, tone, union, xy
from training.puppets.outfit import Outfit
from training.puppets.portrait import Features, bangs, cap_of_hair, draw_ears, draw_face, hanging, lock
from training.puppets.recipe import Build

HEROINE = Build(
    head=0.196, head_width=0.0835, jaw=0.7, neck=0.024, torso=0.255, thigh=0.255, shin=0.262, foot=0.07, shoulder=0.078,
    hip=0.04, upper_arm=0.142, forearm=0.132, hand=0.088, thick=0.8, chest=0.066, waist=0.045, pelvis=0.066, flat=0.7,
)  # fmt: skip

_HAIR = ink("5b4a9e", "8c6bd1", line="2a2050", dark=0.7, shine=0.0)
_SKIN = ink("ffe3cf", line="7d3b41", shade=tone("f2b49c"), depth=5)


def _heroine_behind(sheet: Sheet, body: Drawn) -> None:
    for side in (-1, 1):
        root = body.on_head(side * 0.95 - np.sin(body.head_turn) * 0.3, -0.62)
        points = [
            root,
            root + xy(side * 30, 8),
            root + xy(side * 44, 75),
            root + xy(side * 33, 150),
            root + xy(side * 42, 205),
        ]
        line = hanging(np.array(points) * 1.0, body.swing, amount=2.2)
        radii = np.interp(np.linspace(0, 1, len(line)), [0, 0.12, 0.4, 0.75, 1], [7, 15, 19, 14, 1])
        tail = sheet.paint(sheet.tube(line, radii), _HAIR)
        for share in (-0.4, 0.25):
            strand = line[4:-4] + np.stack([radii[4:-4] * share, radii[4:-4] * 0], 1)
            sheet.paint(sheet.stroke(strand[::5], 1.6).within(tail), Ink(_HAIR.line or (0, 0, 0), strength=0.45))
        sheet.paint(sheet.oval(root + xy(side * 7, 2), (8, 10), angle=side * 0.4), ink("ff6f91", line="7d2340"))
    sheet.paint(cap_of_hair(sheet, body, puff=1.04, low=0.3), ink("4a3b86", line="2a2050"))


def _heroine_head(sheet: Sheet, body: Drawn) -> None:
    eyes = Features(
        eye=ink("1f7a8c", "7fe3d4", line=None, shade=None), brow=ink("4a3b86", line=None), lash=ink("2a1f3d", line=None)
    )
    draw_ears(sheet, body, _SKIN)
    draw_face(sheet, body, eyes, _SKIN)
    for side in (-1, 1):
        root, tip = body.face(side * 1.3, -0.25, 1.06), body.face(side * 1.15, 0.95, 1.1)
        sheet.paint(lock(sheet, root, tip + body.swing * 0.3, wide=body.wide * 0.17, bow=side * -3), _HAIR)
    bangs(sheet, body, _HAIR, tips=[(-1.1, 0.25), (-0.62, 0.1), (-0.2, 0.02), (0.18, 0.14), (0.6, 0.04), (1.1, 0.3)])


def _heroine_trunk(sheet: Sheet, body: Drawn, trunk: Mask) -> None:
    wide = body.build.chest
    navy = ink("2f4a8a", line="1b2a55", dark=0.8)
    collar = [
        body.trunk(-0.058, -0.02), body.trunk(-0.062, 0.2), body.chest(-0.55, 0.28, wide), body.chest(0, 0.44, wide),
        body.chest(0.55, 0.28, wide), body.trunk(0.062, 0.2), body.trunk(0.058, -0.02), body.chest(0, 0.3, wide),
    ]  # fmt: skip
    sheet.paint(sheet.polygon(collar).within(union(trunk, sheet.polygon(collar))), navy)
    notch = [body.trunk(-0.03, -0.02), body.chest(0, 0.3, wide), body.trunk(0.03, -0.02)]
    sheet.paint(sheet.polygon(notch), _SKIN.bare())
    knot = body.chest(0, 0.43, wide)
    red = ink("ff5d73", line="8c1f38", depth=3)
    for side in (-1, 1):
        size = body.px * 0.001
        wing = [knot, knot + np.array([side * 34, -17]) * size, knot + np.array([side * 38, 16]) * size]
        sheet.paint(sheet.blob(wing), red)
        tail = [
            knot,
            knot + np.array([side * 18, 46]) * size + body.swing * 0.2,
            knot + np.array([side * 5, 44]) * size + body.swing * 0.2,
        ]
        sheet.paint(sheet.polygon(tail), red)
    sheet.paint(sheet.oval(knot, (body.px * 0.011, body.px * 0.012)), red)


def heroine() -> tuple[Build, Outfit]:
    """The girl with the twin tails and the pleated skirt."""
    outfit = Outfit(
        skin=_SKIN,
        top=ink("fffdf8", "e9eefb", line="4b4a77", dark=0.84),
        bottom=ink("3c5bb0", "2d4690", line="1b2a55"),
        shoe=ink("6b3f3a", "4d2b2b", line="2c1618", shine=0.2, depth=3),
        sole=ink("3a2224", line="2c1618"),
        sock=ink("ffffff", "e3e8f7", line="5a5a80", dark=0.85),
        sock_from=1.25,
        head=_heroine_head,
        behind=_heroine_behind,
        decorate=_heroine_trunk,
        sleeve=0.62,
        skirt=0.42,
        flare=1.85,
        stripe=Ink((255, 255, 255)),
        arm=0.0235,
        thigh=0.040,
        hem=0.76,
    )
    return HEROINE, outfit
