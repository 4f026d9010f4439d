"""Check of exercise 3.2: ``logit_transform``."""

import math

import numpy as np
from torch.distributions.transforms import AffineTransform, ComposeTransform, SigmoidTransform

from course_utils.checks._compare import (
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._forms import in_pairs
from course_utils.checks._remote import CheckFailed
from course_utils.checks._slopes import probe_of, slopes_of, verify_slope

LOGIT_EXTREMES = (
    "right for moderate x, wrong or not finite at 0 and 1: is something clamped, or alpha left out?"
)


@check("3.2", seals=("pixels.logit_transform",))
def logit_transform(answer, seed):
    """``logit_transform(x, alpha)``: (B, ...) in [0, 1] -> (y, log |det dy/dx|), log det (B,)."""
    answer = in_pairs(answer, "y", "log_det")
    rng = np.random.default_rng(seed)
    batch, rows, columns = sizes(rng, 3)
    shape, edges = (batch, 3, rows, columns), "x = 0 and x = 1 among the values"
    for label, alpha, low, high, size in (
        ("", rng.uniform(0.02, 0.1), 0.05, 0.95, shape),
        (f"{edges}: ", rng.uniform(0.02, 0.1), 0.0, 1.0, shape),
        (f"{edges}, alpha is not given: ", None, 0.0, 1.0, shape),
        ("alpha is 0: ", 0.0, 0.05, 0.95, shape),
        (f"{edges}, a small alpha: ", 1e-3, 0.0, 1.0, shape),
        (f"{edges}, a large alpha: ", 0.4, 0.0, 1.0, shape),
        (f"{edges}, one image: ", 0.05, 0.0, 1.0, (1, 3, rows, columns)),
        (f"{edges}, one channel: ", 0.05, 0.0, 1.0, (batch, 1, rows, columns)),
        ("one pixel: ", 0.05, 0.05, 0.95, (batch, 1, 1, 1)),
        ("all shapes alike: ", 0.05, 0.05, 0.95, (3, 3, 3, 3)),
    ):
        x = rng.uniform(low, high, size)
        x[rng.uniform(size=size) < 0.1] = low
        x[rng.uniform(size=size) < 0.1] = high
        (x,) = floats(x)
        given = () if alpha is None else (float(np.float32(alpha)),)
        if not label:
            verify_repeatable(answer, x, *given)
        _verify_pair(answer, rng, x, given, label)
    return (
        "y = logit(alpha + (1 - 2 alpha) x) and its log-determinant, one value for each example, "
        "finite at x = 0 and 1; the gradient of y agrees with it."
    )


def _verify_pair(answer, rng, x, given, label):
    (alpha,) = given or (0.05,)
    told = f"alpha = {alpha:.4f}" if given else "alpha not given (0.05)"
    about = f"{label}x of shape {x.shape}, {told}"
    y, log_det, formulas = _logit(x, alpha)
    received = call(answer, x, *given)
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed(
            "y and log_det are wanted, as a pair.",
            checked=about,
            expected="a tuple (y, log_det)",
            received=show(received),
        )
    hint = LOGIT_EXTREMES if label else ""
    scale = np.full(len(x), float(x[0].size))
    for part, value, right, size in zip(
        ("y", "log_det"), received, (y, log_det), (1, scale), strict=True
    ):
        verify(value, right, checked=about, part=part, wrong=formulas[part], scale=size, hint=hint)
    for output, name in enumerate(("y", "log_det")):
        probe = probe_of(rng, received[output].shape)
        slope = gradient(answer, x, *given, output=output, probe=probe)[0]
        right = slopes_of(lambda x, *_: _transform(x, alpha), (x, *given), probe, output)[0]
        verify_slope("x", slope, right, name, scale=1.0, about=about)


def _transform(x, alpha):
    """y and log_det of float64 tensors, by torch.distributions."""
    squeeze = AffineTransform(alpha, 1 - 2 * alpha)
    whole = ComposeTransform([squeeze, SigmoidTransform().inv])
    y = whole(x)
    return y, whole.log_abs_det_jacobian(x, y).flatten(1).sum(1)


def _y(p):
    return np.log(p) - np.log1p(-p)


def _p(x, alpha):
    return alpha + (1 - 2 * alpha) * x.astype(np.float64)


@np.errstate(all="ignore")
def _logit(x, alpha):
    """Right y and log_det in float64, and famous wrong ones."""
    (x,) = doubles(x)
    p = _p(x, alpha)
    y = _y(p)
    terms = math.log(1 - 2 * alpha) - np.log(p) - np.log1p(-p)

    def total(values):
        return values.reshape(len(x), -1).sum(1)

    inside = alpha + (1 - alpha) * x
    wrong_y = [
        ("alpha is left out: logit(x) is infinite at 0 and 1", _y(x)),
        ("the scale is 1 - alpha, it should be 1 - 2 alpha", _y(inside)),
        ("this is the sigmoid, the inverse of the logit", 1 / (1 + np.exp(-p))),
        ("this is t = alpha + (1 - 2 alpha) x: the logit is missing", p),
        ("the sign is wrong: log((1 - t) / t)", -y),
        ("this is log t: the - log(1 - t) is missing", np.log(p)),
        ("log(1 - t) is added: y = log t - log(1 - t)", np.log(p) + np.log1p(-p)),
        ("x is taken for one of [-1, 1): here it lies in [0, 1]", _y(_p((x + 1) / 2, alpha))),
        ("alpha is 0.05 whatever is given", _y(0.05 + 0.9 * x)),
        ("alpha is 1e-6 where it is not given, it should be 0.05", _y(1e-6 + (1 - 2e-6) * x)),
    ]
    wrong_det = [
        (
            "an axis of length 1 is lost: is something squeezed?",
            total(terms).squeeze() if len(x) == 1 else np.nan,
        ),
        ("the sign is wrong: this is the log-determinant of the inverse", -total(terms)),
        (
            "the derivative of t = alpha + (1 - 2 alpha) x is missing: log(1 - 2 alpha), for every "
            "value, not once",
            total(terms - math.log(1 - 2 * alpha)),
        ),
        (
            "log(1 - 2 alpha) is counted for every image, it should be for every value, not once",
            total(terms) - (x[0].size - 1) * math.log(1 - 2 * alpha),
        ),
        ("the mean over the values is taken in place of the sum", total(terms) / terms[0].size),
        ("summed over the batch too: one value for each example is wanted", terms.sum()),
        ("the sum over the values is missing", terms),
        ("summed over the last dimension alone", terms.sum(-1)),
        (
            "the - log(1 - t) is missing",
            total(math.log(1 - 2 * alpha) - np.log(p)),
        ),
        (
            "these are derivatives: the logarithm is missing",
            total((1 - 2 * alpha) / (p * (1 - p))),
        ),
        (
            "log t + log(1 - t) has the wrong sign",
            total(math.log(1 - 2 * alpha) + np.log(p) + np.log1p(-p)),
        ),
        (
            "log(1 - t) has the wrong sign: 1 / (1 - t) adds to the slope",
            total(math.log(1 - 2 * alpha) - np.log(p) + np.log1p(-p)),
        ),
        (
            "the slope is taken at x, it should be taken at t",
            total(math.log(1 - 2 * alpha) - np.log(x) - np.log1p(-x)),
        ),
        (
            "the logarithm of the sum of the slopes: the sum of their logarithms is wanted",
            np.log(total((1 - 2 * alpha) / (p * (1 - p)))),
        ),
        ("it is in bits: nats are wanted", total(terms) / math.log(2)),
    ]
    return y, total(terms), {"y": wrong_y, "log_det": wrong_det}
