"""People of whom a picture shows little more than a face: they are seen all the same, and have shoulders."""

import cv2
import numpy as np
import pytest

from pose.finder import PoseFinder
from pose.portraits import as_portrait, bust_in, with_room
from pose.skeleton import BODY, FACE, LEFT_SHOULDER, NECK, RIGHT_SHOULDER, VISIBLE
from tests.body import body

WIDTH, HEIGHT = 200, 240


def face(*, turned: float = 0.0, large: float = 4.0, hide: tuple[int, ...] = ()) -> np.ndarray:
    """134 3: a body whose face is in the middle of the picture, and the rest mostly below it."""
    points = body(hide=hide)
    turn = np.exp(1j * turned)
    offset = large * (points[:, 0] + 1j * points[:, 1] - complex(*points[0, :2])) * turn
    points[:, 0], points[:, 1] = offset.real + WIDTH / 2, offset.imag + HEIGHT / 2
    return points


class Model:
    """Detector and estimator in one, that sees somebody only where there is room about them."""

    provider, batched = "CPUExecutionProvider", False

    def __init__(self, points: np.ndarray, *, score: float = 0.7):
        self.points, self.score, (_, self.start) = points, score, with_room(picture())

    def find(self, frame: np.ndarray) -> np.ndarray:
        wide = frame.shape[0] > HEIGHT
        return np.array([[0, 0, *frame.shape[1::-1], self.score]] * wide, np.float32).reshape(-1, 5)

    def estimate(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        points = self.points.copy()
        points[:, :2] += self.start
        return np.repeat(points[None], len(boxes), 0)


def picture() -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), 128, np.uint8)


def seen_by(model: Model) -> np.ndarray:
    return PoseFinder(model, model, small=True).see(picture()).characters  # type: ignore[arg-type]


def test_a_face_that_fills_its_picture_is_found_with_shoulders_and_nothing_else():
    points = face()
    (found,) = seen_by(Model(points))
    kept = [*range(14, 18), 0, NECK, *range(FACE.start, FACE.stop)]
    np.testing.assert_allclose(found[kept], points[kept], atol=1e-4)
    assert (found[[RIGHT_SHOULDER, LEFT_SHOULDER], 2] > VISIBLE).all()
    others = np.ones(len(found), bool)
    others[[*kept, RIGHT_SHOULDER, LEFT_SHOULDER]] = False
    assert not found[others, 2].any()


@pytest.mark.parametrize("why", ["small", "half seen", "hardly seen"])
def test_what_is_no_portrait_is_nobody(why):
    points = face(large=1.0) if why == "small" else face(hide=(16,) if why == "half seen" else ())
    assert not len(seen_by(Model(points, score=0.4 if why == "hardly seen" else 0.7)))


@pytest.mark.parametrize("turned", [0.0, 0.3, -0.3])
def test_shoulders_that_are_not_seen_are_told_by_the_face(turned):
    points = face(turned=turned, hide=(NECK, RIGHT_SHOULDER, LEFT_SHOULDER))
    portrait = as_portrait(points)
    assert portrait is not None
    right, neck, left = portrait[[RIGHT_SHOULDER, NECK, LEFT_SHOULDER], :2]
    np.testing.assert_allclose((right + left) / 2, neck, atol=1e-3)
    ears = points[17, :2] - points[16, :2]
    along = (left - right) / np.linalg.norm(left - right)
    np.testing.assert_allclose(along, ears / np.linalg.norm(ears), atol=1e-3)
    assert np.linalg.norm(left - right) > 1.5 * np.linalg.norm(ears)
    down = (neck - points[0, :2]) @ np.array([-along[1], along[0]])
    assert down > np.linalg.norm(ears)


def test_a_shoulder_where_none_can_be_is_not_believed():
    points = face()
    points[LEFT_SHOULDER, :2] = points[RIGHT_SHOULDER, :2]
    portrait = as_portrait(points)
    assert portrait is not None
    assert portrait[LEFT_SHOULDER, 0] > portrait[NECK, 0] > portrait[RIGHT_SHOULDER, 0]
    assert (portrait[BODY, 2] > VISIBLE).sum() == 8


@pytest.mark.parametrize("cut", [False, True])
def test_the_head_of_what_has_no_limbs_is_the_disc_at_its_top(cut):
    """Of an animal that sits, whose body may be broader than its head, and cut by the picture's lower edge."""
    outline = np.zeros((200, 160), np.uint8)
    cv2.circle(outline, (70, 60), 30, 1, -1)
    cv2.ellipse(outline, (80, 150), (44, 60), 0, 0, 360, 1, -1)
    bust = bust_in(outline[:170] > 0 if cut else outline > 0)
    np.testing.assert_allclose(bust[[0, 14, 15, 16, 17], :2].mean(0), (70, 60), atol=6)
    right, left = bust[[16, 17], :2]
    assert 30 < left[0] - right[0] < 60, "a face a little narrower than the head"
    assert bust[0, 1] < bust[NECK, 1] <= bust[LEFT_SHOULDER, 1]
    assert set(np.flatnonzero(bust[:, 2])) == {0, 1, 2, 5, 14, 15, 16, 17}
