"""The grader on real submissions: who earns what, and who can harm whom."""

import inspect
import json
import os
import re
import signal
from pathlib import Path

import mutants
import ordinary
import pytest
import submissions as made
from grader import Grader, points

from course_utils import settings
from homework import bubblewrap, grading, lessons, sandbox

REASON = sandbox.why_not()
needs_bubblewrap = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)
pytestmark = needs_bubblewrap
ALL = sum(made.POINTS.values())


@pytest.fixture(scope="module")
def box():
    with Grader() as grader:
        yield grader


@pytest.fixture(scope="module")
def course(box):
    return box.course


@pytest.mark.parametrize("lesson", lessons.all_lessons(), ids=lambda lesson: lesson.name)
def test_the_reference_earns_everything(course, lesson):
    outcomes = grading.grade(lesson, lesson.notebook, course, seed=3)
    assert [entry["verdict"] for entry in outcomes] == ["right"] * len(lesson.exercises)
    assert sum(entry["points"] for entry in outcomes) == lesson.points


def test_answers_written_differently_earn_everything(box):
    outcomes = box.graded(made.notebook(made.WRITTEN_DIFFERENTLY, first=["import numpy as np"]))
    assert points(outcomes) == made.POINTS, outcomes


def test_a_blank_student_version_earns_nothing_and_is_told_so(box):
    outcomes = box.graded(made.blank())
    assert {entry["verdict"] for entry in outcomes.values()} == {"not written"}
    assert "Exercise 1.2: write log_weight" in outcomes["1.2"]["mistake"]


def test_a_syntax_error_costs_its_own_cell_only(box):
    broken = "def gaussian_kl(mu, log_var)\n    return mu\n"
    outcomes = box.graded(made.notebook({"1.3": broken}, last=["for for in:\n"]))
    assert points(outcomes) == made.POINTS | {"1.3": 0}
    assert "SyntaxError" in outcomes["1.3"]["mistake"] and "line 1" in outcomes["1.3"]["mistake"]
    assert "right once" in outcomes["1.5"]["note"].lower()


def test_one_mistake_costs_its_own_points_only(box):
    """1.2 and 1.5 use the wrong density, and are right with the reference's in its place."""
    outcomes = box.graded(made.notebook({"1.1": made.wrong("1.1")}))
    assert points(outcomes) == made.POINTS | {"1.1": 0}
    assert "2 times" in outcomes["1.1"]["mistake"] or outcomes["1.1"]["expected"]
    assert "1.1" in outcomes["1.2"]["note"] and "1.1" in outcomes["1.5"]["note"]
    assert outcomes["1.3"]["note"] == ""


@pytest.mark.parametrize("first", [made.wrong("1.1"), None], ids=["wrong", "blank"])
def test_an_answer_that_uses_a_wrong_one_is_told_what_to_repair_first(box, first):
    """And what its own mistake is, once the other is mended."""
    outcomes = box.graded(made.notebook({"1.1": first, "1.5": made.wrong("1.5")}))
    assert points(outcomes) == made.POINTS | {"1.1": 0, "1.5": 0}
    told, alone = outcomes["1.5"], box.graded(made.notebook({"1.5": made.wrong("1.5")}))["1.5"]
    assert told["mistake"].startswith(
        "First repair 1.1, which this answer uses. With right answers"
    )
    assert told["mistake"].endswith(alone["mistake"]) and told["verdict"] == "wrong"


def test_what_runs_in_a_notebook_does_not_run_here(box):
    """Training, prints, plots, patches and copies of the checks are not taken."""
    cells = [
        "raise SystemExit('training')",
        "torch.allclose = print",
        "%matplotlib inline\n!ls\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])",
        "%%time\nthis is no python",
        "model = torch.load('/etc/passwd')",
        "x = 1 / 0",
        "import a_module_that_is_not_there",
    ]
    assert points(box.graded(made.notebook(first=cells))) == made.POINTS


