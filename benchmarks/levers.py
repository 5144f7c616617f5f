"""What each lever is worth, a line each: seconds of a guided step with and without it, or of its own part alone.

    python -m benchmarks.levers [--size 512x768] [--frames 24] [--width 320] [--dtype bfloat16] [--parts compiled]

Compiling takes a minute or more, so that part is done only where it is asked for, and with nothing beside it.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from animate import kernels
from animate.__main__ import size_of
from animate.denoise import predict
from animate.devices import describe, find_device
from animate.latents import VAECodec
from animate.layers import MotionModule, ResnetBlock, SpatialTransformer
from animate.reference import ReferenceFeatures
from benchmarks import subject
from benchmarks.speed import GUIDANCE
from benchmarks.telling import say, waiting

BACKENDS = {name: getattr(SDPBackend, f"{name.upper()}_ATTENTION") for name in ("flash", "cudnn", "efficient")}


class Bench:
    """One network and its inputs, and how long work on them takes."""

    def __init__(self, given: argparse.Namespace, device: torch.device):
        self.device, self.dtype, self.repeat = device, getattr(torch, given.dtype), given.repeat
        self.wait, self.unsound = waiting(device), list[str]()
        self.networks = subject.cast(subject.make(device, width=given.width), self.dtype)
        self.network = self.networks.denoiser
        width, height = given.size
        self.frames, self.grid = given.frames, (height // 8, width // 8)
        self.latents = torch.randn(given.frames, 4, *self.grid, device=device)
        self.pose = torch.randn(given.frames, given.width, *self.grid, device=device, dtype=self.dtype)
        self.timestep = torch.tensor([500], device=device)
        self.references = ReferenceFeatures(
            *(subject.stand_in(self.network, self.grid, self.pose, guided=guided) for guided in (True, False))
        )

    def channels_last(self) -> None:
        subject.lay(self.network, torch.channels_last)
        self.pose = self.pose.contiguous(memory_format=torch.channels_last)

    def step(self, *, guidance: float = GUIDANCE, deep: tuple = (None, None)) -> Tensor:
        return predict(self.network, self.latents, self.timestep, self.pose, self.references, guidance, deep)

    def seconds(self, work: Callable[[], object], *, repeat: int | None = None) -> float:
        """The median of some runs after a warm one. Raises ArithmeticError where its answer is not finite."""
        made = work()
        if isinstance(made, Tensor) and not bool(made.isfinite().all()):
            raise ArithmeticError("its answer is not finite")
        taken = []
        for _ in range(repeat or self.repeat):
            self.wait()
            began = time.perf_counter()
            work()
            self.wait()
            taken.append(time.perf_counter() - began)
        return statistics.median(taken)

    def line(self, name: str, work: Callable[[], object], *, beside: float | None = None) -> float:
        """Prints a line; says the failure instead where it fails. Returns the seconds."""
        try:
            with torch.no_grad():
                taken = self.seconds(work)
        except (RuntimeError, NotImplementedError) as error:
            say(f"{name:44}", f"fails: {str(error).splitlines()[0][:90]}")
            return float("nan")
        except ArithmeticError as error:
            say(f"{name:44}", f"measures nothing: {error}")
            self.unsound.append(name)
            return float("nan")
        against = f"{beside / taken:5.2f} times" if beside else ""
        say(f"{name:44}", f"{taken * 1e3:9.2f} ms", against)
        return taken


def plain() -> AbstractContextManager:
    """Without our kernels."""
    return patch.object(kernels, "fit", lambda _x: False)


def steps(bench: Bench) -> None:
    """Whole guided steps."""
    with plain():
        first = bench.line("step: layout of the files, torch's kernels", bench.step)
        bench.channels_last()
        bench.line("step: channels last, torch's kernels", bench.step, beside=first)
    whole = bench.line("step: channels last, our kernels", bench.step, beside=first)
    if bench.device.type == "cuda":
        for name, backend in BACKENDS.items():
            others = [other for other in BACKENDS.values() if other != backend]
            with sdpa_kernel([backend, *others, SDPBackend.MATH], set_priority=True):
                bench.line(f"step: attention by {name} first", bench.step, beside=whole)
    bench.line("step: the guided branch alone", lambda: bench.step(guidance=1), beside=whole)
    deep: tuple = ([], [])
    bench.step(deep=deep)
    bench.line("step: deep features taken from another step", lambda: bench.step(deep=deep), beside=whole)
    bench.line("the same, the guided branch alone", lambda: bench.step(guidance=1, deep=deep), beside=whole)


def searched(bench: Bench) -> None:
    """A step with the fastest of cuDNN's algorithms, found by trying."""
    if bench.device.type == "cuda":
        with torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False):
            bench.line("step: cuDNN tries its algorithms", bench.step)


def graph(bench: Bench) -> None:
    """One CUDA graph of a guided step. The last part, since where recording fails, nothing works after."""
    if bench.device.type != "cuda":
        return
    whole = bench.line("step: called as always", bench.step)
    began = time.perf_counter()
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        bench.step()
    bench.wait()
    say(f"{'CUDA graph: recording':44}", f"{(time.perf_counter() - began) * 1e3:9.2f} ms")
    bench.line("step: one CUDA graph", recorded.replay, beside=whole)
    del recorded


