"""The command ``grade`` on whole classes: what it writes, and what a crash costs."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import submissions as made
from grader import without

from course_utils import settings
from homework import __main__ as command
from homework import grading, sandbox

REASON = sandbox.why_not()
pytestmark = pytest.mark.skipif(
    bool(REASON) and not settings.in_ci(), reason=f"bubblewrap: {REASON}"
)
ALL = sum(made.POINTS.values())


def grade(folder, out, *options):
    return command.main(
        ["grade", str(folder), "--out", str(out), "--jobs", "2", *without(), *options]
    )


def scores(out):
    with open(out / "scores.csv", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def put(folder, name, notebook):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def test_a_class_by_one_command(tmp_path, capsys):
    folder, out = tmp_path / "in", tmp_path / "out"
    put(folder, "Ann Lee_12_assignsubmission_file/01_vae_2d.ipynb", made.notebook())
    put(folder, "bob_7_99_x.ipynb", made.notebook({"1.3": made.wrong("1.3")}))
    evil = "<script>alert(1)</script>"
    theirs = made.notebook(
        {"1.1": made.HOSTILE["script in a message"][1].replace("gaussian_kl", "gaussian_log_prob")}
    )
    theirs["cells"][-1:] = [*theirs["cells"][-1:], made.code(f"print('{evil}')")]
    for cell in theirs["cells"]:
        if cell["metadata"].get("course", {}).get("id") == "1.8":
            cell["source"] += f"\n{evil}"
    put(folder, "=EVIL <b>'\" é/deep/er/x y.ipynb", theirs)
    old = put(folder, "carla/old.ipynb", made.blank())
    put(folder, "carla/new.ipynb", made.notebook())
    poison = made.notebook({"1.4": made.HOSTILE["a surrogate in a message"][1]})
    for cell in poison["cells"]:
        if cell["metadata"].get("course", {}).get("id") == "1.8":
            cell["source"] += "\n\ud800"
    put(folder, "aaa/x.ipynb", poison)  # the first to be graded
    os.utime(old, (1, 1))
    (folder / "dan").mkdir()
    (folder / "dan" / "x.ipynb").write_text("")
    capsys.readouterr()
    assert grade(folder, out, "--seed", "5") == 1  # dan's could not be graded
    assert capsys.readouterr().err == "dan/x.ipynb: not graded: it is no notebook (it is empty)\n"
    rows = {row["student"]: row for row in scores(out)}
    assert set(rows) == {"aaa", "Ann Lee", "bob", "carla", "dan", "'=EVIL <b>'' é"}
    assert len(scores(out)) == len(rows)
    assert rows["Ann Lee"]["points"] == rows["carla"]["points"] == str(ALL)
    assert rows["bob"]["1.3"] == "0" and rows["bob"]["points"] == str(ALL - made.POINTS["1.3"])
    assert "carla/old.ipynb" in rows["carla"]["remarks"]
    assert rows["dan"]["status"] == "unreadable" and rows["dan"]["points"] == ""
    assert "it is empty" in rows["dan"]["remarks"]
    pages = {path.name: path.read_text() for path in (out / "feedback").iterdir()}
    assert len(pages) == 6 and all(re.fullmatch(r"[\w\- ()]+\.html", name) for name in pages)
    for text in (*pages.values(), *(path.read_text() for path in out.glob("*.html"))):
        assert "<script" not in text and "<b>" not in text
    assert any("&lt;script&gt;alert(1)" in text for text in pages.values())
    assert "2 times the right one" in pages["bob.html"] or "Expected" in pages["bob.html"]
    stored = json.loads((out / "grades.json").read_text())
    assert stored["seed"] == 5

    before = (out / "scores.csv").read_bytes()
    assert grade(folder, out) == 2  # there are grades already
    assert grade(folder, out, "--resume", "--seed", "6") == 2  # another seed
    assert grade(folder, out, "--resume") == 1
    assert grade(folder, out, "--only", "1.3") == 1
    assert (out / "scores.csv").read_bytes() == before
    assert grade(folder, out, "--only", "9.9") == 2
    put(folder, "bob_7_99_x.ipynb", made.notebook({"1.4": made.wrong("1.4")}))
    assert grade(folder, out, "--only", "1.1") == 1  # a file that has changed is graded whole
    rows = {row["student"]: row for row in scores(out)}
    assert (rows["bob"]["1.3"], rows["bob"]["1.4"]) == (str(made.POINTS["1.3"]), "0")
    (out / "grades.json").write_text('{"version": 2, "seed": "x", "around": "", "graded": []}')
    assert grade(folder, out, "--resume") == 2


def test_a_killed_grading_goes_on(tmp_path):
    folder = tmp_path / "in"
    for number in range(4):
        put(
            folder,
            f"s{number}/x.ipynb",
            made.notebook({made.IDS[number]: made.wrong(made.IDS[number])}),
        )
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert grade(folder, whole, "--seed", "1") == 0
    arguments = ["grade", str(folder), "--out", str(parts), "--jobs", "1", "--seed", "1"]
    arguments += without()
    process = subprocess.Popen(
        [sys.executable, "-m", "homework", *arguments], cwd=settings.root(), stdout=subprocess.PIPE
    )
    deadline = time.monotonic() + 120
    journal = parts / "grades.journal"
    while time.monotonic() < deadline and not (journal.exists() and b"\n" in journal.read_bytes()):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    done = journal.read_bytes().count(b"\n")
    assert 0 < done < 4
    with open(journal, "ab") as stream:
        stream.write(b'{"student": "cut off in the mid')
    assert grade(folder, parts, "--resume") == 0
    for name in ("scores.csv", "summary.csv", "summary.html", "problems.html"):
        assert (parts / name).read_bytes() == (whole / name).read_bytes()
    assert not journal.exists()


def test_without_bubblewrap_it_refuses(tmp_path, monkeypatch, capsys):
    put(tmp_path / "in", "a/x.ipynb", made.notebook())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert grade(tmp_path / "in", tmp_path / "out") == 2
    told = capsys.readouterr().err
    assert "bubblewrap is not installed" in told and "--unsafe" in told
    assert not (tmp_path / "out").exists()
    assert grade(tmp_path / "in", tmp_path / "out", "--unsafe", "--seed", "1") == 0
    assert "now runs as you" in capsys.readouterr().err
    assert scores(tmp_path / "out")[0]["points"] == str(ALL)


def test_a_zip_of_submissions(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Zoë O'Hara_5_assignsubmission_file_/a b.ipynb", json.dumps(made.blank()))
        archive.writestr("../../evil.ipynb", json.dumps(made.notebook()))
    assert grade(path, tmp_path / "out", "--seed", "1") == 1
    rows = {row["student"]: row for row in scores(tmp_path / "out")}
    assert rows["Zoë O'Hara"]["points"] == "0"
    assert any("leaves the zip" in row["remarks"] for row in rows.values())
    assert not (tmp_path.parent / "evil.ipynb").exists()


def test_a_fault_of_the_grader_is_said_and_tried_again(tmp_path, monkeypatch, capsys):
    for name in ("ann", "bob"):
        put(tmp_path / "in", f"{name}/x.ipynb", made.blank())
    real = grading.grade

    def fails_once(lesson, notebook, *arguments, **options):
        monkeypatch.setattr(grading, "grade", real)
        raise sandbox.SandboxError("no room")

    monkeypatch.setattr(grading, "grade", fails_once)
    command_line = ["grade", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--jobs", "1"]
    command_line += without()
    assert command.main(command_line) == 1
    assert "the grader failed (SandboxError: no room)" in capsys.readouterr().err
    assert sorted(row["status"] for row in scores(tmp_path / "out")) == ["graded", "unreadable"]
    assert command.main([*command_line, "--resume"]) == 0
    assert [row["status"] for row in scores(tmp_path / "out")] == ["graded"] * 2


def test_a_sandbox_that_does_not_start_costs_nobody_points(tmp_path, monkeypatch, capsys):
    put(tmp_path / "in", "ann/x.ipynb", made.notebook())

    def fails(self):
        raise sandbox.SandboxError("no room")

    monkeypatch.setattr(sandbox.Sandbox, "_start", fails)
    assert grade(tmp_path / "in", tmp_path / "out") == 1
    assert "the grader failed (SandboxError: no room)" in capsys.readouterr().err
    [row] = scores(tmp_path / "out")
    assert (row["status"], row["points"]) == ("unreadable", "")
