"""The container file, by reading it and running its steps' logic: all that is copied is there, and enough to start."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from studio.hosting import options

ROOT = Path(__file__).parents[1]
LINES = re.sub(r"\\\n", " ", (ROOT / "Containerfile").read_text()).splitlines()
STEPS = [line.split(" ", 1) for line in LINES if line and not line.startswith("#")]


def test_what_is_copied_is_enough_to_start(tmp_path):
    for step, rest in STEPS:
        if step == "COPY":
            *sources, target = shlex.split(rest)
            for source in sources:
                place = tmp_path / target / (source if target in (".", "./") else "")
                if (ROOT / source).is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(ROOT / source, place, dirs_exist_ok=True, ignore=ignored)
                else:
                    shutil.copy(ROOT / source, place)
    code = "import app, studio.page, studio.serve, animate.animator, animate.examples as examples"
    code += "; assert examples.characters()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=200)


def test_it_runs_as_nobody_special_and_stops_when_asked():
    steps = dict(STEPS)
    order = [step for step, _ in STEPS]
    assert steps["USER"] == "animate"
    done = [rest for step, rest in STEPS if step == "RUN"]
    assert "useradd" in done[0]
    assert any("gcc" in rest and "libc6-dev" in rest for rest in done), "kernels are launched by what it compiles"
    assert "RUN" not in order[order.index("USER") :]
    assert steps["STOPSIGNAL"] == "SIGTERM"
    assert "/healthz" in steps["HEALTHCHECK"]
    assert not re.search(r"password=|TOKEN", " ".join(rest for _, rest in STEPS))


def test_its_options_exist():
    given = re.findall(r"--[a-z-]+", dict(STEPS)["ENTRYPOINT"])
    known = {option for action in options()._actions for option in action.option_strings}
    assert set(given) <= known
    assert "--public" not in given  # whoever runs it decides, or sets a login
