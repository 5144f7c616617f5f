"""What programs ask for by HTTP and MCP: a clip, which is made and kept for them alone."""

import asyncio
import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from animate import InputError
from studio.page import Studio, build
from studio.runs import Run
from studio.serve import launch
from studio.wishes import Wish
from tests.awaiting import awaited, wait_for
from tests.browsing import ROOT, free_port
from tests.fake_animator import FakeAnimator
from tests.media import beep, dancer, encode
from tests.test_studio import LIMITED

ACCEPTED = {"accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(dancer(1)[0]).save(folder / "picture.png")
    return {
        "picture": folder / "picture.png",
        "dance": encode(folder / "dance.mp4", dancer(50), sound=beep(2, at=1)),
    }


@pytest.fixture(scope="module")
def opened(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """The page, open: its studio, whose clips take longer than any test, and its address."""
    folder = tmp_path_factory.mktemp("page")
    studio = build(lambda name: FakeAnimator(pause=0.2), limits=LIMITED, folder=folder)
    address = launch(studio, host="127.0.0.1", port=free_port())
    yield SimpleNamespace(studio=studio, address=address.rstrip("/"))
    studio.close()
    studio.demo.close(verbose=False)


def begun(studio: Studio) -> Run:
    """The run in progress."""
    wait_for(lambda: any(run.state.phase == "running" for run in [*studio.workshop._runs.values()]))
    return next(run for run in [*studio.workshop._runs.values()] if run.state.phase == "running")


def is_ended(studio: Studio, run: Run) -> bool:
    """Whether a run ended before its clip was made, and nothing is left of it."""
    nothing = studio.archive.find(run.id) is None and not (studio.archive.folder / run.id).exists()
    return run.state.phase == "stopped" and nothing


def test_a_clip_whose_program_cancels_is_not_made(opened, files):
    client = Client(opened.address, verbose=False)
    given = {name: handle_file(path) for name, path in files.items()}
    jobs = [client.submit(**given, seconds=2, seed=seed, consent=True, api_name="/animate") for seed in range(2)]
    run = begun(opened.studio)
    wait_for(lambda: opened.studio.workshop.waiting == 1)
    for job in jobs:
        job.cancel()
    wait_for(lambda: is_ended(opened.studio, run))
    wait_for(lambda: opened.studio.archive.all() == [])
    assert opened.studio.workshop.waiting == 0


ASK = """
import sys
import time
from gradio_client import Client, handle_file
address, picture, dance = sys.argv[1:]
Client(address, verbose=False).predict(
    handle_file(picture), handle_file(dance), seconds=2, consent=True, api_name="/animate"
)
"""


def test_a_clip_whose_program_is_killed_is_not_made(opened, files):
    program = subprocess.Popen([sys.executable, "-c", ASK, opened.address, *map(str, files.values())], cwd=ROOT)
    run = begun(opened.studio)
    time.sleep(0.5)  # until it listens
    program.kill()
    program.wait()
    wait_for(lambda: is_ended(opened.studio, run))
    assert opened.studio.archive.all() == []


def asked_of_mcp(files: dict[str, Path], **wish: Any) -> dict[str, Any]:
    kinds = {"picture": "image/png", "dance": "video/mp4"}
    held = {name: base64.b64encode(path.read_bytes()).decode() for name, path in files.items()}
    given = {name: f"data:{kinds[name]};base64,{data}" for name, data in held.items()}
    call = {"name": "animate", "arguments": {**given, **wish}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}


def test_a_clip_whose_assistant_waits_no_longer_is_not_made(opened, files):
    asked = {"json": asked_of_mcp(files, seconds=2, consent=True), "headers": ACCEPTED}
    with httpx.stream("POST", f"{opened.address}/gradio_api/mcp/", **asked, timeout=20):
        run = begun(opened.studio)
    wait_for(lambda: is_ended(opened.studio, run))
    assert opened.studio.archive.all() == []


def animate(studio: Studio, files: dict[str, Path], **wish: Any) -> Path:
    """The clip that a program asks for, when nothing else of it is kept any more."""
    request: Any = SimpleNamespace(request=None, headers={})
    given: list[Any] = [*map(str, files.values())]

    async def ask() -> str:
        try:
            return await studio.programs.animate(request, *given, **{"consent": True, **wish})
        finally:
            async with asyncio.timeout(20):
                while studio.archive.all():
                    await asyncio.sleep(0.01)

    return Path(awaited(ask()))


def test_of_a_clip_that_is_handed_out_nothing_else_is_kept(files, tmp_path):
    """The file is where uploads are, and goes when they do; so does a clip that failed, of which was told."""
    animator = FakeAnimator(pause=0)
    studio = build(lambda name: animator, limits=LIMITED, folder=tmp_path)
    studio.workshop.open()
    clip = animate(studio, files, seconds=0.5)
    animator.fails = InputError("It broke.")
    with pytest.raises(gr.Error, match="It broke"):
        animate(studio, files, seconds=0.5)
    assert [*(tmp_path / "clips").iterdir()] == []
    assert clip.read_bytes()[4:8] == b"ftyp"
    old = time.time() - LIMITED.keep_hours * 3600 - 60
    os.utime(clip, (old, old))
    studio.janitor.look()
    assert not clip.exists()
    studio.close()


def test_a_program_does_not_wait_for_its_clip_beyond_the_end_of_the_page(files, tmp_path):
    wish = Wish(**files, consent=True)
    first = build(lambda name: FakeAnimator(), limits=LIMITED, folder=tmp_path)
    programs, visitors = first.archive.add("", wish), first.archive.add("ann", wish)
    second = build(lambda name: FakeAnimator(), limits=LIMITED, folder=tmp_path)
    second.open()
    assert [clip.id for clip in second.archive.all()] == [visitors.id]
    assert second.workshop.find(programs.id) is None
    second.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seconds": 100}, "seconds: 100 cannot be; give a number from 0.5 to 10."),
        ({"seconds": -1}, "seconds: -1 cannot be"),
        ({"seconds": "x"}, "seconds: x is no number."),
        ({"steps": [7]}, "is no number."),
        ({"guidance": float("nan")}, "guidance: nan is no number."),
        ({"smoothing": 9}, "smoothing: 9 cannot be; give a number from 0 to 3."),
        ({"preset": "fast"}, "preset: fast cannot be; give one of draft, standard, best."),
        ({"size": {}}, "size: {} cannot be; give one of small, standard, large."),
        ({"model": "nano"}, "model: nano cannot be; give one of mini, "),
        ({"seed": 2**70}, "Seed: 1180591620717411303424 cannot be"),
        ({"consent": "true"}, "Say with consent=True"),
    ],
)
def test_what_cannot_be_is_refused_in_words_that_name_the_field(opened, files, given, said):
    """As gradio's own client hears it, past gradio's own inputs."""
    (api,) = (fn for fn in opened.studio.demo.fns.values() if fn.api_name == "animate")
    names = [*opened.studio.programs.fields]
    wish = {"consent": True, **given}
    taken = [box.preprocess(wish.get(name)) for name, box in zip(names, api.inputs[2:], strict=True)]
    with pytest.raises(gr.Error) as refused:
        awaited(api.fn(SimpleNamespace(request=None, headers={}), *map(str, files.values()), *taken))
    assert said in str(refused.value.message)
    assert opened.studio.archive.all() == []


