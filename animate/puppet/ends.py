"""Hands and feet: which way they point, against forearm and shin. Nothing learned."""

import torch
from torch import Tensor

from animate.puppet.bones import ARMS, HANDS, LEGS, SEEN, TOES

KNUCKLES = (5, 9, 13, 17)  # of a hand's points
# right and left hand, right and left foot: the limb they end, and the points whose middle tells their way
ENDS = (
    *((arm, [points[place] for place in KNUCKLES]) for arm, points in zip(ARMS, HANDS, strict=True)),
    *((leg, list(TOES[leg[-1]])) for leg in LEGS),
)


def ends(joints: Tensor) -> tuple[Tensor, Tensor]:
    """joints: f 134 3 -> hands and feet as of ENDS, from wrist or ankle to knuckles or toes, f 4 complex: real along
    the forearm or shin, 0 where not seen; and how surely they are seen, f 4 in 0..1."""
    found, sure = [], []
    for (_, middle, last), tips in ENDS:
        end, lower = (
            torch.view_as_complex((to - start).contiguous())
            for start, to in (
                (joints[:, last, :2], joints[:, tips, :2].mean(1)),
                (joints[:, middle, :2], joints[:, last, :2]),
            )
        )
        scores = joints[:, tips, 2].amin(1)
        seen = ((scores - SEEN) / SEEN).clamp(0, 1) * (joints[:, [middle, last], 2] > SEEN).all(1)
        found.append(end * lower.conj() / lower.abs().clamp(min=1e-2) * (seen > 0))
        sure.append(seen)
    return torch.stack(found, 1), torch.stack(sure, 1)
