"""What can be taken away of a clip beside the video: a GIF, a poster, its settings. Made when first asked for."""

import json
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from PIL import Image

from animate import video
from studio import shelf
from studio.archive import Archive, Clip

GIF_BYTES = 8_000_000
_GIF_RATE = Fraction(12)
_GIF_SIDES = (320, 240, 160, 96)  # pixels of the short side, until it is small enough
_POSTER = (480, 720)
_POSTER_AT = 0.5  # seconds


def made(archive: Archive, clip: Clip, name: str) -> Path | None:
    """The file called `name` of a finished clip; None where there is no such."""
    path = archive.folder / clip.id / name
    makers = {"clip.gif": _gif, "poster.jpg": _poster}
    if name == "settings.json":
        _whole(path, _settings(clip))
    elif name in makers and not path.is_file():
        _whole(path, makers[name](archive.video(clip)))
    return path if name in ("clip.mp4", "settings.json", *makers) and path.is_file() else None


def _settings(clip: Clip) -> bytes:
    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clip.made))
    return json.dumps({**clip.wish, "made": day, "took": round(clip.took, 1)}, indent=2, ensure_ascii=False).encode()


def _poster(clip: Path) -> bytes:
    return shelf.jpeg(shelf.still(clip, at=_POSTER_AT), box=_POSTER)


def _gif(clip: Path) -> bytes:
    """At most GIF_BYTES, as large as that allows; it loops."""
    part = clip.with_suffix(".gif.part")
    data = b""
    for side in _GIF_SIDES:
        frames = _quantised(clip, side)
        first = next(frames)
        first.save(part, "GIF", save_all=True, append_images=frames, duration=round(1000 / _GIF_RATE), loop=0)
        data = part.read_bytes()
        part.unlink()
        if len(data) <= GIF_BYTES:
            break
    return data


def _quantised(clip: Path, side: int) -> Iterator[Image.Image]:
    for frame in video.read(clip, fps=_GIF_RATE, short_side=side).frames:
        yield Image.fromarray(frame).quantize(128, method=Image.Quantize.FASTOCTREE)


def _whole(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)
