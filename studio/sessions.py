"""What gradio keeps of every page that is opened, and counts of every event: no more than this program needs of it.

For links that bring a page back as it was, which there are none of here, gradio describes every part of every page once
more, and keeps that: 160 kB and 7 ms a page, for the last ten thousand. For a dashboard that is off here, it counts the
last ten thousand events anew after each: 3 ms at first, 7 in the end.
"""

import logging
import os
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.blocks import BlocksConfig
from gradio.state_holder import SessionState, StateHolder

log = logging.getLogger(__name__)

MOST = 2000  # pages that are remembered: what was chosen in the rehearsal, which parts are seen
_COUNTING = {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000"}


def count_nothing() -> None:
    """To be called before the queue is made, which looks at it."""
    for name, value in _COUNTING.items():
        os.environ.setdefault(name, value)


def lighten(demo: gr.Blocks) -> None:
    """Keep less of each page that is opened from now on. demo: launched."""
    try:
        sessions = _Sessions(demo)
        sessions["trial"]
        del sessions.session_data["trial"]
        sessions.set_blocks(demo)
        demo.app.state_holder = sessions
    except Exception:  # another version of gradio: its own way then
        log.warning("Pages are kept as gradio keeps them, which takes more memory", exc_info=True)


class _Parts(BlocksConfig):
    """The parts and the events of a page, which describes none of them."""

    @staticmethod
    def config_for_block(*_given: Any, **_named: Any) -> dict[str, Any]:
        return {}

    def __copy__(self) -> "_Parts":
        return _plain(self)


def _plain(parts: BlocksConfig) -> _Parts:
    """A copy, as gradio makes one for every page."""
    new = _Parts(parts.root_block)
    vars(new).update(vars(BlocksConfig.__copy__(parts)))
    return new


class _Sessions(StateHolder):
    """Session ids to what is kept of a page."""

    def __init__(self, demo: gr.Blocks):
        super().__init__()
        self._new = SimpleNamespace(default_config=_plain(demo.default_config), blocks=())
        self.blocks, self.capacity = demo, MOST

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = SessionState(self._new)  # type: ignore[arg-type]
        return super().__getitem__(session_id)
