"""Files as an enemy or a broken camera makes them, made on the spot; and a look at many of them, each in a process.

Run as a module it judges the files that stand on its input, a line "kind path" each: a fork apiece, under the limits
of the product, with what each cost: python -m tests.hostile
"""

import contextlib
import io
import json
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.media import beep, dancer, encode

Case = tuple[str, Path]  # "picture" or "dance", and the file


def corpus(folder: Path, *, canary: str, trap: Path) -> list[Case]:
    """Every case, written into `folder`. canary: an address nobody may ask; trap: a file nobody may open."""
    folder.mkdir(exist_ok=True)
    good = _good(folder)
    cases: list[Case] = []
    for made in (_cut, _damaged, _misnamed, _lists, _bombs, _odd_pictures, _odd_videos, _polyglots, _names):
        place = folder / made.__name__.strip("_")
        place.mkdir()
        cases += made(place, good, canary, trap)
    return cases


def _good(folder: Path) -> dict[str, bytes]:
    """One small whole file of each format."""
    picture = Image.fromarray(dancer(1)[0])
    made = {}
    made["heic"] = (Path(__file__).parent / "data" / "pictures" / "bear.heic").read_bytes()
    for suffix in ("png", "jpg", "webp", "avif", "gif", "bmp", "tiff"):
        buffer = io.BytesIO()
        picture.save(buffer, {"jpg": "JPEG"}.get(suffix, suffix.upper()))
        made[suffix] = buffer.getvalue()
    made["still.gif"] = made["gif"]  # as a picture
    for suffix, codec, sound in (
        ("mp4", "libx264", "aac"),
        ("mov", "libx264", "aac"),
        ("mkv", "libx264", "aac"),
        ("webm", "libvpx", "libopus"),
        ("avi", "mpeg4", "mp3"),
    ):
        path = encode(folder / f"good.{suffix}", dancer(10), sound=beep(0.4, at=0.1), codec=codec, sound_codec=sound)
        made[suffix] = path.read_bytes()
        path.unlink()
    path = encode(folder / "late.mp4", dancer(10), faststart=False)
    made["late.mp4"] = path.read_bytes()  # its index at the end
    path.unlink()
    return made


def _kind(name: str) -> str:
    pictures = ("png", "jpg", "jpeg", "webp", "avif", "heic", "bmp", "tiff", "svg")
    return "picture" if name.endswith("still.gif") or name.rsplit(".", 1)[-1] in pictures else "dance"


def _write(folder: Path, name: str, data: bytes, kind: str | None = None) -> Case:
    (folder / name).write_bytes(data)
    return kind or _kind(name), folder / name


