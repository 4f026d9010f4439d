"""Checks of lesson 12: comparisons in pairs, ties, and the frontier."""

import math

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    show,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows
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


@check("12.2")
def tied_with_best(answer, seed):
    """``tied_with_best(scores)``: (M, N), costs -> (M,), True or False."""
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    for label in ("", "one model: ", "the second is a copy of the best: ", "costs below 0: "):
        models, count = (1, 9) if label.startswith("one") else (8, int(rng.integers(40, 60)))
        scores = _costs(rng, models, count)
        if label.startswith("the second"):
            scores[(scores.mean(1).argmin() + 1) % models] = scores[scores.mean(1).argmin()]
        scores -= 500 if "below" in label else 0
        (scores,) = floats(scores)
        (exact,) = doubles(scores)
        right, wrong = _ties(exact)
        about = f"{label}costs of shape {scores.shape}"
        received = call(answer, scores)
        told = {"checked": about, "expected": show(right), "received": show(received)}
        if not isinstance(received, np.ndarray) or received.shape != right.shape:
            raise CheckFailed(f"expected one value for each model, of shape {right.shape}.", **told)
        if set(np.unique(received).tolist()) - {0, 1}:
            raise CheckFailed("expected True or False for each model.", **told)
        received = received.astype(bool)
        if not np.array_equal(received, right):
            for phrase, values in wrong:
                if np.array_equal(received, values):
                    raise CheckFailed(f"{phrase}.", **told)
            raise CheckFailed("other models are tied with the best than these.", **told)
    verify_repeatable(answer, scores)
    return (
        "True where the mean difference to the model of the lowest mean is at most two standard "
        "errors of the differences; the best, and a copy of it, are tied."
    )


def _costs(rng, models, count):
    """Eight models, in an order drawn by chance: the best; 0.7, 1.7, 2.3 and 3.5 paired errors
    above it; far and noisy, so tied all the same; above by more than two standard deviations of
    the differences; and above by more than the images differ."""
    images = 90 + 12 * rng.normal(size=count)
    if models == 1:
        return images[None]
    rows = [images]
    root = math.sqrt(count)
    far = (4 * root, 0.3), (30 * root, 1.0)
    for errors, spread in ((0.7, 1.0), (1.7, 0.6), (2.3, 0.8), (3.5, 0.5), (1.4, 15.0), *far):
        noise = rng.normal(size=count)
        noise = (noise - noise.mean()) / noise.std(ddof=1)
        rows.append(images + spread * (noise + errors / root))
    return rng.permutation(np.stack(rows))


def _ties(scores):
    """The right booleans, and (phrase, booleans) of wrong ones."""
    count = scores.shape[1]

    def found(reference, factor=2.0, paired=True, divide=None, absolute=False):
        d = scores - reference
        error = d.std(1, ddof=1) / (math.sqrt(count) if divide is None else divide)
        if not paired:
            own = scores.std(1, ddof=1) / math.sqrt(count)
            error = np.hypot(own, own[scores.mean(1).argmin()])
        mean = np.abs(d.mean(1)) if absolute else d.mean(1)
        return mean <= factor * error

    order = scores.mean(1).argsort()
    best = scores[order[0]]
    right = found(best)
    strict = right.copy()
    strict[order[0]] = False
    wrong = [
        ("the errors of both models are put together: the error of the paired differences is due",
         found(best, paired=False)),
        ("twice the standard deviation stands for twice the standard error", found(best, divide=1)),
        ("one standard error: two are due", found(best, 1.0)),
        ("three standard errors: two are due", found(best, 3.0)),
        ("the highest mean is taken for the best: these are costs",
         found(scores[order[-1]], absolute=True)),
        ("the highest mean is taken for the best: these are costs", found(scores[order[-1]])),
        ("the first model is taken for the best", found(scores[0], absolute=True)),
        ("the first model is taken for the best", found(scores[0])),
        ("the best itself is not tied: it is", strict),
        ("the booleans are the other way round", ~right),
        ("the best alone is True", np.arange(len(scores)) == order[0]),
        ("the lowest cost of each image is taken for the best: a model is", found(scores.min(0))),
    ]  # fmt: skip
    return right, wrong


