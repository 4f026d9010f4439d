"""Every public name of ``course_utils``, with the module that holds it and what is said of it.

A room is a module or package directly under ``course_utils``. Its public names are its ``__all__``,
or else what its file defines without a leading underscore.
"""

import ast
import functools
import importlib
import inspect
import io
import pkgutil
import tokenize
from dataclasses import dataclass
from pathlib import Path

import course_utils

PACKAGE = course_utils.__name__
SUBROOMS = {"checks": ("lend",)}  # packages that a room's __all__ names


@dataclass(frozen=True)
class Name:
    """One public name.

    Attributes:
        room: where it is asked for, such as ``losses``, or ``checks.lend``.
        name: the name there.
        module: the module that defines it, with the package's name.
        kind: ``function``, ``class``, ``exception`` or ``data``.
    """

    room: str
    name: str
    module: str
    kind: str

    @property
    def path(self):
        """``course_utils.losses.gaussian_kl``."""
        return f"{PACKAGE}.{self.room}.{self.name}"

    @property
    def origin(self):
        """``course_utils.losses.divergences.gaussian_kl``."""
        return f"{self.module}.{self.name}"


def rooms():
    """All rooms by name, in the order of the alphabet."""
    found = [module.name for module in pkgutil.iter_modules(course_utils.__path__)]
    return sorted(name for name in found if not name.startswith("_"))


@functools.cache
def public_names(room):
    """The public names of a room, in the order of its files."""
    module = importlib.import_module(f"{PACKAGE}.{room}")
    listed = getattr(module, "__all__", None)
    names = list(defined(module.__name__)) if listed is None else list(listed)
    parts = SUBROOMS.get(room, ())
    found = [_name(room, module, name) for name in names if name not in parts]
    found += [one for part in parts for one in public_names(f"{room}.{part}")]
    return sorted(found, key=_place) if listed is not None else found


def _name(room, module, name):
    value = getattr(module, name)
    if inspect.isclass(value):
        kind = "exception" if issubclass(value, BaseException) else "class"
        return Name(room, name, value.__module__, kind)
    if inspect.isroutine(value):
        return Name(room, name, value.__module__, "function")
    return Name(room, name, _holder(module.__name__, name), "data")


def _holder(module, name):
    """The module that assigns a constant, found through the imports of those that lend it."""
    if name in defined(module):
        return module
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom) and not node.level:
            if name in {alias.asname or alias.name for alias in node.names}:
                return _holder(node.module, name)
    raise ValueError(f"{module}: {name} is public, but no file of the package defines it")


def _place(name):
    """The room itself, its files in their order, and in each the order of the lines."""
    order = defined(name.module)
    return name.room, name.module, order.index(name.name) if name.name in order else len(order)


@functools.cache
def defined(module):
    """Names without a leading underscore that a module's file defines, in their order."""
    names = []
    for node in _tree(module).body:
        names += _targets(node)
    return tuple(dict.fromkeys(name for name in names if not name.startswith("_")))


def _targets(node):
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    parts = [part for target in targets for part in getattr(target, "elts", [target])]
    return [part.id for part in parts if isinstance(part, ast.Name)]


@functools.cache
def source_of(module):
    """Text of a module's file."""
    return Path(importlib.import_module(module).__file__).read_text(encoding="utf-8")


@functools.cache
def _tree(module):
    return ast.parse(source_of(module))


def value_of(module, name):
    """The source of a constant's value, as far as it is one short line; else an empty text."""
    for node in _tree(module).body:
        targets, value = _targets(node), getattr(node, "value", None)
        if name in targets and value is not None:
            of_one = value if len(targets) == 1 else value.elts[targets.index(name)]
            line = source_of(module).splitlines()[of_one.lineno - 1].encode()
            written = line[of_one.col_offset : of_one.end_col_offset].decode()
            return written if of_one.end_lineno == of_one.lineno and len(written) <= 60 else ""
    return ""


def remark(module, path):
    """The comment beside or above a constant, or a field of a class (``Class.field``)."""
    *outer, name = path.split(".")
    body = _tree(module).body
    for part in outer:
        body = next((one.body for one in body if getattr(one, "name", None) == part), [])
    comments, lines = _comments(module), source_of(module).splitlines()
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in _targets(node):
            if node.lineno in comments:
                return comments[node.lineno]
            above, line = [], node.lineno - 1
            while line in comments and lines[line - 1].lstrip().startswith("#"):
                above, line = [comments[line], *above], line - 1
            return " ".join(above)
    return ""


@functools.cache
def _comments(module):
    """Line number -> text of the comment on it."""
    tokens = tokenize.generate_tokens(io.StringIO(source_of(module)).readline)
    found = ((one.start[0], one.string) for one in tokens if one.type == tokenize.COMMENT)
    return {line: text.lstrip("# ").strip() for line, text in found}
