"""What is too old is deleted, now and then: uploads, clips, and whatever an end in the middle left behind."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

_EVERY = 600.0  # seconds


class Janitor:
    """Looks through the studio's folder at the start and every ten minutes. hours: that uploads are kept; but: what
    others look after there; tidy: how those do."""

    def __init__(self, folder: Path, *, hours: float, but: Sequence[str], tidy: Sequence[Callable[[], object]]):
        self._folder, self._hours, self._but, self._tidy = folder, hours, but, tidy
        self._closing = threading.Event()

    def open(self) -> None:
        threading.Thread(target=self._work, name="janitor", daemon=True).start()

    def close(self) -> None:
        self._closing.set()

    def look(self) -> None:
        """Once through all; what fails does not keep the rest from being done."""
        for each in (lambda: sweep(self._folder, hours=self._hours, but=self._but), *self._tidy):
            try:
                each()
            except Exception:
                log.exception("Something past its time could not be deleted")

    def _work(self) -> None:
        self.look()
        while not self._closing.wait(_EVERY):
            self.look()


def sweep(folder: Path, *, hours: float, but: Sequence[str]) -> None:
    """Delete files older than that, and folders that are empty since. but: what others look after there."""
    oldest, kept = time.time() - hours * 3600, [folder / name for name in but]
    for path in sorted(folder.rglob("*"), key=lambda path: -len(path.parts)):
        if any(path == each or each in path.parents for each in kept):
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
