"""Check of exercise 6.1: ``flow_log_prob``."""

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
from course_utils.checks._flow import flow_formulas, wrong_flow

BIG_SCALE = (
    "right for moderate values, wrong for extreme ones: is something clamped, is exp(log_scale) "
    "multiplied and its logarithm taken, or a density that underflows?"
)


@check("6.1", seals=("nets.made.AutoregressivePrior",))
def flow_log_prob(answer, seed):
    """``flow_log_prob(z, log_scale, shift)``: (..., L) each -> log p(z), (...), nats.

    epsilon = z * exp(log_scale) + shift is standard normal.
    """
    rng = np.random.default_rng(seed)
    samples, batch, latents = sizes(rng, 3)
    for label, shape, low, high, spread in (
        ("", (batch, latents), -1.2, 1.2, 1),
        ("K samples in front: ", (samples, batch, latents), -1.2, 1.2, 1),
        ("one z: ", (latents,), -1.2, 1.2, 1),
        ("log_scale from -9 to 5, shift up to 75: ", (batch, latents), -9, 5, 30),
        ("log_scale from 6 to 9: ", (batch, 16), 6, 9, 1),
        ("log_scale from -9 to -6: ", (batch, 16), -9, -6, 1),
    ):
        log_scale = rng.uniform(low, high, shape)
        z, shift = (np.clip(rng.normal(0, 1.2, shape), -2.5, 2.5) for _ in range(2))
        arrays = floats(z, log_scale, spread * shift)
        formulas = flow_formulas(*doubles(*arrays))
        terms, slopes, size = formulas[0][1], *_flow_slopes(*doubles(*arrays))
        extreme = low != -1.2
        verify(
            call(answer, *arrays),
            terms.sum(-1),
            checked=f"{label}z, log_scale and shift of shape {shape}",
            wrong=() if extreme else wrong_flow(formulas),
            scale=size,
            hint=BIG_SCALE if extreme else "",
        )
        verify_gradient(answer, arrays, ("z", "log_scale", "shift"), slopes)
    verify_repeatable(answer, *arrays)
    return (
        "log N(epsilon; 0, I) plus the log-determinant, one value for each z, for (L,), (B, L) "
        "and (K, B, L); values and gradients are right for log_scale from -9 to 9."
    )


def _flow_slopes(z, log_scale, shift):
    """Gradients of the sum with respect to the three, and the size of what is added up."""
    scaled = z * np.exp(log_scale)
    epsilon = scaled + shift
    slopes = (-epsilon * np.exp(log_scale), 1 - epsilon * scaled, -epsilon)
    size = np.abs(log_scale) + 0.5 * (np.abs(scaled) + np.abs(shift)) ** 2 + 1
    return slopes, size.sum(-1)
