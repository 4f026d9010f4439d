"""What a sandbox is asked to load: a notebook's cells, and which of them answer which exercise."""

from homework.inside.text import lines
from homework.lessons import source


def cells_of(lesson, notebook):
    """Sources of the code cells, and exercise id -> index of its cell among them."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    places = {}
    for index, cell in enumerate(code):
        course = cell.get("metadata", {}).get("course")
        if isinstance(course, dict) and isinstance(course.get("id"), str):
            names = next((e.defines for e in lesson.exercises if e.id == course["id"]), ())
            if any(name in source(cell) for name in names):  # of copies the last that defines it
                places[course["id"]] = index
            places.setdefault(course["id"], index)
    return [source(cell) for cell in code], places


def request(lesson, exercise, cells, places, elsewhere=None):
    """What the sandbox is asked first: the header of a message.

    Args:
        cells, places: of :func:`cells_of`.
        elsewhere: a ``references.Connection`` to right answers that take the student's place.
    """
    listed = [
        {"id": entry.id, "defines": list(entry.defines), "cell": places.get(entry.id)}
        for entry in lesson.exercises
    ]
    return {
        "op": "load",
        "cells": cells,
        "exercises": listed,
        "graded": exercise.id,
        "elsewhere": list(elsewhere.names) if elsewhere else [],
        "replaced": list(elsewhere.replaced) if elsewhere else [],
    }


def references(lesson, exercises, extra=()):
    """What a sandbox of right answers is asked first: their cells, and the imports they need.

    Args:
        extra: more sources, see ``helpers``.
    """
    first = next(cell for cell in lesson.cells if cell["cell_type"] == "code")
    imports = [line for line in lines(source(first)) if line.startswith(("import ", "from "))]
    texts = ["\n".join(imports), *(lesson.references[entry.id] for entry in exercises), *extra]
    return {"op": "references", "texts": texts}
