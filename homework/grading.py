"""Grade one submission: each exercise by its check with hidden seeds, each in its own process."""

import contextlib
import tempfile
import traceback
import zlib
from pathlib import Path

from course_utils import checks
from course_utils.checks import CheckFailed
from course_utils.checks._compare import show
from homework import clean, sealed
from homework.lessons import source
from homework.proxy import Answer, refuse_failed
from homework.sandbox import Ended, Sandbox, SandboxError

ROUNDS = 2  # of a check, with different seeds
RESCUED = "Right once the answers of {ids} are right: nobody loses a point twice."
MOST_CHARACTERS = 2_000  # of each text of an outcome
MOST_FAULT = 300
TEXTS = ("mistake", "checked", "expected", "received", "verified", "note", "fault")
STUMBLED = (
    "the check could not work with what your answer returned: it may be of another kind, number or "
    "shape than the exercise asks for. Compare what it returns with the text of the exercise"
)


class Course:
    """The sealed copies of the package, one for each lesson, for the time of a grading."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="course-")
        Path(self._folder.name).chmod(0o755)
        self._made = {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._folder.cleanup()

    def of(self, lesson):
        """Folder of the copy for ``lesson``."""
        if lesson.number not in self._made:
            folder = Path(self._folder.name) / lesson.name
            sealed.make(lesson, folder)
            self._made[lesson.number] = folder
        return self._made[lesson.number]


def seeds(seed, exercise_id):
    """The hidden seeds of an exercise: the same for every submission of a grading."""
    return [zlib.crc32(f"{seed} {exercise_id} {turn}".encode()) for turn in range(ROUNDS)]


def grade(lesson, notebook, course, seed=None, only=None, sandbox=None, **options):
    """Outcomes of all exercises of ``lesson`` in the student's ``notebook``.

    Each is graded with the student's other answers; if that fails and it uses answers of earlier
    exercises, also with the reference's in their place, and the better counts.

    Args:
        notebook: a dict of notebook format 4.
        course: a :class:`Course`.
        seed: of the grading; None takes the visible checks' own.
        only: ids of exercises, or None for all.
        sandbox: one for this lesson that is there already; by default a new one.
        options: of the new ``Sandbox``.

    Returns:
        A list of dicts: id, points, of, verdict (``right``, ``wrong``, ``not written``,
        ``missing``), verified, mistake, checked, expected, received, note, printed, and fault:
        the error, for the instructor, where a check itself stumbled.
    """
    cells, places = _student_cells(lesson, notebook)
    if sandbox is None:
        with Sandbox(course.of(lesson), **options) as new:
            return _grade(lesson, cells, places, new, seed, only)
    return _grade(lesson, cells, places, sandbox, seed, only)


def _grade(lesson, cells, places, sandbox, seed, only):
    outcomes = []
    chosen = [entry for entry in lesson.exercises if only is None or entry.id in only]
    first, stopped = [], set()
    for entry in chosen:
        first.append(_attempt(lesson, entry, cells, places, sandbox, seed, (), stopped))
        if first[-1].pop("stopped"):
            stopped |= set(entry.defines)
    # In the order of the lesson: a reference is in the sandbox only after the exercise that it
    # answers was graded for good.
    for exercise, outcome in zip(chosen, first, strict=True):
        earlier = lesson.exercises[: lesson.exercises.index(exercise)]
        used = set(outcome.pop("uses"))
        helped = [entry for entry in earlier if used & set(entry.defines)]
        if outcome["verdict"] != "right" and helped:
            again = _attempt(lesson, exercise, cells, places, sandbox, seed, earlier)
            if again["verdict"] == "right":
                ids = ", ".join(entry.id for entry in helped)
                outcome |= {"verdict": "right", "points": exercise.points}
                outcome |= {"verified": again["verified"], "note": RESCUED.format(ids=ids)}
                outcome |= dict.fromkeys(("mistake", "checked", "expected", "received"), "")
                outcome["fault"] = ""
        outcomes.append(outcome)
    return outcomes


def _student_cells(lesson, notebook):
    """Sources of the code cells, and exercise id -> index of its cell among them."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    places = {}
    for index, cell in enumerate(code):
        course = cell.get("metadata", {}).get("course")
        if isinstance(course, dict) and isinstance(course.get("id"), str):
            names = next((e.defines for e in lesson.exercises if e.id == course["id"]), ())
            if any(name in source(cell) for name in names):  # of copies the last that defines it
                places[course["id"]] = index
            places.setdefault(course["id"], index)
    return [source(cell) for cell in code], places


