"""What a page costs that is opened, and what its visitor finds in it."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import pytest
import requests
from gradio.state_holder import SessionState
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from studio.acts import Acts
from studio.archive import Archive
from studio.front import FrontPage
from studio.left import Left
from studio.limits import LIMITS
from studio.models import Models
from studio.page import Studio, build
from studio.returning import Returning
from studio.runs import State
from studio.serve import launch
from studio.sessions import MOST
from studio.wishes import Wish, possible, to_wish
from studio.words import Words
from tests.awaiting import awaited
from tests.browsing import free_port
from tests.fake_animator import FakeAnimator


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Iterator[tuple[Studio, str]]:
    """A page around the stand-in, and its address."""
    studio = build(lambda name: FakeAnimator(pause=0), folder=tmp_path_factory.mktemp("studio"))
    yield studio, launch(studio, host="127.0.0.1", port=free_port()).rstrip("/")
    studio.close()
    studio.demo.close(verbose=False)


def ask(address: str, name: str, *, session: str) -> str:
    """An event with the page's own values, and all that is answered."""
    config = requests.get(f"{address}/config", timeout=10).json()
    values = {part["id"]: part["props"].get("value") for part in config["components"]}
    (event,) = (each for each in config["dependencies"] if each["api_name"] == name)
    asked = {"data": [values.get(each) for each in event["inputs"]], "fn_index": event["id"], "session_hash": session}
    requests.post(f"{address}/gradio_api/queue/join", json=asked, timeout=10).raise_for_status()
    return requests.get(f"{address}/gradio_api/queue/data?session_hash={session}", timeout=30).text


def test_a_machine_too_busy_to_show_the_page_at_once_begins_all_the_same(monkeypatch, tmp_path):
    """Gradio would look at the page, for three seconds, and ask for a public address."""
    late = httpx.ReadTimeout("three seconds")
    monkeypatch.setattr("httpx.head", lambda *asked, **how: (_ for _ in ()).throw(late))
    studio = build(lambda name: FakeAnimator(pause=0), folder=tmp_path)
    address = launch(studio, host="127.0.0.1", port=free_port())
    assert requests.get(address, timeout=30).ok
    studio.close()
    studio.demo.close(verbose=False)


def test_a_page_that_is_opened_is_kept_without_what_it_looks_like(opened):
    studio, address = opened
    told = ask(address, "open", session="one")
    assert '"success":true' in told.replace(" ", "")
    kept = studio.demo.app.state_holder["one"]
    assert len(kept.blocks_config.blocks) > 50
    assert not any(kept.config_values.values())
    assert any(SessionState(studio.demo).config_values.values())  # or this test could not fail
    assert studio.demo.app.state_holder.capacity == MOST
    assert len(studio.demo._queue.event_analytics) == 1


def test_what_a_visitor_changes_stays_on_their_page_and_on_no_other(opened):
    studio, address = opened
    ask(address, "open", session="two")
    sessions, stage = studio.demo.app.state_holder, studio.parts.stage._id
    choice = studio.parts.choice._id
    sessions["two"][choice] = {"person": 2}
    sessions["two"][stage] = gr.HTML("changed", render=False)
    assert (sessions["two"][choice], sessions["two"][stage].value) == ({"person": 2}, "changed")
    assert (sessions["three"][choice], sessions["three"][stage]) == ({}, studio.parts.stage)


def test_the_oldest_pages_are_forgotten_first(opened):
    sessions = opened[0].demo.app.state_holder
    sessions["oldest"]
    for number in range(MOST):
        sessions[str(number)]
    assert ("oldest" in sessions, len(sessions.session_data)) == (False, MOST)


def test_the_page_is_made_once_for_all_who_come_the_same_way(opened):
    _, address = opened
    first, again = (requests.get(address, timeout=10) for _ in range(2))
    plain = requests.get(address, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert first.text == again.text == plain.text
    assert (first.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert int(first.headers["content-length"]) < len(first.content) / 4
    assert first.headers["x-content-type-options"] == "nosniff"
    other = requests.get(address.replace("127.0.0.1", "localhost"), timeout=10)
    assert address in first.text
    assert address not in other.text


def counting(*, status: int = 200, text: str = "words " * 1000, **options) -> tuple[TestClient, list[str]]:
    asked: list[str] = []

    async def answer(request: Request) -> Response:
        asked.append(str(request.url))
        await asyncio.sleep(0.02)
        return PlainTextResponse(f"{text}{request.url}", status)

    routes = [Route("/", answer, methods=["GET", "POST"]), Route("/other", answer)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(FrontPage, **options)])), asked


