"""Which checkpoint a folder holds is seen in its tensors; files other programs have got are found and used."""

import os
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from animate import BadSettings, OutOfMemory, WeightsDamaged, WeightsMissing, catalogue, checkpoints, copies, places
from animate.layers import FramePositions
from animate.model import Drawing, Model
from animate.writing import in_words
from pose.draw import STYLES
from tests import toy

ANYWHERE = ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "COMFYUI_PATH", "ANIMATE_CACHE")


@pytest.fixture(autouse=True)
def bare_machine(tmp_path, monkeypatch) -> Path:
    """A home of its own, in which nothing has been got yet."""
    for name in ANYWHERE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(catalogue, "ROOT", tmp_path / "project")
    return tmp_path


def make(model: str, folder: Path) -> Path:
    """The toy checkpoint as one of the family: their layouts are one, their shapes differ."""
    shutil.copytree(toy.folder(), folder, dirs_exist_ok=True)
    if model == "novita":
        state = torch.load(folder / "pose_guider.pth", weights_only=True)
        for name, channels in (("blocks.3", 64), ("blocks.5", 128)):
            state[f"{name}.weight"], state[f"{name}.bias"] = (
                state[f"{name}.{kind}"][:channels] for kind in ("weight", "bias")
            )
        for name, channels in (("blocks.4", 64), ("blocks.5", 64), ("conv_out", 128)):
            state[f"{name}.weight"] = state[f"{name}.weight"][:, :channels].clone()
        state["blocks.4.weight"], state["blocks.4.bias"] = state["blocks.4.weight"][:64], state["blocks.4.bias"][:64]
        torch.save({name: value.clone() for name, value in state.items()}, folder / "pose_guider.pth")
    if model == "musepose":
        stored_tables(folder / "motion_module.pth", 128)
    return folder


def stored_tables(path: Path, span: int) -> None:
    """Puts tables of so many frames' positions into a file of temporal layers."""
    state = torch.load(path, weights_only=True)
    for name in [name for name in state if name.endswith("to_q.weight")]:
        state[name.replace("to_q.weight", "pos_encoder.pe")] = FramePositions.table(len(state[name]), span)
    torch.save(state, path)


@pytest.fixture
def any_size(monkeypatch) -> None:
    """The toy's files are shorter than the published ones, whose size the catalogue knows."""
    common = tuple(replace(file, size=None) for file in catalogue.COMMON)
    moore = catalogue.MODELS["moore"]
    monkeypatch.setattr(catalogue, "COMMON", common)
    monkeypatch.setitem(catalogue.MODELS, "moore", replace(moore, files=(*moore.files[: -len(common)], *common)))


def in_muse_pose_layout(folder: Path) -> Path:
    """As MusePose's README asks: its own files in a folder of their own, the rest beside it."""
    make("musepose", folder)
    (folder / "MusePose").mkdir()
    for part in places.TRAINED:
        (folder / f"{part}.pth").rename(folder / "MusePose" / f"{part}.pth")
    (folder / "stable-diffusion-v1-5").rename(folder / "sd-image-variations-diffusers")
    return folder


def in_hub_cache(model: Model, toy_folder: Path, cache: Path) -> None:
    """As any program leaves it that uses the hub."""
    sources = {"vae": "sd-vae-ft-mse/diffusion_pytorch_model.safetensors", "clip": "image_encoder/model.safetensors"}
    for file in (file for file in model.files if not file.optional):
        source = toy_folder / sources.get(file.part, f"{file.part}.pth")
        target = cache / f"models--{file.repository.replace('/', '--')}" / "snapshots" / ("c" * 40) / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        (save_bin if target.suffix == ".bin" else shutil.copy)(source, target)
        if file.part in sources:
            shutil.copy(source.with_name("config.json"), target.parent)


def save_bin(source: Path, target: Path) -> None:
    with safe_open(source, "pt") as file:
        torch.save({name: file.get_tensor(name) for name in file.keys()}, target)  # noqa: SIM118


def works(files: places.Files, dtype: torch.dtype = torch.float32) -> checkpoints.Networks:
    return checkpoints.load_networks(files, device=torch.device("cpu"), dtype=dtype)


