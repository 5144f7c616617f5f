"""Parts of the network in one pass over memory, for NVIDIA devices; elsewhere, and in training, plain torch does them.

Shapes as in layers.py. Norms are counted in fp32 whatever the precision, so they are as exact as torch's.
"""

# pyright: reportMissingImports=false, reportOptionalMemberAccess=false, reportIndexIssue=false
# Triton is only where CUDA is, and its functions are called in its own way.

import logging
from functools import cache

import torch
from torch import Tensor

try:
    import triton
    import triton.language as tl
except ImportError:  # torch for processors comes without it
    triton = None

log = logging.getLogger(__name__)

ROWS, COLUMNS = 64, 64  # places and channels a program norms at once
GROUP = 128  # channels of a group, mostly fewer
TOKENS, WIDTH = 8, 256  # tokens and channels a program gates at once


def fit(x: Tensor) -> bool:
    """Whether these kernels may work on x."""
    ours = triton is not None and x.is_cuda and not torch.is_grad_enabled() and not torch.compiler.is_compiling()
    return ours and usable(x.device)


@cache
def usable(device: torch.device) -> bool:
    """Whether they run there, found by trying: Triton compiles what launches them with a C compiler (and Python's
    headers), which need not be here, and does not know every device."""
    try:
        x = torch.zeros(1, 64, 8, 8, device=device)
        group_norm(x, x.new_ones(64), x.new_zeros(64), groups=4, eps=1e-5, silu=True)
        geglu(x[0, :, 0, :])
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        why = str(error).splitlines() or [type(error).__name__]
        log.warning("Norms and gates are made by torch, which takes longer: Triton does not work here (%s)", why[0])
        return False
    return True


def group_norm(x: Tensor, weight: Tensor, bias: Tensor, *, groups: int, eps: float, silu: bool) -> Tensor:
    """x: f c h w, in any layout; the result has its channels last. silu: follows the norm."""
    x = x.contiguous(memory_format=torch.channels_last)
    out = torch.empty_like(x)
    frames, channels, height, width = x.shape
    places, size = height * width, channels // groups
    chunks = triton.cdiv(places, ROWS)
    columns = triton.cdiv(channels, COLUMNS)
    group = max(GROUP, triton.next_power_of_2(size))
    parts = torch.empty(2, frames, chunks, channels, device=x.device, dtype=torch.float32)
    levels = torch.empty(2, frames, groups, device=x.device, dtype=torch.float32)
    with torch.cuda.device(x.device):  # Triton launches on the current device, wherever its tensors are
        _measure[(frames, chunks, columns)](x, parts, parts[1], places, channels, chunks, ROWS, COLUMNS)
        _combine[(frames, groups)](
            parts, parts[1], levels, levels[1], places, channels, chunks, groups, eps, size, group, ROWS
        )
        _apply[(frames, chunks, columns)](
            x, out, weight, bias, levels, levels[1], places, channels, groups, size, silu, ROWS, COLUMNS
        )
    return out


def geglu(x: Tensor) -> Tensor:
    """... 2c to ... c: the first half, times the GELU of the second."""
    x = x.contiguous()
    size = x.shape[-1] // 2
    out = x.new_empty(*x.shape[:-1], size)
    tokens = out.numel() // size
    with torch.cuda.device(x.device):
        _gate[(triton.cdiv(tokens, TOKENS), triton.cdiv(size, WIDTH))](x, out, tokens, size, TOKENS, WIDTH)
    return out


