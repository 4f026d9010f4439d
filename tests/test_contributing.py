"""CONTRIBUTING holds: with all of its steps nothing is missing, and each one left out is named.

A lesson, an exercise and a data set are added in a copy of the project, once with every step and
once without each of them.
"""

import base64
import contextlib
import functools
import io
import json
import os
import shutil
import subprocess
import sys

import forgotten
import nbformat
import pytest
from PIL import Image

from course_utils import settings
from homework import lessons

ROOT = settings.root()
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


class Copy:
    """A copy of what is, or would be, committed; ``put`` changes files until ``restore``."""

    def __init__(self, root):
        self.root, self._before = root, {}
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                # Weights are many megabytes, and nothing here writes them.
                copy = os.link if name.endswith(".safetensors") else shutil.copyfile
                with contextlib.suppress(OSError):  # another file system
                    copy(ROOT / name, root / name)

    def read(self, name):
        return (self.root / name).read_text("utf-8")

    def put(self, name, content):
        path = self.root / name
        self._before.setdefault(path, path.read_bytes() if path.is_file() else None)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def insert(self, name, before, text):
        whole = self.read(name)
        assert whole.count(before) == 1, f"{name}: {before!r}"
        self.put(name, whole.replace(before, text + before))

    def restore(self):
        for path, content in self._before.items():
            path.unlink() if content is None else path.write_bytes(content)
        self._before.clear()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    try:
        return Copy(tmp_path_factory.mktemp("contributing") / "course")
    except subprocess.CalledProcessError:
        pytest.skip("not a git checkout")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Notebooks that have not changed are parsed once."""
    monkeypatch.setattr(nbformat, "read", read)
    monkeypatch.setattr(forgotten.normalise, "normalise", normalise)


@pytest.fixture
def copy(shared):
    yield shared
    shared.restore()


parse = functools.cache(lambda text: nbformat.reads(text, as_version=4))
normalise = functools.cache(forgotten.normalise.normalise)


def read(path, as_version):
    return parse(path.read_text("utf-8"))


def png():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 40), "teal").save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


# --- the steps -----------------------------------------------------------------------------------


def exercise_cells(number, without):
    """The cells of an exercise that asks for twice its argument."""
    course = {"id": number, "points": 2, "difficulty": 1, "minutes": 5, "defines": ["twice"]}
    if without == "metadata":
        del course["points"]
    solution = ["    return 2 * x"]
    if without != "markers":
        solution = [f"    {BEGIN}", *solution, f"    {END}"]
    answer = nbformat.v4.new_code_cell("\n".join(["def twice(x):", *solution]))
    answer.metadata = {"course": course, "tags": ["exercise"]}
    if without == "tag exercise":
        answer.metadata = {}
    check = nbformat.v4.new_code_cell("checks.twice(twice)" if without != "check cell" else "1")
    if without != "tag nbval-check-output":
        check.metadata = {"tags": ["nbval-check-output"]}
    points = "2" if without != "points in the text" else "3"
    text = nbformat.v4.new_markdown_cell(f"**Exercise {number}** ({points} points). Double `x`.")
    return [text, answer, check]


CHECK = '''"""Check of exercise {number}: ``twice``."""

import numpy as np

from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed


@check("{number}")
def twice(answer, seed):
    """``twice(x)``: (B,) -> (B,)."""
    x = np.random.default_rng(seed).normal(size=3)
    if not np.allclose(call(answer, x), 2 * x):
        raise CheckFailed("this is not twice the argument.")
    return "Twice the argument."
'''

ANSWERS = '''"""Answers to exercise {number}, ``twice``: wrong and right ones."""

from mutants import registry

WRONG, RIGHT, wrong, right = registry()

for k in range({wrong}):
    wrong("not twice")(lambda x, k=k: (3 + k) * x)

for k in range({right}):
    right(lambda x, k=k: (2 + k) * x - k * x)
'''


def add_check(copy, number, without):
    lesson = f"lesson{lessons.number_of(number)}"
    of = "9.9" if without == "number of the check" else number
    files = {f"course_utils/checks/{lesson}/twice.py": CHECK.format(number=of)}
    counts = {"wrong": 11 if without == "enough wrong answers" else 12}
    counts["right"] = 4 if without == "enough right answers" else 5
    files[f"tests/mutants/{lesson}/twice.py"] = ANSWERS.format(number=number, **counts)
    for folder in ("course_utils/checks", "tests/mutants"):
        name = f"{folder}/{lesson}/__init__.py"
        if not (copy.root / name).exists():
            files[name] = f'"""Of {lesson}."""\n'
    for name, text in files.items():
        if without != name:
            copy.put(name, text)


def put_notebook(copy, name, notebook, without):
    text = nbformat.writes(notebook)
    copy.put(name, text + "\n\n" if without == "normalise.py" else normalise(text))


IMPORTS = "from course_utils import checks\nfrom course_utils.lesson import start"


def add_lesson(copy, without=None, number="16"):
    """A lesson ``NN_line`` with one exercise, a record of its own and committed weights."""
    name, exercise = f"{number}_line", f"{number.lstrip('0')}.1"
    opening = [
        f"# {number} · A line",
        "You draw a line.",
        "**You need** lesson 01. **Time**: 9 minutes.",
    ]
    if without in ("title", "need and time"):
        del opening[0 if without == "title" else 2]
    start = "" if without == "start" else f'lesson = start("{number}")'
    shown = nbformat.v4.new_output(
        "display_data", {"image/png": png()}, metadata={"image/png": {"alt": "A line."}}
    )
    caption = {"text/markdown": "**Figure.** A line.", "text/plain": "A line."}
    said = nbformat.v4.new_output("display_data", caption)
    picture = nbformat.v4.new_code_cell("draw()", outputs=[shown, said])
    if without != "tag thumbnail":
        picture.metadata = {"tags": ["thumbnail"]}
    cells = [
        nbformat.v4.new_markdown_cell("\n\n".join(opening)),
        nbformat.v4.new_code_cell(f"{IMPORTS}\n\n{start}"),
        *exercise_cells(exercise, without),
        picture,
        nbformat.v4.new_code_cell('lesson.record("line", "mse", 0.1, dataset="mnist")'),
    ]
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), start=1):
        cell.execution_count = count
    course = {"lesson": number, "builds": "a line"}
    course.pop({"number": "lesson", "builds": "builds"}.get(without), None)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"course": course})
    put_notebook(copy, f"notebooks/{name}.ipynb", notebook, without)
    add_check(copy, exercise, without)
    if without != "make run PROFILE=full":
        record = dict.fromkeys(forgotten.tables.results_table.FIELDS, "") | {"value": 0.1}
        record |= {"dataset": "mnist", "standard_error": 0.01, "n": 10, "epochs": 1, "seed": 1}
        record |= {"parameters": 2, "seconds": 1.0, "threads": 1}
        results = {"lesson": name, "records": [record]}
        copy.put(f"data/results/{name}.json", json.dumps(results))
        copy.put(f"data/checkpoints/{name}/line.safetensors", b"weights")
    if without != "RECORDS":
        entry = f'    ("{name}", "line", "mse", "mnist", data.to_unit, 0),\n'
        copy.insert("tests/test_real_data.py", "]\n\n\n@pytest.mark.parametrize(\n", entry)
    make_pictures(copy, without)
    make_results(copy, without)


def add_exercise(copy, without=None):
    """An exercise in a lesson that is there."""
    name = "notebooks/12_scoreboard.ipynb"
    notebook = nbformat.reads(copy.read(name), as_version=4)
    notebook.cells += exercise_cells("12.9", without)
    put_notebook(copy, name, notebook, without)
    add_check(copy, "12.9", without)
    make_results(copy, without)


ENTRY = """\
    Entry(
        name="letters",
        about="letters, 28 x 28, grey",
        source="example.org/letters",
        licence="CC0",
        train=100,
        test=10,
        shape=(1, 28, 28),
        levels=256,
        classes=10,
        of_record=None,
        fetch=downloads.letters,
        files={"letters.gz": "d41d8cd98f00b204e9800998ecf8427e"},
        stand_in=stand_ins.small_letters,
    ),
