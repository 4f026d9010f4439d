"""Checks of lesson 06: the rate under a flow, and the aggregate posterior's density."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    doubles,
    floats,
    sizes,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._formulas import LOG_2_PI, gaussian_formulas

FAR = (
    "right near the posteriors, wrong far from them or for narrow ones: there every density "
    "underflows to 0, add them up with logsumexp"
)


@check("6.4", seals=("nets.made.AutoregressivePrior",))
def flow_rate(answer, seed):
    """``flow_rate(log_var, log_p_z)``: (..., L), (...) -> -H(q) - log p(z), (...), nats."""
    rng = np.random.default_rng(seed)
    samples, batch, latents = sizes(rng, 3)
    for label, shape, low, high in (
        ("", (batch, latents), -3, 1),
        ("K samples in front: ", (samples, batch, latents), -3, 1),
        ("B = 1: ", (1, latents), -3, 1),
        ("log_var from -20 to 20: ", (batch, latents), -20, 20),
    ):
        log_var = rng.uniform(low, high, shape)
        signs = np.where(np.arange(np.prod(shape[:-1])) % 2, 1, -1).reshape(shape[:-1])
        rate = signs * rng.uniform(2, 6, shape[:-1])  # of one sample, it has either sign
        entropy = 0.5 * (log_var + LOG_2_PI + 1).sum(-1)
        arrays = floats(log_var, (1 if low > -20 else 200) * -rate - entropy)
        right, wrong = _rates(*doubles(*arrays))
        verify(
            call(answer, *arrays),
            right,
            checked=f"{label}log_var of shape {shape}, log_p_z of shape {shape[:-1]}",
            wrong=wrong,
            scale=(np.abs(log_var) + 3).sum(-1) + np.abs(arrays[1]),
        )
        slopes = np.full(shape, -0.5), np.full(shape[:-1], -1.0)
        verify_gradient(answer, arrays, ("log_var", "log_p_z"), slopes)
    verify_repeatable(answer, *arrays)
    return (
        "Minus the entropy of q minus log p(z), one value for each example, of either sign, also "
        "with samples in front; the gradients are right."
    )


@np.errstate(all="ignore")
def _rates(log_var, log_p):
    """The right rate, and [(phrase, values)] of wrong ones."""
    constant, var = LOG_2_PI + 1, np.exp(log_var)
    terms = 0.5 * (log_var + constant)
    entropy, latents = terms.sum(-1), log_var.shape[-1]
    right, closed = -entropy - log_p, 0.5 * (var - 1 - log_var).sum(-1)
    to_normal = "this is the closed-form KL to N(0, I): the prior is the flow, p enters by log_p_z"
    each = -terms - log_p[..., None]
    found = [
        (f"the entropy: {phrase}", -wrong.sum(-1) - log_p)
        for phrase, wrong in (
            ("it has the wrong sign, the rate is -H(q) - log p(z)", -terms),
            ("the constant log(2 pi) is missing", terms - 0.5 * LOG_2_PI),
            ("the 1 is missing", terms - 0.5),
            ("the constants log(2 pi) + 1 are missing", 0.5 * log_var),
            ("the 1/2 is missing", 2 * terms),
            ("the 1/2 is missing in front of log_var", terms + 0.5 * log_var),
            ("the 1/2 is missing in front of the constants", terms + 0.5 * constant),
            ("the 1/2 is missing in front of log(2 pi)", terms + 0.5 * LOG_2_PI),
            ("the 1/2 is missing in front of the 1", terms + 0.5),
            ("log_var is taken for log_std", log_var + 0.5 * constant),
            ("the 1 has the wrong sign", terms - 1),
            ("log(2 pi) has the wrong sign", terms - LOG_2_PI),
            ("log_var has the wrong sign", terms - log_var),
            ("the term with log_var is missing", terms - 0.5 * log_var),
            ("exp(log_var) stands for log_var", 0.5 * (var + constant)),
            ("the constants are counted once, not for each dimension",
             terms - 0.5 * constant * (1 - 1 / latents)),
            ("the mean over the dimensions is taken in place of the sum", terms / latents),
        )
    ]  # fmt: skip
    found += [
        ("log p(z) has the wrong sign: it has to be subtracted", -entropy + log_p),
        ("the sign is wrong: this is H(q) + log p(z), minus the rate", entropy + log_p),
        ("log p(z) is missing", -entropy),
        ("the entropy is missing", -log_p),
        *((to_normal, sign * closed + weight * log_p) for sign in (1, -1) for weight in (-1, 0, 1)),
        ("it is clamped at 0: the estimate from one z may be negative", np.maximum(right, 0)),
        ("the absolute value is taken: the estimate from one z may be negative", np.abs(right)),
        ("one value for each dimension: the sum over the dimensions is missing", each),
        ("one value for each dimension: the sum over the dimensions is missing", -terms),
        ("log p(z) is counted for each dimension", each.sum(-1)),
        ("the mean over the dimensions is taken in place of the sum", each.mean(-1)),
        ("one axis too many (keepdim?)", right[..., None]),
    ]
    if log_p.ndim == 1:
        pairs = -entropy[:, None] - log_p
        found += [("entropy (B, 1) and log p(z) (B,) give (B, B): no keepdim", pairs)]
    for many, reduce in (("summed", np.sum), ("averaged", np.mean)):
        wanted = f"{many} over the batch: one value for each example is wanted"
        found += [(wanted, reduce(right)), (wanted, reduce(-entropy) - reduce(log_p))]
        found += [(f"the entropy is {many} over the batch too", -reduce(entropy) - log_p)]
        found += [(f"the entropy is {many} over the batch too", -reduce(terms) - log_p)]
        found += [(f"{many} over the wrong axis", reduce(right, 0))]
    found += [("the entropy is summed over the batch, not over the dimensions",
               -terms.reshape(-1, latents).sum(0))]  # fmt: skip
    return right, found


@check("6.5")
def log_aggregate(answer, seed):
    """``log_aggregate(z, mu, log_var)``: (M, L), (N, L), (N, L) -> log of the mean over n, (M,)."""
    rng = np.random.default_rng(seed)
    points, posteriors, latents = sizes(rng, 3)
    for label, num_z, num, low, high, distance in (
        ("", points, posteriors, -1, 1, 0),
        ("one z: ", 1, posteriors, -1, 1, 0),
        ("one posterior: ", points, 1, -1, 1, 0),
        ("one z, one posterior: ", 1, 1, -1, 1, 0),
        ("log_var from -9 to 5: ", points, posteriors, -9, 5, 0),
        ("|z| = 100, far from all posteriors: ", points, posteriors, -3, 1, 100),
    ):
        z, mu = rng.normal(0, 1, (num_z, latents)), rng.normal(0, 0.5, (num, latents))
        if distance:
            z *= distance / np.linalg.norm(z, axis=1, keepdims=True)
        arrays = floats(z, mu, rng.uniform(low, high, (num, latents)))
        formulas = _each_pair(*doubles(*arrays))
        extreme = label and (low < -1 or distance)
        verify(
            call(answer, *arrays),
            _log_mean(formulas[0][1].sum(-1)),
            checked=f"{label}z {arrays[0].shape}, mu and log_var {arrays[1].shape}",
            wrong=() if label else _aggregates(formulas, *doubles(*arrays)),
            scale=np.abs(formulas[0][1]).sum(-1).min(1) + latents,
            hint=FAR if extreme else "",
            undefined=FAR,
        )
    verify_repeatable(answer, *arrays)
    return (
        "The logarithm of the mean over n of N(z; mu_n, exp(log_var_n)), one value for each z; "
        "for N = 1 and M = 1, and finite for |z| = 100."
    )


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
    for log_variance in (log_var.mean(0), np.log(second), np.log(second + mu.var(0))):
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
    return [
        ("", total - log_n),
        ("log N is not subtracted: this is the sum over n, no mean", total),
        ("log N is added, it should be subtracted", total + log_n),
        ("divided by N outside the logarithm: subtract log N", total / num),
        ("N is subtracted, it should be log N", total - num),
        ("log M is subtracted, it should be log N", total - np.log(num_z)),
        ("log N is subtracted for each latent", total - latents * log_n),
        (jensen, log_q.mean(1)),
        (jensen, log_q.mean(1) - log_n),
        ("the log-densities are added up over n: the densities have to be averaged", log_q.sum(1)),
        ("the log-densities are added up over n: the densities have to be averaged",
         log_q.sum(1) - log_n),
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
        ("this is the density: the logarithm is missing", np.exp(total - log_n)),
        ("averaged over z: one value for each z is wanted", (total - log_n).mean()),
        ("summed over z: one value for each z is wanted", (total - log_n).sum()),
        ("one axis too many (keepdim?)", (total - log_n)[:, None]),
        ("one axis too many (keepdim?)", (total - log_n)[None]),
    ]  # fmt: skip
