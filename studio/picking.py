"""What happens on the page when one of our characters or dances is picked."""

from itertools import product

import gradio as gr

from animate import examples
from studio import shelf, view
from studio.acts import Update, words_of
from studio.layout import Layout
from studio.words import Words


class Picking:
    """One method a shelf, beside Acts."""

    def __init__(self, parts: Layout):
        self.parts = parts

    def pick_character(self, picked: tuple[str, str], run_id: str, request: gr.Request, event: gr.EventData) -> Update:
        name = event.name
        shown = self._example_clip((name, picked[1]), run_id, words_of(request))
        return {self.parts.picture: str(shelf.of_kind("character")[name]), **shown}

    def pick_dance(self, picked: tuple[str, str], run_id: str, request: gr.Request, event: gr.EventData) -> Update:
        name = event.name
        shown = self._example_clip((picked[0], name), run_id, words_of(request))
        return {self.parts.dance: str(shelf.of_kind("dance")[name]), **shown}

    def _example_clip(self, picked: tuple[str, str], run_id: str, words: Words) -> Update:
        """A clip that was made of the picked examples before, unless the visitor has one of their own."""
        characters, dances = shelf.of_kind("character"), shelf.of_kind("dance")
        pairs = product([picked[0]] if picked[0] else characters, [picked[1]] if picked[1] else dances)
        pair = next((pair for pair in pairs if examples.result(*pair)), None)
        if run_id:
            return {self.parts.picked: picked}
        if pair is None:  # what is shown was made of other examples
            hidden, shown = gr.update(value="", visible=False), gr.update(visible=True)
            return {self.parts.picked: picked, self.parts.clip: hidden, self.parts.stage: shown, self.parts.status: ""}
        return {
            self.parts.picked: picked,
            self.parts.clip: gr.update(value=view.example(words, *pair), visible=True),
            self.parts.stage: gr.update(visible=False),
            self.parts.status: view.status(words("example_clip")),
        }
