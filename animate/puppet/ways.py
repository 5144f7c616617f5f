"""Ways: the shortest ones through a body, from what surely belongs to a limb to all that may; and how what they tell
is settled, that limbs are whole. Nothing learned.

Notation: l layers that own pixels, h w rows and columns.
"""

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.puppet.lines import joined
from animate.puppet.masks import grow
from animate.puppet.nearest import nearest

EDGE = 110.0  # what a step across a colour edge costs: so many pixels for a difference of 1
FAR = 1e6


def walk(seeds: Tensor, colours: Tensor, inside: Tensor, reluctance: Tensor) -> Tensor:
    """Shortest ways from seeds (l h w) within `inside` (h w), where a step costs its length, its change of colour
    (c h w) and the limb's reluctance (l h w). Returns l h w, FAR where there is no way."""
    walked = torch.where(seeds, 0.0, FAR)
    rows, columns = (torch.nonzero(inside.any(axis))[:, 0] for axis in (1, 0))
    if not len(rows):
        return walked
    box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    ways = walked[:, *box].numpy()
    step, image = reluctance[:, *box].numpy(), colours[:, *box].numpy()
    blocked = np.where(inside[box].numpy(), 0.0, FAR).astype(np.float32)
    costs = [_costs(*(np.rot90(a, turns, (-2, -1)) for a in (step, blocked, image))) for turns in range(4)]
    for _ in range(3):
        before = ways
        for turns in range(4):  # each time the picture is walked from another side
            ways = np.rot90(_sweep(np.rot90(ways, turns, (1, 2)), costs[turns]), -turns, (1, 2))
        if np.array_equal(before, ways):
            break
    walked[:, *box] = torch.from_numpy(ways.clip(max=FAR)).to(walked)
    return walked


def settle(walked: Tensor, seeds: Tensor, inside: Tensor) -> Tensor:
    """Ways (l h w) for everywhere: rims and thin strips take after what is next to them, and so do pieces apart from
    the seeds (l h w) of their layer, and what is not inside (h w bool). -> l h w."""
    walked = _drop_loose(_drop_strips(_join_rim(walked, inside)), seeds, inside)
    return _as_nearest(walked, ~inside, inside)


def _costs(step: np.ndarray, blocked: np.ndarray, image: np.ndarray) -> np.ndarray:
    """What a step from the row above costs, from the left, straight and from the right: h 3 l w. step: l h w;
    blocked: h w; image: c h w."""
    layers, height, width = step.shape
    costs = np.full((height, 3, layers, width), np.inf, np.float32)
    for place, shift in enumerate((1, 0, -1)):
        to, start = slice(max(0, shift), width + min(0, shift)), slice(max(0, -shift), width + min(0, -shift))
        change = np.abs(image[:, 1:, to] - image[:, :-1, start]).max(0)
        cost = (1.4142 if shift else 1.0) * step[:, 1:, to] * (1 + EDGE * np.maximum(change - 0.02, 0))
        costs[1:, place, :, to] = (cost + blocked[1:, to]).swapaxes(0, 1)
    return costs


def _sweep(walked: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Carries shortest ways from each row to the next. walked: l h w, and back; costs: of _costs."""
    padded = np.pad(walked.swapaxes(0, 1), ((0, 0), (0, 0), (1, 1)), constant_values=np.inf)
    above = np.lib.stride_tricks.sliding_window_view(padded, walked.shape[2], 2).swapaxes(1, 2)  # h 3 l w
    rows, way = padded[..., 1:-1], np.empty(costs.shape[1:], np.float32)
    for row in range(1, len(rows)):
        np.add(above[row - 1], costs[row], out=way)
        np.minimum(rows[row], np.minimum.reduce(way), out=rows[row])
    return rows.swapaxes(0, 1)


def _join_rim(walked: Tensor, inside: Tensor) -> Tensor:
    """An outline is whose the body beside it is. walked l h w; inside h w bool -> l h w."""
    body = np.pad(inside.numpy().astype(np.uint8), 1, mode="edge")
    inner = torch.from_numpy(cv2.erode(body, np.ones((5, 5), np.uint8))[1:-1, 1:-1] > 0)
    return _as_nearest(walked, inside & ~inner, inner, within=3)


def _drop_loose(walked: Tensor, seeds: Tensor, inside: Tensor) -> Tensor:
    """What a layer owns is joined to its seeds; other pieces are whose they lie next to. walked, seeds: l h w; inside
    h w bool -> l h w."""
    owner, loose = walked.argmin(0), torch.zeros_like(inside)
    for layer in range(len(walked)):
        own = (owner == layer) & inside
        whole = torch.from_numpy(joined(own.numpy(), (own & seeds[layer]).numpy()))
        if whole.any():
            loose |= own & ~whole
    return _as_nearest(walked, loose, inside & ~loose)


def _as_nearest(walked: Tensor, these: Tensor, sure: Tensor, *, within: float = FAR) -> Tensor:
    """Some places (h w bool) take the ways of the nearest sure ones, if they are that near. walked, back: l h w."""
    if not these.any() or not sure.any():
        return walked
    known = sure.numpy()
    away, places = nearest(known)
    taken = these.numpy() & (away < within)
    ways = walked.flatten(1).clone()
    ways[:, torch.from_numpy(np.flatnonzero(taken))] = ways[:, torch.from_numpy(places[taken])]
    return ways.view_as(walked)


def _drop_strips(walked: Tensor) -> Tensor:
    """A thin strip along a neighbour, nearly as near to that neighbour, is the neighbour's. walked: l h w, and back."""
    order = walked.argsort(0)
    nearest, second = walked.gather(0, order[:2])
    dropped = walked.clone()
    for layer in range(len(walked)):
        own = (order[0] == layer).float()[None]
        strip = (own > 0) & (grow(grow(own, -2), 3) == 0) & (second < 1.6 * nearest + 5)[None]
        dropped[layer] = torch.where(strip[0], FAR, dropped[layer])
    return dropped
