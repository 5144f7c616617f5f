"""One file from the hub into the cache that all programs share: whole, or not at all.

It is written beside its place, checked, then renamed; what arrived before a cut is gone on with. The cache's own locks
are held, so other programs and a second start of this one wait instead of writing too.
"""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from animate.catalogue import HubFile
from animate.hub import Hub, NotGot, Remote, in_words
from animate.places import disguise

PATIENCE = (1, 2, 4, 8, 16)  # seconds to wait after each failure in a row before the next try
Answer = TypeVar("Answer")


class Meter:
    """Counts bytes from several threads, and carries the wish to stop to them."""

    def __init__(self, total: int):
        self.total, self.done = total, 0
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], maxlen=20)

    def add(self, count: int) -> None:
        """count: bytes that have come, or gone again. Raises Stopped when nobody wants them any more."""
        with self._lock:
            self.done += count
        if self.stop.is_set():
            raise Stopped

    def read(self) -> tuple[int, int, float]:
        """Bytes done, of all, and a second over the last twenty readings."""
        now = time.monotonic()
        begun, before = self._marks[0]
        self._marks.append((now, self.done))
        return self.done, self.total, max(0.0, (self.done - before) / max(now - begun, 1e-3))


class Stopped(Exception):
    """Nobody is waiting for the files any more."""


def get_one(remote: Remote, hub: Hub, meter: Meter) -> Path:
    """One file into the cache: its blob, then the link by which programs find it."""
    with in_words(remote.file):
        remote.blob.parent.mkdir(parents=True, exist_ok=True)
        with hub.lock(remote, meter.stop):
            if meter.stop.is_set():
                raise Stopped
            here = next((each for each in (remote.path, remote.blob) if intact(each, remote)), None)
            if here:  # another program has been faster
                meter.add(remote.size - remote.arrived)
            else:
                arrive(remote, hub, meter)
                check(remote)
                remote.partial.replace(remote.blob)
            if here != remote.path:
                remote.link()
    return remote.path


def arrive(remote: Remote, hub: Hub, meter: Meter) -> None:
    """Bytes to the partial file until it is as long as it should be; cuts are gone on from, a few in a row at most."""
    if remote.arrived_now > remote.size:
        remote.partial.unlink()
    meter.add(remote.arrived_now - remote.arrived)
    failures = 0
    while (begun := remote.arrived_now) < remote.size:
        try:
            with in_words(remote.file):
                append(remote, hub, meter)
        except NotGot as failure:
            failures = 1 if remote.arrived_now > begun else failures + 1
            pause(failure, failures, meter.stop)


def append(remote: Remote, hub: Hub, meter: Meter) -> None:
    """One request for what is missing, to the end of the partial file."""
    begun = remote.arrived_now
    with hub.stream(remote, begun) as response:
        resumed = bool(begun) and response.status_code == 206
        coming = response.headers.get("Content-Length", "")
        if coming.isdigit() and int(coming) + begun * resumed != remote.size:
            page = "html" in response.headers.get("Content-Type", "")
            what = "A web page" if page else f"Another file ({coming} bytes)"
            raise NotGot(f"{what} came in place of {remote.file.name}. Is there a login page in the network?")
        if begun and not resumed:  # the server sends all of it anew
            meter.add(-begun)
        with remote.partial.open("ab" if resumed else "wb") as file:
            for piece in response.iter_bytes():  # no size: what came before a cut is not lost in a buffer
                file.write(piece)
                meter.add(len(piece))
    if remote.arrived_now <= begun:
        raise NotGot(f"The hub sends nothing of {remote.file.name}. Try again later.", passing=True)


def patiently(file: HubFile, ask: Callable[[], Answer], *, again: int = len(PATIENCE)) -> Answer:
    """The answer of the hub, asked again after a while, so many times, when it is busy or out of reach."""
    failures = 0
    while True:
        try:
            with in_words(file):
                return ask()
        except NotGot as failure:
            failures += 1
            if failures > again:
                raise
            pause(failure, failures, threading.Event())


def pause(failure: NotGot, failures: int, stop: threading.Event) -> None:
    """Waits before the next try; raises the failure where one more would not help."""
    if not failure.passing or failures > len(PATIENCE):
        raise failure
    if stop.wait(failure.after if failure.after is not None else PATIENCE[failures - 1]):
        raise Stopped


def check(remote: Remote) -> None:
    """Holds the file against its hash: the catalogue's, else the one the hub tells. A wrong one is not kept."""
    what = disguise(remote.partial)
    if not what and remote.arrived_now != remote.size:
        what = f"it has {remote.arrived_now:,} bytes instead of {remote.size:,}"
    if not what and remote.hash and digest_of(remote.partial, remote.hash) != remote.hash:
        what = "its hash is not the published one"
    if what:
        remote.partial.unlink()
        raise NotGot(f"{remote.file.name} did not arrive as it should: {what}. Nothing of it was kept; try again.")


def intact(path: Path, remote: Remote) -> bool:
    """Whether a file of the cache is the one the hub tells of."""
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    return not remote.hash or digest_of(path, remote.hash) == remote.hash


def digest_of(path: Path, like: str = "") -> str:
    """A file's sha256, or where the hash to hold it against is git's, that one."""
    with path.open("rb") as file:
        if len(like) == 40:
            return hashlib.sha1(b"blob %d\0" % path.stat().st_size + file.read()).hexdigest()
        return hashlib.file_digest(file, "sha256").hexdigest()
