"""The music of the four party dances: one score for each, exactly on its beat."""

from collections.abc import Callable

from training.puppets.synth import Note, Tape, bass, bell, clap, hat, kick, lead, line, pad, pluck, snare

Beats = list[float]


def _every(step: float, length: float, start: float = 0.0) -> Beats:
    return [start + index * step for index in range(round((length - start) / step))]


def _chord(beats: Beats, length: float, pitches: list[int]) -> list[Note]:
    return [(beat, pitch, length) for beat in beats for pitch in pitches]


def waltz(tape: Tape) -> None:
    """A music box over strings, one deep note and two light chords a bar."""
    tape.strike(kick, _every(3, 12), volume=0.75)
    tape.strike(hat, _every(1, 12), volume=0.28, side=0.2)
    tape.strike(hat, [beat for bar in range(4) for beat in (bar * 3 + 1, bar * 3 + 2)], volume=0.3, side=-0.2)
    bars = [(48, [64, 67, 72]), (45, [64, 69, 72]), (41, [65, 69, 72]), (43, [62, 67, 71])]
    for bar, (root, notes) in enumerate(bars):
        tape.play(bass, [(bar * 3, root, 2.2)], volume=0.6)
        tape.play(pluck, _chord([bar * 3 + 1, bar * 3 + 2], 0.6, notes), volume=0.17, side=-0.25)
        tape.play(pad, _chord([bar * 3], 3, notes), volume=0.09)
    melody = line("79 - 76 - 72 74 76 - 72 - 69 - 77 - 74 - 72 69 71 - 74 - 79 77")
    tape.play(bell, melody, volume=0.34, side=0.25)
    tape.play(lead, [(beat, pitch - 12, length) for beat, pitch, length in melody], volume=0.1, held=0.95)
    tape.echoed(1.0, 0.15)


def charleston(tape: Tape) -> None:
    """Ragtime: a striding left hand, the dotted rhythm of the dance, woodblocks."""
    tape.strike(kick, _every(2, 16), volume=0.85)
    tape.strike(snare, _every(2, 16, 1), volume=0.42)
    tape.strike(hat, _every(1, 16), volume=0.35, side=0.25)
    bars = [(48, [64, 67, 70]), (45, [64, 67, 73]), (50, [66, 69, 72]), (43, [65, 67, 71])]
    for bar, (root, notes) in enumerate(bars):
        tape.play(bass, [(bar * 4, root, 0.8), (bar * 4 + 2, root + 7, 0.8)], volume=0.6)
        tape.play(pluck, _chord([bar * 4 + 1, bar * 4 + 3], 0.5, notes), volume=0.2, side=-0.3)
        tape.play(pad, _chord([bar * 4, bar * 4 + 1.5], 0.6, [note + 12 for note in notes]), volume=0.12, side=0.3)
    melody = "76 79 84 - . 82 81 79 76 73 76 - 69 - 73 76 78 81 84 - . 81 78 74 77 79 83 - 79 - 77 74"
    tape.play(pluck, line(melody), volume=0.32)
    tape.play(bell, line(melody), volume=0.13, side=0.35)
    tape.echoed(0.5, 0.08)


def bhangra(tape: Tape) -> None:
    """A drum with a deep and a bright side that never stands still, a plucked drone, a dancing tune."""
    tape.strike(kick, [beat + part for beat in range(8) for part in (0.0, 0.75)], volume=0.95)
    tape.strike(clap, _every(1, 8, 0.5), volume=0.4)
    tape.strike(snare, [beat + part for beat in range(8) for part in (0.25, 0.5)], volume=0.26, side=0.3)
    tape.strike(hat, _every(0.25, 8), volume=0.18, side=-0.3)
    tape.play(bass, [(beat + part, 38, 0.22) for beat in range(8) for part in (0.0, 0.5, 0.75)], volume=0.5)
    tape.play(pluck, [(beat * 0.5, 62 if beat % 2 else 50, 0.4) for beat in range(16)], volume=0.22, side=-0.35)
    tune = "74 74 75 78 79 - 78 75 74 - 72 74 75 74 72 - 74 74 75 78 79 81 79 78 75 - 74 72 74 - - ."
    tape.play(lead, line(tune, step=0.25), volume=0.3, held=0.85)
    tape.play(pluck, [(b, p + 12, n) for b, p, n in line(tune, step=0.25)], volume=0.14, side=0.35)
    tape.echoed(0.75, 0.1)


def twist(tape: Tape) -> None:
    """Rock and roll: a walking bass, a back beat, three chords."""
    tape.strike(kick, _every(1, 12), volume=0.85)
    tape.strike(snare, _every(2, 12, 1), volume=0.55)
    tape.strike(clap, _every(2, 12, 1), volume=0.3)
    tape.strike(hat, _every(0.5, 12), volume=0.3, side=0.25)
    walk = "45 49 52 54 55 54 52 49 50 54 57 59 45 49 52 54 52 56 50 54 45 49 52 44"
    tape.play(bass, line(walk), volume=0.55)
    chords = [(0, [61, 64, 67]), (2, [61, 64, 67]), (4, [62, 66, 69]), (6, [61, 64, 67]), (8, [62, 68, 71])]
    for beat, notes in [*chords, (10, [61, 64, 69])]:
        tape.play(pluck, _chord([beat + 0.5, beat + 1.5], 0.3, notes), volume=0.2, side=-0.35)
    riff = "81 - 79 76 . 73 76 - 81 83 81 78 . 74 78 - 80 - 76 78 73 76 69 -"
    tape.play(lead, line(riff), volume=0.26, held=0.8)
    tape.play(pluck, [(b, p - 12, n) for b, p, n in line(riff)], volume=0.16, side=0.3)
    tape.echoed(0.5, 0.12)


SONGS: dict[str, Callable[[Tape], None]] = {
    "waltz": waltz,
    "charleston": charleston,
    "bhangra": bhangra,
    "twist": twist,
}
