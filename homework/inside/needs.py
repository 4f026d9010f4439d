"""What of a notebook an exercise needs: which statements run, and which exercises it rests on.

An answer's own cell runs whole, as in Python. Of the other cells runs what makes or fills a name
that the answer reaches, directly or through other statements that run.
"""

from dataclasses import dataclass

PLAIN = ("import", "definition", "constant")
# Who uses one of these may reach a name that the text does not show.
BY_TEXT = {"globals", "vars", "locals", "eval", "exec"}


@dataclass(frozen=True)
class Needs:
    """What one exercise needs.

    Attributes:
        runs: indices of the statements that run. home: the cell that answers it, or None.
        owner: name -> the one cell whose value of it counts, for the names of exercises.
        uses: ids of the other exercises whose answers, or helpers in their cells, it reaches.
        helpers: of these, id -> the functions beside the answer that it reaches.
    """

    runs: frozenset
    home: object
    owner: dict
    uses: tuple
    helpers: dict


def home(entry, found):
    """The cell that answers an exercise: its own, unless that is a stub and another is not."""
    first = entry["defines"][0]
    bound = [one for one in found if first in one.binds]
    written = [one.cell for one in bound if not one.is_stub]
    for cells in (written, [one.cell for one in bound]):
        if entry["cell"] in cells:
            return entry["cell"]
        if cells:
            return cells[-1]
    return entry["cell"]  # by exec, say


def of(found, exercises, graded, replaced=(), wanted=()):
    """The :class:`Needs` of the exercise with the id ``graded``.

    Args:
        found: statements of the notebook, from :func:`extract.statements`.
        exercises: dicts with ``id``, ``defines`` and ``cell`` (index of the own cell, or None).
        replaced: names that the reference gives, so that nothing of the notebook makes them.
        wanted: names that are to be there too.
    """
    entries = {entry["id"]: entry for entry in exercises}
    homes = {name: home(entry, found) for name, entry in entries.items()}
    owner = {
        made: homes[name]
        for name, entry in entries.items()
        for made in entry["defines"]
        if homes[name] is not None
    }
    makers = _makers(found, owner, replaced)
    own = {entry["cell"] for entry in exercises if entry["cell"] is not None}
    last = homes[graded]
    runs, names = set(), set()
    waiting = [*entries[graded]["defines"], *wanted]
    star = [index for index, one in enumerate(found) if one.kind == "import" and not one.binds]
    queue = [*star, *(i for i, one in enumerate(found) if one.cell == last and last in own)]
    while waiting or queue:
        while queue:
            index = queue.pop()
            if index in runs:
                continue
            runs.add(index)
            one = found[index]
            if one.kind != "try-out" or set(one.hooks) & set(makers):  # no print, assert or check
                waiting += one.reads
            if one.kind != "import" and one.cell in own:  # as Python takes it
                queue += [i for i, other in enumerate(found) if other.cell == one.cell]
        if waiting and (name := waiting.pop()) not in names:
            names.add(name)
            queue += makers.get(name, ())
    if names & BY_TEXT:  # what needs nothing that is computed
        runs |= {index for index, one in enumerate(found) if one.kind in PLAIN}
    others = {number: entry for number, entry in entries.items() if number != graded}
    uses, helpers = _uses(found, others, homes, names, last)
    return Needs(frozenset(runs), last, owner, uses, helpers)


def _makers(found, owner, replaced):
    """Name -> indices of the statements that make it or change what it names."""
    imported = {name for one in found if one.kind == "import" for name in one.binds}
    made = {}
    for index, one in enumerate(found):
        for name in one.binds:
            if name not in replaced and owner.get(name, one.cell) == one.cell:
                made.setdefault(name, []).append(index)
    setters = {name: set(one.sets) for one in found if one.sets for name in one.binds}
    plain = {name: list(indices) for name, indices in made.items()}
    for index, one in enumerate(found):
        fills = set(one.fills)
        for hook in one.hooks if one.kind == "definition" else ():
            # A decorator may keep a list of what it met.
            fills = fills.union(*(found[maker].reads for maker in plain.get(hook, ())))
        for name in one.reads if one.kind != "definition" else ():  # it may call such a function
            fills |= setters.get(name, set())
        for name in fills - imported:
            made.setdefault(name, []).append(index)
    return made


def _uses(found, others, homes, names, last):
    """Which exercises make one of ``names`` as it stands when the graded cell is done.

    Returns:
        (ids, id -> helper functions): see :class:`Needs`.
    """
    maker = {}
    for one in found:
        for name in one.binds if one.kind != "import" else ():
            if name not in maker or last is None or one.cell <= last:
                maker[name] = one
    used, helpers = [], {}
    for number, entry in others.items():
        cells = {entry["cell"], homes[number]} - {None, last}
        beside = [name for name in names if name in maker and maker[name].cell in cells]
        if beside or names & set(entry["defines"]):
            used.append(number)
        functions = {name for name in beside if maker[name].kind == "definition"}
        helpers[number] = tuple(sorted(functions - set(entry["defines"])))
    return tuple(used), {number: found for number, found in helpers.items() if found}


def given(found, exercises, offered):
    """Names that the reference takes over: what exercises define, and helpers beside their answers.

    Args:
        offered: names of functions that the reference has.
    """
    offered = set(offered)
    theirs = [entry for entry in exercises if offered & set(entry["defines"])]
    names = {name for entry in theirs for name in entry["defines"]}
    cells = {entry["cell"] for entry in theirs}
    names |= {name for one in found if one.cell in cells for name in one.binds}
    return names & offered
