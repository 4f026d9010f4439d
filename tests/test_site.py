"""The web site: complete, self-contained, and readable by those who do not see pictures."""

import re
import textwrap
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import axe
import nbformat
import pytest
from browser import Watched, chromium
from sphinx.util.inventory import InventoryFile

from course_utils import settings
from tools.lessons import normalise
from tools.site import build, vendor
from tools.site import pages as made
from tools.site.reference import names as public

ROOT = settings.root()

VOID = {"img", "link", "meta", "input", "br", "hr", "source", "path", "use", "rect", "line"}
FETCHED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """What the tests ask of a page: its headings, pictures, links, ids and what it loads."""

    def __init__(self, path):
        super().__init__()
        self.path, self.language, self.title = path, None, ""
        self.headings, self.pictures, self.links, self.loads = [], [], [], []
        self.ids, self.named, self._open = set(), True, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found["id"]} if "id" in found else set()
        if tag == "html":
            self.language = found.get("lang")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "img":
            self.pictures.append(found)
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in FETCHED and found.get(FETCHED[tag]) and found.get("rel") != "canonical":
            self.loads.append(found[FETCHED[tag]])
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, text):
        if self._open and self._open[-1] == "title":
            self.title += text


@pytest.fixture(scope="session")
def pages(site):
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def test_a_page_for_each_lesson(pages):
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"lessons/{path.stem}.html" in pages
        assert f"lessons/{path.stem}.html" in pages["index.html"].links
    for name in (
        "questions",
        "notation",
        "glossary",
        "bibliography",
        "results",
        "errors",
        "scale",
        "instructors",
    ):
        assert f"{name}.html" in pages and f"{name}.html" in pages["index.html"].links


def test_the_reference_has_every_public_name(site):
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    found = {name for kind, names in inventory.data.items() if "py:" in kind for name in names}
    for room in public.rooms():
        missing = {name.path for name in public.public_names(room)} - found
        assert not missing, f"{room}: not in the reference: {missing}"
    assert "course_utils.losses.divergences.gaussian_kl" in found  # as it is written elsewhere too


def test_nothing_is_loaded_from_outside(site, pages):
    for name, page in pages.items():
        for address in page.loads:
            assert not re.match(r"(https?:)?//", address), f"{name} loads {address}"
            if not address.startswith(("data:", "#")):
                target = page.path.parent / unquote(re.split("[?#]", address)[0])
                assert target.is_file(), f"{name} loads {address}, which is not there"


def test_links_inside_lead_somewhere(site, pages):
    for name, page in pages.items():
        for address in page.links:
            if re.match(r"[a-z]+:|//", address):
                continue
            place, anchor = urldefrag(unquote(address))
            target = (page.path.parent / place.split("?")[0]).resolve() if place else page.path
            assert target.is_file(), f"{name} links to {address}"
            if anchor and target.suffix == ".html":
                other = pages[target.relative_to(site.resolve()).as_posix()]
                assert anchor in other.ids, f"{name} links to {address}: no such place"


def test_every_picture_has_a_text(pages):
    seen = 0
    for name, page in pages.items():
        for picture in page.pictures:
            assert picture.get("alt", "").strip(), f"{name}: {picture.get('src')} has no text"
            seen += 1
    assert seen > 50


def test_headings_go_down_one_step_at_a_time(pages):
    for name, page in pages.items():
        assert page.headings.count(1) == 1, f"{name}: {page.headings.count(1)} first headings"
        steps = [b - a for a, b in zip(page.headings, page.headings[1:], strict=False)]
        assert max(steps, default=0) <= 1, f"{name}: a heading skips a level"
        assert page.language == "en" and page.title.strip()


def test_solutions_are_folded_and_widgets_kept(site):
    text = (site / "lessons" / "02_vae_mnist.html").read_text(encoding="utf-8")
    assert "Exercise 2.1: show a solution" in text
    assert "application/vnd.jupyter.widget-state+json" in text
    assert (site / "_static" / "widgets" / "embed.js").stat().st_size > 1e6


# ------------------------------------------------------------------------------ tools/site/build.py


def notebook(*sources, tags=()):
    cells = [nbformat.v4.new_markdown_cell(source) for source in sources]
    code = nbformat.v4.new_code_cell("1")
    code.metadata.update(tags=list(tags), course={"id": "3.1", "points": 2})
    return nbformat.v4.new_notebook(cells=[*cells, code])


