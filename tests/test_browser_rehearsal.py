"""The rehearsal in a real browser: seen before anything is rendered, mended, and a body placed by hand."""

import re
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from animate import examples, video
from animate.motion import drawn
from studio.rehearsal_view import characters, hand, strip, working
from studio.words import Words
from tests.browsing import free_port, measured, noted, put, served, visit
from tests.media import grey
from tests.test_browser_access import violations

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The page around the embedded model."""
    folder = tmp_path_factory.mktemp("studio")
    with served(["app.py", "--port", "{port}", "--folder", str(measured(folder / "own"))], folder) as found:
        yield found


def drag(page: Page, spot, *, x: float, y: float) -> None:
    spot.scroll_into_view_if_needed()
    box = spot.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + x, middle[1] + y, steps=3)
    page.mouse.up()


def for_a_second(page: Page) -> None:
    """So long will the clip be."""
    page.get_by_role("button", name="Fine tuning").click()
    page.get_by_label("number input for Seconds").fill("1")
    page.get_by_label("number input for Seconds").press("Tab")


def rehearsed(page: Page) -> None:
    expect(page.locator("section.rehearsal .puppet video")).to_be_visible(timeout=90000)
    page.wait_for_function("() => document.querySelector('.puppet video').readyState >= 2")


def rehearsed_anew(page: Page, home: str | None) -> None:
    """home: of the rehearsal that was there before."""
    expect(page.locator(f"section.rehearsal[data-home]:not([data-home='{home}'])")).to_be_visible(timeout=90000)
    rehearsed(page)


def rehearse_ours(page: Page, address: str) -> None:
    """A second of our first dance by our first character."""
    visit(page, address)
    for_a_second(page)
    page.locator("#characters button").first.click()
    page.locator("#dances button").first.click()
    rehearsed(page)


def open_editor(page: Page) -> None:
    """Of the dancer's joints, which are then in their places."""
    page.get_by_role("button", name="Mend the dancer's joints").click()
    page.wait_for_function("() => Number(document.querySelectorAll('.editor circle')[4]?.getAttribute('cx')) > 0")


def test_the_character_dances_at_once_and_joints_are_mended(page, real):
    rehearse_ours(page, real)
    assert violations(page) == []
    expect(page.locator(".rehearsal .doubts")).to_have_text("The dancer is seen well all the time.")
    lit = "() => { const c = document.querySelector('.puppet canvas'); return !c.hidden && c.width > 0 &&"
    lit += " c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value > 0) }"
    assert not page.evaluate(lit)
    page.get_by_label("Show the skeleton").check()
    page.wait_for_function(lit)

    opener = page.get_by_role("button", name="Mend the dancer's joints")
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.get_by_label("Moment").fill("0.4")
    page.wait_for_function("() => Number(document.querySelectorAll('.editor circle')[4]?.getAttribute('cx')) > 0")
    wrist, undo = page.locator(".editor circle").nth(4), page.locator(".editor").get_by_role("button", name="Undo")
    before = float(wrist.get_attribute("cx"))
    drag(page, wrist, x=40, y=-10)
    assert float(wrist.get_attribute("cx")) > before + 2
    expect(page.locator(".editor .count")).to_have_text("1")
    undo.click()
    assert float(wrist.get_attribute("cx")) == pytest.approx(before)
    expect(undo).to_be_disabled()
    wrist.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.locator(".editor circle").nth(7).focus()
    page.keyboard.press("Delete")
    expect(page.locator(".editor circle").nth(7)).to_have_class(re.compile("unseen"))
    expect(page.locator(".editor .count")).to_have_text("2")
    page.wait_for_timeout(500)  # until the button for undoing has its colours again
    assert violations(page) == []
    page.get_by_role("button", name="Try it").click()
    mended = re.compile(r"\[\[4, 0\.4, 0\.\d+, 0\.\d+\], \[7, 0\.4, null, null\]\]")
    expect(page.locator("section.rehearsal[data-home]")).to_have_attribute("data-edits", mended, timeout=60000)
    expect(page.get_by_label("Moment")).to_have_value("0.4")  # the editor is open where it was
    expect(page.locator(".editor .count")).to_have_text("2")


