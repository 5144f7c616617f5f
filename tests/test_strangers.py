"""Strangers at the door: who may come in, what they may ask for, and that nothing of anybody else's is reached."""

import errno
import json
import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from animate import AnimateError, examples
from studio import consent, hosting
from studio.archive import Archive
from studio.folder import taken
from studio.guards import LoginThrottle, NoErrands
from studio.hosting import LOGIN, Door, in_network, tell_of
from studio.janitor import sweep
from studio.limits import LIMITS
from studio.logs import Tame
from studio.page import build
from studio.serve import launch
from studio.wishes import Wish, to_wish
from studio.words import LANGUAGES, Words
from tests.browsing import free_port, served
from tests.fake_animator import FakeAnimator
from tests.media import dancer, encode

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.delenv(LOGIN, raising=False)


@pytest.mark.parametrize("where", [{"host": "0.0.0.0"}, {"host": "127.0.0.1", "share": True}, {"host": "192.168.1.5"}])
def test_strangers_come_in_only_when_somebody_says_so(where, monkeypatch):
    where = {"share": False, **where}
    with pytest.raises(AnimateError, match="--public"):
        Door.of(**where, public=False)
    assert Door.of(**where, public=True).limits == LIMITS["space"]
    monkeypatch.setenv(LOGIN, "ann:secret")
    known = Door.of(**where, public=False)
    assert known.login == ("ann", "secret")
    assert known.limits != LIMITS["space"]
    monkeypatch.setenv(LOGIN, "ann")
    with pytest.raises(AnimateError, match="a name, a colon and a password"):
        Door.of(**where, public=False)


def test_at_home_nothing_is_asked():
    assert Door.of(host="127.0.0.1", share=False, public=False).login is None


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("127.0.0.1", None),
        ("localhost", None),
        ("0.0.0.0", "http://192.168.1.5:7860"),
        ("192.168.1.7", "http://192.168.1.7:7860"),
        ("fd00::7", "http://[fd00::7]:7860"),
    ],
)
def test_where_others_of_the_network_reach_the_page(host, network, monkeypatch):
    monkeypatch.setattr(hosting, "_CONTAINERS", ())
    monkeypatch.setattr(socket, "socket", Way)
    assert in_network(host, 7860) == network


class Way:
    """A way to other computers that sends nothing, from 192.168.1.5."""

    def __init__(self, family: int, kind: int):
        assert kind == socket.SOCK_DGRAM

    def __enter__(self) -> "Way":
        return self

    def __exit__(self, *given: object) -> None: ...

    def connect(self, other: tuple[str, int]) -> None: ...

    def getsockname(self) -> tuple[str, int]:
        return "192.168.1.5", 40000


@pytest.mark.parametrize("in_container", [True, False])
def test_where_others_reach_the_page_is_not_guessed(in_container, monkeypatch, tmp_path):
    monkeypatch.setattr(hosting, "_CONTAINERS", (str(tmp_path),) if in_container else ())
    monkeypatch.setattr(socket, "socket", Way)
    monkeypatch.setattr(Way, "connect", lambda *given: in_container or (_ for _ in ()).throw(OSError(101, "none")))
    assert in_network("0.0.0.0", 7860) == ""


@pytest.mark.parametrize("host", ["203.0.113.77", "no-such-host.invalid", "a..b", "2001:db8::77", "\0"])
def test_a_host_that_is_not_this_computers_is_refused_in_words(host, capsys):
    with pytest.raises(SystemExit) as end, hosting.in_words(host=host, port=None):
        hosting.require_own(host)
    told = capsys.readouterr().err
    assert end.value.code == 2
    assert told.startswith(f"{host} is no address of this computer. --host 0.0.0.0 takes all")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_host_of_this_computer_is_taken(host):
    hosting.require_own(host)


def test_phones_are_told_where_the_page_is(capsys):
    for network in (None, "", "http://192.168.1.5:7860"):
        tell_of(network, 7860)
    unknown, known = capsys.readouterr().out.splitlines()
    assert unknown.endswith(" http://THIS-COMPUTERS-ADDRESS:7860/")
    assert known.endswith(" http://192.168.1.5:7860/")


