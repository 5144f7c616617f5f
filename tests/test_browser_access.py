"""The page for those who use it by keyboard, with a screen reader, on a phone, in the dark, in their language."""

import importlib.resources
import json
import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from studio.limits import LIMITS
from studio.rehearsal_view import strip
from studio.words import Words
from tests.browsing import PLAYS, fill, linger, visit

pytest_plugins = ["tests.serving"]
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clean")]

AXE = importlib.resources.files("axe_playwright_python") / "axe.min.js"
# What gradio's own parts do, which a page cannot change: a rule, and how the part is known.
STOCK = {"image-redundant-alt": '<img class="svelte', "label-content-name-mismatch": "upload-container"}


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe-core finds on the page: the rule, and where."""
    page.evaluate(AXE.read_text() + ";0")
    found = page.evaluate("async () => JSON.stringify((await axe.run()).violations)")
    return [
        (rule["id"], node["html"][:160])
        for rule in json.loads(found)
        for node in rule["nodes"]
        if rule["id"] not in STOCK or STOCK[rule["id"]] not in node["html"]
    ]


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en"), ("dark", "ar")])
def test_nothing_stands_in_the_way_of_anybody(browser: Browser, address, files, scheme, locale):
    page = browser.new_context(color_scheme=scheme, locale=locale).new_page()
    page.goto(address)
    expect(page.locator("#animate")).to_be_visible()
    page.locator("#fine-tuning button").first.click()
    page.wait_for_timeout(500)  # until it is unfolded and has its colours
    assert violations(page) == []
    page.set_input_files("#picture input[type=file]", files["picture.png"])
    page.locator("#consent input").check()
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(page.locator("#dance video")).to_be_visible()
    page.click("#animate")
    expect(page.locator("#progress progress")).to_be_visible()
    page.wait_for_timeout(400)  # until the buttons have changed their colours
    assert violations(page) == []
    expect(page.locator("#clip .player")).to_be_visible(timeout=20000)
    assert violations(page) == []
    page.context.close()


def test_a_clip_by_keyboard_alone(page: Page, address):
    visit(page, address)

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    tab_to("#characters button")
    page.keyboard.press("Enter")
    expect(page.locator("#picture img")).to_be_visible()
    tab_to("#dances button")
    page.keyboard.press("Enter")
    expect(page.locator("#dance video")).to_be_visible()
    tab_to("#animate")
    outline = page.evaluate("(style => style.outlineStyle + style.boxShadow)(getComputedStyle(document.activeElement))")
    assert outline not in ("nonenone", "none"), "one does not see where one is"
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    page.wait_for_function(f"() => {{ const v = document.querySelector('#clip .player'); return v && ({PLAYS})(v) }}")


def test_a_clip_by_touch_on_a_phone(browser: Browser, address):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark"
    )
    page = context.new_page()
    visit(page, address)
    page.get_by_role("button", name="Use the character bar").tap()
    expect(page.locator("#picture img")).to_be_visible()
    page.get_by_role("button", name="Use the dance swing").tap()
    expect(page.locator("#dance video")).to_be_visible()
    page.locator("#animate").tap()
    expect(page.locator("#progress progress")).to_be_in_viewport()
    expect(page.locator("#stage")).to_be_in_viewport()
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    expect(page.locator("#clip .player")).to_be_in_viewport()
    sizes = page.eval_on_selector_all(
        "#animate, #stop, #again, #other, .compare, .shelf button",
        "all => all.map(each => each.getBoundingClientRect()).map(box => [box.width, box.height])",
    )
    assert min(map(min, sizes)) >= 40  # pixels a thumb meets
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 664)])
def test_a_short_phone_shows_how_far_a_clip_is_beside_its_button(browser: Browser, address, files, width, height):
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)
    page = context.new_page()
    visit(page, address)
    page.locator("#animate").tap()
    expect(page.locator("#status .failed")).to_be_in_viewport(ratio=1)
    fill(page, files["picture.png"], files["dance.mp4"])
    linger(page)
    page.locator("#animate").tap()
    page.locator("#fine-tuning > button").tap()  # closed again, as it is for whoever sets nothing
    page.locator("#animate").evaluate("button => button.scrollIntoView({behavior: 'instant'})")
    for part in ("#progress p", "#progress progress", "#status p", "#stop"):
        expect(page.locator(part)).to_be_in_viewport(ratio=0.9)
    expect(page.locator("#stage")).to_be_in_viewport()
    context.close()


@pytest.mark.parametrize("box", ["#picture", "#dance"])
def test_whoever_tries_the_camera_of_a_phone_can_go_back(browser: Browser, address, box):
    offer = "استخدام الكاميرا"
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="ar")
    page = context.new_page()
    page.goto(address)
    place = page.locator(box)
    place.get_by_label("التقاط بالكاميرا").tap()
    expect(place).to_contain_text(offer)
    place.get_by_label("رفع ملف").tap()
    expect(place).not_to_contain_text(offer)
    context.close()


def test_controls_are_named_in_the_visitors_language(browser: Browser, address, files):
    """Gradio's own too, for those who hear the page."""
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(address)
    page.set_input_files("#picture input[type=file]", files["picture.png"])
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    for folded in ("#fine-tuning", "#origin"):
        page.locator(f"{folded} button").first.click()
    expect(page.get_by_label("秒数：数字")).to_be_visible()
    expect(page.get_by_label("移除图片")).to_be_visible()
    expect(page.get_by_label("播放或暂停")).to_be_visible()
    named = page.eval_on_selector_all(
        "[aria-label]",
        "all => all.filter(each => each.checkVisibility()).map(each => each.getAttribute('aria-label'))",
    )
    assert [name for name in named if re.fullmatch("[ -~]*[A-Za-z]{3}[ -~]*", name)] == []
    page.context.close()


