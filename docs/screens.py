"""Makes the pictures of the page in this folder, with the embedded model: python -m docs.screens"""

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browsing import served
from tests.conftest import chromium

FOLDER = Path(__file__).parent
WIDTHS, SCHEMES = (390, 768, 1280), ("light", "dark")
QUALITY = 75  # of a WebP
LONG = 120_000  # milliseconds


def keep(what: Page | Locator, name: str) -> None:
    shot = what.screenshot(full_page=True) if isinstance(what, Page) else what.screenshot()
    with Image.open(io.BytesIO(shot)) as picture:
        picture.convert("RGB").save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)


def opened(browser: Browser, address: str, *, width: int, scheme: str) -> Page:
    """The page with a character and a dance picked, and their finished clip."""
    size = {"width": width, "height": 844 if width < 600 else 900}
    page = browser.new_context(viewport=size, color_scheme=scheme, has_touch=width < 600).new_page()  # pyright: ignore
    page.goto(address)
    expect(page.locator("#small-print")).to_contain_text("at most", timeout=LONG)
    page.get_by_role("button", name="Use the character bear").click()
    expect(page.locator("#picture img")).to_be_visible()
    page.get_by_role("button", name="Use the dance disco").click()
    expect(page.locator("#dance video")).to_be_visible()
    expect(page.locator("#estimate")).to_contain_text("this computer", timeout=LONG)
    expect(page.locator("#rehearsal video")).to_be_visible(timeout=LONG)
    page.wait_for_function("[...document.querySelectorAll('video')].every(film => film.readyState >= 2)")
    for film in page.locator("video").all():  # what was never in sight is not painted
        film.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
    page.evaluate("scrollTo(0, 0)")
    return page


def take_all(browser: Browser, address: str) -> None:
    for width in WIDTHS:
        for scheme in SCHEMES:
            page = opened(browser, address, width=width, scheme=scheme)
            keep(page, f"page-{width}-{scheme}")
            page.context.close()
    page = opened(browser, address, width=1280, scheme="light")
    page.locator("#fine-tuning button").first.click()
    page.get_by_label("MusePose").check()
    expect(page.get_by_text("Licence: for non-commercial use.")).to_be_visible()
    page.wait_for_timeout(500)
    keep(page.locator("#fine-tuning"), "fine-tuning")
    page.get_by_label("Embedded").check()
    page.click("#animate")
    expect(page.get_by_alt_text("How the clip looks so far")).to_be_visible(timeout=LONG)
    keep(page.locator("#clip-column"), "working")
    expect(page.locator("#status")).to_contain_text("Done", timeout=LONG)
    page.get_by_role("button", name="Side by side").click()
    film = page.get_by_role("dialog").locator("video")
    page.wait_for_function("v => v.currentTime > 1", arg=film.element_handle(), timeout=LONG)
    film.evaluate("v => v.pause()")
    keep(page.get_by_role("dialog"), "side-by-side")
    page.context.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--mute-audio"])
        with served(["app.py", "--port", "{port}", "--folder", str(folder / "own")], folder) as address:
            take_all(browser, address)
        browser.close()


if __name__ == "__main__":
    main()