def test_the_start_script_refuses_an_open_door():
    command = [sys.executable, "app.py", "--host", "0.0.0.0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "--public" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_holds_other_files_is_refused_with_nothing_touched(tmp_path):
    """What is old in the page's folder is deleted, and it is served."""
    videos = tmp_path / "Videos"
    (videos / "clips").mkdir(parents=True)
    (videos / "clips" / "beach.mp4").write_text("mine")
    os.utime(videos / "clips" / "beach.mp4", (0, 0))
    before = sorted(tmp_path.rglob("*"))
    command = [sys.executable, "app.py", "--folder", str(videos)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Videos holds other files" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(AnimateError, match="cannot be the page's folder"):
        taken(videos / "clips" / "beach.mp4")


def test_the_pages_own_folder_is_taken_again_also_one_of_an_older_program(tmp_path, monkeypatch):
    new, empty, old, oldest = (tmp_path / name for name in ("a/new", "empty", "old", "oldest"))
    (empty / "lost+found").mkdir(parents=True)
    (old / "private").mkdir(parents=True)
    (old / "private" / "clips.db").touch()
    (oldest / "clips" / ("x" * 16)).mkdir(parents=True)
    (oldest / "clips" / ("x" * 16) / "clip.json").touch()
    for folder in (new, empty, old, oldest):
        assert taken(folder) == folder
        (folder / "upload.png").write_text("x")
        os.utime(folder / "upload.png", (0, 0))
        sweep(folder, hours=0, but=("private",))
        assert not (folder / "upload.png").exists()
        assert taken(folder) == folder
    assert new.stat().st_mode & 0o777 == 0o700
    (tmp_path / "cache" / "studio").mkdir(parents=True)
    (tmp_path / "cache" / "studio" / "upload.png").touch()
    monkeypatch.setenv("ANIMATE_CACHE", str(tmp_path / "cache"))
    assert taken(None) == tmp_path / "cache" / "studio"  # nobody named it


def test_the_page_is_opened_once_with_a_folder_and_that_ends_with_its_program(tmp_path):
    place, refused = tmp_path / "own", [sys.executable, "app.py", "--folder", str(tmp_path / "own")]
    code = (
        "import os, pathlib, subprocess, sys, time\nfrom studio.folder import noted, taken\n"
        "noted(taken(pathlib.Path(sys.argv[1])), 'http://127.0.0.1:7869')\n"
        "started = subprocess.Popen(['sleep', '300'], stdout=subprocess.DEVNULL)\n"
        "if (fork := os.fork()) == 0: time.sleep(300)\n"
        "print(started.pid, fork, flush=True)\ntime.sleep(300)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(place)], cwd=ROOT, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        children = [int(each) for each in first.stdout.readline().split()]
        before = sorted(place.rglob("*"))
        done = subprocess.run(refused, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
        first.kill()
    try:
        assert (done.returncode, done.stdout) == (2, "")
        assert "The page is open already: http://127.0.0.1:7869" in done.stderr
        assert sorted(place.rglob("*")) == before
        assert taken(place) == place, "though what it has started and forked still runs"
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)


def test_where_the_system_knows_no_locks_the_page_opens_all_the_same(tmp_path, monkeypatch):
    def unknown(*given) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.lockf", unknown)
    assert taken(tmp_path) == tmp_path


def not_opened(*options: object, **environment: str) -> str:
    """What the start script says at last, which is one line."""
    command, environment = [sys.executable, "app.py", *map(str, options)], {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    return done.stderr


def test_a_folder_that_cannot_be_written_is_told_at_the_start(tmp_path):
    (tmp_path / "file").write_text("mine")
    for told in (
        not_opened("--folder", tmp_path / "file"),
        not_opened(ANIMATE_CACHE=str(tmp_path / "file")),
    ):
        assert str(tmp_path / "file") in told
        assert "--folder" in told
        assert "ANIMATE_CACHE" in told


def test_a_port_that_is_taken_is_told_at_the_start(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = not_opened("--folder", tmp_path, "--port", port)
    assert f"Port {port} cannot" in told
    assert "--port" in told


@pytest.mark.parametrize("port", [-1, 0, 65536, 99999])
def test_what_is_no_port_is_told_at_the_start(tmp_path, port):
    assert f"Port {port} cannot" in not_opened("--folder", tmp_path, f"--port={port}")


def test_a_model_that_is_nowhere_is_told_at_the_start(tmp_path):
    told = not_opened("--folder", tmp_path / "own", "--model", "mimi")
    assert "The model mimi is missing. Choose one of mini, moore" in told
    assert not (tmp_path / "own").exists()


def guarded(guard, path: str = "/login", status: int = 400) -> TestClient:
    async def answer(request: Request) -> PlainTextResponse:
        right = (await request.body()) == b"right"
        return PlainTextResponse("x", 200 if right else status)

    routes = [Route(path, answer, methods=["POST", "GET"])]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(guard)]))


def test_passwords_cannot_be_guessed_in_a_row():
    client = guarded(LoginThrottle)
    assert [client.post("/login", content=b"wrong").status_code for _ in range(4)] == [400] * 4
    assert client.post("/login", content=b"right").status_code == 200  # and begins anew
    assert [client.post("/login", content=b"wrong").status_code for _ in range(7)] == [400] * 5 + [429] * 2
    assert client.post("/login", content=b"right").status_code == 429


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_long_the_door_stays_shut_is_told(language):
    client = guarded(LoginThrottle)
    *_, last = (client.post("/login", headers={"Accept-Language": language}) for _ in range(6))
    assert last.text == Words(language)("too_many_logins")
    assert int(last.headers["retry-after"]) == 60 * int(re.search(r"\d+", last.text)[0])


@pytest.fixture(scope="module")
def behind_a_login(tmp_path_factory) -> Iterator[str]:
    studio = build(lambda name: FakeAnimator(), folder=tmp_path_factory.mktemp("studio"))
    yield launch(studio, host="127.0.0.1", port=free_port(), login=("ann", "secret")).rstrip("/")
    studio.close()
    studio.demo.close(verbose=False)


@pytest.mark.browser
def test_the_form_for_the_login_says_that_the_door_is_shut(browser: Browser, behind_a_login):
    page = browser.new_context(locale="es-ES").new_page()
    page.goto(behind_a_login)
    name, password = page.get_by_label("usuario"), page.get_by_label("contraseña")
    for number in range(6):
        expect(page.get_by_role("alert")).to_have_count(0)
        name.fill("ann")
        password.fill(f"wrong {number}")
        with page.expect_response("**/login"):
            password.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(Words("es")("too_many_logins"))
    page.context.close()


def test_of_visitors_behind_a_proxy_each_is_one_address(behind_a_login):
    """As the proxy names them."""

    def wrong(name: str) -> int:
        given = {"username": "ann", "password": "wrong"}
        return httpx.post(f"{behind_a_login}/login", data=given, headers={"X-Forwarded-For": name}).status_code

    assert [wrong("203.0.113.7") for _ in range(6)] == [400] * 5 + [429]
    assert wrong("203.0.113.8") == 400


def test_where_there_is_a_login_assistants_find_no_tool_that_could_not_work(behind_a_login):
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepted = {"accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{behind_a_login}/gradio_api/mcp/", json=asked, headers=accepted, follow_redirects=True)
    assert answer.is_client_error, answer.text
    assert "animate" not in httpx.get(f"{behind_a_login}/gradio_api/mcp/schema").text


def test_many_addresses_do_not_guess_more(monkeypatch):
    monkeypatch.setattr("studio.guards.visitor_address", lambda scope: os.urandom(4).hex())
    client = guarded(LoginThrottle)
    answers = [client.post("/login", content=b"wrong").status_code for _ in range(60)]
    assert answers == [400] * 50 + [429] * 10


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://a.example/x",
        "/gradio_api/file=HTTPS:/a/x",
        "/gradio_api/file/https://a.example/x",
        "/gradio_api/file/https%3A%2F%2Fa.example/x",
        "/gradio_api/file%3Dhttps%253A//a.example/x",
        "/gradio_api/proxy=x",
        "/gradio_api/proxy%3Dx",
    ],
)
def test_nobody_sends_the_server_on_errands(path):
    client = guarded(NoErrands, "/gradio_api/{rest:path}")
    assert client.get(path).status_code == 404
    assert client.get("/gradio_api/file=/tmp/x").status_code == 400
    assert client.get("/gradio_api/file//tmp/https.png").status_code == 400


