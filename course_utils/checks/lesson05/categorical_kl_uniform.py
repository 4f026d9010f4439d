"""Check of exercise 5.4: ``categorical_kl_uniform``."""

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
from course_utils.checks._contract import call, check, gradient
from course_utils.checks._draws import one_hot
from course_utils.checks._formulas import candidates
from course_utils.checks._remote import CheckFailed

EXTREMES = (
    "right for moderate logits, wrong for large ones: is something clamped, or a small number "
    "added inside the logarithm?"
)


@check("5.4", seals=("losses.divergences.categorical_kl_uniform",))
def categorical_kl_uniform(answer, seed):
    """``categorical_kl_uniform(logits)``: (B, N, K) -> KL(q || uniform) in nats, (B,)."""
    rng = np.random.default_rng(seed)
    shape = tuple(sizes(rng, 3))
    for label, logits in (
        ("", rng.normal(0, 1.5, shape) + rng.uniform(-2, 2, (*shape[:2], 1))),
        ("equal logits: ", np.tile(rng.uniform(-2, 2, (*shape[:2], 1)), shape[2])),
        ("logits up to 10,000: ", 1e4 * np.clip(rng.normal(0, 1, shape), -1, 1)),
        ("logits of 0 and 10,000: ", 1e4 * one_hot(rng.normal(0, 1, shape))),
    ):
        (logits,) = floats(logits)
        formulas = _kl_formulas(*doubles(logits))
        terms, slope = formulas[0][1], _kl_slope(*doubles(logits))
        about = f"{label}logits of shape {shape}"
        hint = "q is uniform: its KL is 0" if label.startswith("equal") else EXTREMES
        stable = "log(softmax(logits)) underflows: use log_softmax"
        verify(
            call(answer, logits),
            terms.sum(-1),
            checked=about,
            wrong=() if label else candidates(formulas, 1, "variables"),
            scale=shape[1] * np.log(shape[2]),
            hint=hint if label else "",
            undefined=stable if label else "are logits taken for probabilities?",
        )
        found = gradient(answer, logits)[0]
        if found is not None and not np.isfinite(found).all():
            raise CheckFailed(
                "the values are right, but the gradient is not finite: the logarithm of a softmax "
                "that is 0 has none, use log_softmax.",
                checked=f"{about}, the gradient of the sum of the result",
                received=show(found),
            )
        verify_gradient(answer, (logits,), ("logits",), (slope,))
    verify_repeatable(answer, logits)
    return (
        "Sums over the variables, one value for each example, 0 for equal logits; values and "
        "gradients are finite and right for logits of 10,000."
    )


def _log_softmax(logits, axis=-1):
    shifted = logits - logits.max(axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))


def _kl_slope(logits):
    log_q = _log_softmax(logits)
    q = np.exp(log_q)
    slope = q * (log_q - (q * log_q).sum(-1, keepdims=True))
    return np.where(np.abs(slope) > 1e-9, slope, 0)  # what rounding leaves of equal logits


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
    return [
        ("", right),
        ("log K is missing for each variable: this is minus the entropy", right - log_k),
        ("log K is missing: this is the entropy of q", log_k - right),
        ("log K is counted once, not for each variable", right - log_k * (1 - 1 / variables)),
        ("log K has the wrong sign", right - 2 * log_k),
        ("log N stands for log K, the number of categories", right - log_k + np.log(variables)),
        ("bits are returned, nats are wanted", right / np.log(2)),
        ("the KL is reversed: this is KL(uniform || q)", -(log_q + log_k).mean(-1)),
        ("the weights q are missing in front of the logarithm", (log_q + log_k).sum(-1)),
        ("the mean over the categories is taken in place of the sum", right / categories),
        ("the softmax is taken over the variables: the categories are the last dimension",
         of(_log_softmax(logits, -2))),
        ("the softmax is taken over the batch: the categories are the last dimension",
         of(_log_softmax(logits, 0))),
        ("the softmax is applied twice", of(_log_softmax(q))),
        ("the softmax is missing: logits are not yet log-probabilities", of(logits)),
        ("logits are taken for log-probabilities in the logarithm", of(logits, q)),
    ]  # fmt: skip
