"""Check of exercise 9.1: ``importance_weighted_bound``."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    doubles,
    show,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._log_weights import (
    BATCH,
    BITS,
    SIGN,
    SQUEEZED,
    UNSTABLE,
    log_mean,
    log_sum,
    normalised_weights,
    signed_forms,
)
from course_utils.checks._remote import CheckFailed

NOTHING_LEFT = "where all K weights of an example are zero, its bound is log 0 = -inf"
NAN = "; NaN came: the largest log w is -inf there, and -inf - (-inf) is NaN"
ZEROS = "an entry of -inf is a weight of zero: it adds nothing to the sum and counts in K"


@check(
    "9.1",
    seals=(
        "losses.bounds.importance_weighted_bound",
        "evaluation._score",
        "evaluation.log_likelihood",
    ),
)
def importance_weighted_bound(answer, seed):
    """``importance_weighted_bound(log_w)``: (K, B) -> logsumexp over the samples - log K, (B,)."""
    rng = np.random.default_rng(seed)
    samples, batch = rng.permutation([5, 7, 9, 11, 13])[:2].tolist()
    apart = rng.permutation(np.linspace(-9000, 9000, batch))
    for label, shape, centre, spread in (
        ("", (samples, batch), 0, 1.2),
        ("log w about -60: ", (samples, batch), -60, 3),
        ("K = 1: ", (1, batch), 0, 1.2),
        ("B = 1: ", (samples, 1), 0, 1.2),
        ("log w about -10,000: ", (samples, batch), -1e4, 2),
        ("log w about 10,000: ", (samples, batch), 1e4, 2),
        ("log w from -10,000 to 10,000: ", (samples, batch), apart, 300),
        ("log w about -90, and one draw about -10,000: ", (samples, batch), -90, 3),
        ("in float64: ", (samples, batch), 0, 1.2),
        ("some examples with a weight of zero: ", (samples, batch), 0, 1.2),
        ("weights of zero: ", (samples, batch), 0, 1.2),
    ):
        while True:  # until no two mistakes give the same number
            noise = np.clip(spread * rng.normal(size=shape), -1000, 1000)
            log_w = (centre + noise).astype(np.float64 if "float64" in label else np.float32)
            if label or _told_apart(_wrong_bounds(*doubles(log_w))):
                break
        if "one draw" in label:
            log_w[rng.integers(samples, size=batch), np.arange(batch)] -= 9910
        probe = rng.choice([-1, 1], shape[1]) * rng.uniform(0.5, 2, shape[1])
        zeros = "of zero" in label
        if zeros:
            log_w[rng.integers(samples), : batch - 1] = -np.inf
        if label.startswith("weights"):
            log_w[rng.integers(samples), 1:] = -np.inf
        (exact,) = doubles(log_w)
        wrong = [(SQUEEZED, log_mean(exact)[0])] if shape[1] == 1 else []
        extreme = np.abs(centre).max() > 1000
        if not label or label.startswith("log w about -60"):
            wrong = _wrong_bounds(exact)
        elif zeros:
            wrong = [("a weight of zero is left out of K, it counts", _log_mean_of_finite(exact))]
        verify(
            call(answer, log_w),
            log_mean(exact),
            checked=f"{label}log_w of shape {shape}",
            wrong=wrong,
            scale=1e4 if extreme else 1,
            tolerance=1e-6 if extreme else 2e-5,
            hint=ZEROS if zeros else UNSTABLE if "log w" in label else "",
            undefined="log w may be negative: the mean is over w = exp(log w)" if not label else "",
        )
        if not label.startswith("weights"):
            _verify_slope(answer, log_w, probe)
    _verify_nothing_left(answer, log_w)
    verify_repeatable(answer, log_w)
    return (
        "The logarithm of the mean of w over the samples, one value for each example, finite for "
        "log w of -10,000 and 10,000; the gradient is the normalised weights."
    )


def _verify_slope(answer, log_w, probe):
    """The gradient of each example's bound: the normalised weights."""
    slope = normalised_weights(*doubles(log_w)) * probe
    verify_gradient(answer, (log_w,), ("log_w",), (slope,), probe=probe)


