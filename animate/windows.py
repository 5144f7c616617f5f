"""Context windows: a clip longer than the network's span, cut into overlapping runs and blended.

The runs are open-ended: the end of a clip is never denoised beside its beginning.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from animate.settings import windows_for


def windows(frames: int, size: int, overlap: int) -> list[range]:
    """As few runs of `size` frames as cover the clip in order, spread evenly: neighbours share `overlap` or more.
    Of a clip that is no longer than a run it is all."""
    if frames <= size:
        return [range(frames)]
    count = windows_for(frames, size, overlap)
    starts = [at * (frames - size) // (count - 1) for at in range(count)]
    return [range(start, start + size) for start in starts]


@dataclass(frozen=True)
class Cut:
    """One window: its frames as a slice, and their share (f 1 1 1) in the clip; the shares of a frame sum to 1."""

    frames: slice
    share: Tensor


def cuts(frames: int, size: int, overlap: int) -> list[Cut]:
    """The windows of a clip with their shares: where two overlap, that of one falls while that of the other rises."""
    runs = windows(frames, size, overlap)
    weights = [torch.ones(len(run)) for run in runs]
    for at, (run, after) in enumerate(pairwise(runs)):
        common = run.stop - after.start
        rise = torch.arange(1, common + 1) / (common + 1)
        weights[at][len(run) - common :] *= rise.flip(0)
        weights[at + 1][:common] *= rise
    total = torch.zeros(frames)
    for run, weight in zip(runs, weights, strict=True):
        total[run.start : run.stop] += weight
    return [
        Cut(slice(run.start, run.stop), (weight / total[run.start : run.stop])[:, None, None, None])
        for run, weight in zip(runs, weights, strict=True)
    ]
