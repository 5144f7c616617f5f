"""Bones: from joints to limbs with a length, a radius and coordinates of their own. Nothing learned.

Notation: f frames, b bones, h w rows and columns; points are (x, y) in pixels, x to the right, y down.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

NOSE, NECK = 0, 1
ARMS = ((2, 3, 4), (5, 6, 7))  # right, left: shoulder, elbow, wrist
LEGS = ((8, 9, 10), (11, 12, 13))  # right, left: hip, knee, ankle
ANKLES = [leg[-1] for leg in LEGS]
EYES, EARS = (14, 15), (16, 17)
FACE_JOINTS = [NOSE, *EYES, *EARS]
TOES = {10: (21, 22), 13: (18, 19)}  # ankle: big and small toe
FINGERS = {4: 125, 7: 104}  # wrist: tip of the middle finger
FACE, CHIN = tuple(range(24, 92)), 32
HANDS = (range(113, 134), range(92, 113))  # points of the right hand and of the left
# bone: the points that surround it
OUTLINES = {10: (4, *HANDS[0]), 11: (7, *HANDS[1]), 12: (10, 21, 22, 23), 13: (13, 18, 19, 20)}
STUB = 0.25  # of its upper bone: a shorter lower bone is not believed
SEEN = 0.3  # a joint shows above this score

BONES = (
    *("head", "torso"),
    *("right upper arm", "right forearm", "left upper arm", "left forearm"),
    *("right thigh", "right shin", "left thigh", "left shin"),
    *("right hand", "left hand", "right foot", "left foot"),
)
HEAD, TORSO = 0, 1
LIMBS = {2: (2, 3), 3: (3, 4), 4: (5, 6), 5: (6, 7), 6: (8, 9), 7: (9, 10), 8: (11, 12), 9: (12, 13)}  # bone: joints
# bone: (the limb it ends, its last joint, its length as a share of that limb)
ENDS = {10: (3, 4, 0.38), 11: (5, 7, 0.38), 12: (7, 10, 0.2), 13: (9, 13, 0.2)}
# radius as a share of the torso's length
RADIUS = dict(
    zip(range(2, 14), (0.12, 0.10, 0.12, 0.10, 0.18, 0.125, 0.18, 0.125, 0.11, 0.11, 0.13, 0.13), strict=True)
)


@dataclass(frozen=True)
class Bones:
    """Limbs of each frame. start, end: f b 2; radius: f b; seen: f b; half_widths: of the torso at shoulders and
    hips, f 2; torso: its length, f. All in pixels."""

    start: Tensor
    end: Tensor
    radius: Tensor
    seen: Tensor
    half_widths: Tensor
    torso: Tensor


def as_joints(poses: np.ndarray | Tensor) -> Tensor:
    """poses f 134 3 (or 134 3) -> f 134 3 float32."""
    joints = torch.as_tensor(poses, dtype=torch.float32)
    return joints[None] if joints.ndim == 2 else joints


def doubted(joints: Tensor) -> Tensor:
    """joints f 134 3, and back: ankles that lie nearly upon the knee, and wrists upon the elbow that no hand is seen
    at, are not believed, for a limb that points at the viewer, or ends at the picture's edge or behind something,
    cannot be stretched out again."""
    believed = joints.clone()
    handless = [(*arm, joints[:, list(hand), 2].mean(1) <= SEEN) for arm, hand in zip(ARMS, HANDS, strict=True)]
    for upper, middle, last, alone in (*handless, *((*leg, True) for leg in LEGS)):
        lengths = [(joints[:, b, :2] - joints[:, a, :2]).norm(dim=-1) for a, b in ((upper, middle), (middle, last))]
        believed[:, last, 2] *= ~((lengths[1] <= STUB * lengths[0]) & alone)
    return believed


def find_bones(joints: Tensor) -> Bones:
    """joints: f 134 3 -> Bones. A limb is seen when both its joints are; the torso wants the neck alone."""
    points, seen = joints[..., :2], joints[..., 2] > SEEN
    neck, right, left = points[:, NECK], points[:, 2], points[:, 5]
    shoulder_width = (right - left).norm(dim=-1)
    shoulders_seen, hips_seen = seen[:, 2] & seen[:, 5], seen[:, [8, 11]]
    down = points.new_tensor([0.0, 1.0])
    reach = torch.where(shoulders_seen, 1.35 * shoulder_width, torch.full_like(shoulder_width, 50.0))
    share = hips_seen.float()[..., None]
    mid_hip = (points[:, [8, 11]] * share).sum(1) / share.sum(1).clamp(min=1)
    mid_hip = torch.where(hips_seen.any(1)[:, None], mid_hip, neck + down * reach[:, None])
    width = torch.where(shoulders_seen, 0.9 * shoulder_width, torch.zeros_like(shoulder_width))
    torso = torch.maximum((neck - mid_hip).norm(dim=-1), width).clamp(min=4.0)

    centre, head_radius, head_seen = _head(points, seen, neck - mid_hip, torso)
    to_head = centre - neck
    length = to_head.norm(dim=-1, keepdim=True)
    to_head = to_head * (length.clamp(min=1e-3).maximum(0.15 * torso[:, None]) / length.clamp(min=1e-3))
    start = [neck + 0.4 * to_head, neck]
    end = [neck + 1.7 * to_head, mid_hip]
    radius, shown = [head_radius, 0.4 * torso], [seen[:, NECK] & head_seen, seen[:, NECK]]
    for bone, (first, last) in LIMBS.items():
        start.append(points[:, first])
        end.append(points[:, last])
        radius.append(RADIUS[bone] * torso)
        shown.append(seen[:, first] & seen[:, last])
    for bone, (limb, joint, share_of_limb) in ENDS.items():
        start.append(points[:, joint])
        end.append(_tip(points, seen, joint, points[:, joint] + share_of_limb * (end[limb] - start[limb])))
        radius.append(RADIUS[bone] * torso)
        shown.append(shown[limb])

    spine = (mid_hip - neck) / (mid_hip - neck).norm(dim=-1, keepdim=True).clamp(min=1e-3)
    across = torch.stack([-spine[:, 1], spine[:, 0]], -1)
    at_shoulders = ((left - right) * across).sum(-1).abs() / 2
    at_shoulders = torch.where(shoulders_seen, at_shoulders, 0.32 * torso).maximum(0.12 * torso)
    at_hips = ((points[:, 11] - points[:, 8]) * across).sum(-1).abs() / 2
    at_hips = torch.where(hips_seen.all(1), at_hips, 0.6 * at_shoulders).maximum(0.09 * torso)
    return Bones(
        start=torch.stack(start, 1),
        end=torch.stack(end, 1),
        radius=torch.stack(radius, 1),
        seen=torch.stack(shown, 1),
        half_widths=torch.stack([at_shoulders * 1.1, at_hips * 1.45], 1),
        torso=torso,
    )


def _head(points: Tensor, seen: Tensor, up: Tensor, torso: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Centre f 2, radius f and visibility f of the head: between the ears, else amid what of the face is seen."""
    ears_seen = seen[:, EARS[0]] & seen[:, EARS[1]]
    ear_distance = (points[:, EARS[0]] - points[:, EARS[1]]).norm(dim=-1)
    share = seen[:, FACE_JOINTS].float()[..., None]
    middle = (points[:, FACE_JOINTS] * share).sum(1) / share.sum(1).clamp(min=1)
    any_seen = seen[:, FACE_JOINTS].any(1)
    above = points[:, NECK] + up / up.norm(dim=-1, keepdim=True).clamp(min=1e-3) * 0.45 * torso[:, None]
    middle = torch.where(any_seen[:, None], middle, above)
    centre = torch.where(ears_seen[:, None], (points[:, EARS[0]] + points[:, EARS[1]]) / 2, middle)
    neck_length = (centre - points[:, NECK]).norm(dim=-1).maximum(0.15 * torso)
    radius = torch.where(ears_seen, 0.72 * ear_distance, torch.zeros_like(ear_distance)).maximum(0.42 * neck_length)
    return centre, radius, any_seen


