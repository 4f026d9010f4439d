"""Conda and Binder, as far as they can be tried without conda-forge.

The files are read by conda's own words (rattler) and by repo2docker, which Binder builds with; and
pip is asked, in an environment that says it holds what conda brought, what is left for it to do.
"""

import json
import shutil
import sys
from importlib.metadata import version

import environments
import pytest
import yaml

from course_utils import settings
from tools import conda

ROOT = settings.root()
FILES = ("environment.yml", "binder/environment.yml")
REQUIREMENTS = ["jupyter-repo2docker>=2026.4", "py-rattler>=0.28"]

SPECS = """\
import json, sys
from rattler import BuildString, MatchSpec, PackageRecord
def record(version, build):
    return PackageRecord("pytorch", version, BuildString(build), 0, "linux-64")
for spec in json.loads(sys.argv[1]):
    parsed = MatchSpec(spec, strict=True)
    if spec.startswith("pytorch"):
        assert parsed.matches(record("2.14.1", "cpu_mkl_py313_h1234567_100")), spec
        assert parsed.matches(record("2.11.0", "cpu_generic_py313_h1234567_0")), spec
        assert not parsed.matches(record("2.14.1", "cuda130_mkl_py313_h1234567_300")), spec
        assert not parsed.matches(record("2.10.0", "cpu_mkl_py313_h1234567_100")), spec
"""
DOCKERFILE = """\
import os, sys
os.chdir(sys.argv[1])
from repo2docker.app import Repo2Docker
app = Repo2Docker()
packs = (pack(app.base_image) for pack in app.buildpacks)
pack = next(pack for pack in packs if pack.detect())
pack.platform = "linux/amd64"
print(type(pack).__name__, pack.python_version)
print(pack.render({}))
"""
# The set-up as it is, but that pip only says what it would install.
ASKED = """\
import sys
sys.path.insert(0, ".")
from tools import setup_env
run, more = setup_env.run, ["--dry-run", "--report", sys.argv[1]]
setup_env.run = lambda command, cwd: run([*command, *more], cwd)
print(setup_env.main(here=True))
"""
# Enough of both for the set-up's check that they work together.
TORCH = "__version__ = '{}'\ndef zeros(*sizes):\n    return sizes\n"
TORCHVISION = "__version__ = '{}'\nclass ops:\n    nms = staticmethod(lambda *a: a)\n"


@pytest.fixture(scope="module")
def python():
    return environments.make("binder", REQUIREMENTS)


@pytest.mark.parametrize("name", FILES)
def test_conda_reads_every_line(python, name):
    found = yaml.safe_load((ROOT / name).read_text("utf-8"))["dependencies"]
    environments.run([python, "-c", SPECS, json.dumps(found)])


def test_repo2docker_takes_the_environment_then_the_course(python):
    said = environments.run([python, "-c", DOCKERFILE, ROOT])
    first, _, dockerfile = said.partition("\n")
    assert first == f"CondaBuildPack {conda.BINDER_PYTHON}", "another road, or its own Python"
    steps = (
        'env update -p ${NB_PYTHON_PREFIX} --file "binder/environment.yml"',
        "./binder/postBuild",
    )
    places = [dockerfile.index(step) for step in steps]
    assert places == sorted(places)
    assert '/binder/start"' in dockerfile, "the server starts without the thread and the profile"


def conda_made(folder, missing=()):
    """A bare environment whose packages are the names and versions that conda would bring."""
    environments.run([sys.executable, "-m", "venv", folder])
    [packages] = folder.glob("lib/python*/site-packages")
    project = conda.tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for requirement in conda.requirements(project, conda.EXTRAS):
        name = conda.Requirement(requirement).name
        number = version(name).split("+")[0]
        if name in missing:
            continue
        info = packages / f"{name.replace('-', '_')}-{number}.dist-info"
        info.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n"
        (info / "METADATA").write_text(text)
        (info / "INSTALLER").write_text("conda\n")
        (info / "RECORD").write_text("")
        if name in ("torch", "torchvision"):
            text = TORCH if name == "torch" else TORCHVISION
            (packages / f"{name}.py").write_text(text.format(number))
    return folder / "bin" / "python"


def left_for_pip(tmp_path, missing=()):
    """Names of what the set-up would install, and what it printed."""
    course = tmp_path / "course"
    for name in ("course_utils", "tools"):
        shutil.copytree(ROOT / name, course / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, course)
    python, report = conda_made(tmp_path / "env", missing), tmp_path / "report.json"
    said = environments.run([python, "-c", ASKED, report], cwd=course)
    found = json.loads(report.read_text())["install"]
    return {one["metadata"]["name"] for one in found}, said


def test_pip_has_nothing_left_to_do(tmp_path):
    """No second torch and no CUDA: the course itself, and what conda-forge does not have."""
    names, said = left_for_pip(tmp_path)
    assert names == {"vae-course", *conda.MISSING}
    assert "Kept as they are: torch==" in said and "6 GB" not in said


def test_what_conda_did_not_bring_is_seen(tmp_path):
    names, _ = left_for_pip(tmp_path, missing=("tqdm",))
    assert names == {"vae-course", "tqdm", *conda.MISSING}
