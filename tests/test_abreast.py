"""Both branches of guidance side by side give what they give one after the other."""

import pytest
import torch

from animate import abreast
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


@pytest.mark.parametrize("tokens", [1, 4])
@pytest.mark.parametrize("how", [{}, {"reuse": 2}, {"reuse": 3, "guided": 0.4}])
def test_side_by_side_or_one_after_the_other(network, tokens, how, monkeypatch):
    both = references(network, tokens)
    noise, pose = torch.randn(FRAMES, 4, *GRID), torch.randn(FRAMES, 16, *GRID)
    found, frames = [], []
    network.register_forward_hook(lambda _network, given, _answer: frames[-1].append(len(given[0])))
    for few in (0, abreast.FEW):
        monkeypatch.setattr(abreast, "FEW", few)
        frames.append([])
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
    assert (found[0] - found[1]).abs().max() <= 1e-5 * found[0].abs().max()
    assert set(frames[0]) == {4}
    assert frames[1].count(8) == (len(frames[0]) - len(frames[1])) > 0
