"""One exercise in its own process: load the student's definitions, then answer the checks."""

import linecache

from inside import extract, wire
from inside.remote import CheckFailed, Local


def run(sock):
    """Serve requests until the other end closes."""
    handles = []
    while True:
        try:
            header, arrays = wire.receive(sock)
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
    taken, faults = extract.statements(cells)
    owner = {}  # name -> the exercise's own cell, if it does bind it
    for entry in exercises:
        for index, binds, *_ in taken:
            if index == entry["cell"]:
                owner |= {name: index for name in binds if name in entry["defines"]}
    space = {"__name__": "__main__"}
    replaced = set()
    if header["references"]:
        theirs = {"__name__": "__main__"}
        for title, text in header["references"]:
            _execute(text, title, 1, theirs, {})
        replaced = {n for e in exercises if e["id"] in header["replaced"] for n in e["defines"]}
        space |= {name: theirs[name] for name in replaced if name in theirs}
    raised = {}
    for index, binds, _, text, line in taken:
        # An exercise's names are what its own cell (or the reference) makes of them.
        kept = [n for n in binds if n in replaced or owner.get(n, index) != index]
        before = {name: space[name] for name in kept if name in space}
        _execute(text, f"cell {index}", line, space, raised)
        for name in kept:
            space.pop(name, None)
        space |= before
    faults |= raised
    name = graded["defines"][0]
    uses = extract.reached(taken, graded["defines"])
    others = [n for e in exercises if e["id"] != graded["id"] for n in e["defines"] if n in uses]
    faults = {str(key): str(value)[:500] for key, value in faults.items()}
    if name in space:
        handles[:] = [Local(space[name], title=name)]
    return {"missing": name not in space, "faults": faults, "uses": others}, ()


def _execute(text, title, line, space, raised):
    """Execute one statement; remember its text, so that an error can show the line."""
    padded = "\n" * (line - 1) + text
    old = linecache.cache.get(title)
    lines = list(old[2]) if old else []
    lines += ["\n"] * (line - 1 + text.count("\n") + 1 - len(lines))
    for offset, part in enumerate(text.splitlines(keepends=True)):
        lines[line - 1 + offset] = part
    linecache.cache[title] = (len(padded), None, lines, title)
    try:
        exec(compile(padded, title, "exec", dont_inherit=True), space)
    except Exception as error:
        raised[int(title.split()[-1])] = f"{type(error).__name__}: {error}"


def _answer(header, arrays, handles):
    if header["handle"] >= len(handles):
        raise CheckFailed("there is no answer.")
    target, op, seed = handles[header["handle"]], header["op"], header.get("seed", 0)
    if op == "call":
        return _packed(target.call(tuple(arrays), seed))
    if op == "gradient":
        return _packed(target.gradient(tuple(arrays), seed, header["output"], header["weights"]))
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
