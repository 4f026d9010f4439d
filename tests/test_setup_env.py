"""The set-up behind every command, with a pip that is none: what is trusted, kept and refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils import settings
from tools import setup_env


class FakeMachine:
    """Takes the place of setup_env.run and .ask: notes what was called, makes a bare venv."""

    def __init__(self, monkeypatch, torch=None, pip_code=0, pair="ok 2.15.0 0.29.2"):
        self.torch, self.pip_code, self.pair = torch, pip_code, pair
        self.installs, self.constraints = [], []
        monkeypatch.setattr(setup_env, "run", self.run)
        monkeypatch.setattr(setup_env, "ask", self.ask)

    def run(self, command, cwd=None):
        if "venv" in command:
            folder = Path(command[-1])
            python = setup_env.interpreter(folder)
            python.parent.mkdir(parents=True)
            python.write_text("")
            (folder / "pyvenv.cfg").write_text("home = here\nversion = 3.11.7\n")
        elif "install" in command:
            self.installs.append(command)
            if "--constraint" in command:
                name = command[command.index("--constraint") + 1]
                self.constraints.append(Path(name).read_text())
            if isinstance(self.pip_code, BaseException):
                raise self.pip_code
            return self.pip_code
        return 0

    def ask(self, command):
        if setup_env.KEPT in command:
            return json.dumps(self.torch or {})
        return self.pair if setup_env.CHECK in command else "pip 26"


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    text = '[project]\nname = "x"\ndependencies = ["torch>=2.11", "numpy>=2"]\n'
    (root / "pyproject.toml").write_text(text)
    return root


@pytest.fixture
def given(tmp_path, monkeypatch):
    """An environment that ``make lab PYTHON=...`` names: the running Python's."""
    folder = tmp_path / "given"
    folder.mkdir()
    monkeypatch.setattr(setup_env.sys, "prefix", str(folder))
    return folder


def test_second_call_installs_nothing(project, monkeypatch, capsys):
    machine = FakeMachine(monkeypatch)
    python = setup_env.ensure(root=project)
    assert python == setup_env.interpreter(project / ".venv")
    assert "6 GB" in capsys.readouterr().out
    assert setup_env.ensure(root=project) == python
    assert len(machine.installs) == 1
    assert machine.installs[0][-2:] == ["--editable", ".[lab,test,site]"]
    assert not machine.constraints
    assert capsys.readouterr().out == ""


def test_what_makes_a_stamp_stale(project, monkeypatch):
    machine = FakeMachine(monkeypatch)
    setup_env.ensure(root=project)
    file = project / "pyproject.toml"
    file.write_text(file.read_text() + "\n[tool.ruff]\nline-length = 100\n")
    setup_env.ensure(root=project)
    assert len(machine.installs) == 1  # a formatter's setting is no requirement
    file.write_text(file.read_text().replace("numpy>=2", "numpy>=3"))
    setup_env.ensure(root=project)
    assert len(machine.installs) == 2
    moved = project.rename(project.with_name("moved"))  # an editable install knows the old place
    setup_env.ensure(root=moved)
    assert len(machine.installs) == 3
    configuration = moved / ".venv" / "pyvenv.cfg"
    configuration.write_text(configuration.read_text().replace("3.11.7", "3.12.0"))
    setup_env.ensure(root=moved)
    assert len(machine.installs) == 4


@pytest.mark.parametrize("fault", ["pip fails", "torch cannot be imported", "interrupted"])
def test_failed_set_up_leaves_nothing_trusted(project, monkeypatch, fault):
    machine = FakeMachine(monkeypatch)
    expected = KeyboardInterrupt if fault == "interrupted" else setup_env.SetupError
    if fault == "pip fails":
        machine.pip_code = 1
    elif fault == "interrupted":
        machine.pip_code = KeyboardInterrupt()
    else:
        machine.pair = "torch 2.13.0 and torchvision 0.29.2: RuntimeError: operator does not exist"
    with pytest.raises(expected):
        setup_env.ensure(root=project)
    venv = project / ".venv"
    assert not setup_env.finished(venv, project)
    (venv / "half-made").write_text("")
    machine.pip_code, machine.pair = 0, "ok 2.15.0 0.29.2"
    setup_env.ensure(root=project)
    assert setup_env.finished(venv, project)
    assert not (venv / "half-made").exists(), "a half-made .venv was built upon"


