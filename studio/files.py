"""What can be taken away of a clip beside the video: other kinds of it, a poster, its settings. Made when asked for."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from animate import Posed, pictures, video
from animate.provenance import KINDS, Identity, Seal
from studio import shelf
from studio.archive import Archive, Clip
from studio.yielding import give_way

GIF_BYTES = 8_000_000
_GIF_RATE = Fraction(25, 2)  # of which a frame lasts whole hundredths of a second, in which a GIF counts
_GIF_SIDES = (320, 240, 160, 96)  # pixels of the short side, until it is small enough
_POSES = "poses.npz"
_GAP = 8  # pixels between two pictures side by side
_POSTER = (480, 720)
_POSTER_AT = 0.5  # seconds
FILMS = ("clip.gif", "clip.webm", "side.mp4")  # these take long


class Making:
    """Files in the making, each made once however many ask for it at the same time, as a browser does that asks for a
    film in several pieces. Films are made one after the other and give way to all else; what takes a moment does not
    wait for them, and none of it holds a thread that answers are made in."""

    def __init__(self) -> None:
        self._films = ThreadPoolExecutor(1, thread_name_prefix="films", initializer=give_way)
        self._others = ThreadPoolExecutor(2, thread_name_prefix="posters")
        self._lock, self._going = threading.Lock(), dict[Path, Future[Path | None]]()

    async def made(self, archive: Archive, clip: Clip, name: str) -> Path | None:
        """What `made` gives, or raises."""
        path = archive.folder / clip.id / name
        with self._lock:
            going = self._going.get(path)
            if going is None:
                thread = self._films if name in FILMS and not path.is_file() else self._others
                going = self._going[path] = thread.submit(made, archive, clip, name)
                going.add_done_callback(lambda _: self._going.pop(path))
        return await asyncio.shield(asyncio.wrap_future(going))  # others wait for it though this one leaves


def made(archive: Archive, clip: Clip, name: str) -> Path | None:
    """The file called `name` of a finished clip; None where there is no such. Not for several threads at once."""
    path = archive.folder / clip.id / name
    makers: dict[str, Callable[[Path], None]] = {
        "clip.gif": lambda path: _whole(path, _gif(archive.video(clip)), clip),
        "clip.webm": lambda path: _webm(archive.video(clip), path),
        "poster.jpg": lambda path: _whole(path, _poster(archive.video(clip)), clip),
        "side.mp4": lambda path: _side_by_side(archive, clip, path),
    }
    if name == "settings.json":
        _whole(path, _settings(clip), clip)
    elif name in makers and not path.is_file():
        makers[name](path)
    return path if name in ("clip.mp4", "settings.json", *makers) and path.is_file() else None


def keep_poses(folder: Path, posed: Posed) -> None:
    """Keep what the side-by-side film needs, in a clip's folder."""
    with (folder / _POSES).open("wb") as file:
        np.savez_compressed(file, points=posed.points, style=posed.style)


def has_poses(archive: Archive, clip_id: str) -> bool:
    """Whether a clip can be shown side by side with its skeleton; those of older programs cannot."""
    return (archive.folder / clip_id / _POSES).is_file()


def _settings(clip: Clip) -> bytes:
    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clip.made))
    return json.dumps({**clip.wish, "made": day, "took": round(clip.took, 1)}, indent=2, ensure_ascii=False).encode()


def _poster(clip: Path) -> bytes:
    return shelf.jpeg(shelf.still(clip, at=_POSTER_AT), box=_POSTER)


def _webm(clip: Path, target: Path) -> None:
    film, seal = video.read(clip), Seal(Identity.of(), "", marks=False)  # the clip has its mark
    with video.ClipWriter(target, fps=film.fps, audio=film.audio, seal=seal) as writer:
        for frame in film.frames:
            writer.add(frame)


def _side_by_side(archive: Archive, clip: Clip, target: Path) -> None:
    """The picture, the skeleton and the clip, frame by frame, with the sound."""
    poses, wish = archive.folder / clip.id / _POSES, archive.wish(clip)
    if not poses.is_file() or wish.picture is None:
        return
    from animate.canvas import Canvas  # here, since OpenCV would hold up the page
    from animate.motion import drawn

    film = video.read(archive.video(clip))
    with np.load(poses) as kept:
        points, style = kept["points"], str(kept["style"])
    seal = Seal(Identity.of(), "", marks=False)  # the clip in it has its mark
    with video.ClipWriter(target, fps=film.fps, audio=film.audio, seal=seal) as writer:
        picture = skeletons = None
        for frame in film.frames:
            if picture is None or skeletons is None:
                size = (frame.shape[1], frame.shape[0])
                picture = Canvas.lay(pictures.read(wish.picture), size).picture
                gap = np.full((size[1], _GAP, 3), 255, np.uint8)
                skeletons = drawn(points, size=size, style=style)
            skeleton = next(skeletons, None)
            if skeleton is None:
                break
            writer.add(np.concatenate([picture, gap, skeleton, gap, frame], axis=1))


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
    """Marked anew where the clip is scaled, which its own mark does not live through; two marks would be seen."""
    info = video.probe(clip)
    seal = Seal(Identity.of(), "", marks=side < min(info.width, info.height))
    for frame in video.read(clip, fps=_GIF_RATE, short_side=side).frames:
        height, width = (each // 2 * 2 for each in frame.shape[:2])  # who makes a film of it wants even sides
        luma, *colour = Image.fromarray(frame[:height, :width]).convert("YCbCr").split()
        marked = Image.merge("YCbCr", (Image.fromarray(seal.stamp(np.asarray(luma))), *colour))
        yield marked.convert("RGB").quantize(128, method=Image.Quantize.FASTOCTREE)


def _whole(path: Path, data: bytes, clip: Clip) -> None:
    """Signed where the format has room for credentials, and there under its name only when it is whole."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    if kind := KINDS.get(path.suffix):
        Seal(Identity.of(), "").sign(part, kind=kind, made=clip.made)
    part.replace(path)
