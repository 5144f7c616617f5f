"""Reads skeleton pictures back: a video that is already drawn as OpenPose draws bodies is a dance, too.

Joints and limbs are told by hue: joint and limb i both have 20 times i degrees, joints bright, limbs at 0.6 of that.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from pose.skeleton import BODY, LIMBS, POINTS, PoseSequence

JOINTS = BODY.stop
HUE_STEP = 20  # degrees from one joint's hue to the next
HUE_NEAR = 9
SATURATED = 0.55
BLACK = 0.2  # of full brightness: what a compressed video leaves of black
DIM = (0.35, 0.75)  # limbs, 0.6 as drawn
BRIGHT = 0.75
LEAST_BLACK = 0.75  # of a skeleton picture
LEAST_PALETTE = 0.85  # of what is not black: saturated, or the white of a face
LEAST_LIMBS = 5


@dataclass(frozen=True)
class _Stroke:
    """A limb as seen: its visible ends, 2 2, and how long it is."""

    ends: np.ndarray
    length: float


def is_skeleton(frame: np.ndarray) -> bool:
    """Whether a picture, h w 3 uint8 RGB, is a drawn skeleton: black, but for limbs in OpenPose's colours."""
    hue, saturation, value = _hsv(frame)
    lit = value > BLACK
    if not lit.any() or lit.mean() > 1 - LEAST_BLACK:
        return False
    solid = lit & (value > DIM[0])  # what lies between is the blur of edges
    pure = solid & (saturation > SATURATED)
    white = solid & (saturation < 0.2) & (value > BRIGHT)
    if (pure | white).sum() < LEAST_PALETTE * solid.sum() or pure.sum() < white.sum() / 4:
        return False
    # Over a body the hues are few and exact; over a lit stage they are everything between.
    exact = np.abs((hue[pure] + HUE_NEAR) % HUE_STEP - HUE_NEAR) <= HUE_NEAR / 2
    strokes = _strokes(hue, saturation, value, radius=_radius(hue, saturation, value))
    return bool(exact.mean() > 0.7) and len(strokes) >= LEAST_LIMBS


def read_skeletons(frames: Iterable[np.ndarray]) -> PoseSequence:
    """Skeleton pictures, h w 3 uint8 RGB of one size -> their one person's 18 body joints; score 1 where drawn, else 0.

    Hands, faces and feet are not read. Raises ValueError when there are no frames.
    """
    points, size = [], None
    for frame in frames:
        size = (frame.shape[1], frame.shape[0])
        points.append(read_joints(frame))
    if size is None:
        raise ValueError("There are no frames to read.")
    return PoseSequence(np.stack(points), size)


