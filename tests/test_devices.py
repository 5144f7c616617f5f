"""Which device and precision are chosen, on cards that are not here, and what people are told of it."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch

import app
from animate import AnimateError, Animator, BadSettings, RenderSettings, cards, devices
from animate.__main__ import parser
from animate.denoise import on_host
from animate.devices import choose_dtype, find_device, unused
from animate.latents import VAECodec
from animate.savepoint import Savepoint
from studio import hosting, limits
from studio.words import LANGUAGES, Words
from tests import toy

BUILT = ["sm_75", "sm_80", "sm_90a", "sm_120", "compute_120"]
CPU, CUDA = torch.device("cpu"), torch.device("cuda")
OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.fixture
def machine(monkeypatch):
    """Gives this machine cards, by name and compute capability, and a torch built for some."""

    def made(*here: tuple[str, tuple[int, int]], built: list[str] = BUILT) -> None:
        def of(card: int | torch.device) -> tuple[str, tuple[int, int]]:
            return here[(card.index or 0) if isinstance(card, torch.device) else card]

        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(here))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(here))
        monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: built)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda card: of(card)[0])
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda card: of(card)[1])
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    return made


OLD, NEW = ("NVIDIA GeForce GTX 1080", (6, 1)), ("NVIDIA GeForce RTX 4090", (8, 9))


@pytest.mark.parametrize(
    ("here", "chosen"),
    [((), "cpu"), ((NEW,), "cuda"), ((NEW, OLD), "cuda"), ((OLD, NEW), "cuda:1"), ((OLD,), "cpu"), ((OLD, OLD), "cpu")],
)
def test_cards_older_than_the_installed_torch_are_passed_over(machine, here, chosen):
    machine(*here)
    assert str(find_device(None)) == chosen


def test_such_a_card_asked_for_by_name_is_refused_in_words(machine):
    machine(OLD, NEW)
    assert find_device("cuda:1").index == 1
    assert find_device("cpu").type == "cpu"
    for name in ("cuda", "cuda:0", torch.device("cuda")):
        with pytest.raises(BadSettings, match=r"GTX 1080 is older .* Choose another device"):
            find_device(name)
    machine(OLD, NEW, built=["gfx900", "gfx1100"])  # AMD's have another order
    assert str(find_device(None)) == "cuda"


@pytest.mark.parametrize(
    ("name", "capability", "dtype"),
    [
        ("NVIDIA GeForce GTX 1660 SUPER", (7, 5), torch.float32),
        ("NVIDIA GeForce GTX 1650", (7, 5), torch.float32),
        ("NVIDIA GeForce MX450", (7, 5), torch.float32),
        ("Quadro T1000", (7, 5), torch.float32),
        ("NVIDIA T600 Laptop GPU", (7, 5), torch.float32),
        ("NVIDIA GeForce RTX 2060", (7, 5), torch.float16),
        ("Quadro RTX 5000", (7, 5), torch.float16),
        ("Tesla T4", (7, 5), torch.float16),
        ("NVIDIA RTX 2000 Ada Generation", (8, 9), torch.float16),
        ("NVIDIA H200", (9, 0), torch.float16),
    ],
)
def test_cards_whose_half_precision_is_broken_work_in_whole(machine, name, capability, dtype):
    machine((name, capability))
    assert choose_dtype(CUDA) == dtype


def driver(monkeypatch, tmp_path, *, told: str) -> None:
    """NVIDIA's, that answers so."""
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!{sys.executable}\nprint({told!r})\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize(("usable", "here"), [(False, True), (True, True), (False, False)])
def test_a_card_that_the_installed_torch_cannot_use_is_told_of(monkeypatch, machine, tmp_path, usable, here):
    machine()
    monkeypatch.setattr(cards, "usable", lambda: usable)
    driver(monkeypatch, tmp_path, told="GPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-1)" if here else "No devices found.")
    told = Animator.load("mini", device="cpu", dtype=torch.float32).words
    assert ("card here is not used: this torch was built for processors alone" in told) == (here and not usable)
    assert not unused(CUDA)
    assert limits.host_limits() == limits.LIMITS["gpu" if usable else "cpu"]


def test_a_card_that_is_too_old_is_told_of(machine, monkeypatch):
    monkeypatch.setattr(cards, "usable", lambda: True)
    machine(OLD)
    assert "older" in unused(CPU)
    machine(OLD, NEW)  # where the processor was asked for
    assert not unused(CPU)


def test_whether_torch_can_use_cards_is_known_without_it():
    code = "import sys; from animate import cards; print(cards.usable(), 'torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told == [str(bool(torch.version.cuda or torch.version.hip)), "False"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused_in_words_and_not_kept(tmp_path, bad):
    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32)
    bias = animator.networks.denoiser.conv_out.bias
    assert bias is not None
    bias.data.fill_(bad)
    settings = RenderSettings(width=64, height=64, steps=2, guidance=1.0, window=8, overlap=2)
    kept: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Savepoint, "step", lambda *given, **_: kept.append(given))
        with pytest.raises(AnimateError, match="--dtype float32"):
            list(animator.denoise(np.full((64, 64, 3), 120, np.uint8), np.zeros((2, 64, 64, 3), np.uint8), settings))
    assert not kept


def test_frames_that_go_beyond_half_precision_are_decoded_in_whole():
    """One of three, beside which the others are as they were."""
    codec, exact = (
        Animator.load(toy.folder(), device="cpu", dtype=dtype).networks.codec
        for dtype in (torch.float16, torch.float32)
    )
    assert isinstance(codec, VAECodec)
    assert isinstance(exact, VAECodec)
    latents = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    latents[1] *= 2e3
    for each in (codec, exact):
        each.piece = 1
        each.vae.decoder.conv_in.weight.data.mul_(32)
    assert not codec._pictures(latents[1:2] / codec.scale).isfinite().all()
    found = codec.decode(latents)
    torch.testing.assert_close(found[1], exact.decode(latents)[1], atol=0.01, rtol=0)
    assert torch.equal(found[::2], codec.decode(latents[::2]))
    bias = codec.vae.decoder.conv_out.bias
    assert bias is not None
    bias.data.fill_(float("nan"))
    with pytest.raises(AnimateError, match="--dtype float32"):
        codec.decode(latents)


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_told_of_cards_is_translated(machine, monkeypatch, language):
    monkeypatch.setattr(cards, "found", lambda: True)
    monkeypatch.setattr(cards, "usable", lambda: False)
    words = Words(language)
    for here in ((), (OLD,)):
        machine(*here)
        told = words.say(devices.unused(CPU))
        assert "NVIDIA" in told
        assert not set(told.split()) & {"card", "older", "install."}


def test_what_goes_beyond_a_precision_can_be_given_another_where_it_was_started():
    """What the words say can be done, by either program."""
    with pytest.raises(AnimateError) as told:
        on_host(torch.tensor([1.0, torch.nan]))
    option, precision = re.findall(r"(--\w+) (\w+)", str(told.value))[0]
    assert app.load("mini", hosting.options().parse_args([option, precision]).dtype).dtype == torch.float32
    assert parser().parse_args(["picture", "dance", "-o", "clip.mp4", option, precision]).dtype == precision
    with pytest.raises(BadSettings, match="no precision «float8»; choose one of float32"):
        Animator.load("mini", dtype="float8")
