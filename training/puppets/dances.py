"""The four example dances, as key poses on beats."""

from training.puppets.choreography import Dance
from training.puppets.moves import arms, each


def subject_three() -> Dance:
    """Waving hands, half-crossed feet: the step of «Subject Three»."""
    sway = [(-0.05,), (0.05,)] * 8
    lean = [(-0.12,), (0.12,)] * 8
    low = [("inward", "open"), ("open", "inward")]
    high = [("high in", "wave out"), ("wave out", "high in")]
    brush = [("brush", "hip"), ("cool", "hip"), ("hip", "brush"), ("hip", "cool")]
    hands = [*low * 3, *high, *low * 2, *brush]
    flips = [(0.75, 0.7, 0.75, -0.7), (0.75, -0.7, 0.75, 0.7)] * 8
    left_crosses, right_crosses = (-0.085, 0.0, -0.03, -0.135, 0.0, 0.12), (0.135, 0.0, 0.12, 0.085, 0.0, -0.03)
    apart = (-0.085, 0.0, 0.0, 0.085, 0.0, 0.0)
    return Dance(
        name="subject-three",
        tempo=150,
        beats=16,
        keys={
            "sway": each(sway),
            "lean": each(lean),
            "turn": each([0.22, -0.22] * 8),
            "head": each(
                [(0.12, 0.12, 0.02), (-0.12, -0.12, 0.02)] * 4
                + [(0.1, 0.1, -0.1), (-0.1, -0.1, -0.1)] * 2
                + [(0.15, 0.16, 0.1), (-0.15, -0.16, 0.1)] * 2
            ),
            "arms": arms(*((float(beat), *pair) for beat, pair in enumerate(hands))),
            "hands": each(flips),
            "feet": each([left_crosses, apart, right_crosses, apart] * 4),
            "toes": each([(0.5, -0.3), (0.6, 0.6), (-0.3, 0.5), (0.6, 0.6)] * 4),
            "drop": each([0.012, 0.012], every=8),
        },
        snap=0.95,
        bounce=0.03,
        grin=each([0.35, 0.8, 0.35, 0.95], every=4),
    )


def disco() -> Dance:
    """Pointing up and down, rolling hands, on a hip that swings."""
    up_right, down_right = ("point up", "hip"), ("point down", "hip")
    up_left, down_left = ("hip", "point up"), ("hip", "point down")
    pairs = [up_right, down_right] * 2 + [up_left, down_left] * 2
    rolls = [("roll up", "roll down"), ("roll down", "roll up")] * 2 + [("roll up", "roll down")]
    keys = [(float(beat), *pair) for beat, pair in enumerate(pairs)]
    keys += [(8 + index * 0.5, *pair) for index, pair in enumerate(rolls)] + [(11.0, "high", "high")]
    out, together = (-0.115, 0.0, 0.0, 0.115, 0.0, 0.0), (-0.05, 0.0, 0.0, 0.115, 0.0, 0.0)
    return Dance(
        name="disco",
        tempo=120,
        beats=12,
        keys={
            "sway": each([0.045, -0.03] * 2 + [-0.045, 0.03] * 2 + [0.03, -0.03, 0.03, 0.0]),
            "lean": each([-0.13, 0.1] * 2 + [0.13, -0.1] * 2 + [0.07, -0.07, 0.07, 0.0]),
            "turn": each([-0.28, 0.25] * 2 + [0.28, -0.25] * 2 + [0.2, -0.2, 0.2, 0.0]),
            "head": each(
                [(-0.2, -0.12, -0.22), (0.18, 0.08, 0.15)] * 2
                + [(0.2, 0.12, -0.22), (-0.18, -0.08, 0.15)] * 2
                + [(0.1, 0.12, 0), (-0.1, -0.12, 0), (0.1, 0.12, 0), (0.0, 0.0, -0.2)]
            ),
            "arms": arms(*keys),
            "hands": each(
                [(0.1, 0.0, 0.4, 0.0)] * 8
                + [(0.2, 0.3, 0.2, 0.3), (0.2, 0.3, 0.2, 0.3), (0.9, 0, 0.9, 0), (0.9, 0, 0.9, 0)]
            ),
            "feet": each(
                [out, out, out, out, out, out, out, together, out, (-0.115, 0.0, 0.0, 0.05, 0.0, 0.0), out, out]
            ),
            "toes": each(
                [(0.2, 0.75), (0.75, 0.2)] * 2
                + [(0.75, 0.2), (0.2, 0.75)] * 2
                + [(0.6, 0.2), (0.2, 0.6), (0.6, 0.2), (0.45, 0.45)]
            ),
            "drop": each([0.0, 0.03] * 4 + [0.035, 0.035, 0.035, 0.0]),
        },
        snap=0.8,
        bounce=0.016,
        grin=each([0.2, 0.6, 0.9], every=4),
    )


