"""Check of exercise 3.3: ``principal_weights``."""

import numpy as np

from course_utils.checks._compare import verify
from course_utils.checks._contract import call, check


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
