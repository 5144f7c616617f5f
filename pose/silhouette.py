"""Joints of a figure from its outline alone: thick parts are trunk and head, what stands out of them is limbs."""

from dataclasses import dataclass

import cv2
import numpy as np

from pose.branches import TALL, find_crotch, find_neck, find_tips, place_along, trunk_axis, way_inside
from pose.outline import find_outline
from pose.skeleton import (
    ARMS,
    LEFT_EAR,
    LEFT_EYE,
    LEGS,
    NECK,
    NOSE,
    POINTS,
    RIGHT_EAR,
    RIGHT_EYE,
)

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


def guess_body(picture: np.ndarray, seen: np.ndarray | None) -> np.ndarray:
    """The likeliest body of a picture h w 3 in which nobody is recognised: 134 3, of which 18 show.

    seen: what a pose model says all the same, 134 3; believed where it makes a body that stands in the outline. Else
    the outline gives the joints; where nothing stands out, a figure in the middle.
    """
    size = np.array(picture.shape[1::-1], float)
    outline = find_outline(picture)
    if outline is None:
        places = (FIGURE * (0.6, 0.9) + (0.2, 0.05)) * size
    else:
        shares = size / outline.shape[::-1]
        rows, columns = np.nonzero(outline)
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) * np.tile(shares, 2)
        places = joints_in(outline) * size
        if seen is not None and _believed(seen, box):
            places = seen[:18, :2]
    points = np.zeros((POINTS, 3), np.float32)
    points[:18] = np.concatenate([places, np.ones((18, 1))], 1)
    return points


def _believed(seen: np.ndarray, box: np.ndarray) -> bool:
    """Whether enough of a body lies inside a box x0 y0 x1 y1, head above hips above ankles."""
    body = seen[:18]
    inside = (body[:, :2] >= box[:2]).all(1) & (body[:, :2] <= box[2:]).all(1)
    hips, ankles = body[[8, 11], 1], body[[10, 13], 1]
    upright = body[0, 1] < hips.min() and hips.max() < ankles.min()
    return bool(upright and ((body[:, 2] > BELIEVED) & inside).sum() >= ENOUGH)


def joints_in(outline: np.ndarray) -> np.ndarray:
    """outline h w bool, a figure from the front -> its 18 likeliest joints, 18 2 (x, y as shares of the picture)."""
    rows, columns = np.flatnonzero(outline.any(1)), np.flatnonzero(outline.any(0))
    corner, size = np.array([columns[0], rows[0]]), np.array([np.ptp(columns) + 1, np.ptp(rows) + 1])
    body = _body_in(outline)
    return (body.joints() / body.mask.shape[::-1] * size + corner) / outline.shape[::-1]


def shows_hands(outline: np.ndarray) -> bool:
    """Whether both hands stand out of an outline h w bool."""
    return len(_body_in(outline).hands()) == 2


def _body_in(outline: np.ndarray) -> "_Body":
    """The figure of an outline h w bool, cut out and as tall as such figures are."""
    rows, columns = np.flatnonzero(outline.any(1)), np.flatnonzero(outline.any(0))
    cut = outline[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8)
    width = max(8, round(cut.shape[1] * TALL / cut.shape[0]))
    return _Body.of(cv2.resize(cut, (width, TALL), interpolation=cv2.INTER_AREA) > 0)


