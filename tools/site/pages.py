"""What the pages of the site show, made from the committed notebooks."""

import re

import nbformat

from course_utils import settings, widgets
from tools.lessons.normalise import FOLD, WIDGET_STATE, WIDGET_VIEW
from tools.public import links
from tools.public.setup_cell import is_setup
from tools.site import downloads, night, parts
from tools.site.errors import SiteError

ENTRY = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
# Authors, *title*, where. Why. (The dot after an initial ends nothing.)
SOURCE = re.compile(r"(.*?\*(.+?)\*.*?(?<!\b[A-Z])\.)(?: +(.*))?$")
LIVE = "(In JupyterLab two more sliders stand here, which run the decoder live.)\n"
HEADLINE = re.compile(r"^# (\d\d[xy]?) · (.+)$", re.MULTILINE)


def lesson_page(path, extras=(), public=None):
    """A notebook as the site shows it: solutions and drawing folded, its extras under it.

    Args:
        path: of the notebook.
        extras: the names of its extras' notebooks, which stand beside it.
        public: the course's public name; with one the page has buttons that open the lesson.

    Raises:
        SiteError: the file is no notebook, or lacks the state of a slider that it shows.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except nbformat.reader.NotJSONError:
        raise SiteError(f"{path.name}: this file is no notebook") from None
    notebook.cells = [cell for cell in notebook.cells if not is_setup(cell)]  # nothing runs here
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            # The docs lie one folder above the lessons on the site too, without their own name.
            cell.source = cell.source.replace("](../docs/", "](../")
            cell.source = parts.with_named_columns(cell.source)
        elif "exercise" in tags:
            cell.metadata["tags"] = [*tags, FOLD]
            number = cell.metadata["course"]["id"]
            label(cell, f"Exercise {number}: show a solution", f"Exercise {number}: hide it")
        elif FOLD in tags:
            says = cell.source.partition("\n")[0].lstrip("# ").rstrip(".")
            label(cell, f"Show the code: {says}", f"Hide the code: {says}")
        for output in cell.get("outputs", []):
            if output.get("name") == "stdout":  # on the site sliders move without a run
                output.text = unwrapped(output.text.replace(f"{widgets.RUN}\n", ""))
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("text") != ""]
    # After the heading and the sentences on what the lesson is.
    opening = notebook.cells[0].source.split("\n\n")
    opening.insert(2, downloads.links(path.stem))
    if public:
        opening.insert(3, links.buttons(public, path.stem))
    notebook.cells[0].source = "\n\n".join(opening)
    number = number_of(path.stem)
    parts.number_captions(notebook, number)
    parts.ask_where_lost(notebook, number, public)
    if extras:
        contents = ["```{toctree}", ":hidden:", "", *extras, "```"]
        notebook.cells.append(nbformat.v4.new_markdown_cell("\n".join(contents)))
    try:
        choose_sliders(notebook)
    except KeyError as error:
        raise SiteError(
            f"{path.name}: a slider is shown whose state {error} is not in the notebook. Run the "
            "lesson by `make run`, which keeps it"
        ) from None
    return notebook


def unwrapped(text):
    """Sentences that a lesson wrapped at its own width, as one line each: the page wraps them.

    A line was wrapped if the first word of the next one had no room on it. Columns are left alone.
    """
    lines = []
    for line in text.split("\n"):
        word = line.partition(" ")[0]
        is_rest = bool(lines and word) and len(lines[-1][1]) + 1 + len(word) > settings.LINE
        if is_rest and not any("  " in one for one in (lines[-1][1], line)):
            lines[-1] = [f"{lines[-1][0]} {line}", line]
        else:
            lines.append([line, line])
    return "\n".join(whole for whole, _ in lines)


def label(cell, shut, opened):
    """Name the fold of a cell, as long as it is shut and once it is open."""
    cell.metadata["mystnb"] = {"code_prompt_show": shut, "code_prompt_hide": opened}


def choose_sliders(notebook):
    """Leave out still pictures that stand for sliders, and sliders that need a kernel.

    Where sliders move drawings, those of the dark theme are put beside them.
    """
    state = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    night.in_widgets(state)
    for cell in notebook.cells:
        for place, output in enumerate(cell.get("outputs", [])):
            view = output.get("data", {}).get(WIDGET_VIEW)
            if view:
                output.data.pop("image/png", None)
            children = state[view["model_id"]]["state"].get("children", []) if view else []
            names = [state[child[-32:]]["state"].get("description", "") for child in children]
            if any(name.endswith(", live") for name in names):
                cell.outputs[place] = nbformat.v4.new_output("stream", text=LIVE)


def title_of(notebook):
    """(number, title) of a lesson, from its first heading."""
    found = HEADLINE.search(notebook.cells[0].source)
    if found is None:
        raise SiteError(
            f"expected the heading '# 01 · Title', got {notebook.cells[0].source[:60]!r}"
        )
    return found.groups()


def number_of(stem):
    """``02x`` of ``02x_latents``."""
    return stem.split("_")[0]


def extras_of(stem, stems):
    """The extras of a lesson, such as ``02x_latents`` of ``02_vae_mnist``; of an extra none."""
    return [one for one in stems if number_of(one)[:-1] == number_of(stem)]


def main_lessons(stems):
    """The lessons that are no extra of another one."""
    return [stem for stem in stems if not any(stem in extras_of(one, stems) for one in stems)]


def references(notebooks):
    """Lines of the bibliography: each source once, with the lessons that name it."""
    sources = {}
    for stem, notebook in notebooks.items():
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        _, _, listed = text.partition("## References")
        for entry in ENTRY.findall(listed):
            found = SOURCE.match(entry)
            if found is None:
                raise SiteError(f"{stem}: expected 'authors, *title*, year. Why', got {entry!r}")
            who, title, why = found.groups()
            key = re.sub(r"\W+", "", title).lower()
            sources.setdefault(key, (who, []))[1].append((stem, why))
    lines = []
    for who, uses in sorted(sources.values(), key=lambda source: source[0].lower()):
        lines += [f"- {who}"]
        for stem, why in uses:
            said = f": {why}" if why else ""
            lines.append(f"    - [lesson {number_of(stem)}](lessons/{stem}.ipynb){said}")
    return lines


def points_table(notebooks):
    """Rows of the instructors' page: exercises and points of each lesson."""
    rows = ["| lesson | to code | points | in words | points |", "|---|---:|---:|---:|---:|"]
    for stem, notebook in notebooks.items():
        row = [f"[{number_of(stem)}](lessons/{stem}.ipynb)"]
        for tag in ("exercise", "reflection"):
            cells = [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]
            row += [str(len(cells)), str(sum(cell.metadata["course"]["points"] for cell in cells))]
        rows.append(f"| {' | '.join(row)} |")
    return rows
