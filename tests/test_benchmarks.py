"""The benchmarks themselves: all are named, what they measure is the same each time, and nonsense is no result."""

from pathlib import Path
from types import SimpleNamespace

import torch

import benchmarks
from benchmarks import levers, subject

ROOT = Path(__file__).parents[1]


def test_every_benchmark_is_named():
    told = benchmarks.__doc__ or ""
    lines = [line.split() for line in told.splitlines()]
    scripts = {file.stem for file in (ROOT / "benchmarks").glob("*.py") if '"__main__"' in file.read_text()}
    assert scripts <= {words[0] for words in lines if words}
    others = {file.stem for file in (ROOT / "benchmarks").glob("*.py")} - scripts - {"__init__"}
    assert {name for name in others if f"`{name}`" not in told} == set()


def test_what_is_measured_is_the_same_each_time():
    first, second = (subject.make(torch.device("cpu"), width=32) for _ in range(2))
    for one, other in zip(subject.parts(first), subject.parts(second), strict=True):
        mine, its = one.state_dict(), other.state_dict()
        assert [name for name, value in mine.items() if not torch.equal(value, its[name])] == []


def test_on_a_processor_the_profile_has_its_own_times(capsys):
    x = torch.ones(300, 300)
    steps = SimpleNamespace(step=lambda: x @ x, wait=lambda: None, channels_last=lambda: None, device=x.device)
    levers.profile(steps)  # type: ignore[arg-type]
    times = {line.split()[-1]: float(line.split()[0]) for line in capsys.readouterr().out.splitlines()}
    assert times["aten::mm"] > 0
