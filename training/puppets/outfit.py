"""What a drawn person wears."""

from collections.abc import Callable
from dataclasses import dataclass

from training.puppets.drawn import Drawn
from training.puppets.ink import Ink, Mask, Sheet


@dataclass(frozen=True)
class Outfit:
    """What a person wears. sleeve: along upper arm (0..1) and forearm (1..2); leg: likewise down the leg.

    skirt: its length along thigh and shin, or None. arm, thigh: radii in body heights. draws: decoration on the
    trunk, the head with its hair, and what hangs behind everything.
    """

    skin: Ink
    top: Ink
    bottom: Ink
    shoe: Ink
    sole: Ink
    head: Callable[[Sheet, Drawn], None]
    behind: Callable[[Sheet, Drawn], None] | None = None
    decorate: Callable[[Sheet, Drawn, Mask], None] | None = None
    sock: Ink | None = None
    sock_from: float = 1.5
    sleeve: float = 2.0
    cuff: Ink | None = None
    leg: float = 2.0
    skirt: float | None = None
    flare: float = 1.5
    stripe: Ink | None = None
    glove: Ink | None = None
    arm: float = 0.030
    thigh: float = 0.046
    hem: float = 1.0
    loose: float = 1.0
    bell: float = 0.0
    pleats: int = 9