def _verify_nothing_left(answer, log_w):
    """Where all weights of an example are zero, the logarithm of their mean is -inf."""
    log_w = log_w.copy()
    log_w[:, ::3] = -np.inf
    with np.errstate(invalid="ignore"):
        right = np.where(np.isneginf(log_w).all(0), -np.inf, log_mean(*doubles(log_w)))
    received = call(answer, log_w)
    about = f"log_w of shape {log_w.shape}: in every third column all weights are zero"
    if not isinstance(received, np.ndarray) or received.shape != right.shape:
        verify(received, right, checked=about)
    empty = np.isneginf(right)
    if not np.isneginf(received[empty]).all():
        what = NOTHING_LEFT + (NAN if np.isnan(received[empty]).any() else "")
        raise CheckFailed(what, checked=about, expected=show(right), received=show(received))
    verify(received[~empty], right[~empty], checked=f"{about}, the others", hint=ZEROS)


def _log_mean_of_finite(log_w):
    return log_sum(log_w) - np.log(np.isfinite(log_w).sum(0))


def _told_apart(found):
    numbers = sorted((float(value), phrase) for phrase, value in found if np.ndim(value) == 0)
    return all(
        one == other or b - a > 5e-3 * max(abs(a), abs(b))
        for (a, one), (b, other) in itertools.pairwise(numbers)
    )


@np.errstate(all="ignore")
def _wrong_bounds(log_w):
    """(phrase, values) of wrong bounds, fewest mistakes first."""
    samples, batch = log_w.shape
    right, total, largest = log_mean(log_w), log_sum(log_w), log_w.max(0)
    weights, log_k = normalised_weights(log_w), np.log(samples)
    one = "one value for each example is wanted"
    found = [
        (SIGN, -right),
        ("the mean of log w is taken: that is the ELBO; the mean is over w, inside the logarithm",
         log_w.mean(0)),
        ("log w is summed: the mean is over w, inside the logarithm", log_w.sum(0)),
        ("log K is missing: this is the logarithm of the sum, the mean is wanted", total),
        ("log K is added: it has to be subtracted", total + log_k),
        ("only the largest log w counts: all K weights are to be averaged", largest),
        ("only the largest log w counts: all K weights are to be averaged", largest - log_k),
        ("the largest log w is subtracted before exp, and not added again", right - largest),
        ("the largest log w is subtracted before exp, and not added again; and log K is missing",
         total - largest),
        ("the largest log w is added twice", right + largest),
        ("log w is averaged with the normalised weights: that is no bound, though its gradient "
         "with the weights held fixed is the right one", (weights * log_w).sum(0)),
        ("the logarithm is missing: this is the mean of w", np.exp(right)),
        ("the logarithm is missing: this is the sum of w", np.exp(total)),
        ("divided by K outside of the logarithm: there log K is subtracted", total / samples),
        ("K is subtracted, it should be log K", total - samples),
        ("divided by log K, it should be subtracted", total / log_k),
        ("log K is subtracted twice", right - log_k),
        ("log B stands for log K: the samples are dim 0", total - np.log(batch)),
        (BITS, right / np.log(2)),
        ("log2 K or log10 K stands for log K, the natural one", total - np.log2(samples)),
        ("log2 K or log10 K stands for log K, the natural one", total - np.log10(samples)),
        ("this is a power or a root of the weights: w^2 is averaged", log_mean(2 * log_w)),
        ("the normalised weights came: the logarithm of their sum is wanted", weights),
        ("the normalised log-weights came: the logarithm of the sum itself is wanted",
         np.log(weights)),
        ("log w less log K came: the logarithm of the sum is missing", log_w - log_k),
        ("an axis too many (keepdim?)", right[None]),
        ("an axis too many (keepdim?)", right[:, None]),
        (f"log w and the weights are averaged over the batch: {BATCH}", log_w.mean(1)),
    ]  # fmt: skip
    for log_n in (np.log(batch), log_k, 0):
        found += [(f"taken over the batch: {BATCH}", log_sum(log_w, 1) - log_n)]
        everything = log_sum(log_w.reshape(-1)) - log_n
        found += [(f"taken over samples and batch: {one}", everything)]
        found += [(f"taken over samples and batch: {one}", everything - log_k)]
    for phrase, values in (("", right), ("log K is missing", total), ("ELBO", log_w.mean(0))):
        phrase = f"; and {phrase}" if phrase else ""
        found += [(f"the mean over the batch came: {one}{phrase}", values.mean())]
        found += [(f"summed over the batch: {one}{phrase}", values.sum())]
    return signed_forms(found)
