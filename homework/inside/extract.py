"""The statements of a student's cells, each compiled alone, with the names that it makes and needs.

Nothing is executed here. A statement is a node of its cell's tree: what stands beside it on the
same line stays out.
"""

import __future__

import ast
import dis
from dataclasses import dataclass

from . import magics

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
TRY_OUTS = (ast.Expr, ast.Assert)
# Methods that change a list, a dict or a set; those of a tensor end in an underscore.
CHANGES = ("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "remove")
CHANGES += ("reverse", "setdefault", "sort", "update")
SETTERS = ("setattr", "delattr")
GIVEN_OUT = "Exercise "  # what the refusal of a stub that was handed out begins with


@dataclass(frozen=True)
class Taken:
    """One statement.

    Attributes:
        cell: index of its cell. line: its first line there, from 1.
        binds: names that it binds.
        fills: names of objects that it changes in place, or may: a definition its bases.
        reads: global names that it looks up, or that what it defines looks up when called.
        sets: global names that what it defines sets when called.
        hooks: names of decorators, or the function's name of a call that stands alone.
        kind: ``import``, ``definition``, ``constant`` (it calls nothing), ``try-out`` (it makes
            nothing that its text shows, such as a print) or ``other``.
        is_stub: a definition that was not finished. code: compiled.
        module: of an import the first part of the module's name, else empty.
    """

    cell: int
    line: int
    binds: tuple
    fills: tuple
    reads: tuple
    sets: tuple
    hooks: tuple
    kind: str
    is_stub: bool
    code: object
    module: str


def title(cell):
    """Name of a cell as the file of its code."""
    return f"cell {cell}"


def statements(cells):
    """What a notebook's cells hold.

    Args:
        cells: list of sources.

    Returns:
        (list of :class:`Taken`, faults): ``faults`` maps the index of a cell to the reason why
        not all of it is there.
    """
    parsed, faults, flags = [], {}, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for index, text in enumerate(cells):
        try:
            tree = magics.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            faults[index] = _told(error)
            continue
        parsed.append((index, tree))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                flags |= _flags(node)
    found = []
    for index, tree in parsed:
        for node in (part for whole in tree.body for part in _parts(whole)):
            try:
                found.append(_taken(index, node, flags))
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                faults.setdefault(index, _told(error))
    return found, faults


def _told(error):
    line = getattr(error, "lineno", None)
    told = f"{type(error).__name__}: {error.args[0] if error.args else ''}"
    return told + (f" (line {line})" if line else "")


def _flags(node):
    """Compiler flags of a ``from __future__ import``."""
    flags = 0
    for alias in node.names:
        flags |= getattr(getattr(__future__, alias.name, None), "compiler_flag", 0)
    return flags


def _parts(node):
    """An import of several modules as one for each: a missing one takes none with it."""
    if not isinstance(node, IMPORTS):
        return [node]
    rest = {"module": node.module, "level": node.level} if isinstance(node, ast.ImportFrom) else {}
    return [ast.copy_location(type(node)(names=[alias], **rest), node) for alias in node.names]


def _taken(index, node, flags):
    module = ast.Module([node], type_ignores=[])
    code = compile(module, title(index), "exec", flags=flags, dont_inherit=True)
    binds = tuple(dict.fromkeys(_looked_up(code, ("STORE_NAME", "STORE_GLOBAL"))))
    sets = {name for part in _all_code(code) for name in _looked_up(part, ["STORE_GLOBAL"])}
    reads = set().union(*(_looked_up(part, LOADS) for part in _all_code(code)))
    for part in ast.walk(node):  # annotations may be strings, which some libraries look up
        for annotation in (getattr(part, "annotation", None), getattr(part, "returns", None)):
            if isinstance(annotation, ast.AST):
                reads |= {name.id for name in ast.walk(annotation) if isinstance(name, ast.Name)}
    fills = _fills(node) | (_met(node) if isinstance(node, DEFINITIONS) else set())
    kind = _kind(node) if binds or fills or not isinstance(node, TRY_OUTS) else "try-out"
    hooks = tuple(name for name in map(_root, _hooks(node)) if name)
    return Taken(
        cell=index,
        line=min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]),
        binds=binds,
        fills=tuple(fills),
        reads=tuple(reads),
        sets=tuple(sets - set(binds)),
        hooks=hooks,
        kind=kind,
        is_stub=_is_stub(node),
        code=code,
        module=_module(node),
    )


LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")


def _looked_up(code, operations):
    """Names that instructions of the given kinds name."""
    if not code.co_names:
        return []
    return [part.argval for part in dis.get_instructions(code) if part.opname in operations]


def _all_code(code):
    """A code object and those inside it."""
    waiting = [code]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += [one for one in part.co_consts if hasattr(one, "co_names")]


def _hooks(node):
    """Expressions of a definition's decorators, or of the function of a bare call."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return [node.value.func]
    return getattr(node, "decorator_list", ())


def _met(node):
    """Names that a definition's decorators and bases are made of: they may keep what is defined."""
    parts = [*getattr(node, "decorator_list", ()), *getattr(node, "bases", ())]
    parts += [keyword.value for keyword in getattr(node, "keywords", ())]
    return {name.id for part in parts for name in ast.walk(part) if isinstance(name, ast.Name)}


def _module(node):
    if not isinstance(node, IMPORTS):
        return ""
    name = node.names[0].name if isinstance(node, ast.Import) else node.module or ""
    return name.split(".")[0]


def _kind(node):
    if isinstance(node, IMPORTS):
        return "import"
    if isinstance(node, DEFINITIONS):
        return "definition"
    is_assignment = isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign))
    calls = (ast.Call, ast.Await, ast.comprehension)
    if is_assignment and not any(isinstance(part, calls) for part in ast.walk(node)):
        return "constant"
    return "other"


def _root(node):
    """The name that an expression such as ``name.a[0]()`` begins with, or None."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _fills(node):
    """Names of objects that the statement changes in place, as far as its text shows."""
    names, waiting = set(), [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (*DEFINITIONS, ast.Lambda)):
            continue
        if isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load):
            names.add(_root(part))
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            method = part.func.attr
            if method in CHANGES or (method.endswith("_") and not method.endswith("__")):
                names.add(_root(part.func))
        elif isinstance(part, ast.Call) and _root(part.func) in SETTERS and part.args:
            names.add(_root(part.args[0]))
        waiting += ast.iter_child_nodes(part)
    return names - {None}


def _is_stub(node):
    """True for a definition in which every function refuses, or one still as it was handed out."""
    if not isinstance(node, DEFINITIONS):
        return False
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    refusals = [_refusal(part) for part in ast.walk(node) if isinstance(part, functions)]
    return any(refusals) and (all(refusals) or any(GIVEN_OUT in told for told in refusals))


def _refusal(function):
    """The ``raise NotImplementedError`` that a function comes to, as text; else empty."""
    for part in function.body:
        if isinstance(part, ast.Return):  # what is left of the stub below an answer
            return ""
        if isinstance(part, ast.Raise) and "NotImplementedError" in ast.dump(part):
            return ast.dump(part)
    return ""
