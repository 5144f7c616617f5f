"""More people of the examples: a child in the rain, and the woman of the portrait."""

import numpy as np

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Mask, Sheet, ink, smooth, tone, union
from training.puppets.outfit import Outfit
from training.puppets.portrait import Features, bangs, draw_ears, draw_face
from training.puppets.recipe import Build

CHILD = Build(
    head=0.27, head_width=0.122, jaw=0.8, neck=0.006, torso=0.245, thigh=0.2, shin=0.2, foot=0.085, shoulder=0.088,
    hip=0.048, upper_arm=0.128, forearm=0.112, hand=0.072, thick=1.1, chest=0.084, waist=0.082, pelvis=0.09, flat=0.8,
)  # fmt: skip
SITTER = Build(
    head=0.165, head_width=0.0665, jaw=0.68, neck=0.03, torso=0.28, thigh=0.26, shin=0.25, foot=0.075, shoulder=0.092,
    hip=0.045, upper_arm=0.155, forearm=0.135, hand=0.085, thick=1.0, chest=0.082, waist=0.062, pelvis=0.07, flat=0.7,
)  # fmt: skip

_YELLOW = ink("ffd23f", "f7b52c", line="8a4b14", shade=tone("e08f1f"), shine=0.35, depth=6)
_ROSY = ink("ffdcc4", line="8a4a3c", shade=tone("f0ab8e"), depth=5)


def _hood_behind(sheet: Sheet, body: Drawn) -> None:
    hood = [(0, -1.3), (0.75, -1.12), (1.2, -0.5), (1.27, 0.2), (1.0, 0.85), (0.45, 1.12)]
    points = [body.on_head(x, y) for x, y in hood] + [body.on_head(-x, y) for x, y in hood[:0:-1]]
    sheet.paint(sheet.blob(points), _YELLOW)


def _hood_head(sheet: Sheet, body: Drawn) -> None:
    _hood_behind(sheet, body)
    shift = np.sin(body.head_turn) * 0.2
    inside = [(0, -0.98), (0.66, -0.84), (0.99, -0.3), (1.0, 0.25), (0.8, 0.74), (0.35, 1.0)]
    opening = [body.on_head(x + shift, y) for x, y in inside] + [body.on_head(shift - x, y) for x, y in inside[:0:-1]]
    sheet.paint(sheet.blob(opening), ink("a8641f", line="8a4b14"))
    eyes = Features(
        eye=ink("4c2d1f", "a9683f", line=None, shade=None), brow=ink("6b4030", line=None), eye_wide=0.2, eye_tall=0.26,
        eye_angle=0.44, eye_height=0.28, mouth_height=0.66, mouth_wide=0.2, blush=0.95,
    )  # fmt: skip
    draw_face(sheet, body, eyes, _ROSY, chin=0.94)
    hair = ink("7a4a2b", "93603a", line="3d2012")
    bangs(
        sheet,
        body,
        hair,
        tips=[(-0.95, 0.0), (-0.5, -0.2), (-0.05, -0.1), (0.4, -0.22), (0.95, 0.0)],
        puff=0.97,
        top=-0.8,
    )
    rim = smooth(opening)
    sheet.paint(
        sheet.tube(np.concatenate([rim, rim[:2]]), np.full(len(rim) + 2, body.wide * 0.075)),
        ink("ffe27a", line="8a4b14", depth=3),
    )
    for side in (-1, 1):  # two small ears on the hood, because it is a duck day
        sheet.paint(
            sheet.oval(body.on_head(side * 0.72, -1.13), (body.wide * 0.17, body.half * 0.15)),
            ink("ff8a3c", line="8a4b14"),
        )


def _coat_front(sheet: Sheet, body: Drawn, trunk: Mask) -> None:
    wide, px = body.build.chest, body.px
    seam = [body.chest(0.08, along, wide) for along in np.linspace(0.02, 0.98, 6)]
    sheet.paint(sheet.stroke(seam, 2.2, ends=1.0), Ink(tone("b9741a")))
    for along in (0.22, 0.48, 0.74):
        spot = body.chest(0.0, along, wide)
        sheet.paint(sheet.oval(spot, (px * 0.013, px * 0.013)), ink("ff7a59", line="7a2f1d", shine=0.6, depth=2))
    for side in (-1, 1):
        corner = body.chest(side * 0.62, 0.72, wide * 1.05)
        pocket = [
            corner + np.array(d) * px
            for d in ((-0.026, 0.0), (0.026, 0.0), (0.024, 0.04), (0.0, 0.052), (-0.024, 0.04))
        ]
        sheet.paint(sheet.polygon(pocket), ink("ffdb60", line="8a4b14", depth=3))


def rain_child() -> tuple[Build, Outfit]:
    """The child in the yellow raincoat."""
    outfit = Outfit(
        skin=_ROSY,
        top=_YELLOW,
        bottom=_YELLOW,
        shoe=ink("e8504a", "c93a3f", line="6d1a1f", shine=0.4, depth=4),
        sole=ink("a92b33", line="6d1a1f"),
        sock=ink("e8504a", "d6433f", line="6d1a1f", shine=0.35, depth=4),
        sock_from=1.02,
        head=_hood_head,
        decorate=_coat_front,
        cuff=ink("ffe27a", line="8a4b14", depth=3),
        skirt=0.5,
        flare=1.35,
        pleats=3,
        arm=0.034,
        thigh=0.05,
        hem=0.96,
        loose=1.15,
    )
    return CHILD, outfit


