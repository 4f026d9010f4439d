"""Links for what a lesson mentions: ``python -m tools.lessons.mentions --check|--write``.

In the Markdown of the notebooks "lesson 05" becomes a link to that lesson's notebook, "05x" to the
extra's, and "arXiv:1312.6114" to the paper's page, so that JupyterLab shows links too. ``--check``
names the mentions that are none and then ends with 1; ``--write`` puts the links in. Headings,
code, formulas, HTML and other links are left alone, and so is a lesson's mention of itself. The
site finds sections, exercises and sources by the same rules: ``tools/site/linking.py``.
"""

import argparse
import re
import sys
from collections import namedtuple
from pathlib import Path

import nbformat

from course_utils.files import write_whole
from tools import console
from tools.lessons import glossary
from tools.lessons.normalise import normalise

ROOT = Path(__file__).resolve().parents[2]
PAPERS = "https://arxiv.org/abs/"

# What is mentioned, where: kind, its number ("05x", "4", "5x.1", "1312.6114"), and the lesson that
# a section's mention names beside it, or None.
Mention = namedtuple("Mention", "start end kind number lesson")

AND = r"(?:,\s+(?:and|or)\s+|,\s+|\s+(?:and|or|to)\s+|\s?[–-]\s?)"
AFTER = r"(?![\w%]|[.,]\d)"  # "section 1.5" and "exercise 1.25" are other numbers


def _counted(word, number):
    """A pattern of "lesson 05" and of "lessons 02, 05 and 06"; ``word`` in small letters."""
    word = f"[{word[0].upper()}{word[0]}]{word[1:]}"
    return re.compile(
        rf"\b{word}\s+(?P<one>{number}){AFTER}"
        rf"|\b{word}s\s+(?P<list>{number}(?:{AND}{number}{AFTER})*){AFTER}"
    )


TASK = r"\d{1,2}[xy]?\.\d{1,2}"
NUMBERS = {
    "lesson": r"\d\d[xy]?",
    "section": r"\d{1,2}",
    "exercise": TASK,
    "question": TASK,
}
PATTERNS = {kind: (_counted(kind, one), re.compile(one)) for kind, one in NUMBERS.items()}
EXTRA = re.compile(r"(?<![\w.-])\d\d[xy](?![\w.]\w|\w)|(?<=\()0\d(?=\))")
# [4] or [1, 2]; but "the digits are [3, 5]", as a caption prints a list, is no citation.
CITATION = re.compile(r"(?<![\w\])\[])(?<!\bis )(?<!\bare )\[(\d{1,2}(?:, ?\d{1,2})*)\](?![(\[\w])")
PAPER = re.compile(r"\barXiv:(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")
# A section of another lesson: "section 4 of lesson 03", "lesson 03, section 4", "lesson 03's ...".
OF_LESSON = re.compile(r"\s+(?:of|in)\s+")
IN_LESSON = re.compile(r",\s+|['’]s\s+|\s+\(|:\s+")
# A section of something else, which is no place of the course: "section 3 of [2]", "of the paper".
ELSEWHERE = re.compile(
    r"\s+(?:of|in)\s+(?:\[\d|the (?:paper|book|article|chapter)\b|its\b|their\b)"
)


def mentions(text, before=None, after=None):
    """Every mention in a text without markup, in its order.

    Args:
        text: of a paragraph.
        before: the lesson that a link right before the text leads to.
        after: the lesson that a link right after it leads to.

    Returns:
        a list of :class:`Mention`.
    """
    found = []
    for kind, (pattern, number) in PATTERNS.items():
        for match in pattern.finditer(text):
            if kind == "section" and ELSEWHERE.match(text, match.end()):
                continue
            if match["one"]:
                found.append(Mention(*match.span(), kind, match["one"], None))
            else:
                spans = number.finditer(text, *match.span("list"))
                found += [Mention(*one.span(), kind, one[0], None) for one in spans]
    covered = [(one.start, one.end) for one in found]
    for match in EXTRA.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in covered):
            found.append(Mention(*match.span(), "lesson", match[0], None))
    for match in CITATION.finditer(text):
        numbers = list(re.finditer(r"\d+", match[0]))
        if all(int(one[0]) for one in numbers):  # [0, 1] is an interval
            at = [(match.start() + one.start(), match.start() + one.end()) for one in numbers]
            if len(at) == 1:
                at = [match.span()]
            pairs = zip(at, numbers, strict=True)
            found += [Mention(*place, "source", one[0], None) for place, one in pairs]
    found += [Mention(*one.span(), "paper", one[1], None) for one in PAPER.finditer(text)]
    return _with_lessons(text, sorted(found), before, after)


