"""Names of ``course_utils`` in code font, and what they are in the API reference.

Sphinx's Python domain knows every object of the reference. A page without one, or a name that may
mean several of them, stays plain code.
"""

import ast
import re

PACKAGE = "course_utils"
NAME = re.compile(rf"(?:{PACKAGE}\.)?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\(.*\))?", re.DOTALL)
ALONE = ("function", "class", "exception", "data")  # kinds that stand in a text without a module
# What a lesson's one object is, by the name that all lessons give it.
INSTANCES = {"lesson": "lesson.Lesson"}


def distinctive(name):
    """True for a name that is no everyday word: ``gaussian_kl``, ``VectorQuantizer``."""
    return "_" in name.strip("_") or not (name.islower() or name.isupper())


def own_names(sources):
    """(names that cells define themselves, name -> module of what they import)."""
    defined, imported = set(), {}
    for source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:  # a cell may show code that is no Python
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                defined.add(node.id)
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported |= {one.asname or one.name: node.module for one in node.names}
            elif isinstance(node, ast.Import):
                imported |= {one.asname or one.name: one.name for one in node.names}
    return defined, imported


def room_of(name, module):
    """``losses`` of what ``from course_utils import losses`` imports, or a name from there."""
    parts = module.split(".")
    return None if parts[0] != PACKAGE else name if len(parts) == 1 else parts[1]


class Names:
    """The objects of the API reference, asked for by what a text writes.

    Args:
        objects: full name -> Sphinx's entry of it (``docname``, ``node_id``, ``objtype``).
    """

    def __init__(self, objects):
        self._objects = {
            name.removeprefix(f"{PACKAGE}."): entry
            for name, entry in objects.items()
            if name.startswith(f"{PACKAGE}.")
        }
        self._last = {}
        for name, entry in self._objects.items():
            self._last.setdefault(name.rpartition(".")[2], []).append((name, entry))

    def find(self, text, defined=(), imported=None):
        """(docname, id) of what a text in code font names, or None.

        Args:
            text: such as ``losses.elbo(log_w)``.
            defined: names that the page's own code defines, which are not the package's.
            imported: name -> module, of what the page's code imports.
        """
        found = NAME.fullmatch(text)
        if found is None:
            return None
        name, imported = found[1], imported or {}
        first, _, rest = name.partition(".")
        whole = text.startswith(f"{PACKAGE}.")
        if not whole and imported.get(first, PACKAGE).partition(".")[0] != PACKAGE:
            return None
        if rest:
            entry = self._dotted(name, "" if whole else INSTANCES.get(first, ""), rest)
        elif first in defined or not (distinctive(name) or first in imported):
            entry = None
        else:  # of a room that the page's code uses: elsewhere it may be a data set or a column
            rooms = {room_of(one, module) for one, module in imported.items()}
            ends = [(full, one) for full, one in self._last.get(name, []) if one.objtype in ALONE]
            entry = self._one([one for one in ends if one[0].partition(".")[0] in rooms])
        return entry and (entry.docname, entry.node_id)

    def _dotted(self, name, instance, rest):
        """An entry by its exact name, else by the only one that has these parts in this order."""
        tried = f"{instance}.{rest}" if instance else name
        if tried in self._objects:
            return self._objects[tried]
        parts = name.split(".")
        ends = self._last.get(parts[-1], [])
        return self._one([(full, entry) for full, entry in ends if _holds(full, parts)])

    def _one(self, entries):
        """The entry, if all these are one place of the reference."""
        places = {(entry.docname, entry.node_id) for _, entry in entries}
        return entries[0][1] if len(places) == 1 else None


def _holds(full, parts):
    """True if ``losses.divergences.gaussian_kl`` has the parts ``losses``, ``gaussian_kl``."""
    rest = iter(full.split("."))
    return full.split(".")[0] == parts[0] and all(part in rest for part in parts)