def _cut(folder: Path, good: dict[str, bytes], *rest: object) -> Iterator[Case]:
    for name, data in good.items():
        for part in sorted({0, 3, 12, 64, len(data) // 4, len(data) // 2, len(data) - 1}):
            yield _write(folder, f"{part}.{name}", data[:part])


def _damaged(folder: Path, good: dict[str, bytes], *rest: object) -> Iterator[Case]:
    chance = np.random.default_rng(5)
    for name, data in good.items():
        for turn in range(4):
            torn = bytearray(data)
            for place in chance.integers(0, len(torn), 1 + len(torn) // (2000 if turn % 2 else 50)):
                torn[place] = chance.integers(0, 256)
            yield _write(folder, f"{turn}.{name}", bytes(torn))
        yield _write(folder, f"twice.{name}", data + data)
        yield _write(folder, f"zeros.{name}", data[:40] + bytes(len(data)))
    for name in ("mp4", "mov"):  # a box that claims to be huge, or nothing
        for size in (0, 7, 0xFFFFFFFF):
            data = bytearray(good[name])
            at = data.index(b"moov") - 4
            data[at : at + 4] = struct.pack(">I", size)
            yield _write(folder, f"moov{size}.{name}", bytes(data))


def _misnamed(folder: Path, good: dict[str, bytes], *rest: object) -> Iterator[Case]:
    for name, other in (
        ("png", "mp4"),
        ("mp4", "png"),
        ("gif", "mp4"),
        ("jpg", "webm"),
        ("webm", "jpg"),
        ("avi", "png"),
    ):
        yield _write(folder, f"{name}.{other}", good[name])
    for name in ("mp4", "png", "webm", "jpg", "webp", "gif"):
        yield _write(folder, f"empty.{name}", b"")
        yield _write(folder, f"text.{name}", b"Hello! " * 200)
        yield _write(folder, f"page.{name}", b"<!doctype html><script>alert(1)</script>")
        yield _write(folder, f"binary.{name}", os.urandom(4096))
        yield _write(folder, f"program.{name}", b"\x7fELF" + bytes(500))
        yield _write(folder, f"archive.{name}", b"PK\3\4" + bytes(500))
        yield _write(folder, f"document.{name}", b"%PDF-1.7\n" + bytes(500))


def _lists(folder: Path, good: dict[str, bytes], canary: str, trap: Path) -> Iterator[Case]:
    """Files that name others: players would go and get them."""
    for place, target in (("net", f"{canary}/x.ts"), ("file", f"file://{trap}"), ("path", str(trap))):
        told = {
            "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n",
            "key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:9,\nx.ts\n#EXT-X-ENDLIST\n',
            "map": f'#EXTM3U\n#EXT-X-MAP:URI="{target}"\n#EXTINF:9,\nx.ts\n#EXT-X-ENDLIST\n',
            "concat": f"ffconcat version 1.0\nfile '{target}'\n",
            "dash": '<?xml version="1.0"?><MPD type="static" mediaPresentationDuration="PT9S"><Period><AdaptationSet '
            f'mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL>'
            "</Representation></AdaptationSet></Period></MPD>",
            "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=control:{target}\n",
            "asx": f'<asx version="3"><entry><ref href="{target}"/></entry></asx>',
            "pls": f"[playlist]\nFile1={target}\nNumberOfEntries=1\n",
            "smil": f'<smil><body><video src="{target}"/></body></smil>',
            "svg": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64"'
            f' height="64"><image xlink:href="{target}" width="64" height="64"/></svg>',
            "entity": f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "{target}">]><svg>&b;</svg>',
            "mvg": f"push graphic-context\nviewbox 0 0 64 64\nimage over 0,0 0,0 '{target}'\npop graphic-context\n",
            "eps": f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n({target}) (r) file\n",
        }
        for form, text in told.items():
            for suffix in ("mp4", "png") if form in ("svg", "entity", "mvg", "eps") else ("mp4", "m3u8"):
                yield _write(folder, f"{form}-{place}.{suffix}", text.encode(), _kind(f"a.{suffix}"))
    yield _write(folder, "references.mov", _reference_movie(str(trap)), "dance")


def _box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + name + data


def _reference_movie(target: str) -> bytes:
    """A QuickTime file whose pictures lie in another file."""
    link = _box(b"url ", bytes(4) + target.encode() + b"\0")
    dinf = _box(b"dinf", _box(b"dref", bytes(4) + struct.pack(">I", 1) + link))
    minf = _box(b"minf", _box(b"vmhd", bytes(12)) + dinf)
    mdia = _box(b"mdia", _box(b"hdlr", bytes(8) + b"vide" + bytes(13)) + minf)
    return _box(b"ftyp", b"qt  " + bytes(4) + b"qt  ") + _box(b"moov", _box(b"trak", mdia))


def _png(width: int, height: int, data: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _bombs(folder: Path, good: dict[str, bytes], *rest: object) -> Iterator[Case]:
    """Small files that become huge."""
    blank = zlib.compress(bytes(60_000_000), 9)
    for name, (width, height) in {
        "wide": (60000, 1000),
        "tall": (1000, 60000),
        "far": (2**31 - 1, 2**31 - 1),
        "thin": (40_000_000, 1),
        "line": (1, 40_000_000),
        "zero": (0, 0),
        "most": (8060, 8060),
    }.items():
        yield _write(folder, f"{name}.png", _png(width, height, blank))
        yield _write(folder, f"{name}-deep.png", _png(width, height, blank, depth=16, colour=6))
    rows = zlib.compress(b"".join(b"\0" + bytes(4 * 8060) for _ in range(8060)), 9)
    yield _write(folder, "whole.png", _png(8060, 8060, rows, colour=6))  # just allowed, and transparent
    words = zlib.compress(bytes(80_000_000), 9)
    for chunk in (b"zTXt", b"iTXt", b"iCCP"):
        body = b"a\0\0" + (b"\0\0\0" if chunk == b"iTXt" else b"") + words
        data = good["png"]
        told = struct.pack(">I", len(body)) + chunk + body + struct.pack(">I", zlib.crc32(chunk + body))
        yield _write(folder, f"{chunk.decode()}.png", data[:33] + told + data[33:])
    for side in (2048, 16000, 16384):
        buffer = io.BytesIO()
        Image.new("L", (side, side)).save(buffer, "JPEG")
        yield _write(folder, f"{side}.jpg", buffer.getvalue())
    large = np.zeros((4320, 7680, 3), np.uint8)
    yield "dance", encode(folder / "8k.mp4", [large] * 2, codec="mpeg4")
    yield "dance", encode(folder / "8k.avi", [large] * 2, codec="mjpeg", pixels="yuvj420p")
    small = dancer(12, width=32, height=32)
    yield "dance", encode(folder / "hours.mp4", small, times=[3000.0 * index for index in range(12)], rate=1)
    yield "dance", encode(folder / "hours.mkv", small, times=[3000.0 * index for index in range(12)], rate=1)
    yield "dance", encode(folder / "years.mkv", small, times=[1e5 * index for index in range(12)], rate=1)
    for rate in (1000, 10000):
        yield "dance", encode(folder / f"{rate}.mp4", dancer(200, width=32, height=32), rate=rate)
        yield "dance", encode(folder / f"{rate}.mkv", dancer(200, width=32, height=32), rate=rate)
    for rate in (Fraction(1, 3000), Fraction(1, 100)):
        yield "dance", encode(folder / f"slow{rate.denominator}.mp4", small, rate=rate)


def _odd_pictures(folder: Path, *rest: object) -> Iterator[Case]:
    """Unusual, and good: they have to be read, or refused in words."""
    frame = Image.fromarray(dancer(1)[0])
    for turn in range(10):
        exif = Image.Exif()
        exif[0x0112] = turn
        frame.save(folder / f"turned{turn}.jpg", exif=exif.tobytes())
        yield "picture", folder / f"turned{turn}.jpg"
    for mode in ("1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "I", "I;16", "F", "LAB", "HSV"):
        for suffix in ("png", "jpg", "tiff", "webp"):
            path = folder / f"{mode.replace(';', '')}.{suffix}"
            try:
                frame.convert("L" if mode == "I;16" else mode).convert(mode).save(path)
            except (OSError, ValueError):  # no such file exists
                path.unlink(missing_ok=True)
            else:
                yield "picture", path
    more = [Image.fromarray(each) for each in dancer(5)[1:]]
    for suffix in ("png", "webp", "gif"):
        frame.save(folder / f"animated.{suffix}", save_all=True, append_images=more)
        yield _kind(f"a.{suffix}"), folder / f"animated.{suffix}"
    for size in ((1, 1), (15, 300), (16, 16), (3000, 20)):
        frame.resize(size).save(folder / f"{size[0]}x{size[1]}.png")
        yield "picture", folder / f"{size[0]}x{size[1]}.png"


def _odd_videos(folder: Path, good: dict[str, bytes], *rest: object) -> Iterator[Case]:
    small = dancer(8, width=64, height=48)
    yield "dance", encode(folder / "one.mp4", small[:1])
    yield "dance", encode(folder / "negative.mkv", small, times=[-2 + 0.04 * index for index in range(8)])
    yield "dance", encode(folder / "negative.mp4", small, times=[-2 + 0.04 * index for index in range(8)])
    yield "dance", encode(folder / "gaps.mkv", small, times=[0, 0.04, 9, 9.04, 30, 30.04, 90, 90.04])
    yield "dance", encode(folder / "late.mp4", small, times=[500 + 0.04 * index for index in range(8)])
    yield "dance", encode(folder / "tiny.mp4", dancer(8, width=2, height=2))
    yield "dance", encode(folder / "strip.mp4", dancer(8, width=2048, height=2))
    yield "dance", encode(folder / "odd.avi", dancer(8, width=33, height=17), codec="mjpeg", pixels="yuvj420p")
    yield "dance", encode(folder / "stretched.mp4", small, aspect=Fraction(1000, 1))
    for turn in (90, 180, 270, 45):
        yield "dance", encode(folder / f"turned{turn}.mp4", small, rotation=turn)
    with av.open(str(folder / "silent.mp4"), "w") as container:
        voice = container.add_stream("aac", rate=48000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 48000
        container.mux(voice.encode(sound))
        container.mux(voice.encode())
    yield "dance", folder / "silent.mp4"
    data = bytearray(good["mp4"])  # 0 frames: its tables of samples say so
    for table in (b"stsz", b"stts", b"stsc", b"stco"):
        at = data.find(table)
        data[at + 12 : at + 16] = bytes(4)
    yield _write(folder, "none.mp4", bytes(data))
    for name, value in (
        (b"mvhd", 0),
        (b"tkhd", 0xFFFFFFFF),
        (b"mdhd", 0),
        (b"mdhd", 0xFFFFFFFF),
        (b"stts", 0x7FFFFFFF),
    ):
        data = bytearray(good["mp4"])
        at = data.index(name)
        data[at + 16 : at + 24] = struct.pack(">II", value, value)
        yield _write(folder, f"{name.decode()}{value}.mp4", bytes(data))


def _polyglots(folder: Path, good: dict[str, bytes], canary: str, trap: Path) -> Iterator[Case]:
    """Two kinds of files in one."""
    page = f'<script src="{canary}"></script>'.encode()
    playlist = f"#EXTM3U\n#EXTINF:9,\n{canary}/x.ts\n".encode()
    for name in ("png", "jpg", "gif", "webp", "mp4", "webm"):
        yield _write(folder, f"page-after.{name}", good[name] + page)
        yield _write(folder, f"page-before.{name}", page + good[name])
        yield _write(folder, f"list-before.{name}", playlist + good[name])
        yield _write(folder, f"archive-after.{name}", good[name] + b"PK\5\6" + bytes(18))
        yield _write(folder, f"two.{name}", good["png" if name != "png" else "mp4"] + good[name])
    yield _write(folder, "svg.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
    yield _write(folder, "pixels.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"/>')


def _names(folder: Path, good: dict[str, bytes], *rest: object) -> Iterator[Case]:
    """Names that steer a terminal, a page or a path. What cannot be a name here is asked for all the same."""
    for suffix in ("png", "mp4"):
        for name in (
            "-i",
            "file:x",
            "http:x",
            "concat:a|b",
            "%s%n%d",
            "$(reboot)",
            "a;b&c",
            "\x1b[31mred",
            "a\u202egpj",
            "a\u0000b",
            "new\nline",
            "<img src=x onerror=alert(1)>",
            "..",
            "z" * 240,
            "语" * 80,
        ):
            path = folder / f"{name}.{suffix}"
            with contextlib.suppress(OSError, ValueError):
                path.write_bytes(good[suffix][:200])
            yield _kind(path.name), path
        for name in (
            "../" * 9 + f"etc/passwd.{suffix}",
            "z" * 300 + "." + suffix,
            "语" * 200 + "." + suffix,
            "missing." + suffix,
        ):
            yield _kind("a." + suffix), folder / name


def _read(path: Path) -> str:
    """What a render would do with an accepted video: its first seconds, then all of its sound."""
    from animate import AnimateError, video

    try:
        clip = video.read(path, seconds=1)
        frames = sum(1 for _ in clip.frames)
        blocks = sum(1 for _ in video._sound_blocks(path, 0)) if clip.audio else 0
        return f"{frames} frames, {blocks} blocks of sound"
    except AnimateError as error:
        return str(error)


def _judge(kind: str, path: Path) -> dict:
    """One verdict, from a fork: with its signal, if one ended it, and what it cost."""
    from animate.quarantine import confine, judge

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            confine()
            verdict = judge(kind, path)
            if kind == "dance" and "refused" not in verdict:
                verdict["read"] = _read(path)
        except BaseException as error:  # which the product would not survive in words
            verdict = {"crashed": repr(error)}
        os.write(writing, json.dumps(verdict).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        told = answer.read()
    _, status, used = os.wait4(child, 0)
    verdict = json.loads(told) if told else {}
    ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {**verdict, "signal": ended, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}


if __name__ == "__main__":
    from animate import quarantine, video  # noqa: F401  (loaded once, for all forks)

    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(_judge(asked["kind"], Path(asked["path"]))), flush=True)
