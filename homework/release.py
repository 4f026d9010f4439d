"""The student version of a lesson, and the way back."""

import ast
import copy
import json
from pathlib import Path

from homework import keeping
from homework.exports import cells as marks
from homework.inside.text import lines as lines_of
from homework.lessons import GENERATED, regions, source, tags

FRONT_END = "jupyter"  # what JupyterLab reads of a cell's metadata
LEVELS = {1: "easy", 2: "medium", 3: "hard"}
# Where students have it: a point of the header.
IN_THE_COURSE = """\
- It runs in the environment of the course (`make lab` sets it up). In the folder of the course, \
`.venv/bin/python -m homework check PATH/{name}.ipynb` prints your points so far. Keep this \
file outside of the folder `notebooks`, where the command reads the lesson itself."""
ON_A_BRANCH = """\
- It runs in the environment of the course, which a hub has ready; `README.md` says how to make \
one elsewhere. What you write here stays yours when a new lesson is handed out."""


class ReleaseError(OSError):
    """The student version could not be written; the message names the file."""


def student_version(lesson, place=IN_THE_COURSE, solved=False):
    """The student version: a notebook (dict) without solutions and outputs, with a header.

    Outputs stay in cells tagged ``keep`` before the first exercise. The cells of exercises, checks
    and questions have nbgrader's metadata beside the course's own.

    Args:
        place: what the header says about where it runs.
        solved: leave the solutions in, between their markers.
    """
    notebook = copy.deepcopy(lesson.notebook)
    notebook["metadata"].pop("widgets", None)
    marks.mark(lesson, notebook["cells"])
    exercises = {exercise.cell: exercise for exercise in lesson.exercises}
    first = min([*exercises, len(notebook["cells"])])
    cells = [_header(lesson, place)]
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            if not ("keep" in tags(cell) and index < first):
                cell["outputs"] = []
            cell["execution_count"] = None
        if index in exercises:
            cells.append(_label(exercises[index]))
            cell["metadata"].pop(FRONT_END, None)  # which folds the lesson's solution
            if not solved:
                cell["source"] = stub(source(cell), exercises[index])
        cells.append(cell)
    notebook["cells"] = cells
    return notebook


def stub(text, exercise):
    """``text`` with each solution replaced, at its indentation, by a refusal with the number."""
    lines = lines_of(text)
    for begin, end in reversed(regions(text)):
        indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
        what = _enclosing(text, begin + 1) or ", ".join(exercise.defines)
        message = f"Exercise {exercise.id}: write {what}"
        lines[begin : end + 1] = [f"{indent}raise NotImplementedError({json.dumps(message)})"]
    return "\n".join(lines)


def restore(student, lesson):
    """A student version with the lesson's solutions put back where the stubs are.

    Returns:
        The cells' sources and metadata as in the lesson; what release added is gone.
    """
    cells = [copy.deepcopy(cell) for cell in student["cells"] if GENERATED not in tags(cell)]
    for exercise in lesson.exercises:
        cell, text = cells[exercise.cell], lesson.references[exercise.id]
        original, lines = lines_of(text), lines_of(source(cell))
        shift = 0
        for begin, end in regions(text):
            place = begin - shift
            solution = original[begin : end + 1]
            indent = solution[0][: len(solution[0]) - len(solution[0].lstrip())]
            if not lines[place].startswith(f"{indent}raise NotImplementedError("):
                raise ValueError(f"exercise {exercise.id}: no stub at line {place + 1}")
            lines[place] = "\n".join(solution)
            shift += end - begin
        cell["source"] = "\n".join(lines)
        folded = lesson.cells[exercise.cell]["metadata"].get(FRONT_END)
        if folded is not None:
            cell["metadata"][FRONT_END] = folded
    for cell in cells:
        cell["metadata"].pop(marks.KEY, None)
    return [{"source": source(cell), "metadata": cell["metadata"]} for cell in cells]


def _enclosing(text, line):
    """Name of the function around a line, with its class: ``VAE.encode``."""
    names, body = [], ast.parse(text).body
    while True:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        around = [n for n in body if isinstance(n, kinds) and n.lineno <= line <= n.end_lineno]
        if not around:
            return ".".join(names)
        names.append(around[0].name)
        body = around[0].body


def _label(exercise):
    level = LEVELS.get(exercise.difficulty, str(exercise.difficulty))
    points = f"{exercise.points} point" + ("s" if exercise.points != 1 else "")
    text = f"**Your turn: exercise {exercise.id}** · {points} · {level} · about "
    text += f"{exercise.minutes} minutes"
    return _added(f"label-{exercise.id.replace('.', '-')}", text)


def _header(lesson, place):
    rows = [f"| {e.id} | {e.points} | checked by the notebook |" for e in lesson.exercises]
    rows += [
        f"| {r.id} | {r.points} | in words, read by your instructor |" for r in lesson.reflections
    ]
    total = sum(e.points for e in (*lesson.exercises, *lesson.reflections))
    checked = sum(e.points for e in lesson.exercises)
    text = f"""\
**Lesson {lesson.number}, student version**: {total} points in all, {checked} checked by program, \
{total - checked} in words.

| exercise | points | how it is graded |
|---|---|---|
{chr(10).join(rows)}

- Write your answers where it says `raise NotImplementedError`, and under *Your answer*. Helper \
functions may stand in any cell.
- The cell after an exercise checks it and names the mistake it finds. The grading uses the same \
checks with other random numbers. It runs an exercise's own cell and, of the other cells, what \
your answer uses; what you print, plot or train is not looked at.
- torch, numpy, scipy and Python's standard library are allowed. Another library is not there in \
the grading, and the check names it.
- To go on without an answer, put the line of a *Stuck?* box in place of yours. What it lends \
(`checks.lend`), or what is taken from `course_utils`, earns nothing as an answer: the grading \
leaves those functions out. The check says so: "right", and "it earns nothing in the grading". \
Whatever else of `course_utils` the lesson uses, you may use.
{place.format(name=lesson.name)}
- To submit, save the notebook and hand in this one file, `{lesson.name}.ipynb`. Do not remove or \
split the exercise cells: their metadata say which exercise they are."""
    return _added("header", text)


def _added(name, text):
    return {
        "cell_type": "markdown",
        "id": f"homework-{name}",
        "metadata": {"tags": [GENERATED]},
        "source": text,
    }


def text_of(notebook):
    """A notebook's bytes as text, the same for the same content."""
    import nbformat

    whole = json.loads(json.dumps(notebook))
    for cell in whole["cells"]:
        cell["source"] = source(cell)
    return nbformat.writes(nbformat.from_dict(whole)).rstrip("\n") + "\n"


def write(lesson, folder, force=False):
    """Write the student version into ``folder``, whole or not at all; returns the path.

    A file that is there and differs may hold somebody's answers: it stays, unless ``force``.

    Raises:
        ReleaseError: the folder or the disk refuses it, or a file that differs is there.
    """
    path = Path(folder) / f"{lesson.name}.ipynb"
    try:
        is_lesson = path.samefile(lesson.path)
    except OSError:  # it is not there, or cannot be seen, which the writing tells
        is_lesson = False
    if is_lesson:
        raise ReleaseError(f"{path}: this is the lesson itself; choose another folder by --to")
    text = text_of(student_version(lesson))
    keeping.write({path: text.encode("utf-8")}, "answers", ReleaseError, force)
    return path