HONEST = {
    "a helper whose name the lesson uses later": (
        "def split(mu, log_var):\n    return mu, log_var\n\nzero = torch.tensor(0.0)\n"
        "def gaussian_kl(mu, log_var):\n    mu, log_var = split(mu, log_var)\n"
        "    return zero + 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)\n"
    ),
    "constants": (
        "HALF = helper_of_mine() if False else torch.tensor(0.5).item()\nHALF += 0.0\n"
        "def of_mine():\n    return 1.0\nONE = of_mine()\n"
        "def gaussian_kl(mu, log_var):\n"
        "    return HALF * (mu**2 + log_var.exp() - ONE - log_var).sum(-1)\n"
    ),
    "a module": (
        "class KL(nn.Module):\n    def forward(self, mu, log_var):\n"
        "        return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)\n\n"
        "gaussian_kl = KL()\n"
    ),
    "magic, annotations and a compiler": (
        "%%time\nfrom __future__ import annotations\n"
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from torch import Tensor\n\n"
        "@torch.compile(fullgraph=True)\ndef gaussian_kl(mu: Tensor, log_var: Tensor) -> Tensor:\n"
        "    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)\ngaussian_kl?\n"
    ),
}


@pytest.mark.parametrize("kind", HONEST)
def test_honest_ways_cost_nothing(box, kind):
    assert points(box.graded(made.notebook({"1.3": HONEST[kind]}))) == made.POINTS


def test_an_answer_below_its_stub_counts(box):
    """And two answers may have helpers of one name."""
    one = "def term():\n    return 1\n" + made.LESSON.references["1.1"] + "\n"
    one = one.replace("return -0.5", "return -0.5 * term()")
    two = "def term():\n    return 2\n" + made.LESSON.references["1.4"]
    notebook = made.notebook(
        {"1.1": one, "1.3": None, "1.4": two}, last=[made.LESSON.references["1.3"]]
    )
    assert points(box.graded(notebook)) == made.POINTS


def test_check_cells_do_not_matter(box):
    def is_check(cell):
        return cell["source"].startswith("checks.")

    answers = {"1.3": made.wrong("1.3")}
    removed = made.without(made.notebook(answers), is_check)
    replaced = made.notebook(answers, first=["def gaussian_kl(*a):\n    return right"])
    for cell in replaced["cells"]:
        if is_check(cell):
            cell["source"] = "class checks:\n    gaussian_kl = print\nprint('right')"
    for notebook in (removed, replaced):
        assert points(box.graded(notebook)) == made.POINTS | {"1.3": 0}


HALVES = [list(made.HOSTILE)[start : start + 5] for start in range(0, len(made.HOSTILE), 5)]


@pytest.mark.parametrize("kinds", HALVES, ids=lambda kinds: ", ".join(kinds))
def test_hostile_answers_earn_nothing_and_cost_nobody_else(box, kinds):
    """Each in a submission of its own would do the same; five at once share the start."""
    for name in kinds:
        exercise, _ = made.HOSTILE[name]
        assert [made.HOSTILE[other][0] for other in kinds].count(exercise) == 1
    outcomes = box.graded(made.notebook({ex: text for ex, text in map(made.HOSTILE.get, kinds)}))
    attacked = {made.HOSTILE[name][0] for name in kinds}
    assert points(outcomes) == made.POINTS | dict.fromkeys(attacked, 0)
    for name in kinds:
        told = outcomes[made.HOSTILE[name][0]]
        assert told["mistake"], name
        expected = TOLD.get(name)
        if expected:
            assert re.search(expected, told["mistake"]), (name, told)
        if name == "prints 80 MB":
            assert told["printed"] >= 80_000_000


TOLD = {
    "endless loop": r"longer than 5 seconds: is there an endless loop",
    "os._exit": r"ended itself \(exit status 0\)",
    "sys.exit": r"SystemExit",
    "kills its parent": r"PermissionError",
    "kills everything": r"PermissionError",
    "fork bomb": r"PermissionError",
    "thread bomb": r"can't start new thread|longer than|memory",
    "fills the disk": r"OSError|No space",
    "100 GB": r"alloc|memory",
    "100 GB in pieces": r"alloc|memory|longer than",
    "a socket": r"PermissionError",
    "reads what it finds": r"nothing found",
    "a huge answer": r"claims|cannot be read",
    "garbage on the wire": r"cannot be read",
}


def test_one_hostile_answer_leaves_the_others_their_points(box):
    for name in ("endless loop", "kills everything"):
        exercise, text = made.HOSTILE[name]
        outcomes = box.graded(made.notebook({exercise: text}))
        assert points(outcomes) == made.POINTS | {exercise: 0}, name


