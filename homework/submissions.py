"""What students handed in: notebooks in a folder or zip, in any nesting, as they come.

Nothing is unpacked to the disk and no link is followed. A file that cannot be graded is reported
with the reason, and never as a plain 0.
"""

import hashlib
import io
import json
import os
import re
import stat
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from homework import untrusted

MOST_BYTES = 20 * 2**20  # of one notebook
MOST_INNER = 100 * 2**20  # of a zip in a zip
MOST_ALL = 2 * 2**30  # of all that a zip holds
MOST_FILES = 20_000
MOST_NESTING = 3  # of zips in zips
IGNORED = ("__MACOSX", ".ipynb_checkpoints")
# What the two systems put before a student's files: name and id.
MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_(?:assignsubmission_\w+?|onlinetext|file)(?:_|$)")
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_.+$")


class SubmissionsError(ValueError):
    """The folder or zip itself cannot be used; the message says why."""


@dataclass
class Submission:
    """One file: ``notebook`` (cells alone) and ``lesson`` (its number), or ``unreadable``: why."""

    student: str
    where: str
    modified: float
    notebook: dict | None = None
    lesson: str = ""
    unreadable: str = ""
    digest: str = ""
    notes: list = field(default_factory=list)


def collect(path):
    """All submissions in ``path``, in the order of student and lesson.

    Of several files of one student for one lesson the newest counts; the others are named in its
    notes. Unreadable files are in the list too, and folders without a notebook.

    Raises:
        SubmissionsError: there is no such folder or zip, or nothing in it.
    """
    path = Path(path)
    if path.is_dir():
        found = list(_in_folder(path))
    elif path.is_file() and path.suffix.lower() == ".ipynb":
        found = [_from_disk(path, path.name)]
    elif path.is_file() and zipfile.is_zipfile(path):
        found = list(_in_zip(path, "", _Budget()))
    else:
        raise SubmissionsError(f"{path}: expected a folder, a zip or a notebook of submissions")
    if not any(entry.notebook or entry.unreadable for entry in found):
        raise SubmissionsError(f"{path}: there is no notebook (.ipynb) in it")
    _name(found)
    return sorted(_newest(found), key=order)


def order(entry):
    """What submissions are sorted by."""
    return entry.student, entry.lesson, entry.where


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
    for pattern in (MOODLE, CANVAS):
        found = pattern.match(parts[0])
        if found:
            return found["name"], found["id"]
    name = parts[0]
    if len(parts) == 1 or name.lower().endswith(".zip"):
        name = PurePosixPath(name).stem
    return name, ""


def _name(found):
    """Give every entry its student, without the folder that all of them may lie in."""
    paths = [PurePosixPath(entry.where).parts for entry in found]
    while len(paths) > 1 and len({parts[:1] for parts in paths}) == 1:
        rest = [parts[1:] for parts in paths]
        plain = not any(pattern.match(paths[0][0]) for pattern in (MOODLE, CANVAS))
        deep = all(len(parts) > 1 or (parts and _is_download(parts[0])) for parts in rest)
        if not (plain and deep) or paths[0][0].lower().endswith(".zip"):
            break
        paths = rest
    owners = [owner_of("/".join(parts)) for parts in paths]
    ids = {}
    for name, number in owners:
        ids.setdefault(name, set()).add(number)
    for entry, (name, number) in zip(found, owners, strict=True):
        full = f"{name} ({number})" if len(ids[name]) > 1 and number else name
        entry.student = untrusted.text(full)
        entry.where = untrusted.text(entry.where)


def _is_download(part):
    return bool(MOODLE.match(part) or CANVAS.match(part))


def _in_folder(root):
    seen = set()
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in IGNORED)
        for name in sorted(files):
            path = Path(folder) / name
            where = path.relative_to(root).as_posix()
            kind = name.lower()
            if name.startswith("."):
                continue
            if kind.endswith(".ipynb"):
                yield _from_disk(path, where)
            elif kind.endswith(".zip"):
                if path.is_symlink() or not zipfile.is_zipfile(path):
                    yield _unreadable(where, 0.0, "it is a link or no zip file")
                else:
                    yield from _in_zip(path, where, _Budget())
            elif ".ipynb" in kind:
                yield _unreadable(where, 0.0, "its name does not end in .ipynb")
            else:
                continue
            seen.add(where.split("/")[0])
    for path in sorted(root.iterdir()):
        if path.is_dir() and not path.is_symlink() and path.name not in seen | set(IGNORED):
            yield _unreadable(f"{path.name}/", 0.0, "there is no notebook in it")


