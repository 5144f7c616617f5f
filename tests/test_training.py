"""Training: a puppet-guided network starts from doing nothing, learns, resumes to the step, and is saved whole."""

import argparse
import itertools
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from animate.catalogue import MODELS
from animate.checkpoints import load_networks
from animate.conditions import clip_pixels
from animate.denoise import initial_noise
from animate.guide import puppet_conditions
from animate.latents import PatchCodec
from animate.puppet import Puppet
from animate.schedule import signal_levels, steps
from training import mini, packing, pairs, train
from training.batches import MIRRORED, draw, make_batch, recolouring, references_of, vary
from training.crew import EVERY
from training.evaluate import predict_clip, psnr, ssim
from training.objective import loss_of
from training.pairs import Pool, make_shard
from training.puppets import body
from training.puppets.recipe import sample_character
from training.trained import Trained

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shard():
    return make_shard(seed=3, split="train", characters=3, targets=3, spread=True)


@pytest.fixture(scope="module")
def characters(shard) -> list[dict[str, torch.Tensor]]:
    return [{name: value[i] for name, value in shard.items()} for i in range(3)]


@pytest.fixture(scope="module")
def codec(characters) -> PatchCodec:
    codec = PatchCodec()
    train.fit_codec(codec, characters)
    return codec


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


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


def test_an_untrained_network_answers_with_the_puppet(characters, codec):
    networks = mini.MiniConfig().networks(codec)
    moved = characters[0]["moved"].float() / 127.5 - 1
    for pictures in predict_clip(networks, characters[0], [1, 4]).values():
        assert psnr(pictures, moved).min() > 60


def test_the_loss_is_of_the_image(characters, codec):
    """A network that knows the residual has no loss; one that answers nothing loses the residual's square."""
    batch = make_batch(draw(characters, seeded(0), characters=2, targets=2), codec)
    levels = signal_levels("scaled_linear")
    pose, frames = torch.zeros(4, 1, 1, 1), len(batch.residual)

    ask = {"levels": levels, "clips": False}
    assert loss_of(lambda *_: batch.residual, batch, pose, [], generator=seeded(1), **ask) == 0
    lost = loss_of(lambda x, *_: torch.zeros_like(x), batch, pose, [], generator=seeded(1), **ask)
    whole = (batch.residual.square() * batch.weight).mean() / batch.weight.mean()
    assert float(lost) == pytest.approx(float(whole), rel=1e-4)
    assert frames == 4


def test_the_second_pass_begins_from_the_networks_own_guess_and_the_first_from_nothing(characters, codec):
    """Each of them with latents that a clip's walk of two steps holds then, whichever the schedule and the solver."""
    batch = make_batch(draw(characters, seeded(0), characters=3, targets=3), codec)
    levels, seen = signal_levels("scaled_linear"), []

    def note(x, timestep, *_):
        seen.append((x, timestep))
        return batch.residual + len(seen)

    loss_of(note, batch, torch.zeros(1), [], levels=levels, generator=seeded(2), clips=False)
    (nothing, start), (held, timestep) = seen
    assert (start == 999).all()
    assert torch.equal(nothing, torch.zeros_like(batch.residual))
    assert len(timestep.unique()) > 1
    signal = levels[timestep].view(-1, 1, 1, 1)
    assert torch.allclose(held, signal * (batch.residual + 1), atol=1e-5)

    for schedule, solver in itertools.product(("linear", "scaled_linear"), ("ddim", "dpm")):
        first, second = steps(2, schedule, solver=solver)
        begun = initial_noise(9, tuple(nothing.shape[1:]), seed=4, noisy=MODELS["mini"].noisy)
        assert torch.equal(begun, nothing)
        walked = first(begun, first.velocity(begun, batch.residual + 1))
        assert torch.allclose(walked, second.signal * (batch.residual + 1), atol=1e-5)


def test_clips_share_the_time_step_and_frames_do_not(characters, codec):
    batch = make_batch(draw(characters, seeded(0), characters=2, targets=3), codec)
    seen = []

    def note(x, timestep, pose, references, clips):
        seen.append((timestep, clips))
        return torch.zeros_like(x)

    for clips in (True, False):
        loss_of(note, batch, torch.zeros(1), [], levels=signal_levels("linear"), generator=seeded(1), clips=clips)
    (_, runs), (times, _), (_, none), (single, _) = seen
    assert runs == 2
    assert none == 1
    assert times[0] == times[1] == times[2] != times[3]
    assert len(single.unique()) > 2


