"""Shell scripts tried with something that stands in for Python."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a script for Linux")


def stand_in(folder: Path, script: str) -> str:
    """The path of a program for a script's PYTHON that does what a script of sh says."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{script}")
    program.chmod(0o755)
    return str(program)
