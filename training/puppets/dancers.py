"""The dancers of disco and hip-hop."""

import numpy as np

from training.puppets.drawn import Drawn
from training.puppets.ink import Mask, Sheet, ink, smooth, tone, union
from training.puppets.outfit import Outfit
from training.puppets.portrait import Features, bangs, draw_ears, draw_face, lock
from training.puppets.recipe import Build

DANCER = Build(
    head=0.158, head_width=0.066, jaw=0.72, neck=0.03, torso=0.268, thigh=0.262, shin=0.268, foot=0.08, shoulder=0.093,
    hip=0.042, upper_arm=0.15, forearm=0.135, hand=0.085, thick=1.0, chest=0.08, waist=0.06, pelvis=0.07, flat=0.7,
)  # fmt: skip

_BROWN = ink("8d5a3b", "85522f", line="3a1d10", shade=tone("663a22"), depth=5)
_SUIT = ink("9b41d4", line="3a1266", shine=0.28, depth=6)


def _afro(sheet: Sheet, body: Drawn) -> None:
    rng = np.random.default_rng(7)
    turn = np.linspace(0, 2 * np.pi, 26, endpoint=False)
    puffs = [
        sheet.oval(body.on_head(np.cos(a) * 1.32, -0.42 + np.sin(a) * 1.05), (body.wide * rng.uniform(0.3, 0.36),) * 2)
        for a in turn
    ]
    whole = union(*puffs, sheet.oval(body.on_head(0, -0.42), (body.wide * 1.4, body.half * 1.1)))
    sheet.paint(whole, ink("2a1a20", "43282c", line="120a10", shine=0.18, depth=9))


def _disco_head(sheet: Sheet, body: Drawn) -> None:
    draw_ears(sheet, body, _BROWN)
    eyes = Features(
        eye=ink("24130c", "6b3d22", line=None, shade=None), brow=ink("1f1213", line=None), eye_wide=0.2, eye_tall=0.18,
        eye_height=0.13, lips=ink("6b2430", line=None), mouth_wide=0.33, mouth_height=0.6, blush=0.3,
    )  # fmt: skip
    draw_face(sheet, body, eyes, _BROWN)
    band = [body.face(angle, -0.42 + 0.05 * np.cos(angle), 1.03) for angle in np.linspace(-1.5, 1.5, 13)]
    hair = [body.face(angle, -0.72, 1.05) for angle in np.linspace(-1.5, 1.5, 9)]
    sheet.paint(sheet.tube(hair, np.full(9, body.half * 0.32)), ink("2a1a20", line=None))
    sheet.paint(sheet.tube(band, np.full(13, body.half * 0.1)), ink("ffb703", line="7a4a06", depth=2))


def _disco_front(sheet: Sheet, body: Drawn, trunk: Mask) -> None:
    wide = body.build.chest
    neckline = [body.trunk(-0.04, -0.03), body.chest(0, 0.45, wide), body.trunk(0.04, -0.03)]
    sheet.paint(sheet.polygon(neckline), _BROWN.bare())
    chain = [body.chest(angle, 0.3 - 0.5 * angle**2, wide) for angle in np.linspace(-0.42, 0.42, 9)]
    sheet.paint(
        sheet.tube(smooth(chain, closed=False), np.full(65, 1.5)), ink("ffd966", line="8a5a00", depth=0, width=0.8)
    )
    for side in (-1, 1):
        wing = [
            body.trunk(side * 0.028, -0.05),
            body.trunk(side * 0.086, 0.05),
            body.chest(side * 0.85, 0.22, wide),
            body.chest(side * 0.3, 0.34, wide),
        ]
        sheet.paint(sheet.polygon(wing), ink("ffe3f6", line="3a1266", depth=4))
    belt = [
        body.trunk(x, 0.8 + 0.03 * np.cos(x * 20))
        for x in np.linspace(-body.build.waist * 1.08, body.build.waist * 1.08, 7)
    ]
    sheet.paint(
        sheet.tube(belt, np.full(7, body.px * 0.014)).within(union(trunk)), ink("ffb703", line="7a4a06", depth=2)
    )


def disco_dancer() -> tuple[Build, Outfit]:
    """The dancer in the violet suit with bell bottoms."""
    outfit = Outfit(
        skin=_BROWN,
        top=_SUIT,
        bottom=_SUIT,
        shoe=ink("fff0f9", "ffd0ee", line="5a2a6a", shine=0.4, depth=3),
        sole=ink("ffb703", line="7a4a06"),
        head=_disco_head,
        behind=_afro,
        decorate=_disco_front,
        cuff=ink("ffb703", line="7a4a06", depth=3),
        arm=0.027,
        thigh=0.046,
        hem=0.9,
        bell=0.55,
    )
    return DANCER, outfit