def test_every_row_is_whole():
    for model in catalogue.MODELS.values():
        assert model.licence
        assert model.allows.endswith(".")
        assert model.overlap <= model.window // 2
        assert all(side % 8 == 0 for side in model.size)
        if model.name != "mini":
            needed = {file.part for file in model.files if not file.optional}
            assert needed == {*places.TRAINED, "vae", "clip"}
            assert {file.part for file in model.files if file.optional} == {"taesd"}
    assert "non-commercial" in catalogue.MODELS["musepose"].licence
    assert {*get_args(Drawing)} == {*STYLES} == {model.drawing for model in catalogue.MODELS.values()}
    assert [model.rate for model in catalogue.MODELS.values()] == [30, 30, 15, 30]


@pytest.mark.parametrize("model", catalogue.MODELS.values(), ids=lambda model: model.name)
def test_of_a_window_that_is_chosen_no_more_than_half_overlaps_by_itself(model):
    for window in (1, 6, model.window, 2 * model.window):
        assert model.settings(512, 768, window=window).overlap == min(model.overlap, window // 2)
    assert model.settings(512, 768, window=12, overlap=6).overlap == 6
    with pytest.raises(BadSettings, match="at most half of the window"):
        model.settings(512, 768, window=6, overlap=4)


def test_hashes_and_commits_are_real_where_given():
    for file in {file for model in catalogue.MODELS.values() for file in model.files}:
        assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.revision == "main" or re.fullmatch("[0-9a-f]{40}", file.revision)
        assert (file.sha256 is None) == (file.size is None)


@pytest.mark.parametrize("name", ["moore", "novita", "musepose"])
def test_a_folder_is_recognised_by_its_tensors_and_loads(name, tmp_path):
    model, files = catalogue.find(make(name, tmp_path / "somewhere"))
    assert (model.name, model.title) == (name, "somewhere"), "and is nobody else's"
    networks = works(files)
    assert networks.denoiser.config.max_frames == (128 if name == "musepose" else 32)
    assert networks.guider.conv_out.weight.shape[1] == (128 if name == "novita" else 256)


@pytest.mark.parametrize(("span", "window", "overlap"), [(16, 16, 4), (6, 6, 3), (24, 24, 4)])
def test_windows_are_no_longer_than_a_models_own_tables(span, window, overlap, tmp_path):
    """As those of motion modules that were trained on 16 frames."""
    folder = make("moore", tmp_path / "mine")
    stored_tables(folder / "motion_module.pth", span)
    model, files = catalogue.find(folder)
    assert (model.window, model.overlap) == (window, overlap)
    assert works(files).denoiser.config.max_frames == span


def test_the_embedded_model_is_recognised_by_its_patches(tmp_path):
    (tmp_path / "patch_codec.safetensors").touch()
    assert catalogue.find(tmp_path)[0].name == "mini"


def test_a_network_of_ones_own_is_shown_under_its_own_name(tmp_path, monkeypatch):
    """The one that comes with the project, by its name, is not: the puppet is better."""
    for folder in (tmp_path / "mine", tmp_path / "project" / "weights" / "mini"):
        folder.mkdir(parents=True)
        (folder / "patch_codec.safetensors").touch()
    monkeypatch.chdir(tmp_path / "mine")
    for given in (tmp_path / "mine", ".", "../mine/"):
        model, _ = catalogue.find(given)
        assert (model.title, model.corrects, model.note) == ("mine", True, "")
    embedded, _ = catalogue.find("mini")
    assert (embedded.title, embedded.corrects) == ("Embedded", False)
    assert "still learning" in embedded.note
    assert catalogue.find("mini", corrects=True)[0].corrects


def test_what_is_said_of_a_model_is_heeded_or_refused_in_words(tmp_path):
    folder = make("moore", tmp_path / "mine")
    model, _ = catalogue.find(folder, title="Ours", drawing="musepose", schedule="scaled_linear", rate=15, square=True)
    assert (model.title, model.drawing, model.schedule, model.rate) == ("Ours", "musepose", "scaled_linear", 15)
    assert model.square
    for said in ({"drawing": "dwpose"}, {"schedule": "cosine"}, {"predicts": "noise"}):
        with pytest.raises(BadSettings, match=f"«{next(iter(said.values()))}»; choose of"):
            catalogue.find(folder, **said)


def test_muse_poses_own_layout(tmp_path):
    folder = in_muse_pose_layout(tmp_path / "pretrained_weights")
    for given in (folder, folder / "MusePose", tmp_path):
        model, files = catalogue.find(given)
        assert model.name == "musepose"
        assert works(files).denoiser.config.max_frames == 128
    assert catalogue.find("musepose")[0].name == "musepose", "and by name, since it lies where its README says"
    with pytest.raises(WeightsMissing, match="get moore"):
        catalogue.find("moore")


def test_a_folder_as_moores_readme_asks_is_found_by_name(tmp_path):
    make("moore", tmp_path / "pretrained_weights")
    assert catalogue.find("moore")[1]["denoising_unet"] == tmp_path / "pretrained_weights" / "denoising_unet.pth"
    with pytest.raises(WeightsMissing, match="get novita"):
        catalogue.find("novita")


def test_a_folder_with_an_empty_file_is_passed_over_by_name_and_told_of_when_given(tmp_path):
    folder = make("moore", tmp_path / "pretrained_weights")
    (folder / "motion_module.pth").write_bytes(b"")
    with pytest.raises(WeightsMissing, match="get moore"):
        catalogue.find("moore")
    with pytest.raises(WeightsDamaged, match=r"motion_module\.pth is damaged: it is empty"):
        works(catalogue.find(folder)[1])


def test_comfyui_is_found_with_its_encoder_and_vae_elsewhere(tmp_path):
    node = tmp_path / "ComfyUI" / "custom_nodes" / "ComfyUI-AnimateAnyone-Evolved"
    folder = make("moore", node / "pretrained_weights")
    models = tmp_path / "ComfyUI" / "models"
    (models / "vae").mkdir(parents=True)
    (folder / "sd-vae-ft-mse").rename(models / "vae" / "sd-vae-ft-mse")
    (folder / "image_encoder").rename(models / "clip_vision")
    model, files = catalogue.find("moore")
    assert model.name == "moore"
    assert files["clip"].parent == models / "clip_vision"
    works(files)


def test_the_hubs_cache_is_found_whoever_filled_it(tmp_path, monkeypatch, any_size):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "elsewhere"))
    moore = catalogue.MODELS["moore"]
    in_hub_cache(moore, toy.folder(), tmp_path / "elsewhere" / "hub")
    files = catalogue.find("moore")[1]
    assert set(files) == {*places.TRAINED, "vae", "clip"}
    files = {**files, "config": toy.folder() / places.CONFIG}  # the toy's sizes are not the published ones
    works(files)


