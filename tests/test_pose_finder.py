"""Finding people in frames: order, bounded look-ahead, following who is missed, and never a ghost."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from pose.detector import open_session
from pose.finder import PoseFinder
from pose.likeness import matches, same, seen
from pose.people import Seen
from pose.skeleton import LEGS
from pose.tiles import parts, tiles
from pose.weights import PoseModelError, find_pose_models

INPUTS = Path(__file__).parents[2] / "shared" / "inputs"
real = pytest.mark.skipif(not INPUTS.is_dir(), reason="the real pictures are not here")


def person(x: float = 50, y: float = 50, *, size: float = 40, joints: int = 18) -> np.ndarray:
    """A body as a grid of points around x, y."""
    points = np.zeros((134, 3), np.float32)
    columns, rows = np.meshgrid(np.linspace(-0.5, 0.5, 3), np.linspace(-1, 1, 6))
    points[:18, 0], points[:18, 1] = x + size * columns.ravel() / 2, y + size * rows.ravel() / 2
    points[:joints, 2] = 0.9
    return points


class Script:
    """Detector and estimator in one, told what each frame shows; a frame carries its number in its first pixel."""

    provider, batched = "CPUExecutionProvider", False

    def __init__(self, detected: list[list[np.ndarray]], present: list[list[np.ndarray]] | None = None):
        self.detected, self.present = detected, present or detected
        self.lock, self.estimated, self.looked = threading.Lock(), 0, 0

    def find(self, frame: np.ndarray) -> np.ndarray:
        with self.lock:
            self.looked += 1
        people = self.detected[frame[0, 0, 0]]
        boxes = [np.concatenate([points[:18, :2].min(0), points[:18, :2].max(0), [0.9]]) for points in people]
        return np.stack(boxes) if boxes else np.zeros((0, 5))

    def estimate(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        with self.lock:
            self.estimated += len(boxes)
        people = self.present[frame[0, 0, 0]]
        answers = []
        for box in boxes:
            centre = (box[:2] + box[2:4]) / 2
            near = [points for points in people if np.abs(points[:18, :2].mean(0) - centre).max() < 30]
            answers.append(near[0] if near else np.zeros((134, 3), np.float32))
        return np.stack(answers)

    def estimate_all(self, frames, boxes):
        return [self.estimate(frame, those) for frame, those in zip(frames, boxes, strict=True)]


def finder_of(script: Script, *, threads: int = 2) -> PoseFinder:
    return PoseFinder(script, script, small=True, threads=threads, asked="cpu")  # type: ignore[arg-type]


def frames(count: int) -> list[np.ndarray]:
    return [np.full((100, 100, 3), index, np.uint8) for index in range(count)]


def test_frames_come_back_in_order_and_equal_to_one_by_one():
    script = Script([[person(20 + index)] for index in range(30)])
    finder = finder_of(script, threads=3)
    along = list(finder.watch(frames(30)))
    assert len(along) == 30
    for frame, people in zip(frames(30), along, strict=True):
        np.testing.assert_array_equal(people, finder.people(frame))


def test_frames_are_taken_a_few_ahead_never_all():
    taken = []

    def source():
        for frame in frames(100):
            taken.append(frame)
            yield frame

    watching = finder_of(Script([[person()]] * 100), threads=2).watch(source())
    next(watching)
    assert len(taken) <= 6
    watching.close()  # whoever stops leaves no thread behind
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pose")]


def bust(*, left: tuple[float, float] = (79, 75)) -> np.ndarray:
    """Head and shoulders, 134 3, of which the left one, doubted, lies somewhere."""
    points = np.zeros((134, 3), np.float32)
    points[[0, 14, 15, 16, 17], :2] = (50, 40), (45, 35), (55, 35), (40, 38), (60, 38)
    points[24:92, :2] = (50, 40)
    points[32, :2], points[2, :2], points[5, :2] = (50, 56), (21, 75), left
    points[[0, 2, *range(14, 18), *range(24, 92)], 2], points[5, 2] = 0.9, 0.14
    points[1, :2] = points[[2, 5], :2].mean(0)
    return points


@pytest.mark.parametrize(("left", "neck"), [((79, 75), (50, 75)), ((22, 3), (50, 75.2))])
def test_whose_face_is_seen_has_a_neck_and_shoulders_though_one_of_these_is_doubted(left, neck):
    points = bust(left=left)
    found = finder_of(Script([[points]])).character(frames(1)[0])
    assert found is not None
    assert (found[[1, 2, 5], 2] > 0.3).all()
    np.testing.assert_allclose(found[1, :2], neck, atol=0.1)
    np.testing.assert_allclose(found[5, :2], (79, 75), atol=1)
    np.testing.assert_array_equal(np.delete(found, (1, 5), 0), np.delete(points, (1, 5), 0))


def test_who_shows_no_face_is_given_no_neck():
    points = bust()
    points[[0, 14], 2], points[[3, 4], 2], points[[3, 4], :2] = 0, 0.9, ((20, 85), (40, 95))
    found = finder_of(Script([[points]])).character(frames(1)[0])
    assert found is not None
    assert found[1, 2] == 0


def test_a_failing_source_is_not_swallowed():
    def source():
        yield from frames(3)
        raise OSError("the file ended early")

    with pytest.raises(OSError, match="ended early"):
        list(finder_of(Script([[person()]] * 3)).watch(source()))


def test_a_person_the_detector_misses_is_followed_where_they_were():
    there = [[person(40 + index)] for index in range(20)]
    detected = [people if index < 5 or index > 12 else [] for index, people in enumerate(there)]
    along = list(finder_of(Script(detected, there)).watch(frames(20)))
    assert [len(people) for people in along] == [1] * 20
    np.testing.assert_array_equal(along[9][0], there[9][0])


def test_a_person_who_left_is_gone_at_once():
    there = [[person()] if index < 5 else [] for index in range(10)]
    along = list(finder_of(Script(there)).watch(frames(10)))
    assert [len(people) for people in along] == [1] * 5 + [0] * 5


def test_nobody_is_followed_for_ever_without_a_detection():
    there = [[person()]] * 60
    along = list(finder_of(Script([*there[:1], *([[]] * 59)], there)).watch(frames(60)))
    assert len(along[20]) == 1
    assert len(along[-1]) == 0


def test_of_nobody_there_is_nobody_to_choose():
    assert Seen(np.zeros((0, 134, 3), np.float32), (320, 240)).still.boxes == {}


def test_an_empty_frame_shows_nobody_and_asks_nothing():
    script = Script([[]])
    assert finder_of(script).people(frames(1)[0]).shape == (0, 134, 3)
    assert finder_of(script).character(frames(1)[0]) is None
    assert script.estimated == 0


def test_a_character_needs_six_joints():
    assert finder_of(Script([[person(joints=5)]])).character(frames(1)[0]) is None
    assert finder_of(Script([[person(joints=8)]])).character(frames(1)[0]) is not None


def test_the_character_is_the_most_present_person():
    small, large = person(20, 30, size=20), person(60, 50, size=70)
    found = finder_of(Script([[small, large]])).character(frames(1)[0])
    assert found is not None
    np.testing.assert_array_equal(found[:8], large[:8])


def test_others_of_a_picture_come_after_its_character_and_the_small_ones_not_at_all():
    pair = [
        person(20, 30, size=40),
        person(60, 50, size=70),
        person(95, 20, size=10),
        person(90, 80, size=30, joints=5),
    ]
    found = finder_of(Script([pair])).see(frames(1)[0]).characters
    assert [round(float(np.ptp(points[:8, 0]))) for points in found] == [35, 20]
    assert finder_of(Script([[person(joints=5)]])).see(frames(1)[0]).characters.shape == (0, 134, 3)


@pytest.mark.parametrize(("width", "found"), [(300, [42.5, 135]), (120, [42.5])], ids=["room", "no room"])
def test_others_are_looked_for_beside_somebody_where_there_is_room(width, found):
    first, missed = person(60, 50, size=70), person(150, 50, size=60)
    start = 72  # of what is looked at beside the first, where the pixels tell that it is another picture
    script = Script([[first], [person(150 - start, 50, size=60)]], [[first, missed], []])
    frame = np.zeros((200, width, 3), np.uint8)
    frame[:, start:] = 1
    np.testing.assert_array_equal(finder_of(script).see(frame).characters[:, 0, 0], found)


class Panorama(Script):
    """Somebody in a long picture whose columns are numbered, in fifties: as much of them as is in what is looked at,
    where they are large in it."""

    def __init__(self, body: np.ndarray):
        super().__init__([[body]])
        self.box = np.concatenate([body[:18, :2].min(0), body[:18, :2].max(0)])

    def find(self, frame: np.ndarray) -> np.ndarray:
        left, (height, width) = 50 * int(frame[0, 0, 0]), frame.shape[:2]
        x0, y0, x1, y1 = self.box - (left, 0, left, 0)
        x0, x1 = max(x0, 0), min(x1, width)
        seen = x0 < x1 and y1 - y0 > 0.2 * max(width, height)
        return np.array([[x0, y0, x1, y1, 0.9]]) if seen else np.zeros((0, 5))

    def estimate(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        body = self.detected[0][0]
        inside = (body[:, 0] >= boxes[:, None, 0]) & (body[:, 0] <= boxes[:, None, 2])
        return np.where(inside[..., None], body, 0)


@pytest.mark.parametrize(("x", "size"), [(30, 40), (210, 40), (410, 90), (555, 80)])
def test_in_a_long_picture_people_are_looked_for_in_its_parts_and_found_whole(x, size):
    """Also those who are nearly as high as it, whom no square may hold whole."""
    body = person(x, 50, size=size)
    picture = np.zeros((100, 600, 3), np.uint8)
    picture[:] = (np.arange(600) // 50)[:, None]
    found = finder_of(Panorama(body)).see(picture)
    np.testing.assert_array_equal(found.characters, body[None])
    assert not [*parts(210, 100), *parts(16, 4_000_000)]


@pytest.mark.parametrize("size", [(600, 100), (100, 330), (2300, 1000)])
def test_the_parts_of_a_long_picture_hold_whoever_is_as_wide_as_it_is_high(size):
    across = 0 if size[0] > size[1] else 1
    ends = [(part[across], part[across + 2]) for part in parts(*size)]
    assert all(0 <= first < last <= max(size) for first, last in ends)
    for first in range(0, max(size) - min(size) + 1, 10):
        assert any(low <= first and first + min(size) <= high for low, high in ends)


def test_two_answers_for_one_body_are_one_person():
    assert same(person(50), person(51))
    assert not same(person(50), person(90))
    assert not same(person(50), person(50, joints=0))
    assert len(finder_of(Script([[person(50), person(51), person(150)]])).people(frames(1)[0])) == 2


def test_people_whose_bodies_cross_are_told_apart():
    script = Script([[person(30), person(75)], [person(38), person(67)]])
    first, second = script.detected
    assert matches(first, second) == {0: 0, 1: 1}
    assert matches(first, second[::-1]) == {0: 1, 1: 0}
    assert matches(first, []) == {}
    mistake = person(30, size=30)
    mistake[9:18, 1] += 25  # half of it is where nobody is
    assert matches([person(30, size=30)], [mistake, person(33, size=24)]) == {0: 1}


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (500, 500), (3, 2)])
def test_tiles_cover_the_picture(size):
    covered = np.zeros((size[1], size[0]), bool)
    for left, top, side in tiles(*size):
        assert 0 <= left <= left + side <= size[0]
        assert 0 <= top <= top + side <= size[1]
        covered[top : top + side, left : left + side] = True
    assert covered.all()


@pytest.fixture(scope="module")
def finder() -> PoseFinder:
    try:
        return PoseFinder.load(find_pose_models(), threads=2)
    except PoseModelError as failure:
        pytest.skip(str(failure))


@pytest.mark.parametrize("seed", [None, 0, 1])
def test_pictures_of_nothing_show_nobody(finder, seed):
    blank = np.full((480, 640, 3), 90, np.uint8)
    noise = blank if seed is None else np.random.default_rng(seed).integers(0, 256, blank.shape, np.uint8)
    assert len(finder.people(noise)) == 0
    assert finder.character(noise) is None


def load(name: str) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(next((INPUTS / "characters").glob(f"{name}_*"))))[..., ::-1])


@real
@pytest.mark.parametrize("name", ["01", "03", "05", "11"])
def test_whole_bodies_are_seen_whole(finder, name):
    assert seen(finder.character(load(name))) == 18


@real
@pytest.mark.parametrize("name", ["04", "07"])
def test_half_bodies_keep_no_invented_shins(finder, name):
    found = finder.character(load(name))
    assert seen(found) >= 8
    assert (found[[ankle for _, _, ankle in LEGS], 2] == 0).all()


@real
@pytest.mark.parametrize("name", ["08", "09", "12"])
def test_drawings_without_a_body_to_see_are_nobody(finder, name):
    assert finder.character(load(name)) is None


def test_a_gpu_of_several_is_the_one_that_was_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr("onnxruntime.InferenceSession", lambda *_given, providers: asked.append(providers))
    for device in ("cpu", "cuda", "cuda:1"):
        open_session(Path("model.onnx"), device=device)
    gpus = [options["device_id"] for providers in asked for _, options in providers[:-1]]
    assert gpus == ["0", "1"]
    assert all(providers[-1] == "CPUExecutionProvider" for providers in asked)


def test_of_a_gpus_memory_no_more_is_taken_than_is_needed(monkeypatch):
    asked = []
    monkeypatch.setattr("onnxruntime.InferenceSession", lambda *_given, providers: asked.extend(providers))
    open_session(Path("model.onnx"), device="cuda")
    assert asked[0][1]["arena_extend_strategy"] == "kSameAsRequested"
