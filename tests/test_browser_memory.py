"""A clip that does not fit into memory: it is said, and one button sets what does."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import fill, standing_in, visit

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """The page around a stand-in that has little memory."""
    with standing_in(tmp_path_factory.mktemp("studio"), "tight") as found:
        yield found


def test_one_button_sets_what_fits(page: Page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"])
    told, button = page.locator("#estimate"), page.locator("#fit-memory")
    expect(told.locator(".failed")).to_contain_text("does not fit into memory", timeout=20000)
    expect(button).to_be_visible()
    proposed = re.fullmatch(r"Make it fit: size (\w+), ([\d.]+) s", button.inner_text())
    assert proposed
    button.click()
    expect(told.locator(".failed")).to_have_count(0)
    expect(told).to_contain_text("of memory")
    expect(button).to_be_hidden()
    page.get_by_role("button", name="Fine tuning").click()
    expect(page.get_by_label("number input for Seconds")).to_have_value(proposed[2])
    expect(page.get_by_label(proposed[1], exact=True).and_(page.locator("[value]")).first).to_be_checked()