def attention(bench: Bench) -> None:
    """Each shape of attention by each backend."""
    config = bench.network.config
    for level, (channels, heads) in enumerate(zip(config.channels, config.heads, strict=True)):
        places = -(-bench.grid[0] // 2**level) * -(-bench.grid[1] // 2**level)
        shapes = {"along time": (places, bench.frames, bench.frames)}
        if config.spatial[level]:
            shapes |= {
                "in a frame": (bench.frames, places, places),
                "with reference": (bench.frames, places, 2 * places),
            }
        for kind, (batch, queries, keys) in shapes.items():
            q, k, v = (
                torch.randn(batch, length, heads, channels // heads, device=bench.device, dtype=bench.dtype).transpose(
                    1, 2
                )
                for length in (queries, keys, keys)
            )
            if kind == "along time":  # frames are the first dimension in memory
                q, k, v = (part.permute(2, 0, 1, 3).contiguous().permute(1, 2, 0, 3) for part in (q, k, v))
            for name, backend in BACKENDS.items() if bench.device.type == "cuda" else ():
                with sdpa_kernel(backend):
                    bench.line(
                        f"attention {kind}, {keys} keys of {channels // heads}, {name}",
                        lambda q=q, k=k, v=v: F.scaled_dot_product_attention(q, k, v),
                    )


def pieces(bench: Bench) -> None:
    """Norm, gate and projections by themselves, at the size of the first level; VAE."""
    channels = bench.network.config.channels[0]
    x = torch.randn(bench.frames, channels, *bench.grid, device=bench.device, dtype=bench.dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    norm = bench.network.conv_norm_out
    tokens = x.permute(0, 2, 3, 1).flatten(1, 2)
    wide = torch.randn(*tokens.shape[:2], 8 * channels, device=bench.device, dtype=bench.dtype)
    with plain():
        first = bench.line("norm and SiLU, torch", lambda: norm(x, silu=True))
    bench.line("norm and SiLU, ours", lambda: norm(x, silu=True), beside=first)
    first = bench.line("gate, torch", lambda: wide.chunk(2, dim=-1)[0] * F.gelu(wide.chunk(2, dim=-1)[1]))
    if kernels.fit(x) or bench.device.type == "cuda":
        bench.line("gate, ours", lambda: kernels.geglu(wide), beside=first)
    attend = bench.network.spatial_blocks()[0].attn1
    weights = torch.cat([attend.to_q.weight, attend.to_k.weight, attend.to_v.weight])
    first = bench.line(
        "queries, keys, values: three products", lambda: [to(tokens) for to in (attend.to_q, attend.to_k, attend.to_v)]
    )
    bench.line("queries, keys, values: one product", lambda: F.linear(tokens, weights), beside=first)
    codec = bench.networks.codec
    assert isinstance(codec, VAECodec)
    latents = torch.randn(8, 4, *bench.grid, device=bench.device)
    first = float("nan")
    for layout in (torch.contiguous_format, torch.channels_last):
        subject.lay(codec.vae, layout)
        for codec.piece in (1, 4, 8):
            lies = "channels last" if layout == torch.channels_last else "as in the file"
            name = f"VAE, 8 frames, {codec.piece} at once, {lies}"
            taken = bench.line(name, lambda: codec.decode(latents), beside=None if codec.piece == 1 else first)
            first = taken if codec.piece == 1 else first


def profile(bench: Bench) -> None:
    """Where a step's time goes: the kernels that take most of it."""
    bench.channels_last()
    bench.step()
    with torch.profiler.profile() as recorded:
        bench.step()
        bench.wait()
    taken = f"self_{'cpu' if bench.device.type == 'cpu' else 'device'}_time_total"  # microseconds
    for row in sorted(recorded.key_averages(), key=lambda row: -getattr(row, taken))[:40]:
        say(f"{getattr(row, taken) / 1e3:8.2f} ms", f"{row.count:5} times", row.key[:100])


def compiled(bench: Bench) -> None:
    """Each kind of layer compiled by itself, so that layers of one shape share the work."""
    bench.channels_last()
    torch._dynamo.config.recompile_limit = 64
    began = time.perf_counter()
    for module in bench.network.modules():
        if isinstance(module, ResnetBlock | SpatialTransformer | MotionModule):
            nn.Module.compile(module, dynamic=False)
    bench.step()
    bench.wait()
    graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    say(f"{f'compiling {graphs} graphs':44}", f"{time.perf_counter() - began:9.2f} s")
    bench.line("step: layers compiled", bench.step)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=size_of, default=(512, 768))
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--width", type=int, default=subject.RELEASED)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--device")
    parser.add_argument("--parts", nargs="+", default=["steps", "attention", "pieces", "searched", "graph"])
    given = parser.parse_args()
    bench = Bench(given, find_device(given.device))
    width, height = given.size
    say(f"{describe(bench.device, bench.dtype)}, {width}x{height}, {given.frames} frames, {given.width} channels")
    parts = {part.__name__: part for part in (profile, compiled, steps, attention, pieces, searched, graph)}
    for name in given.parts:
        try:
            with torch.no_grad():
                parts[name](bench)
        except (RuntimeError, NotImplementedError) as error:  # the other parts are measured all the same
            say(f"{name:44}", f"fails: {str(error).splitlines()[0][:90]}")
    if bench.unsound:
        raise SystemExit(f"What was computed is not finite, so nothing was measured: {'; '.join(bench.unsound)}.")


if __name__ == "__main__":
    main()
