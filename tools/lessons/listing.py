"""Rows of the README about the lessons: what each builds and needs, and its headline number."""

import html
import re

import nbformat

from tools.lessons import contract, results_table
from tools.site.pages import SiteError, extras_of, main_lessons, title_of

NEEDS = re.compile(r"^\*\*You need\*\* (.+?)\.(?=\s|$)", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"\*\*Time\*\*: (\d+) minutes")
# The second edition's: a row of reading, exercises, questions; running is the machine's time.
MINUTES = re.compile(r"^\|[^|\n]*\| *minutes *\|\n\|[-:| ]+\|\n((?:\|.*\|\n?)+)", re.MULTILINE)
NONE = "–"


def read_all(root):
    """The lessons' notebooks by name, extras right after their lesson."""
    paths = sorted((root / "notebooks").glob("*.ipynb"))
    return {path.stem: nbformat.read(path, as_version=4) for path in paths}


def minutes(text):
    """The reader's minutes in an opening, as text: of its table the sum, without optional parts."""
    found, table = TIME.search(text), MINUTES.search(text)
    if table is None:
        return found[1] if found else ""
    total = 0
    for row in table[1].splitlines():
        name, said = (cell.strip() for cell in row.strip("| ").split("|"))
        number = re.search(r"\d+", said)
        if number and "optional" not in name and not name.lower().startswith(("run", "total")):
            total += int(number[0])
    return str(total)


def opening(notebook, name):
    """(minutes, what the reader needs), from the texts before the first section, with links that
    lead from the README.

    Raises:
        ValueError: they lack one of them.
    """
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    text = re.split(r"^## ", "\n\n".join(texts), maxsplit=1, flags=re.MULTILINE)[0]
    needs, spent = NEEDS.search(text), minutes(text)
    if needs is None or not spent:
        raise ValueError(
            f"{name}.ipynb: its opening lacks '**You need** ....' with '**Time**: 60 minutes', "
            "or a table '| | minutes |' with a row each of reading, exercises, questions"
        )
    links = re.sub(r"\]\((\d\d\w*\.ipynb)", r"](notebooks/\1", " ".join(needs[1].split()))
    return spent, links.replace("](../", "](")


def lessons(root):
    """A row for each lesson: its picture, title and opening, and what its metadata say it builds.

    Extras stand in the row of their lesson.

    Raises:
        ValueError: a lesson lacks one of them; the message says which, and where it belongs.
    """
    lines = ["| | lesson | what you build | minutes | you need |", "|---|---|---|---|---|"]
    notebooks = read_all(root)
    rows = {name: row(notebook, name) for name, notebook in notebooks.items()}
    for name in main_lessons(notebooks):
        image, link, builds, spent, needs = rows[name]
        for _, title, what, time, _ in (rows[extra] for extra in extras_of(name, notebooks)):
            link += f"<br>extra: {title} ({time} minutes)"
            builds += f"<br>extra: {what}"
        cells = (cell.replace("|", "&#124;") for cell in (image, link, builds, spent, needs))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def row(notebook, name):
    """The cells of one lesson's row."""
    try:
        number, title = title_of(notebook)
    except SiteError as error:
        raise ValueError(f"{name}.ipynb: {error}") from None
    spent, needs = opening(notebook, name)
    builds = notebook.metadata.get("course", {}).get("builds")
    if not builds:
        raise ValueError(f"{name}.ipynb: metadata 'course' lack 'builds', what the reader builds")
    alt = html.escape(picture_says(notebook, name).partition(". ")[0].rstrip(".") + ".")
    image = f'<img src="docs/thumbnails/{number}.png" width="120" alt="{alt}">'
    return image, f"[{number} {title}](notebooks/{name}.ipynb)", builds, spent, needs


def picture_says(notebook, name):
    """The alternative text of the picture that stands for a lesson.

    Raises:
        ValueError: no cell has the tag ``thumbnail``, or it shows no picture.
    """
    for cell in notebook.cells:
        if "thumbnail" in cell.metadata.get("tags", ()):
            for output in cell.get("outputs", ()):
                if "image/png" in output.get("data", {}):
                    return output.metadata["image/png"]["alt"]
    raise ValueError(f"{name}.ipynb: no picture in a cell tagged 'thumbnail'")


def headlines(root):
    """A row for each lesson that names its headline: the number of record, and what is known.

    The metadata ``course.headline`` hold ``record``, [model, metric]; ``says``, what that is in
    words; ``literature`` with its protocol, and ``limit``, if there are any. A list alone is the
    record. An extra, a lesson without records, or one of the first edition may have none.

    Raises:
        ValueError: a lesson with records names none, or one that is not there.
    """
    lines = [
        "| lesson | what is measured | here | literature | known limit |",
        "|---|---|---|---|---|",
    ]
    committed = results_table.read(root / "data" / "results")
    notebooks = read_all(root)
    for name in notebooks:
        records = {(one["model"], one["metric"]): one for one in committed.get(name, ())}
        course = notebooks[name].metadata.get("course", {})
        headline = course.get("headline")
        if headline is None:
            is_asked = name in main_lessons(notebooks) and contract.edition(notebooks[name]) >= 2
            if records and is_asked:
                raise ValueError(
                    f"{name}.ipynb: metadata 'course' lack 'headline', the record that stands for "
                    'it: {"record": [model, metric], "says": "...", "literature": "..."}'
                )
            continue
        headline = headline if isinstance(headline, dict) else {"record": headline}
        model, metric = headline["record"]
        if (model, metric) not in records:
            raise ValueError(f"{name}.ipynb: headline: there is no record {metric} of {model}")
        record = records[model, metric]
        says = headline.get("says", f"`{metric}` of `{model}`")
        known = (headline.get(key) or NONE for key in ("literature", "limit"))
        on = f"{results_table.measured_on(record)}, n = {record['n']:,}"
        here = f"**{results_table.value(record)}**<br>{on}"
        cells = (f"[{name.split('_')[0]}](notebooks/{name}.ipynb)", says, here, *known)
        lines.append(f"| {' | '.join(str(cell).replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines)
