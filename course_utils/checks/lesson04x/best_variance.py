"""Check of exercise 4x.1: ``best_variance``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, verify, verify_gradient
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs, two_numbers

OWN = "each image is given a variance of its own: the mean over the images comes first, one \
variance is shared"
BITS = "bits are returned, nats are wanted"
EACH = "one of them has a value for each image, so average over the images"
SMALL = "the smallest variance is right as it is: nothing is added to it, and nothing clamps it"


@check("4x.1")
def best_variance(answer, seed):
    """``best_variance(squared_error, num_values)``: (B,), D -> s, mean of -log p(x|z): nats."""
    answer = in_pairs(answer, "variance", "distortion")
    rng = np.random.default_rng(seed)
    for label, batch, num_values, size in (
        ("", int(rng.integers(5, 9)), int(rng.integers(20, 40)), 3.0),
        ("784 values: ", 6, 784, 0.02),
        ("large errors: ", 4, 17, 500.0),
        ("one image: ", 1, 12, 0.7),
        ("one value: ", 7, 1, 2.0),
        ("small errors: ", 5, 50, 5e-5),
    ):
        (squared_error,) = floats(size * num_values * rng.uniform(0.2, 1.8, batch))
        (exact,) = doubles(squared_error)
        about = f"{label}squared_error of shape ({batch},), num_values = {num_values}"
        pair = two_numbers(
            call(answer, squared_error, num_values), about, "(variance, distortion)", EACH
        )
        right, of_variance, of_distortion = _answers(exact, num_values)
        for part, value, due, wrong in zip(
            ("variance", "distortion"), pair, right, (of_variance, of_distortion), strict=True
        ):
            verify(np.array(value), np.array(due), checked=about, wrong=wrong, part=part,
                   scale=0.0 if part == "variance" else 1.0,
                   hint=SMALL if label.startswith("small") else "")  # fmt: skip
    slope = np.full(batch, 1 / (2 * right[0] * batch))
    arrays = (squared_error, num_values)
    names = ("squared_error", "num_values")
    verify_gradient(answer, arrays, names, [slope, None], of="distortion", output=1)
    return (
        "s = the mean squared error of one value, and D / 2 (log(2 pi s) + 1); its gradient is "
        "1 / (2 s B), so the loss weighs the error as a fixed variance s would."
    )


@np.errstate(all="ignore")
def _answers(squared_error, d):
    """The right pair; (phrase, value) of wrong variances; the same of wrong distortions."""
    mean = squared_error.mean()
    s = mean / d

    def filled(s, log_of=2 * np.pi, one=1.0, factor=d / 2):
        return factor * (np.log(log_of * s) + one)

    right = s, filled(s)
    swapped = "the two are exchanged: the variance comes first"
    of_variance = [
        (swapped, right[1]),
        ("the sum over the values is not divided by their number", mean),
        ("the batch is summed, its mean is wanted", squared_error.sum() / d),
        ("the batch is summed and the values are not counted", squared_error.sum()),
        ("this is the standard deviation: the root is too much", np.sqrt(s)),
        ("this is its logarithm: the variance itself is wanted", np.log(s)),
        ("half of it came: the 1/2 of SE / (2 s) cancels against that of D / 2", s / 2),
        ("twice of it came", 2 * s),
        ("it is upside down: this is 1 / s", 1 / s),
        (
            "this is 1 / (2 s), the weight of the squared error: the variance itself is wanted",
            1 / (2 * s),
        ),
        (
            "the variance of the errors over the images came: their mean is wanted",
            squared_error.var() / d,
        ),
        ("divided by D - 1: the maximum of the likelihood divides by D", mean / max(d - 1, 1e-9)),
        (
            "divided by B - 1: the mean over the images divides by B",
            squared_error.sum() / max(len(squared_error) - 1, 1e-9) / d,
        ),
        ("divided by the values twice", s / d),
        ("784 is written where num_values is due", mean / 784),
        ("the median of the images stands for their mean", np.median(squared_error) / d),
        ("the smallest error is taken", squared_error.min() / d),
        ("the largest error is taken", squared_error.max() / d),
        (
            "exp of the mean logarithm is taken: the mean itself is due",
            np.exp(np.log(squared_error / d).mean()),
        ),
    ]
    of_distortion = [
        (swapped, s),
        (OWN, filled(squared_error / d).mean()),
        ("the 1 is missing: SE / (2 s) is D / 2 on average", filled(s, one=0.0)),
        ("the log(2 pi) is missing", filled(s, log_of=1.0)),
        ("log(2 pi) and the 1 are missing: -log p(x|z) has both", filled(s, 1.0, 0.0)),
        ("2 is missing in log(2 pi s)", filled(s, np.pi)),
        ("pi is missing in log(2 pi s)", filled(s, 2.0)),
        ("the factor D / 2 is missing: all values count", filled(s, factor=1.0)),
        ("the factor D is missing: this is one value's share", filled(s, factor=0.5)),
        ("the factor 1/2 is missing", filled(s, factor=d)),
        ("the 1 stands outside: D / 2 multiplies it as well", filled(s, one=0.0) + 1),
        ("// cuts D / 2 to a whole number", filled(s, factor=d // 2)),
        ("784 is written where num_values is due", filled(s, factor=392.0)),
        ("784 is written where num_values is due", filled(mean / 784, factor=392.0)),
        ("the sign is wrong: minus log p(x|z) is wanted", -right[1]),
        ("the log of the standard deviation is taken", filled(np.sqrt(s))),
        ("the log of s^2 is taken: s is a variance already", filled(s**2)),
        ("the log of the sum over the values is taken", filled(mean)),
        ("this is SE / (2 s) alone, D / 2 on average: the log term is missing", d / 2),
        ("SE / (2 s) is left out of D / 2 log(2 pi s), and counted in full as SE",
         filled(s, one=0.0) + mean),
        ("SE / s stands for SE / (2 s)", filled(s, one=2.0)),
        ("the batch is summed, its mean is wanted", len(squared_error) * right[1]),
        ("s is taken for a standard deviation in SE / (2 s)",
         filled(s, one=0.0) + mean / (2 * s**2)),
        ("the variance is held at 1", d / 2 * np.log(2 * np.pi) + mean / 2),
        ("log10 is taken, log is due", d / 2 * (np.log10(2 * np.pi * s) + 1)),
        ("log2 is taken, log is due", d / 2 * (np.log2(2 * np.pi * s) + 1)),
        (BITS, right[1] / np.log(2)),
    ]  # fmt: skip
    return right, of_variance, of_distortion
