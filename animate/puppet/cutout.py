"""The cut: who is in the picture. Nothing learned.

Notation: h w rows and columns, pictures are c h w float 0..1, masks 1 h w float 0..1.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.agreed import agreed, recognised
from animate.puppet.bones import HEAD, TORSO
from animate.puppet.likeness import close_holes, gaps, shaded
from animate.puppet.lines import enclosed, joined, outlined, paper_of
from animate.puppet.masks import WORKING_SIDE, disc_of, parted, share
from animate.puppet.nearness import Nearness

SMALL = 150  # pixels of the longer side up to which fills are worked out in full
CLOSED = 0.8  # share of head and torso that lines on paper enclose where they leave no gap
DRAWN = 0.25  # share of the bones' surroundings that outlines fill with colour in a drawing
GAPPING = [2, 3, 4, 5, 10, 11]  # bones between which and the torso the backdrop may be seen


def to_tensor(picture: np.ndarray) -> Tensor:
    """h w 3 uint8 -> 3 h w float 0..1."""
    return torch.tensor(picture).permute(2, 0, 1).float() / 255


def blur(image: Tensor, sigma: float) -> Tensor:
    """c h w -> c h w."""
    blurred = [cv2.GaussianBlur(layer, (0, 0), sigma) for layer in image.numpy()]
    return torch.from_numpy(np.stack(blurred))


def fill_smoothly(colours: Tensor, weight: Tensor, *, sideways: bool = False) -> Tensor:
    """colours: 1 c h w, weight: 1 1 h w, 0 where colours are unknown -> 1 c h w: holes take what surrounds them.

    A pyramid of weighted means. sideways: looks twice as far along rows as along columns, as walls and floors want.
    """
    if max(colours.shape[-2:]) > SMALL:  # a fill is smooth: half the size is enough
        half = F.avg_pool2d(torch.cat([colours * weight, weight], 1), 2, ceil_mode=True, count_include_pad=False)
        share = half[:, -1:]
        filled = _spread_smoothly(half[:, :-1] / share.clamp(min=1e-6), share, sideways=sideways)
        filled = F.interpolate(filled, colours.shape[-2:], mode="bilinear", align_corners=False)
        return torch.lerp(filled, colours, weight.clamp(0, 1))
    return _spread_smoothly(colours, weight, sideways=sideways)


def _spread_smoothly(colours: Tensor, weight: Tensor, *, sideways: bool) -> Tensor:
    levels = [np.ascontiguousarray(torch.cat([colours * weight, weight], 1)[0].permute(1, 2, 0).numpy())]
    while max(levels[-1].shape[:2]) > 2:
        rows, columns = levels[-1].shape[:2]
        step = (1 if sideways and len(levels) % 3 else min(rows, 2), min(columns, 2))
        levels.append(_halved(levels[-1], step if step != (1, 1) else (min(rows, 2), 1)))
    whole = levels[-1].sum((0, 1))
    filled = np.tile(whole[:-1] / max(whole[-1], 1e-6), (*levels[-1].shape[:2], 1))
    for level in reversed(levels):
        filled = cv2.resize(filled, level.shape[1::-1], interpolation=cv2.INTER_LINEAR).reshape(*level.shape[:2], -1)
        # next to something known its colour reaches one cell further, then the coarser picture takes over
        for near in (cv2.blur(level, (3, 3), borderType=cv2.BORDER_CONSTANT), level):
            part = near[..., -1:]
            filled = filled + (near[..., :-1] / np.maximum(part, 1e-6) - filled) * np.minimum(part * 4, 1)
    return torch.from_numpy(filled).permute(2, 0, 1)[None]


def _halved(image: np.ndarray, step: tuple[int, int]) -> np.ndarray:
    """Means of step rows by columns of h w c; what is left over at the edge counts as well."""
    rows, columns = step
    height, width = image.shape[:2]
    padded = cv2.copyMakeBorder(image, 0, -height % rows, 0, -width % columns, cv2.BORDER_REPLICATE)
    return cv2.resize(padded, (padded.shape[1] // columns, padded.shape[0] // rows), interpolation=cv2.INTER_AREA)


def find_mask(picture: np.ndarray, joints: Tensor, *, seen: Sequence[np.ndarray] = ()) -> Tensor:
    """Who is the character: GrabCut led by the skeleton, then a soft rim from the colours on either side.

    picture: h w 3 uint8; joints: 1 134 3, pixels; seen: h w, 0..1, each: where the figure is, by whoever has looked;
    heard where this very body is meant. Returns 1 h w.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    placed = joints.clone()
    placed[..., 0] = (placed[..., 0] + 0.5) * size[0] / width - 0.5
    placed[..., 1] = (placed[..., 1] + 0.5) * size[1] / height - 0.5
    nearness = Nearness.of(placed, (size[1], size[0]))
    mask, band = cv2.resize(_grab_cut(small, nearness), (width, height)), max(2, round(1.5 / scale))
    if (told := recognised(seen, nearness)) is not None:
        mask = agreed(picture, mask, told, nearness, band=band)
    elif scale < 0.75:
        mask = _sharpen(picture, mask, band=band)
    return torch.from_numpy(mask)[None]


