"""What somebody does while the page looks at what was there before: late answers change nothing of it."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from studio.rehearsal_view import people
from studio.words import Words
from tests.browsing import noted, visit
from tests.media import dancer

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]
EN = Words("en")
HINT, BY_HAND, WHO = "#picture-hint", "#by-hand section", "#who section"


@pytest.fixture
def pictures(tmp_path) -> dict[str, Path]:
    """As the stand-in knows them by name: in slow it sees nobody, and that late; in pair two."""
    for name, frame in zip(("slow", "pair", "plain"), dancer(3, width=256, height=384), strict=True):
        Image.fromarray(frame).save(tmp_path / f"{name}.png")
    return {path.stem: path for path in tmp_path.glob("*.png")}


def give(page: Page, picture: Path) -> None:
    """Into its box, whatever is there."""
    page.set_input_files("#picture input[type=file]", picture)


def unanswered(page: Page, address: str, *events: str) -> set[str]:
    """Events of the page that do not come to the server from now on; more may be added."""
    names = {each["id"]: each["api_name"] for each in page.request.get(f"{address}/config").json()["dependencies"]}
    held = {*events}

    def ask(route: Route) -> None:
        if names[route.request.post_data_json["fn_index"]] in held:
            route.fulfill(json={"event_id": "held"})  # a browser has few connections for what hangs
        else:
            route.continue_()

    page.route("**/queue/join?*", ask)
    return held


def watch(page: Page) -> None:
    """From now on the page notes what is said of its picture, in `said`, and what asks for joints or people there."""
    page.evaluate(
        """places => {
          window.said = [];
          const look = () => window.said.push(...places.map(each => document.querySelector(each)?.textContent ?? ''));
          new MutationObserver(look).observe(document.body, {childList: true, subtree: true, characterData: true});
        }""",
        [HINT, BY_HAND, WHO],
    )


def said(page: Page) -> str:
    return " ".join(page.evaluate("window.said"))


def test_what_is_found_late_in_a_picture_is_not_told_beside_the_next_one(page, address, pictures):
    visit(page, address)
    give(page, pictures["slow"])
    expect(page.locator("#picture img")).to_be_visible()
    watch(page)
    give(page, pictures["plain"])
    expect(page.locator(HINT)).to_have_text(EN("good_picture"))
    page.wait_for_timeout(4500)  # by then all has been found in the other one
    assert EN("nobody_picture") not in said(page)
    assert EN("by_hand_hint") not in said(page)
    expect(page.locator(HINT)).to_have_text(EN("good_picture"))


def test_what_is_pressed_while_a_picture_is_looked_at_stays_chosen(page, address, pictures, files, studio_folder):
    visit(page, address)
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(page.locator("#dance video")).to_be_visible()
    give(page, pictures["slow"])
    expect(page.locator("#picture img")).to_be_visible()
    dancers = people(EN, "person", "", {0: (0.0, 0.0, 0.5, 1.0), 1: (0.5, 0.0, 1.0, 1.0)}, chosen=0)
    press = """html => {
      const place = document.querySelector('#rehearsal .prose');
      place.innerHTML = html;
      place.querySelector('[data-person="1"]').click();
    }"""
    page.evaluate(press, dancers)  # at once, since the stand-in's own rehearsal, which is none, may come in between
    noted(studio_folder / "own", '"person": 1')
    expect(page.locator(BY_HAND)).to_be_visible()
    noted(studio_folder / "own", '"person": 1', '"guessed": true')


def test_people_and_joints_of_a_former_picture_cannot_be_chosen_for_the_next_one(page, address, pictures):
    """They go as it comes, before anybody has looked at it."""
    visit(page, address)
    held = unanswered(page, address)
    give(page, pictures["slow"])
    expect(page.locator(BY_HAND)).to_be_visible()
    held.add("look")
    give(page, pictures["pair"])
    expect(page.locator(WHO)).to_be_visible()
    expect(page.locator(BY_HAND)).to_have_count(0)
    held.add("see")
    give(page, pictures["plain"])
    expect(page.locator(HINT)).to_have_text(EN("good_picture"))
    expect(page.locator(WHO)).to_have_count(0)
