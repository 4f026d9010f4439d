"""The text of scores.csv, which any spreadsheet may open without taking a name for a formula."""

import re

from homework import clean, tables, totals

# Where a program might split a line, whatever it takes for the separator.
SPLITS = str.maketrans({";": ",", "|": "/", '"': "'", "\n": " "})
SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"  # that begin a formula, the wide ones too
FORMULA = re.compile(rf"(^|,)(\s*)(?={SIGNS})")
TYPED_FORMULA = re.compile(rf"([,;|]\s*)(?=\"*{SIGNS})")


def table(graded, unreadable, known):
    """The text of scores.csv: a line a student and lesson, a column an exercise.

    ``points`` are those of the exercises and in words, less the penalty, ``of`` what they could be:
    all exercises, and of the questions in words those that have points by now.
    """
    graded_ones = {entry["lesson"] for entry in graded}
    used = [lesson for number, lesson in known.items() if number in graded_ones]
    columns = [exercise.id for lesson in used for exercise in lesson.exercises]
    columns += [f"{question.id} (words)" for lesson in used for question in lesson.reflections]
    summed = ["exercises", "in words", "penalty"]
    rows = [["student", "lesson", "status", "points", "of", *columns, *summed, "remarks"]]
    for entry in graded:
        points = {outcome["id"]: outcome["points"] for outcome in entry["outcomes"]}
        points |= {f"{one['id']} (words)": one["points"] for one in totals.marked(entry)}
        lesson = known[entry["lesson"]]
        row = [cell(entry["student"]), entry["lesson"], "graded", totals.shown(totals.total(entry))]
        row += [totals.of(entry, lesson)]
        row += [totals.shown(points[name]) if name in points else "" for name in columns]
        parts = totals.exercises(entry), totals.in_words(entry), totals.penalty(entry)
        rows.append([*row, *map(totals.shown, parts), ", ".join(remarks(entry))])
    for entry in sorted(unreadable, key=lambda one: (one.student, one.where)):
        blank = [""] * (len(columns) + len(summed))
        row = [cell(entry.student), entry.lesson, "unreadable", "", "", *blank]
        rows.append([*row, cell(f"{entry.where}: {entry.unreadable}")])
    return text_of(rows)


def text_of(rows):
    """The text of a table with these rows."""
    return "".join(",".join(tables.written(str(value)) for value in row) + "\n" for row in rows)


def remarks(entry):
    """What is to be said of an entry beside its points: a list of texts, each fit for a cell."""
    said = [cell(note) for note in entry["notes"]]
    for outcome in entry["outcomes"]:
        if "changed" in outcome:
            old, new = totals.shown(outcome["changed"]["from"]), totals.shown(outcome["points"])
            reason = typed(outcome["changed"]["reason"])
            said.append(f"{outcome['id']}: {new} by hand, not {old}: {reason}")
    return said + ([cell(entry["late"])] if "late" in entry else [])


def typed(text):
    """What the instructor typed, on one line: as it is, but for what would begin a formula."""
    return TYPED_FORMULA.sub(r"\1'", " ".join(clean.text(text).split()))


def cell(text):
    """A stranger's words, that no spreadsheet splits, or takes for a formula."""
    text = " ".join(clean.text(text).translate(SPLITS).split())
    return FORMULA.sub(r"\1\2'", text)
