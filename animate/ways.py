"""Ways: the shortest ones through a body, from what surely belongs to a limb to all that may. Nothing learned.

Notation: l layers that own pixels, h w rows and columns.
"""

import numpy as np
import torch
from torch import Tensor

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
