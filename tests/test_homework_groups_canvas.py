"""Groups in Canvas: whose page goes back under which file, and who has no place there."""

import zipfile

from test_homework_external import FULL, save, table
from test_homework_groups import graded
from test_homework_marks import enter, rows
from test_homework_shards import grade, put, small, stand_in  # noqa: F401  a fixture


def gradebook(path, *people):
    """Canvas's gradebook with one assignment: (id, name) of each."""
    lines = ["Student,ID,SIS Login ID,Section,Week 1 (501)", f"    Points Possible,,,,{FULL}"]
    lines += [f'"{name}",{number},login{number},Sec A,' for number, name in people]
    return save(path, "\n".join(lines) + "\n")


LEE, NUNEZ, RAY = ("21", "Lee, Ann"), ("22", "Núñez, José"), ("23", "Ray, Bob")
CANVAS = 'group,m\nTeam A,"Lee, Ann",josé núñez\n'


def packed(out):
    """Name -> text of each notebook of Canvas's zip of feedback."""
    with zipfile.ZipFile(out / "canvas_feedback.zip") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_canvas_gets_the_page_of_a_group_s_file(tmp_path, stand_in, capsys):  # noqa: F811
    out = graded(tmp_path, "teama_21_701_01.ipynb", "raybob_23_703_01.ipynb", of=CANVAS)
    path = gradebook(tmp_path / "g.csv", LEE, NUNEZ, RAY)
    assert enter(out, "--canvas", str(path)) == 0
    found = packed(out)
    assert set(found) == {"teama_21_701_01.ipynb", "raybob_23_703_01.ipynb"}
    assert "<h1>Lee, Ann" in found["teama_21_701_01.ipynb"]
    told = capsys.readouterr().err
    assert "Núñez, José: teama_21_701_01.ipynb has the page of Lee, Ann, and Canvas shows" in told
    assert all(row["Week 1 (501)"] for row in table(out / "canvas.csv")[1:])


def test_canvas_has_no_place_for_who_handed_nothing_in(tmp_path, stand_in, capsys):  # noqa: F811
    of = "group,m\nTeam A,leeann,josé núñez\n"
    out = graded(tmp_path, "leeann_21_701_01.ipynb", "Bob Ray", of=of)
    path = gradebook(tmp_path / "g.csv", LEE, NUNEZ, RAY)
    capsys.readouterr()
    assert enter(out, "--canvas", str(path)) == 0
    assert set(packed(out)) == {"leeann_21_701_01.ipynb"}
    told = capsys.readouterr().err
    for name in ("Núñez, José", "Ray, Bob"):
        assert f"{name}: Canvas has no file of theirs, so canvas_feedback.zip has no page" in told
    assert "Lee, Ann:" not in told


def test_an_empty_zip_for_canvas_is_told(tmp_path, stand_in, capsys):  # noqa: F811
    out = graded(tmp_path, "Ann Lee_11_assignsubmission_file", of="")
    assert enter(out, "--canvas", str(gradebook(tmp_path / "g.csv", LEE))) == 0
    assert packed(out) == {}
    assert "canvas_feedback.zip is empty: no graded file has a name" in capsys.readouterr().err


def test_a_file_that_is_not_graded_has_its_page_in_canvas(tmp_path, stand_in):  # noqa: F811
    path = put(tmp_path / "in", "raybob_23_703_01.ipynb", {})
    out = tmp_path / "out"
    assert path.exists() and grade(tmp_path / "in", out) == 1
    put(tmp_path / "in", "leeann_21_701_01.ipynb", small("01", "x"))
    options = ["--canvas", str(gradebook(tmp_path / "g.csv", LEE, RAY)), "--resume"]
    assert grade(tmp_path / "in", out, *options, seed=None) == 1
    assert "Not graded" in packed(out)["raybob_23_703_01.ipynb"]


def test_canvas_gets_a_page_of_a_file_that_does_not_count(tmp_path, stand_in):  # noqa: F811
    of = "group,m\nTeam A,leeann,núñezjosé\n"
    out = graded(tmp_path, "leeann_21_701_01.ipynb", "núñezjosé_22_702_01.ipynb", of=of)
    assert enter(out, "--canvas", str(gradebook(tmp_path / "g.csv", LEE, NUNEZ))) == 0
    assert set(packed(out)) == {"leeann_21_701_01.ipynb", "núñezjosé_22_702_01.ipynb"}
    assert any("handed in by" in row["remarks"] for row in rows(out).values())
