"""Check of exercise 5y.1: ``walk``."""

import numpy as np

from course_utils.checks._as_given import verify_as_given
from course_utils.checks._compare import show, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed


@check("5y.1")
def walk(answer, seed):
    """``walk(code, variable, num_categories)``: (N,), two ints -> (K, N), integers."""
    rng = np.random.default_rng(seed)
    one, two = (size + 2 for size in sizes(rng, 2))  # 5 categories or more
    for label, variables, categories, variable in (
        ("", one, two, int(rng.integers(1, one - 1))),
        ("", two, one, 0),
        ("", one, two, one - 1),
        ("one variable: ", 1, two, 0),
        ("as many categories as variables: ", one, one, 1),
    ):
        code = rng.integers(0, categories, variables)
        code[variable] = 2  # added to 0, 1, ... it is told from counting from 1
        rows, column = np.tile(code, (categories, 1)), np.arange(variables) == variable
        values = np.arange(categories)[:, None]
        right = np.where(column, values, rows)
        arrays = (code, variable, categories)
        received = call(answer, *arrays)
        verify(
            received,
            right,
            checked=f"{label}a code of {variables} variables, variable {variable}, "
            f"{categories} categories",
            wrong=[
                ("the categories count from 1, they should count from 0", right + column),
                ("the category is added to the code, it should replace the entry",
                 rows + column * values),
                ("the category is added to the code (modulo K), it should replace the entry",
                 np.where(column, (rows + values) % categories, rows)),
                ("the other variables are set to 0, they should stay as they are", column * right),
                ("all variables are changed", np.broadcast_to(values, rows.shape)),
                ("the code comes back unchanged", rows),
                ("every row holds the last category: is one tensor changed again and again?",
                 np.tile(right[-1], (categories, 1))),
                ("the axes are swapped: (N, K) in place of (K, N)", right.T),
                ("the categories come in the reverse order", right[::-1]),
                ("the category that the code has already is left out: all K are wanted",
                 right[np.arange(categories) != code[variable]]),
                ("10 is a constant in it: K is an argument",
                 np.where(column, np.arange(10)[:, None], np.tile(code, (10, 1)))),
                ("the wrong variable is changed: they count from 0",
                 np.where(np.roll(column, -1), values, rows)),
                ("the wrong variable is changed: they count from 0",
                 np.where(np.roll(column, 1), values, rows)),
            ],
            tolerance=1e-6,
            hint=f"row k should be the code with its entry {variable} replaced by k",
        )  # fmt: skip
        if received.dtype.kind not in "iu":
            raise CheckFailed(
                f"the codes are of type {received.dtype}: integers are wanted",
                checked=f"a code of type {code.dtype}",
                expected=f"a tensor of type {code.dtype}",
                received=show(received, dtype=True),
            )
    verify_repeatable(answer, *arrays)
    call_for_integers(answer, *arrays)
    verify_as_given(answer, *arrays)
    return "One row for each category, with that variable replaced and the others kept."


def call_for_integers(answer, *arrays, seed=0):
    """As ``call`` for tensors, whose way from numpy to a tensor would end in floats."""
    try:
        return call(answer, *arrays, seed=seed, tensors=True)
    except CheckFailed as failure:
        failure.mistake = failure.mistake.replace(").float()", ")")
        raise
