"""Check of exercise 3.3: ``principal_weights``."""

import numpy as np

from course_utils.checks._compare import show, verify
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

FEWER = "fewer eigenvalues above the variance than latents"
CLOSE = "eigenvalues near the variance"


@check("3.3", seals=("exact.principal.PrincipalComponents",))
def principal_weights(answer, seed):
    """``principal_weights(covariance, num_latents, variance)`` -> W (D, L), the best linear VAE."""
    rng = np.random.default_rng(seed)
    dims = int(rng.integers(9, 14))
    for label, count, active, size in (
        ("", 3, dims, np.float64),
        (f"{FEWER}: ", 6, 4, np.float64),
        ("float32: ", 3, dims, np.float32),
        (f"float32, {FEWER}: ", 6, 4, np.float32),
        ("one latent: ", 1, dims, np.float64),
        ("as many latents as dimensions: ", dims, dims, np.float64),
        (f"as many latents as dimensions, {FEWER}: ", dims, 5, np.float64),
        ("no eigenvalue above the variance: ", 4, 0, np.float64),
        ("two dimensions: ", 2, 2, np.float64),
        (f"{CLOSE}: ", 5, 3, np.float64),
    ):
        total = 2 if label.startswith("two") else dims
        variance = float(rng.uniform(0.3, 0.8))
        if label.startswith("one"):
            variance *= 4  # above 1, where a root makes it smaller
        above = variance * (1.5 + rng.uniform(0.3, 1.5, total).cumsum())
        below = variance * rng.uniform(0.1, 0.6, total)
        if label.startswith(CLOSE):
            above[: active - 1] = variance * np.array([1.03, 1.3])
            below[-2:] = variance * np.array([0.9, 0.98])
        values = np.where(np.arange(total) < active, above, below)
        basis, _ = np.linalg.qr(rng.normal(size=(total, total)))
        covariance = (basis * values) @ basis.T
        covariance = ((covariance + covariance.T) / 2).astype(size)
        about = f"{label}covariance ({total}, {total}), num_latents = {count}, "
        about += f"variance = {variance:.3f}"
        _verify_weights(answer, covariance, values, basis, count, variance, about)
    return (
        "W W^T = sum over the largest eigenvalues of (eigenvalue - variance) e e^T, and columns of "
        "zeros where no eigenvalue is above the variance."
    )


def _verify_weights(answer, covariance, values, basis, count, variance, about):
    weights = call(answer, covariance, count, variance)
    if not isinstance(weights, np.ndarray) or weights.shape != (len(values), count):
        what = f"the shape is {weights.shape}" if isinstance(weights, np.ndarray) else "one array"
        raise CheckFailed(
            f"{what}: W of shape {(len(values), count)}, (D, num_latents), is expected",
            checked=about,
            expected=f"an array of shape {(len(values), count)}",
            received=show(weights),
        )
    order = values.argsort()[::-1]
    kept = order[:count]
    excess = (values[kept] - variance).clip(0)
    weights = weights.astype(np.float64)
    verify(
        weights @ weights.T,
        (basis[:, kept] * excess) @ basis[:, kept].T,
        checked=about,
        part="W W^T (which a rotation of the latents does not change)",
        wrong=_wrong_products(values, basis, order, count, variance),
        # float32 leaves errors of 1e-6 of the largest eigenvalue, near the variance too
        scale=values.max(),
        tolerance=1e-4,
        undefined="an eigenvalue below the variance gives a column of zeros",
        hint="a column whose eigenvalue is below the variance should be zero, one whose eigenvalue "
        "is above it has the length sqrt(eigenvalue - variance)",
    )
    # another basis of the latents is the same model, but eigenvectors come in their order
    along = basis[:, kept].T @ weights
    lengths = np.sqrt((weights**2).sum(0))
    places = np.abs(along).argmax(0)
    aligned = count > 2 and (np.abs(along).max(0) >= 0.9999 * lengths).all()
    is_right = np.abs(lengths - np.sqrt(excess)) < 1e-2 * np.sqrt(values.max())
    if aligned and not (is_right & ((places == np.arange(count)) | (excess == 0))).all():
        raise CheckFailed(
            "W W^T is right, but the columns are not in the order of falling eigenvalues",
            checked=about,
            expected=f"columns of the lengths {show(np.sqrt(excess))}",
            received=f"columns of the lengths {show(lengths)}",
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
            "the eigenvalues are turned around, the eigenvectors are not: column i of both belongs "
            "together, and flip(-1) turns the columns",
            product((value - variance).clip(0), last),
        ),
        (
            "the rows of the eigenvectors are turned around: they are the columns, so flip(-1)",
            product((value - variance).clip(0), last, basis[::-1]),
        ),
        (
            "the rows of the eigenvectors are turned around: they are the columns, so flip(-1)",
            product((value - variance).clip(0), kept, basis[::-1]),
        ),
        (
            "the difference is not cut off at zero: an eigenvalue below the variance counts",
            product(np.abs(value - variance)),
        ),
        ("the variance is added, it should be subtracted", product(value + variance)),
        (
            "the variance is squared: it is a variance already",
            product((value - variance**2).clip(0)),
        ),
        (
            "the eigenvalue is divided by the variance, which should be subtracted",
            product((value / variance - 1).clip(0)),
        ),
        ("each column is scaled by its eigenvalue: sqrt(eigenvalue - variance)", product(value**2)),
        (
            "a column is kept where its eigenvalue is below the variance: it should be zero",
            product(np.where(value > variance, value - variance, value)),
        ),
    ]
