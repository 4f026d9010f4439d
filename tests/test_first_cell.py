"""The cell that fetches the course: from git, from a zip, and in words where neither is there."""

import errno
import io
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import zipfile

import pytest

from tools.public import links, name, setup_cell

PUBLIC = name.Public("owner/vae-course", "v1.0")
TEXT = setup_cell.text_of(PUBLIC)
USED = f"{TEXT}\n\nimport course_utils\nprint(course_utils.WHERE)\n"
ADDRESS = "https://github.com/owner/vae-course"
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(*words, cwd):
    call = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
    subprocess.run(call, cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A folder of bare repositories: owner/vae-course, whose tag v1.0 holds a small package."""
    work, hub = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("hub")
    (work / "course_utils").mkdir()
    (work / "course_utils" / "__init__.py").write_text("WHERE = __file__\n")
    git("init", "--quiet", ".", cwd=work)
    git("add", ".", cwd=work)
    git("commit", "--quiet", "-m", "A course.", cwd=work)
    git("tag", "v1.0", cwd=work)
    git("rm", "--quiet", "-r", ".", cwd=work)  # what comes after the tag is not fetched
    git("commit", "--quiet", "-m", "Gone.", cwd=work)
    git("clone", "--quiet", "--bare", str(work), str(hub / "owner" / "vae-course"), cwd=hub)
    return hub


def run(folder, hub, text=USED):
    """The cell as a script in ``folder``, on a Python that has its standard library alone.

    Git is told to take ``hub`` for GitHub.
    """
    told = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{hub.as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", text],
        cwd=folder,
        env=os.environ | told,
        capture_output=True,
        text=True,
        timeout=60,
    )


@needs_git
def test_in_an_empty_folder_the_tag_is_cloned_once(tmp_path, hub):
    first, second = run(tmp_path, hub), run(tmp_path, hub)
    for done in (first, second):
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert done.stdout.endswith(f"{tmp_path / 'vae-course-v1.0/course_utils/__init__.py'}\n")
    assert first.stdout.startswith(f"The course is fetched once, v1.0 of {ADDRESS} ...\n")
    assert f"look in {ADDRESS}/tree/v1.0" in first.stdout  # where relative links lead nowhere
    assert "fetched" not in second.stdout and "look in" not in second.stdout
    assert [path.name for path in tmp_path.iterdir()] == [links.folder(PUBLIC)]
    assert f"!cd {links.folder(PUBLIC)} && " in links.section(PUBLIC, ["01_vae_2d"])


@needs_git
def test_in_a_clone_that_is_not_installed_the_clone_is_used(tmp_path, hub):
    (tmp_path / "course_utils").mkdir()
    (tmp_path / "course_utils" / "__init__.py").write_text("WHERE = 'the clone'\n")
    (tmp_path / "notebooks").mkdir()
    done = run(tmp_path / "notebooks", hub)
    assert (done.stdout, done.stderr) == ("the clone\n", "")
    assert not list((tmp_path / "notebooks").iterdir())


@needs_git
def test_without_a_network_a_sentence_says_what_to_do_and_nothing_is_left(tmp_path, hub):
    done = run(tmp_path, hub / "nobody")
    assert done.returncode == 1
    said = done.stderr.partition("RuntimeError: ")[2]
    assert said.startswith("The course could not be fetched: fatal: ")
    assert "This cell needs the network (on Kaggle: Settings, Internet). Run it again" in said
    assert f"unpack v1.0 of {ADDRESS} into vae-course-v1.0 beside this file." in said
    assert "During handling" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_of_that_name_stays_as_it_is(tmp_path, hub):
    (tmp_path / "vae-course-v1.0").mkdir()
    (tmp_path / "vae-course-v1.0" / "mine.txt").write_text("mine")
    done = run(tmp_path, hub)
    said = f"{tmp_path / 'vae-course-v1.0'} is there, but there is no course_utils in it.\nRename"
    assert said in done.stderr and "network" not in done.stderr and not done.stdout
    assert (tmp_path / "vae-course-v1.0" / "mine.txt").read_text() == "mine"
    assert len(list(tmp_path.rglob("*"))) == 2


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """This process where neither the course nor git seems to be there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    return tmp_path


def archive():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:  # GitHub leaves the v of a tag out
        made.writestr("vae-course-1.0/course_utils/__init__.py", "")
        made.writestr("vae-course-1.0/notebooks/01_a.ipynb", "{}")
    return packed.getvalue()


def test_without_git_it_comes_as_a_zip(bare, monkeypatch, capsys):
    asked = []

    def urlopen(address, timeout):
        asked.append(address)
        return io.BytesIO(archive())

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    for _ in range(2):
        exec(TEXT, {})
        assert sys.path[-1] == str(bare / "vae-course-v1.0")
    assert asked == [f"{ADDRESS}/archive/refs/tags/v1.0.zip"]
    assert (bare / "vae-course-v1.0" / "notebooks" / "01_a.ipynb").is_file()
    assert [path.name for path in bare.iterdir()] == ["vae-course-v1.0"]
    assert capsys.readouterr().out.count("fetched") == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (urllib.error.URLError("no network"), "no network"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (urllib.error.HTTPError(ADDRESS, 404, "Not Found", {}, None), "HTTP Error 404: Not Found"),
        (archive()[:200], "File is not a zip file"),
        (b"", "File is not a zip file"),
    ],
    ids=["network", "reset", "404", "half", "empty"],
)
def test_a_zip_that_does_not_come_is_said(bare, monkeypatch, answer, said):
    def urlopen(address, timeout):
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(answer)

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    before = list(sys.path)
    with pytest.raises(RuntimeError, match=f"could not be fetched: .*{said}"):
        exec(TEXT, {})
    assert not list(bare.iterdir()) and sys.path == before


@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("tempfile.mkdtemp", errno.EROFS),
        ("zipfile.ZipFile.extractall", errno.ENOSPC),
        ("pathlib.Path.rename", errno.EACCES),
    ],
)
def test_a_disk_that_takes_nothing_is_not_told_as_the_network(bare, monkeypatch, step, number):
    def refused(*arguments, **named):
        raise OSError(number, os.strerror(number), "somewhere")

    monkeypatch.setattr("urllib.request.urlopen", lambda *a, **b: io.BytesIO(archive()))
    monkeypatch.setattr(step, refused)
    with pytest.raises(RuntimeError) as told:
        exec(TEXT, {})
    said = f"The course found no place: {os.strerror(number)} ({bare}).\nCopy this notebook"
    assert str(told.value).startswith(said) and "network" not in str(told.value)
    assert not list(bare.iterdir())


def test_where_the_course_is_there_it_does_nothing_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before, code, seconds = list(sys.path), compile(TEXT, "cell", "exec"), []
    for _ in range(5):
        begun = time.perf_counter()
        exec(code, {})
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.010
    assert sys.path == before and not list(tmp_path.iterdir())
    assert capsys.readouterr().out == ""
