"""Student versions as a branch: what is in it, that it only grows, and what it refuses."""

import json
import re
import shutil
import subprocess

import pytest

from course_utils import settings
from homework import lessons, rubric
from tools import student_branch

ROOT = settings.root()
FIRST, SECOND = "01_vae_2d.ipynb", "09_iwae.ipynb"
MARKER = student_branch.SOLUTION.decode()


def git(folder, *words):
    command = ["git", "-c", "user.name=A Teacher", "-c", "user.email=t@example.org", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def course(tmp_path):
    """A small course: two real lessons, one module, and files that are for teachers alone."""
    root = tmp_path / "course"
    for name in ("notebooks", "course_utils", "homework", "tools", "data/downloads"):
        (root / name).mkdir(parents=True)
    for name in (FIRST, SECOND):
        shutil.copy(ROOT / "notebooks" / name, root / "notebooks")
    (root / "course_utils" / "data.py").write_text("a = 1\n")
    (root / "homework" / "grading.py").write_text(f"BEGIN = '{MARKER}'\n")
    (root / "tools" / "students.md").write_text("# Your copy\n")
    (root / "data" / "downloads" / "mnist.npz").write_text("x")
    (root / ".gitignore").write_text("data/downloads/\n")
    git(root, "init", "--quiet")
    commit(root)
    return root


def commit(root):
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "x")


def write(course, to, *numbers):
    chosen = lessons.all_lessons(numbers, course / "notebooks")
    return student_branch.write(course, str(to), chosen)


def held(target):
    return git(target, "ls-tree", "-r", "--name-only", "students").split()


def commits(target):
    return git(target, "log", "--format=%H", "students").split()


def test_what_students_get(course, tmp_path):
    target, changed = write(course, tmp_path / "students.git", "01")
    names = [".gitignore", "README.md", "course_utils/data.py", f"notebooks/{FIRST}"]
    assert held(target) == names == changed
    notebook = json.loads(git(target, "show", f"students:notebooks/{FIRST}"))
    text = "\n".join(lessons.source(cell) for cell in notebook["cells"])
    assert MARKER not in text and "raise NotImplementedError(" in text
    assert "What you write here stays yours" in text
    assert "python -m homework check" not in text, "the grader is not on the branch"
    assert git(target, "show", "students:README.md") == "# Your copy\n"


def test_each_release_is_one_commit_on_the_last(course, tmp_path):
    target, _ = write(course, tmp_path / "students.git", "01")
    first = commits(target)
    assert write(course, target, "01")[1] == [] and commits(target) == first
    assert write(course, target, "09")[1] == [f"notebooks/{SECOND}"]
    assert commits(target)[1:] == first
    (course / "course_utils" / "data.py").write_text("a = 2\n")
    git(course, "rm", "--quiet", "--cached", f"notebooks/{FIRST}")
    (course / "notebooks" / FIRST).unlink()
    commit(course)
    assert write(course, target)[1] == ["course_utils/data.py"]
    assert f"notebooks/{FIRST}" in held(target), "a lesson that was handed out went away"
    assert len(commits(target)) == 3 and commits(target)[2:] == first


def test_the_working_tree_stays_and_need_not_be_clean(course, tmp_path):
    (course / "homework" / "grading.py").write_text("changed, and of no concern\n")
    (course / "notes.txt").write_text("new\n")
    (course / "notebooks" / SECOND).write_text("in the middle of writing")
    before = git(course, "status", "--porcelain"), git(course, "log", "--format=%H")
    write(course, tmp_path / "students.git", "01")
    assert (git(course, "status", "--porcelain"), git(course, "log", "--format=%H")) == before


@pytest.mark.parametrize("name", ["course_utils/data.py", f"notebooks/{FIRST}", "course_utils/x y"])
def test_what_is_handed_out_must_be_committed(course, tmp_path, name):
    path = course / name
    path.write_text((path.read_text() if path.exists() else "") + "\n")
    with pytest.raises(student_branch.BranchError, match=f"last commit: {name}"):
        write(course, tmp_path / "students.git", "01")
    assert not (tmp_path / "students.git").exists()


def test_a_solution_that_is_left_stops_it(course, tmp_path):
    (course / "course_utils" / "copied.py").write_text(f"{MARKER}\n")
    commit(course)
    with pytest.raises(student_branch.BranchError, match="copied.py: it holds a solution"):
        write(course, tmp_path / "students.git", "01")
    (course / "course_utils" / "copied.py").unlink()
    [lesson] = lessons.all_lessons(["01"], course / "notebooks")
    line = lessons.source(lesson.cells[lesson.exercises[0].cell]).split(MARKER)[1].splitlines()[1]
    lesson.cells[0]["source"] = f"As in `{line.strip()}`"
    (course / "notebooks" / FIRST).write_text(json.dumps(lesson.notebook))
    commit(course)
    with pytest.raises(student_branch.BranchError, match="01_vae_2d: exercise 1.1: the solution"):
        write(course, tmp_path / "students.git", "01")
    assert not (tmp_path / "students.git").exists()


