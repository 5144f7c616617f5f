"""A visitor comes back to the page: what they had set is as they left it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import fill, linger, noted, visit

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]

NUMBERS = {
    "number input for Seconds": "2.5",
    "Start at second": "0.5",
    "Steps": "100",
    "Guidance": "2",
    "Seed": "77",
    "number input for Smoothing": "0.5",
}
CHOSEN = ("Draft", "Large", "The dancer's, in my character's size", "Stay in place", "MusePose")


def tune(page: Page) -> None:
    page.get_by_role("button", name="Fine tuning").click()
    for name in CHOSEN:
        page.get_by_label(name, exact=name != "MusePose").check()
    for name, value in NUMBERS.items():
        page.get_by_label(name, exact=True).fill(value)
        page.get_by_label(name, exact=True).press("Tab")


def as_it_was_left(page: Page, *, model: str = "MusePose") -> None:
    expect(page.locator("#animate")).to_be_visible()
    page.get_by_role("button", name="Fine tuning").click()
    for name in (*CHOSEN[:-1], model):
        expect(page.get_by_label(name, exact=name != model)).to_be_checked()
    for name, value in NUMBERS.items():
        expect(page.get_by_label(name, exact=True)).to_have_value(value)


def test_fine_tuning_is_as_it_was_left(page, address, files, studio_folder):
    visit(page, address)
    tune(page)
    noted(studio_folder / "own", '"seconds": 2.5', '"seed": 77', '"smoothing": 0.5', '"musepose"')
    page.reload()
    as_it_was_left(page)
    fill(page, files["picture.png"], files["dance.mp4"])
    page.get_by_label("Embedded").check()
    page.click("#animate")
    expect(page.locator("#progress")).to_contain_text("of 100")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "queue/join" in request.url else None)
    page.reload()  # while the clip is being made
    as_it_was_left(page, model="Embedded")
    expect(page.locator("#stop")).to_be_enabled()
    expect(page.locator("#status")).to_contain_text("Done", timeout=30000)
    as_it_is_made = page.get_by_role("link", name="Settings").get_attribute("href")
    made = page.request.get(f"{address}/{as_it_is_made}").json()
    assert (made["preset"], made["size"], made["seconds"], made["seed"]) == ("draft", "large", 2.5, 77)
    assert len(asked) < 40


def test_a_clip_begun_on_a_page_that_was_opened_for_another_is_there_after_a_reload(page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"], seconds=1)
    page.click("#animate")
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    first = page.locator("#clip .player").get_attribute("src") or ""
    page.click("#again")
    expect(page.locator("#progress progress")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    visit(page, f"{address}/?clip={first.split('/')[1]}&__theme=light")
    expect(page.locator("#clip .player")).to_have_attribute("src", first)  # though the browser had kept another
    page.reload()
    expect(page.locator("#clip .player")).to_have_attribute("src", first)
    linger(page)
    page.click("#animate")
    expect(page.locator("#progress")).to_contain_text("of 100")
    expect(page).to_have_url(f"{address}/?__theme=light")
    page.reload()
    expect(page.locator("#stop")).to_be_enabled()
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    expect(page.locator("#clip .player")).not_to_have_attribute("src", first)
