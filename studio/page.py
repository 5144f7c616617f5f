"""The page: a picture, a dance, one button, the clip. Which part does what."""

import getpass
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from studio import shelf
from studio.acts import Acts
from studio.jobs import Workshop
from studio.layout import Layout
from studio.limits import Limits, host_limits
from studio.wishes import PRESETS
from studio.words import PageWords, Words

# Where the clip is below the button, as on a phone, both come into sight.
_TO_THE_CLIP = "() => { if (innerWidth < 900) document.querySelector('#animate').scrollIntoView({behavior: 'smooth'}) }"


def build(
    animator_factory: Callable[[], Any],
    *,
    limits: Limits | None = None,
    folder: Path | None = None,
) -> "Studio":
    """The page around whatever renders. folder: for uploads and clips, the studio's own; by default a temporary one."""
    limits = limits or host_limits()
    folder = folder or Path(tempfile.gettempdir()) / f"animate-studio-{getpass.getuser()}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)  # gradio reads it when components are made
    return Studio(Workshop(animator_factory, folder=folder, limits=limits), limits)


class Studio:
    """The page and its workshop. demo: the page as gradio has it; parts: what is on it."""

    def __init__(self, workshop: Workshop, limits: Limits):
        self.workshop, self.limits = workshop, limits
        say = PageWords()
        with gr.Blocks(title=Words("en")("title"), analytics_enabled=False) as self.demo:
            self.parts = Layout(say, shelf.of_kind("character"), shelf.of_kind("dance"), limits)
            self._connect(Acts(self.parts, workshop, limits))
        self.translations = say.translations()

    def _connect(self, acts: Acts) -> None:
        parts = self.parts
        shown = [parts.run_id, parts.status, parts.progress, parts.stage, parts.clip, parts.notes, parts.download]
        shown += [parts.animate_button, parts.stop_button]
        wish = [parts.picture, parts.dance, *parts.tuning]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        looking = {**quiet, "trigger_mode": "always_last", "concurrency_limit": None}
        following = {"concurrency_limit": None, **quiet}

        parts.animate_button.click(acts.make_clip, wish, shown, **following)
        parts.animate_button.click(None, js=_TO_THE_CLIP, api_visibility="private")
        parts.stop_button.click(acts.stop, parts.run_id, parts.stop_button, queue=False, **quiet)
        self.demo.load(acts.come_back, parts.run_id, shown, **following)
        self.demo.load(acts.tell_model, None, parts.small_print, **following)
        parts.picture.change(acts.check_picture, parts.picture, parts.picture_hint, **looking)
        parts.dance.change(acts.check_dance, parts.dance, parts.dance_hint, **looking)
        preset, size = parts.tuning[:2]
        preset.change(lambda preset: PRESETS[preset].size, preset, size, **quiet)
        picks = [parts.picked, parts.run_id]
        example = [parts.picked, parts.clip, parts.stage, parts.status]
        parts.character_shelf.click(acts.pick_character, picks, [parts.picture, *example], **quiet)
        parts.dance_shelf.click(acts.pick_dance, picks, [parts.dance, *example], **quiet)
        parts.api_button.click(acts.animate_once, wish, parts.api_clip, api_name="animate", concurrency_limit=None)
