"""Places to dance in: rooms, studios, landscapes, painted walls. One still picture for each clip."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from training.puppets.materials import colour
from training.puppets.photo import SEEN_AS, photo_place
from training.puppets.prints import value_noise
from training.puppets.recipe import Split, in_split

FLOORS = ("boards", "tiles", "plain", "carpet", "stone")
WALLS = ("plain", "stripes", "panels", "bricks", "clouds", "fade")
PLACES = ("room", "room", "room", "studio", "landscape", "clouds", "shapes", "lights")


def sample_place(
    rng: np.random.Generator, split: Split, size: tuple[int, int], *, floor: float, photo: float, device
) -> tuple[Tensor, float | None]:
    """A background 3 h w of the split, 0..1, and the height 0..1 at which its floor begins, None where there is none.

    floor: the height at which the character stands; photo: how likely it looks like a photo rather than a drawing.
    """
    places = SEEN_AS if rng.random() < photo else PLACES
    while True:
        recipe = tuple(str(rng.choice(table)) for table in (places, WALLS, FLOORS))
        if in_split(recipe, split):
            break
    place, wall, ground = recipe
    if places is SEEN_AS:
        picture, edge = photo_place(rng, place, size, floor=floor)
        return torch.from_numpy(picture).permute(2, 0, 1).to(device), edge
    width, height = size
    x = torch.linspace(0, width / height, width, device=device).expand(height, width)
    y = torch.linspace(0, 1, height, device=device)[:, None].expand(height, width)
    painters: dict[str, Callable[[], Tensor]] = {
        "room": lambda: _room(rng, x, y, wall=wall, ground=ground, floor=floor),
        "studio": lambda: _studio(rng, x, y, floor=floor),
        "landscape": lambda: _landscape(rng, x, y, floor=floor),
        "clouds": lambda: _mix(_ink(rng), _ink(rng), _clouds(rng, x, y)),
        "shapes": lambda: _shapes(rng, x, y, _mix(_ink(rng), _ink(rng), y * rng.random()), count=7),
        "lights": lambda: _lights(rng, x, y),
    }
    picture = painters[place]()
    if rng.random() < 0.4:  # a lamp on one side
        side = x * rng.uniform(-0.5, 0.5) + (y - 0.5) * rng.uniform(-0.4, 0.4)
        picture = picture * (1 + side)[None]
    if rng.random() < 0.3:
        grain = torch.as_tensor(rng.normal(0, rng.uniform(0.005, 0.03), (1, height, width)), dtype=torch.float32)
        picture = picture + grain.to(device)
    return picture.clamp(0, 1), floor - 0.1 if place in ("room", "studio", "landscape") else None


def _ink(rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.35:  # pale, as most walls are
        return np.array(colour(rng.random(), rng.uniform(0, 0.2), rng.uniform(0.75, 1.0)))
    return np.array(colour(rng.random(), rng.random() ** 1.4, rng.random() ** 0.6))


def _mix(first: np.ndarray | Tensor, second: np.ndarray | Tensor, share: Tensor) -> Tensor:
    """first where share h w is 0, second where it is 1; colours or pictures 3 h w."""
    one, other = (share.new_tensor(c)[:, None, None] if isinstance(c, np.ndarray) else c for c in (first, second))
    return one + (other - one) * share.clamp(0, 1)[None]


def _clouds(rng: np.random.Generator, x: Tensor, y: Tensor) -> Tensor:
    seed, coarse = float(rng.integers(1, 97)), rng.uniform(2, 8)
    layers = ((1.0, 0.5), (2.1, 0.3), (5.3, 0.2))
    return sum((value_noise(x * coarse * s, y * coarse * s, seed) * share for s, share in layers), torch.zeros_like(x))


def _room(rng: np.random.Generator, x: Tensor, y: Tensor, *, wall: str, ground: str, floor: float) -> Tensor:
    first, second = _ink(rng), _ink(rng)
    near = first * rng.uniform(0.8, 0.95)
    other = near if rng.random() < 0.6 else second
    wide = rng.uniform(0.05, 0.2)
    share = {
        "plain": torch.zeros_like(x),
        "stripes": ((x / wide) % 1 < rng.uniform(0.2, 0.6)).float(),
        "panels": (((x / wide / 1.6) % 1 < 0.06) | ((y / wide / 2.5) % 1 < 0.05)).float(),
        "bricks": (((y * 14) % 1 < 0.12) | ((x * 7 + (y * 14).floor() % 2 * 0.5) % 1 < 0.07)).float(),
        "clouds": _clouds(rng, x, y),
        "fade": y,
    }[wall]
    picture = _mix(first, other, share)
    picture = _shapes(rng, x, y, picture, count=int(rng.integers(0, 4)), below=0.6)
    edge = min(floor - rng.uniform(0.02, 0.2), 0.97)
    beneath = y > edge
    middle = x.max() / 2
    away = (y - edge).clamp(min=1e-3) + rng.uniform(0.1, 0.3)
    across, into = (x - middle) / away, 1 / away  # one vanishing point, above the far edge
    boards, wood = _ink(rng), rng.uniform(0.7, 0.95)
    pattern = {
        "boards": ((across * rng.uniform(2, 5)) % 1 < 0.07).float(),
        "tiles": (((across * 3) % 1 < 0.5) ^ ((into * 2) % 1 < 0.5)).float(),
        "plain": torch.zeros_like(x),
        "carpet": (((x - middle) / 0.3).square() + ((y - floor) / 0.08).square() < 1).float(),
        "stone": _clouds(rng, across, into),
    }[ground]
    tone = (0.75 + 0.3 * (y - edge) / max(1 - edge, 1e-3))[None]
    bottom = _mix(boards, boards * wood if rng.random() < 0.6 else _ink(rng), pattern) * tone
    picture = torch.where(beneath[None], bottom, picture)
    skirting = (y > edge - 0.018) & ~beneath
    return picture * torch.where(skirting, rng.uniform(0.6, 1.2), 1.0)[None]


def _studio(rng: np.random.Generator, x: Tensor, y: Tensor, *, floor: float) -> Tensor:
    paper = _ink(rng)
    middle = x.max() / 2
    glow = (-((x - middle) / 0.5).square() - ((y - rng.uniform(0.3, 0.6)) / 0.5).square()).exp()
    bend = torch.sigmoid((y - floor + 0.08) * 40)
    return _mix(paper * 0.72, paper, glow) * (1 - 0.12 * bend + 0.2 * bend * (y - floor + 0.1))[None]


def _landscape(rng: np.random.Generator, x: Tensor, y: Tensor, *, floor: float) -> Tensor:
    picture = _mix(
        np.array(colour(rng.uniform(0.5, 0.65), 0.5, 0.95)), np.array(colour(0.1, rng.uniform(0, 0.3), 1)), y * 1.5
    )
    picture = _mix(picture, np.ones(3), (_clouds(rng, x, y * 2) - 0.55) * 3)
    for layer in range(int(rng.integers(1, 4))):
        level = floor - 0.35 + 0.12 * layer
        ridge = level + sum(
            rng.uniform(0.01, 0.05) * torch.sin(x * rng.uniform(2, 14) + rng.uniform(0, 6)) for _ in range(3)
        )
        hill = np.array(colour(rng.uniform(0.2, 0.5), rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.8)))
        picture = torch.where((y > ridge)[None], _mix(hill, hill * 0.75, (y - ridge) * 3), picture)
    turf = np.array(colour(rng.uniform(0.08, 0.35), rng.uniform(0.3, 0.8), rng.uniform(0.4, 0.85)))
    grass = value_noise(x * 60, y * 25, float(rng.integers(1, 90))) * 0.5 + _clouds(rng, x, y) * 0.5
    return torch.where((y > floor - 0.12)[None], _mix(turf, turf * 0.65, grass), picture)


def _shapes(
    rng: np.random.Generator, x: Tensor, y: Tensor, picture: Tensor, *, count: int, below: float = 1.0
) -> Tensor:
    """Pictures, windows and balls at random places of the wall."""
    for _ in range(count):
        cx, cy = rng.uniform(0, float(x.max())), rng.uniform(0, below)
        rx, ry = rng.uniform(0.03, 0.18), rng.uniform(0.03, 0.24)
        dx, dy = (x - cx).abs() / rx, (y - cy).abs() / ry
        distance = (dx.square() + dy.square()).sqrt() if rng.random() < 0.4 else torch.maximum(dx, dy)
        if rng.random() < 0.5:
            picture = torch.where((distance < 1)[None], x.new_tensor(_ink(rng))[:, None, None], picture)
        picture = torch.where((distance < 0.85)[None], x.new_tensor(_ink(rng))[:, None, None], picture)
    return picture


def _lights(rng: np.random.Generator, x: Tensor, y: Tensor) -> Tensor:
    """Out-of-focus lamps at night."""
    picture = _mix(_ink(rng) * 0.4, _ink(rng) * 0.25, y)
    for _ in range(int(rng.integers(8, 24))):
        radius = rng.uniform(0.02, 0.1)
        distance = ((x - rng.uniform(0, float(x.max()))).square() + (y - rng.random()).square()).sqrt()
        glow = torch.sigmoid((radius - distance) * 60) * rng.uniform(0.15, 0.7)
        picture = picture + x.new_tensor(_ink(rng))[:, None, None] * glow
    return picture
