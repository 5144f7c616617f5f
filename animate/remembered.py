"""What was found in files, for whoever asks again while the file is there."""

import os
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")
Step = TypeVar("Step")

PATIENCE = 60  # seconds that others stand still, after which one looks oneself


def identity(path: Path) -> object:
    """What all names of one file have in common, and another file, or a changed one, has not."""
    stat = path.stat() if path.is_file() else None
    return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns) if stat and stat.st_ino else path


class _Walk:
    """A search in steps: the last of them, when it was taken, and whether there are no more."""

    def __init__(self, step: Any):
        self.step, self.taken, self.over = step, time.monotonic(), threading.Event()


class Remembered(Generic[Value]):
    """The newest findings. most: how many. Safe to share between threads."""

    def __init__(self, most: int):
        self._most, self._lock = most, threading.Lock()
        self._found: dict[object, tuple[str, Value]] = {}
        self._sought: dict[object, Future[Value]] = {}
        self._walked: dict[object, _Walk] = {}

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

    def walk(
        self, key: object, path: Path, look: Callable[[], Generator[Step, None, Value]], *, first: Step
    ) -> Generator[Step, None, Value]:
        """As `find`, for what is looked for in steps. Who waits for another is handed that one's last step of the first
        one's kind, over and over, and looks instead where the other gives up or stands still."""
        while True:
            with self._lock:
                if key in self._found:
                    return self._found[key][1]
                other = self._walked.get(key)
                if other is None or time.monotonic() - other.taken > PATIENCE:
                    mine, other = _Walk(first), None
                    self._walked[key] = mine
            if other is not None:
                yield other.step
                other.over.wait(0.2)
                continue
            try:
                with closing(look()) as steps:
                    value = yield from _noted(steps, mine, type(first))
                self.keep(key, path, value)
                return value
            finally:
                with self._lock:
                    if self._walked.get(key) is mine:
                        del self._walked[key]
                mine.over.set()

    def forget(self, *, all_of_it: bool = False) -> None:
        """What was found in files that are deleted since, or all of it."""
        with self._lock:
            kept = {} if all_of_it else {key: each for key, each in self._found.items() if os.path.isfile(each[0])}
            self._found = kept


def _noted(steps: Generator[Step, None, Value], walk: _Walk, kind: type) -> Generator[Step, None, Value]:
    """The same steps, the last of a kind noted for whoever waits."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        walk.taken = time.monotonic()
        walk.step = step if isinstance(step, kind) else walk.step
        yield step
