"""Which stretches of a dance cannot be trusted, and why: told from what was seen, before anything is rendered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pose.runs import runs
from pose.skeleton import (
    HEAD,
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    VISIBLE,
    PoseSequence,
    torso_length,
)
from pose.waiting import is_away

# What can be out of sight, and the joints that all have to be.
LIMBS = {
    "head": HEAD,
    "right_arm": (RIGHT_WRIST,),
    "left_arm": (LEFT_WRIST,),
    "right_leg": (RIGHT_ANKLE,),
    "left_leg": (LEFT_ANKLE,),
}
KINDS = ("nobody", *LIMBS, "leaps", "other")
LONG = 0.2  # seconds: what is shorter is mended without a trace
NEAR = 0.3  # seconds between two stretches that are told as one
LEAP = 0.3  # of the torso: how far cleaning moves a joint that was found in a wrong place
TOLD = 3  # stretches in words
LEAPERS = (
    *(RIGHT_ELBOW, RIGHT_WRIST, RIGHT_KNEE, RIGHT_ANKLE, RIGHT_SHOULDER),
    *(LEFT_ELBOW, LEFT_WRIST, LEFT_KNEE, LEFT_ANKLE, LEFT_SHOULDER),
)


@dataclass(frozen=True)
class Doubt:
    """From start to end, in seconds of the dance, something is wrong. kind: of KINDS; serious: the dance will look
    wrong there, rather than be less rich."""

    start: float
    end: float
    kind: str
    serious: bool


def find_doubts(
    found: PoseSequence, cleaned: PoseSequence, *, fps: float, lost: Iterable[tuple[int, int]] = ()
) -> tuple[Doubt, ...]:
    """The stretches of a dance not to be trusted, by their start. found: as the models said; cleaned: made of it;
    lost: from which frame to which the dancer was out of sight among others, and may be one of them from then on.

    A limb that is hardly ever seen is no doubt: the dance does not show it.
    """
    seen = cleaned.visible
    somebody = ~is_away(cleaned.points)
    unseen = {limb: ~seen[:, list(joints)].any(1) & somebody for limb, joints in LIMBS.items()}
    unseen = {limb: gone for limb, gone in unseen.items() if gone.sum() < 0.9 * max(somebody.sum(), 1)}
    many = np.sum([*unseen.values()], axis=0) >= 2 if unseen else np.zeros(len(seen), bool)
    leaps = np.concatenate([_leaps(found.points[shot], cleaned.points[shot]) for shot in found.shots])
    doubts = []
    for kind, frames in {"nobody": ~somebody, **unseen, "leaps": leaps}.items():
        for start, end in _stretches(frames, fps=fps):
            part = slice(round(start * fps), round(end * fps))
            serious = kind == "nobody" or (kind != "leaps" and bool(many[part].mean() > 0.5))
            doubts.append(Doubt(start, end, kind, serious))
    doubts.extend(Doubt(round(last / fps, 2), round(again / fps, 2), "other", serious=False) for last, again in lost)
    return tuple(sorted(doubts, key=lambda doubt: (doubt.start, doubt.end)))


def _leaps(raw: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """In which frames of a shot, f bool, some joint had to be put right, or was so far off that it was dropped; that
    the end of a limb was dropped is told as that limb's being out of sight. raw, clean: f 134 3."""
    if (torso := torso_length(raw)) is None:
        return np.zeros(len(raw), bool)
    before, after = raw[:, LEAPERS, 2] > VISIBLE, clean[:, LEAPERS, 2] > VISIBLE
    off = np.linalg.norm(raw[:, LEAPERS, :2] - clean[:, LEAPERS, :2], axis=-1)
    dropped = ~after & ~np.isin(LEAPERS, [joint for joints in LIMBS.values() for joint in joints])
    return (before & (dropped | after & (off > LEAP * torso))).any(1)


def _stretches(frames: np.ndarray, *, fps: float) -> Iterator[tuple[float, float]]:
    """Start and end, seconds, of the runs of frames f bool; near ones joined, short ones left out."""
    near: list[list[int]] = []
    for first, last in runs(frames):
        if near and (first - near[-1][1]) / fps < NEAR:
            near[-1][1] = last
        else:
            near.append([first, last])
    for first, last in near:
        if (last - first) / fps >= min(LONG, 0.5 * len(frames) / fps):
            yield round(first / fps, 2), round(last / fps, 2)


def told_moments(frames: np.ndarray, *, fps: float) -> str:
    """Runs of frames f bool in seconds: "0–0.5, 1.6, 3.1–3.6"; the longest ones where there are many."""
    every = runs(frames)
    longest = sorted(every, key=lambda run: run[0] - run[1])[:TOLD]
    parts = ["–".join(dict.fromkeys(f"{edge / fps:.1f}" for edge in run)) for run in sorted(longest)]
    return ", ".join(parts) + (" …" if len(every) > TOLD else "")
