"""Whose a submission is: the student's name and id, from the path that the file came by."""

import re
import unicodedata
from pathlib import PurePosixPath

from homework import clean

MOST_NAME = 100  # characters of a student's name
MOST_WHERE = 300  # of a path
# What the two systems put before a student's files: name and id.
# Moodle's default group, of all who are in none, has no id.
MOODLE = re.compile(
    r"^(?P<name>.+?)(?:_(?P<id>\d+)_(?:assignsubmission_\w+?|onlinetext|file)"
    r"|_assignsubmission_\w+?)(?:_|$)"
)
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_.+$")
# What is kept of it: the system, the id and the name that it wrote, the whole part, and its mark.
SENT = {"system": str, "id": str, "name": str, "part": str, "late": bool, "submitted": str}


def owner_of(path):
    """(student's name, id or "") from a path inside the submissions: its first part alone.

    What stands deeper, and inside a zip that a student made, is the student's own choice. Downloads
    of Moodle (``Ann Lee_123_assignsubmission_file/x.ipynb``) and Canvas
    (``leeann_LATE_123_456_x.ipynb``) are understood; else the first folder is the name, and
    without a folder the file's own.
    """
    parts = PurePosixPath(path).parts
    if not parts:
        return "unnamed", ""
    first = clean.name(parts[0], MOST_WHERE)
    found = of_a_system(first)
    if found:
        return clean.name(found["name"], MOST_NAME), found["id"] or ""
    if len(parts) == 1 or first.lower().endswith(".zip"):
        first = PurePosixPath(first).stem
    return clean.name(first, MOST_NAME), ""


def of_a_system(part):
    """What Moodle or Canvas wrote before a student's files, or None.

    Canvas's form comes first: the name of a file, which the student chose, may hold Moodle's words.
    """
    return CANVAS.match(part) or MOODLE.match(part)


def sent_by(path):
    """What the path tells of who sent it: ``SENT`` without the time."""
    parts = PurePosixPath(path).parts
    part = clean.name(parts[0], MOST_WHERE) if parts else ""
    found = of_a_system(part)
    name, number = owner_of(path)
    system = "" if not found else "canvas" if found.re is CANVAS else "moodle"
    late = system == "canvas" and bool(found["late"])
    return {"system": system, "id": number, "name": name, "part": part, "late": late}


def around(paths):
    """The folder that lies around all students, as many zips have one, or an empty string.

    There is one if all lie in it, each in a folder of its own there or under a name of Moodle's or
    Canvas's, and if they are two students at least: one student's folder is nobody's wrapping.

    Args:
        paths: of all that is to be graded, each a tuple of parts.
    """
    first = {clean.name(parts[0], MOST_WHERE) for parts in paths if parts}
    if len(first) != 1 or any(len(parts) < 2 for parts in paths):
        return ""
    [name] = first
    if of_a_system(name) or name.lower().endswith(".zip"):
        return ""
    if not all(len(parts) > 2 or of_a_system(parts[1]) for parts in paths):
        return ""
    return name if len({owner_of("/".join(parts[1:])) for parts in paths}) > 1 else ""


def students(paths):
    """The names to the paths, in their order; of namesakes each with its id.

    An ending that was taken off makes no namesake: a folder ``bob.zip`` beside a folder ``bob`` is
    somebody else's.
    """
    owners = [owner_of("/".join(parts)) for parts in paths]
    firsts = [clean.name(parts[0], MOST_WHERE) if parts else "" for parts in paths]
    whole = {first for first in firsts if not of_a_system(first)}
    owners = [
        (clean.name(first, MOST_NAME), "") if name != first and name in whole else (name, number)
        for first, (name, number) in zip(firsts, owners, strict=True)
    ]
    ids = {}
    for name, number in owners:
        ids.setdefault(name, set()).add(number)
    return [
        clean.name(f"{name} ({number})", MOST_NAME) if len(ids[name]) > 1 and number else name
        for name, number in owners
    ]


def plain(name):
    """A name without what makes no difference: capitals, and more than one space."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def letters(name):
    """The letters and digits of a name alone, in small letters: systems leave out the others."""
    return "".join(c for c in unicodedata.normalize("NFC", name).casefold() if c.isalnum())