def test_a_mirrored_character_has_its_left_where_its_right_was(characters):
    data = draw(characters, seeded(0), characters=3, targets=2)
    for seed in range(20):
        varied = vary(data, seeded(seed))
        turned = ~torch.isclose(varied["poses"], data["poses"]).flatten(1).all(1)
        if 0 < int(turned.sum()) < 3:
            break
    one = int(turned.nonzero()[0])
    width = data["reference"].shape[-1]
    joints, before = varied["poses"][one], data["poses"][one]
    assert torch.allclose(joints[:, 4, 0], width - 1 - before[:, 7, 0])  # the right wrist is where the left one was
    assert torch.equal(joints[:, 4, 2], before[:, 7, 2])
    assert sorted(MIRRORED) == list(range(134))
    assert [MIRRORED[joint] for joint in MIRRORED] == list(range(134))
    assert torch.allclose(joints[:, 125, 0], width - 1 - before[:, 104, 0])  # and so the fingers and the toes,
    assert torch.allclose(joints[:, [21, 22, 23]][..., 0], width - 1 - before[:, [18, 19, 20]][..., 0])
    chin, lid = (24 + 8, 24 + 36)  # and the face
    assert (MIRRORED[chin], MIRRORED[lid]) == (chin, 24 + 45)
    assert torch.equal(varied["mask"][one], data["mask"][one].flip(-1))
    assert torch.equal(varied["mask"][~turned], data["mask"][~turned])


def test_colours_change_alike_in_all_of_a_characters_pictures(characters):
    grey = {name: value.clone() for name, value in draw(characters, seeded(0), characters=2, targets=2).items()}
    for name in ("reference", "target", "moved", "background"):
        grey[name][:] = 128
    varied = vary(grey, seeded(3))
    first = varied["reference"][0, :, 0, 0]
    for name in ("reference", "target", "moved", "background"):
        assert torch.allclose(varied[name][0].flatten(-2).movedim(-2, 0).flatten(1), first[:, None], atol=1e-3), name
    assert not torch.allclose(varied["reference"][1, :, 0, 0], first)
    matrices, _ = recolouring(50, seeded(1))
    assert matrices.isfinite().all()


def test_the_reference_is_read_once_a_character(characters, codec):
    networks = mini.MiniConfig().networks(codec)
    batch = make_batch(draw(characters, seeded(0), characters=2, targets=3), codec)
    with torch.no_grad():
        references = references_of(networks, batch)
    assert len(references) == len(networks.denoiser.spatial_blocks())
    for layer in references:
        assert len(layer.key) == 6
        assert torch.equal(layer.key[0], layer.key[2])
        assert not torch.equal(layer.key[0], layer.key[3])


def test_a_face_in_the_mirror_is_numbered_as_a_face():
    marks, _ = body._face_marks(sample_character(np.random.default_rng(1), "train").face)
    points = np.zeros((134, 2))
    points[24:92] = marks[5:]
    assert np.allclose(points[MIRRORED] * [-1, 1], points)


def test_the_guide_is_that_of_rendering(characters, codec):
    """For the same picture and poses, feet and hands and all."""
    batch = make_batch({name: value[None] for name, value in characters[0].items()}, codec)
    reference, poses = characters[0]["reference"].movedim(0, -1).numpy(), characters[0]["poses"].numpy()
    puppet, seen = Puppet.cut(reference, poses[0]), []
    networks = mini.MiniConfig().networks(codec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks.guider, "features", lambda guide: (seen.append(guide), guide)[1])
        patch.setattr("animate.guide.read_reference", lambda *given: seen.append(given[-1]))
        behind = puppet.from_behind(poses[1:], clip=False)
        puppet_conditions(networks, reference, puppet, poses[1:], behind=behind)
    guide, beside = seen
    limbs = slice(-mini.LIMB_MAPS, None)
    assert torch.allclose(batch.guide[:, limbs], guide[:, limbs], atol=1e-4)
    assert torch.allclose(batch.reference[:, limbs], beside[:, limbs], atol=1e-4)
    assert (guide[:, limbs][:, 10:14].amax((0, 2, 3)) > 0).any(), "hands or feet are seen"
    assert (batch.guide - guide).abs().mean() < 0.02


def test_the_picture_is_embedded_in_training_as_in_rendering(characters, codec):
    drawn = draw(characters, seeded(0), characters=2, targets=1)
    pixels = make_batch(drawn, codec).pixels
    for picture, made in zip(drawn["reference"], pixels, strict=True):
        rendered = clip_pixels(picture.movedim(0, -1).numpy())[0]
        assert (made - rendered).abs().mean() < 0.006  # one of 256 levels is 0.015


