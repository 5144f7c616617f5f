"""The places of the example dances: a city at night, a disco, a yard, a toy stage, a ballroom, a beach, a feast."""

import numpy as np

from training.puppets.ink import Ink, Sheet, ink, tone, xy
from training.puppets.scenes import box, hill, wash


def neon_street() -> Sheet:
    """A city square at night."""
    sheet = wash("251a4d", "43276f", "7a3b8f", "c2577f")
    rng = np.random.default_rng(21)
    x = -20.0
    while x < 520:
        wide, top = rng.uniform(50, 90), rng.uniform(150, 380)
        box(sheet, x, top, wide, 500, Ink(tone("2b1f52"), tone("4b2a6e"), strength=0.85))
        for _ in range(9):
            at = x + rng.uniform(6, max(wide - 14, 8)), rng.uniform(top + 12, 590)
            box(sheet, *at, 8, 11, Ink(tone(str(rng.choice(["ffd166", "ff8fab", "7ae7ff"]))), strength=0.65))
        x += wide + 4
    for at, colour, reach in (
        ((90, 260), (255, 90, 180), 90),
        ((430, 230), (80, 220, 255), 100),
        ((256, 420), (255, 170, 90), 150),
    ):
        sheet.glow(at, (reach, reach), colour, 0.4)
    hill(sheet, [(-50, 628), (560, 628)], Ink(tone("4a2c63"), tone("2a1b46")))
    for at, colour in (((120, 690), (255, 110, 190)), ((390, 700), (90, 215, 255)), ((256, 730), (255, 190, 120))):
        sheet.glow(at, (120, 22), colour, 0.45)
    return sheet


def disco_hall(beat: float = 0.0) -> Sheet:
    """A dance floor of lights that change on the beat, under a mirror ball."""
    sheet = wash("2a0f45", "4d1a66", "7b2a78")
    step = int(np.floor(beat))
    for index, x in enumerate((60, 180, 330, 460)):
        colour = ((255, 90, 160), (255, 200, 80), (90, 220, 255), (150, 255, 140))[(index + step) % 4]
        beam = sheet.polygon([(x - 5, -5), (x + 5, -5), (x + 95 - index * 50, 660), (x - 45 - index * 30, 660)])
        sheet.paint(beam, Ink(colour, strength=0.13))
    ball = np.array([256.0, 62.0])
    sheet.paint(sheet.tube([(256, -5), (256, 30)], [1.5, 1.5]), Ink((200, 200, 220)))
    globe = sheet.paint(sheet.oval(ball, (38, 38)), ink("c9d3ea", "8f9cc4", line="3a3560", shine=0.6, depth=9))
    for row in range(-3, 4):
        for column in range(-3, 4):
            at = ball + xy(column * 11 + (beat * 11) % 11 - 5, row * 11)
            glint = (row * 7 + column * 3 + step * 5) % 4 == 0
            tile = sheet.polygon([at + d for d in ((-4.6, -4.6), (4.6, -4.6), (4.6, 4.6), (-4.6, 4.6))])
            sheet.paint(tile.within(globe), Ink((255, 255, 255) if glint else (165, 176, 214), strength=0.75))
    top, low = 640.0, 775.0
    colours = ("ff5fa2", "ffd166", "5be7ff", "9bff8a", "b388ff")
    for row in range(4):
        y0, y1 = top + (low - top) * (row / 4) ** 1.3, top + (low - top) * ((row + 1) / 4) ** 1.3
        s0, s1 = 1 + 0.42 * (row / 4), 1 + 0.42 * ((row + 1) / 4)
        for column in range(-5, 5):
            corners = [
                (256 + column * 66 * s0, y0),
                (256 + (column + 1) * 66 * s0, y0),
                (256 + (column + 1) * 66 * s1, y1),
                (256 + column * 66 * s1, y1),
            ]
            colour = colours[(row * 2 + column * 3 + step * 2) % 5]
            lit = (row + column + step) % 2 == 0
            sheet.paint(sheet.polygon(corners), Ink(tone(colour), strength=0.85 if lit else 0.35))
    return sheet


