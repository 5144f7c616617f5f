"""Getting a checkpoint from the hub: what it needs is shown first, how far it is meanwhile; nothing half remains."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from animate.arriving import Meter, get_one, patiently
from animate.catalogue import HubFile, Model, on_this_machine
from animate.hub import Hub, NotGot, Remote, in_words
from animate.places import cached, hub_cache

AT_ONCE = 4  # files
TICK = 0.25  # seconds between two events
TASTE = 8 * 2**20  # bytes, at most, to measure the rate with


@dataclass(frozen=True)
class Needs:
    """What getting a model takes. coming: what is still to come; free: bytes on the disk; rate: bytes a second, as
    just measured, 0 when nothing has to be got."""

    model: Model
    coming: tuple[Remote, ...]
    free: int
    rate: float

    @property
    def size(self) -> int:
        """Bytes still to come, without what an earlier try has left."""
        return sum(remote.size - remote.arrived for remote in self.coming)

    @property
    def fits(self) -> bool:
        return self.size <= self.free

    @property
    def words(self) -> str:
        title, licence = self.model.title, f"Licence: {self.model.licence}. {self.model.allows}"
        if not self.coming:
            return f"{title} is on this machine already. {licence}"
        time_left = (
            f" About {spoken(self.size / self.rate)} at {bytes_spoken(self.rate)} a second." if self.rate else ""
        )
        return f"{title}: {bytes_spoken(self.size)} to get, {bytes_spoken(self.free)} free.{time_left} {licence}"


@dataclass(frozen=True)
class Getting:
    """How far it is: bytes done of all, bytes a second over the last seconds."""

    done: int
    total: int
    rate: float

    @property
    def seconds_left(self) -> float | None:
        return (self.total - self.done) / self.rate if self.rate else None

    @property
    def words(self) -> str:
        left = f", {spoken(self.seconds_left)} left" if self.seconds_left is not None else ""
        return f"{bytes_spoken(self.done)} of {bytes_spoken(self.total)}, {bytes_spoken(self.rate)} a second{left}"


def needs(model: Model, hub: Hub) -> Needs:
    """Asks the hub what is to come, and measures how fast it gives. Raises NotGot, in words."""
    cache = hub_cache()
    missing: list[HubFile] = [] if on_this_machine(model) else [f for f in model.files if not got(f)]
    if missing and hub.offline:
        raise NotGot(f"{model.title} is not here and HF_HUB_OFFLINE is set. Unset it to get the files.")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = pool.map(lambda file: look_up(file, hub), missing)
        coming = tuple(remote for remote in asked if remote)
    rate = measured_rate(max(coming, key=lambda remote: remote.size), hub) if coming else 0.0
    existing = next(folder for folder in (cache, *cache.absolute().parents) if folder.exists())
    return Needs(model, coming, shutil.disk_usage(existing).free, rate)


def look_up(file: HubFile, hub: Hub) -> Remote | None:
    """What the hub has; None for a file that is done without where a mirror lacks it."""
    try:
        return patiently(file, lambda: hub.look_up(file), again=2)
    except NotGot:
        if file.optional:
            return None
        raise


def got(file: HubFile) -> Path | None:
    """The file in the cache, of the very commit when one is pinned."""
    path = cached(file.repository, file.path, file.revision)
    return path if path and (file.revision == "main" or file.revision in path.parts) else None


def measured_rate(remote: Remote, hub: Hub) -> float:
    """Bytes a second, over a second or a few megabytes; 0 where it cannot be told, which costs only the estimate."""
    begun, arrived = time.monotonic(), 0
    with contextlib.suppress(NotGot), in_words(remote.file), hub.stream(remote, 0) as response:
        for piece in response.iter_bytes(2**16):
            arrived += len(piece)
            if arrived >= TASTE or time.monotonic() - begun > 1:
                break
    return arrived / max(time.monotonic() - begun, 1e-3)


def get(wanted: Needs, hub: Hub) -> Iterator[Getting]:
    """Gets what is to come, several files at once, telling how far it is. Iterating no further stops; what has arrived
    is kept for the next time. Raises NotGot, in words."""
    if not wanted.fits:
        raise NotGot(
            f"{wanted.model.title} needs {bytes_spoken(wanted.size)}, but only {bytes_spoken(wanted.free)} are free in "
            f"{hub_cache()}. Free some space, or set HF_HOME to a folder on another disk."
        )
    meter = Meter(wanted.size)
    pool = ThreadPoolExecutor(AT_ONCE)
    jobs = [pool.submit(bring, remote, hub, meter) for remote in wanted.coming]
    try:
        yield from watch(jobs, meter)
    finally:
        meter.stop.set()
        pool.shutdown(cancel_futures=True)


def bring(remote: Remote, hub: Hub, meter: Meter) -> None:
    """One file; of one that is done without, a failure is no failure."""
    try:
        get_one(remote, hub, meter)
    except NotGot:
        if not remote.file.optional:
            raise


def watch(jobs: list[Future[None]], meter: Meter) -> Iterator[Getting]:
    """Events until all is done or one fails, whose error is raised."""
    while True:
        done, waiting = wait(jobs, timeout=TICK, return_when=FIRST_EXCEPTION)
        for job in done:
            job.result()
        yield Getting(*meter.read())
        if not waiting:
            return


def bytes_spoken(count: float) -> str:
    """For instance «3.4 GB»."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def spoken(seconds: float) -> str:
    """For instance «12 min»."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
