"""Pictures of every kind are read alike, and what is none is refused in words."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from animate import AnimateError, UnreadableImage, pictures, quarantine

ROOT = Path(__file__).parents[1]


def save(path: Path, mode: str, colour, *, size=(40, 30), **options) -> Path:
    Image.new(mode, size, colour).save(path, **options)
    return path


@pytest.mark.parametrize(
    ("name", "mode", "colour", "expected"),
    [
        ("a.png", "RGB", (10, 200, 30), (10, 200, 30)),
        ("a.jpg", "L", 90, (90, 90, 90)),
        ("a.webp", "RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("a.png", "RGBA", (0, 0, 0, 128), (127, 127, 127)),
        ("a.png", "I;16", 40000, (156, 156, 156)),
        ("a.png", "1", 1, (255, 255, 255)),
    ],
)
def test_pictures_of_every_kind(tmp_path, name, mode, colour, expected):
    picture = pictures.read(path := save(tmp_path / name, mode, colour))
    assert (picture.shape, picture.dtype) == ((30, 40, 3), np.uint8)
    assert pictures.size_of(path) == (40, 30)
    assert np.abs(picture[15, 20].astype(int) - expected).max() <= 2


def test_a_picture_is_turned_as_the_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert pictures.read(path := save(tmp_path / "a.jpg", "RGB", "red", exif=exif)).shape == (40, 30, 3)
    assert pictures.size_of(path) == (30, 40)


@pytest.mark.parametrize(
    ("name", "mode", "orientation"),
    [
        ("a.png", "RGB", 1),
        ("a.png", "RGB", 8),
        ("a.png", "L", 3),
        ("a.png", "I;16", 6),
        ("a.jpg", "RGB", 6),
        ("a.jpg", "CMYK", 1),
        ("a.mpo", "RGB", 8),
        ("a.webp", "RGB", 8),
        ("a.webp", "RGBA", 1),
    ],
)
@pytest.mark.parametrize("factor", [2, 4])
def test_of_a_large_picture_the_sides_are_halved_until_it_is_small_enough(
    tmp_path, monkeypatch, name, mode, orientation, factor
):
    monkeypatch.setattr(pictures, "ENOUGH_PIXELS", 1501 * 1201 // (factor // 2) ** 2 - 1)
    monkeypatch.setattr(pictures, "_STRIP", 64)
    exif = Image.Exif()
    exif[0x0112] = orientation
    x, y = np.arange(1501), np.arange(1201)[:, None]
    whole = Image.fromarray((x / 12 + y / 12).astype(np.uint8))
    if mode == "I;16":
        whole = Image.fromarray(np.asarray(whole).astype(np.uint16) << 8)
    path = tmp_path / name
    whole.convert(mode).save(path, exif=exif, **({"quality": 95} if mode != "I;16" else {}))
    read = pictures.read(path)
    small = Image.fromarray((x / 12 + y / 12).astype(np.float32)).reduce(factor)
    turned = {1: small, 3: small.rotate(180), 6: small.rotate(-90, expand=True), 8: small.rotate(90, expand=True)}
    expected = np.asarray(turned[orientation])
    assert read.shape[:2] == expected.shape
    assert pictures.size_of(path) == expected.shape[::-1]
    assert np.abs(read[..., 1] - expected).max() < 5


def test_what_is_clear_in_a_large_picture_is_told_pixel_by_pixel(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "ENOUGH_PIXELS", 100 * 80 // 4)
    monkeypatch.setattr(pictures, "_STRIP", 16)
    picture = Image.new("RGBA", (100, 80), (0, 0, 0, 0))
    picture.paste((200, 30, 20, 255), (0, 40, 100, 80))
    picture.save(path := tmp_path / "half.png")
    shares = pictures.opacity(path)
    assert shares is not None
    assert shares.shape == (40, 50)
    assert (shares[:20] == 0).all()
    assert (shares[20:] == 1).all()
    assert (pictures.read(path)[20:] == (200, 30, 20)).all()


def test_photos_of_phones_are_looked_at_whatever_their_camera(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "photo.jpg", "L", 90, size=(16_320, 12_240), exif=exif)  # 200 million pixels
    quarantine.picture(path)
    assert pictures.size_of(path) == (3060, 4080)


def test_reading_pictures_leaves_pillow_to_whoever_else_uses_it(tmp_path):
    photo = save(tmp_path / "photo.jpg", "L", 90, size=(10_000, 9_000))  # more pixels than Pillow warns of
    code = (
        "import sys; from PIL import AvifImagePlugin, Image; before = Image.MAX_IMAGE_PIXELS\n"
        "from animate import pictures\n"
        "assert pictures.read(sys.argv[1]).shape == (2250, 2500, 3)\n"
        "assert (Image.MAX_IMAGE_PIXELS, AvifImagePlugin.DEFAULT_MAX_THREADS) == (before, 0)"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, photo], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_what_needs_more_room_may_take_it(tmp_path, monkeypatch):
    limits, webp = [], save(tmp_path / "a.webp", "RGB", "red")
    monkeypatch.setattr(quarantine, "confine", lambda *given: limits.append(given))
    monkeypatch.setenv("ANIMATE_CHAIN", "")
    for path in (ROOT / "tests/data/pictures/bear.heic", webp, ROOT / "assets/characters/bear.png"):
        assert quarantine._answer({"kind": "picture", "path": str(path)}) == b"{}"
    assert limits == [*[(quarantine.ROOMY_SECONDS, quarantine.ROOMY_MEGABYTES)] * 2, ()]


def test_a_webp_may_be_as_large_as_other_pictures(tmp_path):
    path = save(tmp_path / "a.webp", "RGB", "red", size=(8064, 8060), lossless=True, method=0)  # 65 million pixels
    quarantine.picture(path)
    assert pictures.size_of(path) == (2016, 2015)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_decoded_whole_may_have_fewer_pixels(tmp_path):
    save(tmp_path / "large.png", "1", 0, size=(8_100, 8_100))
    save(tmp_path / "large.jpg", "L", 0, size=(8_100, 8_100), progressive=True)
    for name in ("large.png", "large.jpg"):
        with pytest.raises(UnreadableImage, match=r"8100 x 8100 pixels; plain JPEGs may have 256 million, others 65"):
            pictures.size_of(tmp_path / name)
    data = save(tmp_path / "larger.jpg", "L", 0, size=(1000, 1001)).read_bytes()
    (tmp_path / "larger.jpg").write_bytes(
        data.replace(struct.pack(">HH", 1001, 1000), struct.pack(">HH", 16001, 16001))
    )
    with pytest.raises(UnreadableImage, match="16001 x 16001"):
        pictures.size_of(tmp_path / "larger.jpg")


def test_pictures_as_phones_and_browsers_keep_them(tmp_path):
    bear = Image.open(ROOT / "assets" / "characters" / "bear.png").convert("RGB").resize((96, 144))
    bear.save(tmp_path / "bear.avif", quality=90)
    bear.save(tmp_path / "bear.mpo", format="MPO", save_all=True, append_images=[bear])
    heic = ROOT / "tests" / "data" / "pictures" / "bear.heic"
    for path in (heic, tmp_path / "bear.avif", tmp_path / "bear.mpo"):
        read = pictures.read(path)
        assert read.shape == (144, 96, 3)
        assert np.abs(read.astype(float) - np.asarray(bear, float)).mean() < 6, path
        assert pictures.size_of(path) == (96, 144)
        assert pictures.is_heif(path) == (path == heic)


@pytest.mark.parametrize("kind", ["gif", "webp", "avif", "png"])
def test_of_a_picture_that_moves_the_beginning_is_taken(tmp_path, kind):
    first, second = (Image.new("RGB", (40, 30), colour) for colour in ((200, 40, 30), (20, 40, 230)))
    moves = {"save_all": True, "append_images": [second], "duration": 100}
    first.save(path := tmp_path / f"moves.{kind}", **moves)
    read = pictures.read(path)
    assert read.shape == (30, 40, 3)
    assert np.abs(read.astype(int) - (200, 40, 30)).max() < 9
    assert pictures.size_of(path) == (40, 30)
    assert pictures.moves(path)
    first.save(path)
    assert not pictures.moves(path)
    first.save(views := tmp_path / "views.jpg", format="MPO", save_all=True, append_images=[second])
    assert not pictures.moves(views), "two views of one moment are no film"


def test_what_is_clear_in_a_gif_is_white(tmp_path):
    Image.new("P", (40, 30), 7).save(tmp_path / "clear.gif", transparency=7)
    assert (pictures.read(tmp_path / "clear.gif") == 255).all()


def test_bad_pictures_are_refused_in_words(tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    whole = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    whole.save(tmp_path / "whole.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "whole.png").read_bytes()[:4000])
    whole.save(tmp_path / "wrong.tiff")
    (tmp_path / "wrong.tiff").rename(tmp_path / "wrong.png")
    save(tmp_path / "bomb.png", "1", 0, size=(16_000, 16_000))
    save(tmp_path / "dot.png", "RGB", 0, size=(2, 2))
    whole.save(tmp_path / "whole.gif")
    (tmp_path / "torn.gif").write_bytes((tmp_path / "whole.gif").read_bytes()[:2000])
    (tmp_path / "huge.gif").write_bytes(b"GIF89a\xff\xff\xff\xff" + (tmp_path / "whole.gif").read_bytes()[10:])
    gifs = ("torn.gif", "huge.gif")
    for name in ("text.png", "torn.png", "wrong.png", "bomb.png", "dot.png", "none.png", *gifs):
        with pytest.raises(UnreadableImage) as caught:
            pictures.read(tmp_path / name)
        assert str(caught.value).endswith(".")
        assert str(tmp_path) not in str(caught.value)
        assert isinstance(caught.value, AnimateError)
