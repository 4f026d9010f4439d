"""How long an exercise may take: at least some seconds, and what the solution takes if need be."""

import pytest
import submissions as made
from grader import Grader, points

from course_utils import settings
from homework import attempts, grading, limits, sandbox

REASON = sandbox.why_not()
needs_sandbox = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)
TOOK = {"1.1": 0.1, "1.2": 1.0}


def measured(calls):
    def measure():
        calls.append(1)
        return dict(TOOK)

    return limits.Limits(measure=measure)


def test_what_is_told_holds():
    told = limits.Limits(7.0, measure=lambda: 1 / 0)
    clock = limits.Clock(told)
    assert clock.of("1.1") == 7.0 and clock.more("1.1", 7.0) == 0.0
    clock.spend(7.0, stopped=True)
    assert clock.of("1.2") == 7.0 and told.whole == 70.0


def test_nothing_is_measured_while_the_least_is_enough():
    calls = []
    clock = limits.Clock(measured(calls))
    assert clock.of("1.1") == clock.of("1.2") == limits.LEAST
    clock.spend(1.0, stopped=False)
    assert clock.of("1.2") == limits.LEAST and not calls


def test_a_slow_solution_gives_more_time():
    calls = []
    clock = limits.Clock(measured(calls))
    assert clock.more("1.1", limits.LEAST) == 0.0  # twenty times a tenth of a second is less
    assert clock.more("1.2", limits.LEAST) == limits.TIMES
    assert calls == [1]  # once for a class


def test_after_a_stop_the_others_have_less_and_the_whole_is_bounded():
    calls = []
    clock = limits.Clock(measured(calls))
    clock.spend(3.0, stopped=True)
    assert clock.of("1.1") == limits.LEAST_AFTER
    spent = 3.0
    while seconds := clock.of("1.2"):
        clock.spend(seconds, stopped=True)
        spent += seconds
        assert spent < 100
    assert spent == pytest.approx(limits.TIMES_ALL * sum(TOOK.values())) and calls == [1]


@needs_sandbox
def test_a_slow_machine_stops_nobody(monkeypatch):
    """With hardly any time at first, each honest answer is given what the solution says."""
    monkeypatch.setattr(limits, "LEAST", 0.001)
    monkeypatch.setattr(limits, "LEAST_AFTER", 0.001)
    monkeypatch.setattr(limits, "LEAST_ALL", 0.001)
    with Grader() as grader:
        found = limits.Limits(measure=lambda: dict.fromkeys(made.IDS, 2.0))
        kept = {"sandbox": grader.box, "references": grader.references, "limits": found}
        outcomes = grading.grade(made.LESSON, made.notebook(), grader.course, 1, **kept)
    assert points({one["id"]: one for one in outcomes}) == made.POINTS


@needs_sandbox
def test_a_submission_that_takes_too_long_is_told_so(monkeypatch):
    monkeypatch.setattr(limits, "LEAST", 0.5)
    monkeypatch.setattr(limits, "LEAST_AFTER", 0.3)
    monkeypatch.setattr(limits, "LEAST_ALL", 0.9)
    endless = {one: made.function(one, "while True:\n    pass") for one in made.IDS}
    with Grader() as grader:
        found = limits.Limits(measure=lambda: dict.fromkeys(made.IDS, 0.001))
        kept = {"sandbox": grader.box, "references": grader.references, "limits": found}
        outcomes = grading.grade(made.LESSON, made.notebook(endless), grader.course, 1, **kept)
    told = [one["mistake"] for one in outcomes]
    assert "longer than 0.5 seconds" in told[0] and "longer than 0.3 seconds" in told[1]
    assert told[-1] == f"{attempts.USED_UP}." and sum(one["points"] for one in outcomes) == 0


@needs_sandbox
def test_the_solution_must_earn_everything_here(monkeypatch):
    with Grader() as grader:
        took = grading.solution_seconds(made.LESSON, grader.course)
        assert set(took) == set(made.IDS) and all(0 < one < 60 for one in took.values())
        wrong = [{"id": "1.1", "verdict": "wrong", "seconds": 1.0, "mistake": "x."}]
        monkeypatch.setattr(grading, "grade", lambda *arguments, **named: wrong)
        with pytest.raises(sandbox.SandboxError, match="own solution of 1.1 fails here: x"):
            grading.solution_seconds(made.LESSON, grader.course)
