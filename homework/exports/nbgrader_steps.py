"""Steps of nbgrader, done by the course: its stubs, and its grader in place of a kernel.

It runs in nbgrader's process, which may be of an environment without torch: only nbgrader and what
needs no torch is imported here.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters.autograde import Autograde
from nbgrader.converters.generate_assignment import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions, DeduplicateIds, Execute, NbGraderPreprocessor
from traitlets import Integer, List, Unicode

from homework import lessons, release
from homework.exports import cells as marks
from homework.exports.nbgrader_marks import append, handed_out, mend
from homework.lessons import Exercise

ROOT = Path(__file__).resolve().parent.parent.parent
TOLD = ("checked", "expected", "received")
STRANGE = "This check is none of the course's, whose grader runs no others: mark it by hand."


def settle(config):
    """Put the steps below where nbgrader has its own."""
    put = {ClearSolutions: Stubs, DeduplicateIds: Mend, Execute: GradeInSandbox}
    steps = "sanitize_preprocessors", "autograde_preprocessors"
    for converter, name in (GenerateAssignment, "preprocessors"), *((Autograde, n) for n in steps):
        given = converter.class_traits()[name].default()
        config[converter.__name__][name] = [put.get(step, step) for step in given]


class Stubs(ClearSolutions):
    """The course's stubs, which name the exercise; nbgrader's own where a cell is not the course's.

    Its settings are those of ``c.ClearSolutions``.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """Take the solution out of a cell, in place."""
        course = cell.metadata.get("course", {})
        is_ours = utils.is_solution(cell) and "id" in course
        if is_ours and cell.cell_type == "code":
            exercise = Exercise(
                **{key: course[key] for key in ("id", "points", "difficulty", "minutes")},
                defines=tuple(course["defines"]),
                check="",
                cell=cell_index,
            )
            cell.source = release.stub(cell.source, exercise)
        elif is_ours and cell.source.endswith(marks.REGION):
            cell.source = cell.source.removesuffix(marks.REGION)
        else:
            return super().preprocess_cell(cell, resources, cell_index)
        return cell, resources


def lesson_of(step, resources):
    """The lesson that a notebook is of; None if it is of the instructor's own assignments.

    Its name tells, or the instructor's ``source``: nothing that a student could change.

    Raises:
        RuntimeError: there is no such source.
    """
    told = resources["nbgrader"]
    own = ROOT / "notebooks" / f"{told['notebook']}.ipynb"
    if own.is_file():
        return lessons.read(own)
    course = step.parent.parent.coursedir
    folder = course.format_path(course.source_directory, ".", told["assignment"])
    path = Path(folder) / f"{told['notebook']}.ipynb"
    try:
        number = json.loads(path.read_text("utf-8"))["metadata"].get("course", {}).get("lesson")
    except OSError as error:
        raise RuntimeError(
            f"{told['notebook']} was not graded: {path} cannot be read ({error.strerror}), and "
            "only it says whether this is a lesson; put it back"
        ) from error
    return lessons.all_lessons([number])[0] if number else None


class Mend(NbGraderPreprocessor):
    """Takes the place of nbgrader's ``DeduplicateIds``."""

    def preprocess(self, nb, resources):
        """Mend the marks of ``nb``, in place."""
        told = resources["nbgrader"]
        lesson = lesson_of(self, resources)
        with Gradebook(told["db_url"]) as gradebook:
            cells = gradebook.find_notebook(told["notebook"], told["assignment"]).source_cells
            known = {cell.name: (cell.cell_type, cell.source) for cell in cells}
        for line in mend(nb, known, handed_out(lesson) if lesson else {}):
            self.log.warning("%s: %s", told.get("student"), line)
        return nb, resources


class GradeInSandbox(Execute):
    """``python -m homework grade`` on a lesson's notebook; each check's cell shows what it said.

    Nothing that a student wrote there runs in nbgrader's kernels, which could write into its
    database. Notebooks of the instructor's own assignments run in these, as without this step.
    """

    python = Unicode(sys.executable, help="Python of the course's environment").tag(config=True)
    seed = Integer(0, help="of the hidden inputs, the same for all students").tag(config=True)
    options = List(Unicode(), help="more words for `python -m homework grade`").tag(config=True)

    def preprocess(self, nb, resources):
        """Grade ``nb`` and write the verdicts into it.

        Raises:
            RuntimeError: it could not be graded; nbgrader says so and leaves this student out.
        """
        lesson = lesson_of(self, resources)
        if not lesson:
            return super().preprocess(nb, resources)
        outcomes = {outcome["id"]: outcome for outcome in self.grade(nb, lesson)}
        for cell in nb.cells:  # no kernel ran it, and nbgrader gives all points where nothing fails
            if cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell):
                cell.outputs = [failed(STRANGE, [STRANGE])]
        for exercise in lesson.exercises:
            cell = self.check_cell(nb, exercise)
            cell.outputs = [output(exercise, outcomes[exercise.id])]
        return nb, resources

    def grade(self, nb, lesson):
        """Outcomes of the exercises, as ``grades.json`` has them."""
        with tempfile.TemporaryDirectory(prefix="nbgrader-") as folder:
            path = Path(folder) / f"{lesson.name}.ipynb"
            path.write_text(nbformat.writes(nb), encoding="utf-8")
            command = [self.python, "-m", "homework", "grade", str(path), "--jobs", "1"]
            command += ["--out", f"{folder}/out", "--seed", str(self.seed), *self.options]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{lesson.name} was not graded: {done.stderr.strip()[-2000:]}")
            told = json.loads(Path(folder, "out", "grades.json").read_text(encoding="utf-8"))
        [entry] = told["graded"]
        if entry["lesson"] != lesson.number:
            raise RuntimeError(f"{lesson.name} was not graded: it is of lesson {entry['lesson']}")
        return entry["outcomes"]

    def check_cell(self, nb, exercise):
        """The cell that shows an exercise's verdict; one that was removed is put at the end."""
        name = marks.name("check", exercise.id)
        for cell in nb.cells:
            if cell.metadata.get(marks.KEY, {}).get("grade_id") == name and utils.is_grade(cell):
                return cell
        text, told = f"checks.{exercise.check}({exercise.defines[0]})", {}
        marks.put({"metadata": told}, name, locked=True, points=exercise.points)
        return append(nb, "code", text, told[marks.KEY])


def output(exercise, outcome):
    """What a check's cell shows: nbgrader gives no points where it is an error, else all."""
    if outcome["verdict"] == "right":
        lines = [f"{exercise.check}: right. {outcome['verified']}", outcome["note"]]
        text = "\n".join(line for line in lines if line) + "\n"
        return nbformat.v4.new_output("stream", name="stdout", text=text)
    lines = [f"{exercise.check}: {outcome['mistake']}"]
    lines += [f"  {key}: {outcome[key]}" for key in TOLD if outcome[key]]
    return failed(outcome["mistake"], lines)


def failed(text, lines):
    """The output of an error."""
    told = {"ename": "CheckFailed", "evalue": text, "traceback": lines}
    return nbformat.v4.new_output("error", **told)