def test_sources_are_named_once_with_all_their_lessons():
    text = "## References\n\n1. A. One, *A Title*, arXiv:1.23; B. Two, *X*, 2016. Read it first.\n"
    text += "2. B, *Other*, a book."
    again = "## References\n\n1. A. One, *a title*, 2016. And again."
    lines = made.references({"01_a": notebook(text), "02_b": notebook(again)})
    assert lines == [
        "- A. One, *A Title*, arXiv:1.23; B. Two, *X*, 2016.",
        "    - [lesson 01](lessons/01_a.ipynb): Read it first.",
        "    - [lesson 02](lessons/02_b.ipynb): And again.",
        "- B, *Other*, a book.",
        "    - [lesson 01](lessons/01_a.ipynb)",
    ]


def test_points_are_counted():
    rows = made.points_table({"03_c": notebook("x", tags=["exercise"])})
    assert rows[-1] == "| [03](lessons/03_c.ipynb) | 1 | 2 | 0 | 0 |"


def test_exercises_are_folded_in_a_copy(tmp_path):
    path = tmp_path / "03_c.ipynb"
    nbformat.write(notebook("# 03 · C", tags=["exercise"]), path)
    before = path.read_bytes()
    page = made.lesson_page(path)
    assert page.cells[-1].metadata["tags"] == ["exercise", "hide-input"]
    assert path.read_bytes() == before
    assert made.title_of(page) == ("03", "C")


def test_a_folded_cell_is_named_by_its_comment(tmp_path):
    lesson = notebook("# 03 · C\n\n[nats](../docs/glossary.md#nats)", tags=["hide-input", "keep"])
    lesson.cells[-1].source = "# Draws the two ellipses.\nfig = 1"
    path = tmp_path / "03_c.ipynb"
    nbformat.write(lesson, path)
    page = made.lesson_page(path, ["03x_more"])
    said = page.cells[1].metadata["mystnb"]
    assert said["code_prompt_show"] == "Show the code: Draws the two ellipses"
    assert page.cells[1].metadata["tags"] == ["hide-input", "keep"]
    assert "](../glossary.md#nats)" in page.cells[0].source
    assert page.cells[-1].source == "```{toctree}\n:hidden:\n\n03x_more\n```"


def test_sentences_are_wrapped_by_the_page_and_columns_are_not():
    words = "word " * 40
    wrapped = textwrap.fill(words, settings.LINE)
    assert wrapped.count("\n") == 2
    assert made.unwrapped(f"{wrapped}\nNext.\n") == f"{words.strip()}\nNext.\n"
    columns = "\n".join(f"{number:>8}" + " 1.25" * 18 for number in range(3))
    assert made.unwrapped(columns) == columns


def test_faults_are_named(tmp_path, monkeypatch):
    with pytest.raises(build.SiteError, match="expected the heading"):
        made.title_of(notebook("no heading"))
    page = tmp_path / "page.md"
    page.write_text("text", encoding="utf-8")
    with pytest.raises(build.SiteError, match="the place <!-- rows --> is missing"):
        build.fill(page, "rows", ["x"])
    monkeypatch.setattr(vendor.shutil, "which", lambda name: None)
    with pytest.raises(build.SiteError, match="npm is not installed"):
        vendor.script(vendor.MANAGER, tmp_path / "embed.js")


def test_only_what_pages_load_of_mathjax_is_kept(tmp_path):
    for name in ("tex-chtml.js", "sre/a.js", "output/chtml/fonts/x.woff", "output/svg.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    build.prune_mathjax(tmp_path)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == [
        "output",
        "output/chtml",
        "output/chtml/fonts",
        "output/chtml/fonts/x.woff",
        "tex-chtml.js",
    ]


# --------------------------------------------------------------------------------- a real browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def ready(page):
    """Wait until the page's mathematics is set and its widgets are drawn."""
    page.wait_for_load_state("load")
    page.wait_for_function("() => !window.MathJax || !!MathJax.startup?.promise")
    page.evaluate("() => window.MathJax?.startup?.promise")


def test_pages_open_without_errors_and_requests_and_axe_finds_nothing(site, pages, browser):
    watched, judged = Watched(browser), axe.Pages()
    watched.page.add_init_script("localStorage.setItem('theme', 'light')")
    for name in pages:
        watched.page.goto(f"{site.as_uri()}/{name}", timeout=120_000)
        ready(watched.page)
        assert not watched.errors, f"{name}: {watched.errors}"
        assert not watched.outside, f"{name} asks for {watched.outside}"
        assert watched.page.locator("mjx-merror").count() == 0, f"{name}: a formula fails"
        if name.startswith("lessons/") or name == "notation.html":
            least = 5 if re.match(r"lessons/\d\d[xy]_", name) else 20  # an extra is short
            found = watched.page.locator("mjx-container").count()
            assert found > least, f"{name}: {found} formulas"
            assert watched.page.locator(".math:not(:has(mjx-container))").count() == 0
        judged.judge(watched.page, name)
    watched.page.close()
    judged.settle()


