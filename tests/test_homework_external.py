"""Moodle's grading worksheet and Canvas's gradebook, filled in: there and back.

The answers are marked by a stand-in, for what is proved is whose points stand where.
"""

import csv
import io
import json
import os
import zipfile
from datetime import datetime

import pytest
from test_homework_marks import DAY, DUE, RULES, enter, rows
from test_homework_shards import files, grade, put, small, stand_in  # noqa: F401  a fixture

from homework import __main__ as command
from homework import lessons, times

[LESSON] = lessons.all_lessons(["01"])
FULL = LESSON.points + sum(one.points for one in LESSON.reflections)
HEAD = "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,"
HEAD += "Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments"
GERMAN = "ID;Vollständiger Name;E-Mail-Adresse;Status;Bewertung;Bestwertung;"
GERMAN += "Bewertung kann geändert werden;Zuletzt geändert (Abgabe);"
GERMAN += "Zuletzt geändert (Bewertung);Feedback als Kommentar"
# Who is in the course, by Moodle's number; the names of folders lack what Moodle leaves out.
PEOPLE = {
    "11": "Zoë Müller",
    "12": "Ann Lee",
    "13": "Ann Lee",
    "14": "Siobhán O'Hara",
    "15": 'Jo "Joe" Ray, Jr',
    "16": "李 雷",
    "17": "Nobody Yet",
}
FOLDERS = {"14": "Siobhán OHara", "15": "Jo Joe Ray, Jr"}


def hand_in(folder):
    """Submissions as Moodle packs them, of all but the last; the first in two days late."""
    for number, name in list(PEOPLE.items())[:-1]:
        where = f"Group 1-{FOLDERS.get(number, name)}_{number}_assignsubmission_file"
        path = put(folder, f"{where}/01.ipynb", small("01", number))
        os.utime(path, (DUE - DAY,) * 2)


