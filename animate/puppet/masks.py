"""Masks grown and closed, and how far a place is from their ends. Nothing learned.

Notation: c channels, h w rows and columns.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

WORKING_SIDE = 320  # pixels of the longer side at which bodies are looked for
FAR = 40  # pixels from which on a disc of them takes longer than distances do


def disc_of(radius: int) -> np.ndarray:
    """The disc of so many pixels to each side, as OpenCV's morphology takes it."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def parted(picture: np.ndarray, zones: np.ndarray, *, rounds: int) -> np.ndarray | None:
    """h w uint8, 1 where GrabCut finds the body; None where there are too few colours to model either side.

    picture: h w 3 uint8; zones: h w uint8, GrabCut's.
    """
    picture, zones = np.ascontiguousarray(picture), zones.copy()
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(picture, zones, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return None
    return np.isin(zones, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)


def share(which: np.ndarray, among: np.ndarray) -> float:
    """How much of some places, h w bool, is of a kind; 0 where there are none."""
    return (which & among).sum() / max(among.sum(), 1)


def from_sides(whole: Tensor) -> tuple[Tensor, Tensor]:
    """Of what is whole, h w bool, in each row: pixels to its nearer end, h w, negative outside; and how far its ends
    are apart, h 1."""
    before, after = _to_ends(whole)
    return torch.minimum(before, after), before[:, :1] + after[:, :1]


def share_across(whole: Tensor) -> Tensor:
    """Of what is whole, h w bool, where each pixel lies in its row, h w: 0 at its left end, 1 at its right."""
    before, after = _to_ends(whole)
    return before / (before + after).clamp(min=1)


def _to_ends(whole: Tensor) -> tuple[Tensor, Tensor]:
    """h w each: pixels to the left end and to the right one of what is whole in a row, h w bool; negative outside."""
    columns = torch.arange(whole.shape[1])
    first = whole.int().argmax(1, keepdim=True)
    last = whole.shape[1] - 1 - whole.flip(1).int().argmax(1, keepdim=True)
    return columns - first, last - columns


def grow(mask: Tensor, radius: int) -> Tensor:
    """c h w -> c h w: the largest value within a disc of `radius` pixels; negative shrinks."""
    if radius == 0:
        return mask
    disc, operation = disc_of(abs(radius)), cv2.dilate if radius > 0 else cv2.erode
    return torch.stack([torch.from_numpy(operation(layer, disc)) for layer in mask.numpy()])


def close(mask: Tensor, radius: float) -> Tensor:
    """1 h w -> 1 h w: narrower gaps than twice the radius are closed; with a negative radius narrower tips are cut off.
    Worked out small, for speed."""
    scale = min(1.0, WORKING_SIDE / max(mask.shape[-2:]))
    small = F.interpolate(mask[None], scale_factor=scale, mode="area", recompute_scale_factor=True)[0]
    reach = max(1, round(abs(radius) * scale))
    padded = F.pad(small, (reach,) * 4, mode="constant" if radius > 0 else "replicate")  # the picture's edge is no rim
    body = (padded[0] > 0.5).numpy()
    grown = _near(body, reach) if radius > 0 else ~_near(~body, reach)
    back = ~_near(~grown, reach) if radius > 0 else _near(grown, reach)
    closed = torch.from_numpy(back[None]).float()[..., reach:-reach, reach:-reach]
    return F.interpolate(closed[None], mask.shape[-2:], mode="bilinear", align_corners=False)[0]


def _near(mask: np.ndarray, reach: int) -> np.ndarray:
    """h w bool: what lies within so many pixels of the mask, however many they are."""
    if not mask.any():
        return mask
    if reach < FAR:
        return cv2.dilate(mask.astype(np.uint8), disc_of(reach)) > 0
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= reach
