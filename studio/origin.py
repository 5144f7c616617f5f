"""Was this clip made here? A place on the page to give it, and what its credentials and its pictures say."""

import asyncio
from typing import Any

import gradio as gr

from animate import AnimateError, quarantine
from studio import moments, view
from studio.failures import apology
from studio.words import PageWords, Words

_KINDS = [".mp4", ".mov", ".webm", ".mkv", ".gif", ".jpg", ".jpeg", ".png", ".webp"]
_READ_ALOUD = "element.setAttribute('role', 'status'); element.setAttribute('aria-live', 'polite');"


class OriginDesk:
    """To be made inside an open gr.Blocks; `connect` makes it answer."""

    def __init__(self, say: PageWords):
        with gr.Accordion(say("origin"), open=False, elem_id="origin"):
            gr.HTML(say.made(lambda words: view.status(words("origin_hint"))), elem_classes="hint")
            self.file = gr.File(label=say("origin_file"), file_types=_KINDS, height=150, elem_id="origin-file")
            self.answer = gr.HTML("", elem_id="origin-answer", js_on_load=_READ_ALOUD + moments.SCRIPT)

    def connect(self, **options: Any) -> None:
        self.file.change(tell, self.file, self.answer, **options)


async def tell(path: str | None, request: gr.Request) -> str:
    """HTML: one line for the credentials, one for the mark."""
    words = Words.asked(request.headers.get("accept-language") if request.request else None)
    if not path:
        return ""
    try:
        found = await asyncio.to_thread(quarantine.origin, path)
    except AnimateError as error:
        return view.status(words.say(error), failed=True)
    except Exception:
        return view.status(words.say(apology()), failed=True)
    return "".join(moments.timed(view.status(words.say(line))) for line in found.words)
