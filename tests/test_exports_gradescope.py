"""The autograder for Gradescope: what its zip holds, what it tells, and a run in a container."""

import ast
import io
import json
import os
import stat
import subprocess
import sys
import zipfile

import pytest
import submissions as made
from container import Gradescope
from submissions.hostile import container

from course_utils import settings
from homework import __main__ as command
from homework import sandbox
from homework.exports import gradescope, gradescope_run

NAME = "01_vae_2d.ipynb"
REASON = sandbox.why_not()
needs_bubblewrap = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)


def export(folder, *more):
    path = folder / "autograder.zip"
    assert (
        command.main(["export", "gradescope", "01", "--to", str(path), "--seed", "7", *more]) == 0
    )
    return path


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return export(tmp_path_factory.mktemp("export"))


# --- the zip -------------------------------------------------------------------------------------


def test_its_programs_stand_at_the_top_and_can_be_run(archive):
    with zipfile.ZipFile(archive) as opened:
        modes = {entry.filename: entry.external_attr >> 16 for entry in opened.infolist()}
        told = json.loads(opened.read(gradescope.ASKED))
        programs = [opened.read(name).decode() for name in gradescope.PROGRAMS]
    assert told == {"lesson": "01", "seed": 7}
    for name, text in zip(gradescope.PROGRAMS, programs, strict=True):
        assert modes.pop(name) == stat.S_IFREG | 0o755
        assert text.startswith("#!/usr/bin/env bash\n") and "\r" not in text
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    assert set(modes.values()) == {stat.S_IFREG | 0o644}


def test_it_holds_one_lesson_without_outputs_and_no_more_than_is_needed(archive):
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        lesson = json.loads(opened.read(f"notebooks/{NAME}"))
    assert [name for name in names if name.startswith("notebooks/")] == [f"notebooks/{NAME}"]
    assert not any(cell.get("outputs") for cell in lesson["cells"])
    tops = {name.split("/")[0] for name in names}
    assert tops == {"course_utils", "homework", "notebooks", "pyproject.toml", "LICENSE"} | {
        *gradescope.PROGRAMS,
        "requirements.txt",
        gradescope.ASKED,
    }
    assert archive.stat().st_size < 2**20


def test_the_same_export_is_the_same_to_the_byte(archive, tmp_path):
    assert export(tmp_path).read_bytes() == archive.read_bytes()


def test_requirements_are_those_of_the_course():
    lines = gradescope.requirements()
    text = (settings.root() / "pyproject.toml").read_text("utf-8")
    assert [line.split(">")[0] for line in lines] == list(gradescope.LIBRARIES)
    assert all(f'"{line}"' in text for line in lines)


def imported(archive):
    """Libraries that the grading imports, followed from its program through the zip's modules."""
    with zipfile.ZipFile(archive) as opened:
        texts = {n: opened.read(n).decode() for n in opened.namelist() if n.endswith(".py")}
    names = {n.removesuffix(".py").removesuffix("/__init__").replace("/", "."): n for n in texts}
    waiting, seen, found = ["homework.exports.gradescope_run"], set(), set()
    waiting += [name for name in names if name.startswith("course_utils.checks.")]
    while waiting:
        name = waiting.pop()
        parts = name.split(".")
        waiting += [".".join(parts[:count]) for count in range(1, len(parts))]
        if name in seen or name not in names:
            continue
        seen.add(name)
        for node in ast.walk(ast.parse(texts[names[name]])):
            asked = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                asked = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            waiting += asked
            found |= {one.partition(".")[0] for one in asked}
    return found - set(sys.stdlib_module_names) - {"course_utils", "homework", "inside"}


def test_what_the_grading_imports_is_installed(archive):
    known = {"PIL": "pillow", "sklearn": "scikit-learn", "IPython": "ipykernel"}
    found = imported(archive) - {"torchvision"}  # only what downloads data asks for it
    assert {known.get(one, one) for one in found} == set(gradescope.LIBRARIES)


