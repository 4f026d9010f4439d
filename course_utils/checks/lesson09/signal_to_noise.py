"""Check of exercise 9.5: ``signal_to_noise``."""

import numpy as np

from course_utils.checks._compare import doubles, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows


@check("9.5")
def signal_to_noise(answer, seed):
    """``signal_to_noise(gradients)``: (R, P) -> |mean over R| / standard deviation over R, (P,).

    A standard deviation with the divisor R is as right as one with R - 1.
    """
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    repeats, parameters = sizes(rng, 2)
    for label, shape, ratio, size in (
        ("", (3 * repeats, parameters), 0.7, 1.0),
        ("as many estimates as parameters: ", (repeats, repeats), 0.7, 1.0),
        ("R = 2: ", (2, parameters), 0.7, 1.0),
        ("P = 1: ", (3 * repeats, 1), 0.7, 1.0),
        ("R = 1,000: ", (1000, parameters), 0.03, 1.0),
        ("little noise: ", (repeats, parameters), 10.0, 1.0),
        ("gradients near 0.001: ", (3 * repeats, parameters), 0.7, 1e-3),
        ("gradients near 1,000: ", (3 * repeats, parameters), 0.7, 1e3),
        ("R = 3: ", (3, parameters), 0.7, 1.0),
        ("in float64: ", (3 * repeats, parameters), 0.7, 1.0),
    ):
        values = ratio * rng.uniform(0.5, 1.5, shape[1]) + rng.normal(size=shape)
        # The means have either sign, so that a missing absolute value shows.
        signs = np.sign(values.mean(0)) * np.where(np.arange(shape[1]) % 2, 1, -1)
        gradients = size * rng.uniform(0.4, 2, shape[1]) * signs * values
        gradients = gradients if "float64" in label else gradients.astype(np.float32)
        received, (exact,) = call(answer, gradients), doubles(gradients)
        by_few, by_all = (np.abs(exact.mean(0)) / exact.std(0, ddof=ddof) for ddof in (1, 0))
        with_r = isinstance(received, np.ndarray) and received.shape == by_all.shape
        with_r = with_r and np.abs(received - by_all).sum() < np.abs(received - by_few).sum()
        verify(
            received,
            by_all if with_r else by_few,
            checked=f"{label}gradients of shape {shape}",
            wrong=_wrong_ratios(exact),
            scale=0.1,
        )
    verify_repeatable(answer, gradients)
    return (
        "The size of the mean over the estimates, in standard deviations of one estimate: one "
        "value for each parameter, the same for gradients near 0.001 and near 1,000."
    )


@np.errstate(all="ignore")
def _wrong_ratios(gradients):
    """(phrase, values) of wrong ratios, with either divisor of the variance."""
    repeats, parameters = gradients.shape
    mean, size = gradients.mean(0), np.abs(gradients).mean(0)
    one, lost = "one number came: one value for each parameter is wanted", ""
    if parameters == 1:
        lost = "one parameter lost its axis: squeeze() takes away every axis of length 1"
    over = "mean and standard deviation are over the parameters: the estimates are dim 0"
    error = "the standard error of the mean divides: the standard deviation of one estimate is due"
    signs = "absolute values are averaged: the mean comes first, then its absolute value"
    rms = np.sqrt((gradients**2).mean(0))
    for ddof in (1, 0):
        std, across = gradients.std(0, ddof=ddof), gradients.std(1, ddof=min(ddof, parameters - 1))
        right = np.abs(mean) / std
        yield from [
            ("the absolute value is missing", mean / std),
            ("the variance divides, it should be the standard deviation", np.abs(mean) / std**2),
            (error, right * np.sqrt(repeats)),
            (f"{error}; and the absolute value is missing", mean / std * np.sqrt(repeats)),
            ("the sum over the estimates stands for the mean", right * repeats),
            ("upside down: this is noise to signal", 1 / right),
            ("upside down: this is noise to signal", std / mean),
            ("upside down, with the standard error", 1 / right / np.sqrt(repeats)),
            (signs, size / std),
            (signs, size / np.abs(gradients).std(0, ddof=ddof)),
            ("the standard deviation is that of the absolute values",
             np.abs(mean) / np.abs(gradients).std(0, ddof=ddof)),
            ("the square came: a ratio of powers, not of amplitudes", right**2),
            ("the square root is taken once too often", np.sqrt(right)),
            ("the mean is squared, the standard deviation is not", mean**2 / std),
            ("the logarithm of the ratio came", np.log(right)),
            ("decibels came, the ratio itself is wanted", 20 * np.log10(right)),
            ("this is the absolute mean: the division by the standard deviation is missing",
             np.abs(mean)),
            ("this is the standard deviation alone", std),
            ("the noise is subtracted, it should divide", np.abs(mean) - std),
            (over, np.abs(gradients.mean(1)) / across),
            (over, gradients.mean(1) / across),
            ("each estimate is divided: the mean over the estimates is missing",
             np.abs(gradients) / std),
            ("each estimate is divided: the mean over the estimates is missing", gradients / std),
            (lost or f"{one} (over all entries)",
             np.abs(gradients.mean()) / gradients.std(ddof=ddof)),
            (lost or f"{one} (the mean over the parameters)", right.mean()),
            (lost or f"{one} (the sum over the parameters)", right.sum()),
            (lost or f"{one} (a ratio of means)", np.abs(mean).mean() / std.mean()),
            (lost or f"{one} (a ratio of norms)", np.linalg.norm(mean) / np.linalg.norm(std)),
            ("the standard deviation is averaged over the parameters", np.abs(mean) / std.mean()),
            ("the standard deviation is over all entries",
             np.abs(mean) / gradients.std(ddof=ddof)),
            ("an axis too many (keepdim?)", right[None]),
        ]  # fmt: skip
    for divisor in filter(None, (repeats - 2, repeats + 1)):
        std = gradients.std(0) * np.sqrt(repeats / divisor)
        yield (
            "the squared deviations are divided by R, or by R - 1, no other number",
            abs(mean) / std,
        )
    yield "the root of the mean square divides: the mean has to be subtracted", np.abs(mean) / rms
    spread = np.abs(gradients - mean).mean(0)
    yield (
        "absolute deviations are averaged, the standard deviation is wanted",
        np.abs(mean) / spread,
    )
    yield (
        "the median stands for the mean",
        np.abs(np.median(gradients, axis=0)) / gradients.std(0, ddof=1),
    )