def test_what_is_logged_tells_nothing_of_visitors(tmp_path):
    opened = f"cannot open {tmp_path}/uploads/abc/" + "holi" + "day of An" + "n.png for 192.168.7.31"
    try:
        raise ValueError(opened)
    except ValueError:
        record = logging.LogRecord("studio", logging.ERROR, "f", 1, "Failure of 10.0.0.9", (), sys.exc_info())
    for as_json in (True, False):
        text = Tame(tmp_path, as_json=as_json).format(record)
        assert "Traceback" in text
        for secret in ("holiday", "Ann", "192.168", "10.0.0.9", str(tmp_path)):
            assert secret not in text
    told = json.loads(Tame(tmp_path, as_json=True).format(record))
    assert told["level"] == "ERROR"


class House:
    """The page with a clip of Ann's in it, and what Bob can ask of it."""

    def __init__(self, address: str, folder: Path, clip_id: str):
        self.address, self.folder, self.clip_id = address, folder, clip_id
        self.client = httpx.Client(base_url=address, timeout=60)
        self.config = self.client.get("/config").json()

    def call(self, fn: dict, data: list, *, clip: str = "") -> str:
        """What an event says; with event data of a press that deletes a clip, by default Ann's."""
        session = os.urandom(6).hex()
        body = {
            "data": data,
            "fn_index": fn["id"],
            "session_hash": session,
            "event_data": {"act": "delete", "clip": clip or self.clip_id, "name": "bear"},
        }
        asked = self.client.post("/gradio_api/queue/join", json=body)
        if asked.status_code != 200:
            return asked.text
        said = []
        with self.client.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as answer:
            for line in answer.iter_lines():
                said.append(line)
                if "process_completed" in line or "close_stream" in line or "unexpected_error" in line:
                    break
        return "\n".join(said)

    def event(self, part: str) -> dict:
        """The first event of a press on the part that is called so which asks the server."""
        called = {
            each["id"]
            for each in self.config["components"]
            if part in (each["props"].get("elem_id"), *(each["props"].get("elem_classes") or ()))
        }
        asking = [fn for fn in self.config["dependencies"] if fn.get("backend_fn", True)]
        return next(fn for fn in asking if any([each, "click"] in fn["targets"] for each in called))

    def upload(self, path: Path) -> str:
        answer = self.client.post("/gradio_api/upload", files={"files": (path.name, path.read_bytes())})
        return answer.json()[0]

    def order(self, picture: str, dance: str, *, visitor: str) -> str:
        """Order a clip as the page does; what the page is told."""
        fn, meta = self.event("animate"), {"_type": "gradio.FileData"}
        data = self.inputs(fn, visitor=visitor, text="")
        kinds = {part["id"]: part for part in self.config["components"]}
        for place, number in enumerate(fn["inputs"]):
            given = {"picture": {"path": picture, "meta": meta}, "dance": {"path": dance, "meta": meta}}
            data[place] = given.get(kinds[number]["props"].get("elem_id"), data[place])
            if kinds[number]["type"] == "checkbox":
                data[place] = True
        return self.call(fn, data)

    def inputs(self, fn: dict, *, visitor: str, text: str) -> list:
        kinds = {part["id"]: part for part in self.config["components"]}
        values = []
        for number in fn["inputs"]:
            part = kinds[number]
            key = part["props"].get("storage_key", "")
            known = {"animate-visitor": visitor, "animate-run": text}
            values.append(known.get(key, part["props"].get("value")))
        return values


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    Image.fromarray(dancer(1)[0]).save(folder / "anns.png")
    wish = Wish(picture=folder / "anns.png", dance=encode(folder / "anns.mp4", dancer(30)))
    archive = Archive(folder / "own" / "clips", keep_days=1)
    clip = archive.add("ann's secret", wish)
    encode(archive.video(clip), dancer(30))
    archive.change(clip.id, phase="done", seconds=1.0)
    archive._store._base.close()
    command = ["-m", "tests.fake_animator", "{port}", str(folder / "own"), str(examples.ASSETS), "watched"]
    with served(command, folder, abused=True) as address:
        yield House(address, folder / "own", clip.id)


