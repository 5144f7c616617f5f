"""Draws heads of people: the face with its features, and hair in locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Mask, Sheet, ink, smooth, tone, union, xy

WHITE = Ink((255, 255, 255))


@dataclass(frozen=True)
class Features:
    """A face. Places on the head as in recipe.Face; size: of the eyes, in half widths of the head."""

    eye: Ink
    eye_angle: float = 0.46
    eye_height: float = 0.24
    eye_wide: float = 0.265
    eye_tall: float = 0.34
    brow: Ink | None = None
    lash: Ink | None = None
    lips: Ink | None = None
    mouth_height: float = 0.7
    mouth_wide: float = 0.24
    blush: float = 0.5
    nose: bool = True


def head_shape(sheet: Sheet, body: Drawn, *, chin: float = 1.0) -> Mask:
    """The head without hair and ears."""
    lean = np.sin(body.head_turn) * 0.16
    half = [(0.0, -1.02), (0.62, -0.86), (0.97, -0.3), (0.98, 0.1), (0.87, 0.45), (0.56, 0.8), (0.16, chin)]
    right = [(x + lean * max(y, 0), y) for x, y in half]
    left = [(-x + lean * max(y, 0), y) for x, y in half[:0:-1]]
    return sheet.blob([body.on_head(x, y) for x, y in right + left])


def draw_ears(sheet: Sheet, body: Drawn, skin: Ink) -> None:
    """Ears, the far one hidden when the head turns."""
    for side in (-1, 1):
        if side * body.head_turn < 0.5:
            place = body.on_head(side * 0.98 - np.sin(body.head_turn) * 0.12, 0.2)
            sheet.paint(sheet.oval(place, (body.wide * 0.15, body.half * 0.2), angle=side * 0.2 + body.tilt), skin)


def draw_face(sheet: Sheet, body: Drawn, features: Features, skin: Ink, *, chin: float = 1.0) -> Mask:
    """The head and what the face does; returns the head's shape."""
    head = sheet.paint(head_shape(sheet, body, chin=chin), skin)
    look, open_eye = features, 1 - body.mood.blink
    for side in (-1, 1):
        place = body.face(side * look.eye_angle * 1.12, look.eye_height + 0.26)
        sheet.glow(place, (body.wide * 0.2, body.half * 0.11), (255, 120, 110), look.blush * 0.55)
    for side in (-1, 1):
        _eye(sheet, body, look, side, open_eye)
    if look.nose:
        tip = body.face(0.0, (look.eye_height + look.mouth_height) / 2 + 0.06)
        bridge = tip + xy(-body.wide * 0.035, -body.half * 0.05)
        shade = Ink(skin.shade or (200, 120, 100))
        sheet.paint(
            sheet.stroke([bridge, tip, tip + xy(body.wide * 0.04, -body.half * 0.01)], body.wide * 0.055), shade
        )
    _mouth(sheet, body, look)
    return head


