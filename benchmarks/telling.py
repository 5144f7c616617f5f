"""How the benchmarks measure and answer: clocks, lines, and that nonsense is no result."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch


def say(*parts: str | dict[str, float]) -> None:
    """One line, at once, so that what is measured before a limit is not lost."""
    words = ("  ".join(f"{k} {v:.4g}" for k, v in part.items()) if isinstance(part, dict) else part for part in parts)
    print("  ".join(f"{word:9}" for word in words), flush=True)


def clock_of(device: torch.device) -> Callable[[], float]:
    """One thread on a processor is timed by what it computes, which the load of others hardly touches."""
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    return time.process_time if alone else time.perf_counter


def waiting(device: torch.device) -> Callable[[], None]:
    return torch.cuda.synchronize if device.type == "cuda" else lambda: None


def unsound(report: dict[str, Any], *above: str) -> Iterator[str]:
    """What of a report, a dict of numbers and such dicts, is not finite: "bfloat16, ours, relative is nan"."""
    for name, value in report.items():
        if isinstance(value, dict):
            yield from unsound(value, *above, name)
        elif not math.isfinite(value):
            yield f"{', '.join([*above, name])} is {value}"
