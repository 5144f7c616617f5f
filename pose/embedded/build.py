"""Composes MediaPipe's landmark models into two ONNX files with exactly the contract of DWPose's, and one beside them.

MediaPipe finds a person's hips first, turns a square around the body upright, then looks at face and hands in squares
of their own; here all of that happens inside one graph, so that whoever runs it sees a detector and an estimator.
The detector takes BGR, the estimator RGB, as with DWPose's own weights. The third file is the body model's other
answer: which pixels are the person's.
"""

import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from pose.embedded.convert import convert
from pose.embedded.graph import Graph, Square, Value
from pose.weights import PoseModelError

MODELS = {
    "detector": "mediapipe/modules/pose_detection/pose_detection.tflite",
    "body": "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
    "hand": "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
    "recrop": "mediapipe/modules/holistic_landmark/hand_recrop.tflite",
    "face": "mediapipe/modules/face_landmark/face_landmark.tflite",
}
LICENCE = "mediapipe-0.10.21.dist-info/LICENSE"
WORDS = "Composed of the landmark models of MediaPipe 0.10.21, Apache-2.0; see LICENSE.txt beside this file."

MEAN = np.array([123.675, 116.28, 103.53], np.float32).reshape(1, 3, 1, 1)
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32).reshape(1, 3, 1, 1)
SIZE = (288, 384)  # width, height of the estimator's picture
BINS_PER_PIXEL = 2

# MediaPipe's 33 points of a body: those used here by name.
LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR, MOUTH_LEFT, MOUTH_RIGHT = 2, 5, 7, 8, 9, 10
LEFT_WRIST_PINKY_INDEX, RIGHT_WRIST_PINKY_INDEX = (15, 17, 19), (16, 18, 20)
HIPS, ABOVE = 33, 34  # two more: the middle of the hips, and a point that says how large and how turned the body is

# COCO-WholeBody's 17 joints, then left big toe, small toe, heel and the right ones, among MediaPipe's points.
BODY = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 31, 31, 29, 32, 32, 30)
# The 68 face points among the 468 of MediaPipe's mesh: jaw, brows, nose, eyes, mouth.
FACE = (
    *(127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356),
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),
    *(168, 197, 5, 4, 98, 97, 2, 326, 327),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),
)
MESH_RIGHT_EYE, MESH_LEFT_EYE = 33, 263  # outer corners


def build_models(wheel: Path, folder: Path) -> None:
    """Write detector.onnx, estimator.onnx, segmenter.onnx and LICENSE.txt, made from the wheel's models, into a new
    folder.

    Raises PoseModelError when the wheel lacks one of them.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            models = {label: archive.read(path) for label, path in MODELS.items()}
            licence = archive.read(LICENCE)
    except (KeyError, zipfile.BadZipFile) as failure:
        raise PoseModelError(
            wheel, f"it does not hold the pose models ({failure})", "Delete it and start again."
        ) from failure
    folder.mkdir(parents=True)
    onnx.save(build_detector(models["detector"]), folder / "detector.onnx")
    onnx.save(build_estimator(models), folder / "estimator.onnx")
    onnx.save(build_segmenter(models["body"]), folder / "segmenter.onnx")
    (folder / "LICENSE.txt").write_bytes(licence)


def build_detector(model: bytes) -> onnx.ModelProto:
    """MediaPipe's pose detector, asked and answering as YOLOX: images 1 3 640 640 -> output 1 8400 85."""
    side, inner, stride = 640, 224, 8
    detector = convert(model)
    graph = Graph()
    picture = Value(graph, "images").take([2, 1, 0], axis=1)
    picture = graph.apply("AveragePool", picture, kernel_shape=[2, 2], strides=[2, 2])
    size = [1, 3, inner, inner]
    picture = graph.apply(
        "Resize", picture, None, None, size, mode="linear", coordinate_transformation_mode="half_pixel"
    )
    picture = picture / 127.5 - 1.0
    answer = graph.inline(detector, "detector", graph.apply("Transpose", picture, perm=[0, 2, 3, 1]))
    anchors = _anchors(inner)
    count = len(anchors)
    numbers = answer["Identity"].reshape(count, 12)
    scores = answer["Identity_1"].reshape(count, 1).between(-100.0, 100.0).sigmoid()
    hips, tip = ((numbers.columns(at, at + 2) / float(inner) + anchors) * float(side) for at in (4, 6))
    reach = (tip - hips).length().at_least(1.0)
    sizes = graph.join(1, reach * 1.6, reach * 2.0)
    # The answers go to the first cells of the finest grid, written so that reading them as YOLOX's gives them back.
    across = side // stride
    cells = np.stack([np.arange(count) % across, np.arange(count) // across], 1).astype(np.float32)
    places = hips / float(stride) - cells
    sizes = graph.apply("Log", sizes / float(stride))
    person = scores * 0.0 + 1.0
    rows = sum((side // each) ** 2 for each in (8, 16, 32))
    answers = graph.join(1, places, sizes, scores, person)
    padded = graph.apply("Pad", answers, [0, 0, rows - count, 79])
    graph.apply("Unsqueeze", padded, [0], output="output")
    inputs = [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side, side])]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, rows, 85])]
    return graph.model(inputs, outputs, words=WORDS)


