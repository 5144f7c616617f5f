"""An invisible mark in a clip's pictures, which says where it was made when the file's own credentials are gone.

32 bits lie in two coefficients of the brightness of every 8 x 8 block, the same in each frame, stronger where there is
texture. The 256 blocks of a tile share them out, and tiles repeat, so a cut-out part of the picture is enough. The
mark lives through H.264 and cropping; it does not live through scaling or turning.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

BITS = 32
PROGRAM = 0xA17E  # the upper half of every mark; the lower half says which installation
SURE = 6.0  # standard deviations above chance that the program's half must stand; 1e-9, for each of 16,384 places
_BLOCK, _TILE = 8, 16  # pixels, blocks
_STRENGTH = 6.0  # of a coefficient, in levels of brightness, in a block of usual texture
_USUAL, _LEAST, _MOST = 10.0, 0.55, 2.0  # texture in levels, and how far the strength follows it
_LOUDEST = 1.8  # mean square of what is added, in levels: 45.5 dB


@dataclass(frozen=True)
class Trace:
    """What was found. sure: standard deviations of the program's half above chance; installation: 16 bits."""

    sure: float
    installation: int

    @property
    def found(self) -> bool:
        return self.sure > SURE

    def made_by(self, installation: int) -> bool:
        """Whether it is this installation's mark; one bit may have been lost, so 17 in 65,536 others look the same."""
        return self.found and (self.installation ^ installation).bit_count() <= 1


class Watermark:
    """Puts one mark into brightness planes. installation: 16 bits."""

    def __init__(self, installation: int):
        self._signs = _bits(PROGRAM << 16 | installation & 0xFFFF)[_WHICH] * _SIGN
        self._layout: tuple[np.ndarray, np.ndarray] | None = None

    def stamp(self, luma: np.ndarray) -> np.ndarray:
        """luma: h w uint8; the same with the mark in it, at 45 dB or better."""
        rows, columns = (side // _BLOCK for side in luma.shape)
        whole = luma[: rows * _BLOCK, : columns * _BLOCK]
        if not whole.size:
            return luma
        signs, waves = self._laid_out(rows, columns)
        levels = whole.astype(np.float32)
        means, squares = (
            cv2.resize(each, (columns, rows), interpolation=cv2.INTER_AREA) for each in (levels, levels**2)
        )
        texture = np.sqrt((squares - means**2).clip(0))
        strength = _STRENGTH * np.clip(texture / _USUAL, _LEAST, _MOST)
        loudness = float(np.square(strength).mean()) * 2 / _BLOCK**2
        strength *= signs * min(1.0, (_LOUDEST / loudness) ** 0.5)
        added = cv2.resize(strength, whole.shape[::-1], interpolation=cv2.INTER_NEAREST) * waves
        stamped = luma.copy()
        stamped[: rows * _BLOCK, : columns * _BLOCK] = cv2.add(whole, added, dtype=cv2.CV_8U)  # rounded, saturated
        return stamped

    def _laid_out(self, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """The tile's signs, rows columns, and the pattern in every block; kept, since all frames have one size."""
        if self._layout is None or self._layout[0].shape != (rows, columns):
            signs = np.tile(self._signs, (rows // _TILE + 1, columns // _TILE + 1))[:rows, :columns]
            self._layout = signs.astype(np.float32), np.tile(_PATTERN, (rows, columns))
        return self._layout


def detect(lumas: Iterable[np.ndarray]) -> Trace:
    """The mark of a clip's brightness planes, h w uint8, of the first one's size; the surest of all places it may
    begin at."""
    total, count = np.zeros((0, 0)), 0
    for luma in lumas:
        if not count or luma.shape == total.shape:
            total, count = (total if count else 0) + luma.astype(np.float32), count + 1
    if not count or min(total.shape) < 2 * _BLOCK:
        return Trace(0.0, 0)
    mean = total / count
    places = ((row, column) for row in range(_BLOCK) for column in range(_BLOCK))
    return max((_best(mean[row:, column:]) for row, column in places), key=lambda trace: trace.sure)


def _best(mean: np.ndarray) -> Trace:
    """The surest reading of a picture whose blocks begin at its corner, over all shifts of the tile."""
    blocks = _blocks(mean)
    values = np.einsum("aibj,ij->ab", blocks, _PATTERN) / (4 + blocks.std((1, 3)))  # texture says little
    rows, columns = values.shape
    padded = np.zeros((-(-rows // _TILE) * _TILE, -(-columns // _TILE) * _TILE))
    padded[:rows, :columns] = values
    tiles = padded.reshape(len(padded) // _TILE, _TILE, -1, _TILE)
    tile, power = tiles.sum((0, 2)), np.square(tiles).sum((0, 2))
    spectra = np.fft.fft2(_CODES)  # of what each bit adds to a tile
    sums = np.fft.ifft2(np.fft.fft2(tile) * spectra.conj()).real
    chance = np.sqrt(np.fft.ifft2(np.fft.fft2(power) * np.fft.fft2(np.abs(_CODES)).conj()).real.clip(1e-12))
    scores = sums / chance  # bit row column, in standard deviations
    sure = np.tensordot(_bits(PROGRAM << 16)[16:], scores[16:], 1) / 4
    row, column = np.unravel_index(int(sure.argmax()), sure.shape)
    installation = int(sum(1 << bit for bit in range(16) if scores[bit, row, column] > 0))
    return Trace(float(sure[row, column]), installation)


def _blocks(luma: np.ndarray) -> np.ndarray:
    """h w to rows 8 columns 8, float32; what is over at the edges is left out."""
    rows, columns = luma.shape[0] // _BLOCK, luma.shape[1] // _BLOCK
    whole = luma[: rows * _BLOCK, : columns * _BLOCK]
    return whole.reshape(rows, _BLOCK, columns, _BLOCK).astype(np.float32)


def _bits(mark: int) -> np.ndarray:
    return np.array([(mark >> bit & 1) * 2 - 1 for bit in range(BITS)])


def _pattern() -> np.ndarray:
    """8 x 8: two neighbouring coefficients of the cosine transform."""
    wave = [np.cos(np.pi * (2 * np.arange(_BLOCK) + 1) * k / 16) / 2 for k in range(3)]
    return (np.outer(wave[1], wave[2]) + np.outer(wave[2], wave[1])).astype(np.float32)


def _scattered(numbers: np.ndarray) -> np.ndarray:
    """splitmix64: chance that is the same on every computer for ever, unlike a library's generator."""
    with np.errstate(over="ignore"):
        value = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ value >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ value >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return value ^ value >> np.uint64(31)


def _shared_out() -> tuple[np.ndarray, np.ndarray]:
    """Which bit each block of a tile carries, eight blocks a bit, and with which sign."""
    places = np.arange(_TILE * _TILE)
    which = np.empty_like(places)
    which[np.argsort(_scattered(places), kind="stable")] = places % BITS
    sign = (_scattered(places + 1000) & np.uint64(1)).astype(int) * 2 - 1
    return which.reshape(_TILE, _TILE), sign.reshape(_TILE, _TILE)


_PATTERN = _pattern()
_WHICH, _SIGN = _shared_out()
_CODES = np.stack([np.where(bit == _WHICH, _SIGN, 0) for bit in range(BITS)])
