"""What is taken from a student's cells: imports, definitions, classes, constants. Never a run.

Training, plots, printing and the student's copies of the checks are left out by the shape of the
statement, before anything is executed. An exercise's own cell may compute its constants freely:
it is small, and runs under limits.
"""

import ast
import re
import sys
from dataclasses import dataclass

MOST_CHARACTERS = 200_000  # of one cell
ROOTS = ("math", "torch", "numpy", "functools")
BUILTINS = ("abs", "bool", "dict", "enumerate", "float", "frozenset", "int", "len", "list", "map")
BUILTINS += ("max", "min", "pow", "range", "reversed", "round", "set", "slice", "sorted", "str")
BUILTINS += ("sum", "tuple", "type", "zip")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
IMPORTS = (ast.Import, ast.ImportFrom)
RUNS_ITS_CELL = ("%%time", "%%timeit", "%%capture", "%%prun")


@dataclass(frozen=True)
class Taken:
    """One statement: its cell, the names it binds and reads, its text and first line."""

    cell: int
    binds: tuple
    reads: tuple
    text: str
    line: int
    is_stub: bool  # a definition that only refuses to be called


def statements(cells, own=()):
    """What is taken of each cell.

    Args:
        cells: list of sources.
        own: indices of the exercises' own cells, of which every assignment is taken.

    Returns:
        (list of :class:`Taken`, faults): ``faults`` maps the index of a cell that does not parse
        to the reason.
    """
    parsed, faults = [], {}
    for index, text in enumerate(cells):
        try:
            parsed.append((index, *_parse(text)))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            faults[index] = f"{type(error).__name__}: {error.args[0] if error.args else ''}"
            faults[index] += f" (line {line})" if line else ""
    allowed = set(BUILTINS) | set(ROOTS)
    for _, tree, _ in parsed:
        allowed |= _bound_to_modules(tree)
    found = []
    for index, tree, text in parsed:
        lines = text.splitlines(keepends=True)
        for node in tree.body:
            if _is_taken(node, allowed, index in own):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
                part = "".join(lines[first - 1 : node.end_lineno])
                found.append(Taken(index, _binds(node), _reads(node), part, first, _is_stub(node)))
    return found, faults


def _parse(text):
    """(tree, text) without Jupyter's magics, line numbers kept."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, more than {MOST_CHARACTERS:,}")
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        if lines[first].split()[0] not in RUNS_ITS_CELL:
            return ast.parse(""), ""
        lines[first] = "pass"
    plain = "\n".join(lines) + "\n"
    try:
        return ast.parse(plain), plain
    except SyntaxError as error:
        # Lines for Jupyter alone: magics, shell commands, questions. A pass keeps the numbers.
        plain = "\n".join(map(_without_magic, lines)) + "\n"
        try:
            return ast.parse(plain), plain
        except SyntaxError:
            raise error from None


def _without_magic(line):
    start = line.lstrip()
    is_magic = start[:1] in ("%", "!", "?") or re.search(r"\w\?{1,2}\s*$", line)
    is_magic = is_magic or re.match(r"\s*[\w, ]+=\s*[%!]", line)
    return line[: len(line) - len(start)] + "pass" if is_magic else line


def _bound_to_modules(tree):
    """Names that imports bind to math, torch, numpy, functools or to something of theirs."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in ROOTS:
                    names.add(alias.asname or alias.name.split(".")[0])
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ROOTS:
            for alias in node.names:
                if alias.name == "*":
                    names |= set(dir(sys.modules.get(node.module)))
                names.add(alias.asname or alias.name)
    return names


def _is_taken(node, allowed, is_own):
    if isinstance(node, (*IMPORTS, *DEFINITIONS)):
        return True
    if isinstance(node, ASSIGNMENTS) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        plain = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.Store)
        if all(isinstance(part, plain) for target in targets for part in ast.walk(target)):
            return is_own or _is_constant(node.value, allowed)
    if isinstance(node, ast.If) and (is_own or _is_constant(node.test, allowed)):
        return _all_taken([*node.body, *node.orelse], allowed, is_own)
    if isinstance(node, ast.Try) and not node.finalbody:
        handled = [part for handler in node.handlers for part in handler.body]
        return _all_taken([*node.body, *handled, *node.orelse], allowed, is_own)
    return False


def _all_taken(nodes, allowed, is_own):
    return all(isinstance(part, ast.Pass) or _is_taken(part, allowed, is_own) for part in nodes)


def _is_constant(value, allowed):
    """True if evaluating it calls nothing but what math, torch, numpy and builtins offer."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Lambda):
            continue  # a definition: its body does not run
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return False
        if isinstance(node, ast.Call):
            root = node.func
            while isinstance(root, (ast.Attribute, ast.Call, ast.Subscript)):
                root = root.func if isinstance(root, ast.Call) else root.value
            if not isinstance(root, ast.Constant | ast.Name | ast.BinOp | ast.UnaryOp):
                return False
            if isinstance(root, ast.Name) and root.id not in allowed:
                return False
        waiting += ast.iter_child_nodes(node)
    return True


def _is_stub(node):
    """True for a function or class in which every function only raises NotImplementedError."""
    if not isinstance(node, DEFINITIONS):
        return False
    functions = [
        part for part in ast.walk(node) if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return bool(functions) and all(
        any(
            isinstance(part, ast.Raise) and "NotImplementedError" in ast.dump(part)
            for part in function.body
        )
        for function in functions
    )


def _binds(node):
    """Names that a statement binds at the top level."""
    if isinstance(node, DEFINITIONS):
        return (node.name,)
    if isinstance(node, IMPORTS):
        return tuple(alias.asname or alias.name.split(".")[0] for alias in node.names)
    if isinstance(node, ASSIGNMENTS):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = (part for target in targets for part in ast.walk(target))
        return tuple(part.id for part in parts if isinstance(part, ast.Name))
    handlers = getattr(node, "handlers", ())
    nested = [*node.body, *node.orelse, *(part for one in handlers for part in one.body)]
    return tuple(name for part in nested if not isinstance(part, ast.Pass) for name in _binds(part))


def _reads(node):
    """Names that it reads, in its body too."""
    return tuple({part.id for part in ast.walk(node) if isinstance(part, ast.Name)})


def reached(found, names):
    """All names that the definitions of ``names`` read, directly or through others taken."""
    reads = {}
    for one in found:
        for name in one.binds:
            reads.setdefault(name, set()).update(one.reads)
    seen, waiting = set(), list(names)
    while waiting:
        for name in reads.get(waiting.pop(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen
