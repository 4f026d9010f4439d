"""A lesson once more, with one mistake in it: ``python mistaken.py NOTEBOOK [FUNCTION MUTANT]``.

The code of the notebook's cells runs from top to bottom, as in a script. After the cell that
defines FUNCTION, the answer named MUTANT of ``tests/mutants`` takes its place. What would stop the
run before its claims is left out: calls of checks, assertions, and comparisons of the lesson's own
code with the package's. The last line printed is JSON: the texts of the claims that failed, and how
many were made.

Which mistake must break which claim stands in ``tests/mutants/lessonNN/__init__.py``::

    BREAKS = [("gaussian_kl", "kl_no_half", "the rate is that of the closed form")]
"""

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
COMPARISONS = ("assert_close", "assert_allclose", "assert_array_equal", "assert_equal")


def breaks():
    """(lesson's number, function, mutant, claim) of all lessons that name what must break."""
    for folder in sorted((TESTS / "mutants").glob("lesson*")):
        module = importlib.import_module(f"mutants.{folder.name}")
        for entry in getattr(module, "BREAKS", ()):
            yield (folder.name.removeprefix("lesson"), *entry)


def mutant_of(number, name):
    """The answer of that name among those of a lesson.

    Raises:
        ValueError: there is none, or two files have one.
    """
    import mutants

    found = [
        answer
        for module in mutants.modules(number).values()
        for answer, _ in module.WRONG
        if answer.__name__ == name
    ]
    if len(found) != 1:
        raise ValueError(f"mutant: expected one wrong answer named {name}, got {len(found)}")
    return found[0]


class Unchecked(ast.NodeTransformer):
    """Leaves out what would stop a run with a mistake in it before its claims."""

    def visit_Expr(self, node):
        called = ast.unparse(node.value.func) if isinstance(node.value, ast.Call) else ""
        is_check = called.startswith("checks.") and not called.startswith("checks.lend")
        stops = is_check or called.split(".")[-1] in COMPARISONS
        return ast.copy_location(ast.Pass(), node) if stops else node


def run(notebook, function="", mutant=""):
    """(texts of the claims that failed, how many were made) of a notebook's code.

    Raises:
        ValueError: no cell defines ``function``, there is no such mutant, or the run ends without
            its claims.
        Exception: whatever a cell raises.
    """
    from course_utils import claims

    answer = mutant_of(Path(notebook).stem.split("_")[0], mutant) if function else None
    space, placed, counts = {"__name__": "__main__"}, False, []
    settle = claims.settle

    def counted(found, names):
        counts.append(len(found))
        settle(found, names)

    claims.settle = counted
    cells = json.loads(Path(notebook).read_text("utf-8"))["cells"]
    try:
        for cell in (cell for cell in cells if cell["cell_type"] == "code"):
            tree = Unchecked().visit(ast.parse("".join(cell["source"])))
            # optimize=1 leaves out assertions
            exec(compile(tree, f"<cell {cell.get('id')}>", "exec", optimize=1), space)
            defined = {getattr(node, "name", None) for node in tree.body}
            if function and function in defined:
                space[function], placed = answer, True
    except claims.ClaimFailed as failure:
        failed = list(failure.failed)
    else:
        failed = []
    finally:
        claims.settle = settle
    if function and not placed:
        raise ValueError(f"function: expected one that a cell defines, got {function!r}")
    if not sum(counts):
        raise ValueError(f"{notebook}: expected claims and a call of lesson.claims(), got none")
    return failed, sum(counts)


def run_apart(notebook, *answer, options=(), **variables):
    """(:func:`run` of a process of its own in ``smoke``, what it printed before)."""
    variables = {"COURSE_PROFILE": "smoke", "OMP_NUM_THREADS": "1"} | variables
    done = subprocess.run(
        [sys.executable, *options, __file__, str(notebook), *answer],
        env=os.environ | variables,
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise RuntimeError(f"{notebook} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    *printed, last = done.stdout.splitlines()
    return json.loads(last), "\n".join(printed)


def main(notebook, function="", mutant=""):
    print(json.dumps(run(notebook, function, mutant)))


if __name__ == "__main__":
    sys.path[:0] = [str(TESTS.parent), str(TESTS)]
    main(*sys.argv[1:])
