"""Endless clips of procedural characters that dance, with their masks and exact keypoints."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from training.puppets.body import Joints, keypoints, pose_joints
from training.puppets.camera import photographed
from training.puppets.figure import draw_figure
from training.puppets.flaws import as_found
from training.puppets.motion import sample_dance
from training.puppets.raster import Canvas, Light
from training.puppets.recipe import SPLITS, Character, Split, sample_character
from training.puppets.scenery import sample_place
from training.puppets.shade import on_body, on_place, sample_fall

RATE = 12.5  # frames a second, where nobody says
SAMPLES = 2  # a side, for each pixel


@dataclass(frozen=True)
class Sample:
    """One character in t frames.

    frames t 3 h w uint8; masks t 1 h w uint8, 255 where the character is; poses t 134 3 float32: x, y in pixels, and
    a score that is 0 for joints not found. character; dance: its moves.
    """

    frames: Tensor
    masks: Tensor
    poses: ndarray
    character: Character
    dance: tuple[str, ...]


class World:
    """A seeded stream of clips.

    Held out is one in eight combinations of build, top, bottom, hair and hat: no character with it is ever trained on.
    Each of the parts is, and so are kinds of places and moves: what else `recipe.in_split` divides are names, of which
    pictures show less.
    """

    def __init__(self, *, seed: int, split: Split, device: str | torch.device = "cpu"):
        if split not in SPLITS:
            raise ValueError(f"The split is {split!r}; choose one of {', '.join(SPLITS)}.")
        self.split: Split = split
        self.device = torch.device(device)
        self._random = np.random.default_rng([seed, SPLITS.index(split)])

    @torch.no_grad()
    def clip(
        self, *, frames: int, size: tuple[int, int], spread: bool, rate: float = RATE, exact: bool = False
    ) -> Sample:
        """The next character, in front of a still background.

        size: width, height in pixels. spread: unrelated poses; otherwise a continuous dance at `rate` frames a second.
        The first frame is apart from the others: the picture of the character, mostly calm and from the front.
        exact: keypoints without the flaws of a pose model.
        """
        rng = np.random.default_rng(self._random.integers(2**63))
        who = sample_character(rng, self.split)
        angles, earlier, dance = sample_dance(rng, self.split, frames=frames, rate=rate, spread=spread)
        width, height = size
        joints = pose_joints(who.build, angles)
        scale, offset = _placed(rng, size, standing=_standing(who))
        offset = np.repeat(offset[None], frames, 0)
        inside = joints.mapped(scale, offset)
        poses = keypoints(who.build, who.face, inside, scale=scale)
        if exact:
            outside = (poses[..., :2] < 0).any(-1) | (poses[..., 0] >= width) | (poses[..., 1] >= height)
            poses[..., 2] *= ~outside
        else:
            poses = as_found(rng, poses, size)

        light = _light(rng, who.look)
        canvas = Canvas(frames, (width * SAMPLES, height * SAMPLES), light=light, device=self.device)
        fine = joints.mapped(scale * SAMPLES, offset * SAMPLES)
        before = pose_joints(who.build, earlier).mapped(scale * SAMPLES, offset * SAMPLES)
        draw_figure(canvas, who, fine, turn=angles.turn, scale=scale * SAMPLES, before=before)
        floor = float(np.clip(offset[0, 1] / height, 0, 1.2))
        photo = {"photo": 0.85, "toy": 0.6}.get(who.look, 0.25)
        place, edge = sample_place(rng, self.split, size, floor=floor, photo=photo, device=self.device)
        picture, cover = _finished(canvas, who)
        fall = sample_fall(rng, light)
        if fall.body and light.strength:
            fine_depth = canvas.depth.view(frames, canvas.height, canvas.width)[:, ::SAMPLES, ::SAMPLES]
            picture = picture * (1 - on_body(fine_depth, light, fall.body))
        feet = np.stack([inside.pelvis[:, 0], inside.toe[..., 1].max(1)], 1)
        feet = torch.as_tensor(feet, dtype=torch.float32, device=self.device)
        spots = rng.uniform(0.1, 0.55) * _contact(inside, size, scale=scale, device=self.device)
        dark = torch.maximum(spots, on_place(cover, fall, feet=feet, tall=scale, edge=edge))
        picture = picture + (1 - cover) * place * (1 - dark)
        picture = photographed(rng, picture, strength=1.0 if who.look == "photo" else 0.4)
        return Sample(_to_bytes(picture), _to_bytes(cover), poses, who, dance)


def _to_bytes(values: Tensor) -> Tensor:
    """0..1 to uint8."""
    return values.clamp(0, 1).mul(255).round().to(torch.uint8)


def _standing(who: Character) -> float:
    """How high the head's top stands, in body heights."""
    build = who.build
    return build.thigh + build.shin + build.torso + build.neck + build.head + 0.055 * build.thick


