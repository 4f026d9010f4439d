"""What GitHub and Codespaces read: it parses, and every command and path in it exists."""

import json
import os
import re
import subprocess
import sys

import conftest
import pytest
import yaml

from course_utils import settings, versions
from tools import conda

ROOT = settings.root()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml"))
READ = r"(?:^|[\s`(])((?:tools|docs|binder|\.ci|notebooks)/[\w./-]*\w|environment\.yml|README\.md)"


def load(path):
    return yaml.safe_load(path.read_text("utf-8"))


def jobs(path):
    return load(path)["jobs"].items()


def test_every_path_and_module_exists():
    files = [*WORKFLOWS, *FORMS, ROOT / ".devcontainer" / "devcontainer.json"]
    found = 0
    for path in files:
        text = path.read_text("utf-8")
        for name in re.findall(READ, text, re.M):
            assert (ROOT / name).exists(), f"{path.name}: {name}"
            found += 1
        for module in re.findall(r"python -m ([\w.]+)", text):
            place = ROOT.joinpath(*module.split("."))
            assert place.with_suffix(".py").is_file(), f"{path.name}: {module}"
    assert found >= 5


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_have_least_rights_and_pinned_actions(path):
    whole = load(path)
    assert whole["permissions"] == {"contents": "read"}
    for name, job in jobs(path):
        assert job["timeout-minutes"] <= 180, name
        assert "permissions" not in job, name
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), step["uses"]
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            assert "${{ github.event" not in step.get("run", ""), "strangers' words in a shell"


def test_ci_runs_everywhere_and_weekly():
    whole = load(ROOT / ".github" / "workflows" / "ci.yml")
    on = whole[True]  # YAML 1.1 reads the word "on" so
    assert len(on["schedule"]) == 1 and re.fullmatch(
        r"\d+ \d+ \* \* [0-6]", on["schedule"][0]["cron"]
    )
    assert "pull_request_target" not in on
    jobs = whole["jobs"]
    lowest = int(
        re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text())[1]
    )
    for job in jobs.values():
        assert job["strategy"]["matrix"]["python"] == [f"3.{n}" for n in range(lowest, 15)]
        assert job["strategy"]["fail-fast"] is False
    assert [step.get("run") for step in jobs["linux"]["steps"]][-1] == ".ci/run"
    assert jobs["elsewhere"]["strategy"]["matrix"]["system"] == ["macos-latest", "windows-latest"]
    assert jobs["elsewhere"]["steps"][-1]["run"] == "python tools/course.py test"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_forms_ask_for_what_a_report_needs(path):
    form = load(path)
    assert form["name"] and form["description"] and form["title"].endswith(": ")
    fields = [entry for entry in form["body"] if entry["type"] != "markdown"]
    names = [entry["id"] for entry in fields]
    assert len(set(names)) == len(names)
    assert sum(entry.get("validations", {}).get("required", False) for entry in fields) >= 4
    for entry in fields:
        assert set(entry) <= {"type", "id", "attributes", "validations"}
        assert entry["attributes"]["label"]
        if entry["type"] == "dropdown" and entry["id"] == "profile":
            assert entry["attributes"]["options"][:3] == list(settings.PROFILES)
    if "versions" in names:
        assert (
            "course_utils.versions" in fields[names.index("versions")]["attributes"]["description"]
        )


def test_there_are_the_three_forms():
    assert [path.stem[2:] for path in FORMS] == ["wrong-statement", "lost-here", "does-not-run"]
    assert load(ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml") == {
        "blank_issues_enabled": True
    }


def test_the_dev_container_takes_the_conda_environment():
    """The registry's torch for Linux brings 6 GB of CUDA; Codespaces has 32 GB with the system."""
    whole = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    name = yaml.safe_load(conda.files(ROOT)[ROOT / "environment.yml"])["name"]
    create, _, set_up = whole["postCreateCommand"].split(" && ")
    assert create == "conda env create --yes --file environment.yml"
    assert set_up.endswith(f"--name {name} python tools/setup_env.py --here")
    editor = whole["customizations"]["vscode"]
    assert editor["settings"]["python.defaultInterpreterPath"].endswith(f"/envs/{name}/bin/python")
    assert {"ms-python.python", "ms-toolsai.jupyter"} <= set(editor["extensions"])


def test_ci_demands_on_linux_what_it_installs_there(monkeypatch):
    monkeypatch.setenv("CI", "true")
    for system, demands in (("linux", True), ("darwin", False), ("win32", False)):
        monkeypatch.setattr(settings.sys, "platform", system)
        assert settings.in_ci() is demands
    monkeypatch.setenv("CI", "")
    monkeypatch.setattr(settings.sys, "platform", "linux")
    assert not settings.in_ci()


def test_windows_skips_the_grading_by_name(monkeypatch):
    class Item:
        def __init__(self, name):
            self.path, self.marks = ROOT / "tests" / f"{name}.py", []

        def add_marker(self, mark):
            self.marks.append(mark)

    items = [Item("test_homework_grade"), Item("test_bounds")]
    conftest.pytest_collection_modifyitems(items)
    assert not any(item.marks for item in items) or not hasattr(os, "fork")
    monkeypatch.delattr(os, "fork", raising=False)
    conftest.pytest_collection_modifyitems(items)
    marked = {item.path.stem: [mark.kwargs["reason"] for mark in item.marks] for item in items}
    assert "Windows has no fork" in marked["test_homework_grade"][-1]
    assert marked["test_bounds"] == []


# ------------------------------------------------------------------------ versions for a report


def test_versions_of_a_report():
    done = subprocess.run(
        [sys.executable, "-m", "course_utils.versions"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith("vae-course ") and lines[1].startswith("Python 3.")
    assert any(re.fullmatch(r"torch \d+\.\d+\S*", line) for line in lines)
    assert re.fullmatch(r"profile \w+, device \w+", lines[-1])
    assert str(ROOT) not in done.stdout, "a path of the reporter's own"


def test_versions_where_nothing_works(monkeypatch):
    def fails():
        raise OSError(f"{versions.Path.home()}/lib/libtorch.so: no such file\nand more")

    def missing(name):
        raise versions.PackageNotFoundError(name)

    monkeypatch.setattr(settings, "device", fails)
    monkeypatch.setattr(versions, "version", missing)
    monkeypatch.setenv("PATH", "")
    lines = versions.describe()
    assert "torch is not installed" in lines and "commit" not in lines[0]
    assert lines[-1] == "the course does not start: OSError: ~/lib/libtorch.so: no such file"