def test_the_keyboard_stays_where_it_was(page: Page, address, files):
    page.on("dialog", lambda dialog: dialog.accept())
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"])
    for key in ("Enter", "Space"):  # two clips
        page.locator("#animate").press(key)
        expect(page.locator("#stop")).to_be_enabled()
        expect(page.locator("#animate")).to_be_focused()
        expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    page.locator("#again").press("Enter")
    expect(page.locator("#stop")).to_be_focused()
    expect(page.locator("#status")).to_contain_text("Done", timeout=20000)
    expect(page.locator(":focus:is(#again, #animate)")).to_have_count(1)
    page.locator("#animate").press("Enter")
    expect(page.locator("#stop")).to_be_enabled()
    page.locator("#stop").press("Enter")
    expect(page.locator("#animate")).to_be_focused()
    for box, name in (("#picture", "Remove Image"), ("#dance", "Clear")):
        page.locator(box).get_by_label(name).first.press("Enter")
        expect(page.locator(f"{box} button.upload-container")).to_be_focused()
    page.locator("#history button").first.click()
    cards = page.locator("#history .delete")
    expect(cards).to_have_count(3)
    cards.first.press("Enter")
    expect(cards).to_have_count(2)
    expect(cards.first).to_be_focused()
    cards.first.press("Enter")
    expect(cards).to_have_count(1)
    expect(cards).to_be_focused()
    cards.press("Enter")
    expect(cards).to_have_count(0)
    expect(page.locator("#history button").first).to_be_focused()


def test_a_page_that_is_away_says_so_in_the_visitors_language(browser: Browser, address):
    context = browser.new_context(locale="es")
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#small-print")).to_contain_text("como mucho")
    context.set_offline(True)
    page.click("#animate")
    told = page.get_by_test_id("toast-body")
    expect(told).to_contain_text("Ahora no se puede acceder a la página.")
    expect(told).not_to_contain_text("Connection")
    context.close()


