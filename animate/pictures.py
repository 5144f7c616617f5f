"""Pictures, in: the only place that opens them."""

import contextlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from PIL import (  # noqa: F401  which tell Pillow of FORMATS
    AvifImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from animate.errors import UnreadableImage, shown_name

MAX_PIXELS = 65_000_000  # of what is decoded whole: cameras of 48, 50 and 64 million
MAX_JPEG_PIXELS = 256_000_000  # of what is made small while it is decoded: those of 108 and 200
ENOUGH_PIXELS = 16_000_000  # more than any clip shows: the sides of a larger picture are halved until it has no more
MIN_SIDE = 16
LEAST, MISTY = 0.03, 0.25  # shares: of a picture, that is clear, and opaque; of what is opaque, that is in between
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")  # JPEG's opener takes MPO too; of what moves the first picture is read
_MOVING = ("GIF", "WEBP", "AVIF", "PNG")  # which may hold a film; a phone's JPEG of several holds views of one moment
_STRIP = 256  # rows that are converted at once, since all of them would be there twice; any halving divides it
_ON_ITS_SIDE = (5, 6, 7, 8)  # as EXIF tells how a camera was held
_HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"heim", b"heis")  # as phones write photos


def is_heif(path: Path | str) -> bool:
    """Whether a picture is one of a phone's HEIC files, which most browsers cannot show."""
    head = _head(path)
    return head[4:8] == b"ftyp" and head[8:] in _HEIF_BRANDS


def needs_room(path: Path | str) -> bool:
    """Whether a picture is of a kind that takes more room than others: HEIC, which cannot be decoded in small, or WebP,
    of which Pillow has room for two whole pictures as soon as it is opened."""
    head = _head(path)
    return is_heif(path) or (head[:4], head[8:]) == (b"RIFF", b"WEBP")


def _head(path: Path | str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(12)
    except (OSError, ValueError):
        return b""


def read(path: Path | str) -> np.ndarray:
    """A picture, h w 3 uint8, turned as its camera was held, transparent parts white; of one that moves, as it begins.
    Raises UnreadableImage."""
    with _opened(path) as picture:
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
        if not picture.has_transparency_data:
            return None
        shares = np.asarray(_upright(picture).getchannel("A"), np.float32) / 255
    clear, opaque = float((shares < 0.1).mean()), float((shares > 0.9).mean())
    between = 1 - clear - opaque
    return shares if clear > LEAST and opaque > LEAST and between < MISTY * opaque else None


def _upright(picture: Image.Image) -> Image.Image:
    """RGB, or RGBA where something may be clear; turned as its camera was held, and smaller where it is large."""
    still = picture.format == "WEBP" and not getattr(picture, "is_animated", False)
    shown = _small_webp(picture) if still and _factor(picture) > 1 else _small(picture)
    shown.info = picture.info.copy()  # which tells how the camera was held
    ImageOps.exif_transpose(shown, in_place=True)
    return shown


def _small_webp(picture: Image.Image) -> Image.Image:
    """Of a large one, which Pillow would have in memory four times over."""
    from animate import video  # here, since few pictures need it

    vars(picture).pop("_decoder", None)  # Pillow's, in which there is room for two whole pictures
    pixels = video.small_webp(Path(picture.filename), size=_size(picture))  # type: ignore[attr-defined]
    return _converted(Image.fromarray(pixels), "RGBA" if picture.has_transparency_data else "RGB")


def _small(picture: Image.Image) -> Image.Image:
    size, factor = picture.size, _factor(picture)
    picture.draft(None, (size[0] // factor, size[1] // factor))
    if picture.size != size:  # a JPEG, which is made small while it is decoded
        factor = 1
    picture.load()
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    shown = Image.new(mode, (-(-picture.width // factor), -(-picture.height // factor)))
    for top in range(0, picture.height, _STRIP):
        strip = picture.crop((0, top, picture.width, min(top + _STRIP, picture.height)))
        shown.paste(_converted(strip, mode).reduce(factor), (0, top // factor))
    return shown


def _converted(strip: Image.Image, mode: str) -> Image.Image:
    if strip.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip instead of scaling
        strip = Image.fromarray((np.asarray(strip) >> 8).astype(np.uint8))
    return strip if strip.mode == mode else strip.convert(mode)


def moves(path: Path | str) -> bool:
    """Whether a picture is a film, of which `read` gives the first frame. Raises UnreadableImage."""
    with _opened(path) as picture:
        return picture.format in _MOVING and bool(getattr(picture, "is_animated", False))


def size_of(path: Path | str) -> tuple[int, int]:
    """Width and height of what `read` gives, from the file's head alone. Raises UnreadableImage."""
    with _opened(path) as picture:
        width, height = _size(picture)
        return (height, width) if picture.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE else (width, height)


def _size(picture: Image.Image) -> tuple[int, int]:
    """What is left of its sides, as they lie in the file."""
    factor = _factor(picture)
    return -(-picture.width // factor), -(-picture.height // factor)


def _factor(picture: Image.Image) -> int:
    """What the sides are divided by."""
    factor = 1
    while picture.width * picture.height > ENOUGH_PIXELS * factor**2:
        factor *= 2
    return factor


def _most(picture: Image.Image) -> int:
    """How many pixels it may have; of a progressive JPEG all are in memory before it is made small."""
    small_at_once = picture.format in ("JPEG", "MPO") and not picture.info.get("progressive")
    return MAX_JPEG_PIXELS if small_at_once else MAX_PIXELS


@contextlib.contextmanager
def _opened(path: Path | str) -> Iterator[Image.Image]:
    """A picture of a size that can be used; every failure inside in words."""
    path = Path(path)
    if not os.path.isfile(path):  # no name, however odd, makes this raise
        raise UnreadableImage(f"There is no file {shown_name(path)}. Choose a picture.")
    not_a_picture = f"{shown_name(path)} cannot be read as a picture. Save it again as JPEG, PNG or WebP and try that."
    try:
        with _open(path) as picture:
            width, height = picture.size
            if width * height > _most(picture):
                raise UnreadableImage(
                    f"This picture has {width} x {height} pixels; plain JPEGs may have {MAX_JPEG_PIXELS // 10**6}"
                    f" million, others {MAX_PIXELS // 10**6} million. Make it smaller and try again."
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


def _open(path: Path) -> Image.Image:
    """As Pillow opens it, but for its limit of pixels, which is below what phones take, and one for a whole process."""
    with path.open("rb") as file:
        head = file.read(16)
    for make, fits in (Image.OPEN[each] for each in (_heif() if is_heif(path) else FORMATS)):
        if fits is None or fits(head) is True:
            return make(path, "")  # type: ignore[arg-type]
    raise UnidentifiedImageError


@cache
def _heif() -> list[str]:
    """The format of HEIC, which Pillow is to learn. One thread, as with AVIF."""
    import pi_heif  # here, since few pictures need it

    pi_heif.options.DECODE_THREADS = 1
    pi_heif.register_heif_opener(thumbnails=False)
    return ["HEIF"]
