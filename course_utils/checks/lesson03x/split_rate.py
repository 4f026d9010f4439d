"""Check of exercise 3x.1: ``split_rate``."""

import numpy as np

from course_utils.checks._compare import doubles, floats, show, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._formulas import LOG_2_PI, gaussian_formulas
from course_utils.checks._remote import CheckFailed

FAR = (
    "right in a few dimensions, wrong in many: there every density underflows to 0 (or overflows), "
    "so add them up with logsumexp"
)
WHAT = (
    "information = log q(z_n|x_n) - log q(z_n), mismatch = log q(z_n) - log p(z_n), q(z) being the "
    "mean of all N posteriors: which of the three logarithms is another?"
)
PARTS = ("information", "mismatch")


@check("3x.1")
def split_rate(answer, seed):
    """``split_rate(z, mu, log_var)``: three (N, L) -> (information, mismatch), (N,) each."""
    answer = in_pairs(answer, *PARTS)
    rng = np.random.default_rng(seed)
    one, two = sizes(rng, 2)
    for label, num, latents, apart, low, high in (
        ("", one, two, 0.5, -1, 1),
        ("one image: ", 1, two, 0.5, -1, 1),
        ("one latent: ", two, 1, 0.5, -1, 1),
        ("as many images as latents: ", one, one, 0.5, -1, 1),
        ("narrow posteriors, far apart: ", two, one, 30.0, -6, -4),
        ("64 latents: ", 17, 64, 2.0, -5, -1),
        ("1,024 wide latents: ", 6, 1_024, 0.5, 0, 1),
        ("256 narrow latents: ", 6, 256, 0.5, -4, -3),
    ):
        mu, log_var = rng.normal(0, apart, (num, latents)), rng.uniform(low, high, (num, latents))
        z = mu + np.exp(0.5 * log_var) * rng.normal(size=mu.shape)
        arrays = floats(z, mu, log_var)
        if not label:
            verify_repeatable(answer, *arrays)
        told = f"{label}z, mu and log_var of shape {mu.shape}"
        _verify(call(answer, *arrays), *doubles(*arrays), told, FAR if latents > 99 else WHAT)
    return (
        "log q(z|x) less log q(z), and log q(z) less log p(z), for each image; q(z) is the mean of "
        "all N posteriors, also where they are far apart."
    )


def _verify(received, z, mu, log_var, told, hint):
    if not isinstance(received, tuple) or len(received) != 2:
        what = "one array came" if isinstance(received, np.ndarray) else f"{show(received)} came"
        raise CheckFailed(
            f"information and mismatch are wanted as a pair: {what}.",
            checked=told,
            expected="a tuple (information, mismatch), (N,) each, in nats",
            received=show(received),
        )
    (_, pairs), *others = _each_pair(z, mu, log_var)
    log_p = -0.5 * (LOG_2_PI + z**2).sum(-1)
    wrong = {part: list(_wrong(pairs, others, log_p, z, mu, log_var, part)) for part in PARTS}
    own, mixed = _own(pairs), _log_mean(pairs)
    size = np.abs(pairs).min(1) + z.shape[1]
    for part, value in zip(PARTS, received, strict=True):
        if isinstance(value, np.ndarray) and len(z) > 1 and value.shape == (len(z), len(z)):
            raise CheckFailed(
                f"{part}: a table of every draw under every posterior came. Its diagonal is "
                "log q(z_n|x_n), and the mean of the densities in a row is q(z_n).",
                checked=told,
                expected=show(own - mixed if part == PARTS[0] else mixed - log_p),
                received=show(value),
            )
    for part, value, right in zip(PARTS, received, (own - mixed, mixed - log_p), strict=True):
        verify(
            value,
            right,
            checked=told,
            part=part,
            wrong=wrong[part],
            scale=size,
            tolerance=2e-5,
            hint=hint,
            undefined=FAR,
        )


def _each_pair(z, mu, log_var):
    """(phrase, log q(z_m|x_n) (M, N)): the right one first."""
    return [(what, terms.sum(-1)) for what, terms in gaussian_formulas(z[:, None], mu, log_var)]


def _own(pairs):
    return np.diagonal(pairs)


def _log_mean(pairs, axis=1):
    most = pairs.max(axis, keepdims=True)
    return np.squeeze(most + np.log(np.exp(pairs - most).mean(axis, keepdims=True)), axis)


