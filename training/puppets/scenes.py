"""Where the examples stand: backgrounds drawn once, calm behind the body so that it can be cut out."""

import cv2
import numpy as np
from numpy import ndarray

from training.puppets.ink import Ink, Sheet, ink, smooth, tone, union, xy

SIZE = (512, 768)
GROUND = 712.0  # where feet stand, pixels


def paper_grain(picture: ndarray, *, seed: int, strength: float = 0.05) -> ndarray:
    """A picture h w 3 with the tooth of drawing paper: soft flecks and fine fibres."""
    rng = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    fine = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 0.8)
    fibres = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), sigmaX=4, sigmaY=0.8)
    tooth = (fine / fine.std() * 0.25 + fibres / fibres.std() * 0.65).round(0)
    return (picture * (1 + strength * tooth[..., None])).clip(0, 255).round().astype(np.uint8)


def vignette(picture: ndarray, strength: float = 0.14) -> ndarray:
    """The picture h w 3, a little darker at its corners."""
    height, width = picture.shape[:2]
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    return (picture * (1 - strength * ((x**2 + y**2) / 2) ** 1.5)[..., None]).clip(0, 255).round().astype(np.uint8)


def wash(*stops: str) -> Sheet:
    """A sheet in colours from top to bottom."""
    sheet = Sheet(SIZE)
    rows = np.linspace(0, len(stops) - 1, sheet.pixels.shape[0])
    colours = np.array([tone(stop) for stop in stops])
    gradient = np.stack([np.interp(rows, np.arange(len(stops)), colours[:, channel]) for channel in range(3)], 1)
    sheet.pixels[:] = gradient[:, None]
    return sheet


def box(sheet: Sheet, x: float, y: float, wide: float, tall: float, paint: Ink) -> None:
    sheet.paint(sheet.polygon([(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)]), paint)


def hill(sheet: Sheet, points: list[tuple[float, float]], paint: Ink) -> None:
    line = smooth(points, closed=False)
    sheet.paint(sheet.polygon([*line, (560, 800), (-50, 800)]), paint)


def _cloud(sheet: Sheet, x: float, y: float, size: float, colour: str = "ffffff", strength: float = 0.8) -> None:
    puffs = [
        sheet.oval((x + dx * size, y + dy * size), (r * size, r * size * 0.8))
        for dx, dy, r in ((-1.2, 0.1, 0.5), (-0.5, -0.3, 0.75), (0.4, -0.2, 0.65), (1.1, 0.1, 0.5), (0, 0.25, 0.9))
    ]
    sheet.paint(union(*puffs), Ink(tone(colour), strength=strength))


def blossom_park() -> Sheet:
    """A spring afternoon under cherry trees."""
    sheet = wash("8fd0f5", "c4e8fb", "fdeef4", "ffe6ea")
    for x, y, size in ((90, 120, 38), (420, 90, 46), (446, 232, 26)):
        _cloud(sheet, x, y, size)
    hill(sheet, [(-50, 560), (80, 535), (230, 560), (390, 530), (560, 560)], Ink(tone("f9c6d6"), tone("f4aec6")))
    hill(sheet, [(-50, 610), (120, 588), (300, 606), (560, 585)], Ink(tone("b9e0a5"), tone("8cc98b")))
    hill(sheet, [(-50, 655), (160, 640), (360, 648), (560, 636)], Ink(tone("f6e5c8"), tone("e9cfa4")))
    rng = np.random.default_rng(1)
    for side in (0, 512):
        for _ in range(34):
            at = (side + rng.normal(0, 62) * 0.9, rng.normal(20, 55))
            sheet.paint(
                sheet.oval(at, (rng.uniform(14, 34),) * 2),
                Ink(tone(str(rng.choice(["ffc4d8", "ffb1cb", "ffd9e6", "f89cbc"]))), strength=0.85),
            )
    for _ in range(46):
        at = (rng.uniform(0, 512), rng.uniform(60, 760))
        sheet.paint(sheet.oval(at, (4.2, 2.6), angle=rng.uniform(0, 3)), Ink(tone("ffb7cf"), strength=0.8))
    return sheet