def read_joints(frame: np.ndarray) -> np.ndarray:
    """A skeleton picture h w 3 uint8 RGB -> points 134 3, of which the 18 body joints can be seen."""
    points = np.zeros((POINTS, 3), np.float32)
    lit = frame.max(-1) > 255 * BLACK
    rows, columns = np.flatnonzero(lit.any(1)), np.flatnonzero(lit.any(0))
    if not len(rows):
        return points
    corner = np.array([columns[0], rows[0]])
    hue, saturation, value = _hsv(frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    radius = _radius(hue, saturation, value)
    strokes = _strokes(hue, saturation, value, radius=radius)
    places: dict[int, np.ndarray] = {}
    for joint in range(JOINTS):
        ends = [strokes[limb].ends for limb, pair in enumerate(LIMBS) if joint in pair and limb in strokes]
        found = _disc(_mask(hue, saturation, joint) & (value > BRIGHT), ends=ends, radius=radius)
        if found is not None:
            places[joint] = found
    _complete(places, strokes, radius=radius)
    for joint, place in places.items():
        points[joint] = (*(place + corner), 1)
    return points


def _hsv(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """h w 3 uint8 RGB -> hue in degrees, saturation and value in 0..1, each h w."""
    hue, saturation, value = cv2.split(cv2.cvtColor(frame.astype(np.float32) / 255, cv2.COLOR_RGB2HSV))
    return hue, saturation, value


def _mask(hue: np.ndarray, saturation: np.ndarray, index: int) -> np.ndarray:
    """Where the hue is that of joint or limb `index`, h w bool."""
    away = np.abs((hue - index * HUE_STEP + 180) % 360 - 180)
    return (away <= HUE_NEAR) & (saturation > SATURATED)


def _pieces(mask: np.ndarray) -> list[tuple[np.ndarray, int]]:
    """The connected pieces of a mask: middle x y, and how many pixels; the largest first."""
    count, _, statistics, middles = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = [(middles[piece], int(statistics[piece, cv2.CC_STAT_AREA])) for piece in range(1, count)]
    return sorted(found, key=lambda piece: -piece[1])


def _radius(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> float:
    """The radius of the joints' discs in pixels, from the larger ones among them."""
    areas = []
    for joint in range(JOINTS):
        pieces = _pieces(_mask(hue, saturation, joint) & (value > BRIGHT))
        areas += [pieces[0][1]] if pieces else []
    return float(np.sqrt(np.median(areas) / np.pi)) if areas else 4.0


def _strokes(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray, *, radius: float) -> dict[int, _Stroke]:
    """The limbs that can be seen, by their number."""
    bright = ((value > BRIGHT) & (saturation > SATURATED)).astype(np.uint8)
    near = cv2.dilate(bright, np.ones((3, 3), np.uint8)) > 0  # the rims of discs are as dim as limbs
    dim = (value > DIM[0]) & (value < DIM[1]) & ~near
    found = {}
    for limb in range(len(LIMBS)):
        mask = (_mask(hue, saturation, limb) & dim).astype(np.uint8)
        count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        areas = statistics[1:, cv2.CC_STAT_AREA]
        if count < 2 or areas.max() < max(3, radius**2):
            continue
        # Another limb may lie across: a piece of some size belongs to it still.
        kept = np.isin(labels, 1 + np.flatnonzero(areas >= max(areas.max() / 4, radius**2 / 2)))
        pixels = np.argwhere(kept)[:, ::-1].astype(np.float64)
        centre = pixels.mean(0)
        _, spread, axes = np.linalg.svd(pixels - centre, full_matrices=False)
        along = (pixels - centre) @ axes[0]
        if spread[1] > 0.7 * spread[0] and along.max() - along.min() > 4 * radius:
            continue  # a blot, no stroke
        ends = centre + np.array([[along.min()], [along.max()]]) * axes[0]
        found[limb] = _Stroke(ends, float(along.max() - along.min()))
    return found


def _disc(mask: np.ndarray, *, ends: list[np.ndarray], radius: float) -> np.ndarray | None:
    """The middle of a joint's disc: a round piece of the mask at an end of one of its limbs."""
    best, best_way = None, np.inf
    for middle, area in _pieces(mask):
        if not 0.5 < area / (np.pi * radius**2) < 1.8:
            continue
        ways = [np.linalg.norm(pair - middle, axis=1).min() for pair in ends]
        # The nearest limb must end here; others may be covered in part, and vote for the nearer of two discs.
        if ways and min(ways) < 3 * radius + 2 and np.mean(ways) < best_way:
            best, best_way = middle, np.mean(ways)
    return best


def _complete(places: dict[int, np.ndarray], strokes: dict[int, _Stroke], *, radius: float) -> None:
    """Add the joints whose discs are covered, by a hand or a face: they are where their limbs end."""
    for limb, stroke in strokes.items():
        first, second = LIMBS[limb]
        known = [joint for joint in (first, second) if joint in places]
        if len(known) != 1:
            continue
        covered = second if known[0] == first else first
        near, far = sorted(stroke.ends, key=lambda end: np.linalg.norm(end - places[known[0]]))
        way = (far - near) / max(stroke.length, 1e-6)
        places[covered] = far + way * radius
