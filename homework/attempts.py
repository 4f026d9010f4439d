"""One attempt at one exercise: its check with hidden seeds on an answer in a fresh process."""

import contextlib
import time
import traceback
import zlib
from pathlib import Path

from course_utils import checks
from course_utils.checks import CheckFailed
from course_utils.checks._compare import show
from homework import clean, helpers, loading
from homework.proxy import Answer, refuse_failed
from homework.sandbox import Ended, SandboxError

ROUNDS = 2  # of a check, with different seeds
MOST_CHARACTERS = 2_000  # of each text of an outcome
MOST_FAULT = 300
TEXTS = ("mistake", "checked", "expected", "received", "verified", "note", "fault")
TOLD = ("mistake", "checked", "expected", "received")
STUMBLED = (
    "the check could not work with what your answer returned: it may be of another kind, number or "
    "shape than the exercise asks for. Compare what it returns with the text of the exercise"
)
NOT_GRADED = "not graded"  # the verdict of an exercise that nobody tried, such as by --only
USED_UP = "the time of the whole submission was used up by the answers before this one"


class Attempts:
    """A student's notebook while it is graded.

    Args:
        lesson: the lesson. cells, places: of ``loading.cells_of``.
        sandbox: the submission's own. seed: of the grading, or None for the visible checks'.
        clock: the submission's time, a ``limits.Clock``.
    """

    def __init__(self, lesson, cells, places, sandbox, seed, clock):
        self.lesson, self.cells, self.places = lesson, cells, places
        self.sandbox, self.seed, self.clock = sandbox, seed, clock
        self.stopped = set()  # names that an answer defines which had to be stopped

    def make(self, exercise, elsewhere=None):
        """The outcome of one attempt.

        Args:
            elsewhere: a ``references.Connection`` to right answers in place of earlier ones.
        """
        seconds = self.clock.of(exercise.id)
        outcome = self._try(exercise, elsewhere, seconds) if seconds else self.unmade(exercise)
        if outcome["late"] and (more := self.clock.more(exercise.id, seconds)):
            outcome = self._try(exercise, elsewhere, more)
        self.clock.spend(outcome["seconds"], outcome["stopped"])
        if outcome["stopped"] and elsewhere is None:
            self.stopped |= set(exercise.defines)
        return outcome

    def _try(self, exercise, elsewhere, seconds):
        outcome, last = self._blank(exercise), {}
        before, start = self.sandbox.printed, time.monotonic()
        try:
            with self.sandbox.exercise(elsewhere, seconds) as ask:
                start = time.monotonic()  # the fork server's own start is not the exercise's
                self._check(exercise, elsewhere, ask, outcome, last)
            outcome |= {"verdict": "right", "points": exercise.points}
        except CheckFailed as failure:
            outcome |= {key: str(getattr(failure, key)) for key in TOLD} | {"verified": ""}
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
        outcome["seconds"] = time.monotonic() - start
        outcome["late"] = outcome["stopped"] and outcome["seconds"] >= seconds
        outcome["printed"] = self.sandbox.printed - before
        return outcome | {key: clean.text(outcome[key], MOST_CHARACTERS) for key in TEXTS}

    def unmade(self, exercise):
        """The outcome of an attempt for which no time is left."""
        return self._blank(exercise) | {"mistake": f"{USED_UP}.", "stopped": True}

    def _blank(self, exercise):
        outcome = {"id": exercise.id, "points": 0, "of": exercise.points, "verdict": "wrong"}
        outcome |= dict.fromkeys(TEXTS, "") | {"uses": [], "helpers": {}}
        return outcome | {"printed": 0, "seconds": 0.0, "stopped": False, "late": False}

    def _check(self, exercise, elsewhere, ask, outcome, last):
        """Load the notebook and run the check; what is learnt goes into ``outcome``."""
        try:
            names = elsewhere.names if elsewhere else ()
            asked = loading.request(self.lesson, exercise, self.cells, self.places, names)
            loaded, _ = ask(asked)
        except Ended as end:
            raise CheckFailed(f"loading the notebook was stopped: {end.reason}") from end
        refuse_failed(loaded)
        outcome["uses"] = self._uses(loaded.get("uses"))
        outcome["helpers"] = helpers.told(loaded.get("helpers"))
        if loaded.get("missing") is not False:
            outcome["verdict"] = "missing"
            raise CheckFailed(self._missing(exercise, loaded.get("faults")))
        waits = sorted(set(outcome["uses"]) & self.stopped) if elsewhere is None else ()
        if waits:
            raise CheckFailed(f"it uses {', '.join(waits)}, which had to be stopped")
        check = getattr(checks, exercise.check).__wrapped__  # the check, without its print
        for number in [0] if self.seed is None else seeds(self.seed, exercise.id):
            outcome["verified"] = check(Answer(ask, last=last), number)

    def _uses(self, told):
        """Names of answers that the sandbox says this one uses; it may say anything."""
        known = [name for entry in self.lesson.exercises for name in entry.defines]
        return [name for name in known if name in told] if isinstance(told, list) else []

    def _missing(self, exercise, faults):
        """Why the notebook does not define what the exercise asks for."""
        number, name, place = exercise.id, exercise.defines[0], self.places.get(exercise.id)
        faults = faults if isinstance(faults, dict) else {}
        if place is None:
            return f"the cell of exercise {number} is not there, and no other defines {name}"
        if str(place) in faults:
            fault = str(faults[str(place)])[:500]
            return f"the cell of exercise {number} could not be used: {fault}"
        return f"the cell of exercise {number} does not define {name}"


def seeds(seed, exercise_id):
    """The hidden seeds of an exercise: the same for every submission of a grading."""
    return [zlib.crc32(f"{seed} {exercise_id} {turn}".encode()) for turn in range(ROUNDS)]


def _came(last):
    """What an answer gave last, in words."""
    with contextlib.suppress(Exception):  # then there are no words for it
        return show(last["came"])
    return ""


def _fault(error):
    """An error of a check for the instructor: what, and at which line of the checks."""
    frames = traceback.extract_tb(error.__traceback__, limit=100)
    frames = [one for one in frames if "checks" in Path(one.filename).parts[-3:-1]]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return clean.line(f"{type(error).__name__}{place}: {error}", MOST_FAULT)
