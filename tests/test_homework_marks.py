"""Marks by hand, lateness, groups and the best of several files: entered, and nothing typed lost.

The answers are marked by a stand-in, for what is proved is what becomes of the points.
"""

import csv
import json
import os
import shutil
from datetime import datetime

import pytest
from test_homework_shards import files, grade, merge, put, small, stand_in  # noqa: F401  a fixture

from homework import __main__ as command
from homework import lessons, marks, scores

[LESSON] = lessons.all_lessons(["01"])
DUE = datetime(2026, 11, 30, 23, 59, 59).timestamp()
DAY = 86_400
IN_GRACE = "2026-12-01 00:29"
RULES = "due = 2026-11-30\npercent_a_day = 10\nmost_percent = 25\ngrace_hours = 1\n"
EVIL = '=EVIL "x"; y'


def hand_in(folder, days_late):
    """Files of these students, as Moodle packs them, so many days after the due time."""
    for number, (name, days) in enumerate(days_late.items(), start=101):
        part = f"{name}_{number}_assignsubmission_file"
        path = put(folder, f"{part}/01.ipynb", small("01", name))
        os.utime(path, (DUE + days * DAY,) * 2)


@pytest.fixture
def place(tmp_path, stand_in):  # noqa: F811
    """A folder with ``in`` and ``out``: three students, graded."""
    hand_in(tmp_path / "in", {"ann": -1, "bob": 0.02, "Zoë": 2.5, EVIL: -1})
    assert grade(tmp_path / "in", tmp_path / "out") == 0
    return tmp_path


def rows(out):
    with open(out / "scores.csv", encoding="utf-8", newline="") as stream:
        return {row["student"]: row for row in csv.DictReader(stream)}


def typed(out):
    """The lines of the file of marks: name -> column -> text."""
    with open(out / "marks-01.csv", encoding="utf-8-sig", newline="") as stream:
        return {row["student"]: row for row in csv.DictReader(stream)}


def type_in(out, values, separator=","):
    """Type into the file of marks as a spreadsheet would: name -> {start of the column: text}."""
    path, lines = out / "marks-01.csv", typed(out)
    for name, cells in values.items():
        line = lines.setdefault(name, {"student": name})
        for start, text in cells.items():
            [column] = [one for one in lines["ann"] if one.split()[0] == start]
            line[column] = text
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(lines["ann"]), delimiter=separator)
        writer.writeheader()
        writer.writerows(lines.values())
    return path.read_bytes()


def enter(out, *options):
    return command.main(["marks", str(out), *options])


def page(out, name):
    return (out / "feedback" / f"{name}.html").read_text("utf-8")


def test_grading_writes_a_sheet_with_a_line_a_student(place):
    lines = typed(place / "out")
    assert list(lines) == sorted(lines) and {"ann", "bob", "Zoë"} < set(lines)
    [evil] = set(lines) - {"ann", "bob", "Zoë"}
    assert evil.startswith("'=EVIL 'x', y #") and evil == marks.cell_of(EVIL)
    assert list(lines["ann"]) == marks.columns(LESSON)
    assert not any(
        text for line in lines.values() for key, text in line.items() if key != "student"
    )


def test_names_that_a_spreadsheet_would_change_stay_apart():
    students = ["a;b", "a,b", "'=x", "=x", "a,b #12345678", "a", "#12345678"]
    assert len({marks.cell_of(student) for student in students}) == len(students)
    assert marks.cell_of("a,b") == "a,b" and scores.cell("a;b") == "a,b"


def test_marks_enter_scores_pages_and_summary(place):
    out = place / "out"
    before = rows(out)["ann"]
    old = int(before["1.1"])
    other = {"1.8": "1,5", "1.9": "2", "1.1": "1", "reason": "<b> by appeal", "comment": "*Good*."}
    text = type_in(out, {"ann": other}, separator=";")
    assert enter(out) == 0
    row = rows(out)["ann"]
    changed = float(before["points"]) - old + 1
    assert row["1.8 (words)"] == "1.5" and row["in words"] == "3.5" and row["penalty"] == "0"
    assert float(row["exercises"]) == changed and float(row["points"]) == changed + 3.5
    assert int(row["of"]) == int(before["of"]) + 4
    assert row["remarks"] == f"1.1: 1 by hand, not {old}: <b> by appeal"
    shown = page(out, "ann")
    assert f"{changed + 3.5:g} of 23 points ({changed:g} for exercises, 3.5 in words)" in shown
    assert f"By your instructor, in place of {old}: &lt;b&gt; by appeal" in shown
    assert "Question 1.8: 1.5 of 2 points" in shown and "<em>Good</em>" in shown
    assert "more points are" not in shown and "more points are" in page(out, "bob")
    summary = (out / "summary.html").read_text("utf-8")
    assert "1.8 (words)</th><td>1.50 of 2</td><td></td><td>1 have points" in summary
    assert "1 changed by hand" in summary
    assert rows(out)["bob"]["of"] == before["of"]
    assert (out / "marks-01.csv").read_bytes() == text


