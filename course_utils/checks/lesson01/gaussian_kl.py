"""Check of exercise 1.3: ``gaussian_kl``."""

import numpy as np

from course_utils.checks._compare import floats, sizes, verify, verify_repeatable
from course_utils.checks._contract import call, check
from course_utils.checks._gaussian import (
    BEYOND,
    EXTREMES,
    HIGH,
    LOW,
    RANGE,
    kl_scale,
    parameters,
    standard_kl,
    verify_gradients,
    wrong_kl,
)
from course_utils.checks._slopes import exactly

NEAR = "q near the prior (the KL is small): "
EQUAL = "q equal to the prior (the KL is 0): "
SMALL = "wrong where the KL is small: is something clamped, or a small number added?"
HINTS = {RANGE: EXTREMES, LOW: BEYOND, HIGH: BEYOND, NEAR: SMALL, EQUAL: SMALL}
LABELS = {LOW: "log_var down to -25: ", HIGH: "log_var up to 25: "}


@check("1.3", seals=("losses.divergences.gaussian_kl",))
def gaussian_kl(answer, seed):
    """``gaussian_kl(mu, log_var)``: KL(N(mu, exp(log_var)) || N(0, I)), (B, L) -> (B,), nats."""
    rng = np.random.default_rng(seed)
    batch, dims = shape = sizes(rng, 2)
    zeros = floats(np.zeros(shape), np.zeros(shape))
    for label, arrays in (
        ("", parameters(rng, shape)),
        (EQUAL, zeros),
        ("one example, one dimension: ", parameters(rng, (1, 1))),
        (RANGE, parameters(rng, shape, RANGE)),
        ("one example: ", parameters(rng, (1, dims))),
        ("L = 1: ", parameters(rng, (batch, 1))),
        ("as many latents as examples: ", parameters(rng, (dims, dims))),
        (NEAR, tuple(floats(0.03 * value)[0] for value in parameters(rng, shape))),
        (LOW, parameters(rng, shape, bounds=LOW)),
        (HIGH, parameters(rng, shape, bounds=HIGH)),
    ):
        mu, log_var = arrays
        checked = f"{LABELS.get(label, label)}mu and log_var of shape {mu.shape}"
        if not label:
            verify_repeatable(answer, *arrays, instead="use the closed form")
        verify(
            call(answer, *arrays),
            exactly(standard_kl, arrays),
            checked=checked,
            wrong=wrong_kl(arrays),
            scale=kl_scale(*arrays),
            # float32 rounds each of 4 terms a dimension by 6e-8; a small KL shows what 1e-4 hides
            tolerance=3e-6 if label == NEAR else 1e-4,
            hint=HINTS.get(label, ""),
        )
        scales = (0.1 + np.abs(mu), 0.1 + np.exp(log_var)) if label in HINTS else None
        verify_gradients(
            answer, arrays, ("mu", "log_var"), standard_kl, rng, scales=scales, about=checked
        )
    return (
        "Sums over the latent dimensions, one value for each example; equal to "
        "torch.distributions, 0 for q = p, right for log_var from -9 to 5; so are gradients."
    )
