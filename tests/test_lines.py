"""Drawings whose outlines hold colours that are little unlike the backdrop."""

import cv2
import numpy as np
import pytest
import torch

from animate.puppet import Puppet
from animate.puppet.lines import enclosed, paper_of
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


def on_paper(*, shadow: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """120 90 3: paper lit from one side, maybe a shadow with an edge on it, and ink; and where the ink is, bool."""
    rows, columns = np.mgrid[:120, :90]
    paper = np.stack([0.8 - 0.2 * columns / 90 + 0.1 * rows / 120] * 3, -1).astype(np.float32)
    if shadow:
        paper[70:] -= 0.12
    ring = np.abs(np.hypot(rows - 50, columns - 45) - 30) < 2
    ink = ring | ((rows - 20) ** 2 + (columns - 60) ** 2 < (8 if shadow else 18) ** 2)
    return np.where(ink[..., None], np.float32(0.2), paper), ink


@pytest.mark.parametrize("shadow", [False, True])
def test_paper_is_known_however_much_ink_and_shadow_is_on_it(shadow):
    drawn, ink = on_paper(shadow=shadow)
    core = np.zeros_like(ink)
    core[35:65, 30:60] = True
    found = paper_of(torch.from_numpy(drawn).permute(2, 0, 1), ~core, core)
    away = np.abs(drawn - found.permute(1, 2, 0).numpy()).max(-1)
    assert away[ink].min() > 0.3
    assert np.quantile(away[~ink], 0.97) < 0.03
    assert shadow or away[~ink].max() < 0.02


def test_what_is_painted_or_stands_before_something_is_no_line_drawing():
    drawn, ink = on_paper()
    core = np.zeros_like(ink)
    core[35:65, 30:60] = True
    painted, anything = drawn.copy(), np.random.default_rng(0).random(drawn.shape, np.float32)
    painted[core] = (0.9, 0.2, 0.1)
    for picture, around in (
        (painted, ~core),
        (np.where(core[..., None], drawn, anything), ~core),
        (drawn, core & ~core),
    ):
        assert paper_of(torch.from_numpy(picture).permute(2, 0, 1), around, core) is None


def draw_figure(*, legs: int, shade: bool) -> tuple[np.ndarray, np.ndarray]:
    """480 320 3 uint8 and its joints: arms and legs of strokes, `legs` pixels wide, on a body of lines, on paper."""
    rows, columns = np.mgrid[:480, :320]
    paper = np.stack([200 - 40 * columns / 320 - (25 * (rows > 300) if shade else 0)] * 3, -1).astype(np.uint8)
    picture = paper.copy()
    points = np.zeros((134, 3), np.float32)
    points[:18, :2] = [
        *((160, 120), (160, 150), (120, 160), (70, 190), (40, 230), (200, 160), (250, 190), (280, 230)),
        *((140, 270), (135, 340), (130, 410), (180, 270), (185, 340), (190, 410)),
        *((152, 112), (168, 112), (142, 116), (178, 116)),
    ]  # fmt: skip
    points[:18, 2] = 1
    for chain in ((2, 3, 4), (5, 6, 7), (8, 9, 10), (11, 12, 13)):
        cv2.polylines(picture, [points[list(chain), :2].astype(np.int32)], False, INK, legs, cv2.LINE_AA)
    cv2.ellipse(picture, (160, 200), (75, 100), 0, 0, 360, INK, 3)
    inside = np.zeros(picture.shape[:2], np.uint8)
    cv2.ellipse(inside, (160, 200), (72, 97), 0, 0, 360, 1, -1)
    picture[inside > 0] = paper[inside > 0]
    for x in (148, 172):
        cv2.circle(picture, (x, 150), 4, INK, -1)
    return picture, points


@pytest.mark.parametrize("shade", [False, True])
def test_limbs_of_one_stroke_stay_strokes_of_ink(shade):
    """Down to the feet, and nothing of their ink is spread about the joints that they hang on."""
    picture, points = draw_figure(legs=5, shade=shade)
    puppet = Puppet.cut(picture, points)
    for layer, (knee, foot) in ((4, (9, 10)), (5, (12, 13))):
        colours, alpha = puppet.layers[layer, :3], puppet.layers[layer, 3]
        for t in (0.2, 0.5, 0.8):
            x, y = (int(v) for v in (points[knee, :2] * (1 - t) + points[foot, :2] * t).round())
            assert alpha[y, x] > 0.95
            assert (colours[:, y, x] / alpha[y, x]).max() < 0.35
            assert max(alpha[y, x - 9], alpha[y, x + 9]) < 0.05
    for layer, joint in ((2, 2), (3, 5), (4, 8), (5, 11)):
        x, y = points[joint, :2].astype(int)
        about = puppet.layers[layer, :, y - 20 : y + 21, x - 20 : x + 21]
        ink = (about[3] > 0.5) & (about[:3].amax(0) < 0.35)
        assert ink.float().mean() < 0.2


def test_paper_beside_closed_outlines_is_no_body():
    """Not even where the bones that were guessed say so."""
    picture, points = draw_figure(legs=26, shade=False)
    points[2, :2], points[5, :2] = (105, 120), (215, 120)  # above the shoulders
    mask = Puppet.cut(picture, points).mask[0].numpy()
    assert mask[200, 100:220].min() > 0.95
    assert max(mask[112:122, 92:100].max(), mask[112:122, 220:228].max()) < 0.05


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
