"""The page in a real browser: with a stand-in for the model, fast, and once with the embedded model."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from animate import examples
from tests.media import beep, dancer, encode, sound_seconds

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.browser

PLAYS = "v => v.readyState >= 2 && v.videoWidth > 0 && !v.error && v.muted === false && v.paused"


@contextmanager
def served(command: list[str], folder: Path) -> Iterator[str]:
    """A page in a process of its own; its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "TMPDIR": str(folder), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, *(part.format(port=port) for part in command)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end, "the page did not come up"
            try:
                urllib.request.urlopen(f"{address}/config", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(15)
    assert "Traceback" not in (folder / "log").read_text()


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    Image.fromarray(dancer(1)[0]).save(folder / "picture.png")
    encode(folder / "dance.mp4", dancer(75), sound=beep(3, at=1))
    (folder / "broken.png").write_bytes((folder / "picture.png").read_bytes()[:60])
    (folder / "text.mp4").write_text("not a video")
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """The page around the stand-in, with two examples."""
    folder = tmp_path_factory.mktemp("studio")
    assets = folder / "assets"
    for name in ("characters", "dances", "results"):
        (assets / name).mkdir(parents=True)
    Image.fromarray(dancer(1)[0]).save(assets / "characters" / "bar.png")
    encode(assets / "dances" / "swing.mp4", dancer(30))
    encode(assets / "results" / "bar__swing.mp4", dancer(30))
    with served(["-m", "tests.fake_animator", "{port}", str(folder / "own"), str(assets)], folder) as found:
        yield found


@pytest.fixture(autouse=True)
def clean(context: BrowserContext) -> Iterator[None]:
    """Nothing goes wrong in the page's scripts, and nothing is asked of the outside."""
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    inside = ("http://127.0.0.1:", "data:", "blob:")
    context.on("request", lambda request: None if request.url.startswith(inside) else wrong.append(request.url))
    yield
    assert wrong == []


def visit(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#animate")).to_be_visible()
    expect(page.locator("#small-print")).to_contain_text("at most")


def fill(page: Page, picture: Path, dance: Path, *, seconds: float | None = None) -> None:
    page.set_input_files("#picture input[type=file]", picture)
    expect(page.locator("#picture img")).to_be_visible()
    page.set_input_files("#dance input[type=file]", dance)
    expect(page.locator("#dance video")).to_be_visible()
    if seconds is not None:
        page.get_by_role("button", name="Fine tuning").click()
        page.get_by_label("number input for Seconds").fill(str(seconds))
        page.get_by_label("number input for Seconds").press("Tab")


def download(page: Page, path: Path) -> Path:
    with page.expect_download() as caught:
        page.locator("#download").click()
    caught.value.save_as(path)
    return path


def test_from_first_visit_to_a_clip_that_plays_with_sound(page, address, files, tmp_path):
    visit(page, address)
    expect(page.locator("#small-print")).to_contain_text("Stand-in on paper, in pencil")
    fill(page, files["picture.png"], files["dance.mp4"])
    expect(page.get_by_text("96 × 128, 3.0 s, with sound.")).to_be_visible()
    page.click("#animate")
    expect(page.locator("#animate")).to_be_disabled()
    expect(page.locator("#status [role=status]")).to_contain_text("Watching the dance")
    expect(page.locator("#progress")).to_contain_text(re.compile(r"frame \d+ of \d+"))
    expect(page.get_by_role("progressbar", name="How much is done")).to_be_visible()
    expect(page.get_by_alt_text("How the clip looks so far")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Done: 3.0 s of dance", timeout=15000)
    page.wait_for_function(f"() => {{ const v = document.querySelector('#clip video'); return v && ({PLAYS})(v) }}")
    expect(page.locator("#notes li")).to_have_text("This clip is a stand-in <b>drawn</b> in pencil.")
    assert sound_seconds(download(page, tmp_path / "clip.mp4")) == pytest.approx(3, abs=0.1)
    expect(page.locator("#animate")).to_be_enabled()


def test_what_is_missing_or_broken_is_said_in_words(page, address, files):
    visit(page, address)
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text("Add a picture of your character.")
    page.set_input_files("#picture input[type=file]", files["broken.png"])
    refused = "broken.png cannot be read as a picture. Save it again as JPEG, PNG or WebP and try that."
    expect(page.locator(".hint .failed")).to_have_text(refused)
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text("Add a video of a dance.")
    page.set_input_files("#dance input[type=file]", files["text.mp4"])
    expect(page.get_by_text("text.mp4 cannot be read as a video.")).to_be_visible()
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text(refused)
    assert "/tmp" not in page.inner_text("body")


def test_stop_ends_the_work_and_frees_the_page(page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"])
    page.click("#animate")
    expect(page.locator("#progress")).to_contain_text("frame")
    page.click("#stop")
    expect(page.locator("#status")).to_have_text("Stopped.", timeout=2000)
    expect(page.locator("#animate")).to_be_enabled()
    expect(page.locator("#stop")).to_be_disabled()
    expect(page.locator("#progress progress")).to_have_count(0)


def test_a_reload_does_not_lose_the_clip(page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"])
    page.click("#animate")
    expect(page.locator("#progress")).to_contain_text("frame")
    page.reload()
    expect(page.locator("#animate")).to_be_disabled()
    expect(page.locator("#status")).to_contain_text("Done", timeout=15000)
    expect(page.locator("#clip video")).to_be_visible()
    page.reload()
    expect(page.locator("#clip video")).to_be_visible()


def test_two_visitors_take_turns_and_see_only_their_own(browser: Browser, page, address, files):
    other = browser.new_context().new_page()
    for each in (page, other):
        visit(each, address)
        fill(each, files["picture.png"], files["dance.mp4"])
    page.click("#animate")
    expect(page.locator("#progress")).to_contain_text("frame")
    other.click("#animate")
    expect(other.locator("#status")).to_have_text("Waiting: one clip is before you.")
    page.click("#stop")
    expect(page.locator("#status")).to_have_text("Stopped.")
    expect(other.locator("#status")).to_contain_text("Done", timeout=15000)
    expect(other.locator("#clip video")).to_be_visible()
    expect(page.locator("#clip video")).to_have_count(0)
    other.context.close()


def test_examples_are_picked_by_keyboard_and_show_their_clip(page, address):
    visit(page, address)
    page.get_by_role("button", name="Use the character bar").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#picture img")).to_be_visible()
    page.get_by_role("button", name="Use the dance swing").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dance video")).to_be_visible()
    expect(page.locator("#clip video")).to_be_visible()
    expect(page.locator("#status")).to_have_text("A clip we made before. Press Animate to make yours.")


@pytest.mark.parametrize(
    ("locale", "direction", "title", "missing"),
    [
        ("es-ES", "ltr", "Haz bailar una imagen", "Añade una imagen de tu personaje."),
        ("zh-CN", "ltr", "让图片跳起舞来", "请添加角色的图片。"),
        ("ar", "rtl", "اجعل صورة ترقص", "أضف صورة لشخصيتك."),
        ("fr-FR", "ltr", "Make a picture dance", "Add a picture of your character."),
    ],
)
def test_each_visitor_is_spoken_to_in_their_language(browser: Browser, address, locale, direction, title, missing):
    page = browser.new_context(locale=locale).new_page()
    page.goto(address)
    expect(page.locator("h1")).to_have_text(title)
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text(missing)
    assert page.evaluate("getComputedStyle(document.querySelector('#top p')).direction") == direction
    page.locator("#fine-tuning button").first.click()
    expect(page.locator("#fine-tuning label").first).to_be_visible()
    english = "Size|Seconds|Seed|Body|Place|Use the|Best:|Your clip|appears|at most|__i18n__|page-"
    if direction == "rtl" or not title.startswith("Make"):
        assert re.search(english, page.content().split("<body")[1].split("<script")[0]) is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_and_the_order_is_kept(page, address, width):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tops = [page.locator(each).bounding_box() for each in ("#picture", "#dance", "#animate", "#clip-column")]
    corners = [(box["x"], box["y"]) for box in tops if box]
    if width < 640:
        assert [y for _, y in corners] == sorted(y for _, y in corners)
    else:
        assert corners[0][0] < corners[1][0] < corners[3][0]


def test_programs_can_ask_too(address, files, tmp_path):
    client = Client(address, verbose=False, download_files=str(tmp_path))
    picture, dance = handle_file(files["picture.png"]), handle_file(files["dance.mp4"])
    clip = client.predict(picture, dance, seconds=1, api_name="/animate")
    assert sound_seconds(Path(clip)) == pytest.approx(1, abs=0.1)
    with pytest.raises(AppError, match="cannot be read as a picture"):
        client.predict(dance, dance, api_name="/animate")


def test_the_embedded_model_makes_a_clip_and_stops(page, tmp_path_factory, tmp_path, files):
    characters, dances = examples.characters(), examples.dances()
    if not (
        characters and dances and (ROOT / "weights" / "mini").is_dir() and any((ROOT / "weights" / "mini").iterdir())
    ):
        pytest.skip("the embedded model or its examples are not here")
    picture, dance = next(iter(characters.values())), next(iter(dances.values()))
    with served(["app.py", "--port", "{port}"], tmp_path_factory.mktemp("studio")) as address:
        visit(page, address)
        fill(page, picture, dance, seconds=1)
        page.click("#animate")
        expect(page.locator("#progress")).to_contain_text(re.compile(r"frame \d+ of \d+"), timeout=60000)
        expect(page.locator("#status")).to_contain_text("Done", timeout=120000)
        page.wait_for_function(f"() => {{ const v = document.querySelector('#clip video'); return v && ({PLAYS})(v) }}")
        assert sound_seconds(download(page, tmp_path / "clip.mp4")) == pytest.approx(1, abs=0.1)
        page.click("#animate")
        expect(page.locator("#stop")).to_be_enabled()
        page.click("#stop")
        expect(page.locator("#status")).to_have_text("Stopped.", timeout=20000)
        expect(page.locator("#animate")).to_be_enabled()
