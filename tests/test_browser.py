"""The page in a real browser: with a stand-in for the model, fast, and once with the embedded model."""

import base64
import re
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from animate import examples
from tests.awaiting import awaited
from tests.browsing import PLAYS, ROOT, fill, linger, served, visit
from tests.media import dancer, encode, sound_seconds

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]


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
    expect(page.locator("#status [role=status]")).to_contain_text("Watching the dance")
    expect(page.locator("#progress")).to_contain_text(re.compile(r"frame \d+ of \d+"))
    expect(page.get_by_role("progressbar", name="How much is done")).to_be_visible()
    expect(page.get_by_alt_text("How the clip looks so far")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Done: 3.0 s of dance", timeout=15000)
    page.wait_for_function(f"() => {{ const v = document.querySelector('#clip .player'); return v && ({PLAYS})(v) }}")
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
    expect(page.get_by_text("playable")).to_have_count(0)
    expect(page.locator(".unplayed")).to_have_count(0)
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text(refused)
    assert "/tmp" not in page.inner_text("body")


def test_a_press_while_a_file_is_uploaded_is_answered_and_the_clip_begins_when_it_is_there(page, address, files):
    visit(page, address)
    page.locator("#characters button").first.click()
    status = page.locator("#status .prose")
    expect(status).to_contain_text("A clip we made before")  # the pick is answered
    held: list[Route] = []
    page.route(re.compile(r"/upload\?"), lambda route: held.append(route))
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(page.locator("#dance .uploading")).to_be_visible()
    page.click("#animate")
    expect(status).to_have_text("Still uploading what you gave. Your clip begins by itself when that is here.")
    said = "status => { said = []; new MutationObserver(() => said.push(status.innerText)).observe(status, "
    status.evaluate(said + "{childList: true, subtree: true, characterData: true}); }")
    held[0].continue_()
    expect(status).to_contain_text("Done", timeout=20000)
    assert "" not in page.evaluate("said")


def test_numbers_that_cannot_be_are_told_with_their_field_where_the_order_is_answered(page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"])
    page.get_by_role("button", name="Fine tuning").click()
    for label, given, usual in (("Steps", "500", "0"), ("Guidance", "-3", "0"), ("Seed", "-5", "42")):
        field = page.get_by_label(label)
        field.fill(given)
        field.press("Tab")
        page.click("#animate")
        expect(page.locator("#status .failed")).to_contain_text(f"{label}: {given} cannot be; choose ")
        field.fill(usual)
    expect(page.get_by_text(re.compile("(maximum|minimum) value"))).to_have_count(0)


def test_stop_ends_the_work_and_frees_the_page(page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"])
    linger(page)
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
    linger(page)
    page.click("#animate")
    expect(page.locator("#progress")).to_contain_text("frame")
    page.reload()
    expect(page.locator("#stop")).to_be_enabled()
    expect(page.locator("#status")).to_contain_text("Done", timeout=15000)
    expect(page.locator("#clip .player")).to_be_visible()
    page.reload()
    expect(page.locator("#clip .player")).to_be_visible()


def test_a_reload_empties_no_box_and_shows_them_to_nobody_else(browser: Browser, page, address, files):
    visit(page, address)
    page.set_input_files("#picture input[type=file]", files["picture.png"])
    expect(page.locator("#picture img")).to_be_visible()
    expect(page.get_by_text("One figure is seen, whole. Good.")).to_be_visible()
    page.reload()
    expect(page.locator("#picture img")).to_be_visible()
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(page.get_by_text("The dancer is seen whole. Good.")).to_be_visible()
    page.reload()
    expect(page.locator("#picture img")).to_be_visible()
    expect(page.locator("#dance video")).to_be_visible()
    page.get_by_label("I may use the pictures").check()
    page.click("#animate")
    expect(page.locator("#status")).to_contain_text("Done", timeout=15000)
    clip = (page.locator("#clip .player").get_attribute("src") or "").split("/")[1]
    other = browser.new_context().new_page()
    other.goto(f"{address}/?clip={clip}")
    expect(other.locator("#clip .player")).to_be_visible()
    expect(other.locator("#picture img, #dance video")).to_have_count(0)
    other.context.close()
    page.get_by_label("Remove Image").or_(page.get_by_label("Clear")).first.click()
    expect(page.locator("#picture img")).to_have_count(0)
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator("#dance video")).to_be_visible()
    expect(page.locator("#picture img")).to_have_count(0)


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
    expect(other.locator("#clip .player")).to_be_visible()
    expect(page.locator("#clip .player")).to_have_count(0)
    other.context.close()


def test_examples_are_picked_by_keyboard_and_show_their_clip(page, address):
    visit(page, address)
    page.get_by_role("button", name="Use the character bar").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#picture img")).to_be_visible()
    page.get_by_role("button", name="Use the dance swing").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dance video")).to_be_visible()
    expect(page.locator("#clip .player")).to_be_visible()
    expect(page.locator("#status")).to_have_text("A clip we made before. Press Animate to make yours.")


def test_two_picks_at_once_show_the_clip_of_both(page, address):
    visit(page, address)
    page.evaluate("""() => {
        for (const name of ['zap', 'zed']) document.querySelector(`.shelf button[data-name="${name}"]`).click();
    }""")
    expect(page.locator("#dance video")).to_be_visible()
    expect(page.locator("#picture img")).to_be_visible()
    expect(page.locator("#clip .player")).to_have_attribute("src", "examples/zed__zap.mp4")
    page.set_input_files("#picture input[type=file]", ROOT / "assets" / "characters" / "bear.png")
    expect(page.locator("#clip .player")).to_have_count(0)  # that is nobody's here but the visitor's
    expect(page.locator("#status")).to_have_text("")


def test_programs_can_ask_too(address, files, tmp_path):
    client = Client(address, verbose=False, download_files=str(tmp_path))
    picture, dance = handle_file(files["picture.png"]), handle_file(files["dance.mp4"])
    clip = client.predict(picture, dance, seconds=1, consent=True, api_name="/animate")
    assert sound_seconds(Path(clip)) == pytest.approx(1, abs=0.1)
    with pytest.raises(AppError, match="cannot be read as a picture"):
        client.predict(dance, dance, consent=True, api_name="/animate")
    with pytest.raises(AppError, match="fetches nothing from other addresses"):
        client.predict(handle_file("https://public.example/x.png"), dance, consent=True, api_name="/animate")
    with pytest.raises(AppError, match="people are numbered from 0"):
        client.predict(picture, dance, seconds=1, consent=True, character=-1, api_name="/animate")
    with pytest.raises(AppError, match="Steps: 500 cannot be"):
        client.predict(picture, dance, steps=500, consent=True, api_name="/animate")
    with pytest.raises(AppError, match="Say with consent=True"):
        client.predict(picture, dance, api_name="/animate")


def test_a_picture_of_ones_own_is_ticked_once_and_the_browser_remembers(page, address, files):
    visit(page, address)
    tick = page.get_by_label("I may use the pictures")
    page.get_by_role("button", name="Use the character bar").click()
    page.get_by_role("button", name="Use the dance swing").click()
    expect(page.locator("#dance video")).to_be_visible()
    expect(tick).to_be_hidden()
    expect(page.locator("#clip .player")).to_be_visible()
    page.get_by_label("Remove Image").or_(page.get_by_label("Clear")).first.click()
    page.set_input_files("#picture input[type=file]", files["picture.png"])
    expect(tick).to_be_visible()
    expect(page.locator("#clip .player")).to_have_count(0)  # a clip of ours is not shown as that of one's own picture
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text("First tick, above the button, that you may use this picture.")
    expect(tick).to_be_focused()
    expect(page.locator("#consent")).to_have_css("outline-style", "solid")  # the words may be out of sight
    tick.check()
    expect(page.locator("#consent")).to_have_css("outline-style", "none")
    expect(page.locator("#status .failed")).to_have_count(0)
    for ticked in (True, False, True):
        tick.set_checked(ticked)
        page.reload()
        expect(page.locator("#picture img")).to_be_visible()
        expect(page.locator("#dance video")).to_be_visible()
        expect(tick).to_be_checked(checked=ticked)
    page.click("#animate")
    expect(page.locator("#status")).to_contain_text("Done", timeout=15000)


def test_what_is_said_of_a_press_is_in_sight_where_it_stands_above_the_button(page, address):
    page.set_viewport_size({"width": 1024, "height": 400})
    visit(page, address)
    page.click("#animate")
    expect(page.locator("#status .failed")).to_be_visible()
    assert page.evaluate("scrollY") == 0


def test_a_phones_photo_and_a_video_that_the_browser_cannot_play_dance_all_the_same(page, address, files, tmp_path):
    visit(page, address)
    page.set_input_files("#picture input[type=file]", ROOT / "tests" / "data" / "pictures" / "bear.heic")
    shown = page.locator("#picture img[src*='.jpg']")
    expect(shown).to_be_visible()
    page.wait_for_function("image => image.naturalWidth === 96", arg=shown.element_handle())
    page.get_by_label("I may use the pictures").check()
    page.set_input_files(
        "#dance input[type=file]", encode(tmp_path / "phone.mov", dancer(30), codec="mpeg4", pixels="yuv420p")
    )
    told = page.get_by_text("This browser cannot play this video; it can be danced all the same.")
    expect(told).to_be_visible()
    expect(page.get_by_text("playable")).to_have_count(0)
    for button in ("Clear", "Upload file"):  # it can be taken out again
        expect(page.locator("#dance").get_by_role("button", name=button)).to_be_visible()
    page.click("#animate")
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    page.get_by_role("button", name="Use the dance swing").click()
    expect(page.locator("#dance video")).to_be_visible()
    expect(told).to_be_hidden()


def test_the_embedded_model_makes_a_clip_and_stops(page, tmp_path_factory, tmp_path, files):
    characters, dances = examples.characters(), examples.dances()
    if not (
        characters and dances and (ROOT / "weights" / "mini").is_dir() and any((ROOT / "weights" / "mini").iterdir())
    ):
        pytest.skip("the embedded model or its examples are not here")
    picture, dance = next(iter(characters.values())), next(iter(dances.values()))
    with served(
        ["app.py", "--port", "{port}", "--folder", str(tmp_path / "own")], tmp_path_factory.mktemp("studio")
    ) as place:
        visit(page, place)
        fill(page, picture, dance, seconds=1)
        page.click("#animate")
        expect(page.locator("#progress progress")).to_be_visible()
        expect(page.locator("#status")).to_contain_text("Done", timeout=120000)
        page.wait_for_function(
            f"() => {{ const v = document.querySelector('#clip .player'); return v && ({PLAYS})(v) }}"
        )
        assert sound_seconds(download(page, tmp_path / "clip.mp4")) == pytest.approx(1, abs=0.1)

        # It shows its puppet, which no seed changes: what would do nothing is not offered.
        expect(page.locator("#other")).to_be_visible()
        expect(page.locator("#again")).to_be_hidden()
        seed = page.get_by_label("Seed")
        expect(seed).to_be_hidden()
        page.get_by_label("Moore-AnimateAnyone").check()
        expect(seed).to_have_value("42")
        page.get_by_label("Embedded").check()
        expect(seed).to_be_hidden()

        page.click("#animate")
        expect(page.locator("#stop")).to_be_enabled()
        page.click("#stop")
        expect(page.locator("#status")).to_have_text("Stopped.", timeout=20000)
        expect(page.locator("#animate")).to_be_enabled()


def test_the_snippet_of_the_readme_runs(address, monkeypatch, tmp_path, capsys):
    snippet = (
        (ROOT / "README.md").read_text().split("## From a program", 1)[1].split("```python\n", 1)[1].split("```")[0]
    )
    monkeypatch.chdir(ROOT)
    exec(compile(snippet.replace("http://127.0.0.1:7860", address), "README.md", "exec"), {})
    clip = Path(capsys.readouterr().out.strip().splitlines()[-1])
    assert sound_seconds(clip) == pytest.approx(2, abs=0.1)


def test_assistants_have_one_tool(address, files):
    """Over MCP, by its own client."""

    def given(name: str, kind: str) -> str:
        return f"data:{kind};base64," + base64.b64encode(files[name].read_bytes()).decode()

    wish = {
        "picture": given("picture.png", "image/png"),
        "dance": given("dance.mp4", "video/mp4"),
        "seconds": 1,
        "consent": True,
    }

    async def ask() -> tuple[dict[str, dict], str]:
        async with (
            streamablehttp_client(f"{address}/gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool.inputSchema["properties"] for tool in (await session.list_tools()).tools}
            answer = await session.call_tool("animate", wish)
            assert not answer.isError, answer.content
            return tools, "".join(getattr(part, "text", "") for part in answer.content)

    tools, answer = awaited(ask())
    assert [*tools] == ["animate"]
    assert tools["animate"]["character"]["description"].startswith("who dances of several people in the picture")
    clip = re.search(r"http\S+?\.mp4", answer)
    assert clip is not None, answer
    assert httpx.get(clip.group()).headers["content-type"] == "video/mp4"


def test_a_gif_dances_and_a_file_for_the_other_box_is_refused_in_our_words(page, address, files, tmp_path):
    first, *rest = (Image.fromarray(frame) for frame in dancer(20))
    first.save(tmp_path / "swing.gif", save_all=True, append_images=rest, duration=80)
    visit(page, address)
    page.set_input_files("#picture input[type=file]", files["dance.mp4"])
    expect(
        page.get_by_text("dance.mp4 cannot be read as a picture").or_(
            page.get_by_text("Your video cannot be read as a picture")
        )
    ).to_be_visible()
    expect(page.locator("#picture img")).to_have_css("opacity", "0")  # no sign of a broken picture
    page.get_by_label("Remove Image").or_(page.get_by_label("Clear")).first.click()
    page.set_input_files("#picture input[type=file]", tmp_path / "swing.gif")
    expect(page.locator("#picture img")).to_have_css("opacity", "1")
    page.get_by_label("I may use the pictures").check()
    with page.expect_file_chooser() as chooser:
        page.locator("#dance").get_by_role("button", name="Upload").first.click()
    assert "image/gif" in (page.locator("#dance input[type=file]").get_attribute("accept") or "")
    chooser.value.set_files(tmp_path / "swing.gif")
    expect(page.get_by_text("This browser cannot play this video")).to_be_visible()
    film = page.locator("#dance video")
    expect(film).to_have_attribute("poster", re.compile("^data:image/jpeg"))  # it is seen all the same
    expect(film).to_be_visible()
    expect(page.locator(".toast-body")).to_have_count(0)
    page.click("#animate")
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
