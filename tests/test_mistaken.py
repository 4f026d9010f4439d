"""Claims can fail: each lesson runs once more with a mistake, which breaks a claim by name."""

import json

import mistaken
import pytest

from course_utils import numbering, settings

BREAKS = list(mistaken.breaks())
NOTEBOOKS = settings.root() / "notebooks"


@pytest.mark.parametrize(
    ("number", "function", "mutant", "claim"), BREAKS, ids=[f"{b[0]}-{b[2]}" for b in BREAKS]
)
def test_a_mistake_breaks_a_claim_by_name(number, function, mutant, claim):
    notebook = NOTEBOOKS / f"{numbering.stem(number)}.ipynb"
    (failed, _), _ = mistaken.run_apart(notebook, function, mutant)
    assert claim in failed


def test_every_lesson_of_the_second_edition_names_what_breaks():
    lessons = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
    second = {name.split("_")[0] for name in lessons if numbering.edition(name) >= 2}
    assert second <= {entry[0] for entry in BREAKS}


# The machinery itself, on a lesson of three cells.

CELLS = (
    "import torch\nfrom course_utils import checks\nfrom course_utils.lesson import start\n"
    'lesson = start("01")',
    "def gaussian_kl(mu, log_var):\n    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)",
    "checks.gaussian_kl(gaussian_kl)\n"
    "own = gaussian_kl(torch.ones(1, 2), torch.zeros(1, 2))\n"
    "torch.testing.assert_close(own, torch.ones(1))\n"
    "assert own.item() == 1",
    "own = own.item()\n"
    'lesson.claim("two means of 1 cost 1 nat", own, "between", (0.99, 1.01), '
    'rests_on="gaussian_kl")\n'
    'lesson.claim("a KL is positive", own, ">", 0)\n'
    'lesson.claim("it beats the best known net", own, "<", 0.5, real=True)',
    "lesson.claims()",
)


def made(folder, *cells):
    path = folder / "01_small.ipynb"
    cells = [{"cell_type": "code", "source": [text]} for text in cells]
    path.write_text(json.dumps({"cells": cells, "metadata": {}}))
    return path


def test_the_right_answer_holds_and_the_mistake_fails(tmp_path):
    path = made(tmp_path, *CELLS)
    assert mistaken.run(path) == ([], 3)
    (failed, count), printed = mistaken.run_apart(path, "gaussian_kl", "kl_no_half")
    assert (failed, count) == (["two means of 1 cost 1 nat"], 3)
    assert "only on real data" in printed and "right." not in printed  # no check ran


@pytest.mark.parametrize(
    ("cells", "answer", "told"),
    [
        (CELLS[:-1], (), "expected claims and a call"),
        (CELLS[:1] + CELLS[4:], (), "expected claims and a call"),
        (CELLS, ("gaussian_kl", "no_such_mutant"), "expected one wrong answer"),
        (CELLS[:1] + CELLS[4:], ("gaussian_kl", "kl_mean"), "expected one that a cell defines"),
    ],
)
def test_a_run_that_proves_nothing_is_an_error(tmp_path, cells, answer, told):
    with pytest.raises(ValueError, match=told):
        mistaken.run(made(tmp_path, *cells), *answer)


def test_a_run_that_stops_before_its_claims_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        mistaken.run_apart(made(tmp_path, "x = 1\n1 / 0"))