@pytest.mark.parametrize(("locale", "language"), [("en", "en"), ("zh-CN", "zh"), ("zh-TW", "zh"), ("ar", "ar")])
def test_that_the_network_is_lost_is_said_before_any_press(browser: Browser, address, locale, language):
    page = browser.new_context(locale=locale).new_page()
    page.goto(address)
    expect(page.locator("#small-print")).to_contain_text("64")
    assert page.evaluate("document.documentElement.lang") == language
    page.context.set_offline(True)
    expect(page.get_by_role("alert").get_by_text(Words(language)("away"))).to_be_visible()
    page.context.close()


def test_a_page_that_is_away_claims_no_work(browser: Browser, address, files):
    context = browser.new_context(locale="es")
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="bar", exact=False).first.click()
    expect(page.locator("#picture img")).to_be_visible()
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(page.locator("#dance video")).to_be_visible()
    page.click("#animate")
    expect(page.locator("#status p")).to_be_visible()
    page.route("**/alive", lambda route: route.abort())
    page.locator("#fine-tuning button").first.click()
    told = page.get_by_role("alert").get_by_text(Words("es")("away"))
    expect(told).to_be_visible()
    expect(page.locator("#status")).to_be_hidden()
    expect(page.locator("#progress")).to_be_hidden()
    assert violations(page) == []
    page.unroute("**/alive")
    expect(told).to_have_count(0)
    expect(page.locator("#status")).to_be_visible()
    context.close()


def test_why_an_upload_is_refused_is_told_in_words_alone(browser: Browser, address, files):
    context = browser.new_context(locale="es")
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#small-print")).to_contain_text("como mucho")
    toast = page.get_by_test_id("toast-text")
    page.route("**/upload?*", lambda route: route.fulfill(status=507, body=Words("es")("disk_full")))
    page.set_input_files("#picture input[type=file]", files["picture.png"])
    expect(toast).to_have_text([Words("es")("disk_full")])
    page.route("**/upload?*", lambda route: route.abort())
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(toast.nth(1)).to_have_text("Ahora no se puede acceder a la página. Prueba otra vez dentro de poco.")
    page.locator("#origin button").first.click()
    page.set_input_files("#origin-file input[type=file]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"})
    expect(toast.nth(2)).to_have_text("Aquí no se pueden usar archivos de este tipo.")
    context.close()


def test_a_file_that_is_too_large_is_told_at_its_box_with_the_limit(page: Page, address, files, tmp_path):
    visit(page, address)
    with (large := tmp_path / "large.mp4").open("wb") as file:
        file.truncate(LIMITS["gpu"].upload_bytes + 1)
    most = re.search(r"(\d+) MB", page.locator("#small-print").inner_text())
    page.set_input_files("#dance input[type=file]", large)
    told = page.get_by_role("alert").get_by_text(f"This file has 201 MB; at most {most and most[1]} MB")
    expect(told).to_be_visible()
    boxes = [each.bounding_box() for each in (page.locator("#dance-hint"), told, page.locator("#dances"))]
    assert [box["y"] for box in boxes if box] == sorted(box["y"] for box in boxes if box)
    page.set_input_files("#picture input[type=file]", files["picture.png"])
    expect(page.locator("#picture img")).to_be_visible()
    expect(told).to_be_visible()
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(page.locator("#dance video")).to_be_visible()
    expect(told).to_have_count(0)


def test_an_upload_that_breaks_off_is_told_also_after_a_reload(page: Page, address, files):
    visit(page, address)
    held: list[Route] = []
    page.route("**/upload?*", lambda route: held.append(route))
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(page.locator("#dance .uploading")).to_be_visible()
    page.click("#animate")
    expect(page.locator("#status .prose")).to_have_text(Words("en")("uploading"))
    page.route("**/alive", lambda route: route.abort())
    page.route("**/queue/join?*", lambda route: route.abort())
    expect(page.get_by_role("alert").get_by_text(Words("en")("away"))).to_be_visible()  # asked while it comes
    held[0].abort()
    told = page.get_by_role("alert").get_by_text(Words("en")("upload_broken"))
    expect(told).to_be_visible()
    expect(page.get_by_text(Words("en")("uploading"))).to_have_count(0)
    page.unroute_all()
    page.reload()
    expect(told).to_be_visible()
    page.set_input_files("#dance input[type=file]", files["dance.mp4"])
    expect(page.locator("#dance video")).to_be_visible()
    expect(told).to_have_count(0)


