"""Check of exercise 12.4: ``bits_of``."""

import math

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    sizes,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check


@check("12.4")
def bits_of(answer, seed):
    """``bits_of(rate, squared_error, variance, num_dims)``: (B,) twice, two numbers -> (B,)."""
    rng = np.random.default_rng(seed)
    (batch,) = sizes(rng, 1)
    for label, count, dims, variance in (
        ("", batch, int(rng.integers(40, 90)), rng.uniform(0.02, 0.06)),
        ("3,072 dimensions: ", batch, 3072, 0.0165),
        ("variance above 1: ", batch, 48, 2.5),
        ("B = 1: ", 1, 48, 0.1),
    ):
        variance = round(float(variance), 4)
        rate = dims * rng.uniform(0.05, 0.5, count)
        squared_error = dims * variance * rng.uniform(0.5, 2, count)
        rate, squared_error = floats(rate, squared_error)
        right, wrong = _code_bits(*doubles(rate, squared_error), variance, dims)
        about = f"{label}B = {count}, variance {variance:g}, {dims} dimensions"
        famous = wrong if not label else ()
        received = call(answer, rate, squared_error, variance, dims)
        verify(received, right, checked=about, wrong=famous, scale=0.1)
        slopes = [np.full(count, 1 / dims / np.log(2)), None, None, None]
        slopes[1] = slopes[0] / (2 * variance)
        names = ("rate", "squared_error", "variance", "num_dims")
        verify_gradient(answer, (rate, squared_error, variance, dims), names, slopes)
    verify_repeatable(answer, rate, squared_error, variance, dims)
    return (
        "Rate and Gaussian distortion over D, plus log 128 for the bins, over log 2: one value for "
        "each image."
    )


def _code_bits(rate, squared_error, variance, dims):
    """The right bits, and (phrase, values) of wrong ones."""
    log_2, log_128 = math.log(2), math.log(128)
    error, constant = squared_error / (2 * variance), dims / 2 * math.log(2 * math.pi * variance)

    def bits(nats, bins=log_128):
        return (nats / dims + bins) / log_2

    right = bits(rate + error + constant)
    bins = "the bin width is not 1/128"
    return right, [
        ("the rate is missing: the codes have a price", bits(error + constant)),
        ("the rate is subtracted, it costs", bits(error + constant - rate)),
        *(("the constant D/2 log(2 pi variance) is missing, or is that of one dimension",
           bits(rate + error + part)) for part in (0, constant / dims)),
        ("D log(2 pi variance): half of it is due", bits(rate + error + 2 * constant)),
        ("the variance is missing in the constant",
         bits(rate + error + dims / 2 * math.log(2 * math.pi))),
        ("2 pi is missing in the constant",
         bits(rate + error + dims / 2 * math.log(variance))),
        ("the sign of the constant is wrong", bits(rate + error - constant)),
        ("the squared error is divided by the variance, not by twice the variance",
         bits(rate + 2 * error + constant)),
        ("the squared error is not divided by twice the variance",
         bits(rate + squared_error + constant)),
        ("the variance is taken for a standard deviation",
         bits(rate + squared_error / (2 * variance**2)
              + dims / 2 * math.log(2 * math.pi * variance**2))),
        ("the bins are missing: log 128 is added", bits(rate + error + constant, 0)),
        ("log 128 is subtracted, it is added", bits(rate + error + constant, -log_128)),
        (f"{bins}: 2/255 is the bin of the levels in [-1, 1], not of dequantised pixels",
         bits(rate + error + constant, math.log(127.5))),
        (f"{bins}: pixels lie in [-1, 1], not in [0, 1]",
         bits(rate + error + constant, math.log(256))),
        ("log 128 is divided by D: every dimension has its bin",
         bits(rate + error + constant + log_128, 0)),
        ("nats came, bits are due: divide by log 2", right * log_2),
        ("nats for the whole image came: divide by D and by log 2", right * log_2 * dims),
        ("bits for the whole image came: divide by D", right * dims),
        ("multiplied by log 2, it divides", right * log_2**2),
        ("the rate is not divided by D", rate / log_2 + bits(error + constant)),
        ("the sign is wrong: bits are a cost", -right),
        ("the mean over the batch came: one value for each image is due", right.mean()),
        ("summed over the batch: one value for each image is due", right.sum()),
    ]  # fmt: skip
