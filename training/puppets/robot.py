"""The tin robot of the examples."""

import numpy as np

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Mask, Sheet, ink, smooth, tone, union, xy
from training.puppets.recipe import Build

ROBOT = Build(
    head=0.21, head_width=0.115, jaw=1.0, neck=0.035, torso=0.29, thigh=0.19, shin=0.19, foot=0.105, shoulder=0.135,
    hip=0.065, upper_arm=0.135, forearm=0.125, hand=0.075, thick=1.5, chest=0.115, waist=0.105, pelvis=0.1, flat=0.85,
)  # fmt: skip

_TIN = ink("86c5da", "5d9fc0", line="1f3b52", shine=0.55, depth=9, soft=4)
_STEEL = ink("d9e2e8", "b3c1cb", line="33424f", shine=0.6, depth=5)
_BRASS = ink("f4b942", "dd9427", line="6b4210", shine=0.6, depth=4)
_RED = ink("ef5b4c", "d43f3a", line="6a1a1a", shine=0.5, depth=6)


def draw_robot(sheet: Sheet, body: Drawn) -> None:
    """A wind-up robot of painted tin."""
    for side in (0, 1):
        if body.behind(side):
            _robot_arm(sheet, body, side)
    for side in (0, 1):
        _robot_leg(sheet, body, side)
    px, wide = body.px, body.build.chest
    neck = [body.on_head(0, 0.7), body.at["collar"][:2] + xy(0, 4)]
    sheet.paint(sheet.tube(neck, [px * 0.032] * 2), _STEEL)
    sheet.paint(_rounded(sheet, body, wide * 0.92, 0.86, 1.1, 0.1), _STEEL)
    box = sheet.paint(_rounded(sheet, body, wide * 1.08, -0.02, 0.9, 0.16), _TIN)
    plate = sheet.paint(
        _rounded(sheet, body, wide * 0.74, 0.14, 0.66, 0.12).within(box),
        ink("f7f1de", "e7dcbf", line="1f3b52", depth=4),
    )
    for index, colour in enumerate(("ef5b4c", "f4b942", "5bbf77")):
        at = body.trunk((index - 1) * 0.045, 0.26)
        sheet.paint(sheet.oval(at, (px * 0.0145, px * 0.0145)), ink(colour, line="33424f", shine=0.7, depth=2))
    dial = body.trunk(0, 0.47)
    sheet.paint(
        sheet.oval(dial, (px * 0.043, px * 0.043)).within(union(plate, box)), ink("ffffff", line="33424f", depth=3)
    )
    hand_way = np.array([np.sin(body.turn * 2 + body.tilt * 3 - 0.7), -np.cos(body.turn * 2 + body.tilt * 3 - 0.7)])
    sheet.paint(sheet.stroke([dial, dial + hand_way * px * 0.034], 4.0), Ink(tone("d43f3a")))
    sheet.paint(sheet.oval(dial, (3.4, 3.4)), Ink(tone("33424f")))
    for across in (-0.088, 0.088):
        for along in (0.06, 0.8):
            sheet.paint(
                sheet.oval(body.trunk(across, along), (3.6, 3.6)), ink("c9e8f2", line="1f3b52", depth=1.5, width=0.9)
            )
    for across in np.linspace(-0.06, 0.06, 5):
        slot = [body.trunk(across, 0.73), body.trunk(across, 0.81)]
        sheet.paint(sheet.tube(slot, [2.6, 2.6]), Ink(tone("2b5068")))
    in_front = [side for side in (0, 1) if not body.behind(side)]
    _robot_head(sheet, body)
    for side in in_front:
        _robot_arm(sheet, body, side)


def _rounded(sheet: Sheet, body: Drawn, wide: float, top: float, bottom: float, corner: float) -> Mask:
    """A box on the trunk with rounded corners."""
    c = corner * wide
    tall = (bottom - top) * corner * 0.5
    points = []
    for x, y, sx, sy in ((wide, top, -1, 1), (wide, bottom, -1, -1), (-wide, bottom, 1, -1), (-wide, top, 1, 1)):
        first, last = (x + sx * c, y), (x, y + sy * tall)
        pair = (first, last) if sx * sy < 0 else (last, first)
        (ax, ay), (bx, by) = pair
        for t in np.linspace(0, 1, 7):
            points.append(
                body.trunk(
                    (1 - t) ** 2 * ax + 2 * t * (1 - t) * x + t * t * bx,
                    (1 - t) ** 2 * ay + 2 * t * (1 - t) * y + t * t * by,
                )
            )
    return sheet.polygon(points)


