"""Check of exercise 11.2: ``layer_rates``."""

import itertools

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from course_utils.checks._compare import close, doubles, floats, named, show, sizes, verify
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._layers import (
    BELOW,
    HELD,
    LOG_2_PI,
    STD,
    VARIANCE,
    gaussian_kl,
    log_normal,
    log_variances,
)
from course_utils.checks._remote import CheckFailed
from course_utils.checks._slopes import exactly, verify_slopes

JOINT = (
    "this is the closed form KL(q(z1|x) || p(z1|z2)): z2 was drawn from this z1 and knows it, a "
    "closed form holds it against a new one; log q(z1|x) - log p(z1|z2) of the drawn z1 is due"
)
DRAWN = (
    "a new z1 is drawn, but z2 was drawn from the z1 that was given, and knows it",
    "nothing is to be drawn here, use the closed form",
)
NAMES = ("z_1", "mu_1", "log_var_1", "mu_p", "log_var_p", "mu_2", "log_var_2")


@check(
    "11.2",
    seals=(
        "nets.hierarchy.Layer.log_ratio",
        "nets.hierarchy.Layer.kl",
        "nets.hierarchy.TwoLayerVAE",
    ),
)
def layer_rates(answer, seed):
    """``layer_rates(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2)`` -> two of (B,)."""
    answer = in_pairs(answer, "rate_z1", "rate_z2")
    rng = np.random.default_rng(seed)
    batch, first, second = sizes(rng, 3)
    for label, shape in (
        ("", (batch, first, second)),
        ("B = 1: ", (1, first, second)),
        ("one latent in each layer: ", (batch, 1, 1)),
        ("as many latents in both layers: ", (batch, first, first)),
        ("three of everything: ", (3, 3, 3)),
        ("log-variances from -9 to 5: ", (batch, first, second)),
    ):
        extreme = "from" in label
        arrays = _rate_arrays(rng, *shape, extreme)
        exact = doubles(*arrays)
        lower, upper = _wrong_rates(*exact)
        about = f"{label}B = {shape[0]}, L1 = {shape[1]}, L2 = {shape[2]}"
        pair = _pair(call(answer, *arrays), lower[0][1], upper[0][1], about)
        if not label:
            _verify_given(answer, arrays, pair)
        right = exactly(_rates, arrays)
        told = {"checked": about, "hint": HELD if extreme else ""}
        for part, received, rate, found in zip(
            ("rate_z1", "rate_z2"), pair, right, (lower, upper), strict=True
        ):
            wrong = () if label else found[1:]
            verify(received, rate, wrong=wrong, scale=10, tolerance=2e-5, part=part, **told)
        verify_slopes(answer, arrays, NAMES, _rates, rng, of="rate_z1", about=about)
        verify_slopes(answer, arrays, NAMES, _rates, rng, of="rate_z2", output=1, about=about)
    about = "float64, which the next cell uses"
    pair = _pair(call(answer, *exact), *right, about)
    for part, received, rate in zip(("rate_z1", "rate_z2"), pair, right, strict=True):
        verify(received, rate, checked=about, scale=10, tolerance=2e-5, part=part)
    return (
        "rate_z1 is log q(z1|x) - log p(z1|z2) of the drawn z1, negative where it is; rate_z2 is "
        "the closed form KL(q(z2|z1) || N(0, I)); one value of each for every example."
    )


def _verify_given(answer, arrays, first):
    again = call(answer, *arrays, seed=1)
    if type(again) is not tuple or len(again) != 2:
        return
    for part, one, other, why in zip(("rate_z1", "rate_z2"), first, again, DRAWN, strict=True):
        if not np.array_equal(one, other, equal_nan=True):
            raise CheckFailed(
                f"{part}: two calls with the same input gave different values: {why}.",
                expected="the same values twice",
                received=f"{show(one)} and {show(other)}",
            )


