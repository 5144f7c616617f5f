"""Parts of the network as processors do them fastest; elsewhere, and in training, plain torch does them.

Shapes as in layers.py. Measured, lever by lever: benchmarks/cores.py.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from animate import apple

SCORES = 1 << 20  # of attention at once, so that they stay in the cache
NUMBERS = 1 << 19  # of feature maps normalized at once, likewise
FAR = 6.0  # scores from 0, beyond which rounding them to bf16 would change a weight by more than a hundredth
SHORT = 32  # keys, of which few are attended to in fp32 where tiles multiply the rest
BATCH = 65535  # of attention at once: FlashAttention's grid on CUDA has no room for more
ONEDNN = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")  # not on Apple's
FEW = 24  # places of a feature map that is best convolved as one product of matrices


def fit(x: Tensor) -> bool:
    """Whether x is to be worked on in these ways."""
    ours = x.device.type == "cpu" and x.dtype in (torch.bfloat16, torch.float32)
    return ours and not torch.is_grad_enabled() and not torch.compiler.is_compiling()


class Linear(nn.Linear):
    """torch's, by `product`."""

    def forward(self, x: Tensor) -> Tensor:
        return product(x, self.weight, self.bias)


class Conv2d(nn.Conv2d):
    """torch's, of stride 1 and 1 x 1 or 3 x 3; as products of matrices where that is faster."""

    def forward(self, x: Tensor) -> Tensor:
        return convolution(x, self.weight, self.bias) if fit(x) else super().forward(x)


def product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """... c to ... c', by oneDNN in fp32 too, where torch asks MKL, which is half as fast on AMD's processors."""
    if ONEDNN and fit(x) and x.dtype == torch.float32:
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return F.linear(x, weight, bias)


def gated(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Half of a product of matrices times the GELU of its other half: ... c to ... c'/2."""
    if not (ONEDNN and fit(x) and x.dtype == weight.dtype):  # autocast, as in validation, knows F.linear alone
        x, gate = F.linear(x, weight, bias).chunk(2, dim=-1)
        return x * F.gelu(gate)
    (weight, gate_weight), (bias, gate_bias) = weight.chunk(2), bias.chunk(2)
    gate = torch.ops.mkldnn._linear_pointwise(x, gate_weight, gate_bias, "gelu", [], "none")
    return torch.ops.mkldnn._linear_pointwise.binary(x, gate, weight, bias, "mul")  # before it is written


def convolution(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x: f c h w with its channels last, as the result has them."""
    rows = x.permute(0, 2, 3, 1)
    if weight.shape[-1] == 3:
        if rows.shape[1] * rows.shape[2] > FEW or not weight.is_contiguous(memory_format=torch.channels_last):
            return F.conv2d(x, weight, bias, padding=1)
        rows = F.pad(rows, (0, 0, 1, 1, 1, 1)).unfold(1, 3, 1).unfold(2, 3, 1).permute(0, 1, 2, 4, 5, 3).flatten(3)
    return product(rows, weight.permute(0, 2, 3, 1).flatten(1), bias).permute(0, 3, 1, 2)


def norm(x: Tensor, layer: nn.GroupNorm, *, silu: bool) -> Tensor:
    """x: f c h w. Where channels lie last, in passes over some frames at once, in fp32: torch's own norm would be many
    times slower there, and two copies around it take longer than these passes."""
    if not x.is_contiguous(memory_format=torch.channels_last):
        x = F.group_norm(x, layer.num_groups, layer.weight, layer.bias, layer.eps)
        return F.silu(x, inplace=True) if silu else x
    rows = x.permute(0, 2, 3, 1).flatten(1, 2)
    found = torch.empty_like(rows)
    frames = max(1, NUMBERS // rows[0].numel())
    for some, place in zip(rows.split(frames), found.split(frames), strict=True):
        normal = normalized(some.float(), layer)
        place.copy_(F.silu(normal, inplace=True) if silu else normal)
    return found.unflatten(1, x.shape[2:]).permute(0, 3, 1, 2)


def normalized(x: Tensor, layer: nn.GroupNorm) -> Tensor:
    """x: f t c, fp32. The mean is taken off before squares are summed, lest a large one drown them."""
    x = x - group_means(x, layer.num_groups)
    scale = torch.rsqrt(group_means(x * x, layer.num_groups) + layer.eps)
    return torch.addcmul(layer.bias.float(), x, scale * layer.weight.float())


def group_means(x: Tensor, groups: int) -> Tensor:
    """f t c to f 1 c: for each channel the mean of its group."""
    size = x.shape[2] // groups
    means = x.sum(1).unflatten(1, (groups, size)).sum(-1, keepdim=True) / (x.shape[1] * size)
    return means.expand(-1, -1, size).flatten(1)[:, None]


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Softmax attention: b n t d, and keys and values b n r d."""
    if query.device.type == "mps":
        return apple.attention(query, key, value)
    if len(query) > BATCH:
        parts = zip(query.split(BATCH), key.split(BATCH), value.split(BATCH), strict=True)
        return torch.cat([attention(*part) for part in parts])
    if not fit(query) or query.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(query, key, value)
    if not torch.cpu._is_amx_tile_supported():
        return in_pieces(query, key, value)
    if key.shape[2] > SHORT:
        return F.scaled_dot_product_attention(query, key, value)
    return F.scaled_dot_product_attention(query.float(), key.float(), value.float()).to(query.dtype)


def in_pieces(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Some heads and queries at a time, by products of matrices: torch's own knows fast ones only where there are
    tiles (AMX), and takes one and a half to two times as long without them. Weights are divided by their sum last, in
    the few values found instead of in the many weights.
    """
    heads, size = query.shape[:2], query.shape[-1]
    value = F.pad(value, (0, 1), value=1)  # so that the last of what is found is the sum of the weights
    found = weighted(query.flatten(0, 1), key.flatten(0, 1).transpose(1, 2), value.flatten(0, 1))
    found, total = found.split([size, 1], dim=-1)
    share = total.reciprocal().expand_as(found).contiguous()  # else one by one
    return torch.mul(found.unflatten(0, heads), share.unflatten(0, heads), out=torch.empty_like(query))


def weighted(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """b t d, b d r and b r v to b t v: values by the exponentials of scores. Where a query's largest score is far from
    0, all of its are made anew as what they differ from that: those that count are then small, and rounded little."""
    found = query.new_empty(*query.shape[:2], value.shape[2])
    queries = max(1, min(query.shape[1], SCORES // key.shape[2]))
    heads = max(1, SCORES // (queries * key.shape[2]))
    scale, nothing = query.shape[2] ** -0.5, query.new_zeros(())
    for some in range(0, len(query), heads):
        ours = slice(some, some + heads)
        for first in range(0, query.shape[1], queries):
            asked = (ours, slice(first, first + queries))
            scores = torch.baddbmm(nothing, query[asked], key[ours], beta=0, alpha=scale)
            largest = scores.amax(2, keepdim=True)
            if float(largest.abs().amax()) > FAR:
                scores = torch.baddbmm(largest, query[asked], key[ours], beta=-1, alpha=scale)
            found[asked] = torch.bmm(scores.exp_(), value[ours])
    return found
