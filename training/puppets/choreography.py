"""Turns key poses on a beat into motion with weight: eased, bounced, with limbs, hair and cloth that follow through."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy import ndarray

from training.puppets.steps import CHANNELS, Track, standing

RATE = Fraction(25)  # frames a second

Key = tuple[float, Sequence[float]]  # a beat, and the values to have reached by then


@dataclass(frozen=True)
class Dance:
    """A dance that ends where it begins.

    tempo: beats a minute. beats: its length. keys: for each channel of steps.CHANNELS, values at beats; what is not
    named stays as it stands. snap: the share of the time before a key spent moving towards it. bounce: how far the
    hips sink, body heights, `pulse` times a beat. springs: for groups of channels, frequency in Hz and damping.
    grin: how wide the mouth opens, at beats.
    """

    name: str
    tempo: float
    beats: int
    keys: dict[str, list[Key]]
    snap: float = 0.85
    bounce: float = 0.012
    pulse: float = 1.0
    springs: dict[str, tuple[float, float]] = field(default_factory=dict)
    grin: list[Key] = field(default_factory=lambda: [(0.0, [0.4])])

    @property
    def frames(self) -> int:
        """How many frames it lasts."""
        return round(self.beats * 60 / self.tempo * RATE)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.frames / RATE)

    def beat(self) -> ndarray:
        """The beat at each frame."""
        return np.arange(self.frames) / float(RATE) * self.tempo / 60


SPRINGS = {"arms": (3.4, 0.6), "hands": (2.8, 0.42), "head": (3.0, 0.55), "lean": (3.5, 0.7), "turn": (3.5, 0.7)}
LIFT = 0.035  # of a foot that steps, body heights


def danced(dance: Dance) -> Track:
    """The track of a whole dance."""
    rest = standing(feet=0.07)
    beat, values = dance.beat(), {}
    for name, width in CHANNELS.items():
        keys = dance.keys.get(name) or [(0.0, rest[name])]
        frequency, damping = {**SPRINGS, **dance.springs}.get(name, (0.0, 0.0))
        lag = 2 * damping / (2 * np.pi * frequency) * dance.tempo / 60 if frequency else 0.0
        if name == "feet":
            track = _stepped(keys, beat, dance.beats)
        else:
            track = eased(keys, beat + lag, dance.beats, snap=dance.snap)
        values[name] = sprung(track, frequency, damping) if frequency else track
        assert values[name].shape == (dance.frames, width), name
    phase = beat * dance.pulse % 1
    values["drop"] = values["drop"] + dance.bounce * (0.5 + 0.5 * np.cos(2 * np.pi * phase))[:, None]
    values["head"] = values["head"] + [0, 0, 1] * (0.06 * np.cos(2 * np.pi * phase - 0.6))[:, None]
    return Track(values)


def eased(keys: list[Key], beat: ndarray, length: int, *, snap: float) -> ndarray:
    """Values t n at beats t, going round after `length` beats; each key is reached on its beat, softly."""
    times = np.array([time for time, _ in keys])
    wanted = np.array([value for _, value in keys], np.float64)
    if len(keys) == 1:
        return np.repeat(wanted, len(beat), 0)
    beat = beat % length
    after = np.searchsorted(times, beat, side="right") % len(times)
    before = after - 1
    start, end = times[before], times[after]
    start = np.where(start > beat, start - length, start)
    end = np.where(end <= beat, end + length, end)
    share = np.clip(1 - (end - beat) / np.maximum(end - start, 1e-6) / snap, 0, 1)
    share = (share**3 * (share * (6 * share - 15) + 10))[:, None]
    return wanted[before] * (1 - share) + wanted[after] * share


def sprung(track: ndarray, frequency: float, damping: float) -> ndarray:
    """The track t n followed by a spring: it lags, overshoots a little and settles. The track goes round."""
    step, omega = 1 / (8 * float(RATE)), 2 * np.pi * frequency
    place, speed = track[0].copy(), np.zeros_like(track[0])
    out = np.empty_like(track)
    for turn in range(3):  # until the start no longer matters
        for frame in range(len(track)):
            for fine in range(8):
                aim = track[frame] + (track[(frame + 1) % len(track)] - track[frame]) * fine / 8
                if turn or frame or fine:
                    speed += step * (omega**2 * (aim - place) - 2 * damping * omega * speed)
                    place += step * speed
                if fine == 0:
                    out[frame] = place
    return out


def _stepped(keys: list[Key], beat: ndarray, length: int) -> ndarray:
    """Feet t 6 that stand on their places, and step to a new one in the half beat before its key, in an arc."""
    times = [time for time, _ in keys]
    gaps = np.diff([*times, times[0] + length])
    feet = eased(keys, beat, length, snap=min(1.0, 0.55 / float(gaps.min())))
    for side in (0, 1):
        moving = np.hypot(np.gradient(feet[:, side * 3]), np.gradient(feet[:, side * 3 + 2]))
        feet[:, side * 3 + 1] += LIFT * np.clip(moving / 0.012, 0, 1)
    return feet


def swings(joint: ndarray, *, frequency: float = 1.7, damping: float = 0.3, most: float = 26.0) -> ndarray:
    """How far loose things t 2 lag behind a joint t 2, in its pixels."""
    lag = (sprung(joint, frequency, damping) - joint) * [1.0, 0.6]
    length = np.linalg.norm(lag, axis=1, keepdims=True)
    return lag * np.tanh(length / most) * most / np.maximum(length, 1e-6)


def blinks(frames: int) -> ndarray:
    """Eyes t: closed for a moment every two and a half seconds."""
    blink = np.zeros(frames)
    for start in range(34, frames - 6, 63):
        blink[start : start + 5] = [0.4, 1.0, 1.0, 0.7, 0.3]
    return blink
