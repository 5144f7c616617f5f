"""Names of files: what one is called where it is taken away, and several names of one."""

import os
import shutil
import unicodedata
from pathlib import Path
from urllib.parse import quote

from animate import examples

_LONGEST = 24  # characters
_KEPT = "LMN"  # letters, marks on them, and numbers, of any script, as Unicode sorts them


def called(path: Path) -> str:
    """What a visitor knows a picture or a dance by, as a part of a name that all systems take: an example's name, or
    the file's own without its kind; empty where nothing of that can be kept."""
    stem = unicodedata.normalize("NFC", examples.original(path).stem)
    kept = "".join(each if each == "_" or unicodedata.category(each)[0] in _KEPT else " " for each in stem)
    return "-".join(kept.split())[:_LONGEST].strip("-_")


def whole(name: str, file: str) -> str:
    """The name of a clip's file where it is taken away. name: the clip's; file: as its folder has it."""
    kind = "-side.mp4" if file == "side.mp4" else Path(file).suffix  # beside the clip, which is an MP4 too
    return f"{name}{kind}"


def address(clip_id: str, file: str, name: str) -> str:
    """Where the page has a clip's file. It ends with the file's name, which is what a player's own menu keeps it by."""
    return f"own/{quote(clip_id)}/{file}/{quote(whole(name, file))}"


def file_of(path: Path) -> tuple[int, int]:
    """What two names of one file have in common."""
    found = path.stat()
    return found.st_dev, found.st_ino


def link(source: Path, target: Path) -> None:
    """The same file at another place, without room of its own where that can be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
