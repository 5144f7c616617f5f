"""The body that layers are cut from: whose its pixels are, and where they lie by its bones.

Notation: l layers that own pixels, b bones, h w rows and columns of the picture.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from animate.puppet.bones import ARMS, FACE_JOINTS, HEAD, LEGS, NECK, TORSO, Bones, cell_centres, limb_coordinates
from animate.puppet.borders import settle_borders
from animate.puppet.ink import Ink
from animate.puppet.masks import close, grow
from animate.puppet.matte import part_arms
from animate.puppet.owners import ARM_LAYERS, BONES_OF, LEG_LAYERS, LIMB_LAYERS
from animate.puppet.skirt import find_skirt

FOREARMS, NEAR = (3, 5, 10, 11), 1.2  # bones, hands too, and how far they reach beyond their radius
HORN = 0.04  # of the torso's length: half as thick as what of a shoulder stays with the torso is at least
STROKE = 0.05  # of the torso's length: as wide as a limb is at most that was drawn with one stroke


@dataclass(frozen=True)
class Body:
    """A character, of which layers are cut. colours 3 h w; alpha 1 h w; owner l h w: whose each pixel is; own l h w:
    that, times alpha; hard l h w: 1 where that is clear, tips of arms being theirs; arm_colours: 3 h w an arm, without
    what lies beside it; skirt h w: above its hem, or None; bones: of one frame, and roots, as of `of`; places h w 2;
    along, across, distance b h w: of limb_coordinates; torso: its length, and rim: pixels; lines 1 h w: 1 where ink
    parts what touches; broad: pixels, how wide a thick pen's lines are, or 0."""

    colours: Tensor
    alpha: Tensor
    owner: Tensor
    own: Tensor
    hard: Tensor
    arm_colours: Mapping[int, Tensor]
    skirt: Tensor | None
    bones: Bones
    roots: Mapping[int, tuple[Tensor, float]]
    places: Tensor
    along: Tensor
    across: Tensor
    distance: Tensor
    torso: float
    rim: int
    lines: Tensor
    broad: int

    @classmethod
    def of(
        cls,
        colours: Tensor,
        alpha: Tensor,
        owner: Tensor,
        bones: Bones,
        *,
        roots: Mapping[int, tuple[Tensor, float]],
        ink: Ink,
    ) -> "Body":
        """colours 3 h w: the body's own, at its rim too; alpha 1 h w; owner l h w; bones: of one frame; roots: for
        layers that hang on the torso, where they hang (x, y) and the radius about it that moves with them; ink: what
        it is drawn with."""
        height, width = alpha.shape[-2:]
        places = cell_centres((height, width), (width, height))
        rim, torso = max(1, round(max(height, width) / 250)), float(bones.torso[0])
        along, across, distance = (t[0] for t in limb_coordinates(bones, places))
        lines = ink.parting()
        drawn = bool(lines.any())  # then lines are the borders, and shoulders end at them
        if not drawn:
            owner = settle_borders(owner, colours, alpha, along=along, distance=distance, torso=torso)
        roughly = (owner * alpha > 0.5).float()
        owner, arm_colours = part_arms(colours, owner, alpha, radius=2 * rim, parted=grow(lines, 2 * rim))
        hard = torch.maximum((owner * alpha > 0.5).float(), roughly)
        if not drawn:
            owner = _without_tips(owner, alpha, roots, places, along, thin=HORN * torso)
        elif ink.broad:
            owner = _without_spurs(owner, alpha, lines, ink.broad)
        skirt = find_skirt(colours, alpha, distance[list(FOREARMS)].amin(0) < NEAR, bones, places)
        return cls(
            *(colours, alpha, owner, owner * alpha, hard, arm_colours, skirt, bones, roots),
            *(places, along, across, distance, torso, rim, lines, ink.broad),
        )

    @property
    def arms(self) -> Tensor:
        """h w: what is seen of both."""
        return self.own[list(ARM_LAYERS)].sum(0)

    def about(self, layers: Iterable[int], reach: int) -> Tensor:
        """1 h w: 1 where one of these layers is at most `reach` pixels away, and no line parts them."""
        return (1 - grow(self.lines, reach)) * grow(self.hard[list(layers)].amax(0, keepdim=True), reach)

    def outwards(self, layer: int) -> Tensor:
        """2 (x, y): from the middle of the hips to where a layer begins."""
        return self.bones.start[0, BONES_OF[layer][0]] - self.bones.end[0, TORSO]


