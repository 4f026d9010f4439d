"""What comes from outside: messages, cells, folders and zips. Without a sandbox."""

import io
import json
import os
import socket
import stat
import struct
import time
import zipfile

import numpy as np
import pytest
import submissions as made

from course_utils.checks import CheckFailed
from homework import feedback, submissions
from homework.inside import wire
from homework.proxy import Answer

# Messages


@pytest.fixture
def pair():
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


def test_arrays_cross_unchanged(pair):
    arrays = [np.arange(6.0).reshape(2, 3), np.array(3), np.zeros((0, 4), np.float32)]
    arrays += [np.asfortranarray(np.arange(6).reshape(2, 3)), np.array([True, False])]
    wire.send(pair[0], {"op": "é"}, arrays)
    header, found = wire.receive(pair[1], time.monotonic() + 5)
    assert header == {"op": "é"}
    for one, two in zip(arrays, found, strict=True):
        assert one.dtype == two.dtype and one.shape == two.shape and np.array_equal(one, two)
    found[0][0, 0] = 7.0  # writable


def npz(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return stream.getvalue()


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


HEADER = npy(np.frombuffer(b"{}", dtype=np.uint8))


def bomb():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", bytes(100_000_000))
    return stream.getvalue()


def claims(shape):
    stream = io.BytesIO()
    described = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 nothing",
        npz(header=HEADER, a0=npy(np.array([{}, print], dtype=object))),  # a pickle
        npz(header=HEADER, a0=claims((10**12,))),
        npz(header=HEADER, a0=claims((-1,)) + bytes(8)),
        npz(header=HEADER, a0=npy(np.array(["text"]))),
        npz(header=HEADER, a1=npy(np.zeros(2))),
        npz(header=npy(np.frombuffer(b"[1]", dtype=np.uint8))),
        npz(header=npy(np.frombuffer(b"[" * 100_000, dtype=np.uint8))),
        npz(header=npy(np.zeros(3))),
        npz(header=npy(np.frombuffer(b'{"a": [' + b"[]," * 10**6 + b"0]}", dtype=np.uint8))),
        npz(a0=npy(np.zeros(3))),
        bomb(),
    ],
)
def test_what_is_no_message_is_refused(data):
    with pytest.raises(wire.WireError):
        wire.unpack(data)


def test_a_length_that_is_too_large_is_not_waited_for(pair):
    pair[0].sendall(struct.pack(">Q", 2**40))
    with pytest.raises(wire.WireError, match="claims"):
        wire.receive(pair[1], time.monotonic() + 5)


def test_silence_and_an_end_are_told_apart(pair):
    pair[0].sendall(b"\x00\x00")
    with pytest.raises(wire.Closed) as late:
        wire.receive(pair[1], time.monotonic() + 0.05)
    assert late.value.late
    pair[0].close()
    with pytest.raises(wire.Closed) as gone:
        wire.receive(pair[1], time.monotonic() + 5)
    assert not gone.value.late


@pytest.mark.parametrize(
    ("header", "arrays"),
    [
        ({}, []),
        ({"kind": "array", "present": [True]}, []),
        ({"kind": "array", "present": [True, True]}, [np.ones(1), np.ones(1)]),
        ({"kind": "array", "present": [False]}, []),
        ({"kind": "dict", "keys": None, "present": [True]}, [np.ones(1)]),
        ({"kind": "other", "present": [True]}, [np.ones(1)]),
        ({"failed": 3}, []),
        ({"failed": {"mistake": "x" * 10**6, "written": "no"}}, []),
    ],
)
def test_an_answer_that_is_none_is_a_failure(header, arrays):
    with pytest.raises(CheckFailed) as failure:
        Answer(lambda *request: (header, arrays)).call((np.ones(2),), 0)
    assert len(str(failure.value)) < 5_000
    with pytest.raises(CheckFailed):
        Answer(lambda *request: (header, arrays)).build((3,), None, 0)


# Folders and zips


def text_of(notebook):
    return json.dumps(notebook)


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
        ("leeann_12_345_01_vae_2d.ipynb", "leeann"),
        ("leeann_LATE_12_345_01_vae_2d-2.ipynb", "leeann"),
        ("ann/01_vae_2d.ipynb", "ann"),
        ("ann/week 1/deep/01_vae_2d.ipynb", "ann"),
        ("ann.ipynb", "ann"),
    ],
)
def test_the_name_comes_from_the_path(path, student):
    assert submissions.owner_of(path)[0] == student


def old_format():
    import nbformat

    made_up = nbformat.from_dict(made.notebook())
    return nbformat.writes(nbformat.convert(made_up, 3))


