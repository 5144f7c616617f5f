"""From joint angles to joints: a small skeleton in three dimensions, and its 134 keypoints."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from training.puppets.recipe import Build, Face

RIGHT, LEFT = 0, 1  # of the character: its right is at the left of the picture when it faces the viewer
SIDES = np.array([-1.0, 1.0])
FINGER_SPREAD = np.array([0.30, 0.10, -0.08, -0.26])  # radians from the hand's axis, index finger to little finger
FINGER_LENGTH = np.array([0.95, 1.0, 0.95, 0.78])


@dataclass(frozen=True)
class Angles:
    """A motion in t frames. All angles in radians.

    turn, lean, sway t: of the body round the vertical, sideways, and its travel in body heights. lift t: of the feet
    off the ground, body heights. head t 3: turned, tilted, nodded. arms t 2 4: upper arm out from hanging, and towards
    the viewer; the forearm's bend out (+) or in (-), and its own way towards the viewer. hands t 2 2: spread of the
    fingers 0..1, bend of the wrist. legs t 2 3: thigh out, thigh forward, knee bent. Sides: right, left.
    """

    turn: ndarray
    lean: ndarray
    sway: ndarray
    lift: ndarray
    head: ndarray
    arms: ndarray
    hands: ndarray
    legs: ndarray


@dataclass(frozen=True)
class Joints:
    """Where everything is, t ... 3 in body heights; y down, z towards the viewer, sides right and left.

    head_axes t 3 3: right, down and front of the head, each of unit length, as rows.
    """

    pelvis: ndarray
    collar: ndarray
    head: ndarray
    head_axes: ndarray
    shoulder: ndarray
    elbow: ndarray
    wrist: ndarray
    hand: ndarray
    hip: ndarray
    knee: ndarray
    ankle: ndarray
    toe: ndarray
    heel: ndarray
    head_turn: ndarray

    def mapped(self, scale: float, offset: ndarray) -> "Joints":
        """The same in pixels: times scale, plus offset (t 3)."""
        moved = {}
        for name, value in vars(self).items():
            if name not in ("head_axes", "head_turn"):
                value = value * scale + offset.reshape(-1, *[1] * (value.ndim - 2), 3)
            moved[name] = value
        return Joints(**moved)


def pose_joints(build: Build, angles: Angles) -> Joints:
    """The joints of a body of this build; the lowest foot stands on y = 0 (less the lift), x = 0 is the middle."""
    frames = len(angles.turn)
    zero = np.zeros(frames)
    up = np.stack([np.sin(angles.lean), -np.cos(angles.lean), zero], -1)
    right = np.stack([np.cos(angles.lean), np.sin(angles.lean), zero], -1)
    pelvis = np.zeros((frames, 3))
    collar = pelvis + up * build.torso
    shoulder = collar[:, None] + right[:, None] * (SIDES * build.shoulder)[:, None] - up[:, None] * 0.022 * build.thick
    upper, fore = angles.arms[..., 0], angles.arms[..., 0] + angles.arms[..., 2]
    elbow = shoulder + build.upper_arm * _limb(upper, angles.arms[..., 1])
    fore_way = _limb(fore, angles.arms[..., 3])
    wrist = elbow + build.forearm * fore_way
    hand = _hand(build, wrist, fore_way, angles)

    hip = pelvis[:, None] + (SIDES[:, None] * np.array([build.hip, 0, 0])) + np.array([0, 0.02, 0])
    out, forward, bend = angles.legs[..., 0], angles.legs[..., 1], angles.legs[..., 2]
    knee = hip + build.thigh * _limb(out, forward)
    ankle = knee + build.shin * _limb(out * 0.85, forward - bend)
    foot_turn = np.array([0.40, 0.42, 0.80]) * np.stack([SIDES, [1, 1], [1, 1]], -1)
    toe = ankle + build.foot * foot_turn
    heel = ankle + build.foot * np.array([0, 0.35, -0.25]) * np.ones((frames, 2, 1))

    tilt = angles.lean + angles.head[:, 1]
    turned = angles.turn + angles.head[:, 0]
    nod = angles.head[:, 2]
    axes = np.broadcast_to(np.eye(3), (frames, 3, 3))
    axes = _about_x(axes, -nod[:, None])
    axes = _about_y(axes, turned[:, None])
    axes = _about_z(axes, tilt[:, None])
    joints = {"pelvis": pelvis, "collar": collar, "shoulder": shoulder, "elbow": elbow, "wrist": wrist, "hand": hand}
    joints |= {"hip": hip, "knee": knee, "ankle": ankle, "toe": toe, "heel": heel}
    joints = {name: _about_y(value, angles.turn.reshape(-1, *[1] * (value.ndim - 2))) for name, value in joints.items()}
    joints["head"] = joints["collar"] + up * build.neck - axes[:, 1] * build.head * 0.5
    sole = 0.035 * build.thick
    low = np.maximum(joints["toe"][..., 1], joints["ankle"][..., 1] + sole).max(-1)
    ground = np.stack([angles.sway, -low - angles.lift, zero], -1)
    joints = {name: value + ground.reshape(-1, *[1] * (value.ndim - 2), 3) for name, value in joints.items()}
    return Joints(**joints, head_axes=axes, head_turn=turned)


def head_points(build: Build, joints: Joints, *, angle: ndarray, height: ndarray, scale: float = 1.0) -> ndarray:
    """Points p on the head, at angles from its front and heights -1 (crown) .. 1 (chin): t p 3."""
    taper = np.where(height > 0, 1 - (1 - build.jaw) * height.clip(0, 1), 1.0)
    wide = build.head_width * np.sqrt((1 - 0.55 * height**4).clip(0.05)) * taper
    local = np.stack([np.sin(angle) * wide, height * build.head * 0.5, np.cos(angle) * wide], -1) * scale
    return joints.head[:, None] + np.einsum("pa,taj->tpj", local, joints.head_axes)


def keypoints(build: Build, face: Face, joints: Joints, *, scale: float) -> ndarray:
    """t 134 3: OpenPose body 18, feet 6, face 68, left hand 21, right hand 21; x, y as the joints' and a score.

    scale: pixels of a body height, when the joints are already in pixels. What the head hides has score 0.
    """
    frames = len(joints.pelvis)
    points = np.ones((frames, 134, 3), np.float32)
    marks, angles = _face_marks(face)
    on_head = head_points(build, joints, angle=marks[:, 0], height=marks[:, 1], scale=scale)
    limbs = {2: joints.shoulder, 3: joints.elbow, 4: joints.wrist, 8: joints.hip, 9: joints.knee, 10: joints.ankle}
    for index, joint in limbs.items():
        for side in (RIGHT, LEFT):
            points[:, index + 3 * side, :2] = joint[:, side, :2]
    points[:, 1, :2] = joints.shoulder[..., :2].mean(1)
    points[:, (0, 14, 15, 16, 17), :2] = on_head[:, :5, :2]
    points[:, 24:92, :2] = on_head[:, 5:, :2]
    seen = np.cos(angles[None] + joints.head_turn[:, None]) > -0.35
    points[:, (0, 14, 15, 16, 17), 2] = seen[:, :5]
    points[:, 24:92, 2] = seen[:, 5:]
    for side, start in ((LEFT, 18), (RIGHT, 21)):
        points[:, start, :2] = joints.toe[:, side, :2]
        points[:, start + 1, :2] = joints.toe[:, side, :2] + (joints.toe - joints.ankle)[:, side, :2] * [0.1, -0.15]
        points[:, start + 2, :2] = joints.heel[:, side, :2]
    points[:, 92:113, :2] = joints.hand[:, LEFT, :, :2]
    points[:, 113:134, :2] = joints.hand[:, RIGHT, :, :2]
    return points


def _face_marks(face: Face) -> tuple[ndarray, ndarray]:
    """Angle and height of nose, right and left eye, right and left ear, then the 68 points of the face."""
    eye, level, mouth = face.eye_angle, face.eye_height, face.mouth_height
    nose = (level + mouth) / 2
    body = [(0, nose), (-eye, level), (eye, level), (-1.5, level * 0.5 + 0.1), (1.5, level * 0.5 + 0.1)]
    turn = np.linspace(-1.45, 1.45, 17)
    jaw = [(angle, 0.1 + 0.85 * np.cos(angle * 0.95) ** 0.8) for angle in turn]
    brow = [(side * eye + across, level - 0.28) for side in (-1, 1) for across in np.linspace(-0.22, 0.22, 5)]
    bridge = [(0.0, level + share * (nose - level)) for share in (0, 0.33, 0.66, 1.0)]
    nostrils = [(across, nose + 0.05) for across in np.linspace(-0.12, 0.12, 5)]
    ring = ((-1, 0), (-0.4, -0.6), (0.4, -0.6), (1, 0), (0.4, 0.6), (-0.4, 0.6))
    wide, tall = face.eye_width, face.eye_width * face.eye_tall
    eyes = [(side * eye + x * wide, level + y * tall) for side in (-1, 1) for x, y in ring]
    round_mouth = np.linspace(np.pi, -np.pi, 12, endpoint=False)
    lips = [(np.cos(a) * face.mouth_width, mouth - np.sin(a) * 0.06) for a in round_mouth]
    inner = [
        (np.cos(a) * face.mouth_width * 0.7, mouth - np.sin(a) * 0.03) for a in np.linspace(np.pi, -np.pi, 8, False)
    ]
    marks = np.array([*body, *jaw, *brow, *bridge, *nostrils, *eyes, *lips, *inner], np.float64)
    return marks, marks[:, 0]


def _hand(build: Build, wrist: ndarray, way: ndarray, angles: Angles) -> ndarray:
    """t 2 21 3: wrist, thumb and four fingers; the palm lies in the picture's plane, the thumb on the inner side."""
    spread, bend = angles.hands[..., 0], angles.hands[..., 1]
    flat = np.where(angles.arms[..., 0] + angles.arms[..., 2] > 1.2, -1.0, 1.0) * SIDES  # raised hands show their palms
    hand = np.repeat(wrist[:, :, None], 21, 2)

    def turn(angle: ndarray) -> ndarray:
        return _about_z(way, angle * SIDES)

    palm = build.hand * 0.5
    thumb = turn(bend) * 0.55 + turn(bend + flat * SIDES * (0.7 + 0.5 * spread)) * 0.75
    for joint, reach in enumerate((0.25, 0.6, 0.95, 1.25), 1):
        hand[:, :, joint] += thumb * palm * reach
    for finger in range(4):
        angle = bend + flat * SIDES * FINGER_SPREAD[finger] * (0.35 + 0.9 * spread)
        knuckle = wrist + turn(bend + flat * SIDES * FINGER_SPREAD[finger] * 1.3) * palm
        for joint, reach in enumerate((0.0, 0.45, 0.75, 1.0)):
            hand[:, :, 5 + finger * 4 + joint] = knuckle + turn(angle) * palm * FINGER_LENGTH[finger] * reach
    return hand


def _limb(out: ndarray, forward: ndarray) -> ndarray:
    """Directions t 2 3 of limbs that hang when both angles are 0."""
    return np.stack([SIDES * np.sin(out) * np.cos(forward), np.cos(out) * np.cos(forward), np.sin(forward)], -1)


def _about_x(value: ndarray, angle: ndarray) -> ndarray:
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(value, -1, 0)
    return np.stack([x, y * c - z * s, y * s + z * c], -1)


def _about_y(value: ndarray, angle: ndarray) -> ndarray:
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(value, -1, 0)
    return np.stack([x * c + z * s, y, z * c - x * s], -1)


def _about_z(value: ndarray, angle: ndarray) -> ndarray:
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(value, -1, 0)
    return np.stack([x * c - y * s, x * s + y * c, z], -1)
