"""What processors do in ways of their own equals what torch does."""

import copy
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from animate import apple, processor

CLOSE = {torch.float32: 1e-5, torch.bfloat16: 2e-2}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("onednn", [True, False])
def test_products(dtype, onednn, monkeypatch):
    monkeypatch.setattr(processor, "ONEDNN", onednn and processor.ONEDNN)
    x, weight, bias = torch.randn(2, 5, 16).to(dtype), torch.randn(8, 16).to(dtype), torch.randn(8).to(dtype)
    expected = F.linear(x.double(), weight.double(), bias.double())
    assert (processor.product(x, weight, bias) - expected).abs().max() < CLOSE[dtype] * expected.abs().max()


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("onednn", [True, False])
def test_gates(dtype, onednn, monkeypatch):
    monkeypatch.setattr(processor, "ONEDNN", onednn and processor.ONEDNN)
    x, weight, bias = torch.randn(2, 5, 16).to(dtype), torch.randn(8, 16).to(dtype), torch.randn(8).to(dtype)
    value, gate = F.linear(x.double(), weight.double(), bias.double()).chunk(2, dim=-1)
    expected = value * F.gelu(gate)
    assert (processor.gated(x, weight, bias) - expected).abs().max() < CLOSE[dtype] * expected.abs().max()


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize(("kernel", "side"), [(1, 6), (3, 3), (3, 9)])
def test_convolutions_of_large_and_tiny_maps(dtype, kernel, side):
    layer = nn.Conv2d(16, 8, kernel, padding=kernel // 2).to(dtype).to(memory_format=torch.channels_last)
    x = torch.randn(3, 16, side, side).to(dtype).to(memory_format=torch.channels_last)
    assert layer.bias is not None
    expected = F.conv2d(x.double(), layer.weight.double(), layer.bias.double(), padding=kernel // 2)
    found = processor.convolution(x, layer.weight, layer.bias)
    assert (found - expected).abs().max() < CLOSE[dtype] * expected.abs().max()
    assert found.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("numbers", [1, 1200, 10**6])
@pytest.mark.parametrize("silu", [True, False])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_norms_leave_channels_where_they_lie(dtype, numbers, silu, layout, monkeypatch):
    """However many frames are worked on at once."""
    monkeypatch.setattr(processor, "NUMBERS", numbers)
    layer = nn.GroupNorm(4, 16).to(dtype)
    layer.weight.normal_()
    layer.bias.normal_()
    x = torch.randn(5, 16, 5, 7).to(dtype=dtype, memory_format=layout)
    expected = copy.deepcopy(layer).double()(x.double())
    kept = x.clone()
    found = processor.norm(x, layer, silu=silu)
    expected = F.silu(expected) if silu else expected
    assert (found - expected).abs().max() < CLOSE[dtype] * expected.abs().max()
    assert found.is_contiguous(memory_format=layout)
    assert torch.equal(x, kept)


def test_norms_of_small_differences_upon_a_large_mean():
    layer = nn.GroupNorm(4, 16)
    x = (1000 + torch.randn(2, 16, 5, 7)).to(memory_format=torch.channels_last)
    expected = copy.deepcopy(layer).double()(x.double())
    assert (processor.norm(x, layer, silu=False) - expected).abs().max() < 1e-3


@pytest.mark.parametrize("scores", [30, 200, 10**6])
def test_attention_in_pieces_of_any_size(scores, monkeypatch):
    monkeypatch.setattr(processor, "SCORES", scores)
    query, key, value = (torch.randn(2, 3, tokens, 8) for tokens in (11, 17, 17))
    expected = F.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(processor.in_pieces(query, key, value), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("size", [1, 20, 200])
@pytest.mark.parametrize("sign", [1, -1])
def test_attention_in_pieces_to_scores_far_from_nought(dtype, size, sign):
    """Which cannot be raised as they are, nor rounded; some queries among them ask little."""
    query = torch.cat([torch.ones(2, 3, 5, 8), torch.zeros(2, 3, 1, 8)], dim=2).to(dtype)
    key = (sign * size + torch.randn(2, 3, 7, 8) / 8).to(dtype)
    value = torch.randn(2, 3, 7, 8).to(dtype)
    expected = F.scaled_dot_product_attention(query.double(), key.double(), value.double())
    found = processor.in_pieces(query, key, value)
    rounding = {torch.float32: 1e-3, torch.bfloat16: 1e-2}[dtype]
    assert (found - expected).abs().max() < rounding * expected.abs().max()


@pytest.mark.parametrize("sharp", [1, 1.2, 3, 6])
def test_attention_in_pieces_is_as_exact_where_it_is_sharp(sharp):
    query, key = ((sharp * torch.randn(1, 4, 96, 40)).bfloat16() for _ in range(2))
    value = torch.randn(1, 4, 96, 40).bfloat16()
    expected = F.scaled_dot_product_attention(query.double(), key.double(), value.double())
    assert (processor.in_pieces(query, key, value) - expected).norm() < 8e-3 * expected.norm()


def test_gates_are_made_under_autocast_too():
    x, weight, bias = torch.randn(2, 5, 8, dtype=torch.bfloat16), torch.randn(12, 8), torch.randn(12)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        made = processor.gated(x, weight, bias)
    value, gate = F.linear(x.float(), weight, bias).chunk(2, dim=-1)
    assert torch.allclose(made.float(), value * F.gelu(gate), atol=0.2, rtol=0.05)


@pytest.mark.parametrize("size", [40, 80, 160, 300])
@pytest.mark.parametrize("scores", [17, 40, 11 * 17, 4 * 11 * 17, 10**6])
def test_attention_of_apples_is_the_same_at_sizes_that_are_known_and_some_heads_at_once(size, scores, monkeypatch):
    """On the processor in their stead; in fp64, so that nothing but the way of it could differ."""
    plain, asked = F.scaled_dot_product_attention, []

    def counted(query, key, value, **more):
        asked.append((query.shape[3], query.shape[0] * query.shape[1] * query.shape[2] * key.shape[2]))
        return plain(query, key, value, **more)

    monkeypatch.setattr(apple, "SCORES", scores)
    monkeypatch.setattr(apple.F, "scaled_dot_product_attention", counted)
    query, key, value = (torch.randn(2, tokens, 3 * size).double().unflatten(2, (3, -1)) for tokens in (11, 17, 17))
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))
    found = apple.attention(query, key, value)
    assert found.shape == query.shape
    assert (found - plain(query, key, value)).abs().max() < 1e-14
    assert max(most for _, most in asked) <= scores
    if scores < 6 * 11 * 17 and size <= max(apple.SIZES):
        assert {known for known, _ in asked} <= {*apple.SIZES}


def test_apples_attend_in_their_own_way(monkeypatch):
    monkeypatch.setattr(apple, "attention", lambda *given: given)
    tokens = SimpleNamespace(device=torch.device("mps"))
    assert processor.attention(tokens, tokens, tokens) == (tokens,) * 3  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", CLOSE)
def test_attention_of_a_batch_too_large_for_cudas_grids_is_the_same_in_parts(dtype, monkeypatch):
    """As along time at 2048x2048, where 65536 places attend, and CUDA has a grid of 65535."""
    assert processor.BATCH < 256 * 256
    asked: list[int] = []
    query, key, value = (torch.randn(tokens, 7, 2, 8).to(dtype).permute(1, 2, 0, 3) for tokens in (5, 6, 6))
    expected = processor.attention(query, key, value)
    monkeypatch.setattr(processor, "BATCH", 3)
    monkeypatch.setattr(processor, "fit", lambda x: asked.append(len(x)))
    torch.testing.assert_close(processor.attention(query, key, value), expected, atol=CLOSE[dtype], rtol=0)
    assert asked == [3, 3, 1]
