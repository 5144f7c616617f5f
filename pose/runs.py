"""Runs of frames in which something holds."""

import numpy as np


def runs(frames: np.ndarray) -> list[tuple[int, int]]:
    """Of frames f bool the first of each run that is true, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.r_[False, frames, False].astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