def _sharpen(picture: np.ndarray, mask: np.ndarray, *, band: int) -> np.ndarray:
    """A mask that was found in a small copy follows the rim seen in the whole picture, at most `band` pixels away.

    picture: h w 3 uint8; mask: h w, 0..1.
    """
    body = (mask > 0.5).astype(np.uint8)
    disc = disc_of(band)
    inside, around = cv2.erode(body, disc), cv2.dilate(body, disc)
    if not inside.any() or around.all():
        return mask
    zones = np.select([inside > 0, around == 0], [cv2.GC_FGD, cv2.GC_BGD], np.where(body, cv2.GC_PR_FGD, cv2.GC_PR_BGD))
    x, y, columns, rows = cv2.boundingRect(cv2.dilate(around, disc, iterations=4))
    box, zones = (slice(y, y + rows), slice(x, x + columns)), zones.astype(np.uint8)
    followed = parted(picture[box], zones[box], rounds=1)
    if followed is None:
        return mask
    sharp = np.zeros_like(mask)
    sharp[box] = followed
    return sharp


def _grab_cut(picture: np.ndarray, nearness: Nearness) -> np.ndarray:
    """h w 3 uint8 and the nearness of its pixels -> h w float32, 0 or 1."""
    height, width = picture.shape[:2]
    near, below = nearness.near, nearness.below

    # on plain or smooth backgrounds: what differs from a smooth fill of what is far from the body is the body
    far = torch.from_numpy(((near > 2.2) & (below > 1.5)).astype(np.float32))
    if far.mean() < 0.03:
        far = torch.from_numpy(((near > 1.3) & (below > 1.2)).astype(np.float32))
    colours = to_tensor(picture)
    paper = paper_of(colours, far.numpy() > 0, near < 0.4)
    expected = fill_smoothly(colours[None], far[None, None])[0] if paper is None else paper
    difference = cv2.GaussianBlur((colours - expected).abs().amax(0).numpy(), (0, 0), 0.003 * height + 0.3)
    alike = difference < 0.12
    grain = (colours - blur(expected, 0.06 * height)).abs().mean(0)
    plain = paper is not None or (bool(far.any()) and float((grain * far).sum() / far.sum()) < 0.03)

    zones = np.full((height, width), cv2.GC_BGD, np.uint8)
    zones[near < 3.2] = cv2.GC_PR_BGD
    zones[(near < 1.2) & ~((near > 0.75) & alike)] = cv2.GC_PR_FGD
    zones[near < 0.45] = cv2.GC_FGD
    zones[(zones != cv2.GC_FGD) & (below < 1) & ~alike] = cv2.GC_PR_FGD
    zones[(zones == cv2.GC_BGD) & (below < 1.8)] = cv2.GC_PR_BGD
    # beyond fingers and toes there is nothing, but for a paw larger than they are
    beyond = (near > 1.15) & nearness.is_of(*nearness.marked) & (below > 1)
    zones[beyond & (alike | (near > 2))] = cv2.GC_BGD
    if paper is not None:  # what its lines enclose is body
        drawn = joined(enclosed(difference > 0.06), near < 0.5) & (near < 12)
        if share(drawn, nearness.to(HEAD, TORSO) < 0.45) > CLOSED:
            return drawn.astype(np.float32)
        zones[drawn] = cv2.GC_FGD
    elif plain:
        zones[(difference > 0.3) & (near < 1.5)] = cv2.GC_FGD
    zones[(near > 0.9) & (below > 0.6) & (difference < 0.05) & (zones != cv2.GC_FGD)] = cv2.GC_BGD
    if plain:
        zones[(near > 0.8) & (below > 0.6) & shaded(colours, expected) & (zones != cv2.GC_FGD)] = cv2.GC_BGD
        coloured = outlined(colours, difference, near)
        if share(coloured, near < 0.45) > DRAWN:
            zones[coloured] = cv2.GC_FGD
            zones[~enclosed(difference > 0.05)] = cv2.GC_BGD
    beside_arms = (nearness.to(*GAPPING) > 1) & (nearness.to(TORSO) > 0.4) & (nearness.to(TORSO) < 1.5) & (below > 2)
    open_gaps = gaps(colours, torch.from_numpy(near < 0.45), far > 0.5, torch.from_numpy(beside_arms)).numpy()
    zones[open_gaps] = cv2.GC_BGD
    if (zones == cv2.GC_BGD).mean() < 0.02:
        zones[(zones == cv2.GC_PR_BGD) & (near > 2)] = cv2.GC_BGD
    by_distance = (near < 1.1).astype(np.float32)
    if not (zones == cv2.GC_FGD).any() or not np.isin(zones, (cv2.GC_BGD, cv2.GC_PR_BGD)).any():
        return by_distance
    body = parted(picture, zones, rounds=2)
    if body is None:
        return by_distance
    count, found, stats, _ = cv2.connectedComponentsWithStats(body)
    labels = np.asarray(found, np.int64)
    core = np.bincount(labels[near < 0.5].ravel(), minlength=count)
    keep = (core > 0) & (stats[:, cv2.CC_STAT_AREA] > 0.0005 * height * width)
    keep[0] = False
    body = keep[labels].astype(np.uint8)
    middle = nearness.is_of(HEAD, TORSO)
    closed = close_holes(
        picture, body, np.where(middle, near, 99.0), largest=(0.2 * float(nearness.bones.torso[0])) ** 2
    )
    return (closed * ~open_gaps).astype(np.float32)
