"""A character placed on a canvas: what every drawing of a body part needs to know."""

from dataclasses import dataclass

from torch import Tensor

from training.puppets.raster import Canvas
from training.puppets.recipe import Character


@dataclass(frozen=True)
class Stage:
    """A character's joints in pixels (tensors t ... 3) on a canvas; scale: pixels of a body height.

    lags: by how much joints were elsewhere a moment ago, t 3 in pixels.
    """

    canvas: Canvas
    who: Character
    at: dict[str, Tensor]
    turn: Tensor
    scale: float
    lags: dict[str, Tensor] | None = None

    def table(self, *shares: float) -> Tensor:
        """Half widths t k in pixels, from body heights, the same in all frames."""
        return self.turn.new_tensor(shares).mul(self.scale).expand(len(self.turn), -1)

    def lag(self, joint: str) -> Tensor:
        """How far hair and cloth that hang from a joint are behind it, t 3."""
        return self.lags[joint] if self.lags else self.at[joint] * 0

    def seen_wide(self, *shares: float) -> Tensor:
        """Half widths t k in pixels of something flat, as wide as it looks when turned."""
        flat = self.who.build.flat
        looks = (self.turn.cos().square() + (flat * self.turn.sin()).square()).sqrt()
        return self.turn.new_tensor(shares).mul(self.scale) * looks[:, None]