def test_what_is_there_stays(archive, tmp_path, capsys):
    path = tmp_path / "autograder.zip"
    path.write_text("mine")
    asked = ["export", "gradescope", "01", "--to", str(path)]
    assert command.main(asked) == 2 and path.read_text() == "mine"
    assert "may hold another seed or your changes" in capsys.readouterr().err
    assert command.main([*asked, "--force"]) == 0 and zipfile.is_zipfile(path)
    export(tmp_path, "--force")
    export(tmp_path)  # the same once more takes nothing away
    assert command.main(["export", "gradescope", "01", "02", "--to", str(path)]) == 2
    assert command.main(["export", "gradescope", "01", "--to", str(tmp_path / "x.tar")]) == 2
    assert "one lesson" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert command.main(["export", "gradescope", "01", "--to", str(tmp_path / "file/a.zip")]) == 2
    assert "could not be written" in capsys.readouterr().err


# --- what it makes of a submission ---------------------------------------------------------------


@pytest.fixture
def autograder(tmp_path, monkeypatch):
    (tmp_path / "submission").mkdir()
    monkeypatch.setattr(gradescope_run, "AUTOGRADER", tmp_path)
    return tmp_path / "submission"


def put(folder, name, text=None):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made.blank()) if text is None else text)


@pytest.mark.parametrize("name", [NAME, "mine.ipynb", "week 1/é.ipynb"])
def test_one_notebook_is_taken_whatever_its_name(autograder, name):
    put(autograder, name)
    put(autograder, "notes.txt", "hello")
    assert gradescope_run.submitted(made.LESSON)[0] == name


def test_of_several_the_one_with_the_name_is_taken(autograder):
    for name in ("first.ipynb", NAME, "other/second.ipynb"):
        put(autograder, name)
    assert gradescope_run.submitted(made.LESSON)[0] == NAME


def test_a_zip_is_looked_into(autograder):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        opened.writestr(NAME, json.dumps(made.blank()))
    (autograder / "mine.zip").write_bytes(stream.getvalue())
    assert gradescope_run.submitted(made.LESSON)[0].endswith(NAME)


@pytest.mark.parametrize(
    ("files", "phrase"),
    [
        ({}, "there is no notebook"),
        ({"a.txt": "x"}, "there is no notebook"),
        ({"a.ipynb": "{"}, "it is no JSON"),
        ({"a.ipynb": None, "b.ipynb": None}, "several notebooks: a.ipynb, b.ipynb"),
    ],
)
def test_what_cannot_be_graded_is_said(autograder, files, phrase):
    for name, text in files.items():
        put(autograder, name, text)
    with pytest.raises(gradescope_run.RefusedError, match=phrase):
        gradescope_run.submitted(made.LESSON)


def test_a_link_to_the_solutions_is_not_followed(autograder):
    (autograder / NAME).symlink_to(made.LESSON.path)
    with pytest.raises(gradescope_run.RefusedError):
        gradescope_run.submitted(made.LESSON)


def test_memory_is_the_container_s(tmp_path):
    assert gradescope_run.memory(tmp_path) is None
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("6442450944\n")
    assert gradescope_run.memory(tmp_path) == 6 * 2**30


def test_nobody_may_write_any_more(tmp_path, monkeypatch):
    monkeypatch.setattr(gradescope_run, "AUTOGRADER", tmp_path / "autograder")
    inner = tmp_path / "a folder" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "autograder").mkdir()
    (inner / "file").write_text("x")
    for path, mode in ((inner, 0o1777), (inner / "file", 0o666), (tmp_path / "a folder", 0o755)):
        path.chmod(mode)
    folder = str(tmp_path / "a folder").replace(" ", "\\040")
    (tmp_path / "mounts").write_text(f"tmpfs {folder} tmpfs rw 0 0\nproc /proc proc rw 0 0\n")
    gradescope_run.close(tmp_path / "mounts")
    found = [stat.S_IMODE(path.stat().st_mode) for path in (inner, inner / "file")]
    assert found == [0o1755, 0o644]
    assert stat.S_IMODE((tmp_path / "autograder").stat().st_mode) == 0o700


