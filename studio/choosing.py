"""What happens on the page when a model is chosen: what it is and may be used for, and getting one that is not here."""

import asyncio
import html
from collections.abc import AsyncIterator

import gradio as gr

from animate import AnimateError
from animate.getting import Getting, Needs, bytes_spoken, spoken
from studio import view
from studio.acts import Update, words_of
from studio.failures import apology
from studio.layout import Layout
from studio.models import Models
from studio.words import Words

_REFRESH = 0.5  # seconds between two looks at what is coming


class Choosing:
    """One method an event, beside Acts."""

    def __init__(self, parts: Layout, models: Models):
        self.parts, self.models = parts, models
        self._told_in: dict[str, str] = {}  # an open page to the model it tells of

    def fields(self, name: str) -> Update:
        """What a model obeys can be set. The only answer of its event: of several close together the page may lose what
        the first of them shows or hides."""
        return {self.parts.diffusion: _shown(self.models.diffuses(name))}

    async def about(self, name: str, request: gr.Request) -> AsyncIterator[Update]:
        """What the chosen model is; of one that is not here, what getting it takes, or how far it is."""
        async for update in self._while_told(name, request, self._about(name, words_of(request))):
            yield update

    async def get(self, name: str, request: gr.Request) -> AsyncIterator[Update]:
        self.models.get(name)
        async for update in self._while_told(name, request, self._followed(name, words_of(request))):
            yield update

    def stop(self, name: str) -> None:
        self.models.stop(name)

    async def _while_told(self, name: str, request: gr.Request, told: AsyncIterator[Update]) -> AsyncIterator[Update]:
        """What is told of a model, until the page tells of another."""
        page = str(request.session_hash)
        self._told_in[page] = name
        async for update in told:
            if self._told_in.get(page) != name:
                yield {self.parts.getting: gr.skip()}  # gradio says the last answer once more when all have been given
                return
            yield update
        if self._told_in.get(page) == name:
            del self._told_in[page]

    async def _about(self, name: str, words: Words) -> AsyncIterator[Update]:
        coming = self.models.coming(name)
        yield {self.parts.about_model: view.about(words, self.models.row(name)), **self._quiet()}
        if await asyncio.to_thread(self.models.here, name):
            self.models.complete(name)
            return
        if coming and not coming.over:
            async for update in self._followed(name, words):
                yield update
            return
        if not self.models.may_get:
            yield {self.parts.getting: view.status(words("model_elsewhere"), failed=True)}
            return
        yield {self.parts.getting: view.status(words("model_asking"))}
        try:
            needs = await asyncio.to_thread(self.models.needs, name)
        except AnimateError as error:
            yield {self.parts.getting: view.status(words.say(error), failed=True), self.parts.get_button: _shown(True)}
            return
        except Exception:
            yield {self.parts.getting: view.status(words.say(apology()), failed=True)}
            return
        yield {
            self.parts.getting: view.status(what_it_takes(words, needs), failed=not needs.fits),
            self.parts.get_button: _shown(needs.fits),
        }

    async def _followed(self, name: str, words: Words) -> AsyncIterator[Update]:
        yield {self.parts.get_button: _shown(False), self.parts.stop_getting: _shown(True)}
        told = ""
        while (coming := self.models.coming(name)) and not coming.over:
            now = progress(words, coming.progress) if coming.progress else view.status(words("model_asking"))
            if now != told:
                yield {self.parts.getting: now}
            told = now
            await asyncio.sleep(_REFRESH)
        here = await asyncio.to_thread(self.models.here, name)
        failure = words.say(coming.failure) if coming and coming.failure else "" if here else words("getting_stopped")
        yield {
            **self._quiet(),
            self.parts.getting: view.status(failure or words("model_here"), failed=bool(failure)),
            self.parts.get_button: _shown(not here),
        }

    def _quiet(self) -> Update:
        return {self.parts.getting: "", self.parts.get_button: _shown(False), self.parts.stop_getting: _shown(False)}


def _shown(visible: bool) -> Update:
    return gr.update(visible=visible)


def what_it_takes(words: Words, needs: Needs) -> str:
    size, free = bytes_spoken(needs.size), bytes_spoken(needs.free)
    if not needs.fits:
        return words("model_no_room", size=size, free=free)
    line = words("model_needs", size=size, free=free)
    if needs.rate:
        line += " " + words("model_time", time=spoken(needs.size / needs.rate), rate=bytes_spoken(needs.rate))
    return line


def progress(words: Words, got: Getting) -> str:
    """A bar, how much of all, how fast, and the time left."""
    line = words("model_coming", done=bytes_spoken(got.done), total=bytes_spoken(got.total))
    if got.seconds_left is not None:
        line += " · " + words("model_left", time=spoken(got.seconds_left), rate=bytes_spoken(got.rate))
    value = got.done / max(got.total, 1)
    bar = f'<progress max="1" value="{value:.3f}" aria-label="{words.html("model_progress")}"></progress>'
    return f"{bar}<p>{html.escape(line)}</p>"
