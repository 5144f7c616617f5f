"""Ink: the lines of a drawing, and what they part. Nothing learned.

Notation: l layers that own pixels, h w rows and columns of the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.masks import disc_of

GRAIN = 0.12  # how different neighbouring colours of fur or weave are
DARKER = 0.1  # than what it runs through a line is at least
WIDEST, SHORTEST = 0.008, 0.06  # shares of the picture's longer side: wider is no line, shorter is a stroke of fur
OUTLINED = 0.5  # share of the rim along which a drawing has lines; photos have them along a sixth of it at most
LEVELS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0)  # of darkness, at which a border is looked for
SIDE = 0.003  # share of the picture's longer side: a line so near to a layer may be its outline


@dataclass(frozen=True)
class Ink:
    """lines: 1 h w, how much darker they are than what they run through, 0 elsewhere; outlined: whether the body is
    drawn, with an outline; then what touches is parted by lines."""

    lines: Tensor
    outlined: bool

    def parting(self) -> Tensor:
        """1 h w: 1 where lines part what touches there."""
        return (self.lines > DARKER).float() * self.outlined


def find_ink(colours: Tensor, alpha: Tensor) -> Ink:
    """colours 3 h w, alpha 1 h w: of a body. Lines are dark, thin and long."""
    brightness = without_grain(colours).mean(0).numpy()
    size = max(brightness.shape)
    dark = cv2.morphologyEx(brightness, cv2.MORPH_BLACKHAT, disc_of(round(WIDEST * size)))
    dark = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))  # lines have no gaps
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats((dark > DARKER).astype(np.uint8), connectivity=8)
    long = np.hypot(boxes[:, 2], boxes[:, 3]) > SHORTEST * size
    long[0] = False
    lines = dark * long[np.asarray(pieces)]
    body = (alpha[0] > 0.5).numpy().astype(np.uint8)
    rim = (body > 0) & (cv2.erode(body, np.ones((3, 3), np.uint8)) == 0)
    rim[[0, -1]] = rim[:, [0, -1]] = False  # the picture's edge cuts through whatever is there
    beside = cv2.dilate((lines > DARKER).astype(np.uint8), disc_of(max(1, round(WIDEST / 2 * size)))) > 0
    return Ink(torch.from_numpy(lines)[None], bool(rim.any()) and float(beside[rim].mean()) > OUTLINED)


def without_grain(colours: Tensor) -> Tensor:
    """c h w -> c h w: fur and weave are smoothed away, outlines stay."""
    image = np.ascontiguousarray(colours.permute(1, 2, 0).numpy())
    return torch.from_numpy(cv2.bilateralFilter(image, 5, GRAIN, 2)).permute(2, 0, 1)


def follow_lines(owner: Tensor, lines: Tensor, inside: Tensor, *, reach: int, front: Sequence[int]) -> Tensor:
    """Where a line runs along the border of two layers it is their border, and the outline of the one in front.

    owner: l h w, one for each pixel; lines: h w, how dark they are; inside: h w bool, the body; reach: pixels by which
    borders are moved at most; front: layers, the foremost first. -> l h w.
    """
    dark, body = lines.numpy(), inside.numpy()
    labels = np.where(body, owner.argmax(0).numpy() + 1, 0).astype(np.uint8)  # 0: nobody's
    band = _about_borders(labels, dark > DARKER, reach=reach)
    found = _flooded(np.where(band, 0, labels), dark, band)
    found = np.where(found == 0, labels, found)
    ridge = (dark > DARKER) & (dark >= 0.6 * cv2.dilate(dark, disc_of(reach)))  # without the grain beside a line
    found[ridge & band] = _foremost(np.where(ridge, 0, found), front)[ridge & band]
    smooth = cv2.medianBlur(found, 5)
    found = np.where(band & (smooth > 0) & ~ridge, smooth, found)
    return F.one_hot(torch.from_numpy(found).long(), len(owner) + 1)[..., 1:].permute(2, 0, 1).float()


def _about_borders(labels: np.ndarray, drawn: np.ndarray, *, reach: int) -> np.ndarray:
    """h w bool: the pixels of the body within reach of a border between layers that has a line within reach. labels:
    h w uint8, drawn: h w bool."""
    cross, disc = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), disc_of(reach)
    border = cv2.dilate(labels, cross) != cv2.erode(labels, cross)
    border &= cv2.erode((labels > 0).astype(np.uint8), cross) > 0  # between layers, not at the background
    border &= cv2.dilate(drawn.astype(np.uint8), disc) > 0
    return (cv2.dilate(border.astype(np.uint8), disc) > 0) & (labels > 0)


def _flooded(labels: np.ndarray, dark: np.ndarray, band: np.ndarray) -> np.ndarray:
    """The labels (h w uint8, 0 in the band) spread over the band (h w bool), over what is dark (h w) last."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    for level in LEVELS:
        low = band & (dark <= level)
        spread = cv2.dilate(labels, cross)
        while (new := low & (labels == 0) & (spread > 0)).any():
            labels = np.where(new, spread, labels)
            spread = cv2.dilate(labels, cross)
    return labels


def _foremost(labels: np.ndarray, front: Sequence[int]) -> np.ndarray:
    """h w uint8: for each pixel the foremost of the labels (h w uint8) that are next to it."""
    others = [(labels != layer + 1).astype(np.uint8) for layer in front]
    away = np.stack([cv2.distanceTransform(other, cv2.DIST_L2, 3) for other in others])
    beside = away <= away.min(0) + SIDE * max(labels.shape)
    return (np.asarray(front, np.uint8) + 1)[beside.argmax(0)]
