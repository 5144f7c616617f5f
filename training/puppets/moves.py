"""The words that dances are written in: poses of arms by name, and keys on beats."""

from training.puppets.choreography import Key

# One arm: out from hanging, towards the viewer, the forearm's bend, its own way towards the viewer.
ARM = {
    "hang": (0.3, 0.0, 0.15, 0.15),
    "open": (0.55, 0.15, 1.25, 0.35),
    "inward": (0.2, 0.3, -1.5, 0.6),
    "high": (2.65, 0.1, 0.12, 0.1),
    "high in": (2.45, 0.15, 0.75, 0.15),
    "wave out": (1.55, 0.1, 0.75, 0.1),
    "point up": (2.3, 0.1, 0.05, 0.1),
    "point down": (-0.35, 0.55, -0.25, 0.55),
    "hip": (0.85, -0.15, -1.85, 0.25),
    "side": (1.5, 0.05, 0.05, 0.05),
    "scarecrow": (1.5, 0.05, -1.5, 0.15),
    "goalpost": (1.5, 0.05, 1.5, 0.05),
    "elbow": (0.3, 0.05, 1.3, 0.6),
    "reach": (0.35, 0.75, 0.25, 0.8),
    "folded": (0.5, 0.4, -1.9, 0.75),
    "roll up": (0.5, 0.35, -1.45, 0.9),
    "roll down": (0.45, 0.3, -1.05, 0.75),
    "brush": (0.55, 0.45, -2.35, 0.55),
    "back": (0.65, -0.35, 0.5, -0.15),
    "cool": (0.6, 0.2, -0.9, 0.5),
    "curve high": (2.2, 0.15, 0.55, 0.2),
    "curve low": (0.8, 0.2, 0.5, 0.3),
    "swing front": (0.25, 0.85, -0.25, 0.9),
    "swing back": (0.55, -0.45, 0.2, -0.25),
    "jazz": (1.15, 0.2, 1.15, 0.35),
    "lamp": (1.75, 0.1, 1.15, 0.1),
    "twist in": (0.35, 0.3, -1.25, 0.7),
    "twist out": (0.85, 0.0, 0.95, 0.35),
}


def arms(*keys: tuple[float, str, str]) -> list[Key]:
    """Keys of both arms from names: beat, right, left."""
    return [(beat, (*ARM[right], *ARM[left])) for beat, right, left in keys]


def each(values: list, *, start: float = 0.0, every: float = 1.0) -> list[Key]:
    """Keys at even beats."""
    return [
        (start + index * every, value if isinstance(value, tuple) else (value,)) for index, value in enumerate(values)
    ]
