"""The parts of a picture that are looked at by themselves, in which people are larger."""

from collections.abc import Iterator

import numpy as np

TILE = 0.6  # of the short side
# Times as long as its short side: in the whole of a picture longer than the first people are small; one longer than the
# second is a stripe, whose many parts are not worth the time.
LONG, LONGEST = 2.2, 12.0


def tiles(width: int, height: int) -> Iterator[tuple[int, int, int]]:
    """Squares of 0.6 of the short side that cover a picture with overlap: left, top, side."""
    side = max(1, round(TILE * min(width, height)))
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, side


def is_long(width: int, height: int) -> bool:
    """Whether a picture is looked at in parts too."""
    return LONG < max(width, height) / min(width, height) <= LONGEST


def parts(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Squares along a long picture, and parts twice as long, in one of which all of a body as high as the picture is
    that a square cuts: left, top, right, bottom. None of a picture that is not long."""
    if not is_long(width, height):
        return
    short, long = sorted((width, height))
    for length in (short, 2 * short):
        step = length // 2
        for start in np.linspace(0, long - length, -(-(long - length) // step) + 1).round().astype(int).tolist():
            yield (start, 0, start + length, height) if width > height else (0, start, width, start + length)


def _starts(length: int, side: int) -> list[int]:
    count = max(2, int(np.ceil((length - side) / (0.6 * side))) + 1) if length > side else 1
    return [round(start) for start in np.linspace(0, length - side, count)]
