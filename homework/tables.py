"""Tables of text (CSV) of which some cells are filled in; every other byte stays as it was.

Python's own ``csv`` reads the values, but forgets how they were written: quotes, line ends and the
mark at the start. A file that people type into, or that a system wants back, must keep them.
"""

import re
from pathlib import Path

from course_utils.files import write_whole
from homework import submissions

MARK = "\ufeff"  # what Excel and Moodle put before UTF-8
SEPARATORS = (",", ";", "\t")
MOST_BYTES = 20 * 2**20
MOST_TOLD = 20  # faults of one file
QUOTED = r'"[^"]*+(?:""[^"]*+)*+"'
TO_QUOTE = re.compile(r'[",;|\t\r\n]|^\s|\s$')


class TableError(submissions.SubmissionsError):
    """A table cannot be used; the message names the file, and the line where there is one."""


class Row:
    """One line: its number in the file, its cells as they are written, its line end."""

    def __init__(self, number, cells, end):
        self.number, self.cells, self.end = number, cells, end

    def __getitem__(self, column):
        """The value of a cell, without the spaces around it; of one that is missing: empty."""
        return value(self.cells[column]).strip() if column < len(self.cells) else ""

    def __setitem__(self, column, text):
        self.cells += [""] * (column + 1 - len(self.cells))
        self.cells[column] = written(text)

    @property
    def is_blank(self):
        """True if nothing stands in it."""
        return not any(self[column] for column in range(len(self.cells)))


class Table:
    """A file of rows; the first one that is not blank names the columns."""

    def __init__(self, path, text):
        self.path, self.mark = Path(path), MARK if text.startswith(MARK) else ""
        text = text.removeprefix(MARK)
        if not text.strip("".join(SEPARATORS) + "\r\n "):
            raise TableError(f"{path}: it is empty")
        self.separator = _separator(text)
        self.rows = list(_rows(self.path, text, self.separator))
        self.head = next(row for row in self.rows if not row.is_blank)
        self.names = [self.head[column] for column in range(len(self.head.cells))]

    @classmethod
    def read(cls, path):
        """The table in a file.

        Raises:
            TableError: it cannot be read, is too large, no text in UTF-8, or a quotation mark in
                it does not close.
        """
        path = Path(path)
        try:
            if path.stat().st_size > MOST_BYTES:
                raise TableError(f"{path}: it has more than {MOST_BYTES // 2**20} MB")
            data = path.read_bytes()
        except OSError as error:
            raise TableError(f"{path}: cannot be read ({error.strerror})") from error
        try:
            text = data.decode("utf-8")
            if "\0" in text:
                raise ValueError("it holds a zero byte")
        except ValueError as error:
            told = "save it as CSV in UTF-8 (Excel: 'CSV UTF-8')"
            raise TableError(f"{path}: it is no text in UTF-8; {told}") from error
        return cls(path, text)

    def lines(self):
        """The rows below the names of the columns, without blank ones."""
        start = self.rows.index(self.head) + 1
        return [row for row in self.rows[start:] if not row.is_blank]

    @property
    def text(self):
        """All of it, as it is written."""
        return self.mark + "".join(self.separator.join(row.cells) + row.end for row in self.rows)

    def save(self, path):
        """Write it, whole or not at all."""
        try:
            write_whole(path, self.text)
        except OSError as error:
            raise TableError(f"{path}: cannot be written ({error.strerror})") from error


def value(cell):
    """What a cell says, from how it is written."""
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def written(text):
    """How a text is written in a cell."""
    return '"' + text.replace('"', '""') + '"' if TO_QUOTE.search(text) else text


def refuse(path, faults):
    """Raise what is wrong with a file, if anything is: a line for each fault.

    Args:
        faults: (number of the line or None, what is wrong) of each.

    Raises:
        TableError: there are some.
    """
    if not faults:
        return
    told = [
        f"{path}, line {number}: {text}" if number else f"{path}: {text}"
        for number, text in faults[:MOST_TOLD]
    ]
    more = len(faults) - MOST_TOLD
    raise TableError("\n".join([*told, *([f"and {more:,} more"] if more > 0 else [])]))


def _separator(text):
    """What divides the cells: of the first line with something in it, whatever gives most."""

    def count(separator):
        try:
            rows = _rows("", text, separator)
            return len(next(row for row in rows if not row.is_blank).cells)
        except (TableError, StopIteration):
            return 0

    return max(SEPARATORS, key=count)  # the first of them if none gives more


def _rows(path, text, separator):
    """The rows of a text, one at a time."""
    ends = rf"(?={re.escape(separator)}|\r\n|\r|\n|\Z)"
    plain = rf'(?:[^"{re.escape(separator)}\r\n][^{re.escape(separator)}\r\n]*+)?'
    pattern = re.compile(f"({QUOTED}|{plain}){ends}")
    place, number, begun, cells = 0, 1, 1, []
    while place < len(text) or cells:
        found = pattern.match(text, place)
        if found is None:
            raise TableError(f"{path}, line {number}: a quotation mark that does not close")
        cells.append(found[1])
        number += len(re.findall(r"\r\n|\r|\n", found[1]))
        place = found.end()
        if text.startswith(separator, place):
            place += 1
            continue
        end = "\r\n" if text.startswith("\r\n", place) else text[place : place + 1]
        place, number = place + len(end), number + 1
        yield Row(begun, cells, end)
        begun, cells = number, []
