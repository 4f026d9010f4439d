"""Check of exercise 12.1: ``paired_difference``."""

import math

import numpy as np

from course_utils.checks._compare import doubles, floats, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import two_numbers

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
        ("many scores: ", 2000, -0.01, 0.3),
        ("N = 2: ", 2, 0.4, 0.5),
        ("N = 3: ", 3, -0.4, 0.5),
        ("scores that do not resemble each other: ", 12, 40.0, 25.0),
        ("the same difference everywhere: ", 8, 0.5, 0.0),
        ("no difference at all: ", 8, 0.0, 0.0),
    ):
        level = 1e4 if "10,000" in label else 90.0
        others = level + 12 * rng.normal(size=count)
        if not spread:
            others = np.round(others)  # so that float32 keeps the differences as they are
        noise = rng.normal(size=count)
        if not label:  # a mean difference that no mistake leaves as it is
            noise = (noise - noise.mean()) / noise.std(ddof=1)
        scores = others + offset + spread * noise
        scores, others = floats(scores, others)
        _verify_pair(answer, scores, others, f"{label}{count} scores each", level)
    _verify_pair(answer, *doubles(scores + 1, others), "float64, which the next cell uses", 90)
    return (
        "The mean of scores - others, and the standard deviation of these differences over the "
        "square root of N."
    )


def _verify_pair(answer, scores, others, about, level):
    received = two_numbers(call(answer, scores, others), about, "(mean, standard error)")
    verify_repeatable(answer, scores, others)
    for part, got, found in zip(
        ("mean", "standard error"), received, _differences(*doubles(scores, others)), strict=True
    ):
        told = {"checked": about, "part": part, "undefined": "N is 2 or more, each score a number"}
        verify(np.array(got), found[0][1], wrong=found[1:], scale=level / 1e3, **told)


@np.errstate(all="ignore")
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
        ("the mean is divided by N twice", d.mean() / n),
        ("the mean is divided by N - 1: N is due", d.sum() / (n - 1)),
        ("the ratio of the means: their difference is due", scores.mean() / others.mean()),
        ("the difference in per cent: in the scores' own unit is due",
         100 * d.mean() / others.mean()),
        ("the mean and its standard error are exchanged: the mean comes first", std / math.sqrt(n)),
        ("the mean in units of its standard error: the two are returned apart",
         d.mean() / std * math.sqrt(n)),
        ("the difference of the medians, the mean difference is due",
         np.median(scores) - np.median(others)),
        ("the difference of the first images alone", d[0]),
    ]  # fmt: skip
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
        ("the mean of the differences is not subtracted: the deviation is from it",
         math.sqrt((d**2).sum() / (n - 1) / n)),
        ("the mean of the differences is not subtracted: the deviation is from it",
         math.sqrt((d**2).mean() / n)),
        ("the mean absolute deviation stands for the standard deviation",
         np.abs(d - d.mean()).mean() / math.sqrt(n)),
        (APART, (scores + others).std(ddof=1) / math.sqrt(n)),
        ("the scores are sorted, which takes the pairs apart: image by image is due",
         (np.sort(scores) - np.sort(others)).std(ddof=1) / math.sqrt(n)),
        ("the error of the absolute differences: they have a sign",
         np.abs(d).std(ddof=1) / math.sqrt(n)),
        ("the error of the mean of both models", (scores + others).std(ddof=1) / 2 / math.sqrt(n)),
        ("divided by the square root of 2N: there are N differences", std / math.sqrt(2 * n)),
        ("the standard deviation is multiplied by the square root of N, it divides",
         std * math.sqrt(n)),
    ]  # fmt: skip
    return means, errors
