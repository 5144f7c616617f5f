"""Context windows: a clip longer than the network's span, cut into overlapping runs and blended.

The runs are open-ended: the end of a clip is never denoised beside its beginning.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


def windows(frames: int, size: int, overlap: int) -> list[range]:
    """Runs of at most `size` frames that cover the clip in order; the last one is slid back to end with it."""
    if frames <= size:
        return [range(frames)]
    starts = [*range(0, frames - size, size - overlap), frames - size]
    return [range(start, start + size) for start in starts]


def ramp(window: range, frames: int, overlap: int) -> Tensor:
    """How much each frame of a window counts: rising and falling over the overlaps, but not at the clip's ends."""
    weight = torch.ones(len(window))
    rise = torch.arange(1, overlap + 1) / (overlap + 1)
    if window.start > 0:
        weight[:overlap] = rise
    if window.stop < frames:
        weight[len(window) - overlap :] = rise.flip(0)
    return weight


@dataclass(frozen=True)
class Cut:
    """One window: its frames as a slice, and their share (f 1 1 1) in the clip; the shares of a frame sum to 1."""

    frames: slice
    share: Tensor


def cuts(frames: int, size: int, overlap: int) -> list[Cut]:
    """The windows of a clip with their shares."""
    runs = windows(frames, size, overlap)
    ramps = [ramp(run, frames, overlap) for run in runs]
    total = torch.zeros(frames)
    for run, weight in zip(runs, ramps, strict=True):
        total[run.start : run.stop] += weight
    return [
        Cut(slice(run.start, run.stop), (weight / total[run.start : run.stop])[:, None, None, None])
        for run, weight in zip(runs, ramps, strict=True)
    ]
