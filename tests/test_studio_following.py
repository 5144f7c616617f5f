"""What a page shows of the clips it follows, one after the other."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from studio.acts import Acts
from studio.runs import State
from tests.awaiting import awaited


@pytest.fixture
def acts() -> Any:
    """Acts that show no more of a run than its name."""
    acts: Any = Acts.__new__(Acts)
    acts._shown_in = {}
    acts._shown = lambda run, state, words: {"status": run.id}
    acts.finished = lambda clip, words: {"status": clip.id}
    return acts


def run(name: str) -> Any:
    return SimpleNamespace(id=name, state=State(phase="running"))


PAGE: Any = SimpleNamespace(session_hash="page")


def test_what_is_shown_instead_is_said_again_since_an_answer_on_its_way_may_arrive_after_it(acts):
    async def visit():
        first, second = (acts.follow(run(name), None, PAGE) for name in ("first", "second"))
        assert await anext(first) == {"status": "first"}
        with pytest.raises(TimeoutError):  # nothing changes, and nothing came before it
            await asyncio.wait_for(anext(first), 0.9)
        assert await anext(second) == {"status": "second"}
        assert await asyncio.wait_for(anext(second), 3) == {"status": "second"}
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(second), 0.9)

    awaited(visit())


def test_a_clip_that_is_over_is_shown_again_where_another_was_followed(acts):
    async def visit():
        following = acts.follow(run("first"), None, PAGE)
        await anext(following)
        assert [each async for each in acts.show(run("over"), None, PAGE)] == [{"status": "over"}] * 2
        assert [each async for each in acts.show(run("over"), None, PAGE)] == [{"status": "over"}]
        assert acts._shown_in == {}

    awaited(visit())


def test_a_clip_is_not_shown_again_on_a_page_that_shows_a_third(acts):
    async def visit():
        await anext(acts.follow(run("first"), None, PAGE))
        over = acts.show(run("over"), None, PAGE)
        assert await anext(over) == {"status": "over"}
        third = acts.follow(run("third"), None, PAGE)
        assert await anext(third) == {"status": "third"}
        with pytest.raises(StopAsyncIteration):
            await anext(over)

    awaited(visit())
