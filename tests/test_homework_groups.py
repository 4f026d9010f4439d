"""Groups: whose file, whose time, whose points by hand, and whose row of a gradebook.

The answers are marked by a stand-in, for what is proved is what becomes of the points.
"""

import csv
import io
import os
import zipfile
from datetime import datetime

import pytest
from test_homework_external import FULL, save, table
from test_homework_marks import enter, rows, typed
from test_homework_shards import files, grade, put, small, stand_in  # noqa: F401  a fixture

RULES = "due = 2026-11-20\npercent_a_day = 10\n"
DOWNLOAD = datetime(2026, 11, 28, 9).timestamp()
GROUPS = "group,member,member\nTeam A,Ann Lee,José Núñez\n"
AHEAD = "Identifier,Full name,Email address,Status,Group,Grade,Maximum grade,Grade can be changed,"
AHEAD += "Last modified (submission),Last modified (grade),Feedback comments"


def hand_in(folder, *parts):
    """Files in these folders, all of the time of a download."""
    for part in parts:
        path = put(
            folder, part if part.endswith(".ipynb") else f"{part}/01.ipynb", small("01", part)
        )
        os.utime(path, (DOWNLOAD,) * 2)


def graded(place, *parts, of=GROUPS, rules=""):
    """The folder of a grading of files in these folders, with groups and rules in it."""
    hand_in(place / "in", *parts)
    out = place / "out"
    out.mkdir()
    if of:
        (out / "groups.csv").write_text(of, "utf-8")
    if rules:
        (out / "rules.toml").write_text(rules)
    assert grade(place / "in", out) == 0
    return out


