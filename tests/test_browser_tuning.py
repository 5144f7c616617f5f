"""Fine tuning in a real browser, as visitors set it: at once, or digit by digit."""

import pytest
from playwright.sync_api import Page

from tests.browsing import visit

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
