"""What each lever of a processor is worth: guided steps with and without it in turn, by one core's own seconds.

    python -m benchmarks.cores [--size 128x192] [--frames 8] [--width 160] [--dtype bfloat16] [--repeat 8]

Others' load on the machine, which slows the one as the other, hardly touches the ratios. What takes several cores,
branches at once, is timed on all of them by the clock: measure that with nothing else at work, and once with.
"""

import argparse
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from animate import abreast, processor
from animate.__main__ import size_of
from benchmarks import subject
from benchmarks.levers import Bench
from benchmarks.speed import apart
from benchmarks.telling import clock_of, say


def torchs(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention as torch does it, but in fp32 where there is little of it."""
    if key.shape[2] > processor.SHORT:
        return F.scaled_dot_product_attention(query, key, value)
    return F.scaled_dot_product_attention(query.float(), key.float(), value.float()).to(query.dtype)


def gate_apart(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The gate in passes of its own after one product."""
    x, gate = processor.product(x, weight, bias).chunk(2, dim=-1)
    return x * F.gelu(gate)


def norm_copied(x: Tensor, layer: nn.GroupNorm, *, silu: bool) -> Tensor:
    """Torch's norm of a copy whose channels do not lie last."""
    last = x.is_contiguous(memory_format=torch.channels_last)
    x = F.group_norm(x.contiguous(), layer.num_groups, layer.weight, layer.bias, layer.eps)
    x = F.silu(x, inplace=True) if silu else x
    return x.contiguous(memory_format=torch.channels_last) if last else x


AT_ONCE = "branches at once"
WITHOUT: dict[str, Callable[[], AbstractContextManager]] = {
    "all of these": lambda: patch.multiple(processor, fit=lambda _x: False, attention=torchs),
    AT_ONCE: lambda: patch.object(abreast, "pays", lambda _x: False),
    "attention in pieces": lambda: patch.object(processor, "attention", torchs),
    "gates in the products": lambda: patch.object(processor, "gated", gate_apart),
    "norms where channels lie": lambda: patch.object(processor, "norm", norm_copied),
    "products by oneDNN": lambda: patch.object(processor, "product", F.linear),
    "convolutions as products": lambda: patch.object(processor.Conv2d, "forward", nn.Conv2d.forward),
    "channels last": nullcontext,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=size_of, default=(128, 192))
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--repeat", type=int, default=8)
    parser.add_argument("--levers", nargs="+", default=[*WITHOUT], choices=[*WITHOUT])
    given = parser.parse_args()
    cores, device = torch.get_num_threads(), torch.device("cpu")
    bench = Bench(given, device)
    for name in given.levers:
        torch.set_num_threads(cores if name == AT_ONCE else 1)
        clock = clock_of(device)
        bench.channels_last()
        seconds: dict[bool, list[float]] = {True: [], False: []}
        made: dict[bool, Tensor] = {}
        for turn in range(2 * given.repeat + 2):
            on = turn % 2 == 0
            lay = (
                torch.channels_last if on or name not in ("channels last", "all of these") else torch.contiguous_format
            )
            subject.lay(bench.network, lay)
            bench.pose = bench.pose.contiguous(memory_format=lay)
            with nullcontext() if on else WITHOUT[name](), torch.no_grad():
                began = clock()
                made[on] = bench.step()
                if turn > 1:  # the first pair warms up
                    seconds[on].append(clock() - began)
        without, on = (statistics.median(seconds[on]) for on in (False, True))
        gain = statistics.median(b / a for a, b in zip(seconds[True], seconds[False], strict=True))
        say(f"{name:26}", f"{without:.3f} s  {on:.3f} s  {gain:.2f} times", apart(made[True], made[False]))


if __name__ == "__main__":
    main()
