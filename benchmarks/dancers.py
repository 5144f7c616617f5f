"""Synthetic dancers of known proportions: what a fit must come to, by forward kinematics."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy import ndarray

from pose.proportions import bone_lengths, rebuild
from pose.skeleton import PoseSequence
from training.puppets import bear, cast, dancers, dances, paperdoll, party, robot, streetwear
from training.puppets.body import Joints, keypoints
from training.puppets.choreography import Dance, danced
from training.puppets.gallery import DRAWN_FACE, body_in_pixels
from training.puppets.recipe import Build
from training.puppets.steps import held, solved, standing

SIZE = (1000, 1000)  # with room for any step
TALL = 560.0
GROUND = 900.0
BODIES: dict[str, Build] = {
    "girl": cast.HEROINE,
    "child": streetwear.CHILD,
    "paper doll": paperdoll.DOLL,
    "robot": robot.ROBOT,
    "bear": bear.BEAR,
}
DANCER: Build = dancers.DANCER
DANCES: tuple[Dance, ...] = (
    *(dances.subject_three(), dances.disco(), dances.hip_hop(), dances.robot()),
    *(party.waltz(), party.charleston(), party.bhangra(), party.twist()),
)

# Parents first: the joint, its parent, and the numbers of the bone's ends among the points. -1 is between the hips.
TREE = (
    (1, -1),
    *((2, 1), (3, 2), (4, 3), (5, 1), (6, 5), (7, 6)),
    *((8, -1), (9, 8), (10, 9), (11, -1), (12, 11), (13, 12)),
)


@dataclass(frozen=True)
class Case:
    """A body that shall dance another body's dance.

    dance: the other's joints; character: the body's, 134 3, standing; truth: f 18 2, where the joints of TREE belong,
    around the middle of the hips; torso, height: of the body in pixels; planted: f 2 bool, right and left foot;
    level: f 14 bool, bones seen at their full length, by the number of their end.
    """

    name: str
    dance: PoseSequence
    character: ndarray
    truth: ndarray
    torso: float
    height: float
    planted: ndarray
    level: ndarray


def _placed(build: Build, joints: Joints, turn: ndarray) -> tuple[Joints, ndarray]:
    placed, px = body_in_pixels(build, joints, turn, tall=TALL, middle=SIZE[0] / 2, ground=GROUND)
    return placed, keypoints(build, DRAWN_FACE, placed, scale=px)


def _spots(joints: Joints) -> ndarray:
    """The places of the joints of TREE in three dimensions, t 18 3; the last is between the hips."""
    spots = np.zeros((len(joints.pelvis), 18, 3))
    limbs = {2: joints.shoulder, 3: joints.elbow, 4: joints.wrist, 8: joints.hip, 9: joints.knee, 10: joints.ankle}
    for joint, limb in limbs.items():
        spots[:, joint], spots[:, joint + 3] = limb[:, 0], limb[:, 1]
    spots[:, 1], spots[:, -1] = joints.shoulder.mean(1), joints.hip.mean(1)
    return spots


def _lengths(build: Build) -> dict[int, float]:
    """Each bone's true length, in pixels, by the number of its end."""
    joints, turn = solved(build, held(standing()))
    spots = _spots(_placed(build, joints, turn)[0])[0]
    return {child: float(np.linalg.norm(spots[child] - spots[parent])) for child, parent in TREE}


def make(body: str, dance: Dance) -> Case:
    """The case of a body and a dance."""
    build, track = BODIES[body], danced(dance)
    joints, turn = solved(DANCER, track)
    placed, points = _placed(DANCER, joints, turn)
    still, still_turn = solved(build, held(standing()))
    character = _placed(build, still, still_turn)[1][0]
    spots, own, other = _spots(placed), _lengths(build), _lengths(DANCER)
    truth, level = np.zeros_like(spots), np.zeros((len(points), 14), bool)
    for child, parent in TREE:
        bone = spots[:, child] - spots[:, parent]
        truth[:, child] = truth[:, parent] + bone * (own[child] / other[child])
        level[:, child] = np.linalg.norm(bone[:, :2], axis=1) > 0.98 * other[child]
    feet = track.values["feet"].reshape(-1, 2, 3)
    still_feet = (np.abs(np.diff(feet, axis=0, prepend=feet[:1])) < 1e-9).all(-1) & (feet[..., 1] < 1e-9)
    return Case(
        f"{body}, {dance.name}",
        PoseSequence(points, SIZE),
        character,
        truth[:, :, :2],
        own[1],
        float(np.ptp(character[:24, 1])),
        still_feet,
        level,
    )


def every(*, bodies: Iterable[str] = tuple(BODIES)) -> list[Case]:
    """Each body in each dance."""
    return [make(body, dance) for body in bodies for dance in DANCES]


def one_frame(case: Case, *, frame: int = 0) -> PoseSequence:
    """What other programs do: bone ratios from one frame alone, each as it is measured there."""
    points = case.dance.points.astype(np.float64)
    dancer = bone_lengths(points[frame : frame + 1], quantile=1.0)
    person = bone_lengths(case.character[None].astype(np.float64), quantile=1.0)
    ratios = {bone: person[bone] / max(dancer.get(bone, 0.0), 1.0) for bone in person}
    ratios |= {"scale": ratios["torso"], "leg": ratios["thigh"], "hand": ratios["forearm"]}
    body, root = rebuild(points, ratios, from_hips=True)
    home = case.character[[8, 11], :2].mean(0) + ratios["torso"] * (root.path - root.path[0])
    return PoseSequence(np.concatenate([body + home[:, None], points[..., 2:]], -1).astype(np.float32), SIZE)


def noisy(case: Case, *, pixels: float, seed: int = 0) -> Case:
    """The case with a dance as uncertain as found joints are."""
    noise = np.random.default_rng(seed).normal(0, pixels, case.dance.points.shape) * (1, 1, 0)
    return replace(case, dance=PoseSequence(case.dance.points + noise.astype(np.float32), SIZE))
