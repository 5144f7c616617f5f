"""A photo that a phone keeps as HEIC, which few browsers show, becomes a JPEG in its box."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from animate import AnimateError, pictures, quarantine
from studio.failures import apology

_LINGER = 10.0  # seconds that the file itself stays for whoever has begun to look at it


async def showable(path: str | None) -> AsyncIterator[Any]:
    """The file to be shown instead, where it is another; the first one is then deleted."""
    shown = None
    if path and pictures.is_heif(path):
        try:
            shown = await asyncio.to_thread(_as_jpeg, Path(path))
        except AnimateError:  # the picture's own check says it
            pass
        except Exception:
            apology()
    if not path or shown is None:
        yield gr.skip()
        return
    try:
        yield gr.update(value=str(shown))  # as in Returning.restore
        yield gr.skip()  # gradio says the last answer once more at the end, when another picture may be there
        await asyncio.sleep(_LINGER)
    finally:
        Path(path).unlink(missing_ok=True)


def _as_jpeg(path: Path) -> Path:
    """Beside the file, which may be called a JPEG itself."""
    quarantine.picture(path)
    target = path.with_suffix(".jpg")
    if target.exists() and target.samefile(path):
        target = path.with_name(f"{path.stem}.shown.jpg")
    Image.fromarray(pictures.read(path)).save(target, quality=95)
    return target
