"""The whole road, for both kinds of model: events in order, stopping, the clip's rate, length and sound."""

import json
import shutil
import tempfile
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import c2pa
import numpy as np
import pytest
import torch
from PIL import Image

from animate import (
    AnimateError,
    Animator,
    BadSettings,
    Finished,
    Job,
    Note,
    Posed,
    Preview,
    Progress,
    RenderSettings,
    catalogue,
    examples,
    video,
)
from animate.canvas import Canvas, size_for
from animate.events import STAGES
from animate.puppet import Puppet
from pose.draw import STYLES, draw
from studio.pace import Pace, frames_of, work_of
from studio.runs import Run
from studio.taking import render as make
from tests import toy
from tests.media import dancer, encode, sound_seconds

PICTURE = next(iter(examples.characters().values()))
DANCE = Path(next(iter(examples.dances())))
MODELS = {"embedded": "mini", "released": None}


@pytest.fixture(scope="module", params=MODELS, ids=list(MODELS))
def animator(request) -> Animator:
    return Animator.load(MODELS[request.param] or toy.folder(), device="cpu", dtype=torch.float32)


def job(**changes) -> Job:
    settings = RenderSettings(width=64, height=96, steps=2, guidance=1.5, window=8, overlap=2)
    return Job(**{"image": PICTURE, "motion": DANCE, "settings": settings, "seconds": 0.8, **changes})


def test_events_tell_the_whole_road(animator, tmp_path):
    events = list(animator.render(job(), tmp_path / "clip.mp4"))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished == Finished(tmp_path / "clip.mp4", pytest.approx(0.8))
    progress = [event for event in events if isinstance(event, Progress)]
    stages = [event.stage for event in progress]
    order = [STAGES.index(stage) for stage in stages]
    assert order == sorted(order)
    assert stages[-1] == "write"
    for before, after in pairwise(progress):
        assert before.stage != after.stage or before.done <= after.done
        assert 0 <= after.done <= after.total
    assert progress[-1].done == progress[-1].total == 20
    previews = [event.frame for event in events if isinstance(event, Preview)]
    assert previews
    assert all(frame.shape in ((96, 64, 3), (48, 32, 3)) and frame.dtype == np.uint8 for frame in previews)
    assert previews[-1].shape == (96, 64, 3)
    assert video.probe(finished.video).fps == 25
    assert sound_seconds(finished.video) == pytest.approx(0.8, abs=0.06)


@pytest.mark.parametrize("name", MODELS)
def test_a_clip_of_several_windows_is_told_and_stopped_a_window_at_a_time(name, tmp_path, monkeypatch):
    """20 frames in windows of 8 are three of them, each denoised under guidance and without."""
    animator = Animator.load(MODELS[name] or toy.folder(), device="cpu", dtype=torch.float32, corrects=True)
    network, calls = animator.networks.denoiser, []
    forward = network.forward
    monkeypatch.setattr(network, "forward", lambda *given, **more: (calls.append(1), forward(*given, **more))[1])
    told = [
        (event.done, event.total, len(calls))
        for event in animator.render(job(), tmp_path / "clip.mp4")
        if isinstance(event, Progress) and event.stage == "denoise"
    ]
    assert told == [(done, 6, 2 * done) for done in range(1, 7)]
    run = Run(lambda _animator: (job(), []), "a")
    calls.clear()
    forward_again = network.forward
    monkeypatch.setattr(
        network, "forward", lambda *given, **more: (run.stopping.set(), forward_again(*given, **more))[1]
    )
    make(run, animator, tmp_path / "clips" / "stopped.mp4", pace=Pace(), advanced=lambda _run: None)
    assert run.state.phase == "stopped"
    assert len(calls) == 2, "one window"


def test_a_clip_has_no_more_frames_a_second_than_its_model_was_trained_on(tmp_path):
    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32)
    order, pixels = job(), 64 * 96 / 1e6
    assert work_of(order, animator)["denoise"] == pytest.approx(3 * 8 * pixels * order.settings.steps)
    animator.model = replace(animator.model, rate=catalogue.MODELS["musepose"].rate)
    assert work_of(order, animator)["denoise"] == pytest.approx(2 * 8 * pixels * order.settings.steps), "told before"
    assert frames_of(order, animator) == 10
    *_, finished = animator.render(order, tmp_path / "clip.mp4")
    assert isinstance(finished, Finished)
    assert video.probe(finished.video).fps == Fraction(25, 2)
    assert finished.seconds == pytest.approx(0.8)


