"""One exercise in its own process: load the student's definitions, then answer the checks."""

import contextlib
import inspect
import linecache
import signal
import time

from inside import elsewhere, extract, inert, magics, wire
from inside import needs as need
from inside.remote import CheckFailed, Local
from inside.text import lines as text_lines

PATIENCE = 0.4  # of an exercise's time, for the notebook's statements before the answer is called
LEAST = 0.2  # of them for each statement: a definition takes none
AGAIN = 0.5  # seconds until a statement that holds on is stopped once more
TOO_LONG = "the notebook's statements together took longer than {:.2g} seconds"


def run(sock, seconds):
    """Serve requests until the other end closes."""
    handles, space = [], {}

    def ask(header, arrays):
        wire.send(sock, header, arrays)
        return wire.receive(sock, limits=wire.REQUEST)

    while True:
        try:
            header, arrays = wire.receive(sock, limits=wire.REQUEST)
        except wire.Closed:
            return
        try:
            if header["op"] == "load":
                reply = _load(header, handles, ask, PATIENCE * seconds)
            elif header["op"] == "references":
                reply = elsewhere.load(header["texts"], space)
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
            reply = {"failed": {"mistake": f"your code raised {type(error).__name__}."}}, ()
        wire.send(sock, *reply)


def _load(header, handles, ask, seconds):
    """Execute what the exercise needs of the cells; its first name is handle 0."""
    cells, exercises = header["cells"], header["exercises"]
    graded = next(entry for entry in exercises if entry["id"] == header["graded"])
    found, faults = extract.statements(cells)
    space = {"__name__": "__main__"} | magics.names()
    names = need.given(found, exercises, header["replaced"], header["elsewhere"])
    replaced = {name: elsewhere.Elsewhere(name, ask) for name in names}
    space |= replaced
    needs = need.of(found, exercises, graded["id"], replaced)
    for index, text in enumerate(cells):
        lines = text_lines(text, ends=True)
        linecache.cache[extract.title(index)] = (len(text), None, lines, extract.title(index))
    inert.guard_imports(space)
    patience, raised = Patience(seconds), []
    for index in sorted(needs.runs):
        one = found[index]
        is_late = needs.home is not None and one.cell > needs.home
        if is_late and one.binds and all(name in space for name in one.binds):
            continue
        # An exercise's names are what its own cell (or the reference) makes of them. And what the
        # notebook has made when it comes to the graded cell is not changed by the cells below.
        kept = {name for name, cell in needs.owner.items() if cell != one.cell} | set(replaced)
        before = dict(space)
        reason = _execute(one, space, patience)
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


def _execute(one, space, patience):
    """Execute one statement; why it failed, or an empty string."""
    try:
        if one.kind == "import":
            exec(one.code, space)
        else:
            with patience:
                _finish(eval(one.code, space))
    except ImportError as error:
        if one.kind != "import" or inert.is_allowed(one.library):
            return f"{type(error).__name__}: {error}"
        for name in one.binds:  # may be imported; whoever uses it is told its name
            if name not in magics.NAMES:
                space[name] = inert.LeftOutOfTheGrading(one.library)
    except BaseException as error:  # sys.exit() too: the other statements still run
        return f"{type(error).__name__}: {error}"
    return ""


def _finish(value):
    """Await at the top level, as Jupyter takes it."""
    with contextlib.suppress(StopIteration):
        while inspect.iscoroutine(value):
            value.send(None)


class Stopped(BaseException):
    """A statement of a cell took too long."""


class Patience:
    """Seconds that the statements of a notebook may take together, before the answer is called."""

    def __init__(self, seconds):
        self.seconds = self.left = seconds

    def __enter__(self):
        self.began = time.monotonic()
        signal.signal(signal.SIGALRM, self._stop)
        signal.setitimer(signal.ITIMER_REAL, max(self.left, LEAST), AGAIN)

    def __exit__(self, *error):
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.left -= time.monotonic() - self.began

    def _stop(self, *signalled):
        raise Stopped(TOO_LONG.format(self.seconds))


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
