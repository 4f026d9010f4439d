"""Check of exercise 6x.2: ``responsibilities``."""

import itertools

import numpy as np

from course_utils.checks._compare import doubles, floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import check
from course_utils.checks._formulas import gaussian_formulas
from course_utils.checks._masks import SQUEEZED
from course_utils.checks.lesson06x.log_aggregate import paired

FAR = (
    "right near the components, wrong far from them or for narrow ones: there every density "
    "underflows to 0, so take the softmax of the log-densities"
)
CLAMPED = (
    "right for moderate log_var, wrong for extreme ones: is something clamped, or a small number "
    "added?"
)
OVER_Z = "each column adds up to 1: the shares are over z (dimension 0), they have to be over k"


@check("6x.2")
def responsibilities(answer, seed):
    """``responsibilities(z, mu, log_var)``: (M, L), (K, L), (K, L) -> shares over k, (M, K)."""
    rng = np.random.default_rng(seed)
    (points, parts), latents = sizes(rng, 2), 2  # densities of few latents are not tiny
    many = (points, parts, latents)
    for label, (num_z, num, dim), low, high, distance in (
        ("", many, -1, 1, None),
        ("one z: ", (1, parts, latents), -1, 1, None),
        ("one component: ", (points, 1, latents), -1, 1, None),
        ("one latent: ", (points, parts, 1), -1, 1, None),
        ("as many z as components: ", (points, points, latents), -1, 1, None),
        ("log_var from -9 to 5: ", many, -9, 5, None),
        ("|z| = 100, far from all components: ", many, -3, 1, 100),
        ("log_var from -30 to -15: ", many, -30, -15, None),
        ("log_var from 22 to 25: ", many, 22, 25, None),
    ):
        z, mu = rng.normal(0, 1, (num_z, dim)), rng.normal(0, 0.5, (num, dim))
        if distance:
            z *= distance / np.linalg.norm(z, axis=1, keepdims=True)
        arrays = floats(z, mu, rng.uniform(low, high, (num, dim)))
        received = paired(answer, *arrays)
        if not label:
            verify_repeatable(answer, *arrays)
        exact = doubles(*arrays)
        formulas = gaussian_formulas(exact[0][:, None], *exact[1:])
        terms, moderate = formulas[0][1], (low, distance) == (-1, None)
        right = _shares(terms.sum(-1))
        lost = [(SQUEEZED, right.squeeze())] if num_z == 1 and num > 1 else []
        verify(
            received,
            right,
            checked=f"{label}z {arrays[0].shape}, mu and log_var {arrays[1].shape}",
            wrong=lost if label else _wrong(formulas),
            scale=0.1 + 0.1 * np.abs(terms).sum(-1).max(),  # rounding of large logarithms
            tolerance=2e-6 if not moderate else 1e-5,
            hint="" if moderate else CLAMPED if abs(low) > 9 else FAR,
            undefined=FAR,
        )
    return (
        "The share of each component in the density of z: each row adds up to 1, for K = 1 and "
        "M = 1, and for |z| = 100."
    )


@np.errstate(all="ignore")
def _shares(log_q, axis=1):
    shares = np.exp(log_q - log_q.max(axis, keepdims=True))
    return shares / shares.sum(axis, keepdims=True)


@np.errstate(all="ignore")
def _wrong(formulas):
    """Yield (phrase, values) of wrong answers, fewest mistakes first."""
    found = []
    for (what, terms), turn in itertools.product(formulas, (1, -1)):
        for how, values in _forms(turn * terms):
            phrases = [one for one in (how, what, "the sign is wrong" * (turn < 0)) if one]
            found += [(len(phrases), "; and ".join(phrases), values)]
    for count, phrase, values in sorted(found, key=lambda entry: entry[0]):
        if count:
            yield phrase, values


def _forms(terms):
    """(phrase, values) for the ways of making (M, K) of the terms (M, K, L): the right first."""
    log_q = terms.sum(-1)
    right, densities = _shares(log_q), np.exp(log_q)
    largest = (log_q == log_q.max(1, keepdims=True)).astype(float)
    return [
        ("", right),
        (OVER_Z, _shares(log_q, 0)),
        (f"{OVER_Z}; and the axes are swapped", _shares(log_q, 0).T),
        ("the axes are swapped: a row for each z is wanted, a column for each k", right.T),
        ("these are the densities: divide each row by its sum", densities),
        ("the rows do not add up to 1: divide each by its sum",
         np.exp(log_q - log_q.max(1, keepdims=True))),
        ("the rows add up to 1/K, they should add up to 1: K does not enter",
         right / log_q.shape[1]),
        ("these are the log-densities: Bayes' rule is missing", log_q),
        ("the shares are of all pairs together: each row has to add up to 1",
         densities / densities.sum()),
        ("this is the logarithm of the shares", np.log(right)),
        ("divided by the mean over k, not by the sum", densities / densities.mean(1)[:, None]),
        ("softmax is taken of the densities: it takes the log-densities", _shares(densities)),
        ("log-densities are divided by their sum: densities have to be", 
         log_q / log_q.sum(1, keepdims=True)),
        ("the largest share counts as 1: that is a hard choice, shares are wanted", largest),
        ("the number of the likeliest component came: its shares are wanted", log_q.argmax(1)),
        ("the mean over the latents is taken in place of the sum", _shares(terms.mean(-1))),
        ("every latent has shares of its own: sum the log-densities over the latents first",
         _shares(terms)),
        ("every latent has shares of its own: sum the log-densities over the latents first",
         _shares(terms).mean(-1)),
        ("every latent has shares of its own: sum the log-densities over the latents first",
         _shares(terms).prod(-1)),
        ("the shares are averaged over z: a row for each z is wanted", right.mean(0)),
        ("one axis too many", right[..., None]),
    ]  # fmt: skip
