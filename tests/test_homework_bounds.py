"""What one student can cost the grader: bounds of time, memory and lines. Without a sandbox."""

import json
import os
import socket
import stat
import struct
import subprocess
import time
import tracemalloc
import zipfile

import pytest
import submissions as made
from submissions.files import GOOD, zipped

from homework import folders, items, submissions, untrusted, zips

GREEDY = {
    "20,000 notebooks": lambda: zipped((f"{i}.ipynb", "{}") for i in range(20_000)),
    "100,000 that are refused": lambda: zipped(
        [("deep.zip", zipped(("../i.ipynb", "") for _ in range(60_000)))]
    ),
    "names of 60 kB": lambda: zipped((f"{i}" + "n" * 60_000 + ".ipynb", GOOD) for i in range(60)),
    "names that are slow to normalise": lambda: zipped(
        (f"{i}a" + "\u0315\u0300" * 15_000 + ".ipynb", GOOD) for i in range(60)
    ),
    "zips of zips": lambda: zipped(
        (f"{i}.zip", zipped((f"{j}.zip", zipped([("x.ipynb", "")])) for j in range(40)))
        for i in range(40)
    ),
    "bombs": lambda: zipped((f"{i}.ipynb", b" " * 19_000_000) for i in range(30)),
    "deep folders": lambda: zipped([("a/" * 1_000 + "x.ipynb", GOOD)] * 2),
    "lists of contents, one after another": lambda: zipped(
        (f"{i}.zip", zipped((f"{j}" * 20, "") for j in range(9_000))) for i in range(12)
    ),
    "folders alone": lambda: zipped((f"{i}/", "") for i in range(30_000)),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", GREEDY)
def test_a_greedy_student_takes_nothing_from_others(tmp_path, kind):
    """In a class zip beside two others, who are graded; her rows are few and short."""
    path = tmp_path / "class.zip"
    mine = [("ann/x.ipynb", GOOD), ("eve/work.zip", GREEDY[kind]()), ("zoe/x.ipynb", GOOD)]
    path.write_bytes(zipped(mine))
    start = time.process_time()
    found = submissions.collect(path)
    assert time.process_time() - start < 10
    lessons = {entry.student: entry.lesson for entry in found if not entry.unreadable}
    assert lessons["ann"] == lessons["zoe"] == "01" and set(lessons) <= {"ann", "eve", "zoe"}
    eves = [entry for entry in found if entry.student == "eve"]
    assert 1 <= len(eves) <= submissions.MOST_TOLD + 2
    assert all(len(entry.where) <= 320 and len(str(entry.notes)) < 2_000 for entry in eves)
    assert any(entry.unreadable for entry in eves) or kind.startswith("names")


def test_what_is_left_out_of_one_student_is_counted(tmp_path):
    path = tmp_path / "class.zip"
    path.write_bytes(zipped([("ann/x.ipynb", GOOD), ("eve/a.zip", GREEDY["20,000 notebooks"]())]))
    told = [entry.unreadable for entry in submissions.collect(path) if entry.student == "eve"]
    assert any(
        f"{20_000 - submissions.MOST_TOLD:,} more files of this student" in one for one in told
    )


def test_a_list_of_contents_that_is_too_long_is_not_read(tmp_path):
    """1.4 million entries, which cost 4.5 s and .45 GB when objects are made of them."""
    entry = zipped([("x", "")])
    start = entry.index(b"PK\x01\x02")
    directory = entry[start : start + 47] * 1_400_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(directory), start, 0)
    (tmp_path / "eve").mkdir()
    (tmp_path / "eve" / "work.zip").write_bytes(entry[:start] + directory + end)
    tracemalloc.start()
    before = time.process_time()
    [found] = submissions.collect(tmp_path)
    spent, peak = time.process_time() - before, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "list of contents is too long" in found.unreadable
    assert spent < 0.5 and peak < 3 * zips.MOST_LISTING


def test_methods_that_ask_for_gigabytes_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("ann/x.ipynb", GOOD)
    [entry] = submissions.collect(tmp_path / "a.zip")
    assert entry.unreadable == "it is packed by another method than deflate"


HUGE = {
    "lists": b'{"cells": [' + b"[]," * 6_000_000 + b"[]]}",
    "dicts": b'{"cells": [' + b"{}," * 6_000_000 + b"{}]}",
    "numbers": b'{"cells": [' + b"1.5," * 4_900_000 + b"1]}",
    "texts": b'{"cells": [' + b'"ab",' * 3_900_000 + b"1]}",
    "code": b'{"cells": [{"cell_type": "code", "source": "' + b"a" * 19_000_000 + b'"}]}',
}


