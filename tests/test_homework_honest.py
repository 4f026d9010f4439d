"""Right answers keep their points, however they are written; what is refused is named."""

import time

import pytest
import submissions as made
from grader import Grader, points
from submissions import honest

from course_utils import settings
from homework import grading, lessons, loading, sandbox

REASON = sandbox.why_not()
pytestmark = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)


@pytest.fixture(scope="module")
def box():
    with Grader() as grader:
        yield grader


@pytest.mark.parametrize("kind", honest.OWN)
def test_an_own_cell_is_taken_as_python_takes_it(box, kind):
    outcomes = box.graded(made.notebook({"1.3": honest.OWN[kind]}), ["1.3"])
    assert outcomes["1.3"]["verdict"] == "right", outcomes["1.3"]["mistake"]


@pytest.mark.parametrize("kind", honest.OTHER)
def test_of_other_cells_comes_what_the_answer_needs(box, kind):
    first, text = honest.OTHER[kind]
    outcomes = box.graded(made.notebook({"1.3": text}, first=first))
    assert points(outcomes) == made.POINTS, outcomes


PAIRS = [(name, *pair) for name, pairs in honest.REFUSED.items() for pair in pairs]


@pytest.mark.parametrize(("name", "above", "lines"), PAIRS)
def test_what_answers_may_not_use_is_refused_by_name(box, name, above, lines):
    text = above + honest.answer(*lines)
    told = box.graded(made.notebook({"1.3": text}), ["1.3"])["1.3"]
    assert told["points"] == 0 and told["mistake"].startswith(f"your answer uses {name}, which")
    is_ours = name.startswith(("course_utils", "lesson"))
    assert ("left out of the grading" if is_ours else "torch, numpy, scipy") in told["mistake"]


def test_an_endless_loop_after_an_answer_costs_seconds_and_no_points(box):
    """In its own cell, and in training that a global name of the answer reaches."""
    train = ["def train():\n    while True: pass\nmodel = train()"]
    uses = honest.answer(f"{honest.KL} if True else model")
    for first, text in (((), honest.PLAIN + "while True:\n    pass\n"), (train, uses)):
        began = time.monotonic()
        outcomes = box.graded(made.notebook({"1.3": text}, first=first), ["1.3", "1.4"])
        assert [outcome["verdict"] for outcome in outcomes.values()] == ["right"] * 2, outcomes
        assert time.monotonic() - began < 15


def test_other_exercises_do_not_wait_for_an_own_cell_that_they_do_not_use(box):
    endless = "while True:\n    pass\n" + honest.PLAIN
    began = time.monotonic()
    outcomes = box.graded(made.notebook({"1.3": endless}), ["1.1", "1.2", "1.4"])
    assert {outcome["verdict"] for outcome in outcomes.values()} == {"right"}
    assert time.monotonic() - began < 5


def test_the_line_of_an_error_is_the_students(box):
    text = f"%time 1 + 1\n'\u2028'; x = 1\n{honest.answer('y = mu', 'y.no_such')}"
    told = box.graded(made.notebook({"1.3": text}), ["1.3"])["1.3"]["mistake"]
    assert told.endswith("(in gaussian_kl, at: return y.no_such).")


# A mistake costs its own points alone


@pytest.fixture(scope="module")
def gumbel():
    [lesson] = lessons.all_lessons(["05"])
    with Grader(lesson, seconds=20.0) as grader:
        yield grader, lesson


def gumbel_notebook(lesson, noise):
    """Lesson 05 with a helper in the cell of 5.1, which 5.2 uses too."""
    first = f"def noise(like):\n    return {noise}\n"
    first += "def gumbel_max(logits):\n    return (logits + noise(logits)).argmax(-1)\n"
    second = "def gumbel_softmax(logits, temperature):\n"
    second += "    return ((logits + noise(logits)) / temperature).softmax(-1)\n"
    answers = {"5.1": first, "5.2": second}
    cells = [dict(cell) for cell in lesson.cells]
    for cell in cells:
        number = cell["metadata"].get("course", {}).get("id")
        cell["source"] = answers.get(number, cell["source"])
    return lesson.notebook | {"cells": cells}


def test_a_helper_in_an_earlier_cell_does_not_cost_twice(gumbel):
    box, lesson = gumbel
    wrong = gumbel_notebook(lesson, "-torch.rand_like(like).log()")
    outcomes = box.graded(wrong, ["5.1", "5.2"])
    assert [outcome["verdict"] for outcome in outcomes.values()] == ["wrong", "right"], outcomes
    assert outcomes["5.2"]["note"] == grading.RESCUED.format(ids="5.1")
    mended = gumbel_notebook(lesson, "-(-torch.rand_like(like).log()).log()")
    outcomes = box.graded(mended, ["5.1", "5.2"])
    assert [outcome["verdict"] for outcome in outcomes.values()] == ["right"] * 2
    assert outcomes["5.2"]["note"] == ""


def test_a_wrong_answer_with_a_wrong_helper_stays_wrong(gumbel):
    box, lesson = gumbel
    notebook = gumbel_notebook(lesson, "-torch.rand_like(like).log()")
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("/ temperature)", "* temperature)")
    outcomes = box.graded(notebook, ["5.1", "5.2"])
    assert [outcome["verdict"] for outcome in outcomes.values()] == ["wrong"] * 2


def test_what_an_answer_rests_on_is_told_by_id(box):
    """Through helpers in other cells, and after a wrong earlier answer."""
    cells, places = loading.cells_of(made.LESSON, made.notebook())
    [loss] = [one for one in made.LESSON.exercises if one.id == "1.5"]
    with box.box.exercise() as ask:
        told, _ = ask(loading.request(made.LESSON, loss, cells, places))
    assert told["reaches"] == ["1.1", "1.3"] and told["missing"] is False


def test_a_stop_in_the_middle_of_a_question_loses_no_answer(box):
    """An endless loop in the own cell, whose every turn asks for an earlier right answer."""
    zeros = "torch.zeros(200, 200, 4)"  # each turn takes a while
    loop = f"while True:\n    gaussian_log_prob({zeros}, {zeros}, {zeros})\n"
    answers = {"1.1": made.wrong("1.1"), "1.2": made.LESSON.references["1.2"] + "\n" + loop}
    outcomes = box.graded(made.notebook(answers), ["1.1", "1.2"])
    assert [outcome["verdict"] for outcome in outcomes.values()] == ["wrong", "right"], outcomes


def test_an_array_is_no_tensor_in_the_grading_either():
    """Where a network goes on with what an answer returns, a mask of numpy is refused."""
    [lesson] = lessons.all_lessons(["08"])
    cells = [dict(cell) for cell in lesson.cells]
    for cell in cells:
        if cell["metadata"].get("course", {}).get("id") == "8.1":
            cell["source"] = lesson.references["8.1"].replace(
                "kernel_size, kernel_size)", "kernel_size, kernel_size).numpy()"
            )
            assert ".numpy()" in cell["source"]
    with Grader(lesson, seconds=20.0) as grader:
        told = grader.graded(lesson.notebook | {"cells": cells}, ["8.1"])["8.1"]
    assert told["verdict"] == "wrong" and "returned a numpy array: a tensor" in told["mistake"]
