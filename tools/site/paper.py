"""The lessons as they are printed: solutions in an appendix, no code that only draws, no sliders.

Works on copies of the committed notebooks; nothing is executed.
"""

import re
from pathlib import Path
from types import SimpleNamespace

import nbformat

from course_utils import widgets
from homework import lessons, release
from tools.lessons.normalise import FOLD, WIDGET_STATE, WIDGET_VIEW
from tools.site import pages, parts

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SOLUTIONS = "solutions"
STILL = "In the notebook and on the web site, a slider moves this picture."
EXERCISE = re.compile(r"^\*\*Exercise (\d+[xy]?\.\d+)\*\*", re.MULTILINE)
INTRODUCTION = """\
---
orphan: true
---

# Solutions

One solution of each exercise, in the order of the lessons. Try an exercise before you read on: its
check in the notebook tells you which mistake an answer makes, and its hints stand beside it.
"""


def anchor(kind, number):
    """The id of an exercise, or of its solution: ``exercise-2x-1``."""
    return f"{kind}-{number.replace('.', '-')}"


def lesson_page(path, folder, extras=()):
    """A lesson as it is printed, and its (number, text, code) of each solution.

    Args:
        path: of the notebook.
        folder: of a copy that is written on the way, in which the site's own page is made.
        extras: the names of its extras' notebooks.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        keep_stills(cell)
    notebook.metadata.get("widgets", {}).pop(WIDGET_STATE, None)
    copy = folder / path.name
    nbformat.write(notebook, copy)
    page, solutions, cells = pages.lesson_page(copy, extras), [], []
    for cell in page.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            cell.source = EXERCISE.sub(_with_anchor, cell.source)
        elif "exercise" in tags:
            solutions.append(solution(cell, cells[-1].source))
            cell = task(cell)
        elif FOLD in tags:
            cell.metadata["tags"] = [*tags, "remove-input"]
        cells.append(cell)
    page.cells = cells
    return page, solutions


def keep_stills(cell):
    """The picture that stands for sliders stays, with a caption that speaks of it alone."""
    kept = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if data.pop(WIDGET_VIEW, None) and "image/png" not in data:
            continue
        if "text/markdown" in data:  # the caption, and what is said to those who cannot see it
            data["text/markdown"] = parts.OF_SLIDER.sub("", data["text/markdown"])
        for shown in output.get("metadata", {}).values():
            if isinstance(shown, dict) and "alt" in shown:
                shown["alt"] = parts.OF_SLIDER.sub("", shown["alt"])
        if output.get("name") == "stdout":
            output.text = output.text.replace(widgets.RUN, STILL)
        kept.append(output)
    if "outputs" in cell:
        cell.outputs = kept


def _with_anchor(found):
    return f"({anchor('exercise', found.group(1))})=\n{found.group()}"


def task(cell):
    """The cell of an exercise as its reader begins it, with a link to its solution."""
    number = cell.metadata["course"]["id"]
    named = SimpleNamespace(id=number, defines=cell.metadata["course"]["defines"])
    code = release.stub(cell.source, named)
    link = f"[Solution of exercise {number}](#{anchor('solution', number)})"
    return nbformat.v4.new_markdown_cell(f"```python\n{code}\n```\n\n{link}")


def solution(cell, text):
    """(number, the exercise's text without its hints, the code without its marks)."""
    number = cell.metadata["course"]["id"]
    begin = next(found for found in EXERCISE.finditer(text) if found.group(1) == number)
    asked, _, _ = text[begin.start() :].partition("<details")
    marks = {lessons.BEGIN, lessons.END}
    code = "\n".join(line for line in cell.source.split("\n") if line.strip() not in marks)
    return number, asked.strip(), code


def appendix(solutions):
    """The page of all solutions.

    Args:
        solutions: title of a lesson -> its solutions, as :func:`lesson_page` gives them.
    """
    parts = [INTRODUCTION]
    for title, found in solutions.items():
        parts += [f"## {title}"] if found else []
        for number, asked, code in found:
            link = f"[Exercise {number} in its lesson](#{anchor('exercise', number)})"
            parts += [f"({anchor('solution', number)})=\n### Exercise {number}", link]
            parts += [asked, f"```python\n{code}\n```"]
    return "\n\n".join(parts) + "\n"


def write(source, stems):
    """Put the printed lessons and the appendix in the place of the site's, in ``source``."""
    copies = source / "_copies"
    copies.mkdir()
    solutions = {}
    for stem in stems:
        page, found = lesson_page(NOTEBOOKS / f"{stem}.ipynb", copies, pages.extras_of(stem, stems))
        solutions[" · ".join(pages.title_of(page))] = found
        nbformat.write(page, source / "lessons" / f"{stem}.ipynb")
        (copies / f"{stem}.ipynb").unlink()
    copies.rmdir()
    (source / "lessons" / f"{SOLUTIONS}.md").write_text(appendix(solutions), encoding="utf-8")
