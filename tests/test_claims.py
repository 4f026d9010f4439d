"""Claims: which hold, what is said where one does not, and which exercise is to be repaired."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from course_utils import claims, plotting, settings, tables
from course_utils.lesson import start


@pytest.fixture
def lesson(capsys):
    made = start("01")
    capsys.readouterr()
    return made


@pytest.fixture
def laptop(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "laptop")
    return start("01")


@pytest.mark.parametrize(
    ("value", "relation", "limit", "holds"),
    [
        (1, "<", 1, False),
        (1, "<=", 1, True),
        (1, ">", 1, False),
        (1, ">=", 1, True),
        (0.5, "<", 1, True),
        (1.5, ">", 1, True),
        (1, "between", (1, 2), True),
        (2.1, "between", (1, 2), False),
        (-math.inf, "<", 0, True),
        *((math.nan, relation, 1, False) for relation in ("<", "<=", ">", ">=")),
        (math.nan, "between", (-math.inf, math.inf), False),
        (1, "between", (math.nan, 2), False),
        (1, "between", (2, 0), False),
        (1, "<", math.nan, False),
    ],
)
def test_a_claim_holds_where_its_relation_does(value, relation, limit, holds):
    found = claims.made("c", value, relation, limit)
    assert found.holds is holds and found.verdict == ("yes" if holds else "no")
    if holds:
        assert found.margin >= 0


def test_the_margin_is_positive_inside_the_limit():
    margins = [
        claims.made("c", *rest).margin
        for rest in ((1, "<", 3), (1, ">", 3), (1, "between", (0, 3)), (4, "between", (0, 3)))
    ]
    assert margins == [2, -2, 1, -1]


def test_the_table_shows_value_limit_margin_and_error(lesson, capsys):
    lesson.claim("it gains", 0.52, ">", 0.26, error=0.13)
    lesson.claim("as a pair", tables.measured(2.5, 0.1), "between", (-1, 1_000))
    lesson.claim("a tensor", torch.tensor(0.25), "<=", np.float32(0.5))
    lesson.claims()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Trial run: What this lesson showed")
    rows = [" ".join(line.split()) for line in lines if "yes" in line]
    assert rows == [
        "it gains 0.52 ± 0.13 > 0.26 0.26 ± 0.13 yes",
        "as a pair 2.50 ± 0.10 between −1 and 1,000 3.50 ± 0.10 yes",
        "a tensor 0.2500 <= 0.5 0.2500 yes",
    ]


def test_what_fails_is_named_and_nothing_else(lesson, capsys):
    lesson.claim("this holds.", 1, "<", 2)
    lesson.claim("This fails.", 3, "<", 2, error=0.5)
    lesson.claim("and so does that", math.nan, ">", 0)
    with pytest.raises(claims.ClaimFailed) as told:
        lesson.claims()
    assert "no" in capsys.readouterr().out  # the table is shown all the same
    assert str(told.value).splitlines() == [
        "Claim failed: This fails. Measured 3.0 ± 0.5, limit < 2.",
        "Claim failed: and so does that. Measured NaN, limit > 0.",
    ]
    assert told.value.failed == ("This fails.", "and so does that")
    assert not isinstance(told.value, AssertionError)


def test_a_claim_made_again_takes_the_place_of_the_first(lesson):
    lesson.claim("c", 3, "<", 2)
    lesson.claim("c", 1, "<", 2)
    lesson.claims()


def test_none_made_is_no_success(lesson):
    with pytest.raises(claims.ClaimFailed, match="No claim was made: run the cells above first"):
        lesson.claims()


def test_what_only_real_data_carry_cannot_fail_elsewhere(lesson, laptop, capsys):
    for one in (lesson, laptop):
        one.claim("sharp", 0, ">", 1, real=True)
        one.claim("sound", 2, ">", 1)
    lesson.claims()
    assert "only on real data" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(claims.ClaimFailed, match="sharp"):
        laptop.claims()
    laptop.on_real_data = False
    laptop.claim("sharp", 0, ">", 1, real=True)
    laptop.claims()


HEAD = "def gaussian_kl(mu, log_var):\n    "
RIGHT = HEAD + "return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)"
STUB = HEAD + 'raise NotImplementedError("Exercise 1.3: write it")'
FAILS = 'lesson.claim("c", 3, "<", 2{})\nlesson.claims()'


@pytest.mark.parametrize(
    ("answer", "rests_on", "told"),
    [
        (STUB, "gaussian_kl", "repair exercise 1.3 (gaussian_kl): it is not written yet."),
        (STUB, None, "repair exercise 1.3 (gaussian_kl): it is not written yet."),
        (RIGHT.replace("0.5 *", ""), "gaussian_kl", "1.3 (gaussian_kl): it is not right yet."),
        (RIGHT, "gaussian_kl", "limit < 2."),
        (RIGHT.replace("0.5 *", ""), None, "limit < 2."),  # it rests on none that is known
        ("", "gaussian_kl", "First write gaussian_kl, on which it rests."),
        (STUB.replace("gaussian_kl", "f"), "f", "First write f, on which it rests."),
        ("class f:\n    def a(self):\n        raise NotImplementedError", "f", "First write f"),
        ("def f():\n    return 1", "f", "limit < 2."),
    ],
)
def test_the_unfinished_exercise_is_named(lesson, answer, rests_on, told):
    space = {"lesson": lesson, "__name__": "__main__"}
    exec(answer, space)
    with pytest.raises(claims.ClaimFailed) as failure:
        exec(FAILS.format(f", rests_on={rests_on!r}" if rests_on else ""), space)
    assert told in str(failure.value)
    if told == "limit < 2.":
        assert str(failure.value).endswith(told)


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (("", 1, "<", 2), ValueError, "text: expected a sentence"),
        ((None, 1, "<", 2), ValueError, "text: expected a sentence"),
        (("c", 1, "==", 2), ValueError, "relation: expected one of <, <=, >, >=, between"),
        (("c", 1, "between", 2), ValueError, r"limit: expected \(least, most\)"),
        (("c", 1, "<", "2"), TypeError, "limit: expected a number, got '2'"),
        (("c", torch.ones(2), "<", 2), TypeError, "value: expected a number, got a tensor"),
        (("c", True, "<", 2), TypeError, "value: expected a number"),
    ],
)
def test_what_is_no_claim_is_refused(lesson, arguments, error, told):
    with pytest.raises(error, match=told):
        lesson.claim(*arguments)


def test_a_negative_error_is_refused(lesson):
    with pytest.raises(ValueError, match="error: expected at least 0"):
        lesson.claim("c", 1, "<", 2, error=-1)


def test_in_a_notebook_a_failure_is_its_message_and_no_traceback(lesson, monkeypatch):
    monkeypatch.setattr(plotting, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: None)
    lesson.claim("c", 3, "<", 2)
    with pytest.raises(claims.ClaimFailed) as told:
        lesson.claims()
    assert told.value._render_traceback_() == ["Claim failed: c. Measured 3, limit < 2."]


@pytest.mark.parametrize("edition", [1, 2])
def test_claims_hold_without_assertions(edition):
    """A lesson whose claims are assertions refuses to start there; one with claims does not."""
    code = f"""
from course_utils import claims, lesson, numbering
numbering.edition = lambda name: {edition}
made = lesson.start("01")
made.claim("c", 3, "<", 2)
try:
    made.claims()
except claims.ClaimFailed as failure:
    print("raised:", failure)
"""
    done = subprocess.run(
        [sys.executable, "-O", "-c", code],
        cwd=settings.root(),
        env=os.environ | {"COURSE_PROFILE": "smoke"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if edition == 1:
        assert "RuntimeError: Python runs without assertions" in done.stderr
    else:
        assert "raised: Claim failed: c." in done.stdout, done.stderr
