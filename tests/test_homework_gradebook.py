"""The gradebook: what keeping a submission costs, what a crash leaves, whose grades are changed."""

import json
import os
import time

import pytest
from test_homework_shards import grade, outcome, put, small, stand_in  # noqa: F401  a fixture

from homework import gradebook, grading, lessons, submissions, untrusted

[LESSON] = lessons.all_lessons(["01"])
NOTEBOOK = untrusted.notebook(json.dumps(small("01")).encode())


def entry(number):
    return submissions.Submission(f"student {number}", f"{number}/x.ipynb", 0.0, "01", digest="d")


def filled(folder, count):
    """A gradebook of so many students, and the seconds that the last 50 of them took."""
    book = gradebook.Gradebook.open(folder, 1, False, None)
    outcomes = [outcome(f"{folder}", one) | {"mistake": "m" * 1_500} for one in LESSON.exercises]
    for number in range(count):
        if number == count - 50:
            start = time.process_time()
        book.add(entry(number), LESSON, NOTEBOOK, outcomes)
    return book, time.process_time() - start


def test_keeping_one_costs_the_same_among_a_thousand(tmp_path):
    _, few = filled(tmp_path / "few", 100)
    book, many = filled(tmp_path / "many", 1_000)
    assert many < 3 * few + 0.1
    size = (tmp_path / "many" / "grades.json").stat().st_size
    assert size < 1_000  # written when it was begun, and not since
    start = time.process_time()
    book.report([], {"01": LESSON})
    assert time.process_time() - start < 20
    assert len(json.loads((tmp_path / "many" / "grades.json").read_bytes())["graded"]) == 1_000
    assert len(list((tmp_path / "many" / "feedback").iterdir())) == 1_000


def test_a_crash_loses_at_most_the_line_that_was_written(tmp_path):
    filled(tmp_path, 60)
    journal = tmp_path / gradebook.JOURNAL
    journal.write_bytes(journal.read_bytes()[:-7])
    book = gradebook.Gradebook.open(tmp_path, None, True, None)
    assert len(book.graded) == 59 and not journal.exists()
    book.add(entry(59), LESSON, NOTEBOOK, [])
    again = gradebook.Gradebook.read(tmp_path)
    assert len(again.graded) == 60 and again.seed == 1


def test_a_full_disk_leaves_no_half_a_line(tmp_path, monkeypatch):
    book, _ = filled(tmp_path, 50)

    def full(stream):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            book.add(entry(50), LESSON, NOTEBOOK, [])
    book.add(entry(51), LESSON, NOTEBOOK, [])
    assert len(gradebook.Gradebook.read(tmp_path).graded) == 51


@pytest.mark.parametrize("text", [b"[]\n", b"{}\n", b'{"student": 3}\n', b"\xff\n", b"[" * 9_999])
def test_a_damaged_journal_is_refused_or_left_out(tmp_path, text):
    filled(tmp_path, 50)
    with open(tmp_path / gradebook.JOURNAL, "ab") as stream:
        stream.write(text)
    if text.endswith(b"\n"):
        with pytest.raises(submissions.SubmissionsError, match=r"grades\.journal: cannot be read"):
            gradebook.Gradebook.open(tmp_path, None, True, None)
    else:
        assert len(gradebook.Gradebook.open(tmp_path, None, True, None).graded) == 50


@pytest.mark.usefixtures("stand_in")
def test_nobody_overwrites_the_grades_of_another(tmp_path):
    """A late submission alone in its folder, with folders of her neighbours' names in it."""
    for name in ("ann", "bob"):
        put(tmp_path / "in", f"{name}/x.ipynb", small("01", name))
    assert grade(tmp_path / "in", tmp_path / "out") == 0
    before = {one: points for one, points in read(tmp_path / "out").items()}
    for names in (["bob/x", "bob/y"], ["bob/x", "ann/x"]):
        folder = tmp_path / "-".join(names).replace("/", "_")
        for name in names:
            put(folder, f"eve/{name}.ipynb", small("01", "evil"))
        assert grade(folder, tmp_path / "out", "--resume", seed=None) == 0
        after = read(tmp_path / "out")
        assert {one: after[one] for one in before} == before and set(after) == {*before, "eve"}


def read(out):
    graded = json.loads((out / "grades.json").read_bytes())["graded"]
    return {one["student"]: one["outcomes"] for one in graded}


@pytest.mark.usefixtures("stand_in")
def test_a_check_that_stumbles_is_said_and_kept(tmp_path, monkeypatch, capsys):
    put(tmp_path / "in", "ann\x1b[2J/x.ipynb", small("01", "ann"))
    put(tmp_path / "in", "bob/x.ipynb", small("01", "bob"))
    real = grading.grade

    def stumbles(*arguments, **options):
        return [
            one | {"fault": "KeyError at lesson01.py:3: \x1b[2J"}
            for one in real(*arguments, **options)
        ]

    monkeypatch.setattr(grading, "grade", stumbles)
    assert grade(tmp_path / "in", tmp_path / "out") == 0
    told = capsys.readouterr().err
    assert "exercise 1.1: KeyError at lesson01.py:3" in told and "\x1b" not in told
    assert "Checks that stumbled" in (tmp_path / "out" / "problems.html").read_text("utf-8")


@pytest.mark.usefixtures("stand_in")
def test_a_file_that_changes_is_said_and_not_graded(tmp_path, monkeypatch, capsys):
    for name in ("ann", "bob"):
        put(tmp_path / "in", f"{name}/x.ipynb", small("01", name))
    real = submissions.collect

    def collect(*arguments):
        found = real(*arguments)
        put(tmp_path / "in", "ann/x.ipynb", small("01", "changed"))
        return found

    monkeypatch.setattr(submissions, "collect", collect)
    assert grade(tmp_path / "in", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert told.endswith("ann/x.ipynb: not graded: it has changed since the grading began\n")
    assert set(read(tmp_path / "out")) == {"bob"}


@pytest.mark.usefixtures("stand_in")
def test_of_many_that_are_not_graded_the_number_is_told(tmp_path, capsys):
    for number in range(50):
        put(tmp_path / "in", f"s{number:02d}/x.ipynb", {})
    assert grade(tmp_path / "in", tmp_path / "out") == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "and 30 more" and sum("not graded" in line for line in lines) == 20
