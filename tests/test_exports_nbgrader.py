"""nbgrader's metadata in student and source versions, and the course folder that export writes.

What nbgrader itself makes of them: ``tests/platforms/test_nbgrader.py``.
"""

import ast
import errno
import json
import os
import re
import subprocess
import sys

import pytest
import submissions as made

from course_utils import settings
from homework import __main__ as command
from homework import lessons, release
from homework.exports import cells, nbgrader_course
from homework.exports.cells import KEY

LESSONS = lessons.all_lessons()
by_name = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
FIELDS = {"grade", "grade_id", "locked", "schema_version", "solution", "task"}


def marked(notebook):
    """nbgrader's name of a cell -> the cell."""
    found = [cell for cell in notebook["cells"] if KEY in cell["metadata"]]
    named = {cell["metadata"][KEY]["grade_id"]: cell for cell in found}
    assert len(named) == len(found), "a name is given twice"
    return named


@by_name
def test_points_are_those_of_the_course(lesson):
    found = marked(release.student_version(lesson))
    for exercise in lesson.exercises:
        answer = found.pop(cells.name("exercise", exercise.id))
        told = answer["metadata"][KEY]
        assert set(told) == FIELDS and answer["metadata"]["course"]["id"] == exercise.id
        assert told["solution"] and not told["grade"] and not told["locked"]
        check = found.pop(cells.name("check", exercise.id))
        told = check["metadata"][KEY]
        assert set(told) == FIELDS | {"points"} and told["points"] == exercise.points
        assert told["grade"] and told["locked"] and not told["solution"]
        assert lessons.source(check) == f"checks.{exercise.check}({exercise.defines[0]})"
    for question in lesson.reflections:
        cell = found.pop(cells.name("question", question.id))
        told = cell["metadata"][KEY]
        assert told["grade"] and told["solution"] and not told["locked"]
        assert told["points"] == question.points and cell["cell_type"] == "markdown"
    assert not found


@by_name
def test_names_are_such_as_nbgrader_takes(lesson):
    assert all(re.fullmatch(r"[\w-]+", name) for name in marked(release.student_version(lesson)))


@by_name
def test_the_source_version_is_the_student_version_with_its_solutions(lesson):
    source = json.loads(nbgrader_course.text_of(lesson))
    student = json.loads(release.text_of(release.student_version(lesson)))
    exercises = {exercise.id: exercise for exercise in lesson.exercises}
    questions = {question.id for question in lesson.reflections}
    for one, two in zip(source["cells"], student["cells"], strict=True):
        number = one["metadata"].get("course", {}).get("id")
        text = lessons.source(one)
        if number in exercises:
            assert text == lesson.references[number]
            text = release.stub(text, exercises[number])
        elif number in questions:
            assert text.endswith(cells.REGION)
            text = text.removesuffix(cells.REGION)
        assert text == lessons.source(two) and one["metadata"] == two["metadata"]


def test_the_lessons_themselves_stay_without_it():
    for lesson in LESSONS:
        assert not any(KEY in cell["metadata"] for cell in lesson.cells), lesson.name


def export(folder, *more):
    return command.main(["export", "nbgrader", *more, "--to", str(folder), "--seed", "5"])


def test_a_course_folder_is_written(tmp_path, capsys):
    assert export(tmp_path, "01", "02x") == 0
    names = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert names == {
        "nbgrader_config.py",
        "source/vae01/01_vae_2d.ipynb",
        "source/vae02x/02x_latents.ipynb",
    }
    text = (tmp_path / "nbgrader_config.py").read_text("utf-8")
    ast.parse(text)
    assert "c.GradeInSandbox.seed = 5 " in text and repr(str(settings.root())) in text
    told = capsys.readouterr().out
    assert told.endswith(
        "\n  nbgrader generate_assignment vae01\n  nbgrader generate_assignment vae02x\n"
    )
    assert export(tmp_path, "01", "02x") == 0  # the same once more