def _eye(sheet: Sheet, body: Drawn, look: Features, side: int, open_eye: float) -> None:
    centre = body.face(side * look.eye_angle, look.eye_height)
    narrow = max(np.cos(side * look.eye_angle + body.head_turn), 0.25) / np.cos(look.eye_angle)
    wide, tall = look.eye_wide * body.wide * narrow, look.eye_tall * body.half * max(open_eye, 0.05)
    c, s = np.cos(body.tilt), np.sin(body.tilt)

    def at(x: float, y: float, high: float = tall) -> ndarray:
        return centre + xy(x * wide * c - y * high * s, x * wide * s + y * high * c)

    outer = side
    lash = look.lash or ink("2b1d2b", line=None)
    upper = [
        at(-outer * 1.0, 0.12),
        at(-outer * 0.6, -0.72),
        at(0, -1.0),
        at(outer * 0.7, -0.78),
        at(outer * 1.12, 0.0),
    ]
    if open_eye < 0.25:
        closed = [at(-1.0, 0.0), at(0, 4.0), at(1.0, 0.0)]
        sheet.paint(sheet.stroke(closed, body.wide * 0.07, ends=0.5), lash)
    else:
        lower = [at(outer * 0.75, 0.78), at(0, 1.0), at(-outer * 0.7, 0.72)]
        white = sheet.paint(sheet.blob(upper + lower), Ink((255, 253, 250), shade=(205, 200, 222), depth=tall / 9))
        gaze = np.array([np.sin(body.head_turn) * wide * 0.15, 0.0])
        iris = sheet.oval(centre + gaze + xy(0, tall * 0.04), (wide * 0.66, tall * 0.86)).within(white)
        sheet.paint(iris, look.eye)
        rim = iris.without(sheet.oval(centre + gaze + xy(0, tall * 0.1), (wide * 0.55, tall * 0.74)))
        sheet.paint(rim, Ink(look.eye.fill, strength=0.8))
        pupil = sheet.oval(centre + gaze + xy(0, tall * 0.02), (wide * 0.3, tall * 0.45)).within(white)
        sheet.paint(pupil, Ink(tone("1d1526")))
        sheet.paint(
            sheet.oval(centre + gaze + xy(-wide * 0.25, -tall * 0.38), (wide * 0.23, tall * 0.24)).within(white), WHITE
        )
        sheet.paint(
            sheet.oval(centre + gaze + xy(wide * 0.26, tall * 0.42), (wide * 0.12, tall * 0.12)).within(white), WHITE
        )
        wing = at(outer * 1.42, -0.28)
        sheet.paint(sheet.stroke([*upper[1:], wing], body.wide * 0.105, ends=0.3), lash)
        sheet.paint(sheet.stroke(lower, body.wide * 0.03), Ink(lash.fill, strength=0.35))
    if look.brow:
        lift = -1.55 - 0.2 * body.mood.mouth
        full = look.eye_tall * body.half
        brow = [
            at(-outer * 0.95, lift + 0.1, full),
            at(0.1 * outer, lift - 0.14, full),
            at(outer * 1.15, lift + 0.22, full),
        ]
        sheet.paint(sheet.stroke(brow, body.wide * 0.062), look.brow)


def _mouth(sheet: Sheet, body: Drawn, look: Features) -> None:
    wide, level, gape = look.mouth_wide, look.mouth_height, body.mood.mouth
    line = look.lips or ink("9c3f45", line=None)
    corner = [body.face(angle, level) for angle in (-wide, wide)]
    if gape < 0.25:
        curve = [corner[0], body.face(-wide * 0.5, level + 0.055), body.face(wide * 0.5, level + 0.055), corner[1]]
        sheet.paint(sheet.stroke(curve, body.wide * 0.05, ends=0.5), line)
        return
    bottom = [
        body.face(wide * share, level + 0.23 * gape * (1 - abs(share) ** 2.2)) for share in (0.7, 0.35, 0, -0.35, -0.7)
    ]
    top = [corner[0], body.face(-wide * 0.4, level + 0.02), body.face(wide * 0.4, level + 0.02), corner[1]]
    inside = sheet.paint(
        sheet.polygon(smooth([*top, *bottom], steps=5)), Ink(tone("7a2536"), line=line.fill, width=1.0)
    )
    tongue = body.face(0, level + 0.23 * gape * 0.95)
    sheet.paint(
        sheet.oval(tongue, (body.wide * wide * 0.6, body.half * 0.09 * gape)).within(inside), Ink(tone("f0757d"))
    )
    teeth = sheet.tube(
        [body.face(-wide * 0.75, level + 0.012), body.face(wide * 0.75, level + 0.012)], [body.half * 0.03] * 2
    )
    sheet.paint(teeth.within(inside), WHITE)


def lock(sheet: Sheet, root: ArrayLike, tip: ArrayLike, *, wide: float, bow: float) -> Mask:
    """One pointed lock of hair from its root (half as wide as `wide` each way) to its tip, bowed sideways."""
    start, end = np.asarray(root, float), np.asarray(tip, float)
    way = end - start
    aside = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-6)
    middle = start + way * 0.55 + aside * bow
    outer = smooth([start + aside * wide, middle + aside * wide * 0.72, end], closed=False)
    inner = smooth([end, middle - aside * wide * 0.62, start - aside * wide], closed=False)
    return sheet.polygon(np.concatenate([outer, inner]))


