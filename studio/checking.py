"""What is told on the page of a picture or a dance as soon as it comes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from animate import AnimateError, examples, pictures, quarantine
from studio import shelf, view
from studio.acts import Acts, words_of
from studio.checks import Finding
from studio.choices import Choice, chosen_of
from studio.looking import told_while
from studio.wanting import Wanting
from studio.words import Words


class Checking:
    """One method an event, beside Acts. asked: see ASKED; of what is asked of one box the newest alone is answered."""

    def __init__(self, acts: Acts):
        self.examiner, self.limits = acts.examiner, acts.limits
        self.pictures, self.dances = Wanting(), Wanting()

    async def check_picture(
        self, asked: float | None, path: str | None, choice: Choice, request: gr.Request
    ) -> AsyncIterator[Any]:
        """Can it be read? Then, as soon as the models are there: who is in it, and how is who is chosen seen?"""
        with self.pictures.asking(request.session_hash or "", asked) as is_wanted:
            async with aclosing(self._of_picture(path, choice, words_of(request), is_wanted)) as told:
                async for each in told:
                    yield each if is_wanted() else gr.skip()
        yield gr.skip()  # gradio says the last answer once more, and by then another picture may be there

    async def check_character(self, asked: float | None, path: str | None, choice: Choice, request: gr.Request) -> Any:
        """The same when another is chosen, without what is told meanwhile."""
        with self.pictures.asking(request.session_hash or "", asked) as is_wanted:
            told = [each async for each in self._of_picture(path, choice, words_of(request), is_wanted)]
            return told[-1] if told and is_wanted() else gr.skip()

    async def check_dance(self, asked: float | None, path: str | None, request: gr.Request) -> AsyncIterator[Any]:
        """The same of a dance, after its facts."""
        with self.dances.asking(request.session_hash or "", asked) as is_wanted:
            async with aclosing(self._of_dance(path, words_of(request), is_wanted)) as told:
                async for each in told:
                    yield each if is_wanted() else gr.skip()
        yield gr.skip()

    async def _of_picture(
        self, path: str | None, choice: Choice, words: Words, is_wanted: Callable[[], bool]
    ) -> AsyncGenerator[str, None]:
        if not path:
            yield view.status(words("picture_hint"))
            return
        try:
            await asyncio.to_thread(quarantine.picture, path)
        except AnimateError as error:
            yield view.status(words.say(error), failed=True)
            return
        moves = view.status(words("moving_picture") if await asyncio.to_thread(pictures.moves, path) else "")
        character = (await asyncio.to_thread(chosen_of, choice, "picture", Path(path))).get("character") or 0
        look = self._examined(partial(self.examiner.picture, character=character), path)
        async with aclosing(told_while(look, self.examiner, words, is_wanted)) as looked:
            async for told in looked:
                yield moves + (told or view.status(words("picture_hint")))

    async def _of_dance(
        self, path: str | None, words: Words, is_wanted: Callable[[], bool]
    ) -> AsyncGenerator[str, None]:
        if not path:
            yield view.status(words("dance_hint"))
            return
        try:
            info = await asyncio.to_thread(quarantine.dance, path)
        except AnimateError as error:
            yield view.status(words.say(error), failed=True)
            return
        sound = words("with_sound") if info.has_audio else words("without_sound")
        facts = words("dance_facts", width=info.width, height=info.height, seconds=info.seconds, sound=sound)
        if info.seconds > self.limits.seconds:
            facts += " " + words("long_dance", most=self.limits.seconds)
        told = view.status(facts) + view.unplayed(words, await asyncio.to_thread(shelf.box_still, Path(path)))
        look = self._examined(self.examiner.dance, path)
        async with aclosing(told_while(look, self.examiner, words, is_wanted)) as looked:
            async for found in looked:
                yield told + found

    async def _examined(self, look: Callable[[Path], list[Finding]], path: str) -> list[Finding]:
        """What the examiner finds, one file after the other; an example of ours does not wait for those of others."""
        if await asyncio.to_thread(examples.known_pose, Path(path)):
            return []
        return await asyncio.get_running_loop().run_in_executor(self.examiner.thread, look, Path(path))
