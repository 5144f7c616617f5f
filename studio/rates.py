"""How much one address may ask for in a minute, counted by what it costs: as ASGI middleware."""

import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.guards import refusal, visitor_address

# Points. A press on a thumbnail is nine events, five of which look: at most 24 points.
_CHATTER, _LOOK, _MUCH = 1, 4, 15
_ORDERS = {"make_clip", "again", "animate", "get"}
_SAID = {  # what the page tells or asks about, which takes no more than its answer
    *("open", "remember", "ask", "about", "fields", "pick", "picked", "other_character"),
    *("history", "stop", "share", "unshare", "shorten", "shrink"),
}
_EVENT = "/queue/join"
_LOOKED = re.compile(r"/rehearsals/[^/]+/at/")  # a picture out of a video: of who moves along it at most eight a second
_FREE = re.compile(r"(/gradio_api)?/(login/?|cancel|reset/?|stream/[^/]+/close)")  # a login has a count of its own
_LONGEST = 65_536  # bytes of an event of the page; the usual ones have 1,000


def prices(events: Mapping[int, Any]) -> dict[int, int]:
    """What each event of the page costs, by its number. events: gradio's own of the page."""
    names = {number: getattr(event.fn, "__name__", "") for number, event in events.items()}
    return {
        number: _MUCH if name in _ORDERS else _CHATTER if name in _SAID else _LOOK for number, name in names.items()
    }


class RateGuard:
    """429, in words, past `points_a_minute` of one address, None for no limit. What is refused is not counted, so that
    a page is answered again as soon as that is possible.

    Uploads, orders and whatever programs call cost most, looks at files less, and what else the page asks least, such
    as a picture out of a video.
    prices: of the page's events, by their number.
    """

    def __init__(self, app: ASGIApp, points_a_minute: int | None, prices: Mapping[int, int]):
        self._app, self._points_a_minute, self._prices = app, points_a_minute, prices
        self._spent: defaultdict[str, deque[tuple[float, int]]] = defaultdict(deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["type"] == "http" else ""
        called = method == "POST" and not _FREE.fullmatch(scope["path"])
        picture = method in ("GET", "HEAD") and _LOOKED.search(scope["path"]) is not None
        if self._points_a_minute is None or not (called or picture):
            await self._app(scope, receive, send)
            return
        price, begun = _CHATTER if picture else _MUCH, list[Message]()
        if scope["path"].endswith(_EVENT):
            begun = await _begin(receive)
            price = self._prices.get(_number(begun), _MUCH)
        if not self._pay(_payer(scope), price, self._points_a_minute):
            await refusal(scope, 429, "too_fast", wait=60)(scope, receive, send)
            return

        async def again() -> Message:
            return begun.pop(0) if begun else await receive()

        await self._app(scope, again, send)

    def _pay(self, address: str, price: int, most: int) -> bool:
        now = time.monotonic()
        for each in [each for each, spent in self._spent.items() if spent[-1][0] < now - 60]:
            del self._spent[each]
        spent = self._spent.get(address, deque())
        while spent and spent[0][0] < now - 60:
            spent.popleft()
        if sum(points for _, points in spent) + price > most:
            return False
        self._spent[address].append((now, price))
        return True


def _payer(scope: Scope) -> str:
    """Whose points they are: a visitor's, or the program's own, which brings to itself the files that MCP is given
    without telling for whom; whoever asked has paid for asking."""
    address = visitor_address(scope)
    own = address == "127.0.0.1" and Headers(scope=scope).get("x-gradio-user") == "mcp"
    return "mcp" if own else address


async def _begin(receive: Receive) -> list[Message]:
    """A request's messages until it is whole, or longer than an event is."""
    begun, size = [await receive()], 0
    while begun[-1].get("more_body") and (size := size + len(begun[-1].get("body", b""))) <= _LONGEST:
        begun.append(await receive())
    return begun


def _number(begun: list[Message]) -> int:
    """Which event that is; -1 where it cannot be told, or is too long for one."""
    if begun[-1]["type"] != "http.request" or begun[-1].get("more_body"):
        return -1
    body = b"".join(each.get("body", b"") for each in begun)
    try:
        number = json.loads(body)["fn_index"] if len(body) <= _LONGEST else -1
    except (ValueError, TypeError, KeyError, RecursionError):
        return -1
    return number if type(number) is int else -1
