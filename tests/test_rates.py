"""What one address may ask for in a minute: floods of any kind end, an eager visitor is never held up."""

import base64
import json
import sys
import time
from collections.abc import Iterator
from itertools import count

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from animate import examples
from studio import rates
from studio.guards import SeenAddress, visitor_address
from studio.limits import LIMITS
from studio.page import build
from studio.rates import RateGuard
from studio.words import LANGUAGES, Words
from tests.browsing import served, visit
from tests.fake_animator import FakeAnimator
from tests.media import dancer, encode

PRICES = {1: 1, 2: 4, 3: 15}


def guarded(points: int | None = 60) -> TestClient:
    """What echoes all that it is sent, behind the guard."""

    async def echo(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    routes = [Route("/{rest:path}", echo, methods=["POST", "GET"])]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(RateGuard, points, PRICES)]))


@pytest.mark.parametrize(
    "path",
    [
        *("upload", "process_recording", "component_server", "call/animate", "call/animate/", "call/v2/check_dance"),
        *("run/animate", "api/animate/", "mcp/", "mcp/http", "call/cancel", "queue/join"),
    ],
)
def test_whatever_costs_much_is_counted_however_it_is_asked(path):
    client = guarded()
    assert [client.post(f"/gradio_api/{path}", content=b"{}").status_code for _ in range(5)] == [200] * 4 + [429]
    assert client.get(f"/gradio_api/{path}").status_code == 200
    assert client.post("/gradio_api/cancel").status_code == 200


def test_pictures_out_of_a_video_are_counted_and_who_moves_along_it_is_never_held_up():
    path, client = "/rehearsals/abc/at/{:.2f}.jpg", guarded()
    assert [client.get(path.format(each / 100)).status_code for each in range(61)] == [200] * 60 + [429]
    assert client.get("/rehearsals/abc/puppet.mp4").status_code == 200
    eager = guarded(LIMITS["space"].points_a_minute)
    assert {eager.get(path.format(each / 100)).status_code for each in range(8 * 60)} == {200}


def test_events_of_the_page_are_counted_by_what_they_cost():
    for number, price in PRICES.items():
        client, body = guarded(), {"fn_index": number, "data": ["x" * 900]}
        answers = [client.post("/gradio_api/queue/join", json=body) for _ in range(60 // price + 1)]
        assert [answer.status_code for answer in answers] == [200] * (60 // price) + [429]
        assert answers[0].text == str(len(answers[0].request.content))  # nothing of it is lost


def test_every_event_that_has_a_price_of_its_own_is_on_the_page(tmp_path):
    """Others are taken for looks, so that a new one is not free."""
    events = build(lambda name: FakeAnimator(), folder=tmp_path).demo.fns
    names = {getattr(event.fn, "__name__", "") for event in events.values()}
    assert names >= rates._ORDERS | rates._SAID
    cost = {event.api_name: rates.prices(events)[number] for number, event in events.items()}
    assert (cost["animate"], cost["check_dance"], cost["remember"]) == (15, 4, 1)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"[1]",
            b"null",
            b"\xff",
            b"[" * 5000,
            b'{"fn_index": "1"}',
            b'{"fn_index": true}',
            b'{"fn_index": [1]}',
        ),
        json.dumps({"data": "x" * 70_000, "fn_index": 1}).encode(),  # none of the page's is as long
        json.dumps({"fn_index": 1, "data": {"fn_index": 2}})[:-1].encode() + b', "fn_index": 9}',
    ],
)
def test_what_is_none_of_the_pages_own_events_costs_most(body):
    client = guarded()
    for chunks in (body, (body[at : at + 1000] for at in range(0, len(body), 1000))):
        answer = client.post("/gradio_api/queue/join", content=chunks)
        assert (answer.status_code, answer.text) == (200, str(len(body)))
    answers = [client.post("/gradio_api/queue/join", content=body).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_one_minute_later_all_is_well_and_what_was_refused_is_not_counted(monkeypatch):
    client, now = guarded(), [1000.0]
    monkeypatch.setattr(rates.time, "monotonic", lambda: now[0])
    assert [client.post("/gradio_api/upload").status_code for _ in range(9)] == [200] * 4 + [429] * 5
    now[0] += 61
    assert [client.post("/gradio_api/upload").status_code for _ in range(5)] == [200] * 4 + [429]
    assert {guarded(None).post("/gradio_api/upload").status_code for _ in range(99)} == {200}


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_are_words_as_the_pages_scripts_read_them(language):
    client, told = guarded(0), Words(language)("too_fast")
    event = client.post("/gradio_api/queue/join", json={"fn_index": 1}, headers={"Accept-Language": language})
    assert event.json() == {"detail": told}
    assert event.headers["retry-after"] == "60"
    assert client.post("/gradio_api/upload", headers={"Accept-Language": language}).text == told


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A page for all, with its own examples."""
    folder = tmp_path_factory.mktemp("public")
    command = ["-m", "tests.fake_animator", "{port}", str(folder / "own"), str(examples.ASSETS), "public"]
    with served(command, folder, abused=True) as found:
        yield found


def test_what_the_program_asks_of_itself_is_asked_by_whoever_asked_it():
    """As MCP does: with the caller's own headers, which a server that trusts what is behind it takes at their word."""
    noted, told = [], []

    async def tell(request: Request) -> PlainTextResponse:
        noted.append(dict(request.headers))
        return PlainTextResponse(visitor_address(request.scope))

    app = Starlette(routes=[Route("/", tell)], middleware=[Middleware(SeenAddress)])
    for address in ("203.0.113.7", "203.0.113.8"):
        forged = {"x-animate-seen": f"secret {address}9", "x-forwarded-for": f"{address}9"}
        told.append(TestClient(app, client=(address, 1)).get("/", headers=forged).text)
        inner = {**noted[-1], "x-forwarded-for": "198.51.100.1"}
        told.append(TestClient(app, client=("198.51.100.1", 1)).get("/", headers=inner).text)
    assert told == ["203.0.113.7"] * 2 + ["203.0.113.8"] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="others have one address for themselves")
