"""Files written whole or not at all: what stood there stays, whatever ends the writing."""

import errno
import os

import pytest

from course_utils.files import write_whole


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
