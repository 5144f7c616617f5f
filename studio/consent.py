"""May this picture be used? Asked before a picture that somebody brings dances; those of ours are free to use."""

from pathlib import Path
from typing import Any

import gradio as gr

from animate import examples
from studio.kept import kept, without_empty
from studio.words import PageWords, Told


class Consent:
    """The tick before the button, which the browser remembers. To be made inside an open gr.Blocks."""

    def __init__(self, say: PageWords):
        self.tick = gr.Checkbox(
            False, label=say("consent"), info=say("consent_hint"), container=False, visible=False, elem_id="consent"
        )
        self.kept = kept("consent", False)

    def connect(self, demo: gr.Blocks, changed: Any, picture: gr.Image, **options: Any) -> None:
        """changed: what is followed by another picture."""
        changed.then(ask, picture, self.tick, **options)
        self.tick.input(None, self.tick, self.kept, js=without_empty("consent"), api_visibility="private")
        demo.load(None, self.kept, self.tick, js="kept => kept === true", api_visibility="private")


def ask(picture: str | None) -> Any:
    """The tick is there for a picture that needs it."""
    return gr.update(visible=is_needed(Path(picture) if picture else None))


def is_needed(picture: Path | None) -> bool:
    return picture is not None and examples.original(picture).parent != examples.ASSETS / "characters"


def require(picture: Path | None, consent: bool, *, words: str = "no_consent") -> None:
    """Raises Told where a picture is somebody's, and nobody has said that it may be used."""
    if is_needed(picture) and not consent:
        raise Told(words)