def test_a_folder_without_what_all_share_takes_it_from_the_hubs_cache(tmp_path, any_size):
    folder = make("moore", tmp_path / "mine")
    shutil.rmtree(folder / "sd-vae-ft-mse")
    with pytest.raises(WeightsMissing, match="sd-vae-ft-mse"):
        works(catalogue.find(folder)[1])
    in_hub_cache(catalogue.MODELS["moore"], toy.folder(), tmp_path / ".cache" / "huggingface" / "hub")
    works(catalogue.find(folder)[1])


def test_the_decoder_of_previews_is_found_wherever_it_lies(tmp_path):
    from diffusers import AutoencoderTiny

    folder = make("moore", tmp_path / "ComfyUI" / "custom_nodes" / "node" / "pretrained_weights")
    assert works(catalogue.find(folder)[1]).quick is None, "and is done without"
    taesd = next(file for file in catalogue.COMMON if file.optional)
    snapshot = tmp_path / ".cache/huggingface/hub/models--madebyollin--taesd/snapshots" / taesd.revision
    theirs = tmp_path / "ComfyUI" / "models" / "vae_approx" / "taesd_decoder.safetensors"
    theirs.parent.mkdir(parents=True)
    for place in (snapshot, folder / "taesd"):
        AutoencoderTiny().save_pretrained(place)
        assert catalogue.find(folder)[1]["taesd"].parent == place
        assert works(catalogue.find(folder)[1]).quick is not None
        shutil.rmtree(place)
    theirs.touch()
    assert catalogue.find(folder)[1]["taesd"] == theirs


