"""A gradebook that another system wrote, filled in: what Moodle's and Canvas's have in common."""

import io
import re
import zipfile

from course_utils.files import write_whole
from homework import clean, feedback, matching, tables, totals

OURS = re.compile(r"\d+(?:\.\d+)? of \d+ points: exercises ")  # how our own comments begin
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?", re.ASCII)
MOST_NAMED = 5  # students in a line
BEGUN = (1980, 1, 1, 0, 0, 0)  # one time for all, so that the same feedback is the same zip


class Export:
    """One file of another system; it is read at once and written into another place.

    Subclasses set ``people`` (``matching.Person``), ``column`` (of the points), ``most`` (the
    maximum as the file has it) and ``decimal`` (its comma or point), and write what is theirs.

    Args:
        path: of the file. lesson: number of the lesson that it is of, or None for the only one.
        scale: True turns points into shares of the file's maximum.
    """

    system = ""

    def __init__(self, path, lesson=None, scale=False):
        self.path, self.lesson, self.scale = path, lesson, scale
        self.table = tables.Table.read(path)
        self.told, self.filled, self.pages = [], 0, {}

    def choose(self, book, known):
        """Find the lesson that is filled in.

        Raises:
            TableError: there are several and none is named, or it is not graded.
        """
        graded = sorted({one["lesson"] for one in book.graded.values()})
        if self.lesson is None and len(graded) != 1:
            some = f"one of {', '.join(graded)}" if graded else "a grading with something in it"
            raise tables.TableError(f"{self.path}: expected --lesson, {some}")
        number = graded[0] if self.lesson is None else self.lesson
        if number not in graded or number not in known:
            raise tables.TableError(f"--lesson: {number} is not graded in {book.folder}")
        self.lesson = number

    def match(self, students, sent):
        """Student -> row, and lines of those who have none."""
        return matching.match(self.system, self.people, students, sent)

    def fill(self, entered, known):
        """Put points and comments into the table, in memory.

        Raises:
            TableError: the file's maximum is another than that of the lesson.
        """
        lesson = known[self.lesson]
        ours = {one["student"]: one for one in entered.graded if one["lesson"] == self.lesson}
        lost, unreadable = set(), {}
        for one in entered.unreadable:
            for student in entered.members.get(one.student, [one.student]):
                unreadable.setdefault(student, []).append(one)
                lost |= {student} if one.lesson in ("", self.lesson) else set()
        full = self._full(lesson, ours.values())
        found, self.told = self.match(sorted(ours), entered.sent)
        for student, person in found.items():
            entry = ours[student]
            points = totals.total(entry)
            points = round(points / full * self.most, 2) if self.scale else points
            if self.put(person, totals.shown(points).replace(".", self.decimal)):
                self.filled += 1
                self.comment(person, comment(entry, lesson))
        unread, _ = self.match(sorted(lost - set(ours)), entered.sent)
        for student, person in (found | unread).items():
            mine = [ours[student]] if student in ours else []
            theirs = unreadable.get(student, [])
            page = feedback.page(student, mine, theirs, known)
            sent = [(one["by"], one.get("sent", {})) for one in mine]
            sent += [(student, own) for one in mine for own in one["own"]]
            sent += [(one.student, one.sent) for one in theirs]
            self.pages[student] = person, sent, page
        rest = len(self.people) - self.filled
        told = f"{self.path}: {self.filled} filled in, {rest} others stay as they were"
        waiting = [who for who, one in ours.items() if len(one["words"]) > len(totals.marked(one))]
        if waiting:
            more = len(waiting) - MOST_NAMED
            told += f"; of {len(waiting)} not all questions in words have points: "
            told += ", ".join(waiting[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        self.said = told

    def put(self, person, text):
        """Write points into a row; False if it stays as it is, for a reason that is told."""
        old = person.row[self.column]
        same = read_number(old) == read_number(text)
        if old and not same:
            self.told.append(f"{person.shown}: {old} stood there, now {text}")
        if not same:
            person.row[self.column] = text
        return True

    def comment(self, person, text):
        """Write a comment where there is a place for it; Canvas's gradebook has none."""

    def archive(self):
        """(name, text) of each file of the zip of feedback."""
        raise NotImplementedError

    def save(self, folder):
        """Write the filled file and the zip of feedback; returns True if nobody is left out.

        Raises:
            TableError: the given file would be overwritten.
        """
        target = self.target(folder)
        self.table.save(target)
        packed = target.with_name(self.packed)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in self.archive():
                info = zipfile.ZipInfo(name, BEGUN)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, text)
        write_whole(packed, stream.getvalue())
        for line in self.told:  # all of them: each is somebody's points
            clean.say(line, error=True)
        clean.say(f"{self.said}: {target}, {packed.name}")
        return not self.left_out

    @property
    def packed(self):
        """The name of the zip of feedback."""
        return f"{self.system}_feedback.zip"

    @property
    def left_out(self):
        """Lines of who was graded and is not filled in."""
        return [line for line in self.told if line.endswith("not filled")]

    def target(self, folder):
        """Where the filled file goes.

        Raises:
            TableError: that is the given file itself.
        """
        target = folder / f"{self.system}.csv"
        if target.exists() and target.samefile(self.path):
            told = "it would be overwritten; move the file of the system to another place"
            raise tables.TableError(f"{self.path}: {told}")
        return target

    def _full(self, lesson, entries):
        """The points of the lesson in all: with those in words once one of them is given."""
        words = sum(one.points for one in lesson.reflections)
        given = any(totals.marked(entry) for entry in entries)
        full = lesson.points + (words if given else 0)
        if self.most not in (full, lesson.points + words) and not self.scale:
            raise tables.TableError(
                f"{self.path}: its maximum is {totals.shown(self.most)}, lesson {lesson.number} "
                f"has {full} points; set it to that, or turn points into shares by --scale"
            )
        return full


def comment(entry, lesson):
    """A student's points in one line."""
    total, of = totals.shown(totals.total(entry)), totals.of(entry, lesson)
    parts = [f"exercises {totals.shown(totals.exercises(entry))} of {lesson.points}"]
    given = totals.marked(entry)
    if given:
        most = sum(one["of"] for one in given)
        parts.append(f"in words {totals.shown(totals.in_words(entry))} of {most}")
    rest = sum(one["of"] for one in entry["words"]) - sum(one["of"] for one in given)
    parts += [f"{rest} more in words are not given yet"] if rest else []
    parts += [entry["late"]] if "late" in entry else []
    if "penalty" in entry:
        parts.append(f"{totals.shown(entry['penalty'])} taken off")
    return clean.line(f"{total} of {of} points: {'; '.join(parts)}.")


def maximum(path, text):
    """A number of the file's.

    Raises:
        TableError: it is none, or not above 0.
    """
    found = read_number(text)
    if found is None or found <= 0:
        raise tables.TableError(f"{path}: expected a maximum above 0, got {text!r}")
    return found


def read_number(text):
    """The number that a text is, with a comma or a point; None if it is none."""
    return float(text.replace(",", ".")) if NUMBER.fullmatch(text) else None