def _tip(points: Tensor, seen: Tensor, joint: int, otherwise: Tensor) -> Tensor:
    """Where a hand or foot ends: finger tip or toes where they are seen, else the limb prolonged."""
    tips = [FINGERS[joint]] if joint in FINGERS else list(TOES[joint])
    return torch.where(seen[:, tips].all(1)[:, None], points[:, tips].mean(1), otherwise)


def cell_centres(grid: tuple[int, int], size: tuple[int, int], *, device: torch.device | str = "cpu") -> Tensor:
    """h w 2: the pixel coordinates of the centres of a grid (h, w) laid over a picture of size (width, height)."""
    rows = (torch.arange(grid[0], device=device) + 0.5) * (size[1] / grid[0]) - 0.5
    columns = (torch.arange(grid[1], device=device) + 0.5) * (size[0] / grid[1]) - 0.5
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y], -1)


def limb_coordinates(bones: Bones, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """places: h w 2 -> (along, across, distance), each f b h w.

    along: 0 at a bone's start, 1 at its end; across: pixels to its side; distance: 1 at the limb's rim, 99 if unseen.
    """
    bone = bones.end - bones.start
    length = bone.norm(dim=-1).clamp(min=1e-2)
    direction = bone / length[..., None]
    # plane by plane: an axis of two at the end would make each of these slow
    x, y = (places[..., axis] - bones.start[..., axis, None, None] for axis in (0, 1))
    to_x, to_y = (direction[..., axis, None, None] for axis in (0, 1))
    along = x * to_x + y * to_y
    across = y * to_x - x * to_y
    length = length[..., None, None]
    beyond = torch.where(along < 0, -along, (along - length).clamp(min=0))
    distance = (beyond**2 + across**2).sqrt() / bones.radius[..., None, None]
    # the torso is a quadrangle between shoulders and hips, with short rounded ends
    depth = (along[:, TORSO] / length[:, TORSO]).clamp(0, 1)
    shoulders, hips = bones.half_widths[:, :, None, None].unbind(1)
    of_torso = torch.hypot(
        across[:, TORSO] / (shoulders * (1 - depth) + hips * depth),
        beyond[:, TORSO] / (0.16 * bones.torso[:, None, None]),
    )
    distance = torch.cat([distance[:, :TORSO], of_torso[:, None], distance[:, TORSO + 1 :]], 1)
    return along / length, across, torch.where(bones.seen[..., None, None], distance, torch.full_like(distance, 99.0))


def limb_maps(poses: np.ndarray | Tensor, *, grid: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Where each limb is, and where upon it: the embedded model's guide.

    poses: f 134 3, pixels of a picture of size (width, height); grid: (h, w). Returns f 42 h w: for 14 bones a soft
    mask, then mask times the place along the limb (-1 at its start, 1 at its end), then mask times the place across.
    """
    joints = poses if isinstance(poses, Tensor) else as_joints(poses)
    bones = find_bones(joints)
    along, across, distance = limb_coordinates(bones, cell_centres(grid, size, device=joints.device))
    mask = torch.exp(-0.5 * distance**2)
    radius = bones.radius.clone()
    radius[:, TORSO] = bones.half_widths.mean(1)
    across = (across / radius[..., None, None]).clamp(-2, 2)
    return torch.cat([mask, mask * (along.clamp(-0.6, 1.6) * 2 - 1), mask * across], 1)


def below_hips(bones: Bones, along: Tensor, across: Tensor) -> Tensor:
    """Where no leg is seen the body goes on below the hips: distance of one frame, h w, 1 at its rim, 99 elsewhere.

    along, across: b h w, of limb_coordinates.
    """
    none = torch.full_like(across[TORSO], 99.0)
    if not bones.seen[0, TORSO] or bones.seen[0, [6, 8]].any():
        return none
    depth = (along[TORSO] - 1).clamp(min=0) * bones.torso[0]
    width = bones.half_widths[0, 1] * 1.3 + 0.35 * depth
    return torch.where(along[TORSO] > 1, across[TORSO].abs() / width, none)


def hull_distance(points: np.ndarray | Tensor, *, grid: tuple[int, int], size: tuple[int, int]) -> np.ndarray | None:
    """Pixels from each cell of the grid (h, w) over a picture (width, height) to the hull of points n 3, 0 inside it.

    None when fewer than three of the points are seen.
    """
    points = np.asarray(points.cpu() if isinstance(points, Tensor) else points)
    seen = points[points[:, 2] > SEEN, :2]
    if len(seen) < 3:
        return None
    cell = np.array([size[0] / grid[1], size[1] / grid[0]])
    outside = np.ones(grid, np.uint8)
    corners = np.round((seen + 0.5) / cell - 0.5).astype(np.int32)
    cv2.fillConvexPoly(outside, cv2.convexHull(corners), 0)
    if outside.all():  # beyond the picture
        return np.full(grid, np.float32(max(size)))
    return cv2.distanceTransform(outside, cv2.DIST_L2, 3) * np.float32(cell.mean())


def mark_ends(distance: np.ndarray, joints: Tensor, bones: Bones, *, size: tuple[int, int]) -> list[int]:
    """Hands and feet whose points are seen: their rows of `distance` (b h w, of limb_coordinates) are measured from
    the hull of those points instead of from a bone. joints: 134 3; size: of the picture, (width, height). Returns
    which bones these are."""
    marked = []
    for bone, outline in OUTLINES.items():
        if not bones.seen[0, bone] or int((joints[list(outline), 2] > SEEN).sum()) < len(outline) * 0.7:
            continue
        outside = hull_distance(joints[list(outline)], grid=distance.shape[1:], size=size)
        if outside is not None:
            # a hull of fingers holds gaps, one of toes leaves out the sole
            sure, margin = (0.3, 0.07) if bone in (10, 11) else (0.1, 0.09)
            distance[bone] = sure + (1 - sure) * outside / (margin * float(bones.torso[0]))
            marked.append(bone)
    return marked


def hangs(bones: Bones, thigh: int) -> bool:
    """Whether the thigh of one frame goes on from the torso rather than up beside it."""
    down, way = ((bones.end - bones.start)[0, bone] for bone in (TORSO, thigh))
    return bool((down * way).sum() > 0.5 * down.norm() * way.norm())
