"""Check of exercise 5.4: ``categorical_kl_uniform``."""

import numpy as np

from course_utils.checks._compare import (
    close,
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._draws import one_hot
from course_utils.checks._formulas import candidates
from course_utils.checks._remote import CheckFailed

FORMS = (
    "right for one form of logits, wrong for this one: are sizes written as numbers, axes of "
    "length 1 squeezed away, or is a small number added inside the logarithm?"
)
EXTREMES = (
    "right for moderate logits, wrong for large ones: is something clamped, or a small number "
    "added inside the logarithm?"
)


@check("5.4", seals=("losses.divergences.categorical_kl_uniform",))
def categorical_kl_uniform(answer, seed):
    """``categorical_kl_uniform(logits)``: (B, N, K) -> KL(q || uniform) in nats, (B,)."""
    rng = np.random.default_rng(seed)
    for label, logits in _logits(rng):
        shape = logits.shape
        formulas = _kl_formulas(*doubles(logits))
        rounding = 2.0**-23 * np.abs(logits).max()  # of logits - logsumexp(logits) in float32
        about, expected = f"{label}logits of shape {shape}", formulas[0][1].sum(-1)
        lost = ("an axis of length 1 is lost (squeeze?)", expected.squeeze())
        if label.startswith("equal"):
            hint = "q is uniform: its KL is 0"
        else:
            hint = EXTREMES if "10,000" in label else FORMS
        stable = "log(softmax(logits)) underflows: use log_softmax"
        verify(
            call(answer, logits),
            expected,
            checked=about,
            wrong=[lost] if label else candidates(formulas, 1, "variables"),
            scale=shape[1] * max(1, np.log(shape[2])),
            tolerance=1e-5 + rounding,
            hint=hint if label else "",
            undefined=stable if label else "are logits taken for probabilities?",
        )
        _verify_slope(answer, logits, rng.normal(size=shape[0]), about, 1e-4 + 2 * rounding)
    verify_repeatable(answer, logits)
    return (
        "Sums over the variables, one value for each example, 0 for equal logits; values and "
        "gradients are finite and right for logits of 10,000."
    )


def _logits(rng):
    """(what they are, logits)."""
    shape = tuple(sizes(rng, 3))
    logits = rng.normal(0, 1.5, shape) + rng.uniform(-2, 2, (*shape[:2], 1))
    yield "", *floats(logits)
    yield "equal logits: ", *floats(np.tile(logits[..., :1], shape[2]))
    yield "logits up to 10,000: ", *floats(1e4 * np.clip(rng.normal(0, 1, shape), -1, 1))
    yield "logits of 0 and 10,000: ", *floats(1e4 * one_hot(rng.normal(0, 1, shape)))
    yield "logits of -10,000 and 10,000: ", *floats(2e4 * one_hot(rng.normal(0, 1, shape)) - 1e4)
    yield "nearly equal logits: ", *floats(1e-2 * logits)
    yield "in float64: ", logits
    for axis, what in enumerate(("one example: ", "one variable: ", "one category: ")):
        yield what, *floats(logits.take([0], axis))
    yield "one example of one variable: ", *floats(logits[:1, :1])


def _verify_slope(answer, logits, probe, about, tolerance):
    """The gradient of the sum of probe * result: each example's own, times its weight."""
    found = gradient(answer, logits, probe=probe)[0]
    right = probe[:, None, None] * _kl_slope(*doubles(logits))
    about = {
        "checked": f"{about}, the gradient of the result, weighted by random numbers and summed",
        "expected": show(right),
        "received": "no gradient" if found is None else show(found),
    }
    if found is None or (not found.any() and right.any()):
        raise CheckFailed(
            "no gradient reaches logits: was it detached, or turned into a number or a numpy array "
            "on the way?",
            **about,
        )
    if not np.isfinite(found).all():
        raise CheckFailed(
            "the values are right, but the gradient is not finite: the logarithm of a softmax "
            "that is 0 has none, use log_softmax.",
            **about,
        )
    if not close(found, right, np.abs(probe).max(), tolerance):
        raise CheckFailed(
            "the values are right, but the gradient with respect to logits is not: is a part of "
            "the formula detached or clamped?",
            **about,
        )


def _log_softmax(logits, axis=-1):
    shifted = logits - logits.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def _kl_slope(logits):
    log_q = _log_softmax(logits)
    q = np.exp(log_q)
    slope = q * (log_q - (q * log_q).sum(-1, keepdims=True))
    return np.where(np.abs(slope) > 1e-9, slope, 0)  # what rounding leaves of equal logits


def _rate_along(logits, axis):
    """The KL to the uniform distribution along another axis, summed as if it were right."""
    log_q = _log_softmax(logits, axis)
    return (np.exp(log_q) * (log_q + np.log(logits.shape[axis]))).sum(-1)


@np.errstate(all="ignore")
def _kl_formulas(logits):
    """(phrase, terms (B, N)): the right one first."""
    _, variables, categories = logits.shape
    log_q, log_k = _log_softmax(logits), np.log(categories)
    q = np.exp(log_q)

    def of(log_q, q=None):
        q = np.exp(log_q) if q is None else q
        return (q * (log_q + log_k)).sum(-1)

    right = of(log_q)
    together = _log_softmax(logits.reshape(len(logits), -1)).reshape(logits.shape)
    return [
        ("", right),
        ("log K is missing for each variable: this is minus the entropy", right - log_k),
        ("log K is missing: this is the entropy of q", log_k - right),
        ("log K is counted once, not for each variable", right - log_k * (1 - 1 / variables)),
        ("log K has the wrong sign", right - 2 * log_k),
        ("log K is added for every category: it belongs into the sum with a weight q, or outside",
         right + (categories - 1) * log_k),
        ("20 log 10 is a constant in it: N and K are sizes of logits",
         right - log_k + 20 / variables * np.log(10)),
        ("log 10 is a constant in it: K is the last size of logits", right - log_k + np.log(10)),
        ("20 is a constant in it: N is a size of logits", right - log_k + 20 / variables * log_k),
        ("log N stands for log K, the number of categories", right - log_k + np.log(variables)),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("the KL is reversed: this is KL(uniform || q)", -(log_q + log_k).mean(-1)),
        ("the weights q are missing in front of the logarithm", (log_q + log_k).sum(-1)),
        ("the mean over the categories is taken in place of the sum", right / categories),
        ("the softmax is taken over the variables: the categories are the last dimension",
         of(_log_softmax(logits, -2))),
        ("the softmax is taken over the batch: the categories are the last dimension",
         of(_log_softmax(logits, 0))),
        ("the softmax is taken over the variables: the categories are the last dimension",
         _rate_along(logits, -2)),
        ("the softmax is taken over variables and categories together: each variable has its own",
         of(together)),
        ("the softmax is taken over variables and categories together: each variable has its own",
         of(together) - log_k * np.exp(together).sum(-1) + log_k),
        ("the softmax is applied twice", of(_log_softmax(q))),
        ("the softmax is missing: logits are not yet log-probabilities", of(logits)),
        ("logits are taken for log-probabilities in the logarithm", of(logits, q)),
    ]  # fmt: skip
