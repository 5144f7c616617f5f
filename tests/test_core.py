"""The diffusion core by itself: one graph, windows that meet without a seam, noise, the schedule, strict loading."""

import gzip
import io
import json
import re
import shutil
import zipfile
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from animate import (
    Animator,
    BadSettings,
    RenderSettings,
    WeightsDamaged,
    WeightsMismatch,
    WeightsMissing,
    catalogue,
    conditions,
)
from animate.checkpoints import load_networks
from animate.conditions import clip_pixels, skeleton_conditions, to_tensor
from animate.denoise import Passed, after_steps, denoise, initial_noise
from animate.reference import ReferenceFeatures
from animate.schedule import signal_levels, steps
from animate.stored import read_state
from animate.unet import DenoisingUNet, UNetConfig
from animate.windows import cuts, windows
from studio.words import Words
from tests import toy

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def animator() -> Animator:
    return Animator.load(toy.folder(), device="cpu", dtype=torch.float32)


@pytest.mark.parametrize(("dtype", "rounded"), [(torch.float32, False), (torch.float16, True)])
def test_convolutions_of_fp32_are_not_rounded_where_fp32_is_asked_for(dtype, rounded, monkeypatch):
    """As CUDA would, to TF32, which torch lets it by itself."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    load_networks(toy.folder(), device=CPU, dtype=dtype)
    assert torch.backends.cudnn.allow_tf32 == rounded


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_levels_of_frames_are_the_same_numbers_wherever_they_become_numbers(dtype):
    frames = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    found = to_tensor(frames, torch.empty(0, dtype=dtype))
    assert found.dtype == dtype
    assert torch.equal(found, to_tensor(frames).to(dtype))
    assert torch.equal(to_tensor(frames)[0, 0].flatten(), torch.arange(256) / 255)


def test_skeletons_are_sent_to_the_device_as_bytes_and_a_few_at_a_time(animator, monkeypatch):
    """The device is imaginary: what is sent to it has no numbers."""

    class Sent(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            if func is torch.ops.aten._to_copy.default and (args[0].device, out.device) == (CPU, torch.device("meta")):
                sent.append((args[0].dtype, len(out)))
            return out

    sent: list[tuple[torch.dtype, int]] = []
    networks = replace(animator.networks, guider=deepcopy(animator.networks.guider).to("meta", torch.float16))
    monkeypatch.setattr(conditions, "read_reference", lambda *_given, **_more: None)
    with Sent():
        pose = skeleton_conditions(networks, np.zeros((64, 64, 3), np.uint8), np.zeros((19, 64, 64, 3), np.uint8)).pose
    assert (pose.shape, pose.dtype) == ((19, 32, 8, 8), torch.float16)
    assert sent == [(torch.uint8, 8), (torch.uint8, 8), (torch.uint8, 3)]


@pytest.mark.parametrize("size", [(64, 64), (96, 64), (64, 96), (101, 64), (64, 101), (190, 64)])
def test_a_picture_is_reflected_to_a_square_as_torch_pads(size):
    """As novita's own code has it, in torch: half of what lacks on either side, what is odd on the last."""
    height, width = size
    picture = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    x, y = (max(size) - width) // 2, (max(size) - height) // 2
    beside = (x, max(size) - width - x, y, max(size) - height - y)
    expected = functional.pad(torch.from_numpy(picture).movedim(-1, 0)[None].float(), beside, mode="reflect")
    assert np.array_equal(conditions.reflected(picture), expected[0].movedim(0, -1).numpy())


def test_a_picture_too_narrow_to_be_mirrored_once_is_mirrored_on():
    narrow = np.arange(3, dtype=np.uint8)[None, :, None].repeat(13, 0).repeat(3, 2)
    assert conditions.reflected(narrow)[0, :, 0].tolist() == [1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1]


@pytest.mark.parametrize("name", ["moore", "musepose", "novita"])
def test_what_the_image_encoder_sees_is_as_its_model_was_trained(name, monkeypatch):
    animator, case = Animator.load(toy.folder(), device="cpu", dtype=torch.float32), toy.case("unguided")
    animator.model = catalogue.MODELS[name]
    picture, seen = case["reference"], []
    assert picture.shape[0] != picture.shape[1]
    monkeypatch.setattr(conditions, "clip_pixels", lambda shown: seen.append(shown) or clip_pixels(shown))
    settings = animator.model.settings(picture.shape[1], picture.shape[0], steps=1, window=8, overlap=2)
    next(animator.denoise(picture, case["skeletons"], settings))
    assert np.array_equal(seen[0], conditions.reflected(picture) if name == "novita" else picture)


