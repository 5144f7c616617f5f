"""The script of all that needs a CUDA device: an earlier measure stays until every part of another has worked."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.scripts import ROOT, on_linux, stand_in

pytestmark = on_linux
PYTHON = """\
case "$*" in
  *"import benchmarks"*) [ -z "$LACKS" ] || { echo "ModuleNotFoundError: No module named '$LACKS'" >&2; exit 1; } ;;
  *levers*) echo measured; exit "$ENDS" ;;
  *--json*) echo measured; for file in "$@"; do :; done; echo numbers >"$file" ;;
esac
"""


@pytest.fixture
def measure(tmp_path):
    """Runs it with a Python that measures nothing, over results that are there."""
    python = stand_in(tmp_path, PYTHON)
    for end in ("txt", "json"):
        (tmp_path / f"gpu.{end}").write_text("of an earlier run")

    def run(*, lacks: str = "", ends: int = 0) -> subprocess.CompletedProcess[str]:
        own = {"PYTHON": python, "LACKS": lacks, "ENDS": str(ends), "PARTS": "beside levers"}
        command = [str(ROOT / "benchmarks/gpu.sh"), str(tmp_path / "gpu.txt")]
        return subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, check=False)

    return run


def kept(folder: Path) -> list[str]:
    return [(folder / f"gpu.{end}").read_text() for end in ("txt", "json")]


def test_without_what_it_needs_it_says_so_and_measures_nothing(measure, tmp_path):
    done = measure(lacks="diffusers")
    assert done.returncode == 1
    assert "'diffusers'" in done.stderr
    assert "pip install -r requirements.txt" in done.stderr
    assert kept(tmp_path) == ["of an earlier run"] * 2
    assert done.stdout == ""


def test_a_part_that_fails_is_said_and_leaves_the_earlier_results(measure, tmp_path):
    done = measure(ends=3)
    assert done.returncode == 1
    assert "Not measured: levers" in done.stderr
    assert kept(tmp_path) == ["of an earlier run"] * 2
    assert "ended with 3" in (tmp_path / "gpu.txt.part").read_text()


def test_what_has_worked_takes_their_place(measure, tmp_path):
    assert measure().returncode == 0
    text, numbers = kept(tmp_path)
    assert text.count("measured") == 2
    assert numbers == "numbers\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["gpu.json", "gpu.txt", "python"]
