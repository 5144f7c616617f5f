"""Whose each pixel of a figure is: nothing flies about alone, nothing is left behind."""

import cv2
import numpy as np
import pytest
import torch

from animate.puppet import Puppet
from tests.figure import HANDS, HEIGHT, SKIN, SLEEVE, WIDTH, close_to, draw, make_background, make_pose, tensor


def test_a_patterned_skirt_hangs_as_one_cloth_too():
    spread = make_pose({9: (40, 158), 10: (34, 205), 12: (120, 158), 13: (126, 205)})
    striped = Puppet.cut(draw(skirt=True, stripes=True), make_pose()).move(spread)
    assert striped.cover[0, 0, 128:150, 80].min() > 0.9
    assert close_to(striped.frames[0], (37, 190), SKIN)


def pieces(cover: torch.Tensor) -> int:
    """How many pieces h w falls into."""
    return cv2.connectedComponents((cover > 0.3).to(torch.uint8).numpy())[0] - 1


def test_no_second_hand_comes_up_from_below_a_half_body():
    legs = (9, 10, 12, 13)
    half = Puppet.cut(draw()[:150], make_pose(without=legs))
    folded = make_pose({3: (92, 96), 4: (70, 96)}, without=legs)
    assert pieces(half.move(folded).cover[0, 0]) == 1


@pytest.mark.parametrize("kind", ["plain", "textured"])
def test_what_a_layer_owns_hangs_together(kind):
    puppet = Puppet.cut(draw(kind), make_pose())
    for layer in puppet.layers[[0, 1, 2, 3, 4, 5]]:
        assert pieces(layer[3]) == 1


def draw_plush(outline: int) -> np.ndarray:
    """h w 3 uint8: the figure in fur, with a dark outline of some pixels."""
    figure = np.abs(draw().astype(int) - make_background("plain")).max(-1) > 30
    grown = cv2.dilate(figure.astype(np.uint8), np.ones((2 * outline + 1,) * 2, np.uint8)) > 0
    fur = np.random.default_rng(0).normal(0, 25, (HEIGHT, WIDTH, 1))
    picture = np.where(figure[..., None], (draw() + fur).clip(0, 255), draw()).astype(np.uint8)
    picture[grown & ~figure] = (90, 50, 20)
    return picture


BROAD_HEAD = {16: (56, 42), 17: (104, 42)}


def test_outlines_leave_with_the_limb_they_belong_to():
    puppet = Puppet.cut(draw_plush(outline=3), make_pose(BROAD_HEAD))
    beside = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    beside[90:] = True
    beside[:, 56:104] = False
    assert float(puppet.layers[[0, 1], 3][:, beside].sum()) < 3, "neither head nor body owns an arm's outline"
    raised = puppet.move(make_pose({3: (34, 52), 4: (26, 24)} | BROAD_HEAD)).frames[0]
    freed = raised[:, 105:140, 22:44] - tensor(make_background("plain"))[:, 105:140, 22:44]
    assert float(freed.abs().max()) < 0.15, "no line is left behind"


def test_a_head_broader_than_its_neck_leaves_the_shoulders_alone():
    puppet = Puppet.cut(draw_plush(outline=2), make_pose(BROAD_HEAD))
    assert float(puppet.layers[0, 3, 74:90, :56].max()) < 0.1


@pytest.mark.parametrize("kind", ["plain", "textured"])
def test_paws_larger_than_their_fingers_are_cut_out_whole(kind):
    puppet = Puppet.cut(draw(kind, paws=13), make_pose(fingers=True))
    for x, y in HANDS:
        assert float(puppet.mask[0, y - 9 : y + 10, x - 6 : x + 7].min()) > 0.9


def test_a_cast_shadow_is_not_body():
    background = np.full((HEIGHT, WIDTH, 3), (232, 222, 200), np.uint8)
    figure = (np.abs(draw().astype(int) - make_background("plain")).max(-1) > 30).astype(np.uint8)
    shadow = cv2.warpAffine(figure, np.array([[1, 0, 5], [0, 1, 5]], np.float32), (WIDTH, HEIGHT))
    picture = np.where(shadow[..., None] > 0, background * 0.7, background).astype(np.uint8)
    picture = np.where(figure[..., None] > 0, draw(), picture)
    alone = (shadow > 0) & (cv2.dilate(figure, np.ones((5, 5), np.uint8)) == 0)
    found = Puppet.cut(picture, make_pose()).mask[0].numpy() > 0.5
    assert found[alone].mean() < 0.35


def test_a_sleeve_takes_no_cloth_from_behind_it():
    """An arm before the trousers, whose bone was found at its rim."""
    picture = draw()
    cv2.rectangle(picture, (22, 101), (46, 140), (225, 228, 230), -1)
    cv2.line(picture, (46, 98), (74, 150), SLEEVE, 10, cv2.LINE_AA)
    cv2.circle(picture, (78, 158), 7, SKIN, -1, cv2.LINE_AA)
    puppet = Puppet.cut(picture, make_pose({4: (78, 148)}))
    _, green, blue, arm = puppet.layers[2, :4]
    behind = (arm > 0.8) & (blue > green + 0.2)
    assert int(behind.sum()) < 25


def test_hair_that_hangs_beside_the_arms_goes_with_the_head():
    """Long tails of one colour, other than clothes and skin, belong to the head down to their ends."""
    picture = draw()
    for x in (58, 102):
        cv2.line(picture, (80, 26), (x, 40), (120, 40, 160), 8)
        cv2.line(picture, (x, 40), (x, 92), (120, 40, 160), 10)
    cv2.ellipse(picture, (80, 28), (16, 9), 0, 180, 360, (120, 40, 160), -1)
    layers = Puppet.cut(picture, make_pose()).layers
    tails = torch.from_numpy((picture == (120, 40, 160)).all(-1))
    tails[:60] = False
    assert tails.sum() > 300
    assert float(layers[0, 3][tails].mean()) > 0.8
