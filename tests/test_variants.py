"""The paper's own parts beside the released ones: its pose guider, and image encoders that give several tokens."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.attention_processor import Attention as Peer
from diffusers.models.attention_processor import AttnProcessor
from diffusers.models.embeddings import ImageProjection, IPAdapterFullImageProjection, IPAdapterPlusImageProjection
from safetensors.torch import save_file

from animate import Animator, RenderSettings, catalogue
from animate.checkpoints import load_networks
from animate.conditions import embed
from animate.layers import SpatialBlock
from animate.pose_guider import PAPER, PoseGuider
from animate.schedule import signal_levels
from tests import toy

SMALL = RenderSettings(width=64, height=72, steps=2, guidance=2.0, window=4, overlap=1)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A toy checkpoint of one's own."""
    return Path(shutil.copytree(toy.folder(), tmp_path / "checkpoint"))


def final(folder: Path) -> torch.Tensor:
    animator = Animator.load(folder, device="cpu", dtype=torch.float32)
    rng = np.random.default_rng(0)
    picture, skeletons = (rng.integers(0, 255, (*n, 72, 64, 3), dtype=np.uint8) for n in ((), (3,)))
    latents = [*animator.denoise(picture, skeletons, SMALL)][-1]
    assert animator.decode(latents).shape == (3, 72, 64, 3)
    return latents


def test_the_papers_guider_has_the_papers_layers():
    guider = PoseGuider(**PAPER)
    convolutions = [conv for conv in guider.blocks if isinstance(conv, torch.nn.Conv2d)]
    assert [conv.out_channels for conv in convolutions] == [16, 32, 64, 128]
    assert {(conv.kernel_size, conv.stride) for conv in convolutions} == {((4, 4), (2, 2))}
    assert all(conv.weight.std() > 0 for conv in convolutions)
    assert guider.conv_out.out_channels == 320


