"""A small synthesiser: drums, basses, bells, strings, and a tape to lay them on."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy import ndarray

RATE = 48_000  # samples a second
Voice = Callable[[float, float], ndarray]  # hertz, seconds -> samples
Note = tuple[float, float, float]  # a beat, a pitch as in MIDI, a length in beats


def _time(seconds: float) -> ndarray:
    return np.arange(int(seconds * RATE)) / RATE


def _fall(seconds: float, half: float, *, attack: float = 0.004) -> ndarray:
    """A quick rise, then a fall to a half in `half` seconds, and a soft end."""
    t = _time(seconds)
    end = np.clip((seconds - t) / 0.012, 0, 1)
    return np.clip(t / attack, 0, 1) * 0.5 ** (t / half) * end


def _harmonics(hertz: float, seconds: float, shares: list[float]) -> ndarray:
    t = _time(seconds)
    return sum((share * np.sin(2 * np.pi * hertz * (n + 1) * t) for n, share in enumerate(shares)), np.zeros_like(t))


def _softened(sound: ndarray, hertz: float) -> ndarray:
    """The sound without what lies above a frequency."""
    spectrum = np.fft.rfft(sound, len(sound) + RATE // 20)
    frequency = np.fft.rfftfreq(len(sound) + RATE // 20, 1 / RATE)
    return np.fft.irfft(spectrum / np.sqrt(1 + (frequency / hertz) ** 4), len(sound) + RATE // 20)[: len(sound)]


def kick(hertz: float = 50.0, seconds: float = 0.3) -> ndarray:
    t = _time(seconds)
    sweep = hertz * t + 110 / 22 * (1 - np.exp(-22 * t))
    return np.sin(2 * np.pi * sweep) * _fall(seconds, 0.07, attack=0.001) * 1.1


def snare(hertz: float = 185.0, seconds: float = 0.2) -> ndarray:
    noise = np.random.default_rng(1).normal(0, 0.4, len(_time(seconds)))
    return noise * _fall(seconds, 0.035, attack=0.001) + 0.5 * _harmonics(hertz, seconds, [1, 0.4]) * _fall(
        seconds, 0.03
    )


def clap(hertz: float = 0.0, seconds: float = 0.22) -> ndarray:
    del hertz
    noise = np.random.default_rng(2).normal(0, 0.45, len(_time(seconds)))
    body = noise - _softened(noise, 700.0)
    strokes = sum(
        (np.roll(_fall(seconds, 0.008, attack=0.001), int(shift * RATE)) for shift in (0, 0.011, 0.022)),
        np.zeros(len(noise)),
    )
    return body * (0.5 * strokes + 0.5 * _fall(seconds, 0.04))


def hat(hertz: float = 0.0, seconds: float = 0.07) -> ndarray:
    del hertz
    noise = np.random.default_rng(3).normal(0, 0.35, len(_time(seconds)))
    return (noise - _softened(noise, 6500.0)) * _fall(seconds, seconds / 4, attack=0.001)


def bass(hertz: float, seconds: float) -> ndarray:
    return _softened(_harmonics(hertz, seconds, [1, 0.55, 0.35, 0.25, 0.16, 0.1]), 900.0) * _fall(seconds, 0.35)


def pluck(hertz: float, seconds: float) -> ndarray:
    return _harmonics(hertz, seconds, [1, 0.5, 0.22, 0.16, 0.08]) * _fall(seconds, 0.11)


def bell(hertz: float, seconds: float) -> ndarray:
    t = _time(seconds)
    ring = np.sin(2 * np.pi * hertz * t + 1.6 * np.sin(2 * np.pi * hertz * 3.5 * t) * 0.5 ** (t / 0.08))
    return ring * _fall(seconds, 0.16)


def lead(hertz: float, seconds: float) -> ndarray:
    t = _time(seconds)
    vibrato = 0.35 * np.sin(2 * np.pi * 5.5 * t) * np.clip(t / 0.15, 0, 1)
    phase = 2 * np.pi * hertz * t + vibrato
    wave = sum((np.sin(phase * n) / n**1.3 for n in (1, 2, 3, 4, 5)), np.zeros_like(t))
    return wave * np.clip(t / 0.012, 0, 1) * np.clip((seconds - t) / 0.05, 0, 1) * 0.7


def pad(hertz: float, seconds: float) -> ndarray:
    voices = sum(
        (_harmonics(hertz * tune, seconds, [1, 0.5, 0.33, 0.25, 0.2]) for tune in (0.996, 1.0, 1.005)),
        np.zeros(len(_time(seconds))),
    )
    t = _time(seconds)
    return _softened(voices, 1500.0) * np.clip(t / 0.03, 0, 1) * np.clip((seconds - t) / 0.08, 0, 1) * 0.33


def zap(hertz: float, seconds: float) -> ndarray:
    t = _time(seconds)
    return (
        np.sign(np.sin(2 * np.pi * (hertz * t - hertz * 0.7 * t * t / max(seconds, 1e-3) / 2)))
        * 0.35
        * _fall(seconds, 0.06)
    )


class Tape:
    """A piece that goes round: what rings on at its end is heard at its start."""

    def __init__(self, seconds: float, tempo: float):
        self.sound = np.zeros((round(seconds * RATE), 2))
        self.beat = 60 / tempo

    def play(
        self,
        voice: Voice,
        notes: Sequence[Note],
        *,
        volume: float,
        side: float = 0.0,
        held: float = 1.0,
    ) -> None:
        """Notes; side: -1 left .. 1 right. held: the share of a note's length that it sounds."""
        for beat, pitch, length in notes:
            tone = voice(440 * 2 ** ((pitch - 69) / 12), max(length * held * self.beat, 0.05)) * volume
            at = (round(beat * self.beat * RATE) + np.arange(len(tone))) % len(self.sound)
            self.sound[at, 0] += tone * min(1.0, 1 - side)
            self.sound[at, 1] += tone * min(1.0, 1 + side)

    def strike(self, drum: Callable[[], ndarray], beats: list[float], *, volume: float, side: float = 0.0) -> None:
        """A drum at beats."""
        self.play(lambda hertz, seconds: drum(), [(beat, 60, 0.1) for beat in beats], volume=volume, side=side)

    def echoed(self, beats: float, share: float) -> None:
        """Adds an echo that changes sides."""
        delayed = np.roll(self.sound[:, ::-1], round(beats * self.beat * RATE), axis=0)
        self.sound += share * delayed

    def finished(self) -> ndarray:
        """Samples n 2 in -1..1, as loud as is clean."""
        warm = np.tanh(self.sound * 1.3 / np.quantile(np.abs(self.sound), 0.999))
        return (warm * 0.82).astype(np.float32)


def line(text: str, *, start: float = 0.0, step: float = 0.5) -> list[Note]:
    """Notes from pitches written one after the other; "." is a rest and "-" holds the note before."""
    notes: list[Note] = []
    for index, word in enumerate(text.split()):
        if word == "-" and notes:
            beat, pitch, length = notes[-1]
            notes[-1] = (beat, pitch, length + step)
        elif word != ".":
            notes.append((start + index * step, float(word), step))
    return notes
