"""Check of exercise 1.1: ``gaussian_log_prob``."""

import numpy as np

from course_utils.checks._compare import sizes, verify, verify_gradient, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._gaussian import (
    EXTREMES,
    RANGE,
    draw_near,
    gaussian_scale,
    log_prob,
    parameters,
    value_and_gradients,
    wrong_gaussian,
)


@check(
    "1.1",
    seals=(
        "losses.likelihoods.gaussian_log_prob",
        "nets.vae.StandardNormal.log_prob",
        "nets.made.AutoregressivePrior.log_prob",
    ),
)
def gaussian_log_prob(answer, seed):
    """``gaussian_log_prob(x, mu, log_var)``: (..., D) each, broadcasting -> (...), nats."""
    rng = np.random.default_rng(seed)
    samples, batch, dims = sizes(rng, 3)
    for label, x_shape, shape, extreme in (
        ("", (batch, dims), (batch, dims), False),
        ("K in front of mu and log_var: ", (batch, dims), (samples, batch, dims), False),
        ("K in front of x: ", (samples, batch, dims), (batch, dims), False),
        ("one example, one dimension: ", (1, 1), (1, 1), False),
        (RANGE, (batch, dims), (batch, dims), True),
    ):
        mu, log_var = parameters(rng, shape, extreme)
        x = draw_near(rng, mu, log_var, np.broadcast_shapes(x_shape, shape))
        x = x if x.shape == x_shape else x[0]
        arrays = (x, mu, log_var)
        expected, gradients = value_and_gradients(log_prob, arrays)
        verify(
            call(answer, *arrays),
            expected,
            checked=f"{label}x of shape {x.shape}, mu and log_var of shape {mu.shape}",
            wrong=wrong_gaussian(arrays),
            scale=gaussian_scale(*arrays),
            hint=EXTREMES if extreme else "",
        )
        verify_gradient(answer, arrays, ("x", "mu", "log_var"), gradients)
    verify_repeatable(answer, *arrays)
    return (
        "Sums over the last dimension, one value for each example; equal to torch.distributions "
        "with samples in front of either argument and for log_var from -9 to 5; so are gradients."
    )
