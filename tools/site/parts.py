"""What the site adds to the notebook of a lesson: numbers of figures and tables, links, its files.

Each function changes the site's own copy of the notebook.
"""

import re

import nbformat

from homework.lessons import BEGIN, END
from tools.public import links

FIGURE = re.compile(r"\A\*\*Figure\.\*\*")
CAPTION = re.compile(r"(<caption\b[^>]*>)(?!<)")
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
# What a caption says of its slider, which paper has not: a sentence, or the last part of one.
OF_SLIDER = re.compile(
    r"(?<=[.?!]) [A-Z][^.;,]*\bsliders?\b[^.]*\.|[;,] [^.;,]*\bsliders?\b[^.]*(?=\.)"
)
UNASKED = ("References",)  # sections in which nobody is lost


def number_captions(notebook, number):
    """Figure 5.1, 5.2, ... and Table 5.1, 5.2, ... in the order of lesson ``05``; ``2x.1`` of 02x.

    The captions themselves say "Figure." only, since the lesson does not count.
    """
    chapter, figures, tables = number.lstrip("0"), 0, 0

    def numbered(found):
        nonlocal tables
        tables += 1
        return f"{found[1]}<strong>Table {chapter}.{tables}.</strong> "

    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if FIGURE.match(data.get("text/markdown", "")):
                figures += 1
                said = f"**Figure {chapter}.{figures}.**"
                data["text/markdown"] = FIGURE.sub(said, data["text/markdown"])
            if "text/html" in data:
                data["text/html"] = CAPTION.sub(numbered, data["text/html"])


def with_named_columns(source):
    """The table of an opening with a word above its first column, which has none in the lesson."""
    return source.replace("\n| | minutes |\n", "\n| part | minutes |\n")


def without_markers(source):
    """A solution without the two lines that bound it for the homework."""
    lines = source.split("\n")
    return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))


def show_solutions(notebook):
    """The notebook with its solutions as they are shown; whoever takes them out comes before."""
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            cell.source = without_markers(cell.source)
    return notebook


def ask_where_lost(notebook, number, public):
    """End each section with a link to the form in which a reader says where he was lost.

    Without a public name there is no form, and the sections stay as they are.
    """
    if not public:
        return
    asked, cells = None, []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            cells.append(cell)
            continue
        pieces = re.split(r"(?m)^(?=## )", cell.source)
        for place, piece in enumerate(pieces):
            heading = SECTION.match(piece)
            if heading and asked:
                cells.append(nbformat.v4.new_markdown_cell(links.lost(public, number, asked)))
            if heading:
                asked = None if heading[1] in UNASKED else heading[1]
            if piece:
                part = cell if place == 0 else nbformat.v4.new_markdown_cell()
                part.source = piece
                cells.append(part)
    if asked:
        cells.append(nbformat.v4.new_markdown_cell(links.lost(public, number, asked)))
    notebook.cells = cells