def test_a_joint_that_is_moved_before_a_cut_moves_in_its_own_shot_alone(page, real):
    def cut(route: Route) -> None:
        facts = route.fetch().json()
        route.fulfill(json={**facts, "cuts": [round(0.48 * facts["fps"])]})

    page.route("**/facts.json", cut)
    rehearse_ours(page, real)
    open_editor(page)
    wrist, places = page.locator(".editor circle").nth(4), {}
    for mended in (False, True):
        for moment in ("0.36", "0.4", "0.48"):
            page.get_by_label("Moment").fill(moment)
            places[moment, mended] = float(wrist.get_attribute("cx"))
        if not mended:
            page.get_by_label("Moment").fill("0.44")
            drag(page, wrist, x=40, y=0)
    assert [places[moment, True] > places[moment, False] + 1 for moment in ("0.36", "0.4", "0.48")] == [1, 1, 0]
    assert places["0.48", True] == places["0.48", False]


def test_why_no_clip_can_be_made_is_said_once_and_not_how_long_it_would_take(page, address):
    visit(page, address)
    places = [page.locator(each) for each in ("#dance-hint", "#rehearsal", "#status", "#estimate")]
    told, wrong, section = '<p class="fine">This</p>', '<p class="failed">Nobody</p>', "<section>It dances</section>"
    for *said, shown in (
        (told, section, "", told, "dance-hint rehearsal estimate"),
        (wrong, wrong, "", told, "dance-hint"),
        (wrong, told, "", told, "dance-hint"),
        (told, wrong, "", told, "dance-hint rehearsal"),
        (told, wrong, wrong, told, "dance-hint status"),
        (wrong, section, "", told, "dance-hint rehearsal estimate"),  # so somebody is seen, later in it
    ):
        for place, html in zip(("#dance-hint", "#rehearsal", "#status", "#estimate"), said, strict=True):
            put(page, place, html)
        visible = [place.get_attribute("id") for place in places if place.locator(".prose > *").is_visible()]
        assert " ".join(map(str, visible)) == shown


def test_a_dance_is_not_praised_beside_what_the_rehearsal_doubts_or_asks(page, address):
    visit(page, address)
    good, words = '<p class="fine">6 s</p><p class="fine good">Good.</p>', Words("en")
    put(page, "#dance-hint", good)
    praise, clear = page.locator("#dance-hint .good"), strip(words, (), seconds=1)
    for shown, praised in (
        ("", True),
        (clear, True),
        (strip(words, [(0.0, 0.5, "head", False)], seconds=1), False),
        (clear + '<div class="people"></div>', False),
        (strip(words, (), seconds=1, praised=False), False),
        (working(words, 0.5), True),
    ):
        put(page, "#rehearsal", shown)
        assert praise.is_visible() == praised
        expect(page.get_by_text("6 s")).to_be_visible()


def test_a_phone_leads_from_the_dance_to_the_rehearsal_that_is_far_below_it(page, address):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, address)
    animate, way, stage = (page.locator(each) for each in ("#animate", "#to-rehearsal a", "#stage"))
    place = animate.bounding_box()
    assert stage.bounding_box()["height"] < 100  # nothing is on it
    expect(way).to_be_hidden()
    put(page, "#rehearsal", working(Words("en"), 0.5))
    expect(way).to_be_hidden()
    expect(stage).to_be_hidden()
    put(page, "#rehearsal", '<section class="rehearsal" style="height: 700px"></section>')
    expect(way).to_be_visible()
    assert animate.bounding_box() == place
    assert page.evaluate("scrollY") == 0
    way.click()
    expect(page.locator("#rehearsal")).to_be_in_viewport(ratio=0.9)
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(way).to_be_hidden()


def touch(page: Page, begin: tuple[float, float], *, x: float, y: float) -> None:
    """One finger, put down at begin and drawn x, y pixels away."""
    hand = page.context.new_cdp_session(page)
    for kind, share in (("touchStart", 0.0), ("touchMove", 0.5), ("touchMove", 1.0), ("touchEnd", None)):
        at = [] if share is None else [{"x": begin[0] + share * x, "y": begin[1] + share * y}]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})


