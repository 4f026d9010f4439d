"""Check of exercise 2.5: ``traverse``."""

import numpy as np

from course_utils.checks._compare import floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows


@check("2.5")
def traverse(answer, seed):
    """``traverse(mu, dimension, values)``: mu (L,), an int, values (V,) -> (V, L)."""
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    latents, count = sizes(rng, 2)
    mu, values = floats(rng.normal(0, 1, latents) + 3, rng.uniform(-2.5, 2.5, count))
    for dimension in (int(rng.integers(1, latents - 1)), 0, latents - 1):
        rows, column = np.tile(mu, (count, 1)), np.arange(latents) == dimension
        right = np.where(column, values[:, None], rows)
        shifted = [np.where(np.roll(column, step), values[:, None], rows) for step in (1, -1)]
        verify(
            call(answer, mu, dimension, values),
            right,
            checked=f"{latents} dimensions, dimension {dimension}, {count} values",
            wrong=[
                ("the value is added to mu, it should replace the entry", rows + column * right),
                ("the value multiplies mu, it should replace the entry",
                 np.where(column, rows * values[:, None], rows)),
                ("the other dimensions are set to 0, they should stay those of mu", column * right),
                ("the other dimensions are changed too",
                 np.repeat(values[:, None], latents, axis=1)),
                ("the other dimensions are changed too", rows + values[:, None]),
                ("every row holds the last value: is one tensor changed again and again? (clone)",
                 np.tile(right[-1], (count, 1))),
                ("every row holds the first value", np.tile(right[0], (count, 1))),
                ("the wrong dimension is replaced: indices count from 0", shifted[0]),
                ("the wrong dimension is replaced: indices count from 0", shifted[1]),
                ("mu comes back unchanged", rows),
                ("the axes are swapped: (L, V) in place of (V, L)", right.T),
                ("only the column of values came back: whole rows are wanted", values),
                ("only the last row came back", right[-1]),
                ("there is an axis too many", right[:, None]),
                ("the values are sorted", right[np.argsort(values)]),
            ],
            tolerance=1e-5,
        )  # fmt: skip
    verify_repeatable(answer, mu, dimension, values)
    return "Every row is mu with one entry replaced by its value; the others stay."
