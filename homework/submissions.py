"""What students handed in: notebooks in a folder or zip, in any nesting, as they come.

Nothing is unpacked to the disk and no link is followed. A file that cannot be graded is reported
with the reason, and never as a plain 0. What one student may hand in is bounded, so that it takes
nothing from another; a notebook is read when it is listed and again when it is graded, and is not
kept between.
"""

import contextlib
import functools
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from homework import clean, folders, names, untrusted, zips
from homework.items import MOST_BYTES, MOST_INNER, Item

MOST_NESTING = 3  # of zips in zips
# Of one student, all zips together:
MOST_FILES = 100  # notebooks and zips, those that are refused too
MOST_ALL = 200 * 2**20  # bytes that are read or unpacked
MOST_TOLD = 5  # files that are refused by name; of more the number is told
MOST_REASON = 300  # characters
MOST_NAMED = 3  # older files in a note
CLOCK = 2  # seconds: a zip tells times no finer
EMPTY = "there is no notebook in it"


class SubmissionsError(ValueError):
    """The folder or zip itself cannot be used; the message says why."""


class Changed(ValueError):
    """A file is not what it was when the submissions were listed."""


@dataclass
class Submission:
    """One file: ``lesson`` (its number) and ``digest``, or ``unreadable``: why.

    ``around`` is the folder that lies around all students' folders, or an empty string;
    ``earlier``: a newer file of the student for the lesson is there too; ``sent``: see
    ``names.SENT``.
    """

    student: str
    where: str
    modified: float
    lesson: str = ""
    unreadable: str = ""
    digest: str = ""
    notes: list = field(default_factory=list)
    around: str = ""
    earlier: bool = False
    sent: dict = field(default_factory=dict)
    data: object = field(default=None, repr=False, compare=False)

    def read(self):
        """The notebook: its cells alone.

        Raises:
            Changed: it is not what it was when it was listed.
        """
        try:
            data = self.data()
        except Exception as error:  # a disk, or a zip, that has gone bad since
            raise Changed(f"it cannot be read any more ({_told(error)})") from error
        if hashlib.sha256(data).hexdigest() != self.digest:
            raise Changed("it has changed since the grading began")
        return untrusted.notebook(data)


@dataclass
class Budget:
    """What of one student may still be looked at."""

    files: int = MOST_FILES
    size: int = MOST_ALL
    listing: int = 2 * zips.MOST_LISTING
    told: int = MOST_TOLD
    silent: int = 0  # files that are refused without a line of their own


def collect(path, around=None, every=False):
    """All submissions in ``path``, in the order of student and lesson.

    Of several files of one student for one lesson the newest counts; the others are named in its
    notes. Unreadable files are in the list too, and folders without a notebook.

    Args:
        around: the folder around all students' folders, as an earlier grading found it; None looks
            for one.
        every: the older files of a student for a lesson are in the list too, marked ``earlier``.

    Raises:
        SubmissionsError: there is no such folder or zip, or nothing in it.
    """
    path = Path(path)
    if path.is_dir():
        items, seen = folders.items(path)
    elif path.is_file() and path.suffix.lower() == ".ipynb":
        read = functools.partial(folders.read, path, MOST_BYTES)
        items, seen = [Item((path.name,), path.stat().st_mtime, "notebook", 0, "", read)], []
    elif path.is_file():
        try:
            whole = zips.Archive(functools.partial(open, path, "rb"), zips.MOST_LISTING_OF_ALL)
            with whole:
                items, seen = zips.items(whole, ())
                return _collected(path, items, seen, around, every)
        except (zips.zipfile.BadZipFile, zips.TooMuch) as error:
            raise SubmissionsError(
                f"{path}: expected a folder, a zip or a notebook of submissions ({error})"
            ) from error
    else:
        raise SubmissionsError(f"{path}: expected a folder, a zip or a notebook of submissions")
    return _collected(path, items, seen, around, every)


def order(entry):
    """What submissions are sorted by."""
    return entry.student, entry.lesson, entry.where


def _collected(path, items, seen, around, every):
    """The submissions of what was found; ``seen``: the paths of folders, graded or not."""
    here = [one for one in items if ".." not in one.parts[:1] and one.parts[0] != "/"]
    if around is None:
        around = names.around([one.parts for one in here if one.kind])
    elif any(_first(one.parts) != around for one in here):
        around = ""
    items = [*items, *_without_any(items, seen, around)]
    paths = [p[1:] if around == _first(p) and len(p) > 1 else p for p in (i.parts for i in items)]
    budgets, entries = {}, []
    owners = names.students(paths)
    listed = zip(owners, items, paths, strict=True)
    for student, item, parts in sorted(listed, key=lambda one: one[1].parts):
        budget = budgets.setdefault(student, Budget())
        for entry in _looked_into(item, budget, 1):
            entry.student = student
            entry.sent = _sent(parts, item)
            entries.append(entry)
    for student, budget in budgets.items():
        if budget.silent:
            reason = f"{budget.silent:,} more files of this student cannot be graded either; at "
            reason += f"most {MOST_FILES} files and {MOST_ALL // 2**20} MB of one are looked at"
            entries.append(_unreadable(student, 0.0, reason))
            entries[-1].student = student
    if not entries:
        raise SubmissionsError(f"{path}: there is no notebook (.ipynb) in it")
    for entry in entries:
        entry.around = around
    return sorted(_newest(entries, every), key=order)


