"""What a lesson, an exercise or a data set still needs: sentences that say what to do.

Each function takes the project's folder and gives a list of sentences, empty where nothing is
forgotten. The steps are those of CONTRIBUTING.md.
"""

import ast
import contextlib
import importlib
import json
import re
import sys
from functools import cache
from pathlib import Path

import nbformat

from course_utils import settings
from homework import lessons
from tools.lessons import normalise, pictures, tables

LEAST_WRONG, LEAST_RIGHT = 12, 5  # answers that prove a check
POINTS = r"\*\*{kind} {id}\*\* \((\d+) points?\)"


def notebooks(root):
    return sorted((root / "notebooks").glob("*.ipynb"))


def tags(cell):
    return cell["metadata"].get("tags", [])


def code_of(notebook):
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return "\n".join(cell.source for cell in cells)


# --- lessons -------------------------------------------------------------------------------------


def of_notebooks(root):
    """Each notebook has its name and number, is in canonical form, and starts as its lesson."""
    for path in notebooks(root):
        text = path.read_text(encoding="utf-8")
        notebook = nbformat.read(path, as_version=4)
        number = notebook.metadata.get("course", {}).get("lesson")
        if not lessons.number_in(path.stem):
            yield f"{path.name}: expected a name such as 16_topic.ipynb, or 16x_topic.ipynb"
        if number != path.stem.split("_")[0]:
            yield (
                f"{path.name}: its metadata 'course' name the lesson {number!r}; "
                f"expected {path.stem.split('_')[0]!r}"
            )
        if normalise.normalise(text) != text:
            yield f"{path.name}: run: python -m tools.lessons.normalise notebooks/{path.name}"
        if f'start("{number}")' not in code_of(notebook):
            yield f'{path.name}: no cell calls lesson = start("{number}")'


def of_tables(root, entries):
    """The tables of the READMEs show every lesson, record and data set."""
    try:
        for path in tables.differing(root, entries):
            yield f"{path.relative_to(root)} does not show all that is there; run: make results"
    except ValueError as error:
        yield str(error)


def of_pictures(root):
    """The small pictures are those of the lessons."""
    wanted = {}
    try:
        wanted = pictures.all_pictures(root / "notebooks")
    except ValueError as error:
        yield str(error)
    for name, (source, _) in wanted.items():
        if pictures.source_of(root / "docs" / name) != source:
            yield f"docs/{name} is missing or old; run: make pictures"


def of_records(root):
    """Who records has a file of records; committed weights are measured again by a test."""
    tested = (root / "tests" / "test_real_data.py").read_text(encoding="utf-8")
    catalogue = (root / "course_utils" / "catalogue.py").read_text(encoding="utf-8")
    images = re.findall(r"^        name=\"(\w+)\",$", catalogue, re.MULTILINE)
    for path in notebooks(root):
        results = root / "data" / "results" / f"{path.stem}.json"
        weights = list((root / "data" / "checkpoints" / path.stem).glob("*.safetensors"))
        if "lesson.record(" not in code_of(nbformat.read(path, as_version=4)):
            continue
        if not results.is_file():
            number = path.stem.split("_")[0]
            yield (
                f"data/results/{path.stem}.json is missing; run: make run PROFILE=full "
                f"LESSONS={number}"
            )
            continue
        measured = {record["dataset"] for record in json.loads(results.read_text())["records"]}
        on_images = any(name.split(" ")[0] in images for name in measured)
        if weights and on_images and f'"{path.stem}", "' not in tested:
            yield (
                f"tests/test_real_data.py: RECORDS has no model of {path.stem}, whose weights are "
                "committed; add one with its metric of record"
            )


# --- exercises -----------------------------------------------------------------------------------


def of_exercises(root):
    """Each exercise has its metadata, markers, check cell, check, and answers that prove it."""
    asked = set()
    for path in notebooks(root):
        try:
            lesson = lessons.read(path)
        except lessons.LessonError as error:
            yield str(error)
            continue
        asked |= {f"lesson{lesson.number}/{one.check}.py" for one in lesson.exercises}
        for exercise in lesson.exercises:
            yield from _of_exercise(root, lesson, exercise)
        yield from _of_points(lesson)
    for folder in ("course_utils/checks", "tests/mutants"):
        for path in sorted((root / folder).glob("lesson*/[!_]*.py")):
            name = path.relative_to(root / folder).as_posix()
            if name not in asked:
                yield f"{folder}/{name}: no exercise of a notebook calls checks.{path.stem}"


