"""What the README says is true: its tree, its commands, its snippet's names, its front matter."""

import re
from pathlib import Path

import animate
from animate import catalogue
from animate.__main__ import parser
from animate.settings import MAX_RATE, MAX_SECONDS
from studio.limits import LIMITS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def block_after(heading: str) -> str:
    return README.split(heading, 1)[1].split("```")[1].removeprefix("sh\n")


def tree() -> list[Path]:
    """Paths of the file tree, with the folder each indented line belongs to."""
    paths, folder = [], ROOT
    for line in block_after("## Files").strip().splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = ROOT / name if name.endswith("/") else ROOT
            paths.append(ROOT / name)
        else:
            paths.append(folder / name)
    return paths


def test_the_tree_is_there():
    assert [path for path in tree() if not path.exists()] == []


def test_the_core_is_in_the_tree_whole():
    for folder in (ROOT / "animate", ROOT / "animate" / "puppet"):
        told = {path.name for path in tree() if path.parent == folder}
        assert {file.name for file in folder.glob("*.py")} - told == {"__init__.py"}


def test_two_commands_set_up_and_run():
    assert "```sh\nmake app\n```" in README
    assert "```sh\nmake test\n```" in README
    targets = dict(re.findall(r"^(\w+): .*\n\t(.*)$", MAKEFILE, re.MULTILINE))
    assert targets["app"].endswith("python app.py")
    assert targets["test"].endswith("python -m pytest")
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


def test_plain_lines_do_what_make_does():
    set_up = ".venv/bin/python -m pip install -r requirements.txt"
    for block in (
        f"python -m venv .venv\n{set_up}\n.venv/bin/python app.py",
        f"{set_up} -r tests/requirements.txt\n.venv/bin/python -m pytest",
    ):
        assert f"```sh\n{block}\n```" in README
    torch = next(line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("torch=="))
    assert f"pip install {torch} --index-url" in README
    assert "tests/requirements.txt" in MAKEFILE


def test_every_option_of_the_command_line_is_told():
    told = set(re.findall(r"`?(--[a-z-]+)", README))
    options = {option for action in parser()._actions for option in action.option_strings if option.startswith("--")}
    assert options - {"--help", "--out"} <= told


def test_the_snippet_runs_on_names_that_exist():
    snippet = README.split("```python\n", 1)[1].split("```", 1)[0]
    names = re.search(r"from animate import (.*)", snippet)
    assert names
    assert all(hasattr(animate, name) for name in names[1].split(", "))
    compile(snippet, "README", "exec")
    paths = re.findall(r'"(assets/[^"]+)"', README)
    assert len(paths) == 4
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_models_are_as_the_table_says():
    told = {line.split("`")[1]: line for line in README.splitlines() if line.startswith("| `") and " steps, " in line}
    released = {name: model for name, model in catalogue.MODELS.items() if model.files}
    assert told.keys() == released.keys()
    for name, model in released.items():
        rate = f", {model.rate} frames a second" if model.rate < MAX_RATE else ""
        usual = f"{model.size[0]}x{model.size[1]}, {model.steps} steps, guidance {model.guidance}, "
        assert f"{usual}window {model.window}/{model.overlap}, {model.schedule}{rate} |" in told[name]
        assert f"`{model.source}`" in told[name]


def test_front_matter_of_a_space():
    head = README.split("---\n")[1]
    told = dict(line.split(": ", 1) for line in head.strip().splitlines())
    assert told["sdk"] == "gradio"
    assert (ROOT / told["app_file"]).is_file()
    assert told["sdk_version"].startswith("6.")
    assert len(told["short_description"]) <= 60


def test_pictures_and_files_that_are_linked_exist():
    assert [link for link in re.findall(r"\]\(((?!http)[^)#]+)\)", README) if not (ROOT / link).exists()] == []


def test_every_test_that_the_threat_model_names_is_there():
    told = (ROOT / "docs" / "security.md").read_text()
    sources = "".join(file.read_text() for file in (ROOT / "tests").glob("test_*.py"))
    named = re.findall(
        r"`(\w+)`", "".join(line for line in told.splitlines() if line.startswith("|") or "test_" in line)
    )
    tests = [name for name in named if name.count("_") > 2]
    assert len(tests) > 15
    assert [name for name in tests if f"def test_{name}(" not in sources] == []
    assert [name for name in re.findall(r"`(test_\w+\.py)`", told) if not (ROOT / "tests" / name).is_file()] == []


def test_the_longest_clips_of_the_page_are_told():
    limits = README[README.index("## Limits") : README.index("## Files")]
    assert {float(seconds) for seconds in re.findall(r"(\d+) s\b", limits)} == {
        MAX_SECONDS,
        *(each.seconds for each in LIMITS.values()),
    }


def test_every_option_of_the_page_is_told():
    from studio.hosting import options

    given = {option for action in options()._actions for option in action.option_strings if option.startswith("--")}
    assert given - {"--help", "--model", "--folder", "--port"} <= set(re.findall(r"--[a-z-]+", README))
