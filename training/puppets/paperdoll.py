"""A doll of cut paper: flat painted pieces with white rims, thrown shadows, and brass pins at the joints."""

import numpy as np

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Mask, Sheet, Tone, ink, smooth, tone, union, xy
from training.puppets.portrait import lock
from training.puppets.recipe import Build

DOLL = Build(
    head=0.2, head_width=0.09, jaw=0.85, neck=0.022, torso=0.262, thigh=0.245, shin=0.245, foot=0.075, shoulder=0.08,
    hip=0.042, upper_arm=0.145, forearm=0.13, hand=0.08, thick=0.95, chest=0.07, waist=0.05, pelvis=0.07, flat=0.9,
)  # fmt: skip
_RIM = tone("fffaf0")


def _darker(colour: Tone) -> Tone:
    return colour[0] * 0.88, colour[1] * 0.88, colour[2] * 0.88


def _paper(fill: str, into: str | None = None, *, depth: float = 3.5) -> Ink:
    return Ink(
        tone(fill),
        tone(into) if into else None,
        shade=_darker(tone(into or fill)),
        depth=depth,
        soft=3,
        line=_RIM,
        width=3.0,
    )


_SKIN, _HAIR, _SHOE = _paper("f7cfae"), _paper("b5523b", "8f3b2c"), _paper("3d5a80")
_DRESS, _SLEEVE = _paper("2a9d8f", "21867a"), _paper("e9c46a")


def _lay(sheet: Sheet, mask: Mask, paint: Ink) -> Mask:
    sheet.shadow(mask, offset=(3.5, 5.0), soft=3.2, strength=0.42)
    return sheet.paint(mask, paint)


def draw_paper_doll(sheet: Sheet, body: Drawn) -> None:
    """The doll, pieces laid over each other from the legs up."""
    px = body.px
    for side in (0, 1):
        hip, knee, ankle, toe = (body.joint(name, side) for name in ("hip", "knee", "ankle", "toe"))
        shin = _lay(sheet, sheet.tube([knee, ankle], [px * 0.036, px * 0.026]), _paper("fdf3e1"))
        for share in np.linspace(0.05, 0.95, 6):
            middle = knee + (ankle - knee) * share
            aside = np.array([-(ankle - knee)[1], (ankle - knee)[0]]) / max(float(np.hypot(*(ankle - knee))), 1e-6)
            band = sheet.tube([middle - aside * 40, middle + aside * 40], [px * 0.0095] * 2).within(shin)
            sheet.paint(band, Ink(tone("e76f51")))
        _lay(sheet, sheet.tube([hip, knee], [px * 0.042, px * 0.037]), _SKIN)
        heel = ankle + (ankle - toe) * 0.15
        _lay(sheet, sheet.tube([heel + xy(0, px * 0.012), toe + xy(0, px * 0.012)], [px * 0.034, px * 0.03]), _SHOE)
        _pin(sheet, knee, px)
    arms = sorted((0, 1), key=lambda side: body.at["wrist"][side, 2])
    for side in arms:
        if body.behind(side):
            _arm(sheet, body, side)
    _hair_behind(sheet, body)
    neck = sheet.tube([body.on_head(0, 0.6), body.at["collar"][:2] + xy(0, 8)], [px * 0.026, px * 0.03])
    _lay(sheet, neck, _SKIN)
    _dress(sheet, body)
    for side in arms:
        if not body.behind(side):
            _arm(sheet, body, side)
    _head(sheet, body)


def _arm(sheet: Sheet, body: Drawn, side: int) -> None:
    px = body.px
    shoulder, elbow, wrist = (body.joint(name, side) for name in ("shoulder", "elbow", "wrist"))
    hand = body.at["hand"][side, :, :2]
    mitten = union(
        sheet.tube([wrist, (hand[9] + hand[12]) / 2], [px * 0.02, px * 0.026]),
        sheet.tube([hand[1], hand[3]], [px * 0.013, px * 0.011]),
    )
    _lay(sheet, union(mitten, sheet.tube([elbow, wrist], [px * 0.027, px * 0.021])), _SKIN)
    sleeve = _lay(sheet, sheet.tube([shoulder, elbow], [px * 0.043, px * 0.035]), _SLEEVE)
    for share in (0.25, 0.55, 0.85):
        for across in (-0.4, 0.4):
            way = elbow - shoulder
            aside = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-6)
            dot = shoulder + way * share + aside * across * px * 0.04
            sheet.paint(sheet.oval(dot, (px * 0.0075,) * 2).within(sleeve), Ink(tone("e76f51")))
    _pin(sheet, shoulder, px)
    _pin(sheet, elbow, px)


