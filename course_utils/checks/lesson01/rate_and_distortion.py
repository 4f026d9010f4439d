"""Check of exercise 1.5: ``rate_and_distortion``."""

import itertools

import numpy as np

from course_utils.checks._compare import (
    sizes,
    split_pair,
    verify,
    verify_gradient,
    verify_repeatable,
)
from course_utils.checks._contract import call, check
from course_utils.checks._forms import in_pairs
from course_utils.checks._gaussian import (
    EXTREMES,
    RANGE,
    draw_near,
    gaussian_scale,
    kl_scale,
    log_prob,
    parameters,
    standard_kl,
    value_and_gradients,
    wrong_gaussian,
    wrong_kl,
)


@check("1.5", seals=("nets.vae.VAE.forward",))
def rate_and_distortion(answer, seed):
    """``rate_and_distortion(x, mu_x, log_var_x, mu, log_var)`` -> (rate, distortion), (B,) each."""
    answer = in_pairs(answer, "rate", "distortion")
    rng = np.random.default_rng(seed)
    batch, dims, latents = sizes(rng, 3)
    names = ("x", "mu_x", "log_var_x", "mu", "log_var")
    for label, count, extreme in (("", batch, False), ("B = 1: ", 1, False), (RANGE, batch, True)):
        decoder = parameters(rng, (count, dims), extreme)
        decoder = (draw_near(rng, *decoder, decoder[0].shape), *decoder)
        encoder = parameters(rng, (count, latents), extreme)
        rate, rate_gradients = value_and_gradients(standard_kl, encoder)
        log_p, log_p_gradients = value_and_gradients(log_prob, decoder)
        checked = f"{label}x of shape {(count, dims)}, mu and log_var of shape {(count, latents)}"
        pair = split_pair(call(answer, *decoder, *encoder), rate, -log_p, checked)
        of_x = (
            "the rate is computed from mu_x and log_var_x",
            value_and_gradients(standard_kl, decoder[1:])[0],
        )
        verify(
            pair[0],
            rate,
            checked=checked,
            wrong=itertools.chain(wrong_kl(encoder), [of_x]),
            scale=kl_scale(*encoder),
            hint=EXTREMES if extreme else "",
            part="rate",
        )
        verify(
            pair[1],
            -log_p,
            checked=checked,
            wrong=wrong_gaussian(decoder, -1, "the sign is wrong: this is +log p(x|z)"),
            scale=gaussian_scale(*decoder),
            hint=EXTREMES if extreme else "",
            part="distortion",
        )
        arrays = (*decoder, *encoder)
        nothing = [None] * 3
        verify_gradient(answer, arrays, names, [*nothing, *rate_gradients], of="the rate")
        expected = [None, *(-found for found in log_p_gradients[1:]), None, None]
        verify_gradient(answer, arrays, names, expected, of="the distortion", output=1)
    verify_repeatable(answer, *arrays)
    return (
        "The rate is KL(q(z|x) || p(z)) and the distortion -log p(x|z), one value for each "
        "example; their sum is the negative ELBO; gradients reach all four parameters."
    )