def test_what_a_program_leaves_out_or_gives_as_nothing_is_as_usual(files, tmp_path):
    animator = FakeAnimator(pause=0)
    studio = build(lambda name: animator, limits=replace(LIMITED, usual_seconds=0.5), folder=tmp_path)
    studio.workshop.open()
    for wish in ({}, dict.fromkeys(studio.programs.fields) | {"consent": True}, {"model": "mini"}):
        animate(studio, files, **wish)
    first, *others = animator.jobs[-3:]
    assert (first.seconds, first.settings.steps, first.settings.seed) == (0.5, 3, 42)
    assert [replace(each, image=first.image, motion=first.motion, savepoint=None) for each in others] == [
        replace(first, savepoint=None)
    ] * 2
    studio.close()


def test_assistants_are_told_what_they_may_give(opened):
    (tool,) = httpx.get(f"{opened.address}/gradio_api/mcp/schema").json()
    known = tool["inputSchema"]["properties"]
    assert all(about["description"].endswith((".", "…")) for about in known.values()), known
    for file in ("picture", "dance"):
        assert "as data:" in known[file]["description"]
    assert known["preset"]["enum"] == ["draft", "standard", "best"]
    assert known["preset"]["default"] == "standard"
    assert [known[name]["type"] for name in ("seconds", "seed", "consent")] == ["number", "integer", "boolean"]
    assert "mini" in known["model"]["enum"]
    assert tool["inputSchema"]["required"] == ["picture", "dance"]
