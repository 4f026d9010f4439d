"""One exercise in its own process: load the student's definitions, then answer the checks."""

import linecache

from inside import elsewhere, execute, extract, inert, magics, wire
from inside import needs as need
from inside.largest import call_within
from inside.remote import CheckFailed, Local
from inside.text import lines as text_lines


def run(sock):
    """Serve requests until the other end closes."""
    handles, space = [], {"__name__": "__main__"}

    def ask(header, arrays):
        with execute.undisturbed():
            wire.send(sock, header, arrays)
            return wire.receive(sock, limits=wire.REQUEST)

    while True:
        try:
            header, arrays = wire.receive(sock, limits=wire.REQUEST)
        except wire.Closed:
            return
        try:
            if header["op"] == "load":
                reply = _load(header, handles, space, ask)
            elif header["op"] == "elsewhere":
                reply = elsewhere.answer(space, header, arrays)
            else:
                with inert.answering():
                    reply = _answer(header, arrays, handles)
        except CheckFailed as failure:
            told = ("mistake", "checked", "expected", "received")
            failed = {key: str(getattr(failure, key))[:2_000] for key in told}
            reply = {"failed": failed | {"written": bool(failure.written)}}, ()
        except BaseException as error:  # whatever the student's code raises, the rest goes on
            told = type(error).__name__
            if isinstance(error, ModuleNotFoundError) and type(error.name) is str:
                told += f": there is no module {error.name[:100]}"
            reply = {"failed": {"mistake": f"your code raised {told}."}}, ()
        wire.send(sock, *reply)


def _load(header, handles, space, ask):
    """Execute what the exercise needs of the cells; its first name is handle 0."""
    cells, exercises = header["cells"], header["exercises"]
    graded = next(entry for entry in exercises if entry["id"] == header["graded"])
    found, faults = extract.statements(cells)
    replaced = need.given(found, exercises, header["elsewhere"])
    space |= magics.names() | {name: elsewhere.Elsewhere(name, ask) for name in replaced}
    needs = need.of(found, exercises, graded["id"], replaced, header.get("wanted", ()))
    for index, text in enumerate(cells):
        lines = text_lines(text, ends=True)
        linecache.cache[extract.title(index)] = (len(text), None, lines, extract.title(index))
    inert.guard_imports(space)
    patience, raised = execute.Patience(), []
    for index in sorted(needs.runs):
        one = found[index]
        is_late = needs.home is not None and one.cell > needs.home
        if is_late and one.binds and all(name in space for name in one.binds):
            continue
        # An exercise's names are what its own cell (or the reference) makes of them. And what the
        # notebook has made when it comes to the graded cell is not changed by the cells below.
        kept = {name for name, cell in needs.owner.items() if cell != one.cell} | replaced
        before = dict(space)
        reason = execute.statement(one, space, patience)
        if reason:
            raised.append((one.kind == "try-out", one.cell, reason))
        for name in kept | (set(before) if is_late else set()):
            if name in before:
                space[name] = before[name]
            else:
                space.pop(name, None)
    for _, cell, reason in sorted(raised, key=lambda entry: entry[0]):  # a failed print comes last
        faults.setdefault(cell, reason)
    used = [entry for entry in exercises if entry["id"] in needs.uses]
    faults = {str(key): str(value)[:500] for key, value in faults.items()}
    name = graded["defines"][0]
    if name in space:
        handles[:] = [Local(space[name], title=name)]
    told = {"missing": name not in space, "faults": faults, "reaches": list(needs.uses)}
    return told | {
        "helpers": needs.helpers,
        "uses": [name for entry in used for name in entry["defines"]],
    }, ()


def _answer(header, arrays, handles):
    if header["handle"] >= len(handles):
        raise CheckFailed("there is no answer.")
    target, op, seed = handles[header["handle"]], header["op"], header.get("seed", 0)
    if op == "call" and header.get("most"):
        return _packed(call_within(target, tuple(arrays), seed, header["most"], CheckFailed))
    if op == "call":
        options = {name: True for name in ("in_place", "tensors") if header.get(name)}
        return _packed(target.call(tuple(arrays), seed, **options))
    if op in ("gradient", "value_and_gradient"):
        probe = arrays.pop() if header["probe"] else None
        asked = header["output"], header["weights"], probe
        if op == "gradient":
            return _packed(target.gradient(tuple(arrays), seed, *asked))
        value, found = target.value_and_gradient(tuple(arrays), seed, *asked)
        told, found = _packed(found)
        return told, [value, *found]
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
