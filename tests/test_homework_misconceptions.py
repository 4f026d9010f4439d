"""What a class misunderstood: stable names of mistakes, and how often each was made."""

import csv
import io
import json
import re

import mutants
import pytest
import test_homework_shards as parts
from test_homework_shards import grade, merge, put, small, stand_in  # noqa: F401  a fixture

from course_utils import checks
from homework import feedback, grading, lessons, misconceptions, mistakes

[LESSON] = lessons.all_lessons(["01"])
KNOWN = {"01": LESSON}
# Checks whose mutants are fast, of different kinds: values, numbers, categories, masks.
TRIED = ("gaussian_kl", "active_units", "traverse", "prior_codes", "masks")


def outcome(verdict, mistake="", name="1.3"):
    return parts.outcome("", LESSON.exercises[0]) | {
        "id": name,
        "verdict": verdict,
        "mistake": mistake,
        "points": 3 * (verdict == "right"),
        "of": 3,
    }


def entry(student, *outcomes, lesson="01"):
    head = {"student": student, "lesson": lesson, "where": f"{student}/x.ipynb", "digest": ""}
    return head | {"notes": [], "words": [], "outcomes": list(outcomes)}


# Names


def without_numbers(text):
    return re.sub(r"[-+]?[\d.,]+", "#", text)


def test_a_mistake_has_one_name_under_every_seed():
    """The mutants of ``tests/mutants``: their messages hold random numbers, their names do not.

    Where a check itself says more at one seed than at another, the messages differ in words; in a
    grading the seeds are the same for everybody.
    """
    told, differ, count = set(), 0, 0
    for check in TRIED:
        for answer, _ in mutants.modules()[check].WRONG[:40]:
            found = []
            for seed in (11, 23):
                with pytest.raises(checks.CheckFailed) as caught:
                    getattr(checks, check).__wrapped__(answer, seed)
                found.append(caught.value.mistake)
            if len({without_numbers(one) for one in found}) == 1:
                names = {mistakes.name({"verdict": "wrong", "mistake": one}) for one in found}
                assert len(names) == 1, (answer.__name__, names)
                told |= names
                count += 1
                differ += found[0] != found[1]
    assert differ >= 3, "messages that never differ prove nothing"
    assert len(told) > count / 2, "names that are all alike tell nothing"


NAMED = [
    ("log_var is taken for log_std.", "log_var is taken for log_std"),
    ("the 1/2 is missing in front of log(2 pi).", "the 1/2 is missing in front of log(2 pi)"),
    (
        "in log p(z): the prior's log_var is 0, not 1 (its variance is 1).",
        "in log p(z): the prior's log_var is 0, not 1 (its variance is 1)",
    ),
    (
        "the KL is reversed: this is KL(N(0, I) || q).",
        "the KL is reversed: this is KL(N(0, I) || q)",
    ),
    ("the shape is (11,), it should be (9, 5).", "wrong shape"),
    ("rate: the shape is (7, 3), it should be (7,).", "rate: wrong shape"),
    (
        "gaussian_kl raised RuntimeError: shape '[-1, 11]' is invalid (in f, at: x.view(-1, 11)).",
        "gaussian_kl raised RuntimeError",
    ),
    ("your code raised KeyError.", "your code raised KeyError"),
    ("differentiating the result raised E: a: b.", "differentiating the result raised E"),
    (
        "the answer was stopped: it took longer than 2 seconds: is there an endless loop?.",
        "over time",
    ),
    (
        "loading the notebook was stopped: it took longer than 7.5 seconds: is there an endless "
        "loop?",
        "over time",
    ),
    (
        "the answer was stopped: it used more memory than an exercise may.",
        "stopped: it used more memory than an exercise may",
    ),
    (
        "your answer uses pandas, which answers may not use: torch, numpy, scipy and Python's own "
        "library are there.",
        "another library: pandas",
    ),
    (
        "every value is off by the same constant, +0.4423.",
        "every value is off by the same constant",
    ),
    (
        "every value is 2.001 times the right one: a factor too many or few?",
        "every value is 2 times the right one",
    ),
    (
        "First repair 1.1 and 1.2, which this answer uses. With right answers in their place: "
        "log p(z) is missing.",
        "log p(z) is missing",
    ),
    (
        "expected a tuple of two, got a tuple of 3: [18.1, 24.1, ...]  shape (9,); [1, 2].",
        "expected a tuple of two",
    ),
    (
        "the cell of exercise 1.2 could not be used: SyntaxError: invalid syntax (line 3).",
        "the cell could not be used: SyntaxError",
    ),
    ("", mistakes.OTHER),
]


