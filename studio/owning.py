"""What of a clip depends on who looks and from where: what it is called, what can be taken away, and for whoever had it
made alone, under which link it is public, and the dance for another character."""

import time
from typing import Any

import gradio as gr

from studio import files, share, view
from studio.archive import Archive, Clip, digest
from studio.layout import Layout
from studio.words import Words


def own(archive: Archive, clip_id: str | None, visitor: str) -> Clip | None:
    """A clip, where it is the visitor's."""
    clip = archive.find(clip_id)
    return clip if clip and visitor and clip.visitor == digest(visitor) else None


def shown(
    parts: Layout,
    archive: Archive,
    clip_id: str,
    visitor: str,
    words: Words,
    request: gr.Request,
    network: str | None = None,
) -> dict[Any, Any]:
    """A component to its new value, for a clip that is done: its player, what can be taken away of it, its link while
    it leads there, and the button that hands its dance over. Others, who have the address of its page, see neither link
    nor button, nor what the files were called that it is made of. network: as of share.address."""
    clip, base = own(archive, clip_id, visitor), share.address(request, network=network)
    name = _name(archive, clip_id, clip)
    posed, page = files.has_poses(archive, clip_id), "" if share.is_here_alone(base) else base
    return {
        parts.clip: gr.update(value=view.clip(words, clip_id, name=name), visible=True),
        parts.take: view.take(words, clip_id, name=name, posed=posed, page=page),
        parts.other_button: gr.update(visible=clip is not None and not clip.lent),
        parts.share_link: share.link(words, clip, base=base, network=network) if clip else "",
    }


def _name(archive: Archive, clip_id: str, mine: Clip | None) -> str:
    """What the files of a clip are called where they are taken away. mine: the clip, where it is the visitor's."""
    clip = archive.find(clip_id)
    made = time.strftime("%Y%m%d-%H%M%S", time.gmtime(clip.made if clip else None))
    return f"{(mine and mine.picture_called) or 'clip'}-{(mine and mine.dance_called) or made}"
