"""The live preview of released models: the clip in small, decoded by TAESD where it is there, else by colours."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny
from PIL import Image
from safetensors.torch import save_file
from torch.utils._python_dispatch import TorchDispatchMode

from animate import Animator, Finished, Job, Note, Preview, Progress, RenderSettings, catalogue, examples, glance
from animate.checkpoints import load_quick
from animate.denoise import after_steps, denoise
from animate.glance import COLOURS, Glimpse, spread
from animate.reference import ReferenceFeatures
from animate.schedule import steps
from animate.windows import cuts
from studio.pace import Pace
from studio.runs import Run
from studio.taking import take_in
from tests import toy

WIDTHS = [8, 8, 8, 8]


def tiny(folder: Path) -> AutoencoderTiny:
    """A decoder of previews in diffusers' layout, with random weights and small."""
    torch.manual_seed(3)
    made = AutoencoderTiny(
        encoder_block_out_channels=WIDTHS,  # type: ignore[arg-type]
        decoder_block_out_channels=WIDTHS,  # type: ignore[arg-type]
    ).eval()
    made.save_pretrained(folder)
    return made


def test_taesd_decodes_as_diffusers_does(tmp_path):
    expected = tiny(tmp_path)
    decoder = load_quick({"taesd": tmp_path / "diffusion_pytorch_model.safetensors"}, torch.float32)
    assert decoder is not None
    latents = torch.randn(3, 4, 6, 9)
    with torch.no_grad():
        truth = expected.decode(latents, return_dict=False)[0]  # type: ignore[arg-type]
    assert torch.allclose(glance.glance(latents, decoder), truth, atol=1e-5)


def test_its_authors_own_file_is_the_same(tmp_path):
    """As ComfyUI keeps it: the decoder alone, its layers counted from one."""
    state = tiny(tmp_path).decoder.state_dict()
    names = {name: name.removeprefix("layers.").split(".", 1) for name in state}
    theirs = {f"{int(at) + 1}.{rest}": state[name].clone() for name, (at, rest) in names.items()}
    save_file(theirs, tmp_path / "taesd_decoder.safetensors")
    decoder = load_quick({"taesd": tmp_path / "taesd_decoder.safetensors"}, torch.float32)
    assert decoder is not None
    assert all(torch.equal(value, state[name]) for name, value in decoder.state_dict().items())


def test_one_that_cannot_be_read_is_done_without(tmp_path):
    assert load_quick({}, torch.float32) is None
    (tmp_path / "taesd.safetensors").write_bytes(b"half")
    assert load_quick({"taesd": tmp_path / "taesd.safetensors"}, torch.float32) is None
    save_file({"decoder.layers.0.weight": torch.zeros(3)}, tmp_path / "taesd.safetensors")
    assert load_quick({"taesd": tmp_path / "taesd.safetensors"}, torch.float32) is None


def test_colours_are_linear_in_the_latents():
    for channel, colour in enumerate(COLOURS):
        latents = torch.zeros(1, 4, 8, 8)
        latents[:, channel] = 1
        picture = glance.glance(latents, None)
        assert picture.shape == (1, 3, 32, 32)
        assert torch.allclose(picture[0, :, 16, 16], torch.tensor(colour), atol=1e-4)


def test_frames_that_stand_for_a_clip():
    assert [*spread(3)] == [0, 1, 2]
    for frames in (16, 17, 100, 600):
        chosen = [*spread(frames)]
        assert len(chosen) == 16
        assert (chosen[0], chosen[-1]) == (0, frames - 1)
        assert chosen == sorted(set(chosen))


