"""An nbgrader course: ``source/vae01/01_vae_2d.ipynb`` of each lesson, and its configuration."""

import sys
from pathlib import Path

from course_utils import settings
from course_utils.files import write_whole
from homework import release
from homework.exports.cells import REGION
from homework.lessons import source

CONFIGURATION = "nbgrader_config.py"
LINES = """\
import os
import sys

os.environ["COURSE_PROFILE"] = "smoke"  # wherever nbgrader runs a lesson's cells by itself
sys.path.insert(0, {root!r})  # the course, whose grader gives the points
from homework.exports import nbgrader_steps

c = get_config()
nbgrader_steps.settle(c)
c.GradeInSandbox.python = {python!r}  # it has torch; nbgrader's own need not
c.GradeInSandbox.seed = {seed}  # of the hidden inputs: keep it for a whole course
c.GradeInSandbox.options = []  # more words for `python -m homework grade`
"""
HEADER = '"""Written by `python -m homework export nbgrader`; change it as you like."""\n\n'
OWN = "nbgrader_steps.settle"  # says that a configuration has these lines


def write(lessons, folder, seed, force=False):
    """Write the course, all of it or nothing.

    Args:
        seed: of the hidden inputs.
        force: replace source notebooks that hold something else.

    Returns:
        (paths that were written, the lines that a configuration of your own still needs, or "").

    Raises:
        ReleaseError: a source notebook is there and differs, or the disk refuses it.
    """
    folder = Path(folder)
    files = {folder / path_of(lesson): text_of(lesson) for lesson in lessons}
    for path, text in files.items():
        if path.exists() and not force and path.read_bytes() != text.encode("utf-8"):
            raise release.ReleaseError(
                f"{path}: it differs from the lesson and may hold your changes, so it stays, and "
                "nothing was written; choose another folder by --to, or --force"
            )
    lines = LINES.format(root=str(settings.root()), python=sys.executable, seed=seed)
    settled = folder / CONFIGURATION
    needed = ""
    if not settled.exists():
        files[settled] = HEADER + lines
    elif OWN not in settled.read_text(encoding="utf-8"):
        needed = lines
    for path, text in files.items():
        try:
            write_whole(path, text)
        except OSError as error:
            told = f"{path}: could not be written ({error.strerror or error})"
            raise release.ReleaseError(told) from error
    return list(files), needed


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