@pytest.mark.parametrize("guided", [True, False])
def test_the_network_is_one_graph(guided):
    """Of every kind of block one is enough: the more there are, the longer it is traced. What attends along time is
    there once, as it knows nothing of guidance."""
    sizes = UNetConfig(
        channels=(32, 64), layers=1, spatial=(True, False), heads=(8, 8), clip_size=64, groups=8, motion=guided
    )
    network = DenoisingUNet(sizes)
    tokens = [torch.randn(1, 6 if guided else 0, block.norm1.normalized_shape[0]) for block in network.spatial_blocks()]
    references = network.project(tokens, torch.randn(64))
    inputs = (torch.randn(3, 4, 9, 7), torch.tensor([999]), torch.randn(3, 32, 9, 7), references)
    torch._dynamo.reset()
    explained = torch._dynamo.explain(network)(*inputs)
    assert explained.graph_count == 1
    assert explained.graph_break_count == 0, explained.break_reasons


def test_clips_side_by_side_do_not_see_each_other(animator):
    torch.manual_seed(0)
    network = animator.networks.denoiser
    tokens = [torch.randn(1, 6, block.norm1.normalized_shape[0]) for block in network.spatial_blocks()]
    references = network.project(tokens, torch.randn(64))
    latents, pose, timestep = torch.randn(6, 4, 8, 6), torch.randn(6, 32, 8, 6), torch.tensor([400])
    with torch.no_grad():
        together = network(latents, timestep, pose, references, clips=2)
        apart = [network(latents[run], timestep, pose[run], references) for run in (slice(0, 3), slice(3, 6))]
        as_one = network(latents, timestep, pose, references)
    assert torch.allclose(together, torch.cat(apart), atol=1e-4)
    assert not torch.allclose(together, as_one, atol=0.1)


def test_released_size_has_every_key():
    with torch.device("meta"):
        names = DenoisingUNet(UNetConfig()).state_dict()
    assert len(names) == 1274
    assert sum("motion_modules" in name for name in names) == 588


@pytest.mark.parametrize(
    ("frames", "size", "overlap"),
    [(5, 24, 4), (24, 24, 4), (25, 24, 4), (64, 24, 4), (61, 16, 8), (9, 6, 3), (9, 2, 0)],
)
def test_windows_cover_the_clip_in_order_and_never_wrap(frames, size, overlap):
    runs = windows(frames, size, overlap)
    assert runs[0].start == 0
    assert runs[-1].stop == frames
    for before, after in pairwise(runs):
        assert before.start < after.start <= before.stop - min(overlap, size)
    shares = torch.zeros(frames)
    for cut in cuts(frames, size, overlap):
        assert cut.frames.stop - cut.frames.start <= size
        shares[cut.frames] += cut.share.flatten()
    assert torch.allclose(shares, torch.ones(frames))


