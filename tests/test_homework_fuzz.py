"""Each check against junk of every kind: an outcome in words, never a fault of the grader."""

import contextlib
import itertools
import math
import random
import time
import warnings

import numpy as np
import pytest

from course_utils.checks import Local
from homework import attempts, clean, lessons, limits, loading, sandbox
from homework.inside import extract, needs

EXERCISES = [(lesson, one) for lesson in lessons.all_lessons() for one in lesson.exercises]
LARGE = 2**20  # numbers, as many as the wire lets through


def attempt(lesson, exercise, cells, places, box, seed):
    """The outcome of one attempt, in a box that is no sandbox."""
    clock = limits.Clock(limits.Limits(60.0))
    return attempts.Attempts(lesson, cells, places, box, seed, clock).make(exercise)


def array(value, dtype=None):
    return {"kind": "array", "present": [True]}, [np.array(value, dtype)]


def many(*values, kind="tuple", keys=None):
    header = {"kind": kind, "keys": keys, "present": [one is not None for one in values]}
    return header, [np.array(one) for one in values if one is not None]


class Shaped:
    """Replies of the right count and shape, so that checks come as far as they can."""

    def __init__(self, fill):
        self.fill = fill

    def __call__(self, request, arrays):
        made = [self.fill(np.asarray(one)) for one in arrays]
        if "gradient" in request["op"] or len(made) != 1:
            return many(*made)
        return array(made[0])


def same(value, dtype=None):
    return Shaped(lambda one: np.full(one.shape, value, dtype))


