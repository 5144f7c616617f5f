"""Finds the people of a frame: YOLOX's contract, whichever weights answer it."""

import os
from pathlib import Path

import cv2
import numpy as np

# From 1.29 on it tells its makers of every model it runs, and whose machine this is, unless this is set before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

from pose.weights import PoseModelError

SIDE = 640
STRIDES = (8, 16, 32)
PERSON = 0
THRIFT = {"arena_extend_strategy": "kSameAsRequested"}  # memory is taken as needed, and not by powers of two
PROVIDERS = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}

# What onnxruntime says in small letters, itself or with cuBLAS's and cuDNN's words, when memory runs out.
NO_MEMORY = (
    "out of memory",
    "failed to allocate memory",
    "smaller than requested bytes",
    "bad_alloc",
    "alloc_failed",
    "allocation_failed",
    "status_not_initialized",
)


def open_session(model: Path, *, device: str) -> onnxruntime.InferenceSession:
    """Load an ONNX file on "cpu", "cuda" or, of several GPUs, "cuda:1". One thread: frames are spread over threads,
    not the layers of one frame.

    onnxruntime falls back to the processor without a word; whoever asks for CUDA compares get_providers()[0].
    Raises PoseModelError when the file is no model, and MemoryError where there is no room for it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    providers: list[str | tuple[str, dict[str, str]]] = [PROVIDERS["cpu"]]
    kind, _, number = device.partition(":")
    if kind == "cuda":
        if hasattr(onnxruntime, "preload_dlls"):
            onnxruntime.preload_dlls()
        providers.insert(0, (PROVIDERS["cuda"], {"device_id": number or "0", **THRIFT}))
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=providers)
    except Exception as failure:  # onnxruntime has a class of its own for each way a file can be wrong
        if any(each in str(failure).lower() for each in NO_MEMORY):
            raise MemoryError(f"{model.name} cannot be loaded: {failure}") from failure
        raise PoseModelError(
            model, f"onnxruntime cannot load it ({type(failure).__name__})", "Delete it and start again."
        ) from failure


def _grid() -> tuple[np.ndarray, np.ndarray]:
    cells, strides = [], []
    for stride in STRIDES:
        count = SIDE // stride
        columns, rows = np.meshgrid(np.arange(count), np.arange(count))
        cells.append(np.stack([columns.ravel(), rows.ravel()], 1))
        strides.append(np.full((count * count, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


CELLS, CELL_STRIDES = _grid()


def preprocess(frame: np.ndarray) -> tuple[np.ndarray, float]:
    """frame h w 3 uint8 RGB -> blob 1 3 640 640 float32 (BGR, 0..255, top left on grey), and the scale it was given."""
    height, width = frame.shape[:2]
    scale = min(SIDE / height, SIDE / width)
    size = max(1, int(width * scale)), max(1, int(height * scale))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR)
    padded = np.full((SIDE, SIDE, 3), 114, np.uint8)
    padded[: small.shape[0], : small.shape[1]] = small[..., ::-1]
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32), scale


def postprocess(output: np.ndarray, *, scale: float, breadth: float = 1.0) -> np.ndarray:
    """output 8400 85 -> people, n 5 float32: x0 y0 x1 y1 in the frame's pixels and score, best first.

    breadth: how much of a box's width a body takes; boxes of which that much does not overlap are of several people.
    """
    scores = output[:, 4] * output[:, 5 + PERSON]
    likely = scores > 0.1
    scores = scores[likely]
    centres = (output[likely, :2] + CELLS[likely]) * CELL_STRIDES[likely]
    halves = np.exp(output[likely, 2:4]) * CELL_STRIDES[likely] / 2
    boxes = np.concatenate([centres - halves, centres + halves], 1) / scale
    slim = halves * np.array([breadth, 1], np.float32)
    kept = suppress(np.concatenate([centres - slim, centres + slim], 1) / scale, scores, threshold=0.45)
    people = np.concatenate([boxes[kept], scores[kept, None]], 1).astype(np.float32)
    return people[people[:, 4] > 0.3]


def suppress(boxes: np.ndarray, scores: np.ndarray, *, threshold: float) -> list[int]:
    """The indices of boxes n 4 that no better one overlaps by more than the threshold (areas count whole pixels)."""
    areas = (boxes[:, 2:] - boxes[:, :2] + 1).prod(1)
    order = scores.argsort()[::-1]
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        sides = np.minimum(boxes[best, 2:], boxes[rest, 2:]) - np.maximum(boxes[best, :2], boxes[rest, :2]) + 1
        shared = np.maximum(0, sides).prod(1)
        order = rest[shared / (areas[best] + areas[rest] - shared) <= threshold]
    return kept


class PersonDetector:
    """A YOLOX-shaped ONNX file, ready to be asked about frames. Safe to share between threads.

    breadth: as of postprocess.
    """

    def __init__(self, model: Path, *, breadth: float = 1.0, device: str = "cpu"):
        self.session = open_session(model, device=device)
        self.breadth = breadth

    @property
    def provider(self) -> str:
        return self.session.get_providers()[0]

    def find(self, frame: np.ndarray) -> np.ndarray:
        """frame h w 3 uint8 RGB -> people, n 5: x0 y0 x1 y1 score. An empty frame has none; nobody is assumed."""
        blob, scale = preprocess(frame)
        output = np.asarray(self.session.run(["output"], {"images": blob})[0])[0]
        return postprocess(output, scale=scale, breadth=self.breadth)
