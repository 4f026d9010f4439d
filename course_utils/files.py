"""Files written whole or not at all, whatever ends the writing."""

import contextlib
import os
from pathlib import Path


def write_whole(path, content):
    """Put a new file at ``path``, with the folder around it, or leave what stood there.

    Args:
        path: of the file; its permissions stay where there is one.
        content: text (written as UTF-8, with the line ends that it has), bytes, or a function
            that writes into the open binary stream that it is given.

    Raises:
        OSError: the disk refuses it. Nothing half-written stays.
    """
    path = Path(path)
    part = _beside(path)
    try:
        _write(part, path, content)
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)


def write_all(contents):
    """Put files at several paths, with the folders around them, or leave all as it stood.

    All is on the disk before the first file takes its place, so that a full disk changes nothing.
    Where one cannot take its place, those before it are put back.

    Args:
        contents: path -> what :func:`write_whole` takes.

    Raises:
        OSError: the disk refuses a file, which ``filename`` names.
    """
    contents = {Path(path): content for path, content in contents.items()}
    parts = {path: _beside(path) for path in contents}
    around = {folder for path in contents for folder in path.parents}
    new = [folder for folder in around if not folder.exists()]
    old, begun = {}, []
    try:
        for path in contents:
            old[path] = path.read_bytes() if path.exists() else None
        for path, content in contents.items():
            _write(parts[path], path, content)
        for path, part in parts.items():
            begun.append(path)
            os.replace(part, path)
    except BaseException as error:
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None
        for part in parts.values():  # first, for they may fill the disk
            with contextlib.suppress(OSError):
                os.unlink(part)
        for path in begun:
            with contextlib.suppress(OSError):  # of the one that was refused, which stands
                write_whole(path, old[path]) if old[path] is not None else os.unlink(path)
        for folder in sorted(new, reverse=True):  # the inner ones before those around them
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _beside(path):
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _write(part, path, content):
    """Write what will stand at ``path`` to ``part``, with its permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(part, "wb") as stream:  # readable for all, unlike tempfile's
        if callable(content):
            content(stream)
        else:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
        stream.flush()
        os.fsync(stream.fileno())
    if path.exists():
        os.chmod(part, path.stat().st_mode & 0o777)
