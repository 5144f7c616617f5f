"""Likeness: which colours are usual among others, as those of one cloth are. Nothing learned."""

from collections.abc import Iterator
from functools import reduce

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

WORKING_SIDE = 160  # pixels of the longer side at which colours are compared
SAMPLES = 256  # known pixels of a few rows that colours are compared with
LIGHT, HUE = 0.2, 0.07  # colours no further apart in brightness, and in anything else, are alike
FLAT, MUCH = 0.03, 3.0  # by which neighbours differ where there is no edge; times as large as what was found of a gap
FEWER = 96  # colours of a piece that others are compared with
ALIKE = 0.16  # colours no further apart may be of one head of hair, or of one cloth
EDGE, SURROUNDED = 10, 0.75  # 255ths by which colours across an edge differ; share of a hole's rim with an edge
USUAL = 0.1  # share of the known pixels that have a colour which is no patch, button or shadow


def alike_in_rows(
    colours: Tensor, known: Tensor, asked: Tensor, *, reach: float, usual: float = USUAL, strict: float = 1.0
) -> Tensor:
    """1 h w in 0..1: which of the asked pixels have a colour that is usual among the known ones of their row.

    colours 3 h w; known, asked 1 h w; reach: pixels above and below that count as the same row; usual: the share of
    them that has to be alike; strict: by how much closer than usual colours have to be.
    """
    height, width = known.shape[-2:]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    grid = (max(1, round(height * scale)), max(1, round(width * scale)))
    image, usable, wanted = (F.interpolate(t[None], grid, mode="area")[0] for t in (colours, known, asked))
    image = image.permute(1, 2, 0)
    usable, wanted, rows = usable[0] > 0.9, wanted[0] > 0.1, max(1, round(reach * scale))
    alike = torch.zeros(grid)
    for row in torch.nonzero(wanted.any(1))[:, 0].tolist():
        about = slice(max(0, row - rows), row + rows + 1)
        seen = image[about][usable[about]]
        if len(seen) < 4:
            continue
        seen = seen[:: -(-len(seen) // SAMPLES)]
        apart = image[row, wanted[row]][:, None] - seen
        same = _alike(apart * strict, -1)
        alike[row, wanted[row]] = (same.float().mean(1) > usual).float()
    return F.interpolate(alike[None, None], (height, width), mode="bilinear", align_corners=False)[0]


def _alike(apart: Tensor, channels: int) -> Tensor:
    """Bool: which differences of colours, their channels along a dimension, are of light and shade alone."""
    light = apart.mean(channels, keepdim=True)
    return (light.squeeze(channels).abs() < LIGHT) & ((apart - light).abs().amax(channels) < HUE)


def same_cloth(colours: Tensor, others: Tensor) -> Tensor:
    """... bool: which colours, 3 ..., are of the same cloth as the others, 3 ..., but for light and shade."""
    return _alike(colours - others, 0)


def gaps(colours: Tensor, body: Tensor, backdrop: Tensor, doubtful: Tensor) -> Tensor:
    """h w bool: doubtful pixels, as those between an arm and the body beside it, that look like the backdrop of their
    rows and like nothing of the body there. colours 3 h w; the others h w bool."""
    reach = 0.04 * max(doubtful.shape)
    like_body, like_backdrop = (
        alike_in_rows(colours, known[None].float(), doubtful[None].float(), reach=reach, usual=usual, strict=strict)[0]
        > 0.5
        for known, usual, strict in ((body, USUAL / 4, 0.7), (backdrop, USUAL / 2, 1.4))
    )
    found = (doubtful & like_backdrop & ~like_body).numpy().astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))  # no specks
    found = torch.from_numpy(cv2.dilate(found, np.ones((3, 3), np.uint8)) > 0) & doubtful & ~like_body
    return _up_to_edges(colours, found, free=~body)


def _up_to_edges(colours: Tensor, found: Tensor, *, free: Tensor) -> Tensor:
    """h w bool: what was found, and what of the free pixels goes on from there without an edge; but for places where
    that is much more. colours 3 h w; the others h w bool."""
    labels = connected(colours, free, step=FLAT)
    count = int(labels.max()) + 1
    whole, of_it = (torch.bincount(labels[each], minlength=count) for each in (free, found & free))
    return found | (free & ((of_it > 0) & (whole <= MUCH * of_it))[labels])


