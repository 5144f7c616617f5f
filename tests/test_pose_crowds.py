"""People who stand close: each is found, as one body of their own, and nobody twice."""

import numpy as np
import pytest

from pose.along import look_between
from pose.crowds import alone, crowded, neighbours, second
from pose.looking import Eyes, Person
from tests.test_pose_finder import person

WIDTH, HEIGHT, BROAD = 200, 120, 80
PLACES = (70, 90, 112)


def box(x: float, *, score: float = 0.9) -> np.ndarray:
    """A box as wide as somebody's arms reach around x."""
    return np.array([x - BROAD / 2, 10, x + BROAD / 2, 110, score], np.float32)


def body(x: float) -> np.ndarray:
    return person(x, 60, size=16)


def crowd(*places: int) -> np.ndarray:
    """A frame in which the column of each body's middle is white, on grey."""
    frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    frame[:, list(places)] = 255
    return frame


class Looker:
    """Detector and estimator in one. A box's answer is whom the frame shows in it: of two or more a body made of them,
    of none that is known one squeezed into what is left of the picture."""

    provider, batched = "CPUExecutionProvider", False

    def __init__(self, *boxes: np.ndarray):
        self.boxes, self.looked = np.stack(boxes), 0

    def find(self, frame: np.ndarray) -> np.ndarray:
        self.looked += 1
        return self.boxes

    def estimate(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        return np.stack([self.answer(frame, each) for each in boxes])

    def estimate_all(self, frames, boxes):
        return [self.estimate(frame, those) for frame, those in zip(frames, boxes, strict=True)]

    def answer(self, frame: np.ndarray, each: np.ndarray) -> np.ndarray:
        inside = [x for x in np.flatnonzero(frame[0, :, 0] == 255).tolist() if each[0] <= x <= each[2]]
        if not inside and frame[0, :, 0].all():
            return np.zeros((134, 3), np.float32)
        if not inside:
            shown = np.flatnonzero(frame[0, :, 0])
            return body(float(shown.clip(*each[[0, 2]]).mean()))
        middle = (each[0] + each[2]) / 2
        one, *other = sorted(inside, key=lambda x: abs(x - middle))
        mixed = body(one)
        if other and each[2] - each[0] > BROAD / 2:
            mixed[:18:2] = body(other[0])[:18:2]
        return mixed


def eyes(*boxes: np.ndarray) -> Eyes:
    looker = Looker(*boxes)
    return Eyes(looker, looker)  # type: ignore[arg-type]


def places(people: list[Person]) -> list[float]:
    return [float(each.points[:18, 0].mean()) for each in people]


def test_each_of_three_who_stand_close_is_a_body_of_their_own():
    found = eyes(*(box(x) for x in PLACES)).detected(crowd(*PLACES))
    for each, x in zip(found, PLACES, strict=True):
        np.testing.assert_array_equal(each.points, body(x))


@pytest.mark.parametrize("beside", [58, 82])
def test_nobody_is_given_a_second_body_beside_them(beside):
    sure, ghost = box(70), box(beside, score=0.5)
    found = eyes(sure, ghost).detected(crowd(70))
    assert len(found) == 1
    np.testing.assert_array_equal(found[0].points, body(70))


def test_who_stands_alone_is_looked_at_in_the_frame_as_it_is():
    frame = crowd(*PLACES)
    assert alone(frame, box(70), np.stack([box(70), box(160)])) is frame
    assert not crowded(np.stack([box(70), box(160)])).any()
    assert second(np.stack([box(70), box(160), box(90)])) == [2]


def test_who_is_before_or_behind_somebody_cannot_be_parted_from_them():
    assert neighbours(box(70), np.stack([box(72)])) == []


def test_between_two_neighbours_most_of_the_way_to_each_is_shown():
    shown = alone(np.full((HEIGHT, WIDTH, 3), 9, np.uint8), box(90), np.stack([box(x) for x in PLACES]))
    assert np.flatnonzero(shown[0, :, 0]).tolist() == list(range(74, 108))


def test_between_two_detections_too_who_stand_close_stay_bodies_of_their_own():
    ends = [[Person(body(x + moved), box(x + moved)[:4]) for x in PLACES] for moved in (0, 4)]
    looker = Looker(*(box(x) for x in PLACES))
    frame = crowd(*(x + 2 for x in PLACES))
    (found,) = look_between([frame], Eyes(looker, looker), before=ends[0], after=ends[1], shares=[0.5])  # type: ignore[arg-type]
    assert looker.looked == 0
    assert places(found) == pytest.approx([x + 2 for x in PLACES])


def test_who_is_missed_beside_somebody_close_is_followed_as_a_body_of_their_own():
    frame, near = crowd(*PLACES), eyes(box(70))
    before = [Person(body(x), box(x)[:4]) for x in PLACES]
    found = [Person(near.estimator.estimate(frame, box(70)[None])[0], box(70)[:4])]  # made of two
    everybody = near.parted(frame, found, near.missed(frame, found, before))
    assert places(everybody) == pytest.approx(PLACES)
