"""Getting a checkpoint from the hub: what it needs is shown first, how far it is meanwhile; nothing half remains."""

import contextlib
import shutil
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from animate import pins
from animate.arriving import Meter, digest_of, get_one, patiently
from animate.catalogue import HubFile, in_cache, on_this_machine
from animate.hub import Hub, NotGot, Remote, in_words, named_hash
from animate.model import Model
from animate.pins import Kept
from animate.places import hub_cache

AT_ONCE = 4  # files
TICK = 0.25  # seconds between two events
TASTE = 8 * 2**20  # bytes, at most, to measure the rate with


@dataclass(frozen=True)
class Needs:
    """What getting a model takes. coming: what is still to come; free: bytes on the disk; rate: bytes a second, as
    just measured, 0 when nothing has to be got; damaged: the files that were found altered and are got anew."""

    model: Model
    coming: tuple[Remote, ...]
    free: int
    rate: float
    damaged: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes still to come, without what an earlier try has left."""
        return sum(remote.size - remote.arrived for remote in self.coming)

    @property
    def copies(self) -> int:
        """Bytes, at most, of what is kept once more in half precision on the first start, if there is room."""
        return sum(remote.size for remote in self.coming) // 2

    @property
    def fits(self) -> bool:
        return self.size <= self.free

    @property
    def words(self) -> str:
        title, licence = self.model.title, f"Licence: {self.model.licence}. {self.model.allows}"
        licence += "".join(f" {name} was altered since it came, and is got anew." for name in self.damaged)
        if not self.coming:
            return f"{title} is on this machine already. {licence}"
        time_left = (
            f" About {spoken(self.size / self.rate)} at {bytes_spoken(self.rate)} a second." if self.rate else ""
        )
        later = f", and up to {bytes_spoken(self.copies)} for faster starts in half precision" if self.copies else ""
        size, free = bytes_spoken(self.size), bytes_spoken(self.free)
        return f"{title}: {size} to get{later}, {free} free.{time_left} {licence}"


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


def needs(model: Model, hub: Hub, *, thorough: bool = False) -> Needs:
    """Asks the hub what is to come, and measures how fast it gives. thorough: what is here is held against the hashes
    it was got with, and got anew where it differs. Raises NotGot, in words."""
    damaged = throw_away_damaged(model) if thorough else ()
    here = on_this_machine(model)
    missing = [file for file in model.files if file.part not in here and (file.optional or not here)]
    if missing and hub.offline and not here:
        raise NotGot(f"{model.title} is not here and HF_HUB_OFFLINE is set. Unset it to get the files.")
    try:
        coming = tuple(remote for remotes in asked_for(missing, hub, again=0 if here else 2) for remote in remotes)
    except NotGot:
        if not here:
            raise
        coming = ()  # it works without
    rate = measured_rate(max(coming, key=lambda remote: remote.size), hub) if coming else 0.0
    existing = next(folder for folder in (hub_cache(), *hub_cache().absolute().parents) if folder.exists())
    return Needs(model, coming, shutil.disk_usage(existing).free, rate, damaged)


def asked_for(files: Sequence[HubFile], hub: Hub, *, again: int) -> Iterator[list[Remote]]:
    """What the hub has of files that are not here, by repository, several at once; of those in need of one that are
    here in part, the rest."""
    if hub.offline:
        return
    groups: dict[str, list[HubFile]] = {}
    for file in files:
        groups.setdefault(file.repository, []).append(file)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda group: of_one_commit(group, hub, again=again), groups.values())


def of_one_commit(files: Sequence[HubFile], hub: Hub, *, again: int) -> list[Remote]:
    """What is to come of a repository: of the commit that is kept to here, else of the one that the hub names now."""
    repository, coming = files[0].repository, []
    there, pin = in_cache(files), pins.pinned(repository)
    commit = pins.commit_for(repository, [file.path for file in files])
    for file in files:
        if commit and file.revision == "main":
            file = replace(file, revision=commit)
        if file.part in there and file.revision in there[file.part].parts:
            continue
        remote = look_up(file, hub, again=again)
        if remote is None:
            continue
        commit = remote.file.revision
        kept = pin.files.get(file.path) if pin and pin.commit == commit else None
        if kept and (kept.size != remote.size or remote.hash not in ("", kept.hash)):
            raise NotGot(f"{hub.endpoint} has another {file.name} than was got before. It was not got.")
        coming.append(replace(remote, hash=remote.hash or (kept.hash if kept else "")))
    return coming


def throw_away_damaged(model: Model) -> tuple[str, ...]:
    """The names of a model's files that are no longer what was got; the cache is rid of them."""
    names, there = [], in_cache(model.files)
    for file in (file for file in model.files if file.part in there):
        path = there[file.part]
        known = known_hash(file, path)
        if known and digest_of(path, known) != known:
            path.resolve().unlink()
            path.unlink(missing_ok=True)
            names.append(file.name)
    return tuple(names)


