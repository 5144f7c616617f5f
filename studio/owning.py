"""What is for whoever had a clip made alone: under which link it is public, and the dance for another character."""

from typing import Any

import gradio as gr

from studio import share
from studio.archive import Archive, Clip, digest
from studio.layout import Layout
from studio.words import Words


def own(archive: Archive, clip_id: str | None, visitor: str) -> Clip | None:
    """A clip, where it is the visitor's."""
    clip = archive.find(clip_id)
    return clip if clip and visitor and clip.visitor == digest(visitor) else None


def shown(
    parts: Layout, archive: Archive, clip_id: str, visitor: str, words: Words, request: gr.Request
) -> dict[Any, Any]:
    """A component to its new value, beside a clip that is done: its link while it leads there, and the button that
    hands its dance over. Others, who have the address of its page, see neither."""
    clip = own(archive, clip_id, visitor)
    return {
        parts.other_button: gr.update(visible=clip is not None and not clip.lent),
        parts.share_link: share.link(words, clip, base=share.address(request)) if clip else "",
    }
