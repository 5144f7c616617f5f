"""What happens on the page: orders go to the workshop, and what becomes of them is shown."""

import asyncio
from collections.abc import AsyncIterator, Callable
from copy import copy
from itertools import product
from pathlib import Path
from typing import Any

import gradio as gr

from animate import AnimateError, examples, video
from studio import shelf, view
from studio.checks import Examiner, Finding
from studio.guards import visitor_address
from studio.jobs import Run, State, Workshop, apology
from studio.layout import Layout
from studio.limits import Limits
from studio.wishes import Wish, to_order
from studio.words import Line, Words

_REFRESH = 0.25  # seconds between two looks at a run

Update = dict[Any, Any]  # a component to its new value


class Acts:
    """One method an event; each answers with what changes on the page."""

    def __init__(self, parts: Layout, workshop: Workshop, limits: Limits):
        self.parts, self.workshop, self.limits = parts, workshop, limits
        self.examiner = Examiner(workshop)

    async def make_clip(self, request: gr.Request, *wish: Any) -> AsyncIterator[Update]:
        """Order a clip and show it until it is over."""
        words = words_of(request)
        yield {self.parts.animate_button: gr.update(interactive=False), self.parts.notes: ""}
        try:
            run = await asyncio.to_thread(self._order, wish, request)
        except AnimateError as error:
            yield self._refused(words.say(error))
        except Exception:
            yield self._refused(words.say(apology()))
        else:
            yield {self.parts.run_id: run.id}
            async for update in self._follow(run, words):
                yield update

    async def come_back(self, run_id: str, request: gr.Request) -> AsyncIterator[Update]:
        """A visitor opens the page again: go on showing the clip that was ordered."""
        words, run = words_of(request), self.workshop.find(run_id)
        if run is not None:
            async for update in self._follow(run, words):
                yield update
        elif run_id:
            yield {self.parts.run_id: "", self.parts.status: view.status(words("lost"))}
        else:
            yield {self.parts.run_id: ""}

    async def tell_model(self, request: gr.Request) -> AsyncIterator[str]:
        """The small print, with the model as soon as it is loaded."""
        words = words_of(request)
        yield self._small_print(words)
        while self.workshop.model_words is None and self.workshop.trouble is None:
            await asyncio.sleep(2 * _REFRESH)
        yield self._small_print(words)

    def stop(self, run_id: str) -> Update:
        self.workshop.stop(run_id)
        return {self.parts.stop_button: gr.update(interactive=False)}

    async def check_picture(self, path: str | None, request: gr.Request) -> AsyncIterator[str]:
        """Can it be read? Then, as soon as the models are there: who is in it?"""
        words = words_of(request)
        if not path:
            yield view.status(words("picture_hint"))
            return
        try:
            await asyncio.to_thread(video.read_picture, path)
        except AnimateError as error:
            yield view.status(words.say(error), failed=True)
            return
        yield view.status(words("looking"))
        yield view.findings(words, await self._examined(self.examiner.picture, path)) or view.status(
            words("picture_hint")
        )

    async def check_dance(self, path: str | None, request: gr.Request) -> AsyncIterator[str]:
        """The same of a dance, after its facts."""
        words = words_of(request)
        if not path:
            yield view.status(words("dance_hint"))
            return
        try:
            info = await asyncio.to_thread(video.probe, path)
        except AnimateError as error:
            yield view.status(words.say(error), failed=True)
            return
        sound = words("with_sound") if info.has_audio else words("without_sound")
        facts = words("dance_facts", width=info.width, height=info.height, seconds=info.seconds, sound=sound)
        if info.seconds > self.limits.seconds:
            facts += " " + words("long_dance", most=self.limits.seconds)
        yield view.status(facts) + view.status(words("looking"))
        yield view.status(facts) + view.findings(words, await self._examined(self.examiner.dance, path))

    async def _examined(self, look: Callable[[Path], list[Finding]], path: str) -> list[Finding]:
        return await asyncio.get_running_loop().run_in_executor(self.examiner.thread, look, Path(path))

    def pick_character(self, picked: tuple[str, str], run_id: str, request: gr.Request, event: gr.EventData) -> Update:
        name = event.name
        shown = self._example_clip((name, picked[1]), run_id, words_of(request))
        return {self.parts.picture: str(shelf.of_kind("character")[name]), **shown}

    def pick_dance(self, picked: tuple[str, str], run_id: str, request: gr.Request, event: gr.EventData) -> Update:
        name = event.name
        shown = self._example_clip((picked[0], name), run_id, words_of(request))
        return {self.parts.dance: str(shelf.of_kind("dance")[name]), **shown}

    async def animate_once(
        self,
        request: gr.Request,
        picture: str,
        dance: str,
        preset: str = "standard",
        size: str | None = None,
        seconds: float = 4,
        start: float = 0,
        steps: int = 0,
        guidance: float = 0,
        seed: int = 42,
        fit: str = "proportions",
        place: str = "auto",
    ) -> str:
        """Make a clip in which the character of a picture dances. For programs; returns when it is done."""
        words, wish = (
            words_of(request),
            (picture, dance, preset, size, seconds, start, steps, guidance, seed, fit, place),
        )
        try:
            run = await asyncio.to_thread(self._order, wish, request)
        except AnimateError as error:
            raise gr.Error(words.say(error), print_exception=False) from error
        except Exception as error:
            raise gr.Error(words.say(apology()), print_exception=False) from error
        while not run.state.over:
            await asyncio.sleep(_REFRESH)
        if run.state.video is None:
            raise gr.Error(words.say(run.state.failure) or words("stopped"), print_exception=False)
        return str(run.state.video)

    # How it is shown

    def _order(self, wish: tuple, request: gr.Request) -> Run:
        picture, dance, preset, size, seconds, start, steps, guidance, seed, fit, place = wish
        asked = Wish(
            picture=Path(picture) if picture else None,
            dance=Path(dance) if dance else None,
            preset=preset,
            size=size,
            seconds=seconds,
            start=start or 0.0,
            steps=steps or None,
            guidance=guidance or None,
            seed=seed or 0,
            fit=fit,
            place=place,
        )
        order = to_order(asked, self.limits)
        return self.workshop.order(order, visitor=visitor_address(request.request.scope if request.request else {}))

    async def _follow(self, run: Run, words: Words) -> AsyncIterator[Update]:
        """What changes on the page from now until the run is over, each thing once."""
        before: Update = {}
        while True:
            now = self._shown(run, state := run.state, words)
            if changed := {part: value for part, value in now.items() if before.get(part) != value}:
                yield {part: copy(value) for part, value in changed.items()}  # gradio writes into what it is given
            if state.over:
                return
            before = now
            await asyncio.sleep(_REFRESH)

    def _shown(self, run: Run, state: State, words: Words) -> Update:
        headline = view.headline(
            words,
            state,
            ahead=self.workshop.ahead_of(run) if state.phase == "waiting" else 0,
            model_ready=self.workshop.model_words is not None,
            stopping=run.stopping.is_set(),
        )
        file = gr.update(value=state.video and str(state.video), visible=state.video is not None)
        return {
            self.parts.status: view.status(headline, failed=state.phase == "failed"),
            self.parts.progress: view.progress(words, state),
            self.parts.stage: gr.update(value=view.stage(words, state), visible=state.video is None),
            self.parts.clip: file,
            self.parts.download: file,
            self.parts.notes: view.notes(words, state.notes),
            self.parts.animate_button: gr.update(interactive=state.over),
            self.parts.stop_button: gr.update(interactive=not state.over and not run.stopping.is_set()),
        }

    def _refused(self, line: str) -> Update:
        return {
            self.parts.status: view.status(line, failed=True),
            self.parts.animate_button: gr.update(interactive=True),
        }

    def _example_clip(self, picked: tuple[str, str], run_id: str, words: Words) -> Update:
        """A clip that was made of the picked examples before, unless the visitor has one of their own."""
        pairs = product(
            [picked[0]] if picked[0] else shelf.of_kind("character"),
            [picked[1]] if picked[1] else shelf.of_kind("dance"),
        )
        clip = next(filter(None, (examples.result(*pair) for pair in pairs)), None)
        if clip is None or run_id:
            return {self.parts.picked: picked}
        return {
            self.parts.picked: picked,
            self.parts.clip: gr.update(value=str(clip), visible=True),
            self.parts.stage: gr.update(visible=False),
            self.parts.status: view.status(words("example_clip")),
        }

    def _small_print(self, words: Words) -> str:
        model = words.say(self.workshop.model_words or self.workshop.trouble or Line("model_loading"))
        limits = self.limits
        return f"{model}\n\n" + words(
            "limits", seconds=limits.seconds, megabytes=limits.upload_mb, hours=limits.keep_hours
        )


def words_of(request: gr.Request) -> Words:
    """The language of whoever asks."""
    return Words.asked(request.headers.get("accept-language") if request.request else None)
