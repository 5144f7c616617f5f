"""Skeleton pictures: pixel for pixel the published ones; the checkpoints' differences; nothing drawn of what hides."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pose.draw import STYLES, Style, draw
from pose.skeleton import BODY, COLOURS, FACE, FEET, HANDS

DATA = Path(__file__).parent / "data" / "pose"
PUBLISHED = json.loads((DATA / "drawing.json").read_text())
AT_SIZE = replace(STYLES["moore"], short_side=None)


def points_of(case: dict) -> np.ndarray:
    """A stored case's points, in pixels; what the published code hides by -1 is hidden by its score."""
    points = np.zeros((134, 3))
    points[BODY, :2], points[BODY, 2] = case["body"], case["body_scores"]
    for part, places in zip((*HANDS, FACE), (*case["hands"], *case["face"]), strict=True):
        points[part, :2] = places
        points[part, 2] = (np.array(places) > 0).all(1)
    points[:, :2] *= (case["width"], case["height"])
    return points


@pytest.mark.parametrize("name", sorted(PUBLISHED))
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_pictures_are_the_published_ones(name, kind):
    case = PUBLISHED[name]
    expected = cv2.imread(str(DATA / f"{name}.png"))[..., ::-1]
    drawn = draw(points_of(case).astype(kind), size=(case["width"], case["height"]), style=AT_SIZE)
    np.testing.assert_array_equal(drawn, expected)


@pytest.fixture
def points() -> np.ndarray:
    points = points_of(PUBLISHED["drawn_0"])
    points[FEET, :2] = points[[13, 13, 13, 10, 10, 10], :2] + [
        [25, 12],
        [20, 14],
        [-9, 9],
        [-25, 12],
        [-20, 14],
        [9, 9],
    ]
    points[FEET, 2] = 1
    return points


def hidden(points: np.ndarray, part: slice) -> np.ndarray:
    points = points.copy()
    points[part, 2] = 0
    return points


SHOWS = {
    "moore": {"hands": True, "face": True, "feet": False},
    "musepose": {"hands": True, "face": False, "feet": False},
    "novita": {"hands": True, "face": False, "feet": True},
    "mini": {"hands": True, "face": False, "feet": False},
}


@pytest.mark.parametrize("name", sorted(STYLES))
def test_each_style_shows_its_parts(name, points):
    whole = draw(points, size=(512, 768), style=STYLES[name])
    for part, where in {"hands": HANDS[0], "face": FACE, "feet": FEET}.items():
        without = draw(hidden(points, where), size=(512, 768), style=STYLES[name])
        assert (whole != without).any() == SHOWS[name][part], part


def test_moore_draws_at_512_and_resizes(points):
    small = points.copy()
    small[:, :2] /= 2
    half = draw(small, size=(256, 384), style=STYLES["moore"])
    full = draw(points, size=(512, 768), style=STYLES["moore"])
    np.testing.assert_array_equal(half, cv2.resize(full, (256, 384), interpolation=cv2.INTER_AREA))


def test_musepose_exchanges_red_and_blue_and_draws_at_1024(points):
    """As its draw_dwpose.py, by which its training was made, and its pose_align.py do."""
    large = points * (2, 2, 1)
    drawn = draw(large, size=(1024, 1536), style=STYLES["musepose"])
    plain = draw(large, size=(1024, 1536), style=replace(STYLES["musepose"], short_side=None, exchanged=False))
    np.testing.assert_array_equal(drawn, plain[..., ::-1])
    neck, shoulder = large[[1, 2], :2]
    x, y = (neck + (shoulder - neck) / 2).astype(int)
    assert drawn[y, x].tolist() == [0, 0, 153]
    half = draw(points, size=(512, 768), style=STYLES["musepose"])
    np.testing.assert_array_equal(half, cv2.resize(drawn, (512, 768), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("size", [(512, 768), (200, 300), (1280, 720), (8, 8), (1000, 64)])
@pytest.mark.parametrize("name", sorted(STYLES))
def test_any_size_is_drawn(size, name, points):
    points[:, :2] *= np.array(size) / (512, 768)
    drawn = draw(points, size=size, style=STYLES[name])
    assert drawn.shape == (size[1], size[0], 3)
    assert drawn.dtype == np.uint8
    assert drawn.any()


def test_a_body_joint_shows_above_the_threshold_and_a_hand_point_from_it(points):
    points[:, 2] = 0.3
    drawn = draw(points, size=(512, 768), style=replace(AT_SIZE, face=False))
    assert drawn.any()
    assert not draw(hidden(points, HANDS[0]), size=(512, 768), style=Style(short_side=None, hands=False)).any()


def test_nobody_is_a_black_picture():
    for style in STYLES.values():
        assert not draw(np.zeros((134, 3)), size=(64, 96), style=style).any()


def test_points_far_outside_do_no_harm(points):
    points[:, :2] += 5000
    assert not draw(points, size=(512, 768), style=STYLES["novita"]).any()
    points[:, :2] -= 11000
    assert not draw(points, size=(512, 768), style=STYLES["novita"]).any()


def test_the_given_points_are_left_as_they_are(points):
    before = points.copy()
    draw(points, size=(256, 384), style=STYLES["moore"])
    np.testing.assert_array_equal(points, before)


def test_a_joint_has_its_own_colour(points):
    drawn = draw(points, size=(512, 768), style=Style(short_side=None, hands=False))
    for (x, y, _), colour in zip(points[BODY], COLOURS, strict=True):
        assert (drawn[int(y), int(x)] == colour).all()
