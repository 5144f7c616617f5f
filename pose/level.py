"""Levels a dance that was filmed with a rolled camera: bodies that stand do not lean for long.

Notation: f frames; points are ... 134 3 (x, y in pixels, y down, score).
"""

import numpy as np

from pose.skeleton import LEFT_ANKLE, LEFT_HIP, NECK, RIGHT_ANKLE, RIGHT_HIP, VISIBLE, middle

# Of seven real videos that show feet six lean by at most 6.2 degrees in the median frame, the example dances by 2.7;
# one that was filmed so leans by 15.8.
LEANING, ROLLED = np.radians(8.0), np.radians(12.0)  # below the first nothing is done; from the second on all of it
MOST = np.radians(35.0)  # more is no camera
SEATED = 0.08  # of a body's height: hips that are farther off the line from feet to neck do not stand
FEWEST = 10  # frames


def levelled(points: np.ndarray) -> np.ndarray:
    """points: f 134 3 of a whole dance, and back: turned about the middle of its feet so that the body stands upright
    in the median frame, where it leans in nearly all of them more than any dancer could for long."""
    roll = roll_of(points)
    if not roll:
        return points
    feet, seen = middle(points, RIGHT_ANKLE, LEFT_ANKLE)
    about = np.median(feet[np.asarray(seen)], axis=0)
    turn = np.array([[np.cos(roll), np.sin(roll)], [-np.sin(roll), np.cos(roll)]])
    return np.concatenate([(points[..., :2] - about) @ turn.T + about, points[..., 2:]], -1)


def roll_of(points: np.ndarray) -> float:
    """By how much the camera was rolled, radians, positive where bodies lean to the right; 0 where nothing tells."""
    feet, ankles = middle(points, RIGHT_ANKLE, LEFT_ANKLE)
    hips, waist = middle(points, RIGHT_HIP, LEFT_HIP)
    seen = ankles & waist & (points[:, NECK, 2] > VISIBLE)
    if seen.sum() < FEWEST:
        return 0.0
    up, to_hips = (points[:, NECK, :2] - feet)[seen], (hips - feet)[seen]
    off = (to_hips[:, 0] * up[:, 1] - to_hips[:, 1] * up[:, 0]) / (up**2).sum(1).clip(1)
    low, lean, high = np.quantile(np.arctan2(up[:, 0], -up[:, 1]), [0.25, 0.5, 0.75])
    steady = min(abs(low), abs(high)) > LEANING / 2 and low * high > 0
    if not steady or abs(np.median(off)) > SEATED or abs(lean) > MOST:
        return 0.0
    return float(lean * np.clip((abs(lean) - LEANING) / (ROLLED - LEANING), 0, 1))
