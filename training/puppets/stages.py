"""The places of the example dances: a city at night, a disco, a yard, a toy stage."""

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
