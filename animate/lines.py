"""Lines: what drawn outlines enclose. Nothing learned.

Notation: h w rows and columns, pictures are c h w float 0..1.
"""

import cv2
import numpy as np
from torch import Tensor


def enclosed(lines: np.ndarray) -> np.ndarray:
    """lines: h w bool -> h w bool: the lines, and all that they keep from the picture's edge."""
    closed = cv2.morphologyEx(lines.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    open_space = np.pad(1 - closed, 1, constant_values=1)
    cv2.floodFill(open_space, None, (0, 0), 2)
    return open_space[1:-1, 1:-1] != 2


def outlined(colours: Tensor, difference: np.ndarray, near: np.ndarray) -> np.ndarray:
    """h w bool: what dark outlines keep from the backdrop, is unlike it, and lies on a bone, as no cast shadow does.

    colours 3 h w; difference, near h w: from the backdrop expected, and the distance from the nearest bone.
    """
    brightness = colours.mean(0).numpy()
    side = 2 * round(0.01 * max(brightness.shape)) + 1
    lines = cv2.morphologyEx(brightness, cv2.MORPH_BLACKHAT, np.ones((side, side), np.uint8)) > 0.1
    lines |= difference > 0.4  # ink and strong colours
    return joined(enclosed(lines) & ~lines & (difference > 0.12), near < 0.45)


def off_paper(colours: Tensor, around: np.ndarray) -> np.ndarray:
    """h w: how much each pixel differs from paper lit from one side. colours 3 h w; around: h w bool, mostly paper."""
    height, width = around.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    terms = np.stack([np.ones_like(rows), rows / height, columns / width], -1)
    image = colours.permute(1, 2, 0).numpy().astype(np.float64)
    away, paper = np.zeros(around.shape), around
    for _ in range(3):  # what is drawn there is left out
        plane = np.linalg.lstsq(terms[paper], image[paper], rcond=None)[0]
        away = np.abs(image - terms @ plane).max(-1)
        paper = around & (away <= np.quantile(away[around], 0.8))
    return away


def joined(pieces: np.ndarray, core: np.ndarray) -> np.ndarray:
    """The pieces that reach into the core. All h w bool."""
    _, found = cv2.connectedComponents(pieces.astype(np.uint8), connectivity=4)
    labels = np.asarray(found, np.int64)
    reaching = np.bincount(labels[core].ravel(), minlength=labels.max() + 1) > 0
    reaching[0] = False
    return reaching[labels]
