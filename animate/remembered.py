"""What was found in files, for whoever asks again while the file is there."""

import os
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
        self._found: dict[object, tuple[str, Value]] = {}
        self._sought: dict[object, Future[Value]] = {}

    def get(self, key: object) -> Value | None:
        """What was found, if it was."""
        with self._lock:
            _, value = self._found.get(key, (None, None))
        return value

    def keep(self, key: object, path: Path, value: Value) -> None:
        """path: the file it was found in."""
        with self._lock:
            self._found.pop(key, None)
            while len(self._found) >= self._most:
                self._found.pop(next(iter(self._found)))
            self._found[key] = (str(path), value)

    def find(self, key: object, path: Path, look: Callable[[], Value]) -> Value:
        """What is found in a file; who asks while it is looked for waits for that. Raises what `look` raises."""
        with self._lock:
            if key in self._found:
                return self._found[key][1]
            if (others := self._sought.get(key)) is None:
                mine = self._sought[key] = Future[Value]()
        if others is not None:
            return others.result()
        try:
            value = look()
            self.keep(key, path, value)
            mine.set_result(value)
            return value
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._sought[key]

    def forget(self, *, all_of_it: bool = False) -> None:
        """What was found in files that are deleted since, or all of it."""
        with self._lock:
            kept = {} if all_of_it else {key: each for key, each in self._found.items() if os.path.isfile(each[0])}
            self._found = kept
