"""Grade one submission: each exercise by its check with hidden seeds, each in its own process."""

import contextlib
import tempfile
import zlib
from pathlib import Path

from course_utils import checks
from course_utils.checks import CheckFailed
from homework import helpers, loading, sealed
from homework.proxy import Answer, refuse_failed
from homework.references import References
from homework.sandbox import Ended, Sandbox, SandboxError

ROUNDS = 2  # of a check, with different seeds
RESCUED = "Right once the answers of {ids} are right: nobody loses a point twice."
MOST_CHARACTERS = 2_000  # of each text of an outcome
TEXTS = ("mistake", "checked", "expected", "received", "verified", "note")


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


def grade(lesson, notebook, course, seed=None, only=None, sandbox=None, references=None, **options):
    """Outcomes of all exercises of ``lesson`` in the student's ``notebook``.

    Each is graded with the student's other answers; if that fails and it uses answers of earlier
    exercises, also with the reference's in their place, and the better counts. Helpers beside a
    wrong earlier answer are replaced too, see ``helpers``.

    Args:
        notebook: a dict of notebook format 4.
        course: a :class:`Course`.
        seed: of the grading; None takes the visible checks' own.
        only: ids of exercises, or None for all.
        sandbox: one for this lesson that is there already; by default a new one.
        references: a :class:`References` that is kept for more; by default a new one.
        options: of new sandboxes.

    Returns:
        A list of dicts: id, points, of, verdict (``right``, ``wrong``, ``not written``,
        ``missing``), verified, mistake, checked, expected, received, note, printed.
    """
    cells, places = loading.cells_of(lesson, notebook)
    with contextlib.ExitStack() as stack:
        if sandbox is None:
            sandbox = stack.enter_context(Sandbox(course.of(lesson), **options))
        if references is None:
            references = stack.enter_context(References(course, **options))
        return _grade(lesson, cells, places, sandbox, references, seed, only)


def _grade(lesson, cells, places, sandbox, references, seed, only):
    outcomes = []
    chosen = [entry for entry in lesson.exercises if only is None or entry.id in only]
    first, stopped = [], set()
    for entry in chosen:
        first.append(_attempt(lesson, entry, cells, places, sandbox, seed, None, stopped))
        if first[-1].pop("stopped"):
            stopped |= set(entry.defines)
    failed = set()
    for exercise, outcome in zip(chosen, first, strict=True):
        earlier = lesson.exercises[: lesson.exercises.index(exercise)]
        used, called = set(outcome.pop("uses")), outcome.pop("helpers")
        wrong = {number: called[number] for number in failed & set(called)}
        if outcome["verdict"] != "right":
            failed.add(exercise.id)
        helped = [entry for entry in earlier if used & set(entry.defines)]
        if outcome["verdict"] != "right" and helped:
            for steps in ({}, *helpers.tries(lesson, wrong)):
                with references.of(lesson, earlier, steps) as elsewhere:
                    again = _attempt(lesson, exercise, cells, places, sandbox, seed, elsewhere)
                if again["verdict"] == "right" or again["stopped"]:
                    break
            if again["verdict"] == "right":
                to_blame = [entry for entry in helped if entry.id in failed] or helped
                ids = ", ".join(entry.id for entry in to_blame)
                outcome |= {"verdict": "right", "points": exercise.points}
                outcome |= {"verified": again["verified"], "note": RESCUED.format(ids=ids)}
                outcome |= {key: "" for key in ("mistake", "checked", "expected", "received")}
        outcomes.append(outcome)
    return outcomes


def _attempt(lesson, exercise, cells, places, sandbox, seed, elsewhere=None, stopped=()):
    """One grading of one exercise.

    Args:
        elsewhere: right answers in place of the student's earlier ones, see ``references``.
        stopped: an answer that uses one of these names is not waited for again.
    """
    blank = {key: "" for key in ("verified", "mistake", "checked", "expected", "received", "note")}
    outcome = {"id": exercise.id, "points": 0, "of": exercise.points, "verdict": "wrong"}
    outcome |= blank | {"uses": [], "helpers": {}, "printed": 0, "stopped": False}
    before = sandbox.printed
    try:
        with sandbox.exercise(elsewhere) as ask:
            try:
                names = elsewhere.names if elsewhere else ()
                loaded, _ = ask(loading.request(lesson, exercise, cells, places, names))
            except Ended as end:
                raise CheckFailed(f"loading the notebook was stopped: {end.reason}") from end
            refuse_failed(loaded)
            uses = loaded.get("uses")
            outcome["uses"] = [str(name) for name in uses] if isinstance(uses, list) else []
            outcome["helpers"] = helpers.told(loaded.get("helpers"))
            if loaded.get("missing") is not False:
                outcome["verdict"] = "missing"
                raise CheckFailed(_missing(exercise, places, loaded.get("faults")))
            waits = sorted(set(outcome["uses"]) & set(stopped))
            if waits:
                raise CheckFailed(f"it uses {', '.join(waits)}, which had to be stopped")
            check = getattr(checks, exercise.check).__wrapped__  # the check, without its print
            for number in [0] if seed is None else seeds(seed, exercise.id):
                outcome["verified"] = check(Answer(ask), number)
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
    except (ValueError, TypeError, IndexError, KeyError, ArithmeticError, RuntimeError) as error:
        # What a hostile answer returned made the check itself stumble.
        what = f"the check could not work with what came ({type(error).__name__}: {error})"
        outcome |= {"mistake": what[:500], "verified": ""}
    outcome["printed"] = sandbox.printed - before
    for key in TEXTS:
        if len(outcome[key]) > MOST_CHARACTERS:
            outcome[key] = outcome[key][:MOST_CHARACTERS] + " ..."
    return outcome


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