def _fitted(z):
    """log-density of z under Gaussians fitted to z, (N,) each."""
    num, latents = z.shape
    for ddof in (0, 1):
        if num > 1:
            var = z.var(0, ddof=ddof)
            yield -0.5 * (LOG_2_PI + np.log(var) + (z - z.mean(0)) ** 2 / var).sum(-1)
        if num > latents + 1:
            off, cov = z - z.mean(0), np.atleast_2d(np.cov(z.T, ddof=ddof))
            far = (off @ np.linalg.inv(cov) * off).sum(-1)
            yield -0.5 * (latents * LOG_2_PI + np.linalg.slogdet(cov)[1] + far)


def _wrong(pairs, others, log_p, z, mu, log_var, part):
    """(phrase, values) of famous wrong answers of a part, (N,)."""
    num, latents = z.shape
    own, mixed = _own(pairs), _log_mean(pairs)
    right = own - mixed, mixed - log_p
    which = PARTS.index(part)
    kl = 0.5 * (mu**2 + np.exp(log_var) - 1 - log_var).sum(-1)
    left_out = np.full(num, np.nan)
    if num > 1:
        without = np.where(np.eye(num, dtype=bool), -np.inf, pairs)
        left_out = _log_mean(without) + np.log(num / (num - 1))
    yield "the two are swapped: the information comes first", right[1 - which]
    yield "the sign is wrong", -right[which]
    yield "this is the whole rate: q(z) does not stand in it", own - log_p
    for what, log_q in (
        ("the logarithms are averaged: the mean of the densities comes first, then its logarithm",
         pairs.mean(1)),
        ("the mean over the N posteriors is missing: a sum needs - log N", mixed + np.log(num)),
        ("log N is added, it should be subtracted", mixed + 2 * np.log(num)),
        ("log L is subtracted: the mean is over the N images", mixed + np.log(num / latents)),
        ("the logarithm of the sum is divided by N: log N is to be subtracted",
         (mixed + np.log(num)) / num),
        ("summed over the wrong axis: each z is put into all N posteriors",
         _log_mean(pairs, 0)),
        ("its own posterior is left out of the mean", left_out),
        ("only log q(z_n|x_n) of the N images is averaged: q(z_n) needs z_n under every posterior, "
         "an N x N table (z[:, None])", _log_mean(own, 0)),
        ("the whole table is added up: q(z_n) is the mean of one row",
         _log_mean(mixed, 0) + np.log(num)),
        ("the whole table is averaged: q(z_n) is the mean of one row", _log_mean(mixed, 0)),
        ("log2 N is subtracted: the natural logarithm is wanted, in nats",
         mixed + np.log(num) - np.log2(num)),
        *(("a Gaussian with the moments of z stands for q(z): q(z) is the mean of the N posteriors",
           value) for value in _fitted(z)),
        ("the mean over the latents stands for their sum", _log_mean(pairs / latents)),
    ):  # fmt: skip
        yield what, (own - log_q, log_q - log_p)[which]
    yield (
        "negative values are cut to 0: only the mean over the images is never negative",
        np.maximum(right[which], 0),
    )
    if which:
        yield (
            "the prior is taken at mu: it needs the z that was drawn",
            mixed + 0.5 * (LOG_2_PI + mu**2).sum(-1),
        )
        log_p_wide = -0.5 * (LOG_2_PI + 1 + z**2 / np.e).sum(-1)
        yield "the prior's log_var is 0, not 1", mixed - log_p_wide
        yield "the closed-form rate stands in it, not that of the draw z", kl - right[0]
        yield "the prior's logarithm is missing", mixed
        yield (
            "the constant of the prior, 1/2 log(2 pi) for each latent, is missing",
            (right[1] - 0.5 * LOG_2_PI * latents),
        )
    else:
        yield (
            "the mean of a row stands for log q(z_n|x_n): that is the table's diagonal",
            pairs.mean(1) - mixed,
        )
        yield "the closed-form rate stands in it, not that of the draw z", kl - right[1]
    yield "the mean over the images came: one value for each image is wanted", right[which].mean()
    yield "the sum over the images came: one value for each image is wanted", right[which].sum()
    for what, log_q in others:
        yield what, (_own(log_q) - _log_mean(log_q), _log_mean(log_q) - log_p)[which]
