"""A rehearsal: made, shown, served, chosen from, mended and placed by hand."""

import asyncio
import gc
import html
import json
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from animate import Job, NoPersonFound, Progress, RenderSettings, UnreadableImage, examples, motion, video
from animate.puppet import Puppet
from animate.rehearsal import rehearse
from animate.remembered import identity
from animate.watching import Watcher
from pose.files import save_pose
from pose.people import Seen
from studio import placing, rehearsal_view
from studio.archive import Archive
from studio.checks import Examiner
from studio.choices import choice_of, choose, chosen, trail_from
from studio.left import Left
from studio.limits import LIMITS
from studio.models import Models
from studio.pace import Pace
from studio.page import build
from studio.picking import Picking
from studio.rehearsal_routes import rehearsal_routes
from studio.rehearsals import Kept, Rehearsals
from studio.rehearsing import Rehearsing
from studio.returning import Returning
from studio.wanting import Superseded
from studio.wishes import Wish, to_order
from studio.words import LANGUAGES, Words
from tests.awaiting import awaited
from tests.body import SIZE, body, dance, sequence
from tests.fake_animator import FakeAnimator
from tests.media import encode, grey

SMALLER = body(at=(120, 200)) * (0.6, 0.6, 1)
CHARACTER = examples.characters()["raincoat"]
DANCE = examples.dances()["disco"]
WISH = Wish(picture=CHARACTER, dance=DANCE, seconds=0.6)
READY = SimpleNamespace(getting="")  # an examiner that waits for nothing


class Finder:
    """Two people dance side by side, and one is away for a while. there: how many are in pictures; unsure: of the
    one."""

    provider, fell_back, note = "CPUExecutionProvider", False, ""

    def __init__(self, *, there: int = 1, trembling: float = 0.0, unsure: bool = False):
        self.watched, self.looked, self.there, self.unsure = 0, 0, there, unsure
        self.trembling, self.chance = trembling, np.random.default_rng(0)  # pixels

    def watch(self, frames, fps):
        self.watched += 1
        near, far = dance(), dance(walk=0) * (0.5, 0.5, 1) + (200, 20, 0)
        for index, _ in enumerate(frames):
            pair = [far[index % 60]] if 10 <= index < 25 else [near[index % 60], far[index % 60]]
            trembled = np.stack(pair) + self.chance.normal(0, self.trembling, (len(pair), 134, 3)) * (1, 1, 0)
            yield trembled if self.there else np.zeros((0, 134, 3))

    def see(self, picture):
        self.looked += 1
        return Seen(np.stack([body(), SMALLER])[: self.there], SIZE, self.unsure)

    def guess(self, picture):
        return np.zeros((134, 3), np.float32)


def watcher(**sees) -> Watcher:
    made = Watcher("cpu")
    made._finder = Finder(**sees)  # type: ignore[assignment]
    return made


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(grey(90, width=200, height=300)).save(folder / "wall.png")
    encode(folder / "dance.mp4", [grey(60, width=SIZE[0], height=SIZE[1])] * 50)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture
def rehearsals(tmp_path) -> Rehearsals:
    animator = SimpleNamespace(watcher=watcher())
    return Rehearsals(SimpleNamespace(wait_for_animator=lambda seconds: animator), tmp_path)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> tuple[Rehearsals, Kept]:
    """The rehearsal of an example."""
    animator = SimpleNamespace(watcher=watcher())
    made = Rehearsals(SimpleNamespace(wait_for_animator=lambda seconds: animator), tmp_path_factory.mktemp("own"))  # type: ignore[arg-type]
    found = made.make(WISH, "me", made.wanting.announce("me"), most_seconds=10)
    assert found
    return made, found


def run(walk):
    events = []
    while True:
        try:
            events.append(next(walk))
        except StopIteration as end:
            return end.value, events


def test_what_is_rehearsed_is_what_is_ordered(rehearsals, files, monkeypatch):
    """In all but its size and, where the rehearsals here are shorter, its length."""
    chosen = {"fit": "size", "place": "steady", "smoothing": 2.0, "person": 1, "character": 1}
    by_hand = {"trail": [[0.2, 0.5, 0.5]], "edits": [[4, 0.1, 0.3, 0.4]], "body": [[0.5, 0.5, 1.0]] * 18}
    save_pose(pose := files["wall.png"].parent / "pose.json", sequence(dance()), fps=25)
    wish = Wish(picture=CHARACTER, dance=DANCE, seconds=0.9, start=0.4, pose=pose, **chosen, **by_hand)  # type: ignore[arg-type]
    told: list[Job] = []

    def refuse(_watcher: Watcher, job: Job, _place: Path, **_more: object) -> None:
        told.append(job)
        raise Superseded

    monkeypatch.setattr("animate.rehearsal.rehearse", refuse)
    with pytest.raises(Superseded):
        rehearsals.make(wish, "me", rehearsals.wanting.announce("me"), most_seconds=0.5)
    ordered, _ = to_order(wish, LIMITS["cpu"])(FakeAnimator())
    assert told == [replace(ordered, settings=told[0].settings, seconds=0.5)]
    plain, _ = to_order(WISH, LIMITS["cpu"])(FakeAnimator())
    left_out = {"image", "motion", "settings", "save_pose", "savepoint"}  # which are no choice, or not the page's
    alike = {each.name for each in fields(Job) if getattr(ordered, each.name) == getattr(plain, each.name)}
    assert alike <= left_out


def test_the_character_itself_dances_with_the_music(kept):
    _, found = kept
    info = video.probe(found.rehearsal.video)
    assert info.has_audio
    assert info.seconds == pytest.approx(0.6, abs=0.05)
    frames = np.stack(list(video.read(found.rehearsal.video).frames)).astype(int)
    assert np.abs(frames[14] - frames[0]).mean() > 1
    assert found.rehearsal.joints.shape == found.rehearsal.found.shape == (15, 18, 3)
    assert (found.rehearsal.joints[..., :2] > 0).all()
    assert (found.rehearsal.joints[..., :2] < 1).all()
    assert found.rehearsal.doubts == ()
    assert found.rehearsal.provider == ""  # nobody had to be looked for
    assert found.still == ""


