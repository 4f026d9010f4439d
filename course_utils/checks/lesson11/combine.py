"""Check of exercise 11.5: ``combine``."""

import numpy as np
import torch

from course_utils.checks._compare import (
    close,
    doubles,
    floats,
    show,
    sizes,
    verify,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._remote import CheckFailed
from course_utils.checks._slopes import exactly, verify_slopes

HELD = (
    "right for moderate log-variances, not for these: is one clamped, or a small number added to a "
    "variance or a precision?"
)


@check("11.5", seals=("nets.hierarchy.precision_weighted",))
def combine(answer, seed):
    """``combine(mu_x, log_var_x, mu_p, log_var_p)``: (B, L) each -> mu, log_var."""
    answer = in_pairs(answer, "mu", "log_var")
    rng = np.random.default_rng(seed)
    batch, latents = sizes(rng, 2)
    names, of_log_var = (
        ("mu_x", "log_var_x", "mu_p", "log_var_p"),
        (None, "log_var_x", None, "log_var_p"),
    )
    for label, shape, of_x, of_p in (
        ("", (batch, latents), (-2, 2), (-2, 2)),
        ("B = 1: ", (1, latents), (-2, 2), (-2, 2)),
        ("one latent: ", (batch, 1), (-2, 2), (-2, 2)),
        ("as many latents as examples: ", (batch, batch), (-2, 2), (-2, 2)),
        ("log-variances from -20 to 20: ", (batch, latents), (-20, 20), (-20, 20)),
        ("log-variances from 17 to 20: ", (batch, latents), (17, 20), (17, 20)),
        ("log-variances from -20 to -17: ", (batch, latents), (-20, -17), (-20, -17)),
        ("log-variances near 20, of p near -20: ", (batch, latents), (19, 20), (-20, -19)),
        ("log-variances near -20, of p near 20: ", (batch, latents), (-20, -19), (19, 20)),
    ):
        mu = 2 * rng.normal(size=(2, *shape))
        arrays = floats(mu[0], rng.uniform(*of_x, shape), mu[1], rng.uniform(*of_p, shape))
        exact = doubles(*arrays)
        about = f"{label}four arrays of shape {shape}"
        found_mu, found_log_var = _wrong_products(*exact)
        received = _two(call(answer, *arrays), found_mu[0][1], found_log_var[0][1], about)
        if not label:
            verify_repeatable(answer, *arrays)
        far = "log-" in label
        for part, got, right, found in zip(
            ("mu", "log_var"),
            received,
            exactly(_product, arrays),
            (found_mu, found_log_var),
            strict=True,
        ):
            told = {"checked": about, "part": part, "hint": HELD if far else ""}
            verify(got, right, wrong=() if far else found[1:], scale=1, **told)
        # Of a share near 0 or 1 float32 keeps no more than its distance from 1.
        limits = {"about": about} | ({"scale": 1.0} if far else {})
        verify_slopes(answer, arrays, names, _product, rng, of="mu", **limits)
        verify_slopes(answer, arrays, of_log_var, _product, rng, of="log_var", output=1, **limits)
    return (
        "1/var = 1/var_x + 1/var_p, and mu weighted by the precisions; log_var came back, for "
        "log-variances from -20 to 20."
    )


def _product(mu_x, log_var_x, mu_p, log_var_p):
    """The right mu and log_var, of tensors: Bayes' rule for a Gaussian message, by its gain."""
    var_x, var_p = torch.exp(log_var_x), torch.exp(log_var_p)
    gain = var_p / (var_x + var_p)
    return mu_p + gain * (mu_x - mu_p), torch.log(var_x * gain)


def _two(received, mu, log_var, about):
    told = {"checked": about, "expected": "a tuple (mu, log_var)", "received": show(received)}
    if not isinstance(received, tuple) or len(received) != 2:
        raise CheckFailed("a tuple of two is expected, (mu, log_var).", **told)
    if close(received[0], log_var, 0.1) and close(received[1], mu, 0.1):
        raise CheckFailed("the two are exchanged: mu comes first.", **told)
    return received


@np.errstate(all="ignore")
def _wrong_products(mu_x, log_var_x, mu_p, log_var_p):
    """[(phrase, values)] for mu and for log_var, the right ones first."""
    var_x, var_p = np.exp(log_var_x), np.exp(log_var_p)
    precision = 1 / var_x + 1 / var_p
    log_var = -np.log(precision)
    sum_x, sum_p = mu_x / var_x, mu_p / var_p
    std_x, std_p = np.exp(2 * log_var_x), np.exp(2 * log_var_p)
    doubt = "log_var is taken for the logarithm of a standard deviation"
    mus = [
        ("", (sum_x + sum_p) / precision),
        ("each mean is weighted by its variance: the surer one, of the larger precision, counts "
         "more", (var_x * mu_x + var_p * mu_p) / (var_x + var_p)),
        ("the plain mean of both: weights are the precisions", (mu_x + mu_p) / 2),
        ("the two means are added", mu_x + mu_p),
        ("the weighted sum is not multiplied by the variance: the weights must add up to 1",
         sum_x + sum_p),
        ("the weighted sum is multiplied by the precision: it is divided by it",
         (sum_x + sum_p) * precision),
        ("mu_x alone came: the prior has a say too", mu_x),
        ("mu_p alone came: the image has a say too", mu_p),
        ("the weights are the log-variances", (log_var_x * mu_x + log_var_p * mu_p)
         / (log_var_x + log_var_p)),
        ("the weights are 1 / standard deviation: 1 / variance is due",
         (mu_x / np.sqrt(var_x) + mu_p / np.sqrt(var_p)) / (var_x**-0.5 + var_p**-0.5)),
        (doubt, (mu_x / std_x + mu_p / std_p) / (1 / std_x + 1 / std_p)),
        ("the weights are the standard deviations: the surer one, of the larger precision, counts "
         "more", (mu_x / var_p**0.5 + mu_p / var_x**0.5) / (var_x**-0.5 + var_p**-0.5)),
        ("the means are multiplied", mu_x * mu_p),
        ("mu_p is subtracted: the weighted means are added", (sum_x - sum_p) / precision),
        ("the signs are reversed", -(sum_x + sum_p) / precision),
        ("divided twice by the sum of the precisions", (sum_x + sum_p) / precision**2),
        ("multiplied by the standard deviation: by the variance is due",
         (sum_x + sum_p) / np.sqrt(precision)),
        ("the surer one alone came: both have a say", np.where(var_x < var_p, mu_x, mu_p)),
        ("divided by the sum of the variances", (sum_x + sum_p) / (var_x + var_p)),
    ]  # fmt: skip
    log_vars = [
        ("", log_var),
        ("the precision's logarithm came: the variance is its inverse", -log_var),
        ("the variance came, log_var is wanted", 1 / precision),
        ("the precision came, log_var is wanted", precision),
        ("the variances are added: precisions add up", np.log(var_x + var_p)),
        ("the variances are averaged: precisions add up", np.log((var_x + var_p) / 2)),
        ("the log-variances are added: precisions add up", log_var_x + log_var_p),
        ("the log-variances are averaged: precisions add up", (log_var_x + log_var_p) / 2),
        ("the precisions are averaged: they add up", log_var + np.log(2)),
        ("half of it came, log of the standard deviation", log_var / 2),
        ("the standard deviation came, log_var is wanted", np.sqrt(1 / precision)),
        ("1/2 log var came of added precisions of standard deviations: log_var has no 1/2",
         -np.log(var_x**-0.5 + var_p**-0.5) / 2),
        ("the precisions are multiplied: they add up", -np.log(1 / var_x / var_p)),
        ("the logarithms are combined, not the precisions", 1 / (1 / log_var_x + 1 / log_var_p)),
        ("the larger of the two came: together they are surer than each",
         np.maximum(log_var_x, log_var_p)),
        ("twice it came", 2 * log_var),
        ("the smaller of the two came: together they are surer than each",
         np.minimum(log_var_x, log_var_p)),
        ("log_var_x alone came", log_var_x),
        ("log_var_p alone came", log_var_p),
        (doubt, -np.log(1 / std_x + 1 / std_p) / 2),
        (doubt, -np.log(1 / std_x + 1 / std_p)),
        ("1 / standard deviation stands for the precision",
         -np.log(var_x**-0.5 + var_p**-0.5)),
    ]  # fmt: skip
    return mus, log_vars
