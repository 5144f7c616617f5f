"""Keypoint files: a body's points kept as JSON or npz, versioned, so that a dance is watched once and used again.

Version 1: `version`; `size`, width and height of the picture the points lie in; `fps`, absent for a single picture;
`points`, f 134 3 or, of a single picture, 134 3 (x, y in pixels, score), in the order of pose.skeleton; `cuts`, where
there are any, the first frame of each shot but the first; `start`, of a part of a dance, the seconds at which it begins
in the whole.
"""

import json
import os
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pose.skeleton import PoseSequence

VERSION = 1
SUFFIXES = (".json", ".npz")
MOST_BYTES = 200_000_000  # of the numbers, however they are packed
_FACTS = ("version", "size", "fps", "cuts", "start")
_MOST_OF_FACTS = 100_000  # bytes
FURTHEST = 100_000  # pixels: no picture is as large, and no point as far from it
USUAL_RATE = Fraction(25)
LATEST = 36000  # seconds at which a part begins


class PoseFileError(ValueError):
    """A file that holds no keypoints, in words that say why and what to do."""


def save_pose(path: Path, sequence: PoseSequence, *, fps: Fraction | None = None, start: float = 0.0) -> None:
    """Write a keypoint file, JSON or npz by its ending, whole or not at all. fps: None for a single picture; start: the
    seconds at which a part of a dance begins in the whole.

    Raises PoseFileError for another ending, OSError where it cannot be written.
    """
    points = sequence.points.round(2)
    if fps is None and len(points) == 1:
        points = points[0]
    facts: dict[str, Any] = {"version": VERSION, "size": list(sequence.size)}
    if fps is not None:
        facts["fps"] = float(fps)
    if sequence.cuts:
        facts["cuts"] = list(sequence.cuts)
    if start:
        facts["start"] = start
    aside = path.with_name(f".{path.name}.part")
    try:
        if path.suffix.lower() == ".npz":
            with aside.open("wb") as file:
                np.savez_compressed(file, points=points, **facts)
        elif path.suffix.lower() == ".json":
            rows = np.where(points[..., 2:] > 0, points, 0).astype(float).round(2).tolist()
            aside.write_text(json.dumps({**facts, "points": rows}, separators=(",", ":")) + "\n")
        else:
            raise PoseFileError(f"{path.name} is no name for a keypoint file. Let it end in .json or .npz.")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def load_pose(path: Path) -> tuple[PoseSequence, Fraction, float]:
    """A keypoint file: the points, their frames a second (25 where the file does not say), and the seconds at which
    they begin in the dance that they are of (0 where it does not).

    Raises PoseFileError for what is no keypoint file of a version known here.
    """
    try:
        facts = _npz(path) if path.suffix.lower() == ".npz" else _json(path)
    except (PoseFileError, MemoryError):
        raise
    except OSError as failure:
        raise PoseFileError(f"{path.name} cannot be read: {failure.strerror or failure}.") from failure
    except Exception as failure:  # zip, json and numpy each have errors of their own for damaged files
        raise PoseFileError(f"{path.name} cannot be read as a keypoint file. Save it anew.") from failure
    version = facts.get("version")
    if isinstance(version, int) and version > VERSION:
        raise PoseFileError(
            f"{path.name} is a keypoint file of version {version}; this program reads up to {VERSION}. Update it."
        )
    try:
        if version != VERSION:
            raise ValueError
        points = np.asarray(facts["points"], np.float32)
        size, cuts = (facts["size"][0], facts["size"][1]), tuple(map(int, facts.get("cuts", ())))
        sequence = PoseSequence(points[None] if points.ndim == 2 else points, size, cuts)
        fps = Fraction(float(facts.get("fps") or USUAL_RATE)).limit_denominator(1001)
        start = float(facts.get("start") or 0.0)
        near = max(sequence.size) <= FURTHEST and np.abs(sequence.points).max(initial=0) <= FURTHEST
        if not len(sequence) or not (1 <= fps <= 240 and 0 <= start < LATEST and near):
            raise ValueError
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as failure:
        raise PoseFileError(
            f"{path.name} is no keypoint file of version {VERSION}: "
            "it needs version, size, fps and points, frames x 134 x 3."
        ) from failure
    return sequence, fps, start


def _json(path: Path) -> dict[str, Any]:
    _bounded(path.name, path.stat().st_size)
    facts = json.loads(path.read_text(encoding="utf-8"))
    return facts if isinstance(facts, dict) else {}


def _npz(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:  # before numpy unpacks it into memory
        _bounded(path.name, sum(member.file_size for member in archive.infolist()))
    with np.load(path, allow_pickle=False) as stored:
        known = {name: stored[name] for name in ("points", *_FACTS) if name in stored.files}
    for name, numbers in known.items():  # of which there may be any number where each takes no bytes
        if not numbers.dtype.itemsize or (name != "points" and numbers.nbytes > _MOST_OF_FACTS):
            raise ValueError
    return {name: numbers if name == "points" else numbers.tolist() for name, numbers in known.items()}


def _bounded(name: str, size: int) -> None:
    if size > MOST_BYTES:
        raise PoseFileError(f"{name} is far too large for a keypoint file. Cut the dance to a minute.")
