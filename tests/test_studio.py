"""The studio without a browser: the queue, its limits, its words, its guards."""

import base64
import io
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from animate import AnimateError, InputError, Job, RenderSettings, WeightsMissing
from studio import limits as host
from studio import previews, view
from studio.failures import Refused
from studio.guards import QuietLeave, SameOrigin, UploadGuard
from studio.janitor import Janitor
from studio.jobs import Workshop
from studio.limits import LIMITS
from studio.pace import Pace, units
from studio.page import Studio, build
from studio.queueing import fair_place
from studio.runs import Run, State
from studio.wishes import Wish, to_order
from studio.words import Line, Words
from tests.awaiting import awaited, wait_for
from tests.fake_animator import FakeAnimator
from tests.media import beep, dancer, encode, sound_seconds

ROOT = Path(__file__).parents[1]
LIMITED = replace(LIMITS["cpu"], free_gb=0)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[Path, Path]:
    """A picture and a dance of 2 s with sound."""
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(dancer(1)[0]).save(folder / "picture.png")
    return folder / "picture.png", encode(folder / "dance.mp4", dancer(50), sound=beep(2, at=1))


@pytest.fixture
def order(files):
    picture, dance = files
    settings = RenderSettings(width=64, height=96, steps=3)
    return lambda animator: (Job(image=picture, motion=dance, settings=settings, seconds=1), ["A note."])


@pytest.fixture
def workshop(tmp_path):
    made = []

    def make(animator=None, *, load=None, limits=LIMITED, **more) -> Workshop:
        made.append(
            Workshop(
                lambda model: load() if load else animator or FakeAnimator(), folder=tmp_path, limits=limits, **more
            )
        )
        made[-1].open()
        return made[-1]

    yield make
    for each in made:
        each.close()


def clips(folder: Path) -> list[Path]:
    return [path for path in (folder / "clips").rglob("*") if path.is_file()]


def over(run: Run) -> State:
    wait_for(lambda: run.state.over)
    return run.state


def test_an_order_becomes_a_clip(workshop, order):
    shop = workshop()
    state = over(shop.order(order))
    assert state.phase == "done"
    assert state.video is not None
    assert sound_seconds(state.video) == pytest.approx(1, abs=0.05)
    assert state.seconds == 1
    assert state.notes == ("A note.", "This clip is a stand-in <b>drawn</b> in pencil.")
    assert shop.model_words == "Stand-in on paper, in pencil"


def test_clips_are_made_one_after_the_other_in_order(workshop, order):
    animator = FakeAnimator(pause=0.005)
    shop = workshop(animator)
    runs = [shop.order(order) for _ in range(4)]
    wait_for(lambda: runs[0].state.phase != "waiting")
    assert [shop.ahead_of(run) for run in runs[1:]] == [1, 2, 3]
    assert [over(run).phase for run in runs] == ["done"] * 4
    assert animator.most_at_once == 1
    assert sorted(run.begun for run in runs) == [run.begun for run in runs]


def test_stop_ends_a_run_within_one_step_and_frees_the_device(workshop, order, tmp_path):
    animator = FakeAnimator(pause=0.2)
    shop = workshop(animator)
    run, following = shop.order(order), shop.order(order)
    wait_for(lambda: run.state.done >= 2)
    shop.stop(run.id)
    asked = time.monotonic()
    wait_for(lambda: run.state.over)
    assert time.monotonic() - asked < 0.35
    assert run.state.phase == "stopped"
    wait_for(lambda: following.state.phase == "running")
    assert animator.rendering <= 1
    shop.stop(following.id)
    over(following)
    assert animator.rendering == 0
    assert clips(tmp_path) == []


def test_stop_while_the_clip_is_written_leaves_nothing(workshop, order, tmp_path):
    shop = workshop(FakeAnimator(pause=0.05))
    run = shop.order(order)
    wait_for(lambda: run.state.stage == "write" and run.state.done >= 2)
    assert list(tmp_path.rglob("*.part"))
    shop.stop(run.id)
    assert over(run).phase == "stopped"
    wait_for(lambda: clips(tmp_path) == [])


