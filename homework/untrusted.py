"""A stranger's notebook, from its bytes: what a grading needs of it, and nothing else."""

import json
import re
import warnings

from homework import clean
from homework.lessons import ID, number_of

MOST_CELLS = 2_000
MOST_CODE = 4 * 2**20  # characters of all code cells
MOST_WORDS = 100_000  # characters of a cell of Markdown; the rest is left out
MOST_OUTPUT = 4_000  # characters of a cell's output as text
MOST_OUTPUTS = 40_000  # of all of them
# Of the JSON, where an object takes up to a hundred times its bytes in memory. The texts of
# figures and sounds, which make notebooks large, are one string each.
MOST_CONTAINERS = 400_000
MOST_VALUES = 2_000_000
HEADING = re.compile(r"\s*#{1,6} ")
CODE, MARKDOWN = "code", "markdown"


def notebook(data):
    """What a grading needs of a notebook: each cell's type, source, course metadata and text.

    The text is what a code cell printed or showed as plain text; kept from a question to the next
    cell of the course, where students try things.
    """
    if not data.strip():
        raise ValueError("it is empty")
    raw = _parsed(data)
    if not isinstance(raw, dict) or not ({"cells", "worksheets"} & set(raw)):
        raise ValueError("it is JSON of another kind")
    if "cells" not in raw:  # format 3 and older
        raw = _of_format_4(raw)
    cells = raw["cells"]
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        raise ValueError(f"expected a list of at most {MOST_CELLS:,} cells")
    course = _course(raw)
    made = [_cell(cell) for cell in cells]
    code = sum(len(cell["source"]) for cell in made if cell["cell_type"] == CODE)
    if code > MOST_CODE:
        raise ValueError(f"its code has {code:,} characters, more than {MOST_CODE:,}")
    _keep_outputs(made, cells)
    return {"metadata": {"course": course}, "cells": made}


def _parsed(data):
    """The JSON of some bytes, if what it makes is not too much for the memory."""
    containers = data.count(b"{") + data.count(b"[")
    values = data.count(b",") + data.count(b":")
    if containers > MOST_CONTAINERS or values > MOST_VALUES:
        raise ValueError("it holds too many lists or numbers; clear the outputs")
    return json.loads(data)


def _of_format_4(raw):
    import nbformat

    count = sum(len(sheet["cells"]) for sheet in raw["worksheets"])
    if count > MOST_CELLS:
        raise ValueError(f"it has {count:,} cells, more than {MOST_CELLS:,}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old = nbformat.from_dict(raw)
        return json.loads(json.dumps(nbformat.convert(old, 4)))


def _course(holder):
    """The course's metadata of a notebook or cell: a dict of strings."""
    metadata = holder.get("metadata")
    course = metadata.get("course") if isinstance(metadata, dict) else None
    course = course if isinstance(course, dict) else {}
    kept = {key: value for key in ("id", "lesson") if isinstance(value := course.get(key), str)}
    return {key: value for key, value in kept.items() if len(value) < 20}


def _cell(cell):
    words = cell["source"]
    words = "".join(words) if isinstance(words, list) else words
    if not isinstance(words, str):
        raise ValueError("a cell whose source is no text")
    kind = cell["cell_type"] if cell["cell_type"] == CODE else MARKDOWN
    words = words if kind == CODE else words[:MOST_WORDS]
    return {"cell_type": kind, "metadata": {"course": _course(cell)}, "source": text(words)}


def _keep_outputs(made, cells):
    left, follows = MOST_OUTPUTS, False
    for cell, raw in zip(made, cells, strict=True):
        is_text = cell["cell_type"] == MARKDOWN
        if cell["metadata"]["course"].get("id"):
            follows = is_text
        elif is_text and HEADING.match(cell["source"]):
            follows = False
        elif follows and cell["cell_type"] == CODE and left > 0:
            cell["text"] = _text(raw.get("outputs"), min(left, MOST_OUTPUT))
            left -= len(cell["text"])


def _text(outputs, most):
    """Streams and plain texts of a cell's outputs, cleaned."""
    parts, left = [], most
    for output in outputs if isinstance(outputs, list) else ():
        shown = output.get("data") if isinstance(output, dict) else None
        words = shown.get("text/plain") if isinstance(shown, dict) else None
        if isinstance(output, dict) and output.get("output_type") == "stream":
            words = output.get("text")
        words = words if isinstance(words, list) else [words]
        for one in words:
            if isinstance(one, str) and left > 0:
                parts.append(one[:left])
                left -= len(parts[-1])
    return clean.text("".join(parts) + (" ..." if left <= 0 else ""))


def lesson_of(made):
    """Number of the lesson, from the notebook's metadata or those of its exercises.

    Raises:
        ValueError: there is none.
    """
    number = made["metadata"]["course"].get("lesson", "")
    if re.fullmatch(r"\d\d[xy]?", number, flags=re.ASCII):
        return number
    for cell in made["cells"]:
        name = cell["metadata"]["course"].get("id", "")
        if ID.fullmatch(name):
            return number_of(name)
    raise ValueError("its metadata name no lesson of the course")


def text(words):
    """Without what no file and no page can hold."""
    return words.encode("utf-8", "replace").decode("utf-8")