def _dress(sheet: Sheet, body: Drawn) -> None:
    px, build = body.px, body.build
    hips = np.array([body.joint("knee", side) - body.joint("hip", side) for side in (0, 1)])
    low = [body.joint("hip", side) + hips[side] * 0.6 for side in (0, 1)]
    out = np.array([px * 0.085, 0.0])
    left, right = sorted(low, key=lambda at: at[0])
    left, right = left - out + body.swing * 0.3, right + out + body.swing * 0.3
    hem = []
    for index, share in enumerate(np.linspace(0, 1, 13)):
        hem.append(
            left + (right - left) * share + xy(0, px * 0.03 * np.sin(share * np.pi) + (px * 0.012 if index % 2 else 0))
        )
    side_left = [
        body.trunk(-0.035, -0.01),
        body.trunk(-build.shoulder * 0.93, 0.06),
        body.trunk(-build.chest, 0.35),
        body.trunk(-build.waist * 1.08, 0.7),
    ]
    side_right = [
        body.trunk(0.035, -0.01),
        body.trunk(build.shoulder * 0.93, 0.06),
        body.trunk(build.chest, 0.35),
        body.trunk(build.waist * 1.08, 0.7),
    ]
    outline = np.concatenate(
        [
            smooth([*side_left, hem[0]], closed=False),
            smooth(hem, closed=False, steps=4),
            smooth([hem[-1], *side_right[::-1]], closed=False),
            [body.trunk(0, 0.09)],
        ]
    )
    dress = _lay(sheet, sheet.polygon(outline), _DRESS)
    rng = np.random.default_rng(12)
    middle = (left + right) / 2
    for row, share in enumerate((0.32, 0.62, 0.9)):
        waist = body.trunk(0, 0.7)
        for column in range(-3, 4):
            span = (right - left) / 7 * (0.45 + 0.55 * share)
            at = waist + (middle - waist) * share + span * (column + 0.5 * (row % 2)) + rng.normal(0, 1.5, 2)
            petals = [
                sheet.oval(at + np.array([np.cos(a), np.sin(a)]) * px * 0.0115, (px * 0.0085,) * 2)
                for a in np.arange(5) * 1.257
            ]
            sheet.paint(union(*petals).within(dress), Ink(tone("fff1d6")))
            sheet.paint(sheet.oval(at, (px * 0.007,) * 2).within(dress), Ink(tone("f4a261")))
    belt = sheet.tube(
        [body.trunk(-build.waist * 1.15, 0.7), body.trunk(0, 0.73), body.trunk(build.waist * 1.15, 0.7)],
        [px * 0.014] * 3,
    )
    sheet.paint(belt.within(dress), Ink(tone("e76f51")))
    for along in (0.22, 0.38, 0.54):
        sheet.paint(sheet.oval(body.trunk(0, along), (px * 0.0095,) * 2), Ink(tone("fff1d6")))
    collar = [
        body.trunk(-0.04, -0.02),
        body.trunk(-0.052, 0.1),
        body.trunk(-0.006, 0.16),
        body.trunk(0, 0.07),
        body.trunk(0.006, 0.16),
        body.trunk(0.052, 0.1),
        body.trunk(0.04, -0.02),
        body.trunk(0, 0.05),
    ]
    sheet.paint(sheet.blob(collar), _paper("fff6e5"))


