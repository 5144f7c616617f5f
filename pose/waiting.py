"""A character whose dancer is away waits, as it stands in its picture. Notation: f frames; points are f 134 3."""

import numpy as np

from pose.likeness import FEWEST
from pose.skeleton import BODY, VISIBLE, lowest

EASE = 0.3  # seconds from the dance into the character's own stance, and from there back into the dance


def is_away(points: np.ndarray) -> np.ndarray:
    """f bool: the frames in which too little of a body is seen to dance by."""
    return (points[:, BODY, 2] > VISIBLE).sum(1) < FEWEST


def wait(points: np.ndarray, character: np.ndarray, *, fps: float, scale: float = 1.0) -> np.ndarray:
    """A fitted dance in which the character, 134 3, waits where the dancer is away, without a leap before or after it;
    too short for its own stance, it goes over from one pose to the next. Of its joints those show that the dance shows
    anywhere. scale: of the danced body to the picture's."""
    away = is_away(points)
    if away.all() or not away.any():
        return points
    stance = _smaller(character, scale)
    stance[:, 2] *= (points[..., 2] > VISIBLE).any(0)
    frames, there = np.arange(len(points)), np.flatnonzero(~away)
    after = np.searchsorted(there, frames)
    last, coming = there[np.maximum(after - 1, 0)], there[np.minimum(after, len(there) - 1)]
    near = np.stack([_nearness(frames - last, fps), _nearness(coming - frames, fps)])
    near /= np.maximum(near.sum(0), 1)
    shares = np.stack([*near, 1 - near.sum(0)])[:, away, None, None]
    poses = np.stack([points[last], points[coming], np.broadcast_to(stance, points.shape)])[:, away]
    waiting = (shares * poses).sum(0)
    waiting[..., 2] = np.where(shares[..., 0] > 0, poses[..., 2], np.inf).min(0)
    points = points.copy()
    points[away] = waiting
    return points


def _nearness(frames: np.ndarray, fps: float) -> np.ndarray:
    """f: 1 in the frame of a pose, 0 from EASE on and where that pose does not come; frames: how many lie between."""
    share = 0.5 + 0.5 * np.cos(np.pi * np.minimum(frames / (EASE * fps), 1))
    return np.where(frames < 0, 0.0, share)


def _smaller(character: np.ndarray, scale: float) -> np.ndarray:
    """The character, 134 3, of that part of its size, on its ground."""
    stance, shown = character.astype(np.float64), character[BODY, 2] > VISIBLE
    if shown.any() and scale < 1:
        fixed = np.array([stance[BODY][shown, 0].mean(), lowest(stance[None], of=range(len(stance)))[0]])
        stance[:, :2] = (stance[:, :2] - fixed) * scale + fixed
    return stance