def _placed(rng: np.random.Generator, size: tuple[int, int], *, standing: float) -> tuple[float, ndarray]:
    """Pixels of a body height, and where the middle of the ground is: whole bodies, or cut at the thighs or waist."""
    width, height = size
    room = min(1.0, width / height * 1.5)
    if rng.random() < 0.2:  # half length: the head's top near the picture's
        tall = height * rng.uniform(1.15, 2.0) * max(room, 0.8)
        ground = height * rng.uniform(0.03, 0.14) + tall
    else:
        tall = height * rng.uniform(0.6, 0.92) * room
        ground = max(height * rng.uniform(0.88, 0.98) - (height - tall) * rng.uniform(0, 0.25), tall + height * 0.03)
    middle = width * (0.5 + rng.uniform(-0.12, 0.12))
    return tall / standing, np.array([middle, ground, 0.0])


def _light(rng: np.random.Generator, look: str) -> Light:
    sideways, above = rng.uniform(-0.85, 0.85), rng.uniform(-0.8, 0.1)
    size = (sideways**2 + above**2) ** 0.5
    if size > 0.95:
        sideways, above = sideways / size * 0.95, above / size * 0.95
    front = (1 - sideways**2 - above**2) ** 0.5
    soft = {"photo": rng.uniform(0.25, 0.9), "paper": rng.uniform(0, 0.2)}.get(look, rng.uniform(0.15, 0.7))
    glossy = rng.random() < {"photo": 0.25, "toy": 0.8}.get(look, 0.1)
    warm = rng.uniform(0, 0.12) if look == "photo" else 0.0
    return Light(
        direction=(sideways, above, float(front)),
        strength=soft,
        steps=look == "cel" and rng.random() < 0.7,
        gloss=rng.uniform(0.05, 0.4) if glossy else 0.0,
        warm=(1 + warm, 1.0, 1 - warm),
        cool=(1 - warm, 1.0, 1 + warm),
        creases=rng.uniform(2, 7),
    )


def _contact(joints: Joints, size: tuple[int, int], *, scale: float, device: torch.device) -> Tensor:
    """t 1 h w: how dark the soft shadow on the ground is, 0..1: under each foot, and one under the body."""
    width, height = size
    frames = len(joints.pelvis)
    ground = joints.toe[..., 1].max(1)
    spots = [
        (joints.pelvis[:, 0], ground, 0.20, 0.030, 0.6),
        (joints.toe[:, 0, 0], joints.toe[:, 0, 1], 0.07, 0.016, 0.8),
        (joints.toe[:, 1, 0], joints.toe[:, 1, 1], 0.07, 0.016, 0.8),
    ]
    x = torch.arange(width, device=device)[None, :] + 0.5
    y = torch.arange(height, device=device)[None, :] + 0.5
    shadow = torch.zeros(frames, height, width, device=device)
    for middle, level, wide, tall, dark in spots:
        at = torch.as_tensor(np.stack([middle, level], 1), dtype=torch.float32, device=device)
        across = (-((x - at[:, :1]) / (wide * scale)).square()).exp()
        down = (-((y - at[:, 1:]) / (tall * scale)).square()).exp()
        shadow = torch.maximum(shadow, dark * across[:, None, :] * down[:, :, None])
    return shadow[:, None]


def _finished(canvas: Canvas, who: Character) -> tuple[Tensor, Tensor]:
    """The character t 3 h w, times its cover t 1 h w; outlined where its groups meet."""
    high, wide = canvas.height, canvas.width
    colour = canvas.colour.view(3, canvas.frames, high, wide)
    if who.outline:
        group = canvas.group.view(canvas.frames, high, wide)
        edge = torch.zeros_like(group, dtype=torch.bool)
        sideways, downwards = group[:, :, 1:] != group[:, :, :-1], group[:, 1:] != group[:, :-1]
        edge[:, :, 1:] |= sideways
        edge[:, :, :-1] |= sideways
        edge[:, 1:] |= downwards
        edge[:, :-1] |= downwards
        colour = colour * (1 - who.outline * 0.85 * edge)
    cover = canvas.cover()[None].float()  # what was never drawn is 0
    small = []
    for values in (colour, cover):
        rows = values[:, :, 0::SAMPLES] + values[:, :, 1::SAMPLES]
        small.append(((rows[..., 0::SAMPLES] + rows[..., 1::SAMPLES]) / SAMPLES**2).movedim(0, 1).contiguous())
    return small[0], small[1]
