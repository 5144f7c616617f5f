"""The example characters and dances as shelves of thumbnails to pick from."""

import base64
import html
import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from animate import AnimateError, examples, pictures, video
from studio.words import LANGUAGES, Words

Kind = Literal["character", "dance"]

_THUMBNAIL = (144, 216)  # pixels, twice as many as are shown, for fine screens
_BOX, _BOX_AT = (480, 360), 0.5  # pixels; seconds into a dance
_POSTER_AT = 0.8  # seconds into a dance

# A click on a thumbnail becomes an event that tells its name.
SHELF_SCRIPT = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-name]');
  if (button) trigger('click', {name: button.dataset.name});
});
"""


def of_kind(kind: Kind) -> dict[str, Path]:
    """The examples by name; none is fine."""
    return examples.characters() if kind == "character" else examples.dances()


def shelf(words: Words, kind: Kind, names: Iterable[str]) -> str:
    """HTML: one button a thumbnail."""
    label, use = ("pick_picture", "use_picture") if kind == "character" else ("pick_dance", "use_dance")
    buttons = "".join(
        f'<button type="button" data-name="{html.escape(name)}" title="{html.escape(title(words, name))}"'
        f' aria-label="{words.html(use, name=title(words, name))}">'
        f'<img src="examples/{kind}/{html.escape(name)}.jpg" alt="" loading="lazy"></button>'
        for name in names
    )
    return f'<p>{words.html(label)}</p><div role="group" aria-label="{words.html(label)}">{buttons}</div>'


def title(words: Words, name: str) -> str:
    """What an example is called; a file that somebody added is called by its name."""
    key = f"name_{name}"
    return words(key) if key in LANGUAGES[words.language] else name.replace("_", " ").replace("-", " ").strip()


@cache
def thumbnail(kind: Kind, name: str) -> bytes:
    """A JPEG of an example. Raises KeyError for one that is not there."""
    path = of_kind(kind)[name]
    return jpeg(pictures.read(path) if kind == "character" else still(path, at=_POSTER_AT), box=_THUMBNAIL)


def still(path: Path, *, at: float) -> np.ndarray:
    """A frame of a video, h w 3, `at` seconds or, of a short one, its middle."""
    return next(video.read(path, start=min(at, video.probe(path).seconds / 2), short_side=480).frames)


def jpeg(picture: np.ndarray, *, box: tuple[int, int]) -> bytes:
    """h w 3 uint8 as a JPEG within `box`, width and height."""
    small = Image.fromarray(picture)
    small.thumbnail(box)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=80)
    return file.getvalue()


def data_uri(picture: np.ndarray, *, box: tuple[int, int]) -> str:
    """The same, to stand inside HTML."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(picture, box=box)).decode()


def box_still(dance: Path) -> str:
    """A picture of a dance, as a data URI; of ours, which every browser plays, none."""
    if examples.known_pose(dance):
        return ""
    try:
        return data_uri(still(dance, at=_BOX_AT), box=_BOX)
    except (AnimateError, StopIteration):
        return ""
