"""Jupyter's own syntax in a cell, turned into Python by IPython's transformer, and its stand-in.

IPython itself stays outside: two of its files are loaded alone. They run in the sandbox, because
a hostile text can keep them busy. Where they are missing, lines that look like magics are left out.
"""

import ast
import importlib.machinery
import importlib.util
import re
import sys
import textwrap
import types
from functools import cache
from pathlib import Path

from .text import lines as lines_of

MOST_CHARACTERS = 200_000  # of one cell
MOST_MAGICS = 500  # in one cell
RUNS_ITS_CELL = ("%%time", "%%timeit", "%%capture", "%%prun")
RUNS_ITS_LINE = ("time", "prun")
NAMES = ("get_ipython", "display")  # what every notebook has without an import


def parse(text):
    """The tree of a cell without Jupyter's syntax, line numbers kept.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it is no Python, or too long.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, more than {MOST_CHARACTERS:,}")
    lines = lines_of(text)
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        if lines[first].split()[0] not in RUNS_ITS_CELL:
            return ast.parse("")
        lines[first] = ""
    try:
        return ast.parse(_joined(lines))
    except SyntaxError as error:
        for way in (_by_ipython, _by_lines):
            try:
                return _Time().visit(ast.parse(_joined(way(lines))))
            except Exception:  # whatever another version of IPython raises at odd text
                continue
        raise error from None


def _joined(lines):
    return "".join(f"{line}\n" for line in lines)


def _by_lines(lines):
    return list(map(_without_magic, lines))


def _without_magic(line):
    start = line.lstrip()
    is_magic = start[:1] in ("%", "!", "?") or re.search(r"\w\?{1,2}\s*$", line)
    is_magic = is_magic or re.match(r"\s*[\w, ]+=\s*[%!]", line)
    return line[: len(line) - len(start)] + "pass" if is_magic else line


def _by_ipython(lines):
    """The lines as IPython makes them, each still under its own number."""
    ipython = _transformer()
    if ipython is None:
        return lines
    empty = next((number for number, line in enumerate(lines) if line.strip()), 0)
    parts = lines_of(textwrap.dedent(_joined(lines[empty:])), ends=True)
    for strip in (ipython.classic_prompt, ipython.ipython_prompt):
        parts = strip(parts)
    manager = ipython.TransformerManager()
    for _ in range(MOST_MAGICS):
        changed, new = manager.do_one_token_transform(parts)
        if not changed:
            break
        # A magic over several lines becomes one: empty lines keep the numbers of those below.
        pairs = enumerate(zip(parts, new, strict=False))
        place = 1 + next((index for index, (old, made) in pairs if old != made), 0)
        new[place:place] = ["\n"] * (len(parts) - len(new))
        parts = new
    return [""] * empty + [part.rstrip("\r\n") for part in parts]


@cache
def _transformer():
    """IPython's module ``core.inputtransformer2``, loaded without the rest; None if that fails."""
    found = importlib.machinery.PathFinder.find_spec("IPython")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0])
    names = "IPython", "IPython.utils", "IPython.utils.tokenutil", "IPython.core"
    kept = {name: sys.modules.get(name) for name in names}
    try:
        for name in ("IPython", "IPython.utils", "IPython.core"):
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__path__ = []
        tokens = _loaded("IPython.utils.tokenutil", folder / "utils" / "tokenutil.py")
        sys.modules["IPython.utils"].tokenutil = sys.modules["IPython.utils.tokenutil"] = tokens
        path = folder / "core" / "inputtransformer2.py"
        return _loaded("IPython.core.inputtransformer2", path)
    except Exception:  # another version, which needs more of IPython
        return None
    finally:
        for name, module in kept.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def _loaded(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _statement(text):
    """The statement of ``%time``, without the magic's own options."""
    return re.sub(r"^(\s*--?[\w-]+)+\s+", "", text).strip()


class _Time(ast.NodeTransformer):
    """Puts the statement of a line such as ``%time x = f()`` in the line's place."""

    def visit_Expr(self, node):
        is_magic = ast.unparse(node.value).startswith("get_ipython().run_line_magic(")
        texts = [getattr(part, "value", None) for part in node.value.args] if is_magic else []
        if len(texts) != 2 or texts[0] not in RUNS_ITS_LINE:
            return self.generic_visit(node)
        try:
            body = ast.parse(_statement(texts[1])).body
        except SyntaxError:
            return node
        for part in body:
            ast.increment_lineno(part, node.lineno - 1)
        return body or node


class Shell:
    """What ``get_ipython()`` gives: it runs the statement of a timing magic, and nothing else."""

    def run_line_magic(self, name, line, *more):
        """``%name line``: the value of a timed expression, else None."""
        if name not in RUNS_ITS_LINE:
            return None
        frame = sys._getframe(1)
        code, spaces = _statement(line), (frame.f_globals, frame.f_locals)
        try:
            return eval(code, *spaces)
        except SyntaxError:
            return exec(code, *spaces)

    def run_cell_magic(self, name, line, cell):
        """``%%name`` inside a cell does nothing here."""

    def getoutput(self, *command, **options):
        """``!command``: no shell, no lines."""
        return []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **named: None


def names():
    """Stand-ins of the functions that every notebook has, by name."""
    shell = Shell()
    return dict(zip(NAMES, (lambda: shell, lambda *arguments, **named: None), strict=True))