@pytest.mark.parametrize(
    ("waiting", "going", "place"),
    [("", "", 0), ("a", "", 1), ("", "a", 0), ("bb", "", 1), ("bbb", "b", 0), ("abab", "", 4), ("bcbcb", "a", 4)],
)
def test_visitors_take_turns(waiting, going, place):
    """Where an order of a goes among others'."""
    assert fair_place([*waiting], [*going], "a") == place


def test_how_long_one_waits_is_known(workshop, order, tmp_path):
    shop = workshop(FakeAnimator(pause=0.05), trial=lambda animator: order(animator)[0])
    wait_for(lambda: (tmp_path / "pace.json").is_file())
    first, second, third = (shop.order(order, owner=owner) for owner in "aab")
    wait_for(lambda: first.state.left is not None)
    assert shop.ahead_of(third) == 1
    assert shop.ahead_of(second) == 2
    mine, longer = shop.wait_of(third), shop.wait_of(second)
    assert mine is not None
    assert longer is not None
    assert 0 < mine < longer
    for run in (first, second, third):
        shop.stop(run.id)
        over(run)


def test_a_waiting_run_stops_at_once(workshop, order):
    shop = workshop(FakeAnimator(pause=0.1))
    first, second, third = (shop.order(order) for _ in range(3))
    shop.stop(second.id)
    assert second.state.phase == "stopped"
    assert first.state.phase != "stopped"
    shop.stop(first.id)
    shop.stop(third.id)
    assert {over(run).phase for run in (first, third)} == {"stopped"}
    shop.stop("nobody's")


def test_failures_meant_for_people_are_shown_as_they_are(workshop, order):
    state = over(workshop(FakeAnimator(fails=InputError("Nobody dances. Choose another."))).order(order))
    assert (state.phase, state.failure) == ("failed", "Nobody dances. Choose another.")


def test_other_failures_are_logged_whole_and_get_an_apology(workshop, order, caplog):
    shop = workshop(FakeAnimator(fails=RuntimeError("secret /path")))
    state = over(shop.order(order))
    words = Words("en").say(state.failure)
    assert "secret" not in words
    number = re.search(r"[0-9a-f]{8}", words)
    assert number is not None
    assert number.group() in caplog.text
    assert "secret /path" in caplog.text
    assert over(shop.order(lambda animator: 1 / 0)).phase == "failed"  # and the worker works on


def test_a_model_that_cannot_be_loaded_is_told_and_tried_again(workshop, order):
    tries = []

    def load():
        tries.append(1)
        if len(tries) < 3:
            raise WeightsMissing("The model", "Get it.")
        return FakeAnimator()

    shop = workshop(load=load)
    wait_for(lambda: shop.trouble)
    assert shop.trouble == "The model is missing. Get it."
    assert over(shop.order(order)).failure == "The model is missing. Get it."
    assert over(shop.order(order)).phase == "done"


def test_the_queue_has_an_end(workshop, order):
    shop = workshop(FakeAnimator(pause=0.2), limits=replace(LIMITED, queue=2))
    running = shop.order(order)
    wait_for(lambda: running.state.phase == "running")
    shop.order(order)
    shop.order(order)
    with pytest.raises(Refused, match="waiting already"):
        shop.order(order)


def test_a_visitor_may_make_so_many_clips_an_hour(workshop, order):
    shop = workshop(FakeAnimator(pause=0.1), limits=replace(LIMITED, clips_an_hour=2))
    shop.order(order, visitor="a")
    shop.order(order, visitor="a")
    with pytest.raises(Refused, match="2 clips within an hour"):
        shop.order(order, visitor="a")
    shop.order(order, visitor="b")


def test_a_full_disk_is_told(workshop, order):
    with pytest.raises(Refused, match="nearly full"):
        workshop(limits=replace(LIMITED, free_gb=1e9)).order(order)


def test_old_files_are_deleted_and_new_ones_kept(tmp_path):
    old, new, clip = (tmp_path / name for name in ("uploads/old.png", "uploads/new.png", "clips/x/clip.mp4"))
    ago, done = time.time() - 25 * 3600, []
    for path in (old, new, clip):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        os.utime(path, (ago, ago) if path != new else None)
    tidy = (lambda: 1 / 0, lambda: done.append(True))  # what fails keeps nothing else from being done
    Janitor(tmp_path, hours=24, but=("clips",), tidy=tidy).look()
    assert (old.exists(), new.exists(), clip.exists(), done) == (False, True, True, [True])


