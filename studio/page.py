"""The page: a picture, a dance, one button, the clip. It orders from the workshop and shows what becomes of it."""

import asyncio
import getpass
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from copy import copy
from itertools import product
from pathlib import Path
from typing import Any

import gradio as gr

from animate import AnimateError, examples, video
from studio import shelf, view
from studio.guards import visitor_address
from studio.jobs import Run, State, Workshop, apology
from studio.layout import Layout
from studio.limits import Limits, host_limits
from studio.wishes import Wish, to_order
from studio.words import say

_REFRESH = 0.25  # seconds between two looks at a run
# Where the clip is below the button, as on a phone, both come into sight.
_TO_THE_CLIP = "() => { if (innerWidth < 900) document.querySelector('#animate').scrollIntoView({behavior: 'smooth'}) }"

Update = dict[Any, Any]  # a component to its new value


def build(
    animator_factory: Callable[[], Any],
    *,
    limits: Limits | None = None,
    folder: Path | None = None,
) -> "Studio":
    """The page around whatever renders. folder: for uploads and clips, the studio's own; by default a temporary one."""
    limits = limits or host_limits()
    folder = folder or Path(tempfile.gettempdir()) / f"animate-studio-{getpass.getuser()}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)  # gradio reads it when components are made
    return Studio(Workshop(animator_factory, folder=folder, limits=limits), limits)