def test_people_are_watched_once_and_what_is_doubtful_is_told(files, tmp_path):
    eyes = watcher()
    settings = RenderSettings(width=64, height=64)
    job = Job(image=CHARACTER, motion=files["dance.mp4"], settings=settings)
    first, events = run(rehearse(eyes, job, tmp_path))
    assert {event.stage for event in events if isinstance(event, Progress)} == {"watch", "cut", "write"}
    assert sorted(first.still.boxes) == [0, 1]
    assert first.provider == "CPUExecutionProvider"
    assert first.doubts == ((0.4, 1.0, "nobody", True),)
    other, _ = run(rehearse(eyes, replace(job, person=1), tmp_path))
    assert eyes.finder.watched == 1
    assert other.doubts == ()
    assert not np.allclose(first.found, other.found)
    place = (4, 1.2, 0.5, 0.25)
    mended, _ = run(rehearse(eyes, replace(job, edits=[place]), tmp_path))
    np.testing.assert_allclose(mended.found[30, 4, :2], (0.5, 0.25), atol=1e-4)
    (tmp_path / "clips").mkdir()
    kept_as = tmp_path / "clips" / "dance.mp4"
    kept_as.hardlink_to(files["dance.mp4"])
    run(eyes.watch(replace(job, motion=kept_as)))
    assert eyes.finder.watched == 1  # the clip that is ordered afterwards need not watch again
    with pytest.raises(NoPersonFound, match=r"from 0\.0 to 2\.0 s"):
        run(rehearse(watcher(there=0), job, tmp_path))


def test_whoever_changes_their_mind_does_not_wait_for_the_old_one(rehearsals):
    number = rehearsals.wanting.announce("me")
    rehearsals.wanting.announce("you")
    assert rehearsals.wanting.is_newest("me", number)
    rehearsals.wanting.announce("me")
    with pytest.raises(Superseded):
        rehearsals.make(WISH, "me", number, most_seconds=10)
    assert not list(rehearsals.folder.glob("*"))


def test_what_was_asked_for_before_but_comes_later_is_not_rehearsed(tmp_path, monkeypatch):
    """Two wishes of one moment come by connections of their own, and the page shows what was wished for last."""
    monkeypatch.setattr("studio.rehearsing._MOMENT", 0.0)
    rehearsals = Rehearsals(SimpleNamespace(wait_for_animator=lambda seconds: None), tmp_path / "own")  # type: ignore[arg-type]
    acts: Any = SimpleNamespace(
        parts=SimpleNamespace(rehearsal="rehearsal"), limits=LIMITS["cpu"], examiner=SimpleNamespace(getting="")
    )
    made: list[float] = []
    monkeypatch.setattr(rehearsals, "make", lambda wish, *_, **__: made.append(wish.seconds))

    async def said(seconds: float, *, asked: float | None, visitor: str = "me") -> list[Any]:
        fields = (str(CHARACTER), str(DANCE), "draft", None, seconds, 0, 0, 0, 1, "off", "auto", 1)
        request: Any = SimpleNamespace(request=None, session_hash=visitor)
        return [each async for each in Rehearsing(acts, rehearsals).rehearse(asked, {}, request, *fields)]

    async def visit() -> None:
        await said(0.6, asked=200.0)
        assert await said(0.5, asked=100.0) == [{"rehearsal": gr.skip()}], "whether the newer is made already or not"
        await said(0.8, asked=150.0, visitor="you")
        newest = rehearsals.wanting.announce("me", 400.0)
        assert await said(0.3, asked=300.0) == [{"rehearsal": gr.skip()}]
        assert rehearsals.wanting.is_newest("me", newest)
        await said(0.7, asked=400.0)

    awaited(visit())
    assert made == [0.6, 0.8, 0.7]


def test_however_many_pages_are_open_nobodys_rehearsal_is_given_up_for_those_of_others(rehearsals):
    numbers = {f"page {index}": rehearsals.wanting.announce(f"page {index}") for index in range(1100)}
    assert all(rehearsals.wanting.is_newest(visitor, number) for visitor, number in numbers.items())
    assert len({*numbers.values()}) == len(numbers)
    for visitor, number in numbers.items():
        rehearsals.wanting.over(visitor, number)
    assert not any(rehearsals.wanting.is_newest(visitor, number) for visitor, number in numbers.items())
    assert not any(rehearsals.wanting.is_going(visitor) for visitor in numbers), "of pages that are closed"


def test_the_rehearsal_of_a_page_that_is_closed_ends(tmp_path, monkeypatch, caplog):
    """Gradio closes what answers it; nothing of it stays, and the next one begins."""
    gc.collect()  # what other tests left may say so when it goes
    caplog.clear()
    monkeypatch.setattr("studio.rehearsing._MOMENT", 0.0)
    monkeypatch.setattr("studio.rehearsing._REFRESH", 0.01)
    begun, closed = threading.Event(), threading.Event()

    def animator(seconds: float) -> SimpleNamespace:
        begun.set()
        closed.wait(60)
        return SimpleNamespace(watcher=watcher())

    rehearsals = Rehearsals(SimpleNamespace(wait_for_animator=animator), tmp_path / "own")  # type: ignore[arg-type]
    acts: Any = SimpleNamespace(
        parts=SimpleNamespace(rehearsal="rehearsal"), limits=LIMITS["cpu"], examiner=SimpleNamespace(getting="")
    )
    request: Any = SimpleNamespace(request=None, session_hash="me")
    fields = (str(CHARACTER), str(DANCE), "draft", None, 0.6, 0, 0, 0, 1, "off", "auto", 1)

    async def visit() -> None:
        first, second = (Rehearsing(acts, rehearsals).rehearse(None, {}, request, *fields) for _ in range(2))
        assert "<progress" in (await anext(first))["rehearsal"]
        assert begun.is_set() or await asyncio.to_thread(begun.wait, 60)
        await first.aclose()  # type: ignore[attr-defined]
        assert not rehearsals.wanting.is_going("me")
        closed.set()
        assert await asyncio.wrap_future(rehearsals.thread.submit(lambda: [*(tmp_path / "own").glob("*")])) == []
        assert "<video" in [each async for each in second][-2]["rehearsal"]

    awaited(visit())
    gc.collect()
    assert caplog.text == ""


