"""Checks of lesson 03: the linear VAE in closed form, and honest bits per dimension."""

import math

import numpy as np

from course_utils.checks._compare import doubles, floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check

BIN = 1 / 128  # width of a level on the scale of x = (v + u) / 128 - 1


@check("3.3", seals=("exact.principal.PrincipalComponents",))
def principal_weights(answer, seed):
    """``principal_weights(covariance, num_latents, variance)`` -> W (D, L), the best linear VAE."""
    rng = np.random.default_rng(seed)
    dims = int(rng.integers(9, 14))
    for label, count, active in (
        ("", 3, dims),
        ("fewer eigenvalues above the variance than latents: ", 6, 4),
    ):
        variance = float(rng.uniform(0.3, 0.8))
        above = variance * (1.5 + rng.uniform(0.3, 1.5, dims).cumsum())
        values = np.where(np.arange(dims) < active, above, variance * rng.uniform(0.1, 0.6, dims))
        basis, _ = np.linalg.qr(rng.normal(size=(dims, dims)))
        covariance = (basis * values) @ basis.T
        covariance = (covariance + covariance.T) / 2
        about = f"{label}covariance ({dims}, {dims}), num_latents = {count}, "
        about += f"variance = {variance:.3f}"
        weights = call(answer, covariance, count, variance)
        if not isinstance(weights, np.ndarray) or weights.shape != (dims, count):
            verify(weights, np.zeros((dims, count)), checked=about)
        order = values.argsort()[::-1]
        kept = order[:count]
        excess = (values[kept] - variance).clip(0)
        verify(
            weights @ weights.T,
            (basis[:, kept] * excess) @ basis[:, kept].T,
            checked=about,
            part="W W^T (which a rotation of the latents does not change)",
            wrong=_wrong_products(values, basis, order, count, variance),
            scale=values.max(),
            tolerance=1e-3,
            undefined="an eigenvalue below the variance gives a column of zeros",
            hint="a column whose eigenvalue is below the variance should be zero" if label else "",
        )
    return (
        "W W^T = sum over the largest eigenvalues of (eigenvalue - variance) u u^T, and columns of "
        "zeros where no eigenvalue is above the variance."
    )


@np.errstate(all="ignore")
def _wrong_products(values, basis, order, count, variance):
    kept, last = order[:count], order[::-1][:count]
    value = values[kept]

    def product(amounts, columns=kept, vectors=basis):
        return (vectors[:, columns] * amounts) @ vectors[:, columns].T

    return [
        ("the decoder's variance is not subtracted from the eigenvalues", product(value)),
        (
            "the smallest eigenvalues are taken: eigh returns them in rising order",
            product((values[last] - variance).clip(0), last),
        ),
        (
            "the smallest eigenvalues are taken, and the variance is not subtracted",
            product(values[last], last),
        ),
        (
            "the root is missing: sqrt(eigenvalue - variance)",
            product((value - variance) ** 2),
        ),
        (
            "the standard deviation is subtracted in place of the variance",
            product((value - variance**0.5).clip(0)),
        ),
        (
            "the roots are subtracted: sqrt(eigenvalue) - sqrt(variance) is not "
            "sqrt(eigenvalue - variance)",
            product((value**0.5 - variance**0.5).clip(0) ** 2),
        ),
        ("these are the eigenvectors alone, without their lengths", product(np.ones(count))),
        (
            "the difference is not cut off at zero: an eigenvalue below the variance counts",
            product(np.abs(value - variance)),
        ),
        ("the variance is added, it should be subtracted", product(value + variance)),
    ]


@check("3.4", seals=("losses.bounds.bits_per_dim",))
def gaussian_bits_per_dim(answer, seed):
    """``gaussian_bits_per_dim(squared_error, kl, variance, num_dims)``: (B,), (B,) -> (B,)."""
    rng = np.random.default_rng(seed)
    batch, dims = sizes(rng, 1)[0] + 2, int(rng.integers(100, 4_000))
    for variance in (float(rng.uniform(0.01, 0.3)), 0.5, 1.0):
        error, kl = floats(rng.uniform(0.05, 0.2, batch) * dims, rng.uniform(5, 40, batch))
        formulas = _bits(*doubles(error, kl), variance, dims)
        verify(
            call(answer, error, kl, variance, dims),
            formulas[0][1],
            checked=f"squared error and KL ({batch},), variance {variance:.3f}, D = {dims}",
            wrong=formulas[1:],
        )
    verify_repeatable(answer, error, kl, variance, dims)
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
        ("it is in bits for the whole image: divide by D", (nats - bins) / math.log(2)),
        ("it is in nats for the whole image: divide by D log 2", nats - bins),
        (
            "log(variance) stands for log(2 pi variance) ",
            (nats - dims / 2 * math.log(2 * math.pi) - bins) / unit,
        ),
    ] + _standard_deviation(nats, dims, variance, bins, unit)


def _standard_deviation(nats, dims, variance, bins, unit):
    if variance == 1:  # there it is no mistake
        return []
    what = "the standard deviation is taken for the variance in the constant"
    return [(what, (nats - dims / 4 * math.log(variance) - bins) / unit)]
