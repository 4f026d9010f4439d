"""Check of exercise 11.1: ``joint_log_weight``."""

import math

import numpy as np
import torch
from torch.distributions import Normal

from course_utils.checks._compare import doubles, floats, show, sizes, verify
from course_utils.checks._contract import call, check
from course_utils.checks._layers import (
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

PRIOR = "the log_var of p(z2) is 0, not 1: its variance is 1"
HALF = "half of log_var is given for log_var, in"


@check("11.1")
def joint_log_weight(answer, seed):
    """log w (K, B) of two layers: see :func:`_joint_arrays` for the arguments."""
    rng = np.random.default_rng(seed)
    samples, batch, first, second = sizes(rng, 4)
    for label, shape in (
        ("", (samples, batch, first, second)),
        ("as many latents in both layers: ", (samples, batch, first, first)),
        ("as many samples as examples: ", (batch, batch, first, second)),
        ("three of everything: ", (3, 3, 3, 3)),
        ("K = 1: ", (1, batch, first, second)),
        ("B = 1: ", (samples, 1, first, second)),
        ("one latent in each layer: ", (samples, batch, 1, 1)),
        ("log-variances from -9 to 5: ", (samples, batch, first, second)),
    ):
        arrays = _joint_arrays(rng, *shape, *((-9, 5) if "from" in label else (-1.5, 0.8)))
        exact = doubles(*arrays)
        right, wrong = exactly(_log_weight, arrays), _joint_weights(*exact)
        about = f"{label}K = {shape[0]}, B = {shape[1]}, L1 = {shape[2]}, L2 = {shape[3]}"
        famous = list(wrong) if not label or label.startswith("as many") else ()
        if not label:
            _verify_given(answer, arrays)
        hint = HELD if "from" in label else ""
        told = {"checked": about, "wrong": famous, "hint": hint}
        verify(call(answer, *arrays), right, scale=30, tolerance=5e-6, **told)
        verify_slopes(answer, arrays, NAMES, _log_weight, rng, of="log w", about=about)
    about = "float64, which the next cell uses"
    verify(call(answer, *exact), right, checked=about, scale=10, tolerance=2e-5)
    return (
        "log p(x|z1) + log p(z1|z2) + log p(z2) - log q(z1|x) - log q(z2|z1) for every sample and "
        "example, each latent once; every argument gets its gradient."
    )


NAMES = ("log_p_x", "z_1", "mu_1", "log_var_1", "z_2", "mu_2", "log_var_2", "mu_p", "log_var_p")


def _verify_given(answer, arrays):
    first, second = (call(answer, *arrays, seed=seed) for seed in (1, 2))
    if isinstance(first, np.ndarray) and not np.array_equal(first, second, equal_nan=True):
        raise CheckFailed(
            "two calls with the same input gave different values: z1 and z2 were drawn already, "
            "nothing is drawn here.",
            expected="the same values twice",
            received=f"{show(first)} and {show(second)}",
        )


def _joint_arrays(rng, samples, batch, first, second, low, high):
    """log_p_x (K, B); z_1 (K, B, L1); q(z1|x) (B, L1) twice; z_2, q(z2|z1) (K, B, L2); p(z1|z2).

    Each z is a few standard deviations from its means, however narrow.
    """
    lower, upper, alone = (samples, batch, first), (samples, batch, second), (batch, first)
    log_var_1, log_var_2, log_var_p = (
        log_variances(rng, shape, low, high) for shape in (alone, upper, lower)
    )
    mu_1, mu_2 = rng.normal(size=alone), rng.normal(size=upper)
    z_1 = mu_1 + 1.5 * np.exp(log_var_1 / 2) * rng.normal(size=lower)
    z_2 = mu_2 + 1.5 * np.exp(log_var_2 / 2) * rng.normal(size=upper)
    mu_p = z_1 + 1.5 * np.exp(log_var_p / 2) * rng.normal(size=lower)
    log_p_x = -90 + 5 * rng.normal(size=(samples, batch))
    return floats(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p)


def _log_weight(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    """The right log w, of tensors."""
    p_1, q_1, q_2 = (
        Normal(mu, torch.exp(log_var / 2))
        for mu, log_var in ((mu_p, log_var_p), (mu_1, log_var_1), (mu_2, log_var_2))
    )
    lower = p_1.log_prob(z_1) - q_1.log_prob(z_1)
    upper = Normal(0.0, 1.0).log_prob(z_2) - q_2.log_prob(z_2)
    return log_p_x + lower.sum(-1) + upper.sum(-1)


def _joint_weights(log_p_x, z_1, mu_1, log_var_1, z_2, mu_2, log_var_2, mu_p, log_var_p):
    """(phrase, values) of wrong log w, fewest mistakes first."""
    terms = {
        "q1": log_normal(z_1, mu_1, log_var_1).sum(-1),
        "q2": log_normal(z_2, mu_2, log_var_2).sum(-1),
        "p1": log_normal(z_1, mu_p, log_var_p).sum(-1),
        "p2": log_normal(z_2, 0.0, 0.0).sum(-1),
    }
    q1, q2, p1, p2 = terms.values()
    right = log_p_x + p1 + p2 - q1 - q2
    alone = log_normal(z_1, 0.0, 0.0).sum(-1)
    stds = [log_normal(z, mu, 2 * log_var).sum(-1) for z, mu, log_var in (
        (z_1, mu_1, log_var_1), (z_2, mu_2, log_var_2), (z_1, mu_p, log_var_p))]  # fmt: skip
    largest = right.max(0)
    bound = largest + np.log(np.exp(right - largest).mean(0))
    kl_1 = gaussian_kl(mu_1, log_var_1, mu_p, log_var_p).sum(-1)
    kl_2 = gaussian_kl(mu_2, log_var_2).sum(-1)
    pi_1, pi_2 = (0.5 * LOG_2_PI * z.shape[-1] for z in (z_1, z_2))
    prior = "p(z1) = N(0, I) stands for p(z1|z2): z2 is its prior's parameter here"
    means = [values.mean(-1) for values in (
        log_normal(z_1, mu_p, log_var_p), log_normal(z_2, 0.0, 0.0),
        log_normal(z_1, mu_1, log_var_1), log_normal(z_2, mu_2, log_var_2))]  # fmt: skip
    found = [
        ("log p(x|z1) is missing", right - log_p_x),
        ("log p(z1|z2) is missing", right - p1),
        ("log p(z2) is missing", right - p2),
        ("log q(z1|x) is missing", right + q1),
        ("log q(z2|z1) is missing", right + q2),
        ("the upper layer is missing: log p(z2) and log q(z2|z1)", right - p2 + q2),
        ("the lower layer is missing: log p(z1|z2) and log q(z1|x)", right - p1 + q1),
        (prior, right - p1 + alone),
        (f"{prior}; and log p(z2) is missing", right - p1 + alone - p2),
        ("log q is added, it should be subtracted", right + 2 * (q1 + q2)),
        ("log q(z1|x) is added, it should be subtracted", right + 2 * q1),
        ("log q(z2|z1) is added, it should be subtracted", right + 2 * q2),
        ("the signs of the latents' terms are exchanged: log p is added, log q subtracted",
         log_p_x - p1 - p2 + q1 + q2),
        ("the sign is wrong: this is minus log w", -right),
        ("the closed forms of both KLs stand for the log-ratios: a weight is made of the drawn z",
         log_p_x - kl_1 - kl_2),
        ("the closed form of the lower KL stands for its log-ratio: a weight is made of the drawn "
         "z", log_p_x - kl_1 + p2 - q2),
        ("the closed form of the upper KL stands for its log-ratio: a weight is made of the drawn "
         "z", log_p_x + p1 - q1 - kl_2),
        (f"{STD} in q(z1|x)", right + q1 - stds[0]),
        (f"{STD} in q(z2|z1)", right + q2 - stds[1]),
        (f"{STD} in p(z1|z2)", right - p1 + stds[2]),
        (STD, log_p_x + stds[2] + p2 - stds[0] - stds[1]),
        (PRIOR, right - p2 + log_normal(z_2, 0.0, 1.0).sum(-1)),
        ("the mean of p(z2) is 0, not 1: its log_var is 0 too",
         right - p2 + log_normal(z_2, 1.0, 0.0).sum(-1)),
        ("p(z2) has mean 1 and log_var 1: both are 0",
         right - p2 + log_normal(z_2, 1.0, 1.0).sum(-1)),
        *((f"{wrongly} {part}", right + sign * (log_normal(z, mu, other(log_var)).sum(-1) - exact))
          for wrongly, other in ((VARIANCE, np.exp), (HALF, lambda log_var: log_var / 2))
          for part, sign, exact, z, mu, log_var in (
              ("q(z1|x)", -1, q1, z_1, mu_1, log_var_1),
              ("q(z2|z1)", -1, q2, z_2, mu_2, log_var_2),
              ("p(z1|z2)", 1, p1, z_1, mu_p, log_var_p))),
        *((f"{wrongly} every density", log_p_x + p2 + sum(
            sign * log_normal(z, mu, other(log_var)).sum(-1) for sign, z, mu, log_var in (
                (-1, z_1, mu_1, log_var_1), (-1, z_2, mu_2, log_var_2), (1, z_1, mu_p, log_var_p))))
          for wrongly, other in ((VARIANCE, np.exp), (HALF, lambda log_var: log_var / 2))),
        ("q(z1|x) and p(z1|z2) are exchanged: log p is added, log q subtracted",
         right + 2 * (q1 - p1)),
        ("q(z2|z1) and p(z2) are exchanged: log p is added, log q subtracted",
         right + 2 * (q2 - p2)),
        ("mu_1 and mu_p are exchanged", right + q1 - p1
         + (log_normal(z_1, mu_1, log_var_p) - log_normal(z_1, mu_p, log_var_1)).sum(-1)),
        ("log_var_1 and log_var_p are exchanged", right + q1 - p1
         + (log_normal(z_1, mu_p, log_var_1) - log_normal(z_1, mu_1, log_var_p)).sum(-1)),
        ("q(z1|x) is taken at its mean, not at the z1 that was drawn",
         right + q1 - log_normal(mu_1, mu_1, log_var_1).sum(-1)),
        ("q(z2|z1) is taken at its mean, not at the z2 that was drawn",
         right + q2 - log_normal(mu_2, mu_2, log_var_2).sum(-1)),
        ("p(z1|z2) is taken at the mean of q(z1|x), not at the z1 that was drawn",
         right - p1 + log_normal(mu_1, mu_p, log_var_p).sum(-1)),
        ("p(z2) is taken at the mean of q(z2|z1), not at the z2 that was drawn",
         right - p2 + log_normal(mu_2, 0.0, 0.0).sum(-1)),
        ("the entropy of q(z1|x) stands for -log q at the drawn z1",
         right + q1 + 0.5 * (1 + LOG_2_PI + log_var_1).sum(-1)),
        ("the weights are normalised over the samples: log w itself is wanted",
         right - bound - math.log(len(right))),
        ("1/2 log(2 pi) is missing in p(z1|z2) alone", right + pi_1),
        ("1/2 log(2 pi) is missing in p(z2) alone", right + pi_2),
        ("1/2 log(2 pi) is missing in log q alone", right - pi_1 - pi_2),
        ("the mean over the latents is taken in place of the sum",
         log_p_x + means[0] + means[1] - means[2] - means[3]),
        ("log w is averaged over the samples: one value for each sample is wanted", right.mean(0)),
        ("the bound came, log w itself is wanted: (K, B)", bound),
        ("the bound came, with the sum for the mean: log w itself is wanted, (K, B)",
         bound + math.log(len(right))),
        ("averaged over everything: (K, B) is wanted", right.mean()),
        ("summed over everything: (K, B) is wanted", right.sum()),
        ("averaged over the batch: (K, B) is wanted", right.mean(1)),
        ("the axes are exchanged: samples come first", right.T),
        ("this is w, its logarithm is wanted", np.exp(right)),
    ]  # fmt: skip
    if z_1.shape == z_2.shape:
        found = [
            ("z1 and z2 are exchanged in log p",
             log_p_x + log_normal(z_2, mu_p, log_var_p).sum(-1) + alone - q1 - q2),
            ("z1 and z2 are exchanged in log q", log_p_x + p1 + p2
             - log_normal(z_2, mu_1, log_var_1).sum(-1) - log_normal(z_1, mu_2, log_var_2).sum(-1)),
            ("the parameters of q(z2|z1) and p(z1|z2) are exchanged", log_p_x + p2 - q1
             + log_normal(z_1, mu_2, log_var_2).sum(-1)
             - log_normal(z_2, mu_p, log_var_p).sum(-1)),
        ]  # fmt: skip
    return found
