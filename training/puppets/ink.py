"""Drawing by hand, in code: smooth shapes with gradients, soft shade, light and clean outlines on a sheet of paper.

Coordinates are pixels of the finished picture; the sheet is drawn larger and reduced at the end.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

Tone = tuple[float, float, float]  # red, green, blue, 0..255
_SHIFT = 4  # binary digits behind the point in OpenCV's coordinates
LIGHT = np.array([-0.55, -0.83])  # where the light comes from, in every picture


def xy(x: float, y: float) -> ndarray:
    """A place or a way, to reckon with."""
    return np.array([x, y], np.float64)


def tone(code: str) -> Tone:
    """A colour from its code, such as "f4a259"."""
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


@dataclass(frozen=True)
class Ink:
    """How a shape is filled. All lengths in pixels of the finished picture.

    fill, into: the colours at its top and bottom. shade: the colour of its dark side, depth: how wide that is, soft:
    how blurred. shine: lightens the side towards the light, 0..1. line, width: the outline, outside the shape.
    """

    fill: Tone
    into: Tone | None = None
    shade: Tone | None = None
    depth: float = 7.0
    soft: float = 2.5
    shine: float = 0.0
    line: Tone | None = None
    width: float = 1.6
    strength: float = 1.0

    def bare(self) -> "Ink":
        """The same without its outline."""
        return replace(self, line=None)


def ink(fill: str, into: str | None = None, *, line: str | None = "3a2c3f", dark: float = 0.74, **rest) -> Ink:
    """An ink from colour codes; its shade is the fill, darker and a little towards violet."""
    base = tone(into or fill)
    shade = (base[0] * dark * 0.97, base[1] * dark * 0.93, base[2] * min(1.0, dark * 1.06))
    return Ink(
        tone(fill), tone(into) if into else None, rest.pop("shade", shade), line=tone(line) if line else None, **rest
    )


@dataclass(frozen=True)
class Mask:
    """A shape's coverage: alpha h w float32 0..1 with its top left corner on the sheet, in the sheet's own pixels."""

    left: int
    top: int
    alpha: ndarray

    def within(self, other: "Mask") -> "Mask":
        """What of this shape lies inside the other."""
        return Mask(self.left, self.top, self.alpha * other.on(self))

    def without(self, other: "Mask") -> "Mask":
        """What of this shape lies outside the other."""
        return Mask(self.left, self.top, self.alpha * (1 - other.on(self)))

    def on(self, frame: "Mask") -> ndarray:
        """This coverage cut to the frame of another."""
        height, width = frame.alpha.shape
        out = np.zeros((height, width), np.float32)
        dx, dy = self.left - frame.left, self.top - frame.top
        x0, y0 = max(dx, 0), max(dy, 0)
        x1, y1 = min(dx + self.alpha.shape[1], width), min(dy + self.alpha.shape[0], height)
        if x1 > x0 and y1 > y0:
            out[y0:y1, x0:x1] = self.alpha[y0 - dy : y1 - dy, x0 - dx : x1 - dx]
        return out


def union(*masks: Mask) -> Mask:
    """All the shapes as one, so that one outline runs round them."""
    left, top = min(mask.left for mask in masks), min(mask.top for mask in masks)
    right = max(mask.left + mask.alpha.shape[1] for mask in masks)
    bottom = max(mask.top + mask.alpha.shape[0] for mask in masks)
    whole = Mask(left, top, np.zeros((bottom - top, right - left), np.float32))
    for mask in masks:
        np.maximum(whole.alpha, mask.on(whole), out=whole.alpha)
    return whole


def smooth(points: ArrayLike, *, closed: bool = True, steps: int = 8) -> ndarray:
    """A smooth curve through the points (centripetal enough for drawing: Catmull-Rom)."""
    at = np.asarray(points, np.float64)
    around = np.concatenate([at[-1:], at, at[:2]]) if closed else np.concatenate([at[:1], at, at[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for before, start, end, after in zip(around, around[1:], around[2:], around[3:], strict=False):
        out, back = (end - before) / 2, (after - start) / 2
        pieces.append(
            (2 * t**3 - 3 * t**2 + 1) * start
            + (t**3 - 2 * t**2 + t) * out
            + (3 * t**2 - 2 * t**3) * end
            + (t**3 - t**2) * back
        )
    if not closed:
        pieces.append(at[-1:])
    return np.concatenate(pieces)


class Sheet:
    """A picture being drawn."""

    def __init__(self, size: tuple[int, int], *, scale: int = 2, paper: ndarray | None = None):
        self.size, self.scale = size, scale
        width, height = size[0] * scale, size[1] * scale
        self.pixels = np.full((height, width, 3), 255, np.float32) if paper is None else paper.astype(np.float32)

    def polygon(self, points: ArrayLike) -> Mask:
        """The shape inside the points."""
        at = np.asarray(points, np.float64) * self.scale
        frame = self._frame(at.min(0), at.max(0))
        canvas = np.zeros(frame.alpha.shape, np.uint8)
        cv2.fillPoly(canvas, [self._fixed(at, frame)], (255,), cv2.LINE_AA, _SHIFT)
        return Mask(frame.left, frame.top, canvas.astype(np.float32) / 255)

    def blob(self, points: ArrayLike) -> Mask:
        """The smooth shape through the points."""
        return self.polygon(smooth(points))

    def oval(self, centre: ArrayLike, radius: ArrayLike, *, angle: float = 0.0) -> Mask:
        """An ellipse; angle in radians, clockwise."""
        turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        (wide, tall), middle = np.asarray(radius, np.float64), np.asarray(centre, np.float64)
        x, y = np.cos(turn) * wide, np.sin(turn) * tall
        c, s = np.cos(angle), np.sin(angle)
        return self.polygon(middle + np.stack([x * c - y * s, x * s + y * c], 1))

    def tube(self, points: ArrayLike, radii: ArrayLike) -> Mask:
        """A limb along the points, with a radius at each."""
        at, reach = np.asarray(points, np.float64) * self.scale, np.asarray(radii, np.float64) * self.scale
        frame = self._frame((at - reach[:, None]).min(0), (at + reach[:, None]).max(0))
        canvas = np.zeros(frame.alpha.shape, np.uint8)
        for start, end, first, last in zip(at, at[1:], reach, reach[1:], strict=False):
            way = end - start
            aside = np.array([-way[1], way[0]]) / max(np.hypot(*way), 1e-6)
            quad = np.stack([start + aside * first, end + aside * last, end - aside * last, start - aside * first])
            cv2.fillConvexPoly(canvas, self._fixed(quad, frame), 255, cv2.LINE_AA, _SHIFT)
        for centre, radius in zip(at, reach, strict=True):
            x, y = self._fixed(centre[None], frame)[0]
            cv2.circle(canvas, (int(x), int(y)), round(radius * 2**_SHIFT), 255, -1, cv2.LINE_AA, _SHIFT)
        return Mask(frame.left, frame.top, canvas.astype(np.float32) / 255)

    def stroke(self, points: ArrayLike, width: float, *, ends: float = 0.25) -> Mask:
        """A pen's line through the points, thinner towards its ends."""
        at = smooth(points, closed=False)
        share = np.sin(np.linspace(0, np.pi, len(at)))
        return self.tube(at, width * 0.5 * (ends + (1 - ends) * share))

    def paint(self, mask: Mask, ink: Ink) -> Mask:
        """Fill a shape; returns it."""
        scale, around = self.scale, 0
        if ink.line is not None:
            around = round(ink.width * scale)
            line = np.pad(mask.alpha, around + 1)
            brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * around + 1,) * 2)
            line = cv2.GaussianBlur(cv2.dilate(line, brush), (3, 3), 0)
            self._blend(
                Mask(mask.left - around - 1, mask.top - around - 1, line), np.array(ink.line, np.float32), ink.strength
            )
        colour = self._filling(mask, ink)
        self._blend(mask, colour, ink.strength)
        return mask

    def shadow(self, mask: Mask, *, offset: tuple[float, float], soft: float, strength: float) -> None:
        """The blurred shadow that a shape throws on what lies under it, before it is painted."""
        around = round(soft * 3 * self.scale)
        alpha = cv2.GaussianBlur(np.pad(mask.alpha, around), (0, 0), soft * self.scale)
        dx, dy = (round(way * self.scale) for way in offset)
        self._blend(
            Mask(mask.left - around + dx, mask.top - around + dy, alpha), np.array((40, 28, 52), np.float32), strength
        )

    def glow(self, centre: ArrayLike, radius: ArrayLike, colour: Tone, strength: float) -> None:
        """A soft spot of colour."""
        at, reach = np.asarray(centre) * self.scale, np.asarray(radius) * self.scale
        frame = self._frame(at - reach * 2.2, at + reach * 2.2)
        height, width = frame.alpha.shape
        x = (np.arange(width) + frame.left - at[0]) / reach[0]
        y = (np.arange(height) + frame.top - at[1]) / reach[1]
        alpha = np.exp(-np.square(y))[:, None] * np.exp(-np.square(x))[None]
        self._blend(Mask(frame.left, frame.top, alpha.astype(np.float32)), np.array(colour, np.float32), strength)

    def finished(self) -> ndarray:
        """h w 3 uint8."""
        small = cv2.resize(self.pixels, self.size, interpolation=cv2.INTER_AREA)
        return small.round().clip(0, 255).astype(np.uint8)

    def _filling(self, mask: Mask, ink: Ink) -> ndarray:
        alpha, scale = mask.alpha, self.scale
        height = alpha.shape[0]
        colour = np.broadcast_to(np.array(ink.fill, np.float32), (*alpha.shape, 3))
        if ink.into is not None:
            share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
            colour = colour + (np.array(ink.into, np.float32) - np.array(ink.fill, np.float32)) * share
        if ink.shade is not None and ink.depth > 0:
            dark = self._side(mask, ink.depth * scale, ink.soft * scale, towards=-LIGHT)
            colour = colour + (np.array(ink.shade, np.float32) - colour) * dark[..., None]
        if ink.shine:
            bright = self._side(mask, ink.depth * 0.6 * scale, ink.soft * scale, towards=LIGHT)
            colour = colour + (255 - colour) * (bright * ink.shine)[..., None]
        return colour

    def _side(self, mask: Mask, depth: float, soft: float, *, towards: ndarray) -> ndarray:
        """0..1 h w: the band of a shape along its edge on one side."""
        shift = np.array([[1, 0, -towards[0] * depth], [0, 1, -towards[1] * depth]], np.float32)
        height, width = mask.alpha.shape
        lit = cv2.warpAffine(mask.alpha, shift, (width, height))
        side = 1 - lit
        size = int(soft * 2) * 2 + 1
        return cv2.GaussianBlur(side, (size, size), soft) if soft > 0 else side

    def _blend(self, mask: Mask, colour: ndarray, strength: float) -> None:
        height, width = self.pixels.shape[:2]
        x0, y0 = max(mask.left, 0), max(mask.top, 0)
        x1, y1 = min(mask.left + mask.alpha.shape[1], width), min(mask.top + mask.alpha.shape[0], height)
        if x1 <= x0 or y1 <= y0:
            return
        inside = (slice(y0 - mask.top, y1 - mask.top), slice(x0 - mask.left, x1 - mask.left))
        alpha = mask.alpha[inside] * strength
        under = self.pixels[y0:y1, x0:x1]
        under += ((colour[inside] if colour.ndim == 3 else colour) - under) * alpha[..., None]

    def _frame(self, low: ndarray, high: ndarray) -> Mask:
        low, high = np.floor(low).astype(int) - 2, np.ceil(high).astype(int) + 3
        width, height = np.maximum(high - low, 1)
        return Mask(int(low[0]), int(low[1]), np.zeros((height, width), np.float32))

    def _fixed(self, at: ndarray, frame: Mask) -> ndarray:
        return np.round((at - [frame.left, frame.top]) * 2**_SHIFT).astype(np.int32)
