"""What is told while the examiner looks at a file, which may have to wait for what it looks with."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from studio import view
from studio.checks import Examiner, Finding
from studio.words import Line, Words

_REFRESH = 0.25  # seconds between two looks at what is waited for


async def told_while(
    look: Coroutine[Any, Any, list[Finding]], examiner: Examiner, words: Words, is_wanted: Callable[[], bool]
) -> AsyncGenerator[str, None]:
    """HTML, each thing once: that it is looked at, what is got for that, and at last what was found, perhaps nothing.
    Where it is closed before or not wanted any more, as by who brings another file, it gives the look up."""
    looking, before = asyncio.ensure_future(look), ""
    try:
        while not looking.done():
            if not is_wanted():
                return
            if (told := view.status(words.say(examiner.getting or Line("looking")))) != before:
                yield told
            before = told
            await asyncio.wait([looking], timeout=_REFRESH)
        yield view.findings(words, await looking)
    finally:
        looking.cancel()
