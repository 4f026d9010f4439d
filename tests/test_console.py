"""Tools on narrow, redirected and old-encoded terminals, and in folders that take nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_utils import settings
from homework import sandbox
from tools import console
from tools.lessons import run as run_lessons

TOOLS = settings.root() / "tools"
RUN = [sys.executable, "-m", "tools.lessons.run"]
# Others import these.
NOT_COMMANDS = {"__init__", "console", "bench_parts", "growth", "listing", "pages", "peers"}
NOT_COMMANDS |= {"anchors", "api_names", "linking", "plain_tex", "raw_html", "sections"}  # links
NOT_COMMANDS |= {"generated", "results_table", "settings_trials"}
NOT_COMMANDS |= {"first_cell", "links", "name", "setup_cell"}
NOT_COMMANDS |= {"book", "docstrings", "facts", "names", "paper"}
NOT_COMMANDS |= {"accessible", "saving", "start", "vendor"}
NOT_COMMANDS |= {"downloads", "home", "look", "moving", "night", "parts"}  # of the site
NOT_COMMANDS |= {"alt_text", "beside", "errors", "quick"}
REASON = sandbox.why_not()
COMMANDS = sorted(path for path in TOOLS.rglob("*.py") if path.stem not in NOT_COMMANDS)
OLD = {"PYTHONIOENCODING": "cp1252", "COLUMNS": "20", "TERM": "dumb"}
LONG = "0123456789" * 5


def script(folder, body):
    """A small tool, run as the others are."""
    path = folder / "tool.py"
    found = f"sys.path.insert(0, {str(settings.root())!r})"
    lines = ["import sys", found, "from tools import console", "", body]
    path.write_text("\n".join([*lines, "", "console.run(main)"]), encoding="utf-8")
    return [sys.executable, str(path)]


def run(command, **more):
    more.setdefault("cwd", settings.root())
    return subprocess.run(command, capture_output=True, check=False, timeout=120, **more)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_every_command_meets_the_terminal_in_the_same_way(path):
    source = path.read_text(encoding="utf-8")
    ends = re.findall(r'^if __name__ == "__main__":\n    (.*)', source, re.MULTILINE)
    assert len(ends) == 1 and ends[0].startswith("console.run("), f"{path.name}: {ends}"


def test_what_the_encoding_lacks_is_replaced(tmp_path):
    command = script(
        tmp_path, "def main():\n    print('z ~ \u03b2'); print('\u03b2', file=sys.stderr)"
    )
    done = run(command, env=os.environ | OLD)
    assert (done.returncode, done.stdout.split(), done.stderr.split()) == (
        0,
        [b"z", b"~", b"?"],
        [b"?"],
    )


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (
            "def main():\n    open('/no/file')",
            1,
            b"/no/file: No such file or directory.\n",
        ),
        ("def main():\n    raise KeyboardInterrupt", 130, b""),
        ("def main():\n    return 3", 3, b""),
        ("def main():\n    pass", 0, b""),
    ],
)
def test_how_a_tool_ends(tmp_path, body, code, said):
    done = run(script(tmp_path, body))
    assert (done.returncode, done.stderr) == (code, said)


def test_a_reader_that_has_gone_ends_a_tool_quietly(tmp_path):
    command = script(tmp_path, "def main():\n    print('row\\n' * 100_000)")
    tool = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    tool.stdout.read(10)
    tool.stdout.close()
    assert (tool.wait(60), tool.stderr.read()) == (1, b"")
    tool.stderr.close()


def test_without_any_output_a_tool_still_runs(tmp_path):
    command = script(tmp_path, "def main():\n    print('x', console.is_live())\n    return 4")
    code = "import os, sys; os.close(1); os.execv(sys.argv[1], sys.argv[1:])"
    assert run([sys.executable, "-c", code, *command]).returncode == 4


def test_a_line_fits_a_narrow_terminal(monkeypatch):
    for width, fitted in ((20, LONG[:16] + "..."), (51, LONG), (3, ".."), (1, "")):
        monkeypatch.setenv("COLUMNS", str(width))
        assert console.fitted(LONG) == fitted


def notebook(folder, *sources, name="01_some"):
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


def test_a_failing_cell_with_a_greek_letter_stops_no_other_lesson(tmp_path):
    notebook(tmp_path, "raise ValueError('\u03b2 is too large')")
    notebook(tmp_path, "1", name="02_other")
    command = [*RUN, "--profile", "smoke"]
    command += ["--folder", str(tmp_path), "--executed", str(tmp_path / "executed")]
    done = run(command, env=os.environ | OLD)
    assert done.returncode == 1 and b"ValueError: ? is too large" in done.stdout
    assert (tmp_path / "executed" / "smoke" / "02_other.ipynb").is_file()


def test_assertions_are_never_switched_off(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    path = notebook(tmp_path, "assert 1 == 2, 'a claim'")
    _, _, failure = run_lessons.execute(path, "smoke")
    assert "AssertionError: a claim" in failure


def test_a_lesson_whose_claims_are_assertions_refuses_a_python_without_them():
    code = "from course_utils.lesson import start; start('07')"
    done = run([sys.executable, "-O", "-c", code], cwd=settings.root())
    assert done.returncode == 1 and b"RuntimeError: Python runs without assertions" in done.stderr


def test_a_narrow_terminal_shows_one_row_a_lesson(tmp_path):
    notebook(tmp_path, "1", "2", name="01_a_name_that_is_longer_than_a_narrow_terminal_is_wide")
    command = [*RUN, "--profile", "smoke"]
    command += ["--folder", str(tmp_path), "--executed", str(tmp_path / "executed")]
    pty = pytest.importorskip("pty", reason="Linux and macOS have such terminals")
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "30"}
    with subprocess.Popen(command, stdout=theirs, env=environment, cwd=settings.root()) as tool:
        os.close(theirs)
        seen = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not more:
                break
            seen += more
        assert tool.wait(60) == 0
    os.close(ours)
    rewritten = seen.split(b"\n")[0].rstrip(b"\r").split(b"\r")[:-1]
    assert len(rewritten) == 3 and all(len(row) < 30 for row in rewritten), rewritten


# --- folders that take nothing -------------------------------------------------------------------


def test_executed_lessons_go_elsewhere_where_a_folder_takes_none(tmp_path, capsys):
    path = notebook(tmp_path, "print(1)")
    (tmp_path / "executed").write_text("a file in the folder's place")
    options = ["--folder", str(tmp_path), "--executed", str(tmp_path / "executed")]
    assert run_lessons.main([*options, "--profile", "smoke"]) == 0
    said = capsys.readouterr().out
    told = re.search(r"executed/smoke takes no files \((.*)\): (\S+) instead", said)
    assert told and (Path(told[2]) / path.name).is_file()


@pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(),
    reason=f"bubblewrap: {REASON}",
)
def test_a_read_only_folder_is_told_before_the_run_and_all_lessons_run(tmp_path):
    first, second = notebook(tmp_path, "print(1)"), notebook(tmp_path, "print(2)", name="02_two")
    before = first.read_bytes(), second.read_bytes()
    command = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(tmp_path), str(tmp_path)]
    command += [*RUN, "--profile", "laptop"]
    command += ["--folder", str(tmp_path), "--executed", str(tmp_path / "executed")]
    done = run(command, cwd=settings.root())
    said = done.stdout.decode()
    assert done.returncode == 0, said + done.stderr.decode()
    assert said.index("takes no files (Read-only file system)") < said.index(
        "01_some: 1 code cells"
    )
    assert "02_two" in said.split("result")[1]
    assert (first.read_bytes(), second.read_bytes()) == before
    [aside] = {folder for folder in re.findall(r"\S*executed-laptop-\S*", said)}
    assert sorted(path.name for path in Path(aside).iterdir()) == [first.name, second.name]
