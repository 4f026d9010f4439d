"""The conda environments hold pyproject.toml's list, in conda's words, and no second one."""

import re
import shutil
import tomllib

import pytest
import yaml

from course_utils import settings
from tools import conda, setup_env

ROOT = settings.root()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FILES = {"environment.yml": setup_env.EXTRAS, "binder/environment.yml": conda.BINDER_EXTRAS}


def specs(name):
    """Conda's name -> (bounds, build) of a file, read as a user's conda reads it."""
    found = yaml.safe_load((ROOT / name).read_text("utf-8"))["dependencies"]
    assert all(isinstance(entry, str) for entry in found), f"{name}: pip installs something"
    split = (f"{entry}  ".split(" ", 2) for entry in found)
    return {name: (bounds, build.strip()) for name, bounds, build in split}


def test_the_set_up_takes_all_extras_but_the_peers_of_the_bench():
    assert {*setup_env.EXTRAS.split(",")} == {*PROJECT["optional-dependencies"]} - {"bench"}


def test_the_files_are_those_that_the_list_makes():
    assert conda.differing(ROOT) == {}, "run: python -m tools.conda"


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_has_its_bounds(name):
    """Read back from the file, not by the code that wrote it."""
    found, wanted = specs(name), [*PROJECT["dependencies"]]
    for extra in FILES[name].split(","):
        wanted += PROJECT["optional-dependencies"][extra]
    for requirement in wanted:
        package, bounds = re.fullmatch(r"([\w-]+)(.*)", requirement).groups()
        if package in conda.MISSING:
            assert package not in found
            continue
        has = found.pop(conda.NAMES.get(package, package))[0]
        assert has == bounds.replace("==", "") or (has, bounds) == ("*", ""), requirement
    assert set(found) == {"python", "pip"}, "conda is asked for what pyproject.toml does not list"


@pytest.mark.parametrize("name", FILES)
def test_conda_forge_alone_and_torch_for_processors(name):
    whole = yaml.safe_load((ROOT / name).read_text("utf-8"))
    assert whole["channels"][0] == "conda-forge" and set(whole["channels"][1:]) <= {"nodefaults"}
    assert specs(name)["pytorch"] == (">=2.11", "cpu*")
    assert "cuda*" in (ROOT / "environment.yml").read_text("utf-8"), "how to get the GPU build"


def test_pythons():
    assert specs("environment.yml")["python"][0] == PROJECT["requires-python"]
    exact = re.fullmatch(r"=(3\.\d+)", specs("binder/environment.yml")["python"][0])
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert int(exact[1].split(".")[1]) >= int(lowest.split(".")[1])


def test_words_of_conda():
    assert conda.spec("numpy>=2.0") == "numpy >=2.0"
    assert conda.spec("ipywidgets >=8.1, <9") == "ipywidgets >=8.1,<9"
    assert conda.spec("nbval==0.11.*") == "nbval 0.11.*"
    assert conda.spec("pythae==0.1.2") == "pythae ==0.1.2"
    assert conda.spec("torch") == "pytorch * cpu*"
    assert conda.spec("tqdm") == "tqdm"


@pytest.mark.parametrize(
    "bad", ["x~=1.2", "x===1", "x[y]>=1", "x>=1; python_version<'3.12'", "x @ file:///y", ""]
)
def test_what_conda_has_no_word_for_is_refused(bad):
    with pytest.raises(conda.CondaError, match=f"^{re.escape(repr(bad))}: [Ee]xpected .*name"):
        conda.spec(bad)


def test_the_command(tmp_path, capsys):
    (tmp_path / "binder").mkdir()
    for name in ("pyproject.toml", "environment.yml", "binder/environment.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    assert conda.main(["--check", "--root", str(tmp_path)]) == 0
    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace("numpy>=2.0", "numpy>=3.0"), "utf-8")
    old = (tmp_path / "environment.yml").read_text("utf-8")
    assert conda.main(["--check", "--root", str(tmp_path)]) == 1
    assert "environment.yml differs" in capsys.readouterr().out
    assert (tmp_path / "environment.yml").read_text("utf-8") == old
    assert conda.main(["--root", str(tmp_path)]) == 0
    for name in FILES:
        assert "  - numpy >=3.0\n" in (tmp_path / name).read_text("utf-8")
    project.write_text(project.read_text("utf-8").replace("numpy>=3.0", "numpy~=3.0"), "utf-8")
    with pytest.raises(SystemExit, match="pyproject.toml: 'numpy~=3.0'"):
        conda.main(["--root", str(tmp_path)])


def test_binder_s_scripts():
    """repo2docker runs postBuild, and start in the server's place, if they may be executed."""
    for name in ("postBuild", "start"):
        script = ROOT / "binder" / name
        assert script.read_bytes().startswith(b"#!/usr/bin/env bash\n")
        assert script.stat().st_mode & 0o111 or settings.root().drive, f"{name}: not executable"
    assert (ROOT / "binder" / "start").read_text().rstrip().endswith('exec "$@"')
