"""The matte: a soft rim for what was cut out, and its own colours in it; for arms too that lie before the body.

Nothing learned.
"""

import cv2
import torch
from torch import Tensor

from animate.puppet.bones import TORSO
from animate.puppet.cutout import blur, fill_smoothly
from animate.puppet.masks import grow
from animate.puppet.owners import ARM_LAYERS

INK = 0.3  # how unlike what is behind it a stroke is at least


def find_matte(picture: Tensor, mask: Tensor, *, radius: int, doubt: float = 0.01) -> tuple[Tensor, Tensor]:
    """A soft rim and the body's own colours in it, free of the old background.

    picture: 3 h w, mask: 1 h w; radius: pixels to either side of the rim that are looked at;
    doubt: the squared contrast below which the mask is believed rather than the colours.
    Returns (alpha 1 h w, colours 3 h w).
    """
    hard = (mask > 0.5).float()
    inside, outside = grow(hard, -radius), 1 - grow(hard, radius)
    behind = fill_smoothly(picture[None], outside[None])[0]
    # of a stroke, thinner than the rim is wide, its middle is the body's
    middle = grow(hard, -max(1, round(radius / 3))) * (1 - grow(inside, radius))
    inside = inside.maximum(middle * ((picture - behind).abs().amax(0, keepdim=True) > INK))
    body = fill_smoothly(picture[None], inside[None])[0]
    contrast = body - behind
    strength = (contrast**2).sum(0, keepdim=True)
    alpha = ((picture - behind) * contrast).sum(0, keepdim=True) / strength.clamp(min=1e-4)
    trust = strength / (strength + doubt)
    soft = blur(hard, max(0.6, radius / 6))
    alpha = trust * alpha.clamp(0, 1) + (1 - trust) * soft
    # what lies deeper on one side may be seen through only little
    deep = blur(hard, max(0.6, radius / 2))
    alpha = alpha.clamp(0, 1).minimum((deep * 2.2).clamp(0, 1)).maximum((deep * 2.2 - 1.2).clamp(0, 1))
    alpha = torch.where(
        inside > 0.5, torch.ones_like(alpha), torch.where(outside > 0.5, torch.zeros_like(alpha), alpha)
    )
    alpha = torch.from_numpy(cv2.medianBlur(alpha[0].numpy(), 3 if radius < 5 else 5))[None]  # no specks
    unmixed = ((picture - (1 - alpha) * behind) / alpha.clamp(min=0.05)).clamp(0, 1)
    sure = ((alpha - 0.6) / 0.35).clamp(0, 1)
    return alpha, body * (1 - sure) + unmixed * sure


def part_arms(
    colours: Tensor, owner: Tensor, alpha: Tensor, *, radius: int, parted: Tensor
) -> tuple[Tensor, dict[int, Tensor]]:
    """Where an arm lies before the body its rim follows the colours, as the body's rim before the background does.

    parted: 1 h w, 1 where a drawn line is the border already. Returns the owners l h w anew, and the arms' own
    colours, 3 h w each.
    """
    own_colours = {}
    refined = owner.clone()
    for layer in ARM_LAYERS:
        arm = (owner[layer] * alpha > 0.5).float()
        rest = ((owner.sum(0) - owner[layer]) * alpha[0] > 0.5).float()[None]
        if not arm.any() or not rest.any():
            continue
        share, unmixed = find_matte(colours, arm, radius=radius, doubt=0.08)
        meeting = grow(rest, radius + 1) * alpha * (1 - parted)
        share = ((share - 0.5) * 2 + 0.5).clamp(0, 1)  # no mist where cloth meets cloth
        refined[layer] = torch.where(meeting[0] > 0.5, share[0], owner[layer])
        unmixed = torch.where(meeting > 0.5, unmixed, colours)
        inside = grow(arm, -radius) * (1 - grow(rest, 2 * radius))
        if float(inside.sum()) > 0.2 * float(arm.sum()):  # the shadow in the fold is not the sleeve's
            lit = fill_smoothly(colours[None], inside[None])[0]
            darker = (
                ((lit - unmixed).mean(0, keepdim=True) / 0.1 - 0.2).clamp(0, 1)
                * grow(rest, 2 * radius + 1)
                * (1 - parted)
            )
            unmixed = unmixed + (lit - unmixed) * darker
        own_colours[layer] = unmixed
    arms = refined[list(ARM_LAYERS)].sum(0, keepdim=True)
    refined[list(ARM_LAYERS)] /= arms.clamp(min=1)
    others = [layer for layer in range(len(owner)) if layer not in ARM_LAYERS]
    left = refined[others].sum(0, keepdim=True)
    nobody = (left < 1e-3).float()  # only an arm was here: what it loses goes to the torso
    refined[others] = refined[others] / left.clamp(min=1e-3) * (1 - arms).clamp(0, 1) * (1 - nobody)
    refined[TORSO] += nobody[0] * (1 - arms[0]).clamp(0, 1)
    return refined, own_colours
