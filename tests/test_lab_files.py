"""What ``make lab`` sets in JupyterLab, and what it writes, without a browser."""

import hashlib
import json
import os
import sys
from types import SimpleNamespace

import pytest

from tools import course
from tools.lab import saving, start
from tools.lessons import normalise


def test_a_saved_lesson_keeps_its_metadata_and_other_files_their_own():
    ran = {"name": "python3", "display_name": "3.13"}
    mine = {"course": {"lesson": "01"}, "kernelspec": ran, "language_info": {"version": "3.13"}}
    committed = mine | {"kernelspec": normalise.KERNEL, "language_info": normalise.LANGUAGE}
    theirs, in_r = {"kernelspec": ran}, mine | {"kernelspec": {"name": "r"}}
    for metadata, expected in ((mine, committed), (theirs, theirs), (in_r, in_r)):
        given = {"nbformat": 4, "metadata": dict(metadata), "cells": []}
        saving.as_committed(model={"type": "notebook", "content": given}, path="x.ipynb")
        assert given["metadata"] == expected
    older = {"nbformat": 3, "metadata": dict(mine), "worksheets": []}
    saving.as_committed(model={"type": "notebook", "content": older}, path="x.ipynb")
    assert older["metadata"] == mine
    saving.as_committed(model={"type": "file", "content": "text"}, path="x")


def test_a_fold_that_was_only_opened_stays_folded_in_the_file(tmp_path):
    path = tmp_path / "01.ipynb"
    metadata = {"course": {"lesson": "01"}, "kernelspec": {"name": "python3"}}
    cells = [{"id": name, "metadata": {}, "source": [name]} for name in ("same", "mine", "open")]
    for cell in cells[:2]:
        cell["metadata"] = {"jupyter": {"source_hidden": True}}
    content = {"nbformat": 4, "metadata": metadata, "cells": cells}
    path.write_text(json.dumps(content), encoding="utf-8")
    saved = json.loads(path.read_text("utf-8"))
    for cell in saved["cells"]:  # each was opened, and one rewritten
        cell.update(metadata={"tags": ["x"]}, source=cell["source"][0])
    saved["cells"][0]["metadata"]["jupyter"] = {"outputs_hidden": True}
    saved["cells"][1]["source"] = "my own answer"
    model, manager = {"type": "notebook", "content": saved}, SimpleNamespace(root_dir=str(tmp_path))
    saving.as_committed(model=model, path="/01.ipynb", contents_manager=manager)
    folded = {"tags": ["x"], "jupyter": {"outputs_hidden": True, "source_hidden": True}}
    assert [cell["metadata"] for cell in saved["cells"]] == [
        folded,
        {"tags": ["x"]},
        {"tags": ["x"]},
    ]
    for broken in ("{", "[]", "{}", '{"cells": [{"metadata": []}]}'):  # nothing to compare with
        path.write_text(broken, encoding="utf-8")
        before = json.dumps(saved)
        saving.as_committed(model=model, path="/01.ipynb", contents_manager=manager)
        assert json.dumps(saved) == before, broken


def test_a_browser_takes_no_older_extension_than_the_folder_has():
    folder = start.HERE / "labextensions" / "vae-course"
    parts = [path.read_bytes() for path in sorted((folder / "static").iterdir())]
    version = hashlib.sha256(b"".join(parts)).hexdigest()[:12]
    package = json.loads((folder / "package.json").read_text("utf-8"))
    loaded = package["jupyterlab"]["_build"]["load"]
    assert loaded == f"static/reading.js?{version}", "the address has to change with the files"


def test_the_first_lesson_is_01_and_a_folder_without_one_opens_too(tmp_path, monkeypatch):
    assert course.first_lesson() == "notebooks/01_vae_2d.ipynb"
    monkeypatch.setattr(course, "ROOT", tmp_path)
    assert course.first_lesson() is None
    assert not any("default_url" in word for word in start.command("python", tmp_path))


def test_make_lab_opens_the_first_lesson_with_the_defaults_of_the_course(monkeypatch):
    started, options = [], ["--allow-root", "--port=9000"]
    monkeypatch.setattr(course.setup_env, "main", lambda here: "python")
    monkeypatch.setattr(course, "hand_over", started.append)
    monkeypatch.setattr(sys, "argv", ["course.py", "lab", *options])
    monkeypatch.setenv(start.PATHS, "theirs")
    course.main()
    assert os.environ[start.PATHS] == start.environment({start.PATHS: "theirs"})[start.PATHS]
    lesson = "notebooks/01_vae_2d.ipynb"
    assert started == [[*start.command("python", course.ROOT, lesson), *options]]


def test_root_is_told_before_the_set_up_begins(monkeypatch, capsys):
    def set_up(here):
        sys.exit("as far as this")

    monkeypatch.setattr(course.setup_env, "main", set_up)
    told = ([], True, True), (["--allow-root"], True, False), ([], False, False)
    for options, is_root, is_told in told:
        monkeypatch.setattr(course, "is_root", lambda is_root=is_root: is_root)
        monkeypatch.setattr(sys, "argv", ["course.py", "lab", *options])
        with pytest.raises(SystemExit):
            course.main()
        assert ("make lab ARGS=--allow-root" in capsys.readouterr().err) is is_told


def test_folders_of_defaults_that_were_given_stay():
    here = str(start.HERE / "config")
    assert start.environment({}) == {start.PATHS: here}
    given = start.environment({start.PATHS: "theirs"})
    assert given == {start.PATHS: f"{here}{start.os.pathsep}theirs"}
