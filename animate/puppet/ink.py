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

from animate.puppet.masks import disc_of, share

GRAIN = 0.12  # how different neighbouring colours of fur or weave are
DARKER = 0.1  # than what it runs through a line is at least
WIDEST, SHORTEST = 0.008, 0.06  # shares of the picture's longer side: wider is no line, shorter is a stroke of fur
OUTLINED = 0.5  # share of the rim along which a drawing has lines; photos have them along a sixth of it at most
LEVELS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0)  # of darkness, at which a border is looked for
PEN, PEN_DARKER = 0.03, 0.2  # share of the longer side that a thick pen's line is wide at most; its ink's darkness
PEN_SIDE = 256  # pixels of the longer side at which such a pen is looked for
ALIKE, MOSTLY = 0.12, 0.75  # the ink of one pen differs less, in that share of it, and so does paper
SIDE = 0.003  # share of the picture's longer side: a line so near to a layer may be its outline


@dataclass(frozen=True)
class Ink:
    """lines: 1 h w, how much darker they are than what they run through, 0 elsewhere; outlined: whether the body is
    drawn, with an outline; then what touches is parted by lines; broad: pixels, how wide a thick pen's lines are, 0 of
    others."""

    lines: Tensor
    outlined: bool
    broad: int = 0

    def parting(self) -> Tensor:
        """1 h w: 1 where lines part what touches there."""
        return (self.lines > DARKER).float() * self.outlined


def find_ink(colours: Tensor, alpha: Tensor) -> Ink:
    """colours 3 h w, alpha 1 h w: of a body. Lines are dark, thin and long; of a thick pen they are what lies along the
    rim, of one colour and darker than what is further inside, which is of one colour too: else colours tell more."""
    smooth = without_grain(colours)
    brightness, body = smooth.mean(0).numpy(), (alpha[0] > 0.5).numpy()
    size = max(brightness.shape)
    dark = cv2.morphologyEx(brightness, cv2.MORPH_BLACKHAT, disc_of(round(WIDEST * size)))
    dark = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))  # lines have no gaps
    _, pieces, boxes, _ = cv2.connectedComponentsWithStats((dark > DARKER).astype(np.uint8), connectivity=8)
    long = np.hypot(boxes[:, 2], boxes[:, 3]) > SHORTEST * size
    long[0] = False
    lines = dark * long[np.asarray(pieces)]
    rim = _rim_of(body)
    beside = cv2.dilate((lines > DARKER).astype(np.uint8), disc_of(max(1, round(WIDEST / 2 * size)))) > 0
    if share(beside, rim) > OUTLINED:
        return Ink(torch.from_numpy(lines)[None], True)
    thick = np.zeros_like(body)
    if _drawn_with_pen(smooth, body):
        thick = _darker_than_inside(brightness, body, radius=round(PEN * size)) > PEN_DARKER
    if thick.any():
        deep = cv2.distanceTransform(thick.astype(np.uint8), cv2.DIST_L2, 3)
        return Ink(torch.from_numpy(thick.astype(np.float32))[None], True, round(4 * float(deep[thick].mean())))
    return Ink(torch.from_numpy(lines)[None], False)


def _rim_of(body: np.ndarray) -> np.ndarray:
    """h w bool: the pixels at a body's border; but the picture's edge cuts through whatever is there."""
    rim = body & (cv2.erode(body.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
    rim[[0, -1]] = rim[:, [0, -1]] = False
    return rim


def _drawn_with_pen(colours: Tensor, body: np.ndarray) -> bool:
    """Whether a body (h w bool) of such colours, 3 h w, is of one colour, with the outline of a thick pen: looked
    at where it is small."""
    height, width = body.shape
    scale = min(1.0, PEN_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(colours.permute(1, 2, 0).numpy(), size, interpolation=cv2.INTER_AREA)
    body = cv2.resize(body.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5
    dark = _darker_than_inside(small.mean(2), body, radius=round(PEN * max(size))) > PEN_DARKER
    rim = _rim_of(body)
    return share(dark, rim) > OUTLINED and _of_one(small[rim & dark]) and _of_one(small[body & ~dark])


def _of_one(colours: np.ndarray) -> bool:
    """Whether colours, n 3, are those of one pen, or of one paper."""
    return len(colours) > 0 and float((np.abs(colours - np.median(colours, 0)).max(1) < ALIKE).mean()) > MOSTLY


def _darker_than_inside(brightness: np.ndarray, body: np.ndarray, *, radius: int) -> np.ndarray:
    """h w: how much darker each pixel of a body (h w bool) is than what of it lies about, where that is narrower than
    the radius or at the rim."""
    disc = disc_of(radius)
    about = cv2.dilate(np.where(body, brightness, -1), disc, borderType=cv2.BORDER_CONSTANT, borderValue=-1)
    about = cv2.erode(np.where(body, about, 2), disc, borderType=cv2.BORDER_CONSTANT, borderValue=2)
    return np.where(body, about - brightness, 0)


def without_grain(colours: Tensor) -> Tensor:
    """c h w -> c h w: fur and weave are smoothed away, outlines stay."""
    image = np.ascontiguousarray(colours.permute(1, 2, 0).numpy())
    return torch.from_numpy(cv2.bilateralFilter(image, 5, GRAIN, 2)).permute(2, 0, 1)


def follow_lines(owner: Tensor, ink: Ink, inside: Tensor, *, reach: int, front: Sequence[int]) -> Tensor:
    """Where a line runs along the border of two layers it is their border, and the outline of the one in front.

    owner: l h w, one for each pixel; inside: h w bool, the body; reach: pixels by which borders are moved at most, but
    for broader lines; front: layers, the foremost first. -> l h w.
    """
    dark, body, reach = ink.lines[0].numpy(), inside.numpy(), max(reach, ink.broad)
    labels = np.where(body, owner.argmax(0).numpy() + 1, 0).astype(np.uint8)  # 0: nobody's
    band = _about_borders(labels, dark > DARKER, reach=reach)
    found = _flooded(np.where(band, 0, labels), dark, band)
    found = np.where(found == 0, labels, found)
    ridge = (dark > DARKER) & (dark >= 0.6 * cv2.dilate(dark, disc_of(reach)))  # without the grain beside a line
    found[ridge & band] = _foremost(np.where(ridge, 0, found), front, broad=ink.broad)[ridge & band]
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


def _foremost(labels: np.ndarray, front: Sequence[int], *, broad: int) -> np.ndarray:
    """h w uint8: for each pixel the foremost of the labels (h w uint8) that are next to it, by a line so broad."""
    others = [(labels != layer + 1).astype(np.uint8) for layer in front]
    away = np.stack([cv2.distanceTransform(other, cv2.DIST_L2, 3) for other in others])
    beside = away <= away.min(0) + max(SIDE * max(labels.shape), broad / 2)
    return (np.asarray(front, np.uint8) + 1)[beside.argmax(0)]
