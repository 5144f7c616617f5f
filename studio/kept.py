"""What a visitor's browser keeps of the page until their next visit."""

import gradio as gr


def kept(name: str, value: str | bool) -> gr.BrowserState:
    """value: what it is at first. To be made inside an open gr.Blocks."""
    return gr.BrowserState(value, storage_key=_key(name), secret="animate")  # nothing to hide


def without_empty(name: str) -> str:
    """JavaScript of a new value, which is handed on. Gradio keeps no empty or false value, so what was there before
    would be back at each visit."""
    return f"value => {{ if (!value) localStorage.removeItem('{_key(name)}'); return value; }}"


def _key(name: str) -> str:
    return f"animate-{name}"
