"""The folded first cell of each lesson, which fetches the course where it is missing.

Its text is that of ``first_cell.py`` with the public name in it. It stands right before the
lesson's own first code cell, and only while there is a name.
"""

import json
from pathlib import Path

from tools.lessons.normalise import FOLD, joined, normalise

TEXT = (Path(__file__).parent / "first_cell.py").read_text(encoding="utf-8")
PLACE = 'fetch_course("owner/name", "v0.0")'
MARK = "fetch-course"  # its tag and its id


def is_setup(cell):
    """True for the cell that fetches the course: it is no part of the lesson."""
    return MARK in cell["metadata"].get("tags", [])


def text_of(public):
    """The cell's source under this name."""
    return TEXT.replace(PLACE, f'fetch_course("{public.repository}", "{public.tag}")').rstrip("\n")


def put(text, public):
    """A notebook's text with the cell, or without it where the name is empty.

    The numbers of execution of the other cells move with it, as a run would number them; a
    notebook that is right already stays as it is, byte for byte.
    """
    notebook = json.loads(text)
    cells = notebook["cells"]
    first = first_code(cells)
    there = [cell for cell in cells if is_setup(cell)]
    if not there and not public:
        return text
    if public and len(there) == 1 and there == cells[first : first + 1]:
        kept = there[0] | {"source": joined(there[0]["source"])}
        if kept == cell_of(public, kept["execution_count"]):
            return text
    for cell in there:
        cells.remove(cell)
        if cell["execution_count"] is not None:
            shift(cells, -1)
    if public:
        was_run = any(cell.get("execution_count") == 1 for cell in cells)
        shift(cells, 1)
        cells.insert(first_code(cells), cell_of(public, 1 if was_run else None))
    return normalise(json.dumps(notebook))


def first_code(cells):
    """Index of the first code cell, or of the place after the last cell."""
    return next((n for n, cell in enumerate(cells) if cell["cell_type"] == "code"), len(cells))


def cell_of(public, count=None):
    """The cell as a dict of notebook format 4."""
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": MARK,
        "metadata": {"jupyter": {"source_hidden": True}, "tags": [MARK, FOLD]},
        "outputs": [],
        "source": text_of(public),
    }


def shift(cells, by):
    """Number what was executed anew, by so many more."""
    for cell in cells:
        for one in (cell, *cell.get("outputs", [])):
            if one.get("execution_count") is not None:
                one["execution_count"] += by