@pytest.mark.parametrize("number", ["01", "02"])
def test_famous_mistakes_are_named_through_the_sandbox(course, number):
    """One wrong answer to each exercise of a lesson, from tests/mutants, with hidden seeds."""
    [lesson] = lessons.all_lessons([number])
    answers = mutants.modules(number)
    sources = [inspect.getsource(module) for module in answers.values()]
    sources[:0] = [
        path.read_text()
        for path in Path(__file__).parent.glob(f"mutants/lesson{number}/_[a-z]*.py")
    ]
    imports = r"^from mutants.*import (?:\([^)]*\)|.*)\n"
    text = re.sub(imports, "", "\n".join(sources), flags=re.MULTILINE)
    shims = "def wrong(*told):\n    return lambda answer: answer\n"
    shims += "def right(answer):\n    return answer\n"
    shims += "def registry():\n    return [], [], wrong, right\n"
    # Every cell that is not an exercise goes: helpers of the mutants have its names too.
    notebook = json.loads(json.dumps(lesson.notebook))
    notebook["cells"] = [
        c for c in notebook["cells"] if "exercise" in c["metadata"].get("tags", [])
    ]
    notebook["cells"][:0] = [made.code(shims), made.code(text)]
    phrases = {}
    for exercise, cell in zip(lesson.exercises, notebook["cells"][2:], strict=True):
        module = answers[exercise.check]
        named = [e for e in module.WRONG if getattr(module, e[0].__name__, None) is e[0]]
        answer, phrases[exercise.id] = named[len(named) // 2]
        cell["source"] = f"def {exercise.defines[0]}(*a):\n    return {answer.__name__}(*a)\n"
        if isinstance(answer, type):
            cell["source"] = f"class {exercise.defines[0]}({answer.__name__}):\n    pass\n"
    outcomes = grading.grade(lesson, notebook, course, seed=11)
    for outcome in outcomes:
        assert outcome["points"] == 0
        assert phrases[outcome["id"]] in f"{outcome['mistake']} {outcome['checked']}", outcome


@pytest.mark.parametrize("text", made.PACKAGED)
def test_the_package_answers_nothing(box, text):
    outcomes = box.graded(made.notebook({"1.3": text}))
    assert points(outcomes) == made.POINTS | {"1.3": 0}
    told = outcomes["1.3"]["mistake"]
    reasons = ["is left out of the grading: ", "your answer uses course_utils."]
    reasons += ["No module named 'course_utils.checks'"]
    assert any(reason in told for reason in reasons), told


def test_every_start_of_a_template_is_a_fresh_one(box):
    """After a kill from outside the next exercise finds a new fork server, not a broken one."""
    assert points(box.graded(made.notebook())) == made.POINTS
    os.killpg(box.box.process.pid, signal.SIGKILL)
    box.box.process.wait()
    assert points(box.graded(made.notebook())) == made.POINTS


def test_an_installed_package_hides_no_module_of_python(course, monkeypatch, tmp_path):
    """An old backport beside torch, such as dataclasses.py, is not what the fork server imports."""
    (tmp_path / "dataclasses.py").write_text("raise ImportError('the backport')")
    found = bubblewrap.site_packages()
    monkeypatch.setattr(bubblewrap, "site_packages", lambda: [tmp_path, *found])
    tmp_path.chmod(0o755)
    with sandbox.Sandbox(course.of(made.LESSON)) as box, box.exercise() as ask:
        assert ask({"op": "call", "handle": 0})[0]["failed"]


def test_as_an_ordinary_user_too(tmp_path):
    """The command, by somebody without privileges, who reads copies of what it needs."""
    with ordinary.Ordinary() as place:
        (place.home / "in").mkdir()
        (place.home / "in" / "ann.ipynb").write_text(json.dumps(made.notebook()))
        asked = ["grade", f"{place.home}/in", "--out", f"{place.home}/out", "--seed", "1"]
        without = ["--without", "cgroup"]
        done = place.python("-m", "homework", *asked, *without)
        assert done.returncode == 0, done.stderr
        stored = (place.home / "out" / "scores.csv").read_text()
    assert f"graded,{ALL},{ALL}" in stored
