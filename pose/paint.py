"""What of a skeleton picture is drawn, by hue: joint and limb i have 20 times i degrees; limbs are dim, joints bright.

OpenPose's limbs have 0.6 of the joints' brightness.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from pose.skeleton import BODY

JOINTS = BODY.stop
FULL_TURN = 256  # hues as OpenCV's full-range bytes count them
STEP = FULL_TURN * 20 / 360  # from one joint's hue to the next
NEAR = 0.45  # of a step: how far a hue may be off
SATURATED, PALE = 140, 50  # these five of 255
BLACK = 50
DIM = (90, 190)
BRIGHT = 190


@dataclass(frozen=True)
class Paint:
    """What of a picture is drawn. index: h w, whose hue a pixel has, joint or limb, -1 for none; bright, dim, black,
    white: h w bool."""

    index: np.ndarray
    bright: np.ndarray
    dim: np.ndarray
    black: np.ndarray
    white: np.ndarray

    def pieces(self, index: int, kind: np.ndarray, *, least: float) -> list[np.ndarray]:
        """The connected pieces of a hue, each n 2 (x, y), with at least so many pixels; the largest first."""
        rows, columns = np.nonzero((self.index == index) & kind)
        if len(rows) < least:
            return []
        corner = np.array([columns.min(), rows.min()])
        mask = np.zeros((rows.max() - corner[1] + 1, columns.max() - corner[0] + 1), np.uint8)
        mask[rows - corner[1], columns - corner[0]] = 1
        _, labels = cv2.connectedComponents(mask, connectivity=8)
        label = labels[rows - corner[1], columns - corner[0]]
        places = np.stack([columns, rows], 1).astype(np.float64)
        found = [places[label == piece] for piece in range(1, label.max() + 1)]
        return sorted((piece for piece in found if len(piece) >= least), key=len, reverse=True)

    def joined(self, first: np.ndarray, second: np.ndarray) -> bool:
        """Whether two pieces, n 2, may be of one limb: what lies between them is covered, not black."""
        ends = first.mean(0), second.mean(0)
        between = np.rint(np.linspace(*ends, 2 + int(np.linalg.norm(ends[1] - ends[0])))).astype(int)
        return bool(self.black[between[:, 1], between[:, 0]].mean() < 0.1)


def paint_of(frame: np.ndarray) -> Paint:
    """What is drawn in a picture, h w 3 uint8 RGB."""
    hue, saturation, value = cv2.split(cv2.cvtColor(frame, cv2.COLOR_RGB2HSV_FULL))
    steps = hue / np.float32(STEP)
    whole = np.rint(steps)
    pure = (np.abs(steps - whole) <= NEAR) & (saturation > SATURATED)
    index = np.where(pure, whole % JOINTS, -1).astype(np.int8)
    bright = pure & (value > BRIGHT)
    rims = grown((value > BRIGHT) & (saturation > SATURATED), 1)  # of discs and a hand's lines: as dim as limbs
    dim = pure & (value > DIM[0]) & (value < DIM[1]) & ~rims
    return Paint(index, bright, dim, value <= BLACK, (saturation < PALE) & (value > BRIGHT))


def grown(mask: np.ndarray, pixels: int) -> np.ndarray:
    """A mask, h w bool, with what lies within so many pixels of it."""
    side = 2 * pixels + 1
    return cv2.dilate(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
