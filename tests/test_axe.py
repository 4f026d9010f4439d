"""What makes the pages readable for everybody; axe-core itself goes along in test_site.py."""

import re

import axe
import pytest
from browser import Watched, chromium

from tools.site import accessible

FAULTY = """() => {
    document.querySelector("article").insertAdjacentHTML(
        "beforeend",
        "<button id=nameless></button><p style='color:#999;background:#fff'>Hardly seen</p>",
    );
}"""
FAINT_CODE = """() => document.querySelector("article").insertAdjacentHTML("beforeend",
    "<div class=highlight><pre><b style='color:#999;background:#fff'>Hardly</b></pre></div>")"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def test_faults_are_found_and_rows_that_describe_nothing_too(site, browser, monkeypatch):
    page = Watched(browser).page
    page.goto((site / "speed.html").as_uri())
    page.wait_for_load_state("load")
    page.evaluate(FAULTY)
    page.evaluate(FAINT_CODE)
    pages = axe.Pages()
    pages.judge(page, axe.WITH_CODE[1])
    found = sorted(line.split(": ")[1] for line in pages.said)
    assert found == ["button-name", *["color-contrast"] * 4]  # in both themes, of code too
    pages.said.clear()
    pages.judge(page, "speed.html")
    found = sorted(line.split(": ")[1] for line in pages.said)
    assert found == ["button-name", "color-contrast"]
    with pytest.raises(AssertionError, match="speed.html: button-name: #nameless"):
        pages.settle()
    row = axe.Known("site", "button-name", "button", "theirs 1")
    other = axe.Known("site", "button-name", "a", "theirs 2")
    monkeypatch.setattr(axe, "known", lambda place: [row, other])
    pages = axe.Pages()
    pages.judge(page, "speed.html")
    assert [line.split(": ")[1] for line in pages.said] == ["color-contrast"]
    pages.said.clear()
    with pytest.raises(AssertionError, match="no longer occurs: .*theirs 2"):
        pages.settle()
    page.close()


def test_the_table_of_what_others_have_to_mend_is_whole():
    rows = axe.known("site") + axe.known("JupyterLab")
    assert len(rows) == axe.DOCUMENT.read_text("utf-8").count("\n| ") - 1
    for row in rows:
        assert re.fullmatch(r"\[.+ \d+\]\(https://github.com/.+/\d+\)", row.issue), row


HEAD = '<th class="head">{}</th>'
MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="{}">'.format(
        "Contents of this page"
    ),
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="{}">'.format(
        "Contents of the course"
    ),
    HEAD.format("<p></p>") + HEAD.format("x"): '<td class="head"></td>' + HEAD.format("x"),
    "<tr><th></th><th>x</th></tr>": "<tr><td></td><th>x</th></tr>",
    "<dl>\n<dd><em>x</em>,</dd>\n<dd>y</dd>\n</dl>": '<span class="sig-arguments">\n'
    '<span class="sig-argument"><em>x</em>,</span>\n<span class="sig-argument">y</span>\n</span>',
    "<dl>\n<dt>x</dt><dd>y</dd>\n</dl>": "<dl>\n<dt>x</dt><dd>y</dd>\n</dl>",
    '<p class="caption"><th>x</th></p>': '<p class="caption"><th>x</th></p>',
}


@pytest.mark.parametrize("written, wanted", MENDED.items())
def test_pages_are_mended_once(written, wanted):
    assert accessible.mended(written) == wanted == accessible.mended(wanted)


def test_a_box_is_a_stop_for_the_keyboard_as_long_as_it_scrolls(site, browser):
    page = Watched(browser).page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((site / "scale.html").as_uri())
    page.wait_for_load_state("load")
    box = page.locator(".highlight pre").first
    box.evaluate(
        "(pre) => { pre.style.cssText = 'width: 40em; white-space: pre; overflow-wrap: normal';"
        " pre.textContent = 'x'.repeat(9); }"
    )
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
