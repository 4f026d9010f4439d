"""nbgrader itself on lesson 01, in an environment without torch: the points of ``homework check``.

Its road has three commands: ``generate_assignment``, ``autograde`` and ``generate_feedback``.
"""

import html
import json
import os
import re
import sqlite3
import sys
from types import SimpleNamespace

import environments
import nbformat
import pytest
import submissions as made
from grader import without

from homework import lessons, release
from homework.exports import cells, nbgrader_course

ROOT, NAME, OWN = environments.ROOT, "01_vae_2d.ipynb", "own.ipynb"
LENT = "gaussian_kl = checks.lend.gaussian_kl\n"
WORDS = "The answer of somebody who thought about it: <b>both</b>."
POINTS = """
select submitted_assignment.student_id, base_cell.name, grade.auto_score, grade.needs_manual_grade
from grade
join base_cell on base_cell.id = grade.cell_id
join submitted_notebook on submitted_notebook.id = grade.notebook_id
join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
"""
# What students answer; an exercise that is not named is answered rightly, None not at all.
STUDENTS = {
    "ann": {},
    "zoë o'neill": {"1.1": made.wrong("1.1"), "1.4": None, "1.5": made.wrong("1.5")},
    "bob": dict.fromkeys(made.IDS) | {"1.3": LENT},
    "eve": {"1.1": made.wrong("1.1"), "1.7": made.wrong("1.7")},
}


class Course:
    """A folder of nbgrader's, and its commands."""

    def __init__(self, folder, python, **environment):
        self.folder, self.python = folder, python
        self.environment = {"PATH": f"{python.parent}:{os.environ['PATH']}", "HOME": str(folder)}
        self.environment |= environment
        folder.mkdir(exist_ok=True)

    def run(self, *words):
        """One command of nbgrader on the assignment."""
        command = [self.python, "-m", "nbgrader", *words, "vae01"]
        return environments.run(command, cwd=self.folder, **self.environment)

    def released(self):
        """What students are given."""
        return json.loads((self.folder / "release" / "vae01" / NAME).read_text("utf-8"))

    def submit(self, student, notebook):
        """Put a notebook where nbgrader collects them."""
        path = self.folder / "submitted" / student / "vae01" / NAME
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    def points(self):
        """Student -> nbgrader's name of a cell -> (points, whether somebody must look)."""
        found = {}
        with sqlite3.connect(self.folder / "gradebook.db") as database:
            for student, cell, points, waits in database.execute(POINTS):
                found.setdefault(student, {})[cell] = (points, bool(waits))
        database.close()
        return found


def answered(notebook, answers):
    """A copy of a student's notebook with ``answers``, and right ones to the rest."""
    notebook = json.loads(json.dumps(notebook))
    for cell in notebook["cells"]:
        number = cell["metadata"].get("course", {}).get("id")
        text = (made.LESSON.references | answers).get(number)
        if text is not None:
            cell["source"] = text
    return notebook


def named(notebook, name):
    """The cell that nbgrader calls ``name``."""
    [cell] = [
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    ]
    return cell


def by_check(path):
    """Points of the visible checks by the course's own command: number -> points."""
    told = environments.run([sys.executable, "-m", "homework", "check", path], cwd=ROOT)
    return {n: int(p) for n, p in re.findall(r"^exercise (\S+): (\d+) of", told, re.M)}


def of_checks(found):
    """The same of what nbgrader found."""
    return {number: found[cells.name("check", number)][0] for number in made.IDS}


@pytest.fixture(scope="module")
def python():
    return environments.make("nbgrader", ["nbgrader==0.9.*"])


@pytest.fixture(scope="module")
def course(python, tmp_path_factory):
    """The exported course, after all three commands."""
    course = Course(tmp_path_factory.mktemp("nbgrader") / "course", python)
    export = ["export", "nbgrader", "01", "--to", course.folder, "--seed", "5"]
    environments.run([sys.executable, "-m", "homework", *export], cwd=ROOT)
    with open(course.folder / nbgrader_course.CONFIGURATION, "a") as stream:
        stream.write(f"c.GradeInSandbox.options = {without()!r}\n")
    own = course.folder / "source" / "vae01" / OWN
    own.write_text(nbformat.writes(own_notebook()), encoding="utf-8")
    course.run("generate_assignment")
    paths = {}
    for student, answers in STUDENTS.items():
        notebook = answered(course.released(), answers)
        if student == "ann":
            cell = named(notebook, "question-1-8")
            cell["source"] = lessons.source(cell) + f"\n\n{WORDS}"
        if student == "eve":
            notebook = forged(notebook)
        paths[student] = course.submit(student, notebook)
    (paths["ann"].parent / OWN).write_text(nbformat.writes(own_notebook()), encoding="utf-8")
    handed_out = json.loads(release.text_of(release.student_version(made.LESSON)))
    paths["dan"] = course.submit("dan", answered(handed_out, {"1.2": made.wrong("1.2")}))
    course.run("autograde")
    course.run("generate_feedback")
    return SimpleNamespace(course=course, paths=paths, points=course.points())


def forged(notebook):
    """Cells that a student changed, copied, as Jupyter does with their marks, and removed."""
    named(notebook, "check-1-1")["source"] = "print('gaussian_log_prob: right.')"
    named(notebook, "check-1-2")["metadata"]["nbgrader"]["points"] = 100
    named(notebook, "check-1-4")["metadata"]["nbgrader"]["grade_id"] = "mine"
    named(notebook, "check-1-5")["metadata"]["nbgrader"]["schema_version"] = 2
    for name in ("check-1-7", "question-1-9"):
        notebook["cells"].remove(named(notebook, name))
    copies = [named(notebook, name) | {"id": name} for name in ("exercise-1-3", "check-1-6")]
    notebook["cells"] += json.loads(json.dumps(copies))
    return notebook