def test_the_program_ends_amid_a_rehearsal(tmp_path):
    """It is given up at its next event, and nothing of it stays behind."""
    ending = threading.Thread(target=lambda: made.close())

    def animator(seconds: float) -> SimpleNamespace:
        ending.start()
        while made.wanting.is_newest("me", number):
            time.sleep(0.001)
        return SimpleNamespace(watcher=watcher())

    made = Rehearsals(SimpleNamespace(wait_for_animator=animator), tmp_path)  # type: ignore[arg-type]
    number = made.wanting.announce("me")
    making = made.thread.submit(made.make, WISH, "me", number, most_seconds=10)
    with pytest.raises(Superseded):
        making.result(60)
    ending.join(60)
    assert not ending.is_alive()
    assert not list(tmp_path.glob("*"))


def test_only_the_newest_rehearsals_are_kept(rehearsals, monkeypatch):
    monkeypatch.setattr("studio.rehearsals._KEPT", 1)
    ids = []
    for _ in range(2):
        made = rehearsals.make(replace(WISH, seconds=0.24), "me", rehearsals.wanting.announce("me"), most_seconds=10)
        ids.append(made.id)
    assert rehearsals.find(ids[0]) is None
    assert [place.name for place in rehearsals.folder.iterdir()] == ids[1:]


def test_one_look_at_a_picture_serves_its_check_its_joints_and_its_rehearsals(tmp_path, files, monkeypatch):
    eyes, cut, puppets = watcher(), Puppet.cut, []
    monkeypatch.setattr(Puppet, "cut", lambda *given, **more: puppets.append(cut(*given, **more)) or puppets[-1])
    shop: Any = SimpleNamespace(wait_for_animator=lambda seconds: SimpleNamespace(watcher=eyes))
    rehearsals, wish = Rehearsals(shop, tmp_path / "own"), replace(WISH, picture=tmp_path / "mine.png")
    Image.fromarray(figure()).resize(SIZE).save(wish.picture)
    assert [each.line.key for each in Examiner(shop).picture(wish.picture)] == ["good_picture"]
    assert not rehearsals.needs_hands(wish.picture)
    for seconds in (0.24, 0.4):
        rehearsals.make(replace(wish, seconds=seconds), "me", rehearsals.wanting.announce("me"), most_seconds=10)
    assert eyes.finder.looked == 1
    assert len(puppets) == 1
    placed = [[x / SIZE[0], y / SIZE[1], 1.0] for x, y, _ in body(at=(310, 300))[:18]]
    rehearsals.make(replace(wish, seconds=0.24, body=placed), "me", rehearsals.wanting.announce("me"), most_seconds=10)
    assert len(puppets) == 2, "with joints placed otherwise it is another puppet"
    wish.picture.unlink()
    for each in (eyes, rehearsals):
        each.forget()
    assert eyes._seen.get(identity(wish.picture)) is None
    assert not rehearsals._cutter._cut._found


def test_what_a_rehearsal_takes_is_told_but_not_of_what_was_remembered(tmp_path, files):
    told: list[tuple[str, float, int]] = []
    eyes = watcher()
    shop: Any = SimpleNamespace(wait_for_animator=lambda seconds: SimpleNamespace(watcher=eyes))
    measured = lambda stage, seconds, *, frames, pixels: told.append((stage, seconds, frames))  # noqa: E731
    pace = Pace()
    pace.rehearsed = measured  # type: ignore[method-assign]
    rehearsals = Rehearsals(shop, tmp_path / "own", pace=pace)
    wish = replace(WISH, dance=files["dance.mp4"], seconds=1.0)
    for stages in ({"watch": 25, "cut": 1, "write": 25}, {"write": 25}):
        told.clear()
        number = rehearsals.wanting.announce("me")
        assert rehearsals.wanting.is_going("me")
        rehearsals.make(wish, "me", number, most_seconds=10)
        assert {stage: frames for stage, _, frames in told} == stages
        assert all(seconds > 0 for _, seconds, _ in told)
    rehearsals.wanting.over("me", number - 1)
    assert rehearsals.wanting.is_going("me"), "that was another"
    rehearsals.wanting.over("me", number)
    assert not rehearsals.wanting.is_going("me")


def test_the_time_that_a_rehearsal_still_takes_is_told_as_soon_as_the_machine_is_known(rehearsals, files, monkeypatch):
    told, advance, words = list[float | None](), rehearsals.wanting.advance, Words("en")

    def told_too(visitor: str, number: int, share: float, left: float | None = None) -> None:
        advance(visitor, number, share, left)
        told.append(rehearsals.wanting.left(visitor))

    monkeypatch.setattr(rehearsals.wanting, "advance", told_too)
    for stage, seconds in (("watch", 25.0), ("cut", 20.0), ("write", 15.0)):
        rehearsals._pace.rehearsed(stage, seconds, frames=25, pixels=256 * 384 / 1e6)
    rehearsals._pace._rough = True
    wish = replace(WISH, dance=files["dance.mp4"], seconds=1.0)
    rehearsals.make(wish, "me", rehearsals.wanting.announce("me"), most_seconds=10)
    assert told[0] == pytest.approx(60, rel=0.2)
    assert told == sorted(told, reverse=True)
    assert told[-1] < told[0]
    assert rehearsals.wanting.left("another") is None
    assert "about 40 s left" in rehearsal_view.working(words, 0.3, 40)
    for given in ({"left": None}, {"left": 40, "getting": "Getting the pose models (36 MB)."}):
        assert "left" not in rehearsal_view.working(words, 0.3, **given)


def test_a_picture_that_is_refused_is_not_opened_here(tmp_path, files, monkeypatch):
    (tmp_path / "bad.png").write_bytes(files["wall.png"].read_bytes()[:80])
    shop: Any = SimpleNamespace(wait_for_animator=lambda seconds: SimpleNamespace(watcher=watcher()))
    rehearsals = Rehearsals(shop, tmp_path / "own")
    monkeypatch.setattr("animate.pictures.read", lambda path: pytest.fail("opened"))
    for ask in (rehearsals.needs_hands, rehearsals.body):
        with pytest.raises(UnreadableImage, match="cannot be read"):
            ask(tmp_path / "bad.png")


