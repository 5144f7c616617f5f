"""What makes it fast changes nothing: layouts, kernels, and features kept from step to step."""

import math
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from animate import Animator, RenderSettings, kernels, processor
from animate.denoise import after_steps, denoise, initial_noise
from animate.layers import GroupNorm, TemporalAttention
from animate.reference import ReferenceFeatures
from animate.schedule import steps
from animate.settings import Solver
from animate.unet import DenoisingUNet, UNetConfig
from animate.windows import cuts
from benchmarks.roofline import Count
from benchmarks.subject import stand_in
from tests import toy

GRID, FRAMES = (8, 6), 3


@pytest.fixture(scope="module")
def network() -> DenoisingUNet:
    torch.manual_seed(0)
    config = UNetConfig(channels=(16, 32, 32, 32), heads=(2, 2, 2, 2), groups=8, clip_size=16)
    return DenoisingUNet(config).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def references(network) -> ReferenceFeatures:
    tokens = [torch.randn(1, 12, block.norm1.normalized_shape[0]) for block in network.spatial_blocks()]
    return ReferenceFeatures(
        network.project(tokens, torch.randn(16)), network.project([t[:, :0] for t in tokens], torch.zeros(16))
    )


@pytest.fixture(scope="module")
def pose() -> torch.Tensor:
    return torch.randn(FRAMES, 16, *GRID)


def walk(network, references, pose, **fast) -> list[torch.Tensor]:
    noise = initial_noise(len(pose), (4, *GRID), seed=1)
    whole = cuts(len(pose), 2, 1)
    run = denoise(network, noise, pose=pose, references=references, steps=[*steps(6)], cuts=whole, guidance=2, **fast)
    return [*after_steps(run)]


def test_channels_may_lie_last(network, references, pose):
    x, timestep = torch.randn(FRAMES, 4, *GRID), torch.tensor([500])
    expected = network(x, timestep, pose, references.guided)
    network.to(memory_format=torch.channels_last)
    seen = []
    hooks = [
        module.register_forward_hook(lambda _module, _given, out: seen.append(out))
        for module in network.modules()
        if isinstance(module, GroupNorm)
    ]
    found = network(x, timestep, pose, references.guided)
    for hook in hooks:
        hook.remove()
    network.to(memory_format=torch.contiguous_format)
    assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()
    assert all(out.is_contiguous(memory_format=torch.channels_last) for out in seen), "a norm moved the channels"


def test_attention_along_time_is_attention_of_each_place(network):
    attend = TemporalAttention(16, 2, 8)
    tokens = torch.randn(5, 7, 16)
    together = attend(tokens)
    for place in range(7):
        x = tokens[:, place : place + 1] + attend.pos_encoder.pe[0, :5, None]
        q, k, v = (to(x)[:, 0].view(5, 2, 8).transpose(0, 1) for to in (attend.to_q, attend.to_k, attend.to_v))
        weights = (q @ k.transpose(1, 2) / 8**0.5).softmax(-1)
        alone = attend.to_out[0]((weights @ v).transpose(0, 1).flatten(1))
        assert torch.allclose(together[:, place], alone, atol=1e-5)


def test_kept_features_give_the_step_they_are_from(network, references, pose):
    x, timestep = torch.randn(FRAMES, 4, *GRID), torch.tensor([500])
    kept: list[torch.Tensor] = []
    whole = network(x, timestep, pose, references.guided)
    assert torch.equal(network(x, timestep, pose, references.guided, deep=kept), whole)
    assert torch.equal(network(x, timestep, pose, references.guided, deep=kept), whole)
    later = network(x, torch.tensor([300]), pose, references.guided, deep=kept)
    assert not torch.equal(later, whole), "the last layer sees the timestep"


def test_kept_features_belong_to_a_window_and_a_branch(network, references, pose):
    """Of three steps only the first runs everything, in each window and branch for itself."""
    calls: list[bool] = []

    def counted(x, timestep, pose, references, *, deep):
        calls.append(bool(deep))
        return network(x, timestep, pose, references, deep=deep)

    fast = walk(counted, references, pose, reuse=3)
    windows = len(cuts(FRAMES, 2, 1))
    assert calls == ([False] * 2 * windows + [True] * 4 * windows) * 2
    exact = walk(network, references, pose)
    assert torch.equal(fast[0], exact[0])
    assert not torch.equal(fast[1], exact[1])
    assert (fast[-1] - exact[-1]).norm() < 0.5 * exact[-1].norm()


def test_guidance_for_a_part_of_the_walk(network, references, pose):
    calls: list[bool] = []

    def counted(x, timestep, pose, given, *, deep):
        calls.append(given is references.guided)
        return network(x, timestep, pose, given, deep=deep)

    part = walk(counted, references, pose, guided=0.5)
    windows = len(cuts(FRAMES, 2, 1))
    pairs, rest = calls[: 6 * windows], calls[6 * windows :]
    assert all({*pair} == {True, False} for pair in zip(pairs[::2], pairs[1::2], strict=True)), "in either order"
    assert rest == [True] * windows * 3
    whole = walk(network, references, pose)
    assert torch.equal(part[2], whole[2])
    assert not torch.equal(part[3], whole[3])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("silu", [True, False])