def test_only_the_page_itself_is_kept(monkeypatch):
    client, asked = counting()
    for _ in range(2):
        client.get("/")
        client.get("/?clip=x")
        client.get("/other")
        client.post("/")
    assert len(asked) == 7
    later = time.monotonic() + FrontPage.SECONDS + 1
    monkeypatch.setattr("studio.front.time", SimpleNamespace(monotonic=lambda: later))
    client.get("/")
    assert len(asked) == 8


def test_the_page_begins_with_our_words_and_is_kept_for_nobody_where_there_is_a_login():
    text = '<head><body\nstyle="">' + "words " * 1000
    client, asked = counting(text=text, first="<script>ours</script>", shown="<p>welcome</p>", keeps=False)
    for address in ("/", "/", "/?clip=x"):
        answer = client.get(address)
        assert answer.text.startswith('<head><script>ours</script><body\nstyle=""><p>welcome</p>words')
        assert "ours" not in client.get("/other").text
        assert int(client.get(address, headers={"accept-encoding": "identity"}).headers["content-length"]) > 6000
    assert len(asked) == 9


def test_nobody_is_shown_the_page_of_another_address():
    client, asked = counting()
    for name, value in (("host", "a"), ("x-forwarded-host", "a"), ("x-forwarded-proto", "https")):
        assert client.get("/", headers={name: value}).status_code == 200
    assert "http://a/" in client.get("/", headers={"host": "a"}).text
    assert len(asked) == 3
    for number in range(FrontPage.MOST + 1):  # whoever makes names up drives the others out, and fills nothing
        client.get("/", headers={"host": str(number)})
    client.get("/", headers={"host": "a"})
    assert len(asked) == 3 + FrontPage.MOST + 2


@pytest.mark.parametrize(("status", "text"), [(500, "words " * 1000), (200, "")])
def test_what_went_wrong_is_not_kept(status, text):
    client, asked = counting(status=status, text=text)
    assert [client.get("/").status_code for _ in range(2)] == [status] * 2
    assert len(asked) == 2


def test_many_at_once_have_it_made_once():
    client, asked = counting()

    async def visit() -> list[str]:
        from httpx import ASGITransport, AsyncClient

        async with AsyncClient(transport=ASGITransport(client.app), base_url="http://page") as visitor:
            return [each.text for each in await asyncio.gather(*(visitor.get("/") for _ in range(20)))]

    assert len({*awaited(visit())}) == 1
    assert len(asked) == 1


NAMES = ("visitor", "run_id", "history", "status", "small_print", "picture", "dance", "choice", "model")
TUNING = ["preset", "size", "seconds", "start", "steps", "guidance", "seed", "fit", "place", "smoothing"]
SET = ["draft", "large", 2.5, 1, 40, 2, 77, "size", "steady", 0.5]


class Visit:
    """The page's opening without a page: what it tells, one after the other."""

    def __init__(self, folder, *, model: str | None = "mini"):
        self.runs: dict[str, Any] = {}
        self.workshop = SimpleNamespace(find=self.runs.get, model_words=model, trouble=None)
        self.archive = Archive(folder / "clips", keep_days=1)
        self.left = Left(self.archive.private / "left.db", hours=24)
        self.acts: Any = SimpleNamespace(
            parts=SimpleNamespace(tuning=TUNING, **{name: name for name in NAMES}),
            limits=LIMITS["cpu"],
            models=Models("mini", may_get=False),
            archive=self.archive,
            workshop=self.workshop,
            follow=self.follow,
            finished=lambda clip, visitor, words, request: {"status": clip.id},
            small_print=lambda words: str(self.workshop.model_words),
        )
        self.acts.history = partial(Acts.history, self.acts)

    async def follow(self, run, visitor, words, request):
        yield {"status": "making"}
        self.workshop.model_words = "mini"
        yield {"status": "made"}

    def told(self, visitor: str, run_id: str, **asked: str) -> list[dict]:
        request: Any = SimpleNamespace(request=True, headers={"accept-language": "en"}, query_params=asked)

        async def all_of() -> list[dict]:
            return [each async for each in Returning(self.acts, self.left).open(visitor, run_id, request)]

        return awaited(all_of())


