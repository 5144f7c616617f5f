"""Outlines of figures with their joints, endless: what the model learns from that places a stranger's joints.

Half are drawn here, wilder than any body; half are masks of the puppet world, whose limbs cross and whose clothes
hang. All face the viewer.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pose.silhouette import SIDE, framed
from pose.skeleton import LEFT_SHOULDER, MIRROR, RIGHT_SHOULDER
from training.outlines.flaws import as_drawn, as_found
from training.outlines.frame import sample_frame
from training.outlines.stencil import Stencil
from training.puppets import World

JOINTS = 18
SHEET = 2 * SIDE  # pixels a side of what figures are drawn on
LEAST = 0.01  # of a sheet: smaller is no figure
SIZE = (96, 144)  # of the world's frames: width, height
Outline = tuple[np.ndarray, np.ndarray, np.ndarray]  # SIDE SIDE float32 0..1; joints 18 2, its pixels; 18: inside it


def drawn(rng: np.random.Generator) -> Outline:
    """The outline of a figure that nobody has seen."""
    while True:
        frame = sample_frame(rng, SHEET)
        sheet, joints = as_drawn(rng, Stencil(rng, frame, SHEET).draw(), frame.joints)
        sheet = as_found(rng, sheet, joints)
        if sheet.mean() > LEAST:
            return in_frame(sheet > 0, joints)


def rendered(world: World, frames: int) -> Iterator[Outline]:
    """Those frames of the world's next character in which it faces the viewer."""
    clip = world.clip(frames=frames, size=SIZE, spread=True, exact=True)
    for mask, pose in zip(clip.masks[:, 0].numpy() > 127, clip.poses, strict=True):
        if mask.mean() > LEAST and pose[RIGHT_SHOULDER, 0] < pose[LEFT_SHOULDER, 0]:
            yield in_frame(mask, pose[:JOINTS, :2] - 0.5)  # from the middles of pixels


def save_rendered(out: Path, world: World, *, characters: int, frames: int = 4) -> None:
    """A file of so many characters' outlines; it is there whole or not at all."""
    found = [outline for _ in range(characters) for outline in rendered(world, frames)]
    masks, joints, inside = (np.stack(column) for column in zip(*found, strict=True))
    part = out.with_suffix(".part.npz")
    np.savez_compressed(part, masks=(masks * 255).round().astype(np.uint8), joints=joints, inside=inside)
    part.replace(out)


def load_rendered(path: Path) -> list[Outline]:
    """What save_rendered has kept."""
    with np.load(path) as file:
        return list(zip(file["masks"].astype(np.float32) / 255, file["joints"], file["inside"], strict=True))


def in_frame(mask: np.ndarray, joints: np.ndarray) -> Outline:
    """A mask h w bool and joints 18 2 in its pixels, as the model sees them."""
    frame, matrix = framed(mask)
    places = joints @ matrix[:, :2].T + matrix[:, 2]
    inside = np.asarray(((places > -2) & (places < SIDE + 1)).all(1))
    return frame, places.astype(np.float32), inside


def mirrored(outline: Outline) -> Outline:
    """The same figure in a mirror, its right its left."""
    mask, joints, inside = outline
    other = MIRROR[:JOINTS]
    return np.ascontiguousarray(mask[:, ::-1]), joints[other] * (-1, 1) + (SIDE - 1, 0), inside[other]