def cap_of_hair(sheet: Sheet, body: Drawn, *, puff: float, low: float) -> Mask:
    """The rounded mass on top of a head, down to a height at the sides."""
    lean = np.sin(body.head_turn) * 0.06
    half = [(0.0, -1.0), (0.55, -0.93), (0.9, -0.6), (1.03, -0.15), (1.0, low)]
    right = [body.on_head((x - lean) * puff, y * (puff if y < 0 else 1)) for x, y in half]
    left = [body.on_head((-x - lean) * puff, y * (puff if y < 0 else 1)) for x, y in half[:0:-1]]
    return sheet.polygon(smooth([*left, *right], closed=False))


def bangs(
    sheet: Sheet,
    body: Drawn,
    hair: Ink,
    *,
    tips: Sequence[tuple[float, float]],
    top: float = -0.75,
    puff: float = 1.12,
    side: float = 0.7,
) -> None:
    """Hair over the forehead: a cap cut by pointed locks; tips as (angle, height), from one side to the other."""
    angles = [angle for angle, _ in tips]
    edges = [-1.45, *[(one + two) / 2 for one, two in pairwise(angles)], 1.45]
    pieces = []
    for index, (angle, height) in enumerate(tips):
        first, last = edges[index], edges[index + 1]
        top_left, top_right = body.face(first * 0.9, top, 1.08), body.face(last * 0.9, top, 1.08)
        notch = -0.32 if 0 < index < len(tips) - 1 else -0.2
        left, right = body.face(first, notch, 1.05), body.face(last, notch, 1.05)
        tip = body.face(angle, height, 1.04)
        bow = (right - left) * 0.08
        outline = np.concatenate(
            [
                [top_left],
                smooth([left, (left * 0.45 + tip * 0.55) + bow * 0.2 + (left - right) * 0.06, tip], closed=False),
                smooth([tip, (right * 0.45 + tip * 0.55) + (right - left) * 0.1, right], closed=False),
                [top_right],
            ]
        )
        pieces.append(sheet.polygon(outline))
    lean = np.sin(body.head_turn) * 0.06
    dome = [
        (-1.04, side - 0.95),
        (-1.02, -0.2),
        (-0.86, -0.65),
        (-0.5, -0.95),
        (0.0, -1.05),
        (0.5, -0.95),
        (0.86, -0.65),
        (1.02, -0.2),
        (1.04, side - 0.95),
    ]
    under = [(0.72, -0.5), (0.0, -0.62), (-0.72, -0.5)]
    crown = sheet.polygon(
        np.concatenate(
            [
                smooth([body.on_head((x - lean) * puff, y * (puff - 0.02)) for x, y in dome], closed=False),
                [body.on_head(x, y) for x, y in under],
            ]
        )
    )
    whole = sheet.paint(union(crown, *pieces), hair)
    if hair.line:
        for edge in edges[1:-1]:
            strand = [
                body.face(edge * 0.35 + 0.05, -0.93, 1.1),
                body.face(edge * 0.8, -0.7, 1.07),
                body.face(edge, -0.34, 1.05),
            ]
            sheet.paint(sheet.stroke(strand, body.wide * 0.035).within(whole), Ink(hair.line, strength=0.55))
    shine(sheet, body, whole, puff=puff)


def shine(sheet: Sheet, body: Drawn, hair: Mask, *, puff: float) -> None:
    """The bright ring on healthy hair."""
    upper = [body.face(angle, -0.62 - 0.06 * np.cos(angle * 9), puff - 0.03) for angle in np.linspace(-1.0, 0.95, 19)]
    widths = np.sin(np.linspace(0.15, np.pi - 0.15, 19)) * body.half * 0.075 * (1 + 0.35 * np.sin(np.arange(19) * 2.1))
    sheet.paint(sheet.tube(upper, widths).within(hair), Ink((255, 255, 255), strength=0.34))


def hanging(points: ArrayLike, swing: ndarray, *, amount: float = 1.0) -> ndarray:
    """A strand whose far end lags behind by the swing."""
    at = np.asarray(points, float)
    share = np.linspace(0, 1, len(at))[:, None] ** 1.5
    return smooth(at + swing * share * amount, closed=False)
