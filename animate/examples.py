"""The project's own characters and dances, by name; their joints are known, since the project drew them."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

ASSETS = Path(__file__).parents[1] / "assets"


@dataclass(frozen=True)
class KnownPose:
    """points: f 134 3 (x, y, score), pixels of a picture of `size`, width and height; fps: of a dance."""

    points: np.ndarray
    size: tuple[int, int]
    fps: float = 0.0


def characters() -> dict[str, Path]:
    """Example pictures by name."""
    return {path.stem: path for path in sorted((ASSETS / "characters").glob("*.png"))}


def dances() -> dict[str, Path]:
    """Example videos by name."""
    return {path.stem: path for path in sorted((ASSETS / "dances").glob("*.mp4"))}


def result(character: str, dance: str) -> Path | None:
    """The finished clip of an example character and dance, if it is there."""
    path = ASSETS / "results" / f"{character}__{dance}.mp4"
    return path if path.is_file() else None


def original(path: Path) -> Path:
    """The example a file is a copy of, by its contents; any other file itself. Pages hand in copies."""
    try:
        same_size = [known for known in _all() if known.stat().st_size == path.stat().st_size]
    except OSError:
        return path
    return next((known for known in same_size if digest(known) == digest(path)), path)


def known_pose(path: Path) -> KnownPose | None:
    """The joints of an example picture or video (or of a copy of one); None for any other file."""
    example = original(path)
    if example.parent == ASSETS / "characters" and (stored := example.with_suffix(".json")).is_file():
        described = json.loads(stored.read_text())
        return KnownPose(np.array(described["points"], np.float32)[None], tuple(described["size"]))
    if example.parent == ASSETS / "dances" and (stored := example.with_suffix(".npz")).is_file():
        with np.load(stored) as dance:
            return KnownPose(dance["points"].astype(np.float32), tuple(dance["size"].tolist()), float(dance["fps"]))
    return None


def _all() -> list[Path]:
    return [*characters().values(), *dances().values()]


def digest(path: Path) -> str:
    """Of a file's contents."""
    stat = path.stat()
    return _digest_of(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(1000)  # uploads are asked about too
def _digest_of(path: Path, size: int, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
