"""Zips as strangers make them: listed and read within bounds, nothing unpacked to the disk."""

import contextlib
import functools
import io
import re
import stat
import time
import zipfile
from pathlib import PurePosixPath

from homework.items import IGNORED, MOST_BYTES, MOST_DEPTH, MOST_INNER, TOO_DEEP, Item, kind_of

MOST_LISTING = 4 * 2**20  # bytes of the list of contents of a student's zip
MOST_LISTING_OF_ALL = 64 * 2**20  # of the class's own
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes to unpack


class TooMuch(ValueError):
    """A zip's list of contents is longer than it may be."""


class Archive:
    """A zip that is opened anew each time that it is needed, or kept open within ``with``.

    Args:
        stream: a function that gives its file, opened.
        most: bytes that its list of contents may have.
    """

    def __init__(self, stream, most=MOST_LISTING):
        self._stream, self._most, self._kept = stream, most, None
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._kept = stack.enter_context(self._open())
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        self._kept = None
        self._stack.close()

    def members(self):
        """All that is in it: ``zipfile.ZipInfo``."""
        with self._opened() as archive:
            return archive.infolist()

    def read(self, index, most):
        """The bytes of a member, never more than it claims or ``most``."""
        with self._opened() as archive:
            entry = archive.infolist()[index]
            with archive.open(entry) as stream:
                data = stream.read(min(entry.file_size, most) + 1)
        if len(data) > min(entry.file_size, most):
            raise ValueError("it is larger than it claims")
        return data

    def _opened(self):
        return contextlib.nullcontext(self._kept) if self._kept else self._open()

    @contextlib.contextmanager
    def _open(self):
        with self._stream() as stream:
            bounded = _Bounded(stream, self._most)
            with zipfile.ZipFile(bounded) as archive:
                bounded.most = None  # what is read now are members
                yield archive


class _Bounded:
    """A file of which no more than ``most`` bytes are read at once.

    zipfile reads the list of contents at once and makes an object of each entry: so nothing is
    made of a list that is too long.
    """

    def __init__(self, stream, most):
        self._stream, self.most = stream, most
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, count=-1):
        if self.most is not None and (count < 0 or count > self.most):
            data = self._stream.read(self.most + 1)
            if len(data) > self.most:
                raise TooMuch("its list of contents is too long; hand in the notebooks alone")
            return data
        return self._stream.read(count)


def items(archive, above):
    """(items of a zip, paths of the students' folders in it); ``above``: the zip's own path."""
    found, seen = [], set()
    for index, entry in enumerate(archive.members()):
        name = _name(entry)
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        parts = ("/", *parts) if name.startswith("/") else parts
        if not parts or any(part in IGNORED for part in parts):
            continue
        folder = parts if entry.is_dir() else parts[:-1]
        seen |= {folder[:1], folder[:2]} - {()}
        kind = None if entry.is_dir() else kind_of(parts[-1])
        if kind is None:
            continue
        reason = kind[1] or _refused(entry, name)
        if len(parts) > MOST_DEPTH:
            parts, reason = parts[:MOST_DEPTH], TOO_DEEP
        most = MOST_INNER if kind[0] == "zip" else MOST_BYTES
        data = functools.partial(archive.read, index, most)
        if kind[0] == "zip":
            data = functools.partial(_stream, data)
        made = (*above, *parts), _modified(entry), kind[0], entry.file_size, reason, data
        found.append(Item(*made))
    return found, seen


def _stream(data):
    return io.BytesIO(data())


def _name(entry):
    """A member's path. Many systems write UTF-8 without saying so; zipfile then reads cp437."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _refused(entry, name):
    """Why a member is not taken, or an empty string."""
    parts = PurePosixPath(name).parts
    if ".." in parts or parts[0] == "/" or re.match(r"^[A-Za-z]:", parts[0]):
        return "its path leaves the zip"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "it is a link" if kind == stat.S_IFLNK else "it is no plain file"
    if entry.flag_bits & 1:
        return "it is encrypted"
    if entry.compress_type not in METHODS:
        return "it is packed by another method than deflate"
    return ""


def _modified(entry):
    """When a member was changed last, in seconds."""
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0
