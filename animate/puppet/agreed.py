"""Two answers to who is body, from skeleton and colours and from who sees the figure otherwise, made one. Nothing
learned here.

Notation: h w rows and columns, of the picture.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from animate.puppet.bones import HEAD
from animate.puppet.lines import joined
from animate.puppet.masks import disc_of, parted, share
from animate.puppet.nearness import FEET, Nearness

CORE = 0.3  # breadths of a limb to which it is surely body
TRUSTED = 0.7  # the share of it in which whoever recognises a body sees it
BETTER = 0.1  # of it: by so much more, who is asked later is heard instead
SURE = 0.95  # of 1: from here on an answer is believed against skeleton and colours, and below 1 - SURE
LIKELY = 0.4  # of 1: a "no" that is no surer leaves it to skeleton and colours
ARM_BONES = (2, 3, 4, 5)
FAR, BESIDE = 3.0, 1.2  # breadths of a limb: beyond lies little of any body; where clothes and hair are, at most
FOREIGN = 0.25  # of an answer: more that lies far and another denies is none of a body; helmets and bags are less
LARGE, ABOUT = 0.5, 10.0  # of that: more about the head, in breadths of it, is a large head's if a third sees it too
STANDING = 1.5  # breadths of a foot in which the model alone decides: shoes and what lies about them have any colour


def recognised(seen: Sequence[np.ndarray], nearness: Nearness) -> np.ndarray | None:
    """Of several answers to where a figure is, the first that means the very body of the skeleton, about as well as
    the best, without what is foreign to it; a model of people's need not where a drawing or a toy is shown. seen: h w,
    0..1, each."""
    shares = [share(each > 0.5, _at_size(nearness.near < CORE, each.shape)) for each in seen]
    known = [(each, found) for each, found in zip(seen, shares, strict=True) if found > TRUSTED]
    heard = next((each for each, found in known if found > max(shares) - BETTER), None)
    if heard is None:
        return None
    others = [each for each, _ in known if each is not heard]
    return _without_foreign(heard, others, nearness) if others else heard


def _without_foreign(heard: np.ndarray, others: Sequence[np.ndarray], nearness: Nearness) -> np.ndarray:
    """h w, 0..1: an answer without the horse, the neighbours or the houses that it joins to the body: where much of it
    lies far from the skeleton and another that knows the body denies that, what both see is left, and what is beside
    the limbs. Not so where it lies about the head, and a third sees it too: of a large head some see no more than the
    face. others: h w, 0..1, each, that know the body."""
    about = nearness.is_of(HEAD) & (nearness.to(HEAD) < ABOUT)
    where = (nearness.near < CORE, nearness.near > FAR, nearness.near < BESIDE, about)
    core, far, beside, head = (_at_size(each, heard.shape) for each in where)
    body, seen = joined(heard > 0.5, core), np.max(others, 0) > 0.5
    for other in others:
        denied = other <= 0.5
        foreign = body & far & denied
        if share(foreign, body) > FOREIGN and share(head & seen, foreign) < LARGE:
            heard = np.where(denied & ~beside, np.minimum(heard, other), heard)
    return heard


def agreed(picture: np.ndarray, body: np.ndarray, seen: np.ndarray, nearness: Nearness, *, band: int) -> np.ndarray:
    """h w float32, 0 or 1: where the answers differ and neither is certain, and at the rim, `band` pixels to either
    side, the colours of all other places decide, as GrabCut does.

    picture: h w 3 uint8; body: by skeleton and colours, seen: by the other, h w, 0..1; nearness: of any grid.
    """
    found = body > 0.5
    where = (nearness.near < CORE, nearness.to(*FEET) < STANDING, nearness.to(*ARM_BONES) < 1)
    core, feet, arms = (_at_size(each, body.shape) for each in where)
    certain, likely = np.abs(seen - 0.5) > SURE - 0.5, found & (seen > LIKELY) & arms
    seen = joined(seen > 0.5, core)  # other figures are none of this body's
    edge = np.ones_like(found)
    edge[1:-1, 1:-1] = False
    likely = joined(likely & ~seen, edge)  # of an arm that the picture's edge cuts off little stands out
    inside = _without_rim(found & seen, band) | (certain & _without_rim(seen, band))
    outside = _without_rim(~found & ~seen, band) | (certain & _without_rim(~seen, band))
    zones = np.where(seen | likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    zones[inside] = cv2.GC_FGD
    zones[outside | (feet & _without_rim(~seen, band))] = cv2.GC_BGD
    zones[core & (zones == cv2.GC_PR_BGD)] = cv2.GC_PR_FGD
    zones[seen & (core | feet)] = cv2.GC_FGD
    settled = parted(picture, zones, rounds=1)
    return (seen if settled is None else settled).astype(np.float32)


def _without_rim(mask: np.ndarray, band: int) -> np.ndarray:
    """h w bool."""
    return cv2.erode(mask.astype(np.uint8), disc_of(band)) > 0


def _at_size(mask: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """h w bool, at another height and width."""
    return cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
