"""The silhouette that comes with a picture whose ground is clear: whether it is the character's. Nothing learned.

Notation: h w rows and columns of the picture.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from animate.puppet.bones import as_joints, below_hips, cell_centres, doubted, find_bones, limb_coordinates, mark_ends
from animate.puppet.masks import WORKING_SIDE, share

CORE, SURE = 0.45, 0.85  # of a limb's breadth, to which it is surely body; the share of it that has to be opaque
FAR, OTHERS = 1.5, 0.15  # breadths of a limb, from which on it is hardly body; the share that may be so
KNOWN, MOST = 0.7, 0.7  # of what is surely body, which whoever knows it sees; of all, which then is one body's
FULL = 0.97  # of its hull, from which on a shape is a frame's: a disc's, or that of rounded corners


def silhouette_of(opacity: np.ndarray, pose: np.ndarray, *, seen: Sequence[np.ndarray] = ()) -> np.ndarray | None:
    """h w float32, 1 where the character is: the opaque pieces that its limbs lie in. None where these leave parts of
    it out, as lines on clear ground do; or hold what is not of it, as do somebody else who touches it, and a
    background under a frame. What reaches far from its limbs, as a broad hat, is not of it unless whoever has looked
    sees the most of it all. opacity: h w, 0..1; pose: 134 3, its skeleton; seen: h w, 0..1, each."""
    height, width = opacity.shape
    near, below = (_at_size(each, (width, height)) for each in _distances(pose, (width, height)))
    core = near < CORE
    count, found = cv2.connectedComponents((opacity > 0.5).astype(np.uint8))
    labels = np.asarray(found, np.int64)
    keep = np.bincount(labels[core], minlength=count) > 0
    keep[0] = False
    body = keep[labels]
    if not body.any() or (body & core).sum() < SURE * core.sum():
        return None
    if _solidity(body) > FULL:
        return None
    if share((near > FAR) & (below > FAR), body) > OTHERS and not _is_seen(body, core, seen):
        return None
    return body.astype(np.float32)


def _is_seen(body: np.ndarray, core: np.ndarray, seen: Sequence[np.ndarray]) -> bool:
    """Whether all who know what is surely body see the most of h w bool. core: h w bool; seen: h w, 0..1, each."""
    known = [each > 0.5 for each in seen if share(each > 0.5, core) > KNOWN]
    return bool(known) and all(share(each, body) > MOST for each in known)


def _distances(pose: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """To the nearest limb, and of what goes on below the hips, as of limb_coordinates and below_hips; on a small grid.
    size: width and height."""
    scale = min(1.0, WORKING_SIDE / max(size))
    grid = (max(4, round(size[1] * scale)), max(4, round(size[0] * scale)))
    joints = doubted(as_joints(pose))
    bones = find_bones(joints)
    along, across, distance = (each[0] for each in limb_coordinates(bones, cell_centres(grid, size)))
    below, ends = below_hips(bones, along, across).numpy(), distance.numpy()
    mark_ends(ends, joints[0], bones, size=size)
    return ends.min(0), below


def _at_size(small: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)


def _solidity(body: np.ndarray) -> float:
    """The area of h w bool as a share of its hull's."""
    hull = cv2.convexHull(np.argwhere(body)[:, ::-1].astype(np.int32))
    filled = np.zeros(body.shape, np.uint8)
    cv2.fillConvexPoly(filled, hull, 1)
    return float(body.sum() / filled.sum())
