"""Prints on cloth, as shares of the second colour at (angle round the limb, way down it)."""

import torch
from torch import Tensor

from training.puppets.materials import TEXTURES, Material
from training.puppets.textures import SIDE, weave

TAU = 2 * torch.pi


def value_noise(x: Tensor, y: Tensor, seed: float) -> Tensor:
    """Smooth noise 0..1 with one value to each whole number of x and y."""
    column, row = x.floor(), y.floor()
    fx, fy = x - column, y - row
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)

    def corner(dx: int, dy: int) -> Tensor:
        return (torch.sin((column + dx) * 12.9898 + (row + dy) * 78.233 + seed * 0.37) * 43758.5453) % 1

    return torch.lerp(torch.lerp(corner(0, 0), corner(1, 0), fx), torch.lerp(corner(0, 1), corner(1, 1), fx), fy)


def around(across: Tensor, turn: Tensor) -> Tensor:
    """The angle from the front, -pi..pi, of places -1..1 across a round body that is turned."""
    return torch.remainder(torch.asin(across.clamp(-1, 1)) - turn + torch.pi, TAU) - torch.pi


def cloth(material: Material, angle: Tensor, down: Tensor, seed: int) -> Tensor:
    """Colours n 3 of a material at an angle round the limb (radians) and a way down it (body heights)."""
    if material.print in TEXTURES:
        texture = torch.from_numpy(weave(material, seed)).to(angle.device).view(-1, 3)
        x = ((angle / TAU + 0.5) * SIDE).long().remainder(SIDE)
        return texture[(down * 160).long().remainder(SIDE) * SIDE + x]
    first = angle.new_tensor(material.colour)
    share = _print(material, angle, down, seed)
    colour = first.expand(len(angle), 3)
    if share is not None:
        colour = colour + (angle.new_tensor(material.second) - first) * share[:, None]
    if material.grain:
        noise = value_noise(angle * 9, down * 70, seed % 73) - 0.5
        colour = colour * (1 + material.grain * noise)[:, None]
    return colour


def _print(material: Material, angle: Tensor, down: Tensor, seed: int) -> Tensor | None:
    phase, kind = material.phase, material.print
    if kind == "plain":
        return None
    round_, along = angle * material.across / torch.pi + phase, down * material.down + phase
    across, run = round_ % 1, along % 1
    if kind == "rings":
        return (run < material.share).float()
    if kind == "stripes":
        return (across < material.share).float()
    if kind == "checks":
        return ((across < 0.5) ^ (run < 0.5)).float()
    if kind == "dots":
        return (((across - 0.5).square() + (run - 0.5).square()) < 0.02 + 0.12 * material.share).float()
    if kind == "diagonal":
        return ((round_ + along) % 1 < material.share).float()
    if kind == "plaid":
        return ((across < 0.4).float() + (run < 0.4).float()) * 0.5
    if kind == "fade":
        return (down * 4 + phase * 0.3).clamp(0, 1)
    return value_noise(angle * material.across + phase * 17, down * material.down * 0.6, seed)
