"""A visitor who comes back to the page finds their character and their dance in it again."""

import threading
from pathlib import Path

import gradio as gr

from studio.acts import Update
from studio.archive import Archive, digest
from studio.layout import Layout

_REMEMBERED = 1000  # visitors


class Returning:
    """One method an event, beside Acts. What is in the boxes is shown to nobody but whoever put it there."""

    def __init__(self, parts: Layout, archive: Archive):
        self.parts, self.archive = parts, archive
        self._boxes: dict[str, tuple[str | None, str | None]] = {}  # a visitor's digest to their picture and dance
        self._lock = threading.Lock()

    def remember(self, visitor: str, picture: str | None, dance: str | None) -> None:
        """What a visitor has in the boxes now."""
        if not visitor:
            return
        with self._lock:
            self._boxes.pop(digest(visitor), None)
            while len(self._boxes) >= _REMEMBERED:
                self._boxes.pop(next(iter(self._boxes)))
            self._boxes[digest(visitor)] = (picture, dance)

    def restore(self, visitor: str, run_id: str) -> Update:
        """What they had there before; after a start of the program, what their last clip is made of."""
        boxes = self._boxes.get(digest(visitor)) if visitor else None
        if boxes is None and (clip := self.archive.find(run_id)) and visitor and clip.visitor == digest(visitor):
            wish = self.archive.wish(clip)
            boxes = (str(wish.picture), str(wish.dance))
        picture, dance = (path if path and Path(path).is_file() else None for path in boxes or (None, None))
        shown = {self.parts.picture: picture, self.parts.dance: dance}
        return {part: path for part, path in shown.items() if path} or {self.parts.picture: gr.skip()}