def test_where_no_model_comes_nothing_is_rehearsed_and_nothing_fails(tmp_path):
    made = Rehearsals(SimpleNamespace(wait_for_animator=lambda seconds: None), tmp_path)  # type: ignore[arg-type]
    assert made.make(WISH, "me", made.wanting.announce("me"), most_seconds=10) is None
    assert not made.needs_hands(CHARACTER)
    assert made.characters(CHARACTER) == {}
    assert len(made.body(CHARACTER)) == 18


def test_joints_of_a_part_are_put_right_on_the_pictures_of_that_part(rehearsals, files, tmp_path, monkeypatch):
    tmp_path.mkdir(exist_ok=True)
    save_pose(tmp_path / "part.json", sequence(dance(frames=10)), fps=Fraction(25), start=0.4)
    wish, asked = replace(WISH, dance=files["dance.mp4"], pose=tmp_path / "part.json"), []
    made = rehearsals.make(wish, "me", rehearsals.wanting.announce("me"), most_seconds=10)
    read = video.read
    monkeypatch.setattr(video, "read", lambda path, **part: asked.append(part["start"]) or read(path, **part))
    rehearsals.frame(made, 0.2)
    assert asked == [pytest.approx(0.6)]


def test_its_shots_are_told_at_its_own_rate(tmp_path, monkeypatch):
    """For the editor, where a joint moved in one leaves the next alone; every second frame of a long dance is shown."""
    poses = replace(sequence(dance(frames=90)), cuts=(30, 31, 61))
    save_pose(tmp_path / "dance.json", poses, fps=Fraction(25))
    monkeypatch.setattr("animate.rehearsal.MOST_FRAMES", 45)
    job = Job(image=CHARACTER, motion=DANCE, pose=tmp_path / "dance.json", settings=RenderSettings(width=64, height=64))
    made, _ = run(rehearse(watcher(), job, tmp_path))
    assert made.cuts == (15, 16, 31)
    for cut in made.cuts[1:]:
        assert np.abs(made.found[cut] - poses.points[2 * cut, :18] / (*SIZE, 1)).max() < 1e-4


def test_it_is_served_to_whoever_knows_its_id(kept):
    rehearsals, found = kept
    client = TestClient(Starlette(routes=rehearsal_routes(rehearsals)))
    home = f"/rehearsals/{found.id}"
    facts = client.get(f"{home}/facts.json").json()
    assert len(facts["joints"]) == len(facts["found"]) == 15
    assert facts["cuts"] == []
    assert client.get(f"{home}/puppet.mp4").headers["content-type"] == "video/mp4"
    assert client.get(f"{home}/pose.json").json()["version"] == 1
    assert client.get(f"{home}/skeletons.mp4").status_code == 200
    assert client.get(f"{home}/at/0.20.jpg").headers["content-type"] == "image/jpeg"
    for wrong in ("/rehearsals/nobody/puppet.mp4", f"{home}/at/soon.jpg", f"{home}/at/99.jpg", f"{home}/clip.json"):
        assert client.get(wrong).status_code == 404, wrong


def test_while_skeletons_are_drawn_the_page_goes_on_and_they_are_drawn_once(kept, monkeypatch):
    rehearsals, found = kept
    (rehearsals.folder / found.id / "skeletons.mp4").unlink(missing_ok=True)
    begun, go_on, drawn, draw = threading.Event(), threading.Event(), [], motion.draw_file

    def slowly(poses: Path, skeletons: Path) -> None:
        drawn.append(skeletons)
        begun.set()
        go_on.wait(60)
        draw(poses, skeletons)

    monkeypatch.setattr(motion, "draw_file", slowly)
    with ThreadPoolExecutor(3) as threads:
        films = [threads.submit(rehearsals.file, found, "skeletons.mp4") for _ in range(2)]
        assert begun.wait(60)
        going = threads.submit(lambda: rehearsals.wanting.over("you", rehearsals.wanting.announce("you")))
        try:
            going.result(20)
        finally:
            go_on.set()
        assert {film.result(60) for film in films} == {*drawn}
    assert len(drawn) == 1


def test_pictures_of_a_dance_hold_up_nothing_and_of_those_that_wait_the_newest_is_made(kept, monkeypatch):
    rehearsals, found = kept
    found.frames.clear()
    begun, go_on, read, asked = threading.Event(), threading.Event(), video.read, []

    def slowly(path: Path, **part):
        asked.append(round(part["start"] - found.wish.start, 2))
        begun.set()
        go_on.wait(60)
        return read(path, **part)

    monkeypatch.setattr("studio.rehearsals.video.read", slowly)

    async def ask() -> list[httpx.Response]:
        app = Starlette(routes=rehearsal_routes(rehearsals))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            home = f"/rehearsals/{found.id}"
            pictures = [asyncio.create_task(client.get(f"{home}/at/0.00.jpg"))]
            try:
                while not begun.is_set():
                    await asyncio.sleep(0.01)
                pictures += [asyncio.create_task(client.get(f"{home}/at/0.{each:02}.jpg")) for each in range(1, 50)]
                while rehearsals.framing._work_queue.qsize() < 49:
                    await asyncio.sleep(0.01)
                facts = await asyncio.wait_for(client.get(f"{home}/facts.json"), 20)
                assert facts.status_code == 200
            finally:
                go_on.set()
            return [*await asyncio.gather(*pictures), await client.get(f"{home}/at/0.49.jpg")]

    answers = [each.status_code for each in awaited(ask())]
    assert asked == [0.0, 0.49], "and what was just made is not made again"
    assert answers == [200] + [404] * 48 + [200] * 2


def test_few_pictures_of_a_dance_are_kept(kept):
    rehearsals, found = kept
    for each in range(12):
        rehearsals.frame(found, each / 30)
    assert [*found.frames] == [each / 30 for each in range(4, 12)]


