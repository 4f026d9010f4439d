"""What is graded, and where it is kept: ``grades.json``, and the files that come of it.

While a class is graded each submission is a line at the end of ``grades.journal``, so that keeping
one costs the same however many there are; at the end all of them become ``grades.json``.
"""

import json
import os
import secrets
import threading
from pathlib import Path

from course_utils.files import write_whole
from homework import clean, entering, feedback, misconceptions, names, scores, submissions, words
from homework.attempts import TEXTS

VERSION = 2
FILE, JOURNAL = "grades.json", "grades.journal"
PART = "shard.json"  # stands beside them where only a part of the class is graded
FAILED = "the grader failed"  # no fault of the student's
NUMBER = (int, float)
OUTCOME = {"id": str, "points": NUMBER, "of": NUMBER, "verdict": str, "printed": int}
OUTCOME |= dict.fromkeys(TEXTS, str)
TRIED = {"source": str, "output": str}
WORDS = {"id": str, "of": NUMBER, "question": str, "answer": str, "tried": [TRIED]}
GRADED = {"student": str, "lesson": str, "where": str, "digest": str, "notes": [str]}
GRADED |= {"outcomes": [OUTCOME], "words": [WORDS]}
BOOK = {"version": int, "seed": int, "around": (str, type(None)), "graded": [GRADED]}
UNREADABLE = {"student": str, "lesson": str, "where": str, "unreadable": str, "sent": dict}
# What may be there or not, in the book and in one of its entries: key -> shape.
ADDED = {"best": bool, "unreadable": [UNREADABLE], "times": dict}
ADDED_TO_ONE = {"sent": names.SENT, "earlier": bool}
DAMAGED = (OSError, ValueError, RecursionError)  # what reading a damaged file raises


