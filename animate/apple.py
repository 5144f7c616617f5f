"""Attention as Apple's GPUs do it without writing out all of its scores at once.

Their fast kernels know some sizes of heads; for others, such as the 40, 80 and 160 of Stable Diffusion 1, torch may
write out every score. Shapes as in layers.py. Source: pytorch, aten/src/ATen/native/mps/operations/Attention.mm.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

SIZES = (32, 64, 72, 80, 96, 128, 256)  # of heads that fast kernels know
SCORES = 1 << 28  # at once: a gigabyte in fp32, in which they are written out


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Softmax attention: b n t d, and keys and values b n r d. Heads are filled up with zeros to a size that is known,
    which changes no score and adds only zeros to what is found; some heads, or some queries of one, at a time."""
    size, scores = query.shape[3], query.shape[2] * key.shape[2]
    if len(query) * query.shape[1] * scores <= SCORES:
        return F.scaled_dot_product_attention(query, key, value)
    more = next((known for known in SIZES if known >= size), size) - size
    heads = (F.pad(x, (0, more)).flatten(0, 1).split(max(1, SCORES // scores)) for x in (query, key, value))
    found = []
    for q, k, v in zip(*heads, strict=True):
        some = q[None].split(max(1, SCORES // key.shape[2]), dim=2)
        parts = [F.scaled_dot_product_attention(part, k[None], v[None], scale=size**-0.5) for part in some]
        found.append(torch.cat(parts, dim=2)[0, ..., :size])
    return torch.cat(found).unflatten(0, query.shape[:2])