STAGED = {"watch": 2.0, "cut": 2.0, "denoise": 14.0, "write": 2.0}


def walked(pace: Pace, clock: list[float], seconds: dict[str, float]) -> list[float | None]:
    """The seconds left after each tenth of each stage of a run that takes so long."""
    fractions, left = [], []
    for stage, whole in seconds.items():
        for done in range(1, 11):
            clock[0] += whole / 10
            fraction, rest = pace.step(stage, done, 10)
            fractions.append(fraction)
            left.append(rest)
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    pace.finish()
    return left


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    moment = [0.0]
    monkeypatch.setattr("studio.pace.time.monotonic", lambda: moment[0])
    return moment


def test_the_pace_never_goes_back_and_learns(clock):
    pace = Pace()
    work = dict.fromkeys(STAGED, 1.0)
    pace.begin(work)
    walked(pace, clock, STAGED)
    pace.begin(work)
    second = walked(pace, clock, STAGED)
    assert second[0] == pytest.approx(19.8, abs=0.5)
    assert second[9] == pytest.approx(18, abs=0.5)
    assert second[29] == pytest.approx(2, abs=0.5)


@pytest.mark.parametrize("slower", [0.5, 1.0, 1.4])
def test_the_time_left_shrinks_steadily(clock, slower):
    """Also when the machine is quicker or slower than it was."""
    pace = Pace()
    work = dict.fromkeys(STAGED, 1.0)
    pace.begin(work)
    walked(pace, clock, STAGED)
    pace.begin(work)
    left = [rest for rest in walked(pace, clock, {stage: slower * each for stage, each in STAGED.items()}) if rest]
    assert left == sorted(left, reverse=True)
    assert left[-2] < 2
    assert max(before - after for before, after in pairwise(left)) < 4


def test_a_machine_is_measured_once_and_then_estimates(workshop, order, files, tmp_path, monkeypatch):
    picture, dance = files
    animator = FakeAnimator(pause=0.02)
    shop = workshop(animator, trial=lambda animator: order(animator)[0])
    wait_for(lambda: (tmp_path / "pace.json").is_file())

    def wish(seconds: float, steps: int):
        return to_order(Wish(picture=picture, dance=dance, seconds=seconds, steps=steps), LIMITED)

    def expect(shop: Workshop, order) -> float | None:
        return shop.expect(shop.animators.job(order))

    for seconds, steps in ((1, 3), (2, 3), (1, 12)):
        expected = expect(shop, wish(seconds, steps))
        took = over(shop.order(wish(seconds, steps))).took
        assert expected is not None
        assert 0.3 * took < expected < 3 * took  # the stand-in's steps do not depend on the clip's length
    unknown, animator.knows = expect(shop, wish(1, 3)) or 0, True
    assert (expect(shop, wish(1, 3)) or 0) < unknown, "a dance that was watched in the rehearsal is not watched again"
    rendered = len(animator.jobs)
    again = workshop(FakeAnimator(), trial=lambda animator: pytest.fail("measured twice"))
    wait_for(lambda: again.model_words)
    assert expect(again, wish(1, 3)) is not None
    assert rendered == 4
    (tmp_path / "pace.json").write_text("[]")
    assert not Pace(tmp_path / "pace.json").knows()


def test_estimates_follow_the_work(clock):
    pace = Pace()
    work = {"watch": 0.0, "cut": 0.2, "denoise": 50.0, "write": 10.0}
    assert pace.expect(work) is None
    pace.begin(work)
    for stage, seconds in (("cut", 2.0), ("denoise", 10.0), ("write", 4.0)):
        clock[0] += seconds
        pace.step(stage, 1, 1)
    pace.finish()
    assert pace.expect(work) == pytest.approx(16)
    assert pace.expect({**work, "denoise": 100.0}) == pytest.approx(26)
    assert 16 < (pace.expect({**work, "watch": 10.0}) or 0) < 30  # a guess until a dance was watched
    clock[0] += 5.0
    pace.begin({"watch": 10.0})
    clock[0] += 5.0
    pace.step("watch", 1, 1)
    pace.finish()
    assert pace.expect({**work, "watch": 20.0}) == pytest.approx(26)
    assert pace.expect({}) is None
    assert pace.expect(work, model="another") is None


