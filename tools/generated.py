"""Files that a tool writes from something else: a block between two markers, and ``--check``."""

import argparse
from pathlib import Path

from course_utils.files import write_all

ROOT = Path(__file__).resolve().parent.parent


def put(text, name, generated):
    """A page's text with ``generated`` between the markers ``name``; without it they stand alone.

    Raises:
        ValueError: the text does not hold both markers once, in order.
    """
    before, _, after = _parts(text, name)
    between = f"\n\n{generated}\n\n" if generated else "\n"
    return f"{before}{between}{after}"


def inside(text, name):
    """What stands between the markers ``name``.

    Raises:
        ValueError: as :func:`put`.
    """
    return _parts(text, name)[1].strip()


def _parts(text, name):
    """The text up to the first marker and with it, that between them, and from the second on."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = text.partition(begin)
    between, ended, after = rest.partition(end)
    if not found or not ended or begin in between + after or end in before + after:
        raise ValueError(f"expected one {begin} and after it one {end}")
    return before + begin, between, end + after


def parser(description):
    """A parser of the options ``--check`` and ``--root``."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--check", action="store_true", help="change nothing; 1 if one differs")
    made.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    return made


def settle(wanted, asked, differs, written="written"):
    """Write what differs, all of it or nothing; with ``--check`` only say so.

    Args:
        wanted: path -> text, of the files that differ.
        asked: what :func:`parser` read.
        differs, written: said after the name of a file.

    Returns:
        The exit status: 1 where something differs and stays so.
    """
    if not asked.check:
        write_all(wanted)
    for path in wanted:
        name = path.relative_to(asked.root).as_posix()
        print(f"{name} {differs}." if asked.check else f"{name}: {written}.")
    return 1 if wanted and asked.check else 0