def type_in(out, **lines):
    """Type into the sheet of marks: name (``_`` for a space) -> {start of the column: text}."""
    path, found = out / "marks-01.csv", typed(out)
    for name, cells in lines.items():
        line = found[name.replace("_", " ")]
        for start, text in cells.items():
            [column] = [one for one in line if one.split()[0] == start]
            line[column] = text
    with open(path, "w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(next(iter(found.values()))))
        writer.writeheader()
        writer.writerows(found.values())


def worksheet(path, *people, head=AHEAD):
    """Moodle's worksheet of a group assignment: (number, name, group, time) of each."""
    stream = io.StringIO()
    names = next(csv.reader([head]))
    writer = csv.DictWriter(stream, names, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for number, name, group, moment in people:
        row = dict.fromkeys(names, "") | {"Identifier": f"Participant {number}", "Full name": name}
        row |= {"Status": "Submitted for grading - ", "Group": group, "Grade can be changed": "Yes"}
        row |= {"Maximum grade": f"{FULL}.00", "Last modified (grade)": "-"}
        writer.writerow(row | {"Last modified (submission)": moment})
    return save(path, "\ufeff" + stream.getvalue())


LATE, LATER = "Sunday, 22 November 2026, 1:30 AM", "Sunday, 22 November 2026, 1:31 AM"
EARLY = "Friday, 20 November 2026, 11:00 PM"


def members(moment=LATE, other=LATE, name="Team A"):
    return ("11", "Ann Lee", name, moment), ("12", "José Núñez", name, other)


def test_a_group_s_file_has_the_time_of_its_members(tmp_path, stand_in, capsys):  # noqa: F811
    out = graded(tmp_path, "Team A_77_assignsubmission_file", rules=RULES)
    path = worksheet(tmp_path / "w.csv", *members(LATE, LATER))
    assert enter(out, "--moodle", str(path)) == 0
    row = rows(out)
    for name in ("Ann Lee", "José Núñez"):
        assert "2 days late: handed in 2026-11-22 01:31, due 2026-11-20" in row[name]["remarks"]
    assert [one["Grade"] for one in table(out / "moodle.csv")] == [
        row["Ann Lee"]["points"],
        row["José Núñez"]["points"],
    ]
    with zipfile.ZipFile(out / "moodle_feedback.zip") as archive:
        assert archive.namelist() == [
            "Ann Lee_11_assignsubmission_file_/feedback.html",
            "José Núñez_12_assignsubmission_file_/feedback.html",
        ]
    once = files(out)
    assert enter(out) == 0 and (out / "scores.csv").read_bytes() == once["scores.csv"]


def test_the_column_of_groups_is_read_where_nobody_named_one(tmp_path, stand_in, capsys):  # noqa: F811
    """Its time counts, and the line that is missing is told; no number there is a student's."""
    parts = ("1234_77_assignsubmission_file", "Default group_assignsubmission_file")
    out = graded(tmp_path, *parts, of="", rules=RULES)
    path = worksheet(
        tmp_path / "w.csv", *members(name="1234"), ("13", "Bob", "Default group", EARLY)
    )
    capsys.readouterr()
    assert enter(out, "--moodle", str(path)) == 1
    told = capsys.readouterr().err
    assert "so groups.csv needs the line Default group,Bob; not filled" in told
    assert "so groups.csv needs the line 1234,Ann Lee,José Núñez; not filled" in told
    assert "2 days late: handed in 2026-11-22 01:30" in rows(out)["1234"]["remarks"]
    of = "group,member,member\n1234,Ann Lee,José Núñez\nDefault group,Bob\n"
    (out / "groups.csv").write_text(of, "utf-8")
    assert enter(out, "--moodle", str(path)) == 0
    assert set(rows(out)) == {"Ann Lee", "Bob", "José Núñez"}
    assert all(row["Grade"] for row in table(out / "moodle.csv"))


def test_a_member_s_file_has_the_member_s_own_time(tmp_path, stand_in):  # noqa: F811
    parts = ("Ann Lee_11_assignsubmission_file", "José Núñez_12_assignsubmission_file")
    out = graded(tmp_path, *parts, rules=RULES)
    without = AHEAD.replace("Group,", "")
    path = worksheet(tmp_path / "w.csv", *members(EARLY, LATE), head=without)
    assert enter(out, "--moodle", str(path)) == 0
    remarks = rows(out)["Ann Lee"]["remarks"]
    assert "the newest of 2 files counts" in remarks and "handed in by José Núñez" in remarks
    (tmp_path / "other").mkdir()
    other = graded(tmp_path / "other", parts[0], rules=RULES)
    assert enter(other, "--moodle", str(path)) == 0
    assert "late" not in rows(other)["José Núñez"]["remarks"]


def test_of_members_files_of_one_time_the_best_counts(tmp_path, stand_in, capsys):  # noqa: F811
    names = [f"{letter}nn" for letter in "abcdef"]
    out = graded(tmp_path, *names, of=f"group,m\nTeam,{','.join(names)}\n")
    told = capsys.readouterr().err
    line = "group Team, lesson 01: it is not known which of 6 files is the newest (6 are of one "
    assert told.count(f"{line}time), so the best counts") == 1
    alone = tmp_path / "alone"
    assert grade(tmp_path / "in", alone) == 0
    points = [float(row["points"]) for row in rows(alone).values()]
    assert len(set(points)) > 1 and points[-1] < max(points)  # else the last one proves nothing
    assert {float(row["points"]) for row in rows(out).values()} == {max(points)}
    assert "the best of 6 files counts" in rows(out)["ann"]["remarks"]


# Marks


def test_the_line_that_was_there_before_the_group_counts_for_all(tmp_path, stand_in):  # noqa: F811
    out = graded(tmp_path, "Team A_77_assignsubmission_file", of="")
    type_in(out, Team_A={"1.8": "2", "1.9": "1", "comment": "to the team"})
    text = (out / "marks-01.csv").read_bytes()
    (out / "groups.csv").write_text(GROUPS, "utf-8")
    assert enter(out) == 0
    row = rows(out)
    assert set(row) == {"Ann Lee", "José Núñez"}
    assert {one["1.8 (words)"] for one in row.values()} == {"2"}
    for name in row:
        assert "to the team" in (out / "feedback" / f"{name}.html").read_text("utf-8")
    assert set(typed(out)) == {"Ann Lee", "José Núñez", "Team A"}
    kept = [line for line in text.splitlines() if line.startswith(b"Team A,")]
    assert kept[0] in (out / "marks-01.csv").read_bytes().splitlines()
    type_in(out, José_Núñez={"1.8": "0.5"}, Ann_Lee={"1.1": "1", "reason": "by mail"})
    assert enter(out) == 0
    row = rows(out)
    assert [row[name]["1.8 (words)"] for name in row] == ["2", "0.5"]
    assert [row[name]["1.9 (words)"] for name in row] == ["1", "1"]
    assert [row[name]["1.1"] for name in row] == ["1", "1"]


def test_points_on_a_member_s_line_are_of_the_group_s_file(tmp_path, stand_in, capsys):  # noqa: F811
    of = "group,m\nTeam A,Ann Lee,José Núñez,Zoë\n"
    out = graded(tmp_path, "Team A_77_assignsubmission_file", of=of, rules=RULES)
    cells = {"1.8": "2", "comment": "to you", "submitted": "2026-11-21 10:00"}
    type_in(out, Ann_Lee=cells)
    assert enter(out) == 0
    row = rows(out)
    assert {one["1.8 (words)"] for one in row.values()} == {"2"}
    assert all("1 day late" in one["remarks"] for one in row.values())
    assert "to you" not in (out / "feedback" / "Zoë.html").read_text("utf-8")
    assert "differ" not in capsys.readouterr().err
    type_in(out, José_Núñez={"1.8": "1"})
    assert enter(out) == 0
    told = "group Team A, lesson 01: the points of 1.8 differ: Ann Lee 2, José Núñez 1, Zoë none"
    assert told in capsys.readouterr().err


def test_points_that_stand_on_one_member_s_line_alone_are_told(tmp_path, stand_in, capsys):  # noqa: F811
    out = graded(tmp_path, "Ann Lee_11_assignsubmission_file")
    type_in(out, José_Núñez={"1.9": "1"})
    capsys.readouterr()
    assert enter(out) == 0
    assert "the points of 1.9 differ: Ann Lee none, José Núñez 1" in capsys.readouterr().err


def test_a_name_that_the_gradebook_spells_otherwise_keeps_its_marks(tmp_path, stand_in):  # noqa: F811
    out = graded(tmp_path, "Siân Evans_8_assignsubmission_file", of="", rules=RULES)
    type_in(out, Siân_Evans={"1.8": "2", "comment": "well done", "submitted": "2026-11-21 10:00"})
    row = ("8", "Sian Evans-Jones", "", EARLY)
    path = worksheet(tmp_path / "w.csv", row)
    assert enter(out, "--moodle", str(path)) == 1
    points = rows(out)["Siân Evans"]["points"]
    (out / "groups.csv").write_text("group,member\nSiân Evans,Sian Evans-Jones\n", "utf-8")
    assert enter(out, "--moodle", str(path)) == 0
    assert [one["Grade"] for one in table(out / "moodle.csv")] == [points]
    assert set(rows(out)) == {"Sian Evans-Jones"}
    assert "well done" in (out / "feedback" / "Sian Evans-Jones.html").read_text("utf-8")
    row = rows(out)["Sian Evans-Jones"]
    assert row["penalty"] != "0" and row["remarks"].startswith("handed in as Siân Evans, 1 day")


def test_a_group_s_file_that_cannot_be_read_is_on_the_members_pages(tmp_path, stand_in, capsys):  # noqa: F811
    put(tmp_path / "in", "Team A_77_assignsubmission_file/01.ipynb", {})
    out = tmp_path / "out"
    out.mkdir()
    (out / "groups.csv").write_text(GROUPS, "utf-8")
    assert grade(tmp_path / "in", out) == 1
    put(tmp_path / "in", "Bob_13_assignsubmission_file/01.ipynb", small("01", "x"))
    path = worksheet(tmp_path / "w.csv", *members(), ("13", "Bob", "", EARLY))
    capsys.readouterr()
    assert grade(tmp_path / "in", out, "--resume", "--moodle", str(path), seed=None) == 1
    assert "not filled" not in (told := capsys.readouterr().err) and "groups.csv" not in told
    with zipfile.ZipFile(out / "moodle_feedback.zip") as archive:
        pages = {name: archive.read(name).decode() for name in archive.namelist()}
    assert [name for name, text in pages.items() if "Not graded" in text] == [
        "Ann Lee_11_assignsubmission_file_/feedback.html",
        "José Núñez_12_assignsubmission_file_/feedback.html",
    ]


# Names


def test_names_are_known_by_what_systems_leave_of_them(tmp_path, stand_in, capsys):  # noqa: F811
    of = 'group,m,m\nTeam A,"Lee, Ann",Bob\nTeam B,josé  NÚÑEZ,Zoë\nTeam C,Nobody,No One\n'
    out = graded(tmp_path, "teama_11_701_01.ipynb", "José Núñez", of=of)
    told = capsys.readouterr().err
    assert set(rows(out)) == {"Lee, Ann", "Bob", "José Núñez", "Zoë"} == set(typed(out))
    assert "groups.csv, line 4: neither Team C nor a member of it has handed anything in" in told
    assert "line 2" not in told and "line 3" not in told


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (
            "group,m\nTeam A,ann\nteam  a,bob\n",
            "line 3: the group team a stands in the file twice",
        ),
        ("group,m\nA,ann\nB,Ann\n", "line 3: Ann is a member of A already"),
        (
            "group,m\nTeam 1-1,ann\nTeam 11,bob\n",
            "any of these: Team 1-1 (line 2), Team 11 (line 3)",
        ),
        ("group,m\nX,LEE Bob\n", "line 2: LEE Bob could be any of these: Lee Bob, lee bob"),
    ],
)
def test_a_name_that_could_be_two_is_refused(tmp_path, stand_in, capsys, of, told):  # noqa: F811
    out = graded(tmp_path, "team11_11_701_01.ipynb", "Lee Bob", "lee bob", of="")
    (out / "groups.csv").write_text(of)
    before = files(out)
    assert enter(out) == 2
    assert told in capsys.readouterr().err and files(out) == before


