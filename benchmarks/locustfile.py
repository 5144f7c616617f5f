"""Visitors for benchmarks.load, as Locust has them: a hundred look about, twenty have clips made."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from locust import HttpUser, between, events, task  # pyright: ignore[reportMissingImports]

ASSETS = Path(__file__).parents[1] / "assets"
PICTURE = Path(os.environ.get("LOAD_PICTURE", ASSETS / "characters" / "bear.png"))
DANCES = sorted((ASSETS / "dances").glob("*.mp4"))
BROWSING, SUBMITTING = int(os.environ.get("LOAD_BROWSING", 100)), int(os.environ.get("LOAD_SUBMITTING", 20))
WORDS = "Many clips are waiting already"


class Person(HttpUser):
    """What a browser asks for."""

    abstract = True

    def on_start(self) -> None:
        self.session, self.visitor, self.count = os.urandom(6).hex(), "", 0
        config = self.client.get("/config", name="config").json()
        self.parts = {part["id"]: part["props"].get("value") for part in config["components"]}
        self.events = {fn["api_name"]: fn for fn in config["dependencies"]}
        described = self.client.get("/gradio_api/info", name="info").json()["named_endpoints"]
        self.wishes = described["/animate"]["parameters"]
        loads = [
            fn for fn in config["dependencies"] if fn["backend_fn"] and any(each[1] == "load" for each in fn["targets"])
        ]
        self.loads = [fn["api_name"] for fn in loads]
        for kind, names in (("character", "characters"), ("dance", "dances")):
            for path in (ASSETS / names).glob("*.png" if kind == "character" else "*.mp4"):
                self.client.get(f"/examples/{kind}/{path.stem}.jpg", name="thumbnail")

    def open_page(self) -> None:
        self.client.get("/", name="page")
        self.session = os.urandom(6).hex()
        self.ask(*self.loads)

    def ask(self, *names: str, **values: list[Any]) -> dict[str, Any]:
        """Events of the page, all at once as a page does when it opens, until the last is answered: event to answer.

        values: of an event's first inputs; of the others the page's own.
        """
        begun, going, told = time.perf_counter(), dict[str, str](), dict[str, Any]()
        for name in names:
            fn = self.events[name]
            given = values.get(name, [])
            data = [*given, *(self.parts.get(each) for each in fn["inputs"][len(given) :])]
            body = {"data": data, "fn_index": fn["id"], "session_hash": self.session}
            answer = self.client.post("/gradio_api/queue/join", json=body, name="event: join")
            if answer.status_code != 200:
                return told
            going[answer.json()["event_id"]] = name
        path = f"/gradio_api/queue/data?session_hash={self.session}"
        with self.client.get(path, stream=True, name="event: stream", catch_response=True) as stream:
            for said in messages(stream):
                name = going.get(said.get("event_id", ""))
                if said.get("msg") == "process_completed" and name:
                    told[name] = said
                    if name != "animate":
                        tell(f"event: {name}", begun, None if said.get("success") else failure(said))
                    if len(told) == len(going):
                        break
            stream.success() if len(told) == len(going) else stream.failure(f"answers to {sorted(told)} only")
        return told


def failure(said: dict[str, Any]) -> str:
    """What an answer says that went wrong."""
    return str(said.get("output", {}).get("error") or "failed without a word")


def filled(parameters: Sequence[dict[str, Any]], **values: Any) -> list[Any]:
    """An event's inputs by their names, the others by default. parameters: as the API describes them."""
    inputs = {each["parameter_name"]: each["parameter_default"] for each in parameters}
    if unknown := values.keys() - inputs.keys():
        raise KeyError(f"The API has no {', '.join(sorted(unknown))}, but {', '.join(inputs)}.")
    return [*(inputs | values).values()]


def messages(stream: Any) -> Iterator[dict[str, Any]]:
    for line in stream.iter_lines():
        if line.startswith(b"data:"):
            yield json.loads(line[5:])


def tell(name: str, begun: float, wrong: str | None = None) -> None:
    """Locust counts it. begun: by time.perf_counter; wrong: why it failed."""
    events.request.fire(
        request_type=name.partition(":")[0].upper(),
        name=name,
        response_time=1000 * (time.perf_counter() - begun),
        response_length=0,
        exception=RuntimeError(wrong) if wrong else None,
        context={},
    )


class Visitor(Person):
    """Opens the page, watches a clip now and then, comes again."""

    fixed_count = BROWSING
    wait_time = between(8, 25)

    @task
    def look_about(self) -> None:
        self.open_page()
        self.count += 1
        if self.count % 4 == 0:
            path = next(iter(sorted((ASSETS / "results").glob("*.mp4"))))
            self.client.get(f"/examples/{path.name}", name="example clip")


class Maker(Person):
    """Gives a picture and a dance, and has a clip made of them."""

    fixed_count = SUBMITTING
    wait_time = between(3, 10)

    @task
    def make(self) -> None:
        self.open_page()
        picture = self.upload(PICTURE)
        dance = self.upload(DANCES[self.count % len(DANCES)])
        self.count += 1
        picture_file = {"path": picture, "meta": {"_type": "gradio.FileData"}}
        dance_file = {"path": dance, "meta": {"_type": "gradio.FileData"}}
        self.ask("ask", "check_picture", ask=[picture_file], check_picture=[None, picture_file])
        self.ask("check_dance", check_dance=[None, dance_file])
        chosen = {"preset": "draft", "size": "small", "seconds": 0.5, "steps": 1, "consent": True}
        data = filled(self.wishes, picture=picture_file, dance=dance_file, **chosen)
        begun = time.perf_counter()
        said = self.ask("animate", animate=data).get("animate")
        if said is None:
            return tell("clip: lost", begun, "no answer")
        if not said.get("success"):
            words = failure(said)
            return tell("clip: refused", begun, None if WORDS in words else words)
        (clip,) = said["output"]["data"]
        path = clip["path"]
        film = self.client.get(f"/gradio_api/file={path}", name="own clip")
        tell("clip: finished", begun, None if film.content[4:8] == b"ftyp" else "no MP4")

    def upload(self, path: Path) -> str:
        with path.open("rb") as file:
            answer = self.client.post("/gradio_api/upload", files={"files": (path.name, file)}, name="upload")
        return answer.json()[0]
