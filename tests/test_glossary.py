"""Links from the lessons to the glossary: what is a first use, and what is none."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils import settings
from tools.lessons import glossary

PAGE = """# Glossary

## gap

Text.

## amortisation gap

## ELBO

*Also: evidence lower bound*

Text with a [gap](#gap).

## evidence

## nats

*Also: nat*

## rate
"""
WORDS = glossary.entries(PAGE)
LINK = "](../docs/glossary.md#"


def lesson(*texts, edition=2):
    cells = [new_markdown_cell(text) for text in texts]
    course = {"lesson": "01", "edition": edition}
    return new_notebook(cells=[*cells, new_code_cell("nats = 1")], metadata={"course": course})


def missing(*texts):
    """Anchors whose first use is no link."""
    problems, places = glossary.missing(lesson(*texts), WORDS)
    assert len(problems) == len(places)
    return [anchor for *_, anchor in places]


def test_entries_have_the_anchors_of_their_headings():
    assert set(WORDS) == {"gap", "amortisation-gap", "elbo", "evidence", "nats", "rate"}
    assert glossary.slug("β-VAE") == "β-vae" and glossary.slug("Fréchet distance (x)")


def test_the_first_use_is_to_be_a_link():
    assert missing("Three nats, and then a nat.") == ["nats"]
    assert missing("Nats here.", "nats there") == ["nats"]
    assert missing(f"[nats{LINK}nats) and more nats.") == []
    assert missing("Some nats.", f"[nats{LINK}nats)") == ["nats"]
    assert missing(f"Some nats, [nats{LINK}nats)") == ["nats"]


@pytest.mark.parametrize(
    "text",
    [
        "# Nats and the ELBO",
        "`nats` and ``nats``",
        "```python\nnats\n```",
        "$nats = 1$ and $$nats\n$$",
        "[so many nats](https://example.org/nats)",
        "![nats](nats.png)",
        "<details><summary>nats</summary>nats\nnats</details>",
        "Words.\n\n## References\n\n1. A, *Nats*, 2020.",
        "the learning rate, a hit rate; magnates; nats-like; per-nats",
        "There is no evidence for it.",
    ],
)
def test_what_is_no_use(text):
    assert missing(text) == []


def test_a_longer_word_hides_a_shorter_one():
    assert missing("the amortisation gap") == ["amortisation-gap"]
    assert missing("the evidence lower\nbound") == ["elbo"]
    assert missing("the evidence, and its gap") == ["evidence", "gap"]
    assert missing("the rates") == ["rate"]


def test_a_fold_is_read_after_its_heading():
    assert missing("<details><summary>Hint</summary>\n\nIn nats.\n\n</details>") == ["nats"]


def test_a_link_to_no_entry_is_named():
    problems, places = glossary.missing(lesson(f"[x{LINK}nothing)"), WORDS)
    assert problems == ["cell 0 links to ../docs/glossary.md#nothing, which is no entry"]
    assert places == []


def test_links_are_put_in_once():
    notebook = lesson("# Nats\n\nThe *rate* in nats, and\nthe evidence lower bound.", "Nats.")
    assert glossary.linked(notebook, WORDS) == 3
    assert notebook.cells[0].source == (
        f"# Nats\n\nThe *[rate{LINK}rate)* in [nats{LINK}nats), and\n"
        f"the [evidence lower bound{LINK}elbo)."
    )
    assert notebook.cells[1].source == "Nats."
    assert glossary.missing(notebook, WORDS) == ([], [])
    assert glossary.linked(notebook, WORDS) == 0


def test_as_a_command(tmp_path, capsys):
    path = tmp_path / "01_a.ipynb"
    nbformat.write(lesson("The ELBO in nats."), path)
    assert glossary.main([str(path), "--check"]) == 1
    assert "the first use of 'nats' is no link to #nats" in capsys.readouterr().err
    assert glossary.main([str(path), "--write"]) == 0
    assert "2 links put in" in capsys.readouterr().out
    assert glossary.main([str(path)]) == 0
    before = path.read_bytes()
    assert glossary.main([str(path), "--write"]) == 0 and path.read_bytes() == before


def test_the_glossary_s_own_page():
    """Entries stand in order, once each, and links on the page lead to entries."""
    page = (settings.root() / "docs" / "glossary.md").read_text("utf-8")
    titles = [title for title, _ in glossary.ENTRY.findall(page)]
    keys = [title.lower().replace("β", "beta").replace("é", "e") for title in titles]
    assert keys == sorted(keys) and len(set(keys)) == len(keys) > 45
    words = glossary.entries(page)
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= set(words)
    for title, also in glossary.ENTRY.findall(page):
        for one in [title, *(also.split(", ") if also else [])]:
            # Some words count with an article alone: glossary.SENSES.
            assert any(words[glossary.slug(title)].fullmatch(x) for x in (one, f"the {one}")), one
