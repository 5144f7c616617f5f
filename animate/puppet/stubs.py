"""Stubs: forearms that point at the viewer. They cannot be stretched out again, so such an arm turns as it is about its
shoulder, and its hand keeps its size and shape. Nothing learned."""

from torch import Tensor

from animate.puppet.bones import ARMS, HANDS, SEEN
from animate.puppet.hands import SHOWN

WRISTS = [arm[-1] for arm in ARMS]
SHORT = 0.25  # of its upper arm: a shorter forearm points at the viewer
FORESHORTENED = 0.4  # the same where its hand is seen, which would be stretched too


def find_stubs(pose: Tensor) -> tuple[int, ...]:
    """The sides, 0 right and 1 left, whose forearm points at the viewer. pose: 134 3, of a picture."""
    found = []
    for side, (arm, hand) in enumerate(zip(ARMS, HANDS, strict=True)):
        upper, lower = (pose[list(arm[1:]), :2] - pose[list(arm[:2]), :2]).norm(dim=-1).tolist()
        share = FORESHORTENED if float(pose[list(hand), 2].mean()) >= SHOWN else SHORT
        if bool((pose[list(arm), 2] > SEEN).all()) and lower < share * upper:
            found.append(side)
    return tuple(found)
