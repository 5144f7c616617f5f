"""The example characters and dances as shelves of thumbnails to pick from."""

import base64
import html
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from animate import examples, video
from studio.words import say

_THUMBNAIL = (144, 216)  # pixels, twice as many as are shown, for fine screens
_POSTER_AT = 0.8  # seconds into a dance; no later, since the page waits until the frames before are decoded

# A click on a thumbnail becomes an event that tells its name.
SHELF_SCRIPT = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-name]');
  if (button) trigger('click', {name: button.dataset.name});
});
"""


@dataclass(frozen=True)
class Example:
    """name: of the file, without its ending; thumbnail: a data URI."""

    name: str
    path: Path
    thumbnail: str

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").replace("-", " ").strip()


def characters() -> dict[str, Example]:
    """The example characters by name; none is fine."""
    return {
        name: Example(name, path, data_uri(video.read_picture(path), box=_THUMBNAIL))
        for name, path in examples.characters().items()
    }


def dances() -> dict[str, Example]:
    """The example dances by name, each with a picture out of it."""
    return {
        name: Example(name, path, data_uri(_poster(path), box=_THUMBNAIL)) for name, path in examples.dances().items()
    }


def shelf(examples: dict[str, Example], *, label: str, use: str) -> str:
    """HTML: one button a thumbnail. label: what the shelf is; use: the key of the words for one button."""
    buttons = "".join(
        f'<button type="button" data-name="{html.escape(each.name)}" title="{html.escape(each.title)}"'
        f' aria-label="{html.escape(say(use, name=each.title))}"><img src="{each.thumbnail}" alt=""></button>'
        for each in examples.values()
    )
    return f'<p>{html.escape(label)}</p><div role="group" aria-label="{html.escape(label)}">{buttons}</div>'


def data_uri(picture: np.ndarray, *, box: tuple[int, int]) -> str:
    """h w 3 uint8 as a JPEG within `box` (width, height) that can stand inside HTML."""
    small = Image.fromarray(picture)
    small.thumbnail(box)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def _poster(path: Path) -> np.ndarray:
    start = min(_POSTER_AT, video.probe(path).seconds / 2)
    return next(video.read(path, start=start, short_side=_THUMBNAIL[0]).frames)