def hip_hop() -> Dance:
    """A bounce with kicks, folds and leans, twice a beat."""
    half = 0.5
    right_kick = (-0.1, 0.09, 0.16, 0.08, 0.0, -0.02)
    left_kick = (-0.08, 0.0, -0.02, 0.1, 0.09, 0.16)
    base, wide = (-0.085, 0.0, 0.0, 0.085, 0.0, 0.0), (-0.13, 0.0, 0.0, 0.13, 0.0, 0.0)
    feet = [
        base,
        right_kick,
        base,
        left_kick,
        wide,
        wide,
        (-0.05, 0.0, 0.03, 0.13, 0.0, 0.0),
        wide,
        base,
        right_kick,
        base,
        left_kick,
        wide,
        wide,
        (-0.13, 0.0, 0.0, 0.05, 0.0, 0.03),
        wide,
    ]
    pairs = [
        ("elbow", "back"),
        ("back", "elbow"),
        ("elbow", "back"),
        ("back", "elbow"),
        ("folded", "folded"),
        ("side", "side"),
        ("wave out", "cool"),
        ("goalpost", "hang"),
        ("back", "elbow"),
        ("elbow", "back"),
        ("back", "elbow"),
        ("elbow", "back"),
        ("folded", "folded"),
        ("goalpost", "goalpost"),
        ("cool", "wave out"),
        ("high", "high"),
    ]
    return Dance(
        name="hip-hop",
        tempo=80,
        beats=8,
        keys={
            "sway": each(
                [0.0, 0.03, 0.0, -0.03, 0.0, 0.0, 0.05, 0.0, 0.0, 0.03, 0.0, -0.03, 0.0, 0.0, -0.05, 0.0], every=half
            ),
            "lean": each(
                [0.0, 0.08, 0.0, -0.08, 0.0, 0.0, 0.15, 0.0, 0.0, 0.08, 0.0, -0.08, 0.0, 0.0, -0.15, 0.0], every=half
            ),
            "turn": each(
                [0.25, -0.15, -0.25, 0.15, 0.0, 0.0, 0.35, 0.0, -0.25, -0.15, 0.25, 0.15, 0.0, 0.0, -0.35, 0.0],
                every=half,
            ),
            "head": each(
                [
                    (0.1, 0.05, 0.1),
                    (0.0, -0.08, 0.0),
                    (-0.1, -0.05, 0.1),
                    (0.0, 0.08, 0.0),
                    (0.0, 0.0, 0.2),
                    (0.0, 0.0, -0.1),
                    (0.15, 0.15, 0.1),
                    (0.0, 0.0, -0.15),
                ]
                * 2,
                every=half,
            ),
            "arms": arms(*((index * half, *pair) for index, pair in enumerate(pairs))),
            "hands": each(
                [(0.2, 0.0, 0.2, 0.0)] * 4
                + [(0.3, 0.2, 0.3, 0.2), (1.0, 0.0, 1.0, 0.0), (0.8, 0.3, 0.3, 0.0), (0.8, 0, 0.3, 0)]
                + [(0.2, 0.0, 0.2, 0.0)] * 4
                + [(0.3, 0.2, 0.3, 0.2), (1.0, 0.0, 1.0, 0.0), (0.3, 0.0, 0.8, 0.3), (1.0, 0, 1.0, 0)],
                every=half,
            ),
            "feet": each(feet, every=half),
            "toes": each(
                [(0.4, 0.4), (0.2, 0.5), (0.4, 0.4), (0.5, 0.2), (0.5, 0.5), (0.5, 0.5), (0.1, 0.7), (0.5, 0.5)] * 2,
                every=half,
            ),
            "drop": each([0.02, 0.0, 0.02, 0.0, 0.07, 0.02, 0.05, 0.01] * 2, every=half),
        },
        snap=0.8,
        bounce=0.028,
        pulse=2.0,
        springs={"arms": (3.2, 0.52), "hands": (2.8, 0.4)},
        grin=each([0.15, 0.7, 0.3, 0.85], every=2),
    )