def test_a_rehearsal_says_more_than_a_trial_and_a_clip_more_than_a_rehearsal(clock, tmp_path):
    pace = Pace(tmp_path / "pace.json")
    work = {"watch": 0.0, "cut": 0.5, "denoise": 50.0, "write": 10.0}

    def run(pace: Pace, cut: float, write: float, *, rough: bool) -> None:
        pace.begin(work)
        for stage, seconds in (("cut", cut), ("denoise", 0.0), ("write", write)):
            clock[0] += seconds
            pace.step(stage, 1, 1)
        pace.finish(rough=rough)

    run(pace, 20.0, 30.0, rough=True)  # while everything else was being loaded
    assert pace.expect(work) == pytest.approx(50)
    pace.rehearsed("cut", 2.0 * units("cut", pixels=0.1), frames=1, pixels=0.1)
    pace.rehearsed("write", 0.5 * units("write", frames=100, pixels=0.1), frames=100, pixels=0.1)
    assert pace.expect(work) == pytest.approx(0.5 * 2.0 + 10 * 0.5)
    pace.rehearsed("watch", 0.2 * units("watch", frames=50), frames=50, pixels=0.1)
    assert pace.expect({**work, "watch": 30.0}) == pytest.approx(6 + 30 * 0.2)
    assert pace.expect({**work, "watch": 30.0}, model="another") is None
    assert Pace(tmp_path / "pace.json").expect(work) == pytest.approx(50), "a trial is known to be one later too"
    again = Pace(tmp_path / "pace.json")
    run(again, 3.0, 4.0, rough=False)
    assert again.expect(work) == pytest.approx(7), "nothing of the trial is left"
    again.rehearsed("cut", 100.0, frames=1, pixels=0.1)
    assert again.expect(work) == pytest.approx(7)
    run(again, 5.0, 4.0, rough=False)
    assert again.expect(work) == pytest.approx(8)
    other, known = Pace(tmp_path / "pace.json"), {**work, "cut": 0.0}  # of a character that the trial has cut out
    run(other, 6.0, 30.0, rough=True)
    other.begin(known)
    clock[0] += 4.0
    other.step("write", 1, 1)
    other.finish()
    assert other.expect(known) == pytest.approx(4)
    assert other.expect(work) == pytest.approx(6 + 4), "what a clip had no need of is known from before"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"picture": None}, "Add a picture"),
        ({"dance": None}, "Add a video"),
        ({"picture": ROOT / "README.md"}, "cannot be read as a picture"),
        ({"dance": ROOT / "README.md"}, "cannot be read as a video"),
        ({"pose": ROOT / "README.md"}, "cannot be read as a keypoint file"),
        ({"start": 5.0}, "lasts 2.0 s"),
        ({"seconds": 11.0}, "at most 10 s"),
        ({"steps": 500}, "^Steps: 500 cannot be; choose from 0 to 100 "),
        ({"steps": -1}, "^Steps: -1 cannot be"),
        ({"guidance": 31}, "^Guidance: 31 cannot be; choose 0, or from 1 to 30,"),
        ({"guidance": 0.5}, "^Guidance: 0.5 cannot be"),
        ({"seed": -5}, "^Seed: -5 cannot be"),
        ({"start": -1.0}, "^Start at second: -1.0 cannot be; choose 0 or more"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused_at_once(files, change, words):
    with pytest.raises(AnimateError, match=words):
        to_order(Wish(**{"picture": files[0], "dance": files[1], **change}), LIMITED)


@pytest.mark.parametrize(
    ("preset", "steps", "fast"), [("draft", 25, True), ("draft", 4, False), ("standard", 25, False)]
)
def test_a_draft_takes_shortcuts_where_the_walk_is_long(files, preset, steps, fast):
    job, _ = to_order(Wish(picture=files[0], dance=files[1], preset=preset, size="standard", steps=steps), LIMITED)(
        FakeAnimator()
    )
    settings = job.settings
    assert (settings.reuse > 1, settings.guided < 1, settings.solver == "dpm") == (fast,) * 3


def test_a_wish_becomes_a_job(files):
    wish = Wish(
        picture=files[0],
        dance=files[1],
        size="large",
        seconds=1,
        start=0.5,
        steps=7,
        fit="size",
        place="steady",
        smoothing=2,
    )
    job, notes = to_order(wish, LIMITED)(FakeAnimator())
    assert (job.start, job.seconds, job.fit, job.steady, job.smoothing) == (0.5, 1, "size", True, 2)
    assert (job.settings.steps, job.settings.seed) == (7, 42)
    area = job.settings.width * job.settings.height
    assert area == pytest.approx(2 * 64 * 96, rel=0.25)
    assert notes == [Line("taken", {"whole": 2.0, "part": 1.0, "start": 0.5})]

    job, notes = to_order(Wish(picture=files[0], dance=files[1]), LIMITED)(FakeAnimator())
    assert (job.settings.width, job.settings.height, job.settings.steps, job.steady) == (64, 96, 3, None)
    assert notes == []


def called(studio: Studio, files: tuple[Path, Path], **given: object) -> str:
    """The clip of a program that leaves out all but this, as its client and gradio fill in the rest."""
    (api,) = (fn for fn in studio.demo.fns.values() if fn.api_name == "animate")
    _, _, *known = studio.demo.get_api_info()["named_endpoints"]["/animate"]["parameters"]
    values = [given.get(each["parameter_name"], each["parameter_default"]) for each in known]
    taken = [box.preprocess(value) for box, value in zip(api.inputs[2:], values, strict=True)]
    return awaited(api.fn(SimpleNamespace(request=None, headers={}), *map(str, files), *taken))  # type: ignore[misc]


def test_a_preset_that_a_program_chooses_brings_its_size(files, tmp_path):
    animator = FakeAnimator(pause=0)
    animator.model = SimpleNamespace(size=(128, 192), steps=3, rate=30, window=24)
    studio = build(lambda name: animator, limits=LIMITED, folder=tmp_path)
    studio.workshop.open()
    wishes = ({}, {"preset": "draft"}, {"preset": "best"}, {"preset": "draft", "size": "large"})
    for wish in wishes:
        called(studio, files, seconds=0.5, consent=True, **wish)
    sizes = [(job.settings.width, job.settings.height) for job in animator.jobs[-len(wishes) :]]
    assert sizes == [(128, 192), (96, 128), (192, 256), (192, 256)]
    studio.close()


def test_programs_say_who_dances_and_whom_to_follow(files, tmp_path):
    """Counted from 0 by presence, as on the command line."""
    animator = FakeAnimator(pause=0)
    studio = build(lambda name: animator, limits=LIMITED, folder=tmp_path)
    studio.workshop.open()
    asks: Any = SimpleNamespace(request=None, headers={})
    ask = partial(studio.programs.animate, asks, *map(str, files), seconds=0.5, consent=True)
    for people in ({}, {"person": 2, "character": 1}, {"person": 0, "character": 0}):
        awaited(ask(**people))
    assert [(job.person, job.character) for job in animator.jobs[-3:]] == [(None, None), (2, 1), (0, 0)]
    with pytest.raises(gr.Error, match="people are numbered from 0"):
        awaited(ask(character=-1))
    studio.close()


def test_hosts_are_told_apart(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "somebody/something")
    assert host.host_limits() == LIMITS["space"]
    monkeypatch.delenv("SPACE_ID")
    assert host.host_limits() in (LIMITS["cpu"], LIMITS["gpu"])
    for limits in LIMITS.values():
        assert 0 < limits.usual_seconds <= limits.seconds


def guarded(*, most_bytes: int = 1000, free_bytes: float = 0) -> TestClient:
    async def upload(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    guards = [
        Middleware(SameOrigin, allowed={"tunnel.example"}),
        Middleware(UploadGuard, most_bytes=most_bytes, folder=ROOT, free_bytes=free_bytes),
    ]
    return TestClient(Starlette(routes=[Route("/upload", upload, methods=["POST"])], middleware=guards))


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://testserver", 200),
        ("https://tunnel.example", 200),
        ("http://evil.example", 403),
        ("null", 403),
        ("http://testserver.evil.example", 403),
    ],
)
def test_other_sites_are_refused(origin, status):
    response = guarded().post("/upload", content=b"x", headers={"Origin": origin} if origin else {})
    assert response.status_code == status