def _without_tips(
    owner: Tensor,
    alpha: Tensor,
    roots: Mapping[int, tuple[Tensor, float]],
    places: Tensor,
    along: Tensor,
    *,
    thin: float,
) -> Tensor:
    """owner, and back: l h w; what of an arm lies beyond the shoulder, farther than what moves with it there, is the
    torso's, lest it sticks out where the arm is raised; but for what would stick out of the torso instead, thinner than
    twice so many pixels. alpha 1 h w; places h w 2; along b h w."""
    owner = owner.clone()
    for layer in (layer for layer in ARM_LAYERS if layer in roots):
        centre, radius = roots[layer]
        tip = (along[BONES_OF[layer][0]] < 0) & ((places - centre).norm(dim=-1) > radius)
        whole = ((owner[[HEAD, TORSO]].sum(0) + owner[layer] * tip) * alpha[0] > 0.5).float()
        tip &= close(whole[None], -thin)[0] > 0.5
        owner[TORSO] += owner[layer] * tip
        owner[layer] *= ~tip
    return owner


def _without_spurs(owner: Tensor, alpha: Tensor, lines: Tensor, broad: int) -> Tensor:
    """owner, and back: l h w; the torso's outline where it goes on from an arm's, and would stick out of it, is the
    torso's. alpha 1 h w; lines 1 h w: 1 where ink of a pen so broad parts what touches."""
    owner, reach = owner.clone(), round(0.6 * broad)
    torso = grow((owner[TORSO] * alpha[0] > 0.5).float()[None], 3 * reach)[0] > 0
    drawn = grow(lines, max(1, reach // 3))[0] > 0
    for layer in ARM_LAYERS:
        arm = (owner[layer] * alpha[0] > 0.5).float()
        thick = close(arm[None], -reach)[0]
        if float(thick.sum()) > 0.5 * float(arm.sum()):  # else the arm is one line
            spur = torso & drawn & (thick < 0.5)
            owner[TORSO] += owner[layer] * spur
            owner[layer] *= ~spur
    return owner


def find_roots(bones: Bones, rest: Tensor, own: Tensor) -> dict[int, tuple[Tensor, float]]:
    """Where the head, arms and legs hang on the torso, (x, y), and the radius of the body about it that moves with
    them. rest: 18 2, joints; own: l h w, how much of each pixel is whose."""
    torso = float(bones.torso[0])
    face = rest[FACE_JOINTS].mean(0)
    roots = {HEAD: (rest[NECK] + 0.2 * (face - rest[NECK]), 0.14 * torso)}
    depth = _depth(own.sum(0))
    for layer, (shoulder, _, _), bone in zip(ARM_LAYERS, ARMS, (2, 4), strict=True):
        if bones.seen[0, bone]:
            x, y = (int(v) for v in rest[shoulder].round())
            inside = 0 <= y < depth.shape[0] and 0 <= x < depth.shape[1]
            to_rim = float(depth[y, x]) if inside else 0.1 * torso
            roots[layer] = (rest[shoulder], min(0.15 * torso, max(0.06 * torso, to_rim)))
    for layer, (hip, _, _), bone in zip(LEG_LAYERS, LEGS, (6, 8), strict=True):
        if bones.seen[0, bone]:
            roots[layer] = (rest[hip], max(0.22 * torso, 0.75 * float((rest[8] - rest[11]).norm())))
    for layer in roots.keys() & LIMB_LAYERS:
        deep = _depth(own[layer])
        width = 2 * float(np.median(deep[deep > 0])) - 1 if deep.any() else 0.0
        if 0 < width < STROKE * torso:  # a limb that is one stroke of a pen
            roots[layer] = (roots[layer][0], width)
    return roots


def _depth(mask: Tensor) -> np.ndarray:
    """h w: pixels to the rim of a mask, h w 0..1; 0 outside."""
    return cv2.distanceTransform((mask.numpy() > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