def _of_exercise(root, lesson, exercise):
    where = f"{lesson.path.name}, exercise {exercise.id}"
    follower = next(
        cell for cell in lesson.cells[exercise.cell + 1 :] if cell["cell_type"] == "code"
    )
    if "nbval-check-output" not in tags(follower):
        yield f"{where}: tag its check cell 'nbval-check-output', so that its line is tested"
    name = f"lesson{lesson.number}/{exercise.check}.py"
    check = root / "course_utils" / "checks" / name
    if not check.is_file():
        yield f"{where}: course_utils/checks/{name} is missing: write its check there"
    elif checked_by(check).get(exercise.check) != exercise.id:
        yield f'course_utils/checks/{name}: expected @check("{exercise.id}") on {exercise.check}'
    for folder in (check.parent, root / "tests" / "mutants" / check.parent.name):
        if folder.is_dir() and not (folder / "__init__.py").is_file():
            yield f"{(folder / '__init__.py').relative_to(root)} is missing: say what is in it"
    if not (root / "tests" / "mutants" / name).is_file():
        yield (
            f"{where}: tests/mutants/{name} is missing: prove the check there by at least "
            f"{LEAST_WRONG} wrong answers and {LEAST_RIGHT} right ones"
        )


def _of_points(lesson):
    """Points and number stand in the text as in the metadata."""
    text = "\n\n".join(
        lessons.source(cell) for cell in lesson.cells if cell["cell_type"] == "markdown"
    )
    for kind, parts in (("Exercise", lesson.exercises), ("Question", lesson.reflections)):
        for one in parts:
            said = re.findall(POINTS.format(kind=kind, id=re.escape(one.id)), text)
            if said != [str(one.points)]:
                yield (
                    f"{lesson.path.name}: expected '**{kind} {one.id}** ({one.points} points)' "
                    f"once in its text, as the metadata say; found {', '.join(said) or 'none'}"
                )


def checked_by(path):
    """Name of a function -> the exercise that its decorator ``@check`` names."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "check":
                found[node.name] = ast.literal_eval(decorator.args[0])
    return found


def of_answers(root, lesson, name):
    """One check is proved by enough answers; tests/test_checks.py tries them."""
    with package(root):
        answers = importlib.import_module(f"mutants.lesson{lesson}.{name}")
    for kind, least in (("WRONG", LEAST_WRONG), ("RIGHT", LEAST_RIGHT)):
        count = len(getattr(answers, kind))
        if count < least:
            where = f"tests/mutants/lesson{lesson}/{name}.py"
            yield f"{where}: expected at least {least} answers in {kind}, found {count}"


# --- data sets -----------------------------------------------------------------------------------


def of_data_sets(root):
    """Each entry can be fetched, has a stand-in that fits it, and is tested where it is real."""
    page = (root / "data" / "README.md").read_text(encoding="utf-8")
    tested = (root / "tests" / "test_real_data.py").read_text(encoding="utf-8")
    with package(root):
        try:
            entries = importlib.import_module("course_utils.catalogue").DATA_SETS
        except (TypeError, NameError, AttributeError) as error:
            yield f"course_utils/catalogue.py: {error}"
            return
        yield from of_tables(root, entries)
        for name in sorted(set(re.findall(r'real_data\("(\w+)"\)', tested)) - set(entries)):
            yield f"course_utils/catalogue.py: no entry for {name!r}, which test_real_data.py tests"
        for name, entry in entries.items():
            if not (
                entry.files and all(re.fullmatch("[0-9a-f]{32}", x) for x in entry.files.values())
            ):
                yield f"course_utils/catalogue.py: {name}: expected the MD5 of each official file"
            stand_in = entry.stand_in.__name__
            sizes = _stand_in_sizes(
                name, (root / "course_utils" / "stand_ins.py").read_text("utf-8")
            )
            rows = [line for line in page.splitlines() if line.startswith(f"| `{stand_in}` |")]
            if len(rows) != 1 or f"`{name}`" not in rows[0] or sizes not in rows[0]:
                yield (
                    f"data/README.md, section Stand-ins: expected a row '| `{stand_in}` | "
                    f"`{name}` | {sizes} | made of ... |'"
                )
            if f'real_data("{name}")' not in tested:
                yield (
                    f"tests/test_real_data.py: no test of the official files is marked "
                    f'real_data("{name}")'
                )


@cache
def _stand_in_sizes(name, source):
    """``1,500 + 297``; the stand-in fits the form of the data set."""
    data = importlib.import_module("course_utils.data")
    prepared = importlib.import_module("course_utils.prepared")
    stand_in = data.stand_in(name)
    arrays = [getattr(stand_in, key).numpy() for key in prepared.ARRAYS]
    prepared.check(data.DATA_SETS[name], Path(f"stand-in of {name}"), arrays)
    return f"{len(arrays[0]):,} + {len(arrays[2]):,}"


# --- together ------------------------------------------------------------------------------------


@contextlib.contextmanager
def package(root):
    """In the block ``course_utils`` and ``mutants`` are those of ``root``."""
    names = ("course_utils", "mutants")
    if (root / "course_utils").samefile(settings.root() / "course_utils"):
        yield
        return
    mine = {
        name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in names
    }
    path = list(sys.path)
    sys.path[:0] = [str(root), str(root / "tests")]
    try:
        yield
    finally:
        sys.path[:] = path
        for name in [name for name in sys.modules if name.split(".")[0] in names]:
            del sys.modules[name]
        sys.modules |= mine


def everything(root):
    """All that is forgotten, but for the answers of checks."""
    found = [*of_notebooks(root), *of_pictures(root), *of_records(root), *of_exercises(root)]
    return [*found, *of_data_sets(root)]