def test_programs_are_counted_by_their_own_addresses_whatever_they_say(address, tmp_path):
    """Of one address as many clips an hour as of any page; of another as many more."""
    Image.fromarray(dancer(1)[0]).save(tmp_path / "picture.png")
    encode(tmp_path / "dance.mp4", dancer(4))
    files = {"picture": ("picture.png", "image/png"), "dance": ("dance.mp4", "video/mp4")}
    given = {
        name: f"data:{kind};base64,{base64.b64encode((tmp_path / file).read_bytes()).decode()}"
        for name, (file, kind) in files.items()
    }

    def ask(client: httpx.Client, seed: int) -> bool:
        """Whether it was made."""
        call = {"name": "animate", "arguments": {**given, "seed": seed, "consent": True}}
        headers = {"accept": "application/json, text/event-stream", "x-forwarded-for": f"198.51.100.{seed}"}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        answer = client.post(f"{address}/gradio_api/mcp/", json=body, headers=headers, timeout=60).text
        assert ("clip.mp4" in answer) != ("clips within an hour" in answer), answer[:500]
        return "clip.mp4" in answer

    most, seeds = LIMITS["space"].clips_an_hour, count(1)
    assert most is not None
    for mine, answers in (("127.0.0.2", [True] * most + [False]), ("127.0.0.3", [True])):
        with httpx.Client(transport=httpx.HTTPTransport(local_address=mine)) as client:
            assert [ask(client, next(seeds)) for _ in answers] == answers


@pytest.mark.browser
def test_an_eager_visitor_passes_and_a_flood_is_told_in_words(page: Page, address):
    """Twenty thumbnails within seconds, and a slider drawn to and fro; then somebody of the same address floods."""
    answers = []
    page.on("response", lambda answer: answers.append(answer.status) if answer.request.method == "POST" else None)
    visit(page, address)
    thumbnails = page.locator("[aria-label^='Use the ']")
    began = time.monotonic()
    for number in range(20):
        thumbnails.nth(number * 5 % thumbnails.count()).click()
        page.wait_for_timeout(300)
    page.get_by_role("button", name="Fine tuning").click()
    slider = page.get_by_label("range slider for Seconds")
    for _ in range(2):
        box = slider.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] / 2, steps=10)
        page.mouse.up()
    page.wait_for_timeout(2000)
    assert time.monotonic() - began < 60
    assert len(answers) > 100
    assert set(answers) == {200}
    data = {"data": ["", "", "draft"]}
    asked = [httpx.post(f"{address}/gradio_api/call/animate", json=data).status_code for _ in range(70)]
    assert asked[-1] == 429
    assert len([each for each in asked if each != 429]) <= LIMITS["space"].points_a_minute / 15
    thumbnails.first.click()
    expect(page.get_by_text(Words("en")("too_fast")).first).to_be_visible()
