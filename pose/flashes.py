"""What flashes up for an instant and is nobody's: bodies that a model was unsure of, and a limb's joints."""

from collections.abc import Mapping

import numpy as np

from pose.likeness import apart, certainty
from pose.runs import runs
from pose.skeleton import ARMS, BODY, FOOT_OF, HAND_OF, LEGS, VISIBLE

BRIEF = 0.2  # seconds: what is seen for longer is there
UNSURE = 0.6  # of somebody's usual score
BESIDE = 0.1  # of the body's size: how far it is from where the bodies around it lead
# What goes with each joint of a limb.
HANGING = {**{joint: () for limb in (*ARMS, *LEGS) for joint in limb[1:]}, **HAND_OF, **FOOT_OF}


def flashing_bodies(shown: Mapping[int, np.ndarray], *, fps: float) -> set[int]:
    """The frames in which somebody's bodies, 134 3 by frame in their order, are nobody's: seen far less surely than
    theirs usually are, for an instant, and not where the sure ones around them are or lead. What of a body is out of
    sight makes it no less sure.
    """
    frames, bodies = [*shown], [*shown.values()]
    scores = np.array([certainty(body) for body in bodies])
    flashing, reach = set[int](), max(1, round(BRIEF * fps))
    for first, end in runs(scores < UNSURE * np.median(scores)) if bodies else ():
        if frames[end - 1] - frames[first] >= reach:
            continue
        around = [
            place
            for place, edge in ((first - 1, first), (end, end - 1))
            if 0 <= place < len(frames) and abs(frames[place] - frames[edge]) <= reach
        ]
        for place in range(first, end):
            led = [bodies[each] for each in around]
            if len(around) > 1:
                before, after = around
                share = (frames[place] - frames[before]) / (frames[after] - frames[before])
                led.append(bodies[before] * (1 - share) + bodies[after] * share)
            if all(apart(each, bodies[place]) > BESIDE for each in led):
                flashing.add(frames[place])
    return flashing


def hide_flashes(points: np.ndarray, *, fps: float) -> np.ndarray:
    """points f 134 3, in which short gaps are filled; a limb's joints that a body shows only for an instant are hidden,
    with their hand or foot."""
    points, somebody = points.copy(), np.asarray(np.any(points[:, BODY, 2] > VISIBLE, 1))
    for joint, followers in HANGING.items():
        for first, end in runs(points[:, joint, 2] > VISIBLE):
            inside = first > 0 and end < len(points) and somebody[first - 1] and somebody[end]
            if inside and end - first < BRIEF * fps:
                points[first:end, [joint, *followers], 2] = 0
    return points