def test_without_the_course_nothing_of_nbgraders_goes_on(tmp_path):
    """It passes over a configuration that fails, and would run what students wrote by itself."""
    assert export(tmp_path, "02") == 0
    path = tmp_path / "nbgrader_config.py"
    text = path.read_text("utf-8").replace(repr(str(settings.root())), "'/moved'")
    script = (
        "import sys\ntry:\n    exec(sys.argv[1], {'__file__': 'config.py', 'get_config': dict})\n"
    )
    script += "except Exception:\n    print('goes on')"  # as traitlets does
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, text], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1 and not done.stdout
    assert re.search(r"config.py: .*Is the course still in /moved\?", done.stderr)


def test_all_or_nothing_is_written(tmp_path, capsys):
    changed = tmp_path / "source" / "vae02" / "02_vae_mnist.ipynb"
    changed.parent.mkdir(parents=True)
    changed.write_text("mine")
    assert export(tmp_path, "01", "02") == 2
    assert "may hold your changes" in capsys.readouterr().err
    assert changed.read_text() == "mine" and not (tmp_path / "source" / "vae01").exists()
    assert export(tmp_path, "01", "02", "--force") == 0 and changed.read_text() != "mine"


def test_a_disk_that_gets_full_leaves_nothing(tmp_path, capsys, monkeypatch):
    left, fsync = [2], os.fsync

    def full(*arguments):
        left[0] -= 1
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return fsync(*arguments)

    monkeypatch.setattr(os, "fsync", full)
    assert export(tmp_path / "course", "01", "02") == 2
    assert "02_vae_mnist.ipynb: could not be written (No space left" in capsys.readouterr().err
    assert not (tmp_path / "course").exists()


def test_a_seed_that_the_configuration_does_not_have_is_refused(tmp_path, capsys):
    def again(*seed):
        return command.main(["export", "nbgrader", "02", "--to", str(tmp_path), *seed])

    assert again("--seed", "7") == 0
    path = tmp_path / "nbgrader_config.py"
    text = path.read_text("utf-8")
    assert again("--seed", "7") == again() == 0
    capsys.readouterr()
    line = text[: text.index("seed = 7")].count("\n") + 1
    assert export(tmp_path, "03", "--seed", "5") == 2
    told = capsys.readouterr().err
    assert f"change line {line}, c.GradeInSandbox.seed = 7, to c.GradeInSandbox.seed = 5" in told
    assert path.read_text("utf-8") == text and not (tmp_path / "source" / "vae03").exists()
    for lines, code in (("c.GradeInSandbox.seed = 5", 0), ("# c.GradeInSandbox.seed = 5", 2)):
        path.write_text(f"{text}{lines}\n", encoding="utf-8")
        assert export(tmp_path, "03", "--seed", "5") == code
    path.write_text(text.replace("seed = 7", "retries = 7"), encoding="utf-8")
    assert export(tmp_path, "03", "--seed", "5") == 2
    assert "add the line c.GradeInSandbox.seed = 5, or" in capsys.readouterr().err


def test_a_configuration_of_your_own_stays(tmp_path, capsys):
    path = tmp_path / "nbgrader_config.py"
    path.write_text("c = get_config()\n")
    assert export(tmp_path, "01") == 0
    assert path.read_text() == "c = get_config()\n"
    told = capsys.readouterr().out
    assert "it is yours and stays; add to it" in told and "nbgrader_steps.settle(c)" in told
    path.write_text(told)
    assert export(tmp_path, "01") == 0
    assert "add to it" not in capsys.readouterr().out


def test_wrong_calls_are_told(tmp_path, capsys):
    assert export(tmp_path, "77") == 2
    assert "expected some of 01, 02" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert export(tmp_path / "file", "01") == 2
    assert "could not be written" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        export(tmp_path, "01", "--seed", "-1")


def test_reading_a_lesson_needs_no_torch():
    """nbgrader's process reads lessons and writes stubs, and its environment may have no torch."""
    script = "import sys\nsys.modules['torch'] = None\nfrom homework import lessons, release\n"
    script += f"lesson = lessons.read({str(made.LESSON.path)!r})\nprint(lesson.points)\n"
    script += "release.student_version(lesson)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.root(), capture_output=True, text=True
    )
    assert done.stdout.strip() == str(made.LESSON.points), done.stderr
