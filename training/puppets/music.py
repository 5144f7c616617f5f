"""The music of the example dances: one score for each, exactly on its beat."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy import ndarray

from training.puppets.choreography import Dance
from training.puppets.songs import SONGS
from training.puppets.synth import RATE, Note, Tape, bass, bell, clap, hat, kick, lead, line, pad, pluck, snare, zap


def _every(step: float, length: float, start: float = 0.0) -> list[float]:
    return list(np.arange(start, length, step))


def _chords(roots: Sequence[tuple[float, float, list[int]]]) -> list[Note]:
    """Notes of chords given as (beat, length, pitches)."""
    return [(beat, pitch, length) for beat, length, pitches in roots for pitch in pitches]


def subject_three(tape: Tape) -> None:
    """A bright folk-pop tune in five notes, with a busy dance beat."""
    tape.strike(kick, _every(1, 16), volume=0.9)
    tape.strike(clap, _every(2, 16, 1), volume=0.55)
    tape.strike(hat, _every(0.5, 16, 0.5), volume=0.4, side=0.25)
    tape.strike(hat, _every(0.25, 16), volume=0.14, side=-0.3)
    for bar, root in enumerate((45, 41, 43, 45)):
        tape.play(
            bass, [(bar * 4 + beat, root + (12 if beat % 1 else 0), 0.45) for beat in _every(0.5, 4)], volume=0.42
        )
    chords = [
        (bar * 4 + beat, 0.4, notes)
        for bar, notes in enumerate(([57, 60, 64], [57, 60, 65], [55, 59, 62], [57, 60, 64]))
        for beat in (0.5, 1.5, 2.5, 3.5)
    ]
    tape.play(pluck, _chords(chords), volume=0.16)
    melody = line("76 - 74 76 72 - 69 - 72 74 76 74 72 69 67 - 74 - 76 79 76 - 74 - 72 74 69 - 69 - 72 74")
    tape.play(lead, melody, volume=0.3, held=0.92)
    tape.play(bell, [(beat, pitch + 12, length) for beat, pitch, length in melody], volume=0.13, side=0.3)
    tape.echoed(0.75, 0.16)


def disco(tape: Tape) -> None:
    """Four on the floor, octave bass and strings."""
    tape.strike(kick, _every(1, 12), volume=0.95)
    tape.strike(clap, _every(2, 12, 1), volume=0.5)
    tape.strike(snare, _every(2, 12, 1), volume=0.3)
    tape.strike(hat, _every(1, 12, 0.5), volume=0.55, side=0.2)
    tape.strike(hat, _every(0.25, 12), volume=0.13, side=-0.25)
    for bar, root in enumerate((45, 50, 43)):
        tape.play(
            bass, [(bar * 4 + index * 0.5, root + (12 if index % 2 else 0), 0.42) for index in range(8)], volume=0.45
        )
    strings = [(0, 4, [69, 72, 76]), (4, 4, [69, 74, 77]), (8, 2, [67, 71, 74]), (10, 2, [68, 71, 76])]
    tape.play(pad, _chords(strings), volume=0.16)
    scratch = [
        (bar * 4 + beat, 0.2, notes)
        for bar, notes in enumerate(([64, 69, 72], [65, 69, 74], [62, 67, 71]))
        for beat in (0.5, 0.75, 1.5, 2.25, 2.75, 3.5)
    ]
    tape.play(pluck, _chords(scratch), volume=0.17, side=-0.4, held=0.8)
    tape.play(lead, line("81 - . 79 76 - 79 76 74 - . 76 77 - 76 74 71 - 74 71 76 - 80 -"), volume=0.2, held=0.9)
    tape.echoed(0.75, 0.13)


def hip_hop(tape: Tape) -> None:
    """A slow, swinging beat with a deep bass and a lazy piano."""
    swung = [beat + (0.08 if index % 2 else 0.0) for index, beat in enumerate(_every(0.25, 8))]
    tape.strike(kick, [0, 0.75, 2.5, 4, 4.75, 6.25, 6.5], volume=1.0)
    tape.strike(snare, [1, 3, 5, 7], volume=0.62)
    tape.strike(clap, [1, 3, 5, 7], volume=0.3)
    tape.strike(hat, swung, volume=0.28, side=0.2)
    tape.strike(hat, [3.625, 7.625, 7.75], volume=0.3, side=-0.2)
    tape.play(
        bass,
        [(0, 38, 0.7), (0.75, 38, 0.7), (2.5, 41, 0.8), (4, 34, 0.7), (4.75, 34, 0.7), (6.25, 36, 0.6), (7, 36, 0.9)],
        volume=0.75,
    )
    keys = [
        (0, 1.4, [62, 65, 69, 72]),
        (1.5, 0.5, [62, 65, 69]),
        (2.5, 1.2, [60, 65, 69]),
        (4, 1.4, [58, 62, 65, 69]),
        (5.5, 0.5, [58, 62, 65]),
        (6.25, 1.5, [60, 64, 67, 70]),
    ]
    tape.play(pluck, _chords(keys), volume=0.26)
    tape.play(
        bell,
        line("81 . 79 81 . . 77 - 76 . 74 . . 72 74 - 77 . 76 77 . . 74 - 72 . 74 . 76 - . .", step=0.25),
        volume=0.22,
        side=0.3,
    )
    tape.echoed(0.5, 0.18)


def robot(tape: Tape) -> None:
    """Blips, zaps and a clockwork arpeggio."""
    tape.strike(kick, _every(1, 12), volume=0.85)
    tape.strike(snare, _every(2, 12, 1), volume=0.45)
    tape.strike(hat, _every(0.5, 12, 0.5), volume=0.36, side=0.3)
    for bar, root in enumerate((40, 43, 38)):
        tape.play(
            bass, line(f"{root} . {root} {root + 12} . {root} {root + 10} {root + 12}", start=bar * 4), volume=0.48
        )
        run = " ".join(str(root + 24 + step) for step in (0, 7, 12, 15, 19, 15, 12, 7) * 2)
        tape.play(pluck, line(run, start=bar * 4, step=0.25), volume=0.2, side=-0.35, held=0.8)
    tape.play(
        zap, [(beat, 88 if index % 2 else 76, 0.3) for index, beat in enumerate(_every(2, 12))], volume=0.3, side=0.35
    )
    tape.play(bell, line("76 . 79 . 83 82 83 . 79 . 81 . 86 85 86 . 74 . 78 . 81 . 83 86"), volume=0.3)
    tape.echoed(0.75, 0.2)


SCORES: dict[str, Callable[[Tape], None]] = {
    "subject-three": subject_three,
    "disco": disco,
    "hip-hop": hip_hop,
    "robot": robot,
    **SONGS,
}


def composed(dance: Dance) -> ndarray:
    """The music n 2 of a dance, as long as the dance."""
    tape = Tape(dance.seconds, dance.tempo)
    SCORES[dance.name](tape)
    return tape.finished()


def write_sound(sound: ndarray, path: Path) -> Path:
    """Samples n 2 in -1..1 as an uncompressed track in a Matroska file, beside one black picture: a clip to take the
    sound from."""
    with av.open(str(path), "w", format="matroska") as container:
        picture = container.add_stream("ffv1", rate=25)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        black = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24").reformat(format="yuv420p")
        black.pts, black.time_base = 0, Fraction(1, 25)
        container.mux(picture.encode(black))
        container.mux(picture.encode(None))
        for start in range(0, len(sound), 4800):
            block = np.ascontiguousarray((sound[start : start + 4800] * 32767).astype(np.int16).reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
