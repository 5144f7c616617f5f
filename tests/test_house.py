"""The house keeps its rules: who imports whom, who opens what, and that importing costs little."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("animate", "pose", "studio", "training", "benchmarks")
SOURCES = [ROOT / "app.py", *(file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))]


def imports(file: Path) -> set[str]:
    """Every module a file imports anywhere in it, relative ones resolved."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = file.relative_to(ROOT).parent.parts[: len(file.relative_to(ROOT).parent.parts) + 1 - node.level]
            base = ".".join([*package, *([node.module] if node.module else [])]) if node.level else node.module or ""
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


@cache
def tops(file: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(file)}


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_nobody_imports_upward(file):
    place = file.relative_to(ROOT).parts[0]
    forbidden = {
        "app.py": {"pose", "training", "benchmarks"},
        "studio": {"pose", "training", "benchmarks"},
        "animate": {"studio", "training", "benchmarks", "gradio"},
        "pose": {"animate", "studio", "training", "benchmarks", "torch", "gradio"},
        "training": {"studio", "benchmarks", "gradio"},
        "benchmarks": set(),
    }[place]
    assert not tops(file) & (forbidden | ({"tests"} if place != "benchmarks" else set()))


def users_of(*modules: str) -> set[str]:
    return {name_of(file) for file in SOURCES if tops(file) & set(modules)}


def test_only_four_files_of_the_core_know_poses():
    knowing = {file for file in users_of("pose") if file.startswith("animate/")}
    assert knowing == {f"animate/{name}.py" for name in ("motion", "places", "quarantine", "watching")}


def test_media_are_opened_in_one_place():
    product = {file for file in users_of("av") if file.startswith(("animate/", "pose/", "studio/", "app.py"))}
    assert product == {"animate/video.py"}


def test_model_files_are_read_in_one_place():
    core = {file for file in users_of("safetensors", "huggingface_hub") if file.startswith("animate/")}
    assert core <= {"animate/stored.py", "animate/hub.py"}


def test_onnxruntime_stays_behind_detector_and_estimator():
    direct = users_of("onnxruntime")
    assert direct <= {"pose/detector.py", "pose/estimator.py", "pose/session.py"}


def test_only_the_studio_imports_gradio():
    assert {file.partition("/")[0] for file in users_of("gradio")} <= {"studio"}


@pytest.mark.parametrize(("module", "absent"), [("animate", "torch"), ("animate.__main__", "torch"), ("pose", "torch")])
def test_importing_is_cheap(module, absent):
    code = f"import sys, {module}; sys.exit({absent!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_what_finds_people_keeps_no_record_of_this_machine(tmp_path):
    """onnxruntime writes down which machine it is on before it tells its makers; where tests run it does not."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "CI", "GITHUB_"))}
    environment = others | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "PYTEST_CURRENT_TEST": ""}
    subprocess.run([sys.executable, "-c", "import pose.detector"], cwd=ROOT, env=environment, check=True)
    assert [*tmp_path.rglob("*")] == []


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_files_fit_a_page_or_two(file):
    lines = len(file.read_text().splitlines())
    allowed = {"animate/video.py": 500}  # reading and writing media is one subject, and opened in one place
    assert lines <= allowed.get(name_of(file), 250), f"{lines} lines"


def test_start_script_is_short():
    assert len((ROOT / "app.py").read_text().splitlines()) < 40
