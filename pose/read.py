"""Reads skeleton pictures back: a video that is already drawn as OpenPose draws bodies is a dance, too."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from pose.covered import Limb, covered_place
from pose.paint import BLACK, BRIGHT, DIM, JOINTS, NEAR, PALE, SATURATED, STEP, Paint, grown, paint_of
from pose.skeleton import LIMBS, NOSE, POINTS, PoseSequence

LEAST_BLACK = 0.75  # of a skeleton picture
LEAST_PALETTE = 0.85  # of what is not black: in the hues of joints, or the white of a face
LEAST_LIMBS = 5
EXACT = 0.58  # of the coloured pixels: at a drawn hue
PART = 0.7  # of a disc: the rest is covered
CLOSE = (0.5, 5.0)  # of a disc's area at least, and its radius: where a joint is believed without its limb
FACE = 16  # squared radii of a disc: so large is a face of dots at least
LARGEST = 0.04  # of the picture: a joint's disc
CLEAR = 12  # joints more, so far, of which one order of the colours makes sense than of the other


@dataclass(frozen=True)
class _Stroke:
    """A limb as seen: its pixels n 2, and its two visible ends, 2 2."""

    pixels: np.ndarray
    ends: np.ndarray


def is_skeleton(frame: np.ndarray) -> bool:
    """Whether a picture, h w 3 uint8 RGB, is a drawn skeleton: black, but for limbs in OpenPose's colours."""
    if not _has_palette(frame):
        return False
    paint = paint_of(frame)
    radius = _radius(paint)
    return radius < LARGEST * max(frame.shape) and len(_strokes(paint, radius=radius)) >= LEAST_LIMBS


def are_skeletons(frames: Iterable[np.ndarray]) -> bool:
    """Whether frames, h w 3 uint8 RGB, are drawn skeletons. While nobody is there they are black, and of who comes into
    the picture few limbs show at first: such frames are passed over."""
    for frame in frames:
        if (frame > DIM[0]).any():
            if is_skeleton(frame):
                return True
            if not _has_palette(frame):
                return False
    return False


def _has_palette(frame: np.ndarray) -> bool:
    """Whether a picture is black, but for OpenPose's colours."""
    hue, saturation, value = cv2.split(cv2.cvtColor(frame, cv2.COLOR_RGB2HSV_FULL))
    lit = value > BLACK
    if not lit.any() or lit.mean() > 1 - LEAST_BLACK:
        return False
    solid = value > DIM[0]  # what is darker and not black is the blur of edges
    pure = solid & (saturation > SATURATED)
    white = solid & (saturation < PALE) & (value > BRIGHT)
    if not pure.any() or (pure | white).sum() < LEAST_PALETTE * solid.sum() or pure.sum() < white.sum() / 4:
        return False
    # Drawn hues are few and exact; those of a lit stage are everything between (0.45 of them by chance). A player that
    # takes one colour matrix for another, as unmarked files make it, moves drawn hues by a few degrees.
    steps = hue[pure] / STEP
    exact = np.abs(steps - np.rint(steps)) < NEAR / 2
    return bool(exact.mean() >= EXACT)


def read_skeletons(frames: Iterable[np.ndarray]) -> PoseSequence:
    """Skeleton pictures, h w 3 uint8 RGB of one size -> their one person's 18 body joints; score 1 where drawn, else 0.

    Hands, faces and feet are not read. Some programs exchange red and blue as they write: the hues are the same, but of
    other limbs, and the order in which more joints meet is taken. Raises ValueError when there are no frames.
    """
    size, read = None, {order: list[np.ndarray]() for order in (1, -1)}
    joints = dict.fromkeys(read, 0)
    for frame in frames:
        size = (frame.shape[1], frame.shape[0])
        if len(read) > 1 and abs(joints[1] - joints[-1]) >= CLEAR:
            del read[min(joints, key=joints.__getitem__)]
        for order, points in read.items():
            points.append(read_joints(frame[..., ::order]))
            joints[order] += int(points[-1][:, 2].sum())
    if size is None:
        raise ValueError("There are no frames to read.")
    return PoseSequence(np.stack(read[max(read, key=joints.__getitem__)]), size)


def read_joints(frame: np.ndarray) -> np.ndarray:
    """A skeleton picture h w 3 uint8 RGB -> points 134 3, of which the 18 body joints can be seen."""
    paint = paint_of(frame)
    radius = _radius(paint)
    strokes = _strokes(paint, radius=radius)
    discs: dict[int, np.ndarray] = {}
    for joint in range(JOINTS):
        own = [stroke for limb, stroke in strokes.items() if joint in LIMBS[limb]]
        found = _disc(paint, joint, strokes=own, radius=radius)
        if found is not None:
            discs[joint] = found
    for limb, stroke in strokes.items():
        _drop_blur(discs, LIMBS[limb], stroke, radius=radius)
    for limb in set(range(len(LIMBS))) - strokes.keys():
        _add_near(discs, LIMBS[limb], paint, radius=radius)
    places = {joint: disc.mean(0) for joint, disc in discs.items()}
    _complete(places, strokes, paint, radius=radius)
    points = np.zeros((POINTS, 3), np.float32)
    for joint, place in places.items():
        points[joint] = (*(place + 0.5), 1)  # drawing cuts off what is after the point: half a pixel on average
    return points


def _radius(paint: Paint) -> float:
    """The radius of the joints' discs in pixels, from the largest bright piece of each hue."""
    areas = [len(found[0]) for joint in range(JOINTS) if (found := paint.pieces(joint, paint.bright, least=4))]
    return float(np.sqrt(np.median(areas) / np.pi)) if areas else 4.0