@check("12.3")
def frontier(answer, seed):
    """``frontier(rate, distortion)``: (M,) twice -> (M,), True where not dominated."""
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    count = int(rng.integers(9, 14))
    t = np.linspace(0.1, 1, count)
    curve = np.stack([30 * t, 10 / t])
    late = rng.permutation(count) < count // 2
    chain = curve[:, :1] + np.array([1.0, 2.0, 3.0])  # dominated, and they dominate
    for label, points in (
        ("", np.concatenate([curve + late * rng.uniform(2, 9, (2, 1)), chain], 1)),
        ("all on the frontier: ", curve),
        ("twins: ", np.repeat(curve[:, : count // 2] + [[0.0], [0.0]], 2, 1)),
        ("equal in one: ", np.array([[1.0, 1.0, 2.0, 3.0, 3.0], [5.0, 4.0, 4.0, 2.0, 1.0]])),
        ("one model: ", np.array([[3.0], [4.0]])),
        ("negative distortions: ", np.array([[10.0, 20.0, 30.0], [-5.0, -4.0, -90.0]])),
    ):
        rate, distortion = floats(*points[:, rng.permutation(points.shape[1])])
        right, wrong = _frontiers(*doubles(rate, distortion))
        about = f"{label}{len(rate)} models"
        received = call(answer, rate, distortion)
        told = {"checked": about, "expected": show(right), "received": show(received)}
        if not isinstance(received, np.ndarray) or received.shape != right.shape:
            raise CheckFailed(f"expected one value for each model, of shape {right.shape}.", **told)
        if set(np.unique(received).tolist()) - {0, 1}:
            raise CheckFailed("expected True or False for each model.", **told)
        received = received.astype(bool)
        if not np.array_equal(received, right):
            for phrase, values in wrong:
                if np.array_equal(received, values):
                    raise CheckFailed(f"{phrase}.", **told)
            raise CheckFailed("other models are not dominated than these.", **told)
    verify_repeatable(answer, rate, distortion)
    return (
        "True where no other model has both at most as high and one of them lower; twins do not "
        "dominate each other."
    )


def _frontiers(rate, distortion):
    """The right booleans, and (phrase, booleans) of wrong ones."""
    no_more = (rate[:, None] <= rate) & (distortion[:, None] <= distortion)
    less = (rate[:, None] < rate) | (distortion[:, None] < distortion)
    both = (rate[:, None] < rate) & (distortion[:, None] < distortion)
    other = ~np.eye(len(rate), dtype=bool)
    total = rate + distortion
    right = ~(no_more & less).any(0)
    more = (rate[:, None] >= rate) & (distortion[:, None] >= distortion) & (
        (rate[:, None] > rate) | (distortion[:, None] > distortion))  # fmt: skip
    return right, [
        ("a model that is equal in one and worse in the other is dominated too", ~both.any(0)),
        ("twins dominate each other: one of the two must be lower", ~(no_more & other).any(0)),
        ("every model dominates itself: one of the two must be lower", ~no_more.any(0)),
        ("the best ELBO alone: the frontier has every model that is not dominated",
         total == total.min()),
        ("dominated models are True: it is the other way round", ~right),
        ("high values are taken for good ones, or the wrong axis is reduced: these are costs",
         ~more.any(0)),
        ("lower in one is not enough: the other must be at most as high", ~less.any(0)),
        ("the lowest rate alone", rate == rate.min()),
        ("the lowest distortion alone", distortion == distortion.min()),
        ("the lowest rate and the lowest distortion alone",
         (rate == rate.min()) | (distortion == distortion.min())),
    ]  # fmt: skip
