"""Lines: what drawn outlines enclose. Nothing learned.

Notation: h w rows and columns, pictures are c h w float 0..1.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

# of a paper's brightness
LIKE = 0.15  # what is drawn on, not painted over, differs less from paper that is lit evenly
EVEN = 0.06  # most of the paper differs less from what is expected of it
SHADOW = 0.25  # a shadow makes it darker by less


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


def paper_of(colours: Tensor, around: np.ndarray, core: np.ndarray) -> Tensor | None:
    """3 h w: the paper alone, where a picture is a line drawing on such; else None.

    colours 3 h w; around h w bool: mostly paper, though lines may cross it; core h w bool: mostly what they enclose.
    Paper is lit from one side, and the shadow of a hand may lie on it: it is what is left of the picture without thin
    lines, but where that is far from evenly lit paper, as in what is painted all over.
    """
    if not around.any() or not core.any():
        return None
    image = colours.permute(1, 2, 0).numpy()
    even = _lit_from_one_side(image, around)
    bright = float(even[around].mean())  # in the dark all is little unlike all else
    if (np.abs(image - even).max(-1)[core] < LIKE * bright).mean() < 0.5:
        return None
    side = 2 * round(0.05 * max(around.shape)) + 1
    without_lines = cv2.medianBlur((image * 255).round().astype(np.uint8), side) / np.float32(255)
    painted = (np.abs(without_lines - even).max(-1) > SHADOW * bright).astype(np.uint8)
    about = cv2.dilate(painted, np.ones((side // 2, side // 2), np.uint8)) > 0  # whose colour comes in there
    paper = np.where(about[..., None], even, without_lines)
    plain = np.quantile(np.abs(image - paper).max(-1)[around], 0.75) < EVEN * bright
    return torch.from_numpy(paper).permute(2, 0, 1) if plain else None


def _lit_from_one_side(image: np.ndarray, around: np.ndarray) -> np.ndarray:
    """h w 3: colours that rise evenly, fitted to most of those around. image h w 3; around h w bool."""
    height, width = around.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    terms = np.stack([np.ones_like(rows), rows / height, columns / width], -1)
    plane, chosen = terms, around
    for _ in range(3):  # what is drawn there is left out
        plane = terms @ np.linalg.lstsq(terms[chosen], image[chosen], rcond=None)[0]
        away = np.abs(image - plane).max(-1)
        chosen = around & (away <= np.quantile(away[around], 0.8))
    return plane.astype(np.float32)


def joined(pieces: np.ndarray, core: np.ndarray) -> np.ndarray:
    """The pieces that reach into the core. All h w bool."""
    _, found = cv2.connectedComponents(pieces.astype(np.uint8), connectivity=4)
    labels = np.asarray(found, np.int64)
    reaching = np.bincount(labels[core].ravel(), minlength=labels.max() + 1) > 0
    reaching[0] = False
    return reaching[labels]
