"""Whose a file is, and what a class is told of files that are nobody's. Without a sandbox."""

import zipfile

import pytest
from submissions.files import GOOD, zipped

from homework import clean, names, submissions


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("leeann_12_345_work.zip/bob_1_2_x.ipynb", "leeann"),
        ("eve/bob_1_2_x.ipynb", "eve"),
        ("eve/x.zip/bob_1_2_x.ipynb", "eve"),
        ("eve.zip/deep/x.ipynb", "eve"),
        ("Ann Lee_12345_assignsubmission_file/01.ipynb", "Ann Lee"),
        ("Ann Lee_12345_assignsubmission_file_/x/01.ipynb", "Ann Lee"),
        ("Ann Lee_12345_assignsubmission_file_01_vae_2d.ipynb", "Ann Lee"),
        ("Zoë O'Hara_7_assignsubmission_file/my work.ipynb", "Zoë O'Hara"),
        ("Default group_assignsubmission_file/x.ipynb", "Default group"),
        ("A_b_assignsubmission_file_x.ipynb", "A_b"),
        ("leeann_12_345_01_vae_2d.ipynb", "leeann"),
        ("leeann_LATE_12_345_01_vae_2d-2.ipynb", "leeann"),
        ("leeann_LATE_12_345_homework_02_file_final.ipynb", "leeann"),
        ("leeann_12_345_file_1.ipynb", "leeann"),
        ("ann/01_vae_2d.ipynb", "ann"),
        ("ann/week 1/deep/01_vae_2d.ipynb", "ann"),
        ("ann.ipynb", "ann"),
    ],
)
def test_the_name_comes_from_the_path(path, student):
    assert names.owner_of(path)[0] == student


def test_a_file_s_own_name_is_no_sign_of_moodle():
    sent = names.sent_by("leeann_LATE_12_345_homework_02_file_final.ipynb")
    assert (sent["system"], sent["id"], sent["late"]) == ("canvas", "12", True)


def students(tmp_path, *paths):
    for where in paths:
        path = tmp_path / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD)
    return [entry.student for entry in submissions.collect(tmp_path)]


def test_a_folder_around_all_of_them_is_nobodys_name(tmp_path):
    assert students(tmp_path / "a", "week 1/ann/x.ipynb", "week 1/bob/y/x.ipynb") == ["ann", "bob"]
    assert students(tmp_path / "b", "all/ann_1_2_x.ipynb", "all/bob_3_4_x.ipynb") == ["ann", "bob"]
    assert students(tmp_path / "c", "ann/x.ipynb", "ann/y.ipynb") == ["ann"]


def test_namesakes_stay_two_students(tmp_path):
    paths = (f"Ann Lee_{number}_assignsubmission_file/x.ipynb" for number in (1, 2))
    assert students(tmp_path, *paths) == ["Ann Lee (1)", "Ann Lee (2)"]


def test_one_student_s_folder_lies_around_nobody(tmp_path):
    """Eve's folders have her neighbours' names."""
    assert students(tmp_path / "a", "eve/bob/x.ipynb", "eve/bob/y.ipynb") == ["eve"]
    assert students(tmp_path / "b", "eve/bob/x.ipynb") == ["eve"]
    assert students(tmp_path / "c", "all/eve/bob/x.ipynb", "all/zoe/x.ipynb") == ["eve", "zoe"]
    assert students(tmp_path / "d", "all/eve/bob/x.ipynb", "all/eve/zoe/x.ipynb") == ["all"]


def test_a_grading_that_goes_on_takes_the_same_folder_for_all(tmp_path):
    """So nobody who hands in late can be taken for two others."""
    for name in ("bob", "zoe"):
        (tmp_path / "eve" / name).mkdir(parents=True)
        (tmp_path / "eve" / name / "x.ipynb").write_text(GOOD)
    assert {entry.student for entry in submissions.collect(tmp_path)} == {"bob", "zoe"}
    for around, expected in (("", "eve"), ("week 1", "eve")):
        assert {entry.student for entry in submissions.collect(tmp_path, around)} == {expected}
    found = submissions.collect(tmp_path, "eve")
    assert {(entry.student, entry.around) for entry in found} == {("bob", "eve"), ("zoe", "eve")}


@pytest.mark.parametrize("flag", [False, True])
def test_one_name_in_two_spellings_of_unicode_is_one_student(tmp_path, flag):
    """As macOS writes zips: decomposed, in UTF-8, mostly without saying so."""
    path = tmp_path / "a.zip"
    one, two = "Zoe\u0308 M\u00fcller", "Zo\u00eb Mu\u0308ller"
    data = zipped([(f"{one}/01.ipynb", GOOD), (f"{two}/02.ipynb", GOOD), ("bob/x.ipynb", GOOD)])
    if not flag:  # bit 11 of the flags, in the local and in the central headers
        data = data.replace(b"PK\x03\x04\x14\x00\x00\x08", b"PK\x03\x04\x14\x00\x00\x00")
        data = data.replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x08", b"PK\x01\x02\x14\x03\x14\x00\x00\x00"
        )
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        assert any(entry.flag_bits & 0x800 for entry in archive.infolist()) == flag
    zoe, bob = submissions.collect(path)
    assert zoe.student == "Zo\u00eb M\u00fcller" and len(zoe.notes) == 1


def test_a_name_in_the_old_code_page_is_kept(tmp_path):
    data = zipped([("Zo\u00eb/x.ipynb", GOOD)])
    data = data.replace("Zo\u00eb".encode(), b"Zo\x89\x89").replace(b"\x00\x08", b"\x00\x00")
    (tmp_path / "a.zip").write_bytes(data.replace(b"Zo\x89\x89/", b"Zo\x89a/"))
    [entry] = submissions.collect(tmp_path / "a.zip")
    assert entry.student == "Zo\u00eba"  # 0x89 in cp437


def test_names_hold_no_escape_sequences(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped([("e\x1b[2J\u202eve/\x07x.ipynb", GOOD), ("bob/x.ipynb", "")]))
    for entry in submissions.collect(path):
        assert clean.line(entry.student) == entry.student and entry.student.isprintable()
        assert entry.where.isprintable() and entry.unreadable.isprintable()


def test_a_zip_tells_what_is_not_graded_as_a_folder_does(tmp_path):
    members = [("carla/x.ipynb.txt", GOOD), ("dan/", ""), ("fay/notes.txt", "x")]
    members += [("ann/x.ipynb", GOOD), ("gil/work.zip", zipped([("a.txt", "")]))]
    (tmp_path / "a.zip").write_bytes(zipped(members))
    for name, data in members:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_bytes(
            data if isinstance(data, bytes) else data.encode()
        )
    for where in (tmp_path / "a.zip", tmp_path / "in"):
        told = {entry.student: entry.unreadable for entry in submissions.collect(where)}
        assert told == {
            "ann": "",
            "carla": "its name does not end in .ipynb",
            "dan": "there is no notebook in it",
            "fay": "there is no notebook in it",
            "gil": "there is no notebook in it",
        }, where
