"""DWPose's contract: boxes and keypoints equal to the published code's, on stand-in weights of the official shapes."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pose.detector import PersonDetector, postprocess, preprocess
from pose.estimator import PoseEstimator, region
from pose.likeness import overlap
from pose.skeleton import LEFT_WRIST, MIRROR, NECK, RIGHT_WRIST, PoseSequence, drop_invented
from pose.weights import PoseModelError

DATA = Path(__file__).parent / "data" / "pose"
PUBLISHED = json.loads((DATA / "wholebody.json").read_text())


def picture(name: str) -> np.ndarray:
    return np.ascontiguousarray(cv2.imread(str(DATA / f"{name}.png"))[..., ::-1])


@pytest.fixture(scope="module")
def detector() -> PersonDetector:
    return PersonDetector(DATA / "yolox_stand_in.onnx")


@pytest.fixture(scope="module")
def estimator() -> PoseEstimator:
    return PoseEstimator(DATA / "dwpose_stand_in.onnx", rgb=False)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_boxes_and_keypoints_are_the_published_ones(name, detector, estimator):
    frame, expected = picture(name), PUBLISHED[name]
    boxes = detector.find(frame)
    np.testing.assert_allclose(boxes[:, :4], expected["boxes_xyxy"], atol=0.01)
    points = estimator.estimate(frame, boxes)
    np.testing.assert_allclose(points[..., :2], expected["keypoints"], atol=0.1)
    np.testing.assert_allclose(points[..., 2], expected["scores"], atol=1e-3)


def test_the_order_of_colours_reaches_the_network(detector, estimator):
    frame = picture("image_0")
    boxes = detector.find(frame)
    swapped = PoseEstimator(DATA / "dwpose_stand_in.onnx", rgb=True)
    as_bgr, as_rgb = estimator.estimate(frame, boxes), swapped.estimate(frame, boxes)
    assert np.abs(as_bgr - as_rgb).max() > 1
    np.testing.assert_array_equal(swapped.estimate(np.ascontiguousarray(frame[..., ::-1]), boxes), as_bgr)


def test_the_detector_sees_the_frame_top_left_on_grey():
    blob, scale = preprocess(np.full((100, 50, 3), (255, 0, 0), np.uint8))
    assert scale == 6.4
    assert blob[0, :, 0, 0].tolist() == [0, 0, 255]  # BGR, not normalised
    assert (blob[0, :, :, 320:] == 114).all()


@pytest.mark.parametrize("shape", [(16, 12000, 3), (12000, 16, 3)])
def test_the_detector_sees_strips_too(shape):
    blob, _ = preprocess(np.zeros(shape, np.uint8))
    assert blob.shape == (1, 3, 640, 640)


def answers(*at: float) -> np.ndarray:
    """What a detector says, 8400 85, that finds somebody at each of those places along one line."""
    output = np.zeros((8400, 85), np.float32)
    for place, x in enumerate(at):
        output[place, :6] = x / 8 - place, 40, np.log(320 / 8), np.log(400 / 8), 0.9 - 0.1 * place, 1
    return output


@pytest.mark.parametrize(("breadth", "count"), [(1.0, 1), (0.35, 3)])
def test_boxes_with_room_for_arms_are_of_several_people_where_their_bodies_are_apart(breadth, count):
    found = postprocess(answers(300, 345, 255, 303), scale=1, breadth=breadth)
    assert len(found) == count
    np.testing.assert_allclose(found[0], (140, 120, 460, 520, 0.9), atol=0.01)


@pytest.mark.parametrize(("box", "size"), [((0, 0, 100, 400), (375, 500)), ((0, 0, 300, 40), (375, 500))])
def test_the_region_is_a_quarter_larger_and_three_to_four(box, size):
    centre, actual = region(np.array(box, float))
    assert centre.tolist() == [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    np.testing.assert_allclose(actual, size)


def test_nobody_to_estimate_is_nobody(estimator):
    assert estimator.estimate(picture("image_1"), np.zeros((0, 5))).shape == (0, 134, 3)


def test_a_file_that_is_no_model_is_named(tmp_path):
    broken = tmp_path / "yolox_l.onnx"
    broken.write_bytes(b"no model" * 100)
    with pytest.raises(PoseModelError, match=r"yolox_l\.onnx.*cannot load"):
        PersonDetector(broken)


@pytest.mark.parametrize(
    "said",
    [
        "FAIL : CUDA failure 2: out of memory ; GPU=0",
        "FAIL : CUBLAS failure 1: CUBLAS_STATUS_NOT_INITIALIZED ; GPU=0",
        "FAIL : CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
        "RUNTIME_EXCEPTION : bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 67108864",
        "FAIL : bfc_arena.cc:342 Available memory of 0 is smaller than requested bytes of 6144",
        "RUNTIME_EXCEPTION : Exception during initialization: std::bad_alloc",
    ],
)
def test_a_model_for_which_there_is_no_room_is_not_taken_for_a_damaged_one(monkeypatch, said):
    def fail(*_given, **_more):
        raise Exception(f"[ONNXRuntimeError] : {said}")

    monkeypatch.setattr("onnxruntime.InferenceSession", fail)
    with pytest.raises(MemoryError, match=r"yolox_l\.onnx"):
        PersonDetector(Path("yolox_l.onnx"))


def test_without_a_gpu_the_processor_answers_and_says_so(detector):
    assert detector.provider == "CPUExecutionProvider"


def test_mirror_is_its_own_inverse_and_keeps_the_middle():
    np.testing.assert_array_equal(MIRROR[MIRROR], np.arange(134))
    assert MIRROR[LEFT_WRIST] == RIGHT_WRIST
    assert MIRROR[NECK] == NECK
    assert MIRROR[92] == 113


@pytest.mark.parametrize("points", [np.zeros((2, 18, 3)), np.zeros((134, 3)), np.full((1, 134, 3), np.nan)])
def test_a_pose_sequence_refuses_other_shapes_and_numbers(points):
    with pytest.raises(ValueError, match="pose sequence"):
        PoseSequence(points, size=(10, 10))


def test_a_pose_sequence_refuses_an_empty_picture():
    with pytest.raises(ValueError, match="0x10"):
        PoseSequence(np.zeros((1, 134, 3)), size=(0, 10))


def test_overlap_of_boxes():
    box = np.array([0.0, 0, 2, 2])
    assert overlap(box, box) == 1
    assert overlap(box, box + 1) == pytest.approx(1 / 7)
    assert overlap(box, box + 5) == 0


def test_points_outside_the_picture_are_dropped():
    points = np.zeros((134, 3))
    points[:, :2], points[:, 2] = 5, 1
    points[LEFT_WRIST, 0] = 12
    assert drop_invented(points, size=(10, 10))[LEFT_WRIST, 2] == 0
    assert points[LEFT_WRIST, 2] == 1  # the given points are left as they are
