"""What the search of the site reads: each section of each page, with its words, as one script.

A browser refuses to fetch a file from ``file://``, but loads a script from there. So the build
writes ``_static/search-sections.js``, which only the search page loads, and ``search.js`` ranks
the sections in the browser. A term of a list of definitions, a row of the notation and an object
of the API reference are sections of their own. Code that is folded is left out, so solutions are.
"""

import json
import re

from docutils import nodes
from sphinx import addnodes

from tools.site import anchors, raw_html
from tools.site.api_names import PACKAGE
from tools.site.plain_tex import plain_tex

FILE = "search-sections.js"
MOST_MEGABYTES = 1.5
NO_TEXT = nodes.comment | nodes.image | addnodes.toctree | addnodes.index | nodes.system_message
SPLIT_ROWS = ("notation",)
FOLDED = "tag_hide-input"  # class of a cell, as that of a solution is


class Record:
    """A section on its way into the index: where it is, its title, its text and its code."""

    def __init__(self, anchor, title):
        self.anchor, self.title = anchor, " ".join(title.split())
        self.text, self.code = [], []

    def row(self, page):
        """A row of the index."""
        return [page, self.anchor, self.title, joined(self.text), joined(self.code)]


def joined(pieces):
    """Pieces of text as one line; a stop where a piece has none, so that no sentence runs on."""
    lines = (" ".join(piece.split()) for piece in pieces)
    return " ".join(line for line in lines if line)


def records_of(doctree, docname):
    """The records of a page, in its order."""
    records = []
    walk(doctree.children, Record("", ""), records, docname)
    return records


def walk(children, record, records, docname):
    """Add what nodes say to a record; begin a new one where a node has a place of its own."""
    for child in children:
        if isinstance(child, NO_TEXT | nodes.title | addnodes.desc_signature):
            continue
        if begins(child, docname):
            records.append(Record(*place_of(child)))
            walk(body_of(child), records[-1], records, docname)
        elif isinstance(child, nodes.literal_block):
            add_block(child, record)
        elif isinstance(child, nodes.Text | nodes.TextElement):
            record.text.append(text_of(child))
        else:
            walk(child.children, record, records, docname)


def begins(node, docname):
    """True for a node with a record of its own."""
    if isinstance(node, nodes.row):
        return docname in SPLIT_ROWS and bool(node["ids"])
    if isinstance(node, nodes.definition_list_item):
        return bool(node[0]["ids"])
    return isinstance(node, nodes.section | addnodes.desc)


def place_of(node):
    """(id, title) of a node that begins a record."""
    if isinstance(node, nodes.row):
        return node["ids"][0], text_of(node[0])
    if isinstance(node, addnodes.desc):
        found = (node[0]["ids"] or [""])[0]
        return found, found.removeprefix(f"{PACKAGE}.") or node[0].astext()
    named = node if isinstance(node, nodes.section) else node[0]
    return (named["ids"] or [""])[0], text_of(node[0])


def body_of(node):
    """The nodes of what a record says beside its title."""
    beside = isinstance(node, nodes.definition_list_item | nodes.row)
    return node.children[1:] if beside else node.children


def text_of(node):
    """The text of a node, its formulas in plain letters and its HTML without tags."""
    if isinstance(node, nodes.raw):
        return raw_html.plain(node.astext()) if node.get("format") == "html" else ""
    if isinstance(node, nodes.math | nodes.math_block):
        return plain_tex(node.astext())
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, NO_TEXT) or "cited" in node.get("classes", []):
        return ""
    return "".join(text_of(child) for child in node.children).removesuffix("¶")


def add_block(node, record):
    """What a cell printed is text; its code is kept apart, if the cell is not folded."""
    classes, above = set(), node
    while (above := above.parent) is not None:
        classes.update(above.get("classes", []))
    if "cell_input" not in classes:
        record.text.append(node.astext())
    elif FOLDED not in classes:
        record.code.append(node.astext())


# ------------------------------------------------------------------------------------- the script


def kind_of(docname):
    """What search.js weighs a page by: a lesson, the API reference, or one of the other pages."""
    if anchors.lesson_of(docname):
        return "lesson"
    beside = docname in ("api/checks", "api/beneath")  # what is used less, or only inside
    return docname if beside or not docname.startswith("api/") else "api"


class Index:
    """All records of a build, by page."""

    def __init__(self):
        self.pages = {}

    def read(self, app, doctree, docname):
        """Keep the records of a page, as it is shown."""
        if app.builder.format == "html":
            self.pages[docname] = records_of(doctree, docname)

    def script(self, app):
        """The script's text: ``courseSections`` with pages (address, title) and rows."""
        pages, rows = [], []
        for docname in sorted(self.pages):
            title = re.sub(r"\s+", " ", app.env.titles[docname].astext())
            pages.append([app.builder.get_target_uri(docname), title, kind_of(docname)])
            rows += [one.row(len(pages) - 1) for one in self.pages[docname]]
        kept = {"pages": pages, "sections": rows}
        said = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
        return f"window.courseSections={said};\n"

    def write(self, app, error):
        """Write the script into the finished site."""
        if error is None and app.builder.format == "html":
            text = self.script(app)
            if len(text.encode()) > MOST_MEGABYTES * 1e6:
                raise ValueError(f"{FILE} has more than {MOST_MEGABYTES} MB")
            (app.outdir / "_static" / FILE).write_text(text, encoding="utf-8")


def every_page(app, env):
    """All pages are written, also where few were read again: the script holds what is written."""
    return env.all_docs


def no_index(app):
    """Sphinx's own index is not made: nothing reads it."""
    if app.builder.format == "html":
        app.builder.search = False


def setup(app):
    index = Index()
    app.connect("builder-inited", no_index)
    app.connect("env-get-updated", every_page)
    app.connect("doctree-resolved", index.read, priority=900)  # after links are in
    app.connect("build-finished", index.write)
    app.add_css_file("links.css")
    # Sphinx resolves every page in its first process, also where several write.
    return {"parallel_read_safe": True, "parallel_write_safe": True}
