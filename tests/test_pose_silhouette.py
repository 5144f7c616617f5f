"""Joints of a figure that no model recognises: told from its outline alone, to begin with by hand."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from animate import examples
from pose.outline import find_outline
from pose.silhouette import guess_body, joints_in
from pose.skeleton import LEGS
from tests import figure
from tests.test_pose_finder import load, real
from training.puppets.recipe import SPLITS
from training.puppets.world import World

SIZE = np.array([figure.WIDTH, figure.HEIGHT])
TRUE = np.array([figure.JOINTS[joint] for joint in range(18)])


def off(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Of 14 joints: how far they are off, in lengths of the trunk."""
    return np.linalg.norm(found[:14, :2] - true[:14, :2], axis=1) / np.linalg.norm(
        true[1, :2] - true[[8, 11], :2].mean(0)
    )


def test_a_drawn_figure_gets_its_joints_from_its_outline():
    picture = figure.draw()
    outline = find_outline(picture)
    assert outline is not None
    found = joints_in(outline) * SIZE
    assert off(found, TRUE).mean() < 0.12
    assert off(found, TRUE)[[4, 7, 10, 13]].max() < 0.2  # hands and feet


@pytest.mark.parametrize("skirt", [None, 210, 260], ids=["trousers", "skirt", "gown"])
def test_a_waist_is_no_neck_and_a_hem_no_hip(skirt):
    mask = np.zeros((320, 240), np.uint8)
    cv2.circle(mask, (120, 45), 26, 1, -1)
    cv2.line(mask, (120, 70), (120, 85), 1, 14)
    chest = [(88, 84), (152, 84), (138, 140), (150, 165), (90, 165), (102, 140)]
    cv2.fillPoly(mask, [np.array(chest, np.int32)], 1)
    for side in (-1, 1):
        cv2.line(mask, (120 + side * 28, 92), (120 + side * 52, 175), 1, 14)
        cv2.line(mask, (120 + side * 14, 160), (120 + side * 18, 300), 1, 18)
    if skirt:
        cv2.fillPoly(mask, [np.array([(104, 140), (136, 140), (166, skirt), (74, skirt)], np.int32)], 1)
    joints = joints_in(mask > 0) * mask.shape[::-1]
    assert 70 < joints[1, 1] < 105
    assert abs(joints[[2, 5], 1] - 92).max() < 14
    assert (abs(joints[[8, 11], 1] - 160) < 30).all()
    assert abs(joints[[4, 7]] - [(71, 168), (169, 168)]).max() < 18
    assert abs(joints[[10, 13], 1] - 295).max() < 22