def test_no_event_gives_bob_anything_of_anns(house):
    """Every event of the page, public or not, called by somebody who knows nothing."""
    fns = [fn for fn in house.config["dependencies"] if fn.get("backend_fn", True)]
    assert len(fns) > 20
    for fn in fns:
        said = house.call(fn, house.inputs(fn, visitor="bob's secret", text="guess"))
        for secret in (house.clip_id, "ann", "Traceback", str(ROOT)):
            assert secret not in said, (fn["id"], fn.get("api_name"), said[:500])


def test_no_event_lets_bob_change_anns_clip_though_he_knows_its_id(house):
    fns = [fn for fn in house.config["dependencies"] if fn.get("backend_fn", True)]
    for fn in fns:
        said = house.call(fn, house.inputs(fn, visitor="bob's secret", text=house.clip_id))
        assert not re.search(r"/(picture|dance)\.\w+", said), (fn["id"], fn.get("api_name"), "what Ann gave")
    assert house.client.get(f"/own/{house.clip_id}/clip.mp4").status_code == 200
    database = (house.folder / "private" / "clips.db").read_bytes() + (
        house.folder / "private" / "clips.db-wal"
    ).read_bytes()
    assert house.clip_id.encode() in database

    with sqlite3.connect(house.folder / "private" / "clips.db") as base:
        (row,) = base.execute("SELECT phase, share FROM clips WHERE id = ?", (house.clip_id,)).fetchall()
    assert row == ("done", "")


