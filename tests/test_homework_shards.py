"""A class graded in parts, ``--shard i/n``, and made one again, ``--merge``: the same, or an error.

Most classes here are marked by a stand-in, for what is proved is who grades whom and what is
written; one class goes through the sandbox.
"""

import hashlib
import json
import os
import shutil
import types
import zipfile

import pytest
import submissions as made
import test_homework_class as whole_class
from grader import without
from hypothesis import given
from hypothesis import strategies as some
from test_homework_class import put

from course_utils import settings
from homework import __main__ as command
from homework import attempts, classroom, grading, lessons, sandbox, sealed, shards
from tools import course

REASON = sandbox.why_not()
KNOWN = {lesson.number: lesson for lesson in lessons.all_lessons()}
OLD = (10**9, 10**9)  # a time before that of the other files
VERDICTS = ("right", "wrong", "not written")


def small(lesson, text=""):
    """A notebook that the stand-in marks by its text."""
    return {"metadata": {"course": {"lesson": lesson}}, "cells": [made.code(text)]}


@pytest.fixture(scope="module")
def the_class(tmp_path_factory):
    """Of twenty students: namesakes, names alike as files, two files for one lesson, unreadable."""
    folder = tmp_path_factory.mktemp("class") / "in"
    for number in range(12):
        put(folder, f"student {number}/01.ipynb", small("01", f"{number}"))
        if number % 2:
            put(folder, f"student {number}/02.ipynb", small("02", f"{number}"))
    for name in ("x:y", "x;y", "X_y", "=EVIL <b>", "é"):
        put(folder, f"{name}/01.ipynb", small("01", name))
    for number in (12, 13):
        put(folder, f"Ann Lee_{number}_assignsubmission_file/x.ipynb", small("01", f"{number}"))
    old = put(folder, "student 3/old.ipynb", small("01", "old"))
    os.utime(old, OLD)
    put(folder, "student 4/of no lesson.ipynb", small("99"))
    (folder / "student 5" / "damaged.ipynb").write_text("")
    (folder / "nobody").mkdir()
    return folder


@pytest.fixture
def stand_in(monkeypatch):
    """Marks by a digest of the file; returns the texts that were marked."""
    marked = []

    def grade(lesson, notebook, course, seed, only, **options):
        text = notebook["cells"][0]["source"]
        marked.append(text)
        return [
            outcome(f"{text} {seed}", one) for one in lesson.exercises if one.id in (only or one.id)
        ]

    monkeypatch.setattr(grading, "grade", grade)
    monkeypatch.setattr(sealed, "make", lambda lesson, folder: None)  # nothing runs there
    return marked


def outcome(text, exercise):
    chosen = hashlib.sha256(f"{text} {exercise.id}".encode()).digest()[0] % 3
    told = dict.fromkeys(attempts.TEXTS, "") | {"mistake": "" if chosen == 0 else f"m {chosen}"}
    points = exercise.points if chosen == 0 else 0
    head = {"id": exercise.id, "points": points, "of": exercise.points, "printed": 0}
    return head | told | {"verdict": VERDICTS[chosen]}


def grade(folder, out, *options, seed="5"):
    """The command, without a sandbox, for nothing of the class is run."""
    options = ["--unsafe", "--jobs", "1", *(["--seed", seed] if seed else []), *options]
    return command.main(["grade", str(folder), "--out", str(out), *without(), *options])


def status(out):
    """What the command should return for a part: 1 where a file of it was not graded."""
    entries = json.loads((out / "shard.json").read_bytes())["entries"]
    return int(any(one["unreadable"] for one in entries))


def grade_parts(folder, into, of=4, numbers=None, **options):
    """The folders of the parts, all of them by default."""
    outs = [into / f"{number}" for number in numbers or range(1, of + 1)]
    for out in outs:
        assert grade(folder, out, "--shard", f"{out.name}/{of}", **options) == status(out)
    return outs


def merge(outs, into):
    return command.main(["grade", "--out", str(into), "--merge", *map(str, outs)])