def test_what_was_typed_stays_when_the_grading_goes_on(place):
    out = place / "out"
    text = type_in(out, {"bob": {"1.8": "2", "comment": 'a "b"\nc'}})
    once = enter(out), files(out)
    for options in (("--resume",), ("--only", "1.1")):
        assert grade(place / "in", out, *options, seed=None) == 0
        assert files(out) == once[1]
    hand_in(place / "in", {"Abe": 0, "late, one": 0})
    assert grade(place / "in", out, "--resume", seed=None) == 0
    assert list(typed(out)) == sorted(typed(out))  # as if all had been there from the start
    now = (out / "marks-01.csv").read_bytes()
    added = [line for line in now.splitlines() if line not in text.splitlines()]
    assert len(added) == 2 and added[0].startswith(b"Abe,") and added[1].startswith(b'"late, one",')
    for line in added:
        now = now.replace(line + b"\r\n", b"")
    assert now == text and rows(out)["bob"]["1.8 (words)"] == "2"


WRONG = {
    "too many": ({"ann": {"1.8": "2.5"}}, "1.8: 2.5 points are more than the 2 there are"),
    "a text": ({"ann": {"1.9": "two"}}, "1.9: expected points from 0 to 2, got 'two'"),
    "negative": ({"ann": {"1.9": "-1"}}, "1.9: expected points from 0 to 2, got '-1'"),
    "no reason": ({"ann": {"1.2": "0"}}, "expected a reason for the other points of 1.2"),
    "too many for an exercise": ({"ann": {"1.1": "99", "reason": "x"}}, "1.1: 99 points are more"),
    "unknown": ({"anne": {"1.8": "1"}}, "there is no student 'anne' in the grading of lesson 01"),
    "a time": (
        {"ann": {"submitted": "30.11.2026"}},
        "submitted: expected a time such as 2026-11-30",
    ),
    "no time": ({"ann": {"submitted": "2026-13-30"}}, "submitted: expected a time"),
    "days": ({"ann": {"extension": "2"}}, "extension: days need a due time in rules.toml"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_mark_is_refused_with_its_line_and_nothing_is_written(place, capsys, kind):
    values, told = WRONG[kind]
    out = place / "out"
    values = {"bob": {"1.8": "1"}} | values
    type_in(out, values)
    before, [name] = files(out), set(values) - {"bob"}
    line = list(typed(out)).index(name) + 2
    capsys.readouterr()
    assert enter(out) == 2
    assert f"marks-01.csv, line {line}: {told}" in capsys.readouterr().err
    assert files(out) == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda text: text.replace("1.8 (of 2)", "1.7x (of 2)"),
            "there is no column '1.7x (of 2)'",
        ),
        (lambda text: text.replace("reason", "reson"), "there is no column 'reson'"),
        (lambda text: text.replace("reason", "comment"), "the column 'comment' is there twice"),
        (lambda text: text.replace("student", ""), "expected a column 'student'"),
        (lambda text: text + text.splitlines()[-1], "has a line already"),
        (lambda text: text + '"open', "line 6: a quotation mark that does not close"),
    ],
)
def test_a_sheet_that_is_none_is_refused(place, capsys, change, told):
    out = place / "out"
    path = out / "marks-01.csv"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    before = files(out)
    assert enter(out) == 2
    assert told in capsys.readouterr().err and files(out) == before
    assert grade(place / "in", out, "--resume", seed=None) == 2  # graded, and said what is wrong
    assert told in capsys.readouterr().err and files(out) == before


def test_a_blank_line_of_nobody_does_no_harm(place):
    out = place / "out"
    path = out / "marks-01.csv"
    path.write_text(path.read_text("utf-8") + "somebody else,,,\n\n,,,\n", "utf-8")
    assert enter(out) == 0