def _anchors(side: int) -> np.ndarray:
    """The middles of the detector's cells, n 2, as parts of its picture."""
    anchors = []
    for stride, repeats in ((8, 2), (16, 2), (32, 6)):
        across = side // stride
        middles = (np.arange(across, dtype=np.float32) + 0.5) / across
        anchors.append(np.stack(np.meshgrid(middles, middles), -1).reshape(-1, 2).repeat(repeats, 0))
    return np.concatenate(anchors)


def build_estimator(models: dict[str, bytes]) -> onnx.ModelProto:
    """MediaPipe's body, face and hands answering as DWPose: input 1 3 384 288 -> simcc_x and simcc_y, 1 133 bins."""
    graph = Graph()
    picture = ((Value(graph, "input") * DEVIATION + MEAN) / 255.0).between(0.0, 1.0)
    body, seen, present = _body(graph, picture, convert(models["body"], outputs=["Identity", "Identity_1"]))
    places, scores = [body.take(BODY)], [seen.take(BODY)]
    face, sure = _face(graph, picture, body, convert(models["face"]))
    places.append(face)
    scores.append((sure * present * seen.rows(0)).expand(68, 1))  # the mesh is answered for a back of a head, too
    hand_models = (convert(models["recrop"]), convert(models["hand"], outputs=["Identity", "Identity_1"]))
    for wrist, pinky, index in (LEFT_WRIST_PINKY_INDEX, RIGHT_WRIST_PINKY_INDEX):
        hand, sure = _hand(graph, picture, (body.rows(wrist), body.rows(pinky), body.rows(index)), hand_models)
        places.append(hand)
        scores.append((sure * seen.rows(wrist)).expand(21, 1))
    points = graph.join(0, *places)
    certainty = graph.join(0, *scores).between(0.0, 1.0)
    outputs = []
    for axis, (name, size) in enumerate(zip(("simcc_x", "simcc_y"), SIZE, strict=True)):
        bins = size * BINS_PER_PIXEL
        peak = graph.apply(
            "Round", points.columns(axis) * float(BINS_PER_PIXEL)
        )  # on a bin, so that its score is exact
        far = graph.apply("Abs", peak - np.arange(bins, dtype=np.float32)[None])
        hill = (graph.constant(1) - far / 6.0).at_least(0.0) * certainty
        graph.apply("Unsqueeze", hill, [0], output=name)
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 133, bins]))
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIZE[1], SIZE[0]])]
    return graph.model(inputs, outputs, words=WORDS)


def build_segmenter(model: bytes) -> onnx.ModelProto:
    """MediaPipe's body as a mask: images 1 3 256 256, RGB in 0..1, a person upright -> mask 1 1 256 256, 0..1."""
    side, graph = 256, Graph()
    picture = graph.apply("Transpose", Value(graph, "images"), perm=[0, 2, 3, 1])
    seen = graph.inline(convert(model, outputs=["Identity_2"]), "body", picture)["Identity_2"].sigmoid()
    graph.apply("Reshape", seen, [1, 1, side, side], output="mask")
    inputs = [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, side, side])]
    outputs = [helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 1, side, side])]
    return graph.model(inputs, outputs, words=WORDS)


