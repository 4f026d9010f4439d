"""The pages of the API reference: one for each room that lessons import, one for all others."""

import ast
import functools
import importlib
import inspect
import json
from itertools import groupby
from os import utime
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

import course_utils
from course_utils import settings
from tools.site.reference import docstrings, names
from tools.site.reference.names import PACKAGE

FOLDER, BENEATH = "api", "beneath"
ABOUT = """\
Every public name of the package ``course_utils``, with its formula, its shapes, its units and its
errors. What a lesson is about is written in full in that lesson; the package holds what more than
one lesson needs. Every log-likelihood, KL and bound is in nats per example, one value each.
"""
ABOUT_BENEATH = (
    "These modules carry the rooms that lessons import. You meet them if you read or change the "
    "package."
)


def write(app):
    """The event ``builder-inited``: put the pages where Sphinx reads its sources.

    They are as old as the newest file that they are made from, so what Sphinx read before it need
    not read again.
    """
    folder = app.srcdir / FOLDER
    folder.mkdir(exist_ok=True)
    sources = [*Path(course_utils.__file__).parent.rglob("*.py"), *Path(__file__).parent.iterdir()]
    sources += (settings.root() / "notebooks").glob("*.ipynb")
    newest = max(path.stat().st_mtime for path in sources if path.is_file())
    for stem, lines in all_pages().items():
        path = folder / f"{stem}.rst"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        utime(path, (newest, newest))


def all_pages():
    """Lines of each page by its stem."""
    used = rooms_of_lessons()
    beneath = [room for room in names.rooms() if room not in used]
    pages = {room: room_lines(room, "=") for room in used}
    pages[BENEATH] = [*heading("Beneath the rooms", "="), ABOUT_BENEATH, ""]
    for room in beneath:
        pages[BENEATH] += room_lines(room, "-")
    return {"index": index_lines(used, beneath), **pages}


@functools.cache
def rooms_of_lessons():
    """Rooms that a notebook imports, in the order of the alphabet."""
    found = set()
    for path in sorted((settings.root() / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and PACKAGE in source:
                found |= set(_imported(source))
    return [room for room in names.rooms() if room in found]


def _imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            parts = node.module.split(".")[1:]
            yield from parts[:1] or [alias.name for alias in node.names]


@functools.cache
def homes():
    """Origin of each name -> the one room whose page describes it, lessons' rooms first."""
    used = rooms_of_lessons()
    found = {}
    for room in [*used, *(room for room in names.rooms() if room not in used)]:
        for name in names.public_names(room):
            held = found.get(name.origin)
            is_own = name.module.split(".")[1] == room
            if held is None or (is_own and room in used):
                found[name.origin] = name
    return found


def index_lines(used, beneath):
    """The first page: each room in a line."""
    lines = [*heading("Reference", "="), ABOUT, ""]
    for title, rooms in (("Rooms that lessons import", used), ("Beneath them", beneath)):
        lines += heading(title, "-")
        for room in rooms:
            said = docstrings.to_rst([first_line(f"{PACKAGE}.{room}")])[0]
            lines += [f":py:mod:`{room} <{PACKAGE}.{room}>`", f"    {said}", ""]
    return [*lines, ".. toctree::", "   :hidden:", "", *(f"   {name}" for name in [*used, BENEATH])]


def first_line(module):
    """The first line of a module's docstring."""
    return (inspect.getdoc(importlib.import_module(module)) or "").partition("\n")[0]


def heading(text, mark):
    """A heading of reStructuredText."""
    return [text, mark * len(text), ""]


def room_lines(room, mark):
    """What a page says of one room: its docstring, then its names by the file that holds them."""
    module = f"{PACKAGE}.{room}"
    lines = [*heading(room, mark), f".. py:module:: {module}", "", *documentation(module), ""]
    described = homes()
    mine = [name for name in names.public_names(room) if described[name.origin].path == name.path]
    for title, members in groupby(mine, lambda name: section_of(room, name)):
        if title:
            lines += heading(title.rpartition(".")[2], {"=": "-", "-": "~"}[mark])
            lines += [*documentation(f"{PACKAGE}.{title}"), ""]
        for name in members:
            lines += directive(name)
    others = [described[name.origin] for name in names.public_names(room) if name not in mine]
    if others:
        links = ", ".join(f":py:obj:`~{name.path}`" for name in others)
        lines += [f"Lent from elsewhere, or described there: {links}.", ""]
    return lines


def section_of(room, name):
    """The public module, below the package, that heads a name on its room's page; or nothing."""
    held = name.module.removeprefix(f"{PACKAGE}.")
    if name.room != room:  # a package within a room stands as one section
        return name.room
    inner = held.removeprefix(f"{room}.").split(".")[0] if held.startswith(f"{room}.") else held
    if held == room or inner.startswith("_"):
        return ""
    return f"{room}.{inner}" if held.startswith(f"{room}.") else held


def documentation(module):
    """A module's docstring as reStructuredText."""
    said = inspect.getdoc(importlib.import_module(module)) or ""
    return docstrings.to_rst(said.split("\n"))


def directive(name):
    """The directive that describes one name."""
    if name.kind != "data":
        members = [] if name.kind == "function" else ["   :members:", "   :undoc-members:"]
        return [f".. auto{name.kind}:: {name.path}", *members, ""]
    value = names.value_of(name.module, name.name)
    lines = [f".. py:data:: {name.name}", f"   :module: {PACKAGE}.{name.room}"]
    lines += [f"   :canonical: {name.origin}"] if name.origin != name.path else []
    lines += [f"   :value: {value}"] if value else []
    said = docstrings.to_rst([names.remark(name.module, name.name)])
    return [*lines, "", *(f"   {line}" for line in said), ""]


def lend(app, env):
    """The event ``env-updated``: a name is found under each room and in each file that has it."""
    objects = env.domains.python_domain.objects
    described = homes()
    for room in names.rooms():
        for name in names.public_names(room):
            home = objects[described[name.origin].path]
            for other in (name.path, name.origin):
                objects.setdefault(other, home._replace(aliased=True))


def shorten(app, domain, kind, content):
    """Signatures begin as a reader writes them: ``losses.gaussian_kl``."""
    for prefix in content.parent.findall(addnodes.desc_addname):
        said = prefix.astext().removeprefix(f"{PACKAGE}.")
        prefix.clear()
        prefix += nodes.Text(said)
