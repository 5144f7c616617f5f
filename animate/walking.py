"""A clip's walk from noise to latents: begun, or gone on with where it was ended; kept, and told, on its way."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from animate.denoise import Passed, Past, Walk, on_host
from animate.events import Progress
from animate.savepoint import Savepoint
from animate.schedule import Step
from animate.settings import RenderSettings


def told(
    walk: Walk,
    noise: Tensor,
    ahead: Sequence[Step],
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
    total = len(ahead) * windows
    if (kept := savepoint.latents()) is not None and kept[0].shape == noise.shape:
        latents, image = kept
        past.done, past.image = savepoint.done, None if image is None else torch.from_numpy(image)
        noise, ahead = torch.from_numpy(latents), ahead[savepoint.done :]
        yield Progress("denoise", savepoint.done * windows, total)
        yield noise.to(at)
    for found in walk(noise.to(at), ahead):
        if isinstance(found, Passed):
            yield Progress("denoise", savepoint.done * windows + found.windows, total)
            continue
        alone = past.done % settings.reuse == 0  # or the next step needs features of those before it
        image = on_host(past.image) if settings.solver == "dpm" and past.image is not None else None
        savepoint.step(on_host(found), last=past.done == settings.steps, alone=alone, image=image)
        yield Progress("denoise", savepoint.done * windows, total)
        yield found