def own_notebook():
    """A notebook of the instructor's own, with an answer and its check."""
    code = nbformat.v4.new_code_cell
    told = {"schema_version": 3, "task": False}
    answer = told | {"grade_id": "own", "grade": False, "solution": True, "locked": False}
    check = told | {"grade_id": "test", "grade": True, "solution": False, "locked": True}
    return nbformat.v4.new_notebook(
        cells=[
            code("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", metadata={"nbgrader": answer}),
            code("assert x == 1", metadata={"nbgrader": check | {"points": 5}}),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )


def test_its_release_is_the_student_version(course):
    wanted = json.loads(release.text_of(release.student_version(made.LESSON)))
    pairs = zip(course.course.released()["cells"], wanted["cells"], strict=True)
    for one, two in pairs:
        assert lessons.source(one) == lessons.source(two)
        told = two["metadata"].get("nbgrader", {})
        found = one["metadata"].get("nbgrader", {})
        assert {key: found[key] for key in told} == told


def test_a_notebook_of_the_instructors_own_runs_in_nbgraders_kernel(course):
    assert course.points["ann"]["test"] == (5, False)


@pytest.mark.parametrize("student", [*STUDENTS, "dan"])
def test_points_are_those_of_the_visible_checks(course, student):
    wanted = by_check(course.paths[student])
    assert of_checks(course.points[student]) == wanted
    if student == "ann":
        assert wanted == made.POINTS
    if student == "bob":
        assert set(wanted.values()) == {0}


def test_words_wait_for_a_person(course):
    assert course.points["ann"]["question-1-8"] == (None, True)
    for student in ("ann", "bob", "dan", "eve"):
        assert course.points[student]["question-1-9"] == (0, False)


def test_feedback_holds_the_messages(course):
    pages = {
        s: course.course.folder / "feedback" / s / "vae01" / "01_vae_2d.html" for s in course.paths
    }
    texts = {student: path.read_text("utf-8") for student, path in pages.items()}
    assert "gaussian_kl: right." in texts["ann"] and WORDS in texts["ann"]
    assert "the 1/2 is missing" in texts["zoë o'neill"]
    assert "not written yet: Exercise 1.4: write reparameterise" in texts["zoë o'neill"]
    assert "Right once the answers of 1.1" in texts["zoë o'neill"]
    assert "left out of the grading" in texts["bob"]


STEPS = """
import nbformat
from nbgrader.utils import determine_grade
from homework.exports import nbgrader_steps
code = nbformat.v4.new_code_cell
told = {"grade_id": "mine", "schema_version": 3, "locked": False, "task": False}
answer = code("### BEGIN SOLUTION\\nsecret = 1\\n### END SOLUTION")
answer.metadata["nbgrader"] = told | {"grade": False, "solution": True}
check = code("assert secret == 1")
check.metadata["nbgrader"] = told | {"grade": True, "solution": False, "points": 5}
notebook = nbformat.from_dict(nbformat.v4.new_notebook(cells=[answer, check]))
made, _ = nbgrader_steps.Stubs().preprocess(notebook, {})
print(made.cells[0].source)
step = nbgrader_steps.GradeInSandbox()
step.grade = lambda nb, lesson: [
    dict.fromkeys(("mistake", "verified", "note", "checked", "expected", "received"), "")
    | {"id": one.id, "verdict": "right"} for one in lesson.exercises
]
made, _ = step.preprocess(notebook, {"nbgrader": {"notebook": "01_vae_2d"}})
print([determine_grade(cell) for cell in made.cells[1:]])
"""


def test_cells_that_an_instructor_added_keep_their_secret_and_get_no_points_by_themselves(python):
    told = environments.run([python, "-c", STEPS], PYTHONPATH=str(ROOT))
    stub, found = told.split("NotImplementedError()\n")
    assert stub.startswith("# YOUR CODE HERE") and "secret" not in stub
    wanted = [(0, 5.0), *((float(points), float(points)) for points in made.POINTS.values())]
    assert found.strip() == str(wanted)


def test_without_our_configuration_its_own_kernel_gives_the_same(python, tmp_path):
    """Where no answer needs an earlier one that is wrong: only the course's grader mends those."""
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    told = {"argv": command, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(told))
    environment = {"JUPYTER_PATH": str(tmp_path / "jupyter"), "COURSE_PROFILE": "smoke"}
    environment |= {"COURSE_OUTPUT_DIR": str(tmp_path / "records"), "PYTHONPATH": str(ROOT)}
    environment |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    course = Course(tmp_path / "course", python, **environment)
    source = course.folder / nbgrader_course.path_of(made.LESSON)
    source.parent.mkdir(parents=True)
    source.write_text(nbgrader_course.text_of(made.LESSON), encoding="utf-8")
    (course.folder / "nbgrader_config.py").write_text("get_config().Execute.timeout = 900\n")
    course.run("generate_assignment")
    text = lessons.source(named(course.released(), "question-1-8"))
    assert text.startswith(lessons.source(made.LESSON.cells[made.LESSON.reflections[0].cell]))
    answers = {"1.3": LENT, "1.4": None, "1.7": made.wrong("1.7")}
    path = course.submit("ann", answered(course.released(), answers))
    course.run("autograde")
    assert of_checks(course.points()["ann"]) == by_check(path)
    course.run("generate_feedback")
    page = course.folder / "feedback" / "ann" / "vae01" / "01_vae_2d.html"
    told = "the values are right, but this is the package's own (losses.divergences.gaussian_kl)"
    assert told in html.unescape(page.read_text("utf-8"))
