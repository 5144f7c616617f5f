"""What the studio serves beside the page."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from studio import shelf


def routes() -> list[BaseRoute]:
    return [Route("/examples/{kind}/{name}.jpg", _thumbnail)]


async def _thumbnail(request: Request) -> Response:
    kind, name = request.path_params["kind"], request.path_params["name"]
    if kind not in ("character", "dance") or name not in shelf.of_kind(kind):
        raise HTTPException(404)
    picture = await asyncio.to_thread(shelf.thumbnail, kind, name)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "max-age=3600"})
