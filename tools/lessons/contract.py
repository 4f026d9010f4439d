"""What a lesson of the second edition keeps to: ``python -m tools.lessons.contract FILES``.

It prints the sizes of each notebook beside the limits, then what is over them or out of form, and
ends with 1 if anything is. A cell is folded if its metadata say ``source_hidden`` or its tags
``hide-input``; it needs both, since JupyterLab reads the one and the site the other. Lines of code
are those that are not blank. Words are those of Markdown cells without their blocks of code; a part
whose heading ends with ``*optional*`` is counted apart.
"""

import argparse
import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from tools import console
from tools.lessons.normalise import FOLD
from tools.public.setup_cell import is_setup

COLUMNS, CLASS_LINES = 80, 40
FENCE = re.compile(r"^ *(```|~~~).*?^ *\1", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
SIZES = ("cells", "visible_lines", "folded_lines", "words")
OPTIONAL = "*optional*"
HIDDEN = "source_hidden"


@dataclass(frozen=True)
class Limits:
    """The most that a lesson has; ``cell_lines`` of one visible cell; exercises from, to."""

    cells: int
    visible_lines: int
    folded_lines: int
    words: int
    exercises: tuple
    cell_lines: int = 25


LESSON = Limits(cells=70, visible_lines=300, folded_lines=250, words=4_500, exercises=(4, 7))
EXTRA = Limits(cells=35, visible_lines=150, folded_lines=125, words=2_500, exercises=(2, 3))


@dataclass
class Measured:
    """Sizes of a notebook, and sentences on what is out of form or over its limits."""

    limits: Limits
    cells: int = 0
    visible_lines: int = 0
    folded_lines: int = 0
    words: int = 0
    optional_words: int = 0
    exercises: int = 0
    problems: list = field(default_factory=list)


def edition(notebook):
    """Which edition's contract a lesson keeps to; 1 where its metadata do not say."""
    return notebook.metadata.get("course", {}).get("edition", 1)


def is_extra(notebook):
    """True for the lesson numbered 02x, which is an extra of 02."""
    return str(notebook.metadata.get("course", {}).get("lesson", ""))[-1:].isalpha()


def tags(cell):
    return cell.metadata.get("tags", [])


def is_folded(cell):
    """True for a code cell that is closed at first, in JupyterLab or on the site.

    The solution of an exercise is closed too, but it is what the reader is to write: it counts.
    """
    hidden = cell.metadata.get("jupyter", {}).get(HIDDEN) and "exercise" not in tags(cell)
    return cell.cell_type == "code" and bool(hidden or FOLD in tags(cell))


def lines_of(cell):
    """The lines of a cell that are not blank."""
    return [line for line in cell.source.splitlines() if line.strip()]


def measure(notebook):
    """The sizes and problems of a lesson, by the contract of the second edition.

    The cell that fetches the course, once that is published, is no part of the lesson.
    """
    cells = [cell for cell in notebook.cells if not is_setup(cell)]
    found = Measured(EXTRA if is_extra(notebook) else LESSON, cells=len(cells))
    code = [cell for cell in cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        where = f"code cell {number}"
        if is_folded(cell):
            found.folded_lines += len(lines_of(cell))
            found.problems += fold_problems(cell, where)
        else:
            found.visible_lines += len(lines_of(cell))
            found.problems += length_problems(cell, where, found.limits)
        found.problems += [
            f"{where}, line {place}: {len(line)} columns, more than {COLUMNS}: {line.strip()[:40]}"
            for place, line in enumerate(cell.source.splitlines(), start=1)
            if len(line) > COLUMNS
        ]
    found.exercises = sum("exercise" in tags(cell) for cell in code)
    found.words, found.optional_words = words(notebook)
    return found


def fold_problems(cell, where):
    """What is wrong with a folded cell."""
    if not (cell.metadata.get("jupyter", {}).get(HIDDEN) is True and FOLD in tags(cell)):
        yield (
            f"{where} is folded by one mark alone; it needs jupyter.{HIDDEN} and the tag {FOLD} "
            "(python -m tools.lessons.normalise sets both)"
        )
    if not cell.source.lstrip().startswith("#"):
        yield f"{where} is folded: its first line is to be a comment that says what it makes"
    if "exercise" in tags(cell):
        yield f"{where} is an exercise, and folded: nobody would see it"


def length_problems(cell, where, limits):
    """A visible cell that is too long; an exercise may be a whole class."""
    most = limits.cell_lines
    if "exercise" in tags(cell):
        tree = ast.parse(cell.source)
        if any(isinstance(node, ast.ClassDef) for node in tree.body):
            most = CLASS_LINES
    if len(lines_of(cell)) > most:
        begins = lines_of(cell)[0].strip()[:40]
        yield f"{where}: {len(lines_of(cell))} lines, more than {most}; it begins: {begins}"


def words(notebook):
    """(words of what everybody reads, words of the parts that are optional)."""
    counts, optional_from = [0, 0], None  # the level of the optional heading that is open
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        text, place = FENCE.sub("", cell.source), 0
        for heading in HEADING.finditer(text):
            counts[optional_from is not None] += len(text[place : heading.start()].split())
            level, place = len(heading[1]), heading.start()
            if optional_from is not None and level <= optional_from:
                optional_from = None
            if optional_from is None and heading[2].endswith(OPTIONAL):
                optional_from = level
        counts[optional_from is not None] += len(text[place:].split())
    return tuple(counts)


def claims_problems(notebook):
    """``lesson.claims()`` is called once, and no later section has code."""
    calls, last, section = [], 0, 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            section += any(len(marks) <= 2 for marks, _ in HEADING.findall(cell.source))
        elif cell.source.strip():
            last = section
            calls += [section] * sum(map(is_claims, ast.walk(ast.parse(cell.source))))
    if len(calls) != 1:
        yield f"lesson.claims() is called {len(calls)} times; the last section calls it once"
    elif calls[0] != last:
        yield "lesson.claims() stands before the last section that has code"


def is_claims(node):
    """True for the call ``lesson.claims()``."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "lesson.claims"


def problems(notebook):
    """Sentences on what a lesson of the second edition does not keep to."""
    found = measure(notebook)
    said = []
    for name in SIZES:
        has, most = getattr(found, name), getattr(found.limits, name)
        if has > most:
            said.append(f"{has:,} {name.replace('_', ' ')}, more than {most:,}")
    least, most = found.limits.exercises
    if not least <= found.exercises <= most:
        said.append(f"{found.exercises} exercises; expected {least} to {most}")
    return [*said, *found.problems, *claims_problems(notebook)]


def table(found):
    """The sizes beside their limits."""
    rows = []
    for name in SIZES:
        has, most = getattr(found, name), getattr(found.limits, name)
        rows.append(f"  {name.replace('_', ' '):<15}{has:>7,} of {most:,}")
    least, most = found.limits.exercises
    rows.append(f"  {'optional words':<15}{found.optional_words:>7,}")
    rows.append(f"  {'exercises':<15}{found.exercises:>7} of {least} to {most}")
    return rows


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Sizes and form of lessons, beside their limits.")
    parser.add_argument("notebooks", nargs="+", type=Path)
    failed = False
    for path in parser.parse_args(arguments).notebooks:
        notebook = nbformat.read(path, as_version=4)
        is_held = edition(notebook) >= 2
        print(path.stem if is_held else f"{path.stem} (first edition: not held to these limits)")
        print("\n".join(table(measure(notebook))))
        said = problems(notebook)
        print("\n".join(f"  - {sentence}" for sentence in said) or "  nothing to mend")
        failed = failed or (is_held and bool(said))
    return int(failed)


if __name__ == "__main__":
    console.run(main)