def _sent(parts, item):
    """Who sent it, and the time of its file: never one in a student's own zip.

    Canvas and Moodle write the time of the download into their zips, so nobody is late by it.
    """
    sent = names.sent_by("/".join(parts))
    submitted = ""
    if sent["system"] != "canvas" and item.modified > 0:
        with contextlib.suppress(ValueError, OverflowError, OSError):
            submitted = datetime.fromtimestamp(item.modified).isoformat(timespec="seconds")
    return sent | {"submitted": submitted}


def _first(parts):
    return clean.name(parts[0], names.MOST_WHERE)


def _without_any(items, seen, around):
    """Students' folders without anything to grade or to refuse."""
    depth = 2 if around else 1
    have = {_path(one.parts[:depth]) for one in items}
    bare = {_path(parts[:depth]): parts[:depth] for parts in seen if len(parts) >= depth}
    return [
        Item((*parts, ""), reason=EMPTY)
        for path, parts in sorted(bare.items())
        if path not in have and not parts[-1].startswith(".")
    ]


def _path(parts):
    return clean.name("/".join(parts), names.MOST_WHERE)


def _looked_into(item, budget, nesting):
    """The submissions of one item: itself, or what a zip holds; each costs its student's budget."""
    where = "/".join(item.parts)
    reason = item.reason or _too_much(item, budget, nesting)
    budget.files -= 1
    if not reason:
        try:
            if item.kind == "zip":
                if (yield from _in_zip(item, budget, nesting)):
                    return
                reason = EMPTY
            else:
                data = item.data()
                budget.size -= len(data)
        except zips.zipfile.BadZipFile as error:
            reason = f"the zip is damaged ({error})"
        except Exception as error:  # damaged files and zips raise nearly anything
            reason = f"it cannot be read ({_told(error)})"
    if not reason:
        entry = _parsed(data, where, item)
        if not entry.unreadable:
            yield entry
            return
        reason = entry.unreadable
    if budget.told > 0:
        budget.told -= 1
        yield _unreadable(where, item.modified, reason)
    else:
        budget.silent += 1


def _in_zip(item, budget, nesting):
    """The submissions in a zip; returns whether there is anything in it to grade or to refuse."""
    archive = zips.Archive(item.data, max(0, min(zips.MOST_LISTING, budget.listing)))
    budget.size -= item.size
    with archive:
        items, _ = zips.items(archive, item.parts)
        budget.listing -= sum(46 + len(one.filename) for one in archive.members())
        for one in sorted(items, key=lambda one: one.parts):
            yield from _looked_into(one, budget, nesting + 1)
    return bool(items)


def _too_much(item, budget, nesting):
    """Why an item is not looked into, or an empty string."""
    most = MOST_INNER if item.kind == "zip" else MOST_BYTES
    if budget.files > 0 and item.kind == "zip" and nesting > MOST_NESTING:
        return "it is a zip in a zip in a zip"
    if budget.files > 0 and item.size > most:
        size = f"it has {item.size / 2**20:.0f} MB, more than {most / 2**20:.0f}"
        return f"{size}; clear the outputs" if item.kind == "notebook" else size
    if budget.files <= 0 or item.size > budget.size:
        budget.told = 0  # one line for all of them
        return "it is too much"
    return ""


def _unreadable(where, modified, reason):
    where = clean.name(where, names.MOST_WHERE)
    return Submission("", where, modified, unreadable=clean.line(reason, MOST_REASON))


def _told(error):
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _parsed(data, where, item):
    """A submission from a file's bytes."""
    entry = Submission("", clean.name(where, names.MOST_WHERE), item.modified, data=item.data)
    entry.digest = hashlib.sha256(data).hexdigest()
    try:
        entry.lesson = untrusted.lesson_of(untrusted.notebook(data))
    except RecursionError:
        entry.unreadable = "it is nested too deeply"
    except UnicodeDecodeError:
        entry.unreadable = "it is no text in UTF-8"
    except json.JSONDecodeError as error:
        entry.unreadable = f"it is no JSON ({error.msg}, line {error.lineno})"
    except Exception as error:  # whatever a stranger's file makes of it
        entry.unreadable = f"it is no notebook ({_told(error)})"
    return entry


def _newest(found, every):
    """One submission a student and lesson, the newest; unreadable files stay beside it.

    With ``every`` the others stay too.
    """
    kept, groups = [entry for entry in found if entry.unreadable], {}
    for entry in found:
        if not entry.unreadable:
            groups.setdefault((entry.student, entry.lesson), []).append(entry)
    for group in groups.values():
        last = max(entry.modified for entry in group)
        alike = [entry for entry in group if last - entry.modified < CLOCK]
        newest = max(alike, key=lambda entry: entry.where)
        older = [entry for entry in group if entry is not newest]
        older.sort(key=lambda entry: (entry.modified, entry.where))
        if older and not every:
            listed = ", ".join(entry.where for entry in older[-MOST_NAMED:])
            more = len(older) - MOST_NAMED
            listed += f" and {more} more" if more > 0 else ""
            which = f"the newest of {len(group)} files counts"
            if len(alike) > 1:
                which = f"of {len(alike)} files of the same time the last by its name counts"
            newest.notes.append(f"{which}: not {listed}")
        kept.append(newest)
        if every:
            for entry in older:
                entry.earlier = True
            kept += older
    return kept
