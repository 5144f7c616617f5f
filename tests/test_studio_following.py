"""What a page shows of what it follows, one after the other: clips, rehearsals, models that are got."""

import asyncio
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from studio import acts as module
from studio import rehearsal_view, showable
from studio.acts import Acts
from studio.choosing import Choosing
from studio.limits import LIMITS
from studio.rehearsals import Superseded
from studio.rehearsing import Rehearsing
from studio.runs import Run, State
from studio.words import Words
from tests.awaiting import awaited

ROOT = Path(__file__).parent.parent


@pytest.fixture
def acts() -> Any:
    """Acts that show no more of a run than its name."""
    acts: Any = Acts.__new__(Acts)
    acts.shown_in = {}
    acts.parts = SimpleNamespace(status="status")
    acts._shown = lambda run, state, words: {"status": run.id}
    acts.finished = lambda clip, visitor, words, request: {"status": clip.id}
    return acts


def run(name: str) -> Any:
    return SimpleNamespace(id=name, state=State(phase="running"), kept=False)


PAGE: Any = SimpleNamespace(session_hash="page", request=None)
READY = SimpleNamespace(getting="")  # an examiner that waits for nothing


def test_while_the_pose_models_come_the_status_says_so():
    acts: Any = Acts.__new__(Acts)
    acts.examiner, acts.workshop = SimpleNamespace(getting=""), SimpleNamespace(has=lambda model: True)
    acts.parts = SimpleNamespace(stop_button="stop")
    acts._over = lambda model, state, words, headline: {"status": headline}
    watched: Any = SimpleNamespace(
        id="run", model="", state=State(phase="running"), stopping=threading.Event(), kept=False
    )
    words = Words("es")
    before = acts._shown(watched, watched.state, words)["status"]
    acts.examiner.getting = "Getting the pose models (36 MB)."
    assert "Descargando lo que reconoce a las personas (36 MB)." in acts._shown(watched, watched.state, words)["status"]
    for other in (State(phase="done"), State(phase="running", stage="write")):
        assert "Descargando" not in before + acts._shown(watched, other, words)["status"]
    assert "Descargando" in rehearsal_view.working(words, 0.5, getting=acts.examiner.getting)


def test_what_isshown_instead_is_said_again_since_an_answer_on_its_way_may_arrive_after_it(acts):
    async def visit():
        first, second = (acts.follow(run(name), "", None, PAGE) for name in ("first", "second"))
        assert await anext(first) == {"status": "first"}
        with pytest.raises(TimeoutError):  # nothing changes, and nothing came before it
            await asyncio.wait_for(anext(first), 0.9)
        assert await anext(second) == {"status": "second"}
        assert await asyncio.wait_for(anext(second), 3) == {"status": "second"}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(second), 0.9)

    awaited(visit())


@pytest.mark.parametrize("kept", [False, True])
def test_of_a_clip_that_goes_on_at_the_next_start_nobody_is_told_that_it_was_stopped(acts, kept):
    async def visit():
        followed = run("ended")
        following = acts.follow(followed, "", None, PAGE)
        await anext(following)
        acts._shown = lambda run, state, words: {"status": state.phase}
        followed.state, followed.kept = State(phase="stopped"), kept
        return [each async for each in following]

    assert awaited(visit()) == ([] if kept else [{"status": "stopped"}])


def test_a_clip_that_is_over_is_shown_again_where_another_was_followed(acts):
    async def visit():
        following = acts.follow(run("first"), "", None, PAGE)
        await anext(following)
        assert [each async for each in acts.show(run("over"), "", None, PAGE)] == [{"status": "over"}] * 2
        assert [each async for each in acts.show(run("over"), "", None, PAGE)] == [{"status": "over"}]
        assert acts.shown_in == {}

    awaited(visit())


def test_a_clip_is_not_shown_again_on_a_page_that_shows_a_third(acts):
    async def visit():
        await anext(acts.follow(run("first"), "", None, PAGE))
        over = acts.show(run("over"), "", None, PAGE)
        assert await anext(over) == {"status": "over"}
        third = acts.follow(run("third"), "", None, PAGE)
        assert await anext(third) == {"status": "third"}
        with pytest.raises(StopAsyncIteration):
            await anext(over)

    awaited(visit())


def test_what_is_ordered_twice_is_made_once_but_not_what_was_stopped_meanwhile(acts):
    wish: Any = SimpleNamespace(picture="bear.png")
    runs: list[Run] = []

    def order(*_: Any) -> Run:
        runs.append(Run(None, run_id=f"clip {len(runs)}"))  # type: ignore[arg-type]
        return runs[-1]

    acts._ordered, acts.order = {}, order
    acts.workshop = SimpleNamespace(find=lambda name: next(each for each in runs if each.id == name))
    first = acts._once(wish, "me", PAGE)
    assert acts._once(wish, "me", PAGE) is first
    assert acts._once(wish, "you", PAGE) is not first
    first.stopping.set()  # which takes it a moment
    second = acts._once(wish, "me", PAGE)
    assert second is not first
    assert acts._once(wish, "me", PAGE) is second


def said_by_gradio(answers: Callable[[gr.HTML], Any]) -> list[Any]:
    """What a page is sent of an event's answers to one part, the last of them when the event is over."""
    with gr.Blocks() as demo:
        part, other = gr.HTML(), gr.HTML()
        demo.load(answers(part), None, [part, other])

    async def said() -> list[Any]:
        sent, iterator, going = [], None, True
        while going:
            given = await demo.process_api(0, [], iterator=iterator, session_hash="page", event_id="event")
            sent.append(given["data"][0])
            iterator, going = given["iterator"], given["is_generating"]
        return sent

    return awaited(said())


