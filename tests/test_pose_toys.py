"""Toys that are half recognised: which they are, and what their outline tells better."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from animate import examples, pictures
from pose import outline, toys
from pose.looking import Person
from pose.silhouette import shows_hands
from pose.skeleton import ARMS, HANDS, MIRROR
from pose.toys import put_right
from tests import figure
from tests.test_pose_finder import Script, finder, finder_of, frames, person  # noqa: F401, a fixture
from tests.test_pose_silhouette import TRUE, off

ARM_JOINTS = np.ravel(ARMS)


def half_recognised() -> np.ndarray:
    """The drawn figure's joints as a model may see them: hands inside the trunk."""
    seen = np.zeros((134, 3), np.float32)
    seen[:18] = np.concatenate([TRUE, np.full((18, 1), 0.7)], 1)
    seen[np.r_[HANDS]] = (*TRUE[1], 0.7)
    seen[[3, 4, 6, 7], :2] = TRUE[[8, 8, 11, 11]]
    return seen


def figure_in(picture: np.ndarray) -> np.ndarray:
    found = outline.find_outline(picture)
    assert found is not None
    return found


@pytest.fixture
def by_people(monkeypatch):
    monkeypatch.setattr(outline, "salience", lambda: None)


@pytest.fixture
def by_colours(by_people, monkeypatch):
    monkeypatch.setattr(toys, "person_segmenter", lambda: None)


@pytest.mark.usefixtures("by_colours")
@pytest.mark.parametrize("behind", [False, True], ids=["from the front", "as if from behind"])
def test_the_arms_of_a_half_recognised_figure_are_those_of_its_outline(behind):
    seen = half_recognised()
    found = put_right(figure.draw(), seen[MIRROR] if behind else seen)
    assert off(seen, TRUE)[ARM_JOINTS].max() > 0.6
    assert off(found, TRUE)[ARM_JOINTS].max() < 0.3
    np.testing.assert_array_equal(found[8:14], seen[8:14])
    assert (found[np.r_[HANDS], 2] == 0).all(), "they hung on other wrists"


@pytest.mark.usefixtures("by_colours")
@pytest.mark.parametrize("hands", [True, False], ids=["both hands stand out", "one hand does not"])
def test_a_body_in_a_part_of_a_figure_alone_is_none(hands):
    small, picture = half_recognised(), figure.draw()
    small[:, :2] = small[:, :2] * 0.4 + (40, 100)
    if not hands:
        hidden = cv2.circle(np.zeros(picture.shape[:2], np.uint8), figure.HANDS[0], 29, 1, -1) > 0
        picture[hidden] = figure.make_background("plain")[hidden]
        assert not shows_hands(figure_in(picture))
    found = put_right(picture, small)
    assert off(found, TRUE).max() < (0.3 if hands else 0.7)
    assert (found[:18, 2] == 1).all()
    assert (found[18:, 2] == 0).all()


@pytest.mark.usefixtures("by_people")
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "cut off below"])
def test_where_the_segmenter_sees_the_figure_its_legs_are_those_of_its_outline_too(monkeypatch, cut):
    body = (np.abs(figure.draw().astype(int) - figure.make_background("plain")).max(-1) > 8).astype(np.float32)
    body = cv2.dilate(body, np.ones((3, 3)))  # with its head on
    body[:20, :20] = 1  # somebody else
    monkeypatch.setattr(
        toys, "person_segmenter", lambda: SimpleNamespace(see=lambda picture, points: body[: len(picture)])
    )
    picture = figure.draw()[: 180 if cut else None]
    seen = half_recognised()
    seen[[9, 10], :2] += (40, -30)
    found = put_right(picture, seen)
    assert off(found, TRUE)[ARM_JOINTS].max() < 0.3
    if cut:
        np.testing.assert_array_equal(found[8:14], seen[8:14])
    else:
        assert off(seen, TRUE)[[9, 10]].min() > 0.6
        assert off(found, TRUE)[8:14].max() < 0.4
        assert (found[18:24, 2] == 0).all(), "feet that hung on other ankles"


def test_what_the_segmenter_sees_elsewhere_is_not_the_figure(monkeypatch):
    nothing = SimpleNamespace(see=lambda picture, points: np.zeros(picture.shape[:2], np.float32))
    monkeypatch.setattr(toys, "person_segmenter", lambda: nothing)
    by_segmenter = put_right(figure.draw(), half_recognised())
    monkeypatch.setattr(toys, "person_segmenter", lambda: None)
    np.testing.assert_array_equal(by_segmenter, put_right(figure.draw(), half_recognised()))


@pytest.mark.usefixtures("by_colours")
def test_a_small_body_in_what_has_no_limbs_stays():
    """As of somebody at the middle of a picture of many things."""
    heap = cv2.ellipse(figure.make_background("plain"), (80, 130), (70, 100), 0, 0, 360, (60, 90, 160), -1)
    small = half_recognised()
    small[:, :2] = small[:, :2] * 0.4 + (40, 100)
    np.testing.assert_array_equal(put_right(heap, small), small)


@pytest.mark.usefixtures("by_colours")
def test_an_outline_that_means_another_figure_or_none_changes_nothing():
    elsewhere = half_recognised() + (70, 0, 0)
    np.testing.assert_array_equal(put_right(figure.draw(), elsewhere), elsewhere)
    plain = np.full((240, 160, 3), 90, np.uint8)
    np.testing.assert_array_equal(put_right(plain, half_recognised()), half_recognised())


@pytest.mark.parametrize(
    ("box", "arm", "unsure"), [(0.9, 0.5, False), (0.7, 0.9, False), (0.7, 0.5, True), (0.55, 0.9, True)]
)
def test_a_body_is_unsure_by_its_box_and_its_arms(box, arm, unsure):
    points = person()
    points[4, 2] = arm
    assert Person(points, np.zeros(4), score=box).unsure == unsure
    points[4, 2] = 0.1  # out of the picture
    assert Person(points, np.zeros(4), score=box).unsure == (box < 0.6)


def test_only_who_is_alone_in_a_picture_is_told_as_unsure():
    alone, pair = Script([[person()]]), Script([[person(30), person(75)]])
    for script in (alone, pair):
        find = script.find
        script.find = lambda frame, find=find: find(frame) * (1, 1, 1, 1, 0.5)  # type: ignore[method-assign]
    assert finder_of(alone).see(frames(1)[0]).unsure
    assert not finder_of(pair).see(frames(1)[0]).unsure
    assert not finder_of(Script([[person()]])).see(frames(1)[0]).unsure


def test_our_bear_brought_by_somebody_else_has_its_own_arms_and_legs(finder):  # noqa: F811
    path = examples.characters()["bear"]
    known, seen = examples.known_pose(path), finder.see(pictures.read(path))
    assert known is not None
    assert seen.unsure
    assert off(seen.characters[0], known.points[0])[ARM_JOINTS].max() < 0.25
    assert off(seen.characters[0], known.points[0])[8:14].max() < 0.4
    assert seen.characters[0][[9, 10, 12, 13], 2].all()
