"""The grader on real submissions: who earns what, and who can harm whom."""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys

import pytest
import submissions as made

from course_utils import settings
from homework import grading, lessons, sandbox

REASON = sandbox.why_not()
needs_bubblewrap = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)
pytestmark = needs_bubblewrap
ALL = sum(made.POINTS.values())


@pytest.fixture(scope="module")
def course():
    with grading.Course() as course:
        yield course


@pytest.fixture(scope="module")
def box(course):
    """One sandbox for many notebooks: each exercise is a fork of its own all the same."""
    with sandbox.Sandbox(course.of(made.LESSON), seconds=5.0) as box:
        yield box


def graded(box, notebook, seed=1):
    """Exercise id -> outcome."""
    outcomes = grading.grade(made.LESSON, notebook, None, seed, sandbox=box)
    return {outcome["id"]: outcome for outcome in outcomes}


def points(outcomes):
    return {name: outcome["points"] for name, outcome in outcomes.items()}


@pytest.mark.parametrize("lesson", lessons.all_lessons(), ids=lambda lesson: lesson.name)
def test_the_reference_earns_everything(course, lesson):
    outcomes = grading.grade(lesson, lesson.notebook, course, seed=3)
    assert [entry["verdict"] for entry in outcomes] == ["right"] * len(lesson.exercises)
    assert sum(entry["points"] for entry in outcomes) == lesson.points


def test_answers_written_differently_earn_everything(box):
    outcomes = graded(box, made.notebook(made.WRITTEN_DIFFERENTLY, first=["import numpy as np"]))
    assert points(outcomes) == made.POINTS, outcomes


def test_a_blank_assignment_earns_nothing_and_is_told_so(box):
    outcomes = graded(box, made.blank())
    assert {entry["verdict"] for entry in outcomes.values()} == {"not written"}
    assert "Exercise 1.2: write log_weight" in outcomes["1.2"]["mistake"]


def test_a_syntax_error_costs_its_own_cell_only(box):
    broken = "def gaussian_kl(mu, log_var)\n    return mu\n"
    outcomes = graded(box, made.notebook({"1.3": broken}, last=["for for in:\n"]))
    assert points(outcomes) == made.POINTS | {"1.3": 0}
    assert "SyntaxError" in outcomes["1.3"]["mistake"] and "line 1" in outcomes["1.3"]["mistake"]
    assert "right once" in outcomes["1.5"]["note"].lower()


def test_one_mistake_costs_its_own_points_only(box):
    """1.2 and 1.5 use the wrong density, and are right with the reference's in its place."""
    outcomes = graded(box, made.notebook({"1.1": made.wrong("1.1")}))
    assert points(outcomes) == made.POINTS | {"1.1": 0}
    assert "2 times" in outcomes["1.1"]["mistake"] or outcomes["1.1"]["expected"]
    assert "1.1" in outcomes["1.2"]["note"] and "1.1" in outcomes["1.5"]["note"]
    assert outcomes["1.3"]["note"] == ""


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
    assert points(graded(box, made.notebook(first=cells))) == made.POINTS


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
    assert points(graded(box, made.notebook({"1.3": HONEST[kind]}))) == made.POINTS


def test_an_answer_below_its_stub_counts(box):
    """And two answers may have helpers of one name."""
    one = "def term():\n    return 1\n" + made.LESSON.references["1.1"] + "\n"
    one = one.replace("return -0.5", "return -0.5 * term()")
    two = "def term():\n    return 2\n" + made.LESSON.references["1.4"]
    notebook = made.notebook(
        {"1.1": one, "1.3": None, "1.4": two}, last=[made.LESSON.references["1.3"]]
    )
    assert points(graded(box, notebook)) == made.POINTS


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
        assert points(graded(box, notebook)) == made.POINTS | {"1.3": 0}


HALVES = [list(made.HOSTILE)[start : start + 5] for start in range(0, len(made.HOSTILE), 5)]


@pytest.mark.parametrize("kinds", HALVES, ids=lambda kinds: ", ".join(kinds))
def test_hostile_answers_earn_nothing_and_cost_nobody_else(box, kinds):
    """Each in a submission of its own would do the same; five at once share the start."""
    for name in kinds:
        exercise, _ = made.HOSTILE[name]
        assert [made.HOSTILE[other][0] for other in kinds].count(exercise) == 1
    outcomes = graded(box, made.notebook({ex: text for ex, text in map(made.HOSTILE.get, kinds)}))
    assert points(outcomes) == dict.fromkeys(made.IDS, 0)
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
    "kills its parent": r"killed from inside|returned nothing",
    "kills everything": r"killed from inside|SIGKILL|returned nothing",
    "fork bomb": r"BlockingIOError|longer than|memory",
    "thread bomb": r"can't start new thread|longer than|memory",
    "fills the disk": r"OSError|longer than|No space",
    "100 GB": r"alloc|memory",
    "100 GB in pieces": r"alloc|memory|longer than",
    "a socket": r"unreachable",
    "reads what it finds": r"nothing found",
    "a huge answer": r"claims|cannot be read",
    "garbage on the wire": r"cannot be read",
}


