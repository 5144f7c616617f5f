"""Both branches of guidance at once give what they give one after the other."""

import threading
from collections.abc import Iterator

import pytest
import torch

from animate import abreast, processor
from animate.denoise import after_steps, denoise
from animate.layers import LayerReference
from animate.reference import ReferenceFeatures
from animate.schedule import steps
from animate.unet import DenoisingUNet, UNetConfig
from animate.windows import cuts
from benchmarks.subject import stand_in

GRID, FRAMES = (8, 6), 6


@pytest.fixture
def network() -> DenoisingUNet:
    torch.manual_seed(0)
    config = UNetConfig(channels=(16, 32, 32, 32), heads=(2, 2, 2, 2), groups=4, clip_size=24, max_frames=8)
    return DenoisingUNet(config).eval().requires_grad_(False)


def references(network: DenoisingUNet, tokens: int) -> ReferenceFeatures:
    """tokens: of the image encoder."""
    like = torch.empty(0)
    branches = [stand_in(network, GRID, like, guided=guided) for guided in (True, False)]
    if tokens > 1:
        branches = [[several(r, tokens) for r in branch] for branch in branches]
    return ReferenceFeatures(*branches)


def several(reference: LayerReference, tokens: int) -> LayerReference:
    shape = (1, reference.key.shape[1], tokens, reference.key.shape[3])
    return LayerReference(reference.key, reference.value, torch.randn(shape), torch.randn(shape))


@pytest.fixture(autouse=True)
def cores() -> Iterator[int]:
    """Three threads, of which one branch gets one, and the other two."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield 3
    torch.set_num_threads(before)


@pytest.mark.parametrize("tokens", [1, 4])
@pytest.mark.parametrize("how", [{}, {"reuse": 2}, {"reuse": 3, "guided": 0.4}])
def test_at_once_or_one_after_the_other(network, tokens, how, monkeypatch, cores):
    both = references(network, tokens)
    noise, pose = torch.randn(FRAMES, 4, *GRID), torch.randn(FRAMES, 16, *GRID)
    found, places = [], []
    network.register_forward_hook(lambda *_: places[-1].append((threading.get_ident(), torch.get_num_threads())))
    for pays in (abreast.pays, lambda _x: False):
        monkeypatch.setattr(abreast, "pays", pays)
        places.append([])
        walk = denoise(
            network,
            noise,
            pose=pose,
            references=both,
            steps=[*steps(4)],
            cuts=cuts(FRAMES, 4, 2),
            guidance=3.0,
            **how,
        )
        found.append([*after_steps(walk)][-1])
        assert torch.get_num_threads() == cores
    assert (found[0] - found[1]).abs().max() <= 1e-5 * found[0].abs().max()
    assert len(places[0]) == len(places[1])
    us = threading.get_ident()
    assert {*places[1]} == {(us, 3)}
    beside = [threads for thread, threads in places[0] if thread != us]
    assert {*beside} == {2}
    assert len(beside) == sum(place == (us, 1) for place in places[0])


def test_both_work_at_the_same_time():
    meeting = threading.Barrier(2)

    def meet() -> torch.Tensor:
        assert not torch.is_grad_enabled()
        meeting.wait(30)
        return torch.zeros(1)

    abreast.at_once(meet, meet)


@pytest.mark.parametrize("failing", [0, 1])
def test_what_fails_in_either_fails_and_the_cores_are_as_before(failing, cores):
    def fail() -> torch.Tensor:
        raise MemoryError

    works = [lambda: torch.zeros(1)] * 2
    works[failing] = fail
    with pytest.raises(MemoryError):
        abreast.at_once(*works)
    assert torch.get_num_threads() == cores


def test_it_does_not_pay_on_one_core_nor_where_only_one_thread_would_know_how_to_count():
    x = torch.zeros(24, 4, 48, 32)
    with torch.no_grad():
        assert processor.fit(x)
        assert abreast.pays(x)
        with torch.autocast("cpu", torch.bfloat16):
            assert not abreast.pays(x)
        assert not abreast.pays(torch.zeros(24, 4, 96, 64)), "memory"
        torch.set_num_threads(1)
        assert not abreast.pays(x)
    assert not abreast.pays(x)
