"""A depth-buffered canvas for many frames at once, and the two shapes all bodies and clothes are made of.

Notation: t frames, h w pixels, n the pixels a shape covers, in all frames together. Coordinates are pixels of the
canvas, y down, z towards the viewer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Spot:
    """Where covered pixels lie on their shape, so that prints stick to the body.

    frame n: the frame of each pixel. across n: -1..1 from one edge of the shape to the other. along n: 0 at the
    start of the shape and 1 at its end (a little beyond both on round ends). down n: the same in body heights.
    """

    frame: Tensor
    across: Tensor
    along: Tensor
    down: Tensor


Paint = Callable[[Spot], Tensor]  # a spot -> colours n 3, 0..1


@dataclass(frozen=True)
class Light:
    """One far lamp, and light from all around. direction: (x, y, z), towards it. strength: 0 is flat colour. steps:
    shading in two tones. warm, cool: red, green, blue of the lamp and of the shade. creases: folds to a canvas's width.
    """

    direction: tuple[float, float, float]
    strength: float
    steps: bool
    gloss: float
    warm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    cool: tuple[float, float, float] = (1.0, 1.0, 1.0)
    creases: float = 2.0


class Canvas:
    """What has been drawn so far: for each pixel its colour, its depth, and the group of the shape it belongs to."""

    def __init__(self, frames: int, size: tuple[int, int], *, light: Light, device: str | torch.device = "cpu"):
        self.frames, (self.width, self.height), self.light = frames, size, light
        self.device = torch.device(device)
        pixels = frames * self.height * self.width
        self.depth = torch.full((pixels,), -torch.inf, device=self.device)
        self.colour = torch.zeros(pixels, 3, device=self.device)
        self.group = torch.zeros(pixels, dtype=torch.uint8, device=self.device)

    def cover(self) -> Tensor:
        """t h w, True where something was drawn."""
        return (self.group > 0).view(self.frames, self.height, self.width)

    def sweep(
        self,
        start: Tensor,
        end: Tensor,
        *,
        widths: Tensor,
        paint: Paint,
        group: int,
        cap: float = 1.0,
        depth: float = 1.0,
        lift: float | Tensor = 0.0,
        unit: float = 1.0,
        wrinkles: float = 0.0,
        frames: Tensor | None = None,
    ) -> None:
        """A limb, torso or head: a bar from start t 3 to end t 3 with half widths t k, evenly along it, in pixels.

        cap: 1 makes round ends, more makes flatter ones. depth: how far it bulges towards the viewer, in half widths.
        lift: added to its depth, pixels, one or t. unit: pixels of a body height. wrinkles: how much it is creased.
        frames: which frame each of the t bars lies in, when there are several to a frame.
        """
        axis = (end - start)[:, :2]
        length = axis.norm(dim=1).clamp(min=1e-3)
        axis = axis / length[:, None]
        reach = widths.amax(1)
        corners = torch.stack([start[:, :2], end[:, :2]])
        left, top, columns, rows = self._crop(corners.amin(0) - reach[:, None], corners.amax(0) + reach[:, None])
        if not columns or not rows:
            return
        x = left[:, None] + torch.arange(columns, device=self.device) + 0.5 - start[:, :1]
        y = top[:, None] + torch.arange(rows, device=self.device) + 0.5 - start[:, 1:2]
        ax, ay = axis[:, :1], axis[:, 1:]
        along = (x * ax)[:, None, :] + (y * ay)[:, :, None]
        aside = (x * ay)[:, None, :] - (y * ax)[:, :, None]
        near = reach / cap
        hit = (aside.abs() < reach[:, None, None]) & (along > -near[:, None, None])
        hit &= along < (length + near)[:, None, None]
        place = hit.view(-1).nonzero()[:, 0]
        along, aside = along.view(-1)[place], aside.view(-1)[place]
        line = torch.div(place, columns, rounding_mode="floor")
        frame = torch.div(line, rows, rounding_mode="floor")
        picture = torch.arange(len(length), device=self.device) if frames is None else frames
        corner = (
            picture * self.height + top - torch.arange(len(length), device=self.device) * rows
        ) * self.width + left
        pixel = corner[frame] + line * (self.width - columns) + place

        share = along / length[frame]
        place = share.clamp(0, 1) * (widths.shape[1] - 1)
        below = place.long().clamp(max=widths.shape[1] - 2)
        flat, row_start = widths.reshape(-1), frame * widths.shape[1]
        half = torch.lerp(flat[row_start + below], flat[row_start + below + 1], place - below)
        beyond = (along - along.clamp(min=0).minimum(length[frame])) * cap
        room = half * half - beyond * beyond - aside * aside
        bulge = room.clamp(min=0).sqrt() * depth
        height = torch.lerp(start[frame, 2], end[frame, 2], share.clamp(0, 1)) + bulge
        height = height + (lift[frame] if isinstance(lift, Tensor) else lift)
        keep = ((room > 0) & (height > self.depth[pixel])).nonzero()[:, 0]
        frame, pixel, half = frame[keep], pixel[keep], half[keep].clamp(min=1e-3)
        picture = frame if frames is None else frames[frame]
        spot = Spot(picture, aside[keep] / half, share[keep], along[keep] / unit)
        colour = paint(spot)
        if self.light.strength or self.light.gloss:
            sideways = spot.across * (1 - (beyond[keep] / half).square()).clamp(min=0).sqrt()
            lengthways = beyond[keep] / half
            nx = lengthways * axis[frame, 0] + sideways * axis[frame, 1]
            ny = lengthways * axis[frame, 1] - sideways * axis[frame, 0]
            if wrinkles:
                crease = self._creases(spot, length[frame] / self.width)
                nx, ny = nx + wrinkles * crease * axis[frame, 0], ny + wrinkles * crease * axis[frame, 1]
            colour = self._lit(colour, nx, ny)
        self._put(pixel, height[keep], colour, group)

    def ribbon(
        self, left: Tensor, right: Tensor, *, paint: Paint, group: int, depth: float, length: float, folds: int = 0
    ) -> None:
        """A cloth between two edges, left and right t r 3 in r rows, bulging `depth` half widths.

        length: of the cloth, in body heights. folds: shaded pleats.
        """
        rows = left.shape[1]
        for row in range(rows - 1):
            a, b, c, d = left[:, row], right[:, row], left[:, row + 1], right[:, row + 1]
            corners = torch.stack([a, b, c, d])[..., :2]
            x0, y0, columns, lines = self._crop(corners.amin(0) - 1, corners.amax(0) + 1)
            if not columns or not lines:
                continue
            x = (x0[:, None] + torch.arange(columns, device=self.device) + 0.5)[:, None, :]
            y = (y0[:, None] + torch.arange(lines, device=self.device) + 0.5)[:, :, None]
            above = _side(a, b, x, y)
            under = -_side(c, d, x, y)
            share = above / (above + under).clamp(min=1e-3)
            lx, ly = (torch.lerp(a[:, i, None, None], c[:, i, None, None], share) for i in (0, 1))
            rx, ry = (torch.lerp(b[:, i, None, None], d[:, i, None, None], share) for i in (0, 1))
            wide = ((rx - lx).square() + (ry - ly).square()).clamp(min=1e-3)
            across = ((x - lx) * (rx - lx) + (y - ly) * (ry - ly)) / wide * 2 - 1
            hit = (above >= -0.01) & (under >= -0.01) & (across.abs() <= 1)
            frame, line, column = hit.nonzero(as_tuple=True)
            across, share, wide = (v[frame, line, column] for v in (across, share, wide))
            pixel = (frame * self.height + y0[frame] + line) * self.width + x0[frame] + column
            height = torch.lerp((a + b)[frame, 2] / 2, (c + d)[frame, 2] / 2, share)
            height = height + (1 - across.square()).clamp(min=0).sqrt() * wide.sqrt() * 0.5 * depth
            keep = (height > self.depth[pixel]).nonzero()[:, 0]
            frame, across = frame[keep], across[keep]
            along = (row + share[keep]) / (rows - 1)
            colour = paint(Spot(frame, across, along, along * length))
            lean = across * 0.8
            if folds:
                lean = lean + torch.sin(torch.asin(across) * folds) * (0.25 + 0.5 * along)
            self._put(pixel[keep], height[keep], self._lit(colour, lean, torch.zeros_like(lean)), group)

    def _crop(self, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor, int, int]:
        """The boxes t 2 .. t 2 inside the canvas, all of one size: left t, top t, columns, rows."""
        limit = torch.tensor([self.width, self.height], device=self.device)
        low = low.floor().long().clamp(min=0).minimum(limit)
        high = high.ceil().long().clamp(min=0).minimum(limit)
        columns, rows = (int(v) for v in (high - low).amax(0).tolist())
        low = low.minimum(limit - torch.tensor([columns, rows], device=self.device))
        return low[:, 0], low[:, 1], columns, rows

    def _creases(self, spot: Spot, length: Tensor) -> Tensor:
        """n, about -1..1: the slope of folds that run across a limb, slanted, deeper towards its ends."""
        run = spot.along * length * self.light.creases + spot.across * 1.3
        slope = torch.sin(run * 9 + 2 * torch.sin(run * 2.3 + 1.7 * spot.across)) + 0.6 * torch.sin(
            run * 21 - 3 * spot.across
        )
        return slope * (0.35 + 2.6 * (spot.along - 0.5).square()).clamp(max=1)

    def _lit(self, colour: Tensor, nx: Tensor, ny: Tensor) -> Tensor:
        """Colours n 3 under the light, for a surface leaning (nx, ny)."""
        light = self.light
        if not light.strength and not light.gloss:
            return colour
        nz = (1 - nx.square() - ny.square()).clamp(min=0).sqrt()
        lx, ly, lz = light.direction
        shine = nx * lx + ny * ly + nz * lz
        tone = torch.where(shine > 0.35, 1.0, 0.55) if light.steps else shine * 0.75 + 0.3
        tone = (1 - light.strength + light.strength * tone)[:, None]
        if light.warm == light.cool:
            colour = colour * tone
        else:
            warm, cool = tone.new_tensor(light.warm), tone.new_tensor(light.cool)
            colour = colour * tone * torch.lerp(cool, warm, tone.clamp(0, 1))
        if light.gloss:
            colour = colour + (light.gloss * ((shine - 0.8) * 5).clamp(0, 1))[:, None] * (1 - colour)
        return colour

    def _put(self, pixel: Tensor, depth: Tensor, colour: Tensor, group: int) -> None:
        self.depth[pixel] = depth
        self.colour[pixel] = colour.to(self.colour.dtype)
        self.group[pixel] = group


def _side(start: Tensor, end: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Signed distance of pixels from the lines start t 3 -> end t 3; positive below a line that runs to the right."""
    way = (end - start)[:, :2]
    way = way / way.norm(dim=1, keepdim=True).clamp(min=1e-3)
    dx, dy = way[:, 0, None, None], way[:, 1, None, None]
    return (y - start[:, 1, None, None]) * dx - (x - start[:, 0, None, None]) * dy
