"""Things that stand about in photo-like backgrounds: walls in perspective, furniture, sky and leaves."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy import ndarray

from training.puppets.materials import colour
from training.puppets.textures import blend, fractal, wall_colour


def laid(picture: ndarray, texture: ndarray, corners: Sequence[tuple[float, float]]) -> None:
    """A texture in perspective on four corners (x, y): top left, top right, bottom right, bottom left."""
    height, width = picture.shape[:2]
    side = float(texture.shape[0])
    start = np.array([(0, 0), (side, 0), (side, side), (0, side)], np.float32)
    way = cv2.getPerspectiveTransform(start, np.array(corners, np.float32))
    warped = cv2.warpPerspective(texture, way, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    area = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(area, np.round(np.array(corners)).astype(np.int32), 1)
    np.copyto(picture, warped, where=area[..., None] > 0)


def furniture(rng: np.random.Generator, picture: ndarray, line: float) -> None:
    """A picture, window, door, shelf or box against the back wall."""
    height, width = picture.shape[:2]
    kind = rng.choice(("picture", "window", "door", "box", "box", "plant"))
    wide, tall = rng.uniform(0.08, 0.4) * width, rng.uniform(0.08, 0.3) * height
    x = rng.uniform(-0.1, 1.0) * width
    tint = np.array(colour(rng.random(), rng.uniform(0, 0.7), rng.uniform(0.1, 0.95)), np.float32)
    if kind in ("picture", "window"):
        y = rng.uniform(0.02, 0.5) * line
        cv2.rectangle(picture, (int(x), int(y)), (int(x + wide), int(y + tall)), (wall_colour(rng) * 0.8).tolist(), -1)
        inner = (int(x + 2), int(y + 2)), (int(x + wide - 2), int(y + tall - 2))
        cv2.rectangle(picture, *inner, (0.95, 0.97, 1.0) if kind == "window" else tint.tolist(), -1)
        if kind == "window" and rng.random() < 0.7:
            cv2.line(
                picture,
                (int(x + wide / 2), int(y)),
                (int(x + wide / 2), int(y + tall)),
                (wall_colour(rng) * 0.8).tolist(),
                1,
            )
    elif kind == "plant":
        for _ in range(14):
            at = int(x + rng.normal(0, wide / 4)), int(line - tall + rng.normal(0, tall / 3))
            leaf = np.array(colour(rng.uniform(0.2, 0.4), rng.uniform(0.3, 0.8), rng.uniform(0.1, 0.6)))
            cv2.ellipse(
                picture,
                at,
                (max(1, int(wide / 8)), max(1, int(tall / 7))),
                rng.uniform(0, 180),
                0,
                360,
                leaf.tolist(),
                -1,
            )
    else:
        top = line - tall * (1.8 if kind == "door" else 1)
        foot = line + (0 if kind == "door" else rng.uniform(0, 0.08) * height)
        cv2.rectangle(picture, (int(x), int(top)), (int(x + wide), int(foot)), tint.tolist(), -1)
        if kind == "box":  # its lit top
            slant = wide * 0.15
            lid = np.array([(x, top), (x + slant, top - slant), (x + wide + slant, top - slant), (x + wide, top)])
            cv2.fillConvexPoly(picture, lid.round().astype(np.int32), (tint * 1.25).clip(0, 1).tolist())
            cv2.rectangle(picture, (int(x), int(foot)), (int(x + wide), int(foot + 2)), (tint * 0.3).tolist(), -1)


def sky(rng: np.random.Generator, size: tuple[int, int]) -> ndarray:
    """A gradient with clouds."""
    width, height = size
    high = np.array(colour(rng.uniform(0.54, 0.64), rng.uniform(0, 0.6), rng.uniform(0.4, 1)), np.float32)
    low = np.array(colour(rng.uniform(0.0, 0.15), rng.uniform(0, 0.3), rng.uniform(0.7, 1)), np.float32)
    picture = blend(high, low, np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, 1))
    cloud = ((fractal(rng, size, coarse=2) - rng.uniform(0.4, 0.8)) * 3).clip(0, 1)
    return blend(picture, np.ones(3, np.float32), cloud * 0.8)


def foliage(rng: np.random.Generator, picture: ndarray, *, middle: tuple[float, float], reach: float) -> None:
    """The crown of a tree, or a hedge: leaves of many greens, ragged at the rim."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    far = np.hypot(x - middle[0], (y - middle[1]) * rng.uniform(0.6, 1.4)) / reach
    noise = fractal(rng, (width, height), coarse=6, rough=0.8)
    green = np.array(colour(rng.uniform(0.12, 0.4), rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.7)), np.float32)
    leaves = blend(
        green * 0.35, green * 1.3, ((fractal(rng, (width, height), coarse=9, rough=0.9) - 0.3) * 1.8).clip(0, 1)
    )
    np.copyto(picture, leaves, where=((far + (noise - 0.5) * 1.2) < 1)[..., None])
