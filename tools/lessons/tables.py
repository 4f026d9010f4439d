"""The tables of README.md, docs/results.md and data/README.md: ``make results``.

Lessons and their headlines, records, data sets; and the numbers in paper.md.

A table stands between two markers, such as ``<!-- lessons:begin -->``. ``--check`` changes nothing
and ends with 1 where a page differs from what it shows.
"""

import argparse
import sys
from pathlib import Path

from course_utils.catalogue import DATA_SETS
from course_utils.files import write_whole
from tools import console
from tools.lessons import facts, listing, results_table

ROOT = Path(__file__).resolve().parents[2]


def data_sets(entries):
    """A row for each data set of the catalogue."""
    lines = ["| name | what it is | training + test | source | licence, as published |"]
    lines.append("|---|---|---|---|---|")
    for one in entries.values():
        size = f"{one.train:,} + {one.test:,}"
        lines.append(f"| `{one.name}` | {one.about} | {size} | {one.source} | {one.licence} |")
    return "\n".join(lines)


def checksums(entries):
    """A row for each official file."""
    lines = ["| data set | file | MD5 |", "|---|---|---|"]
    for one in entries.values():
        lines += [f"| `{one.name}` | `{file}` | `{md5}` |" for file, md5 in one.files.items()]
    return "\n".join(lines)


def pages(root, entries):
    """Path of a page -> {marker: what stands between its two}."""
    return {
        root / "README.md": {
            "lessons": listing.lessons(root),
            "headlines": listing.headlines(root),
        },
        root / "docs" / "results.md": {
            "results": results_table.generate(root / "data" / "results"),
        },
        root / "data" / "README.md": {
            "data-sets": data_sets(entries),
            "checksums": checksums(entries),
        },
    }


def put(text, name, generated):
    """A page's text with ``generated`` between the markers ``name``.

    Raises:
        ValueError: the text does not hold both markers once, in order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = text.partition(begin)
    inside, ended, after = rest.partition(end)
    if not found or not ended or begin in inside + after or end in before + after:
        raise ValueError(f"expected one {begin} and after it one {end}")
    return f"{before}{begin}\n\n{generated}\n\n{end}{after}"


def differing(root, entries=DATA_SETS):
    """Path -> wanted text, of the pages that do not show what is there.

    Raises:
        ValueError: a lesson, a file of results or a page is not in its form.
    """
    wanted = {}
    for path, tables in pages(root, entries).items():
        old = text = path.read_text(encoding="utf-8")
        for name, generated in tables.items():
            try:
                text = put(text, name, generated)
            except ValueError as error:
                raise ValueError(f"{path.relative_to(root)}: {error}") from None
        if text != old:
            wanted[path] = text
    paper = root / facts.PAPER
    if paper.is_file():
        old = paper.read_text(encoding="utf-8")
        if (text := facts.fill(old, facts.values(root))) != old:
            wanted[paper] = text
    return wanted


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Write the generated tables of the pages.")
    parser.add_argument("--check", action="store_true", help="change nothing; 1 if one differs")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    asked = parser.parse_args(arguments)
    try:
        wanted = differing(asked.root)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    for path, text in wanted.items():
        name = path.relative_to(asked.root)
        if asked.check:
            print(f"{name} differs from what it shows; `make results` writes its tables.")
        else:
            write_whole(path, text)
            print(f"{name}: tables written.")
    if not wanted:
        print("README.md, docs/results.md and data/README.md agree with what they show.")
    return 1 if wanted and asked.check else 0


if __name__ == "__main__":
    console.run(main)
