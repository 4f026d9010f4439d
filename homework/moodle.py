"""Moodle's grading worksheet, filled in, and the zip of feedback files that it takes.

Its headers are in the language of who downloaded it, so columns are told by what stands in them:
an identifier ends in a number, the maximum is the same for all with the grade before it, times
have a year and an hour, and the comments come after the last time.
"""

import re

from homework import groups, matching, names, tables, times
from homework.external import OURS, Export, maximum, read_number

IDENTIFIER = re.compile(r"(\D*)(\d+)")
TIME = re.compile(r"-?|.*\d{4}.*\d{1,2}[:.]\d{2}.*", re.DOTALL)
STATUS = {"status", "statut", "estado", "estatus", "stato"}  # with blind marking, in place of names
ENGLISH = {"grade": "grade", "submitted": "last modified (submission)"}
ENGLISH |= {"comments": "feedback comments"}
GROUP = {"group", "gruppe", "groupe", "grupo", "gruppo", "groep"}  # of an assignment for groups
NOT_IN_NAMES = re.compile(r"[\x00-\x1f_/\\:*?\"<>|&`']+")


class Worksheet(Export):
    """A grading worksheet.

    Args:
        comments: the header of the column for comments, where it is not found by itself.

    Raises:
        TableError: it is no worksheet, or its columns cannot be told.
    """

    system = "moodle"

    def __init__(self, path, lesson=None, scale=False, comments=None):
        super().__init__(path, lesson, scale)
        self.lines = self.table.lines()
        self.names = [name.casefold() for name in self.table.names]
        if not self.lines or not all(IDENTIFIER.fullmatch(row[0]) for row in self.lines):
            raise tables.TableError(
                f"{path}: expected Moodle's grading worksheet, whose first column is an identifier "
                "such as 'Participant 12345'"
            )
        self.column = self._grade()
        text = self.lines[0][self.column + 1]
        self.most, self.decimal = maximum(path, text), "," if "," in text else "."
        self._times_and_comments(comments)
        before = range(2, self.column)
        self.group = next((c for c in before if self.names[c] in GROUP), None)
        self.people = [self._person(row) for row in self.lines]
        self.by_group = {}
        for one in self.people:
            if key := names.letters(one.group):
                self.by_group.setdefault(key, []).append(one)

    def of_group(self, name):
        """The rows of a group, by its name as the path of a file has it."""
        return self.by_group.get(names.letters(name), [])

    def match(self, students, sent):
        """As every gradebook's; for a group that nobody has named it says what to do."""
        found, told = super().match(students, sent)
        for student in set(students) - set(found):
            people = self.of_group(sent.get(student, {}).get("name", student))
            if people:
                line = ",".join(
                    tables.written(one) for one in (student, *(p.shown for p in people))
                )
                told = [one for one in told if not one.startswith(f"{student}: ")]
                told.append(
                    f"{student}: a group, so {groups.FILE} needs the line {line}; not filled"
                )
        return found, told

    def submitted(self):
        """(person, time) of each row with a time that can be read, and how many cannot."""
        if self.submissions is None:
            return [], 0
        cells = [(person, person.row[self.submissions]) for person in self.people]
        found = [(person, times.of_moodle(text)) for person, text in cells if text not in ("", "-")]
        return [one for one in found if one[1]], sum(one[1] is None for one in found)

    def comment(self, person, text):
        """Put a comment into the row, unless somebody has written another one."""
        if self.comments is None:
            return
        old = person.row[self.comments]
        if old and not OURS.match(old):
            self.told.append(f"{person.shown}: the comment that stood there stays")
        else:
            person.row[self.comments] = text

    def archive(self):
        """A folder for each student, named as Moodle's own, with the page of feedback."""
        for person, _, page in self.pages.values():
            name = NOT_IN_NAMES.sub(" ", person.names[0] if person.names else "Participant")
            name = " ".join(name.split()).strip(". ") or "Participant"
            yield f"{name}_{person.number}_assignsubmission_file_/feedback.html", page

    def _person(self, row):
        found = IDENTIFIER.fullmatch(row[0])
        names = [] if self.names[1] in STATUS else [row[1]]
        # With blind marking a file has the word of the identifier in place of the name.
        names += [found[1]] if names and found[1].strip() else []
        group = row[self.group] if self.group is not None else ""
        cells = (row[column] for column in range(2, self.column) if column != self.group)
        others = [text for text in cells if "@" in text or text.isdecimal()]  # addresses, numbers
        return matching.Person(row, found[2], names, others, group)

    def _grade(self):
        """The column of grades: the one before the maximum."""
        found = [
            column
            for column in range(1, len(self.names) - 1)
            if self._is_maximum(column + 1)
            and all(self._is_grade(row, column) for row in self.lines)
        ]
        english = [column for column in found if self.names[column] == ENGLISH["grade"]]
        if len(english or found) != 1:
            raise tables.TableError(
                f"{self.path}: expected a column of grades with the maximum after it, one number "
                f"for all; found {', '.join(self.table.names)}"
            )
        return (english or found)[0]

    def _is_maximum(self, column):
        texts = {row[column] for row in self.lines}
        return len(texts) == 1 and (read_number(texts.pop()) or 0) > 0

    def _is_grade(self, row, column):
        most, text = read_number(row[column + 1]), row[column]
        return not text or (read_number(text) is not None and read_number(text) <= most)

    def _times_and_comments(self, asked):
        """Find the columns of submission times and of comments; None where there is none."""
        after = range(self.column + 2, len(self.names))
        clocks = [c for c in after if all(TIME.fullmatch(row[c]) for row in self.lines)]
        clocks = [c for c in clocks if any(row[c] for row in self.lines)]  # not one that is empty
        self.submissions = self._named(ENGLISH["submitted"])
        if self.submissions is None and len(clocks) == 2:
            self.submissions = clocks[0]
        self.comments = self._named(asked.casefold() if asked else ENGLISH["comments"])
        if asked and self.comments is None:
            raise tables.TableError(
                f"{self.path}: there is no column {asked!r}; found {', '.join(self.table.names)}"
            )
        rest = [c for c in after if clocks and c > clocks[-1]]
        if self.comments is None and len(rest) == 1 and len(clocks) <= 2:
            self.comments = rest[0]

    def _named(self, name):
        return self.names.index(name) if name in self.names else None
