"""What a visitor of the site met: with the keyboard alone, on a phone, in the dark, on paper."""

import pytest
from browser import Watched, chromium
from bs4 import BeautifulSoup

PHONE, NARROW, WIDE = 390, 320, 1280


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def opened(browser, site, name, width, theme="light"):
    """A page whose formulas are set, fitted to a window of this width."""
    watched = Watched(browser)
    page = watched.page
    page.set_default_timeout(120_000)
    page.set_viewport_size({"width": width, "height": 844})
    page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    page.goto(f"{site.as_uri()}/{name}", wait_until="load")
    page.wait_for_function("() => !window.MathJax || !!MathJax.startup?.promise")
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.evaluate("() => new Promise((done) => setTimeout(done))")  # what waits for it too
    return page


# Whatever ends right of the window and lies in no box that scrolls: it cannot be seen at all.
LOST = """() => {
    const scrolls = (one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX);
    const lost = (one) => {
        if (!one.offsetParent || one.closest("mjx-assistive-mml, mjx-math > *")) return false;
        if ([...one.getClientRects()].every(({ right }) => right <= innerWidth + 1)) return false;
        let around = one.parentElement;
        while (around.tagName !== "ARTICLE" && !scrolls(around)) around = around.parentElement;
        return around.tagName === "ARTICLE";
    };
    return [...document.querySelectorAll("article *")].filter(lost)
        .map((one) => `${one.tagName}: ${one.textContent.trim().slice(0, 60)}`);
}"""
# Formulas within sentences that stand on several lines.
GO_ON = """() => [...document.querySelectorAll("article mjx-math")]
    .filter((one) => one.getClientRects().length > 1).length"""


@pytest.mark.parametrize("width", [PHONE, NARROW])
def test_a_phone_cuts_nothing(site, browser, width):
    for name in ("lessons/09_iwae.html", "api/nets.html", "glossary.html"):
        page = opened(browser, site, name, width)
        assert page.evaluate(LOST) == [], name
        assert "iwae" not in name or page.evaluate(GO_ON) > 0
        page.close()


def test_no_line_begins_with_the_comma_after_a_formula(site):
    told = 0
    for name in ("lessons/01_vae_2d.html", "glossary.html"):
        page = BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")
        for formula in page.select("article span.math"):
            after = formula.next_sibling
            if isinstance(after, str) and after[:1] in tuple(".,;:)"):
                assert formula.parent.get("class") == ["kept"], f"{name}: {formula} {after[:20]}"
                told += 1
    assert told > 30


def test_captions_are_read_without_scrolling_and_columns_stay_columns(site, browser):
    page = opened(browser, site, "lessons/01_vae_2d.html", PHONE)
    inside = "one => one.getBoundingClientRect().right <= innerWidth"
    captions = page.locator("article table caption").all()
    assert len(captions) > 5 and all(one.evaluate(inside) for one in captions)
    wide = page.locator("article .text_html > div").evaluate_all(
        "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1)"
        ".map((one) => [one.tabIndex, one.getAttribute('aria-label') ?? ''])"
    )
    named = [said.startswith("Table; scrolls sideways: Table 1.") for _, said in wide]
    assert named and all(named) and {stop for stop, _ in wide} == {0}
    page.close()
    page = opened(browser, site, "lessons/12_scoreboard.html", PHONE)
    board = page.locator(".cell_output pre", has_text="nats above the truth")
    assert board.evaluate("one => getComputedStyle(one).whiteSpace") == "pre"
    assert board.evaluate("one => one.scrollWidth > one.clientWidth && one.tabIndex === 0")
    page.close()


def test_a_small_picture_can_be_enlarged(site, browser):
    page = opened(browser, site, "lessons/01_vae_2d.html", PHONE, "dark")
    figure = page.locator("#figure-1-1")
    button = figure.get_by_role("button", name="Enlarge")
    button.focus()
    page.keyboard.press("Enter")
    shown = page.get_by_role("dialog").locator("img:visible")
    assert shown.evaluate("one => one.clientWidth") >= 700
    for same in ("alt", "src"):  # the one of the theme
        assert shown.get_attribute(same) == figure.locator("img:visible").get_attribute(same)
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert button.evaluate("one => one === document.activeElement")
    page.set_viewport_size({"width": WIDE, "height": 844})  # where it has its own size
    button.wait_for(state="hidden")
    page.close()


def test_a_slider_that_is_not_there_is_not_spoken_of(site, browser):
    page = opened(browser, site, "lessons/05_gumbel.html", WIDE)
    page.wait_for_selector(".jupyter-widgets .noUi-handle")
    words = page.locator(".of-slider")
    assert words.all_inner_texts() == [" The slider moves the temperature."]
    assert words.is_visible()
    page.emulate_media(media="print")
    assert not words.is_visible() and not page.locator(".noUi-handle").is_visible()
    page.emulate_media(media="screen")
    page.locator("figure .widget-subarea", has=page.locator(".noUi-handle")).evaluate(
        "(one) => one.replaceChildren()"
    )
    assert not words.is_visible()
    page.close()


def test_what_is_tapped_is_large_enough(site, browser):
    page = opened(browser, site, "lessons/05_gumbel.html", PHONE)
    tapped = ".mobile-header button, .copybtn, .enlarge, article summary, .launch a, .back-to-top"
    small = page.locator(tapped).evaluate_all(
        "(all) => all.filter((one) => one.offsetParent).map((one) => one.getBoundingClientRect())"
        ".filter(({ width, height }) => Math.min(width, height) < 24).length"
    )
    assert small == 0
    # The link to the top stands after the text and covers none of the links below.
    in_order = ("article", ".back-to-top", ".related-pages .prev-page")
    text, link, below = (page.locator(name).bounding_box() for name in in_order)
    assert text["y"] + text["height"] <= link["y"]
    assert link["y"] + link["height"] <= below["y"]
    page.close()


def test_the_focus_is_always_seen(site, browser):
    page = opened(browser, site, "lessons/02_vae_mnist.html", WIDE)
    page.wait_for_selector(".jupyter-widgets .noUi-handle")
    assert page.locator(".widget-readout[contenteditable]").count() == 0, "nothing to type there"
    page.locator(".noUi-handle").focus()
    in_sight = """() => {
        const { top, bottom } = document.activeElement.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    }"""
    assert page.evaluate(in_sight), "the page goes there at once"
    page.locator(".copybtn").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_function("() => getComputedStyle(document.activeElement).opacity === '1'")
    assert "copybtn" in page.evaluate("document.activeElement.className")
    toggle = page.locator("button.theme-toggle:visible")
    name, theme = toggle.get_attribute("aria-label"), page.evaluate("document.body.dataset.theme")
    assert name.endswith(theme)
    toggle.click()
    assert toggle.get_attribute("aria-label") != name
    page.close()