def _from_disk(path, where):
    try:
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode):
            return _unreadable(where, info.st_mtime, "it is a link or no plain file")
        if info.st_size > MOST_BYTES:
            return _unreadable(where, info.st_mtime, _too_large(info.st_size))
        return _parsed(path.read_bytes(), where, info.st_mtime)
    except OSError as error:
        return _unreadable(where, 0.0, f"it cannot be read ({error.strerror})")


@dataclass
class _Budget:
    """What may still be unpacked."""

    size: int = MOST_ALL
    files: int = MOST_FILES


def _in_zip(stream, prefix, budget, nesting=1):
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        yield _unreadable(prefix or "the zip", 0.0, f"the zip is damaged ({error})")
        return
    with archive:
        for entry in archive.infolist():
            name = entry.filename.replace("\\", "/")
            where = f"{prefix}/{name}" if prefix else name
            parts = PurePosixPath(name).parts
            if entry.is_dir() or not parts or any(part in IGNORED for part in parts):
                continue
            is_zip = name.lower().endswith(".zip")
            if parts[-1].startswith(".") or not (is_zip or name.lower().endswith(".ipynb")):
                continue
            modified = _moment(entry)
            reason = _refused(entry, parts, budget, is_zip, nesting)
            if not reason:
                try:
                    data = _member(archive, entry, budget, MOST_INNER if is_zip else MOST_BYTES)
                except Exception as error:  # damaged zips raise nearly anything
                    reason = f"it cannot be unpacked ({type(error).__name__}: {error})"
            if reason:
                yield _unreadable(where, modified, reason)
            elif is_zip:
                yield from _in_zip(io.BytesIO(data), where, budget, nesting + 1)
            else:
                yield _parsed(data, where, modified)


def _refused(entry, parts, budget, is_zip, nesting):
    if ".." in parts or parts[0] == "/" or re.match(r"^[A-Za-z]:", parts[0]):
        return "its path leaves the zip"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a link"
    if entry.flag_bits & 1:
        return "it is encrypted"
    if is_zip and nesting >= MOST_NESTING:
        return "a zip in a zip in a zip"
    most = MOST_INNER if is_zip else MOST_BYTES
    if entry.file_size > most:
        return _too_large(entry.file_size, most)
    if entry.file_size > budget.size or budget.files <= 0:
        return "the zip holds more than can be taken"
    return ""


def _member(archive, entry, budget, most):
    """The bytes of a member, never more than it claims."""
    budget.files -= 1
    with archive.open(entry) as stream:
        data = stream.read(min(entry.file_size, most) + 1)
    if len(data) > entry.file_size:
        raise ValueError("it is larger than it claims")
    budget.size -= len(data)
    return data


def _moment(entry):
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


def _too_large(size, most=MOST_BYTES):
    return f"it has {size / 2**20:.0f} MB, more than {most / 2**20:.0f}; clear the outputs"


def _unreadable(where, modified, reason):
    return Submission("", where, modified, unreadable=reason)


def _parsed(data, where, modified):
    """A submission from a file's bytes."""
    entry = Submission("", where, modified)
    entry.digest = hashlib.sha256(data).hexdigest()
    try:
        entry.notebook = untrusted.notebook(data)
        entry.lesson = untrusted.lesson_of(entry.notebook)
    except RecursionError:
        entry.unreadable = "it is nested too deeply"
    except UnicodeDecodeError:
        entry.unreadable = "it is no text in UTF-8"
    except json.JSONDecodeError as error:
        entry.unreadable = f"it is no JSON ({error.msg}, line {error.lineno})"
    except Exception as error:  # whatever a stranger's file makes of it
        told = str(error).splitlines() or [type(error).__name__]
        entry.unreadable = f"it is no notebook ({told[0][:200]})"
    if entry.unreadable:
        entry.notebook = None
    return entry


def _newest(found):
    """One submission a student and lesson, the newest; unreadable files stay beside it."""
    kept, groups = [entry for entry in found if entry.unreadable], {}
    for entry in found:
        if not entry.unreadable:
            groups.setdefault((entry.student, entry.lesson), []).append(entry)
    for group in groups.values():
        *older, newest = sorted(group, key=lambda entry: (entry.modified, entry.where))
        if older:
            names = ", ".join(entry.where for entry in older)
            newest.notes.append(f"the newest of {len(group)} files counts: not {names}")
        kept.append(newest)
    return kept
