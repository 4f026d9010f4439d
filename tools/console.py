"""How every tool meets a terminal or a file in its place, and folders that take nothing.

Only the standard library: the set-up uses it too.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

INTERRUPTED = 130


def run(main):
    """Exit with what ``main()`` returns.

    A character that the output's encoding lacks is replaced. What cannot be read or written is said
    in one sentence, and the exit code is 1; a reader of the output that has gone ends it quietly.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = main()
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
        code = 1
    except OSError as error:
        if error.filename is None:
            raise
        print(f"{error.filename}: {error.strerror}.", file=sys.stderr)
        code = 1
    sys.exit(code)


def is_live():
    """True where a line can be written over: on a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def fitted(line):
    """``line`` cut so that a terminal shows it on one row, and can write over it."""
    width = shutil.get_terminal_size().columns - 1
    return line if len(line) <= width else line[: max(width - 3, 0)] + "..."[: max(width, 0)]


def why_not(folder):
    """Why nothing can be written into ``folder`` (which is made if need be), or ""."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def plain_environment(**more):
    """This process's environment for a child, in which assertions are not switched off."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONOPTIMIZE"} | more