def test_search_finds_a_word_of_the_lessons(site, browser):
    watched = Watched(browser)
    watched.page.goto(f"{site.as_uri()}/search.html?q=straight-through")
    for lesson in ("05_gumbel", "07_vq_vae"):  # the page adds what it finds one by one
        found = f"#search-results li a[href*='{lesson}']"
        watched.page.wait_for_selector(found, timeout=30_000)
    assert not watched.errors and not watched.outside
    watched.page.close()


def sliders(path):
    """Names of a lesson's sliders, in the order of its cells; the live ones need a kernel."""
    notebook = nbformat.read(path, as_version=4)
    saved = notebook.metadata.get("widgets", {}).get(normalise.WIDGET_STATE, {"state": {}})["state"]
    names = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            view = output.get("data", {}).get(normalise.WIDGET_VIEW)
            for child in saved[view["model_id"]]["state"].get("children", []) if view else []:
                model = saved[child.removeprefix(normalise.REFERENCE)]
                if "Slider" in model["model_name"]:
                    names.append(model["state"]["description"])
    return [name for name in names if not name.endswith(", live")]


SLIDERS = {
    path.stem: names
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    if (names := sliders(path))
}


@pytest.mark.parametrize("name", SLIDERS)
def test_a_slider_moved_by_keys_changes_its_picture(site, browser, name):
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{site.as_uri()}/lessons/{name}.html")
    page.wait_for_selector(".jupyter-widgets .noUi-handle", timeout=60_000)
    handles = page.locator(".noUi-handle")
    page.wait_for_function(
        "most => document.querySelectorAll('.noUi-handle[aria-label]').length >= most",
        arg=len(SLIDERS[name]),
    )
    names = [text.strip() for text in handles.evaluate_all("all => all.map(h => h.ariaLabel)")]
    assert names == SLIDERS[name]
    for handle in handles.all():
        box = handle.locator("xpath=ancestor::*[contains(@class, 'widget-vbox')][.//img][1]")
        picture = box.locator("img:visible").first
        assert picture.get_attribute("alt").strip()
        before = picture.get_attribute("src"), picture.get_attribute("alt")
        handle.scroll_into_view_if_needed()
        handle.focus()
        at_its_left = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemin")
        page.keyboard.press("ArrowRight" if at_its_left else "ArrowLeft")
        page.wait_for_function(
            "([box, old]) => [...box.querySelectorAll('img')].some("
            "image => image.offsetParent && image.src !== old)",
            arg=[box.element_handle(), before[0]],
        )
        after = box.locator("img:visible").first
        assert (after.get_attribute("src"), after.get_attribute("alt")) != before
        assert handle.get_attribute("aria-valuetext") in after.get_attribute("alt")
    assert not watched.errors and not watched.outside
    page.close()


def test_a_still_picture_stands_for_the_sliders_elsewhere_only(pages):
    stills = {
        output["metadata"]["image/png"]["alt"]
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if {"image/png", normalise.WIDGET_VIEW} <= set(output.get("data", {}))
    }
    assert len(stills) >= sum(map(len, SLIDERS.values())) - 1  # two of them move one picture
    shown = {picture["alt"] for page in pages.values() for picture in page.pictures}
    assert not stills & shown


def test_every_lesson_with_sliders_is_tried():
    held = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        if "application/vnd.jupyter.widget-view+json" in path.read_text(encoding="utf-8"):
            held.add(path.stem)
    assert held == set(SLIDERS)


