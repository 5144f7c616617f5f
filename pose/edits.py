"""Joints moved or hidden by hand at one moment of a dance, and what that does to the moments around it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pose.skeleton import FACE, FOOT_OF, HAND_OF, NOSE, POINTS, VISIBLE, PoseSequence

REACH = 0.5  # seconds before and after, through which an edit fades
HANGING = {**FOOT_OF, **HAND_OF, NOSE: tuple(range(FACE.start, FACE.stop))}


@dataclass(frozen=True)
class Edit:
    """joint: of pose.skeleton; at: seconds from the dance's start; to: where it shall be then, x y in pixels of the
    dance's picture, or None to hide it. Raises ValueError for what is no joint, moment or place."""

    joint: int
    at: float
    to: tuple[float, float] | None

    def __post_init__(self) -> None:
        numbers = (self.at, *(self.to or ()))
        if not 0 <= self.joint < POINTS or not np.isfinite(numbers).all() or self.at < 0:
            raise ValueError("An edit names a joint, a moment and a place.")


def apply_edits(sequence: PoseSequence, edits: Sequence[Edit], *, fps: float) -> PoseSequence:
    """The dance with the edits, in their order. A moved joint takes what hangs on it along, and shows at its moment;
    half a second before and after it is where it was. A hidden one is hidden for half of that, both ways. Other shots
    stay as they are."""
    if not len(sequence) or not edits:
        return sequence
    points = sequence.points.copy()
    times = np.arange(len(points)) / fps
    for edit in edits:
        key = min(round(edit.at * fps), len(points) - 1)
        away, shot = np.abs(times - times[key]), next(shot for shot in sequence.shots if key < shot.stop)
        away[: shot.start] = away[shot.stop :] = np.inf
        family = [edit.joint, *HANGING.get(edit.joint, ())]
        if edit.to is None:
            points[np.ix_(away <= REACH / 2, family, [2])] = 0
            continue
        was_seen = points[key, edit.joint, 2] > VISIBLE
        step = np.asarray(edit.to, np.float32) - points[key, edit.joint, :2]
        share = (0.5 + 0.5 * np.cos(np.pi * np.minimum(away / REACH, 1)))[:, None, None]
        if was_seen:
            seen = points[:, family, 2:] > VISIBLE
            points[:, family, :2] += np.where(seen, step * share, 0)
        else:  # found by hand where nobody saw it: held until it is seen again, for at most as long as an edit reaches
            held = (away < REACH) & (points[:, edit.joint, 2] <= VISIBLE)
            points[held, edit.joint, :2] = edit.to
            points[held, edit.joint, 2] = 1
        points[key, edit.joint] = (*edit.to, 1)
    return replace(sequence, points=points)