def files(out):
    """Everything in a folder: relative path -> bytes."""
    found = (path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def parts(the_class, stand_in, tmp_path):
    """Four finished parts."""
    return grade_parts(the_class, tmp_path / "parts")


@pytest.mark.skipif(bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}")
def test_four_shards_in_the_sandbox_give_what_one_run_gives(tmp_path):
    names = {}
    for number in range(100):  # one student for each shard
        names.setdefault(shards.part_of(f"s{number}", 4), f"s{number}")
    answers = [{}, {"1.3": made.wrong("1.3")}, {"1.4": None}, {"1.1": "def nothing(): ..."}]
    for name, answer in zip(names.values(), answers, strict=True):
        put(tmp_path / "in", f"{name}/x.ipynb", made.notebook(answer))
    assert whole_class.grade(tmp_path / "in", tmp_path / "whole", "--seed", "5") == 0
    for number in range(1, 5):
        options = ("--seed", "5", "--shard", f"{number}/4")
        assert whole_class.grade(tmp_path / "in", tmp_path / f"{number}", *options) == 0
    assert merge([tmp_path / f"{number}" for number in (3, 1, 4, 2)], tmp_path / "merged") == 0
    assert files(tmp_path / "merged") == files(tmp_path / "whole")
    points = [int(row["points"]) for row in whole_class.scores(tmp_path / "merged")]
    assert len(points) == 4 and max(points) == whole_class.ALL > min(points)


@pytest.mark.parametrize("of", [1, 4, 40])
def test_any_number_of_shards_gives_the_same_bytes(the_class, stand_in, tmp_path, of):
    assert grade(the_class, tmp_path / "whole") == 1
    marked = sorted(stand_in)
    del stand_in[:]
    outs = grade_parts(the_class, tmp_path / "parts", of)
    assert sorted(stand_in) == marked  # each once
    (tmp_path / "merged").mkdir()  # an empty folder will do
    assert merge(outs[::-1], tmp_path / "merged") == 1
    assert files(tmp_path / "merged") == files(tmp_path / "whole")
    pages = {name.lower() for name in files(tmp_path / "merged") if name.startswith("feedback/x_y")}
    assert len(pages) == 2 and "feedback/X_y.html" in files(tmp_path / "merged")
    assert grade(the_class, tmp_path / "merged", "--resume", seed=None) == 1
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


def test_a_zip_in_parts(the_class, stand_in, tmp_path):
    archive = shutil.make_archive(tmp_path / "all", "zip", the_class)
    with zipfile.ZipFile(archive) as opened:
        assert any("student 3" in name for name in opened.namelist())
    assert grade(archive, tmp_path / "whole") == 1
    assert merge(grade_parts(archive, tmp_path / "parts"), tmp_path / "merged") == 1
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


@given(some.text(max_size=20), some.integers(1, 50))
def test_every_student_is_in_one_shard(student, of):
    assert 1 <= shards.part_of(student, of) <= of


def test_shards_are_stable_and_alike_in_size():
    assert [shards.part_of(name, 4) for name in ("Ann Lee", "bob", "Zoë", "李雷")] == [1, 2, 4, 2]
    sizes = [0] * 20
    for number in range(5_000):
        sizes[shards.part_of(f"student {number}", 20) - 1] += 1
    assert sum(sizes) == 5_000 and min(sizes) > 200 and max(sizes) < 300


def test_all_that_a_student_handed_in_is_in_one_shard(the_class, parts):
    seen = {}
    for out in parts:
        for one in json.loads((out / "shard.json").read_bytes())["entries"]:
            seen.setdefault(one["student"], []).append((out, one["where"]))
    assert len(seen["student 5"]) == 3 and {"Ann Lee (12)", "Ann Lee (13)"} <= set(seen)
    assert all(len({out for out, _ in found}) == 1 for found in seen.values())
    where = [name for found in seen.values() for _, name in found]
    files = [path.relative_to(the_class).as_posix() for path in the_class.rglob("*.ipynb")]
    assert sorted(where) == sorted({*files, "nobody/"} - {"student 3/old.ipynb"})


def test_an_interrupted_shard_goes_on(the_class, parts, stand_in, tmp_path, monkeypatch, capsys):
    real = classroom.as_completed

    def stops(futures):
        yield next(real(futures))
        raise KeyboardInterrupt

    shutil.rmtree(parts[1])
    monkeypatch.setattr(classroom, "as_completed", stops)
    assert grade(the_class, parts[1], "--shard", "2/4") == 130
    assert merge([parts[0], parts[1], parts[3]], tmp_path / "merged") == 2
    told = capsys.readouterr().err
    assert "of 4 shards, missing: 3" in told and f"unfinished: 2 ({parts[1]})" in told
    monkeypatch.setattr(classroom, "as_completed", real)
    assert grade(the_class, parts[1], "--shard", "2/4", "--resume", seed=None) == status(parts[1])
    assert merge(parts, tmp_path / "merged") == 1
    assert grade(the_class, tmp_path / "whole") == 1
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


def test_one_exercise_anew_and_files_that_come_late(the_class, stand_in, tmp_path, capsys):
    folder = shutil.copytree(the_class, tmp_path / "in")
    assert grade(folder, tmp_path / "whole") == 1
    parts = grade_parts(folder, tmp_path / "parts")
    put(folder, "late/01.ipynb", small("01", "late"))
    put(folder, "student 1/01.ipynb", small("01", "changed"))
    for options in (("--resume",), ("--only", "1.3")):
        assert grade(folder, tmp_path / "whole", *options) == 1
        for number, out in enumerate(parts, start=1):
            if number == 4:
                assert merge(parts, tmp_path / "merged") == 2
                what = "submissions" if "--resume" in options else "exercises that were graded"
                assert f"they differ in the {what}" in capsys.readouterr().err
            assert grade(folder, out, "--shard", f"{number}/4", *options) == status(out)
    assert merge(parts, tmp_path / "merged") == 1
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


def test_one_exercise_alone(the_class, stand_in, tmp_path):
    assert grade(the_class, tmp_path / "whole", "--only", "2.1") == 1
    outs = [tmp_path / f"{number}" for number in (1, 2)]
    for out in outs:
        assert grade(the_class, out, "--only", "2.1", "--shard", f"{out.name}/2") == status(out)
    assert merge(outs, tmp_path / "merged") == 1
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


def test_a_fault_of_the_grader_is_not_lost(the_class, tmp_path, stand_in, monkeypatch, capsys):
    marker = grading.grade

    def fails(lesson, notebook, *arguments, **options):
        if notebook["cells"][0]["source"] == "7":
            raise sandbox.SandboxError("no room")
        return marker(lesson, notebook, *arguments, **options)

    monkeypatch.setattr(grading, "grade", fails)
    assert grade(the_class, tmp_path / "whole") == 1
    codes = [grade(the_class, tmp_path / f"{i}", "--shard", f"{i}/2") for i in (1, 2)]
    assert codes == [1, 1]  # of each part a file cannot be graded
    capsys.readouterr()
    assert merge([tmp_path / "1", tmp_path / "2"], tmp_path / "merged") == 1
    assert "the grader failed (SandboxError: no room)" in capsys.readouterr().err
    assert files(tmp_path / "merged") == files(tmp_path / "whole")


def refused(parts, out, capsys, *words):
    """The merge ends with these words and leaves nothing behind."""
    before = [files(part) for part in parts if part.is_dir()]
    capsys.readouterr()
    assert merge(parts, out) == 2
    told = capsys.readouterr().err
    assert "homework: " in told and all(word in told for word in words), told
    assert not out.is_dir() or out in parts or sorted(files(out)) in ([], ["mine"])
    assert not list(out.parent.glob(".*.part"))
    assert [files(part) for part in parts if part.is_dir()] == before


def test_what_is_no_whole_class_is_not_merged(the_class, parts, tmp_path, capsys):
    out = tmp_path / "merged"
    one, two, three, four = parts
    refused([one, four], out, capsys, "of 4 shards, missing: 2, 3")
    refused([one], out, capsys, "missing: 2, 3, 4")
    copy = shutil.copytree(two, tmp_path / "copy")
    refused([*parts, copy], out, capsys, "shard 2/4 is given twice", str(two), str(copy))
    refused([*parts, one], out, capsys, "shard 1/4 is given twice")
    [other] = grade_parts(the_class, tmp_path / "three", of=3, numbers=[3])
    refused([one, two, other], out, capsys, str(other), "the number of shards (4 and 3)")
    [other] = grade_parts(the_class, tmp_path / "seed", numbers=[3], seed="6")
    refused([one, two, other, four], out, capsys, "the --seed (5 and 6)")
    refused([*parts, the_class], out, capsys, "there is no shard.json")
    refused([*parts, tmp_path / "none"], out, capsys, "there is no shard.json")
    refused(parts, one, capsys, "is one of the shards")
    out.mkdir()
    (out / "mine").write_text("mine")
    refused(parts, out, capsys, "expected a new or an empty folder")
    (out / "mine").unlink()
    assert merge(parts, out) == 1
    assert merge(parts, out) == 2  # it is not empty now


def test_shards_of_other_submissions_are_not_merged(the_class, parts, tmp_path, capsys):
    folder = shutil.copytree(the_class, tmp_path / "in")
    for name, text in (("new", "new"), ("student 0", "changed")):
        put(folder, f"{name}/01.ipynb", small("01", text))
        [other] = grade_parts(folder, tmp_path / name, numbers=[4])
        refused([*parts[:3], other], tmp_path / "out", capsys, str(other), "in the submissions")
    os.utime(the_class / "student 3" / "old.ipynb", None)  # now it is the newest
    [other] = grade_parts(the_class, tmp_path / "moved", numbers=[4])
    os.utime(the_class / "student 3" / "old.ipynb", OLD)
    refused([*parts[:3], other], tmp_path / "out", capsys, "in the submissions")


def test_shards_of_another_course_are_not_merged(the_class, parts, tmp_path, capsys, monkeypatch):
    slow = tmp_path / "slow"
    assert grade(the_class, slow, "--shard", "4/4", "--seconds", "30") == status(slow)
    refused([*parts[:3], slow], tmp_path / "out", capsys, "the --seconds (0.0 and 30.0)")
    monkeypatch.setattr(shards, "digest_of_course", lambda known: "0" * 64)
    [other] = grade_parts(the_class, tmp_path / "other", numbers=[4])
    refused([*parts[:3], other], tmp_path / "out", capsys, "in the lessons and checks")
    refused(parts, tmp_path / "out", capsys, "by other lessons and checks than those here")
    assert grade(the_class, parts[0], "--shard", "1/4", "--resume") == 2
    assert "lessons and checks is not what this shard was begun with" in capsys.readouterr().err


def test_a_lesson_or_a_module_that_changes_is_another_course(monkeypatch, tmp_path):
    before = shards.digest_of_course(KNOWN)
    assert before == shards.digest_of_course(KNOWN)
    cell = KNOWN["01"].cells[3]
    monkeypatch.setitem(cell, "outputs", [{"output_type": "stream", "text": "x"}])
    assert shards.digest_of_course(KNOWN) == before
    monkeypatch.setitem(cell, "source", "other")
    assert shards.digest_of_course(KNOWN) != before
    monkeypatch.undo()
    (tmp_path / "__init__.py").touch()
    package = types.SimpleNamespace(__file__=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(shards, "course_utils", package)
    assert shards.digest_of_course(KNOWN) != before


def changed(path, change):
    value = json.loads(path.read_bytes())
    change(value)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


DAMAGES = {
    "half a record": (lambda one: cut(one / "shard.json"), "shard.json: cannot be read"),
    "half the grades": (lambda one: cut(one / "grades.json"), "grades.json: cannot be read"),
    "no grades": (lambda one: (one / "grades.json").unlink(), "grades.json: cannot be read"),
    "no record": (lambda one: (one / "shard.json").unlink(), "there is no shard.json"),
    "deep": (lambda one: (one / "shard.json").write_text("[" * 100_000), "cannot be read"),
    "no text": (lambda one: (one / "shard.json").write_bytes(b"\xff\0"), "cannot be read"),
    "a list": (lambda one: (one / "shard.json").write_text("[1]"), "expected version 1"),
    "a number": (lambda one: record(one, shard=0), "cannot be read (ValueError: shard 0 of 4)"),
    "a kind": (lambda one: record(one, of="4"), "cannot be read (ValueError: of: '4'"),
    "truth": (lambda one: record(one, finished=1), "finished: '1'"),
    "a version": (lambda one: record(one, version=2), "expected version 1"),
    "no exercise": (lambda one: record(one, ran=["x"]), "cannot be read"),
    "many": (lambda one: record(one, of=10**15), "number of shards"),
    "an entry": (lambda one: record(one, entries=[{"student": "x"}]), "an entry without digest"),
    "no entries": (lambda one: record(one, entries=[]), "together are not those of the class"),
    "the points": (
        lambda one: changed(one / "grades.json", lambda v: v["graded"].pop()),
        "it is not as the grading left it",
    ),
    "a student of another": (
        lambda one: changed(
            one / "shard.json", lambda v: v["entries"][0].update(student=other_than(1))
        ),
        "belongs to shard",
    ),
    "a grade too few": (lambda one: forged(one, lambda v: v["graded"].pop()), "is not graded"),
    "a lesson of none": (
        lambda one: forged(one, lambda v: v["graded"][0].update(lesson="77")),
        "exercises that lesson 77 does not have",
    ),
    "points of no number": (
        lambda one: forged(one, lambda v: v["graded"][0]["outcomes"][0].update(points="2")),
        "points: '2'",
    ),
}


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def record(out, **values):
    changed(out / "shard.json", lambda value: value.update(values))


def other_than(part):
    return next(f"{i}" for i in range(99) if shards.part_of(f"{i}", 4) != part)


def forged(out, change):
    """Other grades, with a record that names them."""
    changed(out / "grades.json", change)
    record(out, grades=shards.digest_of_file(out / "grades.json"))


def test_damaged_shards_are_refused(parts, tmp_path, capsys):
    for name, (damage, words) in DAMAGES.items():
        one = shutil.copytree(parts[0], tmp_path / name)
        damage(one)
        refused([one, *parts[1:]], tmp_path / "out", capsys, words)


def test_a_full_disk_leaves_nothing_behind(parts, tmp_path, capsys, monkeypatch):
    real = os.fsync

    def full(stream):
        if len(list(tmp_path.glob(".out.*/feedback/*.html"))) == 3:
            raise OSError(28, "No space left on device")
        real(stream)

    monkeypatch.setattr(os, "fsync", full)
    refused(parts, tmp_path / "out", capsys, "not all pages could be written")


def test_a_folder_is_of_one_shard(the_class, parts, tmp_path, capsys):
    def told(*options, out=parts[0], **others):
        assert grade(the_class, out, *options, **others) == 2
        return capsys.readouterr().err

    assert "there are grades already" in told("--shard", "1/4")
    assert "number of this shard" in told("--shard", "2/4", "--resume")
    assert "number of shards" in told("--shard", "1/3", "--resume")
    assert "expected --shard 1/4" in told("--resume")
    assert "expected --shard 1/4" in told("--only", "1.3")
    assert "the --seconds" in told("--shard", "1/4", "--resume", "--seconds", "30")
    assert "have the seed 5, got 6" in told("--shard", "1/4", "--resume", seed="6")
    assert "expected --seed too" in told("--shard", "1/4", out=tmp_path / "new", seed=None)
    assert not (tmp_path / "new").exists()
    assert grade(the_class, tmp_path / "whole") == 1
    assert "are of no shard" in told("--shard", "1/4", "--resume", out=tmp_path / "whole")


@pytest.mark.parametrize("text", ["0/4", "5/4", "4", "a/b", "1/0", "-1/4", "1/4/4", "", "1.0/4"])
def test_what_is_no_shard_is_refused(text, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(["grade", str(tmp_path), "--out", str(tmp_path / "o"), f"--shard={text}"])
    assert end.value.code == 2
    assert "expected i/n with 1 <= i <= n" in capsys.readouterr().err


def test_options_that_do_not_go_together(tmp_path, capsys):
    out = str(tmp_path / "out")
    for options in (["--resume"], ["--shard", "1/2"], ["--seed", "0"], ["--only", "1.1"]):
        assert command.main(["grade", "--merge", "a", "b", "--out", out, *options]) == 2
        assert "--merge takes folders of shards" in capsys.readouterr().err
    assert command.main(["grade", "in", "--merge", "a", "b", "--out", out]) == 2
    assert "--merge takes folders of shards" in capsys.readouterr().err
    assert command.main(["grade", "--out", out]) == 2
    assert "expected submissions, a folder or zip" in capsys.readouterr().err


def test_the_course_s_command_passes_it_on():
    """``tools/course.py grade --merge A B [--out C]`` and ``... IN --shard 2/4 --out OUT``."""
    for options, merged in ((["--merge", "A", "B", "--out", "C"], ["A", "B"]), (["IN"], None)):
        asked = command.parse([*course.homework("grade", options), *options])
        assert (asked.merge and [str(path) for path in asked.merge]) == merged
    options = ["--merge", "A", "B"]
    asked = command.parse([*course.homework("grade", options), *options])
    assert (str(asked.out), asked.submissions, len(asked.merge)) == ("graded", None, 2)
    options = ["IN", "--shard", "2/4"]
    asked = command.parse([*course.homework("grade", options), *options])
    assert (str(asked.submissions), asked.shard) == ("IN", (2, 4))
