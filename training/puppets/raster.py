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
        self.colour = torch.zeros(3, pixels, device=self.device)
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
        y = top[:, None] + torch.arange(rows, device=self.device) + 0.5 - start[:, 1:2]
        low, high = _reached(y, axis, reach=reach, beyond=reach / cap, length=length)
        first = (start[:, :1] + low - 0.5).floor().maximum(left[:, None].float()).long()
        last = (start[:, :1] + high + 0.5).ceil().minimum((left[:, None] + columns).float()).long()
        counts = (last - first).clamp(min=0).view(-1)
        line = torch.arange(counts.numel(), device=self.device).repeat_interleave(counts)
        if not len(line):
            return

        def of_line(values: Tensor) -> Tensor:
            return values.reshape(-1).index_select(0, line)

        def of_frame(values: Tensor) -> Tensor:
            return values.index_select(0, frame)

        bars = torch.arange(len(length), device=self.device)
        frame = of_line(bars[:, None].expand(-1, rows))
        column = torch.arange(len(line), device=self.device) + of_line(first.view(-1) - counts.cumsum(0) + counts)
        begin = ((bars if frames is None else frames) * self.height + top)[:, None]
        pixel = of_line((begin + torch.arange(rows, device=self.device)) * self.width) + column
        x, ax, ay = column + 0.5 - of_frame(start[:, 0]), of_frame(axis[:, 0]), of_frame(axis[:, 1])
        along = x * ax + of_line(y * axis[:, 1:])
        aside = x * ay - of_line(y * axis[:, :1])

        long = of_frame(length)
        share = along / long
        inside = share.clamp(0, 1)
        place = inside * (widths.shape[1] - 1)
        below = place.long().clamp(max=widths.shape[1] - 2)
        flat, at = widths.reshape(-1), frame * widths.shape[1] + below
        half = torch.lerp(flat.index_select(0, at), flat.index_select(0, at + 1), place - below)
        beyond = (along - along.clamp(min=0).minimum(long)) * cap
        room = half * half - beyond * beyond - aside * aside
        bulge = room.clamp(min=0).sqrt() * depth
        height = torch.lerp(of_frame(start[:, 2]), of_frame(end[:, 2]), inside) + bulge
        height = height + (of_frame(lift) if isinstance(lift, Tensor) else lift)
        keep = ((room > 0) & (height > self.depth.index_select(0, pixel))).nonzero()[:, 0]
        frame, pixel, half, share, along, beyond, aside, height, long, ax, ay = (
            values.index_select(0, keep)
            for values in (frame, pixel, half, share, along, beyond, aside, height, long, ax, ay)
        )
        half = half.clamp(min=1e-3)
        picture = frame if frames is None else of_frame(frames)
        spot = Spot(picture, aside / half, share, along / unit)
        colour = paint(spot)
        if self.light.strength or self.light.gloss:
            lengthways = beyond / half
            sideways = spot.across * (1 - lengthways.square()).clamp(min=0).sqrt()
            nx = lengthways * ax + sideways * ay
            ny = lengthways * ay - sideways * ax
            if wrinkles:
                crease = wrinkles * self._creases(spot, long / self.width)
                nx, ny = nx + crease * ax, ny + crease * ay
            colour = self._lit(colour, nx, ny)
        self._put(pixel, height, colour, group)

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
            keep = (height > self.depth.index_select(0, pixel)).nonzero()[:, 0]
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
        self.depth.scatter_(0, pixel, depth)
        for plane, values in zip(self.colour, colour.to(self.colour.dtype).unbind(1), strict=True):
            plane.scatter_(0, pixel, values)
        self.group.index_fill_(0, pixel, group)


def _reached(y: Tensor, axis: Tensor, *, reach: Tensor, beyond: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """From where to where bars can be in each row y, t r: x from their starts, both t r, low above high where nowhere.

    axis: t 2; reach, beyond, length: t, how far a bar is wide to its sides and goes on beyond its ends, and is long.
    """
    low, high = torch.full_like(y, -torch.inf), torch.full_like(y, torch.inf)
    across = torch.stack([axis[:, 1], -axis[:, 0]], 1)
    for way, least, most in ((axis, -beyond, length + beyond), (across, -reach, reach)):
        steep = torch.where(way[:, :1].abs() < 1e-4, 1e-4, way[:, :1])
        ends = (torch.stack([least, most])[:, :, None] - y * way[:, 1:]) / steep
        low, high = low.maximum(ends.amin(0)), high.minimum(ends.amax(0))
    return low, high


def _side(start: Tensor, end: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Signed distance of pixels from the lines start t 3 -> end t 3; positive below a line that runs to the right."""
    way = (end - start)[:, :2]
    way = way / way.norm(dim=1, keepdim=True).clamp(min=1e-3)
    dx, dy = way[:, 0, None, None], way[:, 1, None, None]
    return (y - start[:, 1, None, None]) * dx - (x - start[:, 0, None, None]) * dy