def test_a_name_that_is_written_as_in_the_file_means_that_line(tmp_path, stand_in):  # noqa: F811
    of = "group,m\nTeam 1-1,ann\nTeam 11,bob\nX,Lee Bob\n"
    out = graded(tmp_path, "Team 11", "Lee Bob", "lee bob", of=of)
    assert set(rows(out)) == {"bob", "Lee Bob", "lee bob"}


# What is said


def test_a_group_s_file_is_one_submission(tmp_path, stand_in):  # noqa: F811
    of = "group,m\nTeam A,Ann Lee,José Núñez,Zoë\n"
    out = graded(tmp_path, "Team A", "Bob", of=of)
    text = (out / "summary.html").read_text("utf-8")
    assert "<p>2 graded submissions;" in text
    assert "Lesson 01: 2 submissions of 4 students</h2>" in text
    (out / "groups.csv").unlink()
    assert enter(out) == 0
    assert "Lesson 01: 2 submissions</h2>" in (out / "summary.html").read_text("utf-8")


def test_points_by_hand_are_none_of_the_program_s(tmp_path, stand_in):  # noqa: F811
    out = graded(tmp_path, "Ann", of="")
    assert "points by program; 4 more" in (out / "feedback" / "Ann.html").read_text("utf-8")
    cells = {"1.2": "1.5", "1.3": "0", "reason": "the idea is right"}
    type_in(out, Ann=cells)
    assert enter(out) == 0
    text = (out / "feedback" / "Ann.html").read_text("utf-8")
    exercises = rows(out)["Ann"]["exercises"]
    assert f"{exercises} of 19 points, 1.5 of them by hand; 4 more" in text


