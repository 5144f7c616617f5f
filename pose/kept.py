"""Models that are made once and kept: whole, or not at all."""

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


class PoseModelError(Exception):
    """A pose model that cannot be used. file: which; why: in words; remedy: what to do about it."""

    def __init__(self, file: Path | str, why: str, remedy: str):
        super().__init__(f"{Path(file).name}: {why}. {remedy}")
        self.file, self.why, self.remedy = Path(file), why, remedy


class PoseModelsNotGot(PoseModelError):
    """The package with the embedded pair could not be downloaded."""


def file_hash(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def whole(home: Path) -> bool:
    """Whether a built folder holds what its list says, byte for byte."""
    try:
        hashes = json.loads((home / "hashes.json").read_text())
        return all(file_hash(home / name) == expected for name, expected in hashes.items())
    except (OSError, ValueError):
        return False


def build(home: Path, fetch: Callable[[Path], Path], make: Callable[[Path, Path], None]) -> None:
    """Make models aside, then put them in place with one rename, whoever else is doing the same. fetch: gets the file
    that they are made from, into a folder; make: makes them from it, in another.

    Raises PoseModelError.
    """
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f"{home.name}-", suffix=".part", dir=home.parent))
    except OSError as failure:
        raise PoseModelError(
            home,
            f"the folder {home.parent} cannot be written ({failure.strerror})",
            "Set ANIMATE_CACHE to another folder.",
        ) from failure
    try:
        models = aside / "models"
        make(fetch(aside / "wheel"), models)
        hashes = {path.name: file_hash(path) for path in sorted(models.iterdir())}
        (models / "hashes.json").write_text(json.dumps(hashes, indent=2))
        _put(models, home, aside / "old")
    except OSError as failure:
        raise PoseModelError(
            home, f"it cannot be written ({failure.strerror})", "Free some space (100 MB) and start again."
        ) from failure
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _put(models: Path, home: Path, old: Path) -> None:
    """Rename models to home. A whole folder that another process put there meanwhile is as good; a damaged one goes."""
    for _ in range(3):
        with contextlib.suppress(OSError):
            models.rename(home)
            return
        if whole(home):
            return
        with contextlib.suppress(OSError):
            home.rename(old)
    raise PoseModelError(home, "it is in the way and cannot be replaced", "Delete this folder and start again.")
