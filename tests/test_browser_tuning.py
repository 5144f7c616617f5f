"""Fine tuning in a real browser, as visitors set it: at once, or digit by digit."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import noted, visit

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
