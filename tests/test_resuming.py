"""Clips in the making survive the program: killed at any moment, every one is finished or failed in words, once."""

import ctypes
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from animate import AnimateError, Job, Progress, RenderSettings, video
from animate.errors import DeviceLost
from studio import view
from studio.archive import Archive
from studio.health import health_routes
from studio.jobs import Workshop
from studio.limits import LIMITS
from studio.page import build
from studio.serve import launch
from studio.wishes import Wish
from studio.words import Words
from tests.awaiting import awaited, wait_for
from tests.browsing import free_port
from tests.fake_animator import FakeAnimator
from tests.media import beep, dancer, encode

LIMITED = replace(LIMITS["cpu"], free_gb=0)


@pytest.fixture(scope="module")
def wish(tmp_path_factory) -> Wish:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(dancer(1)[0]).save(folder / "picture.png")
    return Wish(picture=folder / "picture.png", dance=encode(folder / "dance.mp4", dancer(50), sound=beep(2, at=1)))


@pytest.fixture
def studio(tmp_path):
    made = []

    def make(animator=None):
        made.append(build(lambda name: animator or FakeAnimator(pause=0.002), limits=LIMITED, folder=tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_what_was_not_finished_is_gone_on_with(studio, wish):
    first = studio()
    waiting, running = first.archive.add("ann", wish), first.archive.add("ann", wish)
    first.archive.change(running.id, phase="running", stage="denoise", done=2, total=3, attempts=1)
    second = studio()
    second.open()
    wait_for(lambda: not second.archive.unfinished())
    assert {clip.id for clip in second.archive.of("ann")} == {waiting.id, running.id}


def test_the_list_tells_how_far_a_clip_is(studio, wish):
    now = studio(FakeAnimator(pause=0.1))
    clip = now.archive.add("ann", wish)
    now.open()
    wait_for(lambda: now.archive.find(clip.id).stage == "denoise")
    (record,) = Archive(now.archive.folder, keep_days=1)._store.all()
    assert (record["phase"], record["stage"], record["attempts"]) == ("running", "denoise", 0)


def test_more_clips_than_the_queue_holds_come_back_whole(studio, wish):
    first = studio()
    clips = [first.archive.add("ann", wish) for _ in range(LIMITED.queue + 3)]
    second = studio()
    second.open()
    wait_for(lambda: not second.archive.unfinished(), seconds=60)
    assert len(second.archive.of("ann")) == len(clips)


def test_a_clip_that_brings_the_program_down_is_given_up(studio, wish):
    first = studio()
    clip = first.archive.add("ann", wish)
    first.archive.change(clip.id, attempts=3, phase="running")
    second = studio()
    second.open()
    wait_for(lambda: second.archive.find(clip.id).phase == "failed")
    assert json.loads(second.archive.find(clip.id).failure)[0] == "given_up"


def test_the_queue_goes_on_whatever_happens_to_a_clip(tmp_path, wish):
    job = Job(image=wish.picture, motion=wish.dance, settings=RenderSettings(width=64, height=96, steps=2), seconds=0.5)
    ended = []

    def end(run) -> None:
        ended.append(run.id)
        if len(ended) == 1:
            raise sqlite3.OperationalError("database or disk is full")

    shop = Workshop(lambda name: FakeAnimator(pause=0.001), folder=tmp_path, limits=LIMITED, ended=end)
    shop.open()
    runs = [shop.order(lambda animator: (job, [])) for _ in range(3)]
    wait_for(lambda: all(run.state.over for run in runs))
    wait_for(lambda: len(ended) == 3)
    assert runs[0].state.failure
    assert [run.state.phase for run in runs[1:]] == ["done", "done"]
    shop.close()


def test_where_the_program_ends_only_what_a_visitor_stopped_is_stopped(tmp_path, wish):
    job = Job(image=wish.picture, motion=wish.dance, settings=RenderSettings(width=64, height=96, steps=2), seconds=0.5)
    shop = Workshop(lambda name: FakeAnimator(pause=0.05), folder=tmp_path, limits=LIMITED)
    shop.open()
    stopped, going, waiting = (shop.order(lambda animator: (job, [])) for _ in range(3))
    wait_for(lambda: stopped.state.phase == "running")
    shop.stop(stopped.id)
    wait_for(lambda: going.state.phase == "running")
    shop.close()
    assert [run.kept for run in (stopped, going, waiting)] == [False, True, True]
    assert stopped.state.phase == "stopped"


def test_what_is_past_its_time_is_deleted_though_nobody_orders_and_after_a_crash(studio, wish, tmp_path):
    first = studio()
    old, new = first.archive.add("ann", wish), first.archive.add("ann", wish)
    for clip in (old, new):
        encode(first.archive.video(clip), dancer(5))
        first.archive.change(clip.id, phase="done")
    first.archive.change(old.id, made=time.time() - LIMITED.keep_days * 86400 - 60)
    shared = first.archive.add("ann", wish)
    first.archive.change(shared.id, phase="done", made=old.made - 1e7, share="x", until=time.time() + 60)
    long_ago = time.time() - LIMITED.keep_hours * 3600 - 60
    for name, moment in (("aa/upload.png", long_ago), ("aa/b/half.part", long_ago), ("bb/upload.png", time.time())):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (moment, moment))
    second = studio()  # the first ended without a word
    second.open()
    wait_for(lambda: second.archive.find(old.id) is None)
    assert not (tmp_path / "clips" / old.id).exists()
    wait_for(lambda: not (tmp_path / "aa" / "b" / "half.part").exists())
    assert {clip.id for clip in second.archive.all()} == {new.id, shared.id}
    assert [path.name for path in tmp_path.rglob("*.p*") if path.name in ("upload.png", "half.part")] == ["upload.png"]
    assert (tmp_path / "bb" / "upload.png").exists()


def test_what_was_refused_or_stopped_can_be_ordered_again(tmp_path):
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    Image.fromarray(dancer(1)[0]).save(uploads / "picture.png")
    dance = encode(uploads / "dance.mp4", dancer(20))
    wish = Wish(picture=uploads / "picture.png", dance=dance, seconds=0.5, consent=True)
    studio = build(lambda name: FakeAnimator(), limits=replace(LIMITED, queue=1), folder=tmp_path)
    asks = SimpleNamespace(request=None, headers={})
    order = lambda: studio.keeping.acts.order(wish, "ann", asks)  # type: ignore[arg-type]  # noqa: E731
    first = order()
    with pytest.raises(AnimateError, match="Many clips are waiting"):
        order()
    assert len(list((tmp_path / "clips").glob("*/"))) == 1
    studio.workshop.stop(first.id)  # before the worker began
    assert studio.archive.all() == []
    assert len(list(uploads.iterdir())) == 2
    assert order().state.phase == "waiting"
    dance.unlink()
    with pytest.raises(AnimateError):
        order()
    assert len(list((tmp_path / "clips").glob("*/"))) == 1


class Saving(FakeAnimator):
    """Keeps a savepoint just after its clip was deleted."""

    def __init__(self):
        super().__init__()
        self.begun, self.deleted = threading.Event(), threading.Event()

    def _events(self, job, out):
        for event in super()._events(job, out):
            if job.savepoint and isinstance(event, Progress) and event.stage == "denoise":
                self.begun.set()
                assert self.deleted.wait(20)
                job.savepoint.mkdir(parents=True, exist_ok=True)
                (job.savepoint / "latents.npz").write_bytes(b"of somebody's picture")
            yield event


@pytest.mark.parametrize("act", ["delete", "delete_all"])
@pytest.mark.parametrize("which", ["running", "waiting"])
def test_of_a_clip_that_is_deleted_while_it_is_made_nothing_stays(studio, wish, tmp_path, which, act):
    """Nor what was uploaded for it; it goes beside what the page does meanwhile."""
    uploads, animator = tmp_path / "uploads", Saving()
    uploads.mkdir()
    picture, dance = (Path(shutil.copy(path, uploads)) for path in (wish.picture, wish.dance))
    mine = replace(wish, picture=picture, dance=dance)
    made = studio(animator)
    made.workshop._trial = lambda animator: None
    add = made.archive.add
    clips = {each: add("ann", mine) if each == which else add("bob", wish) for each in ("running", "waiting")}
    made.open()
    assert animator.begun.wait(20)
    thread, delete = set(), made.archive.delete
    made.archive.delete = lambda *given, **named: thread.add(threading.get_ident()) or delete(*given, **named)
    asks, press = SimpleNamespace(request=None), SimpleNamespace(act=act, clip=clips[which].id)

    async def pressed() -> None:
        thread.add(threading.get_ident())
        told = [each async for each in made.keeping.act("ann", "", str(picture), str(dance), asks, press)]
        assert told[-1][made.parts.status] == view.status(Words("en")("deleted_with"))
        assert len(thread) >= 2, "the page waited"

    awaited(pressed())
    assert [*uploads.iterdir()] == []
    animator.deleted.set()
    wait_for(lambda: which == "waiting" or made.workshop.ended_by_phase["stopped"] == 1)
    wait_for(lambda: not made.archive.unfinished())
    assert clips[which].id not in {path.name for path in made.archive.folder.iterdir()}
    assert made.workshop.find(clips[which].id).state.phase == "stopped"


class Falling(FakeAnimator):
    """Its worker is ended from outside, `falls` times, in the middle of a clip."""

    falls = 0

    def _events(self, job, out):
        for event in super()._events(job, out):
            yield event
            if self.falls and isinstance(event, Progress) and event.stage == "denoise":
                self.falls -= 1
                thread = ctypes.c_ulong(threading.get_ident())
                assert ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(SystemExit)) == 1