def test_a_finger_takes_the_joint_that_is_nearest_to_it(browser: Browser, real):
    nose, elbow, wrist, eye = 0, 3, 4, 14
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    rehearse_ours(page, real)
    open_editor(page)
    spots = page.locator(".editor circle")
    page.locator(".editor .board").scroll_into_view_if_needed()

    def places() -> np.ndarray:
        """Pixels, 18 2."""
        centre = "all => all.map(e => e.getBoundingClientRect()).map(b => [b.x + b.width / 2, b.y + b.height / 2])"
        return np.array(spots.evaluate_all(centre))

    def moved_by(begin: np.ndarray, *, x: float, y: float) -> list[int]:
        before = places()
        touch(page, tuple(begin), x=x, y=y)
        away = places() - before
        moved = np.abs(away).max(axis=1) > 1
        assert np.allclose(away[moved], [x, y], atol=0.5)
        return np.flatnonzero(moved).tolist()

    at = places()
    arm = (at[wrist] - at[elbow]) / np.linalg.norm(at[wrist] - at[elbow])
    assert moved_by(at[wrist] + 20 * arm, x=-12, y=10) == [wrist]
    assert moved_by(places()[wrist] + 30 * arm, x=-12, y=10) == []
    assert moved_by(at[nose], x=0, y=-3) == [nose]
    spots.nth(eye).focus()
    between = (2 * places()[nose] + 3 * places()[eye]) / 5
    assert moved_by(between, x=0, y=30) == [eye]
    spots.nth(nose).focus()
    context.close()


@pytest.mark.parametrize(("width", "height"), [(52, 48), (400, 900), (1600, 300)])
def test_joints_are_placed_on_the_picture_whatever_its_size_and_shape(page, address, width, height):
    visit(page, address)
    html = hand(Words("en"), np.full((height, width, 3), 90, np.uint8), [(0.5, joint / 17, 1) for joint in range(18)])
    page.evaluate("html => { document.querySelector('#by-hand .prose').innerHTML = html; }", html)
    page.wait_for_function("() => Number(document.querySelectorAll('#by-hand circle')[4]?.getAttribute('cx')) > 0")
    picture, joints = (page.locator(f"#by-hand .board {each}").bounding_box() for each in ("img", "svg"))
    assert picture
    assert picture == joints
    assert picture["width"] / picture["height"] == pytest.approx(width / height, rel=0.02)
    assert max(picture["width"], picture["height"]) > 300  # pixels: room to aim in


def known_people() -> None:
    from animate import WeightsError
    from animate.watching import Watcher

    try:
        Watcher("cpu").finder  # noqa: B018
    except WeightsError:
        pytest.skip("the models that find people are not here")


def test_trembling_is_smoothed_more_or_less(page, real, tmp_path: Path):
    known_people()
    film = video.read(examples.dances()["disco"], seconds=0.8)
    video.write(tmp_path / "filmed.mp4", film.frames, fps=film.fps)  # not one of ours any more
    visit(page, real)
    page.locator("#characters button").first.click()
    page.set_input_files("#dance input[type=file]", tmp_path / "filmed.mp4")
    rehearsed(page)
    expect(page.locator("section.rehearsal")).to_contain_text("The dancer was found without a graphics card.")

    def trembling() -> float:
        home = page.locator("section.rehearsal[data-home]").get_attribute("data-home")
        joints = np.array(page.request.get(f"{real}/{home}/facts.json").json()["joints"])
        return float(np.abs(np.diff(joints[..., :2], 2, axis=0)).mean())

    usual, first = trembling(), page.locator("section.rehearsal").get_attribute("data-home")
    page.get_by_role("button", name="Fine tuning").click()
    page.get_by_label("number input for Smoothing").fill("0")
    page.get_by_label("number input for Smoothing").press("Tab")
    rehearsed_anew(page, first)
    until = time.monotonic() + 60
    while trembling() <= 1.3 * usual and time.monotonic() < until:  # it may have begun before the wish came
        page.wait_for_timeout(500)
    assert trembling() > 1.3 * usual