"""
FIELDS = [line.split("=")[0].strip() for line in ENTRY.splitlines()[1:-1]]


def add_data_set(copy, without=None):
    lines = ENTRY.splitlines(keepends=True)
    kept = [line for line in lines if line.strip().split("=")[0] != without]
    entry = "".join(kept)
    if without == "MD5":
        entry = entry.replace("d41d8cd98f00b204e9800998ecf8427e", "")
    if without != "entry":
        copy.insert("course_utils/catalogue.py", ")\nDATA_SETS", entry)
    if without != "function in downloads.py":
        downloads = copy.read("course_utils/downloads.py")
        fetch = '\n\ndef letters(folder, work, files):\n    """The one archive."""\n'
        copy.put("course_utils/downloads.py", downloads + fetch)
    if without != "function in stand_ins.py":
        stand_ins = copy.read("course_utils/stand_ins.py")
        made = '\n\ndef small_letters():\n    """Digits again."""\n    return digits()\n'
        copy.put("course_utils/stand_ins.py", stand_ins + made)
    if without != "row of the stand-in":
        row = "| `small_letters` | `letters` | 1,500 + 297 | the digits |\n"
        copy.insert("data/README.md", "| `house_numbers` | `svhn` |", row)
    if without != "test of the real data":
        real = (
            '\n\n@pytest.mark.real_data("letters")\ndef test_letters():\n    data.load("letters")\n'
        )
        copy.put("tests/test_real_data.py", copy.read("tests/test_real_data.py") + real)
    make_results(copy, without)


def make_results(copy, without):
    if without != "make results":
        with (
            contextlib.suppress(TypeError, ValueError, AttributeError),
            forgotten.package(copy.root),
        ):
            entries = forgotten.importlib.import_module("course_utils.catalogue").DATA_SETS
            for path, text in forgotten.tables.differing(copy.root, entries).items():
                copy.put(path.relative_to(copy.root), text)


DRAWN = {}


def make_pictures(copy, without):
    if without in ("make pictures", "tag thumbnail"):
        return
    for name, (source, draw) in forgotten.pictures.all_pictures(copy.root / "notebooks").items():
        if forgotten.pictures.source_of(copy.root / "docs" / name) != source:
            if source not in DRAWN:
                DRAWN[source] = draw()
            copy.put(f"docs/{name}", DRAWN[source])


# --- each left out -------------------------------------------------------------------------------


def of_exercise(number):
    lesson = f"lesson{lessons.number_of(number)}"
    return {
        "tag exercise": "a solution outside a cell with the tag exercise",
        "metadata": "no points in its metadata course",
        "markers": f"expected {BEGIN} ... {END}, each on a line of its own",
        "check cell": "the next code cell calls no check on the first name it defines",
        "tag nbval-check-output": "tag its check cell 'nbval-check-output'",
        "points in the text": f"expected '**Exercise {number}** (2 points)'",
        f"course_utils/checks/{lesson}/twice.py": "twice.py is missing: write its check there",
        f"tests/mutants/{lesson}/twice.py": "by at least 12 wrong answers and 5 right ones",
        "number of the check": f'expected @check("{number}") on twice',
        "enough wrong answers": "expected at least 12 answers in WRONG, found 11",
        "enough right answers": "expected at least 5 answers in RIGHT, found 4",
    }


LESSON = of_exercise("16.1") | {
    "course_utils/checks/lesson16/__init__.py": "checks/lesson16/__init__.py is missing",
    "tests/mutants/lesson16/__init__.py": "mutants/lesson16/__init__.py is missing",
    "number": "expected '16'",
    "normalise.py": "run: python -m tools.lessons.normalise notebooks/16_line.ipynb",
    "title": "16_line.ipynb: expected the heading '# 01 · Title'",
    "need and time": "16_line.ipynb: its opening lacks '**You need**",
    "builds": "16_line.ipynb: metadata 'course' lack 'builds'",
    "start": '16_line.ipynb: no cell calls lesson = start("16")',
    "tag thumbnail": "16_line.ipynb: no picture in a cell tagged 'thumbnail'",
    "make pictures": "docs/thumbnails/16.png is missing or old; run: make pictures",
    "make results": "README.md does not show all that is there; run: make results",
    "make run PROFILE=full": "data/results/16_line.json is missing; run: make run PROFILE=full",
    "RECORDS": "RECORDS has no model of 16_line",
}
EXERCISE = of_exercise("12.9") | {
    "normalise.py": "run: python -m tools.lessons.normalise notebooks/12_scoreboard.ipynb",
    "make results": "paper.md does not show all that is there; run: make results",
}
DATA_SET = {field: f"missing 1 required keyword-only argument: '{field}'" for field in FIELDS} | {
    "entry": "no entry for 'letters'",
    "MD5": "letters: expected the MD5 of each official file",
    "function in downloads.py": "has no attribute 'letters'",
    "function in stand_ins.py": "has no attribute 'small_letters'",
    "row of the stand-in": "'| `small_letters` | `letters` | 1,500 + 297 | made of ... |'",
    "test of the real data": 'no test of the official files is marked real_data("letters")',
    "make results": "data/README.md does not show all that is there; run: make results",
}


def missing(copy, lesson=None):
    """Sentences of what is missing, of the answers only once all else is there."""
    found = forgotten.everything(copy.root)
    return found or list(forgotten.of_answers(copy.root, lesson, "twice") if lesson else ())


@pytest.mark.parametrize("without", [None, *LESSON])
def test_a_lesson(copy, without):
    add_lesson(copy, without)
    found = missing(copy, "16")
    assert any(LESSON[without] in one for one in found) if without else not found, found


@pytest.mark.parametrize("without", [None, *EXERCISE])
def test_an_exercise(copy, without):
    add_exercise(copy, without)
    found = missing(copy, "12")
    assert any(EXERCISE[without] in one for one in found) if without else not found, found


@pytest.mark.parametrize("without", [None, *DATA_SET])
def test_a_data_set(copy, without):
    add_data_set(copy, without)
    found = missing(copy)
    assert any(DATA_SET[without] in one for one in found) if without else not found, found


def test_the_copy_keeps_the_conventions(copy):
    """With all three added the tests of conventions and of the notebook pass, in the copy."""
    add_data_set(copy)
    add_exercise(copy)
    add_lesson(copy)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["tests/test_conventions.py", "tests/test_notebooks.py"]
    command += ["-k", "test_conventions or 16_line"]
    environment = os.environ | {"PYTHONPATH": str(copy.root)}
    ran = subprocess.run(
        command, cwd=copy.root, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-2000:]