_PEACH = ink("f6c9a4", line="7b4230", shade=tone("dd9c78"), depth=5)
_HOODIE = ink("2ec4a6", "1fa58d", line="0d4d49", depth=8, soft=3)


def _cap_head(sheet: Sheet, body: Drawn) -> None:
    draw_ears(sheet, body, _PEACH)
    eyes = Features(
        eye=ink("23395b", "5b8bd0", line=None, shade=None), brow=ink("5a3825", line=None), eye_wide=0.22, eye_tall=0.23,
        eye_height=0.2, mouth_wide=0.28, mouth_height=0.66, blush=0.5,
    )  # fmt: skip
    draw_face(sheet, body, eyes, _PEACH)
    hair = ink("6b4226", "835432", line="341c0e")
    for side in (-1, 1):
        sheet.paint(
            lock(
                sheet,
                body.face(side * 1.2, -0.35, 1.05),
                body.face(side * 1.28, 0.35, 1.03),
                wide=body.wide * 0.18,
                bow=0,
            ),
            hair,
        )
    bangs(sheet, body, hair, tips=[(-1.0, 0.0), (-0.5, -0.16), (0.0, -0.2), (0.5, -0.14), (1.0, 0.0)], puff=1.06)
    red = ink("ff5a5f", "e2434d", line="6d1522", shine=0.15, depth=6)
    dome = [(-1.1, -0.38), (-1.02, -0.85), (-0.55, -1.2), (0, -1.3), (0.55, -1.2), (1.02, -0.85), (1.1, -0.38)]
    edge = [body.face(angle, -0.46 + 0.03 * np.cos(angle), 1.06) for angle in np.linspace(1.45, -1.45, 9)]
    sheet.paint(sheet.polygon(np.concatenate([smooth([body.on_head(x, y) for x, y in dome], closed=False), edge])), red)
    peak = [body.face(angle, -0.5, 1.06) for angle in np.linspace(-1.05, 1.05, 7)] + [
        body.face(angle, -0.1 - 0.2 * abs(angle), 1.22) for angle in np.linspace(0.95, -0.95, 7)
    ]
    sheet.paint(sheet.blob(peak), ink("e2434d", "c93444", line="6d1522", depth=5, shine=0.2))
    badge = body.face(0.0, -0.85, 1.1)
    sheet.paint(sheet.oval(badge, (body.wide * 0.2, body.half * 0.2)), ink("fff3e2", line="6d1522", depth=2))


def _hoodie_front(sheet: Sheet, body: Drawn, trunk: Mask) -> None:
    wide, px = body.build.chest, body.px
    hood = [body.trunk(x, 0.02 + 0.12 * np.cos(x * 22)) for x in np.linspace(-0.062, 0.062, 7)]
    sheet.paint(sheet.tube(smooth(hood, closed=False), np.full(49, px * 0.018)), _HOODIE)
    for side in (-1, 1):
        cord = [
            body.chest(side * 0.28, 0.15, wide),
            body.chest(side * 0.3, 0.28, wide),
            body.chest(side * 0.27, 0.42, wide) + body.swing * 0.15,
        ]
        sheet.paint(sheet.stroke(cord, 3.4, ends=0.8), ink("fff3e2", line="0d4d49", depth=0, width=1.0))
    pouch = [(-0.75, 0.95), (-0.5, 0.66), (0.5, 0.66), (0.75, 0.95)]
    sheet.paint(
        sheet.polygon([body.chest(a, v, wide) for a, v in pouch]).within(trunk),
        ink("28b79b", line="0d4d49", depth=4, width=1.2),
    )
    star = [
        body.chest(
            (0.3 if i % 2 == 0 else 0.13) * np.sin(i * np.pi / 5),
            0.5 - (0.125 if i % 2 == 0 else 0.055) * np.cos(i * np.pi / 5),
            wide,
        )
        for i in range(10)
    ]
    sheet.paint(sheet.polygon(star), ink("ffd23f", line="0d4d49", depth=2, width=1.1))


def street_dancer() -> tuple[Build, Outfit]:
    """The boy in the hoodie and the cap."""
    outfit = Outfit(
        skin=_PEACH,
        top=_HOODIE,
        bottom=ink("4b5d8a", line="1b2340", depth=6),
        shoe=ink("ffffff", "e6ecff", line="3a3f66", depth=3),
        sole=ink("ff5a5f", line="6d1522"),
        head=_cap_head,
        decorate=_hoodie_front,
        cuff=ink("28b79b", line="0d4d49", depth=3),
        arm=0.031,
        thigh=0.05,
        hem=1.06,
        loose=1.25,
    )
    return DANCER, outfit
