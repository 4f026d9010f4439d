"""Check of exercise 3x.2: ``mismatch_parts``."""

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    refuse_dict,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._remote import CheckFailed

PARTS = ("means", "variances", "correlations")
WIDE = "256 latents of small variance: "
NATS = "nats need the natural logarithm"
UNDERFLOW = (
    "the determinant of many small variances underflows to 0: take logdet or slogdet, or the sum "
    "of the logarithms of the eigenvalues"
)


@check("3x.2")
def mismatch_parts(answer, seed):
    """``mismatch_parts(mean, covariance)``: (L,), (L, L) -> three numbers, nats."""
    rng = np.random.default_rng(seed)
    for label, latents, sway, kind in (
        ("", sizes(rng, 1)[0], 1.0, np.float64),
        ("in float32: ", sizes(rng, 1)[0], 1.0, np.float32),
        ("a mean of 0: ", 4, 0.0, np.float64),
        ("no correlations: ", 5, 1.0, np.float64),
        ("one latent: ", 1, 1.0, np.float64),
        ("two latents, strongly correlated: ", 2, 1.0, np.float64),
        (WIDE, 256, 0.1, np.float64),
    ):
        mean, root = sway * rng.normal(size=latents), rng.normal(size=(latents, 2 * latents + 2))
        covariance = root @ root.T / (2 * latents + 2) * rng.uniform(0.5, 2)
        if label.startswith("no"):
            covariance = np.diag(np.diag(covariance))
        if label.startswith("two"):
            covariance = np.array([[1.4, 1.1], [1.1, 0.9]])
        if label == WIDE:
            covariance *= 1e-3
        arrays = (mean, covariance) if kind is np.float64 else floats(mean, covariance)
        if not label:
            verify_repeatable(answer, *arrays)
        told = f"{label}mean {mean.shape}, covariance {covariance.shape}"
        _verify(call(answer, *arrays), *doubles(*arrays), told)
    return (
        "What the Gaussian's means, its variances and its correlations cost against N(0, I): three "
        "numbers, in nats, also for many small variances."
    )


def _verify(received, mean, covariance, told):
    refuse_dict(received, PARTS, told)
    right = _parts(mean, covariance)
    if isinstance(received, np.ndarray) and received.shape == (3,):
        received = tuple(received)
    if not isinstance(received, tuple) or len(received) != 3:
        total = isinstance(received, np.ndarray) and received.size == 1
        total = total and np.allclose(received, sum(right), rtol=1e-3)
        what = "their sum came" if total else f"{show(received)} came"
        raise CheckFailed(
            f"the three parts are wanted apart: {what}.",
            checked=told,
            expected="a tuple (means, variances, correlations), in nats",
            received=show(received),
        )
    for part, value, expected in zip(PARTS, received, right, strict=True):
        verify(
            np.asarray(value),
            np.asarray(expected),
            checked=told,
            part=part,
            wrong=_wrong(part, mean, covariance),
            scale=sum(right),
            tolerance=1e-5,
            hint=UNDERFLOW
            if told.startswith(WIDE) and part == PARTS[2]
            else "1/2 sum m^2 is due to the means, 1/2 sum (C_ii - 1 - log C_ii) to the variances, "
            "1/2 (sum log C_ii - log det C) to the correlations",
            undefined=UNDERFLOW,
        )


def _parts(mean, covariance):
    variances = np.diag(covariance)
    return (
        0.5 * (mean**2).sum(),
        0.5 * (variances - 1 - np.log(variances)).sum(),
        0.5 * (np.log(variances).sum() - np.linalg.slogdet(covariance)[1]),
    )


def _wrong(part, mean, covariance):
    """(phrase, value) of famous wrong answers of a part."""
    right, latents, var = _parts(mean, covariance), len(mean), np.diag(covariance)
    own = right[PARTS.index(part)]
    log_det = np.linalg.slogdet(covariance)[1]
    every = "one value for each latent came: their sum is wanted"
    yield "the 1/2 is missing", 2 * own
    yield "the sign is wrong", -own
    yield "the mean over the latents stands for the sum", own / latents
    yield "the sum of all three came", sum(right)
    for name, value in zip(PARTS, right, strict=True):
        if name != part:
            yield f"the {name} came in its place: the order is {', '.join(PARTS)}", value
    if part == "means":
        yield every, 0.5 * mean**2
        yield "the means are not squared", 0.5 * mean.sum()
        yield "the means are not squared", 0.5 * np.abs(mean).sum()
        yield "the sum is squared: square each mean, then add", 0.5 * mean.sum() ** 2
        yield "the sum is squared: square each mean, then add", 0.5 * np.abs(mean).sum() ** 2
        yield "the length of the mean is to be squared", 0.5 * np.sqrt(2 * own)
        yield "the root of the sum came: the length of the mean is to be squared", np.sqrt(2 * own)
        yield "divided by the variances: that is KL(p || g)", 0.5 * (mean**2 / var).sum()
    elif part == "variances":
        std = np.sqrt(var)
        yield every, 0.5 * (var - 1 - np.log(var))
        yield "the means are in it: they have their own part", own + right[0]
        yield "the correlations are in it: they have their own part", own + right[2]
        yield "the -1 for each latent is missing", own + latents / 2
        yield "the logarithm is missing", 0.5 * (var - 1).sum()
        yield "1 is subtracted once, not for each latent", own + (latents - 1) / 2
        yield "this is KL(p || g), the other direction", 0.5 * (1 / var - 1 + np.log(var)).sum()
        yield (
            "the variances' square roots are taken: C_ii is a variance",
            0.5 * (std - 1 - np.log(std)).sum(),
        )
        yield (
            "the variances are squared: C_ii is a variance",
            0.5 * (var**2 - 1 - 2 * np.log(var)).sum(),
        )
        yield (
            "the logarithm of the sum is taken: take it of each variance, then add",
            0.5 * (var.sum() - latents - np.log(var.sum())),
        )
        for name, log in (("log10", np.log10), ("log2", np.log2)):
            yield f"{name} is taken: {NATS}", 0.5 * (var - 1 - log(var)).sum()
        yield "the sign of the logarithm is wrong", 0.5 * (var - 1 + np.log(var)).sum()
    else:
        off = covariance / np.sqrt(np.outer(var, var)) - np.eye(latents)
        yield "the sum of log C_ii is missing: log det C has the variances in it", -0.5 * log_det
        yield (
            "squared correlations are added up: that is right to second order only",
            0.25 * (off**2).sum(),
        )
        yield (
            "squared correlations are added up: that is right to second order only",
            0.5 * (off**2).sum(),
        )
        yield "the variances are in it: they have their own part", own + right[1]
        logs = np.log(var).sum()
        yield (
            "the logarithm of the sum is taken: take it of each variance, then add",
            0.5 * (np.log(var.sum()) - log_det),
        )
        yield (
            "log det C lacks the factor 2: det C is the square of its root's determinant",
            0.5 * (logs - 0.5 * log_det),
        )
        yield "slogdet gives sign and logarithm: the sign was taken", 0.5 * (logs - 1)
        yield (
            "log det C is subtracted once for each latent: it belongs outside the sum",
            0.5 * (logs - latents * log_det),
        )
        for name, base in (("log10", np.log(10)), ("log2", np.log(2))):
            yield f"{name} is taken: {NATS}", own / base
            yield f"{name} is taken of the variances: {NATS}", 0.5 * (logs / base - log_det)
            yield f"{name} is taken of det C: {NATS}", 0.5 * (logs - log_det / base)
        yield (
            "squared covariances are added up",
            0.5 * ((covariance - np.diag(var)) ** 2).sum(),
        )