def test_late_by_a_rule(place, capsys):
    out = place / "out"
    points = {name: float(row["points"]) for name, row in rows(out).items()}
    (out / "rules.toml").write_text(RULES, "utf-8")
    assert enter(out) == 0  # Moodle gives every file of its zip the time of the download
    assert all(row["penalty"] == "0" for row in rows(out).values())
    told = capsys.readouterr().err
    assert "Zoë, lesson 01: its file is of 2026-12-03 11:59, late, but a copy may be" in told
    assert "give Moodle's worksheet" in told and told.count("late, but") == 1
    type_in(out, {"Zoë": {"submitted": "2026-12-03 11:59"}, "bob": {"submitted": IN_GRACE}})
    assert enter(out) == 0
    row = rows(out)
    assert row["bob"]["penalty"] == row["ann"]["penalty"] == "0"  # within the hour of grace
    off = round(points["Zoë"] * 0.25, 2)  # three days have begun, 25 % at most
    assert (
        float(row["Zoë"]["penalty"]) == off and float(row["Zoë"]["points"]) == points["Zoë"] - off
    )
    assert "3 days late: handed in 2026-12-03 11:59, due 2026-11-30 23:59" in row["Zoë"]["remarks"]
    assert "3 days late: handed in" in page(out, "Zoë") and "1 late" in (
        out / "summary.html"
    ).read_text("utf-8")
    type_in(out, {"Zoë": {"extension": "2"}, "ann": {"submitted": "2026-12-01 10:00"}})
    assert enter(out) == 0
    row = rows(out)
    assert float(row["Zoë"]["penalty"]) == round(points["Zoë"] * 0.1, 2)
    assert float(row["ann"]["penalty"]) == round(points["ann"] * 0.1, 2)
    type_in(out, {"Zoë": {"extension": "2026-12-03 12:00"}})
    assert enter(out) == 0 and rows(out)["Zoë"]["penalty"] == "0"
    (out / "rules.toml").write_text(RULES + 'of = "possible"\n[lesson.01]\npercent_a_day = 5\n')
    assert enter(out) == 0
    assert float(rows(out)["ann"]["penalty"]) == min(points["ann"], round(19 * 0.05, 2))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("due = ", "rules.toml: cannot be read"),
        ('due = "2026-11-30"', "due: expected a time without quotation marks"),
        ("due = 2026-11-30T23:59:00+01:00", "and without an offset, such as 2026-11-30"),
        ("percent = 10", "percent: expected one of due, of, grace_hours"),
        ("percent_a_day = 101", "percent_a_day: expected a number from 0 to 100, got 101"),
        ("percent_a_day = true", "percent_a_day: expected a number"),
        ("percent_a_day = nan", "percent_a_day: expected a number"),
        ('of = "all"', 'of: expected "earned" or "possible"'),
        ("[lesson.77]\n", "[lesson.77]: there is no lesson 77"),
        ("lesson = 3", "there is no lesson lesson"),
        ("[lesson.01]\nx = 1", "[lesson.01] x: expected one of"),
    ],
)
def test_rules_that_are_none_are_refused(place, capsys, text, told):
    out = place / "out"
    (out / "rules.toml").write_text(text)
    before = files(out)
    assert enter(out) == 2
    assert told in capsys.readouterr().err and files(out) == before


def test_a_zip_of_a_student_s_own_sets_no_clock(tmp_path, stand_in, capsys):  # noqa: F811
    """What stands in it is older than the due time; the zip itself came two days late."""
    from zipfile import ZipFile, ZipInfo

    path = tmp_path / "in" / "eve_5_assignsubmission_file" / "work.zip"
    path.parent.mkdir(parents=True)
    with ZipFile(path, "w") as archive:
        archive.writestr(ZipInfo("01.ipynb", (2026, 1, 1, 0, 0, 0)), json.dumps(small("01", "e")))
    os.utime(path, (DUE + 1.5 * DAY,) * 2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "rules.toml").write_text(RULES)
    assert grade(tmp_path / "in", tmp_path / "out") == 0
    assert "eve, lesson 01: its file is of 2026-12-02 11:59, late" in capsys.readouterr().err


