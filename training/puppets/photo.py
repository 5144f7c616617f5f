"""Backgrounds as in photos: rooms and streets in perspective, woods, stages, clutter; lit, textured, out of focus."""

import cv2
import numpy as np
from numpy import ndarray

from training.puppets.materials import colour
from training.puppets.props import foliage, furniture, laid, sky
from training.puppets.textures import blend, fractal, ground_colour, planks, plaster, wall_colour

SEEN_AS = ("interior", "interior", "corner", "street", "nature", "clutter", "stage", "backdrop")
TEXTURE = 128  # pixels of a wall's or floor's side


def photo_place(
    rng: np.random.Generator, kind: str, size: tuple[int, int], *, floor: float
) -> tuple[ndarray, float | None]:
    """A background h w 3, 0..1, and the height 0..1 at which its floor begins, or None.

    floor: where somebody stands.
    """
    width, height = size
    edge = float(np.clip(floor - rng.uniform(0.04, 0.3), 0.2, 0.97))
    paint = {
        "interior": interior,
        "corner": corner,
        "street": street,
        "nature": nature,
        "stage": stage,
        "backdrop": backdrop,
        "clutter": clutter,
    }[kind]
    picture = paint(rng, (width, height), edge).astype(np.float32)
    if rng.random() < 0.6:  # light falls off
        y, x = np.mgrid[:height, :width].astype(np.float32) / height
        glow = np.exp(
            -((x - rng.uniform(0, width / height)) ** 2 + (y - rng.uniform(0, 0.6)) ** 2) / rng.uniform(0.1, 0.6)
        )
        picture = picture * (rng.uniform(0.55, 0.9) + rng.uniform(0.15, 0.6) * glow)[..., None]
    if rng.random() < 0.55:  # out of focus
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2.2) * height / 192)
    return picture.clip(0, 1), edge if kind != "clutter" else None


def interior(rng: np.random.Generator, size: tuple[int, int], edge: float) -> ndarray:
    """A room seen from one end: floor, back wall, side walls."""
    width, height = size
    picture = np.zeros((height, width, 3), np.float32)
    left, right = rng.uniform(-0.3, 0.3) * width, rng.uniform(0.7, 1.3) * width
    ceiling, line = rng.uniform(-0.5, 0.12) * height, edge * height
    far = rng.uniform(0.5, 2.0)  # how fast the room opens towards the viewer
    spread = far * (height - line)
    wall = plaster(rng, TEXTURE)
    side_wall = (wall * rng.uniform(0.7, 1.1)).clip(0, 1) if rng.random() < 0.7 else plaster(rng, TEXTURE)
    laid(picture, wall, [(left, ceiling), (right, ceiling), (right, line), (left, line)])
    for near, at in ((left - spread, left), (right + spread, right)):
        laid(picture, side_wall, [(near, ceiling * 2 - 40), (at, ceiling), (at, line), (near, height * 1.3)])
    if ceiling > 0:
        top = wall_colour(rng) * np.ones((TEXTURE, TEXTURE, 3), np.float32)
        laid(picture, top, [(left - 200, -60), (right + 200, -60), (right, ceiling), (left, ceiling)])
    laid(
        picture,
        planks(rng, TEXTURE),
        [(left, line), (right, line), (right + spread * 1.6, height + 2), (left - spread * 1.6, height + 2)],
    )
    if rng.random() < 0.6:
        cv2.line(
            picture,
            (int(left), int(line)),
            (int(right), int(line)),
            (wall_colour(rng) * 0.9).tolist(),
            max(1, height // 80),
        )
    for _ in range(int(rng.integers(0, 5))):
        furniture(rng, picture, line)
    return picture


def corner(rng: np.random.Generator, size: tuple[int, int], edge: float) -> ndarray:
    """Two walls that meet, and a floor."""
    width, height = size
    picture = np.zeros((height, width, 3), np.float32)
    at, line = rng.uniform(0.1, 0.9) * width, edge * height
    slope = rng.uniform(0.05, 0.4)
    wall = plaster(rng, TEXTURE)
    low = [line + slope * reach for reach in (at, width - at)]
    laid(
        picture,
        planks(rng, TEXTURE),
        [(at, line - 2), (width * 1.6, low[1]), (at, height * 1.6), (-0.6 * width, low[0])],
    )
    picture[int(max(low)) :] = np.where(
        picture[int(max(low)) :] == 0, planks(rng, TEXTURE).mean((0, 1)), picture[int(max(low)) :]
    )
    laid(picture, wall, [(-1, -slope * at * 2), (at, 0), (at, line), (-1, low[0])])
    laid(picture, (wall * rng.uniform(0.65, 0.95)), [(at, 0), (width, -slope * width), (width, low[1]), (at, line)])
    for _ in range(int(rng.integers(0, 3))):
        furniture(rng, picture, line)
    return picture


def street(rng: np.random.Generator, size: tuple[int, int], edge: float) -> ndarray:
    """Sky, houses with windows, trees, asphalt."""
    width, height = size
    picture = sky(rng, size)
    line = edge * height
    x = -rng.uniform(0, 0.3) * width
    while x < width:
        wide, top = rng.uniform(0.15, 0.6) * width, line * rng.uniform(-0.1, 0.75)
        house = plaster(rng, TEXTURE)
        columns, rows = int(rng.integers(2, 6)), int(rng.integers(2, 7))
        step = TEXTURE // columns, TEXTURE // rows
        glass = np.array(colour(rng.uniform(0.5, 0.65), rng.uniform(0, 0.4), rng.uniform(0.05, 0.9)))
        for column in range(columns):
            for row in range(rows):
                a, b = column * step[0] + step[0] // 4, row * step[1] + step[1] // 4
                cv2.rectangle(
                    house, (a, b), (a + step[0] // 2, b + step[1] // 2), (glass * rng.uniform(0.6, 1.2)).tolist(), -1
                )
        lean = rng.uniform(-0.2, 0.2) * line
        laid(picture, house, [(x, top), (x + wide, top + lean), (x + wide, line + 2), (x, line + 2)])
        x += wide * rng.uniform(0.9, 1.4)
    if rng.random() < 0.5:
        foliage(rng, picture, middle=(rng.uniform(0, width), line * 0.6), reach=rng.uniform(0.2, 0.5) * width)
    laid(
        picture,
        planks(rng, TEXTURE),
        [(-0.2 * width, line), (1.2 * width, line), (2.5 * width, height + 2), (-1.5 * width, height + 2)],
    )
    return picture


def nature(rng: np.random.Generator, size: tuple[int, int], edge: float) -> ndarray:
    """Hills or woods, and grass, sand or snow."""
    width, height = size
    picture = sky(rng, size)
    line = edge * height
    for layer in range(int(rng.integers(1, 4))):
        ridge = line * (0.55 + 0.15 * layer) + height * 0.25 * (fractal(rng, (width, 2), coarse=1, rough=0.4)[0] - 0.5)
        hill = np.array(colour(rng.uniform(0.15, 0.6), rng.uniform(0.1, 0.6), rng.uniform(0.2, 0.7)), np.float32)
        tone = blend(hill * 0.7, hill * 1.2, fractal(rng, size, coarse=5, rough=0.85))
        np.copyto(picture, tone, where=(np.arange(height)[:, None] > ridge[None])[..., None])
    for _ in range(int(rng.integers(0, 5))):
        foliage(
            rng,
            picture,
            middle=(rng.uniform(0, width), line * rng.uniform(0.4, 1)),
            reach=rng.uniform(0.1, 0.45) * width,
        )
    turf = np.array(colour(rng.uniform(0.07, 0.38), rng.uniform(0.1, 0.7), rng.uniform(0.25, 0.85)), np.float32)
    grass = blend(turf * 0.6, turf * 1.25, fractal(rng, (TEXTURE, TEXTURE), coarse=8, rough=0.9))
    laid(
        picture,
        grass,
        [(-0.2 * width, line), (1.2 * width, line), (2.2 * width, height + 2), (-1.2 * width, height + 2)],
    )
    return picture


def stage(rng: np.random.Generator, size: tuple[int, int], edge: float) -> ndarray:
    """A dark hall with coloured lamps."""
    width, height = size
    picture = interior(rng, size, edge) * rng.uniform(0.1, 0.4)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    for _ in range(int(rng.integers(1, 5))):
        lamp = np.array(colour(rng.random(), rng.uniform(0, 0.9), 1.0), np.float32)
        at, slant, wide = rng.uniform(0, width), rng.uniform(-0.6, 0.6), rng.uniform(0.05, 0.2)
        beam = np.exp(-(((x - at - slant * y) / (wide * (y + 20))) ** 2)) * rng.uniform(0.1, 0.6)
        picture = picture + beam[..., None] * lamp
    return picture


def backdrop(rng: np.random.Generator, size: tuple[int, int], edge: float) -> ndarray:
    """A photographer's paper or cloth."""
    height = size[1]
    paper = wall_colour(rng) if rng.random() < 0.7 else np.full(3, rng.uniform(0.85, 1.0), np.float32)
    picture = blend(paper * rng.uniform(0.75, 1), paper, fractal(rng, size, coarse=2, rough=rng.uniform(0.1, 0.7)))
    bend = 1 / (1 + np.exp(-(np.arange(height) / height - edge) * rng.uniform(15, 60)))
    return picture * (1 + rng.uniform(-0.25, 0.12) * bend.astype(np.float32))[:, None, None]


def clutter(rng: np.random.Generator, size: tuple[int, int], edge: float) -> ndarray:
    """Things of all sizes over each other, as behind anybody anywhere."""
    width, height = size
    base = ground_colour(rng)
    picture = blend(base * 0.6, base * 1.2, fractal(rng, size, coarse=2, rough=0.7))
    hue = rng.random()
    sizes = np.sort((rng.uniform(0.02, 1, int(rng.integers(20, 110))) ** -0.8).clip(0, 12))[::-1] * height / 40
    for radius in sizes:
        x, y = int(rng.uniform(0, width)), int(rng.uniform(0, height))
        tint = np.array(colour(hue + rng.normal(0, 0.15), rng.random() ** 1.5, rng.uniform(0.05, 1)))
        half = (max(1, int(radius * rng.uniform(0.4, 1))), max(1, int(radius * rng.uniform(0.4, 1))))
        if rng.random() < 0.45:
            cv2.ellipse(picture, (x, y), half, rng.uniform(0, 180), 0, 360, tint.tolist(), -1)
        else:
            box = cv2.boxPoints(((x, y), (2 * half[0], 2 * half[1]), rng.choice((0.0, 0.0, rng.uniform(-40, 40)))))
            cv2.fillConvexPoly(picture, box.round().astype(np.int32), tint.tolist())
    del edge
    return picture * (0.75 + 0.5 * fractal(rng, size, coarse=4, rough=0.8))[..., None]
