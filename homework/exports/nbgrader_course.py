"""An nbgrader course: ``source/vae01/01_vae_2d.ipynb`` of each lesson, and its configuration."""

import re
import secrets
import sys
from pathlib import Path

from course_utils import settings
from homework import keeping, release
from homework.exports.cells import REGION
from homework.lessons import source

CONFIGURATION = "nbgrader_config.py"
LINES = """\
import os
import sys

os.environ["COURSE_PROFILE"] = "smoke"  # wherever nbgrader runs a lesson's cells by itself
sys.path.insert(0, {root!r})  # the course, whose grader gives the points
try:  # nbgrader goes on without a configuration that fails, and would run answers unprotected
    from homework.exports import nbgrader_steps

    c = get_config()
    nbgrader_steps.settle(c)
except Exception as error:
    sys.exit(f"{{__file__}}: {{error}}. Is the course still in {{sys.path[0]}}?")
c.GradeInSandbox.python = {python!r}  # it has torch; nbgrader's own need not
c.GradeInSandbox.seed = {seed}  # of the hidden inputs: keep it for a whole course
c.GradeInSandbox.options = []  # more words for `python -m homework grade`
"""
HEADER = '"""Written by `python -m homework export nbgrader`; change it as you like."""\n\n'
OWN = "nbgrader_steps.settle"  # says that a configuration has these lines
SEED = re.compile(r"^[ \t]*\w+\.GradeInSandbox\.seed *= *(\w+)", re.MULTILINE)


def write(lessons, folder, seed=None, force=False):
    """Write the course, all of it or nothing.

    Args:
        seed: of the hidden inputs; drawn where it is None and no configuration has one.
        force: replace source notebooks that hold something else.

    Returns:
        (paths that were written, the lines that a configuration of your own still needs, or "").

    Raises:
        ReleaseError: a source notebook is there and differs, a configuration is there with
            another seed, or the disk refuses a file.
    """
    folder = Path(folder)
    files = {folder / path_of(lesson): text_of(lesson).encode("utf-8") for lesson in lessons}
    drawn = secrets.randbelow(2**31) if seed is None else seed
    lines = LINES.format(root=str(settings.root()), python=sys.executable, seed=drawn)
    settled = folder / CONFIGURATION
    needed = ""
    if not settled.exists():
        files[settled] = (HEADER + lines).encode("utf-8")
    elif OWN not in (text := _text(settled)):
        needed = lines
    elif seed is not None:
        _refuse_another(seed, settled, text)
    keeping.write(files, "your changes", release.ReleaseError, force)
    return list(files), needed


def _text(path):
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise release.ReleaseError(f"{path}: cannot be read ({error.strerror})") from error


def _refuse_another(seed, path, text):
    """Raise where the configuration, whose last line on it counts, does not have this seed."""
    found = list(SEED.finditer(text))
    if found and found[-1][1] == str(seed):
        return
    todo = f"add the line c.GradeInSandbox.seed = {seed}"
    if found:
        number = text.count("\n", 0, found[-1].start(1)) + 1
        todo = f"change line {number}, {found[-1][0].strip()}, to c.GradeInSandbox.seed = {seed}"
    raise release.ReleaseError(
        f"{path}: it is yours and stays, so --seed {seed} has no effect, and nothing was written; "
        f"{todo}, or leave --seed out"
    )


def path_of(lesson):
    """Where nbgrader looks for a lesson: the assignment ``vae01``."""
    return Path("source", f"vae{lesson.number}", f"{lesson.name}.ipynb")


def text_of(lesson):
    """The source version: the student version with its solutions, for nbgrader to take out."""
    notebook = release.student_version(lesson, solved=True)
    questions = {question.id for question in lesson.reflections}
    for cell in notebook["cells"]:
        if cell["metadata"].get("course", {}).get("id") in questions:
            cell["source"] = f"{source(cell)}{REGION}"
    return release.text_of(notebook)
