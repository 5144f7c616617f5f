"""A picture laid on the clip's canvas: whole, in its own shape, and the way from its pixels to the canvas's."""

from dataclasses import dataclass

import cv2
import numpy as np

SIDES = 16  # sizes chosen by the program are multiples of this
NARROWEST, WIDEST = 0.5, 1.8  # width over height


def size_for(picture: tuple[int, int], model_size: tuple[int, int]) -> tuple[int, int]:
    """The width and height of a clip in the shape of a picture of that width and height, with the area the model works
    best at."""
    width, height = picture
    shape = min(max(width / height, NARROWEST), WIDEST)
    area = model_size[0] * model_size[1]
    return round((area * shape) ** 0.5 / SIDES) * SIDES, round((area / shape) ** 0.5 / SIDES) * SIDES


@dataclass(frozen=True)
class Canvas:
    """picture: h w 3 uint8 at the clip's size. scale, offset: from the original's pixels to its own, x and y. inner:
    width and height of the original on it."""

    picture: np.ndarray
    scale: tuple[float, float]
    offset: tuple[int, int]
    inner: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        return self.picture.shape[1], self.picture.shape[0]

    @property
    def within(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the original, as shares of the canvas."""
        (left, top), (width, height) = self.offset, self.size
        return left / width, top / height, (left + self.inner[0]) / width, (top + self.inner[1]) / height

    @classmethod
    def lay(cls, picture: np.ndarray, size: tuple[int, int]) -> "Canvas":
        """The whole picture inside size (width, height); what stays free goes on as the picture's edge does."""
        width, height = size
        shrink = min(width / picture.shape[1], height / picture.shape[0])
        # a rounding's worth of stretch is not seen, a rim of a few pixels would be
        inner_width, inner_height = (
            side if side - round(length * shrink) <= SIDES else max(1, round(length * shrink))
            for side, length in ((width, picture.shape[1]), (height, picture.shape[0]))
        )
        resampling = cv2.INTER_AREA if shrink < 1 else cv2.INTER_CUBIC
        inner = cv2.resize(picture, (inner_width, inner_height), interpolation=resampling)
        left, top = (width - inner_width) // 2, height - inner_height  # feet stay at the bottom
        whole = cv2.copyMakeBorder(inner, top, 0, left, width - inner_width - left, cv2.BORDER_REPLICATE)
        whole = soften(whole, slice(top, height), slice(left, left + inner_width))
        scale = (inner_width / picture.shape[1], inner_height / picture.shape[0])
        return cls(np.ascontiguousarray(whole), scale, (left, top), (inner_width, inner_height))

    def lay_mask(self, mask: np.ndarray) -> np.ndarray:
        """A mask of the original picture, h w float32, on the canvas: 0 where the picture does not reach."""
        (left, top), (width, height) = self.offset, self.inner
        whole = np.zeros(self.picture.shape[:2], np.float32)
        whole[top : top + height, left : left + width] = cv2.resize(mask, self.inner, interpolation=cv2.INTER_AREA)
        return whole

    def place(self, points: np.ndarray) -> np.ndarray:
        """points ... 3 (x, y, score) of the original picture to the canvas's pixels."""
        scale, offset = np.array([*self.scale, 1]), np.array([*self.offset, 0])
        half = np.array([0.5, 0.5, 0])
        return ((points + half) * scale + offset - half).astype(np.float32)


def soften(picture: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """Blurs what lies outside the given rows and columns, so that a continued edge shows no stripes."""
    inside = picture[rows, columns].copy()
    if inside.shape == picture.shape:
        return picture
    blurred = cv2.GaussianBlur(picture, (0, 0), max(picture.shape[:2]) / 40)
    blurred[rows, columns] = inside
    return blurred


def shrunk(picture: np.ndarray, longest: int) -> np.ndarray:
    """A picture h w 3 whose longer side has at most so many pixels, the other at least one."""
    shrink = min(1.0, longest / max(picture.shape[:2]))
    if shrink == 1:
        return picture
    height, width = picture.shape[:2]
    across, down = max(shrink, 1 / width), max(shrink, 1 / height)
    return cv2.resize(picture, None, fx=across, fy=down, interpolation=cv2.INTER_AREA)


def grown(points: np.ndarray, small: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Points ... 3 of a small copy in the picture's pixels."""
    points = points.copy()
    points[..., :2] *= np.array(picture.shape[1::-1]) / small.shape[1::-1]
    return points