def test_a_body_is_placed_by_hand_where_none_is_recognised(page, real, tmp_path: Path):
    known_people()
    picture = grey(230, width=200, height=300)
    picture[60:270, 70:150] = 30
    Image.fromarray(picture).save(tmp_path / "figure.png")
    visit(page, real)
    page.locator("#dances button").first.click()
    page.set_input_files("#picture input[type=file]", tmp_path / "figure.png")
    spots = page.locator("#by-hand circle")
    expect(spots).to_have_count(18, timeout=60000)
    page.wait_for_function("() => Number(document.querySelectorAll('#by-hand circle')[4].getAttribute('cx')) > 0")
    expect(page.get_by_text("Its joints are guessed")).to_be_visible()
    rehearsed(page)  # with those
    expect(page.locator(".failed")).to_have_count(0)
    assert violations(page) == []
    home = page.locator("section.rehearsal[data-home]").get_attribute("data-home")
    drag(page, spots.nth(4), x=-15, y=15)
    place = spots.nth(4).get_attribute("cx")
    page.get_by_role("button", name="Use these joints").click()
    rehearsed_anew(page, home)

    # They are there, and rehearsed, when the page is opened again, which asks for each thing a few times at most.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "queue/join" in request.url else None)
    page.reload()
    expect(page.get_by_text("Your joints are used.")).to_be_visible()
    rehearsed(page)
    assert len(asked) < 40
    page.locator("#by-hand").get_by_role("button", name="Place my character's joints").click()
    moved = "x => Math.abs(document.querySelectorAll('#by-hand circle')[4]?.getAttribute('cx') - x) < 0.1"
    page.wait_for_function(moved, arg=place)


def test_who_dances_of_a_picture_of_two_is_chosen_and_stays_chosen(page, tmp_path: Path):
    known_people()
    whole, other = (Image.open(examples.characters()[name]).convert("RGB") for name in ("anime-girl", "raincoat"))
    cut = other.crop((0, 0, other.width, int(0.9 * other.height))).resize((int(other.width / 0.9), other.height))
    Image.fromarray(np.concatenate([np.array(whole), np.array(cut)], axis=1)).save(tmp_path / "pair.png")
    no_feet = page.get_by_text("The feet are not in the picture")
    command, port = ["app.py", "--port", "{port}", "--folder", str(measured(tmp_path / "own"))], free_port()

    def moves() -> list[bool]:
        """Whether the left and the right half of the puppet's film move."""
        home = page.locator("section.rehearsal[data-home]").get_attribute("data-home")
        joints = np.array(page.request.get(f"{page.url.rstrip('/')}/{home}/facts.json").json()["joints"])
        return [bool((joints[:, 1, 0] < 0.5).all()), bool((joints[:, 1, 0] > 0.5).all())]

    with served(command, tmp_path, port=port) as address:
        visit(page, address)
        for_a_second(page)
        page.locator("#dances button").first.click()
        page.locator("#characters button").first.click()
        rehearsed(page)
        expect(page.locator("#who")).to_be_hidden()  # there is no choice
        home = page.locator("section.rehearsal[data-home]").get_attribute("data-home")
        page.set_input_files("#picture input[type=file]", tmp_path / "pair.png")
        first, second = (page.locator("#who").get_by_role("button", name=f"Person {number}") for number in (1, 2))
        expect(first).to_have_attribute("aria-pressed", "true", timeout=60000)
        expect(page.get_by_text("choose below who dances")).to_be_visible()
        expect(no_feet).to_be_hidden()
        rehearsed_anew(page, home)
        before, home = moves(), page.locator("section.rehearsal[data-home]").get_attribute("data-home")
        assert sorted(before) == [False, True]
        second.focus()
        page.keyboard.press("Enter")
        expect(second).to_have_attribute("aria-pressed", "true")
        expect(second).to_be_focused()
        expect(no_feet).to_be_visible()
        rehearsed_anew(page, home)
        assert moves() == before[::-1]
        assert violations(page) == []
        page.reload()
        expect(second).to_have_attribute("aria-pressed", "true", timeout=60000)
        rehearsed(page)
        assert moves() == before[::-1]
        page.get_by_label("I may use the pictures").check()
        page.click("#animate")
        expect(page.locator("#stop")).to_be_enabled()
        page.wait_for_timeout(1500)  # amid the clip the program ends
    with served(command, tmp_path, port=port):  # and the page, which finds that out by itself, is loaded anew
        expect(page.locator("#status")).to_contain_text("Done", timeout=120000)
        expect(second).to_have_attribute("aria-pressed", "true", timeout=60000)
        made = page.request.get(f"{address}/{page.get_by_role('link', name='Settings').get_attribute('href')}").json()
        assert made["character"] == 1


