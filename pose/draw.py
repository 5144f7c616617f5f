"""Draws a body's points as the skeleton picture a checkpoint was trained to see. The differences are data."""

import colorsys
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np

from pose.skeleton import BODY, COLOURS, FACE, FEET, HAND_EDGES, HANDS, LIMBS, VISIBLE

HAND_COLOURS = tuple(
    tuple(255 * part for part in colorsys.hsv_to_rgb(place / len(HAND_EDGES), 1, 1)) for place in range(len(HAND_EDGES))
)
DIM = 0.6  # of their colour, for limbs

# Big toe, small toe and heel of each foot, as points of the six; RGB.
FOOT_EDGES = (((2, 0), (255, 26, 250)), ((2, 1), (135, 24, 255)), ((5, 3), (193, 255, 23)), ((5, 4), (25, 255, 121)))
FOOT_COLOURS = ((181, 40, 112), (163, 53, 181), (49, 124, 255), (137, 181, 40), (60, 181, 99), (64, 255, 188))

# A bone's width by its length, in pixels: the first entry that is longer.
GROWING = ((5, 1), (10, 2), (20, 3), (40, 4), (80, 5), (160, 6), (320, 7), (math.inf, 8))


@dataclass(frozen=True)
class Style:
    """How a checkpoint's skeletons look. short_side: pixels of the canvas that is drawn on before it is resized, both
    sides multiples of so many; None draws at the final size. growing: bones are wider where they are longer, and
    hand_width is not used. exchanged: red and blue are, since the checkpoint's authors took one for the other.
    """

    short_side: int | None = 512
    multiple: int = 64
    hands: bool = True
    face: bool = False
    feet: bool = False
    growing: bool = False
    hand_width: int = 2
    hand_radius: int = 4
    exchanged: bool = False


STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "moore": Style(face=True),
        # As its draw_dwpose.py and pose_align.py; a drawn face over-controls the face.
        "musepose": Style(short_side=1024, multiple=2, growing=True, hand_radius=3, exchanged=True),
        "novita": Style(feet=True, hand_radius=2),
        "mini": Style(),
    }
)


def draw(points: np.ndarray, *, size: tuple[int, int], style: Style) -> np.ndarray:
    """A skeleton picture, h w 3 uint8 RGB on black, of points 134 3 in pixels of a picture of that (width, height).

    Equal, pixel for pixel, to the published drawing code of the checkpoints where the style draws at the final size.
    """
    canvas_size = _canvas(size, style)
    points = points.astype(np.float64)
    points[:, :2] *= np.array(canvas_size) / size
    canvas = _body(points[BODY], size=canvas_size, growing=style.growing)
    for part in HANDS if style.hands else ():
        _hand(canvas, points[part], style)
    if style.feet:
        _feet(canvas, points[FEET])
    if style.face:
        for x, y in _shown(points[FACE]):
            if x > 0 and y > 0:
                cv2.circle(canvas, (x, y), 3, (255, 255, 255), -1)
    if style.exchanged:
        canvas = cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB)
    if canvas_size == size:
        return canvas
    shrinking = canvas_size[0] > size[0]
    return cv2.resize(canvas, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)


def _canvas(size: tuple[int, int], style: Style) -> tuple[int, int]:
    """Where to draw: as large as the checkpoint's authors did."""
    if style.short_side is None:
        return size
    scale, multiple = style.short_side / min(size), style.multiple
    width, height = (max(multiple, round(side * scale / multiple) * multiple) for side in size)
    return width, height


def _shown(points: np.ndarray) -> list[tuple[int, int]]:
    """Whole pixels of points n 3, in their order; hidden ones are (-1, -1), which is never drawn."""
    return [(int(x), int(y)) if score >= VISIBLE else (-1, -1) for x, y, score in points]


def _body(body: np.ndarray, *, size: tuple[int, int], growing: bool) -> np.ndarray:
    """18 3 -> canvas with limbs as ellipses, dimmed, and joints as discs at full colour."""
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    seen = body[:, 2] > VISIBLE
    for (start, end), colour in zip(LIMBS, COLOURS, strict=False):
        if not (seen[start] and seen[end]):
            continue
        centre = (body[start, :2] + body[end, :2]) / 2
        across, down = body[start, :2] - body[end, :2]
        length = math.hypot(across, down)
        axes = (int(length / 2), _width(length) if growing else 4)
        angle = int(math.degrees(math.atan2(down, across)))
        polygon = cv2.ellipse2Poly((int(centre[0]), int(centre[1])), axes, angle, 0, 360, 1)
        cv2.fillConvexPoly(canvas, np.asarray(polygon), colour)
    canvas = (canvas * DIM).astype(np.uint8)
    for (x, y, _), colour, visible in zip(body, COLOURS, seen, strict=True):
        if visible:
            cv2.circle(canvas, (int(x), int(y)), 4, colour, -1)
    return canvas


def _width(length: float) -> int:
    return next(width for limit, width in GROWING if length < limit)


def _hand(canvas: np.ndarray, hand: np.ndarray, style: Style) -> None:
    """hand: 21 3. Points at the very edge, or hidden, are left out, as the published code does."""
    places = _shown(hand)
    for (start, end), colour in zip(HAND_EDGES, HAND_COLOURS, strict=True):
        (x0, y0), (x1, y1) = places[start], places[end]
        if min(x0, y0, x1, y1) > 0:
            width = _width(math.hypot(x0 - x1, y0 - y1)) if style.growing else style.hand_width
            cv2.line(canvas, (x0, y0), (x1, y1), colour, width)
    for x, y in places:
        if x > 0 and y > 0:
            cv2.circle(canvas, (x, y), style.hand_radius, (0, 0, 255), -1)


def _feet(canvas: np.ndarray, feet: np.ndarray) -> None:
    """feet: 6 3."""
    places = _shown(feet)
    for (start, end), colour in FOOT_EDGES:
        (x0, y0), (x1, y1) = places[start], places[end]
        if min(x0, y0, x1, y1) > 0:
            cv2.line(canvas, (x0, y0), (x1, y1), colour, 2)
    for (x, y), colour in zip(places, FOOT_COLOURS, strict=True):
        if x > 0 and y > 0:
            cv2.circle(canvas, (x, y), 3, colour, -1)