@pytest.mark.parametrize(("falls", "phases"), [(1, ["done", "done"]), (2, ["done", "done"]), (3, ["failed", "done"])])
def test_a_worker_that_dies_is_followed_by_another(studio, wish, falls, phases, caplog):
    animator = Falling(pause=0.002)
    animator.falls = falls
    now = studio(animator)
    now.workshop._trial = lambda animator: None
    clips = [now.archive.add("ann", wish) for _ in phases]
    now.open()
    wait_for(lambda: not now.archive.unfinished())
    assert [now.archive.find(clip.id).phase for clip in clips] == phases
    assert caplog.text.count("The worker died") == falls
    assert now.workshop.alive
    assert len(animator.jobs) == falls + (phases[0] == "done") + 1
    assert all(job.savepoint == animator.jobs[0].savepoint for job in animator.jobs[:falls])
    if phases[0] == "failed":
        assert json.loads(now.archive.find(clips[0].id).failure)[0] == "given_up"


def test_a_device_that_is_lost_fails_clips_in_words_until_the_next_start(studio, wish):
    lost = FakeAnimator(pause=0.002, fails=DeviceLost())
    now = studio(lost)
    clips = [now.archive.add("ann", wish) for _ in range(2)]
    now.open()
    wait_for(lambda: now.workshop.ended_by_phase["failed"] == 2)
    assert {now.workshop.find(clip.id).state.failure.key for clip in clips} == {"device_lost"}
    (health,) = (route for route in health_routes(now, metrics=False) if route.path == "/healthz")
    assert json.loads(health.endpoint(None).body) == {"ok": False, "wrong": ["device"]}
    now.close()
    again = studio()
    again.open()
    wait_for(lambda: not again.archive.unfinished())
    assert {clip.id for clip in again.archive.of("ann")} == {clip.id for clip in clips}


