"""What comes from outside: cells, folders and zips. Without a sandbox."""

import io
import json
import os
import stat
import struct
import zipfile

import pytest
import submissions as made

from homework import submissions, words

# Folders and zips


def text_of(notebook):
    return json.dumps(notebook)


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
    assert ann.student == "ann" and ann.lesson == ""


def test_a_notebook_of_an_older_format_is_read(tmp_path):
    (tmp_path / "ann.ipynb").write_text(old_format())
    [entry] = submissions.collect(tmp_path)
    assert entry.unreadable == "" and entry.lesson == "01"
    assert any("def gaussian_kl" in cell["source"] for cell in entry.read()["cells"])


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
    assert [entry.unreadable for entry in found] == ["it is a link or no plain file"] * 3
    assert {entry.student for entry in found} == {"ann", "bob", "pipe"}


def test_nothing_is_left_out_without_a_word(tmp_path):
    (tmp_path / "bob").mkdir()
    (tmp_path / "carla").mkdir()
    (tmp_path / "carla" / "x.ipynb.txt").write_text(text_of(made.blank()))
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "X.IPYNB").write_text(text_of(made.blank()))
    assert [entry.student for entry in submissions.collect(tmp_path)] == ["ann", "bob", "carla"]
    reasons = {entry.student: entry.unreadable for entry in submissions.collect(tmp_path)}
    assert reasons["ann"] == "" and reasons["bob"] == "there is no notebook in it"
    assert reasons["carla"] == "its name does not end in .ipynb"


def test_a_name_that_is_no_text(tmp_path):
    folder = os.fsencode(tmp_path) + b"/a\xff"
    os.mkdir(folder)
    with open(folder + b"/x.ipynb", "w") as stream:
        stream.write(text_of(made.blank()))
    [entry] = submissions.collect(tmp_path)
    assert entry.student.startswith("a\ufffd#") and entry.lesson == "01"


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
    assert entry.unreadable == "" and len(entry.read()["cells"]) == len(odd["cells"])
    assert words.answers(made.LESSON, entry.read())[0]["answer"] == ""


def test_of_two_files_the_newest_counts(tmp_path):
    for name, moment in (("new", 2_000), ("old", 1_000)):
        path = tmp_path / "ann" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text_of(made.blank()))
        os.utime(path, (moment, moment))
    [entry] = submissions.collect(tmp_path)
    assert entry.where == "ann/new.ipynb"
    assert entry.notes == ["the newest of 2 files counts: not ann/old.ipynb"]
    for path in (tmp_path / "ann").glob("*.ipynb"):  # as in a zip that a system made just now
        os.utime(path, (1_800_000_000 + (path.stem == "new"),) * 2)
    [entry] = submissions.collect(tmp_path)
    told = "of 2 files of the same time the last by its name counts: not ann/new.ipynb"
    assert entry.notes == [told]


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
    assert "damaged" in entry.unreadable


@pytest.mark.parametrize("name", ["none", "text.txt", "empty"])
def test_what_holds_no_submission_is_an_error(tmp_path, name):
    (tmp_path / "text.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(submissions.SubmissionsError):
        submissions.collect(tmp_path / name)