def test_the_pool_grows_as_shards_come(tmp_path, shard):
    pool = Pool(tmp_path, limit=5)
    assert pool.refresh() == 0
    torch.save(shard, tmp_path / "00000.pt")
    (tmp_path / "00001.part").write_bytes(b"half")
    assert pool.refresh() == 3
    torch.save(shard, tmp_path / "00001.pt")
    assert pool.refresh() == 6
    torch.save(shard, tmp_path / "00002.pt")
    assert pool.refresh() == 6, "the limit"
    with pytest.raises(FileNotFoundError, match=r"training\.pairs"):
        train.wait_for(Pool(tmp_path / "none"), 1)


def test_pairs_that_are_there_are_kept(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(pairs, "make_shard", lambda *, seed, **_: (made.append(seed), {"reference": torch.zeros(1)})[1])
    monkeypatch.setattr(pairs.cv2, "setNumThreads", lambda _: None)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    (tmp_path / "00008.pt").write_bytes(b"of an earlier call")
    asked = {"out": tmp_path, "first": 7, "shards": 3, "workers": 1, "held_out": False, "clips": False}
    pairs.make_shards(argparse.Namespace(**asked, characters=1, targets=1), 0)
    assert made == [7, 9]
    assert (tmp_path / "00008.pt").read_bytes() == b"of an earlier call"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["00007.pt", "00008.pt", "00009.pt"]


def fails(arguments: argparse.Namespace, worker: int) -> None:
    sys.exit(worker)


def test_clips_to_train_on_have_the_rates_of_rendered_ones_and_those_held_out_the_worlds(monkeypatch):
    asked = []
    monkeypatch.setattr(pairs, "pairs_of_one", lambda *_, rate, **__: (asked.append(rate), {"x": torch.zeros(1)})[1])
    ask = {"seed": 5, "targets": 2, "spread": False, "characters": 40}
    for split in ("train", "train", "held-out"):
        make_shard(**ask, split=split)
    assert asked[:40] == asked[40:80], "seeded"
    assert set(asked[:40]) == set(pairs.RATES)
    assert max(pairs.RATES) == MODELS["mini"].rate
    assert set(asked[80:]) == {12.5}


def test_processes_that_fail_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "make_shards", fails)
    monkeypatch.setattr(sys, "argv", ["pairs", "--out", str(tmp_path), "--workers", "2"])
    with pytest.raises(SystemExit, match="1 of 2"):
        pairs.main()


def run(folder, **options) -> dict:
    """The trainer, as a process of its own where it forks; its last report."""
    options = {"pairs": folder / "pairs", "held-out": folder / "held", "out": folder / "out", **options}
    options = {"check": 99, "characters": 2, "targets": 2, **options}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    if "processes" in options:
        subprocess.run([sys.executable, "-m", "training.train", *words], cwd=ROOT, check=True, capture_output=True)
    else:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["train", *words, "--threads", str(torch.get_num_threads())])
            patch.setattr(torch.backends.cudnn, "benchmark", False)  # which it sets for all that comes after
            train.main()
    return json.loads((folder / "out/log.jsonl").read_text().splitlines()[-1])


@pytest.fixture
def folder(tmp_path, shard):
    """Pairs to train with, and one to be judged by."""
    for name, count in (("pairs", 3), ("held", 1)):
        (tmp_path / name).mkdir()
        torch.save({key: value[:count].clone() for key, value in shard.items()}, tmp_path / name / "00000.pt")
    return tmp_path


@pytest.fixture
def small(monkeypatch):
    """What is trained is smaller than the embedded model."""
    sizes = {"channels": (32, 32), "heads": (1, 1), "spatial": (True, True)}
    monkeypatch.setattr(mini, "MiniConfig", partial(mini.MiniConfig, **sizes))


class Killed(Exception):
    """In place of the end of a process."""


def test_what_a_run_has_come_to_is_packed_whole(tmp_path, monkeypatch):
    model, out = tmp_path / "model", tmp_path / "out"
    (model / "image_encoder").mkdir(parents=True)
    names = ("log.jsonl", "sheet.png", "pose_guider.safetensors", "image_encoder/model.safetensors")
    for name in names:
        (model / name).write_bytes(name.encode() * 2000)
    (model / "stage1.state").write_bytes(b"what only going on needs")
    monkeypatch.setattr(packing, "PART", 20_000)
    first = packing.pack(model, out)
    assert len(sorted(first.glob("model.tar.*"))) > 3
    assert max(file.stat().st_size for file in first.glob("model.tar.*")) == 20_000

    # the next one is ended while it is written: the first is there, and is the only one that looks whole
    with monkeypatch.context() as patch:
        patch.setattr(packing.shutil, "copy", lambda *_: exec("raise KeyboardInterrupt"))
        with pytest.raises(KeyboardInterrupt):
            packing.pack(model, out)
    assert sorted(out.glob("model-*")) == [first]
    (model / "log.jsonl").write_text("a line more")
    second = packing.pack(model, out)
    assert sorted(out.iterdir()) == [second]
    assert second.name > first.name
    assert (second / "log.jsonl").read_text() == "a line more"
    (tmp_path / "again").mkdir()
    command = f"cat {second}/model.tar.* | tar -x -C {tmp_path / 'again'}"
    subprocess.run(command, shell=True, check=True)
    unpacked = {str(file.relative_to(tmp_path / "again")) for file in (tmp_path / "again").rglob("*") if file.is_file()}
    assert unpacked == set(names)


