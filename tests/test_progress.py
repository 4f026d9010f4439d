"""The progress bar in a terminal of any width."""

import io
import os

import pytest

from course_utils import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("columns", "widest"), [(40, 40), (200, 80)])
def test_a_bar_is_no_wider_than_its_terminal(monkeypatch, columns, widest):
    stream = Terminal()
    monkeypatch.setattr(progress.sys, "stdout", stream)
    size = os.terminal_size((columns, 20))
    monkeypatch.setattr(progress.shutil, "get_terminal_size", lambda *fallback: size)
    with progress.bar(True, "training", 3) as advance:
        for _ in range(3):
            advance("loss 1.234")
    lines = [line for line in stream.getvalue().split("\r") if line]
    assert lines and max(map(len, lines)) <= widest
    assert max(map(len, lines)) > widest / 2