# Name -> a reply, or a function of the request that makes one.
JUNK = {
    "nothing": ({}, []),
    "no kind": ({"present": [True]}, [np.ones(3)]),
    "another kind": ({"kind": "set", "present": [True]}, [np.ones(3)]),
    "a number for present": ({"kind": "array", "present": 3}, [np.ones(3)]),
    "present that is nested": ({"kind": "tuple", "present": [[True]]}, [np.ones(3)]),
    "too few arrays": ({"kind": "tuple", "present": [True] * 3}, [np.ones(3)]),
    "too many arrays": ({"kind": "array", "present": [True]}, [np.ones(3)] * 2),
    "keys that are numbers": many(1.0, 2.0, kind="dict", keys=[1, 2]),
    "keys that are alike": many(1.0, 2.0, kind="dict", keys=["a", "a"]),
    "keys too few": many(1.0, 2.0, kind="dict", keys=["a"]),
    "long keys": many(*[1.0] * 60, kind="dict", keys=["k" * 5_000 + "\x1b\u202e"] * 60),
    "a dict": many([1.0, 1.0], kind="dict", keys=["a"]),
    "an empty dict": many(kind="dict", keys=[]),
    "a dict of nothing": many(None, kind="dict", keys=["a"]),
    "a tuple of nothing": many(None, None),
    "an empty tuple": many(),
    "a tuple of one": many([1.0, 2.0]),
    "a tuple of 60": many(*[1.0] * 60),
    "a tuple of shapes": many(1.0, [[2.0]], np.zeros((0, 3)), [True]),
    "a number": array(1.5),
    "truth": array(True),
    "an integer": array(-1),
    "empty": array([]),
    "empty in 2-d": array(np.zeros((0, 5))),
    "empty in 7-d": array(np.zeros((3, 0, 1, 1, 1, 1, 2))),
    "30 axes": array(np.ones((1,) * 30)),
    "large": array(np.ones(LARGE, np.int8)),
    "large in 2-d": array(np.ones((1_024, 1_024), np.float64)),
    "many integers in two": many(np.arange(LARGE // 2), np.arange(LARGE // 2)),
    "NaN": same(math.nan),
    "infinity": same(math.inf),
    "less than all": same(-math.inf),
    "minus zero": same(-0.0),
    "subnormal": same(5e-324),
    "the largest": same(1.7e308),
    "the largest of float32": same(3.4e38, np.float32),
    "half precision": same(60_000, np.float16),
    "extended precision": same(np.longdouble("1e4000"), np.longdouble),
    "the least integer": same(-(2**63), np.int64),
    "the largest integer": same(2**64 - 1, np.uint64),
    "bytes": same(255, np.uint8),
    "masks": same(True, np.bool_),
    "what went in": lambda request, arrays: many(*arrays) if arrays[1:] else array(3.0),
    "nothing of the right count": lambda request, arrays: many(*[None] * len(arrays)),
    "first arrays, then nothing": Shaped(lambda one: np.ones(one.shape + (1,))),
    "a handle for all": ({"handle": 0}, []),
    "an immense handle": ({"handle": 2**80}, []),
    "a failure of nothing": ({"failed": {}}, []),
    "a failure of numbers": ({"failed": {"mistake": 3, "written": 0}}, []),
    "a failure of lists": ({"failed": [1]}, []),
    "a failure in escapes": ({"failed": {"mistake": "\x1b[2J" * 9_999, "expected": "\ud800"}}, []),
    "not written, it says": ({"failed": {"mistake": "x", "written": False}}, []),
}


class Box:
    """In place of a sandbox: the notebook loads, then every request gets the same junk."""

    printed = 0

    def __init__(self, junk):
        self.junk = junk
        self.built = itertools.count(1)

    @contextlib.contextmanager
    def exercise(self, elsewhere=None, seconds=None):
        yield self.ask

    def ask(self, request, arrays=()):
        if request["op"] == "load":
            return {"missing": False, "faults": {}, "uses": []}, ()
        if request["op"] in ("build", "method") and not _is_about_handles(self.junk):
            return {"handle": next(self.built)}, []
        return self.junk(request, list(arrays)) if callable(self.junk) else self.junk


def _is_about_handles(junk):
    return isinstance(junk, tuple) and ({"handle", "failed"} & set(junk[0]) or not junk[0])


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=lambda one: getattr(one, "id", ""))
def test_no_junk_is_a_fault_of_the_grader(lesson, exercise):
    cells, places = loading.cells_of(lesson, lesson.notebook)
    slowest = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the command does
        for name, junk in JUNK.items():
            start = time.process_time()
            outcome = attempt(lesson, exercise, cells, places, Box(junk), 3)
            slowest = max(slowest, time.process_time() - start)
            assert outcome["verdict"] in ("wrong", "not written"), (name, outcome)
            assert outcome["points"] == 0 and outcome["mistake"] and not outcome["stopped"], name
            for key in attempts.TEXTS:
                assert len(outcome[key]) <= attempts.MOST_CHARACTERS + 4, (name, key)
                assert outcome[key] == clean.text(outcome[key]), (name, key)
    assert slowest < 5, slowest


class RightAtFirst(Box):
    """The reference's answers to the first requests, then junk: it meets checks further in."""

    def __init__(self, lesson, exercise, right, junk=None):
        super().__init__(junk)
        space = {"__name__": "__main__"}
        cells = [c for c in lesson.cells if c["cell_type"] == "code"]
        found, _ = extract.statements([lessons.source(cell) for cell in cells])
        for one in (one for one in found if one.kind in needs.PLAIN):
            with contextlib.suppress(Exception):  # what needs the rest of the lesson
                exec(one.code, space)
        self.handles = [Local(space[exercise.defines[0]])]
        self.right, self.asked = right, 0

    def ask(self, request, arrays=()):
        if request["op"] == "load":
            return super().ask(request)
        self.asked += 1
        if self.asked > self.right:
            return super().ask(request, arrays)
        target, arrays = self.handles[request["handle"]], [np.array(one) for one in arrays]
        if request["op"] == "call":
            return packed(target.call(tuple(arrays), request["seed"]))
        if "gradient" in request["op"]:
            probe = arrays.pop() if request["probe"] else None
            wanted = request["output"], request["weights"], probe
            value, found = target.value_and_gradient(tuple(arrays), request["seed"], *wanted)
            header, found = packed(found)
            return header, found if request["op"] == "gradient" else [value, *found]
        if request["op"] == "method":
            self.handles.append(target.method(request["name"]))
        else:
            count, names = request["numbers"], request["weights"]
            weights = None if names is None else dict(zip(names, arrays[count:], strict=True))
            self.handles.append(target.build(tuple(arrays[:count]), weights, request["seed"]))
        return {"handle": len(self.handles) - 1}, []


def packed(value):
    if isinstance(value, dict):
        return many(*value.values(), kind="dict", keys=list(value))
    return many(*value) if isinstance(value, tuple) else array(value)


STRUCTURES = ["a dict", "a tuple of one", "a tuple of nothing", "empty in 2-d", "a number", "NaN"]
STRUCTURES += ["a tuple of shapes", "an empty dict", "30 axes", "masks", "large", "an empty tuple"]


@pytest.mark.parametrize(("lesson", "exercise"), EXERCISES, ids=lambda one: getattr(one, "id", ""))
def test_junk_after_right_answers_is_no_fault_of_the_grader(lesson, exercise):
    """An answer that is right at first and then of another kind, at up to twelve places."""
    cells, places = loading.cells_of(lesson, lesson.notebook)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = RightAtFirst(lesson, exercise, right=10**6)
        outcome = attempt(lesson, exercise, cells, places, whole, None)
        assert outcome["verdict"] == "right", outcome
        rng = random.Random(exercise.id)
        for right in {*range(1, min(9, whole.asked)), *rng.choices(range(whole.asked), k=4)}:
            name = rng.choice(STRUCTURES)
            box = RightAtFirst(lesson, exercise, right, JUNK[name])
            outcome = attempt(lesson, exercise, cells, places, box, None)
            # What is asked last may be of little weight: what came first was right.
            assert outcome["verdict"] in ("right", "wrong"), (right, name, outcome)
            assert outcome["mistake"] or outcome["verdict"] == "right", (right, name, outcome)


class Odd(Exception):
    pass


@pytest.mark.parametrize("error", [Odd, RecursionError, MemoryError, AttributeError, OverflowError])
def test_any_error_of_a_check_is_its_exercise_s_outcome(monkeypatch, error):
    [lesson] = lessons.all_lessons(["01"])
    cells, places = loading.cells_of(lesson, lesson.notebook)

    def stumbles(answer, seed=0):
        answer.call((np.ones(2),), 0)
        raise error("\x1b[2Jhere")

    monkeypatch.setattr(attempts.checks.gaussian_kl, "__wrapped__", stumbles)
    box = Box(many([1.0, 2.0], kind="dict", keys=["a"]))
    outcome = attempt(lesson, lesson.exercises[2], cells, places, box, 3)
    assert outcome["verdict"] == "wrong" and "another kind, number or shape" in outcome["mistake"]
    assert outcome["fault"].startswith(error.__name__) and "\x1b" not in outcome["fault"]
    assert outcome["received"] == "a dict with the keys a"


def test_a_fault_of_the_sandbox_stays_the_grader_s(monkeypatch):
    [lesson] = lessons.all_lessons(["01"])

    def fails(request, arrays):
        raise sandbox.SandboxError("no room")

    with pytest.raises(sandbox.SandboxError):
        attempt(lesson, lesson.exercises[0], [], {}, Box(fails), 3)