def test_a_step_without_numbers_leaves_everything_as_it_was():
    config = mini.MiniConfig(channels=(32, 32), heads=(1, 1), spatial=(True, True), groups=8, latents=8, embedding=32)
    trained = Trained.of(config.networks(PatchCodec(8), motion=False), stage=1, rate=1e-3)
    for wrong in (1.0, torch.nan, torch.inf, 1.0):
        before = [p.detach().clone() for p in trained.parameters]
        trained.update(sum(p.square().sum() for p in trained.parameters) * wrong, rate=1e-3)  # type: ignore[arg-type]
        moved = [not torch.equal(a, b) for a, b in zip(before, trained.parameters, strict=True)]
        assert any(moved) == (wrong == 1)
    assert all(each.isfinite().all() for each in (*trained.parameters, *trained.average))


@pytest.mark.usefixtures("small")
def test_a_second_call_trains_for_as_many_minutes_more(folder, monkeypatch):
    """By a clock that goes on by a second whenever it is looked at."""
    clock, rates, update = itertools.count(), [], Trained.update

    def note(trained: Trained, loss: torch.Tensor, *, rate: float) -> None:
        rates.append(rate / 1e-4 / min(1.0, (trained.step + 1) / 100))  # but for warming up
        update(trained, loss, rate=rate)

    monkeypatch.setattr(Trained, "update", note)
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: float(next(clock)), sleep=lambda _: None))
    first = run(folder, minutes=0.15, rate=1e-4)
    assert not (folder / "packed").exists()
    steps, _ = len(rates), rates.clear()
    assert first["step"] == steps > 2
    second = run(folder, minutes=0.15, rate=1e-4, pack=folder / "packed")
    assert (folder / "packed/model-0001/model.tar.00").is_file()
    assert second["step"] == pytest.approx(2 * steps, abs=1), "it need not look whether a codec's pairs have come"
    assert second["frames a second"] > 0
    assert rates[0] == pytest.approx(1), "half of its time is ahead"
    assert rates == pytest.approx(sorted(rates, reverse=True))
    assert rates[-1] < 0.6
    train.time.time = lambda: 1060.0  # type: ignore[misc]
    waited, wait_for = [], train.wait_for
    monkeypatch.setattr(
        train, "wait_for", lambda pool, count, **how: (waited.append(count), wait_for(pool, count, **how))
    )
    third = run(folder, minutes=1, since=1000, judges=2)
    assert third["step"] == second["step"] + 1, "its minute was over when it came"
    assert waited == [2, 1, 2], "for a batch, somebody to be judged by, and before that the others"
    assert third["judges"] == 1, "as many as were there in time"


@pytest.mark.usefixtures("small")
def test_a_run_that_is_killed_before_its_first_validation_goes_on_with_its_codec(folder, shard, monkeypatch):
    monkeypatch.setattr(train, "SAVE_EVERY", 0.0)
    save = Trained.save

    def save_and_end(trained: Trained, file: Path) -> None:
        save(trained, file)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trained, "save", save_and_end)
        with pytest.raises(Killed):
            run(folder, minutes=0.01)
    state = torch.load(folder / "out/stage1.state", weights_only=True)
    torch.save(
        shard | {"reference": 255 - shard["reference"]}, folder / "pairs/000.pt"
    )  # a codec fitted now is another

    again = run(folder, minutes=0)
    assert again["step"] == state["step"] + 1
    codec = load_file(folder / "out/patch_codec.safetensors")
    assert codec.keys() == state["codec"].keys()
    assert [name for name, value in codec.items() if not torch.equal(value, state["codec"][name])] == []

    # a file of the model is cut: the state holds all that is in it
    cut = folder / "out/denoising_unet.safetensors"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    assert run(folder, minutes=0)["step"] == again["step"] + 1


