"""Bodies that dance on planted feet: poses given by hips, feet, arms and head become joints."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from training.puppets.body import SIDES, Angles, Joints, pose_joints
from training.puppets.recipe import Build

CHANNELS = {
    "sway": 1,  # of the pelvis sideways, body heights
    "drop": 1,  # of the pelvis below its standing height
    "lean": 1,
    "turn": 1,
    "head": 3,  # turned, tilted, nodded
    "arms": 8,  # right then left: out, towards the viewer, forearm's bend, its own way towards the viewer
    "hands": 4,  # right then left: spread, bend of the wrist
    "feet": 6,  # right then left: x, lift, z, body heights
    "toes": 2,  # right, left: turned out, radians
}


@dataclass(frozen=True)
class Track:
    """Channels over time, t n each, named as CHANNELS."""

    values: dict[str, ndarray]

    def __len__(self) -> int:
        return len(self.values["sway"])


def solved(build: Build, track: Track) -> tuple[Joints, ndarray]:
    """Joints in body heights, the ground at y = 0, and the turn t. Feet stay where they are put; hips give way."""
    value, frames = track.values, len(track)
    flat = {name: value[name][:, 0] for name in ("sway", "drop", "lean", "turn")}
    hands = value["hands"].reshape(frames, 2, 2)
    angles = Angles(
        turn=flat["turn"],
        lean=flat["lean"],
        sway=flat["sway"],
        lift=np.zeros(frames),
        head=value["head"],
        arms=value["arms"].reshape(frames, 2, 4),
        hands=hands,
        legs=np.zeros((frames, 2, 3)),
    )
    joints = pose_joints(build, angles)
    feet = value["feet"].reshape(frames, 2, 3)
    sole = 0.055 * build.thick
    ankle = np.stack([feet[..., 0], -sole - feet[..., 1], feet[..., 2]], -1)
    reach = (build.thigh + build.shin) * 0.995
    hip_offset = joints.hip - joints.pelvis[:, None]
    flat_gap = (ankle - hip_offset - joints.pelvis[:, None])[..., (0, 2)]
    highest = np.sqrt((reach**2 - (flat_gap**2).sum(-1)).clip(0.02)) + hip_offset[..., 1]
    stands = feet[..., 1] < 0.03  # a raised foot does not hold the hips down
    tallest = np.where(stands, highest - ankle[..., 1], np.inf).min(1)
    height = np.minimum(tallest, reach + sole + hip_offset[..., 1].max(1)) - flat["drop"]
    rise = (-height - joints.pelvis[:, 1])[:, None]
    moved = {}
    for name, joint in vars(joints).items():
        if name not in ("head_axes", "head_turn"):
            joint = joint.copy()
            joint[..., 1] += rise.reshape(-1, *[1] * (joint.ndim - 2))
        moved[name] = joint
    hip = moved["hip"]
    outward = np.stack(
        [SIDES * 0.55 + np.sin(flat["turn"])[:, None], np.full((frames, 2), -0.1), np.ones((frames, 2))], -1
    )
    moved["knee"], moved["ankle"] = _bent(hip, ankle, outward, build.thigh, build.shin)
    turned = SIDES * value["toes"] + flat["turn"][:, None] * 0.6
    down = 0.42 + (feet[..., 1] * 4).clip(0, 0.5)
    way = np.stack([np.sin(turned), down * np.ones_like(turned), np.cos(turned)], -1)
    moved["toe"] = moved["ankle"] + build.foot * way * np.array([1.0, 1.0, 0.8])
    moved["heel"] = moved["ankle"] + build.foot * np.array([0.0, 0.35, -0.25]) - build.foot * 0.12 * way * [1, 0, 1]
    return Joints(**moved), flat["turn"]


def _bent(root: ndarray, tip: ndarray, pole: ndarray, first: float, second: float) -> tuple[ndarray, ndarray]:
    """Middle joint and reached tip of two bones from root towards tip, bent towards pole; all ... 3."""
    way = tip - root
    far = np.linalg.norm(way, axis=-1, keepdims=True)
    near = far.clip(abs(first - second) + 1e-4, (first + second) * 0.9995)
    way = way / far.clip(1e-6)
    along = (near**2 + first**2 - second**2) / (2 * near)
    aside = np.sqrt((first**2 - along**2).clip(0))
    pole = pole - (pole * way).sum(-1, keepdims=True) * way
    pole = pole / np.linalg.norm(pole, axis=-1, keepdims=True).clip(1e-6)
    return root + way * along + pole * aside, root + way * near


def standing(arm: float = 0.42, bend: float = 0.12, feet: float = 0.075, toes: float = 0.35) -> dict[str, list[float]]:
    """One relaxed pose, arms a little away from the body."""
    return {
        "sway": [0.0],
        "drop": [0.0],
        "lean": [0.0],
        "turn": [0.0],
        "head": [0.0, 0.0, 0.0],
        "arms": [arm, 0.0, bend, 0.1] * 2,
        "hands": [0.45, 0.0] * 2,
        "feet": [-feet, 0.0, 0.0, feet, 0.0, 0.0],
        "toes": [toes, toes],
    }


def held(pose: dict[str, list[float]]) -> Track:
    """A track of one frame."""
    return Track({name: np.array([values], np.float64) for name, values in pose.items()})