def test_the_time_of_a_plain_file_costs_nothing(tmp_path, stand_in, capsys):  # noqa: F811
    """A copy or a clone has the time at which it was made, so somebody has to say."""
    for name, days in {"ann": 3, "bob": -1}.items():
        path = put(tmp_path / "in", f"{name}/01.ipynb", small("01", name))
        os.utime(path, (DUE + days * DAY,) * 2)
    out = tmp_path / "out"
    out.mkdir()
    (out / "rules.toml").write_text(RULES)
    assert grade(tmp_path / "in", out) == 0
    told = capsys.readouterr().err
    assert "ann, lesson 01: its file is of 2026-12-03 23:59, late, but" in told
    assert "bob" not in told and rows(out)["ann"]["penalty"] == "0"
    type_in(out, {"ann": {"submitted": "2026-12-01 10:00"}})
    assert enter(out) == 0 and float(rows(out)["ann"]["penalty"]) > 0
    assert "its file is of" not in capsys.readouterr().err


def test_what_is_typed_is_of_the_sender_s_file_alone(tmp_path, stand_in):  # noqa: F811
    """Of a group the newest file counts, with its own time, and alike for all."""
    hand_in(tmp_path / "in", {"ann": -9, "bob": -3})
    out = tmp_path / "out"
    out.mkdir()
    (out / "groups.csv").write_text("group,member,member\nTeam,ann,bob\n")
    (out / "rules.toml").write_text(RULES)
    assert grade(tmp_path / "in", out) == 0
    for of_ann, of_bob, sender in (
        ("2026-11-20", "2026-12-02", "bob"),
        ("2026-12-05", "2026-11-25", "ann"),
        ("2026-12-05", "", "ann"),
    ):
        type_in(out, {"ann": {"submitted": of_ann}, "bob": {"submitted": of_bob}})
        assert enter(out) == 0
        row = rows(out)
        assert row["ann"]["penalty"] == row["bob"]["penalty"]
        assert all("days late: handed in" in row[name]["remarks"] for name in ("ann", "bob"))
        other = "ann" if sender == "bob" else "bob"
        assert f"handed in by {sender}" in row[other]["remarks"]
    type_in(out, {"ann": {"submitted": "2026-11-20"}, "bob": {"submitted": "2026-11-25"}})
    assert enter(out) == 0
    assert not any("late" in rows(out)[name]["remarks"] for name in ("ann", "bob"))


def test_who_is_new_under_only_is_graded_in_the_rest_by_resume(tmp_path, stand_in):  # noqa: F811
    out = tmp_path / "out"
    hand_in(tmp_path / "in", {"ann": -1})
    assert grade(tmp_path / "in", out) == 0
    hand_in(tmp_path / "in", {"ann": -1, "bob": -1})
    assert grade(tmp_path / "in", out, "--only", "1.2", seed=None) == 0
    assert rows(out)["bob"]["1.3"] == ""
    assert grade(tmp_path / "in", out, "--resume", seed=None) == 0
    assert all(rows(out)["bob"][one.id] for one in LESSON.exercises)


def test_a_file_that_is_gone_is_the_best_no_longer(tmp_path, stand_in):  # noqa: F811
    points = best_of(tmp_path, ["one", "two", "three", "four"])
    best, worst = max(points, key=points.get), min(points, key=points.get)
    for day, name in enumerate((best, worst)):
        path = put(tmp_path / "in", f"ann/{name}.ipynb", small("01", name))
        os.utime(path, (DUE + (day - 9) * DAY,) * 2)
    out = tmp_path / "out"
    assert grade(tmp_path / "in", out, "--best") == 0
    assert float(rows(out)["ann"]["points"]) == points[best]
    (tmp_path / "in" / "ann" / f"{best}.ipynb").unlink()
    assert grade(tmp_path / "in", out, "--resume", seed=None) == 0
    assert float(rows(out)["ann"]["points"]) == points[worst]


def test_a_name_that_a_spreadsheet_would_change_is_kept(tmp_path, stand_in):  # noqa: F811
    given = ("00123", "1e5", "TRUE", "3-4", "Mar 1", "ann")
    for name in given:
        put(tmp_path / "in", f"{name}/01.ipynb", small("01", name))
    out = tmp_path / "out"
    assert grade(tmp_path / "in", out) == 0
    written = {name.rpartition(" #")[0] or name: name for name in typed(out)}
    assert set(written) == set(given)
    assert [name for name in given if written[name] == name] == ["ann"]
    type_in(out, {written["00123"]: {"1.8": "2"}})
    assert enter(out) == 0 and rows(out)["00123"]["1.8 (words)"] == "2"