def _robot_arm(sheet: Sheet, body: Drawn, side: int) -> None:
    px = body.px
    line = body.limb("shoulder", "elbow", "wrist", side=side, bend=0.5)
    for share in np.linspace(0.05, 1, 15):  # a flexible hose
        at = np.array([np.interp(share, np.linspace(0, 1, len(line)), line[:, axis]) for axis in (0, 1)])
        sheet.paint(sheet.oval(at, (px * 0.027, px * 0.027)), _STEEL)
    sheet.paint(sheet.oval(line[0], (px * 0.042, px * 0.042)), _RED)
    hand = body.at["hand"][side, :, :2]
    wrist = line[-1]
    way = (hand[9] - wrist) / max(float(np.hypot(*(hand[9] - wrist))), 1e-6)
    aside = np.array([-way[1], way[0]])
    palm = wrist + way * px * 0.034
    spread = 0.5 + 0.5 * min(float(np.hypot(*(hand[8] - hand[20]))) / (0.09 * px), 1.0)
    for sign in (-1, 1):
        claw = [
            palm,
            palm + (way * 0.022 + sign * aside * 0.036 * spread) * px,
            palm + (way * 0.056 + sign * aside * 0.022 * spread) * px,
        ]
        sheet.paint(sheet.tube(smooth(claw, closed=False), np.linspace(0.013, 0.010, 17) * px), _BRASS)
    sheet.paint(sheet.tube([wrist - way * px * 0.012, palm], [px * 0.036, px * 0.033]), _RED)


def _robot_leg(sheet: Sheet, body: Drawn, side: int) -> None:
    px = body.px
    hip, knee, ankle, toe = (body.joint(name, side) for name in ("hip", "knee", "ankle", "toe"))
    sheet.paint(sheet.tube([hip, knee], [px * 0.036, px * 0.034]), _STEEL)
    sheet.paint(sheet.tube([knee, ankle], [px * 0.034, px * 0.036]), _TIN)
    sheet.paint(sheet.oval(knee, (px * 0.042, px * 0.042)), _BRASS)
    sheet.paint(sheet.oval(knee, (px * 0.014, px * 0.014)), ink("fff3d0", line="6b4210", depth=1.5, width=0.9))
    middle = ankle + (toe - ankle) * 0.35
    low = px * 0.035
    foot = [
        middle + np.array(d) * px
        for d in ((-0.062, 0.03), (-0.055, -0.02), (-0.02, -0.042), (0.02, -0.042), (0.055, -0.02), (0.062, 0.03))
    ]
    sheet.paint(sheet.blob([*foot, middle + xy(0, low)]), _RED)
    sole = sheet.tube([middle + xy(-0.052 * px, low), middle + xy(0.052 * px, low)], [px * 0.014] * 2)
    sheet.paint(sole, ink("33424f", line="1b2733", depth=2))


def _robot_head(sheet: Sheet, body: Drawn) -> None:
    shift = np.sin(body.head_turn) * 0.3
    for side in (-1, 1):
        bolt = body.on_head(side * 1.05, 0.05)
        sheet.paint(sheet.oval(bolt, (body.wide * 0.17, body.half * 0.24), angle=body.tilt), _BRASS)
    mast = [body.on_head(0, -0.9), body.on_head(0, -1.38)]
    sheet.paint(sheet.tube(mast, [4.0, 3.2]), _STEEL)
    sheet.paint(sheet.oval(body.on_head(0, -1.42) + body.swing * 0.15, (9.5, 9.5)), _RED)
    box = [(0.0, -1.0), (0.6, -0.98), (0.93, -0.78), (1.0, 0.0), (0.97, 0.7), (0.78, 0.96), (0.0, 1.0)]
    shape = [body.on_head(x, y) for x, y in box] + [body.on_head(-x, y) for x, y in box[-2:0:-1]]
    head = sheet.paint(sheet.blob(shape), _TIN)
    screen = [(0.0, -0.6), (0.62, -0.57), (0.76, -0.3), (0.76, 0.15), (0.62, 0.36), (0.0, 0.38)]
    glass = [body.on_head(x + shift, y) for x, y in screen] + [body.on_head(-x + shift, y) for x, y in screen[-2:0:-1]]
    window = sheet.paint(sheet.blob(glass).within(head), ink("1d3140", "2b4a5e", line="1f3b52", depth=5))
    for side in (-1, 1):
        eye = body.on_head(side * 0.36 + shift * 1.15, -0.12)
        size = max(1 - body.mood.blink, 0.12)
        sheet.glow(eye, (20, 20 * size), (120, 255, 220), 0.5)
        sheet.paint(
            sheet.oval(eye, (body.wide * 0.17, body.half * 0.21 * size)).within(window),
            ink("8dffe0", "4fe0c0", line=None, depth=2, shine=0.8),
        )
    glare = [body.on_head(x + shift, y) for x, y in ((-0.66, -0.3), (-0.5, -0.52), (-0.2, -0.55), (-0.58, 0.1))]
    sheet.paint(sheet.polygon(glare).within(window), Ink((255, 255, 255), strength=0.16))
    bars = 6
    for index in range(bars):
        x = (index - (bars - 1) / 2) * 0.15 + shift * 0.9
        tall = 0.07 + 0.1 * body.mood.mouth * (0.5 + 0.5 * np.cos(index * 2.4))
        tooth = [body.on_head(x, 0.68 - tall), body.on_head(x, 0.68 + tall)]
        sheet.paint(sheet.tube(tooth, [4.2, 4.2]), Ink(tone("1d3140")))
