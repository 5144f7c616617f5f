"""Finds the 134 points of a person in a box: DWPose's contract, whichever weights answer it."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pose.detector import open_session
from pose.skeleton import POINTS, VISIBLE

WIDTH, HEIGHT = 288, 384
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
DEVIATION = np.array([58.395, 57.12, 57.375], np.float32)
BINS_PER_PIXEL = 2
BATCH = 16  # people in one computation

# COCO's order of the body (with the neck put in at 17) -> OpenPose's: OPENPOSE[i] takes from COCO[i].
OPENPOSE = (1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17)
COCO = (17, 6, 8, 10, 7, 9, 12, 14, 16, 13, 15, 2, 1, 4, 3)


def region(box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """box x0 y0 x1 y1 -> centre 2 and size 2 (width, height) of what the network looks at: 1.25 times, made 3:4."""
    centre = (box[:2] + box[2:4]) * 0.5
    width, height = (box[2:4] - box[:2]) * 1.25
    aspect = WIDTH / HEIGHT
    return centre, np.array([max(width, height * aspect), max(height, width / aspect)], box.dtype)


def preprocess(frame: np.ndarray, box: np.ndarray, *, rgb: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """frame h w 3 uint8 RGB, box x0 y0 x1 y1 -> blob 1 3 384 288 float32, and the centre and size of its region."""
    centre, size = region(box)
    # Three points, as DWPose's code does it: a matrix worked out directly differs in its last bits, and so do pixels.
    corners = np.array([[0, 0], [0, -0.5], [-0.5, -0.5]], np.float32)
    source = (centre + corners * size[0]).astype(np.float32)
    target = np.array([WIDTH / 2, HEIGHT / 2], np.float32) + corners * np.float32(WIDTH)
    crop = cut(frame, cv2.getAffineTransform(source, target))
    if not rgb:
        crop = crop[..., ::-1]
    normal = (crop.astype(np.float32) - MEAN) / DEVIATION
    return np.ascontiguousarray(normal.transpose(2, 0, 1)[None]), centre, size


def cut(frame: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The 384 288 3 picture that matrix, 2x3 and without rotation, carries from the frame; outside of it is 0.

    Sampled at 32nds of a pixel, as OpenCV 4 did when the published answers were made. OpenCV 5 samples finer, which is
    nearer to the truth, and moves points whose two best places are almost equally likely.
    """
    inverse = cv2.invertAffineTransform(matrix)
    columns = (np.rint(inverse[0, 0] * np.arange(WIDTH) * 1024) + np.rint(inverse[0, 2] * 1024) + 16).astype(
        np.int64
    ) >> 5
    rows = (np.rint(inverse[1, 1] * np.arange(HEIGHT) * 1024) + np.rint(inverse[1, 2] * 1024) + 16).astype(
        np.int64
    ) >> 5
    places = np.stack(np.meshgrid(columns >> 5, rows >> 5), -1).clip(-32768, 32767).astype(np.int16)
    parts = ((rows[:, None] & 31) * 32 + (columns[None] & 31)).astype(np.uint16)
    return cv2.remap(frame, places, parts, cv2.INTER_LINEAR)


def postprocess(along_x: np.ndarray, along_y: np.ndarray, *, centre: np.ndarray, size: np.ndarray) -> np.ndarray:
    """along_x n 133 576, along_y n 133 768: how likely a point is at each half pixel -> points n 134 3 in the frame."""
    places = np.stack([along_x.argmax(-1), along_y.argmax(-1)], -1).astype(np.float32)
    scores = np.minimum(along_x.max(-1), along_y.max(-1))
    places[scores <= 0] = -1
    places = places / BINS_PER_PIXEL / (WIDTH, HEIGHT) * size + centre - size / 2
    return to_openpose(np.concatenate([places, scores[..., None]], -1))


def to_openpose(points: np.ndarray) -> np.ndarray:
    """points n 133 3 in COCO-WholeBody's order -> n 134 3 float32 in OpenPose's; the neck is between the shoulders."""
    shoulders = points[:, 5:7]
    neck = shoulders.mean(1, keepdims=True)
    neck[..., 2] = (shoulders[..., 2] > VISIBLE).all(1, keepdims=True)
    points = np.concatenate([points[:, :17], neck, points[:, 17:]], 1)
    ordered = points.copy()
    ordered[:, OPENPOSE] = points[:, COCO]
    return ordered.astype(np.float32)


class PoseEstimator:
    """A DWPose-shaped ONNX file, ready to be asked about people in boxes. Safe to share between threads.

    rgb: the order of colours the weights were trained on; False is BGR.
    """

    def __init__(self, model: Path, *, rgb: bool, device: str = "cpu"):
        self.session = open_session(model, device=device)
        self.rgb = rgb

    @property
    def provider(self) -> str:
        return self.session.get_providers()[0]

    @property
    def batched(self) -> bool:
        """Whether several people go into one computation, as in DWPose's own file; that of the embedded pair holds
        one."""
        return self.session.get_inputs()[0].shape[0] != 1

    def estimate(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """frame h w 3 uint8 RGB, boxes n 4 or more (x0 y0 x1 y1) -> points n 134 3 (x, y in the frame, score)."""
        return self.estimate_all([frame], [boxes])[0]

    def estimate_all(self, frames: Sequence[np.ndarray], boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The same of several frames, with as many people in one computation as the file allows."""
        crops = [
            preprocess(frame, box, rgb=self.rgb) for frame, those in zip(frames, boxes, strict=True) for box in those
        ]
        people: list[np.ndarray] = []
        together = BATCH if self.batched else 1
        for start in range(0, len(crops), together):
            part = crops[start : start + together]
            blob = part[0][0] if len(part) == 1 else np.concatenate([each for each, _, _ in part])
            along_x, along_y = map(np.asarray, self.session.run(["simcc_x", "simcc_y"], {"input": blob}))
            for place, (_, centre, size) in enumerate(part):
                one = slice(place, place + 1)
                people.append(postprocess(along_x[one], along_y[one], centre=centre, size=size)[0])
        ends = np.cumsum([len(those) for those in boxes])
        return [
            np.stack(people[end - len(those) : end]) if len(those) else np.zeros((0, POINTS, 3), np.float32)
            for end, those in zip(ends, boxes, strict=True)
        ]
