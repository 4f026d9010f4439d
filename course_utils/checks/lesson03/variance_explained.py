"""Check of exercise 3.7: ``variance_explained``."""

import numpy as np

from course_utils.checks._compare import floats, verify, verify_repeatable
from course_utils.checks._contract import call, check


@check("3.7")
def variance_explained(answer, seed):
    """``variance_explained(target, guess)``: features (N, ...) twice -> 1 - error / spread."""
    rng = np.random.default_rng(seed)
    for label, shape, quality in (
        ("", (40, 3, 5, 7), 0.6),
        ("one number for each image: ", (60,), 0.7),
        ("", (50, 6), 0.3),
        ("a guess that is worse than the mean: ", (30, 4), 3.0),
        ("a perfect copy: ", (20, 4, 2), 0.0),
        ("", (25, 2, 9), 1.1),
    ):
        middle = rng.uniform(2, 9, shape[1:])  # of each entry, far from those of the others
        width = rng.uniform(0.3, 3, shape[1:])
        target = middle + width * rng.normal(0, 1, shape)
        noise = rng.normal(0.3, 1, shape) * rng.uniform(0.3, 3, shape[1:])  # with a mean of its own
        target, guess = floats(target, target + quality * noise)
        _verify_share(answer, target, guess, label)
    verify_repeatable(answer, target, guess)
    return (
        "1 - (sum of squared errors) / (sum of squared distances from the mean over the images): "
        "one number, 1 for a copy, and below 0 for what is worse than the mean."
    )


def _verify_share(answer, target, guess, label):
    t, g = target.astype(float), guess.astype(float)
    error, spread = ((t - g) ** 2).sum(), ((t - t.mean(0)) ** 2).sum()
    verify(
        call(answer, target, guess),
        np.array(1 - error / spread),
        checked=f"{label}target and guess of shape {target.shape}",
        wrong=_wrong_shares(t, g, error, spread),
        scale=1.0,
        tolerance=1e-3 if label.startswith("a perfect") else 1e-4,
        hint="one minus the ratio of two sums of squares is wanted: target - guess, and target "
        "minus its mean over the images",
    )


@np.errstate(all="ignore")
def _wrong_shares(t, g, error, spread):
    n, each = len(t), (0,)
    errors, spreads = ((t - g) ** 2).sum(each), ((t - t.mean(0)) ** 2).sum(each)
    by_image = tuple(range(1, t.ndim))
    alone = ((t - t.mean(by_image, keepdims=True)) ** 2).sum() if by_image else np.nan
    own = ((g - g.mean(0)) ** 2).sum()
    left = t - g
    return [
        ("the share that is left over came: one minus it is wanted", np.array(error / spread)),
        ("one value for each entry came: sum over the entries too", 1 - errors / spreads),
        ("the ratios of the entries are averaged: divide the sums over all entries",
         np.array((1 - errors / spreads).mean())),
        ("one mean of all numbers is subtracted: each entry has its own mean over the images",
         np.array(1 - error / ((t - t.mean()) ** 2).sum())),
        ("the mean of each image is subtracted: the mean over the images is wanted",
         np.array(1 - error / alone)),
        ("no mean is subtracted: the squares of the target are its distances from 0",
         np.array(1 - error / (t**2).sum())),
        ("the spread is the guess's: the target's is wanted", np.array(1 - error / own)),
        ("the guess's variance is compared with the target's: a guess may vary and be wrong",
         np.array(own / spread)),
        ("the mean error is subtracted: a guess that is off by a constant is not right",
         np.array(1 - ((left - left.mean(0)) ** 2).sum() / spread)),
        ("the mean error is subtracted: a guess that is off by a constant is not right",
         np.array(1 - ((left - left.mean()) ** 2).sum() / spread)),
        ("roots are taken: squares are compared", np.array(1 - np.sqrt(error / spread))),
        ("absolute values are summed: squares are wanted",
         np.array(1 - np.abs(left).sum() / np.abs(t - t.mean(0)).sum())),
        ("a mean stands against a sum: both are sums, or both are means",
         np.array(1 - error / t.size / spread)),
        ("a mean stands against a sum: both are sums, or both are means",
         np.array(1 - error / (spread / t.size))),
        ("a mean over the images stands against a sum", np.array(1 - error / n / spread)),
        ("a mean over the images stands against a sum", np.array(1 - error / (spread / n))),
        ("the ratio is upside down", np.array(1 - spread / error)),
        ("it is cut off at 0: worse than the mean is below 0",
         np.array(max(0.0, 1 - error / spread))),
        ("the squared correlation came: a guess that is off by a factor is not right",
         np.array(_squared_correlation(t, g))),
        ("the spread is that of unbiased variances, with N - 1: both sums are over the same N",
         np.array(1 - error / (spread * n / (n - 1)))),
    ]  # fmt: skip


def _squared_correlation(t, g):
    a, b = t - t.mean(0), g - g.mean(0)
    return (a * b).sum() ** 2 / ((a**2).sum() * (b**2).sum())
