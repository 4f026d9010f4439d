"""Check of exercise 1.2: ``log_weight``."""

import numpy as np
import torch

from course_utils.checks._compare import doubles, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._formulas import weight_formulas
from course_utils.checks._gaussian import (
    CUT,
    DISTANT,
    FAR,
    HINTS,
    LOW,
    RANGE,
    UNDERFLOWS,
    draw_near,
    gaussian_scale,
    log_prob,
    parameters,
    standard_kl,
    verify_gradients,
)
from course_utils.checks._slopes import exactly

EXTREME = {**HINTS, DISTANT: CUT}
NAMES = ("x", "z", "mu_x", "log_var_x", "mu", "log_var")


@check("1.2", seals=("nets.vae.VAE.log_weights",))
def log_weight(answer, seed):
    """``log_weight(x, z, mu_x, log_var_x, mu, log_var)``: log p(x|z) + log p(z) - log q(z|x).

    x (B, D), z (K, B, L), mu_x and log_var_x (K, B, D), mu and log_var (B, L) -> (K, B), nats.
    """
    rng = np.random.default_rng(seed)
    samples, batch, dims, latents = sizes(rng, 4)
    for label, count, examples, data, codes in (
        ("", samples, batch, dims, latents),
        ("K = 1: ", 1, batch, dims, latents),
        (RANGE, 4, batch, dims, latents),
        ("B = 1: ", samples, 1, dims, latents),
        ("D = 1, L = 1: ", samples, batch, 1, 1),
        ("all sizes equal: ", latents, latents, latents, latents),
        (DISTANT, samples, batch, dims, latents),
        (FAR, samples, batch, dims, latents),
    ):
        # where q is wide z is large: next to its square in log p(z) nothing else would show
        mu, log_var = parameters(rng, (examples, codes), label, LOW if label == FAR else ())
        mu_x, log_var_x = parameters(rng, (count, examples, data), label)
        if label == FAR:  # x is near to all, or its distance would overflow
            mu_x[:], log_var_x[:] = mu_x[0], log_var_x[0]
        z = draw_near(rng, mu, log_var, (count, examples, codes))
        x = draw_near(rng, mu_x[0], log_var_x[0], (examples, data))
        if label == DISTANT:
            x = mu_x[0] + np.float32(100) * (x - mu_x[0])
        arrays = (x, z, mu_x, log_var_x, mu, log_var)
        zero, kl = np.zeros_like(z), exactly(standard_kl, (mu, log_var))
        right = exactly(_log_weight, arrays)
        squeezed = ("an axis of length 1 is lost: is something squeezed?", right.squeeze())
        checked = f"{label}x of shape {x.shape}, z of shape {z.shape}, mu of shape {mu.shape}"
        if not label:
            verify_repeatable(answer, *arrays, instead="z is given: use it")
        verify(
            call(answer, *arrays),
            right,
            checked=checked,
            wrong=[squeezed, *weight_formulas(*doubles(*arrays), kl)],
            scale=gaussian_scale(x, mu_x, log_var_x)
            + gaussian_scale(z, mu, log_var)
            + gaussian_scale(z, zero, zero),
            hint=EXTREME.get(label, ""),
            undefined=UNDERFLOWS,
        )
        verify_gradients(
            answer,
            arrays,
            NAMES,
            _log_weight,
            rng,
            scales=_scales(*doubles(*arrays)) if label in EXTREME else None,
            about=checked,
            hint=EXTREME.get(label, ""),
        )
    return (
        "log p(x|z) + log p(z) - log q(z|x), one value for each sample and example, (K, B); "
        "so are gradients with respect to all six arguments."
    )


def _log_weight(x, z, mu_x, log_var_x, mu, log_var):
    zero = torch.zeros_like(z)
    return log_prob(x, mu_x, log_var_x) + log_prob(z, zero, zero) - log_prob(z, mu, log_var)


def _scales(x, z, mu_x, log_var_x, mu, log_var):
    """Sizes of what the gradients add up, where each argument has its own."""
    of_x, of_z = np.exp(-0.5 * log_var_x), np.exp(-0.5 * log_var)
    distant = 1 + (x - mu_x) ** 2 * of_x**2
    sums = (np.abs(x - mu_x) * of_x**2).sum(0), (np.abs(z - mu) * of_z**2).sum(0)
    return sums[0], np.abs(z) + of_z, distant * of_x, distant, sums[1], len(z) + 0 * mu
