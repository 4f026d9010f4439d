"""Check of exercise 3.2: ``logit_transform``."""

import math

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._remote import CheckFailed

LOGIT_EXTREMES = (
    "right for moderate x, wrong or not finite at 0 and 1: is something clamped, or alpha left out?"
)


@check("3.2", seals=("pixels.logit_transform",))
def logit_transform(answer, seed):
    """``logit_transform(x, alpha)``: (B, ...) in [0, 1] -> (y, log |det dy/dx|), log det (B,)."""
    answer = in_pairs(answer, "y", "log_det")
    rng = np.random.default_rng(seed)
    batch, rows, columns = sizes(rng, 3)
    shape = (batch, 3, rows, columns)
    for label, alpha, low, high in (
        ("", rng.uniform(0.02, 0.1), 0.05, 0.95),
        ("x = 0 and x = 1 among the values: ", rng.uniform(0.02, 0.1), 0.0, 1.0),
    ):
        x = rng.uniform(low, high, shape)
        x[rng.uniform(size=shape) < 0.1] = low
        x[rng.uniform(size=shape) < 0.1] = high
        (x,) = floats(x)
        alpha = float(np.float32(alpha))
        about = f"{label}x of shape {shape}, alpha = {alpha:.4f}"
        y, log_det, formulas = _logit(x, alpha)
        received = call(answer, x, alpha)
        if not isinstance(received, tuple) or len(received) != 2:
            told = {"checked": about, "expected": "a tuple (y, log_det)"}
            raise CheckFailed(
                "y and log_det are wanted, as a pair.", **told, received=show(received)
            )
        hint = LOGIT_EXTREMES if label else ""
        verify(received[0], y, checked=about, part="y", wrong=formulas["y"], scale=1, hint=hint)
        verify(
            received[1],
            log_det,
            checked=about,
            part="log_det",
            wrong=formulas["log_det"],
            scale=np.full(batch, 3 * rows * columns),
            hint=hint,
        )
        if not label:
            slope = (1 - 2 * alpha) / (_p(x, alpha) * (1 - _p(x, alpha)))
            of = "sum of y"
            verify_gradient(answer, (x, np.float64(alpha)), ("x", "alpha"), (slope, None), of=of)
    verify_repeatable(answer, x, alpha)
    return (
        "y = logit(alpha + (1 - 2 alpha) x) and its log-determinant, one value for each example, "
        "finite at x = 0 and 1; the gradient of y agrees with it."
    )


def _p(x, alpha):
    return alpha + (1 - 2 * alpha) * x.astype(np.float64)


@np.errstate(all="ignore")
def _logit(x, alpha):
    """Right y and log_det in float64, and famous wrong ones."""
    (x,) = doubles(x)
    p = _p(x, alpha)
    y = np.log(p) - np.log1p(-p)
    terms = math.log(1 - 2 * alpha) - np.log(p) - np.log1p(-p)

    def total(values):
        return values.reshape(len(x), -1).sum(1)

    inside = alpha + (1 - alpha) * x
    wrong_y = [
        ("alpha is left out: logit(x) is infinite at 0 and 1", np.log(x) - np.log1p(-x)),
        ("the scale is 1 - alpha, it should be 1 - 2 alpha", np.log(inside) - np.log1p(-inside)),
        ("this is the sigmoid, the inverse of the logit", 1 / (1 + np.exp(-p))),
        ("this is p = alpha + (1 - 2 alpha) x: the logit is missing", p),
        ("the sign is wrong: log((1 - p) / p)", -y),
        ("this is log p: the - log(1 - p) is missing", np.log(p)),
    ]
    wrong_det = [
        ("the sign is wrong: this is the log-determinant of the inverse", -total(terms)),
        (
            "the derivative of p = alpha + (1 - 2 alpha) x is missing: log(1 - 2 alpha), for every "
            "value, not once",
            total(terms - math.log(1 - 2 * alpha)),
        ),
        ("the mean over the values is taken in place of the sum", total(terms) / terms[0].size),
        ("summed over the batch too: one value for each example is wanted", terms.sum()),
        ("the sum over the values is missing", terms),
        ("summed over the last dimension alone", terms.sum(-1)),
        (
            "the - log(1 - p) is missing",
            total(math.log(1 - 2 * alpha) - np.log(p)),
        ),
        (
            "these are derivatives: the logarithm is missing",
            total((1 - 2 * alpha) / (p * (1 - p))),
        ),
        (
            "log p + log(1 - p) has the wrong sign",
            total(math.log(1 - 2 * alpha) + np.log(p) + np.log1p(-p)),
        ),
        ("it is in bits: nats are wanted", total(terms) / math.log(2)),
    ]
    return y, total(terms), {"y": wrong_y, "log_det": wrong_det}
