"""The tables of README.md and data/README.md: lessons, data sets, records: ``make results``.

A table stands between two markers, such as ``<!-- lessons:begin -->``. ``--check`` changes nothing
and ends with 1 where a page differs from what it shows.
"""

import argparse
import html
import re
import sys
from pathlib import Path

import nbformat

from course_utils.catalogue import DATA_SETS
from course_utils.files import write_whole
from tools import console
from tools.lessons import results_table
from tools.site.build import SiteError, title_of

ROOT = Path(__file__).resolve().parents[2]
OPENING = re.compile(r"\*\*You need\*\* (.+?)\. \*\*Time\*\*: (\d+) minutes")


def lessons(root):
    """A row for each notebook: its picture, title and opening, and what its metadata say it builds.

    Raises:
        ValueError: a lesson lacks one of them; the message says which, and where it belongs.
    """
    lines = ["| | lesson | what you build | minutes | you need |", "|---|---|---|---|---|"]
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        try:
            number, title = title_of(notebook)
        except SiteError as error:
            raise ValueError(f"{path.name}: {error}") from None
        opening = OPENING.search(notebook.cells[0].source)
        if opening is None:
            raise ValueError(
                f"{path.name}: its first cell lacks '**You need** .... **Time**: 60 minutes'"
            )
        builds = notebook.metadata.get("course", {}).get("builds")
        if not builds:
            raise ValueError(
                f"{path.name}: metadata 'course' lack 'builds', what the reader builds"
            )
        alt = html.escape(picture_says(notebook, path))
        image = f'<img src="docs/thumbnails/{number}.png" width="120" alt="{alt}">'
        link = f"[{number} {title}](notebooks/{path.name})"
        needs, minutes = opening.groups()
        cells = (cell.replace("|", "&#124;") for cell in (image, link, builds, minutes, needs))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def picture_says(notebook, path):
    """The alternative text of the picture that stands for a lesson.

    Raises:
        ValueError: no cell has the tag ``thumbnail``, or it shows no picture.
    """
    for cell in notebook.cells:
        for output in (
            cell.get("outputs", ()) if "thumbnail" in cell.metadata.get("tags", ()) else ()
        ):
            if "image/png" in output.get("data", {}):
                return output.metadata["image/png"]["alt"]
    raise ValueError(f"{path.name}: no picture in a cell tagged 'thumbnail'")


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
            "lessons": lessons(root),
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
    return wanted


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Write the generated tables of the READMEs.")
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
        print("README.md and data/README.md agree with what they show.")
    return 1 if wanted and asked.check else 0


if __name__ == "__main__":
    console.run(main)
