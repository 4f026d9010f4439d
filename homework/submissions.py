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
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

MOST_BYTES = 20 * 2**20  # of one notebook
MOST_ALL = 2 * 2**30  # of all that a zip holds
MOST_FILES = 20_000
MOST_NESTING = 3  # of zips in zips
IGNORED = ("__MACOSX", ".ipynb_checkpoints")
MOODLE = re.compile(r"^(?P<name>.+?)_\d+_(assignsubmission_\w+?|onlinetext|file)_?(?=/|$)")
MOODLE_FLAT = re.compile(r"^(?P<name>.+?)_\d+_assignsubmission_file_(?P<file>.+)$")
CANVAS = re.compile(r"^(?P<name>[^_]+)_(?:LATE_)?\d+_\d+_(?P<file>.+)$")


class SubmissionsError(ValueError):
    """The folder or zip itself cannot be used; the message says why."""


@dataclass
class Submission:
    """One file: ``notebook`` (format 4) and ``lesson`` (its number), or ``unreadable``: why not."""

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
    notes. Unreadable files are in the list too.

    Raises:
        SubmissionsError: there is no such folder or zip, or no notebook in it.
    """
    path = Path(path)
    if path.is_dir():
        found = list(_in_folder(path))
    elif path.is_file() and path.suffix == ".ipynb":
        found = [_from_disk(path, path.name)]
    elif path.is_file() and zipfile.is_zipfile(path):
        budget = _Budget()
        found = list(_in_zip(path, "", budget))
    else:
        raise SubmissionsError(f"{path}: expected a folder, a zip or a notebook of submissions")
    if not found:
        raise SubmissionsError(f"{path}: there is no notebook (.ipynb) in it")
    return sorted(_newest(found), key=lambda entry: (entry.student, entry.lesson, entry.where))


def student_of(path):
    """The student's name from a path inside the submissions.

    Downloads of Moodle (``Ann Lee_123_assignsubmission_file/x.ipynb``) and Canvas
    (``leeann_LATE_123_456_x.ipynb``) are understood; else the first folder is the name, and
    without a folder the file's own.
    """
    parts = PurePosixPath(path).parts
    flat = MOODLE_FLAT.match(parts[0])
    if flat and len(parts) == 1:
        return flat["name"]
    moodle = MOODLE.match(parts[0])
    if moodle and len(parts) > 1:
        return moodle["name"]
    canvas = CANVAS.match(parts[-1])
    if canvas:
        return canvas["name"]
    return parts[0] if len(parts) > 1 else PurePosixPath(parts[0]).stem


def _in_folder(root):
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in IGNORED)
        for name in sorted(files):
            path = Path(folder) / name
            where = path.relative_to(root).as_posix()
            if name.startswith("."):
                continue
            if name.endswith(".ipynb"):
                yield _from_disk(path, where)
            elif name.lower().endswith(".zip"):
                if path.is_symlink() or not zipfile.is_zipfile(path):
                    yield _unreadable(where, 0.0, "it is a link or no zip file")
                else:
                    yield from _in_zip(path, where, _Budget())


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
            if entry.is_dir() or any(p in IGNORED for p in parts) or parts[-1].startswith("."):
                continue
            is_zip = name.lower().endswith(".zip")
            if not (is_zip or name.endswith(".ipynb")):
                continue
            modified = _moment(entry)
            reason = _refused(entry, parts, budget, is_zip, nesting)
            if not reason:
                try:
                    data = _member(archive, entry, budget, MOST_ALL if is_zip else MOST_BYTES)
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
    if not is_zip and entry.file_size > MOST_BYTES:
        return _too_large(entry.file_size)
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


def _too_large(size):
    return f"it has {size / 2**20:.0f} MB, more than {MOST_BYTES / 2**20:.0f}; clear its outputs"


def _unreadable(where, modified, reason):
    return Submission(student_of(where), where, modified, unreadable=reason)


def _parsed(data, where, modified):
    """A submission from a file's bytes."""
    import nbformat

    entry = Submission(student_of(where), where, modified)
    entry.digest = hashlib.sha256(data).hexdigest()
    try:
        if not data.strip():
            raise ValueError("it is empty")
        raw = json.loads(data)
        if not isinstance(raw, dict) or not ({"cells", "worksheets"} & set(raw)):
            raise ValueError("it is JSON, but no notebook")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.reads(data.decode(), as_version=4)
            nbformat.validate(notebook, relax_add_props=True, version=4, version_minor=5)
        entry.notebook = json.loads(json.dumps(notebook))
    except RecursionError:
        entry.unreadable = "it is nested too deeply"
    except UnicodeDecodeError:
        entry.unreadable = "it is no text in UTF-8"
    except json.JSONDecodeError as error:
        entry.unreadable = f"it is no JSON ({error.msg}, line {error.lineno})"
    except Exception as error:  # nbformat raises many kinds
        entry.unreadable = f"it is no notebook ({str(error).splitlines()[0][:200]})"
    else:
        entry.lesson = _lesson_of(entry.notebook)
        if not entry.lesson:
            entry.unreadable = "its metadata name no lesson of the course"
            entry.notebook = None
    return entry


def _lesson_of(notebook):
    """Number of the lesson, from the notebook's metadata or those of its exercises."""
    course = notebook["metadata"].get("course")
    number = course.get("lesson") if isinstance(course, dict) else None
    if isinstance(number, str) and re.fullmatch(r"\d\d", number):
        return number
    for cell in notebook["cells"]:
        course = cell["metadata"].get("course")
        found = (
            re.match(r"(\d+)\.\d+$", str(course.get("id"))) if isinstance(course, dict) else None
        )
        if found:
            return f"{int(found[1]):02d}"
    return ""


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
