"""What can go wrong, as a tree one can read. Every message says what happened and what to do next."""

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_LOOK = "Look whether its folder may be used, and try again."


class AnimateError(Exception):
    """Any failure whose words are meant for the person at the page or the command line."""


class InputError(AnimateError):
    """Something the person gave cannot be used."""


class UnreadableVideo(InputError):
    """The motion file is no video that can be read."""


class UnreadableImage(InputError):
    """The character file is no picture that can be read."""


class UnreadablePose(InputError):
    """The keypoint file is none that can be read."""


class NoPersonFound(InputError):
    """Nobody is in the picture or in the video."""


class NoCharacterFound(NoPersonFound):
    """Nobody is recognised in the picture, in which joints can be placed by hand."""


class BadSettings(InputError):
    """Settings that cannot be rendered."""


class WeightsError(AnimateError):
    """A model's files are not as they should be."""


class NotDownloaded(WeightsError):
    """What finds people could not be fetched; the words are for whoever runs the program."""


class WeightsMissing(WeightsError):
    """what: the file or model; how: the way to get it."""

    def __init__(self, what: str, how: str):
        super().__init__(f"{what} is missing. {how}")
        self.what, self.how = what, how


class WeightsMismatch(WeightsError):
    """file: whose contents do not fit the network; keys: the parameters that are missing, unexpected or misshapen."""

    def __init__(self, file: Path | str, keys: Sequence[str]):
        shown = ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
        super().__init__(
            f"{Path(file).name} does not fit this network: {shown}. Get the file that belongs to this model."
        )
        self.file, self.keys = Path(file), tuple(keys)


class WeightsDamaged(WeightsError):
    """file: that cannot be read or has the wrong hash; why: in words."""

    def __init__(self, file: Path | str, why: str):
        super().__init__(f"{Path(file).name} is damaged: {why}. Delete it and get it again.")
        self.file, self.why = Path(file), why


class OutOfMemory(AnimateError):
    """lower: the settings that would help."""

    def __init__(self, lower: str = "the size, the seconds or the window"):
        super().__init__(f"The device ran out of memory. Lower {lower} and try again.")
        self.lower = lower


class BeyondPrecision(AnimateError):
    """A network answered what is no number, of which a black clip would be made."""

    def __init__(self) -> None:
        super().__init__(
            "The network's answer went beyond its precision. Start the program with another, such as --dtype float32; "
            "if that does not help, get the model's files again."
        )


class DeviceLost(AnimateError):
    """The GPU stopped answering; only a new start brings it back."""

    def __init__(self) -> None:
        super().__init__("The device stopped working. Start the program again.")


def shown_name(path: Path | str) -> str:
    """A file's name as it may be shown: short, without characters that steer what is read around them, and with spaces
    that do not break after full stops, lest a sentence seem to end there to who translates them one by one."""
    name = "".join(each if each.isprintable() else "·" for each in Path(path).name)
    name = re.sub("(?<=[.?!]) ", "\N{NO-BREAK SPACE}", name)
    return name if len(name) <= 80 else f"{name[:60]}…{name[-15:]}"


def wants_space(error: OSError) -> bool:
    """Whether a disk, a quota or the largest size of a file was too small."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def in_file_words() -> Iterator[None]:
    """Failures of files as errors that say what to do."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise OutOfMemory from error
        help_ = "Free some space and try again." if wants_space(error) else _LOOK
        raise AnimateError(f"A file could not be written or read: {error.strerror or error}. {help_}") from error