def test_a_visitor_chooses_another_language_than_the_browsers(browser: Browser, address, files):
    context = browser.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(address)
    chosen = page.locator("#languages [aria-pressed=true]")
    expect(chosen).to_have_text("Español")
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("h1")).to_have_text("اجعل صورة ترقص")
    expect(chosen).to_have_text("العربية")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.url.rstrip("/") == address, "whom it is sent to has a language of their own"
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text("أضف صورة لشخصيتك.")
    expect(page.locator("#small-print")).to_contain_text(re.compile("[ء-ي]"))
    page.set_input_files("#picture input[type=file]", files["broken.png"])
    expect(page.locator("#picture .failed, .failed").first).to_contain_text(re.compile("[ء-ي]"))
    page.goto(address)
    expect(page.locator("h1")).to_have_text("اجعل صورة ترقص")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#picture")).to_contain_text("点击上传")
    context.close()


def keeping_nothing(page: Page) -> None:
    """As a browser does for what another site's page shows in itself."""
    refuse = "() => { throw new DOMException('denied', 'SecurityError'); }"
    page.add_init_script(f"Object.defineProperty(window, 'localStorage', {{get: {refuse}, configurable: true}})")


def test_the_page_works_where_the_browser_keeps_nothing(page: Page, address):
    keeping_nothing(page)
    visit(page, address)
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text("Add a picture of your character.")


def test_a_language_is_chosen_where_the_browser_keeps_nothing(browser: Browser, address):
    page = browser.new_context(locale="es").new_page()
    keeping_nothing(page)
    page.goto(address)
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Make a picture dance")
    page.reload()
    expect(page.locator("h1")).to_have_text("Make a picture dance")
    page.context.close()


def test_the_keyboard_stops_only_where_something_can_be_done(page: Page, address):
    visit(page, address)
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.matches('.heading, #top')")


def test_an_address_that_names_a_panel_opens_the_page_as_it_is(page: Page, address):
    visit(page, f"{address}/?view=api&clip=gone")
    assert page.url == f"{address}/?clip=gone"
    page.get_by_role("button", name="Use via API").click()
    expect(page.locator(".api-docs")).to_be_visible()


