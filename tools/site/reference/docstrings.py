"""Docstrings as reStructuredText: written to be read in ``help()``, shown with set formulas.

A docstring stays plain text in the code. What stands in ``formulas.toml`` is set in its place, and
so is a plain probability such as ``log p(x|z)``; all else is kept from being read as markup.
"""

import dataclasses
import functools
import inspect
import re
import tomllib
from pathlib import Path

from tools.site.reference import names

TABLE = Path(__file__).with_name("formulas.toml")
# What is reStructuredText already: literals, roles, and what was put aside before.
KEPT = re.compile(r"``.+?``|:[a-z:]+:`[^`]+`|\0\d+\0", re.DOTALL)
SIGNS = {"->": "→", "<-": "←", "<=": "≤", ">=": "≥", "+-": "±"}
SIGN = re.compile(r"(?<![\w<>=-])(->|<-|<=|>=|\+-)(?![<>=-])")
MARKUP = re.compile(r"[\\*|`]|_(?!\w)")
# log p(x|z), -log q(z_1|x), p(z), q(z|x): nothing with a bracket or an operator inside.
PROBABILITY = re.compile(r"(?<![\w.`])(-?)(log )?([pq])\(([a-z][\w, ]*(?:\|[a-z][\w, ]*)?)\)")
ALIGNED = re.compile(r"\S {3,}\S")
RETURNS = re.compile(r"^(\s*)(Returns|Yields):\s*$")
SEVERAL = re.compile(r"^ +\w+(?:, \w+)+(?=: )")  # arguments that share a description
LONE = re.compile(r"^(\s*(?:[:\w]+: )?)([A-Za-z]\.)(?=\s|$)", re.MULTILINE)  # "L." begins a list
OPENS = "'\"([{<-/:"  # what may stand right before a literal
OF_ROOM = re.compile(r":(func|class|meth|mod|data):`([a-z_]+)\.([\w.]+)`")


@functools.cache
def formulas():
    """(pattern of the plain text, TeX, whether it stands on a line of its own), longest first."""
    found = []
    for form, entries in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        for entry in entries:
            words = r"\s+".join(re.escape(word) for word in entry["plain"].split())
            tex = " ".join(entry["tex"].split())
            around = " *" if form == "display" else ""  # its own line swallows the indentation
            pattern = rf"{around}(?<!\w){words}(?!\w){around}"
            found.append((re.compile(pattern), tex, form == "display"))
    return sorted(found, key=lambda entry: -len(entry[0].pattern))


def convert(app, what, name, obj, options, lines):
    """The event of autodoc: rewrites the lines of one docstring in place."""
    if what in ("class", "exception") and dataclasses.is_dataclass(obj):
        lines[:] = [*lines, "", *_fields(obj, lines)]
    if what == "property" and lines:  # napoleon takes what stands before a colon for a type
        lines[0] = lines[0].replace(": ", " – ", 1)
    lines[:] = to_rst(lines)


def skip(app, what, name, obj, skipped, options):
    """Methods are shown, be it by their signature alone; values of a class are left out."""
    return None if inspect.isroutine(obj) or isinstance(obj, property) else True


def _fields(obj, lines):
    """The fields of a data class that its docstring does not list, by the comments beside them."""
    if any(line.strip() == "Attributes:" for line in lines):
        return []
    said = {
        field.name: names.remark(obj.__module__, f"{obj.__qualname__}.{field.name}")
        for field in dataclasses.fields(obj)
    }
    return ["Attributes:", *(f"    {name}: {text}" for name, text in said.items() if text)]


def to_rst(lines):
    """Lines of reStructuredText for the lines of a docstring."""
    aside = []

    def put_aside(markup):
        aside.append(markup)
        return f"\0{len(aside) - 1}\0"

    text = "\n".join(_plain_fields(lines))
    for pattern, tex, on_its_own in formulas():
        markup = f"\n\n.. math::\n\n   {tex}\n\n" if on_its_own else _inline(tex)
        text = pattern.sub(lambda _, markup=markup: put_aside(markup), text)
    text = OF_ROOM.sub(_of_room, text)
    parts, place = [], 0
    for kept in KEPT.finditer(text):
        before = _plain(text[place : kept.start()], put_aside)
        apart = "" if not before or before[-1].isspace() or before[-1] in OPENS else "\\ "
        parts += [before, apart, kept.group()]
        place = kept.end()
    text = LONE.sub(r"\1\\\2", "".join([*parts, _plain(text[place:], put_aside)]))
    return _put_back("\n".join(_literal_blocks(text.split("\n"))), aside).split("\n")


def _inline(tex):
    """A formula within a sentence; the escaped spaces part it from letters and brackets."""
    return f"\\ :math:`{tex}`\\ "


def _plain(text, put_aside):
    text = PROBABILITY.sub(lambda found: put_aside(_inline(_probability(found))), text)
    text = SIGN.sub(lambda found: SIGNS[found.group()], text)
    kept = re.split(r"(\0\d+\0)", text)
    return "".join(part if part.startswith("\0") else MARKUP.sub(r"\\\g<0>", part) for part in kept)


def _probability(found):
    sign, log, letter, inside = found.groups()
    inside = re.sub(r"([A-Za-z])_(\w+)", r"\1_{\2}", inside).replace("|", r" \mid ")
    return f"{sign}{chr(92) + 'log ' if log else ''}{letter}({inside})"


def _of_room(found):
    """A role that names a room links to it, whatever module its docstring stands in."""
    role, room, name = found.groups()
    if room not in names.rooms():
        return found.group()
    return f":{role}:`{room}.{name} <{names.PACKAGE}.{room}.{name}>`"


def _plain_fields(lines):
    """``Returns:`` as a field, whose first colon ends no type; several names as one of a list."""
    done, opened = [], False
    for line in lines:
        # Sphinx takes what stands before a space for a type; this one has no width.
        line = SEVERAL.sub(lambda found: found.group().replace(", ", ",\u200b"), line)
        if found := RETURNS.match(line):
            opened = f"{found.group(1)}:{found.group(2).lower()}: "
            continue
        done.append(f"{opened}{line.strip()}" if opened else line)
        opened = False
    return done


def _literal_blocks(lines):
    """Paragraphs whose words stand in columns keep them."""
    done = []
    for block in re.split(r"\n{2,}", "\n".join(lines)):
        if any(ALIGNED.search(line) for line in block.split("\n")):
            rows = re.sub(r"\\(.)", r"\1", block).split("\n")
            done.append("::\n\n" + "\n".join(f"    {row}" for row in rows))
        else:
            done.append(block)
    return "\n\n".join(done).split("\n")


def _put_back(text, aside):
    """What was put aside, in its place; a formula on a line of its own keeps the indentation."""

    def markup(found):
        said = aside[int(found.group(1))]
        if "\n" not in said:
            return said
        start = text.rfind("\n", 0, found.start()) + 1
        indent = re.match(r" *", text[start:]).group()
        return said.replace("\n", f"\n{indent}")

    text = re.sub(r"\0(\d+)\0", markup, text)
    return re.sub(r"\n +\n", "\n\n", text)