def _with_lessons(text, found, before, after):
    """The mentions, each section with the lesson that stands beside it."""
    lessons = [one for one in found if one.kind == "lesson"]
    edges = [(one.start, one.end, one.number) for one in lessons]
    edges += [(-1, 0, before)] if before else []
    edges += [(len(text), len(text) + 1, after)] if after else []
    said, last = [], None  # the section before, for the next one of a list
    for one in found:
        if one.kind == "section":
            beside = [n for start, _, n in edges if _precedes(text, one.end, start)]
            beside += [n for _, end, n in edges if _follows(text, end, one.start)]
            of = beside[0] if beside else None
            if last and of is None and re.fullmatch(AND, text[last.end : one.start]):
                of = last.lesson
            one = last = one._replace(lesson=of)
        said.append(one)
    return _backwards(text, said)


def _backwards(text, said):
    """In "sections 1 and 2 of lesson 02" the lesson belongs to the first section too."""
    for place in range(len(said) - 2, -1, -1):
        one, later = said[place], said[place + 1]
        if one.kind == later.kind == "section" and one.lesson is None and later.lesson:
            if re.fullmatch(AND, text[one.end : later.start]):
                said[place] = one._replace(lesson=later.lesson)
    return said


def _precedes(text, end, start):
    """True for a section that ends right before a lesson's mention: "section 4 of lesson 03"."""
    return end <= start and OF_LESSON.fullmatch(text[end:start]) is not None


def _follows(text, end, start):
    """True for a section right after a lesson's mention: "lesson 03, sections 4 and 5"."""
    between = re.sub(r"[Ss]ections?\s+$", "", text[end:start]) if end <= start else ""
    return IN_LESSON.fullmatch(between) is not None


# ------------------------------------------------------------------------------------- notebooks


def places(text, own, stems):
    """(start, end, address) of each mention in a cell's Markdown that is to be a link.

    Args:
        text: of the cell.
        own: the number of its lesson.
        stems: number -> stem of each lesson's notebook.
    """
    shown = glossary.MARKED.sub(lambda match: re.sub(r"[^\n]", "\0", match[0]), text)
    for one in mentions(shown):
        if one.kind == "paper":
            yield one.start, one.end, PAPERS + one.number
        elif one.kind == "lesson" and one.number in stems and one.number != own:
            yield one.start, one.end, f"{stems[one.number]}.ipynb"


def linked(notebook, own, stems):
    """Put the missing links into the notebook; the words that became links, with their cells."""
    done = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        text = cell.source
        for start, end, address in reversed(list(places(text, own, stems))):
            done.append((number, " ".join(text[start:end].split())))
            text = f"{text[:start]}[{text[start:end]}]({address}){text[end:]}"
        cell.source = text
    return done


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Links for lessons and papers in the notebooks.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all")
    parser.add_argument("--write", action="store_true", help="put the missing links in")
    parser.add_argument("--check", action="store_true", help="name them, as without any option")
    asked = parser.parse_args(arguments)
    every = sorted((ROOT / "notebooks").glob("*.ipynb"))
    stems = {path.stem.partition("_")[0]: path.stem for path in every}
    failed = False
    for path in asked.notebooks or every:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        done = linked(notebook, path.stem.partition("_")[0], stems)
        if done and asked.write:
            write_whole(path, normalise(nbformat.writes(notebook)))
            print(f"{path.name}: {len(done)} links put in")
        elif done:
            failed = True
            for number, words in sorted(done, key=lambda one: one[0]):
                print(f"{path.name}: cell {number}: {words!r} is no link", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    console.run(main)