@pytest.mark.parametrize("locale", ["es", "ar"])
def test_on_a_phone_the_label_of_the_file_to_check_covers_nothing(browser: Browser, address, files, locale):
    context = browser.new_context(locale=locale, viewport={"width": 390, "height": 844}, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    page.locator("#origin button").first.click()
    box = page.locator("#origin-file")
    expect(box.get_by_test_id("upload-icon")).to_be_visible()
    apart = """(box, other) => {
      const [one, two] = ['label', other].map(each => box.querySelector(each).getBoundingClientRect());
      return one.bottom <= two.top || one.right <= two.left || two.right <= one.left;
    }"""
    assert box.evaluate(apart, "[data-testid=upload-icon]")
    page.set_input_files("#origin-file input[type=file]", files["dance.mp4"])
    expect(box.locator(".top-panel")).to_be_visible()
    assert box.evaluate(apart, ".top-panel")
    context.close()


def test_no_camera_is_offered_where_a_browser_gives_none(browser: Browser, address):
    """As it does to a page that comes by plain http from another computer."""
    context = browser.new_context()
    context.add_init_script("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
    page = context.new_page()
    visit(page, address)
    expect(page.locator("#picture").get_by_label("Upload file")).to_be_visible()
    for camera in page.get_by_label("Capture from camera").all():
        expect(camera).to_be_hidden()
    context.close()


def test_presets_fill_the_fields(page: Page, address, files):
    visit(page, address)
    page.get_by_role("button", name="Fine tuning").click()
    page.get_by_label("Draft").check()
    expect(page.get_by_label("Small")).to_be_checked()
    page.get_by_label("Best").check()
    expect(page.get_by_label("Large")).to_be_checked()
    first = page.locator("#fine-tuning fieldset").first
    expect(first).to_contain_text("Quality")


def test_what_is_in_the_files_is_told_at_once(page: Page, address, files):
    visit(page, address)
    fill(page, files["picture.png"], files["dance.mp4"])
    expect(page.get_by_text("One figure is seen, whole. Good.")).to_be_visible()
    expect(page.get_by_text("The dancer is seen whole. Good.")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "told"),
    [("fr-FR", "Loading the page"), ("es-ES", "Cargando la página"), ("zh-TW", "正在加载页面"), ("ar", "يجري تحميل")],
)
def test_the_page_greets_before_its_scripts_have_come(browser: Browser, address, locale, told):
    page = browser.new_context(locale=locale).new_page()
    page.route("**/assets/*.js", lambda route: None)  # they wait
    page.goto(address, wait_until="commit")
    greeting = page.locator("#greeting")
    expect(greeting.get_by_role("status")).to_contain_text(told)
    assert violations(page) == []
    place = greeting.locator("h1").bounding_box()
    title = greeting.locator("h1").inner_text()
    page.unroute("**/assets/*.js")
    expect(greeting).to_have_count(0)
    expect(page.locator("#top h1")).to_have_text(title)
    assert page.locator("#top h1").bounding_box() == pytest.approx(place, abs=1)
    page.context.close()


@pytest.mark.parametrize(
    ("locale", "direction", "title", "missing"),
    [
        ("es-ES", "ltr", "Haz bailar una imagen", "Añade una imagen de tu personaje."),
        ("zh-CN", "ltr", "让图片跳起舞来", "请添加角色的图片。"),
        ("zh-HK", "ltr", "让图片跳起舞来", "请添加角色的图片。"),
        ("ar", "rtl", "اجعل صورة ترقص", "أضف صورة لشخصيتك."),
        ("fr-FR", "ltr", "Make a picture dance", "Add a picture of your character."),
    ],
)
def test_each_visitor_is_spoken_to_in_their_language(browser: Browser, address, locale, direction, title, missing):
    page = browser.new_context(locale=locale).new_page()
    page.goto(address)
    expect(page.locator("h1")).to_have_text(title)
    expect(page).to_have_title(title)
    page.click("#animate")
    expect(page.locator("#status .failed")).to_have_text(missing)
    assert page.evaluate("getComputedStyle(document.querySelector('#top p')).direction") == direction
    page.locator("#fine-tuning button").first.click()
    expect(page.locator("#fine-tuning label").first).to_be_visible()
    english = "Size|Seconds|Seed|Body|Place|Use the|Best:|Your clip|appears|at most|__i18n__|page-"
    if title.startswith("Make"):  # and gradio's own words with ours, though it knows French
        expect(page.locator("#picture")).to_contain_text("Click to Upload")
    else:
        assert re.search(english, page.content().split("<body")[1].split("<script")[0]) is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("footer img[alt=Settings]")).to_be_hidden()  # which would mix languages
    put = "html => document.querySelector('#top').insertAdjacentHTML('beforeend', html)"
    page.evaluate(put, strip(Words("en"), (), seconds=1))
    # Time runs as it does in the player above, in every language.
    assert page.evaluate("getComputedStyle(document.querySelector('.strip')).direction") == "ltr"
    page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_and_the_order_is_kept(page, address, width):
    page.set_viewport_size({"width": width, "height": 844})
    visit(page, address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tops = [page.locator(each).bounding_box() for each in ("#picture", "#dance", "#animate", "#clip-column")]
    corners = [(box["x"], box["y"]) for box in tops if box]
    if width < 640:
        assert [y for _, y in corners] == sorted(y for _, y in corners)
    else:
        assert corners[0][0] < corners[1][0] < corners[3][0]
