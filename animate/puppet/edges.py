"""The picture's edge: what it cuts off of a body. Nothing learned.

Notation: l layers (parts.LAYERS), h w rows and columns of the picture.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.owners import ARM_LAYERS


def cut_arms(layers: Tensor, *, limit: float) -> list[bool]:
    """Whether the picture's edge cuts off the right arm and the left one, over more than `limit` pixels of it.
    layers: l 5 h w."""
    alphas = [layers[layer, 3] for layer in ARM_LAYERS]
    edges = [torch.cat([alpha[[0, -1]].flatten(), alpha[:, [0, -1]].flatten()]) for alpha in alphas]
    return [float((edge > 0.5).sum()) > limit for edge in edges]


def go_on_below(layers: Tensor, *, rows: int, rim: int, whole: list[int]) -> Tensor:
    """l 5 h w -> l 5 (h + rows) w: mirrored at the picture's lower edge, without its border, as far as it can be; but
    layers that end within the picture stay as they are, lest a second hand or second feet come up from below: those
    that are named whole, and those that do not reach that edge."""
    rows = min(rows, layers.shape[-2] - 2 * rim - 1)
    longer = F.pad(layers[..., : layers.shape[-2] - rim, :], (0, 0, 0, rows + rim), mode="reflect")
    inside = (layers[:, 3, -rim - 1] <= 0.5).all(1)
    inside[whole] = True
    longer[inside] = F.pad(layers[inside], (0, 0, 0, rows))
    return longer
