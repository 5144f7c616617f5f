"""Training: a puppet-guided network starts from doing nothing, learns, resumes to the step, and is saved whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from animate.checkpoints import load_networks
from animate.latents import PatchCodec
from training import mini, train
from training.batches import gather, load_batch, predict_velocity, prepare
from training.evaluate import predict_clip, psnr, ssim
from training.pairs import make_shard

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shard():
    return make_shard(seed=3, split="train", characters=3, targets=3, spread=True)


@pytest.fixture(scope="module")
def codec(shard) -> PatchCodec:
    codec = PatchCodec()
    train.fit_codec(codec, shard)
    return codec


def test_patches_are_linear_and_keep_the_picture(shard, codec):
    a, b = (shard[name][0, :2].float() / 127.5 - 1 for name in ("target", "moved"))
    whole, parts = codec.encode(a - b), codec.encode(a) - codec.encode(b)
    assert torch.allclose(whole, parts, atol=1e-4)
    assert psnr(codec.decode(codec.encode(a)), a).mean() > 24
    residual = codec.encode_residual(codec.project(a) - codec.project(b))
    latents = codec.add_residual(codec.project(b), residual)
    assert torch.allclose(latents, codec.encode(a), atol=1e-4)
    assert torch.allclose(codec.difference(latents, codec.project(b)), residual, atol=1e-4)
    assert codec.decode(codec.encode(a), size=(300, 200)).shape == (2, 3, 300, 200)


def test_an_untrained_network_answers_with_the_puppet(shard, codec):
    networks = mini.MiniConfig().networks(codec)
    batch = gather(prepare(shard, codec), torch.tensor([0, 2]), torch.tensor([[0, 1], [1, 2]]))
    with torch.no_grad():
        velocity = predict_velocity(networks, batch, torch.randn_like(batch.residual), torch.full((4,), 999))
    assert velocity.abs().max() == 0
    moved = shard["moved"][0].float() / 127.5 - 1
    assert psnr(predict_clip(networks, shard, 0, 1), moved).min() > 30


def run(folder, **options) -> dict:
    """The trainer as a process of its own, as it forks; its last report."""
    options = {"pairs": folder / "pairs", "held-out": folder / "pairs", "out": folder / "out", **options}
    options = {"check": 99, "characters": 2, "targets": 2, **options}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    subprocess.run([sys.executable, "-m", "training.train", *words], cwd=ROOT, check=True, capture_output=True)
    return json.loads((folder / "out/log.jsonl").read_text().splitlines()[-1])


@pytest.fixture
def folder(tmp_path, shard):
    (tmp_path / "pairs").mkdir()
    torch.save(shard, tmp_path / "pairs" / "00000.pt")
    return tmp_path


@pytest.mark.slow
def test_two_stages_resume_and_are_saved_in_the_released_layout(folder):
    first = run(folder, minutes=0.15, processes=2)
    assert first["step"] > 0
    state = torch.load(folder / "out/stage1.state", weights_only=True)
    assert state["step"] == first["step"]

    again = run(folder, minutes=0.3)
    assert again["step"] > first["step"]

    still = load_networks(folder / "out", device=torch.device("cpu"), dtype=torch.float32).denoiser.state_dict()
    run(folder, stage=2, minutes=0.1, characters=1, targets=3)
    moving = load_networks(folder / "out", device=torch.device("cpu"), dtype=torch.float32).denoiser.state_dict()
    changed = {name for name in still if not torch.equal(still[name], moving[name])}
    assert changed
    assert all("motion_modules" in name for name in changed), "the second stage trains temporal layers only"
    size = sum(file.stat().st_size for file in (folder / "out").rglob("*.safetensors"))
    assert size < 60e6
    assert (folder / "out/sheet.png").is_file()


def test_batches_are_seeded(shard, codec):
    prepared = prepare(shard, codec)
    one, two, other = (
        load_batch(prepared, torch.Generator().manual_seed(seed), characters=2, targets=2) for seed in (1, 1, 2)
    )
    assert torch.equal(one.guide, two.guide)
    assert not torch.equal(one.guide, other.guide)


def test_scores_know_better_from_worse(shard):
    truth = shard["target"][0].float() / 127.5 - 1
    noisy = (truth + 0.1 * torch.randn_like(truth)).clamp(-1, 1)
    assert psnr(noisy, truth).mean() < psnr(truth * 0.99, truth).mean()
    assert ssim(truth, truth).min() > 0.999
    assert ssim(noisy, truth).mean() < 0.9
