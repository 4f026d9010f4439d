"""Marks by hand: ``marks-01.csv`` of a grading's folder, one for each lesson.

A line a student. People type into it; the program adds lines of students who are new, and changes
no other byte.
"""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from homework import scores, tables, times, totals

STUDENT, REASON, COMMENT = "student", "reason", "comment"
EXTENSION, SUBMITTED = "extension", "submitted"
OTHERS = (REASON, COMMENT, EXTENSION, SUBMITTED)
ITEM = re.compile(r"(\d{1,2}[xy]?\.\d{1,3})(?:\s.*)?", re.ASCII)
NUMBER = re.compile(r"\d{1,4}(?:[.,]\d{1,2})?", re.ASCII)
DAYS = re.compile(r"\+?(\d{1,3})(?:\s*days?)?", re.ASCII)
DIGEST = re.compile(r"#[0-9a-f]{8}$")
# Names that a spreadsheet takes for a number, a time, a truth value or a day of a month.
MONTH = "|".join(begin for begins in times.MONTHS for begin in begins)
NO_NAME = re.compile(
    r"[\d\W_]*|[\d.,]+e[+-]?\d+|true|false|wahr|falsch|vrai|faux|vero|falso|verdadero"
    rf"|\d{{1,4}}\W*({MONTH})[^\W\d]*\W*\d*|({MONTH})[^\W\d]*\W*\d{{1,4}}",
    re.IGNORECASE,
)


@dataclass
class Mark:
    """One line: points of questions and in place of an exercise's, by their numbers, and texts.

    ``extension`` is a time, or a number of days beyond the due time.
    """

    words: dict = field(default_factory=dict)
    overrides: dict = field(default_factory=dict)
    reason: str = ""
    comment: str = ""
    extension: datetime | float | None = None
    submitted: datetime | None = None

    def over(self, other):
        """This line, and what it leaves empty from another, of who handed in for the group.

        When a file was handed in is of the file, so ``submitted`` is left to the caller.
        """
        reasons = dict.fromkeys(one for one in (self.reason, other.reason) if one)
        return Mark(
            other.words | self.words,
            other.overrides | self.overrides,
            "; ".join(reasons),
            self.comment or other.comment,
            other.extension if self.extension is None else self.extension,
        )


def agreed(lines):
    """What lines of a group say of the answers, as far as none of them says anything else."""

    def alike(texts):
        every = {name: points for text in texts for name, points in text.items()}
        return {
            name: points
            for name, points in every.items()
            if all(text.get(name, points) == points for text in texts)
        }

    overrides = alike([line.overrides for line in lines])
    reasons = dict.fromkeys(line.reason for line in lines if line.overrides.keys() & overrides)
    return Mark(alike([line.words for line in lines]), overrides, "; ".join(reasons))


def columns(lesson):
    """The names of the columns for a lesson."""
    items = [f"{one.id} (of {one.points})" for one in lesson.reflections]
    items += [f"{one.id} override (of {one.points})" for one in lesson.exercises]
    return [STUDENT, *items, *OTHERS]


def cell_of(student):
    """The student's name as it stands in the file: what a spreadsheet would change has a digest."""
    shown = scores.cell(student)
    if shown == student and not DIGEST.search(student) and not NO_NAME.fullmatch(student):
        return shown
    return f"{shown} #{hashlib.sha256(student.encode('utf-8', 'replace')).hexdigest()[:8]}"