def _strokes(paint: Paint, *, radius: float) -> dict[int, _Stroke]:
    """The limbs that can be seen, by their number."""
    strokes = {}
    for limb in range(len(LIMBS)):
        dim = paint.dim
        if limb not in LIMBS[limb]:  # the disc of that hue lies elsewhere; its rims are wide in small pictures
            dim = dim & ~grown(paint.bright & (paint.index == limb), 2)
        pieces = paint.pieces(limb, dim, least=3)
        if not pieces or len(pieces[0]) < radius**2:
            continue
        pieces = [piece for piece in pieces if paint.joined(pieces[0], piece)]
        # Other limbs may lie across. The larger pieces give the axis; small ones on it belong to the limb still.
        pixels = np.concatenate([piece for piece in pieces if len(piece) >= len(pieces[0]) / 4])
        centre = pixels.mean(0)
        axis = np.linalg.eigh(np.cov((pixels - centre).T))[1][:, -1]
        across = np.array([-axis[1], axis[0]])
        length = np.ptp(pixels @ axis)
        aside = [np.abs((piece.mean(0) - centre) @ np.stack([axis, across], 1)) for piece in pieces]
        near = [piece for piece, (on, off) in zip(pieces, aside, strict=True) if on < length and off < radius / 2]
        pixels = np.concatenate(near or [pixels])
        along = (pixels - centre) @ axis
        strokes[limb] = _Stroke(pixels, centre + np.array([[along.min()], [along.max()]]) * axis)
    return strokes


def _disc(paint: Paint, joint: int, *, strokes: list[_Stroke], radius: float) -> np.ndarray | None:
    """A joint's disc, n 2, or what shows of it: a piece of its colour where its limbs end, or at which they point."""
    best, best_miss = None, np.inf
    whole = np.pi * radius**2
    for piece in paint.pieces(joint, paint.bright, least=0.25 * whole):
        middle = piece.mean(0)
        misses = [_missed(stroke.ends, middle) for stroke in strokes]
        # One limb must lead here; others may be covered in part, and vote for the nearer of two discs.
        if len(piece) > 1.8 * whole or not misses or min(misses) > 3 * radius + 2:
            continue
        # At a part of a disc it must end: lines of a hand, beyond it, have such colours, too.
        away = min(float(np.linalg.norm(stroke.ends - middle, axis=1).min()) for stroke in strokes)
        if len(piece) < PART * whole and away > 3 * radius + 2:
            continue
        # A part of a disc may be all that another leaves of it, but a whole one is more likely the joint.
        miss = float(np.mean(misses)) + 2 * radius * max(0.0, 0.6 - len(piece) / whole)
        if miss < best_miss:
            best, best_miss = piece, miss
    return best


def _add_near(discs: dict[int, np.ndarray], joints: tuple[int, int], paint: Paint, *, radius: float) -> None:
    """Add the second of two joints where their limb is covered whole, as between an eye and an ear: a disc close by."""
    start, end = joints
    if start not in discs or end in discs:
        return
    whole = np.pi * radius**2
    for piece in paint.pieces(end, paint.bright, least=CLOSE[0] * whole):
        if len(piece) < 1.8 * whole and np.linalg.norm(piece.mean(0) - discs[start].mean(0)) < CLOSE[1] * radius:
            discs[end] = piece
            return


def _drop_blur(discs: dict[int, np.ndarray], joints: tuple[int, int], stroke: _Stroke, *, radius: float) -> None:
    """Drop the lesser of two joints' discs that lie at the same end of their limb: it is the other's blurred rim."""
    first, second = (discs.get(joint) for joint in joints)
    if first is None or second is None:
        return
    length = np.linalg.norm(stroke.ends[1] - stroke.ends[0])
    if np.linalg.norm(first.mean(0) - second.mean(0)) < min(2 * radius, length / 2):
        del discs[min(joints, key=lambda joint: len(discs[joint]))]


def _missed(ends: np.ndarray, place: np.ndarray) -> float:
    """By how many pixels a stroke with two ends, 2 2, misses a place: few also if it points there but is cut short."""
    near, far = sorted(ends, key=lambda end: float(np.linalg.norm(end - place)))
    length, distance = float(np.linalg.norm(near - far)), float(np.linalg.norm(place - near))
    along = (near - far) / max(length, 1e-6)
    beyond = float((place - near) @ along)
    beside = float(np.linalg.norm(place - near - beyond * along))
    return min(distance, 2 * beside + 0.2 * beyond) if 0 < beyond < length else distance


def _complete(places: dict[int, np.ndarray], strokes: dict[int, _Stroke], paint: Paint, *, radius: float) -> None:
    """Add the joints whose discs are covered, by a hand or a face: where their limbs, of known starts, would end."""
    hidden, leading = NOSE not in places, defaultdict[int, list[Limb]](list)
    for limb, stroke in strokes.items():
        known = [joint for joint in LIMBS[limb] if joint in places]
        if len(known) != 1:
            continue
        start = places[known[0]]
        far = max(stroke.ends, key=lambda end: np.linalg.norm(end - start))
        seen = Limb(start, far, stroke.pixels)
        if seen.reach >= 2 * radius and paint.joined(start[None], stroke.pixels):
            leading[next(joint for joint in LIMBS[limb] if joint != known[0])].append(seen)
    for joint, limbs in leading.items():
        places[joint] = covered_place(limbs, black=paint.black, radius=radius)
    # The dots of a small face cover the eyes, too; the nose is then amid them.
    if hidden and len(leading[NOSE]) < 2 and paint.white.sum() > FACE * radius**2:
        rows, columns = np.nonzero(paint.white)
        places[NOSE] = np.array([columns.mean(), rows.mean()])
