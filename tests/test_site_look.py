"""The look of the site: first page, lessons as pages of a book, paper, the dark, the keyboard."""

import io
import json
import re

import nbformat
import numpy as np
import pypdf
import pytest
from browser import Watched, chromium
from docutils import nodes
from docutils.utils import new_document
from PIL import Image

from course_utils import curves, settings
from homework import lessons, release
from tools.lessons import listing, results_table
from tools.public import links
from tools.public.name import Public
from tools.site import downloads, home, look, moving, night, parts
from tools.site import pages as made

ROOT = settings.root()
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PUBLIC = Public("ada/vae-course", "v1.0")
PAGES = ("index.html", "lessons/05_gumbel.html", "lessons/08_pixelcnn.html")


# ------------------------------------------------------------------------------ a lesson's own page


def lesson_of(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def markdown(text):
    return nbformat.v4.new_markdown_cell(text)


def code(*outputs):
    shown = [nbformat.v4.new_output("display_data", data=data) for data in outputs]
    return nbformat.v4.new_code_cell("1", outputs=shown)


def test_figures_and_tables_are_numbered_in_the_order_of_the_lesson():
    says = {"text/markdown": "**Figure.** A. See **Figure.** again"}
    table = {"text/html": "<table><caption style='x'>What</caption></table>"}
    notebook = lesson_of(code(says, table), code({"text/markdown": "no **Figure.**"}), code(says))
    parts.number_captions(notebook, "02x")
    first, second, third = notebook.cells
    assert first.outputs[0].data["text/markdown"].startswith("**Figure 2x.1.** A. See **Figure.**")
    assert (
        "<caption style='x'><strong>Table 2x.1.</strong> What" in first.outputs[1].data["text/html"]
    )
    assert second.outputs[0].data["text/markdown"] == "no **Figure.**"
    assert third.outputs[0].data["text/markdown"].startswith("**Figure 2x.2.**")


def test_only_what_a_cell_made_is_a_figure():
    """A lesson's own text may begin as a caption does: "Question 5.6." is none."""
    document = new_document("x")
    for said, place in (("Figure 5.1.", ["cell_output"]), ("Question 5.6.", [])):
        holder = nodes.container("", nodes.image(), classes=place)
        holder += nodes.paragraph("", "", nodes.strong("", said), nodes.Text(" What."))
        document += holder
    look.Figures(document).run()
    assert [one["ids"] for one in document.findall(nodes.figure)] == [["figure-5-1"]]


def test_each_section_asks_where_you_were_lost_once_there_is_a_form():
    def cells():
        text = "# 05 · T\n\nIntro.\n\n## 1. Why?\n\nSo."
        return lesson_of(markdown(text), code(), markdown("On.\n\n## References\n\n1. A."))

    same = cells()
    parts.ask_where_lost(same, "05", Public())
    assert [cell.source for cell in same.cells] == [cell.source for cell in cells().cells]
    asked = cells()
    parts.ask_where_lost(asked, "05", PUBLIC)
    sources = [cell.source for cell in asked.cells]
    assert [source[:8] for source in sources] == [
        "# 05 · T",
        "## 1. Wh",
        "1",
        "On.\n\n",
        ":::{cont",
        "## Refer",
    ]
    asked = cells()
    asked.cells.append(markdown("## 2. And then?\n\nThe end."))
    parts.ask_where_lost(asked, "05", PUBLIC)
    assert "section=2.+And+then%3F" in asked.cells[-1].source
    address = re.search(r"\((https:[^)]+)\)", sources[4])[1]
    assert address.startswith(
        "https://github.com/ada/vae-course/issues/new?template=2-lost-here.yml"
    )
    assert "lesson=05" in address and "section=1.+Why%3F" in address
    assert (ROOT / ".github" / "ISSUE_TEMPLATE" / links.FORM).is_file()


def test_a_shown_solution_has_no_markers():
    source = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    assert parts.without_markers(source) == "def f():\n    return 1"


def test_the_files_of_a_lesson(tmp_path):
    path = ROOT / "notebooks" / "05_gumbel.ipynb"
    downloads.write(path, tmp_path)
    folder = tmp_path / downloads.FOLDER
    bare = nbformat.read(folder / path.name, as_version=4)
    nbformat.validate(bare)
    original = nbformat.read(path, as_version=4)
    assert [cell.source for cell in bare.cells] == [cell.source for cell in original.cells]
    assert not any(cell.get("outputs") for cell in bare.cells) and "widgets" not in bare.metadata
    student = release.text_of(release.student_version(lessons.read(path)))
    assert (folder / "student" / path.name).read_text(encoding="utf-8") == student
    assert "BEGIN SOLUTION" not in student
    script = (folder / "05_gumbel.py").read_text(encoding="utf-8")
    compile(script, "05_gumbel.py", "exec")
    assert all(cell.source in script for cell in bare.cells if cell.cell_type == "code")


# ----------------------------------------------------------------------------------- the first page


def test_the_first_page_shows_what_was_measured(site):
    text = (site / "index.html").read_text(encoding="utf-8")
    plain = " ".join(re.sub(r"<[^>]+>", "", text).split())
    committed = results_table.read(ROOT / "data" / "results")
    notebooks = listing.read_all(ROOT)
    told = 0
    for stem in made.main_lessons(notebooks):
        assert f"{listing.opening(notebooks[stem], stem)[0]} minutes. You need" in plain
        found = home.headline(notebooks[stem], committed.get(stem, ()))
        if found:
            number = results_table.number(found[0]["value"], found[0]["standard_error"])
            assert f"Measured: {number} {found[0]['unit']}, " in plain, stem
            told += 1
    assert told > 8
    for stem in notebooks:
        assert f'href="lessons/{stem}.html"' in text
    best = min(
        one["value"]
        for one in committed["11_two_layers"]
        if one["metric"] == "nll_iw5000" and one["dataset"] == "mnist fixed draw"
    )
    assert f">{best:.2f} ±" in text, "the table of what each lesson buys"
    assert not re.search(r"<th[^>]*>\s*(<p>\s*</p>)?\s*</th>", text)


def test_others_are_named_up_to_a_semicolon_outside_of_brackets():
    assert home.first_of("1.0 (A; B); 2.0 (C)") == "1.0 (A; B)"
    assert home.on_the_first_page(
        "[a](02_b.ipynb) [c](../docs/g.md#x) [d](notebooks/03_d.ipynb)"
    ) == ("[a](lessons/02_b.ipynb) [c](g.md#x) [d](lessons/03_d.ipynb)")


def test_a_lesson_without_its_record_or_its_slider_is_named():
    wrong = {"metadata": {"course": {"headline": {"record": ["a", "b"]}}}}
    with pytest.raises(made.SiteError, match="there is no record"):
        home.headline(wrong, [])
    with pytest.raises(made.SiteError, match="02x_latents: expected sliders named z 1 and z 2"):
        moving.frames_of({"metadata": {}}, "02x_latents")


def test_the_moving_picture_ends_and_has_a_still_one(site):
    folder = site / "_static" / "home"
    with Image.open(folder / "moving.webp") as picture:
        assert picture.info["loop"] == 1 and picture.n_frames > 20
        seconds = 0
        for frame in range(picture.n_frames):
            picture.seek(frame)
            picture.load()
            seconds += picture.info["duration"] / 1000
    assert seconds < 5, "longer ones need a button that stops them"
    with Image.open(folder / "still.webp") as picture:
        assert getattr(picture, "n_frames", 1) == 1
    steps = moving.walk(13)
    assert steps[0] == steps[-1]
    for (a, b), (c, d) in zip(steps, steps[1:], strict=False):
        assert max(abs(a - c), abs(b - d)) == 1, "no step of the walk is left out"


# -------------------------------------------------------------------------------------- in the dark


def contrast(first, second):
    """The ratio of the luminances of two colours, as WCAG counts it."""
    shares = np.array([first, second]) / 255
    linear = np.where(shares <= 0.03928, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    dark, light = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (light + 0.05) / (dark + 0.05)


def test_lightness_is_turned_around_and_hue_is_kept():
    import colorsys

    assert night.turned([255, 255, 255]).tolist() == [night.DARKEST] * 3
    assert night.turned([0, 0, 0]).tolist() == [night.LIGHTEST] * 3
    for colour in ([213, 94, 0], [0, 114, 178], [0, 158, 115], [204, 121, 167]):
        before = colorsys.rgb_to_hls(*(part / 255 for part in colour))
        after = colorsys.rgb_to_hls(*(int(part) / 255 for part in night.turned(colour)))
        assert abs(before[0] - after[0]) < 0.03, "orange stays orange"
    for name in curves.PALETTE:
        dark = night.turned(list(bytes.fromhex(name.removeprefix("#"))))
        assert contrast(dark, [night.DARKEST] * 3) >= 3, name
    drawn = night.of_drawing('<svg><path style="fill: #ffffff"/><path d="M0 0"/></svg>')
    assert "#141414" in drawn and '<svg fill="#ececec">' in drawn


def test_images_keep_their_pixels_and_what_is_drawn_does_not():
    generator = np.random.default_rng(0)
    pixels = np.full((400, 700, 3), 255, dtype=np.uint8)
    pixels[40:140, 40:340] = generator.integers(0, 240, (100, 300, 3))  # photographs
    pixels[180:280, 40:340] = 0  # digits: black and white alone
    pixels[200:260, 90:110] = 255
    pixels[200:260, 210:240] = 255
    pixels[40:140, 400:500] = (0, 114, 178)  # a bar of a chart
    for left in (40, 160, 280, 400):  # a row of framed images that are white all over
        pixels[300:380, left : left + 90] = 128
        pixels[304:376, left + 4 : left + 86] = 255
    pixels[180:280, 400:620] = 30  # a box of axes, with points
    pixels[184:276, 404:616] = 255
    pixels[200:204, 450:454] = pixels[240:244, 550:554] = 30
    turned = np.asarray(night.of_pixels(Image.fromarray(pixels)))
    same = (turned == pixels).all(-1)
    assert same[40:140, 40:340].all() and same[182:278, 42:338].all()
    assert same[310:370, 50:120].all(), "an image of white alone"
    assert not same[60:120, 420:480].any() and not same[210:230, 470:500].any()
    assert (turned[0, 0] == night.DARKEST).all()


# ----------------------------------------------------------------------------------- a real browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def opened(browser, site, name, width=1280, theme="light"):
    """A page that is ready, in a window of this width."""
    watched = Watched(browser)
    watched.page.set_default_timeout(120_000)
    watched.page.set_viewport_size({"width": width, "height": 900})
    watched.page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    watched.page.goto(f"{site.as_uri()}/{name}")
    watched.page.wait_for_function("() => !window.MathJax || !!MathJax.startup?.promise")
    watched.page.evaluate("() => window.MathJax?.startup?.promise")
    return watched.page


CUT = """() => [...document.querySelectorAll('article pre, article img, article figure, article p')]
    .filter((one) => one.offsetParent && !one.closest('mjx-container'))
    .filter((one) => !one.dataset.columns)  // a printed table scrolls on a phone
    .filter((one) => one.scrollWidth > one.clientWidth + 1
        || one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .filter((one) => one.tagName !== 'P' || one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.textContent.slice(0, 60) || one.src)"""
LONGEST = """() => {
    const range = document.createRange();
    let longest = 0;
    for (const paragraph of document.querySelectorAll('article section > p')) {
        if (paragraph.querySelector('mjx-container, code')) continue;
        const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
        const lines = new Map();
        while (walker.nextNode()) {
            for (let place = 0; place < walker.currentNode.length; place++) {
                range.setStart(walker.currentNode, place);
                range.setEnd(walker.currentNode, place + 1);
                const top = Math.round(range.getBoundingClientRect().bottom / 8);
                lines.set(top, (lines.get(top) ?? 0) + 1);
            }
        }
        longest = Math.max(longest, ...lines.values());
    }
    return longest;
}"""
GAPS = """() => [...document.querySelectorAll('article figure')].map((figure) => {
    const shown = [...figure.children].filter(
        (one) => one.tagName !== 'FIGCAPTION' && one.offsetParent && one.tagName !== 'SCRIPT');
    const caption = figure.querySelector('figcaption');
    return caption.getBoundingClientRect().top - shown.at(-1).getBoundingClientRect().bottom;
})"""


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_nothing_is_cut_and_captions_stand_under_their_figures(site, browser, width):
    for name in PAGES[1:]:
        page = opened(browser, site, name, width)
        assert page.evaluate(CUT) == [], name
        longest = page.evaluate(LONGEST)
        assert longest <= 80 and (width < 700 or longest > 60), f"{name}: {longest} characters"
        page.wait_for_selector(".jupyter-widgets img", timeout=120_000)
        gaps = page.evaluate(GAPS)
        assert len(gaps) > 4 and max(gaps) <= 16 and min(gaps) >= 0, f"{name}: {gaps}"
        page.close()


def test_a_lesson_is_written_as_a_book_is(site, browser):
    page = opened(browser, site, "lessons/05_gumbel.html")
    captions = page.locator("figcaption").all_inner_texts()
    numbers = [re.match(r"Figure 5\.(\d+)\. ", said)[1] for said in captions]
    assert numbers == [str(number) for number in range(1, len(captions) + 1)]
    assert page.locator("#figure-5-3 img").count()
    tables = page.locator("article table caption strong").all_inner_texts()
    assert tables == [f"Table 5.{number}." for number in range(1, len(tables) + 1)]
    fold = page.locator(".tag_exercise details.hide").first
    assert fold.get_by_text("Exercise 5.1: show a solution").is_visible()
    assert fold.locator("summary").get_attribute("aria-label") is None
    fold.locator("summary").click()
    assert "SOLUTION" not in fold.inner_text() and "return" in fold.inner_text()
    size = "one => getComputedStyle(one).fontSize"
    usual = page.locator("div.cell > .cell_input pre").first.evaluate(size)
    assert fold.locator("pre").evaluate(size) == usual
    # Code that is copied has the line ends that it was written with.
    copied = fold.locator("pre").evaluate(
        "one => { getSelection().selectAllChildren(one); return getSelection().toString(); }"
    )
    source = json.loads((ROOT / "notebooks" / "05_gumbel.ipynb").read_text(encoding="utf-8"))
    first = next(one for one in source["cells"] if "exercise" in one["metadata"].get("tags", []))
    assert copied.strip() == parts.without_markers("".join(first["source"])).strip()
    # Its files, and its neighbours.
    for name in downloads.KINDS:
        link = page.locator(".launch a", has_text=name)
        assert (site / "lessons" / link.get_attribute("href")).resolve().stat().st_size > 10_000
    assert page.locator(".neighbours a.before").get_attribute("href") == "04x_remedies.html"
    assert page.locator(".neighbours a.after").get_attribute("href") == "05x_estimators.html"
    assert page.locator(".lost").count() == 0 and not page.locator("a[href*='issues/new']").count()
    page.close()


def brightest_corner(data):
    """The lightest of a screenshot's corners, of 255."""
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    return int(max(pixels[3, 3], pixels[3, -4], pixels[-4, 3], pixels[-4, -4]))


def test_the_dark_theme_has_no_white_boxes(site, browser):
    shown = 0
    for name in PAGES:
        page = opened(browser, site, name, theme="dark")
        page.wait_for_load_state("load")
        # A card's picture does not fill its box, whose corners are the page's then.
        page.add_style_tag(content="article img { aspect-ratio: auto !important; }")
        if name != "index.html":
            page.wait_for_selector(".jupyter-widgets .noUi-handle")
        for picture in page.locator("article img:visible").all():
            picture.scroll_into_view_if_needed()
            picture.evaluate("one => one.decode()")
            light = brightest_corner(picture.screenshot())
            assert light < 225, f"{name}: {picture.get_attribute('src')[:90]} has a white ground"
            shown += 1
        assert page.locator("img.only-light:visible").count() == 0
        page.close()
    assert shown > 25
    page = opened(browser, site, PAGES[1])
    assert page.locator("img.only-dark:visible").count() == 0
    assert brightest_corner(page.locator("article img:visible").first.screenshot()) == 255
    page.close()


def test_paper_shows_what_is_folded_and_covers_nothing(site, browser):
    """The text that a page puts on paper, from the layout that it has there."""
    page = opened(browser, site, "lessons/05_gumbel.html", theme="dark")
    page.emulate_media(media="print")
    for event, shut in (("beforeprint", False), ("afterprint", True), ("beforeprint", False)):
        page.evaluate(f"() => window.dispatchEvent(new Event('{event}'))")
        assert (page.locator("article details:not([open])").count() > 10) == shut, event
    unseen = page.evaluate(
        "() => [...document.querySelectorAll('details pre')].filter("
        "(one) => one.getBoundingClientRect().height < 5"
        " || getComputedStyle(one.parentElement.closest('.cell_input') ?? one).opacity !== '1')"
        ".length"
    )
    assert page.locator("details pre").count() > 10 and unseen == 0
    assert page.locator("img.only-light:visible").count() > 5
    assert page.locator("img.only-dark:visible").count() == 0
    page.set_viewport_size({"width": 680, "height": 900})  # an A4 sheet within its margins
    for gone in (".skip-to-content", ".sidebar-drawer", ".mobile-header", ".launch", ".copybtn"):
        assert page.locator(f"{gone}:visible").count() == 0, gone
    cut = "() => [...document.querySelectorAll('article pre')].filter((one) => "
    cut += (
        "one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth)"
    )
    assert page.evaluate(f"{cut}.length") == 0
    address = "one => getComputedStyle(one, '::after').content"
    page.goto(f"{site.as_uri()}/index.html")
    assert "docs.pytorch.org" in page.locator("article a[href^=http]").first.evaluate(address)
    # The cards begin on the sheet on which the opening ends.
    last = page.locator("#what-you-will-be-able-to-build li strong").last.inner_text()
    sheets = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    texts = [" ".join(sheet.extract_text().split()) for sheet in sheets]
    assert " ".join(last.split()) in next(said for said in texts if "minutes. You need" in said)
    page.close()


def stops(page, most=400):
    """What the tab key reaches, in its order: [tag, class, text, in the window, does it scroll]."""
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => {
            const one = document.activeElement;
            const box = one.getBoundingClientRect();
            const inside = box.left >= -1 && box.right <= innerWidth + 1 && box.width > 0;
            const scrolls = one.scrollWidth > one.clientWidth + 1;
            return [one.tagName, one.className, one.textContent.trim(), inside, scrolls];
        }"""
        )
        if here[0] == "BODY":
            return found
        found.append(here)
    raise AssertionError("the tab key comes to no end")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_keyboard_reaches_the_contents_and_nothing_that_is_hidden(site, browser, width):
    page = opened(browser, site, "lessons/05_gumbel.html", width)
    page.wait_for_selector(".jupyter-widgets .noUi-handle", timeout=120_000)
    found = stops(page)
    assert [one for one in found if not one[3]] == [], "a stop outside of the window"
    formulas = [one for one in found if "MJX" in one[0] or "math" in str(one[1])]
    assert [one for one in formulas if not one[4]] == [], "a formula with nothing to do in it"
    assert len(formulas) < 4, "most formulas fit their column"
    if width > 1000:
        assert any(one[2].startswith("01 ·") for one in found), "the lessons stand beside the page"
    names = ["On this page"] + (["Lessons and pages"] if width < 1000 else [])
    for name in names:
        button = page.locator(f"button[aria-label='{name}']:visible")
        button.focus()
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.activeElement.tagName === 'A'")
        assert button.get_attribute("aria-expanded") == "true"
        place = "document.activeElement.getBoundingClientRect().right <= innerWidth"
        page.wait_for_function(f"() => {place}")
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == name
        assert button.get_attribute("aria-expanded") == "false"
    if width > 1000:  # the extras of a lesson, opened in the contents
        page.locator(".toctree-checkbox").first.focus()
        extra = page.locator(".sidebar-tree a", has_text="02x")
        assert not extra.is_visible()
        page.keyboard.press("Space")
        assert extra.is_visible()
    style = "one => getComputedStyle(one).outlineStyle"
    for selector in (".sidebar-search", "article summary", ".launch a"):
        one = page.locator(selector).first
        if one.is_visible():
            one.focus()
            page.keyboard.press("Shift+Tab")
            page.keyboard.press("Tab")
            assert one.evaluate(style) == "solid", selector
    page.evaluate("() => { scrollTo(0, 4000); }")
    page.wait_for_timeout(200)
    page.evaluate("() => { scrollTo(0, 3000); }")
    page.wait_for_timeout(200)
    assert (
        page.locator(".back-to-top").evaluate("one => getComputedStyle(one).position") == "static"
    )
    page.close()


def test_motion_is_left_out_where_it_is_not_wanted(site, browser):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site.as_uri()}/index.html")
    assert page.locator(".moving img").evaluate("one => one.currentSrc").endswith("still.webp")
    assert not page.locator(".moving .again").is_visible()
    context.close()
    page = opened(browser, site, "index.html")
    assert page.locator(".moving img").evaluate("one => one.currentSrc").endswith("moving.webp")
    begins = "one => one.addEventListener('load', () => { one.dataset.again = 'yes'; })"
    page.locator(".moving img").evaluate(begins)
    page.locator(".moving .again").click()
    page.locator(".moving img[data-again]").wait_for()
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_cards_show_their_pictures_whole(site, browser, width):
    page = opened(browser, site, "index.html", width, "dark")
    cards = page.locator("#lessons > section")
    assert cards.count() == len(made.main_lessons([path.stem for path in LESSONS]))
    for card in cards.all():
        box, picture = card.bounding_box(), card.locator("img:visible").bounding_box()
        assert picture["width"] > 250 and picture["x"] >= box["x"]
        assert picture["x"] + picture["width"] <= box["x"] + box["width"] <= width
    page.close()
