"""Drawings whose outlines hold colours that are little unlike the backdrop."""

import cv2
import numpy as np
import pytest
import torch

from animate.lines import enclosed, off_paper
from animate.puppet import Puppet
from pose.silhouette import guess_body

BACKDROP, GREY, BLUE, INK = (206, 226, 236), (150, 160, 172), (70, 110, 190), (40, 45, 55)
HEAD, TRUNK = (122, 36, 198, 104), (102, 121, 218, 248)
ARMS = {"right": ((78, 126, 101, 193), (76, 200, 96, 258)), "left": ((219, 126, 242, 193), (224, 200, 244, 258))}
LEGS = ((116, 255, 146, 333), (174, 255, 204, 333), (118, 340, 144, 418), (176, 340, 202, 418))


def draw_robot(grey=GREY) -> np.ndarray:
    """480 320 3 uint8: boxes with dark outlines, narrow gaps between them, arms beside the trunk."""
    picture = np.full((480, 320, 3), BACKDROP, np.uint8)
    cv2.rectangle(picture, (150, 104), (170, 121), INK, -1)
    grey_boxes = (HEAD, *ARMS["right"], *ARMS["left"], *LEGS)
    for box, colour in ((TRUNK, BLUE), *((box, grey) for box in grey_boxes)):
        cv2.rectangle(picture, box[:2], box[2:], colour, -1)
        cv2.rectangle(picture, box[:2], box[2:], INK, 2, cv2.LINE_AA)
    for x in (108, 166):
        cv2.rectangle(picture, (x, 421), (x + 44, 442), BLUE, -1)
    return picture


def within(box: tuple[int, int, int, int], picture: np.ndarray) -> np.ndarray:
    x0, y0, x1, y1 = box
    return picture[y0 + 4 : y1 - 3, x0 + 4 : x1 - 3]


def test_arms_beside_the_trunk_are_guessed_where_they_are():
    points = guess_body(draw_robot(), None)
    for side, (shoulder, elbow, wrist) in (("right", (2, 3, 4)), ("left", (5, 6, 7))):
        upper, lower = ARMS[side]
        assert upper[0] < points[shoulder, 0] < upper[2]
        assert lower[0] < points[elbow, 0] < lower[2]
        assert upper[1] + 40 < points[elbow, 1] < lower[1] + 20
        assert lower[0] < points[wrist, 0] < lower[2]
        assert lower[1] + 20 < points[wrist, 1] < lower[3] + 10


@pytest.mark.parametrize("grey", [GREY, (176, 186, 196)])
def test_what_outlines_enclose_is_body_though_it_might_be_a_shadow(grey):
    picture = draw_robot(grey)
    mask = Puppet.cut(picture, guess_body(picture, None)).mask[0].numpy()
    for box in (TRUNK, HEAD, *ARMS["right"], *ARMS["left"], *LEGS):
        assert within(box, mask).mean() > 0.97
    assert mask[345:410, 150:170].mean() < 0.05  # between the shins
    assert mask[106:118, 125:140].mean() < 0.1  # beside the neck


def test_enclosed_is_what_lines_keep_from_the_edge():
    lines = np.zeros((20, 20), bool)
    lines[4:15, [4, 14]] = lines[[4, 14], 4:15] = True
    kept = enclosed(lines)
    assert kept[4:15, 4:15].all()
    assert kept.sum() == 121
    lines[8:12, 4] = False  # a gap in them
    assert not enclosed(lines)[9, 9]


def test_ink_is_off_the_paper_however_much_of_it_there_is():
    rows, columns = np.mgrid[:120, :90]
    paper = np.stack([0.8 - 0.2 * columns / 90 + 0.1 * rows / 120] * 3).astype(np.float32)
    ink = (rows - 30) ** 2 + (columns - 60) ** 2 < 18**2
    away = off_paper(torch.from_numpy(np.where(ink, np.float32(0.2), paper)), np.ones((120, 90), bool))
    assert away[ink].min() > 0.3
    assert away[~ink].max() < 0.02


def test_hair_far_above_a_drawn_head_is_cut_out_with_it():
    """A line drawing on paper, whose crown reaches further up than a skull of its face would."""
    picture = np.full((480, 320, 3), (170, 165, 160), np.uint8)
    ink = (60, 40, 130)
    points = guess_body(draw_robot(), None)
    points[[0, 14, 15, 16, 17], :2] = (160, 92), (154, 86), (166, 86), (148, 88), (172, 88)
    for first, last in (
        (TRUNK[:2], TRUNK[2:]),
        *((box[:2], box[2:]) for box in (*ARMS["right"], *ARMS["left"], *LEGS)),
    ):
        cv2.rectangle(picture, first, last, ink, 4)
    cv2.circle(picture, (160, 84), 34, ink, 4)
    cv2.fillPoly(picture, [np.array([(128, 70), (120, 8), (145, 30), (160, 4), (175, 30), (200, 8), (192, 70)])], ink)
    mask = Puppet.cut(picture, points).mask[0].numpy()
    assert mask[36:60, 135:185].mean() > 0.95
    assert mask[12:24, 122:126].mean() > 0.6  # the tips
    assert mask[345:410, 152:168].mean() < 0.1  # paper between the shins