def test_a_character_is_cut_out_once_for_all_its_dances(tmp_path, monkeypatch):
    animator, cut, cuts = Animator.load("mini", device="cpu", dtype=torch.float32), Puppet.cut, []
    monkeypatch.setattr(Puppet, "cut", lambda *given, **more: cuts.append(cut(*given, **more)) or cuts[-1])
    mine = tmp_path / "mine.png"
    mine.write_bytes(PICTURE.read_bytes())
    first, other = job(image=mine), job(image=mine, motion=Path("twist"), seconds=0.4)
    larger = replace(first, settings=replace(first.settings, width=72))
    assert work_of(larger, animator)["cut"] > 0
    stages = []
    for each in (first, other, larger):
        events = list(animator.render(each, tmp_path / "clip.mp4"))
        stages.append([event.stage for event in events if isinstance(event, Progress)].count("cut"))
    assert stages == [2, 0, 2], "in another size it is another"
    assert len(cuts) == 2
    assert work_of(larger, animator)["cut"] == 0, "which the estimate knows"
    mine.unlink()
    animator.cutter.forget()
    assert not animator.cutter._cut._found


def test_what_cannot_be_rendered_or_written_is_told_before_the_dancer_is_watched(tmp_path, monkeypatch):
    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32)
    monkeypatch.setattr(animator.watcher, "watch", None)
    wide = RenderSettings(width=64, height=96, steps=1, guidance=1.0, window=40)
    for seconds in (3, None):
        with pytest.raises(BadSettings, match="span is 32"):
            next(animator.render(job(settings=wide, seconds=seconds), tmp_path / "clip.mp4"))
    with pytest.raises(TypeError):  # what is watched may be shorter than the span
        next(animator.render(job(settings=wide, seconds=0.8), tmp_path / "clip.mp4"))
    mine = Path(shutil.copy(PICTURE, tmp_path))
    with pytest.raises(BadSettings, match="what the clip is made of"):
        next(animator.render(job(image=mine), mine))
    assert mine.read_bytes() == PICTURE.read_bytes()
    with pytest.raises(AnimateError, match="could not be written"):
        next(animator.render(job(), mine / "clip.mp4"))


def test_files_may_be_named_by_texts(animator, tmp_path):
    places = {name: str(tmp_path / name) for name in ("joints.json", "unfinished", "clip.mp4")}
    named = job(image=str(PICTURE), save_pose=places["joints.json"], savepoint=places["unfinished"], seconds=0.3)
    assert [*animator.render(named, places["clip.mp4"])][-1] == Finished(tmp_path / "clip.mp4", 0.32)
    again = job(image=str(PICTURE), motion=DANCE, pose=places["joints.json"])
    assert again.pose == tmp_path / "joints.json"
    for wrong in ({"image": None}, {"motion": 7}, {"pose": b"joints.json"}):
        with pytest.raises(BadSettings, match="give the name of a file"):
            job(**wrong)


