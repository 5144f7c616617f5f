"""How much one visitor may ask for, by the kind of host: one table, and how a host is recognised."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from animate import cards, places


@dataclass(frozen=True, kw_only=True)
class Limits:
    """seconds: the longest clip; usual_seconds: what the page proposes; upload_mb: the largest file; queue: clips that
    may wait; clips_an_hour, points_a_minute: of one address, None for no limit, points as rates.py counts them;
    keep_hours: how long uploads stay; keep_days: how long clips do; free_gb: disk space that no upload and no order
    may use; get_models: whether visitors may have other models got."""

    seconds: float
    usual_seconds: float
    upload_mb: int
    queue: int
    clips_an_hour: int | None
    points_a_minute: int | None
    keep_hours: float
    keep_days: float
    free_gb: float
    get_models: bool

    @property
    def upload_bytes(self) -> int:
        return self.upload_mb * 1_000_000


LIMITS = {
    # One's own computer with a GPU.
    "gpu": Limits(
        seconds=15,
        usual_seconds=8,
        upload_mb=200,
        queue=16,
        clips_an_hour=None,
        points_a_minute=None,
        keep_hours=24,
        keep_days=30,
        free_gb=1,
        get_models=True,
    ),
    # One's own computer without.
    "cpu": Limits(
        seconds=10,
        usual_seconds=4,
        upload_mb=64,
        queue=8,
        clips_an_hour=None,
        points_a_minute=None,
        keep_hours=24,
        keep_days=30,
        free_gb=1,
        get_models=True,
    ),
    # A public Hugging Face Space.
    "space": Limits(
        seconds=5,
        usual_seconds=4,
        upload_mb=100,
        queue=8,
        clips_an_hour=6,
        points_a_minute=900,
        keep_hours=6,
        keep_days=1,
        free_gb=5,
        get_models=False,
    ),
}


def on_space() -> bool:
    """Whether this runs as a Hugging Face Space."""
    return bool(os.environ.get("SPACE_ID"))


def lasts(folder: Path) -> bool:
    """Whether what is in a folder outlives the program: on a Space only what is on its own disk for that."""
    return not on_space() or places.SPACE_DISK in folder.absolute().parents


def host_limits() -> Limits:
    """The row for this host. A GPU is told by its driver, since asking torch would delay the page by seconds; one that
    the installed torch cannot use is none."""
    if on_space():
        return LIMITS["space"]
    apple = sys.platform == "darwin" and os.uname().machine == "arm64"
    nvidia = Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None
    return LIMITS["gpu" if apple or (nvidia and cards.usable()) else "cpu"]