def test_a_file_that_cannot_be_written_is_named(place, capsys, monkeypatch):
    def refused(path, text):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("homework.gradebook.write", refused)
    assert enter(place / "out") == 2
    assert "scores.csv cannot be written (Permission denied)" in capsys.readouterr().err


def test_what_canvas_calls_late_is_told(tmp_path, stand_in, capsys):  # noqa: F811
    """Its zips hold the time of the download, which says nothing."""
    put(tmp_path / "in", "leeann_LATE_12_345_01.ipynb", small("01", "a"))
    put(tmp_path / "in", "raybob_13_346_01.ipynb", small("01", "b"))
    out = tmp_path / "out"
    assert grade(tmp_path / "in", out) == 0
    assert "leeann, lesson 01: late, as Canvas says\n" in capsys.readouterr().err
    assert rows(out)["leeann"]["remarks"] == "late, as Canvas says"
    (out / "rules.toml").write_text(RULES)
    assert enter(out) == 0
    told = capsys.readouterr().err
    assert "leeann, lesson 01: late, as Canvas says; when it was handed in is not known" in told
    assert "raybob" not in told and rows(out)["leeann"]["penalty"] == "0"


def test_a_group_is_one(tmp_path, stand_in, capsys):  # noqa: F811
    hand_in(tmp_path / "in", {"ann": -2, "bob": -1, "Team B": 0, "eve": 0})
    out = tmp_path / "out"
    out.mkdir()
    (out / "groups.csv").write_text(
        'group,member\nTeam A,ann,bob,"Carl, Jr"\nTeam B,dan,Zoë\nTeam C,fay\n', "utf-8"
    )
    assert grade(tmp_path / "in", out) == 0
    told = "group Team A, lesson 01: ann, bob handed in; what bob handed in counts"
    assert told in capsys.readouterr().err
    row = rows(out)
    assert set(row) == set(typed(out)) == {"ann", "bob", "Carl, Jr", "dan", "Zoë", "eve"}
    team = [row[name] | {"student": "", "remarks": ""} for name in ("ann", "bob", "Carl, Jr")]
    assert team[0] == team[1] == team[2]
    assert "handed in by bob for the group" in row["Carl, Jr"]["remarks"]
    assert (
        "handed in by Team B" in page(out, "Zoë") and (out / "feedback" / "Carl_ Jr.html").exists()
    )
    type_in(out, {"bob": {"1.8": "2", "comment": "all of you"}, "ann": {"1.8": "1"}})
    assert enter(out) == 0
    assert [rows(out)[name]["1.8 (words)"] for name in ("ann", "bob", "Carl, Jr")] == [
        "1",
        "2",
        "2",
    ]
    assert "all of you" in page(out, "Carl_ Jr")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ann,bob\n", "groups.csv, line 1: expected a first line such as"),
        ("group,m\nA,ann\nB,ann\n", "groups.csv, line 3: ann is a member of A already"),
        ("group,m\nA,ann\nA,bob\n", "line 3: the group A stands in the file twice"),
        ("group,m\nA,\n", "line 2: expected the name of a group, then its members"),
        ("group,m\nA,ann\nann,bob\n", "ann is the name of a group and of a member of A"),
    ],
)
def test_groups_that_are_none_are_refused(place, capsys, text, told):
    out = place / "out"
    (out / "groups.csv").write_text(text)
    before = files(out)
    assert enter(out) == 2
    assert told in capsys.readouterr().err and files(out) == before


def best_of(place, names):
    """The points of each file of ann, graded alone."""
    found = {}
    for name in names:
        put(place / f"of {name}", "ann/01.ipynb", small("01", name))
        assert grade(place / f"of {name}", place / f"out {name}") == 0
        found[name] = float(rows(place / f"out {name}")["ann"]["points"])
    return found


