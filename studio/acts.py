"""What happens on the page while a clip is made: orders go to the workshop, and what becomes of them is shown."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from copy import copy
from dataclasses import replace
from typing import Any

import gradio as gr

from animate import AnimateError
from studio import consent, owning, view
from studio.archive import Archive, Clip
from studio.checks import Examiner
from studio.choices import Choice, chosen
from studio.failures import apology
from studio.guards import visitor_address
from studio.history import history
from studio.jobs import Workshop
from studio.layout import Layout
from studio.limits import Limits
from studio.models import Models
from studio.queueing import require_room
from studio.runs import Run, State
from studio.wishes import Wish, to_order, to_wish
from studio.words import Line, Told, Words

REFRESH = 0.25  # seconds between two looks at a run
# Seconds that an answer stays open when the page shows another run. Gradio closes the stream of a page whose answers
# have all ended, and does not see the one that has just begun: the page then stood still until the next event.
_LINGER = 10.0
_SETTLE = 2 * REFRESH  # seconds after which what a page shows instead is said again: answers may overtake each other

Update = dict[Any, Any]  # a component to its new value


class Acts:
    """One method an event; each answers with what changes on the page."""

    def __init__(self, parts: Layout, workshop: Workshop, archive: Archive, limits: Limits, models: Models):
        self.parts, self.workshop, self.archive = parts, workshop, archive
        self.limits, self.models, self.public = limits, models, False  # public: reached by a tunnel, from everywhere
        self.network: str | None = None  # where other devices reach it, as hosting.in_network
        self.examiner = Examiner(workshop)
        self.shown_in: dict[str, str] = {}  # an open page to the run it shows
        self._ordered: dict[str, tuple[str, Wish]] = {}  # a run to whose it is and what was wished

    async def make_clip(self, visitor: str, choice: Choice, request: gr.Request, *fields: Any) -> AsyncIterator[Update]:
        """Order a clip of the page's fields, and of what was chosen in the rehearsal; show it until it is over."""
        async for update in self.make(lambda: chosen(to_wish(*fields), choice), visitor, request):
            yield update

    async def make(self, wish: Callable[[], Wish], visitor: str, request: gr.Request) -> AsyncIterator[Update]:
        words = words_of(request)
        yield {self.parts.animate_button: gr.update(interactive=False), self.parts.notes: ""}
        try:
            run = await asyncio.to_thread(lambda: self._once(wish(), visitor, request))
        except AnimateError as error:
            yield self._refused(words.say(error))
        except Exception:
            yield self._refused(words.say(apology()))
        else:
            yield {
                self.parts.run_id: run.id,
                self.parts.animate_button: gr.update(interactive=True),
                **self.history(visitor, words),
            }
            async for update in self.follow(run, visitor, words, request):
                yield update

    def stop(self, run_id: str) -> Update:
        self.workshop.stop(run_id)
        return {self.parts.stop_button: gr.update(interactive=False)}

    def _once(self, wish: Wish, visitor: str, request: gr.Request) -> Run:
        """Order a clip; what the same visitor has ordered already and still waits for is that one, not another."""
        ordered = dict(self._ordered)  # others order meanwhile
        going = {each: run for each in ordered if (run := self.workshop.find(each)) and run.goes_on}
        self._ordered = {each: ordered[each] for each in going}
        same = next((run for each, run in going.items() if ordered[each] == (visitor, wish)), None)
        if same is None:
            same = self.order(wish, visitor, request)
            self._ordered[same.id] = (visitor, wish)
        return same

    def order(self, wish: Wish, visitor: str, request: gr.Request) -> Run:
        """Check a wish, keep it, and put it in the queue. Raises AnimateError."""
        to_order(wish, self.limits)
        consent.require(wish.picture, wish.consent)
        if not self.models.here(wish.model):
            raise Told("model_missing", title=self.models.title(wish.model))
        require_room(self.archive.folder.parent, self.limits)
        clip = self.archive.add(visitor, wish)
        address = visitor_address(request.request.scope if request.request else {})
        try:
            order = to_order(self.archive.wish(clip), self.limits)
            owner = clip.visitor or address
            return self.workshop.order(order, visitor=address, run_id=clip.id, model=wish.model, owner=owner)
        except BaseException:
            self.archive.delete(clip.id, uploads=False)  # its visitor will try again
            raise

    def finished(self, clip: Clip, visitor: str, words: Words, request: gr.Request) -> Update:
        """A clip that was made before, as it looks when it is done."""
        state = State(phase="done", seconds=clip.seconds, took=clip.took, video=self.archive.video(clip))
        done = view.status(words("done", seconds=clip.seconds, took=clip.took))
        over = self._over(clip.wish.get("model", ""), state, words, done)
        return over | owning.shown(self.parts, self.archive, clip.id, visitor, words, request, self.network)

    async def show(self, clip: Clip, visitor: str, words: Words, request: gr.Request) -> AsyncIterator[Update]:
        """A clip that is over, on a page that may have shown a run until now."""
        page = str(request.session_hash)
        before, self.shown_in[page] = self.shown_in.get(page), clip.id
        yield self.finished(clip, visitor, words, request)
        if before is not None:
            await asyncio.sleep(_SETTLE)
        if self.shown_in.get(page) == clip.id:
            del self.shown_in[page]
            if before is not None:
                yield self.finished(clip, visitor, words, request)

    async def follow(self, run: Run, visitor: str, words: Words, request: gr.Request) -> AsyncIterator[Update]:
        """What changes on the page until the run is over, each thing once, or until the page shows another run. Of one
        that goes on when the program is started again it is not told that it was stopped."""
        page, before, begun = str(request.session_hash), Update(), time.monotonic()
        settled = self.shown_in.get(page) is None  # no other run's answer can be on its way
        self.shown_in[page] = run.id
        while self.shown_in.get(page) == run.id:
            if not settled and time.monotonic() - begun >= _SETTLE:
                settled, before = True, Update()
            state = run.state
            if state.phase == "stopped" and run.kept:
                return
            if state.phase == "waiting":
                state = replace(state, left=self.workshop.wait_of(run), at=time.monotonic())
            now = self._shown(run, state, words)
            if state.phase == "done":
                now |= owning.shown(self.parts, self.archive, run.id, visitor, words, request, self.network)
            if changed := {part: value for part, value in now.items() if before.get(part) != value}:
                yield {part: copy(value) for part, value in changed.items()}  # gradio writes into what it is given
            if state.over and settled:
                self.shown_in.pop(page, None)
                return
            before = now
            await asyncio.sleep(REFRESH)
        yield {self.parts.status: gr.skip()}  # gradio says the last answer once more when all have been given
        await asyncio.sleep(_LINGER)

    def _shown(self, run: Run, state: State, words: Words) -> Update:
        headline = view.headline(
            words,
            state,
            ahead=self.workshop.ahead_of(run) if state.phase == "waiting" else 0,
            model_ready=self.workshop.has(run.model),
            stopping=run.stopping.is_set() and not run.kept,
        )
        if state.phase == "running" and state.stage in ("", "watch") and (getting := self.examiner.getting):
            headline = words.say(getting)
        line = view.status(headline, failed=state.phase == "failed", stopped=state.phase == "stopped")
        shown = self._over(run.model, state, words, line)
        shown[self.parts.stop_button] = gr.update(interactive=not state.over and not run.stopping.is_set())
        return shown

    def _over(self, model: str, state: State, words: Words, headline: str) -> Update:
        done = state.video is not None
        return {
            self.parts.status: headline,
            self.parts.progress: view.progress(words, state),
            self.parts.stage: gr.update(value=view.stage(words, state), visible=not done),
            self.parts.clip: gr.update(value="", visible=done),
            self.parts.after: gr.update(visible=done),
            self.parts.again_button: gr.update(visible=self.models.diffuses(model)),
            self.parts.take: "",
            self.parts.share_link: "",
            self.parts.notes: view.notes(words, state.notes),
            self.parts.stop_button: gr.update(interactive=not state.over),
        }

    def _refused(self, line: str) -> Update:
        return {
            self.parts.status: view.status(line, failed=True),
            self.parts.animate_button: gr.update(interactive=True),
        }

    def history(self, visitor: str, words: Words) -> Update:
        return {self.parts.history: history(words, self.archive, visitor)}

    def small_print(self, words: Words) -> str:
        """The model, as soon as it is loaded, and what is kept how long."""
        model = words.say(self.workshop.model_words or self.workshop.trouble or Line("model_loading"))
        limits, public = self.limits, [words("public")] if self.public else []
        values = {"seconds": limits.seconds, "megabytes": limits.upload_mb, "hours": limits.keep_hours}
        return "\n\n".join([model, words("limits", **values, days=limits.keep_days), *public])


def words_of(request: gr.Request) -> Words:
    """The language of whoever asks."""
    return Words.asked(request.headers.get("accept-language") if request.request else None)