def test_without_configuration_files_the_published_sizes_are_expected(tmp_path):
    from animate import WeightsMismatch

    folder = make("moore", tmp_path / "mine")
    shutil.rmtree(folder / "stable-diffusion-v1-5")
    with pytest.raises(WeightsMismatch, match=r"instead of \(320"):
        works(catalogue.find(folder)[1])


def test_big_files_are_kept_once_more_in_the_precision_in_use(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "BIG", 2**16)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "own"))
    folder = make("moore", tmp_path / "mine")
    plain = works(places.in_folder(toy.folder()), torch.bfloat16).denoiser.state_dict()
    first = works(places.in_folder(folder), torch.bfloat16).denoiser.state_dict()
    kept = sorted((tmp_path / "own" / "weights").iterdir())
    assert {path.suffix for path in kept} == {".safetensors"}
    assert {path.name.rpartition("-")[0] for path in kept} >= {"denoising_unet", "motion_module", "reference_unet"}
    stamps = [path.stat().st_mtime_ns for path in kept]
    second = works(places.in_folder(folder), torch.bfloat16).denoiser.state_dict()
    assert sorted((tmp_path / "own" / "weights").iterdir()) == kept
    assert [path.stat().st_mtime_ns for path in kept] == stamps, "made once"
    for state in (first, second):
        assert all(torch.equal(plain[name], state[name]) for name in plain)


@pytest.mark.parametrize(
    ("contents", "reader"),
    [(b"some", "torch.load"), ((9).to_bytes(8, "little") + b"{" + bytes(9), "animate.stored.load_file")],
)
def test_a_file_for_which_the_host_has_no_room_is_not_taken_for_a_damaged_one(tmp_path, monkeypatch, contents, reader):
    (tmp_path / "some.pth").write_bytes(contents)

    def fail(*_given, **_more):
        raise RuntimeError("unable to mmap 1213 bytes from file </x>: Cannot allocate memory (12)")

    monkeypatch.setattr(reader, fail)
    with pytest.raises(OutOfMemory), in_words():
        checkpoints.state_of(tmp_path / "some.pth", torch.float32)


def test_a_copy_is_made_anew_for_another_file_and_a_torn_one_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "BIG", 2**10)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "own"))
    source = tmp_path / "some.pth"
    torch.save({"a": torch.full((999,), 1.0)}, source)
    assert checkpoints.state_of(source, torch.float16)["a"][0] == 1
    copy = copies.place(source, torch.float16)
    whole = copy.read_bytes()
    copy.write_bytes(whole[:100])
    assert checkpoints.state_of(source, torch.float16)["a"][0] == 1
    assert copy.read_bytes() == whole
    torch.save({"a": torch.full((998,), 2.0)}, source)
    assert checkpoints.state_of(source, torch.float16)["a"][0] == 2
    assert checkpoints.state_of(source, torch.float32)["a"].dtype == torch.float32


@pytest.mark.parametrize(
    ("name", "zipped", "dtype", "copied"),
    [
        ("some.pth", True, torch.float32, False),
        ("some.pth", False, torch.float32, True),
        ("some.pth", True, torch.float16, True),
        ("some.safetensors", True, torch.float32, False),
    ],
)
def test_what_is_mapped_in_the_precision_in_use_is_not_copied(tmp_path, monkeypatch, name, zipped, dtype, copied):
    monkeypatch.setattr(copies, "BIG", 2**10)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "own"))
    state, source = {"a": torch.full((999,), 1.0)}, tmp_path / name
    if source.suffix == ".pth":
        torch.save(state, source, _use_new_zipfile_serialization=zipped)
    else:
        save_file(state, source)
    assert checkpoints.state_of(source, dtype)["a"][0] == 1
    assert copies.place(source, dtype).is_file() == copied


def test_a_copy_of_what_a_file_was_before_goes_when_the_next_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "BIG", 2**10)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "own"))
    source, other = tmp_path / "some.pth", tmp_path / "other" / "some.pth"
    other.parent.mkdir()
    for file in (source, other):
        torch.save({"a": torch.full((999,), 1.0)}, file)
        for dtype in (torch.float16, torch.bfloat16):
            checkpoints.state_of(file, dtype)
    before = copies.place(source, torch.float16)
    torch.save({"a": torch.full((998,), 2.0)}, source)
    checkpoints.state_of(source, torch.float16)
    kept = {*(tmp_path / "own" / "weights").iterdir()}
    assert before not in kept
    assert copies.place(source, torch.float16) in kept
    assert {copies.place(other, dtype) for dtype in (torch.float16, torch.bfloat16)} <= kept
    assert len(kept) == 4, "of another folder and in another precision they stay"


