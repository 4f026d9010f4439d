"""Lessons under the versions that Colab ships, and fetched by their first cell as Colab would."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import environments
import nbformat
import pytest

from tools.public import name, publish, setup_cell

ROOT = environments.ROOT
PINS = Path(__file__).with_name("colab.txt")
PUBLIC = name.Public("owner/vae-course", "v0.0.1")
LESSONS = ("01_vae_2d", "02_vae_mnist", "05_gumbel", "08_pixelcnn")
# What a notebook needs to run there, beside what the course asks for.
SHIPPED = ("ipykernel", "nbclient", "nbconvert", "pip", "setuptools", "wheel")
SMOKE = {"COURSE_PROFILE": "smoke", "COURSE_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
EXECUTE = """
import sys
from pathlib import Path
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
folder = {"metadata": {"path": str(Path(sys.argv[1]).parent)}}
NotebookClient(notebook, timeout=600, kernel_name="python3", resources=folder).execute()
nbformat.write(notebook, sys.argv[2])
"""
MET = """
import sys
from importlib.metadata import version
from packaging.requirements import Requirement
for line in sys.argv[1:]:
    asked = Requirement(line)
    if not asked.specifier.contains(version(asked.name), prereleases=True):
        print(asked, version(asked.name))
"""
ABSENT = "import importlib.util; print(importlib.util.find_spec('course_utils'))"


def dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return project["project"]["dependencies"]


@pytest.fixture(scope="module")
def colab():
    """A Python with the course's dependencies in Colab's versions, of Colab's release if it can."""
    names = [re.match(r"[\w-]+", line)[0] for line in dependencies()]
    newest = environments.newest("python3.13")
    return environments.make("colab", [*names, *SHIPPED], PINS, newest)


def execute(python, path, home, **more):
    """The notebook as it ran there; its kernels are that Python's own."""
    target = home / f"executed-{path.name}"
    environments.run([python, "-c", EXECUTE, path, target], home, HOME=str(home), **SMOKE, **more)
    return nbformat.read(target, as_version=4)


def printed(cells):
    """What the cells printed, in their order."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def test_colab_has_all_that_the_course_asks_for(colab):
    """So nothing of its own is replaced, and its session need not be restarted."""
    assert environments.run([colab, "-c", MET, *dependencies()]) == ""


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs(colab, tmp_path, lesson):
    path = ROOT / "notebooks" / f"{lesson}.ipynb"
    notebook = execute(colab, path, tmp_path, PYTHONPATH=str(ROOT))
    said = printed(notebook.cells)
    assert said.startswith(f"Lesson {lesson[:2]}: profile smoke")
    without = nbformat.read(path, as_version=4)
    sliders = sum("widgets.frames" in cell.source for cell in without.cells)
    told = "With ipywidgets 8 a slider moves this picture; here is ipywidgets 7.7.1."
    assert said.count(told) == sliders
    assert sliders or lesson.startswith("01")


# ------------------------------------------------------------------------- by its first cell alone


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A folder of bare repositories for GitHub's place: the course as it is now, published."""
    work, hub = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("hub")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for file in environments.run(listed, ROOT).split("\0"):
        if file and (ROOT / file).is_file():
            (work / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, work / file)
    call = ["--root", str(work), "--repository", PUBLIC.repository, "--tag", PUBLIC.tag]
    assert publish.main(call) == 0
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    environments.run([*git, "init", "--quiet", "."], work)
    environments.run([*git, "add", "."], work)
    environments.run([*git, "commit", "--quiet", "-m", "The course."], work)
    environments.run([*git, "tag", PUBLIC.tag], work)
    environments.run([*git, "clone", "--quiet", "--bare", work, hub / PUBLIC.repository], hub)
    yield hub
    shutil.rmtree(work)
    shutil.rmtree(hub)


@pytest.fixture
def alone(hub, tmp_path):
    """One published lesson in an empty folder, and what makes git take the hub for GitHub."""
    file = f"notebooks/{LESSONS[0]}.ipynb"
    shown = subprocess.run(
        ["git", "-C", hub / PUBLIC.repository, "show", f"{PUBLIC.tag}:{file}"],
        check=True,
        capture_output=True,
    )
    path = tmp_path / "content" / Path(file).name
    path.parent.mkdir()
    path.write_bytes(shown.stdout)
    told = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{hub.as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }
    yield path, told
    shutil.rmtree(tmp_path)


def test_one_notebook_alone_fetches_the_course_and_runs(colab, alone):
    path, told = alone
    assert environments.run([colab, "-c", ABSENT], path.parent).strip() == "None"
    notebook = execute(colab, path, path.parent.parent, **told)
    [cell] = [cell for cell in notebook.cells if setup_cell.is_setup(cell)]
    address = f"{PUBLIC.tag} of https://github.com/{PUBLIC.repository}"
    said = printed([cell]).splitlines()
    assert said[0] == f"The course is fetched once, {address} ..." and len(said) == 2
    assert said[1].endswith(f"github.com/{PUBLIC.repository}/tree/{PUBLIC.tag}")
    made = path.parent / "vae-course-v0.0.1"
    assert sorted(path.parent.iterdir()) == sorted([path, made])
    assert (made / "data" / "checkpoints").is_dir()
    assert environments.run([colab, "-c", ABSENT], path.parent).strip() == "None"


def test_the_exported_script_fetches_the_course_and_runs(colab, alone):
    path, told = alone
    environments.run([colab, "-m", "nbconvert", "--to", "script", path], path.parent)
    script = path.with_suffix(".py")
    said = environments.run([colab, script], path.parent, MPLBACKEND="agg", **SMOKE, **told)
    assert said.startswith("The course is fetched once,")
    assert "Lesson 01: profile smoke" in said
