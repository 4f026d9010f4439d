"""The shape of an answer: its syntax tree beyond what was handed out, with local names renamed.

Texts of strangers are parsed in a process of its own with little time and memory, for a text that
is nested deeply enough ends the process that parses it. Nothing of a text is executed.
"""

import ast
import collections
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from homework.inside import magics

SECONDS = 10  # of a processor, for one notebook
PATIENCE = 60  # seconds by the clock, for the same on a busy machine
MEMORY = 2**30  # bytes
ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from homework import shapes; shapes.main()"
UNCOUNTED = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.arguments)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)


class ShapeError(RuntimeError):
    """A notebook's answers could not be read; the message says why."""


def of_notebook(cells, places, exercises):
    """The shapes of a notebook's answers.

    Args:
        cells, places: of ``loading.cells_of``.
        exercises: exercise id -> (names that it defines, source of its cell as it was handed out).

    Returns:
        Exercise id -> (digest, number of nodes); those without an answer, or whose cell is no
        Python, are left out.

    Raises:
        ShapeError: the process that reads them was ended by what it read.
    """
    asked = {"cells": cells, "places": places, "exercises": exercises}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", PROGRAM, str(ROOT)],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=PATIENCE,
        )
        found = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise ShapeError("it takes too long to read") from error
    except ValueError as error:
        raise ShapeError("it cannot be read: is it nested too deeply?") from error
    return {name: tuple(pair) for name, pair in found.items()}


def main():
    """Read one notebook from the standard input, write its shapes; see :func:`of_notebook`."""
    _limit()
    asked = json.load(sys.stdin)
    found = {}
    for name, (defines, given) in asked["exercises"].items():
        text = _cell(asked["cells"], asked["places"].get(name), defines[0])
        try:
            made = shape(text, given) if text else None
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            made = None
        if made is not None:
            found[name] = made
    json.dump(found, sys.stdout)


def _limit():
    """Little time and memory for what is read, where the system can say so (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _cell(cells, place, name):
    """Source of an exercise's cell: where its metadata says, or the last that defines the name."""
    if place is not None:
        return cells[place]
    starts = (f"def {name}(", f"class {name}", f"{name} =")
    lines = ((text, line) for text in reversed(cells) for line in text.split("\n"))
    return next((text for text, line in lines if line.startswith(starts)), "")


def shape(text, given):
    """(digest, number of nodes) of ``text`` beyond ``given``; None if nothing is beyond it.

    Comments, layout, docstrings and annotations do not count. Names that the answer itself binds
    are numbered in the order in which they come; all others, attributes and constants stay.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: of a text that is no Python.
    """
    tree, handed_out = (_Bare().visit(magics.parse(one)) for one in (text, given))
    kept = {node.name for node in ast.walk(handed_out) if isinstance(node, DEFINITIONS)}
    rest, leaves = _beyond(tree.body, handed_out.body)
    if not leaves:
        return None
    whole = ast.Module(rest, [])
    renamed = _Renamed(_bound(whole) - kept).visit(whole)
    nodes = sum(not isinstance(part, UNCOUNTED) for leaf in leaves for part in ast.walk(leaf))
    return hashlib.sha256(ast.dump(renamed).encode()).hexdigest()[:16], nodes


class _Bare(ast.NodeTransformer):
    """Without docstrings and other bare constants, annotations, and ``pass``."""

    def visit_Expr(self, node):
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_Pass(self, node):
        return None

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        if node.value is None:
            return None
        return ast.Assign([node.target], node.value, lineno=node.lineno)

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        return node

    visit_AsyncFunctionDef = visit_FunctionDef


def _beyond(body, given):
    """What of a body the given one has not: (statements, those of them that are counted).

    A definition that was given stays, as the frame of what stands in it beyond the given.
    """
    waiting = collections.Counter(ast.dump(node) for node in given)
    frames = {node.name: node for node in given if isinstance(node, DEFINITIONS)}
    rest, leaves = [], []
    for node in body:
        told = ast.dump(node)
        if waiting[told] > 0:
            waiting[told] -= 1
        elif isinstance(node, DEFINITIONS) and node.name in frames:
            inner, counted = _beyond(node.body, frames[node.name].body)
            if counted:
                node.body = inner
                rest.append(node)
                leaves += counted
        else:
            rest.append(node)
            leaves.append(node)
    return rest, leaves


def _bound(tree):
    """Names that a tree binds: arguments, variables, functions, classes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (*DEFINITIONS, ast.ExceptHandler)) and node.name:
            found.add(node.name)
    return found


class _Renamed(ast.NodeTransformer):
    """Numbers the names of ``local`` in the order in which a walk meets them."""

    def __init__(self, local):
        self.local, self.numbers = local, {}

    def _new(self, name):
        if name not in self.local:
            return name
        return f"_{self.numbers.setdefault(name, len(self.numbers))}"

    def visit_Name(self, node):
        node.id = self._new(node.id)
        return node

    def visit_arg(self, node):
        node.arg = self._new(node.arg)
        return node

    def visit_ExceptHandler(self, node):
        node.name = self._new(node.name)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        node.name = self._new(node.name)
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef
