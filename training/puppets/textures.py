"""Textures as cameras see them: noise of all sizes, weaves, planks, stones and leaves, as small pictures in numpy."""

from functools import lru_cache

import cv2
import numpy as np
from numpy import ndarray

from training.puppets.materials import Material, colour

SIDE = 96  # pixels of a cloth's texture


def fractal(rng: np.random.Generator, size: tuple[int, int], *, coarse: int = 3, rough: float = 0.6) -> ndarray:
    """Noise of all sizes, h w about 0..1; size: width, height; coarse: blobs to its shorter side; rough: how much
    each finer octave counts of the one before."""
    width, height = size
    total, weight, share = np.zeros((height, width), np.float32), 0.0, 1.0
    cells = coarse
    while cells < max(size) / 2 and share > 0.02:
        grid = (max(2, round(width * cells / min(size))), max(2, round(height * cells / min(size))))
        noise = rng.random((grid[1], grid[0]), dtype=np.float32)
        total += share * cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
        weight, share, cells = weight + share, share * rough, cells * 2
    return ((total / weight - 0.5) * 2 + 0.5).clip(0, 1)


def blend(first: ndarray, second: ndarray, share: ndarray) -> ndarray:
    """Colours or pictures h w 3, mixed by h w."""
    return first + (second - first) * share[..., None].astype(np.float32)


@lru_cache(maxsize=32)
def weave(material: Material, seed: int) -> ndarray:
    """The texture of a cloth, SIDE SIDE 3 float32: its width goes round the body."""
    rng = np.random.default_rng([seed, round(material.phase * 1e6)])
    size = (SIDE, SIDE)
    base, second = (np.array(c, np.float32) for c in (material.colour, material.second))
    picture = np.tile(base, (SIDE, SIDE, 1))
    if material.print == "blots":  # flowers, camouflage
        share = (
            (fractal(rng, size, coarse=int(material.across) * 4, rough=0.4) - 0.5 - 0.1 * material.share) * 9
        ).clip(0, 1)
        picture = blend(picture, second, share)
        third = np.array(colour(rng.random(), rng.uniform(0.1, 0.8), rng.uniform(0.2, 1)), np.float32)
        picture = blend(picture, third, ((fractal(rng, size, coarse=6, rough=0.4) - 0.6) * 9).clip(0, 1))
    elif material.print == "logo":
        for _ in range(int(rng.integers(1, 5))):
            x, y = SIDE // 2 + int(rng.normal(0, 8)), int(rng.integers(SIDE // 6, SIDE))
            tint = second if rng.random() < 0.6 else np.array(colour(rng.random(), rng.random(), rng.random()))
            half = (int(rng.integers(2, 12)), int(rng.integers(1, 9)))
            if rng.random() < 0.5:
                cv2.ellipse(picture, (x, y), half, rng.uniform(0, 90), 0, 360, tint.tolist(), -1)
            else:
                cv2.rectangle(picture, (x - half[0], y - half[1]), (x + half[0], y + half[1]), tint.tolist(), -1)
    elif material.print == "denim":
        worn = fractal(rng, size, coarse=3)
        twill = ((np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 3) == 0) * 0.06
        picture = picture * (0.8 + 0.4 * worn + twill)[..., None]
    elif material.print == "knit":
        rows = np.sin(np.arange(SIDE) * (2 * np.pi / int(rng.integers(3, 7))))[:, None]
        ribs = np.sin(np.arange(SIDE) * (2 * np.pi / int(rng.integers(3, 6))))[None]
        picture = picture * (1 + 0.12 * (rows if rng.random() < 0.5 else ribs))[..., None]
    uneven = fractal(rng, size, coarse=3, rough=rng.uniform(0.5, 0.85)) - 0.5
    return (picture * (1 + (0.1 + material.grain) * uneven)[..., None]).clip(0, 1).astype(np.float32)


def planks(rng: np.random.Generator, side: int) -> ndarray:
    """Boards, tiles, slabs or carpet seen from above, side side 3."""
    base, second = ground_colour(rng), ground_colour(rng)
    kind = rng.choice(("boards", "tiles", "slabs", "even", "even"))
    y, x = np.mgrid[:side, :side].astype(np.float32)
    picture = blend(base * 0.85, base * 1.12, fractal(rng, (side, side), coarse=4, rough=0.75))
    if kind == "boards":
        wide = int(rng.integers(8, 24))
        tones = rng.uniform(0.8, 1.15, side // wide + 1).astype(np.float32)
        picture *= tones[(x // wide).astype(int)][..., None]
        picture *= np.where(x % wide < 1, 0.7, 1.0)[..., None]
    elif kind in ("tiles", "slabs"):
        wide = int(rng.integers(14, 40))
        odd = ((x // wide + y // wide) % 2).astype(np.float32)
        if kind == "tiles":
            picture = blend(picture, second, odd * rng.uniform(0.1, 1))
        joint = ((x % wide < 1.5) | (y % wide < 1.5)).astype(np.float32)
        picture = blend(picture, base * rng.uniform(0.5, 1.3), joint * 0.6)
    return picture.clip(0, 1).astype(np.float32)


def plaster(rng: np.random.Generator, side: int) -> ndarray:
    """A wall: paint, paper, bricks or panels, side side 3."""
    base = wall_colour(rng)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    picture = blend(base * 0.93, base * 1.05, fractal(rng, (side, side), coarse=2, rough=0.7))
    kind = rng.choice(("paint", "paint", "paint", "paper", "bricks", "panels"))
    if kind == "paper":
        wide = int(rng.integers(5, 20))
        share = (
            np.sin(x * 2 * np.pi / wide) * np.sin(y * 2 * np.pi / wide * rng.choice((0.0, 0.5, 1.0)) + 1) > 0.3
        ) * 1.0
        picture = blend(picture, base * rng.uniform(0.75, 1.2), share)
    elif kind == "bricks":
        tall = int(rng.integers(6, 14))
        row = y // tall
        brick = (x + (row % 2) * tall * 1.2) // (tall * 2.4)
        tones = 0.8 + 0.4 * np.modf(np.abs(np.sin(row * 12.9898 + brick * 78.233)) * 43758.5453)[0]
        joint = (y % tall < 1.2) | ((x + (row % 2) * tall * 1.2) % (tall * 2.4) < 1.2)
        picture = picture * np.where(joint, 1.15, tones)[..., None]
    elif kind == "panels":
        wide = int(rng.integers(16, 48))
        picture = picture * np.where(x % wide < 1.5, 0.75, 1.0)[..., None]
    return picture.clip(0, 1).astype(np.float32)


def wall_colour(rng: np.random.Generator) -> ndarray:
    """Mostly pale or grey, as walls are."""
    if rng.random() < 0.65:
        return np.array(colour(rng.uniform(0.02, 0.18), rng.uniform(0, 0.25), rng.uniform(0.35, 0.98)), np.float32)
    return np.array(colour(rng.random(), rng.uniform(0, 0.6), rng.uniform(0.15, 0.95)), np.float32)


def ground_colour(rng: np.random.Generator) -> ndarray:
    """Wood, stone, asphalt, carpet."""
    if rng.random() < 0.8:
        return np.array(colour(rng.uniform(0.03, 0.14), rng.uniform(0, 0.55), rng.uniform(0.15, 0.9)), np.float32)
    return np.array(colour(rng.random(), rng.uniform(0, 0.6), rng.uniform(0.2, 0.9)), np.float32)
