"""Canvas's gradebook, filled in for one assignment, and the zip of files that it takes back.

Canvas writes its headers in English everywhere. What it takes back as feedback is a file for each
one that was handed in, by the two ids in its name, and shows it under the name of that file: so
the feedback is a notebook, with the page in it.
"""

import json
import re

from homework import clean, matching, tables
from homework.external import Export, maximum

NAMES, IDS = ("Student", "LastName", "FirstName"), ("SIS User ID", "SIS Login ID", "Integration ID")
ASSIGNMENT = re.compile(r"(?P<title>.*\S)\s+\((?P<id>\d+)\)", re.DOTALL)
POSSIBLE, READ_ONLY = "Points Possible", "read only"
KEPT = ("EX", "N/A")  # excused, and not given to this student


class Gradebook(Export):
    """A gradebook export.

    Args:
        assignment: the id or the title of the assignment; None where there is only one.

    Raises:
        TableError: it is no gradebook, or which assignment is meant is not clear.
    """

    system = "canvas"

    def __init__(self, path, lesson=None, scale=False, assignment=None):
        super().__init__(path, lesson, scale)
        self.names = self.table.names
        if "ID" not in self.names or not set(self.names[:2]) & set(NAMES):
            raise tables.TableError(
                f"{path}: expected Canvas's gradebook export, which begins with Student,ID"
            )
        rows = self.table.lines()
        self.possible = next((row for row in rows if POSSIBLE in row[0]), None)
        self.column = self._assignment(assignment)
        text = self.possible[self.column] if self.possible else ""
        self.most, self.decimal = maximum(path, text), "," if "," in text else "."
        self.people = [self._person(row) for row in rows if row[self.names.index("ID")]]

    def put(self, person, text):
        """Write points, but not over a word of Canvas's."""
        old = person.row[self.column]
        if old.upper() in KEPT:
            self.told.append(f"{person.shown}: {old} stands there; not filled")
            return False
        return super().put(person, text)

    def archive(self):
        """A notebook for each file that was handed in, under its name; who has none is told.

        A group's file has the id of one of its members, whose page it is; Canvas shows it to all.
        """
        placed, shown, without = {}, {}, []
        for student, (person, files, page) in self.pages.items():
            for by, sent in files:
                is_own = by == student or sent.get("id") == person.number
                if sent.get("system") == self.system and is_own:
                    stem = clean.line(sent["part"]).rpartition(".")[0].replace("/", "_")
                    placed[student], shown[by] = f"{stem}.ipynb", student
                    yield placed[student], notebook(page)
                    break
        for student, (person, files, _) in self.pages.items():
            by = files[0][0]
            if student not in placed and by in shown and by not in self.pages:
                of = f"{placed[shown[by]]} has the page of {self.pages[shown[by]][0].shown}"
                self.told.append(f"{person.shown}: {of}, and Canvas shows it to the whole group")
            elif student not in placed:
                without.append(person.shown)
        if without and not placed:
            self.told.append(
                f"{self.packed} is empty: no graded file has a name that Canvas gave it; send each "
                "student their page in feedback/"
            )
        elif without:
            told = f"Canvas has no file of theirs, so {self.packed} has no page either"
            self.told += [f"{one}: {told}; send the one in feedback/" for one in without]

    def _person(self, row):
        texts = {name: row[column] for column, name in enumerate(self.names)}
        last, first = texts.get("LastName", ""), texts.get("FirstName", "")
        if "Student" in texts:
            last, _, first = (part.strip() for part in texts["Student"].partition(","))
        names = [f"{last}, {first}", f"{first} {last}"] if first else [last]
        others = [texts[name] for name in IDS if texts.get(name)]
        return matching.Person(row, texts["ID"], names, others)

    def _assignment(self, asked):
        """The column of the assignment."""
        found = {}
        for column, name in enumerate(self.names):
            one = ASSIGNMENT.fullmatch(name)
            if one and not (self.possible and READ_ONLY in self.possible[column]):
                found[column] = {one["id"], one["title"], name}
        named = [column for column, ways in found.items() if asked is None or asked in ways]
        if len(named) == 1:
            return named[0]
        listed = "; ".join(self.names[column] for column in found) or "none"
        raise tables.TableError(
            f"{self.path}: expected --assignment, the id or title of one; there are {listed}"
        )


def notebook(page):
    """A notebook that shows a page, in the output of an empty cell, without scripts."""
    body = page.partition("<body>")[2].rpartition("</body>")[0]
    output = {"output_type": "display_data", "metadata": {}}
    output["data"] = {"text/html": body, "text/plain": "Feedback: open this in Jupyter."}
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "id": "feedback"}
    cell |= {"source": "# Feedback on what you handed in", "outputs": [output]}
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"