def test_no_address_leads_to_what_is_not_bobs(house):
    """Though he knows the id of Ann's clip, which its page's address tells, and where the studio's folder is."""
    inside, rehearsal = house.folder, house.folder / "rehearsals" / "guessed"
    rehearsal.mkdir(parents=True)
    (rehearsal / "pose.json").write_text("{}")
    for path in (
        f"/gradio_api/file={inside}/private/clips.db",
        f"/gradio_api/file={inside}/private/left.db",
        f"/gradio_api/file={inside}/private/../private/clips.db-wal",
        f"/gradio_api/file={inside}/PRIVATE/clips.db",
        f"/gradio_api/file={inside}/pace.json",
        f"/gradio_api/file={inside}/clips",
        f"/gradio_api/file={inside}/clips/{house.clip_id}/picture.png",
        f"/gradio_api/file={inside}/clips/{house.clip_id}/dance.mp4",
        f"/gradio_api/file={inside}/CLIPS/{house.clip_id}/clip.mp4",
        f"/gradio_api/file={inside}/private/../clips/{house.clip_id}/dance.mp4",
        f"/gradio_api/file/{inside}/clips/{house.clip_id}/dance.mp4",
        f"/gradio_api/file={rehearsal}/pose.json",
        f"/gradio_api/file={inside}/",
        "/gradio_api/file=/etc/passwd",
        f"/gradio_api/file={inside}/../../../../etc/passwd",
        f"/gradio_api/file={ROOT}/app.py",
        "/own/guess/clip.mp4",
        "/own/../private/clips.db",
        "/own/%2e%2e/clips.db",
        f"/own/{house.clip_id}/picture.png",
        f"/own/{house.clip_id}/..%2F..%2Fprivate%2Fclips.db",
        f"/clip/{house.clip_id}",
        f"/clip/{house.clip_id}/clip.mp4",
        "/clip/",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/monitoring",
    ):
        answer = house.client.get(path)
        assert b"SQLite" not in answer.content, path
        assert b"root:" not in answer.content, path
        assert answer.status_code in (400, 401, 403, 404, 405, 422), (path, answer.status_code)


