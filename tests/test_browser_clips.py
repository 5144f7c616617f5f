"""Clips that are made: kept, made again, taken away, shared, deleted, and gone on with after a restart."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from studio.words import Words
from tests.browsing import fill, linger, served, visit

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]


def make(page: Page, address: str, files: dict[str, Path]) -> None:
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"], seconds=1)
    page.click("#animate")
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)


def test_what_is_made_when_asked_for_is_said_to_be_in_the_making(page: Page, address, files):
    make(page, address, files)
    held: list[Route] = []
    page.route(
        "**/clip.webm/*", lambda route: held.append(route) if route.request.method == "HEAD" else route.continue_()
    )
    said = page.locator("#take .preparing")
    expect(said).to_have_text("")
    with page.expect_download():
        page.get_by_role("link", name="WebM").click()
    expect(said).to_have_text("Preparing “WebM”…")
    for each in held:
        each.continue_()
    expect(said).to_have_text("")
    with page.expect_download():
        page.get_by_role("link", name="Settings as a file").click()
    expect(said).to_have_text("")
    page.route("**/clip.gif/*", lambda route: route.fulfill(status=507))
    page.get_by_role("link", name="GIF").click()
    expect(said).to_have_text(Words("en")("disk_full"))


def test_a_clip_is_kept_made_again_shared_and_deleted(browser: Browser, page: Page, address, files):
    make(page, address, files)
    with page.expect_download() as caught:
        page.locator("#download").click()
    assert caught.value.suggested_filename == "picture-dance.mp4"
    with page.expect_download() as caught:
        page.get_by_role("link", name="GIF").click()
    assert caught.value.suggested_filename == "picture-dance.gif"
    assert Path(caught.value.path()).read_bytes()[:6] == b"GIF89a"
    video = page.locator("#clip .player").get_attribute("src") or ""
    assert video.endswith("/picture-dance.mp4")  # which is what the player's own menu calls it

    # Side by side, in a window of its own, which plays; until then it says why not.
    held: list[Route] = []
    page.route("**/side.mp4/*", lambda route: held.append(route))
    page.get_by_role("button", name="Side by side").click()
    film, being_made = page.get_by_role("dialog").locator("video"), page.get_by_text("Preparing “Side by side”…")
    expect(film).to_be_visible()
    expect(being_made.locator("visible=true")).to_have_count(1)
    for each in held:
        each.continue_()
    page.unroute("**/side.mp4/*")
    expect(being_made.locator("visible=true")).to_have_count(0)
    page.wait_for_function("v => v.videoWidth > 200 && v.currentTime > 0 && !v.error", arg=film.element_handle())
    page.keyboard.press("Escape")
    expect(film).not_to_be_visible()
    with page.expect_download() as caught:
        page.get_by_role("link", name="WebM").click()
    assert Path(caught.value.path()).read_bytes()[:4] == b"\x1a\x45\xdf\xa3"

    # Again, a little different: another clip, and both are in the history.
    page.click("#again")
    expect(page.locator("#status")).not_to_contain_text("Done")
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    assert page.locator("#clip .player").get_attribute("src") != video
    page.locator("#history button").first.click()
    expect(page.locator("#history .card")).to_have_count(2)
    page.get_by_role("button", name=re.compile("Show the clip")).nth(1).click()
    expect(page.locator("#clip .player")).to_have_attribute("src", video)

    # Nobody else has it in their history; whoever has the link of another device sees it, and can delete nothing.
    other = browser.new_context().new_page()
    other.goto(f"{address}/?clip={video.split('/')[1]}")
    expect(other.locator("#clip .player")).to_be_visible()
    expect(other.locator("#other")).not_to_be_visible()
    other.locator("#share button").first.click()
    other.click("#share-now")
    expect(other.locator("#share-link")).to_contain_text("no longer here")

    # Private until shared; then everybody sees it, until it is deleted.
    page.locator("#share button").first.click()
    page.click("#share-now")
    link = page.locator("#share-link a").get_attribute("href") or ""
    other.goto(link)
    expect(other.get_by_text("Made with AI")).to_be_visible()
    other.wait_for_function("document.querySelector('video').readyState >= 2")
    page.reload()
    page.locator("#share button").first.click()
    expect(page.locator("#share-link a")).to_have_attribute("href", link)
    expect(page.locator("#other")).to_be_visible()
    page.locator("#history button").first.click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=re.compile("Delete the clip")).nth(1).click()
    expect(page.locator("#history .card")).to_have_count(1)
    expect(page.locator("#clip .player")).to_have_count(0)
    for path in (link, f"{link}/clip.mp4", f"{address}/{video}"):
        assert other.request.get(path).status == 404
    page.get_by_role("button", name="Delete all").click()
    expect(page.locator("#history .card")).to_have_count(0)
    expect(page.locator("#history")).to_contain_text("kept here for")
    # What was given for a clip went with it, so nothing pretends to be there; nor is the clip missed from then on.
    expect(page.locator("#status")).to_have_text("Deleted, and what it was made of with it.")
    expect(page.locator("#picture img")).to_have_count(0)
    expect(page.locator("#dance video")).to_have_count(0)
    page.reload()
    expect(page.locator("#small-print")).to_contain_text("at most")  # said together with what became of the clip
    expect(page.locator("#status")).to_have_text("")
    fill(page, files["picture.png"], files["dance.mp4"])
    page.click("#animate")
    expect(page.locator("#status")).to_contain_text("Done", timeout=15000)
    expect(page.locator("#notes li")).to_have_count(2)  # of a second, as was chosen before
    page.locator("#history button").first.click()
    page.get_by_role("button", name="Delete the clip").click()
    expect(page.locator("#status")).to_contain_text("Deleted")
    expect(page.locator("#notes li")).to_have_count(0)  # nothing is told of a clip that is no more
    other.context.close()


def test_what_is_shown_of_clips_is_readable_and_in_its_place_on_a_phone(page: Page, address, files):
    """Though gradio has rules of its own for text, its colours and its margins."""
    page.set_viewport_size({"width": 390, "height": 844})
    make(page, address, files)
    page.locator("#history button").first.click()
    cross = page.locator("#history .delete [aria-hidden]")
    assert cross.evaluate("cross => getComputedStyle(cross).color") == "rgb(255, 255, 255)"  # on a dark ground
    page.get_by_role("button", name="Side by side").click()
    dialog = page.get_by_role("dialog")
    page.wait_for_function("v => v.videoWidth > 200", arg=dialog.locator("video").element_handle())
    window, film = dialog.bounding_box(), dialog.locator("video").bounding_box()
    assert window
    assert film
    assert window["y"] + window["height"] / 2 == pytest.approx(844 / 2, abs=1)
    middle = "all => all.map(each => each.getBoundingClientRect()).map(box => box.x + box.width / 2)"
    thirds = [film["x"] + film["width"] * share for share in (1 / 6, 3 / 6, 5 / 6)]
    assert dialog.locator("form span").evaluate_all(middle) == pytest.approx(thirds, abs=1)


def test_times_are_told_in_the_zone_of_whoever_reads_them(browser: Browser, address, files):
    page = browser.new_context(timezone_id="Asia/Tokyo", locale="en-GB").new_page()
    make(page, address, files)
    page.locator("#share button").first.click()
    page.click("#share-now")
    told = page.locator("#share-link time")
    expect(told).not_to_contain_text("UTC")
    until = datetime.fromisoformat(told.get_attribute("datetime") or "").astimezone(ZoneInfo("Asia/Tokyo"))
    expect(told).to_have_text(f"{until.day} {until:%b %Y, %H:%M}")
    page.locator("#history button").first.click()
    made = page.locator("#history .card time").first
    begun = datetime.fromisoformat(made.get_attribute("datetime") or "").astimezone(ZoneInfo("Asia/Tokyo"))
    expect(page.get_by_role("button", name=f"Show the clip of {begun.day} {begun:%b %Y, %H:%M}")).to_be_visible()
    page.context.close()


def test_a_visitor_orders_several_clips(page: Page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"])
    linger(page)  # the first is still being made when the second is ordered
    page.click("#animate")
    expect(page.locator("#progress")).to_contain_text("frame")
    page.click("#animate")  # the same once more: that is the one being made
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Seed").press("Tab")
    page.click("#animate")
    expect(page.locator("#status")).to_have_text("Waiting: one clip is before you.")
    page.locator("#history button").first.click()
    expect(page.locator("#history .card")).to_have_count(2)
    expect(page.locator("#history")).to_contain_text("In the making")
    page.get_by_role("button", name=re.compile("Show the clip")).nth(1).click()  # back to the first
    expect(page.locator("#status")).not_to_contain_text("Waiting")
    expect(page.locator("#status")).to_contain_text("Done", timeout=30000)
    expect(page.locator("#history img")).to_have_count(1)
    page.get_by_role("button", name=re.compile("Show the clip")).first.click()  # and to the second
    expect(page.locator("#history img")).to_have_count(2, timeout=30000)
    expect(page.locator("#status")).to_contain_text("Done")


def test_another_tab_lists_what_was_made_and_deleted_meanwhile(page: Page, address, files):
    make(page, address, files)
    other = page.context.new_page()
    visit(other, address)
    cards, posters, fold = (other.locator(f"#history {each}") for each in (".card", "img", "button >> nth=0"))
    fold.click()
    expect(posters).to_have_count(1)
    fold.click()
    page.get_by_label("Seed").fill("7")
    page.get_by_label("Seed").press("Tab")
    page.click("#animate")
    expect(page.locator("#progress")).to_contain_text("frame")
    fold.click()
    expect(cards).to_have_count(2)
    expect(other.locator("#history")).to_contain_text("In the making")
    expect(posters).to_have_count(2, timeout=20000)
    page.locator("#history button").first.click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete all").click()
    expect(page.locator("#history .card")).to_have_count(0)
    for focused in (True, False):
        (cards.locator("button").first if focused else fold).focus()
        other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # its window is looked at again
        other.wait_for_timeout(300)
        expect(cards).to_have_count(2 if focused else 0)


def test_the_same_dance_with_another_character(page: Page, address, files):
    make(page, address, files)
    page.get_by_label("Best").check()  # and now that one was made, it is known how long the next takes
    expect(page.locator("#estimate")).to_contain_text("on this computer")
    page.click("#other")
    expect(page.locator("#picture img")).to_have_count(0)
    expect(page.locator("#dance video")).to_be_visible()
    expect(page.locator("#status")).to_have_text("The dance is in place. Choose another character.")


def test_a_clip_goes_on_after_the_server_was_killed(browser: Browser, tmp_path, files):
    page = browser.new_context().new_page()  # its scripts may find that nobody answers
    command = ["-m", "tests.fake_animator", "{port}", str(tmp_path / "own")]
    with served(command, tmp_path, kill=True) as place:
        port = place.rsplit(":", 1)[1]
        visit(page, place)
        fill(page, files["picture.png"], files["dance.mp4"])
        page.click("#animate")
        expect(page.locator("#progress")).to_contain_text("frame")
    with served(command, tmp_path, port=int(port)):  # and the page finds out by itself
        expect(page.locator("#status")).to_contain_text("Done", timeout=30000)
        expect(page.locator("#clip .player")).to_be_visible()
        page.locator("#history button").first.click()
        expect(page.locator("#history .card")).to_have_count(1)
    page.context.close()
