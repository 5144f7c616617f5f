"""What stands between the page and strangers, as ASGI middleware: same origin, bounded uploads, a rate, headers."""

import re
import time
from collections import defaultdict, deque
from ipaddress import IPv6Address, IPv6Network
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.limits import on_space

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(self)"),
]
_ERRAND = re.compile(r"/(file[=/]+https?:|proxy=)", re.IGNORECASE)
_COUNTED = ("/upload", "/queue/join", "/process_recording")


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
            refusal = PlainTextResponse("Too many requests. Wait a minute.", 429, headers={"Retry-After": "900"})
            await refusal(scope, receive, send)
            return
        self._failures.append((now, address))  # before the answer, so that many at once count as well

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._failures = deque((each for each in self._failures if each[1] != address), self.MOST_OF_ALL)
            await send(message)

        await self._app(scope, receive, watched)


class QuietLeave:
    """A visitor who leaves while told of a clip is no failure: gradio then trips over the stream it has put away."""

    STREAM = "/queue/data"

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = False

        async def noted() -> Message:
            nonlocal left
            message = await receive()
            left = left or message["type"] == "http.disconnect"
            return message

        try:
            await self._app(scope, noted, send)
        except KeyError:
            if not (left and scope["path"].endswith(self.STREAM)):
                raise


class UploadGuard:
    """413 for a body past `most_bytes`, said or not; 429 past `posts_a_minute` of one address, None for no limit."""

    def __init__(self, app: ASGIApp, most_bytes: int, posts_a_minute: int | None):
        self._app, self._most_bytes, self._posts_a_minute = app, most_bytes, posts_a_minute
        self._posts: defaultdict[str, deque[float]] = defaultdict(deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "POST" and scope["path"].endswith(_COUNTED) and self._is_flood(scope):
            refusal = PlainTextResponse("Too many requests. Wait a minute.", 429, headers={"Retry-After": "60"})
            await refusal(scope, receive, send)
            return
        too_large = PlainTextResponse("This file is too large.", 413, headers={"Connection": "close"})
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdigit() and int(declared) > self._most_bytes:
            await too_large(scope, receive, send)
            return
        taken, answered, overflown = 0, False, False

        async def counted() -> Message:
            nonlocal taken, overflown
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most_bytes:
                overflown = True
                return {"type": "http.disconnect"}  # the application gives up, and is answered for below
            return message

        async def with_headers(message: Message) -> None:
            nonlocal answered
            if overflown and not answered:
                return
            if message["type"] == "http.response.start":
                answered = True
                message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
            await send(message)

        try:
            await self._app(scope, counted, with_headers)
        except Exception:
            if not overflown:
                raise
        if overflown and not answered:
            await too_large(scope, receive, send)

    def _is_flood(self, scope: Scope) -> bool:
        if self._posts_a_minute is None:
            return False
        now = time.monotonic()
        for address in [each for each, moments in self._posts.items() if moments[-1] < now - 60]:
            del self._posts[address]
        posts = self._posts[visitor_address(scope)]
        while posts and posts[0] < now - 60:
            posts.popleft()
        posts.append(now)
        return len(posts) > self._posts_a_minute


def visitor_address(scope: Scope) -> str:
    """Who asks: behind a Space's proxy the address that it names last, else the connection's own. Of IPv6 the network
    (/64), since one visitor has all the addresses in it."""
    forwarded = Headers(scope=scope).get("x-forwarded-for", "") if on_space() else ""
    address = forwarded.split(",")[-1].strip() or (scope.get("client") or ("?",))[0]
    try:
        known = IPv6Address(address)
    except ValueError:
        return address
    return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))