if triton is not None:

    @triton.jit(do_not_specialize=["places", "chunks"])
    def _measure(x, means, squares, places, channels, chunks, rows: tl.constexpr, columns: tl.constexpr):
        """Of each chunk of places and each channel: the mean, and the sum of squares around it."""
        frame, chunk = tl.program_id(0).to(tl.int64), tl.program_id(1)
        row = chunk * rows + tl.arange(0, rows)[:, None]
        column = tl.program_id(2) * columns + tl.arange(0, columns)[None, :]
        here = (row < places) & (column < channels)
        value = tl.load(x + (frame * places + row) * channels + column, mask=here, other=0).to(tl.float32)
        count = tl.minimum(rows, places - chunk * rows)
        mean = tl.sum(value, 0)[None, :] / count
        away = tl.where(here, value - mean, 0)
        to = (frame * chunks + chunk) * channels + column
        tl.store(means + to, mean, mask=column < channels)
        tl.store(squares + to, tl.sum(away * away, 0)[None, :], mask=column < channels)

    @triton.jit(do_not_specialize=["places", "channels", "chunks", "groups", "size"])
    def _combine(
        means,
        squares,
        centre,
        scale,
        places,
        channels,
        chunks,
        groups,
        eps,
        size,
        columns: tl.constexpr,
        rows: tl.constexpr,
    ):
        """Chunks and channels of one group to its mean, and one by its deviation."""
        frame, group = tl.program_id(0), tl.program_id(1)
        line = tl.arange(0, rows)[:, None]
        column = tl.arange(0, columns)[None, :]
        total = tl.zeros((rows, columns), tl.float32)
        for first in range(0, chunks, rows):
            chunk = first + line
            here = (chunk < chunks) & (column < size)
            count = tl.minimum(rows, places - chunk * rows).to(tl.float32)
            mean = tl.load(means + (frame * chunks + chunk) * channels + group * size + column, mask=here, other=0)
            total += tl.where(here, mean * count, 0)
        middle = tl.sum(tl.sum(total, 1), 0) / (places * size)
        total = tl.zeros((rows, columns), tl.float32)
        for first in range(0, chunks, rows):
            chunk = first + line
            here = (chunk < chunks) & (column < size)
            count = tl.minimum(rows, places - chunk * rows).to(tl.float32)
            at = (frame * chunks + chunk) * channels + group * size + column
            mean = tl.load(means + at, mask=here, other=0)
            around = tl.load(squares + at, mask=here, other=0)
            total += tl.where(here, around + count * (mean - middle) * (mean - middle), 0)
        spread = tl.sum(tl.sum(total, 1), 0) / (places * size)
        tl.store(centre + frame * groups + group, middle)
        tl.store(scale + frame * groups + group, 1 / tl.sqrt(spread + eps))

    @triton.jit(do_not_specialize=["places", "groups", "size"])
    def _apply(
        x, out, weight, bias, centre, scale, places, channels, groups, size, silu: tl.constexpr,
        rows: tl.constexpr, columns: tl.constexpr,
    ):  # fmt: skip
        """The norm itself."""
        frame = tl.program_id(0).to(tl.int64)
        row = tl.program_id(1) * rows + tl.arange(0, rows)[:, None]
        column = tl.program_id(2) * columns + tl.arange(0, columns)[None, :]
        known = column < channels
        here = (row < places) & known
        at = (frame * places + row) * channels + column
        group = frame * groups + column // size
        value = tl.load(x + at, mask=here, other=0).to(tl.float32) - tl.load(centre + group, mask=known, other=0)
        gain = tl.load(weight + column, mask=known, other=0).to(tl.float32)
        value = value * (tl.load(scale + group, mask=known, other=0) * gain)
        value += tl.load(bias + column, mask=known, other=0).to(tl.float32)
        if silu:
            value = value * tl.sigmoid(value)
        tl.store(out + at, value.to(out.dtype.element_ty), mask=here)

    @triton.jit(do_not_specialize=["tokens"])
    def _gate(x, out, tokens, size, rows: tl.constexpr, columns: tl.constexpr):
        """The first half of each row, times the GELU of its second."""
        row = tl.program_id(0).to(tl.int64) * rows + tl.arange(0, rows)[:, None]
        column = tl.program_id(1) * columns + tl.arange(0, columns)[None, :]
        here = (row < tokens) & (column < size)
        value = tl.load(x + row * 2 * size + column, mask=here, other=0).to(tl.float32)
        gate = tl.load(x + row * 2 * size + size + column, mask=here, other=0).to(tl.float32)
        gate = 0.5 * gate * (1 + tl.erf(gate * 0.7071067811865476))
        tl.store(out + row * size + column, (value * gate).to(out.dtype.element_ty), mask=here)
