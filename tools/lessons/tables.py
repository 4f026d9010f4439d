"""The tables of README.md, docs/results.md and data/README.md: ``make results``.

Lessons and their headlines, records, data sets; and the numbers in paper.md.

A table stands between two markers, such as ``<!-- lessons:begin -->``. ``--check`` changes nothing
and ends with 1 where a page differs from what it shows.
"""

import sys

from course_utils.catalogue import DATA_SETS
from tools import console, generated
from tools.lessons import facts, listing, results_table


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


def differing(root, entries=DATA_SETS):
    """Path -> wanted text, of the pages that do not show what is there.

    Raises:
        ValueError: a lesson, a file of results or a page is not in its form.
    """
    wanted = {}
    for path, tables in pages(root, entries).items():
        old = text = path.read_text(encoding="utf-8")
        for name, table in tables.items():
            try:
                text = generated.put(text, name, table)
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
    """Write the tables, or say which pages lack them; the exit status."""
    asked = generated.parser("Write the generated tables of the pages.").parse_args(arguments)
    try:
        wanted = differing(asked.root)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    if not wanted:
        print("README.md, docs/results.md and data/README.md agree with what they show.")
    differs = "differs from what it shows; `make results` writes its tables"
    return generated.settle(wanted, asked, differs, "tables written")


if __name__ == "__main__":
    console.run(main)
