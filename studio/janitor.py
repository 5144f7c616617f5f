"""What is too old is deleted from the studio's folder: uploads, and whatever an end in the middle left behind."""

import contextlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

log = logging.getLogger(__name__)


def sweep(folder: Path, *, hours: float, but: Sequence[Path]) -> None:
    """Delete files older than that, and folders that are empty since. but: folders that others look after."""
    oldest = time.time() - hours * 3600
    for path in sorted(folder.rglob("*"), key=lambda path: -len(path.parts)):
        if any(path == kept or kept in path.parents for kept in but):
            continue
        try:
            if path.is_dir():
                if path.stat().st_mtime < oldest:
                    with contextlib.suppress(OSError):
                        path.rmdir()
            elif path.lstat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            pass  # somebody was faster
        except OSError:
            log.warning("A file past its time could not be deleted", exc_info=True)