def _body(graph: Graph, picture: Value, model: onnx.ModelProto) -> tuple[Value, Value, Value]:
    """MediaPipe's points 39 2, how sure it is of each 39 1, and of the person 1 1. Looks twice: second time upright."""

    def look(square: Square) -> tuple[Value, Value, Value]:
        answer = graph.inline(model, "body", square.cut(picture, pixels=256, size=SIZE))
        points = answer["Identity"].reshape(39, 5)
        sure = points.columns(3).sigmoid() * points.columns(4).sigmoid()
        return square.back(points.columns(0, 2), pixels=256), sure, answer["Identity_1"].reshape(1, 1)

    width, height = SIZE
    whole = Square(
        graph.constant([[width / 2, height / 2]]),
        graph.constant([[height]]),
        graph.constant([[1, 0]]),
        graph.constant([[0, 1]]),
    )
    rough, _, present = look(whole)
    upright = Square.towards(rough.rows(HIPS), rough.rows(ABOVE), scale=1.25)
    sane = (present > 0.5) & (upright.side > 48.0) & (upright.side < 900.0)
    points, sure, present = look(Square.choose(sane, upright, whole))
    return points, sure * present, present


def _face(graph: Graph, picture: Value, body: Value, model: onnx.ModelProto) -> tuple[Value, Value]:
    """The 68 face points, 68 2, and how sure, 1 1. Looks twice: the second time where the first mesh lies."""

    def look(square: Square) -> tuple[Value, Value]:
        answer = graph.inline(model, "face", square.cut(picture, pixels=192, size=SIZE))
        mesh = answer["conv2d_21"].reshape(468, 3).columns(0, 2)
        return square.back(mesh, pixels=192), answer["conv2d_31"].reshape(1, 1).sigmoid()

    left_eye, right_eye = body.rows(LEFT_EYE), body.rows(RIGHT_EYE)
    eyes = (left_eye + right_eye) * 0.5
    mouth = (body.rows(MOUTH_LEFT) + body.rows(MOUTH_RIGHT)) * 0.5
    ears_apart = (body.rows(LEFT_EAR) - body.rows(RIGHT_EAR)).length()
    eyes_apart = (left_eye - right_eye).length()
    side = (ears_apart * 2.0).at_least(eyes_apart * 4.0, (eyes - mouth).length() * 4.4)
    rough = Square.level_with(left_eye - right_eye, centre=eyes * 0.55 + mouth * 0.45, side=side)
    mesh, found = look(rough)
    level = Square.level_with(mesh.rows(MESH_LEFT_EYE) - mesh.rows(MESH_RIGHT_EYE), centre=rough.centre, side=side)
    turned = mesh @ level.axes().turned()
    low, high = (graph.apply(kind, turned, axes=[0], keepdims=1) for kind in ("ReduceMin", "ReduceMax"))
    side = graph.apply("ReduceMax", high - low, axes=[1], keepdims=1) * 1.5
    fine = Square((low + high) * 0.5 @ level.axes(), side, level.right, level.down)
    mesh, sure = look(Square.choose(found > 0.5, fine, rough))
    return mesh.take(FACE), sure


def _hand(
    graph: Graph, picture: Value, anchors: tuple[Value, Value, Value], models: tuple[onnx.ModelProto, onnx.ModelProto]
) -> tuple[Value, Value]:
    """A hand's 21 points, 21 2, and how sure, 1 1, from the body's wrist, pinky and index finger, 1 2 each."""
    wrist, pinky, index = anchors
    recrop, hand = models
    palm = (index * 2.0 + pinky) / 3.0
    # MediaPipe's own numbers for the size of a hand from three points of a body.
    side = ((palm - wrist).length() * 0.79494 + (index - pinky).length() * 0.4958) * 2.7
    turned = Square.towards(palm, palm + (palm - wrist), scale=1.0)
    rough = Square(turned.centre, side.at_least(4.0), turned.right, turned.down)
    answer = graph.inline(recrop, "recrop", rough.cut(picture, pixels=256, size=SIZE))
    ends = rough.back(answer["output_crop"].reshape(2, 2), pixels=256)
    fine = Square.towards(ends.rows(0), ends.rows(1), scale=1.0, sign=-1.0, drop=-0.1)
    answer = graph.inline(hand, "hand", fine.cut(picture, pixels=224, size=SIZE))
    points = fine.back(answer["Identity"].reshape(21, 3).columns(0, 2), pixels=224)
    return points, answer["Identity_1"].reshape(1, 1)
