"""The clip in small while it is made: a few pictures that move."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from animate import Posed

MOST = 16  # pictures of a preview
_BOX = (288, 288)  # pixels
_LASTS = 160  # milliseconds each is shown


def looping(shown: list[Image.Image], frame: np.ndarray, *, box: tuple[int, int] = _BOX) -> str:
    """The previews so far, with h w 3 `frame` added to `shown`, as a small picture that moves: a data URI.

    What is shown stays short: of many previews every other one goes.
    """
    shown.append(_small(frame, box))
    if len(shown) > MOST:
        del shown[1:-1:2]
    return _moving(shown, lasts=_LASTS)


def whole(shown: list[Image.Image], frames: np.ndarray, *, box: tuple[int, int] = _BOX) -> str:
    """All of a clip, some of its frames f h w 3: a data URI. They take the place of what was `shown`."""
    shown[:] = [_small(frame, box) for frame in frames]
    return _moving(shown, lasts=_LASTS)


def mended(shown: list[Image.Image], frame: np.ndarray, at: float, *, box: tuple[int, int] = _BOX) -> str:
    """All of a clip again, with h w 3 `frame` in the place of the one shown nearest to it. at: from 0 to 1."""
    shown[round(at * (len(shown) - 1))] = _small(frame, box).resize(shown[0].size)
    return _moving(shown, lasts=_LASTS)


def skeletons(posed: Posed, *, box: tuple[int, int] = _BOX) -> str:
    """The dance as skeletons on the character's body, before anything is drawn: a data URI."""
    from animate.motion import drawn  # here, since it brings the pose models' library

    chosen = posed.points[:: -(-len(posed.points) // MOST)]
    frames = drawn(chosen, size=posed.size, style=posed.style)
    return _moving([_small(frame, box) for frame in frames], lasts=_LASTS)


def _small(frame: np.ndarray, box: tuple[int, int]) -> Image.Image:
    small = Image.fromarray(frame)
    small.thumbnail(box)
    return small


def _moving(pictures: Sequence[Image.Image], *, lasts: int) -> str:
    file, (first, *rest) = io.BytesIO(), pictures
    first.save(file, "WEBP", save_all=True, append_images=rest, duration=lasts, quality=70, method=0, loop=0)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
