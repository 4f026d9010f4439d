"""What is taken from a student's cells: imports, definitions, classes, constants. Never a run.

Training, plots, printing and the student's copies of the checks are left out by the shape of the
statement, before anything is executed.
"""

import ast

MOST_CHARACTERS = 200_000  # of one cell
ROOTS = ("math", "torch", "numpy")
BUILTINS = ("abs", "bool", "dict", "float", "int", "len", "list", "max", "min", "range", "round")
BUILTINS += ("set", "slice", "str", "sum", "tuple", "frozenset")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def statements(cells):
    """What is taken of each cell.

    Args:
        cells: list of sources.

    Returns:
        (taken, faults): ``taken`` is a list of (index of the cell, tuple of names that it binds,
        names that it uses, source, first line); ``faults`` maps the index of a cell that does not
        parse to the reason.
    """
    parsed, faults = [], {}
    for index, text in enumerate(cells):
        try:
            parsed.append((index, _parse(text)))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            faults[index] = f"{type(error).__name__}: {error.args[0] if error.args else ''}"
            faults[index] += f" (line {line})" if line else ""
    modules = {"math", "torch", "numpy"} | set()
    for _, (tree, _) in parsed:
        modules |= _bound_to_modules(tree)
    taken = []
    for index, (tree, text) in parsed:
        lines = text.splitlines(keepends=True)
        for node in tree.body:
            if _is_taken(node, modules):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
                part = "".join(lines[first - 1 : node.end_lineno])
                taken.append((index, _names(node), _uses(node), part, first))
    return taken, faults


def _parse(text):
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, more than {MOST_CHARACTERS:,}")
    lines = text.splitlines()
    if lines and lines[0].lstrip().startswith("%%"):
        return ast.parse(""), ""
    # Jupyter's magics and shell lines are no Python; a pass in their place keeps the line numbers.
    plain = [_without_magic(line) for line in lines]
    text = "\n".join(plain) + "\n"
    try:
        return ast.parse(text), text
    except SyntaxError:  # perhaps a line of a string began with one of those signs
        text = "\n".join(lines) + "\n"
        return ast.parse(text), text


def _without_magic(line):
    start = line.lstrip()
    return line[: len(line) - len(start)] + "pass" if start[:1] in ("%", "!", "?") else line


def _bound_to_modules(tree):
    """Names that imports bind to math, torch, numpy or to something of theirs."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in ROOTS:
                    names.add(alias.asname or alias.name.split(".")[0])
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ROOTS:
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _is_taken(node, modules):
    if isinstance(node, (ast.Import, ast.ImportFrom, *DEFINITIONS)):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        plain = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.Store)
        if all(isinstance(part, plain) for target in targets for part in ast.walk(target)):
            return _is_constant(node.value, modules)
    return False


def _is_constant(value, modules):
    """True if evaluating it calls nothing but constructors of math, torch, numpy and builtins."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Lambda):
            continue  # a definition: its body does not run
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return False
        if isinstance(node, ast.Call):
            root = node.func
            while isinstance(root, ast.Attribute):
                root = root.value
            if not isinstance(root, ast.Name) or root.id not in modules | set(BUILTINS):
                return False
        waiting += ast.iter_child_nodes(node)
    return True


def _names(node):
    """Names that a statement binds at the top level."""
    if isinstance(node, DEFINITIONS):
        return (node.name,)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return tuple(alias.asname or alias.name.split(".")[0] for alias in node.names)
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return tuple(
        part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
    )


def _uses(node):
    """Names that it reads, in its body too."""
    return tuple({part.id for part in ast.walk(node) if isinstance(part, ast.Name)})


def reached(taken, names):
    """All names that the definitions of ``names`` read, directly or through others taken."""
    uses = {}
    for _, binds, reads, _, _ in taken:
        for name in binds:
            uses.setdefault(name, set()).update(reads)
    found, waiting = set(), list(names)
    while waiting:
        for name in uses.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
