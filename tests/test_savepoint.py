"""A render that was ended anywhere goes on where it was, and gives the same frames to the bit."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from animate import (
    AnimateError,
    Animator,
    Finished,
    Job,
    OutOfMemory,
    Progress,
    RenderSettings,
    examples,
    video,
    walking,
)
from animate.cutting import Cutter
from animate.denoise import Passed, Past, denoise
from animate.errors import DeviceLost
from animate.reference import ReferenceFeatures
from animate.savepoint import Savepoint
from animate.schedule import steps
from animate.settings import DRAFT
from animate.windows import cuts
from animate.writing import in_words
from tests import toy
from tests.media import beep, encode

PICTURE = next(iter(examples.characters().values()))
DANCE = Path(next(iter(examples.dances())))


def correcting(name: str) -> Animator:
    """The embedded model, made to diffuse as it will when it is good enough; or a released one."""
    return Animator.load(
        "mini" if name == "embedded" else toy.folder(), device="cpu", dtype=torch.float32, corrects=True
    )


@pytest.fixture(scope="module", params=["embedded", "released"])
def animator(request) -> Animator:
    return correcting(request.param)


def job(folder: Path | None) -> Job:
    settings = RenderSettings(width=64, height=96, steps=3, guidance=1.0, window=8, overlap=2)
    return Job(image=PICTURE, motion=DANCE, settings=settings, seconds=0.24, savepoint=folder)


@pytest.fixture
def frames(monkeypatch) -> list[np.ndarray]:
    """Every frame that is handed to the encoder."""
    handed: list[np.ndarray] = []
    add = video.ClipWriter.add
    monkeypatch.setattr(video.ClipWriter, "add", lambda self, frame: (handed.append(frame.copy()), add(self, frame)))
    return handed


def test_wherever_it_ends_it_goes_on_to_the_same_frames(animator, tmp_path, frames, monkeypatch):
    monkeypatch.setattr("animate.savepoint.EVERY", 1)
    events = list(animator.render(job(None), tmp_path / "whole.mp4"))
    whole = frames[:]
    watched = []
    watch = animator.watcher._watch
    monkeypatch.setattr(animator.watcher, "_watch", lambda *given: watched.append(1) or watch(*given))
    places = [index for index, event in enumerate(events) if isinstance(event, Progress)]
    for place in places[:: max(1, len(places) // 3)]:
        folder = tmp_path / f"saved{place}"
        animator.watcher._watched.forget(all_of_it=True)
        animator.cutter = Cutter(1)
        ended = animator.render(job(folder), tmp_path / "ended.mp4")
        list(islice(ended, place + 1))
        ended.close()
        animator.watcher._watched.forget(all_of_it=True)  # as after a new start
        animator.cutter = Cutter(1)
        frames.clear()
        after = list(animator.render(job(folder), tmp_path / "ended.mp4"))
        assert isinstance(after[-1], Finished)
        assert len(frames) == len(whole)
        assert all(np.array_equal(one, two) for one, two in zip(frames, whole, strict=True)), place
        done = [event.done for event in events[: place + 1] if isinstance(event, Progress) and event.stage == "denoise"]
        again = [event.done for event in after if isinstance(event, Progress) and event.stage == "denoise"]
        assert again[0] == max(done, default=1)  # what was done is not done again
        assert [path.name for path in folder.iterdir() if "part" in path.name] == []


def test_what_was_watched_is_not_watched_again(tmp_path, frames, monkeypatch):
    animator = correcting("released")
    list(animator.render(job(tmp_path / "saved"), tmp_path / "clip.mp4"))
    whole, frames[:] = frames[:], []
    other = correcting("released")
    monkeypatch.setattr(other.watcher, "_watch", None)
    list(other.render(job(tmp_path / "saved"), tmp_path / "clip.mp4"))
    assert all(np.array_equal(one, two) for one, two in zip(frames, whole, strict=True))


def test_another_job_uses_nothing_of_it(tmp_path, monkeypatch):
    def point(**changes) -> Savepoint:
        return Savepoint.of(replace(job(tmp_path), **changes), "mini", "cpu")

    kept = point()
    kept.keep("latents", {"latents": np.ones(3), "done": np.array(2)})
    same = point()
    assert same.latents()[-1] == 2
    for changes in ({"start": 0.1}, {"seconds": 0.3}, {"image": list(examples.characters().values())[1]}):
        assert point(**changes).latents() is None
    assert point(character=1).latents() is None
    assert point(settings=replace(job(None).settings, seed=7)).latents() is None
    assert Savepoint.of(job(tmp_path), "moore", "cpu").latents() is None
    assert Savepoint(None).latents() is None
    monkeypatch.setattr("animate.savepoint.WALK", 1)
    assert point().latents() is None, "nor a program that walks otherwise"


def test_other_weights_do_not_go_on_with_it(tmp_path, monkeypatch):
    """Of another folder, or come to the same one since, or said to be trained otherwise; a decoder of previews that
    comes later changes nothing."""
    monkeypatch.setattr("animate.savepoint.EVERY", 1)
    mine, other = (Path(shutil.copytree(toy.folder(), tmp_path / name)) for name in ("mine", "other"))

    def begun(folder: Path, **said) -> list[int]:
        """The steps that a program with those weights tells, until two are done."""
        animator, told = Animator.load(folder, device="cpu", dtype=torch.float32, **said), []
        for event in animator.render(job(tmp_path / "saved"), tmp_path / "clip.mp4"):
            if isinstance(event, Progress) and event.stage == "denoise":
                told.append(event.done)
                if event.done == 2:
                    break
        return told

    assert begun(mine) == [1, 2]
    assert begun(mine) == [2], "or this test could not fail"
    assert begun(other) == [1, 2]
    assert begun(mine) == [1, 2]
    assert begun(mine, drawing="musepose") == [1, 2]
    assert begun(mine) == [1, 2]
    (mine / "taesd").mkdir()
    (mine / "taesd" / "diffusion_pytorch_model.safetensors").write_bytes(b"which nobody can read")
    assert begun(mine) == [2]
    state = torch.load(mine / "denoising_unet.pth", weights_only=True)
    torch.save({**state, "conv_out.weight": state["conv_out.weight"] * -3}, mine / "denoising_unet.pth")
    assert begun(mine) == [1, 2]


@pytest.mark.parametrize(
    ("how", "told"), [({"solver": "dpm"}, [4, 5, 6]), ({"reuse": 3}, [3, 4, 5, 6]), (DRAFT, [3, 4, 5, 6])]
)
def test_with_shortcuts_it_goes_on_to_the_same_frames_too(tmp_path, frames, monkeypatch, how, told):
    """From the last step at which no later one needed features of those before."""
    monkeypatch.setattr("animate.savepoint.EVERY", 1)
    animator = correcting("released")
    settings = replace(job(None).settings, steps=6, guidance=2.0, **how)
    latents, decode = [], animator.decode
    monkeypatch.setattr(animator, "decode", lambda given, **more: (latents.append(given), decode(given, **more))[1])

    def steps(folder: Path, *, until: int = 6) -> list[int]:
        done = []
        for event in animator.render(replace(job(folder), settings=settings), tmp_path / "clip.mp4"):
            done += [event.done] if isinstance(event, Progress) and event.stage == "denoise" else []
            if done and done[-1] == until < 6:
                break
        return done

    assert steps(tmp_path / "whole") == [1, 2, 3, 4, 5, 6]
    whole, shown = torch.cat(latents), frames[:]
    latents.clear()
    frames.clear()
    assert steps(tmp_path / "ended", until=4) == [1, 2, 3, 4]
    assert steps(tmp_path / "ended") == told
    assert torch.equal(torch.cat(latents), whole)
    assert all(np.array_equal(one, two) for one, two in zip(frames, shown, strict=True))


def test_a_solver_that_looks_back_goes_on_alike_whatever_it_is_called(tmp_path, monkeypatch):
    """What is kept follows from the steps themselves, so that another solver is added where the steps are made."""
    monkeypatch.setattr("animate.savepoint.EVERY", 1)
    noise = torch.randn(4, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    settings = replace(job(None).settings, steps=8)  # whose solver has another name than these steps'

    def network(x: Tensor, timestep: Tensor, pose: Tensor, references: object, /, *, deep: object) -> Tensor:
        return torch.tanh(x * 1.3 + timestep / 500)

    def walked(savepoint: Savepoint, *, until: int = 8) -> Tensor:
        past = Past()

        def walk(latents: Tensor) -> Iterator[Tensor | Passed]:
            return denoise(
                network,
                latents,
                pose=torch.zeros(4, 1, 6, 6),
                references=ReferenceFeatures((), ()),
                steps=[*steps(8, solver="dpm")],
                cuts=cuts(4, 4, 0),
                guidance=1,
                past=past,
            )

        told = walking.told(
            walk, noise, settings=settings, windows=1, past=past, savepoint=savepoint, at=torch.device("cpu")
        )
        *_, last = islice((found for found in told if isinstance(found, Tensor)), until)
        return last

    whole = walked(Savepoint(None))
    walked(Savepoint(tmp_path, "key"), until=4)
    assert torch.equal(walked(Savepoint(tmp_path, "key")), whole)


@pytest.mark.parametrize("damage", [b"", b"PK", b"no archive at all" * 50])
def test_what_is_damaged_is_not_used(tmp_path, damage):
    kept = Savepoint.of(job(tmp_path))
    kept.keep("latents", {"latents": np.ones(3000), "done": np.array(2)})
    whole = (tmp_path / "latents.npz").read_bytes()
    for data in (damage, whole[: len(whole) // 2], whole[:100] + bytes(50) + whole[150:]):
        (tmp_path / "latents.npz").write_bytes(data)
        assert Savepoint.of(job(tmp_path)).latents() is None


def test_a_full_disk_costs_only_the_savepoint(tmp_path, caplog):
    (tmp_path / "latents.npz.part").symlink_to("/dev/full")
    point = Savepoint.of(job(tmp_path))
    point.step(np.ones(100_000), 1, last=True)
    assert "could not be kept" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_under_a_clip_is_told(tmp_path):
    sound = encode(tmp_path / "sound.mp4", [np.zeros((48, 64, 3), np.uint8)] * 10, sound=beep(0.4, at=0.1))
    (tmp_path / "clip.mp4.part").symlink_to("/dev/full")
    noise = np.random.default_rng(0).integers(0, 256, (40, 96, 64, 3), np.uint8)
    with pytest.raises(AnimateError, match="No space left"), in_words():
        video.write(tmp_path / "clip.mp4", noise, fps=video.probe(sound).fps, audio=sound)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sound.mp4"]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (MemoryError(), OutOfMemory),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"), OutOfMemory),
        (OSError(12, "Cannot allocate memory"), OutOfMemory),
        (torch.AcceleratorError("CUDA error: device-side assert triggered\nCompile with ..."), DeviceLost),
        (torch.AcceleratorError("CUDA error: unspecified launch failure"), DeviceLost),
        (torch.AcceleratorError("CUDA error: out of memory"), OutOfMemory),
        (torch.OutOfMemoryError("Allocation on device"), OutOfMemory),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), OutOfMemory),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"), OutOfMemory),
        (RuntimeError("GET was unable to find an engine to execute this computation"), OutOfMemory),
        (RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"), OutOfMemory),
        (RuntimeError("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"), OutOfMemory),
        (RuntimeError("HIP out of memory. Tried to allocate 2.00 GiB"), OutOfMemory),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB). Tried to allocate 1 GB."), OutOfMemory),
        (RuntimeError("Invalid buffer size: 18.00 GiB"), OutOfMemory),
        (RuntimeError("[enforce fail] data. DefaultCPUAllocator: not enough memory: you tried 5 bytes."), OutOfMemory),
        (RuntimeError("std::bad_alloc"), OutOfMemory),
        (RuntimeError("unable to mmap 1213 bytes from file </x>: Cannot allocate memory (12)"), OutOfMemory),
        (Exception("OpenCV(4.11.0) alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate"), OutOfMemory),
        (Exception("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 2: out of memory ; GPU=0"), OutOfMemory),
        (
            Exception("[ONNXRuntimeError] : 6 : bfc_arena.cc:376 Failed to allocate memory for requested buffer"),
            OutOfMemory,
        ),
        (
            Exception(
                "[ONNXRuntimeError] : 1 : bfc_arena.cc:342 Available memory of 0 is smaller than requested bytes"
            ),
            OutOfMemory,
        ),
        (Exception("[ONNXRuntimeError] : 6 : Exception during initialization: std::bad_alloc"), OutOfMemory),
        (RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR"), DeviceLost),
        (RuntimeError("CUDA error: invalid configuration argument"), DeviceLost),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), DeviceLost),
        (Exception("[ONNXRuntimeError] : 1 : FAIL : CUDA failure 719: unspecified launch failure"), DeviceLost),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), DeviceLost),
        (OSError(28, "No space left on device"), AnimateError),
        (RuntimeError("shapes do not agree"), RuntimeError),
    ],
)
def test_failures_of_the_machine_become_words(failure, told):
    with pytest.raises(told), in_words():
        raise failure