def _hair_behind(sheet: Sheet, body: Drawn) -> None:
    half = [(0.0, -1.12), (0.7, -0.95), (1.12, -0.35), (1.2, 0.4), (1.12, 0.92), (0.6, 0.9)]
    points = [body.on_head(x, y) for x, y in half] + [body.on_head(-x, y) for x, y in half[:0:-1]]
    _lay(sheet, sheet.blob(points), _HAIR)


def _head(sheet: Sheet, body: Drawn) -> None:
    wide, half = body.wide, body.half
    face = [(0.0, -1.0), (0.65, -0.82), (0.98, -0.2), (0.9, 0.42), (0.52, 0.86), (0.0, 1.0)]
    points = [body.on_head(x, y) for x, y in face] + [body.on_head(-x, y) for x, y in face[-2:0:-1]]
    head = _lay(sheet, sheet.blob(points), _SKIN)
    for side in (-1, 1):
        eye = body.face(side * 0.4, 0.1)
        sheet.paint(sheet.oval(eye, (wide * 0.1, half * 0.13 * max(1 - body.mood.blink, 0.15))), Ink(tone("33272f")))
        sheet.paint(sheet.oval(eye + xy(-wide * 0.03, -half * 0.045), (wide * 0.033,) * 2), Ink((255, 255, 255)))
        lash = [eye + np.array(d) * wide * np.array([side, 1]) for d in ((-0.1, -0.1), (0.05, -0.17), (0.2, -0.12))]
        sheet.paint(sheet.stroke(lash, wide * 0.05), Ink(tone("33272f")))
        sheet.paint(
            sheet.oval(body.face(side * 0.68, 0.42), (wide * 0.17, half * 0.14)).within(head),
            Ink(tone("f28d7c"), strength=0.75),
        )
        brow = [body.face(side * a, -0.2 - 0.03 * (a == 0.4)) for a in (0.26, 0.4, 0.56)]
        sheet.paint(sheet.stroke(brow, wide * 0.055), Ink(tone("8f3b2c")))
    sheet.paint(
        sheet.stroke([body.face(-0.03, 0.3), body.face(0.04, 0.36), body.face(-0.01, 0.4)], wide * 0.045),
        Ink(tone("d98f6d")),
    )
    gape = 0.03 + 0.14 * body.mood.mouth
    mouth = [
        body.face(-0.2, 0.57),
        body.face(0, 0.6 + gape * 0.2),
        body.face(0.2, 0.57),
        body.face(0.1, 0.6 + gape),
        body.face(-0.1, 0.6 + gape),
    ]
    sheet.paint(sheet.blob(mouth), Ink(tone("c8433f")))
    fringe = [
        lock(sheet, body.on_head(x, -0.92), body.face(angle, tip, 1.05), wide=wide * 0.42, bow=bow)
        for x, angle, tip, bow in (
            (-0.55, -1.0, 0.2, 6),
            (-0.2, -0.5, -0.16, 4),
            (0.2, 0.3, -0.18, -4),
            (0.55, 1.0, 0.2, -6),
        )
    ]
    crown = [
        (-1.06, -0.25),
        (-0.9, -0.8),
        (-0.4, -1.1),
        (0.4, -1.1),
        (0.9, -0.8),
        (1.06, -0.25),
        (0.55, -0.6),
        (-0.55, -0.6),
    ]
    _lay(sheet, union(*fringe, sheet.blob([body.on_head(x, y) for x, y in crown])), _HAIR)
    knot = body.on_head(0.62, -0.92)
    for side in (-1, 1):
        wing = [knot, knot + np.array([side * 0.42, -0.26]) * wide, knot + np.array([side * 0.46, 0.2]) * wide]
        sheet.paint(sheet.blob(wing), _paper("e76f51"))
    sheet.paint(sheet.oval(knot, (wide * 0.12,) * 2), _paper("f4a261"))


def _pin(sheet: Sheet, at: np.ndarray, px: float) -> None:
    head = sheet.oval(at, (px * 0.0115,) * 2)
    sheet.shadow(head, offset=(1.5, 2.0), soft=1.2, strength=0.5)
    sheet.paint(head, ink("e8c05a", "b98a2c", line="7a5a1c", shine=0.8, depth=2, width=0.8))