class Studio:
    """The page and its workshop. demo: the page as gradio has it; parts: what is on it."""

    def __init__(self, workshop: Workshop, limits: Limits):
        self.workshop, self.limits = workshop, limits
        self._characters, self._dances = shelf.characters(), shelf.dances()
        with gr.Blocks(title=say("title"), analytics_enabled=False) as self.demo:
            self.parts = Layout(self._characters, self._dances, limits)
            self._connect()

    def _connect(self) -> None:
        parts = self.parts
        shown = [parts.run_id, parts.status, parts.progress, parts.stage, parts.clip, parts.notes, parts.download]
        shown += [parts.animate_button, parts.stop_button]
        wish = [parts.picture, parts.dance, *parts.tuning]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        following = {"concurrency_limit": None, **quiet}

        parts.animate_button.click(self.make_clip, wish, shown, **following)
        parts.animate_button.click(None, js=_TO_THE_CLIP, api_visibility="private")
        parts.stop_button.click(self.stop, parts.run_id, parts.stop_button, queue=False, **quiet)
        self.demo.load(self.come_back, parts.run_id, shown, **following)
        self.demo.load(self.tell_model, None, parts.small_print, **following)
        parts.picture.change(self.check_picture, parts.picture, parts.picture_hint, **quiet)
        parts.dance.change(self.check_dance, parts.dance, parts.dance_hint, **quiet)
        picks = [parts.picked, parts.run_id]
        example = [parts.picked, parts.clip, parts.stage, parts.status]
        parts.character_shelf.click(self.pick_character, picks, [parts.picture, *example], **quiet)
        parts.dance_shelf.click(self.pick_dance, picks, [parts.dance, *example], **quiet)
        parts.api_button.click(self.animate_once, wish, parts.api_clip, api_name="animate", concurrency_limit=None)

    # What happens on the page

    async def make_clip(self, request: gr.Request, *wish: Any) -> AsyncIterator[Update]:
        """Order a clip and show it until it is over."""
        yield {self.parts.animate_button: gr.update(interactive=False), self.parts.notes: ""}
        try:
            run = await asyncio.to_thread(self._order, wish, request)
        except AnimateError as error:
            yield self._refused(str(error))
        except Exception:
            yield self._refused(apology())
        else:
            yield {self.parts.run_id: run.id}
            async for update in self._follow(run):
                yield update

    async def come_back(self, run_id: str) -> AsyncIterator[Update]:
        """A visitor opens the page again: go on showing the clip that was ordered."""
        run = self.workshop.find(run_id)
        if run is not None:
            async for update in self._follow(run):
                yield update
        elif run_id:
            yield {self.parts.run_id: "", self.parts.status: view.status(say("lost"))}
        else:
            yield {self.parts.run_id: ""}

    async def tell_model(self) -> AsyncIterator[str]:
        """The small print, with the model as soon as it is loaded."""
        yield self._small_print()
        while self.workshop.model_words is None and self.workshop.trouble is None:
            await asyncio.sleep(2 * _REFRESH)
        yield self._small_print()

    def stop(self, run_id: str) -> Update:
        self.workshop.stop(run_id)
        return {self.parts.stop_button: gr.update(interactive=False)}

    def check_picture(self, path: str | None) -> str:
        try:
            if path:
                video.read_picture(path)
        except AnimateError as error:
            return view.status(str(error), failed=True)
        return view.status(say("picture_hint"))

    def check_dance(self, path: str | None) -> str:
        if not path:
            return view.status(say("dance_hint"))
        try:
            info = video.probe(path)
        except AnimateError as error:
            return view.status(str(error), failed=True)
        sound = say("with_sound") if info.has_audio else say("without_sound")
        return view.status(say("dance_facts", width=info.width, height=info.height, seconds=info.seconds, sound=sound))

    def pick_character(self, picked: tuple[str, str], run_id: str, event: gr.EventData) -> Update:
        example = self._characters[event.name]
        return {self.parts.picture: str(example.path), **self._example_clip((example.name, picked[1]), run_id)}

    def pick_dance(self, picked: tuple[str, str], run_id: str, event: gr.EventData) -> Update:
        example = self._dances[event.name]
        return {self.parts.dance: str(example.path), **self._example_clip((picked[0], example.name), run_id)}

    async def animate_once(
        self,
        request: gr.Request,
        picture: str,
        dance: str,
        size: str = "standard",
        seconds: float = 4,
        start: float = 0,
        steps: int = 0,
        guidance: float = 0,
        seed: int = 42,
        fit: str = "proportions",
        place: str = "auto",
    ) -> str:
        """Make a clip in which the character of a picture dances. For programs; returns when it is done."""
        wish = (picture, dance, size, seconds, start, steps, guidance, seed, fit, place)
        try:
            run = await asyncio.to_thread(self._order, wish, request)
        except AnimateError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception as error:
            raise gr.Error(apology(), print_exception=False) from error
        while not run.state.over:
            await asyncio.sleep(_REFRESH)
        if run.state.video is None:
            raise gr.Error(run.state.words or say("stopped"), print_exception=False)
        return str(run.state.video)

    # How it is shown

    def _order(self, wish: tuple, request: gr.Request) -> Run:
        picture, dance, size, seconds, start, steps, guidance, seed, fit, place = wish
        asked = Wish(
            picture=Path(picture) if picture else None,
            dance=Path(dance) if dance else None,
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

    async def _follow(self, run: Run) -> AsyncIterator[Update]:
        """What changes on the page from now until the run is over, each thing once."""
        before: Update = {}
        while True:
            now = self._shown(run, state := run.state)
            if changed := {part: value for part, value in now.items() if before.get(part) != value}:
                yield {part: copy(value) for part, value in changed.items()}  # gradio writes into what it is given
            if state.over:
                return
            before = now
            await asyncio.sleep(_REFRESH)

    def _shown(self, run: Run, state: State) -> Update:
        headline = view.headline(
            state,
            ahead=self.workshop.ahead_of(run) if state.phase == "waiting" else 0,
            model_ready=self.workshop.model_words is not None,
            stopping=run.stopping.is_set(),
        )
        file = gr.update(value=state.video and str(state.video), visible=state.video is not None)
        return {
            self.parts.status: view.status(headline, failed=state.phase == "failed"),
            self.parts.progress: view.progress(state),
            self.parts.stage: gr.update(value=view.stage(state), visible=state.video is None),
            self.parts.clip: file,
            self.parts.download: file,
            self.parts.notes: view.notes(state.notes),
            self.parts.animate_button: gr.update(interactive=state.over),
            self.parts.stop_button: gr.update(interactive=not state.over and not run.stopping.is_set()),
        }

    def _refused(self, words: str) -> Update:
        return {
            self.parts.status: view.status(words, failed=True),
            self.parts.animate_button: gr.update(interactive=True),
        }

    def _example_clip(self, picked: tuple[str, str], run_id: str) -> Update:
        """A clip that was made of the picked examples before, unless the visitor has one of their own."""
        pairs = product([picked[0]] if picked[0] else self._characters, [picked[1]] if picked[1] else self._dances)
        clip = next(filter(None, (examples.result(*pair) for pair in pairs)), None)
        if clip is None or run_id:
            return {self.parts.picked: picked}
        return {
            self.parts.picked: picked,
            self.parts.clip: gr.update(value=str(clip), visible=True),
            self.parts.stage: gr.update(visible=False),
            self.parts.status: view.status(say("example_clip")),
        }

    def _small_print(self) -> str:
        model = self.workshop.model_words
        words = say("model", words=model) if model else self.workshop.trouble or say("model_loading")
        limits = self.limits
        return (
            words + "\n\n" + say("limits", seconds=limits.seconds, megabytes=limits.upload_mb, hours=limits.keep_hours)
        )
