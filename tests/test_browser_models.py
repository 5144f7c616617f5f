"""Other models on the page: what one needs is shown, it is got with a button and used at once, without a restart."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import fill, standing_in, visit

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """The page around the stand-in, beside a hub that has a toy in the place of Moore's model."""
    with standing_in(tmp_path_factory.mktemp("studio"), "hub") as found:
        yield found


def test_a_model_is_got_with_a_button_and_used_at_once(page: Page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"], seconds=1)
    page.get_by_label("Moore-AnimateAnyone").check()
    expect(page.get_by_text("Licence: Apache-2.0.")).to_be_visible()
    expect(page.get_by_text("forbids harmful uses")).to_be_visible()
    expect(page.locator("#getting")).to_contain_text("to get")
    expect(page.locator("#getting")).to_contain_text("free on the disk")
    page.click("#animate")
    expect(page.locator("#status .failed")).to_contain_text("Moore-AnimateAnyone is not on this computer yet.")
    page.locator("#get-model").press("Enter")
    expect(page.locator("#getting")).to_have_text("The model is here. Press Animate.", timeout=30000)
    expect(page.locator("#get-model")).to_be_hidden()
    expect(page.get_by_label("Moore-AnimateAnyone")).to_be_focused()
    page.click("#animate")
    expect(page.locator("#status")).to_contain_text("Done", timeout=30000)
    expect(page.locator("#notes")).to_contain_text("Stand-in for moore")

    # And back to the program's own.
    page.get_by_label("Embedded").check()
    expect(page.get_by_text("Any use.")).to_be_visible()
    page.click("#animate")
    expect(page.locator("#status")).not_to_contain_text("Done")
    expect(page.locator("#status")).to_contain_text("Done", timeout=30000)
    expect(page.locator("#notes")).not_to_contain_text("Stand-in for moore")


def test_a_model_that_cannot_be_got_is_told_why(page: Page, address):
    visit(page, address)
    page.get_by_role("button", name="Fine tuning").click()
    page.get_by_label("MusePose").check()
    expect(page.get_by_text("Research and other non-commercial use only.")).to_be_visible()
    expect(page.locator("#getting .failed")).to_contain_text("The hub has no")