def _attempt(lesson, exercise, cells, places, sandbox, seed, references, stopped=()):
    """One grading of one exercise, with ``references`` in place of the student's answers.

    An answer that uses one of those in ``stopped`` is not waited for again.
    """
    blank = dict.fromkeys(TEXTS, "")
    outcome = {"id": exercise.id, "points": 0, "of": exercise.points, "verdict": "wrong"}
    outcome |= blank | {"uses": [], "printed": 0, "stopped": False}
    before, last = sandbox.printed, {}
    try:
        with sandbox.exercise() as ask:
            try:
                loaded, _ = ask(_load(lesson, exercise, cells, places, references))
            except Ended as end:
                raise CheckFailed(f"loading the notebook was stopped: {end.reason}") from end
            refuse_failed(loaded)
            uses = loaded.get("uses")
            known = [name for entry in lesson.exercises for name in entry.defines]
            outcome["uses"] = [n for n in known if n in uses] if isinstance(uses, list) else []
            if loaded.get("missing") is not False:
                outcome["verdict"] = "missing"
                raise CheckFailed(_missing(exercise, places, loaded.get("faults")))
            waits = sorted(set(outcome["uses"]) & set(stopped))
            if waits:
                raise CheckFailed(f"it uses {', '.join(waits)}, which had to be stopped")
            check = getattr(checks, exercise.check).__wrapped__  # the check, without its print
            for number in [0] if seed is None else seeds(seed, exercise.id):
                outcome["verified"] = check(Answer(ask, last=last), number)
        outcome |= {"verdict": "right", "points": exercise.points}
    except CheckFailed as failure:
        told = ("mistake", "checked", "expected", "received")
        outcome |= {key: str(getattr(failure, key)) for key in told} | {"verified": ""}
        outcome["stopped"] = isinstance(failure.__cause__, Ended)
        if not failure.written:
            outcome["verdict"] = "not written"
    except Ended as end:
        outcome |= {"mistake": f"the answer was stopped: {end.reason}", "verified": ""}
        outcome["stopped"] = True
    except SandboxError:  # the grader's fault, which costs nobody points
        raise
    except Exception as error:  # what an answer returned made the check itself stumble
        outcome |= {"mistake": STUMBLED + ".", "received": _came(last), "verified": ""}
        outcome["fault"] = _fault(error)
    outcome["printed"] = sandbox.printed - before
    for key in TEXTS:
        outcome[key] = clean.text(outcome[key], MOST_CHARACTERS)
    return outcome


def _came(last):
    """What an answer gave last, in words."""
    with contextlib.suppress(Exception):  # then there are no words for it
        return show(last["came"])
    return ""


def _fault(error):
    """An error of a check for the instructor: what, and at which line of the checks."""
    frames = traceback.extract_tb(error.__traceback__, limit=100)
    frames = [one for one in frames if Path(one.filename).parent.name == "checks"]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return clean.line(f"{type(error).__name__}{place}: {error}", MOST_FAULT)


def _load(lesson, exercise, cells, places, references):
    listed = [
        {"id": entry.id, "defines": list(entry.defines), "cell": places.get(entry.id)}
        for entry in lesson.exercises
    ]
    texts = []
    if references:  # their solutions, and the imports of the lesson that they need
        texts = [["reference 0", _imports(lesson)]]
        texts += [["reference 0", lesson.references[entry.id]] for entry in references]
    replaced = [entry.id for entry in references]
    asked = {"op": "load", "cells": cells, "exercises": listed, "graded": exercise.id}
    return asked | {"references": texts, "replaced": replaced}


def _imports(lesson):
    cell = next(cell for cell in lesson.cells if cell["cell_type"] == "code")
    lines = source(cell).splitlines()
    return "\n".join(line for line in lines if line.startswith(("import ", "from "))) + "\n"


def _missing(exercise, places, faults):
    """Why the notebook does not define what the exercise asks for."""
    name, place = exercise.defines[0], places.get(exercise.id)
    faults = faults if isinstance(faults, dict) else {}
    if place is None:
        return f"the cell of exercise {exercise.id} is not there, and no other defines {name}"
    if str(place) in faults:
        return (
            f"the cell of exercise {exercise.id} could not be used: {str(faults[str(place)])[:500]}"
        )
    return f"the cell of exercise {exercise.id} does not define {name}"
