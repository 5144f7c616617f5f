"""What happens when the page is opened: a visitor who comes back finds their clips, and what they had chosen."""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr

from studio import view
from studio.acts import REFRESH, Acts, Update, words_of
from studio.archive import digest, failure_of
from studio.choices import Choice, choice_of
from studio.wishes import tuning_of
from studio.words import Words

_REMEMBERED = 1000  # visitors

# The picture, the dance, what is chosen of them; the fields under fine tuning, of which the model is the last.
Given = tuple[str | None, str | None, Choice, tuple[Any, ...]]


class Returning:
    """Beside Acts. What is in the boxes is shown to nobody but whoever put it there."""

    def __init__(self, acts: Acts):
        self.acts, self.parts, self.archive = acts, acts.parts, acts.archive
        self._given: dict[str, Given] = {}  # by a visitor's digest
        self._lock = threading.Lock()

    async def open(self, visitor: str, run_id: str, request: gr.Request) -> AsyncIterator[Update]:
        """Their secret, made at the first time, their clips, and what they had in the boxes; then the clip that was
        ordered, as long as it is made, and which model is at work, as soon as it is loaded."""
        words, visitor = words_of(request), visitor or secrets.token_urlsafe(16)
        linked = request.query_params.get("clip") if request.request else None
        clip_id = linked or run_id  # the page's own, or one from another device
        shown: Update = {
            self.parts.visitor: visitor,
            self.parts.small_print: self.acts.small_print(words),
            **self.acts.history(visitor, words),
        }
        ready, made = self._model_known(), self._in_the_making(clip_id)
        if given := self.restore(visitor, run_id):
            yield given  # not last, which gradio says twice: a box given its file twice tells of changes for ever
        if not made:
            yield {**shown, **self._outcome(clip_id, words)}
        else:
            yield shown
            async for update in self._followed(clip_id, words, request):
                if not ready and (ready := self._model_known()):
                    update = {**update, self.parts.small_print: self.acts.small_print(words)}
                yield update
            yield self.acts.history(visitor, words)
        if not ready:
            while not self._model_known():
                await asyncio.sleep(2 * REFRESH)
            yield {self.parts.small_print: self.acts.small_print(words)}

    def remember(self, visitor: str, picture: str | None, dance: str | None, choice: Choice, *fields: Any) -> None:
        """What a visitor has in the boxes now, has chosen of it, and has set: the tuning and the model."""
        if not visitor:
            return
        with self._lock:
            self._given.pop(digest(visitor), None)
            while len(self._given) >= _REMEMBERED:
                self._given.pop(next(iter(self._given)))
            self._given[digest(visitor)] = (picture, dance, choice, fields)

    def restore(self, visitor: str, run_id: str) -> Update:
        """What they had and had set there before; after a start of the program, what their last clip is made of.

        As updates: of a plain value gradio makes the next answer's in its place, in the very object the box has.
        """
        given = self._given.get(digest(visitor)) if visitor else None
        if given is None and (clip := self.archive.find(run_id)) and visitor and clip.visitor == digest(visitor):
            wish = self.archive.wish(clip)
            model = wish.model if wish.model in self.acts.models.offered() else ""
            fields = *tuning_of(wish, self.acts.limits), model
            given = (str(wish.picture), str(wish.dance), choice_of(wish), fields)
        *boxes, choice, fields = given or (None, None, Choice(), ())
        picture, dance = (path if path and Path(path).is_file() else None for path in boxes)
        shown = {self.parts.picture: picture, self.parts.dance: dance, self.parts.choice: choice}
        shown = {part: value for part, value in shown.items() if value}
        fields = dict(zip([*self.parts.tuning, self.parts.model], fields, strict=False))  # none at the first visit
        shown |= {part: value for part, value in fields.items() if value is not None}
        return {part: gr.update(value=value) for part, value in shown.items()}

    async def _followed(self, clip_id: str, words: Words, request: gr.Request) -> AsyncIterator[Update]:
        """A clip that was ordered, until it is over."""
        while (run := self.acts.workshop.find(clip_id)) is None and self.archive.is_waiting(clip_id):
            await asyncio.sleep(REFRESH)  # the program has just begun, and will order it again
        if run is None:
            yield self._outcome(clip_id, words)
            return
        yield {self.parts.run_id: clip_id}
        async for update in self.acts.follow(run, words, request):
            yield update

    def _outcome(self, clip_id: str, words: Words) -> Update:
        """What became of a clip that is not in the making."""
        clip = self.archive.find(clip_id)
        if clip is not None and clip.phase == "done":
            return {self.parts.run_id: clip_id, **self.acts.finished(clip, words)}
        if clip is not None and clip.phase == "failed":
            return {self.parts.run_id: "", self.parts.status: view.status(words.say(failure_of(clip)), failed=True)}
        return {self.parts.run_id: "", **({self.parts.status: view.status(words("lost"))} if clip_id else {})}

    def _in_the_making(self, clip_id: str) -> bool:
        """Whether a run tells more of a clip than what is kept of it, now or soon."""
        if (run := self.acts.workshop.find(clip_id)) is None:
            return self.archive.is_waiting(clip_id)
        return not (run.state.phase == "done" and self.archive.find(clip_id) is None)  # done and deleted since

    def _model_known(self) -> bool:
        return self.acts.workshop.model_words is not None or self.acts.workshop.trouble is not None
