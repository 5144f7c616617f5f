"""The puppet: a character cut into parts, moved to any pose. Nothing learned.

It is everybody's instant preview and the embedded model's guide.
Notation: f frames, h w rows and columns, l layers (parts.LAYERS); points are (x, y) in pixels of the picture.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.bones import ARMS, HEAD, LEGS, LIMBS, NECK, SEEN, TORSO, Bones, as_joints, find_bones, limb_maps
from animate.cutout import fill_background, find_mask, find_matte, grow, to_tensor
from animate.limbs import angle_of, bend, rotate, whole_body
from animate.parts import ARM_LAYERS, LAYERS, LEG_LAYERS, cut_layers, own_pixels

__all__ = ["Moved", "Puppet", "limb_maps"]

ORDER = (5, 4, 1, 0, 3, 2)  # layers, back to front


class Moved(NamedTuple):
    """frames: f 3 h w in 0..1; cover: f 1 h w, how much of each pixel is body."""

    frames: Tensor
    cover: Tensor


@dataclass(frozen=True)
class Puppet:
    """A character ready to move.

    layers: l 4 h w, premultiplied, taller than the picture where the body goes on below it; background: 3 h w,
    filled; mask: 1 h w, the body; known: 1 h w, 1 where the background is really seen; pose: 134 3, the picture's;
    rest: 18 2, every body joint at a place; reaches: pixels by which each layer goes beyond its bones.
    """

    layers: Tensor
    background: Tensor
    mask: Tensor
    known: Tensor
    pose: Tensor
    rest: Tensor
    reaches: tuple[float, ...]

    @classmethod
    def cut(
        cls,
        picture: np.ndarray,
        pose: np.ndarray,
        *,
        mask: np.ndarray | None = None,
        device: torch.device | str = "cpu",
    ) -> "Puppet":
        """picture: h w 3 uint8; pose: 134 3, its skeleton; mask: h w, 0..1, where it is known better."""
        joints = as_joints(pose)
        height, width = picture.shape[:2]
        image = to_tensor(picture)
        body = find_mask(picture, joints) if mask is None else torch.as_tensor(mask, dtype=torch.float32)[None]
        rim = max(2, round(max(height, width) / 130))
        alpha, colours = find_matte(image, body, radius=rim)
        rest = whole_body(joints)[0]
        placed = joints.clone()
        placed[0, :18, :2] = rest
        placed[0, [NECK, 8, 11], 2] = placed[0, [NECK, 8, 11], 2].clamp(min=SEEN + 0.01)
        bones = find_bones(placed)
        owner = own_pixels(colours, alpha, placed, bones)
        roots = _roots(bones, rest)
        layers = cut_layers(image, colours, alpha, owner, bones, roots=roots)
        if not bool((joints[0, [10, 13], 2] > SEEN).any()):  # a half body goes on below the picture's edge, mirrored
            below = min(height - 1, round(0.6 * float(bones.torso[0])))
            layers = F.pad(layers, (0, 0, 0, below), mode="reflect")
        hole = grow((alpha > 0.02).float(), rim + 2)
        background = fill_background(image, hole)
        reaches = tuple(_reach(layers[layer, 3], layer, rest) for layer in range(len(LAYERS)))
        puppet = cls(layers, background, alpha, 1 - hole, joints[0], rest, reaches)
        return puppet.to(device)

    def to(self, device: torch.device | str) -> "Puppet":
        """The same puppet on another device."""
        moved = {
            name: getattr(self, name).to(device) for name in ("layers", "background", "mask", "known", "pose", "rest")
        }
        return replace(self, **moved)

    @torch.no_grad()
    def move(self, poses: np.ndarray | Tensor) -> Moved:
        """poses: f 134 3, fitted to the character, in pixels of its picture. Joints not seen hang as in the picture."""
        joints = as_joints(poses, device=self.layers.device)
        if self.layers.device.type != "cpu":
            return self.draw(joints)
        moved = [self.draw(one) for one in joints.split(1)]
        return Moved(torch.cat([one.frames for one in moved]), torch.cat([one.cover for one in moved]))

    def draw(self, joints: Tensor) -> Moved:
        """joints f 134 3 on the puppet's device -> all frames in one pass, each layer drawn only where it can be."""
        height, width = self.background.shape[-2:]
        places = whole_body(joints, self.rest)
        bones, rest_bones = self._bones(joints, places), self._bones(self.pose[None], self.rest[None])
        scale = _body_scale(places, self.rest)
        frames = self.background.expand(len(joints), -1, -1, -1).clone()
        cover = frames.new_zeros(len(joints), 1, height, width)
        for layer in ORDER:
            left, top, right, bottom = self._box(layer, places, scale)
            if left >= right or top >= bottom:
                continue
            rows, columns = slice(top, bottom), slice(left, right)
            y, x = torch.meshgrid(
                torch.arange(top, bottom, device=frames.device, dtype=torch.float32),
                torch.arange(left, right, device=frames.device, dtype=torch.float32),
                indexing="ij",
            )
            source = self._source(layer, torch.stack([x, y], -1), places, bones, rest_bones, scale)
            source = (source + 0.5) * source.new_tensor([2 / width, 2 / self.layers.shape[-2]]) - 1
            drawn = F.grid_sample(
                self.layers[layer].expand(len(joints), -1, -1, -1), source, mode="bilinear", align_corners=False
            )
            rest = 1 - drawn[:, 3:]
            frames[..., rows, columns] = drawn[:, :3] + frames[..., rows, columns] * rest
            cover[..., rows, columns] = drawn[:, 3:] + cover[..., rows, columns] * rest
        return Moved(frames.clamp(0, 1), cover.clamp(0, 1))

    def _bones(self, joints: Tensor, places: Tensor) -> Bones:
        whole = joints.clone()
        whole[:, :18, :2] = places
        whole[:, :18, 2] = 1
        return find_bones(whole)

    def _box(self, layer: int, places: Tensor, scale: Tensor) -> tuple[int, int, int, int]:
        """Where the layer can be in any of the frames: left, top, right, bottom."""
        height, width = self.background.shape[-2:]
        points = places[:, _joints_of(layer)].flatten(0, 1)
        reach = self.reaches[layer] * float(scale.max()) + 2
        low, high = (points.amin(0) - reach).tolist(), (points.amax(0) + reach).tolist()
        return (
            max(0, int(low[0])),
            max(0, int(low[1])),
            min(width, int(high[0]) + 2),
            min(height, int(high[1]) + 2),
        )

    def _source(self, layer: int, at: Tensor, places: Tensor, bones: Bones, rest_bones: Bones, scale: Tensor) -> Tensor:
        """Where in the picture the layer's pixels `at` (h w 2) come from: f h w 2."""
        if layer == HEAD:
            return self._head_source(at, places, scale)
        if layer == TORSO:
            return self._torso_source(at, bones, rest_bones, scale)
        upper, middle, lower = ARMS[layer - 2] if layer in ARM_LAYERS else LEGS[layer - 4]
        inverse = 1 / scale[:, None]
        towards = [(places[:, j] - places[:, middle]) * inverse for j in (upper, lower)]
        at_rest = [self.rest[j] - self.rest[middle] for j in (upper, lower)]
        ratios = [r.norm() / m.norm(dim=-1).clamp(min=1e-2) for m, r in zip(towards, at_rest, strict=True)]
        ratios = [ratio.clamp(0.5, 8) for ratio in ratios]
        offset = (at[None] - places[:, middle, None, None]) * inverse[..., None, None]
        from_middle, with_lower = bend(offset, towards, at_rest, ratios)
        from_middle = from_middle + self.rest[middle]
        if layer in ARM_LAYERS:
            return from_middle
        spine = bones.start[:, TORSO] - bones.end[:, TORSO]
        rest_spine = rest_bones.start[0, TORSO] - rest_bones.end[0, TORSO]
        offset = (at[None] - places[:, upper, None, None]) * inverse[..., None, None]
        even = rest_spine.norm() / (spine * inverse).norm(dim=-1).clamp(min=1e-2)
        from_upper, _ = bend(
            offset, (spine * inverse, -towards[0]), (rest_spine, -at_rest[0]), (even.clamp(0.5, 8), ratios[0])
        )
        from_upper = from_upper + self.rest[upper]
        # along the upper bone the one bend passes into the other
        thigh = -towards[0]
        along = (offset * thigh[:, None, None]).sum(-1) / (thigh**2).sum(-1).clamp(min=1e-2)[:, None, None]
        share = ((along - 0.35) / 0.3).clamp(0, 1).maximum((with_lower * 2).clamp(0, 1))[..., None]
        return from_upper * (1 - share) + from_middle * share

    def _head_source(self, at: Tensor, places: Tensor, scale: Tensor) -> Tensor:
        """Rigid: turned as the line from the neck to the face turns, never stretched."""
        of_face = [0, 14, 15, 16, 17]
        now, then = places[:, of_face].mean(1), self.rest[of_face].mean(0)
        turn = angle_of(then - self.rest[NECK]) - angle_of(now - places[:, NECK])
        offset = (at[None] - now[:, None, None]) / scale[:, None, None, None]
        return then + rotate(offset, turn[:, None, None])

    def _torso_source(self, at: Tensor, bones: Bones, rest_bones: Bones, scale: Tensor) -> Tensor:
        """Along the spine and across it; a body that turns gets narrower."""
        start, end = bones.start[:, TORSO], bones.end[:, TORSO]
        rest_start, rest_end = rest_bones.start[0, TORSO], rest_bones.end[0, TORSO]
        length, rest_length = (end - start).norm(dim=-1).clamp(min=1e-2), (rest_end - rest_start).norm().clamp(min=1e-2)
        unit, rest_unit = (end - start) / length[:, None], (rest_end - rest_start) / rest_length
        offset = at[None] - start[:, None, None]
        along = (offset * unit[:, None, None]).sum(-1)
        across = offset[..., 1] * unit[:, None, None, 0] - offset[..., 0] * unit[:, None, None, 1]
        length, size = length[:, None, None], scale[:, None, None]
        inside = along.clamp(min=0).minimum(length)
        along_rest = inside * (rest_length / length) + (along - inside) / size
        depth = (inside / length).clamp(0, 1)
        narrow = (rest_bones.half_widths / bones.half_widths * scale[:, None]).clamp(0.7, 1.6)
        ratio = narrow[:, 0, None, None] * (1 - depth) + narrow[:, 1, None, None] * depth
        across_rest = across / size * ratio
        normal = torch.stack([-rest_unit[1], rest_unit[0]])
        return rest_start + along_rest[..., None] * rest_unit + across_rest[..., None] * normal