def test_a_program_is_handed_its_clip_and_nothing_else_of_its_folder(house, tmp_path):
    Image.fromarray(dancer(1)[0]).save(tmp_path / "picture.png")
    encode(tmp_path / "dance.mp4", dancer(10))
    (api,) = (fn for fn in house.config["dependencies"] if fn.get("api_name") == "animate")
    data, kinds = house.inputs(api, visitor="", text=""), {part["id"]: part for part in house.config["components"]}
    labels = [kinds[number]["props"].get("label") for number in api["inputs"]]
    data = [label == "consent" or each for label, each in zip(labels, data, strict=True)]
    for place, name in enumerate(("picture.png", "dance.mp4")):
        data[place] = {"path": house.upload(tmp_path / name), "meta": {"_type": "gradio.FileData"}}
    said = house.call(api, data)
    (path,) = set(re.findall(r'"path": ?"([^"]+/clip.mp4)"', said))
    assert house.folder / "clips" not in Path(path).parents
    answer = house.client.get(f"/gradio_api/file={path}")
    assert (answer.status_code, answer.content[4:8]) == (200, b"ftyp")


def test_no_file_of_bobs_makes_the_server_ask_anybody(house):
    """Public addresses, which nothing else would keep gradio from; whatever is asked there is noted in a file."""
    address, meta = "https://public.example/x.png", {"_type": "gradio.FileData"}
    (api,) = (fn for fn in house.config["dependencies"] if fn.get("api_name") == "animate")
    plain = {"path": address, "meta": meta}
    for file in (plain, {"path": "", "url": address, "meta": meta}, {**plain, "is_stream": True}):
        data = house.inputs(api, visitor="", text="")
        data[0], data[1] = file, {"video": file}
        said = house.call(api, data)
        assert "process_completed" in said
        assert file is not plain or "fetches nothing from other addresses" in said
        called = house.client.post("/gradio_api/call/animate", json={"data": data}).json()
        house.client.get(f"/gradio_api/call/animate/{called['event_id']}")
    for path in (f"file={address}", f"file/{address}", f"file/{quote(address, safe='')}", f"proxy={address}"):
        assert house.client.get(f"/gradio_api/{path}").status_code == 404
    assert not (house.folder / "asked").exists()


def test_names_of_uploads_stay_names(house):
    odd = [
        "../../../evil.png",
        "/etc/evil.png",
        "z" * 300 + ".png",
        "a\u202egpj.png",
        "\x1b[31m.png",
        "語" * 120 + ".png",
    ]
    for name in odd:
        answer = house.client.post("/gradio_api/upload", files={"files": (name, b"x")})
        if answer.status_code == 200:
            (path,) = answer.json()
            assert Path(path).resolve().is_relative_to(house.folder.resolve())
            assert Path(path).is_file()
        assert "Traceback" not in answer.text


def test_malformed_calls_are_a_line_of_the_log_without_what_was_sent(house):
    log = house.folder.parent / "log"
    before = len(log.read_text())
    odd = "holi" + "day of 10.1.2.3.png"
    file = {"path": f"/etc/{odd}", "meta": {"_type": "gradio.FileData"}}
    asked = ("again", "open", "other_character", "share", "stop", "unshare")  # with ids that a browser keeps
    named = [each for each in house.config["dependencies"] if each["api_name"] in asked]
    assert len(named) == len(asked)
    for fn in [*house.config["dependencies"][:6], *named]:
        for value in (odd, file, [[odd]], {odd: odd}):
            house.call(fn, [value] * len(fn["inputs"]))
        house.call(fn, [odd])
    for path in ("api/animate", "queue/join"):
        body = {"data": [odd], "fn_index": 99999, "session_hash": odd}
        assert httpx.post(f"{house.address}/gradio_api/{path}", json=body).status_code >= 400
    lines = [json.loads(line) for line in log.read_text()[before:].splitlines()]  # and nothing else
    assert sum("A call failed" in line["message"] for line in lines) >= 6
    assert {type(line["message"]) for line in lines} == {str}
    assert not any(word in json.dumps(lines) for word in ("holiday", "10.1.2.3", "Traceback"))