UNREADABLE = {
    "empty": (b"", "it is empty"),
    "not json": (b"{'a'}", "it is no JSON"),
    "a list": (b"[1, 2]", "JSON of another kind"),
    "another dict": (b'{"a": 1}', "JSON of another kind"),
    "no cells": (
        b'{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "no notebook",
    ),
    "deep": (b"[" * 100_000, "nested too deeply|no JSON"),
    "binary": (b"\xff\xfe\x00\x01" * 100, "UTF-8|no JSON|no notebook"),
    "a cell of numbers": (b'{"cells": [{"cell_type": "code", "source": 3}]}', "no text"),
    "a cell of nothing": (b'{"cells": [3]}', "no notebook"),
    "too many cells": (b'{"cells": [' + b"{}," * 3_000 + b"{}]}", "at most 2,000 cells"),
    "a long id": (
        b'{"cells": [{"cell_type": "code", "source": "", "metadata": {"course": {"id": "'
        + b"1" * 5_000
        + b'.1"}}}]}',
        "no lesson of the course",
    ),
    "of no lesson": (
        b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "no lesson of the course",
    ),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_file_is_reported_with_the_reason(tmp_path, kind):
    data, reason = UNREADABLE[kind]
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "x.ipynb").write_bytes(data)
    (tmp_path / "bob.ipynb").write_text(text_of(made.blank()))
    ann, bob = submissions.collect(tmp_path)
    assert not bob.unreadable and bob.lesson == "01"
    import re

    assert re.search(reason, ann.unreadable), ann.unreadable
    assert ann.student == "ann" and ann.notebook is None


def test_a_notebook_of_an_older_format_is_read(tmp_path):
    (tmp_path / "ann.ipynb").write_text(old_format())
    [entry] = submissions.collect(tmp_path)
    assert entry.unreadable == "" and entry.lesson == "01"
    assert any("def gaussian_kl" in cell["source"] for cell in entry.notebook["cells"])


def test_a_huge_file_is_not_read(tmp_path):
    with open(tmp_path / "ann.ipynb", "wb") as stream:
        stream.truncate(200 * 2**20)
    [entry] = submissions.collect(tmp_path)
    assert "it has 200 MB, more than 20" in entry.unreadable


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "secret.ipynb"
    outside.write_text(text_of(made.notebook()))
    folder = tmp_path / "in"
    (folder / "ann").mkdir(parents=True)
    (folder / "ann" / "x.ipynb").symlink_to(outside)
    (folder / "bob").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.ipynb")
    found = submissions.collect(folder)
    assert [entry.unreadable for entry in found] == ["it is a link or no plain file"] * 2


def names(tmp_path, *paths):
    for where in paths:
        path = tmp_path / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(made.blank()))
    return [entry.student for entry in submissions.collect(tmp_path)]


def test_a_folder_around_all_of_them_is_nobodys_name(tmp_path):
    assert names(tmp_path / "a", "week 1/ann/x.ipynb", "week 1/bob/y/x.ipynb") == ["ann", "bob"]
    assert names(tmp_path / "b", "all/ann_1_2_x.ipynb", "all/bob_3_4_x.ipynb") == ["ann", "bob"]
    assert names(tmp_path / "c", "ann/x.ipynb", "ann/y.ipynb") == ["ann"]


def test_namesakes_stay_two_students(tmp_path):
    paths = (f"Ann Lee_{number}_assignsubmission_file/x.ipynb" for number in (1, 2))
    assert names(tmp_path, *paths) == ["Ann Lee (1)", "Ann Lee (2)"]


def test_nothing_is_left_out_without_a_word(tmp_path):
    (tmp_path / "bob").mkdir()
    (tmp_path / "carla").mkdir()
    (tmp_path / "carla" / "x.ipynb.txt").write_text(text_of(made.blank()))
    assert names(tmp_path, "ann/X.IPYNB") == ["ann", "bob", "carla"]
    reasons = {entry.student: entry.unreadable for entry in submissions.collect(tmp_path)}
    assert reasons["ann"] == "" and reasons["bob"] == "there is no notebook in it"
    assert reasons["carla"] == "its name does not end in .ipynb"


def test_a_name_that_is_no_text(tmp_path):
    folder = os.fsencode(tmp_path) + b"/a\xff"
    os.mkdir(folder)
    with open(folder + b"/x.ipynb", "w") as stream:
        stream.write(text_of(made.blank()))
    [entry] = submissions.collect(tmp_path)
    assert entry.student == "a?" and entry.lesson == "01"


def test_cells_as_people_s_tools_write_them(tmp_path):
    """Without outputs, with a stream without a name, with odd metadata."""
    odd = made.blank()
    for cell in odd["cells"]:
        cell.pop("outputs", None)
    odd["cells"][1]["outputs"] = [{"output_type": "stream"}]
    odd["cells"].append({"cell_type": "markdown", "source": "", "metadata": {"course": {"id": []}}})
    odd["cells"].append({"cell_type": "markdown", "source": "\ud800", "metadata": 3})
    (tmp_path / "ann.ipynb").write_text(json.dumps(odd))
    [entry] = submissions.collect(tmp_path)
    assert entry.unreadable == "" and len(entry.notebook["cells"]) == len(odd["cells"])
    assert feedback.words(made.LESSON, entry.notebook)[0]["answer"] == ""


