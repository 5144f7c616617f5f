"""Video files of every kind, made on the spot for the tests."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SOUND_RATE = 48000


def grey(level: int, *, width: int = 64, height: int = 48) -> np.ndarray:
    """One frame, h w 3 uint8, of one grey."""
    return np.full((height, width, 3), level, np.uint8)


def dancer(frames: int, *, width: int = 96, height: int = 128) -> list[np.ndarray]:
    """A bright bar that swings to and fro on a blue ground: something to see, though nobody."""
    clip = []
    for index in range(frames):
        frame = np.full((height, width, 3), (40, 60, 120), np.uint8)
        left = round((0.4 + 0.3 * np.sin(index / 4)) * width)
        frame[height // 5 : -height // 8, left : left + width // 8] = (240, 200, 90)
        clip.append(frame)
    return clip


def beep(seconds: float, *, at: float, lasts: float = 0.1) -> np.ndarray:
    """Silence with one tone in it: 2 n float32 at SOUND_RATE."""
    time = np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE
    tone = np.where((time >= at) & (time < at + lasts), 0.5 * np.sin(2 * np.pi * 1000 * time), 0)
    return np.stack([tone, tone]).astype(np.float32)


def encode(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    rate: Fraction | int = 25,
    times: Sequence[float] | None = None,
    sound: np.ndarray | None = None,
    sound_starts: float = 0.0,
    codec: str = "libx264",
    sound_codec: str = "aac",
    pixels: str = "yuv420p",
    rotation: int = 0,
    aspect: Fraction | None = None,
    transfer: int | None = None,
    faststart: bool = True,
) -> Path:
    """Write a video. times: seconds of each frame, for a rate that varies; transfer: 16 is PQ, 18 is HLG."""
    options = {"movflags": "+faststart"} if faststart and path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=options) as container:
        video, ticks = None, Fraction(1, 1000) if times else 1 / Fraction(rate)
        voice = container.add_stream(sound_codec, rate=SOUND_RATE, layout="stereo") if sound is not None else None
        for index, frame in enumerate(frames):
            deep = frame.dtype == np.uint16
            if video is None:
                video = container.add_stream(codec, rate=Fraction(rate))
                video.width, video.height, video.pix_fmt = frame.shape[1], frame.shape[0], pixels
                video.codec_context.time_base = ticks
                if rotation:
                    video.set_display_rotation(rotation)
                if aspect:
                    video.codec_context.sample_aspect_ratio = aspect
                if transfer:
                    video.codec_context.color_trc, video.codec_context.colorspace = transfer, 9
                    video.codec_context.color_primaries = 9
            picture = av.VideoFrame.from_ndarray(frame, format="rgb48le" if deep else "rgb24")
            picture = picture.reformat(format=pixels, dst_colorspace="BT2020") if transfer else picture
            picture.pts = round(times[index] / ticks) if times else index
            picture.time_base = ticks
            container.mux(video.encode(picture))
        if video is not None:
            container.mux(video.encode())
        if voice is not None:
            assert sound is not None
            for first in range(0, sound.shape[1] - 960, 960):
                block = np.ascontiguousarray(sound[:, first : first + 960])
                piece = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
                piece.sample_rate, piece.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
                piece.pts = first + round(sound_starts * SOUND_RATE)
                container.mux(voice.encode(piece))
            container.mux(voice.encode())
    return path


def levels(frames: Iterable[np.ndarray]) -> list[int]:
    """The mean of each frame."""
    return [round(float(frame.mean())) for frame in frames]


def onset(path: Path) -> float:
    """Seconds at which the sound of a file first is loud, as a player hears it; nan when it never is."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SOUND_RATE)
        for frame in container.decode(stream):
            for piece in resampler.resample(frame):
                loud = np.abs(piece.to_ndarray()).max(axis=0) > 0.1
                if loud.any():
                    return float(frame.time) + float(np.argmax(loud)) / SOUND_RATE
    return float("nan")


def sound_seconds(path: Path) -> float:
    """How long the sound of a file lasts; 0 when there is none."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return 0.0
        stream = container.streams.audio[0]
        return sum(frame.samples / frame.sample_rate for frame in container.decode(stream))
