"""What happens when the page is opened: a visitor who comes back finds their clips, and what they had chosen."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr

from animate import examples
from studio import view
from studio.acts import REFRESH, Acts, Update, words_of
from studio.choices import Choice, choice_of, chosen_of_these
from studio.failures import failure_of
from studio.handing import handed
from studio.left import Given, Left
from studio.owning import own
from studio.wanting import Wanting
from studio.wishes import TUNING, possible, tuning_of
from studio.words import Words

_BOXES, _FIELDS = ("picture", "dance"), (*TUNING, "model")


class Returning:
    """Beside Acts. What is in the boxes is shown to nobody but whoever put it there."""

    def __init__(self, acts: Acts, left: Left):
        self.acts, self.parts, self.archive, self.left = acts, acts.parts, acts.archive, left
        self.noting = Wanting()

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
        if given := await asyncio.to_thread(self.restore, visitor, run_id):
            yield given  # not last, which gradio says twice: a box given its file twice tells of changes for ever
        if not made:
            yield {**shown, **self._outcome(clip_id, visitor, words, request)}
        else:
            yield shown
            async for update in self._followed(clip_id, visitor, words, request):
                if not ready and (ready := self._model_known()):
                    update = {**update, self.parts.small_print: self.acts.small_print(words)}
                yield update
            yield self.acts.history(visitor, words)
        if not ready:
            while not self._model_known():
                await asyncio.sleep(2 * REFRESH)
            yield {self.parts.small_print: self.acts.small_print(words)}

    def remember(
        self,
        asked: float | None,
        visitor: str,
        picture: str | None,
        dance: str | None,
        choice: Choice,
        request: gr.Request,
        *fields: Any,
    ) -> None:
        """What a visitor has in the boxes now, has chosen of it, and has set: the tuning and the model. asked: see
        ASKED; of notes of one moment, which may overtake each other, the page's last is kept."""
        if not visitor:
            return
        with self.noting.asking(request.session_hash or "", asked) as is_wanted:
            boxes = [Path(path) if path else None for path in (picture, dance)]
            choice = chosen_of_these(choice, *boxes)
            ours = (path and examples.original(path) for path in boxes)  # which stay longer than copies that pages have
            named = dict(zip(_FIELDS, fields, strict=False))
            given = Given(**dict(zip(_BOXES, ours, strict=True)), choice=choice, fields=named)
            self.left.keep(visitor, given, is_wanted)

    def restore(self, visitor: str, run_id: str) -> Update:
        """What they had and had set there before; where that is not known, what their last clip is made of.

        As updates: of a plain value gradio makes the next answer's in its place, in the very object the box has.
        """
        given = (self.left.find(visitor) if visitor else None) or self._ordered(visitor, run_id)
        if given is None:  # the first visit
            return {}
        shown: Update = {self.parts.choice: given.choice or None}
        shown |= {getattr(self.parts, box): self._shown(getattr(given, box), visitor) for box in _BOXES}
        fields = possible(given.fields, self.acts.limits)
        if "model" in given.fields:
            fields["model"] = model if (model := given.fields["model"]) in self.acts.models.offered() else ""
        places = dict(zip(_FIELDS, [*self.parts.tuning, self.parts.model], strict=True))
        shown |= {places[name]: value for name, value in fields.items()}
        return {part: gr.update(value=value) for part, value in shown.items() if value is not None}

    def _shown(self, path: Path | None, visitor: str) -> str | None:
        return str(name) if path and (name := handed(self.archive, path, visitor)) else None

    def _ordered(self, visitor: str, run_id: str) -> Given | None:
        """What a visitor's clip is made of, where that is theirs too."""
        clip = own(self.archive, run_id, visitor)
        if clip is None or clip.lent:
            return None
        wish = self.archive.wish(clip)
        fields = {**tuning_of(wish), "model": wish.model}
        return Given(picture=wish.picture, dance=wish.dance, choice=choice_of(wish), fields=fields).there()

    async def _followed(self, clip_id: str, visitor: str, words: Words, request: gr.Request) -> AsyncIterator[Update]:
        """A clip that was ordered, until it is over."""
        while (run := self.acts.workshop.find(clip_id)) is None and self.archive.is_waiting(clip_id):
            await asyncio.sleep(REFRESH)  # the program has just begun, and will order it again
        if run is None:
            yield self._outcome(clip_id, visitor, words, request)
            return
        yield {self.parts.run_id: clip_id}
        async for update in self.acts.follow(run, visitor, words, request):
            yield update

    def _outcome(self, clip_id: str, visitor: str, words: Words, request: gr.Request) -> Update:
        """What became of a clip that is not in the making."""
        clip = self.archive.find(clip_id)
        if clip is not None and clip.phase == "done":
            return {self.parts.run_id: clip_id, **self.acts.finished(clip, visitor, words, request)}
        if clip is not None and clip.phase == "failed":
            return {
                self.parts.run_id: "",
                self.parts.status: view.status(words.say(failure_of(clip.failure)), failed=True),
            }
        return {self.parts.run_id: "", **({self.parts.status: view.status(words("lost"))} if clip_id else {})}

    def _in_the_making(self, clip_id: str) -> bool:
        """Whether a run tells more of a clip than what is kept of it, now or soon."""
        if (run := self.acts.workshop.find(clip_id)) is None:
            return self.archive.is_waiting(clip_id)
        return not (run.state.phase == "done" and self.archive.find(clip_id) is None)  # done and deleted since

    def _model_known(self) -> bool:
        return self.acts.workshop.model_words is not None or self.acts.workshop.trouble is not None
