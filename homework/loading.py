"""What a sandbox is asked to load: a notebook's cells, and which of them answer which exercise."""

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


def request(lesson, exercise, cells, places, elsewhere=(), wanted=()):
    """What the sandbox is asked first: the header of a message.

    Args:
        cells, places: of :func:`cells_of`.
        elsewhere: names of functions that are not to be the student's, but in another process.
        wanted: names that are to be there beside what the exercise needs.
    """
    listed = [
        {"id": entry.id, "defines": list(entry.defines), "cell": places.get(entry.id)}
        for entry in lesson.exercises
    ]
    asked = {"op": "load", "cells": cells, "exercises": listed, "graded": exercise.id}
    return asked | {"elsewhere": list(elsewhere), "wanted": list(wanted)}