def test_a_clip_that_a_page_has_left_is_not_shown_once_more_when_its_answers_end(acts, monkeypatch):
    monkeypatch.setattr(module, "_LINGER", 0.0)

    def answers(status):
        async def followed():
            acts.parts.status = status
            acts._shown = lambda run, state, words: {status: run.id}
            async for update in acts.follow(run("first"), "", None, PAGE):
                yield update
                acts.shown_in["page"] = "second"

        return followed

    first, *later = said_by_gradio(answers)
    assert first == "first"
    assert "first" not in repr(later)


@pytest.mark.parametrize("superseded", [True, False])
def test_a_rehearsal_is_not_announced_or_shown_once_more_when_its_answers_end(monkeypatch, superseded):
    monkeypatch.setattr("studio.rehearsing.to_order", lambda wish, limits: None)
    monkeypatch.setattr("studio.rehearsing._MOMENT", 0.0)
    monkeypatch.setattr("studio.rehearsing.rehearsal_view.shown", lambda words, kept: "<video>")
    announced = threading.Event()

    def make(*given: Any, **named: Any) -> str:
        announced.wait()
        if superseded:
            raise Superseded
        return "kept"

    wanting = SimpleNamespace(
        announce=lambda visitor, asked: 1,
        over=lambda visitor, number: None,
        is_newest=lambda visitor, number: not (superseded and announced.is_set()),
        share=lambda visitor: 0.5,
        left=lambda visitor: None,
    )
    rehearsals: Any = SimpleNamespace(wanting=wanting, thread=ThreadPoolExecutor(1), make=make)

    def answers(part):
        acts: Any = SimpleNamespace(
            parts=SimpleNamespace(rehearsal=part), limits=LIMITS["cpu"], examiner=SimpleNamespace(getting="")
        )

        async def rehearsed():
            async for update in Rehearsing(acts, rehearsals).rehearse(
                None, {}, PAGE, "picture", "dance", "draft", *[None] * 9
            ):
                yield update
                announced.set()

        return rehearsed

    first, *later = said_by_gradio(answers)
    assert "<progress" in first
    assert "<progress" not in repr(later)
    assert repr(later).count("<video>") == (0 if superseded else 1)


def test_a_photo_made_fit_to_be_shown_does_not_come_back_when_another_is_there(monkeypatch, tmp_path):
    monkeypatch.setattr(showable, "_LINGER", 0.0)
    monkeypatch.setattr(showable, "_as_jpeg", lambda path: path.with_suffix(".jpg"))
    monkeypatch.setattr(showable.pictures, "is_heif", lambda path: True)
    given = tmp_path / "photo.heic"
    given.touch()

    def answers(part):
        async def shown():
            async for update in showable.showable(str(given)):
                yield {part: update}

        return shown

    first, *later = said_by_gradio(answers)
    assert first["value"] == str(given.with_suffix(".jpg"))
    assert first["value"] not in repr(later)
    assert not given.exists()


@pytest.mark.parametrize("name", ["photo.heic", "photo.jpg", "photo.JPG", "photo.jpeg"])
def test_a_phones_photo_is_shown_whatever_it_is_called_and_stays(monkeypatch, tmp_path, name):
    monkeypatch.setattr(showable, "_LINGER", 0.0)
    given = Path(shutil.copy(ROOT / "tests" / "data" / "pictures" / "bear.heic", tmp_path / name))

    async def shown() -> list[Any]:
        return [each async for each in showable.showable(str(given))]

    first, *_ = awaited(shown())
    path = Path(first["value"])
    with Image.open(path) as picture:
        assert picture.format == "JPEG"
    assert path.suffix == ".jpg", "by which browsers go"
    assert [*tmp_path.iterdir()] == [path]


def test_what_cannot_be_read_is_said_beside_its_box_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("studio.rehearsing._MOMENT", 0.0)
    (tmp_path / "picture.png").touch()
    over: list[int] = []
    wanting = SimpleNamespace(
        announce=lambda visitor, asked: 1,
        is_newest=lambda visitor, number: True,
        over=lambda visitor, number: over.append(number),
    )
    rehearsals: Any = SimpleNamespace(wanting=wanting)
    acts: Any = SimpleNamespace(
        parts=SimpleNamespace(rehearsal="rehearsal"), limits=LIMITS["cpu"], examiner=SimpleNamespace(getting="")
    )

    async def rehearsed() -> list[Any]:
        wish = (str(tmp_path / "picture.png"), "dance.mp4", "draft", None, 1.0, *[None] * 7)
        return [each async for each in Rehearsing(acts, rehearsals).rehearse(None, {}, PAGE, *wish)]

    said, *nothing = awaited(rehearsed())
    assert said == {"rehearsal": ""}
    assert nothing == [{"rehearsal": gr.skip()}]
    assert over == [1]


def test_of_a_model_that_a_page_has_left_nothing_more_is_told():
    """Neither what getting it takes, nor how far it is."""
    models: Any = SimpleNamespace(
        here=lambda name: not name,
        row=lambda name: None,
        may_get=True,
        complete=lambda name: None,
    )
    models.needs = lambda name: SimpleNamespace(size=100, free=1000, rate=0, fits=True)
    models.coming = lambda name: None
    parts: Any = SimpleNamespace(about_model="about", getting="getting", get_button="get", stop_getting="stop")
    choosing = Choosing(parts, models)

    async def visit():
        moore = choosing.about("moore", PAGE)
        await anext(moore)
        own = [each async for each in choosing.about("", PAGE)]
        assert own[0]["getting"] == ""
        assert [each async for each in moore] == [{"getting": gr.skip()}]
        told = [each async for each in choosing.about("moore", PAGE)]
        assert "to get" in told[-1]["getting"]
        assert choosing._told_in == {}

    awaited(visit())
