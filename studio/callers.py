"""Whether a program that asked for something still waits for it: gradio goes on with calls whose callers are gone."""

import re
import secrets

import gradio as gr
from starlette.types import ASGIApp, Receive, Scope, Send

_MCP = re.compile(r"(/gradio_api)?/mcp(/|$)")
_CALL = b"x-animate-call"


class Assistants:
    """Names each request of MCP's in a header, which goes along where gradio calls the page for it, in its own name.

    waiting: those that are not over yet; whoever made them is there for as long.
    """

    def __init__(self, app: ASGIApp, waiting: set[str]):
        self._app, self._waiting = app, waiting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _MCP.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        call = secrets.token_hex(8)
        others = [each for each in scope["headers"] if each[0].lower() != _CALL]
        self._waiting.add(call)
        try:
            await self._app({**scope, "headers": [*others, (_CALL, call.encode())]}, receive, send)
        finally:
            self._waiting.discard(call)


class Callers:
    """demo: the page as gradio has it, whose queue notes which of its callers are gone."""

    def __init__(self, demo: gr.Blocks):
        self._demo, self.assistants = demo, set[str]()

    def wait_for(self, request: gr.Request) -> bool:
        """Whether whoever made a request is still there for its answer."""
        if request.request is None:
            return True
        call = request.headers.get(_CALL.decode())
        if call is not None and call not in self.assistants:
            return False
        events = (event for job in self._demo._queue.active_jobs for event in job or ())
        return all(event.alive for event in events if event.request is request.request)
