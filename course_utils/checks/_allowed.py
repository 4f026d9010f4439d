"""Which functions of the package an answer may use: what its lesson uses, without the answers.

The grading's copy of the package holds these and no others, and the check in the notebook names
the others. From the names that a lesson's cells and texts use they follow by a walk over the
package's own code: a function leads to those that it names, a class to its bases and to those of
its methods whose names occur anywhere on the way.
"""

import ast
import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from course_utils import settings

PACKAGE = Path(__file__).resolve().parent.parent
NAME = PACKAGE.name
# No answer needs them, and the checks hold the right formulas.
LEFT_OUT = (
    "checks claims lesson plotting progress records seeds tables training weights widgets"
).split()
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
CHAIN = re.compile(r"(?<![\w.])([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)+)")


class SealError(ValueError):
    """A check seals something that the package does not have."""


@dataclass
class Module:
    """A module's syntax, what it defines, and where the names it imports come from."""

    name: str
    tree: ast.Module
    defines: dict = field(default_factory=dict)
    imports: dict = field(default_factory=dict)  # name -> (module, attribute or "")


def modules(package=PACKAGE):
    """Dotted name, such as ``losses.bounds`` -> :class:`Module`, without those left out."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if parts[0] not in LEFT_OUT:
            name = ".".join(part for part in parts if part != "__init__")
            found[name] = _module(name, ast.parse(path.read_text(encoding="utf-8")))
    return found


def _module(name, tree):
    defines = {node.name: node for node in tree.body if isinstance(node, DEFINITIONS)}
    return Module(name, tree, defines, imports(tree))


def imports(tree):
    """What a text imports from the package: name -> (module, attribute; "" for the module)."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole, _, rest = alias.name.partition(".")
                if whole == NAME:
                    found[alias.asname or NAME] = (rest if alias.asname else "", "")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == NAME:
            inside = node.module.partition(".")[2]
            for alias in node.names:
                found[alias.asname or alias.name] = (inside, alias.name)
    return found


class Walk:
    """Names of what is kept of a package: ``kept``, such as ``nets.vae.VAE.encode``.

    Args:
        package: what :func:`modules` found.
        sealed: names that are not to be kept, functions, methods or classes -> exercise.
    """

    def __init__(self, package, sealed):
        self._package, self.sealed, self.kept = package, sealed, set()
        self._mentioned, self._methods, self._waiting = {"forward"}, {}, []
        for name in sealed:
            self._known(name)
        for module in package.values():  # what runs when a module is imported
            for node in module.tree.body:
                if not isinstance(node, DEFINITIONS):
                    for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
                        self._scan(call.func, module.imports, module.name)

    def of(self, lesson_cells):
        """Keep what the cells of a notebook use; returns all that is kept."""
        trees, texts = [], []
        for cell in lesson_cells:
            text = "".join(cell["source"])
            if cell["cell_type"] == "code":
                trees.append(ast.parse(text))
            else:
                texts.append(text)
        known = {}
        for tree in trees:
            known |= imports(tree)
        for tree in trees:
            self._scan(tree, known)
        for text in texts:
            for first, rest in CHAIN.findall(text):
                self._chain(first, rest[1:].split("."), known)
        while self._waiting:
            self._visit(*self._waiting.pop())
        return self.kept

    def _known(self, name):
        """Refuse the name of a seal that fits nothing."""
        parts = name.split(".")
        for count in range(len(parts) - 1, 0, -1):
            module = self._package.get(".".join(parts[:count]))
            if module is None:
                continue
            node = module.defines.get(parts[count])
            for part in parts[count + 1 :]:
                inner = node.body if isinstance(node, ast.ClassDef) else ()
                node = next((n for n in inner if getattr(n, "name", None) == part), None)
            if node is not None:
                return
        raise SealError(f"seals: {NAME} has no {name}")

    def _scan(self, tree, known, here=None):
        """Follow every name and chain of attributes in ``tree``."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                self._mention(node.attr)
                attributes = []
                while isinstance(node, ast.Attribute):
                    attributes.insert(0, node.attr)
                    node = node.value
                if isinstance(node, ast.Name):
                    self._chain(node.id, attributes, known, here)
            elif isinstance(node, ast.Name):
                self._chain(node.id, [], known, here)

    def _chain(self, first, attributes, known, here=None):
        if here is not None and first in self._package[here].defines:
            self._keep(here, first)
            return
        if first not in known:
            return
        module, attribute = known[first]
        for name in [*([attribute] if attribute else []), *attributes]:
            inside = f"{module}.{name}".lstrip(".")
            if inside in self._package:
                module = inside
                continue
            found = self._find(module, name)
            if found is None:
                return
            self._keep(*found)
            for method in attributes:
                self._mention(method)
            return

    def _find(self, module, name):
        """(module, name) of a definition, through modules that only hand it on."""
        while module in self._package:
            if name in self._package[module].defines:
                return module, name
            if name not in self._package[module].imports:
                return None
            module, name = self._package[module].imports[name]
        return None

    def _keep(self, module, name):
        whole = f"{module}.{name}"
        if whole in self.kept or whole in self.sealed:
            return
        self.kept.add(whole)
        self._waiting.append((module, whole, self._package[module].defines[name]))

    def _visit(self, module, whole, node):
        known = self._package[module].imports
        if not isinstance(node, ast.ClassDef):
            self._scan(node, known, module)
            return
        for part in [*node.bases, *node.decorator_list, *node.body]:
            if not isinstance(part, DEFINITIONS):
                self._scan(part, known, module)
                continue
            entry = (module, f"{whole}.{part.name}", part)
            if entry[1] not in self.sealed:
                special = part.name.startswith("__") and part.name.endswith("__")
                if special or part.name in self._mentioned:
                    self._take(entry)
                else:
                    self._methods.setdefault(part.name, []).append(entry)

    def _mention(self, name):
        self._mentioned.add(name)
        for entry in self._methods.pop(name, ()):
            self._take(entry)

    def _take(self, entry):
        self.kept.add(entry[1])
        self._waiting.append(entry)


@cache
def for_lesson(number):
    """The :class:`Walk` of a lesson of the course, or None where there is no notebook of it."""
    from course_utils.checks._contract import sealed_by

    paths = sorted((settings.root() / "notebooks").glob(f"{number}_*.ipynb"))
    if not paths:
        return None
    walk = Walk(modules(), sealed_by(number))
    try:
        walk.of(json.loads(paths[0].read_text(encoding="utf-8"))["cells"])
    except (ValueError, KeyError, OSError):  # somebody's own work, with magics perhaps
        return None
    return walk
