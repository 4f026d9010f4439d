"""The copy of course_utils that a sandbox sees: what the lesson uses, without its answers."""

import ast
import shutil
from pathlib import Path

from course_utils.checks import _allowed
from course_utils.checks._allowed import DEFINITIONS, NAME, PACKAGE, SealError

INSIDE = Path(__file__).resolve().parent / "inside"
DECORATORS = ("property", "staticmethod", "classmethod")  # kept on what refuses

__all__ = ["SealError", "copy", "make"]


def make(lesson, folder):
    """Write ``course_utils``, as it is for ``lesson``, and ``inside`` into ``folder``.

    Raises:
        SealError: a name that a check seals is not in the package.
    """
    folder = Path(folder)
    package = _allowed.modules()
    walk = _allowed.Walk(package, dict((name, exercise) for exercise, name in lesson.seals))
    walk.of(lesson.cells)
    for name, text in copy(package, walk, lesson.number).items():
        is_package = (PACKAGE / Path(*name.split("."))).is_dir()
        path = Path(*name.split("."), "__init__") if is_package else Path(*name.split("."))
        path = (folder / NAME / path).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(INSIDE, folder / "inside", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("remote", "largest", "stubs"):  # they stand there without the rest of the checks
        text = (PACKAGE / "checks" / f"_{name}.py").read_text(encoding="utf-8")
        text = text.replace(f"{NAME}.checks._", "inside.")
        (folder / "inside" / f"{name}.py").write_text(text, encoding="utf-8")
    for path in [folder, *folder.rglob("*")]:  # another user reads it, whatever the umask is
        path.chmod(0o755 if path.is_dir() else 0o644)


def copy(package, walk, number):
    """Texts of the modules, in which all that ``walk`` did not keep refuses to be called.

    Names stay, so that every import works; the refusal comes at use, and says why.
    """
    return {name: _text(module, walk, number) for name, module in package.items()}


def _text(module, walk, number):
    body = [_kept(node, f"{module.name}.{node.name}", walk, number)
            if isinstance(node, DEFINITIONS) else node for node in module.tree.body]  # fmt: skip
    return ast.unparse(ast.Module(body, [])) + "\n"


def _kept(node, name, walk, number, seal=None):
    """A definition as it stands in the copy."""
    seal = walk.sealed.get(name, seal)
    reason = f"exercise {seal} asks for it" if seal else f"lesson {number} does not use it"
    refusal = f"{NAME}.{name} is left out of the grading: {reason}"
    if not isinstance(node, ast.ClassDef):
        return node if name in walk.kept else _refusing(node, refusal)
    inner = [
        _kept(part, f"{name}.{part.name}", walk, number, seal)
        if isinstance(part, DEFINITIONS)
        else part
        for part in node.body
    ]
    if name in walk.kept:
        return _with(node, body=inner)
    # Neither fields nor methods of Python's own: nothing of it can be made or called.
    names = [part for part in inner if isinstance(part, DEFINITIONS) and part.name != "__init__"]
    bases = [base for base in node.bases if ast.unparse(base) != "NamedTuple"]
    start = ast.parse(f"def __init__(self, *arguments, **named):\n raise {_error(refusal)}").body
    return _with(node, bases=bases, decorator_list=[], body=[*start, *names])


def _refusing(node, refusal):
    decorators = [one for one in node.decorator_list if ast.unparse(one) in DECORATORS]
    text = f"def {node.name}(*arguments, **named):\n raise {_error(refusal)}"
    return _with(ast.parse(text).body[0], decorator_list=decorators)


def _error(refusal):
    return f"NotImplementedError({refusal!r})"


def _with(node, **changed):
    """A copy of a node with other fields."""
    fields = {name: getattr(node, name) for name in node._fields} | changed
    return ast.copy_location(type(node)(**fields), node)
