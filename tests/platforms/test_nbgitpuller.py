"""The students' branch as a hub hands it out: nbgitpuller's own GitPuller, again and again."""

import json
import shutil
import subprocess
import sys

import environments
import pytest

from course_utils import settings
from homework import lessons
from tools import student_branch

ROOT = settings.root()
REQUIREMENTS = ["nbgitpuller>=1.2"]
# What a click on the link does in the student's server.
PULL = """\
import sys
from nbgitpuller.pull import GitPuller
for line in GitPuller(sys.argv[1], sys.argv[2], branch="students").pull():
    print(line, end="")
"""
WHO = ["-c", "user.name=A Teacher", "-c", "user.email=t@example.org"]
HEAVY = ("data/checkpoints/", "tests/", "docs/thumbnails/")  # no part in what is tested here
FIRST, SECOND = "notebooks/01_vae_2d.ipynb", "notebooks/09_iwae.ipynb"
ANSWER = "return -0.5 * (x - mu) ** 2  # what the student wrote"


@pytest.fixture(scope="module")
def python():
    return environments.make("nbgitpuller", REQUIREMENTS)


@pytest.fixture
def hub(tmp_path, python):
    """A course that can be changed and committed, its branch, and a student's home."""
    course, home = tmp_path / "course", tmp_path / "home"
    home.mkdir()
    listed = environments.run(["git", "ls-files", "-z"], cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if not name.startswith(HEAVY):
            (course / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, course / name)
    environments.run(["git", "init", "--quiet", course])
    environments.run(["git", "add", "--all"], cwd=course)
    environments.run(["git", *WHO, "commit", "--quiet", "-m", "x"], cwd=course)
    target = tmp_path / "students.git"

    class Hub:
        def __init__(self):
            self.course, self.copy = course, home / "vae-course"

        def release(self, *numbers):
            chosen = lessons.all_lessons(numbers, course / "notebooks")
            return student_branch.write(course, str(target), chosen)[1]

        def click(self):
            address = f"file://{target}"  # as far away as any address: nothing is linked
            return environments.run(
                [python, "-c", PULL, address, self.copy], cwd=home, HOME=str(home)
            )

        def change(self, name, old, new):
            path = course / name
            text = path.read_text("utf-8")
            assert text.count(old) >= 1, name
            path.write_text(text.replace(old, new, 1), "utf-8")
            environments.run(["git", *WHO, "commit", "--quiet", "-am", "x"], cwd=course)

    return Hub()


def answered(path):
    """The student writes an answer and a note, as JupyterLab saves them."""
    notebook = json.loads(path.read_text("utf-8"))
    stub = next(c for c in notebook["cells"] if "NotImplementedError" in lessons.source(c))
    text = lessons.source(stub)
    line = next(one for one in text.splitlines() if "NotImplementedError" in one)
    stub["source"] = text.replace(line.strip(), ANSWER).splitlines(keepends=True)
    stub["execution_count"] = 3
    note = {"cell_type": "markdown", "id": "mine", "metadata": {}, "source": ["My note."]}
    notebook["cells"].append(note)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")


def test_a_student_keeps_what_was_written(hub):
    hub.release("01")
    hub.click()
    assert (hub.copy / FIRST).is_file() and not (hub.copy / SECOND).exists()
    answered(hub.copy / FIRST)
    (hub.copy / "notes.txt").write_text("mine")
    (hub.copy / SECOND).write_text("a file of mine where a lesson will come")

    hub.change("notebooks/01_vae_2d.ipynb", "# 01 ·", "# 01 · (corrected)")
    hub.change("course_utils/arguments.py", '"""', '"""Corrected. ')
    assert set(hub.release("01", "09")) == {FIRST, SECOND, "course_utils/arguments.py"}
    hub.click()
    notebook = json.loads((hub.copy / FIRST).read_text("utf-8"))
    text = "\n".join(lessons.source(cell) for cell in notebook["cells"])
    assert ANSWER in text and "My note." in text, "the student's edits were lost"
    assert "# 01 · (corrected)" in text, "the course's correction did not come"
    assert "Corrected." in (hub.copy / "course_utils" / "arguments.py").read_text("utf-8")
    assert (hub.copy / "notes.txt").read_text() == "mine"
    new = json.loads((hub.copy / SECOND).read_text("utf-8"))
    assert any("NotImplementedError" in lessons.source(cell) for cell in new["cells"])
    [kept] = (hub.copy / "notebooks").glob("09_iwae__*.ipynb")
    assert kept.read_text() == "a file of mine where a lesson will come"

    before = (hub.copy / FIRST).read_bytes()
    hub.click()
    assert (hub.copy / FIRST).read_bytes() == before
    (hub.copy / SECOND).unlink()  # "to start a lesson over"
    hub.click()
    assert json.loads((hub.copy / SECOND).read_text("utf-8")) == new


def test_where_both_changed_the_same_lines_the_student_s_stay(hub):
    hub.release("01")
    hub.click()
    path = hub.copy / FIRST
    path.write_text(path.read_text("utf-8").replace("# 01 ·", "# MINE ·", 1), "utf-8")
    hub.change("notebooks/01_vae_2d.ipynb", "# 01 ·", "# THEIRS ·")
    hub.release("01")
    hub.click()
    text = path.read_text("utf-8")
    json.loads(text)
    assert "# MINE ·" in text and "# THEIRS ·" not in text


def test_a_lesson_runs_from_a_student_s_copy(hub, tmp_path):
    """With the course installed as binder/postBuild does it, up to the first exercise."""
    hub.release("01")
    hub.click()
    image = tmp_path / "image"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", image]
    environments.run([*pip, hub.course])
    cells = json.loads((hub.copy / FIRST).read_text("utf-8"))["cells"]
    code = "\n\n".join(lessons.source(cell) for cell in cells if cell["cell_type"] == "code")
    code = f"import course_utils\nassert {str(image)!r} in course_utils.__file__\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=hub.copy / "notebooks",
        env={"PYTHONPATH": str(image), "COURSE_PROFILE": "smoke", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "NotImplementedError: Exercise 1.1: write" in done.stderr, done.stderr[-2000:]
