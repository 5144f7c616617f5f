"""A hub on loopback that serves the toy checkpoint as the real one would, and misbehaves when told to."""

import hashlib
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from animate import catalogue, places
from animate.catalogue import HubFile
from animate.getting import get, needs
from animate.hub import Hub
from animate.model import Model
from tests import toy

COMMIT = "1234567890" * 4
BASE, WEIGHTS = "some/base", "some/weights"


def toy_model() -> Model:
    """moore's row with the toy's files, whose configurations it needs too."""
    files = (
        *(HubFile(part, WEIGHTS, f"{part}.pth") for part in places.TRAINED),
        HubFile("vae", BASE, "sd-vae-ft-mse/diffusion_pytorch_model.safetensors"),
        HubFile("vae_config", BASE, "sd-vae-ft-mse/config.json"),
        HubFile("clip", BASE, "image_encoder/model.safetensors"),
        HubFile("clip_config", BASE, "image_encoder/config.json"),
        HubFile("config", BASE, places.CONFIG),
    )
    return replace(catalogue.MODELS["moore"], files=files)


@dataclass
class Served:
    """What the hub has and how it behaves. files: by REPOSITORY/PATH; cut: bytes after which a body ends, by request;
    lie: what a GET sends instead; refuse: a status and headers instead of an answer, or None; sent, begun: bytes given,
    and where the last request for a file began; commit: what main is now; before: what earlier commits held."""

    files: dict[str, bytes]
    cut: Callable[[], int | None] = lambda: None
    lie: dict[str, bytes] = field(default_factory=dict)
    refuse: Callable[[str, str, object], tuple[int, dict[str, str]] | None] = lambda method, name, headers: None
    ranges: bool = True
    sent: Counter[str] = field(default_factory=Counter)
    begun: dict[str, int] = field(default_factory=dict)
    endpoint: str = ""
    commit: str = COMMIT
    before: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def publish(self, commit: str, files: dict[str, bytes]) -> None:
        """Another commit becomes main; what was there stays under the old one."""
        self.before[self.commit] = self.files
        self.commit, self.files = commit, {**self.files, **files}

    def at(self, revision: str) -> tuple[str, dict[str, bytes]]:
        """The commit of a revision, and its files."""
        return (revision, self.before[revision]) if revision in self.before else (self.commit, self.files)

    @property
    def size(self) -> int:
        return sum(map(len, self.files.values()))


@contextmanager
def serve(files: dict[str, bytes] | None = None) -> Iterator[Served]:
    root = toy.folder()
    served = Served(
        files or {file.name: (root / file.path).read_bytes() for file in toy_model().files},
    )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionError):  # somebody has heard enough
                super().handle()

        def log_message(self, *_anything: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer("HEAD")

        def do_GET(self) -> None:
            self.answer("GET")

        def answer(self, method: str) -> None:
            repository, _, rest = self.path.strip("/").partition("/resolve/")
            revision, _, path = rest.partition("/")
            name, (commit, files) = f"{repository}/{path}", served.at(revision)
            if refusal := served.refuse(method, name, self.headers):
                self.reply(refusal[0], b"", refusal[1])
            elif name not in files:
                self.reply(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
            else:
                self.give(method, name, files[name], commit)

        def give(self, method: str, name: str, whole: bytes, commit: str) -> None:
            body = served.lie.get(name, whole) if method == "GET" else whole
            begin = int(self.headers.get("Range", "bytes=0-")[6:].rstrip("-")) if served.ranges else 0
            if method == "GET":
                served.begun[name] = begin
            headers = {"X-Repo-Commit": commit, "ETag": f'"{etag(whole, name)}"'}
            if body.lstrip().startswith(b"<"):
                headers["Content-Type"] = "text/html"
            if begin:
                headers["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
            self.reply(206 if begin else 200, body[begin:], headers, method == "HEAD", name)

        def reply(self, status: int, body: bytes, headers: dict[str, str], bare: bool = False, name: str = "") -> None:
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            end = served.cut() if body and not bare else None
            if not bare:
                self.wfile.write(body[:end])
                served.sent[name] += len(body[:end])
            if end is not None and end < len(body):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.endpoint = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def etag(whole: bytes, name: str) -> str:
    """sha256 for weights, git's hash for text, as the hub does."""
    if name.endswith(".json"):
        return hashlib.sha1(b"blob %d\0" % len(whole) + whole).hexdigest()
    return hashlib.sha256(whole).hexdigest()


def state(cache: Path, served: Served) -> dict[str, str]:
    """Of every file: whole, absent, or half, as any program sees it in the cache."""
    seen = {}
    for name, whole in served.files.items():
        organisation, repository, path = name.split("/", 2)
        found = list(cache.glob(f"models--{organisation}--{repository}/snapshots/*/{path}"))
        seen[name] = ("whole" if found[0].read_bytes() == whole else "half") if found else "absent"
    return seen


def get_all(endpoint: str) -> None:
    hub = Hub(endpoint)
    for _event in get(needs(toy_model(), hub), hub):
        pass


if __name__ == "__main__":  # a process of its own, for tests that need two, or one to kill
    toy.folder = lambda: Path(sys.argv[2])
    get_all(sys.argv[1])
