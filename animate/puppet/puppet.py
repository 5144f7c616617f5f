"""The puppet: a character cut into parts, moved to any pose. Nothing learned.

It is everybody's instant preview and the embedded model's guide.
Notation: f frames, h w rows and columns, l layers (parts.LAYERS); points are (x, y) in pixels of the picture.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from animate.puppet.backs import turn_round
from animate.puppet.body import Body, find_roots
from animate.puppet.bones import ARMS, HEAD, NECK, SEEN, TORSO, as_joints, doubted, find_bones
from animate.puppet.cutout import to_tensor
from animate.puppet.edges import WHOLE, Within, cut_arms, cut_beside, folded, go_on_below, mask_within
from animate.puppet.folds import map_of, passes
from animate.puppet.hands import between_fingers, lend_hands
from animate.puppet.hanging import whole_body
from animate.puppet.heads import Look, chin_of, cut_above, lift_of, look, lowest_of_face, room_beside
from animate.puppet.ink import find_ink
from animate.puppet.legs import find_legs
from animate.puppet.masks import share_across
from animate.puppet.matte import find_matte
from animate.puppet.owners import ARM_LAYERS, LEG_LAYERS, own_pixels
from animate.puppet.parts import LAYERS, cut_layers
from animate.puppet.reach import boxes_of, reach_of
from animate.puppet.scenery import Scenery
from animate.puppet.stance import Stance, body_scale, stand
from animate.puppet.stubs import WRISTS, find_stubs
from animate.puppet.turning import (
    USUAL_RATE,
    clearly_behind,
    facing,
    from_behind,
    of_head,
    order_of,
    seen_from_behind,
    spread_over,
)

CUT_OFF = 0.22  # of the torso's length along the picture's edge: an arm that it cuts so is not whole
CACHED = 200_000  # pixels of as many frames as are drawn at once, lest they leave its cache


class Moved(NamedTuple):
    """frames: f 3 h w in 0..1; cover: f 1 h w, how much of each pixel is body."""

    frames: Tensor
    cover: Tensor


@dataclass(frozen=True)
class Puppet:
    """A character ready to move.

    layers: l 5 h w as of cut_layers, taller than the picture where the body goes on below it; scenery: behind it;
    mask: 1 h w, the body; pose: 134 3, the picture's; rest: 18 2, every body joint at a place; reaches: pixels by which
    each layer goes beyond its bones; chin: its height as a share of the way from the neck to the face; still: sides
    (0 right, 1 left) whose arm keeps to the body; stubs: as of find_stubs; within: as of edges.cut_arms; crown: as of
    heads.cut_above; ends: as of edges.cut_beside.
    """

    layers: Tensor
    scenery: Scenery
    mask: Tensor
    pose: Tensor
    rest: Tensor
    reaches: tuple[float, ...]
    ends: Tensor
    chin: float
    still: tuple[int, ...] = ()
    stubs: tuple[int, ...] = ()
    within: Within = WHOLE
    crown: Tensor | None = None

    @classmethod
    def cut(
        cls,
        picture: np.ndarray,
        pose: np.ndarray,
        *,
        mask: np.ndarray | None = None,
        seen: Sequence[np.ndarray] = (),
        within: Within = WHOLE,
        stubs: tuple[int, ...] | None = None,
    ) -> "Puppet":
        """picture: h w 3 uint8; pose: 134 3, its skeleton; mask: h w, 0..1, where it is known; seen: h w, 0..1, each:
        where the figure is, by whoever has looked; within: where the picture lies on what goes on beyond it, as of
        edges.cut_arms; stubs: as of find_stubs, where they are known."""
        joints, image = doubted(find_legs(picture, as_joints(pose))), to_tensor(picture)
        stubs = find_stubs(joints[0]) if stubs is None else stubs
        body = mask_within(picture, joints, within, seen=seen) if mask is None else torch.from_numpy(mask).float()[None]
        rim = max(2, round(max(picture.shape[:2]) / 130))
        alpha, colours = find_matte(image, body, radius=rim)
        rest = whole_body(joints)[0]
        placed = joints.clone()
        placed[0, :18, :2] = rest
        placed[0, [NECK, 8, 11], 2] = placed[0, [NECK, 8, 11], 2].clamp(min=SEEN + 0.01)
        bones = find_bones(placed)
        half = not bool((joints[0, [10, 13], 2] > SEEN).any())
        with ThreadPoolExecutor(1, thread_name_prefix="scenery") as beside:  # takes as long as the figure does
            behind = beside.submit(Scenery.of, image, alpha, placed, bones, whole=not half, rim=rim)
            owner = own_pixels(colours, alpha, placed, bones, ink := find_ink(colours, alpha))
            roots = find_roots(bones, rest, owner * alpha)
            figure = Body.of(colours, alpha, owner, bones, roots=roots, ink=ink)
            layers = between_fingers(cut_layers(figure), figure.along, figure.distance)
            layers, joints[0] = lend_hands(layers, joints[0], bones)
            scenery = behind.result()
        cut = cut_arms(layers, rest, limit=CUT_OFF * float(bones.torso[0]), stubs=stubs, within=within, rim=rim)
        shown = (joints[0, WRISTS, 2] > SEEN).tolist()
        still = tuple(side for side in (0, 1) if cut[side] or (half and not shown[side]))
        kept = [layer for layer, off in zip(ARM_LAYERS, cut, strict=True) if not off]
        ends = cut_beside(layers, rest, whole=[*LEG_LAYERS, *kept], within=within, rim=rim)
        if half:  # it goes on below the picture's edge, mirrored
            whole = [layer for layer, seen in zip(ARM_LAYERS, shown, strict=True) if seen and layer in kept]
            chin, rows = float(lowest_of_face(joints[0], rest)), round(0.6 * float(bones.torso[0]))
            layers = go_on_below(layers, rows=rows, rim=rim, whole=whole, chin=chin)
        head = float(bones.radius[0, HEAD])
        reaches = tuple(reach_of(layers[n, 3], n, rest, head=head, ends=ends[n]) for n in range(len(LAYERS)))
        crown = cut_above(layers[HEAD, 3], least=0.5 * head) if half and not within[1] else None
        return cls(
            *(layers, scenery, alpha, joints[0], rest, reaches, ends, chin_of(joints[0], rest)),
            *(still, stubs, within, crown),
        )

    @property
    def background(self) -> Tensor:
        """3 h w, filled where the character was."""
        return self.scenery.background

    @property
    def known(self) -> Tensor:
        """1 h w, 1 where the background is really seen."""
        return self.scenery.known

    @cached_property
    def stance(self) -> Stance:
        """How the character stands in its picture, one frame."""
        return stand(self.pose[None], rest=self.rest)

    @cached_property
    def beside(self) -> tuple[float, float]:
        """As of heads.room_beside."""
        return room_beside(self.layers[HEAD, 3], self.stance)

    @cached_property
    def backs(self) -> Tensor:
        """2 5 h w: head and torso from behind, made when first a dancer turns away."""
        return turn_round(self.layers, self.pose, self.rest, background=self.background)

    @cached_property
    def across(self) -> Tensor:
        """2 1 h w: of head and torso, where each pixel lies in its row, from 1 at the left to -1 at the right."""
        return 1 - 2 * torch.stack([share_across(self.layers[layer, 3] > 0.5)[None] for layer in (HEAD, TORSO)])

    def from_behind(self, poses: np.ndarray | Tensor, *, fps: float = USUAL_RATE, clip: bool = True) -> Tensor:
        """f: how much of a body shows its back in a whole clip, f 134 3, as of turning.from_behind: for `move`. clip:
        whether the frames follow each other, fps a second; else each is taken by itself. Of a body that its picture
        shows from behind nothing else is known: it stays as it is."""
        joints = as_joints(poses)
        if seen_from_behind(self.rest):
            return torch.zeros(len(joints))
        return from_behind(joints, self.rest, fps=fps) if clip else clearly_behind(joints, self.rest).float()

    def scale_of(self, poses: np.ndarray | Tensor) -> float:
        """How much larger the body of a whole clip, f 134 3, is than in the picture: for `move`."""
        seen = self.pose[:18, 2] > SEEN
        seen[[WRISTS[side] for side in self.stubs]] = False
        return body_scale(as_joints(poses), self.rest, seen)

    @torch.no_grad()
    def move(self, poses: np.ndarray | Tensor, *, scale: float = 1.0, behind: Tensor | None = None) -> Moved:
        """poses: f 134 3, fitted to the character, in pixels of its picture. scale: how much larger the body is than
        in the picture; where it may differ, scale_of the whole clip. behind: f, from_behind of the whole clip;
        without it each frame is taken by itself. Joints not seen hang as in the picture, and so do arms that the
        picture cuts off, which would end in the air if they were raised, as heads whose tops it cuts if lowered.
        Forearms that are stubs go with their upper arms."""
        joints = as_joints(poses)
        behind = self.from_behind(joints, clip=False) if behind is None else behind.float()
        joints = facing(joints, self.rest)
        joints[:, [joint for side in self.still for joint in ARMS[side][1:]], 2] = 0
        joints[:, [WRISTS[side] for side in self.stubs], 2] = 0
        stance = stand(joints, rest=self.rest, scale=scale)
        looks = look(stance, self.stance, beside=self.beside, behind=behind)
        if self.crown is not None:
            most = (self.layers.shape[-2] - self.background.shape[-2]) / 2
            joints[..., 1] -= lift_of(stance, self.stance, looks, self.crown).clamp(max=most)[:, None]
            stance = stand(joints, rest=self.rest, scale=scale)
            looks = look(stance, self.stance, beside=self.beside, behind=behind)
        at_once = max(1, CACHED // self.background[0].numel())
        moved = []
        for order, run in groupby(range(len(joints)), key=[order_of(share) for share in behind.tolist()].__getitem__):
            frames = list(run)
            pieces = [slice(n, min(n + at_once, frames[-1] + 1)) for n in frames[::at_once]]
            moved += [self._draw(stance[piece], looks[piece], order, behind[piece]) for piece in pieces]
        return moved[0] if len(moved) == 1 else Moved(*(torch.cat(parts) for parts in zip(*moved, strict=True)))

    def _draw(self, stance: Stance, looks: Look, order: Sequence[int], behind: Tensor) -> Moved:
        """Some frames in one pass, each layer drawn only where it can be. order: layers, back to front; behind: f."""
        height, width = self.background.shape[-2:]
        count, frames = len(stance.scale), self.scenery.under(stance.joints)
        ground = frames.clone() if self.scenery.casts else frames
        cover = frames.new_zeros(count, 1, height, width)
        to_grid = frames.new_tensor([2 / width, 2 / self.layers.shape[-2]])
        small = float(stance.scale.max()) <= 0.6  # then it is drawn from a smaller picture, lest it shimmers
        for layer, over in passes(order, stance, self.stance):
            left, top, columns, rows = boxes_of(layer, stance, reach=self.reaches[layer], size=(height, width))
            if not rows or not columns:
                continue
            x, y = (torch.tensor(start, dtype=torch.float32)[:, None, None] for start in (left, top))
            x, y = x + torch.arange(columns), y + torch.arange(rows)[:, None]
            at = torch.complex(*torch.broadcast_tensors(x, y))
            source, share = map_of(layer, at, stance, self.stance, looks, chin=self.chin, over=over)
            grid = torch.addcmul(to_grid / 2 - 1, torch.view_as_real(folded(source, self.ends[layer])), to_grid)
            drawn = self._sampled(layer, grid, behind, small=small)
            drawn = drawn if share is None else drawn * share
            colours, alpha, yielding = drawn.split((3, 1, 1), 1)
            boxes = [(..., slice(y, y + rows), slice(x, x + columns)) for x, y in zip(left, top, strict=True)]
            below = torch.stack([one[box] for one, box in zip(cover, boxes, strict=True)])
            kept = 1 - yielding / alpha.clamp(min=1e-4) * below
            alpha = alpha * kept
            for frame, over, box, colour, opaque in zip(frames, cover, boxes, colours * kept, alpha, strict=True):
                for under, paint in ((frame[box], colour), (over[box], opaque)):
                    under.mul_(1 - opaque).add_(paint)
        self.scenery.shade(frames, ground, cover, stance.joints)
        return Moved(frames.clamp(0, 1), cover.clamp(0, 1))

    def _sampled(self, layer: int, grid: Tensor, behind: Tensor, *, small: bool) -> Tensor:
        """f 5 h w: a layer at the places of a grid, f h w 2; of head and torso the back where it is seen. small: from a
        smaller picture."""

        def sample(picture: Tensor) -> Tensor:
            picture = F.avg_pool2d(picture[None], 2, ceil_mode=True) if small else picture[None]
            return F.grid_sample(picture.expand(len(grid), -1, -1, -1), grid, mode="bilinear", align_corners=False)

        if layer not in (HEAD, TORSO) or not behind.any():
            return sample(self.layers[layer])
        if (behind == 1).all():
            return sample(self.backs[layer])
        both = torch.cat([self.layers[layer], self.backs[layer], self.across[layer]])
        front, back, across = sample(both).split((5, 5, 1), 1)
        return torch.lerp(front, back, spread_over(across, of_head(behind) if layer == HEAD else behind))
