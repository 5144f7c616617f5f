"""A drawn figure with a known skeleton, and what is measured of its pictures."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch

from animate import Job, RenderSettings, pictures
from animate.canvas import Canvas
from animate.cutting import Cutter
from animate.puppet import Puppet

WIDTH, HEIGHT = 160, 240
HANDS = ((31, 130), (129, 130))
SHIRT, SLEEVE, TROUSERS, SKIN = (200, 60, 50), (40, 160, 60), (40, 60, 150), (230, 190, 160)
JOINTS = {
    **{0: (80, 44), 1: (80, 66), 2: (62, 70), 3: (46, 98), 4: (34, 124), 5: (98, 70), 6: (114, 98), 7: (126, 124)},
    **{8: (71, 126), 9: (69, 168), 10: (67, 208), 11: (89, 126), 12: (91, 168), 13: (93, 208)},
    **{14: (75, 39), 15: (85, 39), 16: (68, 42), 17: (92, 42)},
}


def make_pose(
    changes: Mapping[int, tuple[float, float]] | None = None, *, without: tuple[int, ...] = (), fingers: bool = False
) -> np.ndarray:
    """134 3: the figure's skeleton, some joints elsewhere, some unseen, with small hands if there are fingers."""
    pose = np.zeros((134, 3), np.float32)
    for joint, place in {**JOINTS, **(changes or {})}.items():
        pose[joint] = (*place, 0 if joint in without else 1)
    if fingers:
        turns = np.linspace(0, 2 * np.pi, 21, endpoint=False)
        for hand, (x, y) in zip((slice(113, 134), slice(92, 113)), HANDS, strict=True):
            pose[hand] = np.stack([x + 4 * np.cos(turns), y + 4 * np.sin(turns), np.ones(21)], 1)
    return pose


def make_background(kind: str) -> np.ndarray:
    if kind == "plain":
        return np.full((HEIGHT, WIDTH, 3), (225, 228, 230), np.uint8)
    noise = np.random.default_rng(0).integers(0, 60, (HEIGHT // 8, WIDTH // 8, 3)).astype(np.uint8)
    return cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST) + np.uint8(120)


def draw(kind: str = "plain", *, skirt: bool = False, stripes: bool = False, paws: int = 7) -> np.ndarray:
    """h w 3 uint8: a figure in shirt and trousers, or in a skirt, plain or striped, arms held away from the body, with
    hands of some radius."""
    picture = make_background(kind)

    def line(colour, *joints, width):
        points = np.array([JOINTS[joint] for joint in joints], np.int32)
        cv2.polylines(picture, [points], False, colour, width, cv2.LINE_AA)

    line(SKIN if skirt else TROUSERS, 8, 9, 10, width=16)
    line(SKIN if skirt else TROUSERS, 11, 12, 13, width=16)
    if skirt:
        cv2.fillPoly(
            picture, [np.array([(62, 126), (98, 126), (106, 160), (54, 160)], np.int32)], TROUSERS, cv2.LINE_AA
        )
    for top in (136, 146, 156) if stripes else ():
        cv2.line(picture, (62, top), (98, top), (240, 230, 120), 4)
    cv2.fillPoly(picture, [np.array([(58, 66), (102, 66), (98, 132), (62, 132)], np.int32)], SHIRT, cv2.LINE_AA)
    line(SLEEVE, 2, 3, 4, width=12)
    line(SLEEVE, 5, 6, 7, width=12)
    for hand in HANDS:
        cv2.circle(picture, hand, paws, SKIN, -1, cv2.LINE_AA)
    for foot in ((65, 214), (95, 214)):
        cv2.ellipse(picture, foot, (10, 6), 0, 0, 360, (30, 30, 30), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (80, 42), (15, 20), 0, 0, 360, SKIN, -1, cv2.LINE_AA)
    for eye in ((75, 39), (85, 39)):
        cv2.circle(picture, eye, 2, (20, 20, 20), -1, cv2.LINE_AA)
    return picture


@cache
def cut_figure(kind: str) -> Puppet:
    """The figure's puppet, before a background of that kind: one for all tests."""
    return Puppet.cut(draw(kind), make_pose())


def cut_out(path: Path, pose: np.ndarray, size: tuple[int, int]) -> tuple[Canvas, Puppet]:
    """A picture on a canvas of that width and height, and the puppet that clips and rehearsals cut out of it; pose:
    134 3, of the picture's pixels."""
    canvas = Canvas.lay(pictures.read(path), size)
    job = Job(image=path, motion=path, settings=RenderSettings(width=size[0], height=size[1]))
    steps = Cutter(1).cut(job, canvas, canvas.place(pose))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return canvas, end.value


def psnr(first: torch.Tensor, second: torch.Tensor) -> float:
    return float(-10 * torch.log10(((first - second) ** 2).mean().clamp(min=1e-10)))


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1).float() / 255


def colour_at(frame: torch.Tensor, place: tuple[float, float]) -> torch.Tensor:
    x, y = round(place[0]), round(place[1])
    return frame[:, y - 1 : y + 2, x - 1 : x + 2].mean((1, 2)) * 255


def close_to(frame: torch.Tensor, place: tuple[float, float], colour: tuple[int, ...], *, within: float = 30) -> bool:
    return bool((colour_at(frame, place) - torch.tensor(colour, dtype=torch.float32)).abs().max() < within)