class Digesting(video.ClipWriter):
    """Also keeps a digest of the frames as they are handed to the encoder, which itself is not exact to the bit."""

    def __enter__(self) -> "Digesting":
        self.digest = hashlib.sha256()
        super().__enter__()
        return self

    def add(self, frame: np.ndarray) -> None:
        self.digest.update(frame.tobytes())
        super().add(frame)

    def __exit__(self, kind, *rest: object) -> None:
        super().__exit__(kind, *rest)
        if kind is None:
            told = self.path.parents[2] / "frames" / self.path.parent.name
            told.parent.mkdir(exist_ok=True)
            told.write_text(self.digest.hexdigest())


def frames_of(path: Path) -> str:
    return (path.parents[2] / "frames" / path.parent.name).read_text()


def whole(folder: Path, *, fresh: bool = False) -> str:
    archive = killed_at_random(folder, kills=0, seed=0, orders=1, longest=0, fresh=fresh)
    (clip,) = archive.of("ann")
    return frames_of(archive.video(clip))


def killed_at_random(
    folder: Path, *, kills: int, seed: int, orders: int, longest: float, fresh: bool = False
) -> Archive:
    """Start the studio with the embedded model on `orders` examples, kill it `kills` times, then let it finish.

    fresh: as programs that import all they need, and open the page too."""
    from animate import examples

    chance = random.Random(seed)
    archive = Archive(folder / "clips", keep_days=1)
    wish = Wish(
        picture=examples.characters()["bear"], dance=examples.dances()["disco"], seconds=0.5, preset="draft", steps=2
    )
    for _ in range(orders):
        archive.add("ann", wish)
    archive._store._base.close()
    # Else processes of their own that need not import torch each time, so that most of the kills meet the work.
    starts = multiprocessing.get_context("spawn" if fresh else "forkserver")
    if not fresh:
        starts.set_forkserver_preload(["torch", "animate.animator", "studio.page", "tests.test_resuming"])  # type: ignore[attr-defined]
    for turn in range(kills + 1):
        process = starts.Process(target=serve, args=(folder,), kwargs={"page": fresh})  # type: ignore[attr-defined]
        process.start()
        process.join(chance.uniform(0.05, longest) if turn < kills else 1200)
        process.kill() if turn < kills else None
        process.join(60)
    assert process.exitcode == 0
    return Archive(folder / "clips", keep_days=1)


