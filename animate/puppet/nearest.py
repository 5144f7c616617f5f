"""What is unknown takes after the nearest that is known."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.cutout import blur


def nearest(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """known: h w bool, some of it True. For each pixel how far the nearest known one is, h w in pixels, and which it
    is, h w as an index into the flat picture."""
    unknown = (~known).astype(np.uint8)
    away, labels = cv2.distanceTransformWithLabels(unknown, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    labels = np.asarray(labels, np.intp)
    places = np.zeros(labels.max() + 1, np.int64)
    places[labels[known]] = np.flatnonzero(known)
    return np.asarray(away), places[labels]


def fill_sideways(colours: Tensor, weight: Tensor, *, sigma: float) -> Tensor:
    """colours 3 h w, weight 1 h w, 0 where colours are unknown -> 3 h w: what is unknown takes the nearest known
    colour, rather from its own row; sigma: pixels over which colours are mixed."""
    known = weight[0] > 0.5
    if not known.any():
        return colours
    height, width = known.shape
    grid = (height, -(-width // 2))  # at half the width what is beside counts as nearer
    small = F.interpolate(known[None, None].float(), grid, mode="nearest")[0, 0].numpy() > 0.5
    small[0, 0] |= not small.any()
    _, places = nearest(small)
    share = blur(known[None].float(), sigma)
    mixed = blur(colours * known, sigma) / share.clamp(min=1e-3)
    mixed = F.interpolate(mixed[None], grid, mode="nearest")[0].flatten(1)
    filled = mixed[:, torch.from_numpy(places)]
    filled = F.interpolate(filled[None], (height, width), mode="bilinear", align_corners=False)[0]
    return torch.where(known, colours, blur(filled, sigma))
