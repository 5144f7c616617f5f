"""Where what is got or made once is kept: this project's own cache, and the one that many programs share."""

import os
from pathlib import Path

SPACE_DISK = Path("/data")


def own_cache() -> Path:
    """Where this project keeps what it makes of models: $ANIMATE_CACHE, or ~/.cache/animate. On a Space of Hugging Face
    that has a disk which outlives its restarts, it is there."""
    lasting = os.environ.get("SPACE_ID") and os.access(SPACE_DISK, os.W_OK)
    usual = SPACE_DISK if lasting else Path.home() / ".cache"
    return Path(os.environ.get("ANIMATE_CACHE") or usual / "animate")


def hub_cache() -> Path:
    """The cache all programs share that use Hugging Face's hub."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = Path(os.environ.get("HF_HOME") or own / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
