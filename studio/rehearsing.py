"""What happens on the page before a clip is ordered: it rehearses; its visitor chooses, mends and places by hand."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from animate import AnimateError, NoPersonFound, video
from studio import rehearsal_view, view
from studio.acts import Acts, Update, words_of
from studio.failures import apology
from studio.rehearsals import Rehearsals, Superseded
from studio.wishes import chosen, to_order, to_wish
from studio.words import Words

_REFRESH = 0.4  # seconds between two looks at how far it is
_PAUSE = 0.5  # seconds in which a visitor may go on changing things

Choice = dict[str, Any]  # of "person", "edits", "body" and "pose", as in Wish


class Rehearsing:
    """One method an event, beside Acts."""

    def __init__(self, acts: Acts, rehearsals: Rehearsals):
        self.acts, self.parts, self.rehearsals = acts, acts.parts, rehearsals

    async def rehearse(self, choice: Choice, request: gr.Request, *fields: Any) -> AsyncIterator[Update]:
        """Shows the character in the dance as soon as both are there; whatever is changed meanwhile begins anew."""
        words, visitor = words_of(request), request.session_hash or ""
        number = self.rehearsals.announce(visitor)
        try:
            wish = chosen(to_wish(*fields), choice)
            if wish.picture is None or wish.dance is None:
                yield {self.parts.rehearsal: ""}
                return
            await asyncio.sleep(_PAUSE)
            if not self.rehearsals.is_newest(visitor, number):
                raise Superseded
            await asyncio.to_thread(to_order, wish, self.acts.limits)
            make = partial(self.rehearsals.make, wish, visitor, number, most_seconds=self.acts.limits.seconds)
            making = asyncio.get_running_loop().run_in_executor(self.rehearsals.thread, make)
            while not making.done():
                if not self.rehearsals.is_newest(visitor, number):
                    break
                yield {self.parts.rehearsal: rehearsal_view.working(words, self.rehearsals.share(visitor))}
                await asyncio.wait([making], timeout=_REFRESH)
            kept = await making
            yield {self.parts.rehearsal: rehearsal_view.shown(words, kept) if kept else ""}
        except Superseded:  # gradio says the last answer once more when all have been given
            yield {self.parts.rehearsal: gr.skip()}
        except AnimateError as error:
            yield {self.parts.rehearsal: view.status(words.say(error), failed=isinstance(error, NoPersonFound))}
        except Exception:
            yield {self.parts.rehearsal: view.status(words.say(apology()), failed=True)}

    async def look(self, path: str | None, choice: Choice, request: gr.Request) -> Update:
        """Another picture: where nobody is seen in it, its joints can be placed by hand at once."""
        kept = {key: value for key, value in choice.items() if key != "body"}
        shown: Update = {self.parts.by_hand: "", **({self.parts.choice: kept} if kept != choice else {})}
        if not path:
            return shown
        try:
            points = await self._in_thread(self.rehearsals.guess, Path(path))
            if points is not None:
                shown[self.parts.by_hand] = await self._hand(words_of(request), Path(path), points, nobody=True)
        except AnimateError:  # the picture's own check says it
            pass
        except Exception:
            apology()
        return shown

    def another_dance(self, choice: Choice) -> Choice:
        """What was chosen among the people of one dance and mended in it is nothing to another."""
        return {key: value for key, value in choice.items() if key == "body"}

    async def take_pose(self, path: str, choice: Choice, request: gr.Request) -> Update:
        """A keypoint file instead of the dancer's own joints; the video then gives the music."""
        from animate.motion import check_pose  # here, since it brings the pose models' library

        try:
            await asyncio.to_thread(check_pose, Path(path))
        except AnimateError as error:
            return {self.parts.rehearsal: view.status(words_of(request).say(error), failed=True)}
        return {self.parts.choice: {**self.another_dance(choice), "pose": Path(path)}}

    async def act(self, choice: Choice, path: str | None, request: gr.Request, event: gr.EventData) -> Update:
        """A press in the rehearsal or in the editor of the character's joints."""
        match event.act:
            case "person":
                return {self.parts.choice: {**self.another_dance(choice), "person": int(event.person)}}
            case "mend":
                return {self.parts.choice: {**choice, "edits": _edits(event.edits)}}
            case "place":
                told = rehearsal_view.placed(words_of(request))
                return {self.parts.choice: {**choice, "body": _body(event.body)}, self.parts.by_hand: told}
            case "by-hand" if path:
                points = choice.get("body") or await self._in_thread(self.rehearsals.body, Path(path))
                return {self.parts.by_hand: await self._hand(words_of(request), Path(path), points, nobody=False)}
        return {self.parts.by_hand: gr.skip()}  # gradio takes no empty answer

    async def _hand(self, words: Words, path: Path, points: Any, *, nobody: bool) -> str:
        picture = await asyncio.to_thread(video.read_picture, path)
        return rehearsal_view.hand(words, picture, points, nobody=nobody)

    async def _in_thread(self, work: Any, *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.acts.examiner.thread, work, *given)


def _edits(given: Any) -> list[list[float | None]]:
    """What a browser sends, made sure of."""
    return [
        [int(joint), float(at), None if x is None else float(x), None if y is None else float(y)]
        for joint, at, x, y in list(given)[:500]
    ]


def _body(given: Any) -> list[list[float]]:
    points = [[float(value) for value in point[:3]] for point in list(given)]
    if len(points) != 18:
        raise ValueError("A body has 18 joints.")
    return points
