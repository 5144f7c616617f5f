"""What the studio serves beside the page: thumbnails, a visitor's own clips, and the clips that are shared."""

import asyncio
import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from animate import AnimateError, examples
from studio import files, models, shelf
from studio.archive import Archive, Clip
from studio.guards import refusal, visitor_address
from studio.reports import handle, reported
from studio.share import address, gone, page
from studio.store import is_full
from studio.words import Words

_Thing = TypeVar("_Thing")
log = logging.getLogger(__name__)

_PRIVATE = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
_POLICY = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'"
_TOO_MANY_REPORTS = 3


def routes(archive: Archive) -> list[BaseRoute]:
    return Routes(archive).all()


class Routes:
    """The addresses: examples/…, own/<id>/… for whoever knows the secret id, clip/<share>… for everybody."""

    def __init__(self, archive: Archive):
        self.archive, self.making, self.program = archive, files.Making(), secrets.token_urlsafe(6)

    def all(self) -> list[BaseRoute]:
        return [
            Route("/alive", self.alive),
            Route("/examples/{kind}/{name}.jpg", self.thumbnail),
            Route("/examples/{character}__{dance}.mp4", self.example),
            Route("/models/{name}.jpg", self.skeleton),
            Route("/own/{clip}/{name}", self.own),
            Route("/own/{clip}/{name}/{called}", self.own),  # which a browser calls the file
            Route("/clip/{share}", self.shared),
            Route("/clip/{share}/report", self.report, methods=["POST"]),
            Route("/clip/{share}/{name}", self.shared_file),
        ]

    async def alive(self, request: Request) -> Response:
        """Which program answers: another than before, when it was begun anew."""
        return PlainTextResponse(self.program, headers={"Cache-Control": "no-store"})

    async def thumbnail(self, request: Request) -> Response:
        kind, name = request.path_params["kind"], request.path_params["name"]
        if kind not in ("character", "dance") or name not in shelf.of_kind(kind):
            raise HTTPException(404)
        picture = await asyncio.to_thread(shelf.thumbnail, kind, name)
        return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "max-age=3600"})

    async def example(self, request: Request) -> Response:
        character, dance = request.path_params["character"], request.path_params["dance"]
        known = character in shelf.of_kind("character") and dance in shelf.of_kind("dance")
        path = examples.result(character, dance) if known else None
        return await sent(path, headers={"Cache-Control": "max-age=3600"})

    async def skeleton(self, request: Request) -> Response:
        """How a model sees a dance."""
        picture = await asyncio.to_thread(models.skeleton, request.path_params["name"])
        small = shelf.jpeg(found(picture), box=(120, 180))
        return Response(small, media_type="image/jpeg", headers={"Cache-Control": "max-age=3600"})

    async def own(self, request: Request) -> Response:
        return await self._file(request, self.archive.find(request.path_params["clip"]))

    async def shared_file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ("clip.mp4", "poster.jpg"):
            raise HTTPException(404)
        return await self._file(request, self.archive.shared(request.path_params["share"]))

    async def shared(self, request: Request) -> Response:
        return self._page(request, self.archive.shared(request.path_params["share"]))

    async def report(self, request: Request) -> Response:
        """Tells whoever runs the page; the link ends when several people have said so, each from another address."""
        clip = found(self.archive.shared(request.path_params["share"]))
        reports, is_new = await asyncio.to_thread(reported, self.archive, clip, visitor_address(request.scope))
        if is_new:
            called = handle(clip.id)
            log.warning("Clip %s was reported; see python -m studio.reports %s", called, called)
            ended = {"share": "", "until": 0.0} if reports >= _TOO_MANY_REPORTS else {}
            await asyncio.to_thread(self.archive.change, clip.id, reports=reports, **ended)
        return self._page(request, clip, reported=True)

    def _page(self, request: Request, clip: Clip | None, *, reported: bool = False) -> Response:
        words, base = Words.asked(request.headers.get("accept-language")), address(request)
        text = page(words, clip.share, base=base, reported=reported) if clip else gone(words, base=base)
        headers = {**_PRIVATE, "Content-Security-Policy": _POLICY}
        return HTMLResponse(text, 200 if clip else 404, headers=headers)

    async def _file(self, request: Request, clip: Clip | None) -> Response:
        if clip is None or clip.phase != "done":
            raise HTTPException(404)
        try:
            path = await self.making.made(self.archive, clip, request.path_params["name"])
        except (AnimateError, OSError) as error:
            if is_full(error) or is_full(error.__cause__):
                return refusal(request.scope, 507, "disk_full")
            # It was deleted meanwhile.
            raise HTTPException(404) from error
        return await sent(path, headers=_PRIVATE)


async def sent(path: Path | None, *, headers: Mapping[str, str]) -> Response:
    """A file; not found where there is none, also when it went after it was looked for."""
    path = found(path)
    try:
        state = await asyncio.to_thread(os.stat, path)
    except FileNotFoundError as error:
        raise HTTPException(404) from error
    return FileResponse(path, stat_result=state, headers=headers)


def found(thing: _Thing | None) -> _Thing:
    if thing is None:
        raise HTTPException(404)
    return thing
