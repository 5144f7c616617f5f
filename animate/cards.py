"""NVIDIA's cards as their driver tells of them, and whether the installed torch was built to use any.

Asked without torch, whose import takes seconds.
"""

import runpy
import shutil
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

PATIENCE = 10  # seconds for the driver to answer


def found() -> bool:
    """Whether NVIDIA's driver is here and tells of a card."""
    if (program := shutil.which("nvidia-smi")) is None:
        return False
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return told.returncode == 0 and "GPU" in told.stdout
    return False


def usable() -> bool:
    """Whether the installed torch was built for cards, NVIDIA's or AMD's. The index of Python packages has it for
    Windows without."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    built = runpy.run_path(str(Path(spec.origin).with_name("version.py")))
    return bool(built.get("cuda") or built.get("hip"))
