"""A look at a stranger's file in a process of its own, which may be killed by it, and can neither write nor call out.

What comes back is a verdict in plain values. The process gets two seconds of a processor and 700 MB (six and 1000 for
pictures that need more room), no network where the system lets it give that up, and nothing of this one's environment.
On Linux it is forked from one that has loaded what it needs and seen no file, elsewhere it begins from nothing.
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import AvifImagePlugin

from animate import pictures, video
from animate.errors import AnimateError, InputError, UnreadableImage, UnreadablePose, UnreadableVideo, shown_name
from animate.forks import Forks, stay
from animate.remembered import Remembered, identity
from pose.files import PoseFileError, load_pose

if TYPE_CHECKING:
    from animate.provenance import Origin

log = logging.getLogger(__name__)

SECONDS, MEGABYTES, PATIENCE = 2, 700, 20  # of a processor; of memory; seconds on the clock
ROOMY_SECONDS, ROOMY_MEGABYTES = 6, 1000  # the same of the first two
_KEPT = 256  # verdicts
_ROOT = Path(__file__).parents[1]
_COMMAND = (sys.executable, "-m", "animate.quarantine")
_verdicts = Remembered[dict[str, Any]](_KEPT)


def picture(path: Path | str) -> None:
    """Raises UnreadableImage, in words, for what is no picture that can be used."""
    _ask("picture", Path(path), UnreadableImage)


def dance(path: Path | str) -> video.VideoInfo:
    """The facts of a video. Raises UnreadableVideo, in words, for what is none that can be used."""
    facts = _ask("dance", Path(path), UnreadableVideo)
    return video.VideoInfo(**{**facts, "fps": Fraction(facts["fps"])})


def pose(path: Path | str) -> None:
    """Raises UnreadablePose, in words, for what is no keypoint file that can be used."""
    _ask("pose", Path(path), UnreadablePose)


def origin(path: Path | str) -> "Origin":
    """Where a clip comes from. Raises UnreadableVideo, in words, for what is none."""
    from animate.provenance import Origin

    return Origin(**_ask("origin", Path(path), UnreadableVideo))


def judge(kind: str, path: Path) -> dict[str, Any]:
    """The verdict on a file, made in the process that asks: facts, or `refused` with words and the kind of error."""
    try:
        return _LOOKS[kind](path)
    except MemoryError:
        return _too_heavy(path)
    except (AnimateError, PoseFileError) as error:
        return {"refused": str(error)}


def confine(seconds: int = SECONDS, megabytes: int = MEGABYTES) -> None:
    """Give up, for good, what looking at a file does not need. Only limits the system knows are set. seconds: of a
    processor."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        memory = megabytes * 1_000_000
        for limit, most in (
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, 64),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_AS, memory),
        ):
            resource.setrlimit(limit, (most, most))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).unshare(0x10000000 | 0x40000000)  # a user namespace, and in it a net without anything


def _look_at_picture(path: Path) -> dict[str, Any]:
    pictures.read(path)
    return {}


def _look_at_dance(path: Path) -> dict[str, Any]:
    info = video.probe(path)
    return {**asdict(info), "fps": str(info.fps)}


def _look_at_pose(path: Path) -> dict[str, Any]:
    load_pose(path)
    return {}


def _look_for_origin(path: Path) -> dict[str, Any]:
    from animate import provenance

    return asdict(provenance.origin(path, provenance.Identity("", os.environ.get("ANIMATE_CHAIN", ""))))


_LOOKS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "picture": _look_at_picture,
    "dance": _look_at_dance,
    "pose": _look_at_pose,
    "origin": _look_for_origin,
}


def _too_heavy(path: Path) -> dict[str, Any]:
    return {
        "refused": f"{shown_name(path)} needs far more time or memory to be opened than such a file should."
        " Export it anew, smaller, and try again."
    }


def _ask(kind: str, path: Path, failure: type[InputError]) -> dict[str, Any]:
    """The verdict of a process of its own; the same file is not looked at twice, nor twice at once."""
    try:
        path.stat()
    except (OSError, ValueError):
        raise failure(f"{shown_name(path)} is no longer here. Choose it again, or another.") from None
    verdict = _verdicts.find((kind, identity(path)), path, lambda: _sent_for(kind, path.absolute()))
    if "refused" in verdict:
        raise failure(verdict["refused"])
    return verdict


def _sent_for(kind: str, path: Path) -> dict[str, Any]:
    question = {"kind": kind, "path": str(path)}
    if kind == "origin":  # the certificates, not the key
        from animate import provenance

        question["chain"] = provenance.Identity.of().chain
    try:
        if Forks.possible:
            with contextlib.suppress(OSError):  # no room for a process that stays
                return _told(_forks().ask(question, seconds=PATIENCE))
        done = subprocess.run(
            [*_COMMAND, json.dumps(question)],
            cwd=_ROOT,
            env=_environment(),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            text=True,
        )
        return _told(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):  # killed
        return _too_heavy(path)


def _told(answer: bytes | str) -> dict[str, Any]:
    """The verdict that came back, without what is for the log alone. Raises ValueError where none came."""
    verdict = json.loads(answer)
    if fault := verdict.pop("fault", None):
        log.error("A look at a file failed:\n%s", fault)
    return verdict


@cache
def _forks() -> Forks:
    return Forks([*_COMMAND, "--stay"], cwd=_ROOT, environment=_environment())


def _environment() -> dict[str, str]:
    names = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def _answer(question: dict[str, Any]) -> bytes:
    """In the process that looks."""
    os.environ["ANIMATE_CHAIN"] = question.get("chain", "")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # more reserve more memory than a file under watch may have
    path = Path(question["path"])
    if question["kind"] == "picture" and pictures.needs_room(path):
        confine(ROOMY_SECONDS, ROOMY_MEGABYTES)
    else:
        confine()
    try:
        verdict = judge(question["kind"], path)
    except Exception:  # which says nothing of the file's weight
        words = f"{shown_name(path)} could not be looked at, by a fault of this program; another file may do."
        verdict = {"refused": words, "fault": traceback.format_exc()}
    return json.dumps(verdict).encode()


if __name__ == "__main__":
    if sys.argv[1] == "--stay":
        stay(int(sys.argv[2]), _answer)
    else:
        print(_answer(json.loads(sys.argv[1])).decode())