def test_the_dancer_is_not_said_to_be_seen_well_beside_what_is_lacking(kept):
    words, (_, found) = Words("en"), kept
    for notes in ((), ("The dance shows no feet; the character's legs stay as they are in the picture.",)):
        rehearsal = replace(found.rehearsal, doubts=(), notes=notes)
        shown = rehearsal_view.shown(words, replace(found, rehearsal=rehearsal))
        assert (words.html("strip_good") in shown) == (not notes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_shown_in_every_language(kept, language):
    words, (_, found) = Words(language), kept
    doubts = ((0.0, 0.3, "left_arm", False), (0.3, 0.6, "nobody", True))
    boxes = {0: (0.1, 0.2, 0.3, 0.9), 1: (0.6, 0.2, 0.8, 0.9)}
    rehearsal = replace(found.rehearsal, doubts=doubts, still=replace(found.rehearsal.still, boxes=boxes))
    shown = rehearsal_view.shown(words, replace(found, rehearsal=rehearsal, still="data:image/jpeg;base64,"))
    assert 'class="amber" style="inset-inline-start:0.0%;width:50.0%"' in shown
    assert shown.index('<li class="red">') < shown.index('<li class="amber">')
    assert shown.count("data-person") == 2
    assert shown.count('aria-pressed="true"') == 1
    assert words.html("doubt_nobody") in shown
    assert 'data-what="person"' in shown
    who = rehearsal_view.characters(words, grey(90, width=20, height=30), boxes, chosen=1)
    assert who.count("data-person") == 2
    assert 'data-person="1" style="left:60.0%;top:20.0%;width:20.0%;height:70.0%"' in who
    assert who.index('aria-pressed="false"') < who.index('aria-pressed="true"')
    assert words.html("who_dances") in who
    assert 'data-what="character"' in who
    hand = rehearsal_view.hand(words, grey(90, width=20, height=30), [[0.5, 0.5, 1.0]] * 18)
    assert words.html("by_hand_hint") in hand
    for other in LANGUAGES.keys() - {language}:
        assert Words(other).html("mend") not in shown


def test_what_was_chosen_goes_into_the_job(files):
    edits = [[4, 0.4, 0.5, 0.5], [7, 0.4, None, None]]
    choice = choose({}, "picture", files["wall.png"], character=1, body=[[0.5, 0.25, 1.0]] * 18, guessed=True)
    choice = choose(choice, "dance", files["dance.mp4"], person=1, trail=[[0.5, 0.2, 0.3]], mended=edits)
    wish = chosen(Wish(picture=files["wall.png"], dance=files["dance.mp4"], seconds=1), choice)
    job, _ = to_order(wish, LIMITS["cpu"])(FakeAnimator())
    assert job.person == job.character == 1
    assert job.trail == [(0.5, 0.2, 0.3)]
    assert job.edits == [(4, 0.4, 0.5, 0.5), (7, 0.4, None, None)]
    assert job.body == [(100.0, 75.0, 1.0)] * 18
    assert choice_of(wish) == {key: value for key, value in choice.items() if key != "guessed"}
    assert choice_of(WISH) == {}


def test_what_was_mended_stays_at_its_moment_of_the_video_when_the_part_is_another(files):
    later = Wish(picture=files["wall.png"], dance=files["dance.mp4"], start=0.3, seconds=1)
    choice = choose({}, "dance", files["dance.mp4"], mended=[[4, 0.4, 0.5, 0.5], [7, 0.1, None, None]])
    wish = chosen(later, choice)
    assert wish.edits == [[4, 0.1, 0.5, 0.5], [7, -0.2, None, None]]
    assert choice_of(wish) == choice
    old = choose({}, "dance", files["dance.mp4"], edits=[[4, 0.4, 0.5, 0.5]])
    assert chosen(later, old).edits == [[4, 0.4, 0.5, 0.5]], "as an older program kept it, of the part"


def test_who_was_chosen_is_found_by_where_they_were_whatever_their_number(files, tmp_path):
    eyes = watcher()
    job = Job(image=CHARACTER, motion=files["dance.mp4"], settings=RenderSettings(width=64, height=64))
    whole, _ = run(rehearse(eyes, job, tmp_path))
    assert [whole.person, len(whole.trails[0]), len(whole.trails[1])] == [0, 6, 8]
    small, _ = run(rehearse(eyes, replace(job, person=1), tmp_path))
    again, _ = run(rehearse(eyes, replace(job, person=0, trail=trail_from(whole.trails[1])), tmp_path))
    assert again.person == small.person == 1
    np.testing.assert_array_equal(again.found, small.found)
    lost, _ = run(rehearse(eyes, replace(job, person=1, trail=[(0.0, 0.9, 0.9), (70.0, 0.5, 0.5)]), tmp_path))
    assert lost.person == 0
    notes = [note for note in lost.notes if note.startswith("Whom you chose is not found again")]
    assert len({Words(language).say(notes[0]) for language in LANGUAGES}) == len(LANGUAGES)


def test_joints_that_were_mended_outside_the_part_are_left_out_with_a_word(files, tmp_path):
    edits = [(4, -0.2, 0.5, 0.25), (4, 0.2, 0.5, 0.25), (7, 9.0, 0.1, 0.1)]
    job = Job(image=CHARACTER, motion=files["dance.mp4"], settings=RenderSettings(width=64, height=64), seconds=1)
    plain, _ = run(rehearse(watcher(), job, tmp_path))
    mended, _ = run(rehearse(watcher(), replace(job, edits=edits), tmp_path))
    assert any("outside this part of the dance: 2;" in note for note in mended.notes)
    np.testing.assert_allclose(mended.found[5, 4, :2], (0.5, 0.25), atol=1e-4)
    np.testing.assert_array_equal(mended.found[:, 7], plain.found[:, 7])
    said = {Words(language).say(next(note for note in mended.notes if "outside" in note)) for language in LANGUAGES}
    assert len(said) == len(LANGUAGES)


def test_what_was_chosen_of_one_file_is_nothing_to_another(files, tmp_path):
    choice = choose({}, "dance", files["dance.mp4"], person=1)
    choice = choose(choice, "picture", files["wall.png"], body=[[0.5, 0.25, 1.0]] * 18)
    assert chosen(WISH, {}) == chosen(WISH, choice) == WISH
    assert chosen(replace(WISH, picture=None, dance=tmp_path / "gone.mp4"), choice).person is None
    assert chosen(replace(WISH, dance=files["dance.mp4"]), choice) == replace(WISH, dance=files["dance.mp4"], person=1)
    assert choose(choice, "dance", DANCE, edits=[]).keys() == {"picture", "body", "dance", "edits"}
    again = tmp_path / "a copy.mp4"  # as a page is given when it is opened again
    again.parent.mkdir(exist_ok=True)
    shutil.copy(files["dance.mp4"], again)
    assert chosen(replace(WISH, dance=again), choice).person == 1


def test_a_made_clip_goes_when_another_pair_is_picked(monkeypatch):
    made = lambda character, dance: DANCE if dance == "disco" else None  # noqa: E731
    monkeypatch.setattr(examples, "result", made)
    parts, shown_in = SimpleNamespace(clip="clip", stage="stage", status="status"), dict[str, str]()
    picking = Picking(SimpleNamespace(parts=parts, shown_in=shown_in))  # type: ignore[arg-type]
    raincoat, disco, waltz = (str(path) for path in (CHARACTER, DANCE, examples.dances()["waltz"]))
    shown = lambda picture, dance: picking.example(picture, dance, "", Words("en"))  # noqa: E731
    assert shown(raincoat, disco)["clip"]["visible"]
    assert shown(None, disco)["clip"]["visible"]
    mine = __file__
    for pair in ((raincoat, waltz), (mine, disco), (raincoat, mine), (None, None)):
        other = shown(*pair)
        assert (other["clip"]["visible"], other["stage"]["visible"], other["status"]) == (False, True, "")
    assert picking.example(raincoat, waltz, "a clip of one's own", Words("en")) == {"clip": gr.skip()}
    asks: Any = SimpleNamespace(session_hash="page", request=None)
    assert picking.picked(raincoat, waltz, "", "Deleted.", asks)["status"] == ""
    waits = f"<p>{Words('en')('uploading')}</p>"
    assert picking.picked(raincoat, waltz, "", waits, asks).keys() == {"clip", "stage"}
    shown_in["page"] = "a run"  # since the page asked, and it shows how far that is
    assert picking.picked(raincoat, waltz, "", "", asks) == {"clip": gr.skip()}


def test_a_rehearsal_goes_with_the_clip_that_is_deleted(tmp_path):
    """As its upload does; that of a file which another clip is made of stays."""
    uploads, animator = tmp_path / "uploads", SimpleNamespace(watcher=watcher(), words="stands in")
    uploads.mkdir()
    mine, other = (shutil.copy(CHARACTER, uploads / name) for name in ("mine.png", "other.png"))
    for path in (mine, other):
        with path.open("ab") as file:
            file.write(path.name.encode())  # no example of ours
    studio = build(lambda name: animator, limits=LIMITS["cpu"], folder=tmp_path)
    studio.workshop.wait_for_animator = lambda seconds: animator  # type: ignore[method-assign]
    kept = {}
    for path in (mine, other):
        wish = replace(WISH, picture=path)
        kept[path] = studio.rehearsals.make(
            wish, path.name, studio.rehearsals.wanting.announce(path.name), most_seconds=10
        )
        studio.archive.change(studio.archive.add("ann", wish).id, phase="done")
    clip = studio.archive.of("ann")[-1]
    asks, press = SimpleNamespace(request=None), SimpleNamespace(act="delete", clip=clip.id)
    told = [*awaited(all_of(studio.keeping.act("ann", clip.id, str(mine), str(other), asks, press)))][-1]  # type: ignore[arg-type]
    assert not mine.exists()
    assert told[studio.parts.picture] is None
    assert studio.parts.dance not in told
    assert studio.rehearsals.find(kept[mine].id) is None
    assert studio.rehearsals.find(kept[other].id) == kept[other]
    assert [path.name for path in (tmp_path / "rehearsals").iterdir()] == [kept[other].id]
    studio.close()


async def all_of(updates):
    return [each async for each in updates]


def test_a_keypoint_file_is_danced_and_kept_with_the_clip(kept, files, tmp_path):
    rehearsals, found = kept
    pose = rehearsals.file(found, "pose.json")
    wish = Wish(picture=CHARACTER, dance=files["dance.mp4"], pose=pose, seconds=0.6)
    made = rehearsals.make(wish, "me", rehearsals.wanting.announce("me"), most_seconds=10)
    seen = found.rehearsal.found[..., 2] > 0
    np.testing.assert_allclose(made.rehearsal.found[seen], found.rehearsal.found[seen], atol=1e-4)
    assert not video.probe(made.rehearsal.video).has_audio  # the video's sound, which is none
    assert "pose.json" in rehearsal_view.shown(Words("en"), made)
    assert made.rehearsal.start == 0
    archive = Archive(tmp_path, keep_days=1)
    assert archive.wish(archive.add("me", wish)).pose.read_bytes() == pose.read_bytes()
    assert archive.wish(archive.add("me", WISH)).pose is None


def test_trembling_is_smoothed_as_the_visitor_wishes(files, tmp_path):
    animator = SimpleNamespace(watcher=watcher(trembling=4))
    rehearsals = Rehearsals(SimpleNamespace(wait_for_animator=lambda seconds: animator), tmp_path / "own")  # type: ignore[arg-type]
    trembles = []
    for smoothing in (0, 1, 3):
        wish = replace(WISH, dance=files["dance.mp4"], person=1, smoothing=smoothing)
        made = rehearsals.make(wish, "me", rehearsals.wanting.announce("me"), most_seconds=10)
        trembles.append(np.abs(np.diff(made.rehearsal.joints[..., :2], 2, axis=0)).mean())
    assert trembles[1] < 0.5 * trembles[0]
    assert trembles[2] < trembles[1]
    assert animator.watcher.finder.watched == 1
    archive = Archive(tmp_path / "clips", keep_days=1)
    clip = archive.add("me", wish)
    assert archive.wish(clip).smoothing == clip.wish["smoothing"] == 3  # what settings.json is made of


def test_boxes_are_filled_again_for_their_visitor_alone(files, tmp_path):
    parts = SimpleNamespace(picture="picture", dance="dance", choice="choice", tuning=["preset"] * 10, model="model")
    archive, models = Archive(tmp_path, keep_days=1), Models("mini", may_get=True)
    acts: Any = SimpleNamespace(parts=parts, archive=archive, models=models, limits=LIMITS["cpu"])
    left = Left(tmp_path / "private" / "left.db", hours=24)
    returning, request = Returning(acts, left), SimpleNamespace(session_hash="page")

    def restored(returning, visitor, clip):
        return {part: update["value"] for part, update in returning.restore(visitor, clip).items()}

    assert restored(returning, "me", "") == {}
    choice = choose({}, "picture", CHARACTER, body=[[0.5, 0.25, 1.0]] * 18)
    returning.remember(None, "me", str(CHARACTER), str(tmp_path / "gone.mp4"), choice, request)
    returning.remember(None, "", str(CHARACTER), str(DANCE), {}, request)
    assert restored(returning, "me", "") == {"picture": str(CHARACTER), "choice": choice}
    for stranger in ("you", ""):
        assert "dance" not in restored(returning, stranger, "")
    clip = archive.add("me", replace(WISH, body=[[0.5, 0.25, 1.0]] * 18, person=0))
    left.drop("me")
    later = Returning(acts, left)
    assert restored(later, "me", clip.id)["choice"] == choose(choice, "dance", DANCE, person=0)
    assert Path(restored(later, "me", clip.id)["picture"]).read_bytes() == CHARACTER.read_bytes()
    for visitor in ("you", ""):
        assert "dance" not in restored(later, visitor, clip.id)


def event(**data) -> SimpleNamespace:
    return SimpleNamespace(**data)


def test_presses_become_choices(rehearsals, files, tmp_path, monkeypatch):
    parts = SimpleNamespace(choice="choice", by_hand="by_hand", rehearsal="rehearsal")
    examiner = SimpleNamespace(thread=ThreadPoolExecutor(1))
    acts = SimpleNamespace(parts=parts, examiner=examiner)
    rehearsing = Rehearsing(acts, rehearsals)  # type: ignore[arg-type]
    request = SimpleNamespace(request=None, session_hash="me")

    picture, dance = files["wall.png"], files["dance.mp4"]

    def act(choice, **data):
        return awaited(rehearsing.act({**choice}, str(picture), str(dance), request, event(**data)))  # type: ignore[arg-type]

    chosen_before = choose(choose({}, "picture", picture, body=5, guessed=True), "dance", dance, edits=[[1, 0, 0, 0]])
    person = act(chosen_before, act="person", person=2, trail=[[1, 0.5, 0.5]])["choice"]
    unmended = {"edits": None, "mended": None, "pose": None}
    assert person == {**chosen_before, "person": 2, "trail": [[1.0, 0.5, 0.5]], **unmended}
    mended = act(person, act="mend", edits=[[4, 1, 0.5, None]], start=2)["choice"]
    assert mended == {**person, "mended": [[4, 3.0, 0.5, None]]}, "at seconds of the video"
    points = [[0.1, 0.2, 1.0]] * 18
    told = act(chosen_before, act="place", body=points)
    placed = told["choice"]
    assert placed == choose(choose({}, "picture", picture, body=points), "dance", dance, edits=[[1, 0, 0, 0]])
    assert Words("en").html("joints_used") in told["by_hand"]
    assert 'data-act="by-hand"' in told["by_hand"]
    other = act(chosen_before, act="character", person=1)
    assert other["by_hand"] == "", "the joints were somebody else's"
    assert other["choice"].pop("character") == 1
    assert other["choice"] == {key: None if key == "body" else chosen_before[key] for key in other["choice"]}
    assert "guessed" not in other["choice"]
    with pytest.raises(ValueError, match="18"):
        act({}, act="place", body=points[:3])
    assert json.dumps(points) in act(placed, act="by-hand")["by_hand"]
    tmp_path.mkdir(exist_ok=True)  # it was emptied for the rehearsals
    good, bad = CHARACTER.with_suffix(".json"), tmp_path / "list.json"
    bad.write_text("{}")
    taken = awaited(rehearsing.take_pose(str(good), {**person}, str(dance), request))["choice"]  # type: ignore[arg-type]
    assert taken == {**person, "person": None, "trail": None, "pose": good}
    for path, box, words in ((bad, dance, "no keypoint file"), (good, "", "Add a video of a dance")):
        assert words in awaited(rehearsing.take_pose(str(path), {}, str(box), request))["rehearsal"]  # type: ignore[arg-type]
    monkeypatch.setattr("pose.files.load_pose", lambda path: pytest.fail("opened here"))
    monkeypatch.setattr("animate.motion.load_pose", lambda path: pytest.fail("opened here"))
    (tmp_path / "again.json").write_bytes(good.read_bytes())
    again = awaited(rehearsing.take_pose(str(tmp_path / "again.json"), {}, str(dance), request))  # type: ignore[arg-type]
    assert again["choice"]["pose"] == tmp_path / "again.json"


def test_of_what_is_pressed_while_a_picture_is_looked_at_nothing_is_lost(tmp_path, files, monkeypatch):
    parts = SimpleNamespace(choice="choice", by_hand="by_hand")
    acts: Any = SimpleNamespace(parts=parts, examiner=SimpleNamespace(thread=ThreadPoolExecutor(1)))
    animator = SimpleNamespace(watcher=watcher(there=0))
    shop: Any = SimpleNamespace(wait_for_animator=lambda seconds: animator)
    rehearsing, pressed = Rehearsing(acts, Rehearsals(shop, tmp_path / "own")), threading.Event()
    request: Any = SimpleNamespace(request=None, session_hash="me")
    monkeypatch.setattr(rehearsing.rehearsals, "needs_hands", lambda picture: pressed.wait(30))
    picture, dance, choice = str(files["wall.png"]), str(files["dance.mp4"]), {}

    def press(**data: Any) -> Any:
        return rehearsing.act(choice, picture, dance, request, event(**data))  # type: ignore[arg-type]

    async def visit() -> list[Any]:
        looking = asyncio.create_task(rehearsing.look(1.0, picture, choice, request))
        await asyncio.sleep(0)
        person = {"act": "person", "person": 2, "trail": None}
        told = [await press(**person), await press(act="mend", edits=[[4, 1, 0.5, None]], start=2)]
        pressed.set()
        return [await looking, *told]

    for told in awaited(visit()):
        assert told["choice"] is choice, "which a page keeps"
    assert choice["person"] == 2
    assert choice["mended"] == [[4, 3.0, 0.5, None]]
    assert choice["guessed"]
    assert len(choice["body"]) == 18


def test_joints_are_guessed_where_nobody_is_recognised_and_stay_where_they_were_placed(tmp_path, files):
    parts = SimpleNamespace(choice="choice", by_hand="by_hand")
    acts = SimpleNamespace(parts=parts, examiner=SimpleNamespace(thread=ThreadPoolExecutor(1)))
    animator = SimpleNamespace(watcher=watcher(there=0))
    rehearsals = Rehearsals(SimpleNamespace(wait_for_animator=lambda seconds: animator), tmp_path / "own")  # type: ignore[arg-type]

    def look(path, choice):
        request: Any = SimpleNamespace(request=None, session_hash="me")
        return awaited(Rehearsing(acts, rehearsals).look(None, path and str(path), choice, request))  # type: ignore[arg-type]

    wall = files["wall.png"]
    guessed = look(wall, {})
    assert guessed["choice"]["guessed"]
    assert len(guessed["choice"]["body"]) == 18
    assert "data-points" in guessed["by_hand"]
    assert look(wall, guessed["choice"]) == guessed
    placed = look(wall, choose({}, "picture", wall, body=guessed["choice"]["body"]))
    assert "data-points" not in placed["by_hand"]
    assert Words("en").html("joints_used") in placed["by_hand"]
    assert look(None, guessed["choice"]) == look(CHARACTER, guessed["choice"]) == {"by_hand": ""}
    for unsure in (True, False):
        animator.watcher = watcher(unsure=unsure)
        assert ("data-points" in look(wall, {})["by_hand"]) == unsure, "whom nobody is sure of is looked at"
        lines = [each.line.key for each in Examiner(rehearsals._workshop).picture(wall)]
        assert ("unsure_picture" in lines, "good_picture" in lines) == (unsure, False)


def test_of_a_picture_of_several_it_is_shown_who_dances_and_another_is_rehearsed(tmp_path):
    parts = SimpleNamespace(choice="choice", by_hand="by_hand")
    acts: Any = SimpleNamespace(parts=parts, examiner=SimpleNamespace(thread=ThreadPoolExecutor(1)))
    picture, animator, request = tmp_path / "pair.png", SimpleNamespace(watcher=watcher(there=2)), None
    Image.fromarray(figure()).resize(SIZE).save(picture)
    shop: Any = SimpleNamespace(wait_for_animator=lambda seconds: animator)
    rehearsals, request = Rehearsals(shop, tmp_path / "own"), SimpleNamespace(request=None, session_hash="me")
    rehearsing, wish = Rehearsing(acts, rehearsals), replace(WISH, picture=picture, seconds=0.24)

    def see(path, choice):
        return awaited(rehearsing.see(None, path and str(path), choice, request))

    first, other = see(picture, {}), see(picture, choose({}, "picture", picture, character=1))
    assert [each.count("data-person") for each in (first, other)] == [2, 2]
    for shown, pressed in ((first, 0), (other, 1)):
        assert f'data-person="{pressed}"' in shown[: shown.index('aria-pressed="true"')].rpartition("<button")[2]
    assert see(None, {}) == see(CHARACTER, {}) == see(tmp_path / "gone.png", {}) == ""
    choice = choose({}, "picture", picture, character=1)
    made = [
        rehearsals.make(each, "me", rehearsals.wanting.announce("me"), most_seconds=10)
        for each in (wish, chosen(wish, choice))
    ]
    reach = [np.ptp(each.rehearsal.joints[0, :14, 1]) for each in made]
    assert reach[1] < 0.7 * reach[0]
    act: Any = awaited(rehearsing.act(choice, str(picture), None, request, event(act="by-hand")))
    begin = json.loads(html.unescape(act["by_hand"].partition('data-points="')[2].partition('"')[0]))
    np.testing.assert_allclose(begin, SMALLER[:18] / (*SIZE, SMALLER[0, 2]), atol=1e-3)
    animator.watcher = watcher()  # of one person nothing is shown
    assert see(picture, {}) == ""
    archive = Archive(tmp_path / "clips", keep_days=1)
    clip = archive.add("me", chosen(wish, choice))
    archive = Archive(tmp_path / "clips", keep_days=1)  # of a program that is begun anew
    assert archive.wish(archive.all()[0]).character == clip.wish["character"] == 1
    assert choice_of(archive.wish(clip)) == choice


def figure() -> np.ndarray:
    """A dark figure on paper."""
    picture = grey(230, width=200, height=300)
    picture[60:270, 70:150] = 30
    return picture


def test_a_figure_that_is_not_recognised_gets_joints_to_begin_with(tmp_path):
    Image.fromarray(figure()).save(tmp_path / "figure.png")
    assert placing.is_strange(watcher(there=0), tmp_path / "figure.png")
    points = placing.first_body(watcher(there=0), tmp_path / "figure.png")
    assert len(points) == 18
    x, y, seen = np.array(points).T
    assert (x > 0.33).all()
    assert (x < 0.77).all()
    assert (y > 0.19).all()
    assert (y < 0.92).all()
    assert seen.all()
    assert y[0] < y[1] < y[8] < y[9] < y[10]
    assert not placing.is_strange(watcher(), tmp_path / "figure.png")  # somebody is seen
    assert placing.is_strange(watcher(unsure=True), tmp_path / "figure.png")
    seen = placing.first_body(watcher(unsure=True), tmp_path / "figure.png")
    np.testing.assert_allclose(seen[4][:2], (body()[4, :2] / (200, 300)).clip(0, 1), atol=1e-3)
    assert not placing.is_strange(watcher(there=0), CHARACTER)  # known
    known = json.loads(CHARACTER.with_suffix(".json").read_text())
    first = placing.first_body(None, CHARACTER)
    assert first[4][0] == pytest.approx(known["points"][4][0] / known["size"][0], abs=1e-3)
