"""Legs that were not found, though the picture shows them. Nothing learned.

Left out, they would stay standing in the scenery while the body goes.
"""

from itertools import pairwise

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.puppet.bones import LEGS, LIMBS, NECK, SEEN, cell_centres, find_bones, limb_coordinates
from animate.puppet.cutout import blur, fill_smoothly, to_tensor
from animate.puppet.hanging import whole_body
from animate.puppet.masks import WORKING_SIDE

SHIN = 0.94  # of the thigh
OTHER = 0.12  # colours further from the backdrop's are of something else
BARE, SHOWN = 0.5, 0.6  # least shares of a leg that no other limb covers, and of that which is not like the backdrop
BESIDE = 0.5  # of that share: as much of what is beside it may be as unlike; before a motley backdrop nothing is told


def find_legs(picture: np.ndarray, joints: Tensor) -> Tensor:
    """picture: h w 3 uint8; joints: 1 134 3, and back: knees and ankles that are not seen are believed where the other
    leg, or their own thigh, lets them be, if the picture shows something there.

    Without either knee nothing tells legs from a gown or from what a body stands behind.
    """
    seen = (joints[0, :, 2] > SEEN).tolist()
    if not any(seen[hip] and seen[knee] for hip, knee, _ in LEGS):
        return joints
    found, bodies = joints.clone(), joints.clone()
    bodies[0, :18, :2] = whole_body(joints)[0]
    bodies[0, [NECK, 8, 11], 2] = 1.0
    height, width = picture.shape[:2]
    for leg, other in (LEGS, LEGS[::-1]):
        lost = [joint for joint in leg[1:] if not seen[joint]]
        if not lost or not seen[leg[0]]:
            continue
        guess = bodies.clone()
        guess[0, list(leg), :2] = _guessed(bodies[0], leg, other)
        guess[0, list(leg[1:]), 2] = 1.0
        x, y = guess[0, leg[2], :2].tolist()
        if 0 <= x < width and 0 <= y < height and _shows(picture, guess, leg, lost):
            found[0, lost] = guess[0, lost]
            found[0, lost, 2] = SEEN + 0.01
    return found


def _guessed(joints: Tensor, leg: tuple[int, int, int], other: tuple[int, int, int]) -> Tensor:
    """3 2: hip, knee and ankle, those that are not seen as the other leg has them, or going on along the thigh.
    joints: 134 3, hips and neck at a place."""
    places, seen = torch.view_as_complex(joints[:, :2].contiguous()), joints[:, 2] > SEEN
    down = places[[leg[0], other[0]]].mean() - places[NECK]
    down = down / down.abs().clamp(min=1e-6)
    hip, knee, ankle = (places[joint] for joint in leg)
    thigh, shin = (down * down * (places[b] - places[a]).conj() for a, b in pairwise(other))
    if not seen[leg[1]]:
        knee = (hip + ankle) / 2 if seen[leg[2]] else hip + thigh
    if not seen[leg[2]]:
        ankle = knee + (shin if seen[list(other)].all() else SHIN * (knee - hip))
    return torch.view_as_real(torch.stack([hip, knee, ankle]))


def _shows(picture: np.ndarray, joints: Tensor, leg: tuple[int, int, int], lost: list[int]) -> bool:
    """Whether the picture shows something along the bones of those joints of a leg that are lost, which no other limb
    covers and which is not like the backdrop beside it. picture: h w 3 uint8; joints: 1 134 3."""
    height, width = picture.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    colours = to_tensor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    bones = find_bones(joints)
    distance = limb_coordinates(bones, cell_centres((size[1], size[0]), (width, height)))[2][0]
    own = [bone for bone, ends in LIMBS.items() if set(ends) <= set(leg)]
    looked = [bone for bone in own if set(LIMBS[bone]) & set(lost)]
    foot = 12 if leg == LEGS[0] else 13
    others = [bone for bone in range(len(distance)) if bone not in (*own, foot)]
    near = distance.amin(0)
    core = distance[looked].amin(0) < 0.45
    bare = core & (distance[others].amin(0) > 1)
    beside = (near > 2.2) & (distance[looked].amin(0) < 5)
    far = (near > 2.2).float()
    if not bare.any() or not beside.any():
        return False
    backdrop = blur(fill_smoothly(colours[None], far[None, None])[0], 0.03 * size[1])
    unlike = (colours - backdrop).abs().amax(0) > OTHER
    shown, around = (float(unlike[part].float().mean()) for part in (bare, beside))
    return float(bare.sum()) >= BARE * float(core.sum()) and shown >= SHOWN and around <= BESIDE * shown
