"""The package that a graded answer sees: what the lesson uses, and nothing that is an answer."""

import copy
import itertools
import re
import subprocess
import sys

import pytest
import submissions as made
from grader import Grader

from course_utils import checks, settings
from course_utils.checks import _allowed
from homework import grading, lessons, release, sandbox, sealed, verify

LESSONS = lessons.all_lessons()
REASON = sandbox.why_not()
needs_bubblewrap = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)
FOLD = re.compile(r"<details><summary>Stuck[^<]*</summary>.*?```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def course():
    with grading.Course() as course:
        yield course


def one(number):
    return next(lesson for lesson in LESSONS if lesson.number == number)


# --- the allow-list ------------------------------------------------------------------------------


def run(folder, text):
    """What a script prints that sees the copy in ``folder``."""
    script = f"import sys\nsys.path.insert(0, {str(folder)!r})\n{text}"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_no_cell_uses_refuses_at_use_and_not_at_import(course):
    told = run(
        course.of(one("01")),
        """
from course_utils import data, evaluation, losses, nets
from course_utils.nets.hierarchy import Layer, TwoLayerVAE, precision_weighted
from course_utils.losses import bits_per_dim
print(losses.NotFiniteError.__name__)
for call in (bits_per_dim, TwoLayerVAE, Layer, nets.PixelCNN, nets.PixelCNN.log_prob,
             losses.gaussian_kl, nets.VAE.forward, nets.vae.VAE.reparameterise):
    try:
        call()
    except NotImplementedError as error:
        print(error)
""",
    ).splitlines()
    assert told[0] == "NotFiniteError"
    cut = "is left out of the grading: lesson 01 does not use it"
    assert told[1:5] == [
        f"course_utils.{name} {cut}"
        for name in (
            "losses.bounds.bits_per_dim",
            "nets.hierarchy.TwoLayerVAE",
            "nets.hierarchy.Layer",
            "nets.pixelcnn.PixelCNN",
        )
    ]
    assert told[5].endswith(cut)
    assert [line.rpartition("exercise ")[2] for line in told[6:]] == [
        "1.3 asks for it",
        "1.5 asks for it",
        "1.4 asks for it",
    ]


def test_a_kept_function_that_needs_a_sealed_one_refuses(course):
    told = run(
        course.of(one("01")),
        """
import torch
from course_utils import exact
x = torch.zeros(2, 2)
try:
    exact.LinearGaussianVAE(torch.eye(2), torch.zeros(2), 1.0).log_joint(x, x)
except NotImplementedError as error:
    print(error)
""",
    )
    assert "course_utils.losses.likelihoods.gaussian_log_prob is left out" in told


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_list_is_what_the_lesson_uses(lesson):
    package = _allowed.modules()
    walk = _allowed.Walk(package, {name: exercise for exercise, name in lesson.seals})
    kept = walk.of(lesson.cells)
    everything = sum(len(module.defines) for module in package.values())
    whole = {name for name in kept if name.rpartition(".")[0] in package}
    assert 0 < len(whole) < everything / 2
    assert not any(name in kept for name in walk.sealed)
    assert not any(name.startswith(("checks", "lesson.", "plotting")) for name in kept)
    assert _allowed.for_lesson(lesson.number).kept == kept


def test_numbers_of_checks_are_those_of_the_lessons():
    exercises = {entry.id: entry for lesson in LESSONS for entry in lesson.exercises}
    assert set(checks.SEALS) == set(exercises)
    for number, entry in exercises.items():
        assert getattr(checks, entry.check).exercise == number


# --- what is left answers nothing ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "exercise", "name", "how"),
    [
        ("01", "1.4", "nets.hierarchy._draw", "is the answer"),
        ("09", "9.1", "evaluation.log_likelihood", "of a function.values"),
        ("08", "8.2", "nets.pixelcnn._CodePrior.log_prob", "gives the first argument"),
    ],
)
def test_a_function_that_answers_is_found(tmp_path, monkeypatch, number, exercise, name, how):
    """As the seals were: the exercise's own did not name it, and a cell that uses it keeps it."""
    rest = tuple(seal for seal in checks.SEALS[exercise] if not seal.startswith("evaluation."))
    rest = tuple(seal for seal in rest if seal != name)
    monkeypatch.setitem(checks.SEALS, exercise, rest)
    lesson = copy.deepcopy(one(number))
    chosen = tuple(entry for entry in lesson.exercises if entry.id == exercise)
    lesson.cells.append(made.code(f"import course_utils\ncourse_utils.{name}"))
    sealed.make(lesson, tmp_path / "copy")
    object.__setattr__(lesson, "exercises", chosen)
    found = verify.package_leaks(lesson, tmp_path / "copy")
    assert any(f"exercise {exercise}: course_utils.{name}" in one and how in one for one in found)


ATTACKS = {
    ("01", "1.4"): "from course_utils.nets.hierarchy import _draw as reparameterise",
    ("01", "1.1"): """
from course_utils import nets
class Fake:
    def transform(self, x):
        return self.epsilon, self.slope
def gaussian_log_prob(x, mu, log_var):
    fake = Fake()
    fake.epsilon, fake.slope = (x - mu) * (-log_var / 2).exp(), -log_var.sum(-1) / 2
    return nets.AutoregressivePrior.log_prob(fake, x)
""",
    ("08", "8.2"): """
from course_utils import nets
def code_log_prob(logits, codes):
    return nets.PixelCNN.log_prob(lambda *a: logits, codes)
""",
    ("09", "9.1"): """
import math
from course_utils import evaluation
def importance_weighted_bound(log_w):
    return evaluation._score(lambda *a: log_w, log_w[0], [len(log_w)])[0] - math.log(len(log_w))
""",
}


