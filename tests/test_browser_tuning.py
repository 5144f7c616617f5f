"""Fine tuning in a real browser, as visitors set it: at once, or digit by digit."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import fill, linger, noted, visit

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]

# JavaScript: opens fine tuning and fills a field in the first frame that it is in; its value ten frames later.
_AT_ONCE = """async ([label, value]) => {
  const frame = () => new Promise(requestAnimationFrame);
  const find = () => [...document.querySelectorAll(`[aria-label="${label}"]`)].find(each => each.offsetParent);
  document.querySelector('#fine-tuning > button').click();
  while (!find()) await frame();
  find().value = value;
  find().dispatchEvent(new Event('input', {bubbles: true}));
  for (let frames = 0; frames < 10; frames++) await frame();
  return find().value;
}"""


@pytest.mark.parametrize("field", ["number input for Seconds", "range slider for Smoothing"])
def test_what_is_set_as_soon_as_fine_tuning_is_opened_stays(page: Page, address: str, field: str):
    visit(page, address)
    assert page.evaluate(_AT_ONCE, [field, "2"]) == "2"


def test_a_number_is_typed_digit_by_digit_and_what_it_is_at_last_is_kept(page: Page, address: str, studio_folder: Path):
    """Though it cannot be on the way, when it is told already."""
    visit(page, address)
    page.get_by_role("button", name="Fine tuning").click()
    for field, typed in (("Seconds", "0.5"), ("Smoothing", "2")):
        number = page.get_by_label(f"number input for {field}")
        number.press("End")
        number.press("Backspace")
        for key in typed:
            page.wait_for_timeout(100)
            number.press(key)
    noted(studio_folder / "own", '"seconds": 0.5', '"smoothing": 2,')
    expect(page.locator(".toast-body")).to_have_count(0)


def test_what_was_wrong_or_stopped_is_said_no_more_when_something_else_is_set_or_given(page: Page, address: str, files):
    visit(page, address)
    status = page.locator("#status .prose")
    fill(page, files["picture.png"], files["dance.mp4"])
    linger(page)
    start = page.get_by_label("Start at second")
    start.fill("50")
    start.press("Tab")
    page.click("#animate")
    expect(status.locator(".failed")).to_contain_text("Start before that")
    start.fill("1")
    start.press("Tab")
    expect(status).to_be_empty()
    for mend in (
        lambda: page.get_by_role("button", name="Use the character bar").click(),
        lambda: page.set_input_files("#picture input[type=file]", files["picture.png"]),
    ):
        page.click("#animate")
        expect(page.locator("#progress progress")).to_be_visible()
        page.click("#stop")
        expect(status).to_have_text("Stopped.")
        expect(page.locator("#animate")).to_be_enabled()
        page.wait_for_timeout(700)  # by then it has been said again, as of a page that showed another clip
        mend()
        expect(status).to_be_empty()
