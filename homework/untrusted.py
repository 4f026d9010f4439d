"""A stranger's notebook, from its bytes: what a grading needs of it, and nothing else."""

import json
import re
import warnings

MOST_CELLS = 2_000
CODE, MARKDOWN = "code", "markdown"


def notebook(data):
    """What a grading needs of a notebook: each cell's type, source and course metadata."""
    if not data.strip():
        raise ValueError("it is empty")
    raw = json.loads(data)
    if not isinstance(raw, dict) or not ({"cells", "worksheets"} & set(raw)):
        raise ValueError("it is JSON of another kind")
    if "cells" not in raw:  # format 3 and older
        import nbformat

        count = sum(len(sheet["cells"]) for sheet in raw["worksheets"])
        if count > MOST_CELLS:
            raise ValueError(f"it has {count:,} cells, more than {MOST_CELLS:,}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            old = nbformat.from_dict(raw)
            raw = json.loads(json.dumps(nbformat.convert(old, 4)))
    cells = raw["cells"]
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        raise ValueError(f"expected a list of at most {MOST_CELLS:,} cells")
    course = _course(raw)
    return {"metadata": {"course": course}, "cells": [_cell(cell) for cell in cells]}


def _course(holder):
    """The course's metadata of a notebook or cell: a dict of strings."""
    metadata = holder.get("metadata")
    course = metadata.get("course") if isinstance(metadata, dict) else None
    course = course if isinstance(course, dict) else {}
    return {key: value for key in ("id", "lesson") if isinstance(value := course.get(key), str)}


def _cell(cell):
    words = cell["source"]
    words = "".join(words) if isinstance(words, list) else words
    if not isinstance(words, str):
        raise ValueError("a cell whose source is no text")
    kind = cell["cell_type"] if cell["cell_type"] == CODE else MARKDOWN
    return {"cell_type": kind, "metadata": {"course": _course(cell)}, "source": text(words)}


def lesson_of(made):
    """Number of the lesson, from the notebook's metadata or those of its exercises.

    Raises:
        ValueError: there is none.
    """
    number = made["metadata"]["course"].get("lesson", "")
    if re.fullmatch(r"\d\d", number):
        return number
    for cell in made["cells"]:
        found = re.fullmatch(r"(\d{1,2})\.\d{1,3}", cell["metadata"]["course"].get("id", ""))
        if found:
            return f"{int(found[1]):02d}"
    raise ValueError("its metadata name no lesson of the course")


def text(words):
    """Without what no file and no page can hold."""
    return words.encode("utf-8", "replace").decode("utf-8")