@pytest.mark.parametrize("size", [1, 2, 3, 8, 16, 24, 32])
def test_windows_are_as_many_as_before_and_no_longer_than_it_takes(size):
    """But two thirds as long as those of the training, where they were not chosen to be shorter."""
    for overlap in {0, min(4, size // 2), size // 2}:
        given = RenderSettings(width=64, height=64, window=size, overlap=overlap)
        for frames in range(1, 200):
            settings = given.evenly(frames, trained=24)
            assert settings.evenly(frames, trained=24) == settings
            runs, whole = (windows(frames, each.window, each.overlap) for each in (settings, given))
            lengths = {len(run) for run in runs}
            assert len(runs) == len(whole)
            assert settings.denoised(frames) == sum(map(len, runs)) <= given.denoised(frames)
            if len(runs) > 1:
                shared = [one.stop - two.start for one, two in pairwise(runs)]
                assert lengths == {settings.window}
                assert min(shared) >= overlap
                assert max(shared) - min(shared) <= 1
                assert min(size, 16, 2 * overlap) <= settings.window <= size
                assert settings.window <= max(16, 2 * overlap) or sum(shared) < overlap * len(shared) + len(runs)


@pytest.mark.parametrize(("frames", "expected"), [(24, [24]), (25, [16, 16]), (45, [18, 18, 18]), (64, [24, 24, 24])])
def test_a_clip_a_little_longer_than_a_window_is_denoised_in_short_ones(animator, monkeypatch, frames, expected):
    skeletons = np.zeros((frames, 64, 64, 3), np.uint8)
    settings = animator.model.settings(64, 64, steps=1, guidance=1.0)
    seen: list[int] = []

    def counted(x: torch.Tensor, *_given: object, **_more: object) -> torch.Tensor:
        seen.append(len(x))
        return torch.zeros_like(x)

    monkeypatch.setattr(animator.networks.denoiser, "forward", counted)
    next(animator.denoise(np.zeros((64, 64, 3), np.uint8), skeletons, settings))
    assert seen == expected


@pytest.mark.parametrize("guidance", [1.0, 3.5])
def test_overlaps_are_averaged_with_and_without_guidance(guidance):
    """A network that answers the same for every frame makes the same clip however it is cut."""

    def constant(x, timestep, pose, references, *, deep):
        return torch.full_like(x, 0.25)

    noise = initial_noise(60, (2, 4, 4), seed=1)
    nothing = ReferenceFeatures((), ())
    walk = [*steps(6)]

    def clip(size):
        parts = cuts(60, size, 4)
        run = denoise(constant, noise, pose=noise, references=nothing, steps=walk, cuts=parts, guidance=guidance)
        return [*after_steps(run)][-1]

    assert torch.allclose(clip(24), clip(60), atol=1e-5)


def test_between_the_windows_of_a_step_the_walk_tells_how_many_are_passed():
    noise = initial_noise(16, (2, 4, 4), seed=1)
    calls: list[int] = []

    def counted(x, timestep, pose, references, *, deep):
        calls.append(len(x))
        return torch.zeros_like(x)

    nothing, parts = ReferenceFeatures((), ()), cuts(16, 8, 4)
    run = denoise(counted, noise, pose=noise, references=nothing, steps=[*steps(2)], cuts=parts, guidance=1)
    told = [(len(calls), found.windows if isinstance(found, Passed) else "latents") for found in run]
    assert told == [(1, 1), (2, 2), (3, "latents"), (4, 1), (5, 2), (6, "latents")]


def long_clip(animator: Animator, skeletons: np.ndarray, noise: torch.Tensor) -> torch.Tensor:
    settings = RenderSettings(width=64, height=64, steps=2, guidance=2.0, window=8, overlap=4)
    reference = toy.case("unguided")["reference"][:64, :64]
    return [*animator.denoise(reference, skeletons, settings, noise=noise)][-1]


def test_frames_outside_a_window_do_not_matter_and_borders_have_no_seam(animator):
    """Three windows of 8 (0-8, 4-12, 8-16): what is in the last reaches no further than two windows in two steps."""
    sway = np.zeros((16, 64, 64, 3), np.uint8)
    for i, frame in enumerate(sway):
        frame[10:50, 20 + i : 24 + i] = (255, 85, 0)
    noise = initial_noise(1, (4, 8, 8), seed=3).repeat(16, 1, 1, 1)
    clip = long_clip(animator, sway, noise)
    changed, other = sway.copy(), noise.clone()
    changed[12:] = 255 - changed[12:]
    other[12:] = other[12:].flip(0) * -1
    again = long_clip(animator, changed, other)
    assert torch.equal(clip[:4], again[:4]), "the end of the clip reaches its beginning"
    assert not torch.allclose(clip[12:], again[12:]), "the change itself must be seen"

    motion = (clip[1:] - clip[:-1]).flatten(1).norm(dim=1)
    borders = motion[[3, 7, 11]]
    assert borders.max() <= 1.5 * motion.median()


def test_noise_belongs_to_seed_and_frame():
    long, short = initial_noise(9, (4, 3, 5), seed=7), initial_noise(4, (4, 3, 5), seed=7)
    assert torch.equal(long[:4], short)
    assert not torch.equal(long[0], long[1])
    assert not torch.equal(long, initial_noise(9, (4, 3, 5), seed=8))
    assert torch.equal(initial_noise(3, (4, 3, 5), seed=7, noisy=False), torch.zeros(3, 4, 3, 5))


@pytest.mark.parametrize("schedule", ["linear", "scaled_linear"])
@pytest.mark.parametrize("count", [1, 7, 15, 25])
def test_the_walk_starts_at_pure_noise_and_ends_clean(schedule, count):
    walk = [*steps(count, schedule)]
    assert len(walk) == count
    assert (walk[0].timestep, walk[0].signal) == (999, 0.0)
    assert (walk[-1].next_signal, walk[-1].next_noise) == (1.0, 0.0)
    assert all(0 < a.next_signal == b.signal for a, b in pairwise(walk))
    levels = signal_levels(schedule)
    assert (levels[:-1] > levels[1:]).all()


@pytest.mark.parametrize("count", [1, 4, 15])
def test_an_image_is_the_velocity_that_points_at_it(count):
    image, latents = torch.randn(2, 4, 3, 5), torch.randn(2, 4, 3, 5)
    for step in steps(count):
        velocity = step.velocity(latents, image)
        assert torch.allclose(step.image(latents, velocity), image, atol=1e-4)
        latents = step(latents, velocity)
    assert torch.allclose(latents, image, atol=1e-3)


def test_a_perfect_network_walks_back_to_the_image():
    image, noise = torch.randn(3, 4, 5, 5), torch.randn(3, 4, 5, 5)
    latents = noise
    for step in steps(15):
        latents = step(latents, step.signal * noise - step.noise * image)
    assert torch.allclose(latents, image, atol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"width": 60}, "width"),
        ({"height": 4096}, "height"),
        ({"steps": 0}, "steps"),
        ({"guidance": 0.0}, "guidance"),
        ({"window": 0}, "window"),
        ({"overlap": 20}, "overlap"),
        ({"schedule": "cosine"}, "schedule"),
        ({"solver": "euler"}, "solver"),
        ({"guided": 1.5}, "guided part"),
        ({"reuse": 0}, "Deep layers"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "1.5 was given for the seed"),
        ({"steps": 1.5}, "1.5 was given for the steps"),
        ({"width": 64.0}, "whole number"),
        ({"window": "8"}, "whole number"),
    ],
)
def test_settings_that_cannot_be_rendered_are_refused_in_words(wrong, word):
    with pytest.raises(BadSettings, match=word):
        RenderSettings(**{"width": 64, "height": 64, **wrong})


