"""Two bodies compared bone by bone, and a dance rebuilt with the other body's bones. Numbers only, no picture.

Notation: f frames; points are ... 134 3 (x, y in pixels, y down, score).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pose.skeleton import (
    FACE,
    FOOT_OF,
    HAND_OF,
    HEAD,
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_EYE,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NECK,
    NOSE,
    POINTS,
    RIGHT_ANKLE,
    RIGHT_EAR,
    RIGHT_ELBOW,
    RIGHT_EYE,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    VISIBLE,
    middle,
)

HIPS = -1  # the middle between the hips, a joint of its own here

# How far each bone's own ratio is believed against the body's one scale, where the character's bone looks short; 1
# fully. Turned away or towards the camera, a bone looks short, never long: a long one is believed more.
TRUST: Mapping[str, float] = {
    "torso": 1.0,
    "shoulder": 0.8,
    "hip": 0.6,
    "neck": 0.7,
    "head": 0.7,
    "upper arm": 0.7,
    "forearm": 0.6,
    "thigh": 1.0,
    "shin": 1.0,
}
LONG_TRUST = 0.9  # the least, for a bone that looks long
STRETCH = 2.2  # the most a bone's ratio differs from the body's scale
LARGEST_HEAD = 5.0  # the same for a head that is smaller than the dancer's: a toy's may be so many times a person's
SIZES = {"torso", "shoulder", "upper arm", "forearm"}  # tell a body's scale; where one is shared, heads do not
ALIKE = 0.15  # of their length: by how much a bone's two sides may differ to bear each other out
FACING = 0.2  # of the way between the eyes: how far off its middle the nose may be in a face that looks ahead

# (parent, child, bone), parents first.
TREE = (
    (NECK, RIGHT_SHOULDER, "shoulder"),
    (NECK, LEFT_SHOULDER, "shoulder"),
    (RIGHT_SHOULDER, RIGHT_ELBOW, "upper arm"),
    (RIGHT_ELBOW, RIGHT_WRIST, "forearm"),
    (LEFT_SHOULDER, LEFT_ELBOW, "upper arm"),
    (LEFT_ELBOW, LEFT_WRIST, "forearm"),
    (HIPS, RIGHT_HIP, "hip"),
    (HIPS, LEFT_HIP, "hip"),
    (RIGHT_HIP, RIGHT_KNEE, "thigh"),
    (RIGHT_KNEE, RIGHT_ANKLE, "shin"),
    (LEFT_HIP, LEFT_KNEE, "thigh"),
    (LEFT_KNEE, LEFT_ANKLE, "shin"),
    (NECK, NOSE, "neck"),
)
# What hangs from a joint as a whole: (joint, points, ratio).
HANGING = (
    (NOSE, (*HEAD[1:], *range(FACE.start, FACE.stop)), "head"),
    *((ankle, foot, "shin") for ankle, foot in FOOT_OF.items()),
    *((wrist, hand, "hand") for wrist, hand in HAND_OF.items()),
)


def bone_lengths(points: np.ndarray, *, quantile: float) -> dict[str, float]:
    """points f 134 3 -> each bone's length in pixels, where it is ever seen; the longer of left and right.

    A bone pointing at the camera looks short, never long: over a clip, a high quantile is its true length.
    """
    hips, hips_seen = middle(points, RIGHT_HIP, LEFT_HIP)
    found: dict[str, list[float]] = {}

    def measure(bone: str, lengths: np.ndarray, seen: np.ndarray) -> None:
        if seen.any():
            found.setdefault(bone, []).append(float(np.quantile(lengths[seen], quantile)))

    def between(first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
        seen = np.asarray((points[:, [first, second], 2] > VISIBLE).all(1))
        return np.linalg.norm(points[:, first, :2] - points[:, second, :2], axis=1), seen

    measure("torso", np.linalg.norm(points[:, NECK, :2] - hips, axis=1), hips_seen & (points[:, NECK, 2] > VISIBLE))
    for bone, first, second in (("hip", RIGHT_HIP, LEFT_HIP), ("shoulder", RIGHT_SHOULDER, LEFT_SHOULDER)):
        lengths, seen = between(first, second)
        measure(bone, lengths / 2, seen)
    measure("head", *between(RIGHT_EAR, LEFT_EAR))
    for parent, child, bone in TREE:
        if bone not in ("hip", "shoulder"):
            measure(bone, *between(parent, child))
    return {bone: max(lengths) for bone, lengths in found.items()}


def believable(character: np.ndarray) -> frozenset[str]:
    """The bones of a character, 134 3, that its one picture measures well: both arms alike, and of a body that faces
    the viewer the widths."""
    points = character.astype(np.float64)

    def between(first: int, second: int) -> float:
        seen = (points[[first, second], 2] > VISIBLE).all()
        return float(np.linalg.norm(points[first, :2] - points[second, :2])) if seen else np.nan

    found = set()
    arms = {
        "upper arm": (between(RIGHT_SHOULDER, RIGHT_ELBOW), between(LEFT_SHOULDER, LEFT_ELBOW)),
        "forearm": (between(RIGHT_ELBOW, RIGHT_WRIST), between(LEFT_ELBOW, LEFT_WRIST)),
    }
    for bone, (right, left) in arms.items():
        if abs(right - left) < ALIKE * max(right, left):
            found.add(bone)
    if not max(arms["forearm"]) > 0.65 * max(arms["upper arm"]):  # both may be held towards the viewer
        found.discard("forearm")
    if (points[[NOSE, RIGHT_EYE, LEFT_EYE], 2] > VISIBLE).all():
        eyes = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
        share = (points[NOSE, :2] - points[RIGHT_EYE, :2]) @ eyes / max(eyes @ eyes, 1e-6)
        if abs(share - 0.5) < FACING:
            found |= {"shoulder", "hip", "head"}
    return frozenset(found)


def bone_ratios(
    dancer: Mapping[str, float],
    person: Mapping[str, float],
    *,
    alike: bool,
    believed: frozenset[str] = frozenset(),
) -> dict[str, float] | None:
    """Bone lengths of both -> person's over dancer's by bone, and by "scale", "leg" and "hand".

    None is returned where they show no bone in common. alike: one ratio, the scale, for all. A ratio far from the scale
    is drawn towards it, the more the less it is trusted. believed: bones that are trusted fully.
    """
    both = (bone for bone in TRUST if min(person.get(bone, 0.0), dancer.get(bone, 0.0)) > 1e-3)
    raw = {bone: person[bone] / dancer[bone] for bone in both}
    if not raw:
        return None
    judged = [bone for bone in raw if bone not in ("neck", "head")] if SIZES & raw.keys() else raw
    ordered = sorted(judged, key=lambda bone: raw[bone])
    weights = np.cumsum([dancer[bone] * TRUST[bone] for bone in ordered])
    scale = raw[ordered[int(np.searchsorted(weights, weights[-1] / 2))]]
    ratios = dict.fromkeys((*TRUST, "scale", "leg", "hand"), scale)
    if alike:
        return ratios
    for bone, ratio in raw.items():
        trust = 1.0 if bone in believed else max(TRUST[bone], LONG_TRUST if ratio > scale else 0.0)
        least = 1 / (LARGEST_HEAD if bone == "head" else STRETCH)
        ratios[bone] = scale * float(np.clip(ratio / scale, least, STRETCH)) ** trust
    thigh, shin = dancer.get("thigh", 1.0), dancer.get("shin", 1.0)
    ratios["leg"] = (ratios["thigh"] * thigh + ratios["shin"] * shin) / (thigh + shin)
    ratios["hand"] = float(np.sqrt(ratios["forearm"] * max(ratios["head"], scale / STRETCH)))
    return ratios


@dataclass(frozen=True)
class Root:
    """The joint the body is built from. path: where it is in the dance, f 2; seen: f."""

    path: np.ndarray
    seen: np.ndarray
    from_hips: bool


def rebuild(points: np.ndarray, ratios: Mapping[str, float], *, from_hips: bool) -> tuple[np.ndarray, Root]:
    """points f 134 3 -> the body with every bone at its ratio, f 134 2, around a root at 0 0; and that root.

    A joint whose parent is unseen hangs from the nearest seen joint above it.
    """
    hips, hips_seen = middle(points, RIGHT_HIP, LEFT_HIP)
    neck, neck_seen = points[:, NECK, :2], points[:, NECK, 2] > VISIBLE
    spine = _through_time(hips - neck, hips_seen & neck_seen)
    hips = np.where(hips_seen[:, None], hips, neck + spine)
    root_path, root_seen = (hips, hips_seen | neck_seen) if from_hips else (neck, neck_seen)
    root_path = _through_time(root_path, root_seen)

    body = np.zeros((len(points), POINTS, 2))
    # Of each joint: where it, or the nearest seen joint above it, is in the dance, and in the rebuilt body.
    anchors: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def hang(parent: int, child: int, ratio: float) -> None:
        source, target = anchors[parent]
        body[:, child] = target + ratio * (points[:, child, :2] - source)
        seen = points[:, child, 2, None] > VISIBLE
        anchors[child] = np.where(seen, points[:, child, :2], source), np.where(seen, body[:, child], target)

    zero = np.zeros_like(root_path)
    if from_hips:
        anchors[HIPS] = root_path, zero
        hang(HIPS, NECK, ratios["torso"])
    else:
        body[:, NECK] = ratios["torso"] * (neck - root_path)
        anchors[NECK] = root_path, zero
        anchors[HIPS] = (
            np.where(hips_seen[:, None], hips, root_path),
            np.where(hips_seen[:, None], ratios["torso"] * (hips - root_path), zero),
        )
    for parent, child, bone in TREE:
        hang(parent, child, ratios[bone])
    for joint, hanging, ratio in HANGING:
        for point in hanging:
            hang(joint, point, ratios[ratio])
    return body, Root(root_path, root_seen, from_hips)


def _through_time(places: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """places f 2, where unseen drawn straight between the seen ones; all 0 when none is seen."""
    if not seen.any():
        return np.zeros_like(places)
    frames = np.arange(len(places))
    return np.stack([np.interp(frames, frames[seen], places[seen, axis]) for axis in range(2)], 1)
