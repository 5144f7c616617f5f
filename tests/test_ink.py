"""What is drawn with an outline comes apart along its lines, and nothing else does."""

import cv2
import numpy as np
import pytest
import torch

from animate.puppet import Puppet
from animate.puppet.ink import Ink, find_ink, follow_lines
from tests.figure import JOINTS, draw, make_pose, tensor

WIDTH, HEIGHT = 320, 480
FUR, LINE, WALL = (190, 130, 80), (80, 45, 25), (200, 230, 220)
RIGHT_ARM, LEFT_ARM, TORSO, LEGS = 2, 3, 1, (4, 5)
BELLY = ((160, 200), (62, 90))  # middle and half axes: it ends below the hips


def shapes() -> dict[int, np.ndarray]:
    """Layer: h w uint8, a doll's limb as far as it goes, behind others too."""

    def limb(joints: tuple[int, ...], width: int) -> np.ndarray:
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        points = [np.multiply(JOINTS[joint], 2).astype(int).tolist() for joint in joints]
        cv2.polylines(mask, [np.array(points)], False, 1, width)
        return mask

    belly, head = (np.zeros((HEIGHT, WIDTH), np.uint8) for _ in range(2))
    cv2.ellipse(belly, *BELLY, 0, 0, 360, 1, -1)
    cv2.circle(head, (160, 84), 44, 1, -1)
    arms = {RIGHT_ARM: limb((2, 3, 4), 34), LEFT_ARM: limb((5, 6, 7), 34)}
    return {4: limb((8, 9, 10), 40), 5: limb((11, 12, 13), 40), TORSO: belly, 0: head, **arms}


def draw_doll(line: tuple[int, int, int], *, broad: int = 1) -> np.ndarray:
    """h w 3 uint8: a doll all of one colour, its limbs outlined so many pixels broad, from back to front."""
    picture = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    for shape in shapes().values():
        picture[cv2.dilate(shape, np.ones((2 * broad + 1,) * 2, np.uint8)) > 0] = line
        picture[shape > 0] = FUR
    for eye in (-12, 12):
        cv2.circle(picture, (160 + eye, 78), 4, (20, 20, 20), -1)
    return cv2.GaussianBlur(picture, (0, 0), 0.5)


def doll_pose() -> np.ndarray:
    pose = make_pose()
    pose[:, :2] *= 2
    return pose


@pytest.fixture(scope="module")
def layers() -> torch.Tensor:
    return Puppet.cut(draw_doll(LINE), doll_pose()).layers


@pytest.mark.parametrize("arm", [RIGHT_ARM, LEFT_ARM])
def test_an_arm_of_the_bodys_colour_comes_apart_along_its_line(layers, arm):
    alike, own = torch.from_numpy(shapes()[arm]) > 0, layers[arm, 3] > 0.5
    below_shoulder = torch.arange(HEIGHT)[:, None] > 170  # about the shoulder the body goes with it
    alike, own = alike & below_shoulder, own & below_shoulder
    assert float((alike & own).sum()) / float((alike | own).sum()) > 0.85


def test_a_line_goes_with_the_limb_in_front(layers):
    shape = shapes()[RIGHT_ARM]
    line = (cv2.dilate(shape, np.ones((3, 3), np.uint8)) > 0) & (shape == 0) & (shapes()[TORSO] > 0)
    line[:170] = False
    line = torch.from_numpy(line)
    assert line.sum() > 20
    assert float(layers[RIGHT_ARM, 3][line].mean()) > 0.7
    assert float(layers[RIGHT_ARM, :3, line].mean()) < 0.4, "it is dark there"


def test_a_belly_hangs_before_the_legs(layers):
    (x, y), (_, height) = BELLY
    low = layers[:, 3, y + height - 12 : y + height - 4, x - 8 : x + 8].mean((1, 2))
    assert float(low[TORSO]) > 0.9


def test_a_belly_that_is_broader_than_the_shoulders_goes_on_behind_the_arms(layers):
    straight = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(straight, [np.array([(126, 150), (114, 200), (126, 200)], np.int32)], 1)
    hidden = torch.from_numpy(straight * shapes()[RIGHT_ARM] * shapes()[TORSO]) > 0
    assert hidden.sum() > 100
    assert float(layers[TORSO, 3][hidden].mean()) > 0.85


def test_without_lines_nothing_is_outlined():
    figure = np.abs(draw().astype(int) - draw()[0, 0]).max(-1) > 30
    ink = find_ink(tensor(draw()), torch.from_numpy(figure)[None].float())
    assert not ink.outlined
    assert not ink.parting().any()


def test_stripes_are_no_outline():
    striped = draw(skirt=True, stripes=True)
    figure = np.abs(striped.astype(int) - striped[0, 0]).max(-1) > 30
    assert not find_ink(tensor(striped), torch.from_numpy(figure)[None].float()).outlined


def test_the_lines_of_a_thick_pen_are_told_from_a_photos_shade():
    picture = draw_doll(LINE, broad=10)
    figure = torch.from_numpy(np.abs(picture.astype(int) - WALL).max(-1) > 30)[None].float()
    ink = find_ink(tensor(picture), figure)
    assert ink.outlined
    assert 8 <= ink.broad <= 14
    shaded = torch.linspace(0.3, 1, WIDTH) * torch.linspace(1, 0.4, HEIGHT)[:, None]
    assert not find_ink(tensor(picture) * shaded, figure).outlined, "ink is of one colour"
    assert not find_ink(tensor(draw_doll((150, 100, 60), broad=10)), figure).outlined, "and dark"


def test_an_arm_comes_apart_along_the_line_of_a_thick_pen():
    layers, shape = Puppet.cut(draw_doll(LINE, broad=8), doll_pose()).layers, shapes()[RIGHT_ARM]
    below_shoulder = torch.arange(HEIGHT)[:, None] > 170
    own = (layers[RIGHT_ARM, 3] > 0.5) & below_shoulder
    outlined = (torch.from_numpy(cv2.dilate(shape, np.ones((17, 17), np.uint8))) > 0) & below_shoulder
    assert float((outlined & own).sum()) / float((outlined | own).sum()) > 0.85


def test_short_strokes_are_no_lines():
    colours = torch.full((3, 200, 200), 0.7)
    for place in range(20, 180, 20):
        colours[:, place : place + 6, place] = 0.2
    inside = torch.zeros(1, 200, 200)
    inside[:, 5:-5, 5:-5] = 1
    assert not find_ink(colours, inside).lines.any()
    colours[:, 100, 10:190] = 0.2
    assert float(find_ink(colours, inside).lines[0, 100, 20:180].min()) > 0.3


def test_a_border_moves_to_its_line_and_no_further():
    owner = torch.zeros(6, 60, 60)
    owner[1, :, :26], owner[2, :, 26:] = 1, 1
    lines = torch.zeros(1, 60, 60)
    lines[0, :30, 30] = 0.5
    moved = follow_lines(owner, Ink(lines, True), torch.ones(60, 60) > 0, reach=6, front=(2, 1, 0, 3, 4, 5))
    assert torch.equal(moved.sum(0), torch.ones(60, 60))
    assert moved[1, 5:20, :30].all(), "up to the line"
    assert moved[2, 5:20, 30:].all(), "which is the outline of what is in front"
    assert torch.equal(moved[:, 40:], owner[:, 40:]), "where no line is it stays"


def test_only_a_body_with_an_outline_is_parted_by_lines():
    lines = torch.zeros(1, 4, 4)
    lines[0, 2] = 0.5
    assert Ink(lines, True).parting()[0, 2].all()
    assert not Ink(lines, False).parting().any()