def rainy_street() -> Sheet:
    """A town in the rain, with puddles."""
    sheet = wash("7f9db5", "9fb8c9", "c3d3da", "d4dcd9")
    rng = np.random.default_rng(3)
    x = -20.0
    while x < 520:
        wide, top = rng.uniform(60, 95), rng.uniform(250, 390)
        box(
            sheet,
            x,
            top,
            wide,
            420,
            Ink(tone(str(rng.choice(["8ba7b8", "93aebb", "86a0b3"]))), tone("b3c6ce"), strength=0.75),
        )
        for row in range(int((600 - top) / 44)):
            for column in range(2):
                lit = rng.random() < 0.3
                box(
                    sheet,
                    x + 14 + column * (wide / 2 - 6),
                    top + 18 + row * 44,
                    18,
                    24,
                    Ink(tone("ffe6a3" if lit else "a9c0cc"), strength=0.7),
                )
        x += wide + 6
    hill(sheet, [(-50, 622), (560, 622)], Ink(tone("8d9aa5"), tone("73818f")))
    for cx, cy, rx in ((150, 722, 120), (420, 690, 90), (300, 752, 150), (60, 660, 60)):
        sheet.paint(sheet.oval((cx, cy), (rx, rx * 0.15)), Ink(tone("b9cdd8"), tone("96adbd"), strength=0.85))
        sheet.paint(sheet.oval((cx - rx * 0.2, cy - 2), (rx * 0.5, rx * 0.06)), Ink(tone("dbe8ee"), strength=0.5))
    for _ in range(130):
        at = np.array([rng.uniform(-10, 520), rng.uniform(-10, 768)])
        sheet.paint(sheet.stroke([at, at + xy(-2, 9), at + xy(-4, 18)], 1.4), Ink((255, 255, 255), strength=0.35))
    return sheet


def warm_room() -> Sheet:
    """A studio wall with a plant and a picture, a little out of focus, and clear of whoever stands before it."""
    sheet = wash("f2b872", "eba35f", "d98a55")
    sheet.glow((150, 200), (240, 260), (255, 226, 170), 0.7)
    box(sheet, 400, 60, 100, 135, ink("fff3df", line="a35f3a", depth=4))
    box(sheet, 412, 72, 76, 111, ink("7fb7a8", "4f8f86", line="a35f3a", depth=0, width=1))
    sheet.paint(sheet.oval((452, 116), (20, 20)), Ink(tone("f4d58d")))
    sheet.paint(sheet.polygon([(412, 183), (437, 140), (456, 163), (470, 146), (488, 183)]), Ink(tone("2f5d62")))
    rng = np.random.default_rng(5)
    for index in range(8):
        root = np.array([-12.0, 470.0 - index * 17])
        tip = root + xy(rng.uniform(42, 66), -rng.uniform(50, 120))
        middle = (root + tip) / 2 + xy(6, -26)
        leaf = [root, middle + xy(-9, -8), tip, middle + xy(12, 14)]
        sheet.paint(sheet.blob(leaf), ink("5c8f5a" if index % 2 else "7bab63", line="3e6b45", depth=5, width=1.1))
    picture = cv2.GaussianBlur(sheet.pixels, (0, 0), 5)
    return Sheet(SIZE, paper=picture)