def test_the_best_of_several_counts(tmp_path, stand_in):  # noqa: F811
    points, part = best_of(tmp_path, ["one", "two", "three", "four"]), "ann_7_assignsubmission_file"
    best, worst = max(points, key=points.get), min(points, key=points.get)
    assert points[best] > points[worst]
    for number, name in enumerate([*(set(points) - {best, worst}), best, worst]):
        path = put(tmp_path / "in", f"{part}/{name}.ipynb", small("01", name))
        os.utime(path, (DUE + number * DAY - 10 * DAY,) * 2)
    hand_in(tmp_path / "in", {"bob": 0})
    newest, out = tmp_path / "newest", tmp_path / "best"
    assert grade(tmp_path / "in", newest) == 0
    assert float(rows(newest)["ann"]["points"]) == points[worst]
    assert grade(tmp_path / "in", out, "--best") == 0
    row = rows(out)["ann"]
    assert float(row["points"]) == points[best] and len(rows(out)) == 2
    assert f"the best of 4 files counts: {part}/{best}.ipynb" in row["remarks"]
    assert grade(tmp_path / "in", newest, "--resume", "--best", seed=None) == 0
    assert "the newest of 4" not in rows(newest)["ann"]["remarks"]
    once = files(out)
    for options in (("--resume",), ("--resume", "--best"), ("--only", "1.1")):
        assert grade(tmp_path / "in", out, *options, seed=None) == 0
        assert files(out) == once
    (out / "rules.toml").write_text("due = 2026-11-20\npercent_a_day = 100\n")
    type_in(out, {"ann": {"submitted": "2026-11-20 23:00"}})
    assert enter(out) == 0 and float(rows(out)["ann"]["points"]) == points[best]
    type_in(out, {"ann": {"submitted": "2026-11-22 23:00"}})
    assert enter(out) == 0 and float(rows(out)["ann"]["points"]) == 0  # what is typed is of all
    parts = [tmp_path / "1", tmp_path / "2"]
    for part in parts:
        assert grade(tmp_path / "in", part, "--best", "--shard", f"{part.name}/2") == 0
    assert merge(parts, tmp_path / "merged") == 0
    assert files(tmp_path / "merged") == once


def test_an_exercise_that_was_not_graded_takes_points_by_hand(tmp_path, stand_in):  # noqa: F811
    hand_in(tmp_path / "in", {"ann": 0})
    out = tmp_path / "out"
    assert grade(tmp_path / "in", out, "--only", "1.1") == 0
    type_in(out, {"ann": {"1.2": "1", "reason": "by mail"}})
    assert enter(out) == 0
    row = rows(out)["ann"]
    assert row["1.2"] == "1" and row["1.3"] == "" and "1.2: 1 by hand, not 0" in row["remarks"]


def test_a_part_of_a_class_takes_no_marks(place, capsys):
    part = place / "part"
    assert grade(place / "in", part, "--shard", "1/1") == 0
    assert not list(part.glob("marks-*"))
    (part / "rules.toml").write_text(RULES)
    assert enter(part) == 2
    assert "it holds a part of a class; merge the parts" in capsys.readouterr().err
    assert merge([part], place / "merged") == 0
    assert files(place / "merged") == files(place / "out")


def test_a_grading_of_before_is_entered_and_learns_who_sent_what(place, capsys):
    """Without what gradings keep since: who sent a file, and when."""
    out = place / "out"
    stored = json.loads((out / "grades.json").read_bytes())
    for one in stored["graded"]:
        del one["sent"]
    old = shutil.copytree(out, place / "old")
    (old / "grades.json").write_text(json.dumps(stored))
    (old / "marks-01.csv").unlink()
    (old / "rules.toml").write_text(RULES)
    assert enter(old) == 0 and rows(old)["Zoë"]["penalty"] == "0"
    assert "Zoë, lesson 01: when it was handed in is not known" in capsys.readouterr().err
    assert grade(place / "in", old, "--resume", seed=None) == 0
    assert "Zoë, lesson 01: its file is of 2026-12-03" in capsys.readouterr().err
    (old / "rules.toml").unlink()
    assert enter(old) == 0 and files(old) == files(out)


def test_files_that_are_not_graded_stay_in_the_scores(place):
    put(place / "in", "dan/x.ipynb", {})
    out = place / "out"
    assert grade(place / "in", out, "--resume", seed=None) == 1
    once = files(out)
    assert rows(out)["dan"]["status"] == "unreadable" and "feedback/dan.html" in once
    assert enter(out) == 0 and files(out) == once


@pytest.mark.parametrize(
    "change",
    [{"sent": []}, {"sent": {"system": ""}}, {"earlier": 1}, {"times": 1}, {"times": {"01": 1}}]
    + [{"times": {"01": {"ann": 1}}}],
)
def test_damaged_grades_are_refused(place, capsys, change):
    path = place / "out" / "grades.json"
    stored = json.loads(path.read_bytes())
    (stored if "times" in change else stored["graded"][0]).update(change)
    path.write_text(json.dumps(stored))
    assert enter(place / "out") == 2
    assert "grades.json" in capsys.readouterr().err
