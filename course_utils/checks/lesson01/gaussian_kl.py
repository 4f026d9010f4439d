"""Check of exercise 1.3: ``gaussian_kl``."""

import numpy as np

from course_utils.checks._compare import floats, sizes, verify, verify_gradient, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._gaussian import (
    EXTREMES,
    RANGE,
    kl_scale,
    parameters,
    standard_kl,
    value_and_gradients,
    wrong_kl,
)


@check("1.3", seals=("losses.divergences.gaussian_kl",))
def gaussian_kl(answer, seed):
    """``gaussian_kl(mu, log_var)``: KL(N(mu, exp(log_var)) || N(0, I)), (B, L) -> (B,), nats."""
    rng = np.random.default_rng(seed)
    batch, dims = sizes(rng, 2)
    zeros = floats(np.zeros((batch, dims)), np.zeros((batch, dims)))
    for label, arrays in (
        ("", parameters(rng, (batch, dims))),
        ("q equal to the prior (the KL is 0): ", zeros),
        ("one example, one dimension: ", parameters(rng, (1, 1))),
        (RANGE, parameters(rng, (batch, dims), extreme=True)),
    ):
        expected, gradients = value_and_gradients(standard_kl, arrays)
        verify_repeatable(answer, *arrays)
        verify(
            call(answer, *arrays),
            expected,
            checked=f"{label}mu and log_var of shape {arrays[0].shape}",
            wrong=wrong_kl(arrays),
            scale=kl_scale(*arrays),
            hint=EXTREMES if label == RANGE else "",
        )
        verify_gradient(answer, arrays, ("mu", "log_var"), gradients)
    return (
        "Sums over the latent dimensions, one value for each example; equal to "
        "torch.distributions, 0 for q = p, right for log_var from -9 to 5; so are gradients."
    )
