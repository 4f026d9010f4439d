"""One sandbox for many notebooks of a lesson, as the tests of the grading use it."""

import contextlib

import submissions as made

from homework import grading, references, sandbox


class Grader:
    """A context with ``course``, ``box`` (each exercise is a fork of its own) and ``graded``."""

    def __init__(self, lesson=made.LESSON, **options):
        self.lesson, self.options = lesson, {"seconds": 5.0} | options

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        self.course = self._stack.enter_context(grading.Course())
        box = sandbox.Sandbox(self.course.of(self.lesson), **self.options)
        self.box = self._stack.enter_context(box)
        right = references.References(self.course, **self.options)
        self.references = self._stack.enter_context(right)
        return self

    def __exit__(self, *error):
        self._stack.close()

    def graded(self, notebook, only=None, seed=1):
        """Exercise id -> outcome."""
        kept = {"sandbox": self.box, "references": self.references}
        outcomes = grading.grade(self.lesson, notebook, self.course, seed, only, **kept)
        return {outcome["id"]: outcome for outcome in outcomes}


def points(outcomes):
    """Exercise id -> points."""
    return {name: outcome["points"] for name, outcome in outcomes.items()}


def without():
    """Options of ``grade`` for the walls that cannot be had where the tests run."""
    return ["--without", "cgroup"] if sandbox.why_no_group() else []