def test_looking_takes_a_small_part_of_the_time(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(glance.time, "monotonic", lambda: clock[0])

    def slow(latents: torch.Tensor, _decoder: object) -> torch.Tensor:
        clock[0] += 0.5
        return torch.zeros(len(latents), 3, 600, 400)

    monkeypatch.setattr(glance, "glance", slow)
    glimpse = Glimpse(SimpleNamespace(quick=None, codec=SimpleNamespace(channels=4)))  # type: ignore[arg-type]
    assert glimpse.take() is None, "nothing to look at yet"
    looks = 0
    while clock[0] < 100:
        glimpse.keep(torch.zeros(2, 4, 8, 8))
        clock[0] += 1
        preview = glimpse.take()
        if preview:
            looks += 1
            assert preview.clip is not None
            assert preview.clip.shape == (2, 288, 192, 3)
    assert 5 <= looks <= 11
    assert glimpse.take(last=True)
    other = Glimpse(SimpleNamespace(quick=None, codec=SimpleNamespace(channels=16)))  # type: ignore[arg-type]
    other.keep(torch.zeros(2, 16, 8, 8))
    assert other.take(last=True) is None


class Apple(TorchDispatchMode):
    """An imaginary device of Apple's, that cannot shrink to any size; what is brought back from it is zeros."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        there = bool(args) and isinstance(args[0], torch.Tensor) and args[0].device.type == "meta"
        if there and func is torch.ops.aten._adaptive_avg_pool2d.default:
            raise NotImplementedError("Adaptive pool MPS: input sizes must be divisible by output sizes")
        if there and func is torch.ops.aten._to_copy.default and kwargs and kwargs.get("device") == torch.device("cpu"):
            return torch.zeros(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("decoder", [True, False])
def test_pictures_are_made_small_where_every_size_can_be_had(decoder, tmp_path):
    quick = tiny(tmp_path).decoder.to("meta") if decoder else None
    glimpse = Glimpse(SimpleNamespace(quick=quick, codec=SimpleNamespace(channels=4)))  # type: ignore[arg-type]
    with Apple():
        glimpse.keep(torch.zeros(2, 4, 98, 66, device="meta"))
        preview = glimpse.take()
    assert preview
    assert preview.clip is not None
    assert preview.clip.shape == (2, 288, 194, 3)


def test_where_memory_has_no_room_for_a_look_the_clip_goes_on_without(tmp_path, monkeypatch):
    looks = []

    def full(*_given: object) -> None:
        looks.append(1)
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32)
    assert animator.lodging
    before = animator.lodging.plan
    monkeypatch.setattr(animator, "model", catalogue.MODELS["moore"])
    monkeypatch.setattr(glance, "PAUSE", 0)
    monkeypatch.setattr(glance, "SHARE", 0)
    monkeypatch.setattr(glance, "glance", full)
    settings = RenderSettings(width=64, height=96, steps=2, guidance=1.0, window=8, overlap=2)
    picture = next(iter(examples.characters().values()))
    job = Job(image=picture, motion=next(iter(examples.dances())), settings=settings, seconds=0.3)  # type: ignore[arg-type]
    events = [*animator.render(job, tmp_path / "clip.mp4")]
    assert len(looks) == settings.steps
    assert isinstance(events[-1], Finished)
    assert not any(isinstance(event, Note) for event in events)
    assert animator.lodging.plan == before


def test_other_failures_of_a_look_are_not_hidden(monkeypatch):
    def broken(*_given: object) -> None:
        raise RuntimeError("shapes do not agree")

    monkeypatch.setattr(glance, "glance", broken)
    glimpse = Glimpse(SimpleNamespace(quick=None, codec=SimpleNamespace(channels=4)))  # type: ignore[arg-type]
    glimpse.keep(torch.zeros(2, 4, 8, 8))
    with pytest.raises(RuntimeError, match="shapes"):
        glimpse.take()


def test_the_loop_shows_the_clean_latents_of_each_step():
    """Not the noisy ones it yields: for a network that always knows the truth it is the truth from the first step."""
    truth, noise = torch.randn(5, 4, 4, 4), torch.randn(5, 4, 4, 4)
    shown: list[torch.Tensor] = []
    walk = denoise(
        lambda x, *_, **__: truth[: len(x)],
        noise,
        pose=torch.zeros(5, 1, 4, 4),
        references=ReferenceFeatures([], []),
        steps=[*steps(4)],
        cuts=cuts(5, 8, 2),
        guidance=1,
        predicts="image",
        show=shown.append,
    )
    walked = []
    for latents in after_steps(walk):
        assert torch.allclose(shown[-1], truth, atol=1e-4)
        walked.append(latents)
    assert len(shown) == len(walked) == 4
    assert not torch.allclose(walked[0], truth, atol=1e-1)
    assert torch.allclose(walked[-1], truth, atol=1e-4)


@pytest.mark.parametrize("decoder", [True, False])
def test_a_clip_in_the_making_is_seen_whole(decoder, tmp_path, monkeypatch):
    """Events of a real render, and what the page makes of them: a small moving picture, mended as frames are there."""
    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32)
    if decoder:
        animator.networks = glanced(animator, tmp_path)
    monkeypatch.setattr(animator, "model", catalogue.MODELS["moore"])
    monkeypatch.setattr(glance, "PAUSE", 0)
    monkeypatch.setattr(glance, "SHARE", 0)
    settings = RenderSettings(width=64, height=96, steps=2, guidance=1.0, window=24, overlap=2)
    picture = next(iter(examples.characters().values()))
    job = Job(image=picture, motion=next(iter(examples.dances())), settings=settings, seconds=0.8)  # type: ignore[arg-type]
    run, pace, seen = Run(lambda _animator: (job, []), "a"), Pace(), list[Preview]()
    for event in animator.render(job, tmp_path / "clip.mp4"):
        before = run.state.preview
        take_in(run, event, pace)
        if isinstance(event, Preview):
            seen.append(event)
            assert run.state.preview.startswith("data:image/webp")
            assert run.state.preview != before
        if isinstance(event, Progress) and event.stage == "write":
            assert run.whole
    drawn = [preview.clip for preview in seen if preview.clip is not None]
    assert len(drawn) == settings.steps
    size = (96, 64) if decoder else (48, 32)
    assert all(clip.shape == (16, *size, 3) for clip in drawn)
    assert len(run.shown) == 16
    assert len({picture.size for picture in run.shown}) == 1
    assert not np.array_equal(drawn[-1][0], drawn[-1][-1]), "it moves"
    assert next(preview.at for preview in seen if preview.clip is None) == 0


def glanced(animator: Animator, folder: Path):
    from dataclasses import replace

    tiny(folder / "taesd")
    quick = load_quick({"taesd": folder / "taesd" / "diffusion_pytorch_model.safetensors"}, torch.float32)
    return replace(animator.networks, quick=quick)


def test_the_page_plays_it():
    run, pace = Run(lambda _animator: None, "a"), Pace()  # type: ignore[arg-type, return-value]
    clip = np.zeros((5, 40, 30, 3), np.uint8)
    clip[..., 0] = 50 * np.arange(5)[:, None, None]
    take_in(run, Preview(clip[2], 0.5, clip), pace)
    assert frames_of(run) == 5
    take_in(run, Preview(np.full((400, 300, 3), 255, np.uint8), 1.0), pace)
    assert frames_of(run) == 5
    assert np.asarray(run.shown[4]).min() == 255
    assert np.asarray(run.shown[3]).max() == 150


def frames_of(run: Run) -> int:
    import base64
    import io

    return getattr(Image.open(io.BytesIO(base64.b64decode(run.state.preview.partition(",")[2]))), "n_frames", 1)