@pytest.mark.parametrize(("height", "width"), [(64, 64), (72, 104), (8, 24)])
def test_its_features_have_the_latents_size_and_begin_as_zeros(height, width):
    guider = PoseGuider(32, **PAPER)
    features = guider(torch.rand(2, 3, height, width))
    assert features.shape == (2, 32, height // 8, width // 8)
    assert not features.any()
    assert torch.equal(guider.features(torch.rand(3, 3, height, width)), torch.zeros(3, 32, *features.shape[2:]))


def test_its_gradient_reaches_the_projection_first_and_then_all_of_it():
    guider = PoseGuider(8, **PAPER)
    pictures, wanted = torch.rand(2, 3, 16, 16), torch.randn(2, 8, 2, 2)
    optimiser = torch.optim.SGD(guider.parameters(), lr=0.1)
    losses = []
    for at in range(20):
        loss = (guider(pictures) - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        moved = {name for name, p in guider.named_parameters() if p.grad is not None and p.grad.any()}
        first = {"conv_out.weight", "conv_out.bias"}
        assert moved == (first if at == 0 else {name for name, _ in guider.named_parameters()})
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_it_is_recognised_by_shape_and_renders(folder):
    guider = PoseGuider(32, **PAPER)
    torch.save(guider.state_dict(), folder / "pose_guider.pth")
    model, files = catalogue.find(folder)
    assert model.name == "moore", "not novita, whose widths are the same"
    loaded = load_networks(files, device=torch.device("cpu"), dtype=torch.float32).guider
    assert loaded.conv_in is None
    assert all(torch.equal(value, guider.state_dict()[name]) for name, value in loaded.state_dict().items())
    silent = final(folder)
    with torch.no_grad():
        guider.conv_out.weight.normal_()
    torch.save(guider.state_dict(), folder / "pose_guider.pth")
    assert not torch.allclose(silent, final(folder), atol=1e-3), "what it sees moves the clip"


def test_training_trains_it():
    """By the objective and the optimiser of training/, as the guider of a small model that reads pictures."""
    from animate.latents import PatchCodec
    from training.batches import Batch, references_of
    from training.mini import MiniConfig
    from training.objective import loss_of
    from training.trained import Trained

    torch.manual_seed(0)
    config = MiniConfig(channels=(32, 32), heads=(1, 1), spatial=(True, True), groups=8, latents=8, embedding=32)
    networks = config.networks(PatchCodec(8), motion=False)
    networks = replace(networks, guider=PoseGuider(32, **PAPER))
    pictures, reference = torch.rand(2, 3, 32, 32), torch.randn(1, 8 + 46, 4, 4)
    residual = torch.randn(2, 8, 4, 4)
    batch = Batch(pictures, residual, torch.ones(2, 1, 4, 4), reference, torch.randn(1, 3, 224, 224))
    trained = Trained.of(networks, stage=1, rate=3e-3)
    before = {name: value.clone() for name, value in networks.guider.state_dict().items()}
    generator, levels, losses = torch.Generator().manual_seed(0), signal_levels("scaled_linear"), []
    for _ in range(12):
        loss = loss_of(
            networks.denoiser,
            batch,
            networks.guider(batch.guide),
            references_of(networks, batch),
            levels=levels,
            generator=generator,
            clips=False,
        )
        trained.update(loss, rate=3e-3)
        losses.append(loss.item())
    assert min(losses[-3:]) < losses[0]
    assert all((value != before[name]).any() for name, value in networks.guider.state_dict().items())


def block_and_peer() -> tuple[SpatialBlock, Peer]:
    torch.manual_seed(1)
    block = SpatialBlock(16, 2, 12)
    peer = Peer(16, cross_attention_dim=12, heads=2, dim_head=8, processor=AttnProcessor())  # type: ignore[arg-type]
    peer.load_state_dict(block.attn2.state_dict())
    return block, peer


@torch.no_grad()
@pytest.mark.parametrize("tokens", [1, 2, 5])
def test_attention_to_any_number_of_tokens_is_diffusers_own(tokens):
    block, peer = block_and_peer()
    x, clip, reference = torch.randn(3, 7, 16), torch.randn(1, tokens, 12), torch.randn(1, 4, 16)
    taken = block.project(reference, clip)
    assert (taken.clip_key is None) == (tokens == 1), "the constant serves one token alone"
    y = x + block.attn1(block.norm1(x), taken)
    y = y + peer(block.norm2(y), encoder_hidden_states=clip.expand(3, -1, -1))
    assert torch.allclose(block(x, taken), y + block.ff(block.norm3(y)), atol=1e-5)


@torch.no_grad()
def test_a_token_several_times_over_is_that_token():
    block, _ = block_and_peer()
    x, one, reference = torch.randn(3, 7, 16), torch.randn(12), torch.randn(1, 4, 16)
    several = block.project(reference, one.expand(1, 4, 12))
    assert several.clip_key is not None
    assert torch.allclose(block(x, several), block(x, block.project(reference, one)), atol=1e-5)


def projections(size: int, hidden: int) -> dict[str, torch.nn.Module]:
    torch.manual_seed(2)
    plus = IPAdapterPlusImageProjection(
        embed_dims=hidden, output_dims=size, hidden_dims=32, depth=2, dim_head=32, heads=1, num_queries=3
    )
    return {
        "resampler": plus,
        "every": IPAdapterFullImageProjection(hidden, size),
        "four": ImageProjection(size, size, 4),
    }


@pytest.mark.parametrize(("kind", "tokens"), [("resampler", 3), ("every", 50), ("four", 4)])
def test_checkpoints_whose_image_encoder_gives_several_tokens(folder, kind, tokens):
    plain = final(folder)
    bare = load_networks(folder, device=torch.device("cpu"), dtype=torch.float32)
    hidden = bare.clip.config.hidden_size
    made = projections(bare.denoiser.config.clip_size, hidden)[kind]
    save_file(made.state_dict(), folder / "image_projection.safetensors")
    networks = load_networks(folder, device=torch.device("cpu"), dtype=torch.float32)
    picture = np.full((72, 64, 3), 90, np.uint8)
    clip = embed(networks, picture)
    patches = (bare.clip.config.image_size // bare.clip.config.patch_size) ** 2 + 1
    assert clip.shape == (1, patches if kind == "every" else tokens, networks.denoiser.config.clip_size)
    assert type(networks.projection) is type(made)
    latents = final(folder)
    assert latents.isfinite().all()
    assert not torch.allclose(latents, plain, atol=1e-3)
    with torch.no_grad():  # each layer attends to the tokens exactly as diffusers' attention does
        block = networks.denoiser.spatial_blocks()[0]
        size, heads = block.norm2.normalized_shape[0], block.attn2.heads
        peer = Peer(size, cross_attention_dim=clip.shape[-1], heads=heads, dim_head=size // heads)
        peer.load_state_dict(block.attn2.state_dict())
        taken, x = block.project(torch.zeros(1, 0, size), clip), torch.randn(2, 6, size)
        assert taken.clip_key is not None
        assert torch.allclose(
            block.attn2.attend(x, taken.clip_key, taken.clip), peer(x, clip.expand(2, -1, -1)), atol=1e-5
        )


def test_small_plans_give_the_same_with_several_tokens(folder):
    from animate.memory import PLANS, Lodging

    bare = load_networks(folder, device=torch.device("cpu"), dtype=torch.float32)
    made = projections(bare.denoiser.config.clip_size, bare.clip.config.hidden_size)["resampler"]
    save_file(made.state_dict(), folder / "image_projection.safetensors")
    expected = final(folder)
    animator = Animator.load(folder, device="cpu", dtype=torch.float32)
    assert animator.lodging
    room = int(animator.lodging.need(PLANS[-1], SMALL) / 0.85) + 1000
    animator.lodging = Lodging(animator.networks, torch.device("cpu"), free=lambda: room)
    rng = np.random.default_rng(0)
    picture, skeletons = (rng.integers(0, 255, (*n, 72, 64, 3), dtype=np.uint8) for n in ((), (3,)))
    latents = [*animator.denoise(picture, skeletons, SMALL)][-1]
    assert animator.lodging.plan == PLANS[-1]
    assert (latents - expected).abs().max() <= 1e-5