class Gradebook:
    """The seed and what is graded: ``grades.json`` and, while it grows, ``grades.journal``.

    ``around`` is the folder that lay around all students' folders when it was begun, or None;
    ``best``: of several files of a student all are graded, and the best counts; ``times``: when
    students handed in by Moodle's worksheet, lesson's number -> student -> time.
    """

    def __init__(self, folder, seed, around=None, best=False):
        self.folder, self.seed, self.around, self.best = Path(folder), seed, around, best
        self.graded, self.unreadable, self.times = {}, [], {}
        self.lock = threading.Lock()

    @property
    def is_part(self):
        """True if it is one of the parts of a class, which are merged."""
        return (self.folder / PART).exists()

    @classmethod
    def open(cls, folder, seed, resume, only):
        """A new gradebook, or with ``--resume`` or ``--only`` the one that is there.

        Raises:
            SubmissionsError: there is one already and nothing says to go on with it; it is
                damaged, or its seed is another.
        """
        folder = Path(folder)
        path = folder / FILE
        if not path.exists():
            drawn = secrets.randbelow(2**31) if seed is None else seed
            book = cls(folder, drawn)
            try:
                (folder / "feedback").mkdir(parents=True, exist_ok=True)
                book.save()
            except OSError as error:
                raise submissions.SubmissionsError(
                    f"{folder}: cannot be written ({error.strerror})"
                ) from error
            return book
        if not (resume or only):
            raise submissions.SubmissionsError(
                f"{path}: there are grades already; --resume goes on with them, or choose another "
                "folder by --out"
            )
        book = cls.read(folder)
        if seed is not None and seed != book.seed:
            raise submissions.SubmissionsError(
                f"--seed: these grades have the seed {book.seed}, got {seed}"
            )
        if (folder / JOURNAL).exists():  # of a grading that was ended, perhaps within a line
            book.save()
        return book

    @classmethod
    def read(cls, folder):
        """The gradebook in ``folder``.

        Raises:
            SubmissionsError: there is none, or it is damaged.
        """
        path = Path(folder) / FILE
        try:
            stored = parse(path.read_bytes(), BOOK, VERSION)
            _expect_added(stored)
            path = path.with_name(JOURNAL)
            late = {"graded": _journal(path)}
            _expect_added(late)
            stored["graded"] += late["graded"]
        except DAMAGED as error:
            raise submissions.SubmissionsError(
                f"{path}: cannot be read ({type(error).__name__}: {error}); move it away to grade "
                "anew"
            ) from error
        book = cls(folder, stored["seed"], stored["around"], stored.get("best", False))
        for one in stored["graded"]:
            earlier = one.get("earlier", False)
            book.graded[_key(one["student"], one["lesson"], one["where"], earlier)] = one
        book.unreadable, book.times = stored.get("unreadable", []), stored.get("times", {})
        return book

    def has(self, entry, exercises=()):
        """True if this very file is graded, in all of these exercises (their numbers)."""
        found = self.graded.get(_key_of(entry))
        if found is None or found["digest"] != entry.digest:
            return False
        return set(exercises) <= {outcome["id"] for outcome in found["outcomes"]}

    def knows(self, entry):
        """True if some file of this student for this lesson is graded in this one's place."""
        return _key_of(entry) in self.graded

    def holds(self, student, lesson, digest):
        """True if this file of this student for this lesson is graded."""
        return any(
            key[:2] == (student, lesson) and one["digest"] == digest
            for key, one in self.graded.items()
        )

    def refresh(self, entries):
        """Keep anew who sent these files, when, and beside which, of those that are graded.

        Older files of these students for these lessons that are not there any more do not count.
        """
        kept = {_key_of(entry) for entry in entries}
        listed = {key[:2] for key in kept}
        self.graded = {
            key: one
            for key, one in self.graded.items()
            if len(key) == 2 or key[:2] not in listed or key in kept
        }
        for entry in entries:
            if self.has(entry):
                self.graded[_key_of(entry)] |= {"sent": entry.sent, "notes": entry.notes}

    def add(self, entry, lesson, notebook, outcomes):
        """Keep the outcomes of one submission; those of other exercises stay (``--only``).

        A file that has changed since is graded whole, so no outcome of an older one is left.
        """
        answers = words.answers(lesson, notebook)
        with self.lock:
            key = _key_of(entry)
            old = self.graded.get(key, {}).get("outcomes", [])
            kept = [{key: one[key] for key in OUTCOME} for one in outcomes]
            new = {outcome["id"]: outcome for outcome in [*old, *kept]}
            order = [exercise.id for exercise in lesson.exercises]
            self.graded[key] = {
                "student": entry.student,
                "lesson": entry.lesson,
                "where": entry.where,
                "digest": entry.digest,
                "notes": entry.notes,
                "outcomes": [new[name] for name in order if name in new],
                "words": answers,
                **({"sent": entry.sent} if entry.sent else {}),
                **({"earlier": True} if entry.earlier else {}),
            }
            line = json.dumps(self.graded[key]) + "\n"
            _append(self.folder / JOURNAL, line.encode())

    def save(self):
        """Write grades.json, whole or not at all; then the journal has nothing to add to it."""
        graded = [self.graded[key] for key in sorted(self.graded)]
        head = {"version": VERSION, "seed": self.seed, "around": self.around}
        head |= {"best": True} if self.best else {}
        head |= {"unreadable": self.unreadable} if self.unreadable else {}
        head |= {"times": self.times} if self.times else {}
        write_json(self.folder / FILE, head | {"graded": graded})
        (self.folder / JOURNAL).unlink(missing_ok=True)

    def keep(self, entries):
        """Keep what could not be graded, and write grades.json."""
        self.unreadable = [
            {key: getattr(entry, key) for key in UNREADABLE}
            for entry in entries
            if entry.unreadable
        ]
        self.save()

    def report(self, entries, known):
        """Write grades.json and all that comes of it; returns the pages not written."""
        self.keep(entries)
        return self.publish(entering.enter(self, known), known)

    def publish(self, entered, known):
        """Write what comes of the grades and of what was entered; returns the pages not written.

        Args:
            entered: an ``entering.Entered``.
        """
        graded, unreadable = entered.graded, entered.unreadable
        entered.save()
        write(self.folder / "scores.csv", scores.table(graded, unreadable, known))
        write(self.folder / "summary.html", feedback.summary(graded, unreadable, known, self.seed))
        write(self.folder / "summary.csv", misconceptions.table(graded, known))
        write(self.folder / "problems.html", feedback.problems(graded, unreadable))
        lost = []
        for name, text in feedback.pages(graded, unreadable, known):
            try:
                write(self.folder / "feedback" / name, text)
            except OSError as error:  # one page less, not all of them
                lost.append(name)
                told = f"feedback/{name}: could not be written ({error.strerror})"
                clean.say(told, error=True)
        return lost