@dataclass(frozen=True)
class _Body:
    """mask h w bool, as tall as the figure; thick h w: how far the rim is; axis: x of the trunk; tips n 2: where limbs
    and head end; neck, crotch: their y."""

    mask: np.ndarray
    thick: np.ndarray
    axis: float
    tips: np.ndarray
    neck: float
    crotch: float

    @classmethod
    def of(cls, mask: np.ndarray) -> "_Body":
        mask = np.pad(mask, 1)
        thick = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
        mask = mask[1:-1, 1:-1]
        axis = trunk_axis(thick)
        tips = find_tips(mask, thick)
        crotch = find_crotch(mask, axis)
        return cls(mask, thick, axis, tips, find_neck(thick, axis, crotch), crotch)

    @property
    def half(self) -> float:
        """Half the width of the trunk."""
        part = self.thick[round(self.neck) : max(round(self.crotch), round(self.neck) + 2)]
        return float(np.quantile(part.max(1), 0.7))

    def joints(self) -> np.ndarray:
        """18 2, in pixels of the mask."""
        height, width = self.mask.shape
        joints = np.zeros((18, 2))
        half, trunk = self.half, self.crotch - self.neck
        joints[NECK] = self.axis, self.neck
        head = self._head()
        across = max(2.0, 0.55 * min(self.neck - head[1], float(self.thick[round(head[1]), round(head[0])])) + 1)
        joints[NOSE] = head
        for joint, side, up in (
            (RIGHT_EYE, -0.45, 0.4),
            (LEFT_EYE, 0.45, 0.4),
            (RIGHT_EAR, -1.1, 0.2),
            (LEFT_EAR, 1.1, 0.2),
        ):
            joints[joint] = head + (side * across, -up * across)
        feet, hands = self._feet(), self.hands()
        shoulder_y = self.neck + 0.12 * trunk
        for (shoulder, elbow, wrist), side in zip(ARMS, (-1, 1), strict=True):
            root = np.array([self.axis + side * 0.85 * half, shoulder_y])
            hand = hands.get(side)
            if hand is None:  # the arm lies on the body: along its rim
                way = self._beside(side, root)
                root = way[0]
            else:
                way = way_inside(self.mask, self.thick, root, hand)
            joints[shoulder], joints[elbow], joints[wrist] = root, place_along(way, 0.47), place_along(way, 0.9)
        for (hip, knee, ankle), side in zip(LEGS, (-1, 1), strict=True):
            foot = feet[side]
            joints[hip] = self.axis + side * 0.42 * half, self.crotch - 0.1 * trunk
            joints[ankle] = foot
            joints[knee] = (joints[hip] + foot) / 2
        return joints.clip(0, (width - 1, height - 1))

    def _head(self) -> np.ndarray:
        """Its middle: the thickest place between the top and the neck, near the axis."""
        top = max(round(self.neck), 3)
        weights = self.thick[:top] * np.exp(-(((np.arange(self.mask.shape[1]) - self.axis) / (0.15 * TALL)) ** 2))
        row, column = np.unravel_index(int(weights.argmax()), weights.shape)
        return np.array([column, row], float)

    def _feet(self) -> dict[int, np.ndarray]:
        """Where both ankles are, by side."""
        height = self.mask.shape[0]
        legs = self.mask[round(self.crotch) :]
        feet: dict[int, np.ndarray] = {}
        middle = self.axis
        for side in (-1, 1):
            low = [tip for tip in self.tips if tip[1] > self.crotch + 0.3 * (height - self.crotch)]
            own = [tip for tip in low if side * (tip[0] - middle) > 0]
            if own and len(low) > 1:
                foot = max(own, key=lambda tip: tip[1])
                feet[side] = np.array([foot[0] * 0.75 + 0.25 * middle, foot[1] - 0.05 * height])
            else:
                rows = np.flatnonzero(legs.any(1))
                bottom = round(self.crotch) + (int(rows[-1]) if len(rows) else height - 1 - round(self.crotch))
                row = np.flatnonzero(self.mask[max(0, bottom - round(0.06 * height))])
                share = (row.min(), row.max()) if len(row) else (middle - 2, middle + 2)
                near = share[0] if side < 0 else share[1]
                feet[side] = np.array([0.5 * near + 0.5 * np.mean(share), bottom - 0.06 * height])
        return feet

    def hands(self) -> dict[int, np.ndarray]:
        """Tips of arms, by side: what reaches out of the trunk, neither head nor feet."""
        height, half = self.mask.shape[0], self.half
        hands: dict[int, np.ndarray] = {}
        for side in (-1, 1):
            own = [
                tip
                for tip in self.tips
                if side * (tip[0] - self.axis) > 0.8 * half
                and tip[1] < self.crotch + 0.35 * (height - self.crotch)
                and self._root(tip) > 0.55 * self.neck
            ]
            if own:
                hands[side] = max(own, key=lambda tip: abs(tip[0] - self.axis) + 0.3 * tip[1])
        return hands

    def _beside(self, side: int, root: np.ndarray) -> np.ndarray:
        """3 2: shoulder, elbow and tip of an arm that lies beside the trunk: along its rim, down to where that steps
        back to the hips or the legs."""
        half, height = self.half, self.mask.shape[0]
        rows = np.arange(round(root[1]), round(self.crotch + 0.2 * (height - self.crotch)))
        columns = np.arange(self.mask.shape[1])
        rims = np.where(self.mask[rows], side * (columns - self.axis), 0).max(1)
        arm = 0.2 * half
        steps = rims - np.append(rims[round(0.06 * height) :], np.full(round(0.06 * height), rims[-1]))
        back = rows[np.flatnonzero(steps[len(rows) // 3 :] > 0.7 * arm) + len(rows) // 3]
        if not len(back):
            hand = np.array([self.axis + side * 0.95 * half, self.crotch - 0.05 * (self.crotch - self.neck)])
            return np.stack([root, (root + hand) / 2 + (side * 0.1 * half, 0), hand])
        tall = rims[: back[-1] - rows[0] + 1]
        places = np.round(np.array([0, 0.5, 1]) * (len(tall) - 1)).astype(int)
        across = np.array([np.median(tall[max(0, at - 3) : at + 4]) for at in places]) - arm
        across = across.clip(np.array([0.85, 0.5, 0.5]) * half, np.array([1.25, 1.6, 1.6]) * half)
        return np.stack([self.axis + side * across, rows[places]], 1)

    def _root(self, tip: np.ndarray) -> float:
        """y where what ends in a tip stands out: arms from the trunk, ears and plaits from the head."""
        middle = np.unravel_index(int(self.thick.argmax()), self.thick.shape)
        way = way_inside(self.mask, self.thick, np.array(middle[::-1], float), tip).astype(int)
        wide = np.flatnonzero(self.thick[way[:, 1], way[:, 0]] >= 0.5 * self.half)
        return float(way[wide[-1], 1]) if len(wide) else float(way[0, 1])
