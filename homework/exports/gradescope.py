"""A Gradescope autograder of one lesson: a zip of the course without what the grading needs not."""

import io
import json
import re
import tomllib
import zipfile
from pathlib import Path

from course_utils import settings
from homework import keeping, release

FILES = Path(__file__).resolve().parent / "files"
PROGRAMS = ("setup.sh", "run_autograder")  # at the zip's top, executable
PACKAGES = ("course_utils", "homework")
# That the grading imports; ipykernel brings what reads the magics in answers.
LIBRARIES = ("torch", "numpy", "scipy", "scikit-learn", "pillow", "tqdm", "nbformat", "ipykernel")
ASKED = "gradescope.json"
TIME = (1980, 1, 1, 0, 0, 0)  # of every file, so that two exports of the same are the same bytes


def write(lesson, path, seed, force=False):
    """Write the autograder of ``lesson`` to ``path``, whole or not at all.

    Args:
        seed: of the hidden inputs, the same for every submission.
        force: replace a file that holds something else, such as another seed.

    Raises:
        ReleaseError: such a file is there, or the disk refuses it.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents(lesson, seed).items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name in PROGRAMS else 0o100644) << 16
            archive.writestr(entry, data)
    holds = "another seed or your changes"
    keeping.write({Path(path): stream.getvalue()}, holds, release.ReleaseError, force)


def contents(lesson, seed):
    """Name -> bytes of all that the zip holds."""
    root = settings.root()
    found = {name: (FILES / name).read_bytes() for name in PROGRAMS}
    found["requirements.txt"] = "".join(f"{one}\n" for one in requirements()).encode()
    asked = {"lesson": lesson.number, "seed": seed}
    found[ASKED] = (json.dumps(asked) + "\n").encode()
    found["LICENSE"] = (root / "LICENSE").read_bytes()
    found["pyproject.toml"] = (root / "pyproject.toml").read_bytes()  # marks the project's folder
    found[f"notebooks/{lesson.path.name}"] = _bare(lesson)
    for package in PACKAGES:
        for source in sorted((root / package).rglob("*.py")):
            found[source.relative_to(root).as_posix()] = source.read_bytes()
    return found


def requirements():
    """Lines of requirements.txt, from the course's own list."""
    project = tomllib.loads((settings.root() / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    by_name = {re.match(r"[\w-]+", one).group(): one for one in listed}
    return [by_name[name] for name in LIBRARIES]


def _bare(lesson):
    """The lesson's notebook without outputs, of which the grading needs none."""
    notebook = json.loads(json.dumps(lesson.notebook))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return release.text_of(notebook).encode("utf-8")