def test_kernels_are_as_exact_as_torch(silu):
    x = torch.randn(2, 320, 33, 17, device="cuda").contiguous(memory_format=torch.channels_last) * 2 + 3
    norm = torch.nn.GroupNorm(32, 320, device="cuda").double()
    exact = F.silu(norm(x.double())) if silu else norm(x.double())
    with torch.no_grad():
        mine = kernels.group_norm(x, norm.weight.float(), norm.bias.float(), groups=32, eps=norm.eps, silu=silu)
        wide = torch.randn(3, 77, 640, device="cuda")
        left, gate = wide.double().chunk(2, dim=-1)
        assert (kernels.geglu(wide) - left * F.gelu(gate)).abs().max() <= 1e-5
    assert (mine - exact).abs().max() <= 1e-5 * exact.abs().max()


@pytest.fixture
def tried():
    """What was found out of the processor as a device of kernels is forgotten."""
    kernels.usable.cache_clear()
    yield
    kernels.usable.cache_clear()


@pytest.mark.parametrize("why", ["Failed to find C compiler. Please specify via CC\nor install one.", ""])
def test_where_kernels_do_not_run_torch_does_their_work(monkeypatch, caplog, tried, why):
    """As where Triton is and no C compiler. It is tried and said once."""

    class Kernel:
        def __getitem__(self, grid):
            def launch(*_given):
                tries.append(1)
                raise RuntimeError(why)

            return launch

    tries: list[int] = []
    monkeypatch.setattr(torch.cuda, "device", lambda _device: nullcontext())
    monkeypatch.setattr(kernels, "triton", SimpleNamespace(cdiv=lambda a, b: -(-a // b), next_power_of_2=lambda n: n))
    for name in ("_measure", "_combine", "_apply", "_gate"):
        monkeypatch.setattr(kernels, name, Kernel(), raising=False)
    x = SimpleNamespace(is_cuda=True, device=torch.device("cpu"))
    with torch.no_grad():
        assert not kernels.fit(x)  # type: ignore[arg-type]
        assert not kernels.fit(x)  # type: ignore[arg-type]
    assert len(tries) == len(caplog.records) == 1
    said = caplog.records[0].getMessage()
    assert (why.splitlines() or ["RuntimeError"])[0] in said
    assert "\n" not in said


def test_kernels_that_run_are_used_and_too_little_memory_says_nothing_of_them(monkeypatch, caplog, tried):
    def full(*_given: object, **_more: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(kernels, "triton", object())
    x = SimpleNamespace(is_cuda=True, device=torch.device("cpu"))
    monkeypatch.setattr(kernels, "group_norm", full)
    with torch.no_grad(), pytest.raises(torch.OutOfMemoryError):
        kernels.fit(x)  # type: ignore[arg-type]
    for name in ("group_norm", "geglu"):
        monkeypatch.setattr(kernels, name, lambda *_given, **_more: None)
    with torch.no_grad():
        assert kernels.fit(x)  # type: ignore[arg-type]
    assert not caplog.records


def test_kernels_are_launched_on_the_device_of_what_they_work_on(monkeypatch):
    """Which need not be the current one; Triton takes that."""
    current, launched = [], []

    @contextmanager
    def device(chosen: torch.device):
        current.append(chosen)
        yield
        current.pop()

    class Kernel:
        def __getitem__(self, grid):
            return lambda *_given: launched.append([*current])

    monkeypatch.setattr(torch.cuda, "device", device)
    monkeypatch.setattr(kernels, "triton", SimpleNamespace(cdiv=lambda a, b: -(-a // b), next_power_of_2=lambda n: n))
    for name in ("_measure", "_combine", "_apply", "_gate"):
        monkeypatch.setattr(kernels, name, Kernel(), raising=False)
    x = torch.empty(2, 32, 4, 4)
    kernels.group_norm(x, torch.ones(32), torch.zeros(32), groups=4, eps=1e-5, silu=True)
    kernels.geglu(torch.empty(2, 3, 8))
    assert launched == [[x.device]] * 4


def toward_a_gaussian(count: int, solver: Solver) -> float:
    """Mean distance from the exact end, for pictures spread normally: there the perfect velocity is known."""
    generator = torch.Generator().manual_seed(0)
    mean, spread = torch.randn(4, generator=generator).double(), 0.4
    noise = torch.randn(200, 4, generator=generator).double()
    latents, earlier = noise, None
    for step in steps(count, solver=solver):
        share = step.signal * spread**2 / (step.signal**2 * spread**2 + step.noise**2)
        image = mean + share * (latents - step.signal * mean)
        velocity = step.signal * (latents - step.signal * image) / step.noise - step.noise * image
        assert torch.allclose(step.image(latents, velocity), image)
        latents, earlier = step(latents, velocity, earlier), image
    return (latents - (mean + spread * noise)).abs().mean().item()


def test_looking_back_brings_the_walk_closer_with_the_same_steps():
    for count in (10, 25, 100):
        assert toward_a_gaussian(count, "dpm") < 0.9 * toward_a_gaussian(count, "ddim")


def test_looking_back_is_the_published_equation():
    """DPM-Solver++ (2M), equation 4.4 of arXiv:2211.01095, in its own terms."""
    walk = [*steps(10, solver="dpm")]
    assert [bool(step.back) for step in walk] == [False, False, *[True] * 7, False]
    latents, velocity, earlier = torch.randn(3, 2, 4, dtype=torch.float64).unbind()
    for before, step in pairwise(walk[1:-1]):
        clarity = [math.log(s / n) for s, n in ((before.signal, before.noise), (step.signal, step.noise))]
        ahead = math.log(step.next_signal / step.next_noise) - clarity[1]
        ratio = (clarity[1] - clarity[0]) / ahead
        image = step.signal * latents - step.noise * velocity
        mixed = (1 + 1 / (2 * ratio)) * image - earlier / (2 * ratio)
        expected = step.next_noise / step.noise * latents - step.next_signal * math.expm1(-ahead) * mixed
        assert torch.allclose(step(latents, velocity, earlier), expected, atol=1e-6)


def test_settings_reach_the_walk():
    """Each shortcut of the settings changes the clip, and their defaults are the exact walk."""
    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32)
    picture, skeletons = np.zeros((64, 64, 3), np.uint8), np.zeros((2, 64, 64, 3), np.uint8)

    def clip(**chosen) -> torch.Tensor:
        settings = RenderSettings(width=64, height=64, steps=4, guidance=2.0, **chosen)
        return [*animator.denoise(picture, skeletons, settings)][-1]

    exact = clip()
    assert torch.equal(clip(solver="ddim", guided=1, reuse=1), exact)
    for shortcut in ({"solver": "dpm"}, {"guided": 0.5}, {"reuse": 2}):
        assert not torch.equal(clip(**shortcut), exact), shortcut


@pytest.mark.parametrize("guided", [True, False])
@pytest.mark.parametrize("grid", [GRID, (7, 5)])
def test_arithmetic_counted_from_the_sizes_is_what_torch_counts(network, guided, grid):
    config = network.config
    x, pose = torch.randn(FRAMES, 4, *grid), torch.randn(FRAMES, 16, *grid)
    references = stand_in(network, grid, pose, guided=guided)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # the only one counted on processors
        network(x, torch.tensor([500]), pose, references)
    assert counter.get_total_flops() == Count(config, FRAMES, grid, guided=guided).total


@pytest.mark.parametrize("scores", [1, 40, 10**6])
def test_attention_in_pieces_is_attention(monkeypatch, scores):
    """However few scores there are at once; keys may be expanded over the frames."""
    monkeypatch.setattr(processor, "SCORES", scores)
    query = torch.randn(3, 2, 5, 8)
    key, value = (torch.randn(1, 2, 7, 8).expand(3, -1, -1, -1) for _ in range(2))
    expected = F.scaled_dot_product_attention(query, key, value)
    assert torch.allclose(processor.in_pieces(query, key, value), expected, atol=1e-6)


@pytest.mark.parametrize("tiles", [True, False])
def test_attention_in_bf16_is_near_that_of_fp32_whatever_the_processor(monkeypatch, tiles):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: tiles)
    for keys in (8, 96):
        query, key, value = torch.randn(2, 2, 8, 16), torch.randn(2, 2, keys, 16), torch.randn(2, 2, keys, 16)
        expected = F.scaled_dot_product_attention(query, key, value)
        with torch.no_grad():
            found = processor.attention(query.bfloat16(), key.bfloat16(), value.bfloat16())
        assert found.dtype == torch.bfloat16
        assert (found.float() - expected).abs().max() < 0.02 * expected.abs().max()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("grid", [(3, 2), (9, 7)])
def test_a_processor_convolves_and_norms_as_torch_does(layout, grid):
    """Small maps and large ones, whether channels lie last or not."""
    x = torch.randn(2, 8, *grid).contiguous(memory_format=layout)
    norm = GroupNorm(4, 8)
    for conv in (processor.Conv2d(8, 6, 3, padding=1), processor.Conv2d(8, 6, 1)):
        conv.to(memory_format=layout)
        with torch.no_grad():
            found = conv(norm(x, silu=True))
        expected = F.conv2d(F.silu(F.group_norm(x, 4)), conv.weight, conv.bias, padding=conv.padding)
        assert torch.allclose(found, expected, atol=1e-5)
        assert conv(x).requires_grad, "training is torch's own"


def test_products_are_torchs_with_a_bias_and_without():
    x, weight, bias = torch.randn(2, 5, 8), torch.randn(6, 8), torch.randn(6)
    for some in (bias, None):
        with torch.no_grad():
            assert torch.allclose(processor.product(x, weight, some), F.linear(x, weight, some), atol=1e-5)