def test_killed_set_up_is_not_trusted(project):
    """The same with a real process that is killed in the middle of pip."""
    code = (
        f"import sys; sys.path.insert(0, {str(settings.root())!r})\n"
        "import os, signal\nfrom pathlib import Path\nfrom tools import setup_env\n"
        "def run(command, cwd=None):\n"
        "    if 'venv' in command:\n"
        "        python = setup_env.interpreter(Path(command[-1]))\n"
        "        python.parent.mkdir(parents=True)\n"
        "        python.write_text('')\n"
        "        return 0\n"
        "    os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))\n"
        "setup_env.run, setup_env.ask = run, lambda command: '{}'\n"
        f"setup_env.ensure(root=Path({str(project)!r}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode != 0
    venv = project / ".venv"
    assert setup_env.interpreter(venv).is_file()
    assert not setup_env.finished(venv, project)
    assert setup_env.is_ours(venv)


def test_update_that_pip_refuses_keeps_the_environment(project, monkeypatch):
    machine = FakeMachine(monkeypatch)
    setup_env.ensure(root=project)
    (project / ".venv" / "installed").write_text("")
    file = project / "pyproject.toml"
    file.write_text(file.read_text().replace("numpy>=2", "numpy>=3"))
    machine.pip_code = 1  # no network, say
    with pytest.raises(setup_env.SetupError, match="needs the network"):
        setup_env.ensure(root=project)
    machine.pip_code = 0
    setup_env.ensure(root=project)
    assert (project / ".venv" / "installed").exists(), "6 GB fetched again for nothing"
    assert setup_env.finished(project / ".venv", project)


def test_given_environment_keeps_its_torch(project, given, monkeypatch):
    machine = FakeMachine(monkeypatch, torch={"torch": "2.12.1+cpu", "torchvision": "0.27.1+cpu"})
    assert setup_env.ensure(here=True, root=project) == Path(sys.executable)
    assert machine.constraints == ["torch==2.12.1+cpu\ntorchvision==0.27.1+cpu\n"]
    assert not (project / ".venv").exists()
    setup_env.ensure(here=True, root=project)
    assert len(machine.installs) == 1
    assert (given / setup_env.STAMP).is_file()


def test_given_environment_with_an_old_torch(project, given, monkeypatch):
    machine = FakeMachine(monkeypatch, torch={"torch": "2.9.1", "torchvision": "0.24.1"})
    with pytest.raises(setup_env.SetupError, match=r"has torch 2\.9\.1; the course needs 2\.11"):
        setup_env.ensure(here=True, root=project)
    assert not machine.installs


def test_a_venv_of_the_readers_own_is_not_deleted(project, monkeypatch):
    machine = FakeMachine(monkeypatch, torch={"torch": "2.15.0+cpu"})
    machine.run(["python", "-m", "venv", str(project / ".venv")])
    (project / ".venv" / "mine").write_text("")
    setup_env.ensure(root=project)
    assert (project / ".venv" / "mine").exists()
    assert machine.constraints == ["torch==2.15.0+cpu\n"]


def test_pair_that_does_not_work_is_explained(project, given, monkeypatch):
    answer = "torch 2.13.0+cpu and torchvision 0.29.2: RuntimeError: operator does not exist"
    FakeMachine(monkeypatch, torch={"torch": "2.13.0+cpu"}, pair=answer)
    with pytest.raises(setup_env.SetupError, match="same release and the same build") as caught:
        setup_env.ensure(here=True, root=project)
    assert answer in str(caught.value)
    assert not setup_env.finished(given, project)


def test_two_set_ups_at_once(project):
    with setup_env.only_one(project):
        with pytest.raises(setup_env.SetupError, match="Another set-up is running"):
            with setup_env.only_one(project):
                pass
    with setup_env.only_one(project):
        pass


def test_pythons_that_are_too_old(monkeypatch):
    monkeypatch.setattr(setup_env.sys, "version_info", (3, 9, 1))
    with pytest.raises(setup_env.SetupError, match=r"needs Python 3\.11 or newer"):
        setup_env.require_python()
