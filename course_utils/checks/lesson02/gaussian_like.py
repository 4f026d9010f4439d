"""Check of exercise 2.8: ``gaussian_like``."""

import numpy as np

from course_utils.checks._as_given import verify_as_given
from course_utils.checks._compare import floats, show, sizes
from course_utils.checks._contract import call, check
from course_utils.checks._noise import dependent, is_normal, shape_of, shared
from course_utils.checks._remote import CheckFailed

COUNT = 4000  # draws, which show a covariance to a few per cent
AXES = ("sample", "dimension")
EACH_ENTRY = (
    "is it sqrt() of a covariance? A root of each entry is no matrix root, a matrix A with A A^T "
    "equal to the covariance"
)
WIDE = 6.5  # standard errors: passed by chance once in 10^10


@check("2.8")
def gaussian_like(answer, seed):
    """``gaussian_like(codes, num_samples)``: codes (N, L), an int -> draws (num_samples, L)."""
    rng = np.random.default_rng(seed)
    one, two = sizes(rng, 2)
    codes = _codes(rng, 700, one)
    _verify_shape(answer, codes, 4)  # as many as no axis of the codes has
    _verify_draws(answer, codes, seed)
    for label, count, latents, spread in (
        ("two latents: ", 300, 2, 4.0),
        ("codes far from 0: ", 500, two, 1.0),
        ("narrow codes: ", 500, two, 0.05),
    ):
        codes = _codes(rng, count, latents, spread, 20.0 if "far" in label else 1.5)
        _verify_shape(answer, codes, 1)
        _verify_draws(answer, codes, seed + 10, label)
    verify_as_given(answer, codes, COUNT, seed=seed)
    return "Draws have the codes' mean and their whole covariance, and are fresh in every call."


def _codes(rng, count, latents, spread=4.0, offset=3.0):
    """Codes (N, L) whose latents are correlated, of different widths, and not normal.

    The widest direction is 3 times as wide as the narrowest, so that float32 serves.
    """
    turn = np.linalg.qr(rng.normal(0, 1, (latents, latents)))[0]
    if latents == 2:  # a turn that leaves no two directions alone
        angle = rng.uniform(0.6, 1.0)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    widths = spread * np.linspace(0.4, 1.2, latents)
    mix = turn * widths @ np.linalg.qr(rng.normal(0, 1, (latents, latents)))[0]
    mean = offset * rng.choice([-1, 1], latents) * rng.uniform(0.5, 1.5, latents) * min(spread, 2)
    return floats(mean + rng.uniform(-1.7, 1.7, (count, latents)) @ mix.T)[0]


def _verify_shape(answer, codes, num):
    received = call(answer, codes, num)
    checked = f"codes of shape {codes.shape}, num_samples {num}"
    about = {"checked": checked, "expected": f"an array of shape {(num, codes.shape[1])}"}
    if not isinstance(received, np.ndarray):
        raise CheckFailed(f"one array is expected, {show(received)} came.", **about)
    about["received"] = show(received)
    if received.shape == (num, codes.shape[1]):
        return
    if received.shape == (codes.shape[1], num):
        raise CheckFailed("the axes are swapped: (num_samples, L) is wanted.", **about)
    if received.shape == codes.shape:
        raise CheckFailed("as many draws as codes came: num_samples of them are wanted.", **about)
    if received.shape == (codes.shape[1],):
        raise CheckFailed("an axis of length 1 is lost: is something squeezed?", **about)
    wanted = (num, codes.shape[1])
    raise CheckFailed(f"the shape is {received.shape}, it should be {wanted}.", **about)


def _verify_draws(answer, codes, seed, label=""):
    z, again = (call(answer, codes, COUNT, seed=2 * seed + draw) for draw in (1, 2))
    about = {"checked": f"{label}{COUNT} draws for codes of shape {codes.shape}"}
    about["received"] = show(z)
    if z.shape != (COUNT, codes.shape[1]):
        raise CheckFailed("the draws are of another shape.", **about)
    if not np.isfinite(z).all():
        bad = "NaN" if np.isnan(z).any() else "infinity"
        raise CheckFailed(f"{bad} came out: {EACH_ENTRY}", **about)
    mean, covariance = codes.mean(0, dtype=float), np.cov(codes.T.astype(float))
    told = f"means {_few(mean)}, standard deviations {_few(np.sqrt(np.diag(covariance)))}"
    about["expected"] = told + f", correlation of the first two {_correlation(covariance):.2f}"
    about["received"] = (
        f"means {_few(z.mean(0))}, standard deviations {_few(z.std(0))}, correlation of the first "
        f"two {_correlation(np.cov(z.T.astype(float))):.2f}"
    )
    mistake = _mistake(z.astype(float), again.astype(float), codes, mean, covariance)
    if mistake:
        raise CheckFailed(f"{mistake}.", **about)


