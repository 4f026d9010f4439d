"""Check of exercise 2.5: ``traverse``."""

import numpy as np

from course_utils.checks._as_given import verify_as_given
from course_utils.checks._compare import floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows


@check("2.5")
def traverse(answer, seed):
    """``traverse(mu, dimension, values)``: mu (L,), an int, values (V,) -> (V, L)."""
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    one, two = sizes(rng, 2)
    for label, latents, count, dimension in (
        ("", one, two, int(rng.integers(1, one - 1))),
        ("", one, two, 0),
        ("", one, two, one - 1),
        ("one value: ", one, 1, 1),
        ("one dimension: ", 1, two, 0),
        ("as many values as dimensions: ", one, one, 1),
        ("values that come twice, and 0: ", one, two, 1),
    ):
        mu, values = floats(rng.normal(0, 1, latents) + 3, rng.uniform(-2.5, 2.5, count))
        if label.startswith("values"):
            values[:3] = 0.0, values[-1], values[-1]
        rows, column = np.tile(mu, (count, 1)), np.arange(latents) == dimension
        right = np.where(column, values[:, None], rows)
        kept = np.unique(values, return_index=True)[1]
        shifted = [np.where(np.roll(column, step), values[:, None], rows) for step in (1, -1)]
        verify(
            call(answer, mu, dimension, values),
            right,
            checked=f"{label}{latents} dimensions, dimension {dimension}, {count} values",
            wrong=[
                ("an axis of length 1 is lost: is something squeezed?",
                 right.squeeze() if 1 in right.shape else np.nan),
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
                ("the values come in the reverse order", right[::-1]),
                ("values that come twice are kept once", right[kept]),
            ],
            tolerance=1e-5,
            hint=f"row v should be mu with its entry {dimension} replaced by values[v]",
        )  # fmt: skip
    verify_repeatable(answer, mu, dimension, values)
    verify_as_given(answer, mu, dimension, values)
    return "Every row is mu with one entry replaced by its value; the others stay."
