"""The visitors of the load test do what they are to measure: a clip is made, and what is refused counts as failed."""

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import requests
from PIL import Image

from tests.browsing import standing_in
from tests.media import dancer, encode


class Client:
    """Asks as Locust's client does."""

    def __init__(self, address: str):
        self.address, self.session = address, requests.Session()

    def get(self, path: str, *, name: str, stream: bool = False, catch_response: bool = False) -> Any:
        answer = self.session.get(self.address + path, stream=stream, timeout=60)
        return watched(answer) if catch_response else answer

    def post(self, path: str, *, name: str, **body: Any) -> requests.Response:
        return self.session.post(self.address + path, timeout=60, **body)


@contextmanager
def watched(answer: requests.Response) -> Iterator[Any]:
    def fail(words: str) -> None:
        raise AssertionError(words)

    yield SimpleNamespace(iter_lines=answer.iter_lines, success=lambda: None, failure=fail)


@pytest.fixture
def told() -> list[tuple[str, Exception | None]]:
    """What Locust is to count: names, and what went wrong."""
    return []


@pytest.fixture
def visitors(tmp_path, monkeypatch, told) -> Any:
    """benchmarks.locustfile with a stand-in for Locust, which only the load test needs."""

    def note(*, name: str, exception: Exception | None, **_: Any) -> None:
        told.append((name, exception))

    request = SimpleNamespace(fire=note)
    locust = ModuleType("locust")
    vars(locust).update(HttpUser=type("HttpUser", (), {}), between=lambda *_: None, task=lambda work: work)
    vars(locust).update(events=SimpleNamespace(request=request))
    Image.fromarray(dancer(1, width=256, height=384)[0]).save(tmp_path / "own.png")
    monkeypatch.setitem(sys.modules, "locust", locust)
    monkeypatch.setenv("LOAD_PICTURE", str(tmp_path / "own.png"))
    monkeypatch.delitem(sys.modules, "benchmarks.locustfile", raising=False)
    yield importlib.import_module("benchmarks.locustfile")
    sys.modules.pop("benchmarks.locustfile", None)


def test_a_maker_gets_a_clip_of_a_picture_of_their_own(tmp_path, monkeypatch, visitors, told):
    monkeypatch.setattr(visitors, "DANCES", [encode(tmp_path / "dance.mp4", dancer(30))])
    with standing_in(tmp_path, "tight") as address:
        one = visitors.Maker()
        one.client = Client(address)
        one.on_start()
        one.make()
    names = [name for name, _ in told]
    assert names[-1] == "clip: finished"
    assert {"event: open", "event: ask", "event: check_picture", "event: check_dance"} <= set(names)
    assert [(name, str(wrong)) for name, wrong in told if wrong] == []


class Refusing(Client):
    """To whom each event is answered with a failure."""

    def get(self, path: str, **_: Any) -> Any:
        said = {"event_id": "1", "msg": "process_completed", "success": False, "output": {"error": "No room."}}
        return watched(SimpleNamespace(iter_lines=lambda: [b"data:" + json.dumps(said).encode()]))  # type: ignore[arg-type]

    def post(self, path: str, **_: Any) -> Any:
        return SimpleNamespace(status_code=200, json=lambda: {"event_id": "1"})


def test_what_the_page_refuses_is_counted_as_failed(visitors, told):
    one = visitors.Maker()
    one.client, one.session, one.parts = Refusing("nowhere"), "", {7: "as the page has it"}
    one.events = {"check_picture": {"id": 1, "inputs": [6, 7]}}
    one.ask("check_picture", check_picture=["picture.png"])
    assert [(name, str(wrong)) for name, wrong in told] == [("event: check_picture", "No room.")]


def test_inputs_are_filled_by_name(visitors):
    described = [{"parameter_name": name, "parameter_default": value} for name, value in (("a", 1), ("b", None))]
    assert visitors.filled(described, b=3) == [1, 3]
    with pytest.raises(KeyError, match=r"no consent, but a, b"):
        visitors.filled(described, consent=True)
