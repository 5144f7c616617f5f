"""Dances for training: named moves of arms, legs and body, strung together on a beat."""

import numpy as np
from numpy import ndarray

from training.puppets.body import Angles
from training.puppets.recipe import Split, in_split

# upper arm out, towards the viewer, forearm bend, its way towards the viewer
ARMS = {
    "hang": (0.18, 0.0, 0.08, 0.1),
    "low": (0.6, 0.0, 0.15, 0.1),
    "out": (1.5, 0.0, 0.08, 0.0),
    "up": (2.75, 0.1, 0.15, 0.1),
    "wave": (1.25, 0.1, 1.6, 0.1),
    "flex": (1.5, 0.0, 1.55, 0.0),
    "cheer": (2.2, 0.1, 0.35, 0.0),
    "hip": (0.75, -0.25, -1.75, 0.1),
    "chest": (0.45, 0.35, -2.05, 0.5),
    "head": (2.05, 0.1, 1.9, 0.0),
    "front": (0.3, 1.0, 0.1, 0.7),
    "elbows": (1.35, 0.1, -1.5, 0.2),
    "across": (-0.1, 0.5, -0.7, 0.5),
    "back": (0.35, -0.6, 0.1, -0.4),
}
# thigh out, forward, knee bent
LEGS = {
    "stand": (0.06, 0.0, 0.03),
    "wide": (0.33, 0.05, 0.06),
    "step": (0.1, 0.45, 0.35),
    "kick": (0.3, 0.85, 0.15),
    "lift": (0.15, 1.1, 1.6),
    "side kick": (0.75, 0.15, 0.1),
    "squat": (0.42, 0.6, 1.2),
    "cross": (-0.2, 0.12, 0.12),
    "behind": (-0.12, -0.25, 0.5),
}
# turn, lean, sway, head turned, tilted, nodded
BODIES = {
    "still": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "left": (0.6, 0.08, 0.04, 0.3, 0.1, 0.0),
    "right": (-0.6, -0.08, -0.04, -0.3, -0.1, 0.0),
    "lean left": (0.1, 0.22, 0.03, 0.0, 0.2, 0.0),
    "lean right": (-0.1, -0.22, -0.03, 0.0, -0.2, 0.0),
    "nod": (0.0, 0.0, 0.0, 0.0, 0.0, 0.25),
    "profile": (0.95, 0.05, 0.0, 0.15, 0.0, 0.0),
    "look away": (0.0, 0.0, 0.0, 0.55, 0.15, -0.1),
    "look down": (0.0, 0.05, 0.0, 0.1, 0.1, 0.35),
}
ROUND = 0.2  # of the dances go round, or show the back
KEYS = 6
LAG = 0.12  # seconds by which hair and cloth are behind
COLUMNS = 6 + 8 + 4 + 6  # body, two arms, two hands, two legs


def sample_dance(
    rng: np.random.Generator, split: Split, *, frames: int, rate: float, spread: bool
) -> tuple[Angles, Angles, tuple[str, ...]]:
    """A dance of the split in `frames` frames at `rate` a second: its poses, those a little earlier, and its recipe:
    the moves it is made of.

    spread: poses far apart in time, in no order, instead of a continuous dance. The first frame stands for itself:
    it is the character's picture, mostly calm and from the front.
    """
    while True:
        arms = [str(rng.choice(list(ARMS))) for _ in range(4)]
        legs = [str(rng.choice(list(LEGS))) for _ in range(2)]
        bodies = [str(rng.choice(list(BODIES))) for _ in range(2)]
        if in_split((*arms, *legs, *bodies), split):
            break
    keys = np.stack([_key(rng, arms, legs, bodies) for _ in range(KEYS)])
    calm = _key(rng, ["hang"], ["stand"], ["still"], loose=0.3)
    keys = calm + (keys - calm) * (1.0 if rng.random() < 0.55 else rng.uniform(0.35, 1.0))
    if rng.random() < 0.2:  # only the arms dance
        keys[:, 18:] = calm[18:]
    if rng.random() < ROUND:
        turned = rng.random(KEYS) < 0.5
        keys[turned, 0] += rng.choice((-1, 1)) * rng.uniform(1.2, np.pi, turned.sum())
    beats, hold = rng.uniform(1.2, 2.4), int(rng.integers(1, 3))
    time = rng.uniform(0, 40, frames) if spread else rng.uniform(0, 10) + np.arange(frames) / rate
    swing = rng.uniform(0, 0.12, COLUMNS) * (rng.random(COLUMNS) < 0.5) * np.array([1, 0.5, 0.1, 1, 1, 1] + [1] * 18)
    harmonic, phase = rng.integers(1, 3, COLUMNS), rng.uniform(0, 2 * np.pi, COLUMNS)
    quick = rng.uniform(0.55, 0.95)
    hop = rng.uniform(0.02, 0.07) if rng.random() < 0.15 else 0.0
    still = calm + rng.uniform(0, 1) * (keys[0] - calm) if rng.random() < 0.5 else calm
    still[[0, 3]] = still[[0, 3]].clip(-0.5, 0.5)

    def at(time: ndarray) -> Angles:
        beat = time * beats / hold
        share = np.clip((beat - np.floor(beat)) / quick, 0, 1)
        share = (share * share * (3 - 2 * share))[:, None]
        before = np.floor(beat).astype(int)
        track = keys[before % KEYS] * (1 - share) + keys[(before + 1) % KEYS] * share
        track = track + swing * np.sin(np.pi * beats * harmonic * time[:, None] + phase)
        lift = hop * np.abs(np.sin(np.pi * beats * time))
        track[0], lift[0] = still, 0
        return _angles(track, lift)

    return at(time), at(time - LAG), (*arms, *legs, *bodies)


def _key(
    rng: np.random.Generator, arms: list[str], legs: list[str], bodies: list[str], *, loose: float = 1.0
) -> ndarray:
    """One key pose from the allowed moves; some limbs rest."""

    def pick(names: list[str], rest: str) -> str:
        return rest if rng.random() < 0.18 else names[int(rng.integers(len(names)))]

    def shake(size: int) -> ndarray:
        return rng.normal(0, 0.16 * loose, size)

    body = np.array(BODIES[pick(bodies, "still")]) + shake(6) * np.array([0.8, 0.3, 0.1, 0.8, 0.5, 0.5])
    arm = [np.array(ARMS[pick(arms, "hang")]) + shake(4) for _ in range(2)]
    hands = np.array([rng.random(), rng.normal(0, 0.25), rng.random(), rng.normal(0, 0.25)])
    moved = pick(legs, "stand")
    leg = [np.array(LEGS[moved]) + shake(3) * 0.4, np.array(LEGS[moved if moved in ("wide", "squat") else "stand"])]
    if rng.random() < 0.5:
        leg.reverse()
    return np.concatenate([body, *arm, hands, *leg])


def _angles(track: ndarray, lift: ndarray) -> Angles:
    frames = len(track)
    legs = track[:, 18:24].reshape(frames, 2, 3)
    legs = np.concatenate([legs[..., :2], legs[..., 2:].clip(0, 2.2)], -1)
    return Angles(
        turn=track[:, 0],
        lean=track[:, 1],
        sway=track[:, 2],
        lift=lift,
        head=track[:, 3:6].clip(-0.7, 0.7),
        arms=track[:, 6:14].reshape(frames, 2, 4),
        hands=track[:, 14:18].reshape(frames, 2, 2),
        legs=legs,
    )