def toy_shelf() -> Sheet:
    """A wooden shelf before dotted wallpaper, with building blocks."""
    sheet = wash("ffe9c9", "ffdcae", "fbcf9a")
    for row in range(16):
        for column in range(11):
            at = (column * 52 + (26 if row % 2 else 0), row * 46 - 4)
            sheet.paint(sheet.oval(at, (4.5, 4.5)), Ink(tone("f7b267"), strength=0.45))
    box(sheet, -10, 655, 540, 130, ink("c98d55", "9c6235", line="6b3f1d", depth=0))
    box(sheet, -10, 655, 540, 16, Ink(tone("e2ab70")))
    rng = np.random.default_rng(8)
    for _ in range(26):
        y = rng.uniform(678, 768)
        start = rng.uniform(-40, 440)
        sheet.paint(
            sheet.stroke([(start, y), (start + 60, y + rng.normal(0, 2)), (start + 150, y)], 1.6),
            Ink(tone("7d4b25"), strength=0.5),
        )
    for x, y, code in ((18, 610, "ef5b4c"), (52, 610, "5bbf77"), (34, 570, "4d8fd1"), (446, 606, "f4b942")):
        box(sheet, x, y, 40, 44, ink(code, line="6b3f1d", shine=0.3, depth=6))
    ball = sheet.oval((470, 582), (24, 24))
    sheet.paint(ball, ink("f78fb3", "e0567f", line="6b2440", shine=0.5, depth=7))
    return sheet


def nursery() -> Sheet:
    """A child's room with striped wallpaper, bunting and a rug."""
    sheet = wash("d6efe4", "c6e6dc", "bfe0d8")
    for x in range(0, 512, 64):
        box(sheet, x, 0, 32, 640, Ink(tone("e4f5ec"), strength=0.8))
    box(sheet, -5, 628, 530, 150, ink("e9c79b", "d3a972", line=None, depth=0))
    box(sheet, -5, 612, 530, 18, ink("ffffff", line="a5c9bf", depth=0, width=1))
    sheet.paint(sheet.oval((256, 715), (226, 44)), ink("f6a5a0", "ee8d8b", line="c2605f", depth=0))
    sheet.paint(sheet.oval((256, 713), (180, 33)), Ink(tone("fbd3c8")))
    line = smooth([(-10, 40), (130, 92), (256, 104), (390, 90), (524, 36)], closed=False, steps=12)
    sheet.paint(sheet.tube(line, np.full(len(line), 1.2)), Ink(tone("9b7653")))
    for index, at in enumerate(line[3:-3:5]):
        code = ("f6a5a0", "f4c95d", "7fb7d9", "9fd09a")[index % 4]
        sheet.paint(
            sheet.polygon([at + xy(-15, 0), at + xy(15, 0), at + xy(0, 34)]), ink(code, line="7d6a58", depth=3, width=1)
        )
    return sheet


def paper_hills() -> Sheet:
    """A collage of torn paper: sun, hills and clouds."""
    sheet = wash("f3e3c3", "f0dcb4", "ecd3a3")
    rng = np.random.default_rng(11)

    def torn(points: list[tuple[float, float]], fill: str) -> None:
        line = smooth(points, closed=False, steps=14)
        line = line + rng.normal(0, 1.3, line.shape)
        shape = sheet.polygon([*line, (560, 800), (-50, 800)])
        sheet.shadow(shape, offset=(0, -3), soft=4, strength=0.3)
        sheet.paint(shape, Ink(tone(fill), line=tone("fffaf0"), width=3))

    sun = sheet.oval((410, 120), (58, 58))
    sheet.shadow(sun, offset=(3, 5), soft=4, strength=0.3)
    sheet.paint(sun, Ink(tone("f4a261"), line=tone("fffaf0"), width=3))
    for x, y, size in ((95, 110, 34), (300, 60, 22)):
        puffs = [
            sheet.oval((x + dx * size, y + dy * size), (r * size, r * size * 0.8))
            for dx, dy, r in ((-1, 0.1, 0.5), (-0.3, -0.2, 0.7), (0.6, 0, 0.6))
        ]
        sheet.shadow(union(*puffs), offset=(2, 4), soft=3, strength=0.25)
        sheet.paint(union(*puffs), Ink(tone("fffdf6")))
    torn([(-50, 520), (90, 480), (250, 530), (400, 470), (560, 500)], "cfe0c3")
    torn([(-50, 590), (150, 560), (330, 600), (560, 555)], "a8cfb0")
    torn([(-50, 660), (130, 640), (340, 668), (560, 640)], "dfb98a")
    return sheet
