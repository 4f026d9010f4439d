"""Check of exercise 12.4: ``bits_of``."""

import math

import numpy as np
import torch
from torch.distributions import Normal

from course_utils.checks._compare import doubles, floats, named, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._slopes import exactly, verify_slopes


@check("12.4")
def bits_of(answer, seed):
    """``bits_of(rate, squared_error, variance, num_dims)``: (B,) twice, two numbers -> (B,)."""
    rng = np.random.default_rng(seed)
    (batch,) = sizes(rng, 1)
    names = ("rate", "squared_error", None, None)
    for label, count, dims, variance in (
        ("", batch, int(rng.integers(40, 90)), rng.uniform(0.021, 0.036)),
        ("3,072 dimensions: ", batch, 3072, 0.0165),
        ("variance above 1: ", batch, 48, 2.5),
        ("variance 1 / (2 pi): ", batch, 48, 1 / (2 * math.pi)),
        ("a variance of 1e-6: ", batch, 48, 1e-6),
        ("a variance of 10,000: ", batch, 48, 1e4),
        ("B = 1: ", 1, 48, 0.1),
        ("one dimension: ", batch, 1, 0.3),
        ("no rate, or no error: ", batch, 48, 0.1),
        ("the largest rates: ", batch, 12, 0.02),
    ):
        variance = float(f"{variance:.4g}")
        rate = dims * rng.uniform(0.05, 0.5, count) * (400 if "largest" in label else 1)
        squared_error = dims * variance * rng.uniform(0.5, 2, count)
        if label.startswith("no rate"):
            rate[::2], squared_error[1::2] = 0, 0
        rate, squared_error = floats(rate, squared_error)
        wrong = _code_bits(*doubles(rate, squared_error), variance, dims)
        right = exactly(_bits, (rate, squared_error, variance, dims))
        about = f"{label}B = {count}, variance {variance:g}, {dims} dimensions"
        below = "held at 0 or above: with a small variance the formula goes below"
        famous = [(below, np.maximum(right, 0)), (below, np.abs(right)), *(() if label else wrong)]
        arrays = rate, squared_error, variance, dims
        if not label:
            verify_repeatable(answer, *arrays)
        received = call(answer, *arrays)
        told = {"checked": about, "hint": ""}
        if isinstance(received, np.ndarray):  # 2/255 and 1/128 differ by 0.006 bits
            told["hint"] = named(received, famous, 1e-4, right)
        shapes = [one for one in famous if np.shape(one[1]) != right.shape]
        verify(received, right, wrong=shapes, scale=0.5, tolerance=3e-5, **told)
        verify_slopes(answer, arrays, names, _bits, rng, of="the bits", about=about)
    return (
        "Rate and Gaussian distortion over D, plus log 128 for the bins, over log 2: one value for "
        "each image."
    )


def _bits(rate, squared_error, variance, dims):
    """The right bits, of tensors, by the density of an image at the distance of its error."""
    normal = Normal(0.0, torch.tensor(variance, dtype=torch.float64).sqrt())
    density = normal.log_prob(torch.sqrt(squared_error / dims + 1e-300)) * dims
    return ((rate - density) / dims - math.log(1 / 128)) / math.log(2)


def _code_bits(rate, squared_error, variance, dims):
    """(phrase, values) of wrong bits."""
    log_2, log_128 = math.log(2), math.log(128)
    error, constant = squared_error / (2 * variance), dims / 2 * math.log(2 * math.pi * variance)

    def bits(nats, bins=log_128):
        return (nats / dims + bins) / log_2

    right = bits(rate + error + constant)
    bins = "the bin width is not 1/128"
    return [
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
        (f"{bins}: 1/255 is the bin of levels in [0, 1]",
         bits(rate + error + constant, math.log(255))),
        (f"{bins}: pixels in [-1, 1] are twice as wide as in [0, 1], not half",
         bits(rate + error + constant, math.log(64))),
        ("log 128 is not divided by log 2", bits(rate + error + constant, 0) + log_128),
        ("the rate is not divided by log 2", right - rate / dims / log_2 + rate / dims),
        ("divided by log 10, it should be log 2", right * log_2 / math.log(10)),
        ("the logarithm of the constant is of base 2 already, and divided by log 2 once more",
         bits(rate + error + constant / log_2)),
        ("the squared error is not divided by D",
         bits(rate + constant) + error / log_2),
        ("the constant is that of the whole image, but D is not there: D/2 log(2 pi variance)",
         bits(rate + error) + constant / log_2),
        ("the squared error is missing", bits(rate + constant)),
        ("the squared error has the wrong sign", bits(rate - error + constant)),
        ("this is half of it: rate and error are counted whole",
         bits((rate + error + constant) / 2)),
        ("the standard deviation stands for the variance in the constant",
         bits(rate + error + dims / 2 * math.log(2 * math.pi * math.sqrt(variance)))),
        ("the standard deviation stands for the variance in the error",
         bits(rate + squared_error / (2 * math.sqrt(variance)) + constant)),
        ("divided by D - 1", bits(rate + error + constant, log_128 * (1 - 1 / dims))
         * dims / (dims - 1) if dims > 1 else right),
        ("the rate is not divided by D", rate / log_2 + bits(error + constant)),
        ("the sign is wrong: bits are a cost", -right),
        ("the mean over the batch came: one value for each image is due", right.mean()),
        ("summed over the batch: one value for each image is due", right.sum()),
    ]  # fmt: skip
