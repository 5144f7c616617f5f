"""How the figures that outlines are drawn of stand, and how their sizes differ: more than any body's do."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pose.skeleton import (
    ARMS,
    LEFT_EAR,
    LEFT_EYE,
    LEGS,
    NECK,
    NOSE,
    RIGHT_EAR,
    RIGHT_EYE,
)

FILLED = 0.42  # of the sheet's side, by a figure's joints


def way(angle: float) -> np.ndarray:
    """Down for 0, to the right of the picture for a quarter."""
    return np.array([np.sin(angle), np.cos(angle)])


@dataclass(frozen=True)
class Frame:
    """A figure's joints, 18 2 in pixels of its sheet, and its sizes in them; tilt: of its head, in radians."""

    joints: np.ndarray
    head: float
    breadth: float
    arm: float
    wrist: float
    hand: float
    thigh: float
    ankle: float
    foot: float
    neck: float
    shoulder: float
    hip: float
    torso: float
    leg: float
    tilt: float


def sample_frame(rng: np.random.Generator, side: int) -> Frame:
    """Somebody who stands in the middle of a sheet, facing the viewer."""

    def some(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    def often(share: float, usual: tuple[float, float], else_: tuple[float, float]) -> float:
        return some(*usual) if rng.random() < share else some(*else_)

    head = often(0.5, (0.45, 0.75), (0.6, 1.8))  # in lengths of the trunk, as all that follows
    leg, arm = often(0.6, (1.1, 1.9), (0.35, 1.3)), often(0.7, (0.9, 1.35), (0.45, 1.1))
    shoulder, neck = often(0.7, (0.25, 0.42), (0.05, 0.6)), often(0.8, (0.02, 0.25), (0.0, 0.5))
    hip, lean = shoulder * some(0.35, 0.85), float(rng.normal(0, 0.07))
    tilt, breadth = lean + float(rng.normal(0, 0.1)), head * some(0.65, 1.25)
    joints = np.zeros((18, 2))
    _place_limbs(rng, joints, lean=lean, shoulder=shoulder, hip=hip, arm=arm, leg=leg)
    _place_head(rng, joints, tilt=tilt, neck=neck, head=head, breadth=breadth)
    low, high = joints.min(0), joints.max(0)
    scale = FILLED * side / max(high - low)
    thick = often(0.6, (0.07, 0.14), (0.02, 0.3))
    sizes = {
        "head": head,
        "breadth": breadth,
        "arm": thick * some(0.7, 1.1),
        "wrist": thick * some(0.5, 1.3),
        "hand": arm * some(0.05, 0.16),
        "thigh": thick * some(0.9, 1.7),
        "ankle": thick * some(0.5, 1.3),
        "foot": some(0.06, 0.2),
        "neck": thick * some(0.5, 1.2),
        "shoulder": shoulder,
        "hip": max(hip, 0.05),
        "torso": 1.0,
        "leg": leg,
    }
    middle = (low + high) / 2
    return Frame(
        (joints - middle) * scale + side / 2, **{name: size * scale for name, size in sizes.items()}, tilt=tilt
    )


def _place_limbs(
    rng: np.random.Generator, joints: np.ndarray, *, lean: float, shoulder: float, hip: float, arm: float, leg: float
) -> None:
    """Limbs about a neck at 0, 0."""
    down, right = way(lean), way(lean + np.pi / 2)
    for (root, elbow, wrist), side, (upper, fore) in zip(ARMS, (-1, 1), _arms(rng), strict=True):
        joints[root] = side * shoulder * right
        joints[elbow] = joints[root] + way(lean + side * upper) * arm * 0.52
        joints[wrist] = joints[elbow] + way(lean + side * (upper + fore)) * arm * 0.48
    apart = rng.uniform(0, 0.12 if rng.random() < 0.6 else 0.5)
    for (root, knee, ankle), side in zip(LEGS, (-1, 1), strict=True):
        out, bend = side * (apart + rng.normal(0, 0.05)), rng.normal(0, 0.08 if rng.random() < 0.8 else 0.5)
        joints[root] = down + side * hip * right
        joints[knee] = joints[root] + way(out) * leg * 0.52
        joints[ankle] = joints[knee] + way(out + bend) * leg * 0.48


def _arms(rng: np.random.Generator) -> list[tuple[float, float]]:
    """Of both arms: how far the upper arm is out from hanging, and how much the forearm goes on out (in: negative)."""
    kinds: list[tuple[float, Callable[[], tuple[float, float]]]] = [
        (0.3, lambda: (rng.uniform(0.02, 0.6), rng.normal(0, 0.15))),
        (0.15, lambda: (rng.uniform(0.02, 0.3), rng.normal(0, 0.1))),
        (0.2, lambda: (rng.uniform(1.1, 2.0), rng.normal(0, 0.15))),
        (0.1, lambda: (rng.uniform(1.8, 2.9), rng.normal(0, 0.3))),
        (0.09, lambda: (rng.uniform(0.4, 1.1), rng.uniform(-2.3, -1.2))),  # on the hip
        (0.08, lambda: (rng.uniform(0.6, 1.7), rng.uniform(0.6, 1.8))),
        (0.08, lambda: (rng.uniform(0.0, 2.8), rng.normal(0, 0.9))),
    ]
    first, second = (kinds[int(at)][1]() for at in rng.choice(len(kinds), 2, p=[share for share, _ in kinds]))
    if rng.random() < 0.7:
        second = first[0] + rng.normal(0, 0.08), first[1] + rng.normal(0, 0.08)
    return [first, second]


def _place_head(
    rng: np.random.Generator, joints: np.ndarray, *, tilt: float, neck: float, head: float, breadth: float
) -> None:
    down, right = way(tilt), way(tilt + np.pi / 2)
    middle, turn = joints[NECK] - down * (neck + head / 2), rng.normal(0, 0.06)
    joints[NOSE] = middle + right * breadth * turn + down * head * rng.uniform(0.0, 0.2)
    for eye, ear, side in ((RIGHT_EYE, RIGHT_EAR, -1), (LEFT_EYE, LEFT_EAR, 1)):
        joints[eye] = joints[NOSE] + right * breadth * side * 0.19 - down * head * 0.13
        joints[ear] = middle + right * breadth * (side * 0.46 + turn * 0.3) - down * head * 0.02
