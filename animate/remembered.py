"""What was found in files, for whoever asks again while the file is there."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Generic, TypeVar

Value = TypeVar("Value")


def identity(path: Path) -> object:
    """What all names of one file have in common, and another file, or a changed one, has not."""
    stat = path.stat() if path.is_file() else None
    return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns) if stat and stat.st_ino else path


class Remembered(Generic[Value]):
    """The newest findings. most: how many. Safe to share between threads."""

    def __init__(self, most: int):
        self._most, self._lock = most, threading.Lock()
        self._found: dict[object, tuple[Path, Future[Value]]] = {}

    def get(self, key: object) -> Value | None:
        """What was found, if it was."""
        with self._lock:
            _, found = self._found.get(key, (None, None))
        return found.result() if found is not None and found.done() and found.exception() is None else None

    def keep(self, key: object, path: Path, value: Value) -> None:
        """path: the file it was found in."""
        found: Future[Value] = Future()
        found.set_result(value)
        with self._lock:
            self._add(key, path, found)

    def find(self, key: object, path: Path, look: Callable[[], Value]) -> Value:
        """What is found in a file; who asks while it is looked for waits for that. Raises what `look` raises."""
        with self._lock:
            if (known := self._found.get(key)) is None:
                found: Future[Value] = Future()
                self._add(key, path, found)
        if known is not None:
            return known[1].result()
        try:
            found.set_result(look())
        except BaseException as error:
            with self._lock:
                self._found.pop(key, None)
            found.set_exception(error)
        return found.result()

    def forget(self) -> None:
        """What was found in files that are deleted since."""
        with self._lock:
            self._found = {key: (path, found) for key, (path, found) in self._found.items() if path.is_file()}

    def _add(self, key: object, path: Path, found: "Future[Value]") -> None:
        self._found.pop(key, None)
        while len(self._found) >= self._most:
            self._found.pop(next(iter(self._found)))
        self._found[key] = (path, found)
