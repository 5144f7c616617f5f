"""What a clip would take, told before it is ordered: time, memory, and where that is too little, settings that do."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import gradio as gr

from animate import AnimateError, BadSettings, quarantine
from studio import view
from studio.acts import Update, words_of
from studio.jobs import Workshop
from studio.layout import Layout
from studio.limits import Limits
from studio.wishes import LEAST_SECONDS, PRESETS, SIZES, Wish, part_of, to_order, to_wish
from studio.words import Words


class Estimating:
    """One method an event, beside Acts. rehearsing: whether a page's rehearsal is being made, which may know more."""

    def __init__(
        self, parts: Layout, workshop: Workshop, limits: Limits, *, rehearsing: Callable[[str], bool] = lambda _: False
    ):
        self.parts, self.workshop, self.limits, self._rehearsing = parts, workshop, limits, rehearsing

    async def estimate(self, request: gr.Request, *fields: Any) -> Update:
        """How long the clip would take and how much memory; nothing while that is not known, but asked for again."""
        quiet: Update = {
            self.parts.estimate: "",
            self.parts.fit_button: gr.update(visible=False),
            self.parts.ask_again: gr.update(active=False),
        }
        wish, words = to_wish(*fields), words_of(request)
        if wish.picture is None or wish.dance is None:
            return quiet
        page = request.session_hash or ""
        # Asked first: what becomes known meanwhile is asked for once more.
        soon = self._soon_known(wish.model) or self._rehearsing(page)
        try:
            told = await asyncio.to_thread(self._told, wish, words)
        except AnimateError:
            return quiet  # the checks, or the order, tell why
        return {**told, self.parts.ask_again: gr.update(active=soon or self._rehearsing(page))}

    def _soon_known(self, model: str) -> bool:
        """Whether the program is about to load its own model, or to measure this machine with it."""
        known = self.workshop.model_words is not None and self.workshop.pace.knows()
        return not (model or self.workshop.trouble or known)

    def _told(self, wish: Wish, words: Words) -> Update:
        order, part = to_order(wish, self.limits), self._part(wish, words)
        job = self.workshop.animators.job(order, model=wish.model)
        room = self.workshop.animators.room(job, model=wish.model)
        if weights := self.workshop.animators.weights(model=wish.model):
            line = part + view.unloaded(words, weights)
            return {self.parts.estimate: line, self.parts.fit_button: gr.update(visible=False)}
        if room is None or room.free is None or room.fits:
            seconds = self.workshop.expect(job, model=wish.model)
            line = part + view.estimate(words, seconds, room.need if room else None)
            return {self.parts.estimate: line, self.parts.fit_button: gr.update(visible=False)}
        smaller = self.fitting(wish)
        label = view.smaller(words, smaller) if smaller else ""
        return {
            self.parts.estimate: part + view.no_room(words, room.need, room.free, possible=smaller is not None),
            self.parts.fit_button: gr.update(value=label, visible=smaller is not None),
        }

    def _part(self, wish: Wish, words: Words) -> str:
        """Which part of a longer dance it is that is estimated."""
        assert wish.dance
        return "".join(view.status(words.say(line)) for line in part_of(quarantine.dance(wish.dance), wish))

    async def shorten(self, *fields: Any) -> Any:
        """The seconds that fit. Set before the size: of two fields set at once the page asks before both are."""
        smaller = await asyncio.to_thread(self.fitting, to_wish(*fields))
        return smaller.seconds if smaller else gr.skip()

    async def shrink(self, *fields: Any) -> Any:
        """The size that fits, of so many seconds."""
        smaller = await asyncio.to_thread(self.fitting, to_wish(*fields))
        return smaller.size if smaller else gr.skip()

    def fitting(self, wish: Wish) -> Wish | None:
        """The wish nearest to this one that fits into memory: smaller before shorter."""
        for smaller in less_and_less(wish):
            with suppress(BadSettings):  # too small for what renders
                job = self.workshop.animators.job(to_order(smaller, self.limits), model=wish.model)
                room = self.workshop.animators.room(job, model=wish.model)
                if room is None or room.fits:
                    return smaller
        return None


def less_and_less(wish: Wish) -> Iterator[Wish]:
    """This wish and others that ask for less, in sizes and seconds that can be chosen on the page."""
    size = wish.size or PRESETS[wish.preset].size
    sizes = sorted((each for each in SIZES if SIZES[each] <= SIZES[size]), key=lambda each: -SIZES[each])
    seconds = wish.seconds
    while True:
        for each in sizes:
            yield replace(wish, size=each, seconds=seconds)
        if seconds <= LEAST_SECONDS:
            return
        seconds = max(LEAST_SECONDS, round(seconds) / 2)
