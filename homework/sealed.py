"""The copy of course_utils that a sandbox sees: without the answers of the lesson's exercises."""

import ast
import shutil
from pathlib import Path

import course_utils
from homework.inside.text import lines as lines_of

PACKAGE = Path(course_utils.__file__).resolve().parent
INSIDE = Path(__file__).resolve().parent / "inside"
LEFT_OUT = ("checks", "lesson.py", "plotting.py", "widgets.py", "training.py", "progress.py")


class SealError(ValueError):
    """A lesson seals something that the package does not have."""


def make(lesson, folder):
    """Write ``course_utils``, sealed for ``lesson``, and ``inside`` into ``folder``.

    Raises:
        SealError: a name in the lesson's metadata is not in the package.
    """
    folder = Path(folder)
    ignore = shutil.ignore_patterns("__pycache__", *LEFT_OUT)
    shutil.copytree(PACKAGE, folder / "course_utils", ignore=ignore)
    shutil.copytree(INSIDE, folder / "inside", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PACKAGE / "checks" / "_remote.py", folder / "inside" / "remote.py")
    for exercise, name in lesson.seals:
        path, qualified = _find(folder / "course_utils", name)
        reason = f"course_utils.{name} is left out of the grading: exercise {exercise} asks for it"
        path.write_text(seal(path.read_text(encoding="utf-8"), qualified, reason), encoding="utf-8")
    for path in [folder, *folder.rglob("*")]:  # another user reads it, whatever the umask is
        path.chmod(0o755 if path.is_dir() else 0o644)


def _find(package, name):
    """(file, name inside it) of ``losses.divergences.gaussian_kl``."""
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        path = package.joinpath(*parts[:count]).with_suffix(".py")
        if path.is_file():
            return path, parts[count:]
    raise SealError(f"seals: course_utils has no module for {name!r}")


def seal(text, qualified, reason):
    """``text`` with the body of one function, or of all of a class, replaced by a refusal."""
    body = ast.parse(text).body
    for depth, part in enumerate(qualified):
        kinds = (ast.FunctionDef, ast.ClassDef)
        found = [node for node in body if isinstance(node, kinds) and node.name == part]
        if not found:
            raise SealError(f"seals: there is no {'.'.join(qualified[: depth + 1])} in the module")
        node = found[-1]
        body = node.body
    lines = lines_of(text)
    indent = " " * (node.col_offset + 4)
    refusal = [f"{indent}raise NotImplementedError({reason!r})"]
    if isinstance(node, ast.ClassDef):
        refusal = [f"{indent}def __init__(self, *arguments, **named):", f"    {refusal[0]}"]
    first = node.body[0].lineno
    if isinstance(node.body[0], (ast.FunctionDef, ast.ClassDef)):
        first = min([first, *(d.lineno for d in node.body[0].decorator_list)])
    lines[first - 1 : node.end_lineno] = refusal
    return "\n".join(lines) + "\n"