@needs_bubblewrap
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack[1])
def test_taken_from_the_package_an_answer_earns_nothing(course, attack):
    number, exercise = attack
    outcomes = graded(course, number, {exercise: ATTACKS[attack]}, only=[exercise])
    assert outcomes[exercise]["points"] == 0
    assert "left out of the grading" in outcomes[exercise]["mistake"]


def graded(course, number, answers, only=None):
    """Exercise id -> outcome, of a student version that holds nothing but ``answers``."""
    lesson = one(number)
    outcomes = grading.grade(lesson, answered(lesson, answers), course, seed=3, only=only)
    return {outcome["id"]: outcome for outcome in outcomes}


def answered(lesson, answers):
    """A student version that holds nothing but ``answers``."""
    notebook = release.student_version(lesson)
    for cell in notebook["cells"]:
        text = answers.get(cell["metadata"].get("course", {}).get("id"))
        cell["source"] = text or lessons.source(cell)
    return notebook


@needs_bubblewrap
def test_the_hint_of_12_4_earns_its_points(course):
    answer = """
def bits_of(rate, squared_error, variance, num_dims):
    distortion = squared_error / (2 * variance) + num_dims / 2 * math.log(2 * math.pi * variance)
    return losses.bits_per_dim(rate + distortion, num_dims, 1 / 128)
"""
    assert graded(course, "12", {"12.4": answer}, ["12.4"])["12.4"]["verdict"] == "right"


@needs_bubblewrap
@pytest.mark.parametrize(
    ("number", "exercise", "answer"),
    [
        ("12", "12.2", "def tied_with_best(s):\n    return list(ties(s))"),
        ("12", "12.3", "def frontier(r, d):\n    return right(r, d).tolist()"),
        ("02", "2.5", "def traverse(m, i, v):\n    return list(right(m, i, v))"),
        ("01", "1.5", "def rate_and_distortion(*a):\n    return torch.stack(right(*a))"),
    ],
)
def test_another_honest_form_earns_the_points(course, number, exercise, answer):
    lesson = one(number)
    name = next(entry.defines[0] for entry in lesson.exercises if entry.id == exercise)
    reference = lesson.references[exercise].replace(f"def {name}", "def right")
    answers = lesson.references | {exercise: f"{reference}\n\n{answer.replace('ties', 'right')}"}
    assert graded(course, number, answers, [exercise])[exercise]["verdict"] == "right"


# --- the folds -----------------------------------------------------------------------------------


def folds(lesson):
    """Names that the Stuck folds of a lesson lend, in order."""
    text = "\n".join(lessons.source(c) for c in lesson.cells if c["cell_type"] == "markdown")
    assert len(FOLD.findall(text)) == text.count("<summary>Stuck")
    names = []
    for block in FOLD.findall(text):
        for line in block.splitlines():
            name, lent = re.fullmatch(r"(\w+) = checks\.lend\.(\w+)", line).groups()
            assert name == lent
            names.append(name)
    return names


def test_folds_hold_no_answer_and_say_what_they_are():
    lent = [name for lesson in LESSONS for name in folds(lesson)]
    assert len(lent) == 70
    for name in lent:
        assert callable(getattr(checks.lend, name))
    for lesson in LESSONS:
        for cell in lesson.cells:
            if "<summary>Stuck" in lessons.source(cell):
                said = lessons.source(cell)
                assert "nothing in the grading" in said or "(it earns no points)" in said


@pytest.mark.parametrize("lesson", LESSONS[:-1], ids=lambda lesson: lesson.name)
def test_what_is_lent_is_right(lesson):
    """So that who is stuck can go on, and that no points below are no accident."""
    exercises = {entry.defines[0]: entry for entry in lesson.exercises}
    for name in folds(lesson):
        check = getattr(checks, exercises[name].check).__wrapped__
        for seed in (0, 1):
            assert check(getattr(checks.lend, name), seed)


WHOLE = "{0} = checks.lend.{0}"
SPELLINGS = (
    "from course_utils.checks import lend as mine\nother = mine.{0}\n{0} = other",
    "{0} = lambda *arguments: checks.lend.{0}(*arguments)",
    "def {0}(*arguments):\n"
    "    from course_utils.checks.lend import {0} as borrowed\n"
    "    return borrowed(*arguments)",
    "def {0}(*arguments):\n    return getattr(checks.lend, '{0}')(*arguments)",
)


@needs_bubblewrap
@pytest.mark.parametrize("lesson", LESSONS[:-1], ids=lambda lesson: lesson.name)
def test_pasted_folds_earn_nothing(lesson):
    """Whole; and each in part: renamed, wrapped, borrowed in the last moment."""
    names = {entry.defines[0]: entry.id for entry in lesson.exercises}
    lent = folds(lesson)
    whole = {names[name]: WHOLE.format(name) for name in lent}
    spelt = zip(lent, itertools.cycle(SPELLINGS), strict=False)
    parts = {names[name]: spelling.format(name) for name, spelling in spelt}
    with Grader(lesson) as grader:
        for answers in (whole, parts):
            notebook = answered(lesson, answers)
            outcomes = grader.graded(notebook, only=list(answers))
            assert answers and {one["points"] for one in outcomes.values()} == {0}, outcomes
