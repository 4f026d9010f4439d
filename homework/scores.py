"""The text of scores.csv, which any spreadsheet may open without taking a name for a formula."""

import csv
import io
import re

from homework import clean

# Where a program might split a line, whatever it takes for the separator.
SPLITS = str.maketrans({";": ",", "|": "/", '"': "'", "\n": " "})
FORMULA = re.compile(r"(^|,)(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")  # the wide signs too


def table(graded, unreadable, known):
    """The text of scores.csv: a line a student and lesson, a column an exercise."""
    graded_ones = {entry["lesson"] for entry in graded}
    used = [lesson for number, lesson in known.items() if number in graded_ones]
    columns = [exercise.id for lesson in used for exercise in lesson.exercises]
    columns += [f"{question.id} (words)" for lesson in used for question in lesson.reflections]
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(["student", "lesson", "status", "points", "of", *columns, "remarks"])
    for entry in graded:
        points = {outcome["id"]: outcome["points"] for outcome in entry["outcomes"]}
        row = [cell(entry["student"]), entry["lesson"], "graded", sum(points.values())]
        row += [known[entry["lesson"]].points, *(points.get(name, "") for name in columns)]
        rows.writerow([*row, cell(", ".join(entry["notes"]))])
    for entry in sorted(unreadable, key=lambda one: (one.student, one.where)):
        row = [cell(entry.student), entry.lesson, "unreadable", "", "", *[""] * len(columns)]
        rows.writerow([*row, cell(f"{entry.where}: {entry.unreadable}")])
    return stream.getvalue()


def cell(text):
    """Text that no spreadsheet splits, or takes for a formula."""
    text = " ".join(clean.text(text).translate(SPLITS).split())
    return FORMULA.sub(r"\1\2'", text)
