"""The folder that the page keeps everything in: it is its own, since what is old in it is deleted."""

from pathlib import Path

from animate import AnimateError
from studio.store import home

_MARK = Path("private", "page.lock")
_NOTHING = {"lost+found", ".DS_Store", "Thumbs.db", "desktop.ini"}  # what systems put into folders by themselves


def taken(folder: Path | None) -> Path:
    """The folder, by default that in the cache, marked as the page's own.

    Raises AnimateError, in words and with nothing touched, for one that holds anything else.
    """
    place = folder or home()
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
    except OSError as error:
        raise AnimateError(f"{place} cannot be the page's folder: {error.strerror or error}.") from error
    return place


def is_ours(folder: Path) -> bool:
    """Whether the page was started with it before, also one of an older program."""
    return (
        (folder / _MARK).is_file()
        or (folder / "private" / "clips.db").is_file()
        or any((folder / "clips").glob("*/clip.json"))
    )


def _is_empty(folder: Path) -> bool:
    return not folder.exists() or all(each.name in _NOTHING for each in folder.iterdir())