def known_hash(file: HubFile, path: Path) -> str:
    """The hash that a file in the cache had when it was got: as was written down, as the cache calls it, or as the
    catalogue knows it of this commit. "" where none is known."""
    pin = pins.pinned(file.repository)
    kept = pin.files.get(file.path) if pin and pin.commit in path.parts else None
    told = file.sha256 if file.revision in path.parts else None
    return (kept.hash if kept else "") or named_hash(path) or told or ""


def look_up(file: HubFile, hub: Hub, *, again: int = 2) -> Remote | None:
    """What the hub has; None for a file that is done without where a mirror lacks it."""
    try:
        return patiently(file, lambda: hub.look_up(file), again=again)
    except NotGot:
        if file.optional:
            return None
        raise


def measured_rate(remote: Remote, hub: Hub) -> float:
    """Bytes a second, over a second or a few megabytes; 0 where it cannot be told, which costs only the estimate."""
    begun, arrived = time.monotonic(), 0
    with contextlib.suppress(NotGot), in_words(remote.file), hub.stream(remote, 0) as response:
        for piece in response.iter_bytes(2**16):
            arrived += len(piece)
            if arrived >= TASTE or time.monotonic() - begun > 1:
                break
    return arrived / max(time.monotonic() - begun, 1e-3)


def get(wanted: Needs, hub: Hub) -> Generator[Getting, None, None]:
    """Gets what is to come, several files at once, telling how far it is. Iterating no further stops; what has arrived
    is kept for the next time. Raises NotGot, in words."""
    if not wanted.fits:
        raise NotGot(
            f"{wanted.model.title} needs {bytes_spoken(wanted.size)}, but only {bytes_spoken(wanted.free)} are free in "
            f"{hub_cache()}. Free some space, or set HF_HOME to a folder on another disk."
        )
    hold(wanted)
    meter = Meter(wanted.size)
    pool = ThreadPoolExecutor(AT_ONCE)
    jobs = [pool.submit(bring, remote, hub, meter) for remote in wanted.coming]
    try:
        yield from watch(jobs, meter)
    finally:
        meter.stop.set()
        pool.shutdown(cancel_futures=True)


def hold(wanted: Needs) -> None:
    """Pins the repositories whose commits the catalogue does not know to those that are about to be got from."""
    commits = {remote.file.repository: remote.file.revision for remote in wanted.coming}
    for repository in {file.repository for file in wanted.model.files if file.revision == "main"} & commits.keys():
        there = in_cache([file for file in wanted.model.files if file.repository == repository])
        known = {}
        for file in wanted.model.files:
            if file.part in there and file.repository == repository:
                path = there[file.part]
                known[file.path] = Kept(path.stat().st_size, named_hash(path))
        if pins.keep(repository, commits[repository], known).commit != commits[repository]:
            raise NotGot(f"{repository} was got from elsewhere at this moment. Try again.")


def bring(remote: Remote, hub: Hub, meter: Meter) -> None:
    """One file; of one that is done without, a failure is no failure."""
    try:
        path = get_one(remote, hub, meter)
        if pins.pinned(remote.file.repository):
            kept = Kept(remote.size, remote.hash or digest_of(path))
            pins.keep(remote.file.repository, remote.file.revision, {remote.file.path: kept})
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
