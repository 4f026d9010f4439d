"""Mentions of lessons, sections, exercises, sources and papers: what is found and linked."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils import settings
from tools.lessons import contract, mentions
from tools.site import pages

ROOT = settings.root()
LESSONS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
STEMS = {stem.partition("_")[0]: stem for stem in LESSONS}


def said(text, **beside):
    """(words, kind, number, lesson) of each mention."""
    found = mentions.mentions(text, **beside)
    return [(text[one.start : one.end], one.kind, one.number, one.lesson) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In lesson 05's net", [("lesson 05", "lesson", "05", None)]),
        ("Lessons 02,\n09 and 10x", [(n, "lesson", n, None) for n in ("02", "09", "10x")]),
        ("lessons 01 to 03", [(n, "lesson", n, None) for n in ("01", "03")]),
        ("lesson 01, 10 epochs", [("lesson 01", "lesson", "01", None)]),
        ("the extra 05x, (09)", [("05x", "lesson", "05x", None), ("09", "lesson", "09", None)]),
        ("section 4", [("section 4", "section", "4", None)]),
        ("sections 5, 6 and 7", [(n, "section", n, None) for n in "567"]),
        ("question 5.6", [("question 5.6", "question", "5.6", None)]),
        (
            "Exercises 5x.1 and 5x.2",
            [(n, "exercise", n, None) for n in ("5x.1", "5x.2")],
        ),
        (
            "as [4] and [1, 2] do",
            [("[4]", "source", "4", None), *[(n, "source", n, None) for n in "12"]],
        ),
        ("arXiv:1312.6114.", [("arXiv:1312.6114", "paper", "1312.6114", None)]),
        ("arXiv:math/0309136v1", [("arXiv:math/0309136", "paper", "math/0309136", None)]),
        ("pixels in [0, 1], x[1], [3](page), the digits are [3, 5]", []),
        ("lesson 015, lesson 1, section 1.5, 12 sections, page 05", []),
        ("section 3 of the paper, section 2 of [x]", [("section 2", "section", "2", None)]),
    ],
)
def test_mentions_are_found(text, expected):
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "lessons"),
    [
        ("section 4 of lesson 03", ["03"]),
        ("lesson 03, section 4", ["03"]),
        ("lesson 03 (section 4) and section 5", ["03", None]),
        ("lesson 03’s sections 4, 5 and 6", ["03"] * 3),
        ("sections 1 and 2 of lesson 02", ["02"] * 2),
        ("Lesson 03 has it. Section 4 shows it.", [None]),
        ("section 4 of [2]", []),
    ],
)
def test_a_section_belongs_to_the_lesson_beside_it(text, lessons):
    assert [one.lesson for one in mentions.mentions(text) if one.kind == "section"] == lessons


def test_a_link_beside_a_text_says_which_lesson():
    assert said("section 4 of ", after="03") == [("section 4", "section", "4", "03")]
    assert said(", section 4", before="03") == [("section 4", "section", "4", "03")]
    assert said(". Section 4", before="03") == [("Section 4", "section", "4", None)]


def a_lesson(*texts):
    cells = [*map(new_markdown_cell, texts), new_code_cell("# lesson 02")]
    return new_notebook(cells=cells, metadata={"course": {"lesson": "01"}})


def test_links_are_put_into_the_markdown_once():
    text = (
        "# Lesson 02\n\nAs in lesson 02, lessons 03 and 05x, lesson 01 and lesson 99. `lesson 02`"
    )
    text += "\n\n$lesson 02$ [lesson 02](02_b.ipynb)\n\n<p>lesson 02</p>"
    notebook = a_lesson(text, "## References\n\n1. A, *B*, 2013, arXiv:1312.6114. See lesson 02.")
    stems = {"01": "01_a", "02": "02_b", "03": "03_c", "05x": "05x_d"}
    assert len(mentions.linked(notebook, "01", stems)) == 5
    assert notebook.cells[0].source == text.replace(
        "in lesson 02", "in [lesson 02](02_b.ipynb)"
    ).replace("03 and 05x", "[03](03_c.ipynb) and [05x](05x_d.ipynb)")
    assert notebook.cells[1].source == (
        "## References\n\n1. A, *B*, 2013, [arXiv:1312.6114](https://arxiv.org/abs/1312.6114). "
        "See [lesson 02](02_b.ipynb)."
    )
    assert notebook.cells[2].source == "# lesson 02"
    assert mentions.linked(notebook, "01", stems) == []


def test_as_a_command(tmp_path, capsys):
    path = tmp_path / "01_a.ipynb"
    nbformat.write(a_lesson("After lesson 02."), path)
    assert mentions.main([str(path), "--check"]) == 1
    assert "01_a.ipynb: cell 0: 'lesson 02' is no link" in capsys.readouterr().err
    assert mentions.main([str(path), "--write"]) == 0
    assert "1 links put in" in capsys.readouterr().out
    before = path.read_bytes()
    assert mentions.main([str(path)]) == 0 and path.read_bytes() == before
    assert f"[lesson 02]({STEMS['02']}.ipynb)" in path.read_text("utf-8")


@pytest.mark.parametrize("stem", LESSONS)
def test_links_change_neither_the_words_nor_the_sources_of_a_lesson(stem):
    notebook = nbformat.read(LESSONS[stem], as_version=4)
    words, shown = contract.words(notebook), [cell.source for cell in notebook.cells]
    mentions.linked(notebook, stem.partition("_")[0], STEMS)
    assert contract.words(notebook) == words
    plain = re.compile(r"\[([^\]\[]*)\]\((?:\w+\.ipynb|https://arxiv[^)]*)\)")
    for cell, before in zip(notebook.cells, shown, strict=True):
        assert plain.sub(r"\1", cell.source) == plain.sub(r"\1", before)
    sources = [line for line in pages.references({stem: notebook}) if line.startswith("- ")]
    assert len(sources) == len(pages.ENTRY.findall(shown_sources(shown)))


def shown_sources(cells):
    """The text of a lesson's references."""
    return "\n".join(cells).partition("## References")[2]


def test_the_committed_notebooks_have_their_links(capsys):
    assert mentions.main(["--check"]) == 0, capsys.readouterr().err