def _mistake(z, again, codes, mean, covariance):
    """What is wrong with the draws, or ""."""
    if np.array_equal(z, again):
        return "the same draws come in every call: is a generator or a seed fixed?"
    if np.ptp(z, axis=0).max() < 1e-6:
        return "all draws are the same point"
    if (np.abs(z[:20, None] - codes[None]).max(-1) < 1e-5).any(1).all():
        return "the draws are codes that were given: fit a Gaussian, and draw from it"
    root = np.linalg.cholesky(covariance)
    if _is_standard(_whiten(z, mean, root)):
        return _dependence(_whiten(z, mean, root), _whiten(again, mean, root))
    for phrase, noise in _formulas(z, mean, covariance, root):
        if noise is not None and _is_standard(noise):
            return phrase
    noise = _whiten(z, mean, root)
    common = shared(noise, AXES)
    if common:
        return common
    if not _near(noise.mean(0), 0, noise.std(0) / np.sqrt(COUNT)):
        return "the mean of the draws is not that of the codes"
    scale = np.sqrt(np.mean(np.diag(np.cov(noise.T))))
    if _is_standard(noise / scale):
        return f"the draws spread {scale:.3f} times as far as the codes: is a factor too many?"
    if not _is_white(noise):
        return "the covariance of the draws is not that of the codes"
    return shape_of(noise).replace("the noise (z - mu) / exp(log_var / 2)", "the whitened draw")


def _formulas(z, mean, covariance, root):
    """(phrase, what would be standard normal if that were the formula)."""
    std = np.sqrt(np.diag(covariance))
    return [
        ("the draws are N(0, I): the codes are not used", z),
        ("the mean of the codes is not added", _whiten(z, 0, root)),
        ("each latent is drawn by itself: the covariance between latents is left out",
         (z - mean) / std),
        ("each latent is drawn by itself, and with its variance in place of its standard "
         "deviation", (z - mean) / std**2),
        ("each latent is drawn by itself, and the mean of the codes is not added", z / std),
        ("the codes' spread is not used: the covariance is the identity", z - mean),
        ("the noise is multiplied by the covariance (or its eigenvalues), not by a root of it",
         np.linalg.solve(covariance, (z - mean).T).T),
        ("the Cholesky factor is on the wrong side: epsilon @ L.T is wanted, not epsilon @ L",
         np.linalg.solve(root.T, (z - mean).T).T),
        ("a root of each entry of the covariance is no matrix root: a matrix A is wanted with A "
         "A^T equal to the covariance", _by_each_entry(z - mean, covariance)),
        ("one standard deviation is used for all latents",
         (z - mean) / np.sqrt(np.mean(np.diag(covariance)))),
        ("the spread of all numbers together is used",
         (z - mean) / np.sqrt(np.diag(covariance).mean() + mean.var())),
    ]  # fmt: skip


def _whiten(z, mean, root):
    """The noise that made z = mean + root @ noise."""
    return np.linalg.solve(root, (z - mean).T).T


def _by_each_entry(centred, covariance):
    """The noise, if the root of each entry was taken (with its sign, or of its size); or None."""
    for root in (np.sign(covariance) * np.sqrt(np.abs(covariance)), np.sqrt(np.abs(covariance))):
        noise = np.linalg.lstsq(root, centred.T, rcond=None)[0].T
        if _is_standard(noise):
            return noise
    return None


def _is_standard(noise):
    return is_normal(noise) and _is_white(noise)


def _is_white(noise):
    error = np.cov(noise.T) - np.eye(noise.shape[1])
    # the sample covariance of the codes may be divided by N or N - 1
    allowed = WIDE * np.sqrt((1 + np.eye(noise.shape[1])) / len(noise)) + 0.004
    return bool((np.abs(error) < allowed).all())


def _dependence(noise, again):
    return dependent(noise, AXES, again, squares=False)


def _near(values, right, error):
    return bool((np.abs(values - right) < WIDE * error).all())


@np.errstate(all="ignore")
def _correlation(covariance):
    return covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])


def _few(values):
    return ", ".join(f"{value:.2f}" for value in values[:3]) + (", ..." if len(values) > 3 else "")
