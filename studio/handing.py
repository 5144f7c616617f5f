"""What is handed out of a clip's folder, which gradio serves nobody anything of: under another name, like an upload."""

import os
import secrets
from pathlib import Path

from animate import examples
from studio.archive import Archive
from studio.naming import file_of, link
from studio.owning import own


def handed(archive: Archive, path: Path, visitor: str) -> Path | None:
    """A file that the page is to show a visitor again, as it may; None for one of a clip that is not theirs alone."""
    if archive.folder not in path.parents:
        return path
    clip = own(archive, path.parent.name, visitor)
    return another_name(archive, path) if clip and not clip.lent else None


def another_name(archive: Archive, path: Path) -> Path | None:
    """Another name of a clip's file: that of our example, or of the upload that it was, or a new one, for as long as
    an upload is kept; None where the file is gone."""
    if (ours := examples.original(path)) != path:
        return ours
    try:
        os.utime(path)  # of all its names, since the oldest are deleted
        name = next(archive.uploads({file_of(path)}), None) if path.stat().st_nlink > 1 else None
        if name is None:
            called = archive.known_as(path) or path.stem
            name = archive.folder.parent / secrets.token_hex(32) / f"{called}{path.suffix}"
            name.parent.mkdir()
            link(path, name)
    except OSError:
        return None
    return name