def connected(colours: Tensor, free: Tensor, *, step: float) -> Tensor:
    """h w: numbers of the pieces that free pixels form whose neighbours differ by less than a step; 0 elsewhere.
    colours 3 h w; free h w bool."""
    height, width = free.shape
    joints = torch.zeros(2 * height - 1, 2 * width - 1, dtype=torch.uint8)  # pixels, and between them what joins them
    joints[::2, ::2] = free
    joints[1::2, ::2] = ((colours[:, 1:] - colours[:, :-1]).abs().amax(0) < step) & free[1:] & free[:-1]
    joints[::2, 1::2] = ((colours[:, :, 1:] - colours[:, :, :-1]).abs().amax(0) < step) & free[:, 1:] & free[:, :-1]
    _, labels = cv2.connectedComponents(joints.numpy(), connectivity=4)
    return torch.from_numpy(np.asarray(labels, np.int64))[::2, ::2]


def close_holes(picture: np.ndarray, body: np.ndarray, near: np.ndarray, *, largest: float) -> np.ndarray:
    """Holes well inside a limb belong to the body, gaps between limbs do not; small ones are doubtful, and belong to it
    where no edge is about them, as light on white clothes before a white wall.

    picture: h w 3 uint8; body, near: h w; largest: pixels of a small one.
    """
    count, found = cv2.connectedComponents(1 - body, connectivity=4)
    labels = np.asarray(found, np.int64)
    farthest = np.full(count, 0.0)
    np.maximum.at(farthest, labels.ravel(), near.ravel())
    small = np.bincount(labels.ravel(), minlength=count) < largest
    inside = (farthest < 0.95) | (farthest < 1.2) & small
    for label in np.flatnonzero(small & ~inside):
        hole = labels == label
        about = (cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0) & (body > 0)
        apart = np.abs(picture[about] - np.median(picture[hole], 0)).max(-1)
        inside[label] = (apart > EDGE).mean() < SURROUNDED
    return np.where(inside[labels], 1, body)


def shaded(picture: Tensor, background: Tensor) -> np.ndarray:
    """h w bool: where a coloured background is only darker than expected, as in a cast shadow. Both 3 h w."""
    share = picture / background.clamp(min=0.05)
    brightness, hue = share.mean(0), share.amax(0) - share.amin(0)
    coloured = background.amax(0) - background.amin(0) > 0.06  # on white, grey clothes look like shadows
    return (coloured & (hue < 0.1) & (brightness > 0.5) & (brightness < 0.97)).numpy()


def own_colours(layer: Tensor) -> Tensor:
    """3 h w, of a layer 5 h w as of parts.cut_layers."""
    return (layer[:3] / layer[3:4].clamp(min=1e-3)).clamp(0, 1)


def usual_colour(colours: Tensor, chosen: Tensor) -> Tensor:
    """3: the median of the chosen pixels. colours 3 h w; chosen h w bool."""
    return colours[:, chosen].median(1).values


def samples_of(colours: Tensor, chosen: Tensor) -> Tensor:
    """n 3, some colours of the chosen pixels. colours 3 h w; chosen h w bool."""
    found = colours[:, chosen].T
    return found[:: max(1, len(found) // FEWER)]


def usual_samples(colours: Tensor, chosen: Tensor) -> Tensor:
    """Those of them that are like the usual one: no bow, no sky."""
    samples = samples_of(colours, chosen)
    return samples[(samples - usual_colour(colours, chosen)).abs().amax(1) < ALIKE]


def apart(colours: Tensor, samples: Tensor, about: Tensor) -> Tensor:
    """h w: how far each colour is from the nearest of the samples, n 3; infinity but for the pixels about, h w bool."""
    away = torch.full(about.shape, torch.inf)
    if len(samples) and about.any():
        away[about] = torch.cat([each.amin(1) for each in _differences(colours, samples, about)])
    return away


def usual_among(colours: Tensor, samples: Tensor, about: Tensor, *, share: float) -> Tensor:
    """h w bool: which of the pixels about, h w bool, have a colour like so large a share of the samples, n 3."""
    usual = torch.zeros_like(about)
    if len(samples) and about.any():
        alike = [(each < ALIKE).float().mean(1) > share for each in _differences(colours, samples, about)]
        usual[about] = torch.cat(alike)
    return usual


def _differences(colours: Tensor, samples: Tensor, about: Tensor) -> Iterator[Tensor]:
    """m n, some of the pixels about at a time: how far each colour is from each of the samples."""
    for part in colours[:, about].split(4096, dim=1):
        each = ((shade[:, None] - samples[:, n]).abs_() for n, shade in enumerate(part))
        yield reduce(torch.maximum, each)


def alike_to(colours: Tensor, chosen: Tensor, about: Tensor) -> Tensor:
    """h w bool: what about the chosen pixels has a colour like one of theirs that is usual there. Both h w bool."""
    return apart(colours, usual_samples(colours, chosen), about) < ALIKE
