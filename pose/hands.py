"""Hands of a dance: how far the models are to be believed about them."""

import numpy as np

from pose.skeleton import ARMS, HAND_OF, VISIBLE

KNUCKLES = (5, 9, 13, 17)  # of a hand's points
AROUND, AFTER = 0.08, 0.2  # seconds to either side: what a hand's direction is compared with, and how long doubt lasts
TREMBLING = np.radians((11, 20))  # a hand is believed up to the first, and not at all from the second on


def doubt_hands(points: np.ndarray, *, fps: float) -> np.ndarray:
    """points f 134 3, with the scores of hands lowered, down to 0, where their direction leaps about the forearm.

    A hand that is small, blurred or turned away is found anew in every frame, now pointing here, now there; drawn, it
    would flicker. A wave of the hand goes through all the directions between.
    """
    points = points.copy()
    for _, elbow, wrist in ARMS:
        hand = HAND_OF[wrist]
        knuckles = points[:, [hand[place] for place in KNUCKLES]]
        seen: np.ndarray = np.all(knuckles[..., 2] > VISIBLE, 1) & np.all(points[:, [elbow, wrist], 2] > VISIBLE, 1)
        palm, forearm = (
            (end - start) @ (1, 1j)
            for start, end in (
                (points[:, wrist, :2], knuckles[..., :2].mean(1)),
                (points[:, elbow, :2], points[:, wrist, :2]),
            )
        )
        way = np.exp(1j * np.angle(palm * forearm.conj())) * seen
        half, later = int(fps * AROUND), int(fps * AFTER)
        inner = seen.copy()
        inner[:half] = inner[len(inner) - half :] = False  # at the ends there is nothing to compare with on one side
        apart = np.angle(way * _around(way, half).conj()) ** 2 * inner
        leaps = np.sqrt(_around(apart, later) / np.maximum(_around(inner.astype(float), later), 1e-6))
        trust = np.clip((TREMBLING[1] - leaps) / (TREMBLING[1] - TREMBLING[0]), 0, 1)
        points[:, hand, 2] *= _around(trust, later)[:, None]
    return points


def _around(values: np.ndarray, half: int) -> np.ndarray:
    """The means of f values over so many to either side, fewer at the ends."""
    window = np.ones(2 * half + 1)
    padded = np.pad(values, half)
    return np.convolve(padded, window, "valid") / np.convolve(np.pad(np.ones(len(values)), half), window, "valid")