def _rate_arrays(rng, batch, first, second, extreme):
    """Joint draws: in every other example p(z1|z2) has its mean near z1, so that rate_z1 < 0."""
    of_q, of_p, of_z2 = [(-9, 5)] * 3 if extreme else [(-0.5, 1.0), (-2, -1), (-1.5, 0.8)]
    mu_1, log_var_1 = rng.normal(size=(batch, first)), log_variances(rng, (batch, first), *of_q)
    z_1 = mu_1 + np.exp(0.5 * log_var_1) * rng.normal(size=(batch, first))
    near = np.where(np.arange(batch)[:, None] % 2, 0.2, 1.5)
    log_var_p = log_variances(rng, z_1.shape, *of_p)
    near = near * np.exp(log_var_p / 2) if extreme else near
    mu_p = z_1 + near * rng.normal(size=z_1.shape)
    upper = rng.normal(size=(batch, second)), log_variances(rng, (batch, second), *of_z2)
    return floats(z_1, mu_1, log_var_1, mu_p, log_var_p, *upper)


def _rates(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    """The right rates, of tensors."""
    q_1, p_1, q_2 = (
        Normal(mu, torch.exp(log_var / 2))
        for mu, log_var in ((mu_1, log_var_1), (mu_p, log_var_p), (mu_2, log_var_2))
    )
    upper = kl_divergence(q_2, Normal(torch.zeros_like(mu_2), torch.ones_like(mu_2)))
    return (q_1.log_prob(z_1) - p_1.log_prob(z_1)).sum(-1), upper.sum(-1)


def _ways(terms):
    """(phrase, values): how terms (B, L) are added up, rightly first."""
    right = terms.sum(-1)
    return [
        ("", right),
        ("the mean over the latents is taken in place of the sum", terms.mean(-1)),
        ("one value for each latent came: the sum over them is missing", terms),
        ("the mean over the batch came: one value for each example is wanted", right.mean()),
        ("summed over the batch: one value for each example is wanted", right.sum()),
        ("the mean over everything came: one value for each example is wanted", terms.mean()),
        ("summed over the examples, not over the latents", terms.sum(0)),
        ("an axis too many (keepdim?)", right[:, None]),
    ]


def _wrong_rates(z_1, mu_1, log_var_1, mu_p, log_var_p, mu_2, log_var_2):
    """[(phrase, values)] for rate_z1 and for rate_z2, the right ones first."""
    log_q, log_p = log_normal(z_1, mu_1, log_var_1), log_normal(z_1, mu_p, log_var_p)
    ratio = log_q - log_p
    first = ratio.sum(-1)
    std = log_normal(z_1, mu_1, 2 * log_var_1) - log_normal(z_1, mu_p, 2 * log_var_p)
    lower = [
        ("", ratio),
        (JOINT, gaussian_kl(mu_1, log_var_1, mu_p, log_var_p)),
        ("p(z1) = N(0, I) stands for p(z1|z2)", log_q - log_normal(z_1, 0.0, 0.0)),
        ("this is KL(q(z1|x) || N(0, I)): p(z1|z2) is the prior of z1, at the drawn z1",
         gaussian_kl(mu_1, log_var_1)),
        ("this is KL(p(z1|z2) || q(z1|x)), a closed form and the wrong way round",
         gaussian_kl(mu_p, log_var_p, mu_1, log_var_1)),
        ("the sign is wrong: log q comes first", -ratio),
        ("log p(z1|z2) is missing", log_q),
        ("log q(z1|x) is missing", -log_p),
        (STD, std),
        ("log q(z1|x) and log p(z1|z2) are added: log p is subtracted", log_q + log_p),
        ("both densities are taken at the mean of q(z1|x), not at the z1 that was drawn",
         log_normal(mu_1, mu_1, log_var_1) - log_normal(mu_1, mu_p, log_var_p)),
        ("q(z1|x) is taken at its mean, not at the z1 that was drawn",
         log_normal(mu_1, mu_1, log_var_1) - log_p),
        ("p(z1|z2) is taken at the mean of q(z1|x), not at the z1 that was drawn",
         log_q - log_normal(mu_1, mu_p, log_var_p)),
        ("both densities are taken at the mean of p(z1|z2), not at the z1 that was drawn",
         log_normal(mu_p, mu_1, log_var_1) - log_normal(mu_p, mu_p, log_var_p)),
        ("the entropy of q(z1|x) stands for -log q at the drawn z1: log q of the draw is due",
         -0.5 * (1 + LOG_2_PI + log_var_1) - log_p),
        ("mu_1 and mu_p are exchanged",
         log_normal(z_1, mu_p, log_var_1) - log_normal(z_1, mu_1, log_var_p)),
        ("log_var_1 and log_var_p are exchanged",
         log_normal(z_1, mu_1, log_var_p) - log_normal(z_1, mu_p, log_var_1)),
        (f"{VARIANCE} q(z1|x)", log_normal(z_1, mu_1, np.exp(log_var_1)) - log_p),
        (f"{VARIANCE} p(z1|z2)", log_q - log_normal(z_1, mu_p, np.exp(log_var_p))),
        (f"{VARIANCE} both densities",
         log_normal(z_1, mu_1, np.exp(log_var_1)) - log_normal(z_1, mu_p, np.exp(log_var_p))),
        (f"{STD}, in q(z1|x)", log_normal(z_1, mu_1, 2 * log_var_1) - log_p),
        (f"{STD}, in p(z1|z2)", log_q - log_normal(z_1, mu_p, 2 * log_var_p)),
        ("this is the density ratio: the logarithms are missing", np.exp(log_q) - np.exp(log_p)),
    ]  # fmt: skip
    closed = gaussian_kl(mu_2, log_var_2)
    var = np.exp(log_var_2)
    upper = [
        ("", closed),
        ("the sign is wrong", -closed),
        ("the factor 1/2 is missing", 2 * closed),
        ("this is KL(N(0, I) || q(z2|z1)), the wrong way round",
         gaussian_kl(0.0, 0.0, mu_2, log_var_2)),
        (STD, gaussian_kl(mu_2, 2 * log_var_2)),
        ("the -1 is missing", closed + 0.5),
        ("log_var_2 is missing", closed + 0.5 * log_var_2),
        ("the variance is missing", closed - 0.5 * var),
        ("mu_2 squared is missing", closed - 0.5 * mu_2**2),
        ("mu_2 is not squared", closed - 0.5 * mu_2**2 + 0.5 * mu_2),
        ("the log_var of p(z2) is 0, not 1: its variance is 1",
         gaussian_kl(mu_2, log_var_2, 0.0, 1.0)),
        ("the mean of p(z2) is 0, not 1", gaussian_kl(mu_2, log_var_2, 1.0, 0.0)),
        ("p(z2) has mean 1 and log_var 1: both are 0", gaussian_kl(mu_2, log_var_2, 1.0, 1.0)),
        (f"{VARIANCE} q(z2|z1)", gaussian_kl(mu_2, var)),
        ("half of log_var_2 is given for log_var", gaussian_kl(mu_2, log_var_2 / 2)),
    ]  # fmt: skip
    q_only = gaussian_kl(mu_1, log_var_1).sum(-1)
    lower, upper = (
        [("; and ".join(filter(None, pair)), values)
         for (what, terms), _ in itertools.product(formulas, (0,))
         for how, values in _ways(terms) for pair in [(what, how)]]
        for formulas in (lower, upper)
    )  # fmt: skip
    clamped = [(BELOW, np.maximum(first, 0)), (BELOW, np.abs(first))]
    clamped += [(BELOW, np.maximum(ratio, 0).sum(-1)), (BELOW, np.abs(ratio).sum(-1))]
    upper.append(("this is the KL of q(z1|x): z2 has parameters of its own", q_only))
    return lower[:1] + clamped + lower[1:], upper


def _pair(received, lower, upper, about):
    told = {"checked": about, "expected": "a tuple (rate_z1, rate_z2)", "received": show(received)}
    if isinstance(received, np.ndarray):
        total = lower + upper
        sums = [("they came added up", total), ("they came added up and averaged", total.mean())]
        sums += [("they came stacked as one array", np.stack((lower, upper), 1))]
        what = named(received, sums) or "one array came"
        raise CheckFailed(f"both rates are wanted apart, as a tuple: {what}.", **told)
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed(f"expected a tuple of two, got {show(received)}.", **told)
    if close(received[0], upper, 10) and close(received[1], lower, 10):
        raise CheckFailed("the two are exchanged: rate_z1 comes first.", **told)
    return received