def test_a_head_sunk_between_the_shoulders_has_its_face_above_them():
    mask = np.zeros((300, 300), np.uint8)
    for middle, axes in (((150, 60), (46, 54)), ((150, 160), (70, 66))):
        cv2.ellipse(mask, middle, axes, 0, 0, 360, 1, -1)
    for hand, foot in ((30, 110), (270, 190)):
        cv2.line(mask, (150, 118), (hand, 170), 1, 26)
        cv2.line(mask, ((150 + foot) // 2, 200), (foot, 290), 1, 34)
    nose, neck, right, left = joints_in(mask > 0)[[0, 1, 2, 5]] * 300
    assert abs(nose - (150, 70)).max() < 25
    assert 100 < neck[1] < 135
    assert abs(neck - (right + left) / 2).max() < 8


def test_legs_that_are_cut_off_keep_joints_that_can_be_told_apart():
    outline = find_outline(figure.draw())
    assert outline is not None
    hips = round(TRUE[8, 1] / figure.HEIGHT * len(outline))
    cut = joints_in(outline[: hips + 4]) * (figure.WIDTH, figure.HEIGHT * (hips + 4) / len(outline))
    assert off(cut, TRUE)[[*range(1, 8)]].mean() < 0.25
    for leg in LEGS:
        assert (np.diff(cut[list(leg), 1]) > 1).all()


@pytest.mark.parametrize("kind", ["line drawing", "raised arms", "no picture of anybody"])
def test_a_first_guess_is_a_body_in_the_picture(kind):
    picture = figure.draw()
    if kind == "line drawing":
        lines = np.abs(np.diff(picture.astype(int), axis=0, prepend=picture[:1])).max(-1) > 12
        lines |= np.abs(np.diff(picture.astype(int), axis=1, prepend=picture[:, :1])).max(-1) > 12
        picture = np.where(lines[..., None], np.uint8(40), np.uint8(235)).repeat(3, -1)[..., :3]
    elif kind == "no picture of anybody":
        picture = np.full((300, 200, 3), 90, np.uint8)
    else:
        picture = raised()
    points = guess_body(picture, None)
    assert points.shape == (134, 3)
    assert (points[:18, 2] == 1).all()
    assert (points[:18, :2] >= 0).all()
    assert (points[:18, :2] <= picture.shape[1::-1]).all()
    assert points[0, 1] < points[1, 1] < points[8, 1] < points[9, 1] < points[10, 1]
    assert points[4, 0] < points[1, 0] < points[7, 0]
    if kind == "line drawing":
        assert off(points, TRUE).mean() < 0.15
    if kind == "raised arms":
        assert points[[4, 7], 1].max() < points[1, 1]


def raised() -> np.ndarray:
    """A figure with both arms up, as a sign shows it."""
    picture = np.full((240, 200, 3), 240, np.uint8)
    for start, end in (
        ((100, 90), (55, 40)),
        ((100, 90), (145, 40)),
        ((92, 150), (80, 225)),
        ((108, 150), (120, 225)),
    ):
        cv2.line(picture, start, end, (30, 60, 90), 14)
    cv2.rectangle(picture, (80, 75), (120, 155), (30, 60, 90), -1)
    cv2.circle(picture, (100, 48), 20, (30, 60, 90), -1)
    return picture


def test_a_model_is_believed_where_its_body_stands_in_an_outline_that_tells_no_limbs():
    seen = np.zeros((134, 3), np.float32)
    seen[:18] = np.concatenate([TRUE, np.ones((18, 1))], 1)
    cloak = cv2.ellipse(figure.make_background("plain"), (80, 128), (70, 100), 0, 0, 360, (60, 90, 160), -1)
    np.testing.assert_allclose(guess_body(cloak, seen)[:18, :2], TRUE)
    doubtful = seen * (1, 1, 0.3)
    beside = seen + np.array([70, 0, 0])
    for wrong in (doubtful, beside, None):
        assert off(guess_body(cloak, wrong), TRUE).max() > 0.05


def test_an_outline_that_tells_limbs_is_believed_before_a_model_that_sees_a_body_within_it():
    within = np.zeros((134, 3), np.float32)
    within[:18] = np.concatenate([TRUE * 0.6 + TRUE[1] * 0.4 + (0, 40), np.ones((18, 1))], 1)
    assert off(within, TRUE).mean() > 0.4
    for seen in (within, within * (1, 1, 0.3), None):
        assert off(guess_body(figure.draw(), seen), TRUE).mean() < 0.12


def test_outlines_of_random_puppets_say_where_their_joints_are():
    world, errors = World(seed=3, split=SPLITS[-1]), []
    for _ in range(6):
        sample = world.clip(frames=1, size=(160, 240), spread=True, exact=True)
        true, mask = sample.poses[0], sample.masks[0, 0].numpy() > 127
        if (true[:14, 2] > 0.3).all():
            errors.append(off(joints_in(mask) * mask.shape[::-1], true).mean())
    assert len(errors) >= 3
    assert np.median(errors) < 0.08


@pytest.mark.parametrize("name", ["robot", "raincoat"])
def test_our_own_figures_would_be_placed_well_without_a_model(name):
    path = examples.characters()[name]
    known = examples.known_pose(path)
    assert known is not None
    picture = np.asarray(Image.open(Path(path)).convert("RGB"))
    assert off(guess_body(picture, None), known.points[0]).mean() < 0.2


@real
@pytest.mark.parametrize(("name", "hands"), [("08", ((0.06, 0.5), (0.9, 0.45))), ("09", ((0.06, 0.4), (0.93, 0.36)))])
def test_drawings_of_children_get_hands_where_they_are(name, hands):
    picture = load(name)
    shares = guess_body(picture, None)[:18, :2] / picture.shape[1::-1]
    np.testing.assert_allclose(shares[[4, 7]], hands, atol=0.09)