def _expect_added(stored):
    """Raise a ValueError if something has not the shape that it may have."""
    wrong = misfit(stored, {key: ADDED[key] for key in ADDED if key in stored})
    for clock in () if wrong else stored.get("times", {}).values():
        given = clock if isinstance(clock, dict) else {"times": clock}
        wrong = wrong or misfit(given, dict.fromkeys(given, str))
    for one in [*stored["graded"], *(() if wrong else stored.get("unreadable", ()))]:
        given = {key: shape for key, shape in ADDED_TO_ONE.items() if one.get(key, {}) != {}}
        wrong = wrong or misfit(one, given)
    if wrong:
        raise ValueError(wrong)


def _key(student, lesson, where, earlier):
    """What a graded file is kept by: of several of a student, the older ones by their paths too."""
    return (student, lesson, where) if earlier else (student, lesson)


def _key_of(entry):
    return _key(entry.student, entry.lesson, entry.where, entry.earlier)


def _append(path, data):
    """Write to the end of a file, whole or not at all."""
    with open(path, "ab") as stream:
        start = stream.tell()
        try:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        except OSError:
            stream.truncate(start)
            raise


def _journal(path):
    """What the lines of a journal say; a last one that was cut off by a crash is left out."""
    if not path.exists():
        return []
    *lines, _ = path.read_bytes().split(b"\n")
    graded = [json.loads(line) for line in lines]
    wrong = misfit(graded, [GRADED])
    if wrong:
        raise ValueError(wrong)
    return graded


def parse(data, shape, version):
    """What ``write_json`` wrote, from its bytes.

    Raises:
        ValueError: it is no JSON, of another version, or not of this shape (see ``misfit``).
    """
    stored = json.loads(data)
    if not isinstance(stored, dict) or stored.get("version") != version:
        raise ValueError(f"expected version {version} of this program's file")
    wrong = misfit(stored, shape)
    if wrong:
        raise ValueError(wrong)
    return stored


def misfit(value, shape, name="it"):
    """Where ``value`` has not the shape, in words, or an empty string.

    A dict in the shape names keys that must be there, a list holds the shape of each item, and a
    type, or a tuple of them, is what a value must be.
    """
    if isinstance(shape, dict):
        missing = sorted(set(shape) - set(value)) if isinstance(value, dict) else sorted(shape)
        if missing:
            return f"{name}: an entry without {', '.join(missing)}"
        parts = ((value[key], inner, key) for key, inner in shape.items())
    elif isinstance(shape, list):
        if not isinstance(value, list):
            return f"{name}: expected a list"
        parts = ((one, shape[0], name) for one in value)
    else:
        kinds = shape if isinstance(shape, tuple) else (shape,)
        return "" if type(value) in kinds else f"{name}: {str(value)[:60]!r}"
    return next((wrong for part in parts if (wrong := misfit(*part))), "")


def write_json(path, value):
    """Write a file of JSON, whole or not at all."""
    write(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write(path, text):
    """Write a file of text, whole or not at all."""
    write_whole(path, text.encode("utf-8", "replace"))
