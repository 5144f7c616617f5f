"""A clip's walk from noise to latents: begun, or gone on with where it was ended; kept, and told, on its way."""

from collections.abc import Iterator

import torch
from torch import Tensor

from animate.denoise import Passed, Past, Walk, on_host
from animate.events import Progress
from animate.savepoint import Savepoint
from animate.settings import RenderSettings


def told(
    walk: Walk,
    noise: Tensor,
    *,
    settings: RenderSettings,
    windows: int,
    past: Past,
    savepoint: Savepoint,
    at: torch.device,
) -> Iterator[Progress | Tensor]:
    """How far the walk is, after each of a step's windows; after the last one the latents too, f c h w.

    Where some are kept, the walk goes on from there, and they are the first. past: what the walk goes on with.
    at: where latents are to be.
    """
    total = settings.steps * windows
    if (kept := savepoint.latents()) is not None and kept[0].shape == noise.shape:
        latents, image, past.done = kept
        past.image = None if image is None else torch.from_numpy(image)
        noise = torch.from_numpy(latents)
        yield Progress("denoise", past.done * windows, total)
        yield noise.to(at)
    for found in walk(noise.to(at)):
        if isinstance(found, Passed):
            yield Progress("denoise", past.done * windows + found.windows, total)
            continue
        alone = past.done % settings.reuse == 0  # or the next step needs features of those before it
        image = None if past.image is None else on_host(past.image)
        savepoint.step(on_host(found), past.done, last=past.done == settings.steps, alone=alone, image=image)
        yield Progress("denoise", past.done * windows, total)
        yield found
