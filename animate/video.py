"""Video files, in and out: the only place that opens them.

A clip is read at a constant rate by its time stamps, turned and stretched as a player would show it, one frame at a
time, so memory does not grow with its length. It is written beside its place and renamed when it is whole.
"""

import contextlib
import math
import os
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation
from av.video.stream import VideoStream

from animate.colour import HDR_TRANSFERS, to_standard_range
from animate.errors import BadSettings, UnreadableVideo, shown_name

if TYPE_CHECKING:
    from animate.provenance import Seal

MAX_VIDEO_PIXELS = 4096 * 2304  # a cinema's 4K
MAX_VIDEO_SECONDS = 3600
MAX_RATE = 60  # frames a second; a faster video is thinned, since no screen would show the rest
_NEAR = Fraction(21, 20)  # of a rate: a clock that is off by as little means that rate
_HELD = Fraction(4, 3)  # of the average rate: where most frames come faster than that, others are held
MIN_SIDE = 16

# Only files that hold their own contents: a playlist could name other files or hosts.
_OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"}
_OPEN_TIMEOUT = (10, 10)  # seconds to open, and to wait for the next packet
_USE_INSTEAD = "Choose an MP4, MOV, WebM, MKV, AVI or GIF file that plays on this computer."
_USUAL_RATE = Fraction(25)
# How a file's number for its colour matrix (ITU-T H.273) is called by the converter.
_COLOURSPACES = {
    1: Colorspace.ITU709,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
_VP9 = {"crf": "28", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"}
_BEGINS = re.compile(r"begins at (\d{1,5}\.\d{3}) s")
_SOUND_RATE = 48000
_SOUND_BLOCK = 1024  # samples an AAC packet holds
_SOUND_DRIFT = 0.02  # seconds that time stamps and samples may disagree before silence is put in or sound left out


@dataclass(frozen=True)
class VideoInfo:
    """What a file holds, as a player would show it. width, height: pixels; fps: its average, or where some frames are
    held, that of the others; seconds: its length; begins: at which second of a whole, where it says so."""

    width: int
    height: int
    fps: Fraction
    seconds: float
    has_audio: bool
    begins: float = 0.0


@dataclass(frozen=True)
class Clip:
    """A part of a video. frames: each h w 3 uint8, to be read once; start: seconds into `audio`, the file with the
    sound, or None."""

    frames: Iterator[np.ndarray]
    fps: Fraction
    audio: Path | None
    start: float


def probe(path: Path | str) -> VideoInfo:
    """The facts of a video, from its head and its first frame. Raises UnreadableVideo."""
    with _opened(path) as (container, stream):
        frame = next(_decoded(container, stream), None)
        if frame is None:
            raise UnreadableVideo(f"No picture can be read from {shown_name(path)}. {_USE_INSTEAD}")
        width, height = _shown_size(frame, stream)
        if min(width, height) < MIN_SIDE:
            raise UnreadableVideo(f"This video has {width} x {height} pixels. Choose a larger one.")
        seconds, fps = _declared_length(container, stream), stream.average_rate
        held = bool(fps and stream.base_rate and stream.base_rate > _HELD * fps)  # some frames may be
        has_audio, said = bool(container.streams.audio), _BEGINS.fullmatch(container.metadata.get("comment", ""))
        unsure = has_audio and not stream.duration  # what the head tells may be the sound's length
    if not seconds or not fps or fps > 2 * MAX_RATE or (unsure and seconds > MAX_VIDEO_SECONDS):
        seconds, fps = _measured(path)
    elif held:
        fps = max(fps, _measured(path)[1])
    if seconds > MAX_VIDEO_SECONDS:
        length = f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
        raise UnreadableVideo(f"This video lasts {length}. Cut out the dance, at most an hour, and try again.")
    begins = float(said[1]) if said else 0.0
    return VideoInfo(width, height, Fraction(fps).limit_denominator(1001), seconds, has_audio, begins)


def read(
    path: Path | str,
    *,
    start: float = 0.0,
    seconds: float | None = None,
    fps: Fraction | None = None,
    short_side: int | None = None,
) -> Clip:
    """The part of a video from `start` on, at a constant rate. Raises UnreadableVideo, BadSettings.

    seconds: its length; None goes to the end. fps: None keeps the video's own, thinned to about MAX_RATE.
    short_side: pixels; a larger video is scaled down to it, a smaller one is left alone.
    """
    info = probe(path)
    if start >= info.seconds:
        raise too_late(info.seconds, start)
    rate = fps or thinned(info.fps)
    length = min(MAX_VIDEO_SECONDS, MAX_VIDEO_SECONDS if seconds is None else seconds)
    frames = _constant_rate(Path(path), rate, start=start, count=max(1, round(length * rate)), short_side=short_side)
    return Clip(frames, rate, Path(path) if info.has_audio else None, start)


def too_late(seconds: float, start: float) -> BadSettings:
    """For a part that starts after the end of a dance that lasts so many seconds."""
    return BadSettings(f"The video lasts {seconds:.1f} s, so nothing starts at {start:g} s. Start earlier.")


def thinned(rate: Fraction, *, most: int = MAX_RATE) -> Fraction:
    """The rate at which only every second frame is left, every third or so on: as many as go with `most` a second, or
    hardly more, as phones and screen recorders have clocks of their own (30.02, or 30.3 by stamps of 33 ms)."""
    return rate / math.ceil(rate / (most * _NEAR))


def write(
    path: Path | str,
    frames: Iterable[np.ndarray],
    *,
    fps: Fraction,
    audio: Path | None = None,
    start: float = 0.0,
    begins: float = 0.0,
) -> int:
    """Write frames, h w 3 uint8, and the sound of `audio` from `start` seconds on; see ClipWriter. How many frames."""
    with ClipWriter(path, fps=fps, audio=audio, start=start, begins=begins) as writer:
        for frame in frames:
            writer.add(frame)
    return writer.count


class ClipWriter:
    """An MP4 that plays everywhere: H.264, yuv420p, BT.709, its index in front, the sound cut to the pictures.

    A path that ends in .webm becomes a WebM instead: VP9 and Opus.

    To be used by `with`. The file appears under its name when the block ends well; otherwise nothing is left.
    seal: marks the pictures and signs the file, before it appears. begins: the second of a whole at which it begins,
    which is noted in it.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        fps: Fraction,
        audio: Path | None = None,
        start: float = 0.0,
        seal: "Seal | None" = None,
        begins: float = 0.0,
    ):
        self.path, self.fps, self.count, self.seal = Path(path), Fraction(fps), 0, seal
        self._part, self._webm = self.path.with_name(self.path.name + ".part"), self.path.suffix == ".webm"
        self._sound = _sound_blocks(audio, start) if audio else None
        self._video: VideoStream | None = None
        self._audio: AudioStream | None = None
        self._sounded, self._begins = 0, begins  # samples; seconds

    def __enter__(self) -> "ClipWriter":
        options = {} if self._webm else {"movflags": "+faststart"}
        self._container = av.open(str(self._part), "w", format="webm" if self._webm else "mp4", options=options)
        if self._begins:
            self._container.metadata["comment"] = f"begins at {self._begins:.3f} s"
        return self

    def add(self, frame: np.ndarray) -> None:
        """Append one frame, h w 3 uint8; all must have the size of the first. Odd sizes gain a row or a column."""
        height, width = frame.shape[:2]
        if width % 2 or height % 2:
            frame = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        video = self._video = self._video or self._add_streams(*frame.shape[1::-1])
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24").reformat(
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.BICUBIC,
        )
        if self.seal is not None:
            luma = picture.planes[0]
            plane = np.asarray(memoryview(luma)).reshape(luma.height, luma.line_size)
            plane[:, : luma.width] = self.seal.stamp(plane[:, : luma.width])
        picture.pts, picture.time_base = self.count, 1 / self.fps
        self._container.mux(video.encode(picture))
        self.count += 1
        # Sound goes in beside its pictures, so that a player need not look for it at the end of the file.
        self._add_sound(blocks_of=_SOUND_BLOCK)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                if self._video is None:
                    raise UnreadableVideo("There was not one frame to write. Choose another part of the video.")
                self._container.mux(self._video.encode())
                self._add_sound(blocks_of=1)
                if self._audio is not None:
                    self._container.mux(self._audio.encode())
                self._container.close()
                if self.seal is not None:
                    self.seal.sign(self._part, kind="video/webm" if self._webm else "video/mp4")
                self._part.replace(self.path)
        finally:
            if self._sound is not None:
                self._sound.close()
            with contextlib.suppress(FFmpegError):
                self._container.close()
            self._part.unlink(missing_ok=True)

    def _add_streams(self, width: int, height: int) -> VideoStream:
        codec, options = ("libvpx-vp9", _VP9) if self._webm else ("libx264", {"crf": "18", "preset": "veryfast"})
        video = self._container.add_stream(codec, rate=self.fps, options=options)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        context = video.codec_context
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        if self._sound is not None:
            audio = self._container.add_stream("libopus" if self._webm else "aac", rate=_SOUND_RATE, layout="stereo")
            audio.bit_rate = 160_000
            self._audio = audio
        return video

    def _add_sound(self, *, blocks_of: int) -> None:
        """Encode the sound up to the last picture; whole blocks, or with blocks_of=1 to the very sample."""
        if self._audio is None or self._sound is None:
            return
        until = math.floor(self.count / self.fps * _SOUND_RATE)
        while until - self._sounded >= blocks_of:
            block = next(self._sound, None)
            if block is None:
                return
            block = block[:, : until - self._sounded]
            sound = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
            sound.sample_rate, sound.pts, sound.time_base = _SOUND_RATE, self._sounded, Fraction(1, _SOUND_RATE)
            self._container.mux(self._audio.encode(sound))
            self._sounded += block.shape[1]


def lumas(path: Path | str, *, most: int) -> Iterator[np.ndarray]:
    """The brightness planes, h w uint8, of the first frames as they were coded. Raises UnreadableVideo."""
    with _opened(path) as (container, stream):
        for frame in islice(_decoded(container, stream), most):
            _refuse_huge(frame.width, frame.height)
            luma = frame.reformat(format="yuv420p").planes[0]  # to_ndarray takes no odd sides
            yield np.asarray(memoryview(luma)).reshape(luma.height, luma.line_size)[:, : luma.width]


def small_webp(path: Path, *, size: tuple[int, int]) -> np.ndarray:
    """A WebP that does not move, h w 4 uint8, made small where it is decoded. size: width and height. Raises whatever
    libav does."""
    codec = av.CodecContext.create("webp", "r")
    codec.thread_count = 1
    frame: VideoFrame = codec.decode(av.Packet(path.read_bytes()))[0]  # type: ignore[attr-defined]
    width, height = size
    return frame.reformat(width=width, height=height, format="rgba", interpolation=Interpolation.AREA).to_ndarray()


@contextlib.contextmanager
def _opened(path: Path | str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A file and its moving picture; every failure inside in words."""
    path = Path(path).absolute()  # so that no name can be taken for a protocol
    if not os.path.isfile(path):  # no name, however odd, makes this raise
        raise UnreadableVideo(f"There is no file {shown_name(path)}. Choose a video.")
    try:
        options = {"options": dict(_OPEN_OPTIONS), "timeout": _OPEN_TIMEOUT, "metadata_errors": "replace"}
        with av.open(str(path), **options) as container:
            # Music files carry a still picture as a cover, which is no clip; a damaged stream has no codec.
            streams = [
                each
                for each in container.streams.video
                if each.codec_context is not None and Disposition.attached_pic not in each.disposition
            ]
            if not streams:
                raise UnreadableVideo(f"{shown_name(path)} holds no moving picture. {_USE_INSTEAD}")
            stream = streams[0]
            _refuse_huge(stream.width, stream.height)
            stream.codec_context.options = {"max_pixels": str(MAX_VIDEO_PIXELS)}
            stream.thread_type, stream.codec_context.thread_count = "AUTO", 2
            yield container, stream
    except FFmpegError as error:
        raise UnreadableVideo(f"{shown_name(path)} cannot be read as a video. {_USE_INSTEAD}") from error


def _refuse_huge(width: int, height: int) -> None:
    if width * height > MAX_VIDEO_PIXELS:
        raise UnreadableVideo(f"This video has {width} x {height} pixels. Export it at 4K or smaller and try again.")


def _decoded(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator:
    """Every frame that can be decoded; damaged packets are passed over, a torn end is the end."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except FFmpegError:
            continue
        yield from frames


def _seconds(moment: int | None, stream: VideoStream | AudioStream) -> float:
    return float(moment * stream.time_base) if moment is not None and stream.time_base else 0.0


def _declared_length(container: InputContainer, stream: VideoStream) -> float:
    return _seconds(stream.duration, stream) or (container.duration or 0) / av.time_base


def _measured(path: Path | str) -> tuple[float, Fraction]:
    """Length in seconds and rate from the packets' time stamps, for files whose head does not say."""
    with _opened(path) as (container, stream):
        moments = []
        with contextlib.suppress(FFmpegError):
            for packet in container.demux(stream):
                if packet.pts is not None:
                    moments.append(_seconds(packet.pts, stream))
                if len(moments) > MAX_VIDEO_SECONDS * 2 * MAX_RATE:
                    raise UnreadableVideo("This video has too many frames. Cut out the dance and try again.")
    span = max(moments, default=0.0) - min(moments, default=0.0)
    if not span:
        return float(1 / _USUAL_RATE), _USUAL_RATE
    fps = Fraction((len(moments) - 1) / span)
    between = median_low(after - before for before, after in pairwise(sorted(moments)) if after > before)
    usual = Fraction(min(1 / between, MAX_RATE))
    return span + float(1 / fps), usual if usual > _HELD * fps else fps


def _shown_size(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Width and height as shown: square pixels, upright."""
    width, height = _square_size(frame, stream, None)
    return (height, width) if frame.rotation % 180 else (width, height)


def _square_size(frame: VideoFrame, stream: VideoStream, short_side: int | None) -> tuple[int, int]:
    """The same as it lies in the file, and at most `short_side` on the shorter side."""
    _refuse_huge(frame.width, frame.height)
    aspect = stream.sample_aspect_ratio or 1
    width = frame.width * float(aspect if Fraction(1, 4) <= aspect <= 4 else 1)
    scale = min(1.0, short_side / min(width, frame.height)) if short_side else 1.0
    return max(1, round(width * scale)), max(1, round(frame.height * scale))


def _constant_rate(
    path: Path, rate: Fraction, *, start: float, count: int, short_side: int | None
) -> Iterator[np.ndarray]:
    """At most `count` frames, one each 1 / rate seconds from `start` on: whichever a player would show then."""
    with _opened(path) as (container, stream):
        zero = _seconds(stream.start_time, stream)
        if start > 1:
            _seek(container, stream, zero + start)
        # Time stamps are rounded, often to milliseconds: a frame may come a little late and still be meant.
        slack = float(1 / rate) / 4
        index, current, moment, lasts = 0, None, -start, float(1 / (stream.average_rate or rate))
        size: tuple[int, int] | None = None
        for frame in _decoded(container, stream):
            coming = frame.time - zero - start if frame.time is not None else moment + lasts
            picture = None
            while current is not None and index < count and float(index / rate) < coming - slack:
                picture = _picture(current, size) if picture is None else picture
                yield picture
                index += 1
            if index == count:
                return
            size = size or _square_size(frame, stream, short_side)
            current, moment = frame, coming
        if current is None:
            raise UnreadableVideo(f"No picture can be read from {shown_name(path)}. {_USE_INSTEAD}")
        picture, end = _picture(current, size), moment + (_seconds(current.duration, stream) or lasts)
        while index < count and float(index / rate) < end - slack:
            yield picture
            index += 1
        if not index:
            raise UnreadableVideo(f"Nothing can be read from {shown_name(path)} at {start:g} s. Start earlier.")


def _seek(container: InputContainer, stream: VideoStream | AudioStream, moment: float) -> None:
    """Go to the last key frame before `moment`, in seconds; a file that cannot is read from its beginning."""
    if stream.time_base:
        with contextlib.suppress(FFmpegError):
            container.seek(int(moment / stream.time_base), stream=stream, backward=True)


def _picture(frame: VideoFrame, size: tuple[int, int] | None) -> np.ndarray:
    """h w 3 uint8 in sRGB as a player would show it: scaled to `size` (width, height), then turned upright."""
    _refuse_huge(frame.width, frame.height)
    bright = frame.color_trc in HDR_TRANSFERS
    unsaid = Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601
    width, height = size or (frame.width, frame.height)
    picture = frame.to_ndarray(
        format="rgb48le" if bright else "rgb24",
        width=width,
        height=height,
        src_colorspace=_COLOURSPACES.get(frame.colorspace, unsaid),
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.AREA,
        threads=1,
    )
    if bright:
        picture = to_standard_range(picture, frame.color_trc)
    return np.ascontiguousarray(np.rot90(picture, frame.rotation // 90 % 4))


def _sound_blocks(path: Path, start: float) -> Generator[np.ndarray]:
    """The sound of a file from `start` seconds of its pictures on: 2 x _SOUND_BLOCK float32, the last one shorter."""
    pending = np.zeros((2, 0), np.float32)
    for piece in _sound_in_step(path, start):
        pending = np.concatenate([pending, piece], axis=1)
        while pending.shape[1] >= _SOUND_BLOCK:
            yield pending[:, :_SOUND_BLOCK]
            pending = pending[:, _SOUND_BLOCK:]
    if pending.shape[1]:
        yield pending


def _sound_in_step(path: Path, start: float) -> Iterator[np.ndarray]:
    """The same in pieces of any length, laid where time stamps say: gaps are silence, overlaps are left out."""
    with _opened(path) as (container, video):
        zero = _seconds(video.start_time, video)
        stream = container.streams.audio[0]
        if start > 1:
            _seek(container, stream, zero + start)
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_SOUND_RATE)
        done = 0  # samples
        for frame in _decoded(container, stream):
            due = done if frame.time is None else round((frame.time - zero - start) * _SOUND_RATE)
            for resampled in resampler.resample(frame):
                piece = resampled.to_ndarray()
                due_after = due + piece.shape[1]
                if done == 0 or abs(due - done) > _SOUND_DRIFT * _SOUND_RATE:
                    while done < due:
                        silence = np.zeros((2, min(_SOUND_BLOCK, due - done)), np.float32)
                        yield silence
                        done += silence.shape[1]
                    piece = piece[:, done - due :]
                yield piece
                done += piece.shape[1]
                due = due_after