@pytest.fixture
def visit(tmp_path) -> Visit:
    return Visit(tmp_path)


def test_a_first_visit_takes_one_answer(visit):
    (told,) = visit.told("", "")
    assert len(told["visitor"]) >= 22
    assert told["small_print"] == "mini"
    assert told["run_id"] == ""
    assert "status" not in told


def test_boxes_are_filled_before_the_last_answer_which_gradio_says_twice(visit, tmp_path):
    """A box that was given its file twice at once told of changes for ever."""
    (tmp_path / "picture.png").touch()
    returning = Returning(visit.acts, visit.left)
    request: Any = SimpleNamespace(request=None, session_hash="page")
    returning.remember(None, "me", str(tmp_path / "picture.png"), None, {}, request, *SET, "")

    async def all_of() -> list[dict]:
        return [each async for each in returning.open("me", "", request)]

    first, last = awaited(all_of())
    expected = {"picture": str(tmp_path / "picture.png"), "model": "", **dict(zip(TUNING, SET, strict=True))}
    assert first == {name: gr.update(value=value) for name, value in expected.items()}
    assert last["visitor"] == "me"


def test_what_was_set_for_the_last_clip_is_there_when_the_program_was_begun_anew(visit, tmp_path):
    """As far as it is possible now: the longest clip may be shorter, a model may be gone."""
    for name in ("picture.png", "dance.mp4"):
        (tmp_path / name).touch()
    tuning = {**dict(zip(TUNING, SET, strict=True)), "seconds": 60, "size": None, "steps": None}
    wish = Wish(picture=tmp_path / "picture.png", dance=tmp_path / "dance.mp4", model="gone", **tuning)
    clip = visit.archive.add("me", wish)
    told = {name: each["value"] for name, each in Returning(visit.acts, visit.left).restore("me", clip.id).items()}
    assert [told[name] for name in TUNING] == ["draft", "small", 10, 1, 0, 2, 77, "size", "steady", 0.5]
    assert told["model"] == ""
    assert told["picture"].endswith("picture.png")
    assert Returning(visit.acts, visit.left).restore("you", clip.id) == {}
    made_again = visit.archive.add("you", visit.archive.wish(clip))
    assert Returning(visit.acts, visit.left).restore("you", made_again.id) == {}, "its files are somebody else's"
    assert to_wish(None, None, *(told[name] for name in TUNING)).fit == "size"


def test_what_was_still_being_typed_is_there_as_what_it_had_become():
    for typed, seconds, smoothing in (
        (None, 0.5, 1),
        (-1, 0.5, 0),
        (0, 0.5, 0),
        (0.25, 0.5, 0.25),
        (2, 2, 2),
        (9, 9, 3),
    ):
        wish = to_wish(None, None, **{**dict(zip(TUNING, SET, strict=True)), "seconds": typed, "smoothing": typed})
        assert (wish.seconds, wish.smoothing) == (seconds, smoothing)
    for typed, seconds in ((0, 0.5), (3, 3), (99, LIMITS["space"].seconds)):
        assert possible({"seconds": typed}, LIMITS["space"]) == {"seconds": seconds}
    assert possible({"seconds": None}, LIMITS["space"]) == {}


def test_one_whose_clip_is_gone_is_told(visit):
    (told,) = visit.told("me", "gone")
    assert told["visitor"] == "me"
    assert Words("en")("lost") in told["status"]


def test_a_clip_in_the_making_is_followed_and_is_then_in_the_history(visit):
    visit.runs["clip"] = SimpleNamespace(id="clip", state=State(phase="running"))
    told = visit.told("me", "clip")
    assert [each.get("status") for each in told] == [None, None, "making", "made", None]
    assert told[1] == {"run_id": "clip"}
    assert [*told[-1]] == ["history"]


def test_the_link_of_another_device_comes_before_what_was_here(visit):
    visit.runs["there"] = SimpleNamespace(id="there", state=State(phase="running"))
    assert {"run_id": "there"} in visit.told("me", "here", clip="there")


def test_the_model_is_told_as_soon_as_it_is_loaded(tmp_path):
    visit = Visit(tmp_path, model=None)
    visit.runs["clip"] = SimpleNamespace(id="clip", state=State(phase="running"))
    told = visit.told("me", "clip")
    assert [each["small_print"] for each in told if "small_print" in each] == ["None", "mini"]
    assert told[3] == {"status": "made", "small_print": "mini"}
