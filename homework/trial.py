"""Tries what a lesson's copy of the package still holds as an answer to each of its exercises.

``python -m homework.trial FOLDER`` with a JSON on the standard input: ``exercises``, pairs of a
number and the name of its check, and ``setup``, sources that define the right answers. It prints a
JSON list of sentences, one for each answer that was found. ``FOLDER`` is a copy as
``sealed.make`` writes it.

The right answer, recorded, says which arguments a check gives and which shapes it wants back. Every
function, method, class and instance of the copy is called with these arguments in many orders, as a
method with a stand-in for ``self``; whatever has the right shape goes through the check.
"""

import contextlib
import importlib
import inspect
import itertools
import json
import signal
import sys
import time
import types
from functools import partial
from pathlib import Path

import torch

from homework.stand_ins import STAND_INS, Self, by_shape, calls_its_first, parameters, with_self

SECONDS = 1.0  # for one call, and five times that for a check
MOST_SECONDS = 2.0  # for one function and exercise, in all orders of the arguments
SEEDS = (0, 1)
PADS = ((), (0,), (1,), (2,), (3,), (None,), (0.0,), ("A",), ("B",), (1, 1), (0.0, 0.0))
SMALL = ((), (2,), (2, 2), (2, 2, 2), (2, 2, 3), (2, (4,), 2), (2, (4,)), (1, 1, 3, "A"))
MOST_ORDERED = 4  # arguments that are tried in every order


def main(folder):
    asked = json.load(sys.stdin)
    torch.set_printoptions(threshold=0, edgeitems=1)  # what is refused is told, again and again
    checks = _load(folder)
    space, found = {"__name__": "__main__"}, []
    for text in asked["setup"]:
        with contextlib.suppress(Exception):  # what is missed is missed by the right answer below
            exec(text, space)
    # All right answers first: what torch imports on the way must not meet the limit of time.
    exercises = [
        (number, Exercise(getattr(checks, name).__wrapped__, space[answer]))
        for number, name, answer in asked["exercises"]
    ]
    for title, function in [pair for pair in _candidates(folder) if not refuses(pair[1])]:
        for number, tried in exercises:
            found += [f"exercise {number}: {how}" for how in tried.answered_by(title, function)]
    print(json.dumps(found))


def _load(folder):
    """The true checks, beside the package's copy."""
    real = str(Path(importlib.util.find_spec("course_utils").origin).parent)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    import course_utils

    if not course_utils.__file__.startswith(folder):
        raise ImportError(f"{folder} does not come first")
    course_utils.__path__.append(real)
    from course_utils import checks

    return checks


def _candidates(folder):
    """(title, function): every function, method and class of the copy, public or private."""
    root = Path(folder) / "course_utils"
    for path in sorted(root.rglob("*.py")):
        parts = [part for part in path.relative_to(root).with_suffix("").parts if part[:2] != "__"]
        module = importlib.import_module(".".join(["course_utils", *parts]))
        for name, value in list(vars(module).items()):
            title = ".".join([*parts, name])
            own = getattr(value, "__module__", None) == module.__name__
            if isinstance(value, type) and own:
                yield title, value
                yield from _methods(title, value)
            elif callable(value) and own and not isinstance(value, type):
                plain = inspect.unwrap(value)  # no_grad's wrapper can be taken off
                yield title, plain
                if calls_its_first(plain):
                    yield f"{title} of a function", partial(with_self, plain, by_shape)


def refuses(function):
    """True for what the copy cut or sealed: its one line raises, whatever it is called with."""
    while isinstance(function, partial):
        function = function.args[0] if function.func is with_self else function.func
    code = getattr(inspect.unwrap(function), "__code__", None)
    constants = code.co_consts if code else ()
    return any(isinstance(one, str) and "is left out of the grading: " in one for one in constants)


def _methods(title, kind):
    for name, value in list(vars(kind).items()):
        value = value.fget if isinstance(value, property) else value
        if isinstance(value, (staticmethod, classmethod)):
            yield f"{title}.{name}", getattr(kind, name)
        elif isinstance(value, types.FunctionType) and name[:2] != "__":
            for label, stand_in in STAND_INS.items():
                yield f"{title}.{name} of {label}", partial(with_self, value, stand_in)
    for numbers in SMALL:
        made = _attempt(kind, *numbers)
        names = [n for n in vars(kind) if n[:2] != "__"] if made is not None else []
        for name in ["__call__", *names] if names or callable(made) else ():
            method = _attempt(getattr, made, name)
            if inspect.ismethod(method):
                yield f"{title}{numbers}.{name}", method


