"""What a clip would take of memory, and the settings that fit where that is too little."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch

from animate import Animator, RenderSettings, budget, catalogue, guide, memory
from animate.budget import Room, free_of_host, room_for
from animate.memory import PLANS, SPARE, Lodging
from studio import view
from studio.animators import Animators
from studio.estimating import Estimating, less_and_less
from studio.limits import LIMITS
from studio.wishes import Wish
from studio.words import LANGUAGES, Words
from tests import toy
from tests.awaiting import awaited
from tests.fake_animator import FakeAnimator
from tests.media import dancer, encode

GB = 10**9


def test_the_host_tells_what_is_free():
    free = free_of_host()
    assert free is not None or sys.platform != "linux"
    assert free is None or 10**6 < free < 10**14


def test_the_embedded_models_clips_take_what_their_size_takes(monkeypatch):
    monkeypatch.setattr(budget, "free_of_host", lambda: GB)
    monkeypatch.setattr(budget, "workers", lambda: 2)
    small, large = (room_for(None, RenderSettings(width=w, height=h), frames=50) for w, h in ((256, 384), (1536, 2048)))
    assert small.fits
    assert not large.fits
    assert small.need < 0.5 * GB < 2.5 * GB < large.need
    assert Room(5, None).fits, "where nobody knows, nothing is refused"


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (3, 3), (16, 4)])
def test_the_threads_that_move_frames_are_counted(monkeypatch, cores, threads):
    """One a core that this process may use, of however many there are, and four at most."""
    pools, settings = [], RenderSettings(width=512, height=768)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {*range(cores)}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(guide, "ThreadPoolExecutor", lambda most: pools.append(most) or ThreadPoolExecutor(most))
    puppet = SimpleNamespace(
        background=torch.zeros(3, 8, 8),
        stance=None,
        beside=None,
        scale_of=lambda poses: 1.0,
        move=lambda poses, **_more: SimpleNamespace(frames=torch.zeros(len(poses), 3, 8, 8)),
    )
    behind = torch.zeros(9)
    frames = guide.moved_frames(puppet, np.zeros((9, 134, 3), np.float32), None, None, behind=behind)  # type: ignore[arg-type]
    assert len(list(frames)) == 9
    assert pools == [threads]
    expected = budget.MOVING_AT_ALL + (budget.MOVING + threads * budget.MOVING_EACH) * 512 * 768
    assert room_for(None, settings, frames=50).need == expected


@pytest.fixture
def animator() -> Animator:
    return Animator.load(toy.folder(), device="cpu", dtype=torch.float32)


def test_a_released_model_on_a_processor_needs_the_hosts_memory(animator, monkeypatch):
    monkeypatch.setattr(budget, "free_of_host", lambda: 10**12)
    settings = RenderSettings(width=64, height=64, window=8, overlap=2)
    short, long = (animator.room(settings, frames=frames) for frames in (8, 800))
    assert short.fits
    assert short.free == 10**12
    assert short.need >= animator.lodging.need(PLANS[0], settings)
    # 792 frames more of features, 32 numbers, and of latents, 16: for each of 64 places, 4 bytes
    assert long.need - short.need == 792 * 64 * 48 * 4


def test_branches_of_guidance_that_are_at_work_at_once_take_twice_the_memory(animator):
    settings = RenderSettings(width=64, height=64, window=128, guidance=3.5)
    animator.lodging._frames = 1  # or decoding would take more than either
    both, one = (animator.lodging.need(PLANS[0], replace(settings, guidance=guidance)) for guidance in (3.5, 1))
    assert both - one == 64 * 64 * 4 * 128 * memory.DENOISING


def test_a_small_device_takes_what_its_smallest_plan_takes(animator, monkeypatch):
    monkeypatch.setattr(budget, "free_of_host", lambda: 10**12)
    settings = RenderSettings(width=64, height=64, window=8, overlap=2)
    least = animator.lodging.need(PLANS[-1], settings)
    given = [10**12]
    lodging = Lodging(animator.networks, torch.device("cpu"), free=lambda: given[0])
    for free, fits in ((int(least / SPARE) + 1000, True), (int(least / SPARE) - 1000, False)):
        given[0] = free
        room = room_for(lodging, settings, frames=8)
        assert room.fits == fits
        assert room.need >= least
    monkeypatch.setattr(budget, "free_of_host", lambda: 1000)
    given[0] = int(lodging.need(PLANS[0], settings) / SPARE) + 1000
    assert room_for(lodging, settings, frames=8).free == 1000, "what is short is told"
    given[0] = 10**12
    room = room_for(lodging, settings, frames=8)
    assert room.fits, "the host is not asked to keep what the device has room for"
    assert room.need == lodging.need(PLANS[0], settings, frames=8)


def test_less_is_smaller_first_and_then_shorter():
    wishes = [(each.size, each.seconds) for each in less_and_less(Wish(picture=None, dance=None, seconds=4))]
    assert wishes[:4] == [("standard", 4), ("small", 4), ("standard", 2), ("small", 2)]
    assert wishes[-1] == ("small", 0.5)
    assert next(less_and_less(Wish(picture=None, dance=None, size="large", seconds=0.5))).size == "large"


@pytest.fixture
def files(tmp_path) -> tuple[str, str]:
    from PIL import Image

    Image.fromarray(dancer(1)[0]).save(tmp_path / "picture.png")
    return str(tmp_path / "picture.png"), str(encode(tmp_path / "dance.mp4", dancer(75)))


@pytest.mark.parametrize(("memory", "possible"), [(2.6 * GB, True), (0.3 * GB, False), (9 * GB, None)])
def test_settings_that_fit_are_proposed(files, memory, possible, monkeypatch):
    monkeypatch.setattr(FakeAnimator, "model", SimpleNamespace(size=(128, 192), steps=3, rate=30, window=24))
    animators = Animators(lambda model: FakeAnimator(memory=memory))
    animators.ready()
    workshop = SimpleNamespace(animators=animators, expect=lambda job, model: 40.0)
    desk = Estimating(SimpleNamespace(estimate="estimate", fit_button="button"), workshop, LIMITS["cpu"])  # type: ignore[arg-type]
    wish = Wish(picture=Path(files[0]), dance=Path(files[1]), seconds=4)
    told = desk._told(wish, Words("en"))
    if possible is None:
        assert told["estimate"].endswith("about 40 s on this computer. It needs about 4.0 GB of memory.</p>")
        assert not told["button"]["visible"]
        return
    assert "does not fit" in told["estimate"]
    assert told["button"]["visible"] == possible
    assert ("Nothing smaller" in told["estimate"]) != possible
    if possible:
        fitting = desk.fitting(wish)
        assert fitting is not None
        assert told["button"]["value"] == view.smaller(Words("en"), fitting)
        assert "does not fit" not in desk._told(fitting, Words("en"))["estimate"]


def test_a_released_model_that_is_not_loaded_yet_tells_what_its_weights_take(files, tmp_path, monkeypatch):
    monkeypatch.setattr(FakeAnimator, "model", SimpleNamespace(size=(128, 192), steps=3, rate=30, window=24))
    (tmp_path / "weights").write_bytes(bytes(5000))
    here = {"denoising_unet": tmp_path / "weights", "vae": tmp_path / "weights"}
    monkeypatch.setattr(catalogue, "on_this_machine", lambda model: here if model.name == "moore" else {})
    animators = Animators(lambda model: FakeAnimator(memory=9 * GB))
    animators.ready()
    workshop = SimpleNamespace(animators=animators, expect=lambda job, model: 40.0 if job else None)
    desk = Estimating(SimpleNamespace(estimate="estimate", fit_button="button"), workshop, LIMITS["cpu"])  # type: ignore[arg-type]
    wish = Wish(picture=Path(files[0]), dance=Path(files[1]), seconds=4, model="moore")
    for language in LANGUAGES:
        assert "5 kB" in desk._told(wish, Words(language))["estimate"]
    assert "known after the first" in desk._told(wish, Words("en"))["estimate"]
    assert animators.weights(model="novita") is None, "what is not here tells what getting it takes"
    animators.ready("moore")
    assert "5 kB" not in desk._told(wish, Words("en"))["estimate"]


def test_which_part_of_a_longer_dance_it_is_is_told_before_it_is_ordered(files):
    animators = Animators(lambda model: FakeAnimator())
    animators.ready()
    for expected in (40.0, None):
        workshop = SimpleNamespace(animators=animators, expect=lambda job, model, is_=expected: is_)
        desk = Estimating(SimpleNamespace(estimate="estimate", fit_button="button"), workshop, LIMITS["cpu"])  # type: ignore[arg-type]
        part = Wish(picture=Path(files[0]), dance=Path(files[1]), seconds=1.5, start=0.5)
        assert "lasts 3.0 s; the clip shows 1.5 s of it, from 0.5 s on" in desk._told(part, Words("en"))["estimate"]
        assert "the clip shows" not in desk._told(replace(part, seconds=4, start=0), Words("en"))["estimate"]


def test_what_is_not_known_yet_is_asked_for_again_until_it_is(files):
    pace, animators = SimpleNamespace(knows=lambda: False), Animators(lambda model: FakeAnimator())
    workshop: Any = SimpleNamespace(animators=animators, expect=lambda job, model: 40.0, pace=pace, trouble=None)
    workshop.model_words = "loaded"
    parts: Any = SimpleNamespace(estimate="estimate", fit_button="button", ask_again="timer")
    rehearsing: list[str] = []
    desk = Estimating(parts, workshop, LIMITS["cpu"], rehearsing=lambda page: page in rehearsing)

    def again(dance: str | None = files[1], model: str = "") -> bool:
        tuning = ("draft", None, 1, 0, 0, 0, 1, "off", "auto", 1)
        return awaited(desk.estimate(gr.Request(), files[0], dance, *tuning, model))["timer"]["active"]

    assert again()
    assert not again(dance=None), "nothing to tell"
    assert not again(model="moore"), "known after the first clip with it, of which nobody knows when"
    workshop.trouble = "words"
    assert not again(), "nothing is measured"
    workshop.trouble, pace.knows = None, lambda: True
    assert not again()
    workshop.model_words = None
    assert again(), "measured before, but the model that tells what there is to do is still being loaded"
    workshop.model_words = "loaded"
    assert not again()
    rehearsing.append("")
    assert again(), "the rehearsal watches the dance, and shows how fast this machine is"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_said_in_every_language(language):
    words = Words(language)
    lines = [view.estimate(words, 40, GB), view.no_room(words, 3 * GB, GB, possible=False)]
    lines.append(view.smaller(words, Wish(picture=None, dance=None, size="small", seconds=1.5)))
    assert "1.0 GB" in lines[0]
    assert "3.0 GB" in lines[1]
    assert "1.5" in lines[2]
    assert not any("{" in line for line in lines)