def test_one_hostile_answer_leaves_the_others_their_points(box):
    for name in ("endless loop", "kills everything"):
        exercise, text = made.HOSTILE[name]
        outcomes = graded(box, made.notebook({exercise: text}))
        assert points(outcomes) == made.POINTS | {exercise: 0}, name


@pytest.mark.parametrize("number", ["01", "02"])
def test_famous_mistakes_are_named_through_the_sandbox(course, number):
    """One wrong answer to each exercise of a lesson, from tests/mutants, with hidden seeds."""
    [lesson] = lessons.all_lessons([number])
    mutants = importlib.import_module(f"mutants.lesson{number}")
    text = inspect.getsource(mutants).replace("from . import registry", "")
    text = re.sub(r"\bVAE\b", "CHECK", text)  # there a check's name, here the answer's
    shims = "def wrong(*told):\n    return lambda answer: answer\n"
    shims += "def right(*told):\n    return wrong()\n"
    # Every cell that is not an exercise goes: helpers of the mutants have its names too.
    notebook = json.loads(json.dumps(lesson.notebook))
    notebook["cells"] = [
        c for c in notebook["cells"] if "exercise" in c["metadata"].get("tags", [])
    ]
    notebook["cells"][:0] = [made.code(shims), made.code(text)]
    phrases = {}
    for exercise, cell in zip(lesson.exercises, notebook["cells"][2:], strict=True):
        answers = [entry for entry in mutants.WRONG if entry[0] == exercise.check]
        named = [e for e in answers if getattr(mutants, e[1].__name__, None) is e[1]]
        _, answer, phrases[exercise.id] = named[len(named) // 2]
        cell["source"] = f"def {exercise.defines[0]}(*a):\n    return {answer.__name__}(*a)\n"
        if isinstance(answer, type):
            cell["source"] = f"class {exercise.defines[0]}({answer.__name__}):\n    pass\n"
    outcomes = grading.grade(lesson, notebook, course, seed=11)
    for outcome in outcomes:
        assert outcome["points"] == 0
        assert phrases[outcome["id"]] in outcome["mistake"], outcome


@pytest.mark.parametrize("text", made.PACKAGED)
def test_the_package_answers_nothing(box, text):
    outcomes = graded(box, made.notebook({"1.3": text}))
    assert points(outcomes) == made.POINTS | {"1.3": 0}
    told = outcomes["1.3"]["mistake"]
    reasons = "is left out of the grading: ", "LeftOutOfTheGrading", "Error"
    assert any(reason in told for reason in reasons), told


def test_nothing_of_an_exercise_lives_on(box):
    """A process in the background is gone, and so are its files, when the next exercise starts."""
    leave = """
import os, subprocess, sys
def gaussian_log_prob(x, mu, log_var):
    open('/tmp/left', 'w').write('here')
    open('/dev/shm/left', 'w').write('here')
    for _ in range(2):
        if os.fork() == 0:
            os.setsid()
            import time
            time.sleep(60)
    return x
"""
    look = """
import os
def log_weight(*arguments):
    mine = [name for name in os.listdir('/proc') if name.isdigit()]
    names = [open(f'/proc/{name}/comm').read().strip() for name in mine]
    raise ValueError(f"{len(mine)} {sorted(names)} {os.listdir('/tmp')} {os.listdir('/dev/shm')}")
"""
    outcomes = graded(box, made.notebook({"1.1": leave, "1.2": look}))
    assert re.search(r"ValueError: 3 \[.*\] \[\] \[\]", outcomes["1.2"]["mistake"]), outcomes["1.2"]


def test_what_the_sandbox_sees(box):
    """No home, repository, variable, network or privilege of the grader; and a user of its own."""
    os.environ["A_SECRET_OF_THE_GRADER"] = "x"
    look = f"""
import os
def gaussian_log_prob(*arguments):
    status = dict(line.split(':', 1) for line in open('/proc/self/status') if ':' in line)
    told = [sorted(os.listdir('/')), os.path.exists({str(settings.root() / "notebooks")!r})]
    told += ['A_SECRET_OF_THE_GRADER' in os.environ, status['CapEff'].strip(), os.getuid() == 0]
    told += [len([n for n in os.listdir('/proc') if n.isdigit()]), status['NoNewPrivs'].strip()]
    for path in ('/x', '/usr/x', '/sandbox/course/x', '/sandbox/course/inside/wire.py'):
        try:
            open(path, 'a')
            told.append(path)
        except OSError:
            pass
    raise ValueError(str(told))
"""
    try:
        told = graded(box, made.notebook({"1.1": look}))["1.1"]["mistake"]
    finally:
        del os.environ["A_SECRET_OF_THE_GRADER"]
    found = re.search(r"ValueError: \[\[.*?\], False, False, '0{16}', False, 3, '1'\]", told)
    assert found, told
    assert not {"'home'", "'work'", "'mnt'", "'var'"} & set(re.findall(r"'\w+'", told)), told


def test_every_start_of_a_template_is_a_fresh_one(course):
    """After a kill the next exercise finds a new template, not a broken one."""
    with sandbox.Sandbox(course.of(made.LESSON), seconds=5.0) as box:
        for _ in range(2):
            with box.exercise() as ask:
                text = "import os, time\ndef gaussian_kl():\n    os.kill(os.getppid(), 9)\n"
                text += "    time.sleep(60)\n"
                listed = [{"id": "1.3", "defines": ["gaussian_kl"], "cell": 0}]
                request = {"op": "load", "cells": [text], "exercises": listed, "graded": "1.3"}
                assert ask(request | {"references": [], "replaced": []})[0]["missing"] is False
                with pytest.raises(sandbox.Ended, match="killed from inside"):
                    ask({"op": "call", "handle": 0, "seed": 0})


def test_an_installed_package_hides_no_module_of_python(course, monkeypatch, tmp_path):
    """An old backport beside torch, such as dataclasses.py, is not what the template imports."""
    (tmp_path / "dataclasses.py").write_text("raise ImportError('the backport')")
    found = sandbox._site_packages()
    monkeypatch.setattr(sandbox, "_site_packages", lambda: [tmp_path, *found])
    tmp_path.chmod(0o755)
    with sandbox.Sandbox(course.of(made.LESSON)) as box, box.exercise() as ask:
        assert ask({"op": "load", "cells": [], "exercises": [], "graded": "1.1"}) is not None


@pytest.mark.skipif(os.geteuid() != 0, reason="root: the other half of the sandbox's two roads")
def test_as_an_ordinary_user_too(tmp_path):
    """The same walls and limits where bubblewrap has no privileges."""
    python = next((p for p in ("/usr/bin/python3", sys.executable) if _readable(p)), None)
    script = (
        "import os, resource\n"
        "resource.setrlimit(resource.RLIMIT_NPROC, (20, 20))\n"
        "count = 0\n"
        "try:\n"
        "    while count < 200:\n"
        "        if os.fork() == 0:\n"
        "            import time; time.sleep(2); os._exit(0)\n"
        "        count += 1\n"
        "except OSError:\n"
        "    pass\n"
        "print(count, os.getuid(), sorted(os.listdir('/home')) if os.path.isdir('/home') else [])\n"
    )
    if python is None:
        pytest.skip("root: no Python that an ordinary user may read")
    (tmp_path / "script.py").write_text(
        "import os, sys\n"
        f"sys.path.insert(0, {str(settings.root())!r})\n"
        "sys.modules['numpy'] = type(sys)('numpy')\n"
        "from homework import sandbox\n"
        f"walls = sandbox._walls(None)\n"
        f"os.execvp(walls[0], [*walls, '--', sandbox._python(), '-I', '-S', '-c', {script!r}])\n"
    )
    readable = tmp_path / "script.py"
    for folder in (readable, *readable.parents[:4]):
        if folder != folder.parent and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    drop = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    done = subprocess.run(
        [*drop, python, "-I", str(readable)], capture_output=True, text=True, cwd="/", timeout=60
    )
    assert done.returncode == 0, done.stderr
    count, user, homes = done.stdout.strip().split(" ", 2)
    assert 5 <= int(count) < 30 and user == "65534" and homes == "[]"


def _readable(path):
    real = os.path.realpath(path)
    parts = [real, *(str(parent) for parent in __import__("pathlib").Path(real).parents)]
    return os.path.exists(real) and all(os.stat(part).st_mode & 0o005 == 0o005 for part in parts)
