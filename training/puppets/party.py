"""Four more example dances, as key poses on beats: waltz, Charleston, bhangra and twist."""

from training.puppets.choreography import Dance
from training.puppets.moves import arms, each

Feet = tuple[float, float, float, float, float, float]


def waltz() -> Dance:
    """Steps to the side that rise and fall in three, arms in wide curves."""
    right: list[Feet] = [(-0.13, 0, 0, 0.05, 0, 0), (-0.13, 0, 0, -0.02, 0, 0), (-0.13, 0, 0, -0.02, 0, 0)]
    left: list[Feet] = [(-0.06, 0, 0, 0.13, 0, 0), (0.02, 0, 0, 0.13, 0, 0), (0.02, 0, 0, 0.13, 0, 0)]
    right_bar, left_bar = ("curve high", "curve low"), ("curve low", "curve high")
    bars = [right_bar, left_bar, right_bar, left_bar]
    return Dance(
        name="waltz",
        tempo=140.625,
        beats=12,
        keys={
            "sway": each([-0.05, -0.075, -0.07, 0.05, 0.075, 0.07] * 2),
            "lean": each([0.1, 0.04, -0.06, -0.1, -0.04, 0.06] * 2),
            "turn": each([-0.32, -0.2, 0.0, 0.32, 0.2, 0.0] * 2),
            "head": each([(0.22, 0.1, 0.0), (0.12, 0.05, -0.12), (-0.22, -0.1, 0.0), (-0.12, -0.05, -0.12)], every=3),
            "arms": arms(*((bar * 3 + 1.0, *pair) for bar, pair in enumerate(bars))),
            "hands": each([(0.55, -0.25, 0.35, 0.2), (0.35, 0.2, 0.55, -0.25)] * 2, start=1.0, every=3),
            "feet": each([*right, *left] * 2),
            "toes": each([(0.5, 0.3), (0.3, 0.5)] * 2, every=3),
            "drop": each([0.045, 0.012, 0.0] * 4),
        },
        snap=1.0,
        bounce=0.004,
        springs={"arms": (2.0, 0.7), "hands": (2.2, 0.5), "lean": (2.4, 0.75), "turn": (2.2, 0.75)},
        grin=each([0.3, 0.6], every=6),
    )


def charleston() -> Dance:
    """Kicks to the front and the back on twisting feet, arms that swing against them, hands that shake."""
    stand: Feet = (-0.06, 0, 0, 0.06, 0, 0)
    front: Feet = (-0.09, 0.11, 0.17, 0.06, 0, 0)
    back: Feet = (-0.06, 0, 0, 0.09, 0.08, -0.12)
    other_front: Feet = (-0.06, 0, 0, 0.09, 0.11, 0.17)
    other_back: Feet = (-0.09, 0.08, -0.12, 0.06, 0, 0)
    wide: Feet = (-0.1, 0, 0, 0.1, 0, 0)
    one, two, jazz = ("swing front", "swing back"), ("swing back", "swing front"), ("jazz", "jazz")
    kicks = [one, two, two, one] * 2
    return Dance(
        name="charleston",
        tempo=187.5,
        beats=16,
        keys={
            "sway": each([-0.02, 0.02] * 6 + [-0.03, 0.03, -0.03, 0.0]),
            "lean": each([0.05, -0.08, -0.05, 0.08] * 2 + [-0.05, 0.08, 0.05, -0.08] + [0.1, -0.1, 0.1, 0.0]),
            "turn": each([0.15, -0.2, -0.15, 0.2] * 3 + [0.15, -0.15, 0.15, 0.0]),
            "head": each([(0.1, 0.12, 0.1), (0.0, -0.1, -0.05), (-0.1, -0.12, 0.1), (0.0, 0.1, -0.05)] * 4),
            "arms": arms(
                *((float(beat), *pair) for beat, pair in enumerate(kicks + kicks[:4])),
                *((12.0 + beat, *jazz) for beat in range(3)),
                (15.0, "high", "high"),
            ),
            "hands": each([(0.3, 0.0, 0.3, 0.0)] * 12 + [(1.0, 0.4, 1.0, -0.4), (1.0, -0.4, 1.0, 0.4)] * 2),
            "feet": each([stand, front, stand, back] * 2 + [stand, other_front, stand, other_back] + [wide, stand] * 2),
            "toes": each([(0.8, 0.8), (-0.35, -0.35)] * 8),
            "drop": each([0.03, 0.0] * 6 + [0.05, 0.01, 0.05, 0.0]),
        },
        snap=0.9,
        bounce=0.02,
        springs={"arms": (3.6, 0.5), "hands": (4.0, 0.4)},
        grin=each([0.5, 0.9, 0.4, 1.0], every=4),
    )


