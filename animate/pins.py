"""Which commit of a repository is kept to: the one its files were first got from, with the hashes they had then.

Most publishers of the family's weights name neither, so what comes first is trusted, and after that only the same:
nothing newer is taken unasked, and files of two commits are never mixed. It is written beside the files in the cache;
who deletes the repository there trusts anew.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from animate.errors import WeightsDamaged
from animate.places import hub_cache, repository_folder

NAME = "first_got.json"


@dataclass(frozen=True)
class Kept:
    """A file as it first came: its size in bytes, and its sha256 or git's hash."""

    size: int
    hash: str


@dataclass(frozen=True)
class Pin:
    """The commit a repository is kept to, and what is known of its files by their paths."""

    commit: str
    files: Mapping[str, Kept] = field(default_factory=dict)


def pinned(repository: str) -> Pin | None:
    """What was first got of a repository; None where nothing was. Raises WeightsDamaged for a record that is none."""
    record = repository_folder(repository) / NAME
    try:
        told = json.loads(record.read_text())
        return Pin(
            str(told["commit"]), {path: Kept(int(size), str(name)) for path, (size, name) in told["files"].items()}
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsDamaged(record, "it does not tell which files were got") from error


def keep(repository: str, commit: str, files: Mapping[str, Kept]) -> Pin:
    """Pin a repository to a commit unless it is pinned, add what is known of its files, and return what holds now."""
    record = repository_folder(repository) / NAME
    with _alone(repository):
        before = pinned(repository)
        if before and before.commit != commit:
            return before
        now = Pin(commit, {**files, **(before.files if before else {})})
        told = {"commit": commit, "files": {path: (kept.size, kept.hash) for path, kept in sorted(now.files.items())}}
        record.parent.mkdir(parents=True, exist_ok=True)
        beside = record.with_suffix(f".{os.getpid()}.part")
        beside.write_text(json.dumps(told, indent=1))
        beside.replace(record)
        if not (ref := repository_folder(repository) / "refs" / "main").exists():  # so that other programs find it too
            ref.parent.mkdir(exist_ok=True)
            ref.write_text(commit)
    return now


@contextmanager
def _alone(repository: str) -> Iterator[None]:
    """While no other thread or program writes the record."""
    from filelock import FileLock

    path = hub_cache() / ".locks" / repository_folder(repository).name / f"{NAME}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path):
        yield


def commit_for(repository: str, paths: Sequence[str]) -> str | None:
    """The commit of which files are taken on this machine: the pinned one; else, of those any program has fetched, the
    one that holds the most of these paths, and of equal ones main or the newest. None where nothing is here."""
    if pin := pinned(repository):
        return pin.commit
    folder = repository_folder(repository)
    main = folder / "refs" / "main"
    named = main.read_text().strip() if main.is_file() else ""

    def worth(snapshot: Path) -> tuple[int, bool, float]:
        return sum((snapshot / path).is_file() for path in paths), snapshot.name == named, snapshot.stat().st_mtime

    best = max(folder.glob("snapshots/*"), key=worth, default=None)
    return best.name if best and worth(best)[0] else None


def found(repository: str, path: str, commit: str) -> Path | None:
    """A file of that commit in the cache, unless it is not as long as when it was got."""
    file = repository_folder(repository) / "snapshots" / commit / path
    pin = pinned(repository)
    known = pin.files.get(path) if pin and pin.commit == commit else None
    whole = file.is_file() and (known is None or file.stat().st_size == known.size)
    return file if whole else None