def test_a_time_that_is_still_to_come_is_asked_about(tmp_path, stand_in, capsys):  # noqa: F811
    out = graded(tmp_path, "Ann", "Bob", of="")
    year = datetime.now().year
    type_in(out, Ann={"submitted": f"{year + 1}-12-01"}, Bob={"submitted": f"{year - 1}-12-01"})
    capsys.readouterr()
    assert enter(out) == 0
    told = capsys.readouterr().err
    assert f"Ann, lesson 01: submitted {year + 1}-12-01 23:59 is still to come" in told
    assert "Bob" not in told


def test_whose_words_wait_for_points_is_named(tmp_path, stand_in, capsys):  # noqa: F811
    out = graded(tmp_path, *(f"Student {number}" for number in range(8)), of="")
    people = [(f"{number}", f"Student {number}") for number in range(8)]
    path = worksheet(tmp_path / "w.csv", *((*one, "", EARLY) for one in people))
    type_in(out, Student_1={"1.8": "1", "1.9": "0"}, Student_2={"1.8": "1"})
    capsys.readouterr()
    assert enter(out, "--moodle", str(path)) == 0
    told = "of 7 not all questions in words have points: Student 0, Student 2, Student 3, Student 4"
    assert f"{told}, Student 5 and 2 more: " in capsys.readouterr().out