def test_a_clip_that_fails_or_is_stopped_leaves_no_temporary_folder(animator, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(AnimateError, match="no file nowhere"):
        [*animator.render(job(motion="nowhere.mp4"))]
    walk = animator.render(job(seconds=0.3))
    next(walk)
    assert len([*tmp_path.iterdir()]) == 1
    walk.close()
    assert [*tmp_path.iterdir()] == []
    made = [*animator.render(job(seconds=0.3))][-1]
    assert [*tmp_path.iterdir()] == [made.video.parent]


@pytest.mark.parametrize("shape", [(96, 160), (160, 96)])
def test_the_embedded_network_mends_clips_of_any_shape(shape, tmp_path):
    """Those too whose small copy, looked at by itself, would have another grid of latents."""
    mending = Animator.load("mini", device="cpu", dtype=torch.float32, corrects=True)
    codec = mending.networks.codec
    grid = codec.grid(shape[1], shape[0])
    assert codec.grid(grid[0] * 8, grid[1] * 8) != grid
    settings = RenderSettings(width=shape[0], height=shape[1], steps=1, guidance=1)
    events = list(mending.render(job(settings=settings, seconds=0.3), tmp_path / "clip.mp4"))
    assert any(isinstance(event, Progress) and event.stage == "denoise" for event in events)
    assert isinstance(events[-1], Finished)


def models_told(clip: Path) -> str:
    """By the credentials of a clip."""
    with c2pa.Reader("video/mp4", clip.open("rb")) as reader:
        told = json.loads(reader.json())
    (actions,) = (
        each["data"]["actions"]
        for each in told["manifests"][told["active_manifest"]]["assertions"]
        if "actions" in each["label"]
    )
    return actions[0]["parameters"]["com.animate.model"]


def test_a_network_of_ones_own_makes_the_clip_and_signs_it(tmp_path):
    mine = tmp_path / "mine"
    mine.symlink_to(catalogue.ROOT / "weights" / "mini")
    settings = RenderSettings(width=64, height=96, steps=1, guidance=1)
    stages, told = {}, {}
    for name in (mine, "mini"):
        animator = Animator.load(name, device="cpu", dtype=torch.float32)
        events = [*animator.render(job(settings=settings, seconds=0.2), tmp_path / "clip.mp4")]
        stages[name] = {event.stage for event in events if isinstance(event, Progress)}
        told[name] = animator.words, models_told(tmp_path / "clip.mp4")
    assert stages[mine] - stages["mini"] == {"denoise"}
    assert told[mine][0].startswith("mine model on ")
    assert "still learning" not in told[mine][0]
    assert told[mine][1] == "mine"
    assert told["mini"][1] == "Embedded"


def test_what_is_said_of_a_model_of_ones_own_decides_its_clips(tmp_path):
    animator = Animator.load(toy.folder(), device="cpu", dtype=torch.float32, title="Ours", drawing="musepose", rate=12)
    events = [*animator.render(job(seconds=0.4), tmp_path / "clip.mp4")]
    assert [event.style for event in events if isinstance(event, Posed)] == ["musepose"]
    assert video.probe(tmp_path / "clip.mp4").fps <= 12
    assert models_told(tmp_path / "clip.mp4") == "Ours"


@pytest.mark.parametrize("after", [1, 4])
def test_stopping_leaves_nothing_and_the_next_clip_is_the_same(animator, tmp_path, after, monkeypatch):
    walk = animator.render(job(), tmp_path / "stopped.mp4")
    for _ in range(after):
        next(walk)
    walk.close()
    assert list(tmp_path.iterdir()) == []
    frames: list[np.ndarray] = []  # as they are handed to the encoder, which itself is not exact to the bit
    add = video.ClipWriter.add
    monkeypatch.setattr(video.ClipWriter, "add", lambda self, frame: (frames.append(frame.copy()), add(self, frame)))
    for name in ("one.mp4", "two.mp4"):
        assert isinstance([*animator.render(job(), tmp_path / name)][-1], Finished)
    assert len(frames) == 40
    assert np.array_equal(frames[:20], frames[20:])


def test_a_skeleton_video_is_recognised_and_danced(animator, tmp_path):
    known = examples.known_pose(examples.dances()[str(DANCE)])
    assert known
    frames = [draw(points, size=known.size, style=STYLES["moore"]) for points in known.points[:12]]
    skeletons = encode(tmp_path / "skeletons.mp4", frames, rate=Fraction(25, 2))
    events = list(animator.render(job(motion=skeletons, seconds=None), tmp_path / "clip.mp4"))
    assert any(isinstance(event, Note) and "skeleton" in event.words for event in events)
    assert isinstance(events[-1], Finished)
    assert video.probe(events[-1].video).fps == Fraction(25, 2)


def test_a_dance_longer_than_a_minute_is_refused_in_words(animator, tmp_path):
    long = encode(tmp_path / "long.mkv", dancer(3), times=[0, 1, 90])
    with pytest.raises(BadSettings, match="at most 60 s"):
        list(animator.render(job(motion=long, seconds=None), tmp_path / "clip.mp4"))


def test_settings_follow_model_picture_and_wish(animator, tmp_path):
    Image.new("RGB", (300, 200)).save(tmp_path / "wide.png")
    settings = animator.settings_for(tmp_path / "wide.png", steps=7, seed=None)
    assert settings.steps == 7
    assert settings.guidance == animator.model.guidance
    assert settings.width > settings.height
    area = animator.model.size[0] * animator.model.size[1]
    assert settings.width * settings.height == pytest.approx(area, rel=0.1)
    assert animator.settings_for(tmp_path / "wide.png", size=(128, 192)).height == 192


def test_words_tell_model_and_device_in_words_that_people_know(animator):
    assert "processor core" in animator.words
    assert "float" not in animator.words
    assert animator.model.title in animator.words


@pytest.mark.parametrize("shape", [(200, 100), (100, 200), (120, 120), (97, 301)])
def test_the_canvas_holds_the_whole_picture(shape):
    picture = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    size = size_for(picture.shape[1::-1], (256, 384))
    assert all(side % 16 == 0 for side in size)
    canvas = Canvas.lay(picture, (256, 384))
    assert canvas.picture.shape == (384, 256, 3)
    corners = np.array([[0, 0, 1], [shape[1] - 1, shape[0] - 1, 0.5]], np.float32)
    placed = canvas.place(corners)
    assert (placed[:, 0] > -2).all()
    assert (placed[:, 1] > -2).all()
    assert placed[1, 0] < 256
    assert placed[1, 1] < 384
    assert placed[1, 2] == 0.5


@pytest.mark.parametrize("shape", [(16, 4000), (4000, 16)])
def test_a_ribbon_of_a_picture_keeps_a_row_of_its_own(shape):
    canvas = Canvas.lay(np.full((*shape, 3), 90, np.uint8), (64, 64))
    assert (canvas.picture == 90).all()


def test_a_copy_of_an_example_is_known_and_anything_else_is_not(tmp_path):
    copy = tmp_path / "upload.png"
    copy.write_bytes(PICTURE.read_bytes())
    known = examples.known_pose(copy)
    assert known
    assert known.points.shape == (1, 134, 3)
    Image.open(PICTURE).convert("RGB").save(tmp_path / "again.png", compress_level=1)
    assert examples.known_pose(tmp_path / "again.png") is None
    assert examples.known_pose(tmp_path / "missing.png") is None