def test_a_model_is_saved_whole_or_stays_as_it_was(tmp_path, codec, monkeypatch):
    networks = mini.MiniConfig().networks(codec)
    mini.save(networks, tmp_path, mini.MiniConfig())
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert len(before) == 9
    with torch.no_grad():
        networks.denoiser.conv_in.weight.add_(1)
    saved, write = [], mini.save_file

    def save_some(state, file) -> None:
        write(state, file)
        saved.append(file)
        if len(saved) == 3:
            raise Killed

    monkeypatch.setattr(mini, "save_file", save_some)
    with pytest.raises(Killed):
        mini.save(networks, tmp_path, mini.MiniConfig())
    assert {file: file.read_bytes() for file in before} == before
    monkeypatch.setattr(mini, "save_file", write)
    mini.save(networks, tmp_path, mini.MiniConfig())
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == before.keys()
    assert (tmp_path / "denoising_unet.safetensors").read_bytes() != before[tmp_path / "denoising_unet.safetensors"]


def test_single_frames_trained_again_keep_the_trained_temporal_layers(tmp_path, codec):
    config = mini.MiniConfig()
    networks = config.networks(codec)
    with torch.no_grad():
        for name, value in networks.denoiser.named_parameters():
            value.add_(0.01 * ("motion_modules" in name))
    mini.save(networks, tmp_path, config)
    before = load_file(tmp_path / "motion_module.safetensors")
    still = mini.load(tmp_path, motion=False)
    with torch.no_grad():
        still.denoiser.conv_in.weight.add_(1)
    mini.save(train.with_motion(still, tmp_path, config), tmp_path, config)
    after = load_file(tmp_path / "motion_module.safetensors")
    assert [name for name in before if not torch.equal(before[name], after[name])] == []
    changed = load_file(tmp_path / "denoising_unet.safetensors")["conv_in.weight"]
    assert torch.allclose(changed.float(), networks.denoiser.conv_in.weight + 1, atol=1e-2)

    silent = train.with_motion(still, tmp_path / "nowhere", config).denoiser.state_dict()
    layers = [name for name in silent if name.endswith("temporal_transformer.proj_out.weight")]
    assert layers
    assert all((silent[name] == 0).all() for name in layers)


def test_clips_are_not_trained_where_no_single_frames_were(folder, codec):
    """What answers nothing would go on answering nothing, since the last layer is the first stage's."""
    with pytest.raises(FileNotFoundError, match="train one with --stage 1"):
        run(folder, stage=2, minutes=0.01)
    assert not (folder / "out").exists()
    mini.save(mini.MiniConfig().networks(codec), folder / "out", mini.MiniConfig())
    with pytest.raises(FileNotFoundError, match="No first stage"):
        run(folder, stage=2, minutes=0.01)
    assert not (folder / "out/log.jsonl").exists()


@pytest.mark.slow
def test_two_stages_resume_and_are_saved_in_the_released_layout(folder):
    first = run(folder, minutes=0.05, processes=2)
    assert first["step"] >= EVERY, "they have met"
    state = torch.load(folder / "out/stage1.state", weights_only=True)
    assert state["step"] == first["step"]

    again = run(folder, minutes=0.05)
    assert again["step"] > first["step"]
    assert torch.load(folder / "out/stage1.state", weights_only=True)["seconds"] > state["seconds"], "what was spent"

    still = load_networks(folder / "out", device=torch.device("cpu"), dtype=torch.float32).denoiser.state_dict()
    run(folder, stage=2, minutes=0.1, characters=1, targets=3)
    moving = load_networks(folder / "out", device=torch.device("cpu"), dtype=torch.float32).denoiser.state_dict()
    changed = {name for name in still if not torch.equal(still[name], moving[name])}
    assert changed
    assert all("motion_modules" in name for name in changed), "the second stage trains temporal layers only"
    size = sum(file.stat().st_size for file in (folder / "out").rglob("*.safetensors"))
    assert size < 60e6
    assert (folder / "out/sheet.png").is_file()


def test_batches_are_seeded(characters, codec):
    one, two, other = (
        make_batch(vary(draw(characters, seeded(seed), characters=2, targets=2), seeded(seed)), codec)
        for seed in (1, 1, 2)
    )
    assert torch.equal(one.guide, two.guide)
    assert not torch.equal(one.guide, other.guide)


def test_scores_know_better_from_worse(shard):
    truth = shard["target"][0].float() / 127.5 - 1
    noisy = (truth + 0.1 * torch.randn_like(truth)).clamp(-1, 1)
    assert psnr(noisy, truth).mean() < psnr(truth * 0.99, truth).mean()
    assert ssim(truth, truth).min() > 0.999
    assert ssim(noisy, truth).mean() < 0.9
