"""High dynamic range video as a standard screen would show it.

Sources: ITU-R BT.2100 (curves, white at 203 cd/m2), BT.2087 (primaries), BT.1886 (a standard screen).
"""

from functools import cache

import numpy as np

PQ, HLG = 16, 18  # transfer characteristics in ITU-T H.273
HDR_TRANSFERS = (PQ, HLG)

_WHITE = 203.0  # candela per square metre of a white page in high dynamic range
_PEAK = 1000.0 / _WHITE
_KNEE = 0.7
_SCREEN = 2.4  # gamma of a standard screen; a camera's curve would darken what a screen shows
_STEPS = 4096
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def to_standard_range(picture: np.ndarray, transfer: int) -> np.ndarray:
    """h w 3 uint16 in BT.2020 with transfer PQ or HLG -> h w 3 uint8 in BT.709; highlights are rolled off."""
    light = np.maximum(_to_light(transfer)[picture] @ _BT2020_TO_BT709.T, 0)
    # Eyes and codes are finer in the dark, so the table is walked by the square root of light.
    steps = np.sqrt(np.minimum(light / _PEAK, 1)) * (_STEPS - 1) + 0.5
    return _to_code()[steps.astype(np.uint16)]


@cache
def _to_light(transfer: int) -> np.ndarray:
    """65536 float32: the light of each code, 1 for a white page."""
    code = np.linspace(0, 1, 65536)
    if transfer == PQ:
        root = np.power(code, 1 / 78.84375)
        light = np.power(np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root), 1 / 0.1593017578125)
        return (light * 10000 / _WHITE).astype(np.float32)
    light = np.where(code <= 0.5, code * code / 3, (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    return (light**1.2 * _PEAK).astype(np.float32)  # 1.2: a screen's gamma in a dim room


@cache
def _to_code() -> np.ndarray:
    """_STEPS uint8: the code of each light; what is darker than the knee stays as it is, the rest nears 255."""
    light = np.linspace(0, 1, _STEPS) ** 2 * _PEAK
    rolled_off = _KNEE + (1 - _KNEE) * (1 - np.exp((_KNEE - light) / (1 - _KNEE)))
    light = np.where(light < _KNEE, light, rolled_off)
    return np.clip(light ** (1 / _SCREEN) * 255 + 0.5, 0, 255).astype(np.uint8)
