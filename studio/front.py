"""The page itself, kept as it was answered: gradio makes it anew for each visitor, 7 ms of a processor, though it is
the same for all. Packed it is a tenth as long, for slow lines."""

import asyncio
import gzip
import re
import time
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What an answer depends on, beside the path: gradio writes the address that the visitor came by into the page.
_ASKED = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")
_WORTH = 1000  # bytes, to be packed
_BODY = re.compile(rb"<body[^>]*>")

Answer = tuple[Message, bytes, bytes]  # its beginning, its body, and its body packed


class FrontPage:
    """ASGI middleware; it must be inside whatever else changes an answer. first: HTML that the page's head begins with,
    before any script of gradio's; shown: HTML that its body begins with; keeps: whether the page is the same for all,
    as it is not where there is a login."""

    SECONDS, MOST = 10.0, 16  # how long an answer is kept; answers

    def __init__(self, app: ASGIApp, first: str = "", *, shown: str = "", keeps: bool = True):
        self._app, self._first, self._keeps, self._lock = app, first.encode(), keeps, asyncio.Lock()
        self._shown = shown.encode()
        self._kept: OrderedDict[tuple[str | None, ...], tuple[float, Answer]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", "/"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = (scope["scheme"], scope.get("root_path"), *(headers.get(name) for name in _ASKED))
        if not self._keeps or scope["query_string"]:
            answer = await self._made(scope, receive)
        elif (answer := self._found(key)) is None:
            async with self._lock:  # so that many at once have it made once
                answer = self._found(key) or self._keep(key, await self._made(scope, receive))
        begin, body, packed = answer
        if packed and "gzip" in headers.get("accept-encoding", ""):
            begin, body = _with(begin, {b"content-encoding": b"gzip", b"content-length": b"%d" % len(packed)}), packed
        await send(begin)
        await send({"type": "http.response.body", "body": body})

    def _found(self, key: tuple[str | None, ...]) -> Answer | None:
        until, answer = self._kept.get(key, (0.0, None))
        return answer if until > time.monotonic() else None

    def _keep(self, key: tuple[str | None, ...], answer: Answer) -> Answer:
        if answer[-1]:
            self._kept[key] = time.monotonic() + self.SECONDS, answer
            self._kept.move_to_end(key)
        while len(self._kept) > self.MOST:
            self._kept.popitem(last=False)
        return answer

    async def _made(self, scope: Scope, receive: Receive) -> Answer:
        begin: Message = {}
        parts: list[bytes] = []

        async def taken(message: Message) -> None:
            if message["type"] == "http.response.start":
                begin.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, taken)
        body = b"".join(parts)
        if begin["status"] != 200 or len(body) < _WORTH:
            return begin, body, b""
        body = body.replace(b"<head>", b"<head>" + self._first, 1)
        body = _BODY.sub(lambda found: found[0] + self._shown, body, count=1)
        packed = await asyncio.to_thread(gzip.compress, body, 6)
        return _with(begin, {b"vary": b"accept-encoding", b"content-length": b"%d" % len(body)}), body, packed


def _with(begin: Message, headers: dict[bytes, bytes]) -> Message:
    """An answer's beginning with other headers."""
    kept = [(name, value) for name, value in begin["headers"] if name.lower() not in headers]
    return {**begin, "headers": [*kept, *headers.items()]}
