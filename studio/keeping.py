"""What happens with clips that are made: shown again, made again, shared, deleted."""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import gradio as gr

from studio import share, view
from studio.acts import Acts, Update, words_of
from studio.archive import Clip
from studio.failures import apology
from studio.handing import another_name
from studio.left import Left
from studio.owning import own
from studio.rehearsals import Rehearsals
from studio.runs import Run
from studio.words import Told

log = logging.getLogger(__name__)
_SEEDS = 2**31


class Keeping:
    """One method an event, beside Acts. Only whoever has the visitor's secret can share or delete, and go on with the
    dance that they gave."""

    def __init__(self, acts: Acts, rehearsals: Rehearsals, left: Left):
        self.acts, self.parts, self.archive = acts, acts.parts, acts.archive
        self.rehearsals, self.left = rehearsals, left

    def history(self, visitor: str, request: gr.Request) -> Update:
        return self.acts.history(visitor, words_of(request))

    async def act(
        self, visitor: str, run_id: str, picture: str, dance: str, request: gr.Request, event: gr.EventData
    ) -> AsyncIterator[Update]:
        """A press in the history: show, delete or delete all. What went with a clip leaves its box too."""
        words, act, clip_id = words_of(request), event.act, event.clip
        if act == "show":
            if (clip := own(self.archive, clip_id, visitor)) is None:
                gone = {self.parts.status: view.status(words("gone"), failed=True)}
                yield {**gone, **self.acts.history(visitor, words)}
            elif (run := self.acts.workshop.find(clip_id)) and not run.state.over:
                yield {self.parts.run_id: clip.id}
                async for update in self.acts.follow(run, visitor, words, request):
                    yield update
                yield self.acts.history(visitor, words)
            else:
                yield {self.parts.run_id: clip.id}
                async for update in self.acts.show(clip, visitor, words, request):
                    yield update
            return
        mine = [*self.archive.of(visitor), *self.archive.coming(visitor)]
        chosen = [clip.id for clip in mine if act == "delete_all" or clip.id == clip_id]
        failure = None
        try:
            await asyncio.to_thread(self._delete, chosen, visitor)
            if act == "delete_all":
                await asyncio.to_thread(self.left.drop, visitor)
            for forget in (self.rehearsals.forget, self.acts.workshop.animators.forget, self.left.forget):
                await asyncio.to_thread(forget)
        except Exception:
            failure = apology()
        boxes = {self.parts.picture: picture, self.parts.dance: dance}
        shown: Update = {box: None for box, path in boxes.items() if path and not Path(path).is_file()}
        told = words.say(failure) if failure else words("deleted_with" if shown else "deleted")
        shown[self.parts.status] = view.status(told, failed=failure is not None)
        if run_id in chosen and self.archive.find(run_id) is None:
            shown |= {
                self.parts.run_id: "",
                self.parts.clip: gr.update(value="", visible=False),
                self.parts.stage: gr.update(value=view.stage(words, None), visible=True),
                self.parts.after: gr.update(visible=False),
                self.parts.share_link: "",
                self.parts.notes: "",
            }
        yield {**shown, **self.acts.history(visitor, words)}

    async def again(self, run_id: str, visitor: str, request: gr.Request) -> AsyncIterator[Update]:
        """The same clip, a little different: with another seed."""

        def wish():
            clip = self.archive.find(run_id)
            if clip is None:
                raise Told("gone")
            return replace(self.archive.wish(clip), seed=secrets.randbelow(_SEEDS))

        async for update in self.acts.make(wish, visitor, request):
            yield update

    def other_character(self, run_id: str, visitor: str, request: gr.Request) -> Update:
        """The same dance, which is whose the clip is, into the page, and the place for the character emptied."""
        words, clip = words_of(request), self._own(run_id, visitor)
        if clip is None or clip.lent:
            return {self.parts.status: view.status(words("gone"), failed=True)}
        given = self.archive.wish(clip).dance
        dance = another_name(self.archive, given) if given else None
        return {
            self.parts.picture: None,
            self.parts.dance: str(dance) if dance else None,
            self.parts.status: view.status(words("choose_character")),
        }

    def share(self, run_id: str, visitor: str, days: int, request: gr.Request) -> Update:
        """Make a clip public for some days, under a link."""
        words, clip = words_of(request), self._own(run_id, visitor)
        if clip is None or days not in share.DAYS:
            return {self.parts.share_link: view.status(words("gone"), failed=True)}
        until, public_id = time.time() + days * 86400, clip.share or secrets.token_urlsafe(12)
        try:
            clip = self.archive.change(clip.id, share=public_id, until=until, reports=0)
        except sqlite3.Error:
            return {self.parts.share_link: view.status(words.say(apology()), failed=True)}
        assert clip is not None
        network = self.acts.network
        base = share.address(request, network=network)
        return {self.parts.share_link: share.link(words, clip, base=base, network=network)}

    def unshare(self, run_id: str, visitor: str, request: gr.Request) -> Update:
        words, clip = words_of(request), self._own(run_id, visitor)
        if clip is None:
            return {self.parts.share_link: view.status(words("gone"), failed=True)}
        try:
            self.archive.change(clip.id, share="", until=0.0)
        except sqlite3.Error:
            return {self.parts.share_link: view.status(words.say(apology()), failed=True)}
        return {self.parts.share_link: view.status(words("unshared"))}

    def ended(self, run: Run) -> None:
        """What becomes of a clip's folder when its run is over."""
        state = run.state
        if state.phase == "done":
            self.archive.change(run.id, phase="done", seconds=state.seconds, took=state.took)
        elif state.phase == "failed":
            self.archive.fail(run.id, state.failure)
        else:
            self.archive.delete(run.id, uploads=False)  # stopped: its visitor may begin anew
        self.archive.forget(run.id)
        self.archive.sweep()

    def advanced(self, run: Run) -> None:
        """A run begins, or comes to another stage; kept, so that one which brings the program down is known."""
        clip, state = self.archive.find(run.id), run.state
        if clip is not None:
            attempts = 0 if state.stage not in ("", clip.stage) else clip.attempts + (not state.stage)
            stage = state.stage or clip.stage
            now = {"stage": stage, "done": state.done, "total": state.total, "attempts": attempts}
            try:
                self.archive.change(run.id, phase="running", **now)
            except sqlite3.Error as error:  # the clip may be done all the same
                log.warning("How far a clip is could not be noted: %s", error)

    def _delete(self, clips: list[str], visitor: str) -> None:
        """A visitor's clips, and the making of those that are not done. That ends after them: of a clip that is in the
        list yet, whatever ends its making leaves the uploads, for its visitor to begin anew. Raises sqlite3.Error, as
        Archive.delete, once the others are deleted."""
        failure = None
        for each in clips:
            try:
                if self.archive.delete(each, visitor=visitor):
                    self.acts.workshop.stop(each)
            except sqlite3.Error as error:
                failure = error
        if failure is not None:
            raise failure

    def _own(self, run_id: str, visitor: str) -> Clip | None:
        clip = own(self.archive, run_id, visitor)
        return clip if clip and clip.phase == "done" else None