def worksheet(head=HEAD, separator=",", maximum=f"{FULL}.00", grades=None, end="\r\n", **cells):
    """A worksheet: number -> grade; by start of a header, the text of a column."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator=end)
    names = next(csv.reader([head], delimiter=separator))
    writer.writerow(names)
    word = "Participant " if head == HEAD else "Teilnehmer/in"
    for number, name in PEOPLE.items():
        there = number != "17"
        row = {names[0]: f"{word}{number}", names[1]: name}
        row |= {"ID number": f"99{number}", "Email address": f"p{number}@example.edu"}
        at = names.index("Status")
        row[names[at]] = "Submitted for grading" if there else "No submission"
        row[names[at + 1]] = (grades or {}).get(number, "")
        row |= {names[at + 2]: maximum, names[at + 3]: "Yes"}
        moment = "Wednesday, 2 December 2026, 10:15 PM" if number == "11" else "Monday, 23 "
        moment += "" if number == "11" else "November 2026, 9:00 AM"
        if head == GERMAN:
            moment = "Montag, 23. November 2026, 09:00"
        row |= {names[at + 4]: moment if there else "-", names[at + 5]: "-"}
        row |= {name: text for name in names for key, text in cells.items() if name.startswith(key)}
        writer.writerow([row.get(name, "") for name in names])
    return "\ufeff" + stream.getvalue()


def save(path, text):
    path.write_bytes(text.encode("utf-8"))
    return path


@pytest.fixture
def place(tmp_path, stand_in):  # noqa: F811
    """A folder with submissions as of Moodle in ``in``, graded into ``out``."""
    hand_in(tmp_path / "in")
    assert grade(tmp_path / "in", tmp_path / "out") == 0
    return tmp_path


def table(path, separator=","):
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))


def points(out):
    """Number -> points, from the scores."""
    names = {name: number for number, name in PEOPLE.items()} | {"Group 1-Siobhán OHara": "14"}
    names |= {"Group 1-Ann Lee (12)": "12", "Group 1-Ann Lee (13)": "13"}
    names |= {"Group 1-Zoë Müller": "11", "Group 1-李 雷": "16", "Group 1-Jo Joe Ray, Jr": "15"}
    return {names[name]: row["points"] for name, row in rows(out).items()}


def test_a_worksheet_without_times_takes_none_away(place, capsys):
    out = place / "out"
    assert enter(out, "--moodle", str(save(place / "worksheet.csv", worksheet()))) == 0
    kept = json.loads((out / "grades.json").read_bytes())["times"]
    assert kept["01"]
    head = HEAD.replace("Last modified (submission)", "Handed in")
    path = save(place / "other.csv", worksheet(head, **{"Handed in": "soon"}))
    capsys.readouterr()
    assert enter(out, "--moodle", str(path)) == 0
    assert "other.csv: no column of times of submissions was found" in capsys.readouterr().err
    assert json.loads((out / "grades.json").read_bytes())["times"] == kept


def test_moodle_there_and_back(place, capsys):
    path, out = save(place / "worksheet.csv", worksheet()), place / "out"
    given = path.read_bytes()
    capsys.readouterr()
    assert enter(out, "--moodle", str(path)) == 0
    told = capsys.readouterr().out
    assert f"{path}: 6 filled in, 1 others stay as they were; of 6 not all questions" in told
    assert path.read_bytes() == given
    wanted = points(out)
    before, after = table(path), table(out / "moodle.csv")
    for old, new in zip(before, after, strict=True):
        number = old["Identifier"].removeprefix("Participant ")
        assert new["Grade"] == wanted.get(number, "")
        changed = {key for key in old if old[key] != new[key]}
        assert changed == ({"Grade", "Feedback comments"} if number in wanted else set())
    # Each other byte is as it was.
    text = (out / "moodle.csv").read_bytes().decode()
    for row in after:
        text = text.replace(f",{row['Grade']},{FULL}.00", f",,{FULL}.00", 1)
        comment = row["Feedback comments"]
        assert comment.startswith(f"{row['Grade']} of 19 points: exercises") or not comment
        text = text.replace(f'"{comment}"', "").replace(comment, "") if comment else text
    assert text == given.decode()
    with zipfile.ZipFile(out / "moodle_feedback.zip") as archive:
        assert archive.testzip() is None
        found = {tuple(name.split("/")[0].split("_")): name for name in archive.namelist()}
        assert len(found) == 6 and all(name.count("/") == 1 for name in archive.namelist())
        for (name, number, kind, plugin, rest), where in found.items():
            assert (kind, plugin, rest) == ("assignsubmission", "file", "")
            assert where.endswith("_/feedback.html") and number in wanted
            assert not set(name) & set("/\\:*?\"<>|'_")
            assert f"{wanted[number]} of 19 points" in archive.read(where).decode()
    once = files(out)
    assert enter(out, "--moodle", str(path)) == 0 and files(out) == once


def test_a_worksheet_in_another_language_and_form(place):
    """Semicolons, commas in numbers, other headers: what stands in the columns tells them."""
    text = worksheet(GERMAN, ";", f"{FULL},00", {"12": "3,00"}, end="\n")
    path, out = save(place / "w.csv", text), place / "out"
    type_in_first(out, "Group 1-Zoë Müller", {"1.8": "1.5"})
    assert enter(out, "--moodle", str(path)) == 0
    found = {row["ID"]: row for row in table(out / "moodle.csv", ";")}
    assert found["Teilnehmer/in11"]["Bewertung"] == points(out)["11"].replace(".", ",")
    assert "," in found["Teilnehmer/in11"]["Bewertung"]
    assert found["Teilnehmer/in11"]["Feedback als Kommentar"].startswith(points(out)["11"])
    assert found["Teilnehmer/in17"]["Bewertung"] == ""
    assert b"\r" not in (out / "moodle.csv").read_bytes()


def type_in_first(out, name, values):
    """Type into the sheet of marks, for one student."""
    path = out / "marks-01.csv"
    lines = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    [line] = [one for one in lines if one["student"] == name]
    for start, text in values.items():
        [column] = [one for one in line if one.split()[0] == start]
        line[column] = text
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(line))
    writer.writeheader()
    writer.writerows(lines)
    path.write_text(stream.getvalue(), "utf-8")


def test_times_of_the_worksheet_are_those_that_count(place):
    """And stay, once they are known: later calls need no worksheet."""
    path, out = save(place / "w.csv", worksheet()), place / "out"
    (out / "rules.toml").write_text(RULES)
    assert enter(out, "--moodle", str(path)) == 0
    row = rows(out)["Group 1-Zoë Müller"]
    assert "2 days late: handed in 2026-12-02 22:15" in row["remarks"]
    late = [one for one in table(out / "moodle.csv") if "2 days late" in one["Feedback comments"]]
    assert [one["Identifier"] for one in late] == ["Participant 11"]
    assert late[0]["Grade"] == row["points"]
    assert "taken off" in late[0]["Feedback comments"]
    once = (out / "scores.csv").read_bytes()
    assert enter(out) == 0 and (out / "scores.csv").read_bytes() == once
    assert grade(place / "in", out, "--resume", seed=None) == 0
    assert (out / "scores.csv").read_bytes() == once


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Wednesday, 10 June 2026, 2:14 PM", datetime(2026, 6, 10, 14, 14)),
        ("Wednesday, September 23, 2020, 9:00 PM", datetime(2020, 9, 23, 21, 0)),
        ("Wednesday, 1 April 2026, 12:05 AM", datetime(2026, 4, 1, 0, 5)),
        ("Dienstag, 10. März 2026, 14:14", datetime(2026, 3, 10, 14, 14)),
        ("mardi 16 juin 2026, 08:01", datetime(2026, 6, 16, 8, 1)),
        ("mardi 14 juillet 2026, 08:01", datetime(2026, 7, 14, 8, 1)),
        ("martes, 10 de marzo de 2026, 14:14", datetime(2026, 3, 10, 14, 14)),
        ("martedì, 5 maggio 2026, 14:14", datetime(2026, 5, 5, 14, 14)),
        ("dinsdag, 5 mei 2026, 14:14", datetime(2026, 5, 5, 14, 14)),
        ("terça-feira, 6 de outubro de 2026, 14:14", datetime(2026, 10, 6, 14, 14)),
        ("-", None),
        ("", None),
        ("Monday, 31 February 2026, 10:00 AM", None),
        ("2026年 11月 30日(月曜日) 14:05", None),
    ],
)
def test_times_as_moodle_writes_them(text, moment):
    assert times.of_moodle(text) == moment


def test_what_does_not_match_is_told_and_never_guessed(tmp_path, stand_in, capsys):  # noqa: F811
    for where in (
        "Eve_12_assignsubmission_file/x.ipynb",  # the id of another
        "Old_99_assignsubmission_file/x.ipynb",  # an id that is not there
        "ann lee/x.ipynb",  # a name that two have
        "zoë müller/x.ipynb",  # and one of one
        "p16@example.edu/x.ipynb",
        "李 雷/x.ipynb",  # the same row twice
        "Zoe Muller/x.ipynb",
        "9914/x.ipynb",  # a number that the school gave
    ):
        put(tmp_path / "in", where, small("01", where))
    path, out = save(tmp_path / "w.csv", worksheet()), tmp_path / "out"
    assert grade(tmp_path / "in", out, "--moodle", str(path)) == 1
    told = capsys.readouterr().err.splitlines()
    for line in (
        "Eve: its file has the id of Ann Lee; not filled",
        "Old: no row has the id 99; not filled",
        "ann lee: 2 rows have this name; not filled",
        "Zoe Muller: no row has this name; not filled",
        "p16@example.edu: another student has the row of 16 too; not filled",
        "李 雷: another student has the row of 16 too; not filled",
    ):
        assert line in told, line
    filled = [row["Identifier"] for row in table(out / "moodle.csv") if row["Grade"]]
    assert filled == ["Participant 11", "Participant 14"]


def test_with_blind_marking_the_id_alone_must_do(tmp_path, stand_in):  # noqa: F811
    put(tmp_path / "in", "Participant_12_assignsubmission_file/x.ipynb", small("01", "x"))
    head = HEAD.replace("Full name,ID number,Email address,", "")
    lines = [head, f"Participant 12,Submitted,,{FULL}.00,Yes,-,-,"]
    path = save(tmp_path / "w.csv", "\n".join(lines) + "\n")
    assert grade(tmp_path / "in", tmp_path / "out", "--moodle", str(path)) == 0
    [row] = table(tmp_path / "out" / "moodle.csv")
    assert row["Grade"] == rows(tmp_path / "out")["Participant"]["points"]


def test_what_stands_in_a_worksheet_is_told_or_stays(place, capsys):
    text = worksheet(grades={"12": "1.25", "17": "5.00"}, Feedback="Mine, typed.")
    path, out = save(place / "w.csv", text), place / "out"
    assert enter(out, "--moodle", str(path)) == 0
    told = capsys.readouterr().err
    assert "Ann Lee: 1.25 stood there, now" in told
    assert told.count("the comment that stood there stays") == 6
    found = {row["Identifier"]: row for row in table(out / "moodle.csv")}
    assert found["Participant 17"]["Grade"] == "5.00"
    assert {row["Feedback comments"] for row in found.values()} == {"Mine, typed."}


WRONG = {
    "maximum": (worksheet(maximum="100.00"), [], "its maximum is 100, lesson 01 has 19 points"),
    "no worksheet": ("a,b\n1x,2\n", [], "expected Moodle's grading worksheet"),
    "empty": (HEAD, [], "expected Moodle's grading worksheet"),
    "no grades": (worksheet(maximum="x"), [], "expected a column of grades with the maximum after"),
    "no comments": (worksheet(), ["--comments", "Comments"], "there is no column 'Comments'"),
    "no lesson": (worksheet(), ["--lesson", "02"], "--lesson: 02 is not graded in"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_worksheet_that_cannot_be_filled_changes_nothing(place, capsys, kind):
    text, options, told = WRONG[kind]
    path, out = save(place / "w.csv", text), place / "out"
    before = files(out)
    assert enter(out, "--moodle", str(path), *options) == 2
    assert told in capsys.readouterr().err and files(out) == before


def test_shares_of_another_maximum(place):
    path, out = save(place / "w.csv", worksheet(maximum="100.00")), place / "out"
    assert enter(out, "--moodle", str(path), "--scale") == 0
    [row] = [one for one in table(out / "moodle.csv") if one["Identifier"] == "Participant 12"]
    assert float(row["Grade"]) == round(float(points(out)["12"]) / LESSON.points * 100, 2)


def test_the_given_file_is_never_written(place, capsys):
    out = place / "out"
    path = save(out / "moodle.csv", worksheet())
    before = files(out)
    assert enter(out, "--moodle", str(path)) == 2
    assert "it would be overwritten" in capsys.readouterr().err and files(out) == before


def test_of_several_lessons_one_is_asked_for(place, capsys):
    where = "Ann Lee_12_assignsubmission_file"
    put(place / "more", f"{where}/02.ipynb", small("02", "x"))
    path, out = save(place / "w.csv", worksheet()), place / "out"
    assert grade(place / "more", out, "--resume", seed=None) == 0
    assert enter(out, "--moodle", str(path)) == 2
    assert "expected --lesson, one of 01, 02" in capsys.readouterr().err
    assert enter(out, "--moodle", str(path), "--lesson", "01") == 0


# Canvas

CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,Week 1: VAEs (2-D) (501),Week 2 (502),"
CANVAS += "Final Score"
STUDENTS = {
    "21": ("Müller, Zoë", "s1", "zmueller", "Sec A and Sec B"),
    "22": ("Lee, Ann", "s2", "alee", "Sec A"),
    "23": ("Lee, Ann", "s3", "alee2", "Sec B"),
    "24": ('O\'Hara, Siobhán "Shiv"', "s4", "sohara", "Sec A, late"),
    "25": ("Yet, Nobody", "s5", "nobody", "Sec A"),
    "26": ("Excused, Ed", "s6", "ed", "Sec A"),
}


def gradebook(separator=",", possible=FULL, extra=""):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator="\n")
    writer.writerow(next(csv.reader([CANVAS])))
    writer.writerow(["", "", "", "", "", "Manual Posting", "", ""])
    row = ["    Points Possible", "", "", "", "", possible, "10", "(read only)"]
    writer.writerow(row)
    for number, (name, sis, login, section) in STUDENTS.items():
        excused = "EX" if number == "26" else ""
        writer.writerow([name, number, sis, login, section, excused, "7", "70.00"])
    writer.writerow(["Student, Test", "99", "", "test", "Sec A", "", "", "0.00"])
    return stream.getvalue() + extra


@pytest.fixture
def canvas(tmp_path, stand_in):  # noqa: F811
    """A folder with submissions as of Canvas in ``in``, graded into ``out``."""
    names = ["müllerzoë_21_901_01.ipynb", "leeann_LATE_22_902_01-2.ipynb", "leeann_23_903_01.ipynb"]
    names += ["oharasiobhánshiv_24_904_01.ipynb", "excuseded_26_905_01.ipynb"]
    for name in names:
        put(tmp_path / "in", name, small("01", name))
    assert grade(tmp_path / "in", tmp_path / "out") == 0
    return tmp_path


def test_canvas_there_and_back(canvas, capsys):
    path, out = save(canvas / "gradebook.csv", gradebook()), canvas / "out"
    given = path.read_bytes()
    capsys.readouterr()
    assert enter(out, "--canvas", str(path), "--assignment", "501") == 1  # one is excused
    said = capsys.readouterr()
    assert "Excused, Ed: EX stands there; not filled" in said.err
    assert "leeann (22), lesson 01: late, as Canvas says" in said.err
    assert "4 filled in" in said.out and path.read_bytes() == given
    scored = rows(out)
    wanted = {"21": "müllerzoë", "22": "leeann (22)", "23": "leeann (23)"}
    wanted |= {"24": "oharasiobhánshiv"}
    column = "Week 1: VAEs (2-D) (501)"
    for old, new in zip(table(path), table(out / "canvas.csv"), strict=True):
        changed = {key for key in old if old[key] != new[key]}
        name = wanted.get(old["ID"])
        assert changed == ({column} if name else set())
        assert not name or new[column] == scored[name]["points"]
    with zipfile.ZipFile(out / "canvas_feedback.zip") as archive:
        # Canvas takes the first two numbers between underlines for the student and the file.
        ids = {tuple(p for p in n.split("_") if p.isdecimal()): n for n in archive.namelist()}
        assert {key[:2] for key in ids} >= {("21", "901"), ("22", "902"), ("24", "904")}
        made = json.loads(archive.read(ids[("21", "901")]))
        [output] = made["cells"][0]["outputs"]
        assert "<h2>Lesson 01" in output["data"]["text/html"]
        assert "<script" not in output["data"]["text/html"]


def test_a_canvas_gradebook_with_semicolons_and_by_names(tmp_path, stand_in):  # noqa: F811
    for name in ("Zoë Müller", "alee2", "Yet, Nobody"):
        put(tmp_path / "in", f"{name}/01.ipynb", small("01", name))
    path = save(tmp_path / "g.csv", gradebook(";", f"{FULL},00"))
    title = "Week 1: VAEs (2-D)"
    out = tmp_path / "out"
    assert grade(tmp_path / "in", out, "--canvas", str(path), "--assignment", title) == 0
    found = {row["ID"]: row[f"{title} (501)"] for row in table(out / "canvas.csv", ";")}
    scored = {name: row["points"] for name, row in rows(out).items()}
    assert (found["21"], found["23"], found["25"]) == (
        scored["Zoë Müller"],
        scored["alee2"],
        scored["Yet, Nobody"],
    )
    assert found["22"] == found["24"] == ""


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        (gradebook(), [], "expected --assignment, the id or title of one; there are Week 1"),
        (gradebook(), ["--assignment", "Week"], "expected --assignment"),
        (gradebook(possible=""), ["--assignment", "501"], "expected a maximum above 0, got ''"),
        (gradebook(possible=10), ["--assignment", "501"], "its maximum is 10, lesson 01 has 19"),
        ("a,b\n1,2\n", [], "expected Canvas's gradebook export"),
    ],
)
def test_a_gradebook_that_cannot_be_filled_changes_nothing(canvas, capsys, text, options, told):
    path, out = save(canvas / "g.csv", text), canvas / "out"
    before = files(out)
    assert enter(out, "--canvas", str(path), *options) == 2
    assert told in capsys.readouterr().err and files(out) == before


def test_both_at_once_and_groups(tmp_path, stand_in):  # noqa: F811
    """One of a group hands in; all are filled, each once."""
    put(tmp_path / "in", "Ann Lee_12_assignsubmission_file/x.ipynb", small("01", "x"))
    out = tmp_path / "out"
    out.mkdir()
    (out / "groups.csv").write_text("group,member\nA,Ann Lee,Zoë Müller\n", "utf-8")
    moodle = save(tmp_path / "w.csv", worksheet())
    sheet = gradebook().replace('"Lee, Ann",23', '"Leo, Ann",23')
    options = ["--moodle", str(moodle), "--canvas", str(save(tmp_path / "g.csv", sheet))]
    assert grade(tmp_path / "in", out, *options, "--assignment", "501") == 0
    points_ = rows(out)["Ann Lee"]["points"]
    found = {row["Identifier"]: row["Grade"] for row in table(out / "moodle.csv") if row["Grade"]}
    assert found == {"Participant 11": points_, "Participant 12": points_}
    found = {row["ID"] for row in table(out / "canvas.csv") if row["Week 1: VAEs (2-D) (501)"]}
    assert {"21", "22"} <= found


def test_a_part_fills_no_gradebook(tmp_path, capsys):
    options = ["--shard", "1/2", "--seed", "1", "--moodle", "w.csv", "--unsafe"]
    assert command.main(["grade", "in", "--out", str(tmp_path / "o"), *options]) == 2
    assert "a part fills no gradebook" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_a_worksheet_that_is_none_stops_before_anything_is_graded(place, capsys):
    path = save(place / "w.csv", "x")
    assert grade(place / "in", place / "new", "--moodle", str(path)) == 2
    assert "expected Moodle's grading worksheet" in capsys.readouterr().err
    assert not (place / "new").exists()


def test_marks_enter_the_exports(place):
    path, out = save(place / "w.csv", worksheet()), place / "out"
    name = "Group 1-Siobhán OHara"
    type_in_first(out, name, {"1.8": "2", "1.1": "1", "reason": "by appeal", "comment": "<b>Well"})
    assert enter(out, "--moodle", str(path)) == 0
    [row] = [one for one in table(out / "moodle.csv") if one["Identifier"] == "Participant 14"]
    assert row["Grade"] == rows(out)[name]["points"]
    assert "in words 2 of 2; 2 more in words are not given yet" in row["Feedback comments"]
    with zipfile.ZipFile(out / "moodle_feedback.zip") as archive:
        [where] = [one for one in archive.namelist() if "_14_" in one]
        assert "&lt;b&gt;Well" in archive.read(where).decode()