def test_large_uploads_are_refused_whether_they_say_so_or_not():
    client = guarded()
    assert client.post("/upload", content=b"x" * 1000).text == "1000"
    assert client.post("/upload", content=b"x" * 1001).status_code == 413
    assert client.post("/upload", content=(b"x" * 100 for _ in range(20))).status_code == 413


@pytest.mark.parametrize("size", [None, 5_000])
def test_uploads_leave_some_disk_free_and_are_told_why(size, monkeypatch):
    """Those that say how large they are before they are sent, the others as soon as the disk is full."""
    free = iter([9_000, 4_000])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=next(free)))
    client, spanish = guarded(most_bytes=10_000, free_bytes=5_000), {"Accept-Language": "es"}
    content = b"x" * size if size else (b"x" * 1000 for _ in range(5))
    answer = client.post("/upload", content=content, headers=spanish)
    assert (answer.status_code, answer.text) == (507, Words("es")("disk_full"))


def test_answers_carry_the_headers_that_protect():
    headers = guarded().post("/upload", content=b"x").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_previews_move_and_stay_small():
    shown: list[Image.Image] = []
    uri = ""
    for frame in dancer(60):
        uri = previews.looping(shown, frame, box=(64, 64))
    assert 2 < len(shown) <= previews.MOST
    with Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))) as loop:
        assert getattr(loop, "n_frames", 1) > 2
        assert max(loop.size) <= 64


