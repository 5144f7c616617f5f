"""The puppet: a character cut out of its picture and moved to any pose, with nothing learned.

Everybody's instant preview, and the embedded model's guide. To read it, begin with `puppet`; then follow what one cut
goes through: `cutout` and `matte` (what is body), `owners` (which limb each pixel belongs to), `parts` and `hidden`
(the layers), `backdrop` (what was behind them); and what one pose does: `limbs`, `heads`, `backs`.
"""

from animate.puppet.puppet import Puppet

__all__ = ["Puppet"]
