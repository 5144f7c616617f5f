"""The folder that the page keeps everything in: its own, since what is old there is deleted, and one program's."""

import contextlib
import errno
import sys
from pathlib import Path
from typing import IO

from animate import AnimateError
from studio.store import home

_MARK, _ADDRESS = Path("private", "page.lock"), Path("private", "address")
_NOTHING = {"lost+found", ".DS_Store", "Thumbs.db", "desktop.ini"}  # what systems put into folders by themselves
_held: list[IO[bytes]] = []  # as long as the program runs


def taken(folder: Path | None) -> Path:
    """The folder, by default that in the cache, marked as the page's own, and this program's as long as that runs.

    Raises AnimateError, in words and with nothing touched, for one that holds anything else, and for another program's.
    """
    place = (folder or home()).absolute()
    try:
        if folder and not (is_ours(folder) or _is_empty(folder)):
            raise AnimateError(
                f"{folder} holds other files, and what is old in the page's folder is deleted. "
                "Name one that is empty, or not there yet, with --folder."
            )
        mark = place / _MARK
        for each in (place, mark.parent):
            each.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.touch(mode=0o600)
        if not _lock(mark):
            raise AnimateError(f"{_elsewhere(place)} Another beside it needs a folder of its own: --folder.")
        (place / _ADDRESS).unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or error
        raise AnimateError(
            f"{place} cannot be the page's folder: {why}. Choose another with --folder or ANIMATE_CACHE."
        ) from error
    return place


def noted(folder: Path, address: str) -> str:
    """The page's address, kept for whoever starts it once more."""
    with contextlib.suppress(OSError):
        (folder / _ADDRESS).write_text(address)
    return address


def is_ours(folder: Path) -> bool:
    """Whether the page was started with it before, also one of an older program."""
    return (
        (folder / _MARK).is_file()
        or (folder / "private" / "clips.db").is_file()
        or any((folder / "clips").glob("*/clip.json"))
    )


def _is_empty(folder: Path) -> bool:
    return not folder.exists() or all(each.name in _NOTHING for each in folder.iterdir())


def _elsewhere(folder: Path) -> str:
    try:
        return f"The page is open already: {(folder / _ADDRESS).read_text()}"
    except OSError:  # it has just begun
        return "The page is open already."


def _lock(file: Path) -> bool:
    """Whether no other program has it. Where the system knows no locks there, nobody has. The lock ends with this
    program, however it ends; what it starts or forks does not inherit it."""
    held = file.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.lockf(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    _held.append(held)
    return True
