"""Which earlier answer is to be repaired first, where one that calls it is not right.

An answer may call those of earlier exercises. Where it fails, the fault may be theirs, and a
message about its own formula would send the reader to the wrong cell.
"""

import contextlib
import dis
import io
import types

from course_utils.checks._remote import CheckFailed, Remote

PACKAGE = "course_utils."  # what is lent is there, or is the package's own function


def first_to_repair(answer, exercise, failure, checks):
    """The failure that names the earlier answer at fault, or None where none is.

    Args:
        answer: what was checked. A handle (:class:`Remote`) shows nothing of what it calls.
        exercise: its exercise's number. failure: how it failed.
        checks: all checks, of which those of the lesson's earlier exercises are tried.
    """
    if isinstance(answer, Remote):
        return None
    earlier = _earlier(exercise, checks)
    reached = _reached(answer, earlier)
    for name in sorted(reached, key=lambda name: _place(earlier[name].exercise)):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                earlier[name](reached[name])
        except CheckFailed as found:
            first = f"first repair {earlier[name].exercise} ({name}), which this answer calls"
            told = found.mistake if found.mistake.startswith("first repair") else ""
            if not found.written and not told:
                told = f"{first}: it is {found.mistake}"
            told = told or f"{first}: it is not right yet. Its own check says what is wrong with it"
            return CheckFailed(
                told,
                name=failure.name,
                checked=failure.checked,
                written=failure.written and found.written,
            )
    return None


def lent_to(answer, exercise, checks):
    """Names of earlier exercises of which ``answer`` calls what is lent, each under its own name.

    There the grading puts a right one in its place, so the answer earns its own points. Classes
    are left out: the grading has none to put there.
    """
    found = _reached(answer, _earlier(exercise, checks))
    return {
        name
        for name, value in found.items()
        if isinstance(value, types.FunctionType)
        and value.__module__.startswith(PACKAGE)
        and value.__name__ == name
    }


def _earlier(exercise, checks):
    """Name -> check of the lesson's exercises before this one."""
    lesson, number = _place(exercise)
    return {
        one.defines: one
        for one in checks
        if _place(one.exercise)[0] == lesson and _place(one.exercise)[1] < number
    }


def _place(exercise):
    """The lesson, and the number in it, to compare: 1.10 comes after 1.9."""
    lesson, _, number = exercise.partition(".")
    return lesson, int(number)


def _reached(answer, names):
    """name -> value, for those of ``names`` that the answer's code, or what it calls, looks up."""
    found, seen, waiting = {}, set(), [answer]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, type):
            waiting += [one for kind in value.__mro__[:-1] for one in vars(kind).values()]
        elif isinstance(value, types.MethodType):
            waiting.append(value.__func__)
        elif isinstance(value, (staticmethod, classmethod)):
            waiting.append(value.__func__)
        elif isinstance(value, types.FunctionType) and _is_the_readers(value, answer):
            for name, used in _looked_up(value):
                if name in names and used is not answer and callable(used):
                    found[name] = used
                if isinstance(used, (type, types.FunctionType)):
                    waiting.append(used)
    return found


def _is_the_readers(function, answer):
    """True for a function of the same module as the answer: no walk through libraries."""
    return function.__module__ == getattr(answer, "__module__", None)


def _looked_up(function):
    """Pairs (name, value) of the globals and closed-over names of a function's code."""
    codes, names = [function.__code__], set()
    while codes:
        code = codes.pop()
        steps = dis.get_instructions(code)
        names |= {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
        codes += [one for one in code.co_consts if isinstance(one, types.CodeType)]
    yield from ((name, function.__globals__[name]) for name in names & set(function.__globals__))
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        with contextlib.suppress(ValueError):  # not bound yet
            yield name, cell.cell_contents
