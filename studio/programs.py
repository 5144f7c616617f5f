"""What programs ask for, by HTTP or MCP: a clip, and no page."""

import asyncio
import logging
import sqlite3
from asyncio import Future, Task
from dataclasses import replace

import gradio as gr

from animate import AnimateError
from studio import consent as consents
from studio.acts import REFRESH, Acts, words_of
from studio.callers import Callers
from studio.failures import apology
from studio.fields import fields
from studio.handing import another_name
from studio.runs import Run
from studio.wishes import Wish, to_wish
from studio.words import Line, Told

log = logging.getLogger(__name__)


class Programs:
    """Beside Acts. A clip is kept for as long as its call; then it is the file that was handed out, kept as uploads
    are. callers: of which is asked whether they still wait."""

    def __init__(self, acts: Acts, callers: Callers):
        self.acts, self.archive, self.callers = acts, acts.archive, callers
        self.fields = fields(acts.limits, acts.models)
        self._ending = set[Task[None]]()  # which nobody else holds

    async def animate(
        self,
        request: gr.Request,
        picture: str,
        dance: str,
        preset: str | None = None,
        size: str | None = None,
        seconds: float | None = None,
        start: float | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        seed: int | None = None,
        fit: str | None = None,
        place: str | None = None,
        smoothing: float | None = None,
        model: str | None = None,
        consent: bool | None = None,
        person: int | None = None,
        character: int | None = None,
    ) -> str:
        """Make a clip in which the character of a picture dances like the person of a video, with its music.

        Files are given as data: addresses, of about 3 MB together; nothing is fetched from other addresses.

        Args:
            picture: JPEG, PNG, WebP, AVIF, HEIC or GIF of one figure, whole, from the front, as data:image/png;base64,…
            dance: a video of one person dancing, seen whole, as data:video/mp4;base64,…
            preset: draft, standard or best.
            size: small, standard or large; by default the preset's.
            seconds: length of the clip.
            start: the second of the dance at which the clip begins.
            steps: of the diffusion; 0 for the preset's.
            guidance: how closely the character is kept; 0 for the model's own.
            seed: the same number gives the same clip.
            fit: whose body the dance is danced with: proportions (the character's), size or off (the dancer's).
            place: auto, steady (stay in place) or free (move about).
            smoothing: of the joints of a dancer found in a video; 1 is usual, 0 none.
            model: the name of one of those the page offers; by default the program's own.
            consent: true says that you may use the picture, and whoever is in it agreed; not needed for our own.
            person: whom to follow of several people in the video, from 0 by presence.
            character: who dances of several people in the picture, from 0 by presence.

        Returns:
            The clip, an MP4 file.
        """
        words = words_of(request)
        tuning = preset, size, seconds, start, steps, guidance, seed, fit, place, smoothing
        given = dict(zip(self.fields, (*tuning, model, consent, person, character), strict=True))
        try:
            sure = {name: field.sure(name, given[name]) for name, field in self.fields.items()}
            sure["model"] = "" if sure["model"] == self.acts.models.first else sure["model"]
            people = {name: sure.pop(name) for name in ("person", "character")}
            wish = replace(to_wish(picture, dance, **sure), **people)
            consents.require(wish.picture, wish.consent, words="no_consent_program")
            return await self._made(wish, request)
        except AnimateError as error:
            raise gr.Error(words.say(error), print_exception=False) from error
        except Exception as error:
            raise gr.Error(words.say(apology()), print_exception=False) from error

    async def _made(self, wish: Wish, request: gr.Request) -> str:
        """The file of a clip, in its turn; its making ends with the call. Raises AnimateError."""
        ordering = asyncio.ensure_future(asyncio.to_thread(self.acts.order, wish, "", request))
        try:
            run = await asyncio.shield(ordering)  # so that what is ordered is known, and ended, in any case
            while not run.state.over and self.callers.wait_for(request):
                await asyncio.sleep(REFRESH)
            if run.state.video is None:
                failure = run.state.failure or Line("stopped")
                raise Told(failure.key, **failure.values) if isinstance(failure, Line) else AnimateError(failure)
            if (clip := await asyncio.to_thread(another_name, self.archive, run.state.video)) is None:
                raise Told("gone")
            return str(clip)
        finally:
            ordering.add_done_callback(self._end)

    def _end(self, ordering: Future[Run]) -> None:
        if not (ordering.cancelled() or ordering.exception()):
            self._ending.add(task := asyncio.create_task(self._forget(ordering.result())))
            task.add_done_callback(self._ending.discard)

    async def _forget(self, run: Run) -> None:
        """Nobody can ask for its clip again: as soon as it is over, nothing of it is kept."""
        await asyncio.to_thread(self.acts.workshop.stop, run.id)
        while not run.state.over:
            await asyncio.sleep(REFRESH)
        try:
            await asyncio.to_thread(self.archive.delete, run.id, uploads=False)
        except sqlite3.Error:
            log.warning("A program's clip could not be deleted", exc_info=True)
