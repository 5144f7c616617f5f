"""The script that trains on a device: what it renders ends with it, and how training ends is how it ends."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.scripts import ROOT, on_linux, stand_in
from training import packing

pytestmark = on_linux
PYTHON = """\
echo "$*" >>"$CALLS"
case "$*" in
  *training.train*) [ ! -f "$STAY" ] || exec sleep 60; exit "$ENDS" ;;
  *training.pairs*) echo $$ >>"$STARTED"; sleep 60 ;;
esac
"""


@pytest.fixture
def script(tmp_path):
    """Starts it with a Python that notes what it is asked; renders, and training ends at once with a code."""
    python = stand_in(tmp_path, PYTHON)
    notes = {name: str(tmp_path / name.lower()) for name in ("CALLS", "STARTED", "STAY")}

    def start(*words: str, cores: int = 8, ends: int = 0) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            **notes,
            "PYTHON": python,
            "CORES": str(cores),
            "ENDS": str(ends),
        }
        command = [str(ROOT / "training" / "device.sh"), *words]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def alive(folder: Path) -> list[int]:
    """Of the processes that rendered, those that still run."""
    started = [int(line) for line in (folder / "started").read_text().split()] if (folder / "started").exists() else []
    states = {pid: Path(f"/proc/{pid}/stat") for pid in started}
    return [
        pid for pid, file in states.items() if file.exists() and file.read_text().rpartition(")")[2].split()[0] != "Z"
    ]


def soon(truth) -> bool:
    end = time.monotonic() + 20
    while not truth() and time.monotonic() < end:
        time.sleep(0.05)
    return truth()


def calls(folder: Path, kind: str) -> list[list[str]]:
    return [line.split() for line in (folder / "calls").read_text().splitlines() if kind in line]


def test_without_minutes_it_says_how_it_is_called(script):
    started = script("somewhere")
    said = started.communicate(timeout=20)[1]
    assert started.returncode == 2
    assert "OUT MINUTES_OF_FRAMES MINUTES_OF_CLIPS" in said


@pytest.mark.parametrize(("cores", "workers"), [(1, ["1", "1"]), (4, ["1", "1"]), (6, ["1", "1"]), (16, ["9", "3"])])
def test_somebody_renders_on_every_machine(script, tmp_path, cores, workers):
    (tmp_path / "stay").touch()
    started = script(str(tmp_path / "out"), "1", "1", str(tmp_path / "work"), cores=cores)
    assert soon(lambda: (tmp_path / "started").exists() and len(alive(tmp_path)) == 4)
    started.terminate()
    started.communicate(timeout=20)
    training = [call for call in calls(tmp_path, "training.pairs") if "--held-out" not in call]
    by_seed = sorted(training, key=lambda call: "--first" in call)
    assert [call[call.index("--workers") + 1] for call in by_seed] == workers


def test_it_ends_as_training_ends_and_rendering_with_it(script, tmp_path):
    for _ in range(2):
        started = script(str(tmp_path / "out"), "1", "1", str(tmp_path / "work"), ends=3)
        said = started.communicate(timeout=20)[1]
        assert started.returncode == 3
        assert "ended with 3" in said
        assert soon(lambda: alive(tmp_path) == [])
        assert len(calls(tmp_path, "training.train")) == len(calls(tmp_path, "--stage 1")), "no clips after that"


def test_ended_from_outside_nothing_goes_on_until_the_next_call(script, tmp_path):
    (tmp_path / "stay").touch()
    for _ in range(2):
        started = script(str(tmp_path / "out"), "1", "1", str(tmp_path / "work"))
        assert soon(lambda: len(alive(tmp_path)) == 4)
        started.terminate()
        started.communicate(timeout=20)
        assert started.returncode == 143
        assert soon(lambda: alive(tmp_path) == [])
        assert not (tmp_path / "work/rendering.pids").exists()


def test_what_a_killed_one_left_is_ended_by_the_next(script, tmp_path):
    (tmp_path / "stay").touch()
    started = script(str(tmp_path / "out"), "0", "0", str(tmp_path / "work"))
    assert soon(lambda: len(alive(tmp_path)) == 4)
    started.kill()
    started.wait(20)
    assert len(alive(tmp_path)) == 4
    (tmp_path / "stay").unlink()
    again = script(str(tmp_path / "out"), "1", "2", str(tmp_path / "work"))
    again.communicate(timeout=20)
    assert again.returncode == 0
    assert soon(lambda: alive(tmp_path) == [])
    (first, second) = calls(tmp_path, "training.train")
    since = [call[call.index("--since") + 1] for call in (first, second)]
    assert since[0] == since[1], "minutes of clips are counted from the start, too"
    assert [call[call.index("--minutes") + 1] for call in (first, second)] == ["1", "3"]
    assert [int(first[first.index(f"--{name}") + 1]) for name in ("characters", "targets")] == [16, 8], "many steps"


@pytest.mark.parametrize("packed", [True, False])
def test_it_goes_on_from_a_model_that_came_back(script, tmp_path, monkeypatch, packed):
    came, there = tmp_path / "came", tmp_path / "work/model/patch_codec.safetensors"
    came.mkdir()
    monkeypatch.setenv("FROM", str(came))
    began = [str(tmp_path / "out"), "1", "0", str(tmp_path / "work")]
    said = (started := script(*began)).communicate(timeout=20)[1]
    assert started.returncode == 2
    assert "no model in" in said
    assert not there.parent.exists()

    model = tmp_path / "model"
    model.mkdir()
    for name in ("log.jsonl", "sheet.png", "patch_codec.safetensors"):
        (model / name).write_bytes(name.encode())
    if packed:
        monkeypatch.setattr(packing, "PART", 4000)
        monkeypatch.setenv("FROM", str(packing.pack(model, came)))
    else:
        monkeypatch.setenv("FROM", str(model))
    (started := script(*began)).communicate(timeout=20)
    assert started.returncode == 0
    assert there.read_bytes() == b"patch_codec.safetensors"
    there.write_bytes(b"trained further")
    script(*began).communicate(timeout=20)
    assert there.read_bytes() == b"trained further"


@pytest.mark.parametrize(
    ("minutes", "folders", "workers"), [(("1", "0"), "held pairs", "12"), (("0", "1"), "held-clips clips", "12")]
)
def test_nothing_is_rendered_of_a_stage_that_is_not_trained(script, tmp_path, minutes, folders, workers):
    (tmp_path / "stay").touch()
    started = script(str(tmp_path / "out"), *minutes, str(tmp_path / "work"), cores=16)
    assert soon(lambda: (tmp_path / "calls").exists() and len(calls(tmp_path, "training.train")) == 1)
    begun = [int(pid) for pid in (tmp_path / "work/rendering.pids").read_text().split()]
    assert soon(lambda: len(alive(tmp_path)) == len(begun)), "each has said what it renders"
    started.terminate()
    started.communicate(timeout=20)
    rendered = {Path(call[call.index("--out") + 1]).name: call for call in calls(tmp_path, "training.pairs")}
    assert " ".join(sorted(rendered, key=lambda name: not name.startswith("held"))) == folders
    last = rendered[folders.split()[-1]]
    assert last[last.index("--workers") + 1] == workers, "all cores that are to spare"
