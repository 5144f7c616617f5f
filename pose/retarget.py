"""Makes one body's dance fit another body: its bones, its place in the picture, its ground. Numbers only, no picture.

Notation: f frames; points are ... 134 3 (x, y in pixels, y down, score).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pose.camera import as_one
from pose.faces import level_face
from pose.ground import depth, to_ground
from pose.level import levelled
from pose.planting import plant
from pose.proportions import Root, believable, bone_lengths, bone_ratios, rebuild
from pose.reference import without_legs
from pose.room import Ground, bring_inside, step_aside
from pose.skeleton import (
    ANKLES,
    BODY,
    FEET,
    LEFT_HIP,
    NECK,
    POINTS,
    RIGHT_HIP,
    VISIBLE,
    PoseSequence,
    lowest,
    middle,
)

Fit = Literal["proportions", "size", "off"]

ROOTED = 0.1  # of the frames that show anybody: in so many at least the dance shows what a body is built from
SWAY = 0.3  # of the body's height: how far a steady dance travels sideways at most
SWAY_CUT = 0.1  # the same for a body whose legs stay where they are, or that the picture's edge cuts off
NO_FEET = "The dance shows no feet; the character's legs stay as they are in the picture."
NEARER = 0.05  # of the body's height: how far steps towards the camera lower a steady dance's ground at most


@dataclass(frozen=True)
class Fitted:
    """A dance in the character's place and proportions, and what the person should know about it, in plain words.

    scale: what is left of the character's size, where the dance needs more room than the picture has. legs_stay: the
    picture shows legs that the dance does not.
    """

    sequence: PoseSequence
    words: tuple[str, ...] = ()
    scale: float = 1.0
    legs_stay: bool = False


def retarget(
    dance: PoseSequence,
    character: np.ndarray,
    *,
    size: tuple[int, int],
    fps: float = 25.0,
    fit: Fit = "proportions",
    steady: bool,
) -> Fitted:
    """The dance as the character would dance it, in the character's picture.

    character: 134 3 in a picture of that size (width, height). fps: of the dance. fit: "proportions" gives each bone
    the character's length, "size" scales the dancer as a whole, both as one camera would see all shots; "off" only fits
    the video's frame into the picture and keeps a rolled camera's roll. steady: damp travel across the picture, so that
    the character stays in it and in its place.

    Scores are copied from the dance: what the dancer does not show is not invented; legs whose feet it does not show
    are left out, where the picture shows them. Bodies that share nothing to compare are treated as "off", and the words
    say so.
    """
    points = as_one(dance) if fit != "off" else dance.points.astype(np.float64)
    character = character.astype(np.float64)
    dancer, person = bone_lengths(points, quantile=0.9), bone_lengths(character[None], quantile=1.0)
    ratios = None if fit == "off" else bone_ratios(dancer, person, alike=fit == "size", believed=believable(character))
    if ratios is None:
        words = "The dancer and the character share no limb to compare, so the dance keeps its own size."
        return Fitted(PoseSequence(_framed(dance.points, dance.size, size), size), () if fit == "off" else (words,))
    points = levelled(points)
    if _legs_stay(points, character):
        points = without_legs(points)  # knees that come and go without feet would kick in the air
    body, root = rebuild(points, ratios, from_hips=_has_hips(points) and _hips_of(character) is not None)
    if fit == "proportions":
        body = level_face(body, points[..., 2], character)
    stands = root.from_hips and _shows_ankles(points)
    return place(_Dance(points, fps, body, root, ratios, stands), character, size=size, steady=steady)


@dataclass(frozen=True)
class _Dance:
    """points: the dancer's, f 134 3, fps a second; body: rebuilt around a root at 0 0, f 134 2; stands: its feet are on
    a ground."""

    points: np.ndarray
    fps: float
    body: np.ndarray
    root: Root
    ratios: Mapping[str, float]
    stands: bool


def place(dance: _Dance, character: np.ndarray, *, size: tuple[int, int], steady: bool) -> Fitted:
    """The rebuilt body where the character is: on its ground, inside the picture, its travel damped where asked."""
    if not dance.root.seen.any():
        nobody = np.zeros((len(dance.points), POINTS, 3))
        return Fitted(PoseSequence(nobody, size), ("Nobody is seen in the dance.",))
    seen = dance.points[..., 2] > VISIBLE
    feet = _shows_ankles(character[None])
    hips = _hips_of(character)
    home = hips if dance.root.from_hips and hips is not None else _neck_of(character, size)
    height = _height(character)
    travel, words = _travel(dance, height=height, feet=feet, steady=steady)
    placed = dance.body + (home + travel)[:, None]
    whole, shrunk, legs_stay = dance.stands and feet, 1.0, _legs_stay(dance.points, character)
    if whole:
        most = (NEARER if steady else 3 * NEARER) * height
        placed[..., 1] -= depth(dance.points, placed, fps=dance.fps, most=most)[:, None]
        placed[..., 1] += to_ground(dance.points, placed, character)
        placed = plant(dance.points, placed, fps=dance.fps)
    if feet:
        ground = Ground(float(lowest(character)), float(lowest(character, of=ANKLES))) if whole else None
        below = max(0.0, size[1] - float(lowest(character))) if legs_stay else np.inf
        placed, shrunk = bring_inside(placed, seen, home=home, ground=ground, size=size, below=below)
    else:
        placed[..., 0] += step_aside(placed, seen, character=character, width=size[0])[:, None]
    if shrunk < 0.95:
        share = round(20 * shrunk) / 20  # a rehearsal, of other frames, may be a little off
        words.append(
            f"The dance needs more room than the picture has: the character is drawn at about {share:.0%} of its size."
        )
    points = np.concatenate([placed, dance.points[..., 2:]], -1)
    return Fitted(PoseSequence(points, size), tuple(words), shrunk, legs_stay)


def _travel(dance: _Dance, *, height: float, feet: bool, steady: bool) -> tuple[np.ndarray, list[str]]:
    """How far the root goes from where it begins, f 2, and what to say of it. height: of the character in pixels; feet:
    whether its picture shows them."""
    # Legs carry the body: travel on the scale of the legs, and a planted foot stays planted.
    stride = dance.ratios["leg"] if dance.stands else dance.ratios["scale"]
    root = dance.root
    travel = stride * (root.path - np.median(root.path[root.seen][:5], axis=0))
    if not feet:
        travel[:, 0] = _damped(travel[:, 0], root.seen, most=SWAY_CUT * height)
        travel[:, 1] = np.maximum(0, _damped(travel[:, 1], root.seen, most=SWAY_CUT * height, middle=0.0))
        return travel, ["No feet are recognised in the picture, so the body stays in its place."]
    if not _shows_ankles(dance.points):
        for axis in range(2):  # the body stays with the legs
            travel[:, axis] = _damped(travel[:, axis], root.seen, most=SWAY_CUT * height)
        return travel, [NO_FEET]
    if steady:
        travel[:, 0] = _damped(travel[:, 0], root.seen, most=SWAY * height)
    return travel, []


def _damped(travel: np.ndarray, seen: np.ndarray, *, most: float, middle: float | None = None) -> np.ndarray:
    """travel f, drawn together so that it spans at most so many pixels, around its middle or the given one."""
    low, high = np.quantile(travel[seen], [0.02, 0.98])
    centre = (low + high) / 2 if middle is None else middle
    share = min(1.0, most / max(high - low, 1e-6))
    return (travel - centre) * share + (0.0 if middle is None else middle)


def _framed(points: np.ndarray, frame: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    """points ... 3 of a frame, whole in the middle of a picture of that size."""
    scale = min(size[0] / frame[0], size[1] / frame[1])
    framed = points.copy()
    framed[..., :2] = points[..., :2] * scale + (np.array(size) - np.array(frame) * scale) / 2
    return framed


def shows_trunk(points: np.ndarray) -> bool:
    """Whether a dance, f 134 3, shows what a body is built from, its neck or its hips; a face alone moves nothing."""
    return _share(points, points[:, NECK, 2] > VISIBLE) >= ROOTED or _has_hips(points)


def _has_hips(points: np.ndarray) -> bool:
    """Whether the dance shows both hips in most of the frames that show anybody."""
    return _share(points, middle(points, RIGHT_HIP, LEFT_HIP)[1]) > 0.5


def _shows_ankles(points: np.ndarray) -> bool:
    """Whether points f 134 3 show an ankle in most of the frames that show anybody."""
    return _share(points, np.asarray((points[:, list(ANKLES), 2] > VISIBLE).any(1))) > 0.6


def _share(points: np.ndarray, shown: np.ndarray) -> float:
    """The share of those frames of points f 134 3 that show anybody in which something is shown, f bool."""
    anybody = (points[:, BODY, 2] > VISIBLE).any(1)
    return float(shown[anybody].mean()) if anybody.any() else 0.0


def _legs_stay(points: np.ndarray, character: np.ndarray) -> bool:
    """Whether the picture shows feet of the character, 134 3, that the dance, f 134 3, does not."""
    return _shows_ankles(character[None]) and not _shows_ankles(points)


def _hips_of(character: np.ndarray) -> np.ndarray | None:
    place, seen = middle(character, RIGHT_HIP, LEFT_HIP)
    return place if seen else None


def _neck_of(character: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return character[NECK, :2] if character[NECK, 2] > VISIBLE else np.array(size) / 2


def _height(character: np.ndarray) -> float:
    """The height of what is seen of the character's body, in pixels."""
    shown = character[: FEET.stop][character[: FEET.stop, 2] > VISIBLE, 1]
    return float(np.ptp(shown)) if len(shown) else 0.0