class Sheet:
    """The marks for one lesson: ``marks``, student -> :class:`Mark`, of lines with something in it.

    Args:
        folder: of the grading. lesson: a ``lessons.Lesson``. students: who has a line.
        due: True if the rules say until when one hands in. others: names of groups, whose lines
            may stand there as well; none is made for them.

    Raises:
        TableError: the file cannot be read, or something in it is no mark; it names each line.
    """

    def __init__(self, folder, lesson, students, due, others=()):
        self.lesson, self.due = lesson, due
        self.path = Path(folder) / f"marks-{lesson.number}.csv"
        self.students = {cell_of(student): student for student in students}
        known = {cell_of(name): name for name in others} | self.students
        self.marks, self._faults, seen = {}, [], {}
        self.is_new = not self.path.exists()
        if self.is_new:
            head = ",".join(tables.written(name) for name in columns(lesson))
            self.table = tables.Table(self.path, f"{tables.MARK}{head}\n")
        else:
            self.table = tables.Table.read(self.path)
            self._expect_columns()
        for row in self.table.lines():
            name = row[self.place[STUDENT]] if not self.is_new else ""
            empty = sum(bool(row[column]) for column in range(len(row.cells))) <= bool(name)
            if name in seen:
                told = f"{name} has a line already, {seen[name]}"
                self._faults.append((row.number, told))
            elif name in known:
                seen[name] = row.number
                if not empty:
                    self.marks[known[name]] = self._mark(row)
            elif not empty:
                told = f"there is no student {name!r} in the grading of lesson {lesson.number}"
                self._faults.append((row.number, told))
        tables.refuse(self.path, self._faults)
        self.new = sorted(set(self.students) - set(seen))

    def save(self):
        """Write the file if it is new, or has lines to come: each before the first that follows."""
        if not (self.is_new or self.new):
            return
        rows, student = self.table.rows, 0 if self.is_new else self.place[STUDENT]
        end = self.table.head.end or "\n"
        rows[-1].end = rows[-1].end or end
        width = len(self.table.head.cells)
        for name in self.new:
            start = rows.index(self.table.head) + 1
            later = (i for i in range(start, len(rows)) if rows[i][student] > name)
            row = tables.Row(0, [""] * width, end)
            row[student] = name
            rows.insert(next(later, len(rows)), row)
        self.table.save(self.path)

    def _expect_columns(self):
        """Find the columns: ``place``, their names -> their numbers."""
        self.words = {one.id: one.points for one in self.lesson.reflections}
        self.exercises = {one.id: one.points for one in self.lesson.exercises}
        self.place, faults = {}, []
        for number, name in enumerate(self.table.names):
            found = ITEM.fullmatch(name)
            key = found[1] if found else name.casefold()
            if not key and not any(row[number] for row in self.table.lines()):
                continue
            if key not in {STUDENT, *OTHERS, *self.words, *self.exercises}:
                faults.append((self.table.head.number, f"there is no column {name!r}"))
            elif key in self.place:
                faults.append((self.table.head.number, f"the column {name!r} is there twice"))
            self.place.setdefault(key, number)
        if STUDENT not in self.place:
            faults.append((self.table.head.number, f"expected a column {STUDENT!r}"))
        tables.refuse(self.path, faults)

    def _mark(self, row):
        """What a line says; what is wrong in it is put into the faults."""
        texts = {key: row[place] for key, place in self.place.items()}
        made = Mark(reason=texts.get(REASON, ""), comment=texts.get(COMMENT, ""))
        for kept, most in ((made.words, self.words), (made.overrides, self.exercises)):
            for name, points in most.items():
                if texts.get(name):
                    self._take(row, name, kept, texts[name], points)
        if made.overrides and not made.reason:
            told = f"expected a reason for the other points of {', '.join(made.overrides)}"
            self._faults.append((row.number, told))
        for key, read in ((EXTENSION, self._extension), (SUBMITTED, times.typed)):
            if texts.get(key):
                try:
                    setattr(made, key, read(texts[key]))
                except ValueError as error:
                    self._faults.append((row.number, f"{key}: {error}"))
        return made

    def _take(self, row, name, kept, text, most):
        """Put points into ``kept``, or what is wrong with them into the faults."""
        points = float(text.replace(",", ".")) if NUMBER.fullmatch(text) else None
        if points is None:
            told = f"{name}: expected points from 0 to {most}, got {text!r}"
            self._faults.append((row.number, told))
        elif points > most:
            told = f"{name}: {totals.shown(points)} points are more than the {most} there are"
            self._faults.append((row.number, told))
        else:
            kept[name] = int(points) if points == int(points) else points

    def _extension(self, text):
        """Days, or a time.

        Raises:
            ValueError: it is neither, or days without a due time.
        """
        found = DAYS.fullmatch(text)
        if found and not self.due:
            raise ValueError("days need a due time in rules.toml; or give a time, 2026-12-03 23:59")
        return float(found[1]) if found else times.typed(text)
