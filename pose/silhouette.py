"""Joints of a figure from its outline alone, by a small model of this project's own that has seen many."""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from pose.detector import open_session
from pose.outline import find_outline, is_stout
from pose.portraits import as_portrait, bust_in
from pose.reference import shows_face_alone
from pose.skeleton import ANKLES, ARMS, BODY, LEFT_HIP, LEFT_WRIST, LEGS, NOSE, POINTS, RIGHT_HIP, RIGHT_WRIST
from pose.weights import PROJECT

MODEL = PROJECT / "weights" / "outline" / "joints.onnx"
SIDE = 96  # pixels of the square that the model looks at
ROOM = 4  # pixels about the figure there
SHORTEST = 0.05  # of a figure's height: legs that are cut off, whose joints are taken hold of one by one
PLAIN = 0.5  # the model's certainty of a hand that stands out
KNOWN = 0.63  # its mean certainty of limbs, or of the rest; of animals up to 0.59 was seen, of figures from 0.68
BELIEVED = 0.4  # the score of a guessed joint that is better than nothing
ENOUGH = 12  # such joints
# A standing figure, arms a little away, as shares of its box: OpenPose's 18 joints.
FIGURE = np.array(
    [
        *[(0.5, 0.12), (0.5, 0.22)],
        *[(0.36, 0.24), (0.27, 0.36), (0.2, 0.47)],
        *[(0.64, 0.24), (0.73, 0.36), (0.8, 0.47)],
        *[(0.43, 0.52), (0.42, 0.73), (0.41, 0.93)],
        *[(0.57, 0.52), (0.58, 0.73), (0.59, 0.93)],
        *[(0.46, 0.09), (0.54, 0.09), (0.41, 0.11), (0.59, 0.11)],
    ]
)


def guess_body(picture: np.ndarray, seen: np.ndarray | None, *, outline: np.ndarray | None = None) -> np.ndarray:
    """The likeliest body of a picture h w 3 in which nobody is recognised: 134 3, of which 18 have places; all are seen
    but of a portrait, of which head and shoulders are.

    seen: what a pose model says all the same, 134 3; believed where it makes a face and nothing else, or, of an outline
    that does not tell limbs, a body that stands in it. Else the outline gives the joints; where nothing stands out, a
    figure in the middle.
    outline: as `find_outline` gives it, where it was looked for before.
    """
    size = np.array(picture.shape[1::-1], float)
    face = seen is not None and shows_face_alone(seen, size=picture.shape[1::-1])
    if seen is not None and face and (portrait := as_portrait(seen)) is not None:
        return portrait
    points = np.zeros((POINTS, 3), np.float32)
    points[BODY, 2] = 1
    if outline is None and (outline := find_outline(picture)) is None:
        points[BODY, :2] = (FIGURE * (0.6, 0.9) + (0.2, 0.05)) * size
        return points
    left, top, wide, tall = _box(outline)
    scale = size / outline.shape[::-1]
    if not face and has_limbs(outline):
        points[BODY, :2] = joints_in(outline) * size
    elif seen is not None and _believed(seen, np.array([left, top, left + wide, top + tall]) * np.tile(scale, 2)):
        points[BODY, :2] = seen[BODY, :2]
    else:
        points = bust_in(outline)
        points[:, :2] *= scale
    return points


def _believed(seen: np.ndarray, box: np.ndarray) -> bool:
    """Whether enough of a body lies inside a box x0 y0 x1 y1, head above hips above ankles."""
    body = seen[BODY]
    inside = (body[:, :2] >= box[:2]).all(1) & (body[:, :2] <= box[2:]).all(1)
    hips, ankles = body[[RIGHT_HIP, LEFT_HIP], 1], body[list(ANKLES), 1]
    upright = body[NOSE, 1] < hips.min() and hips.max() < ankles.min()
    return bool(upright and ((body[:, 2] > BELIEVED) & inside).sum() >= ENOUGH)


def joints_in(outline: np.ndarray) -> np.ndarray:
    """outline h w bool, a figure from the front -> its 18 likeliest joints, 18 2 (x, y as shares of the picture)."""
    return _places(outline)[:, :2] / outline.shape[::-1]


def shows_hands(outline: np.ndarray) -> bool:
    """Whether it is plain where both hands are in an outline h w bool: they stand out of it."""
    return _are_plain(_places(outline)[:, 2])


def _are_plain(certain: np.ndarray) -> bool:
    """Whether hands stand out; certain: 18, of each joint."""
    return bool((certain[[RIGHT_WRIST, LEFT_WRIST]] > PLAIN).all())


def has_limbs(outline: np.ndarray) -> bool:
    """Whether an outline h w bool has arms and legs, as far as the model knows them or the rest of a body; if it is
    stout, as faces and cups are, only where hands stand out."""
    limbs, certain = [joint for limb in (*ARMS, *LEGS) for joint in limb[1:]], _places(outline)[:, 2]
    known = max(certain[limbs].mean(), np.delete(certain, limbs).mean()) > KNOWN
    return bool(known) and (not is_stout(outline) or _are_plain(certain))


def framed(outline: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """outline h w bool -> the figure as large as it fits, SIDE SIDE float32 0..1, and the way there, 2 3."""
    left, top, wide, tall = _box(outline)
    scale = (SIDE - 2 * ROOM) / max(tall, wide)
    size = max(1, round(wide * scale)), max(1, round(tall * scale))
    figure = outline[top : top + tall, left : left + wide].astype(np.float32)
    small = cv2.resize(figure, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    frame = np.zeros((SIDE, SIDE), np.float32)
    frame[y : y + size[1], x : x + size[0]] = small
    across, down = size[0] / wide, size[1] / tall
    # places are counted from the middles of pixels
    right, lower = x - 0.5 - (left - 0.5) * across, y - 0.5 - (top - 0.5) * down
    return frame, np.array([[across, 0, right], [0, down, lower]])


def _places(outline: np.ndarray) -> np.ndarray:
    """18 3: x and y of the joints in an outline h w bool, inside the figure's box, and how certain the model is. Legs
    that it takes to be cut off are short, on the box's lower edge."""
    frame, matrix = framed(outline)
    found = _model()(frame[None, None])[0]
    left, top, wide, tall = _box(outline)
    right, bottom = left + wide - 1, top + tall - 1
    found[:, :2] = ((found[:, :2] - matrix[:, 2]) / np.diag(matrix)).clip((left, top), (right, bottom))
    for hip, knee, ankle in LEGS:
        if found[knee, 1] >= bottom:
            found[hip, 1] = min(found[hip, 1], bottom - SHORTEST * tall)
            found[knee, :2] = (found[hip, :2] + found[ankle, :2]) / 2
    return found


def _box(outline: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, width and height of the figure of an outline h w bool."""
    left, top, wide, tall = cv2.boundingRect(outline.astype(np.uint8))
    return left, top, wide, tall


@cache
def _model() -> Callable[[np.ndarray], np.ndarray]:
    """Outlines 1 1 SIDE SIDE -> joints 1 18 3: x, y, certainty."""
    session = open_session(MODEL, device="cpu")
    return lambda outlines: np.asarray(session.run(["joints"], {"outlines": outlines})[0], float)
