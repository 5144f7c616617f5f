"""Fixtures of the browser tests: files to give, the page around the stand-in, and a watch on what goes wrong."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Request

from tests.browsing import standing_in
from tests.media import beep, dancer, encode


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(dancer(1, width=256, height=384)[0]).save(folder / "picture.png")
    encode(folder / "dance.mp4", dancer(75), sound=beep(3, at=1))
    (folder / "broken.png").write_bytes((folder / "picture.png").read_bytes()[:60])
    (folder / "text.mp4").write_text("not a video")
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="session")
def studio_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="session")
def address(studio_folder) -> Iterator[str]:
    """The page around the stand-in, one for all files: with two characters and two dances of ours, the four clips of
    them made before. What a test does there is its own browser context's."""
    assets = studio_folder / "assets"
    for name in ("characters", "dances", "results"):
        (assets / name).mkdir(parents=True)
    characters, dances = {"bar": dancer(2), "zed": dancer(5)}, {"swing": dancer(30), "zap": dancer(31)}
    for name, frames in characters.items():
        Image.fromarray(frames[-1]).save(assets / "characters" / f"{name}.png")
    for name, frames in dances.items():
        encode(assets / "dances" / f"{name}.mp4", frames)
    for character, dance in product(characters, dances):
        encode(assets / "results" / f"{character}__{dance}.mp4", dances[dance])
    with standing_in(studio_folder) as found:
        yield found


@pytest.fixture
def clean(context: BrowserContext) -> Iterator[None]:
    """Nothing goes wrong in the page's scripts, nothing is asked of the outside, and no box has half a value."""
    wrong: list[str] = []

    def look(request: Request) -> None:
        if not request.url.startswith(inside):
            wrong.append(request.url)
        if "queue/join" in request.url and "__type__" in (request.post_data or ""):
            wrong.append(request.post_data or "")

    context.on("weberror", lambda error: wrong.append(str(error.error)))
    inside = ("http://127.0.0.1:", "data:", "blob:")
    context.on("request", look)
    yield
    assert wrong == []
