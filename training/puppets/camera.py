"""What a camera makes of a scene: exposure, contrast, colour of the light, a soft lens, dark corners, grain."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def photographed(rng: np.random.Generator, pictures: Tensor, *, strength: float) -> Tensor:
    """Frames t 3 h w, 0..1, all through the same lens, and with the same grain. strength: 0..1."""
    device, (height, width) = pictures.device, pictures.shape[-2:]

    def chance(share: float) -> bool:
        return rng.random() < share * strength

    if chance(0.5):  # exposure, and the colour of the light
        tint = rng.uniform(0.8, 1.4) * rng.uniform(0.93, 1.07, 3)
        pictures = pictures * torch.as_tensor(tint, dtype=torch.float32, device=device)[:, None, None]
    if chance(0.6):  # a film's curve, haze
        pictures = pictures.clamp(0, 1)
        steep = pictures * pictures * (3 - 2 * pictures)
        pictures = torch.lerp(pictures, steep, float(rng.uniform(-0.4, 0.8)))
        if rng.random() < 0.4:
            low = rng.uniform(0, 0.15)
            pictures = low + pictures * (rng.uniform(0.85, 1.0) - low)
    if chance(0.45):
        weight = rng.uniform(0.1, 0.6)
        pictures = torch.lerp(pictures, F.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False), float(weight))
    if chance(0.25):
        y = torch.linspace(-1, 1, height, device=device)[:, None]
        x = torch.linspace(-1, 1, width, device=device)[None]
        pictures = pictures * (1 - float(rng.uniform(0.05, 0.25)) * (x * x + y * y))
    if chance(0.4):
        grain = rng.normal(0, rng.uniform(0.003, 0.02), (int(rng.choice((1, 3))), height, width))
        pictures = pictures + torch.as_tensor(grain, dtype=torch.float32, device=device)
    return pictures
