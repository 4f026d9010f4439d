"""A class in n parts, on as many machines: what a part is of, and how the parts become one again.

A student is in the part that a hash of the name says, so every machine that sees the submissions
agrees without asking another. Each part's folder holds ``shard.json``: which part it is, of what,
and whether it is finished. ``merging.py`` makes one grading of them again.
"""

import hashlib
import json
import sys
from pathlib import Path

import course_utils
from homework import lessons, submissions
from homework.gradebook import DAMAGED, parse, write_json
from homework.gradebook import FILE as GRADES
from homework.gradebook import PART as FILE

VERSION = 1
MEASURED = 0.0  # of ``seconds``: not told
WHOLE = "all"  # of ``ran``: a grading of all exercises
ENTRY = {"student": str, "lesson": str, "where": str, "digest": str, "notes": [str]}
LISTED = ENTRY | {"unreadable": str}
RECORD = {
    "version": int,
    "shard": int,
    "of": int,
    "seed": int,
    "seconds": float,
    "versions": str,
    "course": str,
    "submissions": str,
    "ran": [str],
    "finished": bool,
    "grades": str,
    "entries": [LISTED],
}
# What the parts of one class have in common, in words: key of the record -> what it is.
COMMON = {
    "of": "number of shards",
    "submissions": "submissions",
    "course": "lessons and checks",
    "versions": "versions of Python and torch",
    "seconds": "--seconds",
    "seed": "--seed",
    "ran": "exercises that were graded",
}
BEGUN = ("course", "versions", "seconds")  # of these, what stays the same while a part is graded


class ShardError(submissions.SubmissionsError):
    """These folders are no parts of one class, or not all of them; the message says which."""


def part_of(student, of):
    """Which of the parts 1 to ``of`` has this student: by the name alone, on every machine."""
    digest = hashlib.sha256(student.encode("utf-8", "replace")).digest()
    return int.from_bytes(digest) % of + 1


def expect_seed(asked):
    """All parts need the same hidden inputs, so none may draw its own.

    Raises:
        ShardError: a new part without ``--seed``.
    """
    if asked.shard and asked.seed is None and not (asked.out / GRADES).exists():
        raise ShardError("--shard: expected --seed too, the same number for every shard")


def begin(book, entries, known, asked):
    """The :class:`Shard` that ``asked.shard`` names, or None for a whole class.

    Args:
        entries: all submissions, those of the other parts too.
        known: the lessons by number.

    Raises:
        ShardError: the gradebook's folder holds another part or a whole class, or this part was
            begun with other lessons or options.
    """
    path = book.folder / FILE
    old = read(book.folder) if path.exists() else None
    if not asked.shard:
        if old:
            name = f"{old['shard']}/{old['of']}"
            raise ShardError(f"{book.folder}: it holds a part of a class; expected --shard {name}")
        return None
    if not old and book.graded:
        raise ShardError(f"{book.folder}: its grades are of no shard; choose another folder")
    shard = Shard(book, entries, known, asked)
    if old:
        shard.continues(old, free=bool(asked.only) and not asked.resume)
    shard.save(shard.own(entries), finished=False)
    return shard


class Shard:
    """One part while it is graded; ``record`` is what ``shard.json`` will say."""

    def __init__(self, book, entries, known, asked):
        self.book = book
        number, of = asked.shard
        self.record = {
            "version": VERSION,
            "shard": number,
            "of": of,
            "seed": book.seed,
            "seconds": asked.seconds or MEASURED,
            "versions": _versions(),
            "course": digest_of_course(known),
            "submissions": digest_of_class(entries),
            "ran": sorted(set(asked.only or [WHOLE])),
        }

    def continues(self, old, free):
        """Go on with a part: what was run before is kept.

        Args:
            old: its record.
            free: lessons, checks and options may have changed since (``--only`` regrades).

        Raises:
            ShardError: they have, or it is another part.
        """
        for key in ("shard", "of", *(() if free else BEGUN)):
            before, now = old[key], self.record[key]
            if before != now:
                what = COMMON.get(key, "number of this shard")
                raise ShardError(
                    f"{self.book.folder}: the {what} is not what this shard was begun with "
                    f"({short(before)}, now {short(now)}); choose another folder by --out"
                )
        self.record["ran"] = sorted({*old["ran"], *self.record["ran"]})

    def own(self, entries):
        """The submissions of this part."""
        number, of = self.record["shard"], self.record["of"]
        return [entry for entry in entries if part_of(entry.student, of) == number]

    def finish(self, entries):
        """Say that all of it is graded."""
        self.save(entries, finished=True)

    def save(self, entries, finished):
        """Write ``shard.json``."""
        grades = digest_of_file(self.book.folder / GRADES)
        state = {"finished": finished, "grades": grades, "entries": listed(entries, LISTED)}
        write_json(self.book.folder / FILE, self.record | state)


def read(folder):
    """What ``shard.json`` in ``folder`` says.

    Raises:
        ShardError: there is none, or it is damaged.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        raise ShardError(f"{folder}: there is no {FILE}: it is no folder that --shard wrote")
    try:
        record = parse(path.read_bytes(), RECORD, VERSION)
        if not 1 <= record["shard"] <= record["of"]:
            raise ValueError(f"shard {record['shard']} of {record['of']}")
        lessons_of(record)
    except DAMAGED as error:
        raise ShardError(
            f"{path}: cannot be read ({type(error).__name__}: {error}); grade this shard anew"
        ) from error
    return record


def lessons_of(record):
    """Numbers of the lessons that a part has graded by ``--only``; None if it graded all."""
    ran = record["ran"]
    return None if WHOLE in ran else {lessons.number_of(name) for name in ran}


def listed(entries, keys=ENTRY):
    """What a record says of submissions."""
    return [{key: getattr(entry, key) for key in keys} for entry in entries]


def _versions():
    import torch

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"Python {python}, torch {torch.__version__.partition('+')[0]}"


def digest_of_file(path):
    """Of its bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_of_class(entries):
    """Of the names, lessons and contents of submissions, all of them, in their order."""
    rows = [list(one.values()) for one in listed(entries)]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def digest_of_course(known):
    """Of all that points and pages come from: the lessons' cells, the package, this package."""
    digest = hashlib.sha256()
    for lesson in known.values():
        cells = [
            [cell["cell_type"], lessons.source(cell), cell["metadata"].get("course")]
            for cell in lesson.cells
        ]
        digest.update(json.dumps([lesson.number, cells], sort_keys=True).encode())
    for root in (Path(course_utils.__file__).parent, Path(__file__).parent):
        for path in sorted(root.rglob("*.py")):
            digest.update(f"{root.name}/{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def short(value):
    """A value of a record for a message; of a digest only the start."""
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return text[:8] if len(text) == 64 else text[:60]