def test_what_vanishes_meanwhile_needs_no_closing(tmp_path, monkeypatch):
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
    tmp_path.chmod(0o777)
    chmod = os.chmod

    def and_one_goes(path, mode):
        chmod(path, mode)
        if (tmp_path / "b").exists():
            (tmp_path / "b").rmdir()

    monkeypatch.setattr(gradescope_run.os, "chmod", and_one_goes)
    gradescope_run._close(str(tmp_path))
    gradescope_run._close(str(tmp_path / "b"))  # listed among the mounts, and gone since
    found = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "c")]
    assert found == [0o755, 0o755]


def test_answers_in_two_containers_are_two_users():
    """They begin at random ones, for the kernel counts a user's processes over all containers."""
    script = "from homework import sandbox as s; print(next(s._started) % s.USERS_IN_CONTAINER)"
    command = [sys.executable, "-c", script]
    found = {subprocess.check_output(command, cwd=settings.root()) for _ in range(3)}
    assert len(found) > 1


# --- a run ---------------------------------------------------------------------------------------

KEYS = {"number", "name", "score", "max_score", "status", "output", "output_format", "visibility"}


def of(results):
    """Number -> entry of results.json, which must be as Gradescope reads it."""
    for test in results["tests"]:
        assert set(test) <= KEYS and test["output_format"] == "text"
        assert test.get("status", "passed") in ("passed", "failed")
    entries = {test["number"]: test for test in results["tests"]}
    assert results["score"] == sum(test.get("score", 0) for test in results["tests"])
    return entries


@needs_bubblewrap
@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has no other users for answers")
def test_attacks_in_a_container_earn_nothing_and_find_nothing(archive, tmp_path):
    box = Gradescope(tmp_path / "autograder", archive)
    answers = {}
    for attack in container.ATTACKS.values():
        answers |= attack.answers
    notebook = made.notebook(answers)
    [words] = [c for c in notebook["cells"] if c["metadata"].get("course", {}).get("id") == "1.8"]
    words["source"] += "\nBecause <b>it</b> is."
    box.submit({NAME: json.dumps(notebook)})
    done, results = box.run()
    assert done.returncode == 0, done.stderr
    entries = of(results)
    for name, attack in container.ATTACKS.items():
        entry = entries[attack.first]
        assert entry["score"] == 0 and entry["status"] == "failed", name
        assert attack.told in entry["output"], (name, entry["output"])
    assert entries["1.7"]["score"] == entries["1.7"]["max_score"] == made.POINTS["1.7"]
    assert entries["1.7"]["output"] and results["stdout_visibility"] == "hidden"
    assert "score" not in entries["1.8"] and "Because <b>it</b> is." in entries["1.8"]["output"]


@needs_bubblewrap
def test_without_the_filter_nothing_is_graded(archive, tmp_path):
    """Results are there all the same, and say that their 0 is no grade."""
    box = Gradescope(tmp_path / "autograder", archive)
    box.submit({NAME: json.dumps(made.blank())})
    program = box.folder / "source" / "homework" / "syscalls.py"
    program.write_text(
        program.read_text().replace("libseccomp.so.2", "none").replace('"seccomp"', '"none"')
    )
    done, results = box.run()
    assert done.returncode == 0, done.stderr
    assert results["score"] == 0 and "this 0 is no grade" in results["output"]
    assert "libseccomp is not installed" in results["output"] and results["tests"] == []


@needs_bubblewrap
def test_where_answers_can_be_no_other_user_nothing_is_graded(archive, tmp_path):
    box = Gradescope(tmp_path / "autograder", archive)
    box.submit({NAME: json.dumps(made.notebook())})
    _, results = box.run(alone=True)
    assert results["score"] == 0 and "this 0 is no grade" in results["output"]
    assert "no exercise can begin in the sandbox" in results["output"] and not results["tests"]


@needs_bubblewrap
def test_results_are_there_whatever_ends_the_grading(archive, tmp_path):
    box = Gradescope(tmp_path / "autograder", archive)
    (box.folder / "source" / "homework" / "exports" / "gradescope_run.py").write_text(
        "raise SystemExit(3)"
    )
    done, results = box.run()
    assert done.returncode == 3
    assert results["score"] == 0 and "this 0 is no grade" in results["output"]
