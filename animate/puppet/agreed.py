"""Two answers to who is body, from skeleton and colours and from a model that sees people, made one. Nothing learned
here.

Notation: h w rows and columns, of the picture.
"""

import cv2
import numpy as np

from animate.puppet.masks import disc_of, parted, share
from animate.puppet.nearness import FEET, Nearness

CORE = 0.3  # breadths of a limb to which it is surely body
TRUSTED = 0.7  # the share of it in which a model sees a person that it recognises
STANDING = 1.5  # breadths of a foot in which the model alone decides: shoes and what lies about them have any colour


def recognised(seen: np.ndarray, nearness: Nearness) -> bool:
    """Whether the model sees the very body of the skeleton, as it need not of a drawing or a toy. seen: h w, 0..1."""
    return share(seen > 0.5, _at_size(nearness.near < CORE, seen.shape)) > TRUSTED


def agreed(picture: np.ndarray, body: np.ndarray, seen: np.ndarray, nearness: Nearness, *, band: int) -> np.ndarray:
    """h w float32, 0 or 1: where the answers differ, and at the rim where they do not, `band` pixels to either side,
    the colours of all other places decide, as GrabCut does.

    picture: h w 3 uint8; body: by skeleton and colours, seen: by the model, h w, 0..1; nearness: of any grid.
    """
    found, seen = body > 0.5, seen > 0.5
    core, feet = (_at_size(each, body.shape) for each in (nearness.near < CORE, nearness.to(*FEET) < STANDING))
    inside, outside = (_without_rim(each, band) for each in (found & seen, ~found & ~seen))
    zones = np.where(seen, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    zones[inside] = cv2.GC_FGD
    zones[outside | (feet & _without_rim(~seen, band))] = cv2.GC_BGD
    zones[core | (feet & seen)] = cv2.GC_FGD
    settled = parted(picture, zones, rounds=1)
    return (seen if settled is None else settled).astype(np.float32)


def _without_rim(mask: np.ndarray, band: int) -> np.ndarray:
    """h w bool."""
    return cv2.erode(mask.astype(np.uint8), disc_of(band)) > 0


def _at_size(mask: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """h w bool, at another height and width."""
    return cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
