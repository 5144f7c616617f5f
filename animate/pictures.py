"""Pictures, in: the only place that opens them."""

import contextlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from PIL import AvifImagePlugin, ExifTags, Image, ImageOps

from animate.errors import UnreadableImage, shown_name

MAX_PIXELS = 40_000_000
HALVED_PIXELS = 16_000_000  # a larger picture is read at half its size, which is more than any clip shows
MIN_SIDE = 16
LEAST, MISTY = 0.03, 0.25  # shares: of a picture, that is clear, and opaque; of what is opaque, that is in between
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")  # JPEG's opener takes MPO too; of what moves the first picture is read
_MOVING = ("GIF", "WEBP", "AVIF", "PNG")  # which may hold a film; a phone's JPEG of several holds views of one moment
_ON_ITS_SIDE = (5, 6, 7, 8)  # as EXIF tells how a camera was held
_HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"heim", b"heis")  # as phones write photos

AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # more reserve more memory than a file under watch may have


def is_heif(path: Path | str) -> bool:
    """Whether a picture is one of a phone's HEIC files, which most browsers cannot show."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(12)
    except (OSError, ValueError):
        return False
    return head[4:8] == b"ftyp" and head[8:] in _HEIF_BRANDS


def read(path: Path | str) -> np.ndarray:
    """A picture, h w 3 uint8, turned as its camera was held, transparent parts white; of one that moves, as it begins.
    Raises UnreadableImage."""
    with _opened(path) as picture:
        if picture.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip instead of scaling
            ImageOps.exif_transpose(picture, in_place=True)
            return np.repeat((np.asarray(picture) >> 8).astype(np.uint8)[..., None], 3, axis=2)
        shown = _upright(picture)
        if shown.mode == "RGBA":
            ground = Image.new("RGB", shown.size, "white")
            ground.paste(shown, mask=shown)
            shown = ground
        return np.array(shown)


def opacity(path: Path | str) -> np.ndarray | None:
    """How opaque each pixel is of what `read` gives, h w float32, 0..1; None where no silhouette is to be had of it:
    nothing, or nearly nothing, is clear or opaque, or much is in between. Raises UnreadableImage."""
    with _opened(path) as picture:
        if picture.mode.startswith("I") or not picture.has_transparency_data:
            return None
        shares = np.asarray(_upright(picture).getchannel("A"), np.float32) / 255
    clear, opaque = float((shares < 0.1).mean()), float((shares > 0.9).mean())
    between = 1 - clear - opaque
    return shares if clear > LEAST and opaque > LEAST and between < MISTY * opaque else None


def _upright(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA where something may be clear; turned as its camera was held, and halved where it is large."""
    halved = _is_halved(picture)
    ImageOps.exif_transpose(picture, in_place=True)
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    shown = picture if picture.mode == mode else picture.convert(mode)
    return shown.reduce(2) if halved else shown


def moves(path: Path | str) -> bool:
    """Whether a picture is a film, of which `read` gives the first frame. Raises UnreadableImage."""
    with _opened(path) as picture:
        return picture.format in _MOVING and bool(getattr(picture, "is_animated", False))


def size_of(path: Path | str) -> tuple[int, int]:
    """Width and height of what `read` gives, from the file's head alone. Raises UnreadableImage."""
    with _opened(path) as picture:
        width, height = picture.size
        if picture.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE:
            width, height = height, width
        if _is_halved(picture) and not picture.mode.startswith("I"):
            width, height = -(-width // 2), -(-height // 2)
        return width, height


def _is_halved(picture: Image.Image) -> bool:
    return picture.width * picture.height > HALVED_PIXELS


@contextlib.contextmanager
def _opened(path: Path | str) -> Iterator[Image.Image]:
    """A picture of a size that can be used; every failure inside in words."""
    path = Path(path)
    if not os.path.isfile(path):  # no name, however odd, makes this raise
        raise UnreadableImage(f"There is no file {shown_name(path)}. Choose a picture.")
    not_a_picture = f"{shown_name(path)} cannot be read as a picture. Save it again as JPEG, PNG or WebP and try that."
    try:
        with Image.open(path, formats=_heif() if is_heif(path) else FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise UnreadableImage(
                    f"This picture has {width} x {height} pixels; make it smaller than {MAX_PIXELS // 10**6}"
                    " million pixels and try again."
                )
            if min(width, height) < MIN_SIDE:
                raise UnreadableImage(f"This picture has {width} x {height} pixels. Choose a larger one.")
            yield picture
    except UnreadableImage:
        raise
    except (Image.DecompressionBombError, MemoryError) as error:
        raise UnreadableImage("This picture has far too many pixels. Make it smaller and try again.") from error
    except Exception as error:  # a damaged file makes Pillow raise nearly anything
        raise UnreadableImage(not_a_picture) from error


@cache
def _heif() -> list[str]:
    """The format of HEIC, which Pillow is to learn. One thread, as with AVIF."""
    import pi_heif  # here, since few pictures need it

    pi_heif.options.DECODE_THREADS = 1
    pi_heif.register_heif_opener(thumbnails=False)
    return ["HEIF"]