def test_of_two_files_the_newest_counts(tmp_path):
    for name, moment in (("new", 2_000), ("old", 1_000)):
        path = tmp_path / "ann" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text_of(made.blank()))
        os.utime(path, (moment, moment))
    [entry] = submissions.collect(tmp_path)
    assert entry.where == "ann/new.ipynb"
    assert entry.notes == ["the newest of 2 files counts: not ann/old.ipynb"]


def test_the_lesson_comes_from_the_metadata(tmp_path):
    stripped = made.blank()
    stripped["metadata"].pop("course")
    (tmp_path / "02_vae_mnist.ipynb").write_text(text_of(stripped))
    [entry] = submissions.collect(tmp_path)
    assert entry.lesson == "01"  # from the exercises' own


def test_a_zip_can_do_no_harm(tmp_path):
    path, inner = tmp_path / "all.zip", io.BytesIO()
    good = text_of(made.blank())
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x.ipynb", good)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ann/x.ipynb", good)
        archive.writestr(".", good)
        archive.writestr("__MACOSX/ann/._x.ipynb", "junk")
        archive.writestr("../evil.ipynb", good)
        archive.writestr("/evil.ipynb", good)
        archive.writestr("C:\\evil.ipynb", good)
        link = zipfile.ZipInfo("link/x.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb/x.ipynb", bytes(300_000_000))
        archive.writestr("zipped/work.zip", inner.getvalue())
        archive.writestr("torn/work.zip", inner.getvalue()[:200])
    found = {entry.where: entry for entry in submissions.collect(path)}
    reasons = {where: entry.unreadable for where, entry in found.items() if entry.unreadable}
    assert set(found) - set(reasons) == {"ann/x.ipynb", "zipped/work.zip/x.ipynb"}
    assert reasons["link/x.ipynb"] == "it is a link" and "286 MB" in reasons["bomb/x.ipynb"]
    assert "damaged" in reasons["torn/work.zip"]
    assert sum("leaves the zip" in reason for reason in reasons.values()) == 3
    assert [entry.name for entry in tmp_path.iterdir()] == ["all.zip"]


def test_a_member_that_lies_about_its_size(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ann/x.ipynb", bytes(50_000_000))
    data = path.read_bytes()
    true = struct.pack("<I", 50_000_000)
    assert data.count(true) == 2
    path.write_bytes(data.replace(true, struct.pack("<I", 1_000)))
    [entry] = submissions.collect(path)
    assert "cannot be unpacked" in entry.unreadable or "no JSON" in entry.unreadable


@pytest.mark.parametrize("name", ["none", "text.txt", "empty"])
def test_what_holds_no_submission_is_an_error(tmp_path, name):
    (tmp_path / "text.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(submissions.SubmissionsError):
        submissions.collect(tmp_path / name)


# Pages


def test_file_names_of_feedback_are_tame_and_distinct():
    taken_names = {}
    for student in (
        "\U00020000" * 300,
        "../../x",
        "x/y",
        "x\\y",
        "a" * 500,
        "",
        "con\0trol",
        "X_y",
        "ünï 'q'",
        ".",
    ):
        name = feedback._file_name(student, taken_names)
        assert (
            "/" not in name and "\\" not in name and "\0" not in name and len(name.encode()) < 150
        )
        assert name.lower() not in {other.lower() for other in taken_names}
        taken_names[name] = ""


def test_no_text_from_outside_is_markup():
    outcome = dict.fromkeys(
        ("mistake", "checked", "expected", "received", "note"), "<i>&\x00\ud800"
    )
    outcome |= {"id": "1.1", "points": 0, "of": 2, "verdict": "wrong", "printed": 3, "verified": ""}
    entry = {"student": "<i>", "lesson": "01", "notes": ["<i>"], "outcomes": [outcome]}
    entry["words"] = [{"id": "1.6", "of": 2, "question": "<i>", "answer": "<i>"}]
    text = feedback.page("<i>", [entry], [], {"01": made.LESSON})
    text.encode("utf-8")
    assert "<i>" not in text and text.count("&lt;i&gt;") >= 8 and "\x00" not in text
    summed = feedback.summary([entry], [], {"01": made.LESSON}, 3)
    assert "<i>" not in summed and "1 x &lt;i&gt;" in summed


def test_a_spreadsheet_takes_no_name_for_a_formula():
    entry = {"student": "=cmd()", "lesson": "01", "notes": ["+1"], "outcomes": []}
    line = feedback.scores([entry], [], {"01": made.LESSON}).splitlines()[1]
    assert line.startswith("'=cmd(),") and line.endswith(",'+1")
