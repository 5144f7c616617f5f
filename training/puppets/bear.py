"""The plush bear of the examples."""

import numpy as np

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Mask, Sheet, ink, smooth, tone, union, xy
from training.puppets.recipe import Build

BEAR = Build(
    head=0.33, head_width=0.185, jaw=1.0, neck=-0.015, torso=0.32, thigh=0.125, shin=0.12, foot=0.115, shoulder=0.115,
    hip=0.085, upper_arm=0.125, forearm=0.11, hand=0.06, thick=2.0, chest=0.125, waist=0.15, pelvis=0.155, flat=0.85,
)  # fmt: skip

_FUR = ink("c98b57", "b87a48", line="5d3517", shade=tone("95602f"), depth=12, soft=7)
_PALE = ink("f1d3a4", "e6c08c", line="8a5a2c", depth=6, soft=4)


def draw_bear(sheet: Sheet, body: Drawn, *, fur: bool = True) -> None:
    """A plush bear on two legs with a scarf; fur: single hairs at its edges."""
    px = body.px
    shapes: list[tuple[Mask, Ink]] = []
    for side in (0, 1):
        line = body.limb("hip", "knee", "ankle", side=side)
        leg = sheet.tube(line, body.radii(len(line), 0.074, 0.072, 0.066))
        ankle, toe = body.joint("ankle", side), body.joint("toe", side)
        foot = sheet.tube([ankle + xy(0, px * 0.018), toe + xy(0, px * 0.006)], [px * 0.06, px * 0.05])
        shapes.append((union(leg, foot), _FUR))
    for mask, paint in shapes:
        _furry(sheet, mask, paint, fur=fur)
    for side in (0, 1):
        ankle, toe = body.joint("ankle", side), body.joint("toe", side)
        pad = ankle + (toe - ankle) * 0.85 + xy(0, px * 0.012)
        sheet.paint(sheet.oval(pad, (px * 0.037, px * 0.032)), _PALE)
        if body.behind(side):
            _bear_arm(sheet, body, side, fur=fur)
    hips = [(0.07, -0.02), (0.125, 0.18), (0.152, 0.5), (0.165, 0.8), (0.13, 1.08), (0.06, 1.2)]
    trunk = sheet.polygon(body.outline(hips))
    _furry(sheet, trunk, _FUR, fur=fur)
    belly = [(0.05, 0.26), (0.095, 0.42), (0.112, 0.68), (0.098, 0.94), (0.05, 1.06)]
    sheet.paint(sheet.polygon(body.outline(belly)).within(trunk), _PALE)
    seam = [body.trunk(0.0, along) for along in np.linspace(0.3, 1.02, 12)]
    for start, end in zip(seam[::2], seam[1::2], strict=True):
        sheet.paint(sheet.stroke([start, end], 2.0, ends=0.8), Ink(tone("a9743f")))
    _bear_head(sheet, body, fur=fur)
    _scarf(sheet, body)
    for side in (0, 1):
        if not body.behind(side):
            _bear_arm(sheet, body, side, fur=fur)