def check(archive: Archive, *, orders: int, whole: str) -> None:
    """whole: the frames of the same clip, made without an end in the middle."""
    clips = list(archive._clips.values())
    assert len(clips) == orders
    assert archive.unfinished() == []
    done = [clip for clip in clips if clip.phase == "done"]
    assert done
    assert {frames_of(archive.video(clip)) for clip in done} == {whole}
    for clip in clips:
        names = {path.name for path in (archive.folder / clip.id).iterdir()}
        usual = {"clip.mp4", "picture.png", "dance.mp4", "poses.npz"}
        assert names == (usual if clip.phase == "done" else set())
        assert clip.phase == "done" or clip.failure


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_killed_at_random_moments_nothing_is_lost(tmp_path):
    killed = killed_at_random(tmp_path / "killed", kills=4, seed=4, orders=2, longest=3)
    check(killed, orders=2, whole=whole(tmp_path / "whole"))


def serve(folder: Path, *, page: bool = False) -> None:
    """The studio, with a page or without, until all that was ordered is over."""
    os.environ["ANIMATE_CACHE"] = str(folder.parent / "cache")  # one installation: its mark is in the pictures
    for out in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), out)
    import torch

    from animate import Animator

    torch.set_num_threads(1)
    video.ClipWriter = Digesting

    def load(name: str) -> Animator:
        return Animator.load("mini", device="cpu", dtype=torch.float32, corrects=True)  # so that it denoises

    studio = build(load, limits=LIMITED, folder=folder)
    studio.workshop._trial = lambda animator: None
    launch(studio, host="127.0.0.1", port=free_port()) if page else studio.open()
    while studio.archive.unfinished():
        time.sleep(0.02)
    studio.close()