def bhangra() -> Dance:
    """Hops from foot to foot with both arms in the air, and shoulders that dance."""
    half = 0.5
    right_up: Feet = (-0.11, 0.085, 0.05, 0.11, 0, 0)
    left_up: Feet = (-0.11, 0, 0, 0.11, 0.085, 0.05)
    wide: Feet = (-0.11, 0, 0, 0.11, 0, 0)
    lamp, up, out = ("lamp", "lamp"), ("high", "high"), ("side", "side")
    pairs = [up, lamp, up, lamp, ("high", "hip"), ("lamp", "hip"), ("high", "hip"), ("lamp", "hip")]
    pairs += [up, lamp, up, lamp, ("hip", "high"), ("hip", "lamp"), out, up]
    hop = [right_up, wide, left_up, wide]
    return Dance(
        name="bhangra",
        tempo=93.75,
        beats=8,
        keys={
            "sway": each([0.03, 0.0, -0.03, 0.0] * 4, every=half),
            "lean": each(
                [0.08, 0.0, -0.08, 0.0, 0.12, 0.04, 0.12, 0.04] + [0.08, 0.0, -0.08, 0.0, -0.12, -0.04, 0, 0],
                every=half,
            ),
            "turn": each([0.22, 0.0, -0.22, 0.0] * 4, every=half),
            "head": each([(0.12, 0.14, 0.0), (0, 0, -0.12), (-0.12, -0.14, 0.0), (0, 0, -0.12)] * 4, every=half),
            "arms": arms(*((index * half, *pair) for index, pair in enumerate(pairs))),
            "hands": each([(0.9, 0.25, 0.9, -0.25), (0.9, -0.25, 0.9, 0.25)] * 8, every=half),
            "feet": each(hop * 4, every=half),
            "toes": each([(0.45, 0.45)] * 2, every=4),
            "drop": each([0.0, 0.05] * 8, every=half),
        },
        snap=0.85,
        bounce=0.02,
        pulse=2.0,
        springs={"arms": (3.8, 0.5), "hands": (3.2, 0.4)},
        grin=each([0.6, 1.0], every=2),
    )


def twist() -> Dance:
    """Hips that twist on the balls of the feet, elbows against them, lower and lower, and up again."""
    one, two = ("twist in", "twist out"), ("twist out", "twist in")
    turns = [-0.5, 0.5] * 6
    deep = [0.02, 0.03, 0.05, 0.07, 0.09, 0.11, 0.12, 0.1, 0.08, 0.05, 0.03, 0.02]
    lifted: Feet = (-0.11, 0.07, 0.03, 0.09, 0, 0)
    stand: Feet = (-0.09, 0, 0, 0.09, 0, 0)
    return Dance(
        name="twist",
        tempo=140.625,
        beats=12,
        keys={
            "sway": each([-0.02, 0.02] * 4 + [0.05, 0.03, 0.05, 0.0]),
            "lean": each([0.06, -0.06] * 4 + [-0.14, -0.1, -0.14, 0.0]),
            "turn": each(turns),
            "head": each([(0.3, 0.08, 0.05), (-0.3, -0.08, 0.05)] * 6),
            "arms": arms(*((float(beat), *(one if beat % 2 else two)) for beat in range(12))),
            "hands": each([(0.1, 0.15, 0.1, 0.15)] * 2, every=6),
            "feet": each([stand] * 8 + [lifted, lifted, lifted, stand]),
            "toes": each([(0.75, -0.35), (-0.35, 0.75)] * 6),
            "drop": each(deep),
        },
        snap=0.85,
        bounce=0.012,
        pulse=2.0,
        springs={"arms": (3.6, 0.55), "turn": (4.0, 0.6)},
        grin=each([0.2, 0.5, 0.9], every=4),
    )
