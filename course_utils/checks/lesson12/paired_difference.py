"""Check of exercise 12.1: ``paired_difference``."""

import math

import numpy as np

from course_utils.checks._compare import doubles, floats, show, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

APART = (
    "the two models' errors are put together: on the same images the error of the differences is "
    "due, image by image"
)


@check("12.1", seals=("evaluation.mean_and_error",))
def paired_difference(answer, seed):
    """``paired_difference(scores, others)``: (N,) twice -> mean difference, standard error."""
    rng = np.random.default_rng(seed)
    for label, count, offset, spread in (
        ("", int(rng.integers(9, 20)), 0.4, 1.2),
        ("scores about 10,000: ", int(rng.integers(7, 20)), -3.0, 2.0),
        ("N = 2: ", 2, 0.4, 0.5),
        ("no difference at all: ", 8, 0.0, 0.0),
    ):
        level = 1e4 if "10,000" in label else 90.0
        others = level + 12 * rng.normal(size=count)
        scores = others + offset + spread * rng.normal(size=count)
        scores, others = floats(scores, others)
        exact = doubles(scores, others)
        about = f"{label}{count} scores each"
        received = _two_numbers(call(answer, scores, others), about, "(mean, standard error)")
        means, errors = _differences(*exact)
        for part, got, found in zip(
            ("mean", "standard error"), received, (means, errors), strict=True
        ):
            wrong = found[1:] if not label else ()
            verify(got, found[0][1], checked=about, wrong=wrong, scale=level / 1e3, part=part)
    verify_repeatable(answer, scores, others)
    return (
        "The mean of scores - others, and the standard deviation of these differences over the "
        "square root of N."
    )


def _differences(scores, others):
    """[(phrase, value)] for the mean and its standard error, the right ones first."""
    d, n = scores - others, len(scores)
    std = d.std(ddof=1)
    each = [values.std(ddof=1) / math.sqrt(n) for values in (scores, others)]
    means = [
        ("", d.mean()),
        ("the sign is wrong: scores - others", -d.mean()),
        ("the sum of the differences, their mean is due", d.sum()),
        ("the median of the differences, their mean is due", np.median(d)),
        ("the mean of the absolute differences: they have a sign", np.abs(d).mean()),
        ("the mean of the scores alone", scores.mean()),
        ("the mean of the others alone", others.mean()),
    ]
    errors = [
        ("", std / math.sqrt(n)),
        (APART, math.hypot(*each)),
        (APART, each[0] + each[1]),
        (APART, math.sqrt(scores.var() / n + others.var() / n)),
        ("the standard deviation: divide by the square root of N", std),
        ("the standard deviation over N: divide by its square root", std / n),
        ("the variance over N: its root is due", std**2 / n),
        ("the variance: its root, over that of N, is due", std**2),
        ("the standard deviation is taken with N: N - 1 is due", d.std() / math.sqrt(n)),
        ("divided by the square root of N - 1 on top of a deviation with N - 1: N is due",
         std / math.sqrt(n - 1)),
        ("twice the standard error", 2 * std / math.sqrt(n)),
        ("1.96 times the standard error", 1.96 * std / math.sqrt(n)),
        ("the difference of the two models' errors: the error of the differences is due",
         abs(each[0] - each[1])),
        ("the error of the scores alone", each[0]),
        ("the error of the others alone", each[1]),
    ]  # fmt: skip
    return means, errors


def _two_numbers(received, about, what):
    if isinstance(received, np.ndarray) and received.shape == (2,):
        received = tuple(received)
    if isinstance(received, tuple) and len(received) == 2:
        values = [np.asarray(value) for value in received]
        if all(value.size == 1 for value in values):
            return [value.reshape(()) for value in values]
    told = {"checked": about, "expected": "two numbers", "received": show(received)}
    raise CheckFailed(f"a pair of numbers is expected, {what}.", **told)
