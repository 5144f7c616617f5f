"""Frames become a file, told one event at a time; and failures of the machine become words."""

import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from animate import video
from animate.devices import out_of_memory
from animate.errors import AnimateError, DeviceLost, OutOfMemory, in_file_words
from animate.events import Event, Finished, Preview, Progress
from animate.motion import Dance
from animate.provenance import Seal

PREVIEW_SECONDS = 0.7  # between two previews while a clip is written
_LOST = ("CUDA error", "CUDA failure", "cuDNN error", "HIP error", "unspecified launch failure", "MPS backend")


@contextmanager
def place_for(out: Path | str | None) -> Iterator[Path]:
    """Where a clip goes: by default into a temporary folder, of which nothing is left where no clip came of it."""
    if out:
        yield Path(out)
        return
    folder = Path(tempfile.mkdtemp(prefix="animate-"))
    try:
        yield folder / "clip.mp4"
    finally:
        with suppress(OSError):  # it holds the clip
            folder.rmdir()


def write(target: Path, frames: Iterator[np.ndarray], total: int, *, dance: Dance, seal: Seal) -> Generator[Event]:
    """Writes the clip with its sound, marked and signed; a preview now and then."""
    shown = 0.0
    with video.ClipWriter(target, fps=dance.fps, audio=dance.audio, start=dance.start, seal=seal) as writer:
        for done, frame in enumerate(frames, 1):
            writer.add(frame)
            yield Progress("write", done, total)
            if time.monotonic() - shown > PREVIEW_SECONDS:
                shown = time.monotonic()
                yield Preview(frame, (done - 1) / max(1, total - 1))
    yield Finished(target, float(total / dance.fps))


@contextmanager
def in_words() -> Iterator[None]:
    """Failures of the machine as errors that say what to do."""
    try:
        with in_file_words():
            yield
    except AnimateError:
        raise
    except Exception as error:  # torch's and onnxruntime's, which have no class of their own for these
        if out_of_memory(error):  # asked first: some are said as errors of the device's
            raise OutOfMemory from error
        if any(each in str(error) for each in _LOST):
            raise DeviceLost from error
        raise
