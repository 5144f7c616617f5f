"""The benchmarks themselves: all are named, what they measure is the same each time, and nonsense is no result."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import benchmarks
from benchmarks import levers, speed, subject

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


def test_an_answer_that_is_not_finite_is_no_measure(monkeypatch, capsys):
    class Nonsense(levers.Bench):
        def step(self, **_: object) -> torch.Tensor:
            return torch.tensor([1.0, float("nan")])

    words = ["levers", "--width", "32", "--size", "64x96", "--frames", "2", "--repeat", "1", "--device", "cpu"]
    monkeypatch.setattr(sys, "argv", [*words, "--parts", "steps"])
    monkeypatch.setattr(levers, "Bench", Nonsense)
    with pytest.raises(SystemExit, match=r"not finite, so nothing was measured: step: layout of the files"):
        levers.main()
    assert "measures nothing" in capsys.readouterr().out


def test_a_comparison_that_is_not_finite_is_an_error(monkeypatch, tmp_path):
    row = {"bfloat16": {"weights, GB": 1.0, "ours": {"step, s": 0.1, "relative": float("nan")}}}
    words = ["speed", "--device", "cpu", "--dtypes", "float32", "--json", str(tmp_path / "numbers.json")]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(speed.roofline, "rate", lambda *_: 1e12)
    monkeypatch.setattr(speed, "compare", lambda *_: row)
    with pytest.raises(SystemExit, match="bfloat16, ours, relative is nan"):
        speed.main()
    row["bfloat16"]["ours"]["relative"] = 0.1
    speed.main()
    assert (tmp_path / "numbers.json").is_file()