@pytest.mark.parametrize(("told", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_message_has_its_name(told, name):
    assert mistakes.name({"verdict": "wrong", "mistake": told}) == name


def test_what_was_not_written_is_named_as_that():
    stub = {
        "verdict": "not written",
        "mistake": "not written yet: Exercise 1.3: write gaussian_kl.",
    }
    assert mistakes.name(stub) == mistakes.NOT_WRITTEN
    taken = "not written yet: course_utils.losses.gaussian_kl is left out of the grading: exercise"
    named = mistakes.name({"verdict": "not written", "mistake": taken})
    assert named == "takes course_utils.losses.gaussian_kl, which the grading leaves out"
    assert mistakes.name({"verdict": "right", "mistake": ""}) == ""


def test_a_hostile_message_costs_little_and_stays_short():
    for piece in (
        "First repair ",
        "(1,",
        "[1, ",
        "a raised ",
        "1,000",
        "the shape is (",
        "\n",
        "\0",
    ):
        name = mistakes.name({"verdict": "wrong", "mistake": piece * 2_000})
        assert len(name) <= mistakes.MOST_NAME + 4 and "\n" not in name and "\0" not in name


# Counts


def a_class():
    """Of three who handed in 1.3, and one who handed in 1.1 alone."""
    return [
        entry("ann", outcome("wrong", "log_var is taken for log_std.")),
        entry("bob", outcome("wrong", "log_var is taken for log_std.")),
        entry("eve", outcome("not written", "not written yet: Exercise 1.3: write gaussian_kl.")),
        entry("zoe", outcome("right", name="1.1")),
    ]


def test_shares_are_of_those_who_wrote_an_answer():
    one, two = misconceptions.of(a_class(), KNOWN)
    assert (one.id, one.given, one.right, one.mistakes) == ("1.1", 1, 1, ())
    assert (two.id, two.given, two.right, two.answered) == ("1.3", 3, 0, 2)
    assert two.mistakes == (("log_var is taken for log_std", 2),)
    assert two.missing == (("not written yet", 1),)
    rows = list(csv.DictReader(io.StringIO(misconceptions.table(a_class(), KNOWN))))
    assert [
        (row["exercise"], row["result"], row["students"], row["of"], row["share"]) for row in rows
    ] == [
        ("1.1", "right", "1", "1", "1.0000"),
        ("1.3", "right", "0", "2", "0.0000"),
        ("1.3", "wrong", "2", "2", "1.0000"),
        ("1.3", "not written", "1", "3", "0.3333"),
    ]
    page = feedback.summary(a_class(), [], KNOWN, 3)
    assert "<strong>100 %</strong> (2 of 2): log_var is taken for log_std" in page
    assert "<strong>33 %</strong> (1 of 3): not written yet" in page


def test_the_commonest_comes_first_and_the_rest_is_in_the_csv():
    graded = [
        entry(f"{letter}{count}", outcome("wrong", f"mistake {letter}"))
        for letter, often in zip("abcdefghijk", range(1, 12), strict=True)
        for count in range(often)
    ]
    [one] = misconceptions.of(graded, KNOWN)
    assert [count for _, count in one.mistakes] == list(range(11, 0, -1))
    shown = misconceptions.items(one)
    assert shown.count("<li>") == misconceptions.MOST_SHOWN + 1 and "and 3 more" in shown
    assert misconceptions.table(graded, KNOWN).count("\n") == 13  # with the right ones and a head


def test_nobody_answered_divides_by_nothing():
    graded = [entry("eve", outcome("missing", "the cell of exercise 1.3 is not there."))]
    [row, _] = csv.DictReader(io.StringIO(misconceptions.table(graded, KNOWN)))
    assert (row["result"], row["of"], row["share"]) == ("right", "0", "")
    assert "100 %" in feedback.summary(graded, [], KNOWN, 3)


def test_what_nobody_graded_counts_nowhere():
    """Such as an exercise that --only left out, and that got points by hand."""
    graded = [entry("eve", outcome("not graded")), *a_class()]
    assert misconceptions.of(graded, KNOWN) == misconceptions.of(a_class(), KNOWN)


def test_no_student_is_named_and_no_formula_is_written():
    graded = [entry("Ann Lee", outcome("wrong", "=HYPERLINK(1)")), *a_class()]
    unreadable = [type("One", (), {"student": "Bob Roe", "where": "b", "unreadable": "empty"})()]
    page, table = (
        feedback.summary(graded, unreadable, KNOWN, 3),
        misconceptions.table(graded, KNOWN),
    )
    for text in (page, table):
        assert not any(name in text for name in ("Ann Lee", "Bob Roe", "eve", "zoe"))
    assert "'=HYPERLINK" in table and ",=HYPERLINK" not in table
    assert "1 file could not be graded" in page and "Bob Roe" in feedback.problems([], unreadable)


@pytest.mark.usefixtures("stand_in")
def test_parts_and_a_resumed_grading_sum_up_the_same(tmp_path, monkeypatch):
    real = grading.grade

    def told(*arguments, **options):
        """Messages with the numbers of each file."""
        found = real(*arguments, **options)
        return [
            one | {"mistake": f"the shape is ({number}, 2), it should be (2,)."}
            if one["verdict"] == "wrong"
            else one
            for number, one in enumerate(found, start=len(str(arguments)))
        ]

    monkeypatch.setattr(grading, "grade", told)
    for number in range(12):
        put(tmp_path / "in", f"s{number}/x.ipynb", small("01", f"{number}"))
    assert grade(tmp_path / "in", tmp_path / "whole") == 0
    outs = parts.grade_parts(tmp_path / "in", tmp_path / "parts", of=3)
    assert merge(outs, tmp_path / "merged") == 0
    put(tmp_path / "early", "s3/x.ipynb", small("01", "3"))
    assert grade(tmp_path / "early", tmp_path / "late") == 0
    assert grade(tmp_path / "in", tmp_path / "late", "--resume") == 0
    assert grade(tmp_path / "in", tmp_path / "late", "--only", "1.3") == 0
    for name in ("summary.csv", "summary.html", "problems.html"):
        whole = (tmp_path / "whole" / name).read_bytes()
        assert whole == (tmp_path / "merged" / name).read_bytes()
        assert whole == (tmp_path / "late" / name).read_bytes()
    table = (tmp_path / "whole" / "summary.csv").read_text("utf-8")
    assert "wrong shape" in table and "s3" not in table
    assert json.loads((tmp_path / "whole" / "grades.json").read_bytes())["graded"]
