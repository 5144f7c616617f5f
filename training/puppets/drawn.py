"""One frame of a body ready to be drawn: joints in the picture's plane, and ways to place points on trunk and head."""

from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray

from training.puppets.body import Joints
from training.puppets.ink import smooth
from training.puppets.recipe import Build


@dataclass(frozen=True)
class Mood:
    """What the face does. blink: 0 open .. 1 closed; mouth: 0 closed smile .. 1 wide open."""

    blink: float = 0.0
    mouth: float = 0.15


@dataclass(frozen=True)
class Drawn:
    """A body in one frame, in pixels of the finished picture. Sides are 0 (its right, at the left) and 1.

    at: joints by name, 2 or 3 numbers each; the third is depth. px: pixels of a body height. turn, head_turn, tilt:
    radians. swing 2: how far loose cloth and hair lag behind, pixels.
    """

    build: Build
    at: dict[str, ndarray]
    px: float
    turn: float
    head_turn: float
    tilt: float
    nod: float
    mood: Mood = field(default_factory=Mood)
    swing: ndarray = field(default_factory=lambda: np.zeros(2))

    @classmethod
    def from_joints(
        cls, build: Build, joints: Joints, frame: int, *, px: float, turn: float, mood: Mood, swing: ndarray
    ) -> "Drawn":
        """The body of one frame of joints that are in pixels already."""
        axes = joints.head_axes[frame]
        at = {name: np.asarray(value[frame]) for name, value in vars(joints).items() if name != "head_turn"}
        return cls(
            build=build,
            at=at,
            px=px,
            turn=turn,
            head_turn=float(joints.head_turn[frame]),
            tilt=float(np.arctan2(-axes[1, 0], axes[1, 1])),
            nod=float(axes[2, 1]),
            mood=mood,
            swing=swing,
        )

    @property
    def wide(self) -> float:
        """Half the head's width, pixels."""
        return self.build.head_width * self.px

    @property
    def half(self) -> float:
        """Half the head's height, pixels."""
        return self.build.head * 0.5 * self.px

    def joint(self, name: str, side: int) -> ndarray:
        """x, y of a joint."""
        return self.at[name][side, :2]

    def behind(self, side: int) -> bool:
        """Whether an arm passes behind the trunk."""
        return bool(self.at["wrist"][side, 2] < self.at["collar"][2] - 0.02 * self.px)

    def trunk(self, across: float, along: float) -> ndarray:
        """A point of the trunk: across in body heights from its middle, along 0 (collar) .. 1 (pelvis)."""
        upper = self.at["shoulder"][1, :2] - self.at["shoulder"][0, :2]
        lower = self.at["hip"][1, :2] - self.at["hip"][0, :2]
        upper, lower = (way / max(float(np.hypot(*way)), 1e-6) for way in (upper, lower))
        way = upper + (lower - upper) * np.clip(along, 0, 1)
        looks = np.sqrt(np.cos(self.turn) ** 2 + (self.build.flat * np.sin(self.turn)) ** 2)
        spine = self.at["collar"][:2] + (self.at["pelvis"] - self.at["collar"])[:2] * along
        return spine + way * across * looks * self.px

    def chest(self, angle: float, along: float, wide: float) -> ndarray:
        """A point on the round front of the trunk, at an angle from its middle; wide: half its width there."""
        looks = max(np.sqrt(np.cos(self.turn) ** 2 + (self.build.flat * np.sin(self.turn)) ** 2), 1e-3)
        return self.trunk(np.sin(angle + self.turn) * wide / looks, along)

    def on_head(self, x: float, y: float) -> ndarray:
        """A point in the head's plane: x in half widths, y in half heights, both from its middle."""
        c, s = np.cos(self.tilt), np.sin(self.tilt)
        dx, dy = x * self.wide, y * self.half
        return self.at["head"][:2] + np.array([dx * c - dy * s, dx * s + dy * c])

    def face(self, angle: float, height: float, out: float = 1.0) -> ndarray:
        """A point on the head's round front, at an angle from the middle and a height -1 (crown) .. 1 (chin)."""
        taper = 1 - (1 - self.build.jaw) * np.clip(height, 0, 1)
        wide = np.sqrt(max(1 - 0.55 * height**4, 0.05)) * taper
        nod = self.nod * self.wide / self.half * np.cos(angle)
        return self.on_head(np.sin(angle + self.head_turn) * wide * out, (height + nod) * out)

    def limb(self, *names: str, side: int, bend: float = 0.45, steps: int = 9) -> ndarray:
        """The smooth line through three joints, n 2, rounded at the middle one."""
        start, middle, end = (self.joint(name, side) for name in names)
        before, after = middle + (start - middle) * bend, middle + (end - middle) * bend
        t = np.linspace(0, 1, steps)[:, None]
        corner = (1 - t) ** 2 * before + 2 * t * (1 - t) * middle + t**2 * after
        first = start + (before - start) * np.linspace(0, 1, steps)[:-1, None]
        last = after + (end - after) * np.linspace(0, 1, steps)[1:, None]
        return np.concatenate([first, corner, last])

    def radii(self, count: int, *shares: float) -> ndarray:
        """Radii in pixels at `count` places, from body heights evenly along the limb."""
        places = np.linspace(0, 1, len(shares))
        return np.interp(np.linspace(0, 1, count), places, shares) * self.px

    def outline(self, points: list[tuple[float, float]]) -> ndarray:
        """A smooth outline of the trunk from (across, along) of its right half, top to bottom; mirrored."""
        left = [self.trunk(-across, along) for across, along in points]
        right = [self.trunk(across, along) for across, along in reversed(points)]
        return smooth([*left, *right])
