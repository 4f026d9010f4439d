"""What a lesson notebook says about its exercises: the single source of its points."""

import ast
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from homework.inside.text import lines as lines_of

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
GENERATED = "homework"  # tag of the cells that release adds
# 02x_latents is an extra of 02_vae_mnist; here it is a lesson of its own.
NAME = re.compile(r"(\d\d[xy]?)_[a-z0-9_]+")
ID = re.compile(r"(\d{1,2})([xy]?)\.\d{1,3}", re.ASCII)


class LessonError(ValueError):
    """A lesson's notebook does not keep the format of the course; the message names the cell."""


@dataclass(frozen=True)
class Exercise:
    """One graded cell.

    Attributes:
        id: such as ``1.2``. points, difficulty, minutes: as the reader sees them.
        defines: names that the cell defines; the first is what the check takes.
        check: its name in ``course_utils.checks``. cell: its index in the notebook.
    """

    id: str
    points: int
    difficulty: int
    minutes: int
    defines: tuple
    check: str
    cell: int

    @property
    def seals(self):
        """What its check seals: functions, methods or classes of the package that answer it."""
        from course_utils.checks import SEALS  # here, since reading a lesson needs no torch

        return SEALS[self.id]


@dataclass(frozen=True)
class Reflection:
    """A question answered in words, for the instructor to read."""

    id: str
    points: int
    difficulty: int
    minutes: int
    cell: int


@dataclass(frozen=True)
class Lesson:
    """A lesson and its exercises, in the order of the notebook."""

    path: Path
    notebook: dict
    number: str
    exercises: tuple
    reflections: tuple

    @property
    def name(self):
        """Such as ``01_vae_2d``."""
        return self.path.stem

    @property
    def cells(self):
        """The notebook's cells."""
        return self.notebook["cells"]

    @property
    def points(self):
        """What the checks give at most; reflections are the instructor's."""
        return sum(exercise.points for exercise in self.exercises)

    @property
    def seals(self):
        """What all exercises of the lesson seal: (exercise, name) pairs."""
        return [(exercise.id, name) for exercise in self.exercises for name in exercise.seals]

    @cached_property
    def references(self):
        """Exercise id -> source of its cell, with the solution."""
        return {exercise.id: source(self.cells[exercise.cell]) for exercise in self.exercises}


def source(cell):
    """A cell's text, however the file stores it."""
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def number_of(exercise_id):
    """Number of the lesson, ``01``, that the exercise ``1.2`` is of; ``02x`` of ``2x.1``.

    Raises:
        ValueError: it is no number of an exercise.
    """
    found = ID.fullmatch(exercise_id)
    if found is None:
        raise ValueError(f"exercise: expected a number such as 1.2 or 2x.1, got {exercise_id!r}")
    return f"{int(found[1]):02d}{found[2]}"


def _is_of(exercise_id, number):
    """True for the number of an exercise of this lesson."""
    return bool(ID.fullmatch(exercise_id)) and number_of(exercise_id) == number


def number_in(stem):
    """Number of the lesson in a notebook's name: ``02x`` of ``02x_latents``, or "" if none."""
    found = NAME.fullmatch(stem)
    return found[1] if found else ""


def tags(cell):
    """A cell's tags."""
    return cell["metadata"].get("tags", [])


def read(path):
    """The lesson in the notebook ``path``.

    Raises:
        LessonError: metadata are missing or wrong, solution markers do not pair, an exercise has
            no check after it, or it is a student version.
    """
    path = Path(path)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    number = notebook["metadata"].get("course", {}).get("lesson")
    if not number:
        raise LessonError(f"{path.name}: no lesson in the notebook's metadata course")
    if any(GENERATED in tags(cell) for cell in notebook["cells"]):
        raise LessonError(
            f"{path}: this is a student version, where the lesson with its solutions is wanted. "
            f"Keep student versions in another folder, and put the lesson back (git restore {path})"
        )
    exercises, reflections, seen = [], [], set()
    for index, cell in enumerate(notebook["cells"]):
        kinds = {"exercise", "reflection"} & set(tags(cell))
        where = f"{path.name}, cell {index}"
        if not kinds:
            if BEGIN in source(cell) or END in source(cell):
                raise LessonError(f"{where}: a solution outside a cell with the tag exercise")
            continue
        course = dict(cell["metadata"].get("course", {}))
        shared = {key: course.get(key) for key in ("id", "points", "difficulty", "minutes")}
        missing = [key for key, value in shared.items() if value is None]
        if missing:
            raise LessonError(f"{where}: no {', '.join(missing)} in its metadata course")
        if shared["id"] in seen or not _is_of(shared["id"], number):
            raise LessonError(f"{where}: id {shared['id']!r} is taken, or of another lesson")
        seen.add(shared["id"])
        if "reflection" in kinds:
            reflections.append(Reflection(**shared, cell=index))
            continue
        regions(source(cell), where)
        defines = tuple(course.get("defines", ()))
        check = _check_after(notebook["cells"], index, defines, where)
        exercises.append(Exercise(**shared, defines=defines, check=check, cell=index))
    return Lesson(path, notebook, number, tuple(exercises), tuple(reflections))


def regions(text, where="the cell"):
    """Line numbers (begin, end) of each solution, markers included, counted from 0."""
    found, start = [], None
    for number, line in enumerate(lines_of(text)):
        if line.strip() == BEGIN and start is None:
            start = number
        elif line.strip() == END and start is not None:
            found.append((start, number))
            start = None
        elif BEGIN in line or END in line:
            raise LessonError(f"{where}: solution markers do not pair, at line {number + 1}")
    if start is not None or not found:
        raise LessonError(f"{where}: expected {BEGIN} ... {END}, each on a line of its own")
    return found


def _check_after(cells, index, defines, where):
    """Name of the check that the code cell after an exercise calls on what it defines."""
    after = next((cell for cell in cells[index + 1 :] if cell["cell_type"] == "code"), None)
    for node in ast.walk(ast.parse(source(after))) if after else ():
        is_check = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_check and isinstance(node.func.value, ast.Name) and node.func.value.id == "checks":
            if node.args and isinstance(node.args[0], ast.Name) and node.args[0].id in defines[:1]:
                return node.func.attr
    raise LessonError(f"{where}: the next code cell calls no check on the first name it defines")


def all_lessons(numbers=(), folder=None):
    """The lessons of the course with their extras, or those with the given numbers.

    ``02`` is the lesson alone, ``02x`` its extra.

    Raises:
        ValueError: there is no such lesson.
    """
    if folder is None:
        from course_utils import settings  # here, for the same reason

        folder = settings.root() / "notebooks"
    paths = sorted(folder.glob("*.ipynb"))
    paths = {path: number for path in paths if (number := number_in(path.stem))}
    chosen = [path for path, number in paths.items() if not numbers or number in numbers]
    unknown = set(numbers) - {paths[path] for path in chosen}
    if unknown or not chosen:
        known = ", ".join(paths.values()) or "none"
        raise ValueError(f"lessons: expected some of {known}, got {', '.join(sorted(unknown))}")
    return [read(path) for path in chosen]
