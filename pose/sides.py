"""Left and right of a body, exchanged back where a model mistook them."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pose.skeleton import (
    ARMS,
    FOOT_OF,
    HANDS,
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_EYE,
    LEGS,
    MIRROR,
    RIGHT_ANKLE,
    RIGHT_EAR,
    RIGHT_EYE,
    VISIBLE,
    torso_length,
)

# Joints that a model mistakes for their other side together: right and left of the pairs that decide, and what follows.
SIDES = (
    (ARMS, (*range(HANDS[0].start, HANDS[1].stop),)),
    (LEGS, (*FOOT_OF[RIGHT_ANKLE], *FOOT_OF[LEFT_ANKLE])),
    (((RIGHT_EYE, RIGHT_EAR), (LEFT_EYE, LEFT_EAR)), ()),
)
TURN = 0.5  # seconds: no body turns round in less
AROUND = 0.25  # seconds to either side in which a pair is seen as broad as it is
NARROW = 0.075  # of the torso: joints that are no further from the middle between both say little of sides
FEE = 1.1  # times what a turn moves, in their breadth squared: so much pairs must gain by an exchange, within
LEAST, MOST = 0.8, 3.2  # of the 4 that a whole exchange moves
FAR = 0.4  # seconds: what lies further apart is not compared
LASTING = 4.0  # a second: what it costs a pair to stay exchanged


def unswap(points: np.ndarray, *, fps: float) -> np.ndarray:
    """points f 134 3 with left and right exchanged where joints else change places faster than a body turns round.

    The cheapest course through the clip is chosen for arms, legs and head apart. Between two frames a body that turns
    can move each pair by a part of its breadth that grows with the time between them; only what moves more is mended.
    """
    points = points.copy()
    torso = torso_length(points)
    if torso is None:
        return points
    for (right, left), followers in SIDES:
        swapped = _swapped(points[:, list(right)], points[:, list(left)], fps=fps, narrow=NARROW * torso)
        where = np.array([*right, *left, *followers])
        points[np.ix_(swapped, where)] = points[np.ix_(swapped, MIRROR[where])]
    return points


def _swapped(right: np.ndarray, left: np.ndarray, *, fps: float, narrow: float) -> np.ndarray:
    """In which frames, f bool, some joints f j 3 of either side had better be those of the other."""
    shown = (right[..., 2] > VISIBLE) & (left[..., 2] > VISIBLE)
    apart = np.where(shown[..., None], right[..., :2] - left[..., :2], 0) / 2
    usable = np.flatnonzero(shown.sum(1) >= 2)
    swapped = np.zeros(len(right), bool)
    if len(usable) < 2:
        return swapped
    before, now, pairs = usable[:-1], usable[1:], right.shape[1]
    half = max(1, round(AROUND * fps))
    near = sliding_window_view(np.pad(np.linalg.norm(apart, axis=-1), ((half, half), (0, 0))), 2 * half + 1, axis=0)
    breadth = np.maximum(near.max(-1), narrow)
    counted = (shown[before] & shown[now]) / np.maximum(breadth[before], breadth[now]) ** 2
    stay, change = ((((apart[now] - way * apart[before]) ** 2).sum(-1) * counted).sum(1) for way in (1, -1))
    angle = np.minimum(2 * np.pi * (now - before) / fps / TURN, np.pi)
    change += pairs * np.clip(FEE * 4 * np.sin(angle / 2) ** 2, LEAST, MOST)
    stay, change = (np.where(now - before > FAR * fps + 1, 0, each) for each in (stay, change))
    swapped[usable] = _cheapest(stay, change, price=LASTING * pairs / fps)
    return swapped


def _cheapest(stay: np.ndarray, change: np.ndarray, *, price: float) -> list[bool]:
    """The cheaper of two states in each of n frames, given the costs, n-1, of staying in one and of going to the other;
    price: of each frame in the second state."""
    costs, came = np.array([0, price]), []
    for same, other in zip(stay, change, strict=True):
        total = costs[:, None] + [[same, other], [other, same]]
        came.append(total.argmin(0))
        costs = total.min(0) + [0, price]
    states = [int(costs.argmin())]
    for each in reversed(came):
        states.append(int(each[states[-1]]))
    return [state == 1 for state in reversed(states)]
