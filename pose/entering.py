"""Who comes into the frame or leaves it: a pose model presses a whole body into the little that is seen of one."""

import numpy as np

from pose.skeleton import BODY, LEFT_HIP, NECK, NOSE, RIGHT_HIP, VISIBLE, middle

EDGE = 0.5  # seconds that somebody takes at most to come or to leave
PRESSED = 0.5  # of how far the nose usually is above the neck: where it is less, a body is pressed


def hide_pressed(points: np.ndarray, *, fps: float) -> np.ndarray:
    """points f 134 3, in which nobody is seen yet, or any more, while a head that comes or goes lies in its trunk.

    Only beside frames that show nobody: in the midst of a dance heads go down too.
    """
    shown = np.any(points[:, BODY, 2] > VISIBLE, axis=1)
    above = _nose_above_neck(points)
    if not np.isfinite(above).any():
        return points
    pressed = above < PRESSED * np.nanmedian(above)  # nowhere where nobody is seen
    points = points.copy()
    for last in np.flatnonzero(shown[1:] != shown[:-1]):
        at, step = (last + 1, 1) if shown[last + 1] else (last, -1)
        for _ in range(round(EDGE * fps)):
            if not (0 <= at < len(points) and pressed[at]):
                break
            points[at, :, 2] = 0
            at += step
    return points


def _nose_above_neck(points: np.ndarray) -> np.ndarray:
    """f, in pixels, on the line from the hips to the neck; NaN where one of these is not seen."""
    hips, both = middle(points, RIGHT_HIP, LEFT_HIP)
    seen = both & (points[:, [NOSE, NECK], 2] > VISIBLE).all(1)
    up = points[:, NECK, :2] - hips
    along = ((points[:, NOSE, :2] - points[:, NECK, :2]) * up).sum(1) / np.linalg.norm(up, axis=1).clip(1e-6)
    return np.where(seen, along, np.nan)
