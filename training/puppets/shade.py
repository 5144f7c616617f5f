"""Shadows: of the body on itself, on the ground and on the wall behind it. All soft.

Notation: t frames, h w pixels.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.puppets.raster import Light

NEAR = (2, 5, 9)  # pixels of a picture 192 high, at which something that hides the lamp is looked for


@dataclass(frozen=True)
class Fall:
    """How shadows fall. body, ground, wall: how dark, 0 for none. along: how far back on the ground, as a share of
    what throws it, negative towards the viewer; aside: how far to the side; wall: x, y in body heights; soft: pixels
    of a picture 192 high."""

    body: float
    ground: float
    along: float
    aside: float
    wall: float
    offset: tuple[float, float]
    soft: float


def sample_fall(rng: np.random.Generator, light: Light) -> Fall:
    """Shadows of a lamp, hard, soft, or as good as none on a cloudy day."""
    x, y, _ = light.direction
    return Fall(
        body=rng.uniform(0.15, 0.55) if rng.random() < 0.7 else 0.0,
        ground=rng.uniform(0.15, 0.65) if rng.random() < 0.65 else 0.0,
        along=float(rng.choice((-1, 1, 1)) * rng.uniform(0.06, 0.5)),
        aside=float(-x * rng.uniform(0.2, 1.2)),
        wall=rng.uniform(0.1, 0.5) if rng.random() < 0.4 else 0.0,
        offset=(float(-x * rng.uniform(0.02, 0.25)), float(-y * rng.uniform(0.0, 0.15) + rng.uniform(-0.02, 0.06))),
        soft=rng.uniform(0.8, 5),
    )


def on_body(depth: Tensor, light: Light, strength: float) -> Tensor:
    """depth t h w in canvas pixels of half a picture's, -inf where nothing is -> t 1 h w: how dark, 0..1."""
    scale = depth.shape[1] / 192
    dark = torch.zeros_like(depth)
    x, y, z = light.direction
    size = max((x * x + y * y) ** 0.5, 0.2)
    for step in NEAR:
        dx, dy = (round(step * scale * way / size) for way in (x, y))
        moved = _moved(depth, -dx, -dy)
        above = (moved - depth) / scale - 2 * step * max(z, 0.3) * 0.7 - 3
        dark = torch.maximum(dark, (above / 6).clamp(0, 1))
    return _soft(torch.where(depth > -1e9, dark, 0.0)[:, None], 1.2 * scale) * strength


def on_place(cover: Tensor, fall: Fall, *, feet: Tensor, tall: float, edge: float | None) -> Tensor:
    """How dark the background is, t 1 h w. cover t 1 h w; feet: where each body stands, t 2 (x, y) in pixels; tall:
    pixels of a body height; edge: the height 0..1 at which the floor begins, None for none."""
    height, width = cover.shape[-2:]
    x = torch.arange(width, device=cover.device) + 0.5
    y = torch.arange(height, device=cover.device) + 0.5
    line = height * (edge if edge is not None else 2.0)
    floor = torch.sigmoid((y - line) * 1.5)[None, None, :, None]
    dark = torch.zeros_like(cover)
    scale = height / 192
    if fall.ground and edge is not None:
        up = (feet[:, 1, None] - y[None]) / fall.along  # how high on the body, t h
        source_y = feet[:, 1, None] - up
        source_x = x[None, None] - fall.aside * up[:, :, None]
        shade = _sampled(cover, source_x, source_y[:, :, None].expand_as(source_x)) * (up > -2)[:, None, :, None]
        dark = _soft(shade, fall.soft * scale) * floor * fall.ground
    if fall.wall:
        dx, dy = (way * tall for way in fall.offset)
        around = feet[:, None, None]
        source_x = (x[None, None] - dx - around[..., 0]) / 1.06 + around[..., 0]
        source_y = ((y[None, :, None] - dy - around[..., 1]) / 1.06 + around[..., 1]).expand(-1, -1, width)
        shade = _soft(_sampled(cover, source_x.expand_as(source_y), source_y), fall.soft * 1.6 * scale)
        dark = torch.maximum(dark, shade * (1 - floor) * fall.wall)
    return dark


def _sampled(cover: Tensor, x: Tensor, y: Tensor) -> Tensor:
    height, width = cover.shape[-2:]
    grid = torch.stack([x * (2 / width) - 1, y * (2 / height) - 1], -1)
    return F.grid_sample(cover, grid, mode="bilinear", align_corners=False)


def _moved(image: Tensor, dx: int, dy: int) -> Tensor:
    """t h w shifted to the right and down by whole pixels, -inf beyond."""
    height, width = image.shape[-2:]
    padded = F.pad(image, (max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0)), value=-torch.inf)
    return padded[:, max(-dy, 0) : max(-dy, 0) + height, max(-dx, 0) : max(-dx, 0) + width]


def _soft(image: Tensor, sigma: float) -> Tensor:
    """t 1 h w, blurred by boxes."""
    if sigma > 2:  # what is as soft as that is worked out at half the size
        half = _soft(F.avg_pool2d(image, 2, ceil_mode=True), sigma / 2)
        return F.interpolate(half, image.shape[-2:], mode="bilinear", align_corners=False)
    reach = round(sigma * 0.9)
    if not reach:
        return image
    side = 2 * reach + 1
    for window, pad in (((1, side), (0, reach)), ((side, 1), (reach, 0))) * 2:
        image = F.avg_pool2d(image, window, 1, pad, count_include_pad=False)
    return image
