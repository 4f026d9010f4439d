"""An extra ``12x_line`` of lesson 12, in a copy of the project: all parts know the extra."""

import os
import subprocess
import sys

import forgotten
import nbformat
import pytest
from test_contributing import Copy, add_lesson, exercise_cells

from homework import __main__ as command
from homework import lessons, sandbox, untrusted
from tools.lessons import listing, pictures, results_table, run
from tools.site import build, vendor

STEM, NUMBER, EXERCISE = "12x_line", "12x", "12x.1"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The project with the extra, and with lesson 12 beside it."""
    try:
        made = Copy(tmp_path_factory.mktemp("extras") / "course")
    except subprocess.CalledProcessError:
        pytest.skip("not a git checkout")
    add_lesson(made, number=NUMBER)
    return made


def call(copy, *words):
    """A command of the copy, which imports the copy's own code."""
    environment = os.environ | {"PYTHONPATH": str(copy.root)}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=copy.root, env=environment, capture_output=True
    )
    return done.returncode, (done.stdout + done.stderr).decode()


def test_numbers_and_exercises_belong_together():
    pairs = {"1.2": "01", "10.11": "10", "2x.1": "02x", "12y.3": "12y"}
    assert {one: lessons.number_of(one) for one in pairs} == pairs
    assert lessons.number_in("02x_latents") == "02x" and lessons.number_in("02_vae_mnist") == "02"
    for other in ("x", "1", "2z.1", "1.2.3", "2x.", ".1", "1.x"):
        with pytest.raises(ValueError, match="expected a number such as"):
            lessons.number_of(other)
    for other in ("02z_a", "2x_a", "02xy_a", "x_a", "02x", "02X_a", "02_Vae"):
        assert lessons.number_in(other) == ""


def test_the_runner_takes_a_lesson_without_its_extra(copy):
    folder = copy.root / "notebooks"
    assert [path.stem for path in run.find(folder, ["12"])] == ["12_scoreboard"]
    assert [path.stem for path in run.find(folder, ["12x"])] == [STEM]
    everything = [path.stem for path in run.find(folder, [])]
    assert everything[-2:] == ["12_scoreboard", STEM]


def test_nothing_of_it_is_forgotten(copy):
    assert forgotten.everything(copy.root) == []
    assert list(forgotten.of_answers(copy.root, NUMBER, "twice")) == []


def test_its_picture_record_and_row_are_made(copy):
    assert f"thumbnails/{NUMBER}.png" in pictures.all_pictures(copy.root / "notebooks")
    assert STEM in results_table.read(copy.root / "data" / "results")
    rows = listing.lessons(copy.root).splitlines()
    assert f"[12x A line](notebooks/{STEM}.ipynb)" in rows[-1]
    main = [path for path in (copy.root / "notebooks").glob("*.ipynb") if path.stem[2] == "_"]
    assert "12_scoreboard.ipynb" in rows[-1] and len(rows) == 2 + len(main)


def test_the_site_lists_it_under_its_lesson(copy, monkeypatch):
    monkeypatch.setattr(build, "ROOT", copy.root)
    monkeypatch.setattr(vendor, "script", lambda package, path: copy.root / "LICENSE")
    build.prepare(copy.root / "build" / "source")
    index = (copy.root / "build" / "source" / "index.md").read_text("utf-8")
    assert f"- Extra: [12x · A line](lessons/{STEM}.ipynb)" in index
    assert "\nlessons/12_scoreboard\n" in index and f"\nlessons/{STEM}\n" not in index
    page = nbformat.read(copy.root / "build" / "source" / "lessons" / "12_scoreboard.ipynb", 4)
    assert page.cells[-1].source == "```{toctree}\n:hidden:\n\n12x_line\n```"


def test_homework_releases_it_and_finds_whose_exercise_it_is(copy, tmp_path):
    [lesson] = lessons.all_lessons([NUMBER], copy.root / "notebooks")
    assert (lesson.number, [one.id for one in lesson.exercises]) == (NUMBER, [EXERCISE])
    [main] = lessons.all_lessons(["12"], copy.root / "notebooks")
    assert main.name == "12_scoreboard"
    code, said = call(copy, "homework", "release", NUMBER, "--to", str(tmp_path))
    assert code == 0, said
    student = (tmp_path / f"{STEM}.ipynb").read_text("utf-8")
    assert f"Exercise {EXERCISE}" in student and "return 2 * x" not in student
    code, said = call(copy, "homework", "verify", NUMBER)
    assert (code, said) == (0, f"{STEM}: no solution is left, it runs\n")


@pytest.mark.parametrize("marked", ["by its number", "by its exercises"])
def test_a_notebook_says_that_it_is_of_the_extra(marked):
    course = {"lesson": NUMBER} if marked == "by its number" else {}
    cells = exercise_cells(EXERCISE, None)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"course": course})
    assert untrusted.lesson_of(untrusted.notebook(nbformat.writes(notebook).encode())) == NUMBER


@pytest.mark.skipif(bool(sandbox.why_not()), reason=f"bubblewrap: {sandbox.why_not()}")
def test_it_is_graded(copy, tmp_path):
    """A right answer to the extra's exercise beside a wrong one."""
    for student, factor in (("ann", 2), ("bob", 3)):
        path = copy.root / "notebooks" / f"{STEM}.ipynb"
        text = path.read_text("utf-8").replace("return 2 * x", f"return {factor} * x")
        (tmp_path / "in" / student).mkdir(parents=True)
        (tmp_path / "in" / student / path.name).write_text(text, "utf-8")
    words = ["homework", "grade", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    code, said = call(copy, *words, "--seed", "1", "--jobs", "1", "--without", "cgroup")
    assert code == 0, said
    rows = (tmp_path / "out" / "scores.csv").read_text("utf-8").splitlines()
    assert rows[0].split(",")[:6] == ["student", "lesson", "status", "points", "of", EXERCISE]
    assert [row.split(",")[:6] for row in rows[1:]] == [
        ["ann", NUMBER, "graded", "2", "2", "2"],
        ["bob", NUMBER, "graded", "0", "2", "0"],
    ]
    assert "Lesson 12x" in (tmp_path / "out" / "feedback" / "ann.html").read_text("utf-8")
    assert command.parse(["grade", "x", "--out", "y", "--only", EXERCISE]).only == [EXERCISE]
