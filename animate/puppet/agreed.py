"""Two answers to who is body, from skeleton and colours and from who sees the figure otherwise, made one. Nothing
learned here.

Notation: h w rows and columns, of the picture.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from animate.puppet.masks import disc_of, parted, share
from animate.puppet.nearness import FEET, Nearness

CORE = 0.3  # breadths of a limb to which it is surely body
TRUSTED = 0.7  # the share of it in which whoever recognises a body sees it
BETTER = 0.1  # of it: by so much more, who is asked later is heard instead
STANDING = 1.5  # breadths of a foot in which the model alone decides: shoes and what lies about them have any colour


def recognised(seen: Sequence[np.ndarray], nearness: Nearness) -> np.ndarray | None:
    """Of several answers to where a figure is, the first that means the very body of the skeleton, about as well as
    the best; a model of people's need not where a drawing or a toy is shown. seen: h w, 0..1, each."""
    shares = [share(each > 0.5, _at_size(nearness.near < CORE, each.shape)) for each in seen]
    enough = max(TRUSTED, max(shares, default=0.0) - BETTER)
    return next((each for each, found in zip(seen, shares, strict=True) if found > enough), None)


def agreed(picture: np.ndarray, body: np.ndarray, seen: np.ndarray, nearness: Nearness, *, band: int) -> np.ndarray:
    """h w float32, 0 or 1: where the answers differ, and at the rim where they do not, `band` pixels to either side,
    the colours of all other places decide, as GrabCut does.

    picture: h w 3 uint8; body: by skeleton and colours, seen: by the other, h w, 0..1; nearness: of any grid.
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