@pytest.mark.parametrize("kind", HUGE)
def test_nothing_is_made_of_json_that_would_fill_the_memory(kind):
    assert len(HUGE[kind]) < items.MOST_BYTES
    tracemalloc.start()
    with pytest.raises(ValueError, match="clear the outputs|characters, more than"):
        untrusted.notebook(HUGE[kind])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 2**20


def test_one_notebook_is_in_the_memory_at_a_time(tmp_path):
    """20 notebooks of 19 MB each, which are 400 kB as a zip."""
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 19_000_000}}
    heavy = made.blank()
    heavy["cells"].append(made.code("1") | {"outputs": [picture]})
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        text = json.dumps(heavy)
        for number in range(10):
            archive.writestr(f"s{number}/x.ipynb", text)
    del text, heavy
    tracemalloc.start()
    found = submissions.collect(path)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 10 and not any(entry.unreadable for entry in found)
    assert held < 5 * 2**20 and peak < 150 * 2**20
    assert found[3].read()["cells"]


@pytest.mark.parametrize("inside", [False, True])
def test_a_file_that_changes_while_it_is_graded_is_refused(tmp_path, inside):
    path = tmp_path / "class.zip" if inside else tmp_path / "ann.ipynb"

    def write(text):
        path.write_bytes(zipped([("ann/x.zip", zipped([("x.ipynb", text)]))]) if inside else text)

    write(GOOD.encode())
    [entry] = submissions.collect(path if inside else tmp_path)
    assert entry.read()["cells"]
    write(GOOD.replace("Exercise", "exercise").encode())
    with pytest.raises(submissions.Changed, match="has changed"):
        entry.read()
    path.unlink()
    with pytest.raises(submissions.Changed, match="cannot be read any more"):
        entry.read()


# What is no plain file


def odd(folder):
    """Files of every kind that is none, each as a notebook and as a zip: name -> how it is made."""
    os.mkfifo(folder / "fifo.ipynb")
    os.mkfifo(folder / "fifo.zip")
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(folder / "socket.zip"))
    sock.close()
    (folder / "link.zip").symlink_to("/proc/self/environ")
    (folder / "zero.ipynb").symlink_to("/dev/zero")
    (folder / "loop.ipynb").symlink_to(folder / "loop.ipynb")
    (folder / "folders").symlink_to("/")
    (folder / "a folder.ipynb").mkdir()
    if os.geteuid() == 0:
        os.mknod(folder / "zero.zip", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
        os.mknod(folder / "tty.ipynb", 0o600 | stat.S_IFCHR, os.makedev(5, 0))


def test_what_is_no_plain_file_is_never_opened(tmp_path):
    """A named pipe kept the grader waiting for ever."""
    (tmp_path / "eve").mkdir()
    odd(tmp_path / "eve")
    (tmp_path / "ann.ipynb").write_text(GOOD)
    start = time.monotonic()
    found = submissions.collect(tmp_path)
    assert time.monotonic() - start < 5
    assert [entry.student for entry in found if not entry.unreadable] == ["ann"]
    told = [entry.unreadable for entry in found if entry.student == "eve"]
    assert told.count("it is a link or no plain file") == submissions.MOST_TOLD
    assert any("more files of this student" in one for one in told)


def test_a_file_that_grows_is_read_to_its_bound_and_no_further(tmp_path):
    path = tmp_path / "x.ipynb"
    path.write_bytes(b" " * 1_000)
    assert len(folders.read(path, 1_000)) == 1_000
    with pytest.raises(ValueError, match="more than"):
        folders.read(path, 999)


def test_a_thousand_nested_folders_are_walked(tmp_path):
    here = os.getcwd()
    (tmp_path / "eve").mkdir()
    (tmp_path / "ann.ipynb").write_text(GOOD)
    try:
        os.chdir(tmp_path / "eve")
        for _ in range(1_200):
            os.mkdir("d")
            os.chdir("d")
        with open("x.ipynb", "w") as stream:
            stream.write(GOOD)
        os.chdir(here)
        ann, eve = submissions.collect(tmp_path)
    finally:
        os.chdir(here)
        subprocess.run(["rm", "-rf", str(tmp_path / "eve")], check=True)
    assert ann.unreadable == "" and "nested more than 20 deep" in eve.unreadable


def test_a_folder_of_very_many_files_is_not_walked_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST_ENTRIES", 50)
    for number in range(80):
        (tmp_path / "eve" / f"{number:02d}").mkdir(parents=True)
    (tmp_path / "eve" / "79" / "x.ipynb").write_text(GOOD)
    (tmp_path / "zoe.ipynb").write_text(GOOD)
    eve, zoe = submissions.collect(tmp_path)
    assert "more than 50 files and folders" in eve.unreadable and zoe.lesson == "01"
