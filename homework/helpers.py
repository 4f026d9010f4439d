"""What a student's helper in an earlier answer's cell may stand for: steps of the reference.

An answer that calls a helper of an earlier, wrong answer is tried with each step of the earlier
reference in the helper's place. So the mistake in the helper costs the earlier points alone.
"""

import ast
import keyword

MOST = 6  # sources that are tried for one answer
MOST_NAMES = 3  # of one earlier exercise, that are looked at
SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign)


def steps(text, helper):
    """Sources that define ``helper`` as the values that a reference computes on its way.

    Args:
        text: source of an exercise's cell with its solution.
        helper: the name to define.

    Returns:
        A list of sources; each takes those of the reference's arguments that its value needs.
    """
    found = []
    for function in ast.parse(text).body:
        if isinstance(function, ast.FunctionDef):
            arguments = [part.arg for part in function.args.args]
            for index, node in enumerate(function.body):
                if isinstance(node, SIMPLE) and len(names := _stored(node)) == 1:
                    found.append(_source(helper, arguments, function.body[: index + 1], names))
    return found


def tries(lesson, helpers):
    """What to try for an answer that calls ``helpers``: dicts of a name and its source.

    Args:
        helpers: id of an earlier exercise that is not right -> names in its cell, see :func:`told`.
    """
    answers = {name for entry in lesson.exercises for name in entry.defines}
    found = []
    for entry in lesson.exercises:
        for name in sorted(set(helpers.get(entry.id, ())) - answers):  # the same in every run
            found += [{name: text} for text in steps(lesson.references[entry.id], name)]
    return found[:MOST]


def told(value):
    """id -> names, of what a sandbox says about helpers: a few names of Python, nothing else."""
    return {
        key: [name for name in names[:MOST_NAMES] if _is_name(name)]
        for key, names in (value.items() if isinstance(value, dict) else ())
        if isinstance(names, list)
    }


def _is_name(value):
    return isinstance(value, str) and value.isidentifier() and not keyword.iskeyword(value)


def _source(helper, arguments, body, names):
    """A function that returns the one name of ``names``, without steps that it does not need."""
    result, needed, kept = next(iter(names)), set(names), []
    for node in reversed(body):
        if needed & _stored(node):
            kept.insert(0, node)
            needed |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    taken = ", ".join(name for name in arguments if name in needed)
    lines = [ast.unparse(node) for node in kept] + [f"return {result}"]
    inner = "\n".join(f"    {line}" for text in lines for line in text.split("\n"))
    return f"def {helper}({taken}):\n{inner}\n"


def _stored(node):
    parts = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    return {part.id for part in parts if isinstance(part.ctx, ast.Store)}
