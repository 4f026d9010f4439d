"""Files written whole or not at all: what stood there stays, whatever ends the writing."""

import errno
import os

import pytest

from course_utils.files import write_all, write_whole


def test_texts_bytes_and_functions_are_written(tmp_path):
    path = tmp_path / "deep" / "er" / "x.txt"
    write_whole(path, "eins\nzwei \N{GREEK SMALL LETTER BETA}\n")
    assert path.read_bytes() == b"eins\nzwei \xce\xb2\n"
    write_whole(str(path), b"\x00\xff\r\n")
    assert path.read_bytes() == b"\x00\xff\r\n"
    write_whole(path, lambda stream: [stream.write(b"a"), stream.write(b"b")])
    assert path.read_bytes() == b"ab" and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("stop", (OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), ValueError()))
@pytest.mark.parametrize("step", ("content", "fsync", "replace"))
def test_what_stood_there_stays(tmp_path, monkeypatch, stop, step):
    path = tmp_path / "x.txt"
    path.write_text("before")

    def fail(*arguments):
        if step == "content":
            arguments[0].write(b"half of it")
        raise stop

    if step != "content":
        monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(stop)):
        write_whole(path, fail if step == "content" else "after")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_permissions_stay_and_are_those_of_the_user_at_first(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "x", "a")
        assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640
        (tmp_path / "x").chmod(0o755)
        write_whole(tmp_path / "x", "b")
        assert (tmp_path / "x").stat().st_mode & 0o777 == 0o755
    finally:
        os.umask(before)


# --- several -------------------------------------------------------------------------------------


@pytest.fixture
def several(tmp_path):
    """Path -> text of two files that are there and two that are not."""
    (tmp_path / "a").write_text("old a")
    (tmp_path / "b").write_text("old b")
    names = ("a", "new/deep/x", "b", "new/y")
    return {tmp_path / name: f"new {name}" for name in names}


def tree(folder):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_all_are_written(tmp_path, several):
    write_all(several)
    found = {path: data.decode() for path, data in tree(tmp_path).items() if data}
    assert found == several


@pytest.mark.parametrize("stop", (OSError(errno.ENOSPC, "full"), KeyboardInterrupt()))
@pytest.mark.parametrize("step", ("fsync", "replace"))
@pytest.mark.parametrize("last", range(1, 5))
def test_all_or_none(tmp_path, several, monkeypatch, stop, step, last):
    before, original, left = tree(tmp_path), getattr(os, step), [last]

    def fail(*arguments):
        left[0] -= 1
        if left[0] == 0:
            raise stop
        return original(*arguments)

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(stop)) as told:
        write_all(several)
    assert tree(tmp_path) == before
    if isinstance(stop, OSError):
        assert told.value.filename == str(list(several)[last - 1])


def test_a_full_disk_is_met_before_anything_is_replaced(tmp_path, several, monkeypatch):
    """What would have to be written back could find no room either."""

    def full(*arguments):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(os, "replace", lambda *arguments: pytest.fail("replaced"))
    with pytest.raises(OSError, match="full"):
        write_all(several)


def test_a_folder_in_the_place_of_one_is_named_and_nothing_is_written(tmp_path, several):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "y").mkdir()
    before = tree(tmp_path)
    with pytest.raises(OSError) as told:
        write_all(several)
    assert told.value.filename == str(tmp_path / "new" / "y") and tree(tmp_path) == before
