"""What stands between the page and strangers, as ASGI middleware: same origin, bounded uploads, headers."""

import re
import secrets
import shutil
import time
from collections import deque
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.limits import on_space
from studio.words import Words

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(self)"),
]
_ERRAND = re.compile(r"/(file[=/]+https?:|proxy=)", re.IGNORECASE)
_KEPT = re.compile(r"/(upload|process_recording|component_server|mcp)(/|$)")  # what writes what it is sent
_SEEN = b"x-animate-seen"
_OURS = secrets.token_urlsafe(16)  # of this program, which tells nobody


class SeenAddress:
    """Notes in a header whose connection it is, for what the program asks of itself on somebody's behalf. Gradio does
    for MCP: from 127.0.0.1, with their own headers, which may say that they are anybody. To stand before all others."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            seen = f"{_OURS} {visitor_address(scope)}".encode("latin-1", "replace")
            others = [each for each in scope["headers"] if each[0].lower() != _SEEN]
            scope = {**scope, "headers": [*others, (_SEEN, seen)]}
        await self._app(scope, receive, send)


class SameOrigin:
    """403 for a request that another site's page makes: gradio would answer it, with credentials.

    allowed: further hosts the page is reached by, such as a public tunnel; may grow while the server runs.
    """

    def __init__(self, app: ASGIApp, allowed: set[str]):
        self._app, self._allowed = app, allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            host = headers.get("x-forwarded-host", headers.get("host", "")).split(",")[0].strip()
            if origin and urlsplit(origin).netloc not in {host, *self._allowed}:
                await PlainTextResponse("Requests from other sites are refused.", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class NoErrands:
    """404 for asking the server to fetch something from elsewhere, which gradio would do for anybody.

    Gradio knows two spellings; what was encoded twice is taken for what a proxy would make of it.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _ERRAND.search(unquote(scope["path"])):
            await Response(status_code=404)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class LoginThrottle:
    """429 after five wrong logins of one address within 15 minutes, or fifty of all, until those are over."""

    MOST, MOST_OF_ALL, SECONDS = 5, 50, 15 * 60

    def __init__(self, app: ASGIApp):
        self._app = app
        self._failures: deque[tuple[float, str]] = deque(maxlen=self.MOST_OF_ALL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not (scope["type"] == "http" and scope["method"] == "POST" and scope["path"].rstrip("/").endswith("/login")):
            await self._app(scope, receive, send)
            return
        now, address = time.monotonic(), visitor_address(scope)
        while self._failures and self._failures[0][0] < now - self.SECONDS:
            self._failures.popleft()
        mine = sum(each == address for _, each in self._failures)
        if mine >= self.MOST or len(self._failures) >= self.MOST_OF_ALL:
            await refusal(scope, 429, "too_many_logins", wait=self.SECONDS)(scope, receive, send)
            return
        self._failures.append((now, address))  # before the answer, so that many at once count as well

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._failures = deque((each for each in self._failures if each[1] != address), self.MOST_OF_ALL)
            await send(message)

        await self._app(scope, receive, watched)


class QuietLeave:
    """A visitor who leaves while told of a clip is no failure: gradio then trips over the stream it has put away. Nor
    is one who asks for a stream that is no more: gradio tells their page so, and then fails all the same."""

    STREAM = "/queue/data"

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not (scope["type"] == "http" and scope["path"].endswith(self.STREAM)):
            await self._app(scope, receive, send)
            return
        left = False

        async def noted() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        try:
            await self._app(scope, noted, send)
        except KeyError:
            if not left:
                raise
        except RuntimeError as error:
            if not (isinstance(error.__cause__, HTTPException) and error.__cause__.status_code == 404):
                raise
            if not left:
                await send({"type": "http.response.body", "body": b""})


class UploadGuard:
    """413 for a body past `most_bytes`, said or not; 507 for a file that leaves less than `free_bytes` of the disk that
    `folder` is on."""

    def __init__(self, app: ASGIApp, most_bytes: int, folder: Path, free_bytes: float):
        self._app, self._most_bytes, self._folder, self._free_bytes = app, most_bytes, folder, free_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kept = scope["method"] == "POST" and _KEPT.search(scope["path"]) is not None
        declared = Headers(scope=scope).get("content-length", "0")
        size = int(declared) if declared.isdigit() else 0
        if (refused := self._refused(scope, size, coming=size if kept else None)) is not None:
            await refused(scope, receive, send)
            return
        taken, answered, late = 0, False, list[Response]()

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if not late and (refused := self._refused(scope, taken, coming=0 if kept else None)) is not None:
                late.append(refused)
            if late:
                return {"type": "http.disconnect"}  # the application gives up, and is answered for below
            return message

        async def with_headers(message: Message) -> None:
            nonlocal answered
            if late and not answered:
                return
            if message["type"] == "http.response.start":
                answered = True
                message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
            await send(message)

        try:
            await self._app(scope, counted, with_headers)
        except Exception:
            if not late:
                raise
        if late and not answered:
            await late[0](scope, receive, send)

    def _refused(self, scope: Scope, size: int, *, coming: int | None) -> Response | None:
        """size: bytes of the body, as far as they are known; coming: those that the disk has still to take, None for
        what stays in memory."""
        if size > self._most_bytes:
            return refusal(scope, 413, "too_large")
        if coming is not None and shutil.disk_usage(self._folder).free - coming < self._free_bytes:
            return refusal(scope, 507, "disk_full")
        return None


def refusal(scope: Scope, status: int, key: str, *, wait: int = 0) -> Response:
    """The words under `key` in the reader's language, as gradio's client shows them: JSON where it reads that, and
    plain where a file was sent. wait: seconds after which it is worth another try."""
    words = Words.asked(Headers(scope=scope).get("accept-language"))(key)
    headers = {"Retry-After": str(wait)} if wait else {"Connection": "close"}
    if re.search(r"/gradio_api/(?!upload|process_recording)", scope["path"]):
        return JSONResponse({"detail": words}, status, headers=headers)
    return PlainTextResponse(words, status, headers=headers)


def visitor_address(scope: Scope) -> str:
    """Who asks: for whom the program asks itself, else behind a Space's proxy the address that it names last, else the
    connection's own. Of IPv6 the network (/64), since one visitor has all the addresses in it."""
    headers = Headers(raw=[*scope.get("headers", ())])
    ours, _, seen = headers.get(_SEEN.decode(), "").partition(" ")
    if secrets.compare_digest(ours.encode(), _OURS.encode()):
        return seen
    forwarded = headers.get("x-forwarded-for", "") if on_space() else ""
    address = forwarded.split(",")[-1].strip() or (scope.get("client") or ("?",))[0]
    try:
        known = IPv6Address(address)
    except ValueError:
        return address
    return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))