def _joints_of(layer: int) -> list[int]:
    if layer == HEAD:
        return [0, 14, 15, 16, 17]
    if layer == TORSO:
        return [NECK, 2, 5, 8, 11]
    return list(ARMS[layer - 2] if layer in ARM_LAYERS else LEGS[layer - 4])


def _roots(bones: Bones, rest: Tensor) -> dict[int, tuple[Tensor, float]]:
    """Where arms and legs hang, and the radius of the body about it that moves with them."""
    torso = float(bones.torso[0])
    hips = float((rest[8] - rest[11]).norm())
    radii = {2: 0.17 * torso, 4: 0.17 * torso, 6: max(0.22 * torso, 0.75 * hips), 8: max(0.22 * torso, 0.75 * hips)}
    return {
        layer: (rest[LIMBS[bone][0]], radii[bone])
        for layer, bone in zip((*ARM_LAYERS, *LEG_LAYERS), radii, strict=True)
        if bones.seen[0, bone]
    }


def _reach(alpha: Tensor, layer: int, rest: Tensor) -> float:
    """How far the layer goes beyond the box of its joints' nearest one, in pixels."""
    y, x = torch.nonzero(alpha > 0.02, as_tuple=True)
    if len(y) == 0:
        return 0.0
    points = rest[_joints_of(layer)]
    segments = list(pairwise(points)) if layer >= 2 else [(p, p) for p in points]
    places = torch.stack([x, y], -1).float()
    distances = []
    for first, last in segments:
        bone = last - first
        share = ((places - first) @ bone / (bone @ bone).clamp(min=1e-2)).clamp(0, 1)
        distances.append((places - first - share[:, None] * bone).norm(dim=-1))
    return float(torch.stack(distances).amin(0).max())


def _body_scale(places: Tensor, rest: Tensor) -> Tensor:
    """f: how much larger the body is than in the picture. Bones only ever look too short, so the longer ones count."""
    pairs = [(NECK, 8), (NECK, 11), (2, 5), (8, 9), (9, 10), (11, 12), (12, 13), (2, 3), (5, 6)]
    first, last = [a for a, _ in pairs], [b for _, b in pairs]
    now, then = (places[:, first] - places[:, last]).norm(dim=-1), (rest[first] - rest[last]).norm(dim=-1)
    ratios = now / then.clamp(min=1)
    return ratios.quantile(0.7, dim=1).clamp(0.3, 3)