_TAN = ink("c98a62", "bd7d57", line="5a2f22", shade=tone("9c5f45"), depth=6)
_CURLS = ink("33211c", "4c2f26", line="170d0b")


def _curls_behind(sheet: Sheet, body: Drawn) -> None:
    rng = np.random.default_rng(4)
    balls = []
    for angle in np.linspace(-2.15, 2.15, 17):
        for out in (1.0, 1.32):
            place = body.on_head(np.sin(angle) * out * 1.12, -0.12 - np.cos(angle) * out * 0.98)
            size = body.wide * rng.uniform(0.28, 0.38)
            balls.append(sheet.oval(place + body.swing * 0.25 * (out - 0.6), (size, size)))
    whole = sheet.paint(union(*balls, sheet.oval(body.on_head(0, -0.25), (body.wide * 1.2, body.half * 1.1))), _CURLS)
    for ball in balls[::2]:
        ring = ball.without(Mask(ball.left + 5, ball.top + 6, ball.alpha))
        sheet.paint(ring.within(whole), Ink((120, 80, 62), strength=0.45))


def _curls_head(sheet: Sheet, body: Drawn) -> None:
    draw_ears(sheet, body, _TAN)
    eyes = Features(
        eye=ink("2f1a12", "7a4a2c", line=None, shade=None),
        brow=ink("2a1712", line=None),
        lash=ink("1c0f0d", line=None),
        eye_wide=0.19,
        eye_tall=0.17,
        eye_height=0.14,
        eye_angle=0.45,
        lips=ink("8f2f3a", line=None),
        mouth_wide=0.3,
        mouth_height=0.62,
        blush=0.6,
    )
    draw_face(sheet, body, eyes, _TAN)
    rng = np.random.default_rng(9)
    front = []
    for angle in np.linspace(-1.15, 1.15, 9):
        size = body.wide * rng.uniform(0.2, 0.3)
        front.append(sheet.oval(body.face(angle, -0.68 + 0.24 * abs(angle) ** 1.5, 1.04), (size, size)))
    whole = sheet.paint(
        union(*front, *[sheet.oval(body.on_head(x, -0.86), (body.wide * 0.42,) * 2) for x in (-0.5, 0.0, 0.5)]), _CURLS
    )
    for ball in front[::2]:
        sheet.paint(
            ball.without(Mask(ball.left + 4, ball.top + 5, ball.alpha)).within(whole), Ink((120, 80, 62), strength=0.45)
        )
    for side in (-1, 1):
        hoop = body.on_head(side * 1.0 - np.sin(body.head_turn) * 0.12, 0.55)
        ring = sheet.oval(hoop, (body.wide * 0.13, body.half * 0.13)).without(
            sheet.oval(hoop, (body.wide * 0.085, body.half * 0.085))
        )
        sheet.paint(ring, Ink(tone("f2c14e"), line=tone("7a5312"), width=0.8))


def _denim_front(sheet: Sheet, body: Drawn, trunk: Mask) -> None:
    wide = body.build.chest
    shirt = [
        body.trunk(-0.034, -0.01),
        *[body.chest(-0.5 + 0.14 * a, a, wide) for a in (0.2, 0.5, 0.8, 1.1)],
        *[body.chest(0.5 - 0.14 * a, a, wide) for a in (1.1, 0.8, 0.5, 0.2)],
        body.trunk(0.034, -0.01),
        body.trunk(0, 0.09),
    ]
    tee = sheet.paint(sheet.polygon(shirt).within(union(trunk)), ink("fff4e0", line="4a3340", depth=9))
    for index, along in enumerate(np.arange(0.14, 1.1, 0.11)):
        stripe = [body.chest(-0.6, along, wide), body.chest(0, along + 0.025, wide), body.chest(0.6, along, wide)]
        sheet.paint(
            sheet.tube(smooth(stripe, closed=False), np.full(17, 4.0)).within(tee),
            Ink(tone("e4572e" if index % 2 else "2a9d8f")),
        )
    for side in (-1, 1):
        lapel = [
            body.trunk(side * 0.03, -0.05),
            body.trunk(side * 0.072, 0.03),
            body.chest(side * 0.8, 0.25, wide),
            body.chest(side * 0.42, 0.3, wide),
        ]
        sheet.paint(sheet.polygon(lapel), ink("6fa3d4", line="1f3556", depth=5))
        middle = body.chest(side * 0.78, 0.5, wide)
        pocket = [
            middle + np.array(d) * body.px
            for d in ((-0.018, 0), (0.018, 0), (0.018, 0.03), (0.0, 0.042), (-0.018, 0.03))
        ]
        sheet.paint(sheet.polygon(pocket), ink("5f95c9", line="1f3556", depth=3, width=1.2))


def sitter() -> tuple[Build, Outfit]:
    """The young woman of the half-length portrait."""
    outfit = Outfit(
        skin=_TAN,
        top=ink("5b8fc4", "4677ad", line="1f3556", depth=9, soft=4),
        bottom=ink("333b58", line="161a2c"),
        shoe=ink("ffffff", line="33334d"),
        sole=ink("d8d8e4", line="33334d"),
        head=_curls_head,
        behind=_curls_behind,
        decorate=_denim_front,
        cuff=ink("8bb8e0", line="1f3556", depth=4),
        arm=0.030,
        thigh=0.05,
        hem=0.98,
        loose=1.1,
    )
    return SITTER, outfit