def _furry(sheet: Sheet, mask: Mask, paint: Ink, *, fur: bool) -> None:
    sheet.paint(mask, paint)
    if not fur or paint.shade is None:
        return
    rng = np.random.default_rng(int(mask.alpha.sum()) % 9973)
    rows, columns = np.nonzero(mask.alpha > 0.9)
    chosen = rng.choice(len(rows), min(len(rows) // 140, 900), replace=False)
    hairs = []
    light = []
    for row, column in zip(rows[chosen], columns[chosen], strict=True):
        at = np.array([column + mask.left, row + mask.top]) / sheet.scale
        way = np.array([rng.normal(0, 0.35), 1.0]) * rng.uniform(3, 7)
        (hairs if rng.random() < 0.5 else light).append(sheet.stroke([at, at + way * 0.5 + xy(0.5, 0), at + way], 1.1))
    for strands, colour in ((hairs, paint.shade), (light, (240, 200, 150))):
        if strands:
            sheet.paint(union(*strands).within(mask), Ink(colour, strength=0.35))


def _bear_arm(sheet: Sheet, body: Drawn, side: int, *, fur: bool) -> None:
    px = body.px
    line = body.limb("shoulder", "elbow", "wrist", side=side)
    hand = body.at["hand"][side, 9, :2]
    arm = union(
        sheet.tube(line, body.radii(len(line), 0.058, 0.055, 0.05)),
        sheet.tube([line[-1], hand], [px * 0.052, px * 0.055]),
    )
    _furry(sheet, arm, _FUR, fur=fur)
    sheet.paint(sheet.oval(hand + xy(0, px * 0.006), (px * 0.03, px * 0.028)), _PALE)


def _bear_head(sheet: Sheet, body: Drawn, *, fur: bool) -> None:
    wide, half = body.wide, body.half
    for side in (-1, 1):
        place = body.on_head(side * 0.74, -0.82)
        _furry(sheet, sheet.oval(place, (wide * 0.34, half * 0.36)), _FUR, fur=fur)
        sheet.paint(sheet.oval(place + xy(0, 4), (wide * 0.2, half * 0.21)), ink("eab08a", line=None, depth=3))
    head = [(0, -1.0), (0.55, -0.9), (0.95, -0.4), (1.06, 0.15), (0.9, 0.66), (0.5, 0.95), (0, 1.02)]
    shape = [body.on_head(x, y) for x, y in head] + [body.on_head(-x, y) for x, y in head[-2:0:-1]]
    _furry(sheet, sheet.blob(shape), _FUR, fur=fur)
    snout = body.face(0.0, 0.42)
    sheet.paint(sheet.oval(snout, (wide * 0.46, half * 0.38), angle=body.tilt), _PALE)
    nose = body.face(0.0, 0.24, 1.02)
    pointed = [
        nose + np.array(d) * wide
        for d in ((-0.17, -0.06), (0, -0.1), (0.17, -0.06), (0.1, 0.08), (0, 0.13), (-0.1, 0.08))
    ]
    sheet.paint(sheet.blob(pointed), ink("4a2a1c", line="2a1408", shine=0.5, depth=3))
    under = nose + xy(0, half * 0.14)
    smile = 0.16 + 0.1 * body.mood.mouth
    sheet.paint(sheet.stroke([under, under + xy(0, half * 0.12)], 3.2, ends=0.7), Ink(tone("4a2a1c")))
    mouth = [
        under + np.array(d) * [wide, half]
        for d in ((-0.22, 0.06), (-0.11, 0.06 + smile), (0, 0.11), (0.11, 0.06 + smile), (0.22, 0.06))
    ]
    if body.mood.mouth > 0.4:
        gape = sheet.oval(under + xy(0, half * 0.22), (wide * 0.12, half * 0.14 * body.mood.mouth))
        sheet.paint(gape, ink("8f2f3a", line="4a2a1c", depth=2))
    sheet.paint(sheet.stroke(mouth, 3.4, ends=0.6), Ink(tone("4a2a1c")))
    for side in (-1, 1):
        eye = body.face(side * 0.42, -0.02)
        open_eye = max(1 - body.mood.blink, 0.1)
        sheet.paint(sheet.oval(eye, (wide * 0.105, wide * 0.125 * open_eye)), ink("23140d", line="120a06", width=1.0))
        if open_eye > 0.4:
            sheet.paint(
                sheet.oval(eye + xy(-wide * 0.035, -wide * 0.045), (wide * 0.036, wide * 0.036)), Ink((255, 255, 255))
            )
        sheet.glow(body.face(side * 0.72, 0.34), (wide * 0.17, half * 0.13), (255, 120, 90), 0.45)


def _scarf(sheet: Sheet, body: Drawn) -> None:
    red = ink("e5484d", "d13a45", line="6a1a22", depth=5)
    end = np.array([body.trunk(x, y) for x, y in ((0.052, 0.06), (0.06, 0.34), (0.05, 0.55))])
    end = smooth(end + body.swing * np.array([[0.0], [0.2], [0.5]]), closed=False)
    tail = sheet.paint(sheet.tube(end, np.full(len(end), 0.032 * body.px)), red)
    for at in (end[10], end[13]):
        stripe = sheet.tube([at - xy(40, 4), at + xy(40, -4)], [4.5, 4.5]).within(tail)
        sheet.paint(stripe, Ink(tone("fff1d6")))
    round_neck = np.array([body.trunk(x, 0.035 + 0.055 * np.cos(x * 14)) for x in np.linspace(-0.112, 0.112, 9)])
    sheet.paint(sheet.tube(smooth(round_neck, closed=False), np.full(65, 0.034 * body.px)), red)
