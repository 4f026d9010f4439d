"""The printed course: nothing lost, fonts inside, contents and links that lead where they say."""

import re
import shutil
from collections import Counter

import nbformat
import pypdf
import pytest
from bs4 import BeautifulSoup

from course_utils import settings, widgets
from tools.site import book, build, paper, parts, pdf
from tools.site.pages import SiteError

ROOT = settings.root()
LESSONS = ["02x_latents", "05x_estimators"]


def words(text):
    """Text without its spaces, which a PDF puts where it likes."""
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Two lessons and the glossary as a PDF, and the parts that it was made of."""
    needed = {"npm": (build.BUILD / "vendor" / "embed.js").is_file(), "chromium": False}
    for tool, is_there in needed.items():
        if not is_there and shutil.which(tool) is None:
            (pytest.fail if settings.in_ci() else pytest.skip)(f"{tool} is not installed")
    patch = pytest.MonkeyPatch()
    patch.setattr(pdf, "BUILD", tmp_path_factory.mktemp("pdf"))
    patch.setattr(pdf, "BESIDE", ("glossary",))
    folder, parts = pdf.chapters(LESSONS)
    target = pdf.BUILD / "course.pdf"
    pdf.print_book(folder, parts, target)
    patch.undo()
    return pypdf.PdfReader(target), parts


@pytest.fixture(scope="module")
def texts(printed):
    return [words(page.extract_text()) for page in printed[0].pages]


def test_every_font_is_inside(printed):
    seen = 0
    for page in printed[0].pages:
        for reference in page["/Resources"].get("/Font", {}).values():
            font = reference.get_object()
            for part in font.get("/DescendantFonts", [font]):
                part = part.get_object()
                held = part.get("/FontDescriptor", {})
                embedded = {"/FontFile", "/FontFile2", "/FontFile3"} & set(held)
                assert embedded or font["/Subtype"] == "/Type3", font
                seen += 1
    assert seen > 20


def test_the_contents_name_each_chapter_and_its_page(printed, texts):
    reader, parts = printed
    lines = [words(line) for page in reader.pages[1:3] for line in page.extract_text().split("\n")]
    chapters = [chapter for held in parts.values() for chapter in held]
    assert [one.stem for one in chapters] == [*LESSONS, "glossary", paper.SOLUTIONS]
    seen = 0
    titles = [(one.title, *(title for _, title in one.sections)) for one in chapters]
    for title in (one for of_chapter in titles for one in of_chapter):
        if "math" in title:  # a formula is drawn: a PDF has its letters in no order
            continue
        name = words(BeautifulSoup(title, "html.parser").get_text())
        wrapped = r"\n?".join(map(re.escape, name))
        found = re.search(rf"{wrapped}\n?(\d+)\n", "\n".join([*lines, ""]))
        assert found, f"the contents do not name {title!r} with a page"
        assert name in texts[int(found.group(1)) - 1], f"{title!r} is not on {found.group(1)}"
        seen += 1
    assert seen > 12


def test_every_link_leads_somewhere(printed):
    reader, _ = printed
    known = set(reader.named_destinations)
    seen = Counter()
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            action = link.get("/A", {})
            if "/URI" in action:
                assert action["/URI"].startswith("https://"), action["/URI"]
                seen["outside"] += 1
            elif "/Dest" in link:
                assert link["/Dest"] in known or not isinstance(link["/Dest"], str), link["/Dest"]
                seen["inside"] += 1
    assert seen["inside"] > 30


def test_a_reader_finds_the_way(printed):
    reader, parts = printed
    outline = [str(entry.title) for entry in reader.outline if not isinstance(entry, list)]
    for chapter in (one for held in parts.values() for one in held):
        assert any(words(chapter.title) == words(title) for title in outline), chapter.title
    assert reader.metadata.title == pdf.TITLE


def test_nothing_of_the_lessons_is_lost_and_solutions_stand_at_the_end(printed, texts):
    _, parts = printed
    whole = "".join(texts)
    appendix = next(n for n, text in enumerate(texts) if "Onesolutionofeachexercise" in text)
    for stem in LESSONS:
        for cell in nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "markdown":
                for heading in re.findall(r"^#+ ([^$`\[*]+)$", cell.source, re.MULTILINE):
                    assert words(heading) in whole, heading
            elif "exercise" in tags:
                code = words(re.search(r"SOLUTION\n(.+?)\n", cell.source).group(1))
                assert code in "".join(texts[appendix:])
                number = words(f"Solution of exercise {cell.metadata['course']['id']} (page")
                assert number in "".join(texts[:appendix])
            elif "hide-input" not in tags:
                assert words(cell.source.split("\n")[-1]) in whole
    for text in texts:
        assert "###BEGINSOLUTION" not in text and "Skiptocontent" not in text
    pictures = [
        image for held in parts.values() for one in held for image in one.body.find_all("img")
    ]
    stored = sum(
        any(kind.startswith("image/") for kind in output.get("data", {}))
        for stem in LESSONS
        for cell in nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells
        for output in cell.get("outputs", [])
    )
    assert len(pictures) == stored > 4


# ------------------------------------------------------------------------------ tools/site/paper.py


def exercise():
    return nbformat.v4.new_code_cell(
        "def f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
        metadata={"tags": ["exercise"], "course": {"id": "2x.1", "defines": ["f"]}},
    )


def test_an_exercise_is_printed_as_its_reader_begins_it():
    text = paper.task(exercise()).source
    assert "return 2 * x" not in text and "Exercise 2x.1: write f" in text
    assert text.endswith("[Solution of exercise 2x.1](#solution-2x-1)")


def test_a_solution_has_its_exercise_without_hints():
    asked = "Text.\n\n**Exercise 2x.1** (2 points). Double $x$.\n\n<details>Hint</details>"
    number, text, code = paper.solution(exercise(), asked)
    assert (number, text) == ("2x.1", "**Exercise 2x.1** (2 points). Double $x$.")
    assert code == "def f(x):\n    return 2 * x"
    page = paper.appendix({"02x · More": [(number, text, code)], "03 · None": []})
    assert "(solution-2x-1)=\n### Exercise 2x.1" in page and "03 · None" not in page


def test_a_still_picture_stands_for_a_slider():
    view = {paper.WIDGET_VIEW: {"model_id": "x"}}
    captions = ["**Figure.** At 1.5. The slider moves it.", "**Figure.** At 1.5."]
    outputs = [
        nbformat.v4.new_output("display_data", data=view | {"image/png": "AAAA"}),
        nbformat.v4.new_output("display_data", data=view),
        nbformat.v4.new_output("display_data", data={"text/markdown": captions[0]}),
        nbformat.v4.new_output("stream", text=f"{widgets.RUN}\n"),
    ]
    cell = nbformat.v4.new_code_cell("1", outputs=outputs)
    paper.keep_stills(cell)
    picture, caption, sentence = cell.outputs
    assert list(picture.data) == ["image/png"]
    assert caption.data == {"text/markdown": captions[1]}
    assert sentence.text == f"{paper.STILL}\n"


def test_captions_on_paper_speak_of_no_slider():
    said = {
        "Latent 43; the slider goes through all of them.": "Latent 43.",
        "At z = (0, 0), and at the sliders.": "At z = (0, 0).",
        "Draws at 1. The sliders move it. So it does.": "Draws at 1. So it does.",
        "No such thing; nothing moves.": "No such thing; nothing moves.",
    }
    assert {text: parts.OF_SLIDER.sub("", text) for text in said} == said


# ------------------------------------------------------------------------------- tools/site/book.py

PAGE = """<article role="main"><h1 id="a">A<a class="headerlink" href="#a">¶</a></h1>
<h2 id="s">Of <a href="02_b.html#p"><span class="x">it</span></a>,
<span class="math notranslate nohighlight">\\(z\\)</span></h2>
<img src="../_images/x.svg" loading="lazy"><details><summary>Hint</summary>Try.</details>
<a href="#a">here</a> <a href="02_b.html#p">there</a> <a href="../gone.html#q">no</a>
<a href="02_b.html#missing">none</a> <a href="https://example.org">out</a>
<a href="02_b.html#solution-1-1">Solution</a></article>"""
OTHER = """<article role="main"><section id="a"><h1>B</h1></section><p id="p"></p>
<p id="solution-1-1"></p></article>"""


def test_pages_become_chapters(tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "01_a.html").write_text(PAGE)
    (tmp_path / "lessons" / "02_b.html").write_text(OTHER)
    first, second = book.chapters(tmp_path, ["lessons/01_a", "lessons/02_b"])
    assert (first.title, second.title) == ("A", "B")
    links = {link.get_text(): link["href"] for link in first.body.find_all("a")}
    assert links == {
        "it": "#02_b--p",
        "here": "#01_a--a",
        "there": "#02_b--p",
        "out": "https://example.org",
        "Solution": "#02_b--solution-1-1",
    }
    assert second.body.h1["id"] == "02_b--a" and "id" not in second.body.section.attrs
    assert first.body.img["src"] == "_images/x.svg" and "loading" not in first.body.img.attrs
    assert [part.get_text() for part in first.body.select(".fold, .fold-title")] == [
        "HintTry.",
        "Hint",
    ]
    math = '<span class="math notranslate nohighlight">\\(z\\)</span>'
    assert first.sections == [("01_a--s", f"Of it,\n{math}")]
    place = BeautifulSoup(book.page("T", [], {"P": [first, second]}), "html.parser")
    assert [one["data-to"] for one in place.select(".contents .page-of")] == [
        "01_a",
        "01_a--s",
        "02_b",
    ]
    assert place.select_one(".chapter .page-of")["data-to"] == "02_b--solution-1-1"


def test_numbers_of_pages_are_put_in():
    text = f"{book.number_of('a')} {book.number_of('b')}"
    shown = BeautifulSoup(pdf.numbered(text, {"a": 12}), "html.parser").get_text()
    assert shown == f"12 {book.WAITING}"


def test_a_table_that_would_be_too_small_to_read_is_named(tmp_path):
    cells = "".join(f"<td>{'x' * 20}</td>" for _ in range(12))
    body = BeautifulSoup(f"<table><tr>{cells}</tr></table>", "html.parser")
    wide = book.Chapter("09_wide", "W", body, [])
    (tmp_path / "_static" / "mathjax").mkdir(parents=True)
    for name in ("book.css", "mathjax/tex-chtml.js"):
        text = "MathJax.startup = {promise: Promise.resolve()}" if name.endswith("js") else ""
        (tmp_path / "_static" / name).write_text(text)
    with pytest.raises(SiteError, match=r"too small to read: 09_wide: xxx.* \(\d\.\d points\)"):
        pdf.print_book(tmp_path, {"Lessons": [wide]}, tmp_path / "x.pdf")
    wide.body = BeautifulSoup("<table><tr><td>x</td></tr></table>", "html.parser")
    assert pdf.print_book(tmp_path, {"Lessons": [wide]}, tmp_path / "x.pdf") > 1


def test_faults_are_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(SiteError, match="chromium is not installed"):
        pdf.print_book(tmp_path, {}, tmp_path / "x.pdf")
    with pytest.raises(SystemExit, match="no lesson 99_none; there are 01_"):
        pdf.main(["99_none"])
