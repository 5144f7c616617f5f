"""Whether the embedded model is better than its puppet, or only seems so on the characters that were drawn."""

import numpy as np

STILL = ("PSNR", "body", "SSIM", "freed", "face", "hands")
DECIDING = ("PSNR", "body", "SSIM")


def gained(gains: np.ndarray) -> tuple[dict[str, list[float]], bool]:
    """gains: characters by STILL. The mean gain and its standard error, and whether it is beyond twice that in all that
    decides."""
    known = (~np.isnan(gains)).sum(0)
    mean, error = np.nanmean(gains, axis=0), np.full(len(known), np.inf)  # of a single one nothing is sure
    error[known > 1] = np.nanstd(gains[:, known > 1], axis=0, ddof=1) / known[known > 1] ** 0.5
    better = (mean > 2 * error)[[STILL.index(what) for what in DECIDING]].all()
    return {"gain": mean.tolist(), "its error": error.tolist()}, bool(better)