def test_what_is_shown_is_escaped():
    assert "<script>" not in view.status("<script>") + view.notes(Words("en"), ("<script>",))
    state = State(phase="running", stage="write", done=12, total=40, fraction=0.5, left=31.0)
    assert "frame 12 of 40 · about 30 s left" in view.progress(Words("en"), state)
    later = replace(state, at=state.at - 10)  # it passes between two events too
    assert "about 20 s left" in view.progress(Words("en"), later)
    assert 'aria-label="How much is done"' in view.progress(Words("en"), state)


def test_the_page_does_not_wait_for_torch():
    code = "import sys, app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("path", "left", "raises"),
    [("/gradio_api/queue/data", True, False), ("/gradio_api/queue/data", False, True), ("/clip/1", True, True)],
)
def test_only_the_stream_of_a_visitor_who_left_fails_in_silence(path, left, raises):
    async def trips(scope, receive, send):
        await receive()
        raise KeyError("session")

    async def receive():
        return {"type": "http.disconnect" if left else "http.request"}

    async def send(message):
        raise AssertionError("nobody is there to be told")

    asked = QuietLeave(trips)({"type": "http", "path": path}, receive, send)
    with pytest.raises(KeyError) if raises else nullcontext():
        awaited(asked)


def test_a_run_that_is_over_keeps_no_pictures(workshop, order):
    """There may be thousands of them within the hours that they are remembered."""
    shop = workshop()
    run, stopped = shop.order(order), shop.order(order)
    wait_for(lambda: stopped.state.preview)
    shop.stop(stopped.id)
    wait_for(lambda: shop.ended_by_phase.total() == 2)
    assert over(run).phase == "done"
    for each in (run, stopped):
        assert (each.shown, each.posed, each.state.preview) == ([], None, "")


def test_memory_is_kept_for_the_next_clip_and_given_back_when_there_is_none(workshop, order, monkeypatch):
    waiting: list[int] = []
    monkeypatch.setattr("studio.jobs.give_back", lambda: waiting.append(studio.waiting))
    studio = workshop(FakeAnimator())
    runs = [studio.order(order) for _ in range(3)]
    for run in runs:
        assert over(run).phase == "done"
    wait_for(lambda: waiting)
    assert waiting == [0]