def test_a_page_that_asks_for_a_stream_that_is_no_more_is_told_so_and_nothing_is_logged(house):
    log = house.folder.parent / "log"
    before = ""
    while before != (before := log.read_text()):  # what others did is told a little later
        time.sleep(1)
    with httpx.stream("GET", f"{house.address}/gradio_api/queue/data", params={"session_hash": "gone"}) as answer:
        told = "".join(answer.iter_text())
    assert json.loads(told.removeprefix("data: "))["session_not_found"]
    assert log.read_text() == before


def test_two_visitors_who_upload_the_same_lose_nothing_by_each_other(house, tmp_path):
    """Cy and Di give the same picture and the same dance; Cy has a clip made of them, and deletes it."""
    Image.fromarray(dancer(1)[0]).save(tmp_path / "same.png")
    dance = encode(tmp_path / "same.mp4", dancer(10))
    cys, dis = ([house.upload(each) for each in (tmp_path / "same.png", dance)] for _ in range(2))
    made = re.findall(r"[?]clip=([\w-]{16})|own/([\w-]{16})/clip.mp4", house.order(*cys, visitor="cy's secret"))
    clip = "".join(made[-1])
    assert house.client.get(f"/own/{clip}/clip.mp4").status_code == 200
    assert "same" not in house.call(house.event("history"), ["di's secret", "", None, None], clip=clip)  # is not hers
    assert house.client.get(f"/own/{clip}/clip.mp4").status_code == 200
    house.call(house.event("history"), ["cy's secret", "", None, None], clip=clip)
    assert house.client.get(f"/own/{clip}/clip.mp4").status_code == 404
    assert not any(Path(path).exists() for path in cys)  # deleted is gone
    assert all(Path(path).exists() for path in dis)
    assert "/clip.mp4" in house.order(*dis, visitor="di's secret")


def test_health_tells_nothing_but_that(house):
    answer = house.client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "wrong": []}


def test_asked_to_stop_it_stops_soon_whatever_works_on():
    code = (
        "import time, threading\nfrom studio.hosting import until_asked_to_stop\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\nprint('up', flush=True)\n"
        "until_asked_to_stop(lambda: time.sleep(600), within=0.2)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_numbers_for_prometheus_tell_of_clips_but_not_whose(tmp_path):
    from studio.health import health_routes
    from studio.page import build
    from tests.fake_animator import FakeAnimator

    studio = build(lambda name: FakeAnimator(), limits=LIMITS["cpu"], folder=tmp_path)
    client = TestClient(Starlette(routes=health_routes(studio, metrics=True)))
    assert client.get("/healthz").json() == {"ok": False, "wrong": ["worker"]}
    studio.workshop.open()
    picture = tmp_path / "picture.png"
    Image.fromarray(dancer(1)[0]).save(picture)
    clip = studio.archive.add("ann", Wish(picture=picture, dance=encode(tmp_path / "dance.mp4", dancer(5))))
    told = client.get("/metrics").text
    assert 'animate_kept_clips{phase="waiting"} 1' in told
    assert "animate_disk_free_bytes" in told
    assert clip.id not in told
    studio.workshop.close()


def test_pictures_of_strangers_need_a_word_and_ours_do_not(tmp_path):
    mine = tmp_path / "picture.png"
    Image.fromarray(dancer(1)[0]).save(mine)
    ours = next(iter(examples.characters().values()))
    copy = tmp_path / "copy.png"
    copy.write_bytes(ours.read_bytes())
    consent.require(mine, True)
    consent.require(ours, False)
    consent.require(copy, False)
    for said in (False, None, "false"):
        wish = to_wish(mine, mine, "draft", None, 1, 0, 0, 0, 1, "off", "auto", 1, "", said)
        with pytest.raises(AnimateError, match="tick"):
            consent.require(wish.picture, wish.consent)
    asked = {language: Words(language)("consent") for language in LANGUAGES}
    assert len(set(asked.values())) == 4
