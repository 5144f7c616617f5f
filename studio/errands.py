"""The server fetches nothing for anybody: gradio would, from any public address, however much comes from there."""

from typing import Any, NoReturn

import gradio as gr
from gradio import processing_utils, route_utils, routes
from starlette.exceptions import HTTPException

_WORDS = "Give the file itself, or a data: address that holds it: this program fetches nothing from other addresses."


def fetch_nothing() -> None:
    """From now on all of gradio's own ways to fetch refuse, in words; a module names some of them once more."""
    for name in ("save_url_to_cache", "ssrf_protected_download", "unsafe_download"):
        setattr(processing_utils, name, _refuse)
    for name in ("async_ssrf_protected_download", "async_ssrf_protected_get"):
        setattr(processing_utils, name, _refuse_later)
    for module in (route_utils, routes):
        module.secure_url_stream_response = _not_found  # type: ignore[assignment]


def _refuse(*given: Any, **named: Any) -> NoReturn:
    raise gr.Error(_WORDS, print_exception=False)


async def _refuse_later(*given: Any, **named: Any) -> NoReturn:
    _refuse()


async def _not_found(*given: Any, **named: Any) -> NoReturn:
    raise HTTPException(404)
