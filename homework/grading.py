"""Grade one submission: each exercise with the student's answers, and with right earlier ones."""

import contextlib
import tempfile
from pathlib import Path

from homework import helpers, loading, sealed
from homework.attempts import Attempts
from homework.limits import Clock, Limits
from homework.references import References
from homework.sandbox import Sandbox, SandboxError

SOLUTION = 120.0  # seconds for an exercise of the lesson's own solution, on any machine
RESCUED = "Right once the answers of {ids} are right: nobody loses a point twice."
REPAIR = "First repair {ids}, which this answer uses. With right answers in their place: {mistake}"
TOLD = ("mistake", "checked", "expected", "received", "verdict", "fault")


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


def grade(
    lesson,
    notebook,
    course,
    seed=None,
    only=None,
    sandbox=None,
    references=None,
    limits=None,
    **options,
):
    """Outcomes of all exercises of ``lesson`` in the student's ``notebook``.

    Each is graded with the student's other answers; if that fails and it uses answers of earlier
    exercises, also with the right ones in their place, and the better counts.

    Args:
        notebook: a dict of notebook format 4.
        course: a :class:`Course`.
        seed: of the grading; None takes the visible checks' own.
        only: ids of exercises, or None for all.
        sandbox: one for this lesson that is there already; by default a new one.
        references: a :class:`References` that is kept for more; by default a new one.
        limits: a :class:`Limits`; by default each exercise has the sandbox's time.
        options: of new sandboxes.

    Returns:
        A list of dicts: id, points, of, verdict (``right``, ``wrong``, ``not written``,
        ``missing``), verified, mistake, checked, expected, received, note, printed, seconds, and
        fault: the error, for the instructor, where a check itself stumbled.
    """
    cells, places = loading.cells_of(lesson, notebook)
    with contextlib.ExitStack() as stack:
        if sandbox is None:
            sandbox = stack.enter_context(Sandbox(course.of(lesson), **options))
        if references is None:
            references = stack.enter_context(References(course, **options))
        clock = Clock(limits or Limits(sandbox.seconds))
        attempts = Attempts(lesson, cells, places, sandbox, seed, clock)
        return _grade(attempts, references, only)


def solution_seconds(lesson, course, **options):
    """Exercise id -> seconds of the lesson's own solution, here and now.

    Raises:
        SandboxError: it does not earn everything here, so nobody could.
    """
    outcomes = grade(lesson, lesson.notebook, course, limits=Limits(SOLUTION), **options)
    for outcome in outcomes:
        if outcome["verdict"] != "right":
            told = f"the lesson's own solution of {outcome['id']} fails here: {outcome['mistake']}"
            raise SandboxError(told)
    return {outcome["id"]: outcome["seconds"] for outcome in outcomes}


def _grade(attempts, references, only):
    lesson = attempts.lesson
    chosen = [entry for entry in lesson.exercises if only is None or entry.id in only]
    outcomes = [attempts.make(exercise) for exercise in chosen]
    failed = set()
    for exercise, outcome in zip(chosen, outcomes, strict=True):
        earlier = lesson.exercises[: lesson.exercises.index(exercise)]
        used, called = set(outcome.pop("uses")), outcome.pop("helpers")
        helped = [entry for entry in earlier if used & set(entry.defines)]
        if outcome["verdict"] != "right":
            failed.add(exercise.id)
        to_blame = [entry for entry in helped if entry.id in failed] or helped
        if outcome["verdict"] != "right" and helped:
            wrong = {number: called[number] for number in failed & set(called)}
            again = _with_right_ones(attempts, references, exercise, earlier, wrong)
            ids = " and ".join(entry.id for entry in to_blame)
            if again["verdict"] == "right":
                outcome |= dict.fromkeys(("mistake", "checked", "expected", "received"), "")
                outcome |= {"verdict": "right", "points": exercise.points, "fault": ""}
                outcome |= {"verified": again["verified"], "note": RESCUED.format(ids=ids)}
            elif again["verdict"] == "wrong" and any(entry.id in failed for entry in helped):
                outcome |= {key: again[key] for key in TOLD}
                outcome["mistake"] = REPAIR.format(ids=ids, mistake=again["mistake"])
    return [{key: one[key] for key in one if key not in ("stopped", "late")} for one in outcomes]


def _with_right_ones(attempts, references, exercise, earlier, wrong):
    """An attempt with right earlier answers, and at need with right helpers too.

    Args:
        wrong: id of an earlier exercise that is not right -> the helpers in its cell.
    """
    for steps in ({}, *helpers.tries(attempts.lesson, wrong)):
        if attempts.clock.of(exercise.id) == 0:
            return attempts.unmade(exercise)
        with references.of(attempts.lesson, earlier, steps) as elsewhere:
            again = attempts.make(exercise, elsewhere)
        if again["verdict"] == "right" or again["stopped"]:
            break
    return again