def test_sizes_that_do_not_agree_and_windows_past_the_span_are_refused_before_anything_is_computed(
    animator, monkeypatch
):
    monkeypatch.setattr(animator, "_conditions", None)
    case = toy.case("unguided")
    with pytest.raises(BadSettings, match="make them equal"):
        next(animator.denoise(case["reference"], case["skeletons"], RenderSettings(width=64, height=64)))
    settings = RenderSettings(width=64, height=64, window=40, overlap=4)
    with pytest.raises(BadSettings, match="no skeletons"):
        next(animator.denoise(case["reference"], case["skeletons"][:0], settings))
    with pytest.raises(BadSettings, match="span is 32"):
        next(animator.denoise(case["reference"][:64, :64], np.zeros((40, 64, 64, 3), np.uint8), settings))


def test_noise_of_another_shape_is_refused(animator):
    case = toy.case("unguided")
    height, width = case["reference"].shape[:2]
    settings, noise = RenderSettings(width=width, height=height), torch.zeros(len(case["skeletons"]), 4, 5, 5)
    with pytest.raises(BadSettings, match="make them equal"):
        next(animator.denoise(case["reference"], case["skeletons"], settings, noise))


@pytest.fixture
def copy(tmp_path) -> Path:
    return Path(shutil.copytree(toy.folder(), tmp_path / "checkpoint"))


def load(folder: Path):
    return load_networks(folder, device=CPU, dtype=torch.float32)


def test_a_missing_file_is_named(copy):
    (copy / "motion_module.pth").unlink()
    with pytest.raises(WeightsMissing, match="motion_module"):
        load(copy)
    with pytest.raises(WeightsMissing, match="no-such-model"):
        Animator.load("no-such-model")


