"""What happens on the page before a clip is ordered: it rehearses; its visitor chooses, mends and places by hand."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from animate import AnimateError, NoPersonFound, UnreadableImage, UnreadableVideo, examples, pictures, quarantine
from animate.errors import NoCharacterFound
from studio import rehearsal_view, view
from studio.acts import Acts, Update, words_of
from studio.choices import UNMENDED, Choice, body_from, change, chosen, chosen_of, edits_from, moved, trail_from
from studio.failures import apology
from studio.rehearsals import Rehearsals
from studio.wanting import Superseded, Wanting
from studio.wishes import Wish, to_order, to_wish
from studio.words import Words

_REFRESH = 0.4  # seconds between two looks at how far it is
_PAUSE, _MOMENT = 0.5, 0.1  # seconds in which a visitor may go on changing fields; in which a page fills its boxes


class Rehearsing:
    """One method an event, beside Acts. asked: see ASKED; what is asked later is what counts."""

    def __init__(self, acts: Acts, rehearsals: Rehearsals):
        self.acts, self.parts, self.rehearsals, self.wanting = acts, acts.parts, rehearsals, rehearsals.wanting
        self.seeing, self.looking = Wanting(), Wanting()

    async def rehearse(
        self, asked: float | None, choice: Choice, request: gr.Request, *fields: Any
    ) -> AsyncIterator[Update]:
        """Shows the character in the dance as soon as both are there; whatever is changed meanwhile begins anew."""
        async with aclosing(self._rehearse(asked, choice, request, fields, pause=_MOMENT)) as shown:
            async for update in shown:
                yield update

    async def rehearse_anew(
        self, asked: float | None, choice: Choice, request: gr.Request, *fields: Any
    ) -> AsyncIterator[Update]:
        """The same for a field that has been changed, and may be once more."""
        async with aclosing(self._rehearse(asked, choice, request, fields, pause=_PAUSE)) as shown:
            async for update in shown:
                yield update

    async def _rehearse(
        self, asked: float | None, choice: Choice, request: gr.Request, fields: Sequence[Any], *, pause: float
    ) -> AsyncGenerator[Update, None]:
        """What changes, until it is there, is given up for another, or its page is closed, which closes this."""
        words, visitor = words_of(request), request.session_hash or ""
        try:
            number = self.wanting.announce(visitor, asked or 0.0)
        except Superseded:
            yield {self.parts.rehearsal: gr.skip()}
            return
        try:
            wish = await asyncio.to_thread(chosen, to_wish(*fields), choice)
            if wish.picture is None or wish.dance is None:
                yield {self.parts.rehearsal: ""}
            else:
                await asyncio.sleep(pause)
                async with aclosing(self._made(wish, visitor, number, words)) as made:
                    async for shown in made:
                        yield {self.parts.rehearsal: shown}
        except Superseded:
            pass
        except NoCharacterFound:  # the picture's own check says it, and its joints are being guessed
            yield {self.parts.rehearsal: ""}
        except AnimateError as error:
            yield {self.parts.rehearsal: view.status(words.say(error), failed=isinstance(error, NoPersonFound))}
        except Exception:
            yield {self.parts.rehearsal: view.status(words.say(apology()), failed=True)}
        finally:
            self.wanting.over(visitor, number)
        # Gradio says the last answer once more when all have been given, and by then a newer rehearsal may show.
        yield {self.parts.rehearsal: gr.skip()}

    async def _made(self, wish: Wish, visitor: str, number: int, words: Words) -> AsyncGenerator[str, None]:
        """How far it is, then the rehearsal. Raises Superseded, or an AnimateError in words."""
        if not self.wanting.is_newest(visitor, number):
            raise Superseded
        try:
            await asyncio.to_thread(to_order, wish, self.acts.limits)
        except (UnreadableImage, UnreadableVideo):  # its box says it
            yield ""
            return
        make = partial(self.rehearsals.make, wish, visitor, number, most_seconds=self.acts.limits.seconds)
        making = asyncio.get_running_loop().run_in_executor(self.rehearsals.thread, make)
        try:
            while not making.done() and self.wanting.is_newest(visitor, number):
                share, left = self.wanting.share(visitor), self.wanting.left(visitor)
                yield rehearsal_view.working(words, share, left, getting=self.acts.examiner.getting)
                await asyncio.wait([making], timeout=_REFRESH)
            kept = await making
            if not self.wanting.is_newest(visitor, number):  # another was asked for in the moment in which it was done
                raise Superseded
        finally:
            making.cancel()  # of a page that is closed, or nobody would hear how it ends
        yield rehearsal_view.shown(words, kept) if kept else ""

    async def see(self, asked: float | None, path: str | None, choice: Choice, request: gr.Request) -> Any:
        """Who dances of a picture that shows several, to choose from."""
        with self.seeing.asking(request.session_hash or "", asked) as is_wanted:
            shown = await self._seen(path, choice, words_of(request), is_wanted)
            return shown if is_wanted() else gr.skip()

    async def _seen(self, path: str | None, choice: Choice, words: Words, is_wanted: Callable[[], bool]) -> str:
        try:
            if not path or not (boxes := await self._in_thread(self.rehearsals.characters, Path(path), is_wanted)):
                return ""
            chosen = (await asyncio.to_thread(chosen_of, choice, "picture", Path(path))).get("character") or 0
            picture = await asyncio.to_thread(pictures.read, path)
            return rehearsal_view.characters(words, picture, boxes, chosen=chosen)
        except (AnimateError, Superseded):  # the picture's own check says it
            return ""
        except Exception:
            apology()
            return ""

    async def look(self, asked: float | None, path: str | None, choice: Choice, request: gr.Request) -> Update:
        """Another picture: where nobody is surely recognised, joints are guessed, and can be put right at once."""
        with self.looking.asking(request.session_hash or "", asked) as is_wanted:
            shown = await self._looked(path, choice, words_of(request), is_wanted)
            return shown if is_wanted() else {self.parts.by_hand: gr.skip()}

    async def _looked(self, path: str | None, choice: Choice, words: Words, is_wanted: Callable[[], bool]) -> Update:
        shown = Update({self.parts.by_hand: ""})
        if not path:
            return shown
        try:
            known = await asyncio.to_thread(chosen_of, choice, "picture", Path(path))
            if known.get("body") and "guessed" not in known:
                return {self.parts.by_hand: rehearsal_view.placed(words)}
            points, strange = known.get("body"), partial(self._in_thread, self.rehearsals.needs_hands, Path(path))
            if points is None and await strange(is_wanted):
                points = await self._in_thread(self.rehearsals.body, Path(path), is_wanted)
            if points is not None and is_wanted():
                shown[self.parts.by_hand] = await self._hand(words, Path(path), points)
                shown[self.parts.choice] = await self._choose(choice, "picture", path, body=points, guessed=True)
        except (AnimateError, Superseded):  # the picture's own check says it
            pass
        except Exception:
            apology()
        return shown

    async def take_pose(self, path: str, choice: Choice, dance: str | None, request: gr.Request) -> Update:
        """A keypoint file instead of the dancer's own joints; the video then gives the music."""
        try:
            await asyncio.to_thread(quarantine.pose, path)
        except AnimateError as error:
            return {self.parts.rehearsal: view.status(words_of(request).say(error), failed=True)}
        if not dance:
            return {self.parts.rehearsal: view.status(words_of(request)("no_dance"), failed=True)}
        nobody = {"person": None, "trail": None, **UNMENDED}
        return {self.parts.choice: await self._choose(choice, "dance", dance, pose=Path(path), **nobody)}

    async def act(
        self, choice: Choice, picture: str | None, dance: str | None, request: gr.Request, event: gr.EventData
    ) -> Update:
        """A press in the rehearsal or in the editor of the character's joints."""
        match event.act:
            case "person" if dance:
                who = {"person": int(event.person), "trail": trail_from(event.trail or ())}
                return {self.parts.choice: await self._choose(choice, "dance", dance, **who, **UNMENDED, pose=None)}
            case "character" if picture:
                other = await self._choose(choice, "picture", picture, character=int(event.person), body=None)
                other.pop("guessed", None)
                return {self.parts.choice: other, self.parts.by_hand: ""}
            case "mend" if dance:
                mended = moved(edits_from(event.edits), float(event.start))
                return {self.parts.choice: await self._choose(choice, "dance", dance, mended=mended, edits=None)}
            case "place" if picture:
                placed = await self._choose(choice, "picture", picture, body=body_from(event.body))
                placed.pop("guessed", None)
                return {self.parts.choice: placed, self.parts.by_hand: rehearsal_view.placed(words_of(request))}
            case "by-hand" if picture:
                known = chosen_of(choice, "picture", Path(picture))
                begin = partial(self.rehearsals.body, character=known.get("character") or 0)
                points = known.get("body") or await self._in_thread(begin, Path(picture))
                return {self.parts.by_hand: await self._hand(words_of(request), Path(picture), points)}
        return {self.parts.by_hand: gr.skip()}  # gradio takes no empty answer

    async def _choose(self, choice: Choice, file: str, path: str, **what: Any) -> Choice:
        await asyncio.to_thread(examples.digest, Path(path))  # which takes long of a large file, and is known then
        return change(choice, file, Path(path), **what)

    async def _hand(self, words: Words, path: Path, points: Any) -> str:
        picture = await asyncio.to_thread(pictures.read, path)
        return rehearsal_view.hand(words, picture, points)

    async def _in_thread(
        self, look: Callable[[Path], Any], path: Path, is_wanted: Callable[[], bool] = lambda: True
    ) -> Any:
        """What is found in a picture, one after the other. Raises Superseded of what is not wanted when it has its
        turn."""

        def found() -> Any:
            if not is_wanted():
                raise Superseded
            return look(path)

        return await asyncio.get_running_loop().run_in_executor(self.acts.examiner.thread, found)
