"""A translation of the site: every message is taken out, and nothing is lost on the way back."""

import re
import shutil
import subprocess
import sys

import pytest
from bs4 import BeautifulSoup
from docutils import nodes

from course_utils import settings
from tools.site import build, translation

ROOT = settings.root()
LESSONS = ("02x_latents", "05y_codes")
PAGES = ("index", "glossary")
COUNTED = "section, .math, img, a[href], pre, h1, h2, h3, details, table, td, li, strong, em, code"
OUTPUT = ".cell_output .text_html, .cell_output pre, .cell_input, pre, .math, code, script, style"


def sphinx(builder, source, target, *options):
    """As CONTRIBUTING.md has it, but without the reference."""
    call = [sys.executable, "-m", "sphinx", "-q", "-j", "auto", "-t", "paper", "-b", builder]
    call += ["-d", f"{target}-read", *options, str(source), str(target)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two lessons in English and in a pseudo translation, page by page, and their messages."""
    if not (build.BUILD / "vendor" / "embed.js").is_file() and shutil.which("npm") is None:
        (pytest.fail if settings.in_ci() else pytest.skip)("npm is not installed")
    place = tmp_path_factory.mktemp("translation")
    source = place / "source"
    build.prepare(source)
    for path in [*source.glob("lessons/*.ipynb"), *source.glob("*.md")]:
        if path.stem not in LESSONS + PAGES:
            path.unlink()
    sphinx("gettext", source, place / "pot")
    count = translation.fill(place / "pot", source / "locale")
    sphinx("html", source, place / "en")
    sphinx("html", source, place / "there", "-D", f"language={translation.LANGUAGE}")
    pages = {}
    for language in ("en", "there"):
        for path in sorted((place / language).rglob("*.html")):
            body = BeautifulSoup(path.read_text("utf-8"), "html.parser").select_one("article")
            for found in body.select(".cited"):  # and the links below: the build finds English
                found.decompose()  # words such as "lesson 05", so a translation has none of these
            for found in body.select("a.mention"):
                found.unwrap()
            for found in body.select("[id]"):
                if re.match("exercise-|question-|source-", found["id"]):
                    del found["id"]
            name = path.relative_to(place / language).as_posix()
            pages.setdefault(name, {})[language] = body
    return pages, count


def lessons_of(built):
    return {name: both for name, both in built[0].items() if re.search("lessons/|glossary", name)}


def test_messages_are_taken_out(built):
    assert built[1] > 300


def test_no_page_and_no_part_of_a_page_is_lost(built):
    assert len(lessons_of(built)) == 3
    for name, both in built[0].items():
        assert set(both) == {"en", "there"}, name
    for name, both in lessons_of(built).items():
        for part in COUNTED.split(", "):
            here, there = (len(both[language].select(part)) for language in ("en", "there"))
            assert here == there, f"{name}: {part}: {here}, and {there} in the translation"


def test_each_word_is_there(built):
    """Without their accents the translated pages are the English ones, to the letter."""
    for name, both in lessons_of(built).items():
        there, here = translation.plain(both["there"].get_text()), both["en"].get_text()
        assert there.split() == here.split(), name


def test_links_and_anchors_lead_to_the_same_places(built):
    for name, both in lessons_of(built).items():
        for part, attribute in (("a[href]", "href"), ("[id]", "id"), ("img", "src")):
            here, there = (
                [one[attribute] for one in both[language].select(part)]
                for language in ("en", "there")
            )
            assert here == there, f"{name}: {attribute}"


def test_everything_but_code_and_output_can_be_translated(built):
    for name, both in lessons_of(built).items():
        page = both["there"]
        for picture in page.find_all("img"):
            assert translation.plain(picture["alt"]) != picture["alt"], f"{name}: {picture['alt']}"
        for part in page.select(OUTPUT):
            part.decompose()
        for text in page.find_all(string=True):
            said = re.sub(r"\d+[xy]\.\d+", "", text)  # the number of an extra's figure or exercise
            if re.search(f"[{translation.PLAIN}]", said):
                assert text.parent.name == "title", f"{name}: not translated: {text!r}"


# ------------------------------------------------------------------------ tools/site/translation.py


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("a [link to](../glossary.md#a) it", "ạ [lịnk tọ](../glossary.md#a) ịt"),
        ("`code` and $e^a$, **bold**", "`code` ạnd $e^a$, **bọld**"),
        ("see {doc}`a` &amp; <https://a.org>", "sẹẹ {doc}`a` &amp; <https://a.org>"),
    ],
)
def test_markup_is_kept(message, said):
    assert translation.pseudo(message) == said
    assert translation.plain(said) == message


def test_words_of_html_are_messages():
    fold = translation.raw(
        "", "<details><summary>Hint 1</summary>Use <code>a</code> here.</details>"
    )
    fold.preserve_original_messages()
    assert fold.extract_original_messages() == ["Hint 1", "Use", "here."]
    fold.apply_translated_message("Use", "Nimm")
    assert fold.astext() == (
        "<details><summary>Hint 1</summary>Nimm <code>a</code> here.</details>"
    )


def test_what_a_cell_put_out_is_no_message():
    inside = nodes.raw("", "<b>0.5</b>", format="html")
    nodes.container("", nodes.paragraph("", "", inside), nb_element="mime_bundle")
    assert translation.is_output(inside)
    assert not translation.is_output(nodes.raw("", "<b>0.5</b>", format="html"))


def test_a_folder_without_templates_is_named(tmp_path):
    with pytest.raises(SystemExit, match="no .pot file; build them by"):
        translation.main([str(tmp_path), str(tmp_path)])