@pytest.mark.parametrize(
    ("file", "change", "name"),
    [
        ("denoising_unet.pth", lambda s: s.pop("conv_in.bias"), "missing conv_in.bias"),
        ("motion_module.pth", lambda s: s.popitem(), "missing .*motion_modules"),
        ("reference_unet.pth", lambda s: s.update(extra=torch.zeros(1)), "unexpected extra"),
        ("pose_guider.pth", lambda s: s.update({"conv_out.weight": torch.zeros(3)}), "conv_out.weight"),
        ("pose_guider.pth", lambda s: s.clear(), "conv_in.weight"),
        (
            "pose_guider.pth",
            lambda s: s.update({"conv_out.bias": s["conv_out.bias"].long()}),
            "conv_out.bias is .*int64",
        ),
    ],
)
def test_what_does_not_fit_is_named(copy, file, change, name):
    state = torch.load(copy / file, weights_only=True)
    change(state)
    torch.save(state, copy / file)
    with pytest.raises(WeightsMismatch, match=name):
        load(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: {name: value for name, value in state.items() if "mid_block" not in name},
        lambda state: {name.replace("temporal_transformer", "temporal"): value for name, value in state.items()},
        lambda state: {**state, "extra": torch.zeros(1)},
        lambda state: {name: value[..., :3] for name, value in state.items()},
    ],
    ids=["lacks", "other names", "more", "narrower"],
)
def test_another_motion_module_is_not_blamed_on_the_file_beside_it(copy, change):
    motion, denoiser = copy / "motion_module.pth", copy / "denoising_unet.pth"
    torch.save(change(torch.load(motion, weights_only=True)), motion)
    with pytest.raises(WeightsMismatch, match=r"motion_module\.pth") as caught:
        load(copy)
    assert caught.value.file == motion
    state = torch.load(denoiser, weights_only=True)
    torch.save({name: value for name, value in state.items() if name != "conv_in.bias"}, denoiser)
    with pytest.raises(WeightsMismatch, match=r"missing conv_in\.bias\.") as caught:
        load(copy)
    assert caught.value.file == denoiser


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "pointer"),
        (b"<!DOCTYPE html><html>404</html>", "web page"),
        (None, "cut short"),
        (b"", "empty"),
    ],
)
@pytest.mark.parametrize("file", ["denoising_unet.pth", "image_encoder/model.safetensors"])
def test_damaged_files_are_named_with_what_they_are(copy, file, contents, why):
    whole = (copy / file).read_bytes()
    (copy / file).write_bytes(whole[: len(whole) // 2] if contents is None else contents)
    with pytest.raises(WeightsDamaged, match=why):
        load(copy)


def packed(whole: bytes) -> bytes:
    """A zip archive with a file in it."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("pose_guider.pth", whole)
    return body.getvalue()


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda whole: b"Rar!\x1a\x07\x01\x00" + whole[:5000], "is an archive"),
        (gzip.compress, "is an archive"),
        (packed, "is an archive"),
        (lambda whole: b"GGUF\x03\x00\x00\x00" + whole[:5000], "is a GGUF file"),
        (lambda whole: b"Entry not found", "is a short text"),
        (lambda whole: b'{"error":"Repository not found"}', "is a short text"),
        (lambda whole: bytes(1 << 16), "was cut short or altered"),
        (lambda whole: bytes(len(whole) // 2) + whole[len(whole) // 2 :], "was cut short or altered"),
    ],
)
@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_what_is_no_file_of_weights_is_named_in_the_programs_own_words(copy, ending, made, why):
    whole = (copy / "pose_guider.pth").read_bytes()
    (copy / "pose_guider.pth").unlink()
    (copy / f"pose_guider.{ending}").write_bytes(made(whole))
    with pytest.raises(WeightsDamaged) as told:
        read_state(copy / f"pose_guider.{ending}")
    assert re.fullmatch(
        rf"pose_guider\.{ending} is damaged: it {why}[\w ,]*\. Delete it and get it again\.", str(told.value)
    )
    for language in ("es", "zh", "ar"):
        assert not re.search(" (is|was|it) ", Words(language).say(told.value))


def test_safetensors_are_read_whatever_they_are_called(tmp_path):
    state = {"a": torch.arange(6.0).view(2, 3)}
    save_file(state, tmp_path / "some.safetensors")
    (tmp_path / "some.safetensors").replace(tmp_path / "some.pth")
    assert torch.equal(read_state(tmp_path / "some.pth")["a"], state["a"])


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"lr": 1e-5}},
        lambda state: {"model": state, "step": 30000},
        lambda state: {f"module.{name}": value for name, value in state.items()},
        lambda state: {"state_dict": {f"module.{name}": value for name, value in state.items()}},
    ],
)
def test_what_trainers_put_around_tensors_is_taken_off(tmp_path, wrap):
    state = {"a.weight": torch.arange(6.0).view(2, 3), "module.bias": torch.ones(2)}
    torch.save(wrap(state), tmp_path / "some.pth")
    found = read_state(tmp_path / "some.pth")
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


@pytest.mark.parametrize("away", [lambda value: value.to("meta"), lambda value: value.to_sparse()])
def test_tensors_without_all_of_their_numbers_are_refused_by_name(tmp_path, away):
    torch.save({"a": away(torch.ones(2))}, tmp_path / "some.pth")
    with pytest.raises(WeightsDamaged, match="something else than tensors"):
        read_state(tmp_path / "some.pth")


def test_a_pickle_that_runs_code_is_refused(copy, tmp_path):
    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harmed",))

    torch.save({"conv_in.weight": Harm()}, copy / "pose_guider.pth")
    with pytest.raises(WeightsDamaged):
        load(copy)
    assert not (tmp_path / "harmed").exists()


def test_a_file_as_torch_wrote_them_before_it_used_zip_loads(copy):
    before = load(copy).guider.state_dict()
    old = torch.load(copy / "pose_guider.pth", weights_only=True)
    torch.save(old, copy / "pose_guider.pth", _use_new_zipfile_serialization=False)
    assert all(torch.equal(before[name], value) for name, value in load(copy).guider.state_dict().items())


def test_safetensors_and_stored_positions_load_to_the_same_network(copy):
    before = load(copy).denoiser.state_dict()
    motion = {name: value.clone() for name, value in before.items() if "motion_modules" in name}
    assert any(name.endswith("pos_encoder.pe") for name in motion)
    save_file(motion, copy / "motion_module.safetensors")
    (copy / "motion_module.pth").unlink()
    after = load(copy).denoiser.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_vae_with_the_old_names_loads(copy):
    file = copy / "sd-vae-ft-mse/diffusion_pytorch_model.safetensors"
    names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    state = load_file(file)
    for new, old in names.items():
        state = {name.replace(f"attentions.0.{new}.", f"attentions.0.{old}."): v for name, v in state.items()}
    assert any(".query." in name for name in state)
    save_file(state, file)
    load(copy)


@pytest.mark.parametrize("file", ["denoising_unet.pth", "motion_module.pth", "pose_guider.pth"])
@pytest.mark.parametrize("wrap", [lambda state: {"tensors": state, "epoch": 3}, lambda state: [*state.values()]])
def test_what_holds_no_tensors_by_name_is_named(copy, file, wrap):
    torch.save(wrap(torch.load(copy / file, weights_only=True)), copy / file)
    with pytest.raises(WeightsDamaged, match=f"{file} .* something else than tensors"):
        load(copy)


@pytest.mark.parametrize("name", ["conv_in.weight", "blocks.1.weight"])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_a_guider_of_shapes_that_no_network_has_is_refused_in_words(copy, name, shape):
    state = torch.load(copy / "pose_guider.pth", weights_only=True)
    torch.save({**state, name: torch.zeros(shape)}, copy / "pose_guider.pth")
    with pytest.raises((WeightsDamaged, WeightsMismatch), match=r"pose_guider\.pth"):
        Animator.load(copy, device=CPU)


@pytest.mark.parametrize(
    "file", ["stable-diffusion-v1-5/unet/config.json", "image_encoder/config.json", "sd-vae-ft-mse/config.json"]
)
@pytest.mark.parametrize("told", ["[]", "3", "null", '"some/repository"', '{"block_out_channels": 3}'])
def test_configurations_of_no_network_are_named_and_nobody_is_asked(copy, file, told, monkeypatch):
    asked = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *host, **_: asked.append(host) or [])
    (copy / file).write_text(told)
    with pytest.raises((WeightsDamaged, WeightsMismatch), match=r"config\.json|safetensors"):
        load(copy)
    assert asked == []


def test_a_configuration_with_a_value_of_another_kind_is_named(copy):
    (copy / "image_encoder/config.json").write_text('{"hidden_size": "a"}')
    with pytest.raises(WeightsDamaged, match=r"config\.json .* network of this kind"):
        load(copy)


def test_config_that_is_no_json_is_named(copy):
    (copy / "stable-diffusion-v1-5/unet/config.json").write_text("{")
    with pytest.raises(WeightsDamaged, match="JSON"):
        load(copy)
    assert json.loads((toy.folder() / "stable-diffusion-v1-5/unet/config.json").read_text())
