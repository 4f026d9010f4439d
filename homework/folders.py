"""A folder of submissions: listed without following a link, and read only what is a plain file."""

import functools
import os
import stat

from homework.items import IGNORED, MOST_BYTES, MOST_DEPTH, TOO_DEEP, Item, kind_of

MOST_ENTRIES = 50_000  # files and folders of one student
LINK = "it is a link or no plain file"


def items(root):
    """(items of a folder, paths of the students' folders in it)."""
    found, seen, left = [], set(), {}
    tops = [one for one in _listed(root, ()) if not one.name.startswith(".")]
    alone = len(tops) == 1  # then it may lie around the folders of all
    waiting = [(root, ())]
    while waiting:
        folder, above = waiting.pop()
        try:
            entries = _listed(folder, above)
        except OSError as error:
            found.append(_refused(above, f"the folder cannot be read ({error.strerror})"))
            continue
        for entry in entries:
            parts = (*above, entry.name)
            if entry.name in IGNORED:
                continue
            key = parts[: 2 if alone else 1]
            left[key] = left.get(key, MOST_ENTRIES) - 1
            if left[key] < 0:
                if left[key] == -1:
                    what = f"there are more than {MOST_ENTRIES:,} files and folders in it"
                    found.append(_refused(key, what))
                waiting = [one for one in waiting if one[1][: len(key)] != key]
                break
            if entry.is_dir(follow_symlinks=False):
                seen.add(parts[:2])
                if len(parts) < MOST_DEPTH:
                    waiting.append((entry.path, parts))
                else:
                    found.append(_refused(parts, TOO_DEEP))
            else:
                found += _item(entry, parts)
    return found, {*seen, *(parts[:1] for parts in seen)}


def _listed(folder, above):
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)


def _refused(parts, reason):
    return Item(parts, reason=reason)


def _item(entry, parts):
    """A list of the item that a file is, or an empty one."""
    kind = kind_of(entry.name)
    if kind is None and entry.is_symlink() and entry.is_dir():
        kind = "", LINK  # a folder elsewhere, which may hold anything
    if kind is None:
        return []
    try:
        info = entry.stat(follow_symlinks=False)
    except OSError as error:
        return [_refused(parts, f"it cannot be read ({error.strerror})")]
    reason = kind[1] if stat.S_ISREG(info.st_mode) else LINK
    if kind[0] == "zip":
        data = functools.partial(open_plain, entry.path)
    else:
        data = functools.partial(read, entry.path, MOST_BYTES)
    return [Item(parts, info.st_mtime, kind[0], info.st_size, reason, data)]


def open_plain(path):
    """A plain file, opened to be read: never a link, and nothing that could keep one waiting.

    Raises:
        OSError: it is something else, or cannot be read.
    """
    if not stat.S_ISREG(os.lstat(path).st_mode):  # devices may do something when they are opened
        raise OSError(0, LINK)
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    stream = open(number, "rb")
    if not stat.S_ISREG(os.fstat(number).st_mode):
        stream.close()
        raise OSError(0, LINK)
    return stream


def read(path, most):
    """The bytes of a plain file, ``most`` at most, however it grows.

    Raises:
        OSError: as above. ValueError: there are more.
    """
    with open_plain(path) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it has more than {most / 2**20:.0f} MB")
    return data