def brick_wall() -> Sheet:
    """A sunny wall in a backyard with one big painted splash."""
    sheet = wash("e9a178", "df8f69", "cf7b5b")
    rng = np.random.default_rng(31)
    for row in range(32):
        for column in range(9):
            if rng.random() < 0.45:
                x, y = column * 66 - (33 if row % 2 else 0), row * 20
                box(
                    sheet,
                    x + 1.5,
                    y + 1.5,
                    63,
                    17,
                    Ink(tone(str(rng.choice(["d98763", "efab85", "c97655"]))), strength=0.4),
                )
    splash = [
        (256 + np.cos(a) * r * 1.15, 330 + np.sin(a) * r)
        for a, r in zip(np.linspace(0, 2 * np.pi, 26, endpoint=False), rng.uniform(165, 225, 26), strict=True)
    ]
    sheet.paint(sheet.blob(splash), Ink(tone("ffe08a"), tone("ffc46b"), strength=0.92))
    for x, y, r in ((60, 150, 12), (455, 190, 16), (430, 520, 10), (80, 500, 14)):
        sheet.paint(sheet.oval((x, y), (r, r)), Ink(tone("ffd57a")))
    box(sheet, -5, 634, 530, 150, ink("a9a3a8", "8b8690", line=None, depth=0))
    box(sheet, -5, 626, 530, 10, ink("c9c2c4", line=None, depth=0))
    for x in (90, 256, 422):
        sheet.paint(
            sheet.stroke([(x + (x - 256) * 0.0, 636), (256 + (x - 256) * 1.5, 770)], 2.2, ends=0.8),
            Ink(tone("77727d"), strength=0.7),
        )
    return sheet


def toy_stage() -> Sheet:
    """A small stage with a curtain of rays and a round spot."""
    sheet = wash("173b57", "1f5673", "2f7f8f")
    for index in range(14):
        a, b = index * 2 * np.pi / 14, (index + 0.5) * 2 * np.pi / 14
        ray = [
            (256, 330),
            (256 + np.cos(a) * 700, 330 + np.sin(a) * 700),
            (256 + np.cos(b) * 700, 330 + np.sin(b) * 700),
        ]
        sheet.paint(sheet.polygon(ray), Ink(tone("4fa9b5"), strength=0.22))
    sheet.glow((256, 350), (190, 260), (255, 244, 214), 0.5)
    box(sheet, -5, 645, 530, 140, ink("c97b4a", "a45b35", line=None, depth=0))
    for x in range(-200, 760, 60):
        sheet.paint(
            sheet.stroke([(256 + (x - 256) * 0.85, 646), (256 + (x - 256) * 1.25, 772)], 1.8, ends=0.9),
            Ink(tone("7f4325"), strength=0.6),
        )
    sheet.paint(sheet.oval((256, 712), (190, 34)), Ink(tone("ffe9b8"), strength=0.5))
    return sheet


def ballroom() -> Sheet:
    """Tall windows, a chandelier's light, a polished floor."""
    sheet = wash("f6e3d3", "efd0bd", "e6bda9")
    for x in (10, 140, 300, 430):
        arch = [(x, 560), (x, 170), (x + 10, 130), (x + 36, 110), (x + 62, 130), (x + 72, 170), (x + 72, 560)]
        sheet.paint(sheet.polygon(arch), Ink(tone("9fc4dd"), tone("d5e7ef"), strength=0.9))
        sheet.paint(sheet.stroke([(x + 36, 112), (x + 36, 560)], 3, ends=1.0), Ink(tone("f6e3d3")))
    sheet.glow((256, 120), (210, 150), (255, 240, 200), 0.65)
    box(sheet, -5, 560, 530, 60, ink("c98f78", "b97c66", line=None, depth=0))
    box(sheet, -5, 618, 530, 160, ink("a8654f", "84483a", line=None, depth=0))
    sheet.glow((256, 700), (190, 40), (255, 226, 190), 0.5)
    return sheet


