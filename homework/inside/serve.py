"""One exercise in its own process: load the student's definitions, then answer the checks."""

import __future__

import linecache

from inside import extract, wire
from inside.remote import CheckFailed, Local


def run(sock):
    """Serve requests until the other end closes."""
    handles = []
    while True:
        try:
            header, arrays = wire.receive(sock, limits=wire.REQUEST)
        except wire.Closed:
            return
        try:
            reply = _load(header, handles) if header["op"] == "load" else None
            reply = reply or _answer(header, arrays, handles)
        except CheckFailed as failure:
            told = ("mistake", "checked", "expected", "received")
            failed = {key: str(getattr(failure, key))[:2_000] for key in told}
            reply = {"failed": failed | {"written": bool(failure.written)}}, ()
        except BaseException as error:  # whatever the student's code raises, the rest goes on
            reply = {"failed": {"mistake": f"your code raised {type(error).__name__}."}}, ()
        wire.send(sock, *reply)


def _load(header, handles):
    """Execute what is taken of the cells; the first name that the exercise defines is handle 0."""
    cells, exercises = header["cells"], header["exercises"]
    graded = next(entry for entry in exercises if entry["id"] == header["graded"])
    own = {entry["cell"] for entry in exercises if entry["cell"] is not None}
    found, faults = extract.statements(cells, own)
    homes = {entry["id"]: _home(entry, found) for entry in exercises}
    owner = {
        n: homes[e["id"]] for e in exercises for n in e["defines"] if homes[e["id"]] is not None
    }
    space, replaced = {"__name__": "__main__"}, set()
    if header["references"]:
        theirs = {"__name__": "__main__"}
        for title, text in header["references"]:
            _execute(text, title, 1, theirs, {})
        replaced = {n for e in exercises if e["id"] in header["replaced"] for n in e["defines"]}
        space |= {name: theirs[name] for name in replaced if name in theirs}
    last = homes[graded["id"]]
    last = len(cells) if last is None else last
    raised, flags = {}, _future(found)
    for one in found:
        # An exercise's names are what its own cell (or the reference) makes of them. And what the
        # notebook has made when it comes to the graded cell is not changed by the cells below.
        kept = [n for n in one.binds if n in replaced or owner.get(n, one.cell) != one.cell]
        if one.cell > last:
            kept += [name for name in one.binds if name in space]
            if all(name in kept for name in one.binds):
                continue
        before = {name: space[name] for name in kept if name in space}
        _execute(one.text, f"cell {one.cell}", one.line, space, raised, flags)
        for name in kept:
            space.pop(name, None)
        space |= before
    for index, reason in raised.items():
        faults.setdefault(index, reason)
    name = graded["defines"][0]
    uses = extract.reached(found, graded["defines"])
    others = [n for e in exercises if e["id"] != graded["id"] for n in e["defines"] if n in uses]
    faults = {str(key): str(value)[:500] for key, value in faults.items()}
    if name in space:
        handles[:] = [Local(space[name], title=name)]
    return {"missing": name not in space, "faults": faults, "uses": others}, ()


def _home(entry, found):
    """The cell that answers an exercise: its own, unless that is a stub and another is not."""
    first = entry["defines"][0]
    written = [one.cell for one in found if first in one.binds and not one.is_stub]
    bound = [one.cell for one in found if first in one.binds]
    for cells in (written, bound):
        if entry["cell"] in cells:
            return entry["cell"]
        if cells:
            return cells[-1]
    return None


def _future(found):
    """Compiler flags of the notebook's ``from __future__ import``."""
    names = [n for one in found if one.text.startswith("from __future__") for n in one.binds]
    flags = 0
    for name in names:
        flags |= getattr(getattr(__future__, name, None), "compiler_flag", 0)
    return flags


def _execute(text, title, line, space, raised, flags=0):
    """Execute one statement; remember its text, so that an error can show the line."""
    padded = "\n" * (line - 1) + text
    old = linecache.cache.get(title)
    lines = list(old[2]) if old else []
    lines += ["\n"] * (line - 1 + text.count("\n") + 1 - len(lines))
    for offset, part in enumerate(text.splitlines(keepends=True)):
        lines[line - 1 + offset] = part
    linecache.cache[title] = (len(padded), None, lines, title)
    try:
        exec(compile(padded, title, "exec", flags=flags, dont_inherit=True), space)
    except Exception as error:
        raised.setdefault(int(title.split()[-1]), f"{type(error).__name__}: {error}")


def _answer(header, arrays, handles):
    if header["handle"] >= len(handles):
        raise CheckFailed("there is no answer.")
    target, op, seed = handles[header["handle"]], header["op"], header.get("seed", 0)
    if op == "call":
        return _packed(target.call(tuple(arrays), seed))
    if op == "gradient":
        probe = arrays.pop() if header["probe"] else None
        asked = header["output"], header["weights"], probe
        return _packed(target.gradient(tuple(arrays), seed, *asked))
    if op == "method":
        handles.append(target.method(header["name"]))
    else:
        count, names = header["numbers"], header["weights"]
        weights = None if names is None else dict(zip(names, arrays[count:], strict=True))
        handles.append(target.build(tuple(arrays[:count]), weights, seed))
    return {"handle": len(handles) - 1}, ()


def _packed(value):
    """An array, or a tuple or dict of arrays (or None): (header, arrays)."""
    if isinstance(value, dict):
        keys, values, kind = [str(key) for key in value], list(value.values()), "dict"
    elif isinstance(value, tuple):
        keys, values, kind = None, list(value), "tuple"
    else:
        keys, values, kind = None, [value], "array"
    present = [entry is not None for entry in values]
    return {"kind": kind, "keys": keys, "present": present}, [v for v in values if v is not None]
