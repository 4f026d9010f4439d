"""Check of exercise 12.2: ``tied_with_best``."""

import math

import numpy as np

from course_utils.checks._compare import doubles, floats, show, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows
from course_utils.checks._remote import CheckFailed


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