# WCAG 2.2: 4.5 to 1 for text, 3 to 1 where it is large (24 px, or 18.66 px and bold).
FAINT_TEXT = """() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const ground = (element) => {
        for (; element; element = element.parentElement) {
            const colour = parse(getComputedStyle(element).backgroundColor);
            if (colour.length === 3 || colour[3] > 0.99) return colour;
        }
        return [255, 255, 255];
    };
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !element.offsetParent) continue;
        const style = getComputedStyle(element);
        if (style.visibility === "hidden" || Number(style.opacity) === 0) continue;
        const [a, b] = [light(parse(style.color)), light(ground(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) {
            const text = walker.currentNode.textContent.trim().slice(0, 30);
            found.set(element.className + style.color, `${text}: ${ratio.toFixed(2)}`);
        }
    }
    return [...found.values()];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(site, browser, theme):
    watched = Watched(browser)
    watched.page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    for name in (
        "index.html",
        "lessons/05_gumbel.html",
        "lessons/02_vae_mnist.html",
        "notation.html",
        "search.html",
    ):
        watched.page.goto(f"{site.as_uri()}/{name}")
        ready(watched.page)
        assert watched.page.locator("body").get_attribute("data-theme") == theme
        faint = watched.page.evaluate(FAINT_TEXT)
        assert not faint, f"{name}, {theme}: {faint}"
    grey = "document.querySelector('h1').insertAdjacentHTML('afterend', '<p id=pale>pale</p>');"
    watched.page.evaluate(
        f"() => {{ {grey} document.getElementById('pale').style.color = '#888'; }}"
    )
    expected = [] if theme == "dark" else ["pale: 3.54"]  # grey shows on black, not on white
    assert watched.page.evaluate(FAINT_TEXT) == expected
    watched.page.close()


@pytest.mark.parametrize("width", [360, 800, 1024, 1320, 1440, 1920])
def test_nothing_is_cut_off_at_the_side(site, browser, width):
    watched = Watched(browser)
    watched.page.set_viewport_size({"width": width, "height": 900})
    for name in ("index.html", "lessons/12_scoreboard.html"):
        watched.page.goto(f"{site.as_uri()}/{name}")
        ready(watched.page)
        wide = watched.page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} pixels wide in a window of {width}"
    watched.page.goto(f"{site.as_uri()}/lessons/05_gumbel.html")
    watched.page.wait_for_selector(".widget-readout", timeout=60_000)
    edge = "all => Math.max(...all.map(value => value.getBoundingClientRect().right))"
    right = watched.page.locator(".widget-readout").evaluate_all(edge)
    assert right <= width, f"a slider's value ends at {right} pixels in a window of {width}"
    watched.page.close()


@pytest.mark.parametrize("width", [390, 700, 1280])
def test_a_page_reads_like_a_book_s(site, browser, width):
    """Lines of text of some 75 characters; code of 80 columns without a bar where there is room."""
    watched = Watched(browser)
    watched.page.set_viewport_size({"width": width, "height": 900})
    watched.page.goto(f"{site.as_uri()}/lessons/02_vae_mnist.html")
    ready(watched.page)
    characters = watched.page.evaluate(
        """() => {
        const line = document.createElement("p");
        document.querySelector("article section").append(line);
        line.textContent = "The average of the logarithms is never above that of the average. ";
        line.textContent += line.textContent;
        line.style = "width: max-content; max-width: none";
        const one = line.getBoundingClientRect().width / line.textContent.length;
        line.remove();
        const all = [...document.querySelectorAll("article section > p")];
        return Math.max(...all.map((p) => p.getBoundingClientRect().width)) / one;
    }"""
    )
    assert characters < 84 and (width < 700 or characters > 70)
    room = watched.page.evaluate(
        """() => {
        const code = document.querySelector(".cell_input pre");
        code.textContent = "0".repeat(80) + "\\n";
        return code.clientWidth - code.scrollWidth;
    }"""
    )
    assert room >= 0 or width < 700
    whole = watched.page.evaluate("() => document.documentElement.scrollWidth")
    assert whole <= width, "the code's bar is its own, not the page's"
    watched.page.close()


def test_folds_are_shut_at_first_and_opened_by_a_key(site, browser):
    watched = Watched(browser)
    watched.page.goto(f"{site.as_uri()}/lessons/02_vae_mnist.html")
    ready(watched.page)
    folds = watched.page.locator("details.hide").all()
    assert folds
    for fold in folds:
        assert fold.get_attribute("open") is None and not fold.locator("pre").first.is_visible()
    for fold in folds[:2]:
        summary = fold.locator("summary")
        says = summary.inner_text()
        assert says.startswith(("Show the code: ", "Exercise "))
        summary.focus()
        watched.page.keyboard.press("Enter")
        assert fold.locator("pre").first.is_visible() and summary.inner_text() != says
        watched.page.keyboard.press("Enter")
        assert not fold.locator("pre").first.is_visible()
    watched.page.close()


def test_what_a_cell_printed_has_no_button_to_copy_it(site, browser):
    watched = Watched(browser)
    watched.page.goto(f"{site.as_uri()}/lessons/02_vae_mnist.html")
    ready(watched.page)
    watched.page.wait_for_selector(".cell_input .copybtn", state="attached")
    assert watched.page.locator(".cell_output .copybtn").count() == 0
    watched.page.close()
