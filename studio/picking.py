"""What happens on the page when one of our characters or dances is picked, and when one of them makes way."""

from itertools import product
from pathlib import Path

import gradio as gr

from animate import examples
from studio import shelf, view
from studio.acts import Acts, Update, words_of
from studio.words import Words


class Picking:
    """One method an event, beside Acts. picture, dance: what is in the boxes."""

    def __init__(self, acts: Acts):
        self.parts, self._shown_in = acts.parts, acts.shown_in

    def pick(self, event: gr.EventData) -> Update:
        """One of ours, into its box. What visitors put there themselves is there already."""
        if event.target is self.parts.character_shelf:
            return {self.parts.picture: str(shelf.of_kind("character")[event.name])}
        if event.target is self.parts.dance_shelf:
            return {self.parts.dance: str(shelf.of_kind("dance")[event.name])}
        return {self.parts.picture: gr.skip()}  # gradio takes no empty answer

    def picked(
        self, picture: str | None, dance: str | None, run_id: str, status: str | None, request: gr.Request
    ) -> Update:
        """Something else is in a box, or nothing any more. The status stays where a press on the button waited for this
        or has been answered since, of which a page that asks has no run yet."""
        words = words_of(request)
        shown = self.example(picture, dance, run_id, words)
        if self._shown_in.get(str(request.session_hash)):  # last, since it may have begun meanwhile
            return {self.parts.clip: gr.skip()}
        if words.html("uploading") in (status or ""):
            shown.pop(self.parts.status, None)
        return shown

    def example(self, picture: str | None, dance: str | None, run_id: str, words: Words) -> Update:
        """A clip that was made of the picked examples before, unless the visitor has one of their own."""
        if run_id:
            return {self.parts.clip: gr.skip()}  # gradio takes no empty answer
        pairs = product(_names("character", picture), _names("dance", dance)) if picture or dance else ()
        pair = next((pair for pair in pairs if examples.result(*pair)), None)
        if pair is None:  # what is shown was made of other examples
            hidden, shown = gr.update(value="", visible=False), gr.update(visible=True)
            return {self.parts.clip: hidden, self.parts.stage: shown, self.parts.status: ""}
        return {
            self.parts.clip: gr.update(value=view.example(words, *pair), visible=True),
            self.parts.stage: gr.update(visible=False),
            self.parts.status: view.status(words("example_clip")),
        }


def _names(kind: shelf.Kind, given: str | None) -> list[str]:
    """Which example is in a box: any while it is empty, none where it holds a visitor's own."""
    ours = shelf.of_kind(kind)
    if not given:
        return list(ours)
    found = examples.original(Path(given))
    return [found.stem] if found in ours.values() else []