class Exercise:
    """One check, and what its right answer was asked and gave."""

    def __init__(self, check, answer):
        self._check = check
        self._asked, self._wanted, self.is_class = None, None, isinstance(answer, type)
        self._value = None
        self._names = parameters(answer)

        def recorded(*arguments):
            value = answer(*arguments)
            if self._asked is None:
                self._asked, self._wanted, self._value = arguments, _shape(value), value
            return value

        check(answer if self.is_class else recorded, SEEDS[0])
        if not self.is_class and not _near(_attempt(answer, *self._copies()), self._value):
            self._value = None  # noise: any value may be right

    def answered_by(self, title, function):
        """How ``function`` answers the exercise: at most one sentence."""
        if self.is_class:
            if isinstance(function, type) and self._passes(function):
                return [f"course_utils.{title} is the answer"]
            return []
        start = time.monotonic()
        for how, arrange in self._orders(function):
            if time.monotonic() - start > MOST_SECONDS:
                break
            value = _attempt(lambda arrange=arrange: function(*arrange(self._copies())))
            for what, change in _changes(value):
                if self._may_be_right(_attempt(change, value)) and self._passes(
                    lambda *a, change=change, arrange=arrange: change(function(*arrange(a)))
                ):
                    return [f"course_utils.{title}{how}{what} is the answer"]
        return []

    def _may_be_right(self, value):
        """The shapes that are wanted; without noise also about the values: a check takes longer."""
        if _shape(value) != self._wanted:
            return False
        return self._value is None or _near(value, self._value)

    def _copies(self):
        return tuple(getattr(value, "clone", lambda v=value: v)() for value in self._asked)

    def _orders(self, function):
        """(label, arguments -> arguments): orders in which the function takes them."""
        least, most, names = _signature(function)
        count, seen = len(self._asked), set()
        mine = dict(zip(self._names, range(count), strict=False))
        by_name = [mine[name] for name in names if name in mine]
        orders = [tuple(range(count)), tuple(by_name)]
        for size in range(count, max(count - 3, -1), -1):
            orders += (
                itertools.permutations(range(count), size)
                if count <= MOST_ORDERED
                else [tuple(range(size)), tuple(range(count - size, count))]
            )
        for order in orders:
            for pad in PADS:
                if least <= len(order) + len(pad) <= most and (order, pad) not in seen:
                    seen.add((order, pad))
                    if pad and order != tuple(range(count)) and order != tuple(by_name):
                        continue
                    label = "" if order == tuple(range(count)) else f" of arguments {order}"
                    label += f" and {pad}" if pad else ""
                    yield label, lambda a, o=order, p=pad: (*(a[i] for i in o), *p)

    def _passes(self, answer):
        try:
            with _limited(5 * SECONDS):
                for seed in SEEDS:
                    self._check(answer, seed)
        except Exception:
            return False
        return True


def _signature(function):
    """(least, most) positional arguments, and their names."""
    if isinstance(function, partial) and function.func is with_self:
        return 0, 99, []
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 0, 99, []
    plain = [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    least = sum(p.default is p.empty for p in plain)
    free = any(p.kind is p.VAR_POSITIONAL for p in found)
    return least, 99 if free else len(plain), [p.name for p in plain]


def _changes(value):
    """(label, change): the value, its parts, and what a line makes of it."""
    yield "", lambda v: v
    if value is None:
        return
    if isinstance(value, (tuple, list)) and len(value) < 9:
        for number in range(len(value)):
            yield f"[{number}]", lambda v, n=number: v[n]
        yield "[:2]", lambda v: tuple(v[:2])
    elif isinstance(value, dict):
        for key in value:
            yield f"[{key!r}]", lambda v, k=key: v[k]
    elif _is_array(value):
        yield ", negated,", lambda v: -v
        yield ", summed over the last axis,", lambda v: v.sum(-1)
        yield ", averaged over the first axis,", lambda v: v.mean(0)
    else:
        for name in _parts(value):
            yield f".{name}", lambda v, n=name: getattr(v, n)


def _parts(value):
    """Names of the tensors that an object holds."""
    names = [] if isinstance(value, Self) else list(getattr(value, "__dict__", {}))
    if isinstance(value, torch.nn.Module):
        names += [*value._buffers, *value._parameters]
    return [name for name in names if _is_array(_attempt(getattr, value, name))]


def _shape(value):
    """Shapes of an answer, such as the check compares; None for what is no answer."""
    if isinstance(value, dict):
        return {str(key): _shape(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [_shape(entry) for entry in value]
    if isinstance(value, (bool, int, float)):
        return [()]
    return [tuple(value.shape)] if _is_array(value) else None


def _near(value, wanted):
    """True if no number is off by more than a tenth, of 1 or of itself, which no check allows."""
    if isinstance(wanted, dict):
        return all(_near(value[key], wanted[key]) for key in wanted)
    if isinstance(wanted, (tuple, list)):
        return all(map(_near, value, wanted))
    if value is None or not _is_array(torch.as_tensor(wanted)):
        return value is wanted
    one, two = (torch.as_tensor(part).detach().double() for part in (value, wanted))
    return torch.allclose(one, two, rtol=0.1, atol=0.1, equal_nan=True)


def _is_array(value):
    return isinstance(getattr(value, "shape", None), tuple)


def _attempt(function, *arguments):
    """What it gives, or None."""
    try:
        with _limited(SECONDS):
            return function(*arguments)
    except Exception:
        return None


class _Late(Exception):
    """A call took too long."""


@contextlib.contextmanager
def _limited(seconds):
    def late(number, frame):
        raise _Late()

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main(sys.argv[1])