def test_a_press_counts_though_the_one_before_is_not_answered_yet(page, address):
    visit(page, address)
    asked: list[int] = []

    def ask(route: Route) -> None:  # and answer nothing
        asked.append(route.request.post_data_json["event_data"]["person"])

    people = {0: (0.0, 0.0, 0.5, 1.0), 1: (0.5, 0.0, 1.0, 1.0)}
    put(page, "#who", characters(Words("en"), np.full((96, 96, 3), 90, np.uint8), people, chosen=0))
    page.route("**/queue/join?*", ask)
    for number in (2, 1):
        page.locator("#who").get_by_role("button", name=f"Person {number}").press("Enter")
    for _ in range(100):
        if len(asked) == 2:
            break
        page.wait_for_timeout(50)
    assert asked == [1, 0]


def test_what_was_chosen_without_a_clip_is_there_when_the_program_is_begun_anew(page, tmp_path: Path):
    """A dance of the visitor's own, one of our characters, joints of both, and what is set."""
    known = examples.known_pose(examples.dances()["disco"])
    skeletons = drawn(known.points[:30], size=known.size, style="mini")
    video.write(tmp_path / "mine.mp4", skeletons, fps=Fraction(round(known.fps)))
    command, port = ["app.py", "--port", "{port}", "--folder", str(measured(tmp_path / "own"))], free_port()
    section = page.locator("section.rehearsal[data-home]")

    def is_as_it_was_chosen() -> None:
        expect(page.get_by_text("Your joints are used.")).to_be_visible(timeout=60000)
        expect(section).to_have_attribute("data-edits", re.compile(r"^\[\[4, 0"), timeout=60000)
        expect(page.locator("#picture img")).to_be_visible()
        expect(page.locator("#dance video")).to_have_attribute("src", re.compile("mine.mp4$"))

    with served(command, tmp_path, port=port) as address:
        visit(page, address)
        for_a_second(page)
        page.locator("#characters button").first.click()
        page.set_input_files("#dance input[type=file]", tmp_path / "mine.mp4")
        rehearsed(page)
        home = section.get_attribute("data-home")
        open_editor(page)
        page.locator(".editor circle").nth(4).press("ArrowRight")
        page.get_by_role("button", name="Try it").click()
        rehearsed_anew(page, home)
        page.get_by_role("button", name="Place my character's joints").click()
        page.wait_for_function("() => Number(document.querySelectorAll('#by-hand circle')[4]?.getAttribute('cx')) > 0")
        page.get_by_role("button", name="Use these joints").click()
        is_as_it_was_chosen()
        noted(tmp_path / "own", '"mended": [[4,', '"body": [[', '"seconds": 1')
        there = page.url
        page.goto("about:blank")  # a page left open reloads itself when the program is back, in the midst of ours
    with served(command, tmp_path, port=port):
        page.goto(there)
        is_as_it_was_chosen()
        page.get_by_role("button", name="Fine tuning").click()
        expect(page.get_by_label("number input for Seconds")).to_have_value("1")


def test_what_follows_a_picture_begins_at_once_though_its_check_takes_long(page, address, files):
    """A page of gradio's begins one event of a change after the other, unless they are told apart."""
    visit(page, address)
    names = {each["id"]: each["api_name"] for each in page.request.get(f"{address}/config").json()["dependencies"]}
    asked: list[str] = []

    def ask(route: Route) -> None:
        asked.append(names[route.request.post_data_json["fn_index"]])
        if asked[-1] not in ("check_picture", "showable"):  # those are never answered
            route.continue_()

    page.route("**/queue/join?*", ask)
    page.set_input_files("#picture input[type=file]", files["picture.png"])
    expect(page.locator("#picture img")).to_be_visible()
    for _ in range(100):
        if {"ask", "estimate", "look", "picked", "rehearse", "remember", "see"} <= {*asked}:
            break
        page.wait_for_timeout(100)
    ours = {"ask", "estimate", "look", "pick", "picked", "rehearse", "remember", "see"}
    assert {*asked} == {*ours, "check_picture", "showable"}