def robot() -> Dance:
    """Sharp poses that snap and quiver."""
    pairs = [
        ("elbow", "hang"),
        ("hang", "elbow"),
        ("scarecrow", "goalpost"),
        ("goalpost", "scarecrow"),
        ("side", "elbow"),
        ("elbow", "side"),
        ("reach", "reach"),
        ("goalpost", "goalpost"),
        ("scarecrow", "scarecrow"),
        ("high", "hip"),
        ("hip", "high"),
        ("elbow", "elbow"),
    ]
    stand, right_up, left_up = (
        (-0.085, 0, 0, 0.085, 0, 0),
        (-0.085, 0.07, 0.06, 0.085, 0, 0),
        (-0.085, 0, 0, 0.085, 0.07, 0.06),
    )
    return Dance(
        name="robot",
        tempo=125,
        beats=12,
        keys={
            "sway": each([0.02, -0.02, 0.0, 0.0, -0.03, 0.03, 0.0, 0.0, 0.0, 0.02, -0.02, 0.0]),
            "lean": each([0.0, 0.0, 0.12, -0.12, 0.0, 0.0, 0.0, 0.0, 0.0, -0.1, 0.1, 0.0]),
            "turn": each([0.35, -0.35, 0.0, 0.0, -0.4, 0.4, 0.0, 0.0, 0.0, 0.2, -0.2, 0.0]),
            "head": each(
                [
                    (-0.4, 0.0, 0.0),
                    (0.4, 0.0, 0.0),
                    (0.0, 0.25, 0.0),
                    (0.0, -0.25, 0.0),
                    (-0.35, 0.0, 0.0),
                    (0.35, 0.0, 0.0),
                    (0.0, 0.0, 0.2),
                    (0.0, 0.0, -0.15),
                    (0.0, 0.0, 0.15),
                    (-0.3, 0.15, -0.1),
                    (0.3, -0.15, -0.1),
                    (0.0, 0.0, 0.0),
                ]
            ),
            "arms": arms(*((float(beat), *pair) for beat, pair in enumerate(pairs))),
            "hands": each([(0.1, 0.0, 0.1, 0.0), (1.0, 0.0, 1.0, 0.0)] * 6),
            "feet": each(
                [right_up, left_up, stand, stand, left_up, right_up, stand, stand, stand, left_up, right_up, stand]
            ),
            "toes": each([(0.3, 0.3)] * 2, every=6),
            "drop": each([0.0, 0.0, 0.03, 0.03, 0.0, 0.0, 0.05, 0.0, 0.04, 0.0, 0.0, 0.0]),
        },
        snap=0.55,
        bounce=0.008,
        springs={"arms": (5.5, 0.38), "hands": (6.0, 0.5), "head": (5.5, 0.4), "lean": (5.5, 0.4), "turn": (5.5, 0.4)},
        grin=each([0.1, 1.0], every=0.5)[:2] + each([0.1, 1.0] * 11, start=1.0, every=0.5),
    )
