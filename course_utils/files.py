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
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
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
        os.replace(part, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(part)