def test_a_copy_of_another_commit_in_the_hubs_cache_goes_when_the_next_is_made(tmp_path, monkeypatch):
    """There a file is a link to a blob, of which each version has one of its own."""
    monkeypatch.setattr(copies, "BIG", 2**10)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "own"))
    for repository in ("models--x--y", "models--x--z"):
        blobs = tmp_path / "hub" / repository / "blobs"
        blobs.mkdir(parents=True)
        for commit, blob in (("c" * 40, "one"), ("d" * 40, "other")):
            link = blobs.parent / "snapshots" / commit / "folder" / "denoising_unet.pth"
            link.parent.mkdir(parents=True)
            torch.save({"a": torch.full((999,), float(len(blob)))}, blobs / blob)
            link.symlink_to(blobs / blob)
            assert checkpoints.state_of(link, torch.float16)["a"][0] == len(blob)
    kept = [path.name for path in (tmp_path / "own" / "weights").iterdir()]
    assert len(kept) == 2, "one of each repository"
    assert all(name.startswith("denoising_unet-") for name in kept)


def test_copies_that_nobody_finishes_or_reads_any_more_go(tmp_path, monkeypatch):
    """Those whose source is gone, of versions that did not tell it, damaged ones, and what a killed program left; not
    what another is writing now."""
    monkeypatch.setattr(copies, "BIG", 2**10)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "own"))
    copies.tidy()
    sources = [tmp_path / name for name in ("here.pth", "gone.pth")]
    for source in sources:
        torch.save({"a": torch.full((999,), 1.0)}, source)
        checkpoints.state_of(source, torch.float16)
    here, gone = (copies.place(source, torch.float16) for source in sources)
    old, damaged, killed, writing = (
        here.with_name(name)
        for name in ("a-1.safetensors", "b-2.safetensors", "c-3.safetensors.41.part", "c-3.safetensors.42.part")
    )
    save_file({"a": torch.zeros(9)}, old, metadata={"format": "pt"})
    for file in (damaged, killed, writing):
        file.write_bytes(b"cut")
    long_ago = time.time() - 2 * copies.ABANDONED
    os.utime(killed, (long_ago, long_ago))
    copies.tidy()
    assert {*here.parent.iterdir()} == {here, gone, writing}
    sources[1].unlink()
    monkeypatch.setattr(copies, "BIG", 2**40)  # of the next nothing is copied
    assert works(places.in_folder(toy.folder())), "it is tidied whenever a model is loaded"
    assert {*here.parent.iterdir()} == {here, writing}


def test_a_disk_without_room_for_a_copy_is_not_filled(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "BIG", 2**10)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "own"))
    monkeypatch.setattr(copies.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=999))
    monkeypatch.setattr(copies, "write_tensors", lambda *_given, **_more: pytest.fail("it would not end whole"))
    torch.save({"a": torch.full((999,), 1.0)}, tmp_path / "some.pth")
    assert checkpoints.state_of(tmp_path / "some.pth", torch.float16)["a"][0] == 1


def test_a_full_disk_costs_only_time(tmp_path, monkeypatch):
    def full(*_anything: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copies, "BIG", 2**10)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "own"))
    monkeypatch.setattr(copies, "write_tensors", full)
    torch.save({"a": torch.full((999,), 1.0)}, tmp_path / "some.pth")
    assert checkpoints.state_of(tmp_path / "some.pth", torch.float16)["a"][0] == 1
    assert list((tmp_path / "own" / "weights").iterdir()) == []


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("where a folder is wanted")
    monkeypatch.setattr(copies, "BIG", 2**10)
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "file"))
    torch.save({"a": torch.full((999,), 1.0)}, tmp_path / "some.pth")
    assert checkpoints.state_of(tmp_path / "some.pth", torch.float16)["a"][0] == 1
