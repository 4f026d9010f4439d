"""axe-core finds nothing on the site, by its rules of WCAG A and AA and of best practice."""

import axe
import pytest
from browser import Watched, chromium

from tools.site import accessible

CODE = ".highlight"  # its colours are judged on two pages
WITH_CODE = ("lessons/01_vae_2d.html", "errors.html")


def ready(page):
    """Wait until formulas are set, sliders are drawn, and boxes that scroll are marked."""
    page.wait_for_load_state("load")
    page.evaluate("() => window.MathJax?.startup?.promise")
    if page.locator("script[type='application/vnd.jupyter.widget-state+json']").count():
        page.wait_for_selector(".noUi-handle[aria-label]", timeout=60_000)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


def test_axe_finds_nothing_on_any_page(site):
    judge, rows, said, used = axe.script(), axe.known("site"), [], set()
    with chromium() as browser:
        watched = Watched(browser)
        page = watched.page
        page.add_init_script("localStorage.setItem('theme', 'light')")
        for path in sorted(site.rglob("*.html")):
            name = path.relative_to(site).as_posix()
            page.goto(path.as_uri(), timeout=120_000)
            ready(page)
            page.evaluate(judge)
            found = axe.rules(page)
            without = () if name in WITH_CODE else (CODE,)
            for theme in ("light", "dark"):
                page.evaluate("(theme) => { document.body.dataset.theme = theme; }", theme)
                found += axe.colours(page, without=without)
            unknown, more = axe.sorted_out(page, found, rows)
            said += [f"{name}: {line}" for line in unknown]
            used |= more
        assert not watched.outside
        page.close()
    assert not said, "\n".join(said)
    gone = [row for row in rows if row not in used]
    assert not gone, f"docs/accessibility.md lists what no longer occurs: {gone}"


HEAD = '<th class="head">{}</th>'
MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="{}">'.format(
        "Contents of this page"
    ),
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="{}">'.format(
        "Contents of the course"
    ),
    '<summary aria-label="Toggle hidden content">': "<summary>",
    HEAD.format("<p></p>") + HEAD.format("x"): '<td class="head"></td>' + HEAD.format("x"),
    '<p class="caption"><th>x</th></p>': '<p class="caption"><th>x</th></p>',
}


@pytest.mark.parametrize("written, wanted", MENDED.items())
def test_pages_are_mended_once(written, wanted):
    assert accessible.mended(written) == wanted == accessible.mended(wanted)


def test_a_box_is_a_stop_for_the_keyboard_as_long_as_it_scrolls(site):
    with chromium() as browser:
        page = Watched(browser).page
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto((site / "errors.html").as_uri())
        ready(page)
        box = page.locator(".highlight pre").first
        box.evaluate("(pre) => { pre.style.width = '40em'; pre.textContent = 'x'.repeat(9); }")
        assert box.get_attribute("tabindex") is None
        box.evaluate("(pre) => { pre.textContent = 'x'.repeat(9999); pre.style.width = '39em'; }")
        page.wait_for_function("(pre) => pre.tabIndex === 0", arg=box.element_handle())
        assert box.get_attribute("role") == "group"
        assert box.get_attribute("aria-label") == "Code; scrolls sideways"
        box.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("(pre) => pre.scrollLeft > 0", arg=box.element_handle())
        box.evaluate("(pre) => { pre.textContent = 'x'; pre.style.width = '40em'; }")
        page.wait_for_function("(pre) => !pre.hasAttribute('tabindex')", arg=box.element_handle())
        assert box.get_attribute("role") is None
        page.close()
