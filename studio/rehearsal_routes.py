"""What is served of a rehearsal, to whoever knows its secret id."""

import asyncio
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from animate import AnimateError
from studio.rehearsals import Kept, Rehearsals
from studio.routes import found, sent
from studio.wanting import Superseded

_PRIVATE = {"Cache-Control": "private, max-age=3600", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


def rehearsal_routes(rehearsals: Rehearsals) -> list[BaseRoute]:
    """The addresses: rehearsals/ID/at/SECONDS.jpg and rehearsals/ID/FILE."""

    def asked(request: Request) -> Kept:
        return found(rehearsals.find(request.path_params["rehearsal"]))

    newest = dict[str, Request]()  # of each rehearsal, for a picture: whoever asks for another waits for none before

    async def frame(request: Request) -> Response:
        kept = asked(request)
        newest[kept.id] = request
        try:
            at = float(request.path_params["at"])
            look = partial(rehearsals.frame, kept, at, lambda: newest.get(kept.id) is request)
            picture = await asyncio.get_running_loop().run_in_executor(rehearsals.framing, look)
        except (AnimateError, Superseded, OSError, ValueError, RuntimeError) as error:
            raise HTTPException(404) from error
        finally:
            if newest.get(kept.id) is request:
                del newest[kept.id]
        return Response(picture, media_type="image/jpeg", headers=_PRIVATE)

    async def file(request: Request) -> Response:
        kept, name = asked(request), request.path_params["name"]
        # Whoever waits for a film to be drawn takes none of the threads that the page answers with.
        thread = rehearsals.drawing if name == "skeletons.mp4" else None
        try:
            path = await asyncio.get_running_loop().run_in_executor(thread, rehearsals.file, kept, name)
        except (AnimateError, OSError) as error:  # swept meanwhile
            raise HTTPException(404) from error
        return await sent(path, headers=_PRIVATE)

    return [
        Route("/rehearsals/{rehearsal}/at/{at}.jpg", frame),
        Route("/rehearsals/{rehearsal}/{name}", file),
    ]
