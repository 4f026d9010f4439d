"""Check of exercise 6.5: ``least_waste``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs, two_numbers

EACH = "one of them has more than one value, so average over codes and images"
LARGE = "right for small log-densities, wrong for large ones: is something clamped, or exp taken?"
MANY = (
    "all K N codes are counted as independent: the K codes of one image share it, so average over "
    "them first"
)


@check("6.5")
def least_waste(answer, seed):
    """``least_waste(log_r, log_p)``: (K, N) each -> the bound and its standard error."""
    answer = in_pairs(answer, "bound", "error")
    rng = np.random.default_rng(seed)
    codes, images = int(rng.integers(4, 7)), int(rng.integers(9, 14))
    for label, shape, shift, low in (
        ("", (codes, images), 2.0, -20.0),
        ("a negative bound: ", (codes, images), -1.5, -20.0),
        ("more codes than images: ", (12, 5), 2.0, -20.0),
        ("one code for each image: ", (1, images), 2.0, -20.0),
        ("log-densities near -500: ", (codes, images), 3.0, -500.0),
    ):
        log_p = low + rng.normal(0, 3, shape)
        of_image = rng.normal(0, 1.2, shape[1:])
        log_r = log_p + shift + of_image + rng.normal(0, 0.8, shape)
        arrays = floats(log_r, log_p)
        about = f"{label}log_r and log_p of shape (K, N) = {shape}"
        if not label:
            verify_repeatable(answer, *arrays)
        pair = two_numbers(call(answer, *arrays), about, "(bound, error)", EACH)
        right, *wrong = _answers(*doubles(*arrays))
        for part, value, due, famous in zip(("bound", "error"), pair, right, wrong, strict=True):
            # two may give nearly one number: the nearest is named
            famous.sort(key=lambda one: np.nan_to_num(round(abs(one[1] - value), 6), nan=np.inf))
            verify(np.array(value), np.array(due), checked=about, wrong=famous, part=part,
                   scale=0.01, tolerance=1e-2 if low < -100 else 1e-3,
                   hint=LARGE if low < -100 else "")  # fmt: skip
    return (
        "The mean of log r - log p, and its error over images: that of N means over K codes; "
        "negative bounds stay negative."
    )


@np.errstate(all="ignore")
def _answers(log_r, log_p):
    """The right pair; (phrase, value) of wrong bounds; the same of wrong errors."""
    off, (codes, images) = log_r - log_p, log_r.shape
    each = off.mean(0)

    def error(values, ddof=1, count=None):
        return values.std(ddof=min(ddof, values.size - 1)) / np.sqrt(count or values.size)

    right = each.mean(), error(each)
    exchanged = "the two are exchanged: the bound comes first"
    of_bound = [
        (exchanged, right[1]),
        ("the absolute value is taken: an estimate may be negative", abs(right[0])),
        ("the sign is wrong: log r - log p is wanted", -right[0]),
        ("it is clamped at 0: an estimate of the bound may be negative", max(right[0], 0.0)),
        ("the mean of |log r - log p| is taken", np.abs(off).mean()),
        ("log p is missing: this is the mean of log r", log_r.mean()),
        ("log r is missing: this is the mean of log p", log_p.mean()),
        ("log r is missing: this is minus the mean of log p", -log_p.mean()),
        ("the sum over the codes of an image is taken, their mean is wanted", codes * right[0]),
        ("the sum over the images is taken, their mean is wanted", images * right[0]),
        ("everything is summed, the mean is wanted", off.sum()),
        ("the median of the images is taken", np.median(each)),
        ("the largest image is taken", each.max()),
        ("the ratio of the densities is averaged, then its logarithm taken: average log r - log p",
         np.log(np.exp(off).mean())),
        ("the ratio of the densities is averaged over the codes before the logarithm: average "
         "log r - log p", np.log(np.exp(off).mean(0)).mean()),
        ("the ratio r / p is averaged: average its logarithm", np.exp(off).mean()),
        ("the difference is weighted by r: the codes are drawn from q already",
         (np.exp(log_r) * off).mean()),
        ("bits are returned, nats are wanted", right[0] / np.log(2)),
    ]  # fmt: skip
    of_error = [
        (exchanged, right[0]),
        (MANY, error(off)),
        (MANY, error(off, 0)),
        ("this is the standard deviation over images: divide by the root of N", each.std(ddof=1)),
        ("this is the standard deviation over images: divide by the root of N", each.std()),
        ("this is the standard deviation of all codes", off.std(ddof=min(1, off.size - 1))),
        ("this is the variance of the mean: its root is the error", error(each) ** 2),
        ("this is the variance over images", each.var(ddof=1)),
        ("divided by N: the root of N is due", error(each, count=images**2)),
        ("the variance is divided by N: N - 1 is due, for the mean is estimated too",
         error(each, 0)),
        ("the deviation is divided by the root of N - 1: the root of N is due, and N - 1 in the "
         "variance", error(each, count=images - 1)),
        ("the spread over images is divided by the root of K: there are N images",
         error(each, count=codes)),
        ("the spread over images is divided by the root of K N", error(each, count=codes * images)),
        ("the spread of all codes is divided by the root of N: average over the codes first",
         error(off, count=images)),
        ("this is the error over the K codes: average over them first, then over images",
         error(off.mean(1)) if codes > 1 else np.nan),
        ("the codes are summed, not averaged", error(off.sum(0))),
        ("the error of log r alone is taken: the difference is paired", error(log_r.mean(0))),
        ("the error of log p alone is taken: the difference is paired", error(log_p.mean(0))),
        ("the errors of log r and log p are added as if independent: the difference is paired",
         np.hypot(error(log_r.mean(0)), error(log_p.mean(0)))),
        ("the error within an image is averaged: what other images would change is asked for",
         (off.std(0, ddof=min(1, codes - 1)) / np.sqrt(codes)).mean()),
        ("twice the error came", 2 * right[1]),
        ("the sign is wrong: an error is positive", -right[1]),
    ]  # fmt: skip
    return right, of_bound, of_error