def test_a_model_answer_that_is_left_stops_it(course, tmp_path):
    [lesson] = lessons.all_lessons(["01"], course / "notebooks")
    lesson.cells[0]["source"] = rubric.of(lesson)[0].answer
    (course / "notebooks" / FIRST).write_text(json.dumps(lesson.notebook))
    commit(course)
    with pytest.raises(student_branch.BranchError, match="01_vae_2d: question 1.8: its rubric's"):
        write(course, tmp_path / "students.git", "01")
    assert not (tmp_path / "students.git").exists()


@pytest.fixture
def nobody(tmp_path, monkeypatch):
    """A user whose git knows no name, in a folder that is no repository."""
    (tmp_path / "home").mkdir()
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for kind in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{kind}_NAME", raising=False)
        monkeypatch.delenv(f"GIT_{kind}_EMAIL", raising=False)
    monkeypatch.chdir(tmp_path / "home")


def signed(target):
    """Author and committer of the branch's last commit."""
    return git(target, "log", "-1", "--format=%an %ae, %cn %ce", "students").strip()


def test_a_commit_is_signed_by_whom_git_knows_wherever_it_does(
    course, tmp_path, nobody, monkeypatch
):
    target, _ = write(course, tmp_path / "students.git", "01")
    assert signed(target) == ", ".join(2 * ["vae-course vae-course@localhost"])
    git(course, "config", "user.name", "Ada")
    git(course, "config", "user.email", "ada@example.org")
    for place, number in ((course, "09"), (tmp_path, "01")):
        monkeypatch.chdir(place)  # git reads the configuration of the folder where it runs
        write(course, tmp_path / f"{number}.git", number)
        assert signed(tmp_path / f"{number}.git") == "Ada ada@example.org, Ada ada@example.org"
    git(target, "config", "user.name", "The branch's own")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "CI")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "ci@example.org")
    write(course, target, "09")
    assert signed(target) == "The branch's own ada@example.org, CI ci@example.org"


def test_a_linked_worktree_with_the_branch_is_not_moved_beneath(course, tmp_path):
    main = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(main))
    git(main, "commit", "--quiet", "--allow-empty", "-m", "x")
    write(course, main, "01")
    linked = tmp_path / "a linked one"
    git(main, "worktree", "add", "--quiet", str(linked), "students")
    before = commits(main)
    for to in (main, linked):
        with pytest.raises(student_branch.BranchError, match="a linked one: the branch students"):
            write(course, to, "09")
    assert commits(main) == before and git(linked, "status", "--porcelain") == ""
    shutil.rmtree(linked)  # git still lists it
    assert write(course, main, "09")[1] == [f"notebooks/{SECOND}"]


def test_repositories_that_it_refuses(course, tmp_path):
    def refused(to, words):
        with pytest.raises(student_branch.BranchError, match=words):
            write(course, to, "01")

    for address in ("https://example.org/us/students.git", "git@example.org:us/students.git"):
        refused(address, "expected a folder.* push")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text.tex").write_text("mine")
    refused(tmp_path / "thesis", "no git repository; name another")
    refused(tmp_path / "thesis" / "text.tex", "no git repository; name another")
    clone = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--initial-branch=students", str(clone))
    refused(clone, "students is checked out there")
    git(clone, "checkout", "--quiet", "-b", "main")
    (clone / "mine").write_text("mine")
    target, _ = write(course, clone, "01")
    assert target == clone / ".git" and (clone / "mine").read_text() == "mine"
    assert [path.name for path in clone.iterdir() if path.name != ".git"] == ["mine"]


def test_a_course_that_is_no_checkout(course, tmp_path):
    shutil.rmtree(course / ".git")
    with pytest.raises(student_branch.BranchError, match="git"):
        write(course, tmp_path / "students.git", "01")


def test_somebody_who_writes_meanwhile_loses_nothing(course, tmp_path, monkeypatch):
    target, _ = write(course, tmp_path / "students.git", "01")
    original = student_branch.tip
    monkeypatch.setattr(student_branch, "tip", lambda target: "")  # read before the other wrote
    with pytest.raises(student_branch.BranchError, match="meanwhile; call again"):
        write(course, target, "09")
    monkeypatch.setattr(student_branch, "tip", original)
    assert len(commits(target)) == 1


def test_the_course_has_what_students_are_promised():
    for name in (*student_branch.NEEDED, student_branch.README.as_posix()):
        assert (ROOT / name).exists(), name
    linked = re.findall(r"\]\(([^)#:]+)", (ROOT / student_branch.README).read_text("utf-8"))
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        text = path.read_text("utf-8")
        linked += re.findall(r"\]\(\.\./([^)#\"]+)", text)
    assert linked and set(linked) <= set(student_branch.NEEDED)


def test_the_command(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(student_branch, "ROOT", course)
    to = str(tmp_path / "students.git")
    assert student_branch.main(["01", "--to", to]) == 0
    assert "one commit more: 4 files, 1 lesson in all" in capsys.readouterr().out
    assert student_branch.main(["01", "--to", to]) == 0
    assert "nothing was added" in capsys.readouterr().out
    assert student_branch.main(["77", "--to", to]) == 2
    assert "student-branch: lessons: expected some of 01, 09" in capsys.readouterr().err