def boardwalk() -> Sheet:
    """Planks by the sea on a bright day."""
    sheet = wash("7cc7ee", "a9def4", "e2f4f2")
    sheet.glow((420, 110), (90, 90), (255, 246, 200), 0.9)
    for x, y, wide in ((90, 130, 46), (140, 118, 60), (330, 210, 40), (370, 200, 52)):
        sheet.paint(sheet.oval((x, y), (wide, wide * 0.4)), Ink(tone("ffffff"), strength=0.8))
    box(sheet, -5, 420, 530, 200, ink("3f9fc4", "69bcd2", line=None, depth=0))
    for y in (450, 492, 540):
        sheet.paint(sheet.stroke([(20, y), (200, y + 3), (500, y - 2)], 3, ends=0.6), Ink(tone("d9f1f5"), strength=0.6))
    hill(sheet, [(-50, 600), (560, 604)], Ink(tone("f3dca7"), tone("e8c98b")))
    box(sheet, -5, 640, 530, 140, ink("c08a5a", "9c6a42", line=None, depth=0))
    for y in (664, 694, 730):
        sheet.paint(sheet.stroke([(-10, y), (530, y)], 2.0, ends=1.0), Ink(tone("7c5232"), strength=0.7))
    return sheet


def village_green() -> Sheet:
    """A meadow with flags for a feast."""
    sheet = wash("ffcf8f", "ffe0a8", "fff0cf")
    sheet.glow((256, 200), (230, 200), (255, 244, 200), 0.6)
    hill(sheet, [(-50, 520), (120, 470), (300, 520), (560, 480)], Ink(tone("c9d87a"), tone("a8c765")))
    hill(sheet, [(-50, 610), (260, 590), (560, 615)], Ink(tone("8fbf5f"), tone("6da34c")))
    colours = ("e4572e", "f3a712", "2e86ab", "a23b72", "4c9f70")
    for row, (top, sag) in enumerate(((70, 40), (150, 34))):
        rope = [(x, top + sag * (1 - ((x - 256) / 256) ** 2)) for x in range(-10, 530, 20)]
        sheet.paint(sheet.stroke(rope, 2.2, ends=1.0), Ink(tone("7a5230")))
        for index, (x, y) in enumerate(rope[1::2]):
            flag = sheet.polygon([(x - 15, y), (x + 15, y), (x, y + 32)])
            sheet.paint(flag, ink(colours[(index + row * 2) % 5], line=None, depth=0))
    return sheet


def diner() -> Sheet:
    """A corner with a chequered floor, stripes and a round lamp."""
    sheet = wash("5ec2b7", "49aaa3", "3c918f")
    sheet.glow((256, 250), (200, 220), (255, 250, 225), 0.5)
    sheet.paint(sheet.oval((256, 40), (86, 30)), ink("ff6b6b", line=None, depth=0))
    box(sheet, -5, 520, 530, 22, ink("f7fff7", line=None, depth=0))
    box(sheet, -5, 542, 530, 78, ink("ff6b6b", "e85757", line=None, depth=0))
    for row, (y0, y1) in enumerate(((620, 654), (654, 700), (700, 775))):
        for column in range(-5, 5):
            s0, s1 = 1 + 0.004 * (y0 - 620), 1 + 0.004 * (y1 - 620)
            corners = [(256 + column * 62 * s0, y0), (256 + (column + 1) * 62 * s0, y0)]
            corners += [(256 + (column + 1) * 62 * s1, y1), (256 + column * 62 * s1, y1)]
            dark = (row + column) % 2 == 0
            sheet.paint(sheet.polygon(corners), Ink(tone("2b2d42" if dark else "f1f3ee")))
    return sheet
