"""Check of exercise 6x.1: ``log_aggregate``."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_rows
from course_utils.checks._formulas import gaussian_formulas
from course_utils.checks._masks import SQUEEZED
from course_utils.checks._remote import CheckFailed

FAR = (
    "right near the posteriors, wrong far from them or for narrow ones: there every density "
    "underflows to 0, add them up with logsumexp"
)
CLAMPED = (
    "right for moderate log_var, wrong for extreme ones: is something clamped, or a small number "
    "added?"
)


ROUNDING = 2e-5  # of float32, of ten times what is added up


@check("6x.1")
def log_aggregate(answer, seed):
    """``log_aggregate(z, mu, log_var)``: (M, L), (N, L), (N, L) -> log of the mean over n, (M,)."""
    answer = in_rows(answer)
    rng = np.random.default_rng(seed)
    points, posteriors, latents = sizes(rng, 3)
    many = (points, posteriors, latents)
    for label, (num_z, num, dim), low, high, distance in (
        ("log_var from 0.3 to 1: ", many, 0.3, 1, None),  # a logarithm of log_var is finite
        ("", many, -1, 1, None),
        ("one z: ", (1, posteriors, latents), -1, 1, None),
        ("one posterior: ", (points, 1, latents), -1, 1, None),
        ("one z, one posterior: ", (1, 1, latents), -1, 1, None),
        ("one latent: ", (points, posteriors, 1), -1, 1, None),
        ("as many z as posteriors: ", (points, points, latents), -1, 1, None),
        ("log_var from -9 to 5: ", many, -9, 5, None),
        ("|z| = 100, far from all posteriors: ", many, -3, 1, [100]),
        ("|z| = 10,000, far from all posteriors: ", many, -3, 1, [10_000]),
        ("|z| from 0 to 100: ", many, -3, 1, np.linspace(0, 100, points)[:, None]),
        ("log_var from -30 to -15: ", many, -30, -15, None),
        ("log_var from 22 to 25: ", many, 22, 25, None),
    ):
        z, mu = rng.normal(0, 1, (num_z, dim)), rng.normal(0, 0.5, (num, dim))
        if distance is not None:
            z *= distance / np.linalg.norm(z, axis=1, keepdims=True)
        arrays = floats(z, mu, rng.uniform(low, high, (num, dim)))
        received = paired(answer, *arrays)
        if low == 0.3:
            verify_repeatable(answer, *arrays)
        formulas = _each_pair(*doubles(*arrays))
        moderate, right = high == 1 and low >= -1, _log_mean(formulas[0][1].sum(-1))
        named = low == 0.3 or not label
        lost = [(SQUEEZED, right.squeeze())] if num_z == 1 and num > 1 else []
        verify(
            received,
            right,
            checked=f"{label}z {arrays[0].shape}, mu and log_var {arrays[1].shape}",
            wrong=_aggregates(formulas, *doubles(*arrays)) if named else lost,
            scale=0.1 * (np.abs(formulas[0][1]).sum(-1).min(1) + dim),
            tolerance=ROUNDING,
            hint="" if moderate else CLAMPED if abs(low) > 9 else FAR,
            undefined="" if moderate else FAR,
        )
    return (
        "The logarithm of the mean over n of N(z; mu_n, exp(log_var_n)), one value for each z; "
        "for N = 1 and M = 1, and finite for |z| = 100."
    )


def paired(answer, *arrays):
    """What the answer gives, or why it raised, with what to do where z meets mu without an axis."""
    try:
        return call(answer, *arrays)
    except CheckFailed as failure:
        words = ("broadcast", "must match the size", "do not match", "not compatible")
        if any(word in failure.mistake for word in words):
            z, mu = (array.shape for array in arrays[:2])
            failure.mistake = (
                f"your function raised: shapes do not fit together. Give z {z} an axis for the "
                f"components before it meets mu {mu}: z[:, None]."
            )
        raise


def _each_pair(z, mu, log_var):
    """(phrase, terms (M, N, L)): the right one first."""
    return gaussian_formulas(z[:, None], mu, log_var)


def _log_sum(values, axis=1):
    top = values.max(axis, keepdims=True)
    return np.log(np.exp(values - top).sum(axis)) + top.squeeze(axis)


def _log_mean(log_q):
    return _log_sum(log_q) - np.log(log_q.shape[1])


@np.errstate(all="ignore")
def _aggregates(formulas, z, mu, log_var):
    """Yield (phrase, values) of wrong answers, fewest mistakes first."""
    found = []
    for (what, terms), turn in itertools.product(formulas, (False, True)):
        for how, values in _reductions(terms):
            phrases = [phrase for phrase in (how, what, turn * "the sign is wrong") if phrase]
            found += [(len(phrases), "; and ".join(phrases), -values if turn else values)]
    one = "this is one Gaussian with averaged parameters: the densities have to be averaged"
    second = np.exp(log_var).mean(0)
    for log_variance in (
        log_var.mean(0),
        np.log(second),
        np.log(second + mu.var(0)),
        np.log(second + mu.var(0, ddof=1)),
    ):
        terms = gaussian_formulas(z, mu.mean(0), log_variance)[0][1]
        found += [(1, one, terms.sum(-1))]
    for count, phrase, values in sorted(found, key=lambda entry: entry[0]):
        if count:
            yield phrase, values


def _reductions(terms):
    """(phrase, values) for the ways of making (M,) of the terms (M, N, L): the right one first."""
    log_q = terms.sum(-1)
    num_z, num, latents = terms.shape
    log_n, total = np.log(num), _log_sum(log_q)
    jensen = (
        "this is the mean of the log-densities: the densities have to be averaged, then the "
        "logarithm taken"
    )
    mixtures = "every latent gets a mixture of its own: sum over the latents before the logsumexp"
    over_z = "the densities are added up over z (dimension 0), they have to be over n"
    largest = "the largest log-density stands for the mean over n: max is no logsumexp"
    weighted = (
        "this is the mean of the log-densities, weighted by their shares: the densities have to be "
        "averaged, then the logarithm taken"
    )
    return [
        ("", total - log_n),
        ("log N is not subtracted: this is the sum over n, no mean", total),
        ("log N is added, it should be subtracted", total + log_n),
        ("divided by N outside the logarithm: subtract log N", total / num),
        ("N is subtracted, it should be log N", total - num),
        ("log M is subtracted, it should be log N", total - np.log(num_z)),
        ("log L is subtracted, it should be log N", total - np.log(latents)),
        ("log N is subtracted for each latent", total - latents * log_n),
        (jensen, log_q.mean(1)),
        (jensen, log_q.mean(1) - log_n),
        ("the log-densities are added up over n: the densities have to be averaged", log_q.sum(1)),
        ("the log-densities are added up over n: the densities have to be averaged",
         log_q.sum(1) - log_n),
        (weighted, (np.exp(log_q - total[:, None]) * log_q).sum(1)),
        (weighted, (np.exp(log_q - total[:, None]) * log_q).sum(1) - log_n),
        (largest, log_q.max(1)),
        (largest, log_q.max(1) - log_n),
        (mixtures, _log_sum(terms).sum(-1) - latents * log_n),
        (mixtures, _log_sum(terms).sum(-1) - log_n),
        (mixtures, _log_sum(terms).sum(-1)),
        (mixtures, _log_sum(terms) - log_n),
        (over_z, _log_sum(log_q, 0) - np.log(num_z)),
        (over_z, _log_sum(log_q, 0) - log_n),
        (over_z, _log_sum(log_q, 0)),
        ("the mean over the latents is taken in place of the sum", _log_mean(terms.mean(-1))),
        ("one value for each pair (M, N): the mean over n is missing", log_q),
        ("one value for each pair (M, N): the mean over n is missing", log_q - log_n),
        ("this is the density: the logarithm is missing (log(1 + density) is nearly the density)",
         np.exp(total - log_n)),
        ("averaged over z: one value for each z is wanted", (total - log_n).mean()),
        ("summed over z: one value for each z is wanted", (total - log_n).sum()),
        ("one axis too many (keepdim?)", (total - log_n)[:, None]),
        ("one axis too many (keepdim?)", (total - log_n)[None]),
    ]  # fmt: skip
