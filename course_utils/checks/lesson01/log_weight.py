"""Check of exercise 1.2: ``log_weight``."""

import numpy as np
import torch

from course_utils.checks._compare import doubles, sizes, verify, verify_gradient, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._formulas import weight_formulas
from course_utils.checks._gaussian import (
    EXTREMES,
    RANGE,
    draw_near,
    gaussian_scale,
    log_prob,
    parameters,
    standard_kl,
    value_and_gradients,
)


@check("1.2", seals=("nets.vae.VAE.log_weights",))
def log_weight(answer, seed):
    """``log_weight(x, z, mu_x, log_var_x, mu, log_var)``: log p(x|z) + log p(z) - log q(z|x).

    x (B, D), z (K, B, L), mu_x and log_var_x (K, B, D), mu and log_var (B, L) -> (K, B), nats.
    """
    rng = np.random.default_rng(seed)
    samples, batch, dims, latents = sizes(rng, 4)
    names = ("x", "z", "mu_x", "log_var_x", "mu", "log_var")
    for label, count, extreme in (("", samples, False), ("K = 1: ", 1, False), (RANGE, 4, True)):
        mu, log_var = parameters(rng, (batch, latents), extreme)
        mu_x, log_var_x = parameters(rng, (count, batch, dims), extreme)
        z = draw_near(rng, mu, log_var, (count, batch, latents))
        x = draw_near(rng, mu_x[0], log_var_x[0], (batch, dims))
        arrays = (x, z, mu_x, log_var_x, mu, log_var)
        expected, gradients = value_and_gradients(_log_weight, arrays)
        zero, kl = np.zeros_like(z), value_and_gradients(standard_kl, (mu, log_var))[0]
        verify(
            call(answer, *arrays),
            expected,
            checked=f"{label}x of shape {x.shape}, z of shape {z.shape}, mu of shape {mu.shape}",
            wrong=weight_formulas(*doubles(*arrays), kl),
            scale=gaussian_scale(x, mu_x, log_var_x)
            + gaussian_scale(z, mu, log_var)
            + gaussian_scale(z, zero, zero),
            hint=EXTREMES if extreme else "",
        )
        verify_gradient(answer, arrays, names, gradients)
    verify_repeatable(answer, *arrays)
    return (
        "log p(x|z) + log p(z) - log q(z|x), one value for each sample and example, (K, B); "
        "so are gradients with respect to all six arguments."
    )


def _log_weight(x, z, mu_x, log_var_x, mu, log_var):
    zero = torch.zeros_like(z)
    return log_prob(x, mu_x, log_var_x) + log_prob(z, zero, zero) - log_prob(z, mu, log_var)
