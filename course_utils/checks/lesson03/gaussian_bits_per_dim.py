"""Check of exercise 3.4: ``gaussian_bits_per_dim``."""

import math

import numpy as np

from course_utils.checks._compare import doubles, floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check

FEW = "a few dimensions: "
WHAT = (
    "each image has nats = SE / (2 variance) + D/2 log(2 pi variance) + KL, and bits for each "
    "dimension = (nats / D + log 128) / log 2: which term is another?"
)
BIN = 1 / 128  # width of a level on the scale of x = (v + u) / 128 - 1


@check("3.4", seals=("losses.bounds.bits_per_dim",))
def gaussian_bits_per_dim(answer, seed):
    """``gaussian_bits_per_dim(squared_error, kl, variance, num_dims)``: (B,), (B,) -> (B,)."""
    rng = np.random.default_rng(seed)
    batch, dims = sizes(rng, 1)[0] + 2, int(rng.integers(100, 4_000))
    one, odd = 1, 2 * int(rng.integers(3, 6)) + 1
    for label, count, variance, size in (
        (FEW, batch, float(rng.uniform(0.005, 0.009)), odd),
        ("", batch, float(rng.uniform(0.01, 0.3)), dims),
        ("", batch, 0.5, dims),
        ("", batch, 1.0, dims),
        ("one image: ", one, 0.1, dims),
        ("one dimension: ", batch, 0.2, one),
        ("the widest decoder of the text: ", batch, dims / 2, dims),
        ("a very narrow decoder, bits below 0: ", batch, 1e-6, dims),
        ("nothing to reconstruct, nothing coded: ", batch, 0.1, dims),
        ("a KL of many bits: ", batch, 0.1, dims),
    ):
        error, kl = floats(rng.uniform(0.05, 0.2, count) * size, rng.uniform(5, 40, count))
        if label == FEW:  # every term, counted once or D times, is a good part of the whole
            kl *= 0.1
            verify_repeatable(answer, error, kl, variance, size)
        if label.startswith("a very"):
            error *= 1e-6
        if label.startswith("nothing"):
            error[:2], kl[1:3] = 0, 0
        if label.startswith("a KL"):
            kl *= dims
        formulas = _bits(*doubles(error, kl), variance, size)
        verify(
            call(answer, error, kl, variance, size),
            formulas[0][1],
            checked=f"{label}squared error and KL ({count},), variance {variance:.3g}, D = {size}",
            wrong=[
                ("an axis of length 1 is lost: is something squeezed?",
                 formulas[0][1].squeeze() if count == 1 else np.nan),
                *formulas[1:],
            ],
            tolerance=1e-5,
            scale=1,
            hint=WHAT,
        )  # fmt: skip
    return (
        "-ELBO of N(x; mu, variance) in bits for each dimension, on pixels dequantised with bins "
        "of 1/128: the constant, the bin width and the unit are right for every variance."
    )


def _bits(error, kl, variance, dims):
    """(phrase, value): the right one first."""
    constant = dims / 2 * math.log(2 * math.pi * variance)
    nats = constant + error / (2 * variance) + kl
    unit, bins = dims * math.log(2), dims * math.log(BIN)
    return [
        ("", (nats - bins) / unit),
        ("the width of the bins is left out: - log(1/128) for each dimension", nats / unit),
        (
            "the Gaussian's constant D/2 log(2 pi variance) is left out",
            (nats - constant - bins) / unit,
        ),
        (
            "the constant is that of unit variance, D/2 log(2 pi)",
            (nats - dims / 2 * math.log(variance) - bins) / unit,
        ),
        ("the KL is left out", (nats - kl - bins) / unit),
        ("the KL is subtracted", (nats - 2 * kl - bins) / unit),
        (
            "the squared error is divided by the variance alone: the 1/2 is missing",
            (nats + error / (2 * variance) - bins) / unit,
        ),
        (
            "SE + KL is taken whatever the variance is: that is variance 1/2",
            (constant + error + kl - bins) / unit,
        ),
        (
            "1/2 SE + KL is taken whatever the variance is: that is variance 1",
            (constant + error / 2 + kl - bins) / unit,
        ),
        ("the sign of the bin's logarithm is wrong", (nats + bins) / unit),
        (
            "the bins are those of [0, 1), 1/256: on [-1, 1) they are 1/128 wide",
            (nats - bins + dims * math.log(2)) / unit,
        ),
        ("it is in nats for each dimension: divide by log 2", (nats - bins) / dims),
        (
            "the mean over the batch is taken: one value for each image is wanted",
            ((nats - bins) / unit).mean(),
        ),
        (
            "the bin is counted once for an image, not for each dimension",
            (nats - math.log(BIN)) / unit,
        ),
        (
            "the constant is counted once for an image, not for each dimension",
            (nats - constant + constant / dims - bins) / unit,
        ),
        (
            "D // 2 stands for D / 2 in the constant",
            (nats - constant + (dims // 2) / (dims / 2) * constant - bins) / unit,
        ),
        ("the KL is not divided by D", (nats - kl + kl * dims - bins) / unit),
        (
            "the variance is taken for a standard deviation: the squared error is divided by "
            "2 variance^2",
            (nats + error / (2 * variance**2) - error / (2 * variance) - bins) / unit,
        ),
        (
            "the variance is taken for a standard deviation, in the squared error and in the "
            "constant",
            (dims / 2 * math.log(2 * math.pi * variance**2) + error / (2 * variance**2) + kl - bins)
            / unit,
        ),
        (
            "the constant is D/2 log(2 pi variance): its 1/2 is missing",
            (nats + constant - bins) / unit,
        ),
        (
            "the constant D/2 log(2 pi variance) is subtracted: it belongs to -log p with a plus",
            (nats - 2 * constant - bins) / unit,
        ),
        (
            "the squared error is divided by D twice",
            (nats - error / (2 * variance) * (1 - 1 / dims) - bins) / unit,
        ),
        (
            "the KL is divided by 2 variance: it is in nats already",
            (nats - kl + kl / (2 * variance) - bins) / unit,
        ),
        (
            "it is multiplied by log 2: nats are divided by it to become bits",
            (nats - bins) / dims * math.log(2),
        ),
        ("the sign is wrong: this is the ELBO", -(nats - bins) / unit),
        ("the bits of the KL are weighted by 1/2", (nats - kl / 2 - bins) / unit),
        ("it is in bits for the whole image: divide by D", (nats - bins) / math.log(2)),
        ("it is in nats for the whole image: divide by D log 2", nats - bins),
        (
            "log(variance) stands where log(2 pi variance) should stand",
            (nats - dims / 2 * math.log(2 * math.pi) - bins) / unit,
        ),
    ] + _standard_deviation(nats, dims, variance, bins, unit)


def _standard_deviation(nats, dims, variance, bins, unit):
    if variance == 1:  # there it is no mistake
        return []
    what = "the standard deviation is taken for the variance in the constant"
    return [(what, (nats - dims / 4 * math.log(variance) - bins) / unit)]
