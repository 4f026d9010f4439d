"""Links from the lessons to the glossary: ``python -m tools.lessons.glossary --check|--write``.

In each lesson of the second edition the first use of a word of docs/glossary.md is a link to its
entry. ``--check`` names those that are not, and links to entries that are not there, and then ends
with 1; ``--write`` puts the missing links in. An entry is a heading of the page; a line
``*Also: ...*`` under it names the other forms of the word. Headings, code, formulas, HTML, other
links and the references are left alone.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat

from course_utils.files import write_whole
from tools import console
from tools.lessons import contract
from tools.lessons.normalise import normalise

ROOT = Path(__file__).resolve().parents[2]
PAGE = "../docs/glossary.md"
ENTRY = re.compile(r"^## (.+)$\n*(?:^\*Also: (.+)\*$)?", re.MULTILINE)
LINK = re.compile(rf"\[[^\]]*\]\({re.escape(PAGE)}#([^)\s]*)\)")
# What is no plain text of a cell, in the order in which one hides another.
NO_TEXT = {
    "fence": r"^ *(?:```|~~~).*?^ *(?:```|~~~) *$",
    "references": r"^## References\b.*",
    "html": r"^ *<[a-zA-Z/!][^\n]*(?:\n[^\n]+)*",
    "heading": r"^#{1,6} [^\n]*",
    "display": r"\$\$.*?\$\$",
    "formula": r"(?<![\\\w])\$[^$\n]+\$",
    "code": r"`+[^`]*`+",
    "link": r"!?\[[^\]]*\]\([^)]*\)",
    "tag": r"<[^>\n]+>",
}


def hidden(without=()):
    """A pattern of all that is no plain text, but for the named kinds."""
    kinds = [f"(?P<{name}>{form})" for name, form in NO_TEXT.items() if name not in without]
    return re.compile("|".join(kinds), re.MULTILINE | re.DOTALL)


HIDDEN = hidden()  # what holds no use of a word
MARKED = hidden(without=["references"])  # what holds no mention of a lesson or a paper
# Where a word has everyday senses too: what it is in the glossary's.
SENSES = {
    "rate": r"(?<!learning )(?<!hit )(?<!error )(?<!win )(?<!class )(?<!success )rates?",
    "evidence": r"(?:the|log|model) evidence",
    "judge": r"(?:the|a) judge(?:'s)?",
    "gap": r"(?:the|a|its|this|of) gaps?",
    "prior": r"(?<!no )priors?(?! to\b)",
}


def slug(title):
    """The anchor of a heading, as GitHub and the site make it: kl-divergence."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def pattern(title, others):
    """A regular expression of the uses of a word: any form, singular or plural, whole words."""
    forms = [SENSES.get(title) or form(title), *map(form, others)]
    joined = "|".join(sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{joined})(?![\w-])", re.DOTALL)


def form(words):
    """One form of a word. Small letters also stand for a capital at the start of a sentence."""
    made = r"\s+".join(map(re.escape, words.split()))
    if words[0].islower():
        made = f"[{words[0].upper()}{words[0]}]{made[1:]}"
    return made + ("" if words.endswith("s") else "s?")


def entries(page):
    """Anchor -> pattern of its word, from the text of the glossary; longer words first."""
    found = []
    for title, also in ENTRY.findall(page):
        others = also.split(", ") if also else []
        found.append((max(map(len, [title, *others])), slug(title), pattern(title, others)))
    return {anchor: word for _, anchor, word in sorted(found, key=lambda one: -one[0])}


def uses(text, words):
    """(places of the first open use, places of the first link), each anchor -> (start, end).

    A longer word hides a shorter one inside it: "amortisation gap" is no use of "gap".
    """
    linked = {}
    for match in LINK.finditer(text):
        linked.setdefault(match[1], match.span())
    shown = HIDDEN.sub(lambda match: re.sub(r"[^\n]", "\0", match[0]), text)
    opened = {}
    for anchor, word in words.items():
        spans = [match.span() for match in word.finditer(shown)]
        if spans:
            opened[anchor] = spans[0]
        for start, end in spans:
            shown = shown[:start] + "\0" * (end - start) + shown[end:]
    return opened, linked


def missing(notebook, words):
    """(problems, places): sentences, and (cell, start, end, anchor) of each link to be put in."""
    problems, places, met = [], [], set()
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        opened, linked = uses(cell.source, words)
        unknown = sorted(set(linked) - set(words))
        problems += [f"cell {number} links to {PAGE}#{one}, which is no entry" for one in unknown]
        for anchor in sorted({*opened, *linked} - met):
            met.add(anchor)
            start, end = opened.get(anchor, (len(cell.source), 0))
            if anchor in words and start < linked.get(anchor, (len(cell.source), 0))[0]:
                said = " ".join(cell.source[start:end].split())
                problems.append(f"cell {number}: the first use of {said!r} is no link to #{anchor}")
                places.append((number, start, end, anchor))
    return problems, places


def linked(notebook, words):
    """Put the missing links into the notebook; how many."""
    _, places = missing(notebook, words)
    for number, start, end, anchor in sorted(places, reverse=True):
        cell = notebook.cells[number]
        link = f"[{cell.source[start:end]}]({PAGE}#{anchor})"
        cell.source = cell.source[:start] + link + cell.source[end:]
    return len(places)


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Links from the lessons to the glossary.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: the second edition's")
    parser.add_argument("--write", action="store_true", help="put the missing links in")
    parser.add_argument("--check", action="store_true", help="name them, as without any option")
    asked = parser.parse_args(arguments)
    words = entries((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    failed = False
    for path in asked.notebooks or sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(text, as_version=4)
        if not asked.notebooks and contract.edition(notebook) < 2:
            continue
        if asked.write and (count := linked(notebook, words)):
            write_whole(path, normalise(nbformat.writes(notebook)))
            print(f"{path.name}: {count} links put in")
        problems, _ = missing(notebook, words)
        for problem in problems:
            print(f"{path.name}: {problem}", file=sys.stderr)
        failed = failed or bool(problems)
    return int(failed)


if __name__ == "__main__":
    console.run(main)
